"""One run over many Spaces."""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import weakref
from collections.abc import Callable
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_hfspace.roots import read_roots
from tests.helpers import unwrapped

from .conftest import Rehearse
from .project import CARD, DOCKERFILE
from .test_terminal import body, text

XDIST = pytest.mark.skipif(find_spec("xdist") is None, reason="pytest-xdist is not installed here")

#: Its Python is any, so that the header is the same on every one.
IMAGE = 'image=make_image(python="3")'
FINE = (f"make_space({IMAGE})", "make_rehearsal()")
PORT = (f'make_space({IMAGE}, command=make_command(port=Port(8000, "literal")))', "make_rehearsal()")
RELOAD = (f"make_space({IMAGE}, command=make_command(reload=True))", "make_rehearsal()")
TORCH = "ModuleNotFoundError: No module named 'torch'"
IMPORT = (FINE[0], f'make_rehearsal(failure=make_failure(message="{TORCH}"))')
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
TWO = {"chat": FINE, "search": FINE}


def node_ids(result: pytest.RunResult) -> list[str]:
    return [line.strip() for line in result.outlines if line.startswith("hfspace::")]


def seen(result: pytest.RunResult) -> dict[str, str]:
    """The outcome by node id of a run with ``-v``."""
    words = ("PASSED", "FAILED", "WARN", "SKIPPED", "ERROR")
    lines = [line for line in result.outlines if line.startswith("hfspace::")]
    found = {}
    for line in lines:
        for word in words:
            name, space, _ = line.partition(f" {word}")
            if space:
                found[name] = word
    return found


# -- where they lie


Find = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def find(pytester: pytest.Pytester, plugin_arguments: tuple[str, ...]) -> Find:
    """Names and folders that these patterns mean, among these that have a README.md."""

    def find(*patterns: str, there: tuple[str, ...] = (), ini: str = "") -> list[tuple[str, str]]:
        for name in there:
            folder = pytester.path / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "README.md").touch()
        pytester.makeini(f"[pytest]\n{ini}")
        config = pytester.parseconfig(*plugin_arguments)
        found = read_roots(config, list(patterns))
        return [(name, os.path.relpath(root, pytester.path).replace(os.sep, "/")) for name, root in found]

    return find


def test_a_plain_folder_has_no_name(find: Find) -> None:
    assert find(there=("a",)) == [("", ".")]
    assert find("a") == [("", "a")]
    assert find(ini="hfspace_root = a") == [("", "a")]


def test_a_glob_names_even_a_single_one(find: Find) -> None:
    assert find("spaces/*", there=("spaces/chat",)) == [("spaces/chat", "spaces/chat")]


def test_several_by_name(find: Find) -> None:
    there = ("spaces/search", "spaces/chat", "demo")
    expected = [("demo", "demo"), ("spaces/chat", "spaces/chat"), ("spaces/search", "spaces/search")]
    assert find("spaces/*", "demo", there=there) == expected
    assert find(ini="hfspace_root = spaces/* demo") == expected


def test_the_command_line_outdoes_the_ini_file(find: Find) -> None:
    assert find("a", there=("a", "spaces/b"), ini="hfspace_root = spaces/*") == [("", "a")]


def test_the_same_folder_twice_is_one(find: Find, pytester: pytest.Pytester) -> None:
    assert find("a", "./a", str(pytester.path / "a"), there=("a",)) == [("", "a")]
    (pytester.path / "link").symlink_to("a", target_is_directory=True)
    assert find("a", "link") == [("", "a")]
    assert find("*") == [("a", "a")]


def test_a_glob_goes_deep_where_it_says_so(find: Find) -> None:
    there = ("spaces/a", "spaces/a/b", "spaces/c")
    assert [name for name, _ in find("spaces/**", there=there)] == ["spaces/a", "spaces/a/b", "spaces/c"]
    assert [name for name, _ in find("spaces/*")] == ["spaces/a", "spaces/c"]
    assert [name for name, _ in find("*/[ab]/*")] == ["spaces/a/b"]


def test_a_glob_leaves_out_what_is_no_space(find: Find, pytester: pytest.Pytester) -> None:
    there = ("spaces/chat", "spaces/.old", "spaces/.git/x")
    (pytester.path / "spaces/empty").mkdir(parents=True)
    (pytester.path / "spaces/docker").mkdir()
    (pytester.path / "spaces/docker/Dockerfile").touch()
    (pytester.path / "spaces/README.md").touch()
    names = [name for name, _ in find("spaces/*", there=there)]
    assert names == ["spaces/chat", "spaces/docker"]
    assert [name for name, _ in find("**")] == [*([] if not names else ["spaces"]), *names]


