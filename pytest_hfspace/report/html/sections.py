"""What a page says of one Space."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from ...check import Result
from ...contract import Stage
from .. import Report
from ..counts import counted, is_absent
from ..terminal import prediction
from ..text import count
from .findings import anchors, findings, groups
from .markup import Html, badge, bar, code, icon, join, listed, pairs, table, tag, text
from .pipeline import Step, pipeline

_MEANINGS = {
    Stage.PUSH_REJECTED: "The Hub would refuse the push; what ran before keeps running.",
    Stage.CONFIG_ERROR: "The Hub would not understand the Space.",
    Stage.NO_APP_FILE: "The Hub would find no app to start.",
    Stage.BUILD_ERROR: "The image would not be built.",
    Stage.RUNTIME_ERROR: "The app would end instead of serving.",
    Stage.APP_STARTING: "The app would start, and nobody would get through to it.",
    Stage.PAUSED: "The Hub would pause the Space.",
    Stage.RUNNING: "The Space would come up and serve.",
}
_STATES = {
    "failed": "failed",
    "warned": "warned",
    "waived": "waived",
    "passed": "passed",
    "unseen": "not rehearsed",
    "absent": "does not apply",
}
_COUNTED = ("failed", "warned", "noted", "waived", "passed", "skipped")
_ROUTE_OUTCOMES = {
    "failed": "failed",
    "rejected": "warned",
    "guarded": "noted",
    "answered": "passed",
    "skipped": "unseen",
}
#: Why a check was not evaluated, and the same of several.
_KINDS = {"not seen": "not seen", "does not apply": "not for this Space", "left out": "left out"}
_PHASES = {
    "export": "Take the files",
    "import": "Import",
    "startup": "Start up",
    "first_response": "First answer",
    "visits": "All visits",
    "shutdown": "Stop",
    "total": "All together",
}


def name(report: Report) -> str:
    """What the page calls the Space."""
    root = str(report.evidence.space.get("root", ""))
    return report.evidence.name or re.split(r"[/\\]", root.rstrip("/\\"))[-1] or "Space"


def tone(report: Report) -> str:
    """The tone of what is predicted."""
    if report.stage is None:
        return "unseen"
    return "passed" if report.ready else "failed"


def stage(report: Report) -> str:
    """The predicted stage in a word or two."""
    return report.stage.value if report.stage else "No prediction"


def space(report: Report, number: int, heading: int, most: int) -> Html:
    """The whole Space: what is predicted, then why.  ``heading``: the level of its title;
    ``most``: how many findings, routes and so on it may show."""
    prefix = f"space-{number}-"
    parts = {
        "Findings": findings(report, prefix, heading + 2, most),
        "Not rehearsed": _texts(report.not_rehearsed, most),
        "Waivers": _waivers(report, prefix, most),
        "Routes": _routes(report, prefix, most),
        "Environment": _environment(report, prefix, most),
        "Time and memory": _timings(report, prefix),
        "Skipped checks": _skipped(report, prefix, most),
    }
    shown = {title: part for title, part in parts.items() if part}
    return tag(
        "section",
        _head(report, prefix, heading),
        _picture(pipeline(report)),
        _contents(shown, prefix),
        join((_part(title, part, prefix, heading + 1) for title, part in shown.items()), "\n"),
        class_="space",
        id=prefix.rstrip("-"),
        aria_labelledby=f"{prefix}title",
    )


def _slug(title: str) -> str:
    return title.lower().replace(" ", "-")


def _part(title: str, part: Html, prefix: str, heading: int) -> Html:
    anchor = f"{prefix}{_slug(title)}"
    head = tag(f"h{heading}", title, id=f"{anchor}-title")
    return tag("section", head, part, class_="part", id=anchor, aria_labelledby=f"{anchor}-title")


def _contents(shown: Iterable[str], prefix: str) -> Html:
    links = [tag("a", title, href=f"#{prefix}{_slug(title)}") for title in shown]
    return tag("nav", listed(links), class_="contents", aria_label="Parts") if len(links) > 1 else Html()


# -- what is predicted


def _head(report: Report, prefix: str, heading: int) -> Html:
    title = tag(f"h{heading}", name(report), id=f"{prefix}title", class_="name")
    said = tag("p", icon(tone(report)), tag("span", stage(report)), class_="stage")
    meaning = tag("p", _MEANINGS[report.stage], class_="meaning") if report.stage else ""
    because = (tag("p", sentence, class_="because") for sentence in _because(report, prefix))
    return tag(
        "div",
        title,
        tag("p", "Predicted stage", class_="label"),
        said,
        meaning,
        *because,
        _facts(report),
        class_=f"head tone-{tone(report)}",
    )


def _because(report: Report, prefix: str) -> list[Html]:
    """The terminal's words, without the stage that stands above them."""
    evidence = report.evidence
    told = prediction(report).removeprefix(report.stage.value if report.stage else "none: ").lstrip(", ")
    said = [_linked(told[:1].upper() + told[1:], anchors(report, prefix))]
    if report.stage and report.partial:
        said.append(text(f"Partial run: {report.partial}."))
    if not report.stage and evidence.remedy and not report.partial:
        said.append(join(["To rehearse it: ", code(evidence.remedy)]))
    return said


