"""The overview: the latest stage of each Space as an HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from .badge import COLOURS, GREY
from .models import StoredReport

#: How many Spaces the page shows.
SHOWN = 200


def render_overview(title: str, reports: Sequence[StoredReport]) -> str:
    """The page.  ``reports``: one for each Space; those after the first ``SHOWN`` are only hinted at."""
    return _template().render(
        title=title,
        reports=reports[:SHOWN],
        shown=SHOWN,
        more=len(reports) > SHOWN,
        colours=COLOURS,
        grey=GREY,
    )


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("overview.html")