def test_a_hidden_folder_that_is_asked_for(find: Find, pytester: pytest.Pytester) -> None:
    there = (".spaces/chat", ".spaces/.old")
    assert find(".spaces/*", there=there) == [(".spaces/chat", ".spaces/chat")]
    assert find(str(pytester.path / ".spaces/*")) == [(".spaces/chat", ".spaces/chat")]
    assert [name for name, _ in find(".s*/ch*")] == [".spaces/chat"]


def test_outside_of_the_root_directory(find: Find, pytester: pytest.Pytester) -> None:
    outside = pytester.path.parent / f"{pytester.path.name}-outside" / "chat"
    outside.mkdir(parents=True)
    (outside / "README.md").touch()
    name = f"../{outside.parent.name}/chat"
    assert find(f"../{outside.parent.name}/*") == [(name, name)]
    assert find(str(outside)) == [("", name)]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("with blanks", "with blanks"),
        ("ünï", "ünï"),
        ("x[1]", "x%5B1%5D"),
        ("y::z", "y%3A%3Az"),
        ("new\nline", "new\\nline"),
        ("es\x1b[31mcape", "es\\x1b%5B31mcape"),
        ("left\u202eright", "left\\u202eright"),
    ],
)
def test_names_that_would_be_misread(find: Find, folder: str, name: str) -> None:
    assert find("spaces/*", there=(f"spaces/{folder}",)) == [(f"spaces/{name}", f"spaces/{folder}")]
    assert find(f"spaces/{folder}") == [("", f"spaces/{folder}")]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("nothing", "--hfspace-root: 'nothing' is not a directory"),
        ("spaces/chat/README.md", "--hfspace-root: 'spaces/chat/README.md' is not a directory"),
        ("no*", "--hfspace-root: no folder with a README.md or Dockerfile matches 'no*'"),
        ("*/*/READ*", "--hfspace-root: no folder with a README.md or Dockerfile matches '*/*/READ*'"),
        ("a\0b", "--hfspace-root: 'a\\x00b' is not a directory"),
    ],
)
def test_what_cannot_be_meant(find: Find, pattern: str, message: str) -> None:
    with pytest.raises(pytest.UsageError) as raised:
        find("spaces/*", pattern, there=("spaces/chat",))
    assert str(raised.value) == message


# -- which checks


def test_each_space_has_a_node(rehearse_each: Rehearse, log: Callable[[], list[str]]) -> None:
    result = rehearse_each("--collect-only", "-q", spaces=TWO)
    codes = ("101-card-missing", "410-port-mismatch", "413-reload", "416-shell-form")
    codes += ("403-import", "501-route-answers")
    assert node_ids(result) == [f"hfspace::spaces/{name}::HFS{code}" for name in TWO for code in codes]
    assert log() == []


def test_one_space_of_a_glob_has_its_name(rehearse_each: Rehearse) -> None:
    result = rehearse_each("-v", "hfspace::HFS410", spaces={"chat": FINE})
    assert seen(result) == {"hfspace::spaces/chat::HFS410-port-mismatch": "PASSED"}


def test_one_plain_folder_has_none(rehearse_each: Rehearse) -> None:
    result = rehearse_each("-v", "hfspace::HFS410", spaces={"chat": FINE}, root="spaces/chat")
    assert seen(result) == {"hfspace::HFS410-port-mismatch": "PASSED"}


CHAT, SEARCH = "hfspace::spaces/chat::", "hfspace::spaces/search::"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["hfspace::HFS410"], [f"{CHAT}HFS410-port-mismatch", f"{SEARCH}HFS410-port-mismatch"]),
        (["hfspace::spaces/chat::hfs410"], [f"{CHAT}HFS410-port-mismatch"]),
        (
            ["hfspace::spaces/chat::HFS410", "hfspace::HFS101"],
            [f"{CHAT}HFS101-card-missing", f"{CHAT}HFS410-port-mismatch", f"{SEARCH}HFS101-card-missing"],
        ),
        (["hfspace::spaces/chat::HFS501::GET /"], [f"{CHAT}HFS501-route-answers"]),
        (["-k", "chat and HFS410"], [f"{CHAT}HFS410-port-mismatch"]),
        (["-k", "HFS410", "--deselect", "hfspace::spaces/chat"], [f"{SEARCH}HFS410-port-mismatch"]),
        (["--hfspace-select", "HFS410"], [f"{CHAT}HFS410-port-mismatch", f"{SEARCH}HFS410-port-mismatch"]),
    ],
)
def test_a_choice(rehearse_each: Rehearse, arguments: list[str], expected: list[str]) -> None:
    result = rehearse_each("-v", *arguments, spaces=TWO)
    assert result.ret == 0
    assert seen(result) == dict.fromkeys(expected, "PASSED")


