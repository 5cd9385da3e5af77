"""What people read."""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from collections import Counter
from dataclasses import replace

import pytest

from pytest_hfspace.check import Finding, Result
from pytest_hfspace.report import Report, gather
from pytest_hfspace.report.formats import render
from pytest_hfspace.report.terminal import (
    MOST_FINDINGS,
    MOST_LINES,
    closing_section,
    failure_text,
)
from pytest_hfspace.report.text import one_line, printable, text_width, usage
from tests.checks.factories import (
    make_failure,
    make_image,
    make_read,
    make_rehearsal,
    make_route,
    make_space,
    make_static_space,
    make_visit,
)

from . import fake
from .conftest import Rehearse

PASSED = (Result(fake.imports, "passed"), Result(fake.port_mismatch, "passed"))
ERROR = Finding("the port is wrong", "change it", "Dockerfile", 14, "error", "Nobody gets through.")
FAILED = Result(fake.port_mismatch, "failed", (ERROR,))
SKIPPED = Result(fake.route_answers, "skipped", reason="needs HFS403")


def section(*results: Result, space=None, rehearsal=None, verbose: bool = False, **report) -> str:
    evidence = gather(space or make_space(), rehearsal if rehearsal is not None else make_rehearsal())
    lines = closing_section(Report(evidence, results, **report), 80, verbose=verbose)
    assert all(len(text) <= 80 for text, _ in lines)
    return "\n".join(text for text, _ in lines) + "\n"


def text(expected: str) -> str:
    return textwrap.dedent(expected).lstrip("\n")


# -- whole runs


def body(result: pytest.RunResult) -> str:
    """The output without what differs from machine to machine."""
    lines = [
        line
        for line in result.outlines
        if not line.startswith(("platform", "rootdir", "plugins", "cachedir", "hfspace: Python"))
    ]
    lines[-1] = lines[-1].partition(" in ")[0].strip("= ")
    return "\n".join(lines) + "\n"


def test_a_healthy_space(rehearse: Rehearse) -> None:
    assert body(rehearse()) == text(
        """
        ============================= test session starts ==============================
        hfspace: docker Space . · uvicorn main:app --host 0.0.0.0 --port 7860 ·
          port 7860 · contract 2026-08
        collected 6 items

        hfspace ......                                                           [100%]

        =============================== Space readiness ================================
        Predicted stage: RUNNING (confidence: high)
        Routes: 1 answered, 0 guarded, 0 rejected, 0 failed, 0 skipped
        Checks: 6 passed
        Time: import 0.30 s, start-up 0.10 s, first answer 0.01 s, stop 0.10 s, 60 MB
        6 passed
        """
    )


def test_a_broken_space(rehearse: Rehearse) -> None:
    result = rehearse(
        space='make_space(command=make_command(reload=True, port=Port(8000, "literal")))',
        rehearsal="make_rehearsal(failure=make_failure("
        "message=\"ModuleNotFoundError: No module named 'torch'\"))",
    )
    assert result.ret == 1
    assert body(result) == text(
        """
        ============================= test session starts ==============================
        hfspace: docker Space . · uvicorn main:app --host 0.0.0.0 --port 7860 ·
          port 7860 · contract 2026-08
        collected 6 items

        hfspace .Fw.Fs                                                           [100%]

        =================================== FAILURES ===================================
        _____________________________ HFS410-port-mismatch _____________________________
        Dockerfile:14: the app listens on port 8000, the Hub connects to 7860
          On the Hub: APP_STARTING. After 30 min: "Launch timed out, workload was not
            healthy after 30 min".
          Fix: add --port 7860 to CMD, or app_port: 8000 to the card in README.md.
        ________________________________ HFS403-import _________________________________
        main.py:3: ModuleNotFoundError: No module named 'torch'
          On the Hub: RUNTIME_ERROR. The container exits and the page shows its log.
          Fix: add it to requirements.txt
        =============================== Space readiness ================================
        WARN HFS413-reload
          Dockerfile:14: the start command reloads
            On the Hub: The server watches files that never change.
            Fix: remove --reload

        Predicted stage: RUNTIME_ERROR, because of HFS403-import (confidence: high)
        Checks: 2 passed, 2 failed, 1 warned, 1 skipped
        1 check skipped:
          - needs HFS403
        =========================== short test summary info ============================
        FAILED hfspace::HFS410-port-mismatch - the app listens on port 8000, the Hub ...
        FAILED hfspace::HFS403-import - ModuleNotFoundError: No module named 'torch'
        2 failed, 2 passed, 1 skipped, 1 hfspace warned
        """
    )


