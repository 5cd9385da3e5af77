"""What waivers make of results, and what is said of waivers at the end of a run."""

from __future__ import annotations

import pytest

from pytest_hfspace.check import Result, predicted_stage
from pytest_hfspace.contract import Stage
from pytest_hfspace.report import WaiverUse, pack, unevaluated, unpack
from pytest_hfspace.waivers import Examined, Waiver, apply, inline_waivers, parse, uses
from tests.checks.factories import make_space

from .facts import KNOWN, TODAY, make_finding, make_result, skipped

MATCHES_NOTHING = "matches nothing: remove it"


def waiver(line: str) -> Waiver:
    return parse(line, KNOWN)


def applied(result: Result, *lines: str, prefix: str = "") -> Result:
    return apply(result, [waiver(line) for line in lines], TODAY, prefix)


# -- results


def test_all_findings_waived() -> None:
    result = applied(make_result("HFS802", make_finding()), "HFS802[main.py]: it is a cache")
    assert result.outcome == "waived"
    assert result.reason == "it is a cache (hfspace_waive)"
    assert [finding.waived for finding in result.findings] == ["it is a cache (hfspace_waive)"]
    assert predicted_stage([result]) is Stage.RUNNING


def test_the_rest_decides_the_outcome() -> None:
    error, warning, note = (
        make_finding(level, f"{level}.py", level=level) for level in ("error", "warn", "note")
    )
    result = make_result("HFS802", error, warning, note)
    assert result.outcome == "failed"
    outcomes = [
        applied(result, *(f"HFS802[{path}.py]: why" for path in paths)).outcome
        for paths in ((), ("note",), ("warn",), ("error",), ("error", "note"), ("error", "warn"))
    ]
    assert outcomes == ["failed", "failed", "failed", "warned", "warned", "noted"]
    assert applied(result, "HFS802: why").outcome == "waived"
    partly = applied(result, "HFS802[error.py]: why")
    assert [finding.waived for finding in partly.findings] == ["why (hfspace_waive)", "", ""]
    assert partly.reason == ""


def test_what_is_not_meant_stays_as_it_is() -> None:
    # "failed" with a warning: that is how a check with a defect looks
    for result in (
        make_result("HFS802", make_finding(level="warn"), outcome="failed"),
        make_result("HFS802"),
        skipped("HFS802"),
        make_result("HFS802", outcome="waived", reason="ignored by hfspace_ignore"),
    ):
        assert applied(result) is result
        assert applied(result, "HFS801: why") is result
        assert applied(result, "HFS802[other.py]: why") is result
    left = make_result("HFS802", outcome="waived", reason="ignored by hfspace_ignore")
    assert applied(left, "HFS802: why") is left
    assert applied(skipped("HFS802"), "HFS802: why") == skipped("HFS802")


def test_the_first_waiver_gives_the_reason() -> None:
    result = applied(make_result("HFS802", make_finding()), "HFS8*: one", "HFS802: two")
    assert result.reason == "one (hfspace_waive)"
    again = applied(result, "HFS802: two")
    assert again.reason == "one (hfspace_waive)"


def test_several_reasons() -> None:
    result = make_result(
        "HFS802", make_finding(path="a.py"), make_finding(path="b.py"), make_finding(path="b.py")
    )
    assert (
        applied(result, "HFS802[a.py]: one", "HFS802[b.py]: two").reason == "one (hfspace_waive) (and 1 more)"
    )


def test_an_expired_waiver_does_not_waive() -> None:
    result = make_result("HFS802", make_finding())
    assert applied(result, "HFS802: why (until 2026-07-31)") is result
    assert applied(result, "HFS802: why (until 2026-08-01)").outcome == "waived"


def test_a_path_from_the_top_of_the_checkout() -> None:
    result = make_result("HFS802", make_finding(path="main.py"))
    assert applied(result, "HFS802[spaces/chat/*]: why", prefix="spaces/chat/").outcome == "waived"
    assert applied(result, "HFS802[spaces/chat/*]: why", prefix="spaces/other/") is result


