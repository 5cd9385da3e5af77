"""Where the reports of a run go, and what its exit code says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from xml.etree import ElementTree as ET

import pytest

# imported once for all: pytester forgets what its own runs import
import pytest_hfspace.report.html  # noqa: F401  # for the reason above
from tests.helpers import unwrapped

from .conftest import Rehearse
from .test_many import FINE, IMPORT, PORT, RELOAD, TWO

NAMES = ("r.json", "r.sarif", "r.md", "r.html")
REPORTS = tuple(f"--hfspace-report={name}" for name in NAMES)
#: Facts of one Space whose port is wrong, as :func:`rehearse` takes them.
WRONG = {"space": PORT[0]}
WARNED = {"space": RELOAD[0]}
UNKNOWN = {"rehearsal": 'make_rehearsal(impossible="httpx is not installed")'}
OK, FAILED, USAGE = pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.USAGE_ERROR


@pytest.fixture(autouse=True)
def no_board(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HFSPACE_BOARD_TOKEN", raising=False)


def read(pytester: pytest.Pytester, name: str) -> str:
    return (pytester.path / name).read_text(encoding="utf-8")


# -- all formats at once


def test_one_run_writes_all(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    result = rehearse(*REPORTS, "--junitxml=r.xml", **WRONG)
    assert result.ret == FAILED
    document = json.loads(read(pytester, "r.json"))
    assert (document["stage"], document["ready"]) == ("APP_STARTING", False)
    (sarif,) = json.loads(read(pytester, "r.sarif"))["runs"]
    assert [found["ruleId"] for found in sarif["results"]] == ["HFS410"]
    for name in ("r.md", "r.html"):
        text = read(pytester, name)
        assert "HFS410-port-mismatch" in text
        assert "the app listens on port 8000" in text


def test_junit_has_code_stage_and_hint(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    rehearse("--junitxml=r.xml", **WRONG)
    cases = {case.get("name"): case for case in ET.parse(pytester.path / "r.xml").iter("testcase")}
    failed = cases["HFS410-port-mismatch"]
    assert failed.get("classname") == "hfspace"
    properties = {each.get("name"): each.get("value") for each in failed.iter("property")}
    assert properties == {
        "hfspace_code": "HFS410",
        "hfspace_stage": "APP_STARTING",
        "hfspace_hint": "add --port 7860 to CMD, or app_port: 8000 to the card in README.md.",
    }
    (failure,) = failed.iter("failure")
    assert failure.get("message") == "the app listens on port 8000, the Hub connects to 7860"
    assert {each.get("name") for each in cases["HFS101-card-missing"].iter("property")} == {
        "hfspace_code",
        "hfspace_stage",
    }


def test_several_spaces_in_each(rehearse_each: Rehearse, pytester: pytest.Pytester) -> None:
    spaces = {"chat": PORT, "search": FINE, "slow": IMPORT}
    result = rehearse_each(*REPORTS, "--junitxml=r.xml", spaces=spaces)
    assert result.ret == FAILED
    stages = [(each["stage"], each["ready"]) for each in json.loads(read(pytester, "r.json"))["spaces"]]
    assert stages == [("APP_STARTING", False), ("RUNNING", True), ("RUNTIME_ERROR", False)]
    uris = [
        found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for run in json.loads(read(pytester, "r.sarif"))["runs"]
        for found in run["results"]
    ]
    assert uris == ["spaces/chat/Dockerfile", "spaces/slow/main.py"]
    for name in ("r.md", "r.html"):
        assert all(f"spaces/{space}" in read(pytester, name) for space in spaces)
    names = {case.get("classname") for case in ET.parse(pytester.path / "r.xml").iter("testcase")}
    assert names == {f"hfspace.spaces/{space}" for space in spaces}


# -- exit codes

WAIVE = "hfspace_waive=HFS410[Dockerfile]: the proxy maps it"
UNUSED = "hfspace_waive=HFS410[nowhere.py]: long gone"
EXPIRED = "hfspace_waive=HFS410[Dockerfile]: for a while (until 2020-01-31)"


@pytest.mark.parametrize(
    ("arguments", "facts", "code"),
    [
        ((), {}, OK),
        ((), WRONG, FAILED),
        ((), WARNED, OK),
        (("--hfspace-strict",), WARNED, FAILED),
        (("-o", "hfspace_strict_codes=HFS413"), WARNED, FAILED),
        ((), UNKNOWN, OK),
        (("--hfspace-strict",), UNKNOWN, FAILED),
        (("-o", WAIVE), WRONG, OK),
        (("-o", WAIVE), {}, FAILED),
        (("-o", UNUSED), {}, FAILED),
        (("-o", UNUSED), WRONG, FAILED),
        (("-o", EXPIRED), WRONG, FAILED),
        (("-o", EXPIRED), {}, FAILED),
        (("-o", "hfspace_waive=HFS410[Dockerfile]"), {}, USAGE),
        (("-o", "hfspace_waive=HFS999: no such"), {}, USAGE),
        (("--hfspace-report=nowhere/r.json",), {}, USAGE),
        (("--hfspace-report=r.txt",), {}, USAGE),
        (("--hfspace-report=locked.json",), {}, USAGE),
        (("--hfspace-report=locked.json",), WRONG, FAILED),
        (("--hfspace-report=locked.json", "--no-summary"), {}, USAGE),
        (("--hfspace-report=locked.json", "-p", "no:terminal"), {}, USAGE),
        (("--hfspace-publish=http://127.0.0.1:9",), {}, OK),
        (("--hfspace-publish=http://127.0.0.1:9",), WRONG, FAILED),
        (("-k", "nothing"), {}, pytest.ExitCode.NO_TESTS_COLLECTED),
    ],
)
def test_exit_codes(
    rehearse: Rehearse,
    pytester: pytest.Pytester,
    arguments: tuple[str, ...],
    facts: dict[str, Any],
    code: pytest.ExitCode,
) -> None:
    # whoever runs the tests may be root, whom no mode keeps out
    (pytester.path / "locked.json").symlink_to("missing/folder")
    assert rehearse(*arguments, **facts).ret == code


@pytest.mark.parametrize("more", [(), ("-q",), ("--no-summary",), ("-p", "no:terminal")], ids=" ".join)
def test_a_report_that_cannot_be_written_has_a_line(
    rehearse: Rehearse, pytester: pytest.Pytester, more: tuple[str, ...]
) -> None:
    (pytester.path / "locked.json").symlink_to("missing/folder")
    result = rehearse("--hfspace-report=locked.json", "--hfspace-report=r.md", *more)
    assert result.ret == USAGE
    told = [*result.outlines, *result.errlines]
    assert told.count("ERROR: locked.json cannot be written: No such file or directory") == 1
    assert "RUNNING" in read(pytester, "r.md")


def test_a_defect_of_a_writer_is_a_line(
    rehearse: Rehearse, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def render(reports: object) -> str:
        raise RuntimeError("boom")

    monkeypatch.setattr("pytest_hfspace.report.html.render", render)
    result = rehearse(*REPORTS)
    assert result.ret == USAGE
    result.stdout.fnmatch_lines(
        [
            "ERROR: r.html is not written: RuntimeError: boom; this is a defect*",
            "Predicted stage: RUNNING *",
        ]
    )
    assert json.loads(read(pytester, "r.json"))["ready"] is True


def test_a_defect_of_a_check_is_seen(rehearse: Rehearse) -> None:
    catalogue = "(*CATALOGUE, replace(card_missing, code='HFS102', function=lambda space: 1 / 0))"
    result = rehearse(catalogue=catalogue)
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(["HFS102 could not be evaluated: ZeroDivisionError: *"])


# -- a baseline


def test_a_baseline_is_written_and_read(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    first = rehearse("--hfspace-baseline=known.json", *REPORTS, **WRONG)
    assert first.ret == OK
    first.stdout.fnmatch_lines(["known.json was written: from now on, new findings fail"])
    assert [each["code"] for each in json.loads(read(pytester, "known.json"))["findings"]] == ["HFS410"]
    again = rehearse("--hfspace-baseline=known.json", *REPORTS, **WRONG)
    assert again.ret == OK
    assert "was written" not in again.stdout.str()
    (finding,) = (
        finding for check in json.loads(read(pytester, "r.json"))["checks"] for finding in check["findings"]
    )
    assert finding["waived"] == "in the baseline"
    new = rehearse("--hfspace-baseline=known.json", space=PORT[0], rehearsal=IMPORT[1])
    new.assert_outcomes(passed=4, failed=1, skipped=1)
    gone = rehearse("--hfspace-baseline=known.json")
    assert gone.ret == FAILED
    gone.stdout.fnmatch_lines(["Waivers to mend:", "*known.json: HFS410 Dockerfile:*", "*is gone*"])


@pytest.mark.parametrize(
    ("content", "environment"), [(None, {"CI": "true"}), ("{}", {}), ("no json", {"CI": "true"})]
)
def test_a_baseline_that_would_hide_everything(
    rehearse: Rehearse,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    content: str | None,
    environment: dict[str, str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if content is not None:
        (pytester.path / "known.json").write_text(content)
    result = rehearse("--hfspace-baseline=known.json", **WRONG)
    assert result.ret == USAGE
    assert len(unwrapped(result.errlines)) == 1
    assert content is not None or not (pytester.path / "known.json").exists()


def test_a_part_of_the_checks_writes_no_baseline(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    result = rehearse("--hfspace-baseline=known.json", "-k", "HFS410", **WRONG)
    assert result.ret == USAGE
    result.stdout.fnmatch_lines(["ERROR: known.json is not written: 1 of 6 checks were evaluated"])
    assert not (pytester.path / "known.json").exists()


def test_the_baseline_of_one_space_is_not_the_others(
    rehearse_each: Rehearse, pytester: pytest.Pytester
) -> None:
    """They find the very same, and no repository tells them apart."""
    baseline = "--hfspace-baseline=known.json"
    assert rehearse_each(baseline, spaces={"chat": PORT, "search": FINE}).ret == OK
    result = rehearse_each(baseline, spaces={"chat": PORT, "search": PORT})
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(["2 Spaces: 1 ready, 1 not ready (spaces/search)"])
    assert rehearse_each(baseline, spaces={"chat": PORT, "search": FINE}).ret == OK
    gone = rehearse_each(baseline, spaces={"chat": FINE, "search": PORT})
    assert gone.ret == FAILED
    gone.stdout.fnmatch_lines(["*HFS410 spaces/chat/Dockerfile:*"])


# -- waivers


def test_waivers_beside_the_line(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    dockerfile = "\\n" * 12 + "# hfspace: waive HFS410 the proxy maps it\\nCMD x\\n"
    space = f'make_space({{"Dockerfile": "{dockerfile}"}}, command=make_command(port=Port(8000, "literal")))'
    result = rehearse("--hfspace-report=r.json", "--junitxml=r.xml", space=space)
    assert result.ret == OK
    result.stdout.fnmatch_lines(["1 finding waived:", "  - the proxy maps it*"])
    assert '<property name="hfspace_waived" value="the proxy maps it' in (pytester.path / "r.xml").read_text()
    unused = rehearse(space=f'make_space({{"Dockerfile": "{dockerfile}"}})')
    assert unused.ret == FAILED
    unused.stdout.fnmatch_lines(["Waivers to mend:", "  - Dockerfile:13: * matches nothing:"])


def test_a_waiver_of_the_settings_holds_in_all_spaces(rehearse_each: Rehearse) -> None:
    result = rehearse_each("-o", WAIVE, spaces={"chat": PORT, "search": FINE})
    assert result.ret == OK
    result.stdout.fnmatch_lines(
        ["spaces/chat: RUNNING (confidence: high), 1 route answered, 1 waived", "2 Spaces: 2 ready"]
    )
    unused = rehearse_each("-o", UNUSED, spaces=TWO)
    assert unused.ret == FAILED
    unused.stdout.fnmatch_lines(["Waivers to mend:", "2 Spaces: 2 ready, 1 waiver to mend"])


# -- secrets


def test_secrets_are_in_no_file(rehearse: Rehearse, pytester: pytest.Pytester) -> None:
    failure = 'make_failure(message="cannot log in with tOps3cret and hEadersecret")'
    result = rehearse(
        "--hfspace-env=DB_PASSWORD=tOps3cret",
        "-o",
        "hfspace_headers=Authorization: Bearer hEadersecret",
        *REPORTS,
        "--junitxml=r.xml",
        "--hfspace-baseline=known.json",
        rehearsal=f"make_rehearsal(failure={failure})",
    )
    texts = [result.stdout.str(), *(read(pytester, name) for name in (*NAMES, "r.xml", "known.json"))]
    for text in texts:
        assert "tOps3cret" not in text
        assert "hEadersecret" not in text
    assert "DB_PASSWORD" in read(pytester, "r.json")


# -- a board


class Board:
    """A small board: what it was sent, and what it answers."""

    def __init__(self) -> None:
        self.answer = 201
        self.got: list[tuple[str, str, Any]] = []
        board = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                board.got.append((self.path, self.headers["Authorization"], json.loads(body)))
                self.send_response(board.answer)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """The test's output is not the place."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Iterator[Board]:
    monkeypatch.setenv("HFSPACE_BOARD_TOKEN", "board-t0ken")
    board = Board()
    thread = threading.Thread(target=board.server.serve_forever, args=(0.01,))
    thread.start()
    yield board
    board.server.shutdown()
    board.server.server_close()
    thread.join()


