"""The pictures of a Space's runs: what they say, to eyes and to readers, and that they are well-formed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import pytest

from backend.charts import RUNS, history_chart, sparkline
from backend.reading import Point

MOMENT = datetime(2026, 8, 3, 9, 30, tzinfo=timezone.utc)
NASTY = "<script>alert(1)</script>\"'&--></svg>"

READY, BROKEN, UNKNOWN = ("RUNNING", True), ("BUILD_ERROR", False), (None, False)


def points(*kinds, failed=0, warned=0):
    return tuple(
        Point(f"r{place}", stage, ready, MOMENT + timedelta(hours=place), failed, warned)
        for place, (stage, ready) in enumerate(kinds)
    )


def marks(image, kind):
    """The rectangles of a class, as (x, y, height)."""
    found = [each for each in image.iter("rect") if each.get("class") == kind]
    return [(each.get("x"), float(each.get("y")), float(each.get("height"))) for each in found]


# -- sparkline


def bars(image, kind):
    """What the path of a class is made of, as (x, y, height)."""
    paths = [each.get("d") for each in image.iter("path") if each.get("class") == kind]
    found = re.findall(r"M(\d+) (\d+)h\d+v(\d+)h-\d+z", "".join(paths))
    return [tuple(map(int, bar)) for bar in found]


def test_a_ready_run_stands_above_the_line_and_another_below():
    image = ET.fromstring(sparkline(points(READY, BROKEN, UNKNOWN)))
    ((_, line, _),) = bars(image, "baseline")
    ((_, top, height),) = bars(image, "run-ready")
    assert top + height < line
    ((_, top, _),) = bars(image, "run-unready")
    assert top > line
    ((_, top, height),) = bars(image, "run-unknown")
    assert top < line < top + height


@pytest.mark.parametrize("number", [1, RUNS - 1, RUNS, RUNS + 5])
def test_the_newest_run_is_at_the_right_end(number):
    image = ET.fromstring(sparkline(points(*[READY] * (number - 1), BROKEN)))
    places = [x for x, _, _ in bars(image, "run-ready")]
    ((last, _, _),) = bars(image, "run-unready")
    assert len(places) == min(number, RUNS) - 1
    assert all(0 <= place < last for place in places)
    assert int(image.get("width")) - 5 <= last < int(image.get("width"))


def test_the_sparkline_is_told_to_readers():
    image = ET.fromstring(sparkline(points(READY, READY, BROKEN, UNKNOWN)))
    assert image.get("role") == "img"
    assert image.get("aria-label") == "Last 4 runs: 2 ready, 1 not ready, 1 without a prediction"
    assert ET.fromstring(sparkline(())).get("aria-label") == "No runs"


# -- history


def lanes(chart):
    box = ET.fromstring(chart)
    return ["".join(lane.itertext()) for lane in box.find("div")]


def test_the_lanes_are_the_stages_that_were_reached_the_best_above():
    kinds = [UNKNOWN, BROKEN, READY, ("PUSH_REJECTED", False), ("RUNNING", False)]
    assert lanes(history_chart(points(*kinds))) == [
        "Ready",
        "RUNNING",
        "BUILD_ERROR",
        "PUSH_REJECTED",
        "No prediction",
    ]
    assert lanes(history_chart(points(BROKEN))) == ["Ready", "BUILD_ERROR"]


def test_every_run_is_in_the_lane_of_its_stage():
    image = ET.fromstring(history_chart(points(READY, BROKEN, READY))).find("svg")
    assert [y // 26 for _, y, _ in marks(image, "run-ready")] == [0, 0]
    assert [y // 26 for _, y, _ in marks(image, "run-unready")] == [1]
    assert float(image.get("height")) == 2 * 26


def test_numbers_of_checks_have_lanes_only_where_there_are_any():
    assert lanes(history_chart(points(BROKEN, failed=3))) == [
        "Ready",
        "BUILD_ERROR",
        "Failed checksat most 3",
    ]
    both = history_chart(points(BROKEN, failed=30, warned=7))
    assert lanes(both)[2:] == ["Failed checksat most 30", "Warned checksat most 7"]


def test_bars_are_as_high_as_their_numbers():
    some = points(BROKEN, BROKEN, BROKEN)
    counted = [
        Point(each.id, each.stage, each.ready, each.received_at, failed, 0)
        for each, failed in zip(some, (10, 5, 0), strict=True)
    ]
    drawn = marks(ET.fromstring(history_chart(counted)), "bar-failed")
    assert [height for _, _, height in drawn] == [36, 18]
    assert len({y + height for _, y, height in drawn}) == 1
    # one check is no tower
    assert marks(ET.fromstring(history_chart(points(BROKEN, failed=1))), "bar-failed")[0][2] == 9


@pytest.mark.parametrize("number", [1, 2, 24, 25, 100])
def test_all_columns_are_inside_and_the_newest_is_at_the_right_end(number):
    image = ET.fromstring(history_chart(points(*[READY] * number)))
    columns = [each for each in image.iter("rect") if each.get("class") == "ground"]
    ends = [float(each.get("x").rstrip("%")) + float(each.get("width").rstrip("%")) for each in columns]
    assert len(columns) == number
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(100, abs=0.1)
    assert float(columns[0].get("x").rstrip("%")) >= -0.01


def test_the_history_is_told_to_readers_and_each_run_to_who_points_at_it():
    (told,) = ET.fromstring(history_chart(points(READY, BROKEN, failed=2, warned=1))).iter("svg")
    assert told.get("aria-label") == "2 runs, the newest at the right: 1 ready, 1 not ready"
    assert [title.text for title in told.iter("title")] == [
        "2026-08-03 09:30 UTC: Ready, RUNNING, 2 failed, 1 warned",
        "2026-08-03 10:30 UTC: Not ready, BUILD_ERROR, 2 failed, 1 warned",
    ]


@pytest.mark.parametrize("draw", [sparkline, history_chart])
def test_a_stage_is_escaped(draw):
    """Whoever wrote it into the database."""
    drawn = draw(points((NASTY, False)))
    assert "<script" not in drawn
    image = ET.fromstring(drawn)
    assert not list(image.iter("script"))
    if draw is history_chart:
        assert lanes(drawn) == ["Ready", NASTY]


@pytest.mark.parametrize("draw", [sparkline, history_chart])
def test_no_style_stands_in_an_attribute(draw):
    drawn = draw(points(READY, BROKEN, UNKNOWN, failed=1, warned=2))
    assert not [each for each in ET.fromstring(drawn).iter() if each.get("style")]
