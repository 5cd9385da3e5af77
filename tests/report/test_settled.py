"""Waivers of the settings are judged over all Spaces of a run."""

from __future__ import annotations

from pytest_hfspace.report import Report, WaiverUse, gather, settled
from tests.checks.factories import make_rehearsal, make_space


def test_each_report_tells_what_became_of_a_waiver_in_all_spaces_together() -> None:
    evidence = gather(make_space(), make_rehearsal())
    ours = WaiverUse("HFS410: known", "hfspace_waive", "known")
    inline = WaiverUse("hfspace: waive HFS703 x", "main.py:3", "x", problem="matches nothing: remove it")
    reports = (Report(evidence, (), waivers=(ours, inline)), Report(evidence, (), waivers=(ours,)))
    together = WaiverUse("HFS410: known", "hfspace_waive", "known", problem="matches nothing: remove it")
    first, second = settled(reports, [together])
    assert first.waivers == (together, inline)
    assert second.waivers == (together,)
    assert settled(reports, ()) == reports
