"""The report as one page for a browser: it loads nothing, runs no script, and prints."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files

from ... import __version__
from ...contract import DATE
from .. import Report
from ..text import count
from . import sections
from .markup import Html, badge, join, table, tag

#: How many findings, routes and so on a page shows of all Spaces together, and at least of each.
_MOST, _LEAST = 300, 10

#: Drawn with lines of two units in a square of sixteen.
_ICONS = {
    "passed": "M3.5 8.5l3 3 6-7",
    "failed": "M4 4l8 8M12 4l-8 8",
    "warned": "M8 3v6M8 12.4v.2",
    "noted": "M8 3.4v.2M8 7v6",
    "waived": "M5.5 3.5v9M10.5 3.5v9",
    "unseen": "M3.5 8h9",
    "absent": "M8 7.9v.2",
}


def render(reports: Sequence[Report]) -> str:
    """The page: one Space as a page of its own, several below a table of all."""
    style = files(__name__).joinpath("style.css").read_text("utf-8")
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            _head(_title(reports), style),
            "<body>",
            _icons(),
            _body(reports),
            _foot(reports),
            "</body>",
            "</html>\n",
        ]
    )


def _head(title: str, style: str) -> str:
    digest = b64encode(sha256(style.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return "\n".join(
        [
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="robots" content="noindex">',
            '<meta name="referrer" content="no-referrer">',
            tag("title", title),
            f"<style>{style}</style>",
            "</head>",
        ]
    )


def _title(reports: Sequence[Report]) -> str:
    if len(reports) == 1:
        return f"{sections.stage(reports[0])} · {sections.name(reports[0])} · Space readiness"
    return f"{_verdict(reports)} · Space readiness"


def _verdict(reports: Sequence[Report]) -> str:
    if not reports:
        return "No Space was verified"
    ready = sum(report.ready for report in reports)
    return f"{ready} of {count(len(reports), 'Space')} ready"


def _icons() -> Html:
    """The symbols, once; the page refers to them."""
    drawn = [
        tag("symbol", tag("path", d=path), id=f"icon-{name}", viewBox="0 0 16 16")
        for name, path in _ICONS.items()
    ]
    return tag("svg", *drawn, class_="symbols", aria_hidden="true", width="0", height="0")


def _body(reports: Sequence[Report]) -> Html:
    if len(reports) == 1:
        return tag("main", _label(), sections.space(reports[0], 1, 1, _MOST))
    most = max(_LEAST, _MOST // max(1, len(reports)))
    spaces = (sections.space(report, number, 2, most) for number, report in enumerate(reports, 1))
    return tag("main", _label(), tag("h1", _verdict(reports)), _overview(reports), join(spaces, "\n"))


def _label() -> Html:
    return tag("p", "Space readiness", class_="label")


def _overview(reports: Sequence[Report]) -> Html:
    if not reports:
        return Html()
    rows = [_row(report, number) for number, report in enumerate(reports, 1)]
    heads = (
        "Space",
        "Predicted stage",
        "Ready",
        "Confidence",
        "Errors",
        "Warnings",
        "Waived",
        "Routes answered",
    )
    return table("overview", "All Spaces of this run", heads, rows, "overview")


def _row(report: Report, number: int) -> tuple[object, ...]:
    found = sections.numbers(report)
    routes = Counter(route["outcome"] for route in report.evidence.routes)
    return (
        tag("a", sections.name(report), href=f"#space-{number}"),
        badge(sections.tone(report), sections.stage(report)),
        "yes" if report.ready else "no",
        report.confidence,
        *(found.get(level, 0) for level in ("error", "warn", "waived")),
        f"{routes['answered']} of {routes.total()}" if routes else "-",
    )


def _foot(reports: Sequence[Report]) -> Html:
    created = min((report.created for report in reports), default="")
    said: list[object] = [f"pytest-hfspace {__version__}", f"contract {DATE}"]
    if created:
        said.append(tag("time", created.replace("T", " ").replace("+00:00", " UTC"), datetime=created))
    if len(reports) == 1:
        said.append(join(["run ", tag("code", reports[0].id)]))
    return tag("footer", tag("p", join(said, " · ")))