def test_a_whole_space(rehearse_each: Rehearse, log: Callable[[], list[str]]) -> None:
    result = rehearse_each("hfspace::spaces/chat", spaces=TWO)
    assert log().count("begin chat") == 1
    assert "begin search" not in log()
    # the other is neither ready nor unready: it was not asked for
    result.stdout.fnmatch_lines(
        ["spaces/chat: RUNNING (confidence: high), 1 route answered", "1 Space: 1 ready"]
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("spaces/caht", "there is no Space 'spaces/caht'; did you mean spaces/chat*"),
        ("spaces/chat::HFS41", "there is no check 'HFS41'; did you mean *"),
        ("HFS41", "there is no check 'HFS41'; did you mean *"),
    ],
)
def test_a_misspelled_choice(rehearse_each: Rehearse, name: str, message: str) -> None:
    result = rehearse_each(f"hfspace::{name}", spaces=TWO)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = unwrapped(result.errlines)
    assert fnmatchcase(line, f"ERROR: {message}")


@pytest.mark.parametrize("arguments", [(), pytest.param(("-n1",), marks=XDIST)])
def test_an_unknown_route(rehearse_each: Rehearse, arguments: tuple[str, ...]) -> None:
    name = "hfspace::spaces/chat::HFS501::GET /nope"
    result = rehearse_each(*arguments, name, spaces=TWO, subprocess=bool(arguments))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["the app has no route 'GET /nope'; did you mean GET /?"])


def test_a_route_that_one_space_does_not_have(rehearse_each: Rehearse) -> None:
    other = ("make_space()", 'make_rehearsal(routes=(make_route(path="/words"),))')
    result = rehearse_each("-v", "hfspace::HFS501::GET /", spaces={"chat": FINE, "search": other})
    assert seen(result) == {
        f"{CHAT}HFS501-route-answers": "PASSED",
        f"{SEARCH}HFS501-route-answers": "FAILED",
    }
    result.stdout.fnmatch_lines(["the app has no route 'GET /'; did you mean GET /words?"])


def test_the_last_failures(rehearse_each: Rehearse) -> None:
    spaces = {"chat": PORT, "search": FINE}
    rehearse_each("-p", "cacheprovider", spaces=spaces)
    result = rehearse_each("-v", "--lf", spaces=spaces)
    assert seen(result) == {f"{CHAT}HFS410-port-mismatch": "FAILED"}


def test_a_first_failure_that_ends_the_run(rehearse_each: Rehearse, log: Callable[[], list[str]]) -> None:
    result = rehearse_each("-x", spaces={"chat": PORT, "search": FINE})
    assert result.ret == 1
    result.stdout.fnmatch_lines(["2 Spaces: 0 ready, 1 without a prediction (spaces/search), 1 not ready"])
    assert "begin search" not in log()


def test_names_within_names(rehearse_each: Rehearse) -> None:
    spaces = {"a": FINE, "a/a": PORT}
    result = rehearse_each("-v", "hfspace::spaces/a::HFS410", spaces=spaces, root="spaces/**")
    assert seen(result) == {"hfspace::spaces/a::HFS410-port-mismatch": "PASSED"}


# -- one after the other


def test_each_is_rehearsed_once_and_ended_before_the_next(
    rehearse_each: Rehearse, log: Callable[[], list[str]]
) -> None:
    rehearse_each(spaces=TWO)
    app = [word for word in log() if word.startswith(("begin", "finish"))]
    assert app == ["begin chat", "finish", "begin search", "finish"]


