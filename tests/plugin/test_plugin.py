"""What is collected, and when the app is started and ended."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from .conftest import Rehearse

Log = Callable[[], list[str]]

BROKEN = 'make_rehearsal(failure=make_failure(message="no module named torch"))'
WRONG_PORT = 'make_space(command=make_command(port=Port(8000, "literal")))'


# -- what is collected


def test_without_paths_only_readiness_is_collected(pytester: pytest.Pytester, rehearse: Rehearse) -> None:
    pytester.makepyfile(test_own="raise RuntimeError")
    pytester.makeini("[pytest]\ntestpaths = .")
    result = rehearse()
    result.assert_outcomes(passed=6)
    result.stdout.no_fnmatch_line("testpaths:*")


def test_with_paths_both_are_collected(pytester: pytest.Pytester, rehearse: Rehearse) -> None:
    pytester.makepyfile(test_own="def test(): pass")
    rehearse("test_own.py").assert_outcomes(passed=7)


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        (("hfspace",), 6),
        (("hfspace::HFS410-port-mismatch",), 1),
        (("hfspace::HFS410",), 1),
        (("hfspace::hfs410-PORT-mismatch",), 1),
        (("hfspace::HFS410", "hfspace::HFS101-card-missing"), 2),
        (("hfspace::HFS501-route-answers",), 1),
        (("hfspace::HFS501-route-answers::GET /",), 1),
        (("hfspace::HFS410", "test_own.py"), 2),
        (("hfspace", "test_own.py"), 7),
        (("test_own.py::test",), 7),
        (("--hfspace-select", "HFS4*"), 4),
        (("--hfspace-select", "hfs101,HFS410", "--hfspace-select=HFS413 HFS416"), 4),
        (("--hfspace-ignore", "HFS4*"), 2),
        (("--hfspace-select", "HFS4*", "--hfspace-ignore", "HFS410"), 3),
    ],
)
def test_some_are_named(
    pytester: pytest.Pytester, rehearse: Rehearse, arguments: tuple[str, ...], passed: int
) -> None:
    pytester.makepyfile(test_own="def test(): pass")
    result = rehearse(*arguments)
    result.assert_outcomes(passed=passed)
    assert result.ret == 0


def test_a_directory_of_that_name_is_a_path(pytester: pytest.Pytester, rehearse: Rehearse) -> None:
    pytester.mkdir("hfspace").joinpath("test_own.py").write_text("def test(): pass")
    rehearse("hfspace", "-k", "test_own").assert_outcomes(passed=1, deselected=6)


def test_without_the_flag_names_are_left_to_pytest(rehearse: Rehearse) -> None:
    result = rehearse("hfspace::HFS410", flag="-q")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: file or directory not found: hfspace::HFS410"])


def test_without_the_flag_nothing_is_rehearsed(
    pytester: pytest.Pytester, rehearse: Rehearse, log: Log
) -> None:
    pytester.makepyfile(test_own="def test(): pass")
    result = rehearse(flag="-q")
    result.assert_outcomes(passed=1)
    assert log() == []
    assert "hfspace" not in result.stdout.str()


def test_without_the_flag_fixtures_rehearse(pytester: pytest.Pytester, rehearse: Rehearse, log: Log) -> None:
    pytester.makepyfile(
        test_own="""
        def test_space(space): assert space.port == 7860
        def test_rehearsal(space_rehearsal): assert space_rehearsal.served
        """
    )
    rehearse("test_own.py", flag="-q").assert_outcomes(passed=2)
    assert log() == ["read ref=None app=None", "begin", "finish"]


# -- start and end


def test_the_app_starts_before_the_conftest_is_imported(
    pytester: pytest.Pytester, rehearse: Rehearse, log: Log
) -> None:
    pytester.makeconftest("from tests.plugin.fake import log; log('conftest')")
    rehearse()
    assert log() == ["read ref=None app=None", "begin", "conftest", "HFS101", "routes", "finish"]


def test_a_broken_conftest_hides_nothing(pytester: pytest.Pytester, rehearse: Rehearse) -> None:
    pytester.makeconftest("import main_that_is_broken")
    result = rehearse(rehearsal=BROKEN)
    result.assert_outcomes(failed=1, passed=4, skipped=1)
    result.stdout.fnmatch_lines(["hfspace: conftest.py was left out, it cannot be imported:*"])


def test_a_broken_conftest_of_asked_tests_ends_the_run(
    pytester: pytest.Pytester, rehearse: Rehearse, log: Log
) -> None:
    pytester.makeconftest("import main_that_is_broken")
    pytester.makepyfile(test_own="def test(): pass")
    result = rehearse("test_own.py")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ImportError while loading conftest*"])
    assert log()[1:] == ["begin", "abort"]


@pytest.mark.parametrize(
    "argument",
    [
        "--help",
        "--version",
        "--fixtures",
        "--markers",
        "--fixtures-per-test",
        "--hfspace-list",
        "--hfspace-explain=HFS410",
    ],
)
def test_what_only_prints_starts_nothing(rehearse: Rehearse, log: Log, argument: str) -> None:
    result = rehearse(argument)
    assert result.ret == 0
    assert log() == []


@pytest.mark.parametrize(
    "arguments", [("hfspace::HFS101",), ("hfspace::HFS410", "hfspace::HFS101"), ("--hfspace-select=HFS41*",)]
)
def test_without_a_check_of_the_running_app_none_is_started(
    rehearse: Rehearse, log: Log, arguments: tuple[str, ...]
) -> None:
    assert rehearse(*arguments).ret == 0
    assert not [line for line in log() if line.startswith(("begin", "finish", "routes"))]


@pytest.mark.parametrize("arguments", [("--collect-only",), ("-k", "nothing")])
def test_what_does_not_wait_for_the_visits_leaves_no_app(
    rehearse: Rehearse, log: Log, arguments: tuple[str, ...]
) -> None:
    rehearse(*arguments)
    assert "finish" not in log()
    assert log()[-1] == "abort"


@pytest.mark.parametrize(
    "raised", ["KeyboardInterrupt", "SystemExit(3)", "pytest.exit('enough')", "RuntimeError"]
)
def test_the_app_ends_however_the_run_ends(
    pytester: pytest.Pytester, rehearse: Rehearse, log: Log, raised: str
) -> None:
    call = raised if raised.startswith("pytest") else f"raise {raised}"
    pytester.makeconftest(f"import pytest\ndef pytest_runtestloop(session):\n    {call}")
    rehearse(subprocess=True)
    assert log()[-1] == "abort"


def test_stopping_at_the_first_failure_ends_the_app(rehearse: Rehearse, log: Log) -> None:
    result = rehearse("-x", space=WRONG_PORT)
    result.assert_outcomes(failed=1, passed=1)
    assert log()[-1] == "abort"
    result.stdout.fnmatch_lines(
        ["Predicted stage: APP_STARTING*", "Partial run: 2 of 6 checks were evaluated."]
    )


# -- a run that could predict nothing

IMPOSSIBLE = 'make_rehearsal(impossible="nothing here listens")'


@pytest.mark.parametrize(
    ("facts", "arguments", "code"),
    [
        pytest.param({"rehearsal": IMPOSSIBLE}, (), 0, id="not strict"),
        pytest.param({"rehearsal": IMPOSSIBLE}, ("--hfspace-strict",), 1, id="strict"),
        pytest.param({}, ("--hfspace-strict",), 0, id="rehearsed"),
        pytest.param({}, ("--hfspace-strict", "--hfspace-select=HFS4*"), 0, id="part"),
        pytest.param(
            {"rehearsal": IMPOSSIBLE}, ("--hfspace-strict", "--hfspace-select=HFS4*"), 0, id="part of nothing"
        ),
        pytest.param(
            {"rehearsal": IMPOSSIBLE}, ("--hfspace-strict", "hfspace::HFS410"), 0, id="one of nothing"
        ),
        pytest.param({"rehearsal": IMPOSSIBLE, "space": WRONG_PORT}, (), 1, id="an error all the same"),
        pytest.param(
            {"rehearsal": IMPOSSIBLE, "space": WRONG_PORT}, ("--hfspace-strict",), 1, id="an error, strict"
        ),
        pytest.param(
            {
                "rehearsal": IMPOSSIBLE,
                "space": "make_static_space(command=make_command())",
            },
            ("--hfspace-strict",),
            0,
            id="a Space without a process",
        ),
    ],
)
def test_strict_fails_where_nothing_could_be_predicted(
    rehearse: Rehearse, facts: dict[str, str], arguments: tuple[str, ...], code: int
) -> None:
    assert rehearse(*arguments, **facts).ret == code


def test_strict_says_that_nothing_was_predicted(rehearse: Rehearse) -> None:
    result = rehearse("--hfspace-strict", rehearsal=IMPOSSIBLE)
    assert result.parseoutcomes().get("failed", 0) == 0
    result.stdout.no_fnmatch_line("Predicted stage: RUNNING*")


# -- the project's hook


def test_the_hook_says_how_to_ask(pytester: pytest.Pytester, rehearse: Rehearse, log: Log) -> None:
    pytester.makeconftest(
        """
        from pytest_hfspace.rehearsal.requests import Override
        def pytest_hfspace_request(route):
            return {
                "/a": {"params": {"id": 1}},
                "/b": Override(skip="costs money"),
                "/c": {"parms": {}},
                "/d": None,
            }.get(route.path) or (1 / 0 if route.path == "/e" else None)
        """
    )
    routes = ", ".join(f'make_route(path="/{name}")' for name in "abcde")
    rehearse(rehearsal=f"make_rehearsal(routes=({routes}))", options="ask=True")
    told = [line.removeprefix("override GET ") for line in log() if line.startswith("override")]
    nothing, error = "headers={}, json=None, body=None", "ZeroDivisionError: division by zero"
    assert told == [
        f"/a: Override(params={{'id': 1}}, {nothing}, skip='')",
        f"/b: Override(params={{}}, {nothing}, skip='costs money')",
        f"/c: Override(params={{}}, {nothing}, skip=\"pytest_hfspace_request gave the unknown key 'parms'\")",
        "/d: None",
        f"/e: Override(params={{}}, {nothing}, skip='pytest_hfspace_request raised {error}')",
    ]


# -- answers


def test_list(rehearse: Rehearse) -> None:
    result = rehearse("--hfspace-list", flag="-q")
    assert result.ret == 0
    assert result.outlines == [
        "HFS101 card-missing  error CONFIG_ERROR",
        "HFS403 import        error RUNTIME_ERROR",
        "HFS410 port-mismatch error APP_STARTING",
        "HFS413 reload        warn  RUNNING",
        "HFS416 shell-form    note  RUNNING",
        "HFS501 route-answers error RUNNING",
    ]


@pytest.mark.parametrize("name", ["HFS410", "hfs410", "port-mismatch", "HFS410-port-mismatch"])
def test_explain(rehearse: Rehearse, name: str) -> None:
    result = rehearse("--hfspace-explain", name, flag="-q")
    assert result.ret == 0
    said = result.stdout.str()
    beginning = textwrap.dedent(
        """\
        HFS410-port-mismatch (error, predicts APP_STARTING)

        The app listens on the port that the Hub connects to.

        A second paragraph.

        On the Hub: After 30 min: "Launch timed out, workload was not healthy after 30
          min".
        """
    )
    # why the Hub cares stands between the two paragraphs and the consequence
    what, consequence = beginning.split("On the Hub: ")
    assert said.startswith(what)
    assert f"On the Hub: {consequence}" in said
    assert "\nWrong:\n" in said
    assert "\nRight:\n" in said


# -- other plugins


@pytest.mark.parametrize(
    "arguments",
    [
        ("-p", "no:xdist"),
        ("-p", "no:cacheprovider"),
        ("-p", "no:terminal"),
        ("-p", "no:capture"),
        ("-s",),
        ("-q",),
        ("-qq",),
        ("-vv",),
        ("-W", "error", "--strict-markers"),
        ("--setup-plan",),
        ("--import-mode=importlib",),
        ("--tb=line",),
        ("--tb=native",),
        ("--tb=no",),
        ("-rA",),
        ("--durations=3",),
    ],
)
def test_neighbours(rehearse: Rehearse, arguments: tuple[str, ...]) -> None:
    result = rehearse(*arguments, space=WRONG_PORT)
    assert result.ret == (0 if arguments == ("--setup-plan",) else 1)
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_a_path_apart_from_its_option_may_hide_the_configuration(
    pytester: pytest.Pytester, rehearse: Rehearse, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\nhfspace_ignore = ['HFS416']")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "r.json"
    elsewhere.write_text("{}")
    lost = "hfspace: pyproject.toml was not read, for pytest took a path for a test: write"
    rehearse("--hfspace-report", str(elsewhere), subprocess=True).stdout.fnmatch_lines(
        [lost, "  --hfspace-report=FILE"]
    )
    result = rehearse(f"--hfspace-report={elsewhere}", subprocess=True)
    result.stdout.no_fnmatch_line(lost)
    result.stdout.fnmatch_lines(["Checks: 5 passed, 1 waived"])
