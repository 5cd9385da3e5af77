"""What changed between two reports."""

from __future__ import annotations

import pytest

from backend.comparison import compare


def finding(message="wrong", **members):
    return {"level": "error", "message": message, "hint": "mend it", "path": "main.py", "line": 1, **members}


def check(code, *findings, outcome=None, **members):
    made = {"code": code, "name": "name", "level": "error", "route": None, "findings": list(findings)}
    return {**made, "outcome": outcome or ("failed" if findings else "passed"), **members}


def report(*checks):
    return {"checks": list(checks)}


def told(comparison):
    names = ("new", "fixed", "remaining", "unchecked")
    return tuple("".join(each.message[0] for each in getattr(comparison, name)) for name in names)


def test_nothing_changes_in_the_same_report():
    same = report(check("HFS410", finding("a")), check("HFS420"))
    assert told(compare(same, same)) == ("", "", "a", "")


def test_findings_come_go_and_remain():
    old = report(check("HFS410", finding("a"), finding("b")), check("HFS420", finding("c")))
    new = report(check("HFS410", finding("b"), finding("d")), check("HFS420"))
    assert told(compare(old, new)) == ("d", "ac", "b", "")


def test_with_nothing_all_is_new():
    assert told(compare(report(), report(check("HFS410", finding("a"))))) == ("a", "", "", "")


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"line": 99}, True),
        ({"line": None}, True),
        ({"hint": "mend it so"}, True),
        ({"message": "a takes 12.75 s of 3"}, True),
        ({"message": "a takes 1,000 s of 30"}, True),
        ({"message": "a takes 3.5 min of 30"}, False),
        ({"path": "other.py"}, False),
    ],
)
def test_lines_and_numbers_make_no_other_finding(change, is_same):
    old = report(check("HFS410", finding("a takes 3.5 s of 30")))
    new = report(check("HFS410", {**finding("a takes 3.5 s of 30"), **change}))
    assert told(compare(old, new)) == (("", "", "a", "") if is_same else ("a", "a", "", ""))


def test_the_newer_report_says_what_remains():
    old, new = (report(check("HFS410", finding("a 1", line=line))) for line in (3, 7))
    (remaining,) = compare(old, new).remaining
    assert (remaining.line, remaining.code, remaining.name, remaining.hint) == (
        7,
        "HFS410",
        "name",
        "mend it",
    )


def test_another_check_or_route_makes_another_finding():
    old = report(check("HFS501", finding("a"), route="GET /a"), check("HFS410", finding("b")))
    new = report(
        check("HFS501", finding("a"), route="GET /b"), check("HFS411", finding("b")), check("HFS410")
    )
    new["checks"].append(check("HFS410"))
    assert told(compare(old, new)) == ("ab", "ab", "", "")


def test_of_two_that_are_alike_one_may_be_fixed():
    old = report(check("HFS410", finding("a", line=1), finding("a", line=2)))
    new = report(check("HFS410", finding("a", line=2)))
    assert told(compare(old, new)) == ("", "a", "a", "")
    assert told(compare(new, old)) == ("a", "", "a", "")


@pytest.mark.parametrize("later", [[], [check("HFS410", outcome="skipped")], [check("HFS420")]])
def test_what_nobody_looked_at_is_not_fixed(later):
    assert told(compare(report(check("HFS410", finding("a"))), report(*later))) == ("", "", "", "a")


def test_a_waived_finding_is_none():
    waived, counted = (report(check("HFS410", finding("a", waived=reason))) for reason in ("a cache", ""))
    assert told(compare(counted, waived)) == ("", "a", "", "")
    assert told(compare(waived, counted)) == ("a", "", "", "")


def test_what_later_fields_lack_is_made_up_for():
    bare = {"message": "a", "hint": "", "path": "", "line": None}
    (new,) = compare(report(), report(check("HFS410", bare, level="warn"))).new
    assert new.level == "warn"


# -- over HTTP


@pytest.fixture
def two(board, submission):
    board.post(submission(id="first"))
    board.post(submission(id="other", space="acme/other"))
    second = submission(id="second")
    second["checks"][0]["findings"][0]["message"] = "something else"
    board.post(second)
    return board


def test_a_report_is_compared_with_the_one_before_of_its_space(two):
    found = two.get("/api/reports/second/comparison").json()
    assert (found["report"], found["old"]) == ("second", "first")
    assert [len(found[name]) for name in ("new", "fixed", "remaining", "unchecked")] == [1, 1, 0, 0]
    assert found["new"][0]["message"] == "something else"
    assert found["fixed"][0]["line"] == 14


def test_a_report_is_compared_with_any_other(two):
    found = two.get("/api/reports/first/comparison?old=other").json()
    assert (found["old"], len(found["remaining"])) == ("other", 1)


def test_the_first_report_of_a_space_has_nothing_before_it(two):
    found = two.get("/api/reports/first/comparison").json()
    assert (found["old"], len(found["new"])) == (None, 1)


@pytest.mark.parametrize(("query", "status"), [("?old=none", 404), ("?old=%00", 422), ("?old=", 422)])
def test_what_is_not_there_is_not_compared(two, query, status):
    assert two.get(f"/api/reports/first/comparison{query}").status_code == status