def test_the_facts_are_dropped_behind_the_last_check(
    rehearse_each: Rehearse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_hfspace.run import Run

    left: list[bool] = []
    close = Run.close

    def closing(run: Run) -> None:
        seen = weakref.ref(run.rehearsed)  # type: ignore[arg-type]  # every check was evaluated
        close(run)
        # the hand-made facts themselves are kept by whoever made them
        left.append(run.rehearsed is not None or not seen)

    monkeypatch.setattr(Run, "close", closing)
    rehearse_each(spaces=TWO)
    gc.collect()
    assert left == [False, False]


@pytest.mark.parametrize(
    "broken",
    [
        ("make_space()", 'RuntimeError("boom")'),
        ("make_space()", 'make_rehearsal(impossible="httpx is not installed", failure=None)'),
        ("make_space(command=None)", 'make_rehearsal(impossible="there is no start command")'),
    ],
)
def test_a_broken_one_does_not_keep_the_others_from_being_verified(
    rehearse_each: Rehearse, broken: tuple[str, str]
) -> None:
    result = rehearse_each(spaces={"broken": broken, "chat": FINE})
    result.stdout.fnmatch_lines(
        [
            "spaces/chat: RUNNING (confidence: high), 1 route answered",
            "2 Spaces: 1 ready, 1 without a prediction (spaces/broken)",
        ]
    )


def test_a_conftest_that_raises(rehearse_each: Rehearse, pytester: pytest.Pytester) -> None:
    pytester.makeconftest("raise RuntimeError('boom')")
    result = rehearse_each(spaces=TWO)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["hfspace: conftest.py was left out*", "2 Spaces: 2 ready"])


def test_one_that_cannot_be_read_is_named(rehearse_each: Rehearse) -> None:
    result = rehearse_each(spaces={"broken": ('ValueError("boom")', "make_rehearsal()"), "chat": FINE})
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: spaces/broken: hfspace: ValueError: boom; this is a defect*"])


