"""HTML from calls: text is escaped unless it is markup already, so that none can be forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from ..text import printable

#: Longer texts are cut: a page is read by people, the JSON report has them whole.
LONGEST = 600


class Html(str):
    """Finished markup."""

    __slots__ = ()


def text(quoted: object) -> Html:
    """Anything at all, cut to what a page can show, and escaped; markup as it is."""
    if isinstance(quoted, Html):
        return quoted
    whole = str(quoted)
    shown = whole if len(whole) <= LONGEST else f"{whole[:LONGEST]}…"
    return Html(escape(printable(shown), quote=True))


def join(parts: Iterable[object], between: str = "") -> Html:
    """One after the other; what is "" is left out."""
    return Html(text(between).join(filter(None, (text(part) for part in parts))))


def tag(name: str, *children: object, **attributes: str | None) -> Html:
    """An element.  ``class_`` and ``aria_label`` become ``class`` and ``aria-label``; an attribute
    that is None is left out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def code(quoted: object, class_: str | None = None) -> Html:
    """A name, a path, a command."""
    return tag("code", quoted, class_=class_) if quoted else Html()


def icon(name: str) -> Html:
    """One of the page's symbols.  Words always stand beside it."""
    return tag("svg", tag("use", href=f"#icon-{name}"), class_=f"icon tone-{name}", aria_hidden="true")


def badge(name: str, *words: object) -> Html:
    """A symbol and its words on the ground of its tone."""
    return tag("span", icon(name), tag("span", *words), class_=f"badge tone-{name}")


def bar(share: float) -> Html:
    """A share of 1 as a bar.  A number always stands beside it.  No style attribute: the page's
    policy admits none."""
    width = f"{max(0.0, min(share, 1.0)) * 100:.1f}%"
    return tag("svg", tag("rect", width=width, height="100%", rx="2"), class_="bar", aria_hidden="true")


def table(
    anchor: str, caption: object, heads: Sequence[str], rows: Iterable[Sequence[object]], class_: str = ""
) -> Html:
    """A table in a box of its own that scrolls, by keyboard too.  The first cell of a row heads it."""
    head = tag("tr", *(tag("th", title, scope="col") for title in heads))
    body = [tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:])) for row in rows]
    made = tag(
        "table",
        tag("caption", caption, id=f"{anchor}-caption"),
        tag("thead", head),
        tag("tbody", join(body, "\n")),
        class_=class_ or None,
    )
    return tag("div", made, class_="scroll", role="region", tabindex="0", aria_labelledby=f"{anchor}-caption")


def listed(items: Iterable[object], class_: str | None = None) -> Html:
    """A list of points."""
    return tag("ul", *(tag("li", item) for item in items), class_=class_)


def pairs(entries: Iterable[tuple[object, object]], class_: str) -> Html:
    """Terms and what they are; those that are "" are left out."""
    made = [tag("div", tag("dt", term), tag("dd", value)) for term, value in entries if text(value)]
    return tag("dl", *made, class_=class_) if made else Html()
