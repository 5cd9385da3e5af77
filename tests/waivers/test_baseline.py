"""The findings of a day, in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_hfspace.check import Result
from pytest_hfspace.report import Evidence, Report, WaiverUse
from pytest_hfspace.waivers import Examined, apply, parse
from pytest_hfspace.waivers.baseline import Baseline, write

from .facts import KNOWN, TODAY, make_finding, make_result, skipped


def report(*results: Result, prefix: str = "", partial: str = "") -> Report:
    return Report(Evidence({"root": "/space"}, prefix=prefix), results, partial)


def written(path: Path, *results: Result, prefix: str = "") -> Baseline:
    assert write(path, [report(*results, prefix=prefix)]) == ""
    return Baseline.read(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "baseline.json"


ERROR = make_finding("data.db, 12 kB, is lost", "main.py", 3)
SAME = make_finding("data.db, 14 kB, is lost", "main.py", 30)
WARNING = make_finding("the log is lost", "log.py", level="warn")
NOTE = make_finding("the cache is lost", "cache.py", level="note")


# -- writing


def test_the_file_is_made_to_be_reviewed(path: Path) -> None:
    route = make_result("HFS501", make_finding("500 für ä", "api.py"), route="GET /items/{item_id}")
    reports = [
        report(make_result("HFS802", WARNING, ERROR, SAME, NOTE), route, prefix="spaces/voice/"),
        report(make_result("HFS801", make_finding("a\nb\u202e", "x\ny.py")), prefix="spaces/chat/"),
    ]
    assert write(path, reports) == ""
    assert path.read_text(encoding="utf-8") == (
        """\
{
 "schema": 1,
 "findings": [
  {
   "space": "spaces/chat/",
   "code": "HFS801",
   "route": null,
   "path": "x y.py",
   "message": "a b\\\\u202e",
   "fingerprint": "feb63392c358638f",
   "count": 1
  },
  {
   "space": "spaces/voice/",
   "code": "HFS501",
   "route": "GET /items/{item_id}",
   "path": "api.py",
   "message": "500 für ä",
   "fingerprint": "2a68bdf1bd513231",
   "count": 1
  },
  {
   "space": "spaces/voice/",
   "code": "HFS802",
   "route": null,
   "path": "log.py",
   "message": "the log is lost",
   "fingerprint": "0e0ec4b744fef57c",
   "count": 1
  },
  {
   "space": "spaces/voice/",
   "code": "HFS802",
   "route": null,
   "path": "main.py",
   "message": "data.db, 12 kB, is lost",
   "fingerprint": "397e18ec6f92e628",
   "count": 2
  }
 ]
}
"""
    )


def test_the_order_of_the_run_does_not_matter(path: Path) -> None:
    results = [make_result("HFS802", WARNING, ERROR), make_result("HFS801", ERROR)]
    write(path, [report(*results)])
    first = path.read_bytes()
    write(path, [report(*reversed(results))])
    assert path.read_bytes() == first


def test_waived_findings_are_left_out(path: Path) -> None:
    result = apply(make_result("HFS802", ERROR, WARNING), [parse("HFS802[log.py]: why", KNOWN)], TODAY)
    assert [entry.path for entry in written(path, result).entries] == ["main.py"]


def test_what_the_baseline_waived_is_written(path: Path) -> None:
    result = Baseline.everything().apply(make_result("HFS802", ERROR, NOTE))
    assert [finding.waived for finding in result.findings] == ["in the baseline", ""]
    assert result.outcome == "noted"
    assert [entry.path for entry in written(path, result).entries] == ["main.py"]


def test_a_space_without_findings_has_an_empty_baseline(path: Path) -> None:
    assert written(path, make_result("HFS802"), skipped("HFS801")).entries == ()


def test_of_a_part_of_the_checks_none_is_written(path: Path) -> None:
    path.write_text("before")
    problem = write(path, [report(), report(partial="3 of 5 checks were evaluated")])
    assert problem == "baseline.json is not written: 3 of 5 checks were evaluated"
    assert path.read_text() == "before"


def test_writing_is_all_or_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text("before")

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert write(path, [report()]) == "baseline.json cannot be written: No space left on device"
    assert path.read_text() == "before"
    assert list(path.parent.iterdir()) == [path]


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    assert "cannot be written" in write(tmp_path / "missing" / "baseline.json", [report()])


def test_a_link_stays_one(path: Path) -> None:
    link = path.with_name("link.json")
    link.symlink_to(path.name)
    assert write(link, [report(make_result("HFS802", ERROR))]) == ""
    assert link.is_symlink()
    assert len(Baseline.read(path).entries) == 1


# -- reading


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "space": "", "code": "HFS802", "route": None, "path": "main.py", "message": "lost",
        "fingerprint": "0123456789abcdef", "count": 1, **changes,
    }  # fmt: skip


def file_with(*entries: Any, schema: Any = 1) -> str:
    return json.dumps({"schema": schema, "findings": entries})


def test_reading_what_was_written(path: Path) -> None:
    path.write_text("\ufeff" + file_with(entry(), entry(space="x/")).replace(",", ",\r\n"), encoding="utf-8")
    assert [found.space for found in Baseline.read(path).entries] == ["", "x/"]
    assert Baseline.read(path).origin == "baseline.json"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "Expecting value: line 1 column 1 (char 0)"),
        ("<<<<<<< HEAD\n{", "Expecting value: line 1 column 1 (char 0)"),
        ("[]", 'it should be {"schema": 1, "findings": [...]}'),
        ("{}", 'it should be {"schema": 1, "findings": [...]}'),
        ('{"findings": []}', 'it should be {"schema": 1, "findings": [...]}'),
        ('{"schema": 1, "findings": {}}', 'it should be {"schema": 1, "findings": [...]}'),
        (file_with(schema=2), "its schema is 2, this version reads 1"),
        (file_with(schema=True), "its schema is True, this version reads 1"),
        (file_with(schema="1"), "its schema is '1', this version reads 1"),
        (file_with(3), "finding 1 should have space, code, route, path, message, fingerprint, count"),
        (file_with(entry(), {"code": "HFS802"}), "finding 2 should have space, code, route, path,"),
        (file_with(entry(line=3)), "finding 1 should have"),
        (file_with(entry(path=3)), "finding 1: path should be text, not 3"),
        (file_with(entry(code=None)), "finding 1: code should be text, not None"),
        (file_with(entry(fingerprint="0123456789ABCDEF")), "finding 1: '0123456789ABCDEF' is no fingerprint"),
        (file_with(entry(fingerprint="0" * 10**6)), "is no fingerprint"),
        (file_with(entry(count=0)), "finding 1: count should be a whole number from 1, not 0"),
        (file_with(entry(count=True)), "count should be a whole number from 1, not True"),
        (file_with(entry(count=1.0)), "count should be a whole number from 1, not 1.0"),
        (file_with(entry(), entry(message="x")), "finding 0123456789abcdef stands there twice"),
        ('{"schema": 1, "findings": [' + "[" * 200_000, "it is nested too deeply"),
        ('{"schema": ' + "9" * 5000 + "}", ""),
        ("\0", "Expecting value"),
    ],
)
def test_what_is_no_baseline(path: Path, content: str, message: str) -> None:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"'baseline\.json' is no baseline: ") as caught:
        Baseline.read(path)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_a_file_of_any_size_is_no_baseline(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(file_with(entry()))
    monkeypatch.setattr("pytest_hfspace.waivers.baseline._LARGEST", path.stat().st_size)
    assert len(Baseline.read(path).entries) == 1
    monkeypatch.setattr("pytest_hfspace.waivers.baseline._LARGEST", path.stat().st_size - 1)
    with pytest.raises(ValueError, match="it is too large"):
        Baseline.read(path)


def test_what_cannot_be_read(path: Path) -> None:
    with pytest.raises(ValueError, match=r"'baseline\.json' cannot be read: No such file or directory"):
        Baseline.read(path)
    with pytest.raises(ValueError, match="cannot be read: Is a directory"):
        Baseline.read(path.parent)
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(ValueError, match=r"'baseline\.json' is no baseline: it is not UTF-8"):
        Baseline.read(path)


# -- results


def test_only_new_findings_count(path: Path) -> None:
    baseline = written(path, make_result("HFS802", ERROR))
    moved = make_result("HFS802", SAME)
    assert baseline.apply(moved).outcome == "waived"
    assert baseline.apply(moved).reason == "in the baseline"
    new = make_result("HFS802", ERROR, make_finding("data.db is lost", "other.py"))
    assert baseline.apply(new).outcome == "failed"
    assert [finding.waived for finding in baseline.apply(new).findings] == ["in the baseline", ""]


def test_of_equal_findings_the_first_are_known(path: Path) -> None:
    baseline = written(path, make_result("HFS802", ERROR, SAME))
    again = baseline.apply(make_result("HFS802", ERROR, SAME, ERROR))
    assert [bool(finding.waived) for finding in again.findings] == [True, True, False]
    assert again.outcome == "failed"
    assert baseline.apply(make_result("HFS802", SAME)).outcome == "waived"


def test_the_same_in_another_check_route_or_space_is_new(path: Path) -> None:
    baseline = written(path, make_result("HFS501", ERROR, route="GET /"), prefix="spaces/chat/")
    same = make_result("HFS501", ERROR, route="GET /")
    assert baseline.apply(same, "spaces/chat/").outcome == "waived"
    assert baseline.apply(same, "spaces/voice/") is same
    assert baseline.apply(make_result("HFS501", ERROR, route="GET /x"), "spaces/chat/").outcome == "failed"
    assert baseline.apply(make_result("HFS802", ERROR), "spaces/chat/").outcome == "failed"


def test_notes_and_waived_findings_are_left_alone(path: Path) -> None:
    baseline = written(path, make_result("HFS802", ERROR))
    assert baseline.apply(make_result("HFS802", NOTE)).outcome == "noted"
    # the waived one does not use up what the baseline allows
    waived = apply(make_result("HFS802", ERROR), [parse("HFS802: why", KNOWN)], TODAY).findings
    result = baseline.apply(make_result("HFS802", *waived, SAME))
    assert [finding.waived for finding in result.findings] == ["why (hfspace_waive)", "in the baseline"]
    assert result.outcome == "waived"


@pytest.mark.parametrize("result", [make_result("HFS802"), skipped("HFS802")])
def test_results_without_findings_stay_as_they_are(path: Path, result: Result) -> None:
    assert written(path, make_result("HFS802", ERROR)).apply(result) is result
    assert Baseline.everything().apply(result) is result


# -- what is gone


def gone(baseline: Baseline, *results: Result, **examined: Any) -> list[str]:
    uses = baseline.stale([Examined(results, **examined)])
    assert all(use.origin == "baseline.json" and use.reason == "in the baseline" for use in uses)
    return [use.problem for use in uses]


def test_an_entry_that_no_longer_occurs(path: Path) -> None:
    baseline = written(path, make_result("HFS802", ERROR), prefix="spaces/chat/")
    (use,) = baseline.stale([Examined((make_result("HFS802"),), "spaces/chat/")])
    assert use == WaiverUse(
        "HFS802 spaces/chat/main.py: data.db, 12 kB, is lost",
        "baseline.json",
        "in the baseline",
        problem="is gone: remove the entry, or the file and write it anew",
    )


def test_entries_that_still_occur(path: Path) -> None:
    result = make_result("HFS802", ERROR, WARNING)
    baseline = written(path, result)
    assert gone(baseline, result) == []
    assert gone(baseline, baseline.apply(result)) == []
    assert gone(baseline, apply(result, [parse("HFS802: why", KNOWN)], TODAY)) == []
    assert gone(baseline, make_result("HFS802", ERROR, WARNING, SAME)) == []


def test_some_of_equal_findings_are_gone(path: Path) -> None:
    baseline = written(path, make_result("HFS802", ERROR, SAME, SAME))
    assert gone(baseline, make_result("HFS802", SAME)) == [
        "is gone, 2 of 3: remove the file and write it anew, or lower the entry's count"
    ]


def test_a_finding_that_became_a_note_is_gone(path: Path) -> None:
    baseline = written(path, make_result("HFS802", WARNING))
    assert (
        len(gone(baseline, make_result("HFS802", make_finding("the log is lost", "log.py", level="note"))))
        == 1
    )


@pytest.mark.parametrize(
    "results",
    [
        (),
        (make_result("HFS801"),),
        (skipped("HFS802"),),
        (skipped("HFS802", applicable=False),),
        (make_result("HFS802", outcome="waived", reason="ignored by hfspace_ignore"),),
    ],
)
def test_a_check_that_was_not_evaluated_tells_nothing(path: Path, results: tuple[Result, ...]) -> None:
    assert gone(written(path, make_result("HFS802", ERROR)), *results) == []


def test_a_space_that_the_run_does_not_cover_tells_nothing(path: Path) -> None:
    baseline = written(path, make_result("HFS802", ERROR), prefix="spaces/chat/")
    assert baseline.stale([Examined((make_result("HFS802"),), "spaces/voice/")]) == ()
    assert baseline.stale([]) == ()


def test_routes(path: Path) -> None:
    baseline = written(path, make_result("HFS501", ERROR, route="GET /a"))
    other = make_result("HFS501", route="GET /b")
    assert len(gone(baseline, make_result("HFS501", route="GET /a"), other)) == 1
    assert len(gone(baseline, make_result("HFS501", route="GET /a"), all_routes=False)) == 1
    assert gone(baseline, skipped("HFS501", route="GET /a"), other) == []
    # the route itself is gone, unless it was only left out
    assert len(gone(baseline, other)) == 1
    assert gone(baseline, other, all_routes=False) == []
    assert gone(baseline, skipped("HFS501")) == []
    assert len(gone(baseline, make_result("HFS501", route="GET /a"), skipped("HFS501", route="GET /b"))) == 1


def test_a_baseline_that_is_still_to_be_written_has_nothing_stale() -> None:
    assert Baseline.everything().stale([Examined((make_result("HFS802"),))]) == ()