def test_requests_know_their_space(rehearse_each: Rehearse, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        from pytest_hfspace.run import Run
        from pathlib import Path

        def pytest_hfspace_request(route, space):
            with Path("asked.txt").open("a") as file:
                file.write(f"{space.root.name} {route.label}\\n")

        def pytest_sessionfinish(session):
            from pytest_hfspace.rehearsal.facts import Route
            from pytest_hfspace.runs import Runs
            for run in Runs.of(session.config).values():
                run._additions.overrides()(Route("GET", "/"))
        """
    )
    assert rehearse_each(spaces=TWO).ret == 0
    assert (pytester.path / "asked.txt").read_text() == "chat GET /\nsearch GET /\n"


# -- a project's own tests


def test_its_fixtures_are_about_one_space(rehearse_each: Rehearse, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_own="""
        def test_space(space):
            pass

        def test_client(space_client):
            pass

        def test_route(space_route):
            pass
        """
    )
    result = rehearse_each("-rs", "test_own.py", spaces=TWO)
    result.assert_outcomes(passed=12, errors=2, skipped=1)
    message = "this run has 2: run the tests of one with --hfspace-root FOLDER"
    assert [line for line in result.outlines if line.startswith("the fixtures")] == [
        f"the fixtures of pytest-hfspace are about one Space, and {message}"
    ] * 2
    result.stdout.fnmatch_lines(["SKIPPED * this run has several Spaces: run the tests of one *"])
    assert "conftest" not in result.stdout.str()


# -- what people read

THREE = {"broken": PORT, "chat": FINE, "slow": RELOAD}
WAIVERS = (
    "-o",
    "hfspace_waive=HFS410[nowhere.py]: known\nHFS413[Dockerfile]: for us (until 2020-01-31)",
)


def test_the_whole_output(rehearse_each: Rehearse) -> None:
    result = rehearse_each(*WAIVERS, spaces=THREE)
    assert result.ret == 1
    assert body(result) == text(
        """
        ============================= test session starts ==============================
        hfspace: 3 Spaces: spaces/broken, spaces/chat, spaces/slow · contract 2026-08
        collected 18 items

        hfspace .F............w...                                               [100%]

        =================================== FAILURES ===================================
        ______________________ spaces/broken HFS410-port-mismatch ______________________
        Dockerfile:14: the app listens on port 8000, the Hub connects to 7860
          On the Hub: APP_STARTING. After 30 min: "Launch timed out, workload was not
            healthy after 30 min".
          Fix: add --port 7860 to CMD, or app_port: 8000 to the card in README.md.
        =============================== Space readiness ================================
        spaces/chat: RUNNING (confidence: high), 1 route answered
        spaces/slow: RUNNING (confidence: high), 1 route answered
          WARN HFS413-reload
            Dockerfile:14: the start command reloads
              On the Hub: The server watches files that never change.
              Fix: remove --reload
        spaces/broken: APP_STARTING, because of HFS410-port-mismatch (confidence: high),
          1 route answered

        Waivers to mend:
          - hfspace_waive: HFS410[nowhere.py]: known: matches nothing: remove it
          - hfspace_waive: HFS413[Dockerfile]: for us (until 2020-01-31): expired on
            2020-01-31

        3 Spaces: 2 ready (1 with warnings), 1 not ready (spaces/broken), 2 waivers to
          mend
        The run fails: a waiver is to be mended.
        =========================== short test summary info ============================
        FAILED hfspace::spaces/broken::HFS410-port-mismatch - the app listens on port...
        1 failed, 16 passed, 1 hfspace warned
        """
    )


def test_the_whole_output_with_more(rehearse_each: Rehearse) -> None:
    result = rehearse_each("-v", "--hfspace-select", "HFS41*", spaces=THREE)
    assert body(result) == text(
        """
        ============================= test session starts ==============================
        hfspace: 3 Spaces: spaces/broken, spaces/chat, spaces/slow · contract 2026-08
        collecting ... collected 9 items

        hfspace::spaces/broken::HFS410-port-mismatch FAILED                      [ 11%]
        hfspace::spaces/broken::HFS413-reload PASSED                             [ 22%]
        hfspace::spaces/broken::HFS416-shell-form PASSED                         [ 33%]
        hfspace::spaces/chat::HFS410-port-mismatch PASSED                        [ 44%]
        hfspace::spaces/chat::HFS413-reload PASSED                               [ 55%]
        hfspace::spaces/chat::HFS416-shell-form PASSED                           [ 66%]
        hfspace::spaces/slow::HFS410-port-mismatch PASSED                        [ 77%]
        hfspace::spaces/slow::HFS413-reload WARN                                 [ 88%]
        hfspace::spaces/slow::HFS416-shell-form PASSED                           [100%]

        =================================== FAILURES ===================================
        ______________________ spaces/broken HFS410-port-mismatch ______________________
        Dockerfile:14: the app listens on port 8000, the Hub connects to 7860
          On the Hub: APP_STARTING. After 30 min: "Launch timed out, workload was not
            healthy after 30 min".
          Fix: add --port 7860 to CMD, or app_port: 8000 to the card in README.md.
        =============================== Space readiness ================================
        spaces/chat
          Predicted stage: none: 3 of 6 checks were evaluated
          Checks: 3 passed

        spaces/slow
          WARN HFS413-reload
            Dockerfile:14: the start command reloads
              On the Hub: The server watches files that never change.
              Fix: remove --reload

          Predicted stage: none: 3 of 6 checks were evaluated
          Checks: 2 passed, 1 warned

        spaces/broken
          Predicted stage: APP_STARTING, because of HFS410-port-mismatch
            (confidence: low)
          Partial run: 3 of 6 checks were evaluated.
          Checks: 2 passed, 1 failed

        3 Spaces: 0 ready, 2 without a prediction (spaces/chat, spaces/slow), 1 not
          ready (spaces/broken)
        =========================== short test summary info ============================
        FAILED hfspace::spaces/broken::HFS410-port-mismatch - the app listens on port...
        1 failed, 7 passed, 1 hfspace warned
        """
    )


def test_all_ready(rehearse_each: Rehearse) -> None:
    two = (FINE[0], 'make_rehearsal(routes=(make_route(), make_route(path="/b")))')
    result = rehearse_each(spaces={"chat": FINE, "search": two})
    assert result.ret == 0
    assert body(result) == text(
        """
        ============================= test session starts ==============================
        hfspace: 2 Spaces: spaces/chat, spaces/search · contract 2026-08
        collected 12 items

        hfspace ............                                                     [100%]

        =============================== Space readiness ================================
        spaces/chat: RUNNING (confidence: high), 1 route answered
        spaces/search: RUNNING (confidence: high), 1 of 2 routes answered

        2 Spaces: 2 ready
        12 passed
        """
    )


def test_five_that_are_broken(rehearse_each: Rehearse) -> None:
    broken = {"a": PORT, "b": PORT, "c": IMPORT, "d": PORT, "e": IMPORT}
    result = rehearse_each("-q", "--hfspace-select", "HFS403,HFS410", spaces=broken)
    assert body(result) == text(
        """
        F.F..FF..F                                                               [100%]
        =================================== FAILURES ===================================
        ________________________ spaces/a HFS410-port-mismatch _________________________
        Dockerfile:14: the app listens on port 8000, the Hub connects to 7860
          On the Hub: APP_STARTING. After 30 min: "Launch timed out, workload was not
            healthy after 30 min".
          Fix: add --port 7860 to CMD, or app_port: 8000 to the card in README.md.
        ________________________ spaces/b HFS410-port-mismatch _________________________
        Dockerfile:14: the app listens on port 8000, the Hub connects to 7860
          On the Hub: APP_STARTING. After 30 min: "Launch timed out, workload was not
            healthy after 30 min".
          Fix: add --port 7860 to CMD, or app_port: 8000 to the card in README.md.
        ____________________________ spaces/c HFS403-import ____________________________
        main.py:3: ModuleNotFoundError: No module named 'torch'
          On the Hub: RUNTIME_ERROR. The container exits and the page shows its log.
          Fix: add it to requirements.txt
        ________________________ spaces/d HFS410-port-mismatch _________________________
        Dockerfile:14: the app listens on port 8000, the Hub connects to 7860
          On the Hub: APP_STARTING. After 30 min: "Launch timed out, workload was not
            healthy after 30 min".
          Fix: add --port 7860 to CMD, or app_port: 8000 to the card in README.md.
        ____________________________ spaces/e HFS403-import ____________________________
        main.py:3: ModuleNotFoundError: No module named 'torch'
          On the Hub: RUNTIME_ERROR. The container exits and the page shows its log.
          Fix: add it to requirements.txt
        =============================== Space readiness ================================
        spaces/a: APP_STARTING, because of HFS410-port-mismatch (confidence: medium),
          1 route answered, 2 of 6 checks were evaluated
        spaces/b: APP_STARTING, because of HFS410-port-mismatch (confidence: medium),
          1 route answered, 2 of 6 checks were evaluated
        spaces/c: RUNTIME_ERROR, because of HFS403-import (confidence: medium), 2 of 6
          checks were evaluated
        spaces/d: APP_STARTING, because of HFS410-port-mismatch (confidence: medium),
          1 route answered, 2 of 6 checks were evaluated
        spaces/e: RUNTIME_ERROR, because of HFS403-import (confidence: medium), 2 of 6
          checks were evaluated

        5 Spaces: 0 ready, 5 not ready (spaces/a, spaces/b, spaces/c, spaces/d,
          spaces/e)
        =========================== short test summary info ============================
        FAILED hfspace::spaces/a::HFS410-port-mismatch - the app listens on port 8000...
        FAILED hfspace::spaces/b::HFS410-port-mismatch - the app listens on port 8000...
        FAILED hfspace::spaces/c::HFS403-import - ModuleNotFoundError: No module name...
        FAILED hfspace::spaces/d::HFS410-port-mismatch - the app listens on port 8000...
        FAILED hfspace::spaces/e::HFS403-import - ModuleNotFoundError: No module name...
        5 failed, 5 passed
        """
    )


def test_forty_in_the_header(rehearse_each: Rehearse) -> None:
    space = 'make_space(image=make_image(python="3.9"))'
    result = rehearse_each(
        "--collect-only", spaces={f"s{number:02}": (space, "make_rehearsal()") for number in range(40)}
    )
    header = result.outlines[: result.outlines.index("collected 240 items")]
    assert "\n".join(line for line in header if line.startswith(("hfspace:", "  "))) + "\n" == text(
        f"""
        hfspace: 40 Spaces: spaces/s00, spaces/s01, spaces/s02, spaces/s03, spaces/s04,
          spaces/s05, spaces/s06, spaces/s07, spaces/s08, spaces/s09, spaces/s10,
          spaces/s11 and 28 more · contract 2026-08
        hfspace: spaces/s00, spaces/s01, spaces/s02 and 37 more: Python {HERE} here, 3.9
          on the Space
        """
    )


# -- shared out by pytest-xdist


def findings(path: Path) -> list[tuple[str, str, str, list[str]]]:
    """Of a JSON report: the Space, the code, the outcome, what was found."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return sorted(
        (
            Path(run["space"]["root"]).name,
            check["code"],
            check["outcome"],
            [f["message"] for f in check["findings"]],
        )
        for run in data.get("spaces", [data])
        for check in run["checks"]
    )