def test_notices_stand_in_the_header(rehearse: Rehearse) -> None:
    result = rehearse(
        space="(lambda s: replace(s, files=replace(s.files, is_git=False, notices=('not a git repository',)),"
        " image=replace(s.image, python='3.7.2')))(make_space())",
        rehearsal="make_rehearsal(missing_packages=('torch', 'numpy'),"
        " impossible='torch is not installed here')",
    )
    result.stdout.fnmatch_lines(
        [
            "hfspace: not a git repository",
            "hfspace: Python 3.* here, 3.7 on the Space",
            "hfspace: not installed here: torch, numpy (pip install -r requirements.txt)",
            "Predicted stage: none: torch is not installed here",
            "To rehearse it: pip install -r requirements.txt",
        ]
    )


def test_no_predictions_without_checks(rehearse: Rehearse) -> None:
    for arguments in (("--collect-only",), ("-k", "nothing")):
        assert "Space readiness" not in rehearse(*arguments).stdout.str()


def test_no_progress_in_a_log(rehearse: Rehearse) -> None:
    assert "starting main:app" not in rehearse("--color=yes").stdout.str()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_progress_on_a_terminal(
    rehearse: Rehearse, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pty

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("PY_COLORS", "1")
    written = bytearray()

    def run(*command: str) -> pytest.RunResult:
        def keep(descriptor: int) -> bytes:
            data = os.read(descriptor, 4096)
            written.extend(data)
            return data

        status = pty.spawn([sys.executable, "-m", "pytest", *command], keep)
        return pytest.RunResult(os.waitstatus_to_exitcode(status), [], [], 0)

    monkeypatch.setattr(pytester, "runpytest_subprocess", run)
    assert rehearse("-p", "no:cacheprovider", subprocess=True).ret == 0
    shown = written.decode()
    assert "\x1b7\x1b[K starting main:app\x1b8" in shown
    assert shown.rindex("\x1b7\x1b[K\x1b8") > shown.rindex("starting main:app")
    assert "6 passed" in shown.replace("\x1b[1m", "")


# -- the closing section


def test_conditions() -> None:
    reads = (
        make_read("OPENAI_API_KEY", required=True, given=True, secret=True),
        make_read("TOKEN", required=True, given=True, secret=True),
        make_read("SPACE_ID", required=True, given=True),
        make_read("LEVEL", default="info"),
    )
    assert section(*PASSED, rehearsal=make_rehearsal(reads=reads)).startswith(
        "Predicted stage: RUNNING, provided that OPENAI_API_KEY and TOKEN are set\n  (confidence: high)\n"
    )


def test_what_was_left_out() -> None:
    space = make_space(image=replace(make_image(), not_followed=("COPY --from=web /dist . (line 9)",)))
    rehearsal = make_rehearsal(
        notes=("granian itself: uvicorn served the app in its place",),
        proxied=False,
        not_proxied="the visits came from 127.0.0.1",
        skipped_routes={"GET /": "costs money"},
    )
    assert section(*PASSED, space=space, rehearsal=rehearsal) == text(
        """
        Predicted stage: RUNNING (confidence: medium)
        Not rehearsed:
          - COPY --from=web /dist . (line 9)
          - the visits came from 127.0.0.1
          - granian itself: uvicorn served the app in its place
          - GET /: costs money
        Routes: 0 answered, 0 guarded, 0 rejected, 0 failed, 1 skipped
        Checks: 2 passed
        Time: import 0.30 s, start-up 0.10 s, first answer 0.01 s, stop 0.10 s, 60 MB
        """
    )


def test_outcomes_of_routes() -> None:
    statuses = {"/a": 200, "/b": 401, "/c": 422, "/d": 500, "/e": None}
    rehearsal = make_rehearsal(
        routes=tuple(make_route(path=path) for path in statuses),
        visits=tuple(make_visit(f"GET {path}", status=status) for path, status in statuses.items() if status),
    )
    assert "Routes: 1 answered, 1 guarded, 1 rejected, 1 failed, 1 skipped\n" in section(
        *PASSED, rehearsal=rehearsal
    )


def test_a_mount_whose_root_has_nothing_is_not_counted() -> None:
    bare = make_route(path="/static", kind="files")
    asked = make_route(path="/media", kind="files", sample="a.css")
    rehearsal = make_rehearsal(
        routes=(bare, asked, make_route(path="/gone")),
        visits=tuple(make_visit(f"GET {path}", status=404) for path in ("/static", "/media", "/gone")),
    )
    assert "Routes: 0 answered, 0 guarded, 2 rejected, 0 failed" in section(*PASSED, rehearsal=rehearsal)
    found = replace(rehearsal, visits=(make_visit("GET /static"), *rehearsal.visits[1:]))
    assert "Routes: 1 answered, 0 guarded, 2 rejected, 0 failed" in section(*PASSED, rehearsal=found)


def unable(code: str, reason: str) -> Result:
    """A check that was skipped."""
    return replace(PASSED[0], check=replace(PASSED[0].check, code=code), outcome="skipped", reason=reason)


def test_a_static_space_needs_no_rehearsal() -> None:
    lines = section(*PASSED, space=make_static_space(), rehearsal=make_rehearsal(impossible="static"))
    assert lines.splitlines()[0] == "Predicted stage: RUNNING (confidence: high)"


@pytest.mark.parametrize(
    ("results", "report", "first"),
    [
        (PASSED, {}, "Predicted stage: RUNNING (confidence: high)"),
        ((*PASSED, FAILED), {}, "Predicted stage: APP_STARTING, because of HFS410-port-mismatch"),
        (
            (replace(FAILED, check=fake.route_answers), PASSED[0]),
            {},
            "Predicted stage: RUNNING, but not ready: HFS501-route-answers (confidence: high)",
        ),
        (
            PASSED,
            {"partial": "2 of 6 checks were evaluated"},
            "Predicted stage: none: 2 of 6 checks were evaluated",
        ),
        (
            (FAILED,),
            {"partial": "1 of 6 checks were evaluated"},
            "Predicted stage: APP_STARTING, because of HFS410-port-mismatch",
        ),
        (
            PASSED,
            {"rehearsal": make_rehearsal(impossible="there is no start command")},
            "Predicted stage: none: there is no start command",
        ),
        (
            PASSED,
            {"rehearsal": make_rehearsal(failure=make_failure())},
            "Predicted stage: none: the app did not come up, for a reason that no check found",
        ),
        (
            (*PASSED, unable("HFS403", "x is not installed"), unable("HFS406", "needs HFS403")),
            {"rehearsal": make_rehearsal(failure=make_failure())},
            "Predicted stage: none: x is not installed",
        ),
        (
            (*PASSED, unable("HFS501", "x is not installed"), unable("HFS404", "needs HFS403")),
            {"rehearsal": make_rehearsal(failure=make_failure())},
            "Predicted stage: none: the app did not come up, for a reason that no check found",
        ),
    ],
)
def test_predictions(results: tuple[Result, ...], report: dict, first: str) -> None:
    assert section(*results, **report).splitlines()[0] == first


def test_skipped_checks_by_reason() -> None:
    skipped = [replace(SKIPPED, route=str(number)) for number in range(3)]
    assert "3 checks skipped:\n  - needs HFS403 (3)\n" in section(*skipped, FAILED)


def test_the_numbers_of_checks_add_up() -> None:
    absent = [replace(SKIPPED, reason=reason, applicable=False) for reason in ("no routes", "no card")]
    assert "Checks: 2 passed, 2 skipped (2 do not apply to this Space)\nTime" in section(*PASSED, *absent)
    assert "1 skipped (1 does not apply to this Space)\n" in section(*PASSED, absent[0])
    reasons = [replace(SKIPPED, reason=f"reason {each}") for each in range(MOST_LINES + 2)]
    said = section(*PASSED, SKIPPED, SKIPPED, *absent, *reasons)
    number = len(reasons) + 2
    assert f"Checks: 2 passed, {number + 2} skipped (2 do not apply to this Space)\n" in said
    listed = said.partition(f"\n{number} checks skipped:\n")[2].partition("\nTime")[0].splitlines()
    assert listed[0] == "  - needs HFS403 (2)"
    assert listed[-1] == "  - for other reasons (3)"
    numbers = [re.search(r"\((\d+)\)$", line) for line in listed]
    assert sum(int(found[1]) if found else 1 for found in numbers) == number


def test_what_is_waived_and_what_is_left_out() -> None:
    known = Result(fake.reload, "waived", (replace(ERROR, waived="a demo"),) * 3)
    ignored = Result(fake.imports, "waived", reason="ignored by hfspace_ignore")
    said = section(*PASSED, known, ignored)
    assert "Checks: 2 passed, 2 waived\n3 findings waived:\n  - a demo (3)\n" in said
    assert "\n1 check left out:\n  - ignored by hfspace_ignore\n" in said


def test_every_report_counts_alike() -> None:
    absent = replace(SKIPPED, reason="no routes", applicable=False)
    routes = [replace(SKIPPED, route=f"GET /{each}") for each in range(3)]
    report = Report(gather(make_space(), make_rehearsal()), (*PASSED, FAILED, *routes, absent))
    numbers = "2 passed, 1 failed, 4 skipped (1 does not apply to this Space)"
    page = re.sub("<[^>]*>", " ", render([report], ".html"))
    markdown = render([report], ".md")
    assert f"Checks: {numbers}" in [text for text, _ in closing_section(report, 80)]
    assert f"\nChecks: {numbers}\n" in markdown
    assert "<summary>3 checks skipped</summary>\n\n- needs `HFS403`: `HFS501-route-answers` (3)" in markdown
    assert numbers in page
    assert "4 checks not evaluated: 3 not seen, 1 not for this Space" in page
    checks = json.loads(render([report], ".json"))["checks"]
    assert Counter(each["outcome"] for each in checks) == {"passed": 2, "failed": 1, "skipped": 4}
    assert [each["applicable"] for each in checks].count(False) == 1
    assert "3 checks skipped: needs HFS403 (3)" in render([report], ".sarif")


def test_nothing_evaluated_says_nothing() -> None:
    waived = Result(fake.imports, "waived", reason="ignored")
    assert closing_section(Report(gather(make_space(), None), (waived,)), 80) == []


# -- texts


def test_many_findings_are_cut() -> None:
    many = replace(FAILED, findings=(ERROR,) * (MOST_FINDINGS + 5))
    lines = failure_text(many, 80).splitlines()
    assert lines[-1] == "... and 5 more findings"
    assert sum("On the Hub" in line for line in lines) == 1


def test_a_warning_predicts_nothing() -> None:
    warned = replace(FAILED, findings=(replace(ERROR, level="warn"),))
    assert "On the Hub: Nobody gets through." in failure_text(warned, 80)


@pytest.mark.parametrize(("columns", "width"), [(20, 60), (60, 60), (80, 80), (100, 100), (300, 100)])
def test_width(columns: int, width: int) -> None:
    assert text_width(columns) == width
    long = replace(FAILED, findings=(replace(ERROR, hint="word " * 100),))
    assert max(map(len, failure_text(long, width).splitlines())) <= width


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain · ü 🚀", "plain · ü 🚀"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u202eb", "a\\u202eb"),
        ("\ud800", "\\ud800"),
        ("a\nb", "a\nb"),
    ],
)
def test_printable(given: str, shown: str) -> None:
    assert printable(given) == shown