def _linked(told: str, targets: Mapping[str, str]) -> Html:
    """The text, with each check that is named in it as a link to what it found."""
    names = "|".join(re.escape(each) for each in sorted(targets, key=len, reverse=True))
    if not names:
        return text(told)
    # the parts at odd places are what the group caught
    parts = re.split(f"({names})", told)
    return join(tag("a", part, href=f"#{targets[part]}") if part in targets else part for part in parts)


def _facts(report: Report) -> Html:
    evidence = report.evidence
    about = evidence.space
    return pairs(
        [
            ("On the Hub", _hub(evidence.hub_id)),
            ("SDK", about.get("sdk") or ""),
            ("App", code(about.get("app"))),
            ("Start command", code(shlex.join(map(str, about.get("launch") or [])))),
            ("Port", about.get("port") or ""),
            ("Files", about.get("files") or ""),
            ("Checks", counted(report)),
            ("Fresh build", evidence.build),
        ],
        "facts",
    )


def _hub(hub_id: str) -> Html:
    if not hub_id:
        return Html()
    address = f"https://huggingface.co/spaces/{quote(hub_id, safe='/', errors='replace')}"
    return tag("a", hub_id, href=address, rel="noreferrer")


def _picture(steps: Iterable[Step]) -> Html:
    return tag("ol", *(_step(step) for step in steps), class_="pipeline", aria_label="Pipeline")


def _step(step: Step) -> Html:
    numbers = [f"{step.outcomes[outcome]} {outcome}" for outcome in _COUNTED if step.outcomes[outcome]]
    counted = join((tag("span", number, class_="whole") for number in numbers), ", ")
    return tag(
        "li",
        tag("span", icon(step.state), class_="knot"),
        tag("span", step.name, class_="step"),
        tag("span", _STATES[step.state], class_="state"),
        tag("span", counted, class_="counted") if counted else "",
        "" if step.reached else tag("span", "the Hub would not get here", class_="counted"),
        class_=f"tone-{step.state}" if step.reached else f"tone-{step.state} unreached",
    )


# -- tables and lists


def _more(number: int, most: int) -> Html:
    more = number - most
    return tag("p", f"… and {more} more, in the JSON report", class_="more") if more > 0 else Html()


def _texts(texts: list[str], most: int) -> Html:
    return join([listed(texts[:most], "texts"), _more(len(texts), most)]) if texts else Html()


def _waivers(report: Report, prefix: str, most: int) -> Html:
    waivers = sorted(report.waivers, key=lambda waiver: not waiver.problem)
    if not waivers:
        return Html()
    rows = [
        (
            code(waiver.text),
            waiver.reason,
            waiver.until or "-",
            code(waiver.origin),
            badge("failed", waiver.problem) if waiver.problem else badge("passed", f"covers {waiver.used}"),
        )
        for waiver in waivers[:most]
    ]
    caption = f"{count(len(waivers), 'waiver')}, {sum(bool(each.problem) for each in waivers)} not in order"
    heads = ("Waiver", "Reason", "Until", "Written in", "State")
    return join([table(f"{prefix}waivers", caption, heads, rows, "waivers"), _more(len(waivers), most)])