def test_a_route() -> None:
    result = make_result("HFS501", make_finding(path="api.py"), route="GET /items/{item_id}")
    assert applied(result, "HFS501[GET /items/{item_id}]: why").outcome == "waived"
    assert applied(result, "HFS501[GET /items]: why") is result


def test_a_warning_that_is_left_can_still_be_made_to_fail() -> None:
    result = applied(
        make_result("HFS802", make_finding(), make_finding(path="b.py", level="warn")), "HFS802[main.py]: why"
    )
    assert result.outcome == "warned"


# -- uses


def judged(line: str, *results: Result, **examined) -> WaiverUse:
    (use,) = uses([waiver(line)], [Examined(results, **examined)], TODAY)
    return use


FOUND = make_result("HFS802", make_finding(), make_finding(path="b.py"))
PASSED = make_result("HFS802")


def test_a_waiver_that_is_used() -> None:
    line = "HFS802[main.py]: why (until 2027-01-31)"
    assert judged(line, FOUND) == WaiverUse(line, "hfspace_waive", "why", "2027-01-31", 1, "")
    assert judged("HFS802: why", FOUND).used == 2
    assert judged("HFS802: why", applied(FOUND, "HFS802: why")) == judged("HFS802: why", FOUND)


def test_results_that_come_from_another_process() -> None:
    result = applied(FOUND, "HFS802[main.py]: why")
    again = unpack(pack(result), KNOWN)
    assert judged("HFS802[main.py]: why", again).used == 1


def test_a_waiver_that_matches_nothing() -> None:
    assert judged("HFS802: why", PASSED).problem == MATCHES_NOTHING
    assert judged("HFS802[other.py]: why", FOUND).problem == MATCHES_NOTHING
    assert (
        judged("HFS8*: why", PASSED, make_result("HFS801"), make_result("HFS811")).problem == MATCHES_NOTHING
    )


def test_an_expired_waiver() -> None:
    for results in ((FOUND,), (PASSED,), (), (skipped("HFS802"),)):
        use = judged("HFS802: why (until 2026-07-31)", *results)
        assert (use.problem, use.used, use.until) == ("expired on 2026-07-31", 0, "2026-07-31")
    assert judged("HFS802: why (until 2026-08-01)", FOUND).problem == ""


DEFECT = make_finding(f"{unevaluated(KNOWN['HFS802'])}KeyError", path="", level="warn")


@pytest.mark.parametrize(
    "results",
    [
        (),
        (make_result("HFS801"),),
        (skipped("HFS802"),),
        (skipped("HFS802", applicable=False),),
        (make_result("HFS802", outcome="waived", reason="ignored by hfspace_ignore"),),
        (make_result("HFS802", DEFECT, outcome="failed"),),
    ],
)
def test_a_check_that_was_not_evaluated_tells_nothing(results: tuple[Result, ...]) -> None:
    assert judged("HFS802[other.py]: why", *results).problem == ""


def test_of_a_family_every_check_has_to_be_evaluated() -> None:
    others = (make_result("HFS801"), PASSED)
    assert judged("HFS8*: why", *others).problem == ""
    assert judged("HFS8*: why", *others, skipped("HFS811")).problem == ""
    # what this Space does not have cannot be found in it
    assert judged("HFS8*: why", *others, skipped("HFS811", applicable=False)).problem == MATCHES_NOTHING
    assert judged("HFS8*: why", *others, make_result("HFS811")).problem == MATCHES_NOTHING
    assert judged("HFS8*: why", FOUND).problem == ""


ROUTES = tuple(make_result("HFS501", route=route) for route in ("GET /", "GET /items"))


