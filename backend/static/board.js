// Keeps a page up to date: fetches it anew when a report arrives, and exchanges the parts that differ.
// Nothing depends on it: without it, a page is as old as its last loading.
"use strict";

(() => {
  const PAUSE = 900; // milliseconds between two fetches, however many reports arrive
  const MINUTE = 60000; // "3 minutes ago" gets old by itself
  const NAMES = 3;

  const events = document.body.dataset.events;
  const only = document.body.dataset.space;
  const said = document.getElementById("said");
  const live = document.getElementById("live");
  const words = document.getElementById("live-words");

  let source = null;
  let listened = false;
  let fetched = 0;
  let planned = 0;
  let busy = false;

  const runs = root =>
    new Map([...root.querySelectorAll("[data-live] [data-run]")].map(each => [each.dataset.key, each]));

  // What changed is said once and shown for a moment.
  function tell(before) {
    const changed = [...runs(document)].filter(([key, each]) => before.get(key) !== each.dataset.run);
    for (const [, each] of changed) each.classList.add("changed");
    const names = changed.slice(0, NAMES).map(([, each]) => each.dataset.said);
    if (changed.length > NAMES) names.push(`and ${changed.length - NAMES} more`);
    if (names.length) said.textContent = names.join("; ");
  }

  // What the reader has opened, scrolled to and focused stays so.
  function exchange(old, fresh) {
    const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
    const open = [...old.querySelectorAll("details[open][id]")].map(each => each.id);
    const scrolled = [...old.querySelectorAll(".scroll[id]")].map(each => [each.id, each.scrollLeft]);
    old.replaceWith(fresh);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    for (const [id, left] of scrolled) document.getElementById(id)?.scrollTo({ left });
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  async function refresh() {
    if (busy || document.hidden) return;
    busy = true;
    fetched = Date.now();
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const before = new Map([...runs(document)].map(([key, each]) => [key, each.dataset.run]));
      const parts = [...document.querySelectorAll("[data-live]")];
      const others = parts.map(each => fresh.getElementById(each.id));
      // The first report of a board changes what the page is made of.
      if (others.includes(null) || fresh.querySelectorAll("[data-live]").length !== parts.length) {
        exchange(document.getElementById("main"), fresh.getElementById("main"));
      } else {
        parts.forEach((each, place) => each.isEqualNode(others[place]) || exchange(each, others[place]));
      }
      document.title = fresh.title;
      tell(before);
    } catch {
      // The board is away: the events say so, and the next report or minute tries again.
    } finally {
      busy = false;
    }
  }

  function plan() {
    if (planned) return;
    planned = setTimeout(() => {
      planned = 0;
      if (busy) plan();
      else refresh();
    }, Math.max(0, fetched + PAUSE - Date.now()));
  }

  function arrived(event) {
    let space = "";
    try {
      space = JSON.parse(event.data).space;
    } catch {
      // What is no JSON concerns everybody.
    }
    if (!only || !space || space === only) plan();
  }

  function show(state, text) {
    live.hidden = false;
    live.dataset.state = state;
    words.textContent = text;
  }

  function listen() {
    if (source || document.hidden) return;
    source = new EventSource(events);
    source.onopen = () => {
      show("on", "Live");
      // What came while nobody listened.
      if (listened) plan();
      listened = true;
    };
    source.onerror = () => {
      show("off", "Not live");
      // Refused, as by a board with too many listeners: the browser will not try again by itself.
      if (source.readyState === EventSource.CLOSED) {
        rest();
        setTimeout(listen, MINUTE / 2);
      }
    };
    source.onmessage = arrived;
    source.addEventListener("report", arrived);
  }

  function rest() {
    source?.close();
    source = null;
  }

  function offerCopy(code) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        said.textContent = button.textContent = "Copied";
      } catch {
        // A frame may not have the clipboard: the text is selected for the keyboard.
        getSelection().selectAllChildren(code);
        said.textContent = button.textContent = "Selected: copy it";
      }
    });
    code.closest(".copied").append(button);
  }

  document.querySelectorAll(".copied code").forEach(offerCopy);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return rest();
    listen();
    plan();
  });
  addEventListener("pagehide", rest);
  addEventListener("pageshow", listen);
  setInterval(plan, MINUTE);
  listen();
})();