def test_a_usage_error_is_wrapped_and_what_it_quotes_is_not() -> None:
    path = "a folder/" * 8 + "b"
    said = usage(f"--hfspace-root: no folder with a README.md matches '{path}', or else it is empty", 80)
    lines = f"ERROR: {said}".splitlines()
    assert lines[:2] == ["ERROR: --hfspace-root: no folder with a README.md matches", f"  '{path}',"]
    assert usage("the Space's name is what it's called", 80) == "the Space's name is what it's called"


def test_one_line() -> None:
    assert one_line(" a\n\t b\x00 ") == "a b\\x00"


def test_what_keeps_the_app_from_starting_may_be_waived() -> None:
    broken = Finding("no module named torch", "add it", "main.py", 3, level="error", waived="known")
    result = Result(fake.imports, "waived", (broken,), reason="known")
    failed = make_rehearsal(failure=make_failure())
    said = section(result, rehearsal=failed, strict=True)
    assert "Predicted stage: none: the app does not come up, and HFS403-import is waived\n" in said
    assert "The run fails" not in said


def test_a_strict_run_says_why_it_fails() -> None:
    impossible = make_rehearsal(impossible="x is not installed")
    skipped = Result(fake.imports, "skipped", reason="x is not installed")
    assert "The run fails: nothing could be predicted, and the run is strict.\n" in section(
        skipped, rehearsal=impossible, strict=True
    )
    assert "The run fails" not in section(skipped, rehearsal=impossible)