def test_routes_that_were_left_out() -> None:
    assert judged("HFS501[GET /gone]: why", *ROUTES).problem == MATCHES_NOTHING
    assert judged("HFS501[GET /gone]: why", *ROUTES, all_routes=False).problem == ""
    assert judged("HFS501: why", *ROUTES, skipped("HFS501", route="GET /x")).problem == ""
    # the others are not about routes
    assert judged("HFS802: why", PASSED, all_routes=False).problem == MATCHES_NOTHING


def test_over_several_spaces() -> None:
    chat, voice = Examined((FOUND,), "spaces/chat/"), Examined((PASSED,), "spaces/voice/")

    def judged(line: str, *spaces: Examined) -> WaiverUse:
        (use,) = uses([waiver(line)], spaces, TODAY)
        return use

    assert judged("HFS802[spaces/chat/main.py]: why", chat, voice).used == 1
    assert judged("HFS802: why", chat, chat).used == 4
    assert judged("HFS802[spaces/voice/main.py]: why", chat, voice).problem == MATCHES_NOTHING
    assert judged("HFS802[spaces/voice/main.py]: why", chat, Examined(())).problem == ""
    assert judged("HFS802[x]: why", chat, Examined((skipped("HFS802"),))).problem == ""
    assert (
        judged("HFS802[x]: why", chat, Examined((skipped("HFS802", applicable=False),))).problem
        == MATCHES_NOTHING
    )
    assert judged("HFS802[x]: why", Examined((skipped("HFS802", applicable=False),))).problem == ""


INLINE = inline_waivers(make_space({"a.py": "x = 1  # hfspace: waive HFS802 why\n"}), KNOWN)


def test_a_comment_belongs_to_its_space() -> None:
    found = make_result("HFS802", make_finding(path="a.py", line=1))
    with_comment = Examined((PASSED,), "spaces/chat/", INLINE)
    without = Examined((found,), "spaces/voice/")
    (use,) = uses([], [with_comment, without], TODAY)
    assert use == WaiverUse("hfspace: waive HFS802 why", "a.py:1", "why", "", 0, MATCHES_NOTHING)
    (use,) = uses([], [Examined((found,), "spaces/chat/", INLINE), without], TODAY)
    assert (use.used, use.problem) == (1, "")
    # whatever became of the other Space
    (use,) = uses([], [with_comment, Examined(())], TODAY)
    assert use.problem == MATCHES_NOTHING


def test_each_code_of_a_comment_is_judged_by_itself() -> None:
    both = inline_waivers(make_space({"a.py": "x = 1  # hfspace: waive HFS801, HFS802 why\n"}), KNOWN)
    found = make_result("HFS802", make_finding(path="a.py", line=1))
    first, second = uses([], [Examined((make_result("HFS801"), found), inline=both)], TODAY)
    assert (first.text, first.problem) == ("hfspace: waive HFS801 why", MATCHES_NOTHING)
    assert (second.text, second.problem) == ("hfspace: waive HFS802 why", "")


def test_a_comment_of_a_space_further_down_is_left_to_its_own_run() -> None:
    files = {
        "sub/README.md": "---\nsdk: docker\n---\n",
        "sub/a.py": "# hfspace: waive HFS802 why\n# hfspace: waive\n",
    }
    inline = inline_waivers(make_space(files), KNOWN)
    assert len(inline) == 2
    assert uses([], [Examined((PASSED,), inline=inline)], TODAY) == ()
    found = make_result("HFS802", make_finding(path="sub/a.py", line=1))
    assert apply(found, inline, TODAY).outcome == "waived"
    (use,) = uses([], [Examined((found,), inline=inline)], TODAY)
    assert (use.used, use.problem) == (1, "")


def test_a_broken_comment_is_a_problem_whatever_was_evaluated() -> None:
    inline = inline_waivers(make_space({"a.py": "x = 1  # hfspace: waive HFS802\n"}), KNOWN)
    (use,) = uses([], [Examined((), inline=inline)], TODAY)
    assert use.origin == "a.py:1"
    assert use.problem == "'hfspace: waive HFS802' has no reason: say why"
    assert apply(FOUND, inline, TODAY) is FOUND