@XDIST
@pytest.mark.parametrize(
    "arguments",
    [
        ("-n", "2"),
        ("--tx", "2*popen", "--dist", "worksteal"),
        ("-n", "0"),
        ("--tx", "2*popen"),
        ("-p", "no:xdist"),
    ],
    ids=" ".join,
)
def test_the_same_findings_and_one_rehearsal_each(
    rehearse_each: Rehearse,
    pytester: pytest.Pytester,
    log: Callable[[], list[str]],
    arguments: tuple[str, ...],
) -> None:
    spaces = {**THREE, "import": IMPORT}
    rehearse_each("--hfspace-report", "one.json", spaces=spaces)
    assert (pytester.path / "log.txt").exists()
    (pytester.path / "log.txt").unlink()
    result = rehearse_each(*arguments, "--hfspace-report", "spread.json", spaces=spaces, subprocess=True)
    assert result.ret == 1
    begun = sorted(word for word in log() if word.startswith("begin"))
    assert begun == ["begin broken", "begin chat", "begin import", "begin slow"]
    assert findings(pytester.path / "spread.json") == findings(pytester.path / "one.json")
    # in Python 3.10 and 3.11 a worker's end may be a line of its own
    result.stdout.fnmatch_lines(
        ["4 Spaces: 2 ready (1 with warnings), 2 not ready (spaces/broken, spaces/import)"]
    )


