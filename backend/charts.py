"""The runs of a Space as pictures: functions from data to SVG.

Nothing is told by colour alone (a run that is ready stands above the line, one that is not below it),
and no style stands in an attribute: the policy of the pages admits none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from .reading import Point
from .report import State
from .stages import LOOKS, MEANINGS

#: How many runs a sparkline has room for, and the size of one, in pixels.
RUNS: Final = 30
_SLOT, _BAR, _HEIGHT = 5, 3, 24
#: Where the mark of a state begins, from above, and how high it is.
_MARKS: Final[dict[State, tuple[int, int]]] = {"ready": (1, 10), "unready": (14, 9), "unknown": (11, 3)}

#: A history has room for at least so many runs, lest two runs become two walls.
_FEWEST_SLOTS: Final = 24
#: The heights of the lanes of a history, in pixels: of a stage, and of a count.
_LANE, _TALL = 26, 48
#: A bar of full height stands for so many checks at least: one warning is no tower.
_FEWEST_CHECKS: Final = 4


def counted(points: Sequence[Point]) -> str:
    """How many of the runs had which state: "24 ready, 5 not ready"."""
    numbers = Counter(point.state for point in points)
    return ", ".join(f"{numbers[state]} {look.few}" for state, look in LOOKS.items() if numbers[state])


def sparkline(points: Sequence[Point]) -> Markup:
    """The last runs, oldest first, the newest at the right end: up is ready, down is not."""
    shown = points[-RUNS:]
    width = RUNS * _SLOT
    first = width - len(shown) * _SLOT
    label = f"Last {_runs(len(shown))}: {counted(shown)}" if shown else "No runs"
    drawn: dict[State, str] = dict.fromkeys(LOOKS, "")
    for place, point in enumerate(shown):
        state = point.state
        top, height = _MARKS[state]
        drawn[state] += f"M{first + place * _SLOT + 1} {top}h{_BAR}v{height}h-{_BAR}z"
    # One shape for each state: an overview has fifty times thirty runs.
    bars = "".join(f'<path class="run-{state}" d="{path}"/>' for state, path in drawn.items() if path)
    return Markup(  # noqa: S704 (numbers, and words of this program)
        f'<svg class="sparkline" role="img" aria-label="{label}" width="{width}" height="{_HEIGHT}"'
        f' viewBox="0 0 {width} {_HEIGHT}">'
        f'<path class="baseline" d="M0 {_HEIGHT // 2}h{width}v1h-{width}z"/>{bars}</svg>'
    )


@dataclass(frozen=True)
class _Lane:
    """A row of a history.  ``note``: what stands below its name."""

    name: str
    height: int
    note: str = ""


def history_chart(points: Sequence[Point]) -> Markup:
    """The runs, oldest first, as columns: how far each would get, and what it found.

    The lanes are the stages from the best to the earliest, then the numbers of failed and of warned
    checks.  Lanes of stages that no run had are left out.  Columns are placed by percentages, so
    that the picture is as wide as its page while its words keep their size.
    """
    places = _places(points)
    most = {name: max((getattr(point, name) for point in points), default=0) for name in ("failed", "warned")}
    lanes = [_Lane(name, _LANE) for name in places]
    lanes += [
        _Lane(f"{name.title()} checks", _TALL, f"at most {number}") for name, number in most.items() if number
    ]
    step = 100 / max(len(points), _FEWEST_SLOTS)
    first = 100 - step * len(points)
    columns = Markup("").join(
        _column(point, first + place * step, step, places, most) for place, point in enumerate(points)
    )
    height = sum(lane.height for lane in lanes)
    label = f"{_runs(len(points))}, the newest at the right: {counted(points)}"
    return Markup(
        '<div class="history"><div class="lanes" aria-hidden="true">{}</div>'
        '<svg role="img" aria-label="{}" width="100%" height="{}">{}{}</svg></div>'
    ).format(
        Markup("").join(_name(lane) for lane in lanes), label, height, _grounds(lanes, len(places)), columns
    )


def _runs(number: int) -> str:
    return "1 run" if number == 1 else f"{number} runs"


def _lane_of(point: Point) -> str:
    state = point.state
    return (point.stage or "") if state == "unready" else LOOKS[state].label


def _places(points: Sequence[Point]) -> dict[str, int]:
    """The lanes of stages that are there, with their places from above."""
    order = [LOOKS["ready"].label, *reversed(MEANINGS), LOOKS["unknown"].label]
    there = {_lane_of(point) for point in points} | {LOOKS["ready"].label}
    known = [name for name in order if name in there]
    return {name: place for place, name in enumerate([*known, *sorted(there - set(order))])}


def _name(lane: _Lane) -> Markup:
    note = Markup("<small>{}</small>").format(lane.note) if lane.note else ""
    kind = "lane tall" if lane.height == _TALL else "lane"
    return Markup('<div class="{}"><span>{}</span>{}</div>').format(kind, lane.name, note)


def _grounds(lanes: Sequence[_Lane], stages: int) -> Markup:
    """A line through the middle of each stage, and below each count."""
    drawn, top = Markup(""), 0
    for place, lane in enumerate(lanes):
        y = top + lane.height // 2 if place < stages else top + lane.height - 4
        drawn += Markup('<rect class="baseline" x="0" y="{}" width="100%" height="1"/>').format(y)
        top += lane.height
    return drawn


def _column(point: Point, x: float, step: float, places: dict[str, int], most: dict[str, int]) -> Markup:
    """One run: a mark in the lane of its stage, a bar in each lane of counts, and words to point at."""
    left, width = f"{x + step * 0.1:.3f}%", f"{step * 0.8:.3f}%"
    mark = Markup('<rect class="run-{}" x="{}" y="{}" width="{}" height="{}" rx="2"/>').format(
        point.state, left, places[_lane_of(point)] * _LANE + 4, width, _LANE - 8
    )
    bottom = len(places) * _LANE - 4
    bars = Markup("")
    for name, number in most.items():
        if number:
            bottom += _TALL
        if getattr(point, name):
            tall = round((_TALL - 12) * getattr(point, name) / max(number, _FEWEST_CHECKS), 1)
            bars += Markup('<rect class="bar-{}" x="{}" y="{}" width="{}" height="{}" rx="1"/>').format(
                name, left, bottom - tall, width, tall
            )
    return Markup(
        '<g class="column"><title>{}</title><rect class="ground" x="{:.3f}%" y="0" width="{:.3f}%"'
        ' height="100%"/>{}{}</g>'
    ).format(_said(point), x, step, mark, bars)


def _said(point: Point) -> str:
    when = point.received_at.strftime("%Y-%m-%d %H:%M UTC")
    state = LOOKS[point.state].label
    stage = f", {point.stage}" if point.stage else ""
    return f"{when}: {state}{stage}, {point.failed} failed, {point.warned} warned"