def _routes(report: Report, prefix: str, most: int) -> Html:
    routes = sorted(report.evidence.routes, key=lambda route: route["outcome"] != "failed")
    if not routes:
        return Html()
    slowest = max(route["seconds"] for route in routes)
    numbers = Counter(route["outcome"] for route in routes)
    counted = ", ".join(f"{numbers[outcome]} {outcome}" for outcome in _ROUTE_OUTCOMES if numbers[outcome])
    caption = f"{count(len(routes), 'route')}: {counted}"
    rows = [_route(route, slowest) for route in routes[:most]]
    heads = ("Route", "Status", "Outcome", "Time")
    return join([table(f"{prefix}routes", caption, heads, rows, "routes"), _more(len(routes), most)])


def _route(route: Mapping[str, Any], slowest: float) -> tuple[object, ...]:
    visited = route["status"] is not None
    return (
        join([tag("code", tag("b", route["method"]), " ", route["path"]), code(route["endpoint"], "where")]),
        route["status"] if visited else "-",
        badge(_ROUTE_OUTCOMES[route["outcome"]], route["outcome"]),
        _time(route["seconds"], slowest) if visited else "-",
    )


def _time(seconds: float, longest: float) -> Html:
    shown = f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"
    return tag("span", tag("span", shown), bar(seconds / longest if longest else 0), class_="time")


def _environment(report: Report, prefix: str, most: int) -> Html:
    variables = report.evidence.environment
    if not variables:
        return Html()
    rows = [
        (
            code(variable["name"]),
            *("yes" if variable[key] else "no" for key in ("required", "secret", "default", "documented")),
            _places([f"{report.evidence.prefix}{each}" for each in variable["where"]]),
        )
        for variable in variables[:most]
    ]
    caption = f"{count(len(variables), 'variable')} that the app reads"
    heads = ("Name", "Required", "Secret", "Default", "Documented", "Read at")
    return join(
        [table(f"{prefix}environment", caption, heads, rows, "environment"), _more(len(variables), most)]
    )


def _places(places: list[str], most: int = 5) -> Html:
    shown: list[object] = [code(each) for each in places[:most]]
    if len(places) > most:
        shown.append(f"and {len(places) - most} more")
    return join(shown, ", ") or text("-")


def _timings(report: Report, prefix: str) -> Html:
    timings = {phase: report.evidence.timings.get(phase) for phase in _PHASES}
    taken = {phase: seconds for phase, seconds in timings.items() if seconds}
    if not taken:
        return Html()
    longest = max(taken.values())
    memory = report.evidence.peak_rss_mb
    caption = "How long the rehearsal took" + (f"; at most {memory:.0f} MB of memory" if memory else "")
    rows = [(_PHASES[phase], _time(seconds, longest)) for phase, seconds in taken.items()]
    return table(f"{prefix}timings", caption, ("Phase", "Time"), rows, "timings")


def _skipped(report: Report, prefix: str, most: int) -> Html:
    """By reason, what nothing could be seen of before what the Space does not have."""
    skipped = [result for result in report.results if _kind(result)]
    if not skipped:
        return Html()
    kinds = Counter(map(_kind, skipped))
    by_reason: dict[tuple[str, str], Counter[str]] = {}
    for result in sorted(skipped, key=lambda result: not result.applicable):
        checks = by_reason.setdefault((_kind(result), _reason(result)), Counter())
        checks[result.check.id] += 1
    rows = [
        (tag("span", reason, class_="reason"), kind, _checks(checks))
        for (kind, reason), checks in list(by_reason.items())[:most]
    ]
    parts = ", ".join(f"{kinds[kind]} {said}" for kind, said in _KINDS.items() if kinds[kind])
    caption = f"{count(len(skipped), 'check')} not evaluated: {parts}"
    made = table(f"{prefix}skipped", caption, ("Reason", "Kind", "Checks"), rows, "skipped")
    return join([made, _more(len(by_reason), most)])


def _kind(result: Result) -> str:
    """Why it was not evaluated, in a word or two; "" if it was."""
    if result.outcome == "waived" and not result.findings:
        return "left out"
    if result.outcome != "skipped":
        return ""
    return "does not apply" if is_absent(result) else "not seen"


def _reason(result: Result) -> str:
    return result.reason or ("the user leaves it out" if result.outcome == "waived" else "no reason is given")


def _checks(counted: Mapping[str, int]) -> Html:
    names = [f"{check} ({number})" if number > 1 else check for check, number in counted.items()]
    return join(map(code, names), ", ")


def numbers(report: Report) -> dict[str, int]:
    """How many findings there are of each level."""
    return {group.name: group.size for group in groups(report)}