def test_a_board_gets_every_space(rehearse_each: Rehearse, board: Board) -> None:
    result = rehearse_each(f"--hfspace-publish={board.url}", spaces={"chat": PORT, "search": FINE})
    assert result.ret == FAILED
    assert [(path, token) for path, token, _ in board.got] == [("/api/reports", "Bearer board-t0ken")] * 2
    assert [document["stage"] for _, _, document in board.got] == ["APP_STARTING", "RUNNING"]
    assert "WARNING" not in result.stdout.str()


@pytest.mark.parametrize("facts", [{}, WRONG], ids=["ready", "not ready"])
@pytest.mark.parametrize("more", [(), ("--no-summary",)], ids=["", "no summary"])
def test_a_board_that_refuses_is_a_warning(
    rehearse: Rehearse, board: Board, facts: dict[str, str], more: tuple[str, ...]
) -> None:
    board.answer = 401
    result = rehearse(f"--hfspace-publish={board.url}", *more, **facts)
    assert result.ret == (FAILED if facts else OK)
    lines = unwrapped((*result.outlines, *result.errlines))
    told = [line for line in lines if line.startswith("WARNING: not published")]
    assert told == [f"WARNING: not published to {board.url}: 401, HFSPACE_BOARD_TOKEN is not accepted"]


def test_a_board_that_is_down(rehearse: Rehearse, board: Board) -> None:
    board.server.shutdown()
    board.server.server_close()
    result = rehearse(f"--hfspace-publish={board.url}")
    assert result.ret == OK
    result.stdout.fnmatch_lines([f"WARNING: not published to {board.url}: *", "Predicted stage: RUNNING *"])


def test_without_a_token(rehearse: Rehearse) -> None:
    result = rehearse("--hfspace-publish=https://board.example")
    assert result.ret == OK
    result.stdout.fnmatch_lines(["WARNING: not published to https://board.example: *TOKEN is not set"])


# -- a run that answers something else, or nothing


@pytest.mark.parametrize("argument", ["--collect-only", "--hfspace-list", "--fixtures"])
def test_what_rehearses_nothing_writes_nothing(
    rehearse: Rehearse, pytester: pytest.Pytester, log: Callable[[], list[str]], argument: str
) -> None:
    assert rehearse(argument, *REPORTS, "--hfspace-baseline=known.json").ret == OK
    assert not any((pytester.path / name).exists() for name in (*NAMES, "known.json"))