@XDIST
@pytest.mark.parametrize(
    ("dist", "own"),
    [
        ("load", "tests/test_a.py::Test::test_b"),
        ("worksteal", "tests/test_a.py::Test::test_b"),
        ("loadscope", "tests/test_a.py::Test"),
        ("loadfile", "tests/test_a.py"),
        ("loadgroup", "tests/test_a.py::Test::test_b"),
    ],
)
def test_what_goes_together(
    pytester: pytest.Pytester, plugin_arguments: tuple[str, ...], dist: str, own: str
) -> None:
    from pytest_hfspace.distribution import scheduler

    config = pytester.parseconfig(*plugin_arguments, "--tx", "2*popen", "--dist", dist)
    split = scheduler(config, None)._split_scope
    assert split("tests/test_a.py::Test::test_b") == own
    assert split("hfspace::spaces/chat::HFS410-port-mismatch") == "hfspace::spaces/chat"
    assert split("hfspace::HFS410-port-mismatch") == "hfspace"


@XDIST
def test_each_worker_everything_where_that_is_asked_for(
    rehearse_each: Rehearse, log: Callable[[], list[str]]
) -> None:
    result = rehearse_each("--tx", "2*popen", "--dist", "each", spaces=TWO, subprocess=True)
    assert result.ret == 0
    assert (
        sorted(word for word in log() if word.startswith("begin"))
        == ["begin chat"] * 2 + ["begin search"] * 2
    )
    result.stdout.fnmatch_lines(["2 Spaces: 2 ready"])


@XDIST
def test_a_worker_that_finds_something_is_heard(rehearse_each: Rehearse, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import os
        from pytest_hfspace.check import Finding, check
        from pytest_hfspace.contract import Stage

        @check("OWN001", "first-worker", level="error", predicts=Stage.BUILD_ERROR, consequence="None.")
        def first_worker(space):
            '''Only one of them finds it.'''
            if os.environ.get("PYTEST_XDIST_WORKER") == "gw0":
                yield Finding("found by the first", "nothing")

        def pytest_hfspace_checks():
            return [first_worker]
        """
    )
    arguments = ("--tx", "2*popen", "--dist", "each", "--hfspace-report", "r.json")
    result = rehearse_each(*arguments, spaces={"chat": FINE}, subprocess=True)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["1 Space: 0 ready, 1 not ready (spaces/chat)"])
    assert ("chat", "OWN001", "failed", ["found by the first"]) in findings(pytester.path / "r.json")


@XDIST
def test_a_worker_that_dies(
    rehearse_each: Rehearse, pytester: pytest.Pytester, log: Callable[[], list[str]]
) -> None:
    pytester.makeconftest(
        """
        import os
        from pathlib import Path
        import pytest

        @pytest.fixture(autouse=True)
        def deadly(request):
            if request.node.nodeid.endswith("chat::HFS413-reload"):
                os._exit(1)
        """
    )
    result = rehearse_each("-n", "2", "--hfspace-report", "r.json", spaces=TWO, subprocess=True)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "2 Spaces: 1 ready, 1 without a prediction (spaces/chat)",
            "FAILED hfspace::spaces/chat::HFS413-reload*",
        ]
    )
    assert result.stdout.str().count("crashed while running") == 1
    found = findings(pytester.path / "r.json")
    assert ("chat", "HFS501", "passed", []) in found  # the worker in its place went on
    assert ("search", "HFS413", "passed", []) in found


@XDIST
def test_the_first_failure_ends_a_shared_run(rehearse_each: Rehearse) -> None:
    spaces = {f"s{number}": PORT for number in range(8)}
    result = rehearse_each("-n", "2", "-x", spaces=spaces, subprocess=True)
    assert result.ret != 0
    result.stdout.fnmatch_lines(["8 Spaces: 0 ready, *without a prediction*"])


@XDIST
def test_the_last_failures_of_a_shared_run(rehearse_each: Rehearse) -> None:
    spaces = {"chat": PORT, "search": FINE}
    rehearse_each("-p", "cacheprovider", spaces=spaces)
    result = rehearse_each("-n", "2", "--lf", "-rA", spaces=spaces, subprocess=True)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["FAILED hfspace::spaces/chat::HFS410-port-mismatch*"])


@XDIST
def test_a_choice_in_a_shared_run(rehearse_each: Rehearse) -> None:
    result = rehearse_each("-n", "2", "-rA", "hfspace::spaces/chat::HFS410", spaces=TWO, subprocess=True)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["PASSED hfspace::spaces/chat::HFS410-port-mismatch"])


@XDIST
def test_own_tests_are_shared_out_as_ever(rehearse_each: Rehearse, pytester: pytest.Pytester) -> None:
    # each waits for the other worker: with all of them in one worker the run would not end
    pytester.makepyfile(
        test_own="""
        import os, time
        from pathlib import Path
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test_own(number):
            Path(os.environ["PYTEST_XDIST_WORKER"]).touch()
            end = time.monotonic() + 60
            while not all(Path(name).exists() for name in ("gw0", "gw1")):
                assert time.monotonic() < end
                time.sleep(0.01)
        """
    )
    result = rehearse_each("-n", "2", "test_own.py", spaces=TWO, subprocess=True)
    result.assert_outcomes(passed=18)


@XDIST
def test_on_another_machine(rehearse_each: Rehearse, pytester: pytest.Pytester) -> None:
    """As far as this one shows it: a checkout of its own, and the ini file's roots."""
    pytester.makeini("[pytest]\nhfspace_root = spaces/*")
    there = pytester.path.parent / f"{pytester.path.name}-there"
    rehearse_each("--collect-only", spaces=THREE, root="")
    shutil.copytree(pytester.path, there)
    arguments = ("--tx", f"popen//chdir={there}", "--dist", "load", "--hfspace-report=r.json")
    result = rehearse_each(*arguments, spaces=THREE, root="", subprocess=True)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["3 Spaces: 2 ready (1 with warnings), 1 not ready (spaces/broken)"])
    runs = json.loads((pytester.path / "r.json").read_text(encoding="utf-8"))["spaces"]
    assert [Path(run["space"]["root"]).relative_to(there).as_posix() for run in runs] == [
        "spaces/broken",
        "spaces/chat",
        "spaces/slow",
    ]


APP = """\
import os

with open(os.environ["STARTS"], "a") as file:
    file.write(__file__ + "\\n")


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"ok"})
"""


@XDIST
def test_twenty_spaces_are_rehearsed_twenty_times(
    pytester: pytest.Pytester, plugin_arguments: tuple[str, ...]
) -> None:
    for number in range(20):
        folder = pytester.path / f"spaces/s{number:02}"
        folder.mkdir(parents=True)
        (folder / "README.md").write_text(CARD, encoding="utf-8")
        (folder / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
        (folder / "requirements.txt").write_text("uvicorn\n", encoding="utf-8")
        (folder / "main.py").write_text(APP, encoding="utf-8")
    starts = pytester.path / "starts.txt"
    pytester.makeini(f"[pytest]\nhfspace_root = spaces/*\nhfspace_env = STARTS={starts}")
    # none of these checks looks at a start in another environment
    arguments = ("-n", "2", "--hfspace", "--hfspace-select", "HFS403 HFS406 HFS410")
    result = pytester.runpytest_subprocess(*plugin_arguments, *arguments)
    result.assert_outcomes(passed=60)
    assert len(starts.read_text().splitlines()) == 20


@pytest.mark.parametrize("given", ["../hfspace::HFS410", "up/../hfspace::HFS410-port-mismatch"])
def test_names_as_pytest_prints_them_from_a_folder_below(rehearse: Rehearse, given: str) -> None:
    rehearse(given).assert_outcomes(passed=1)
