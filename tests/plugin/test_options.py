"""Settings from the command line and the ini file, and what is said of bad ones."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

import pytest

from tests.helpers import unwrapped

from .conftest import Rehearse

Log = Callable[[], list[str]]


def error(result: pytest.RunResult) -> str:
    """The one line of a usage error."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert all(len(line) <= 80 for line in result.errlines)
    lines = unwrapped(result.errlines)
    assert len(lines) == 1, lines
    return lines[0]


def test_settings_reach_the_facts(pytester: pytest.Pytester, rehearse: Rehearse, log: Log) -> None:
    rehearse("--hfspace-ref", "v1", "--hfspace-app", "pkg.main:api")
    assert log()[0] == "read ref=v1 app=pkg.main:api"


@pytest.mark.parametrize("header", ["[pytest]", "[tool.pytest.ini_options]"])
def test_ini_values(
    pytester: pytest.Pytester, rehearse: Rehearse, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {
        "hfspace_root": ["here"],
        "hfspace_app": "web:app",
        "hfspace_env": ["A=1", "B=x=y"],
        "hfspace_headers": ["Authorization: Bearer ini"],
        "hfspace_select": ["HFS4*", "HFS1*"],
        "hfspace_ignore": ["HFS410"],
        "hfspace_strict": "true",
        "hfspace_timeout": "7.5",
    }
    if header == "[pytest]":
        lines = [
            f"{k} = {v if isinstance(v, str) else chr(10) + '  '.join(['', *(i + chr(10) for i in v)])}"
            for k, v in values.items()
        ]
        pytester.makefile(".ini", pytest="\n".join([header, *lines]))
    else:
        lines = [f"{k} = {v!r}" for k, v in values.items()]
        pytester.makepyprojecttoml("\n".join([header, *lines]))
    pytester.mkdir("here")
    pytester.makeconftest(
        """
        from pytest_hfspace.options import read_settings
        def pytest_sessionstart(session):
            s, = read_settings(session.config)
            print("SET", s.root.name, s.app, s.env, s.headers)
            print("CODES", s.select, s.ignore, s.strict, s.timeout)
        """
    )
    monkeypatch.chdir(pytester.mkdir("elsewhere"))
    result = rehearse(
        "-s",
        "-c",
        f"../{'pytest.ini' if header == '[pytest]' else 'pyproject.toml'}",
        "--rootdir",
        "..",
        "--confcutdir",
        "..",
        "--hfspace-env",
        "A=2",
        "..",
    )
    result.stdout.fnmatch_lines(
        [
            "SET here web:app (('A', '2'), ('B', 'x=y')) (('Authorization', 'Bearer ini'),)",
            "CODES ('HFS4[*]', 'HFS1[*]') ('HFS410',) True 7.5",
        ]
    )


def test_native_toml_values(pytester: pytest.Pytester, rehearse: Rehearse) -> None:
    if pytest.version_tuple < (9, 0):
        pytest.skip("pytest 9 reads [tool.pytest]")
    pytester.makepyprojecttoml(
        """
        [tool.pytest]
        hfspace_timeout = 30
        hfspace_strict = true
        hfspace_select = ["HFS413"]
        hfspace_env = ["A=1"]
        """
    )
    result = rehearse(space="make_space(command=make_command(reload=True))")
    result.assert_outcomes(failed=1)


def test_the_root_is_where_pytest_was_called(
    pytester: pytest.Pytester, rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = pytester.mkdir("below")
    pytester.makeini("[pytest]")
    pytester.makeconftest(
        """
        from pytest_hfspace.options import read_settings
        def pytest_sessionstart(session): print("SET", read_settings(session.config)[0].root.name)
        """
    )
    monkeypatch.chdir(below)
    rehearse("-s", "--confcutdir", "..", "..").stdout.fnmatch_lines(["SET below"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--hfspace-root", "nowhere"), "--hfspace-root: 'nowhere' is not a directory"),
        (("--hfspace-app", "main"), "--hfspace-app: 'main' is not MODULE:ATTR, such as main:app"),
        (("--hfspace-ref", ""), "--hfspace-ref: '' is not a commit, branch or tag"),
        (
            ("--hfspace-ref=--upload-pack=x",),
            "--hfspace-ref: '--upload-pack=x' is not a commit, branch or tag",
        ),
        (
            ("--hfspace-env", "hunter2"),
            "--hfspace-env takes NAME=VALUE, with a name of letters, digits and _",
        ),
        (("--hfspace-timeout", "soon"), "--hfspace-timeout: 'soon' is not a number of seconds above 0"),
        (("--hfspace-timeout", "0"), "--hfspace-timeout: '0' is not a number of seconds above 0"),
        (("--hfspace-timeout", "nan"), "--hfspace-timeout: 'nan' is not a number of seconds above 0"),
        (("--hfspace-timeout", "inf"), "--hfspace-timeout: 'inf' is not a number of seconds above 0"),
        (("--hfspace-report", "r.xml"), "--hfspace-report: 'r.xml' should end in .json, .sarif, .md, .html"),
        (("--hfspace-report", "no/r.json"), "--hfspace-report: there is no directory for 'no/r.json'"),
        (
            ("--hfspace-select", "HFS411"),
            "--hfspace-select: there is no check 'HFS411'; did you mean *HFS41*",
        ),
        (("--hfspace-ignore", "XYZ"), "--hfspace-ignore: there is no check 'XYZ' (--hfspace-list shows*"),
        (("hfspace::HFS4100-port",), "there is no check 'HFS4100-port'; did you mean HFS410-port-mismatch?"),
        (("--hfspace-explain", "port"), "there is no check 'port'; did you mean HFS410-port-mismatch*"),
        (("--hfspace-explain", "HFS4100"), "there is no check 'HFS4100'; did you mean HFS410-port-mismatch*"),
        (("-o", "hfspace_timeout=never"), "*hfspace_timeout*never*"),
        (("-o", "hfspace_strict=maybe"), "*hfspace_strict*maybe*"),
        (("-o", "hfspace_headers=Bearer hunter2"), "hfspace_headers takes lines such as Authorization: *"),
    ],
)
def test_bad_values_end_the_run_in_one_line(
    rehearse: Rehearse, log: Log, arguments: tuple[str, ...], message: str
) -> None:
    result = rehearse(*arguments)
    assert fnmatchcase(error(result), f"ERROR: {message}")
    assert "hunter2" not in result.stderr.str()
    assert log()[1:] in ([], ["begin", "abort"])


def test_an_unknown_revision_ends_the_run_in_one_line(rehearse: Rehearse) -> None:
    result = rehearse("--hfspace-ref", "v9", space='ValueError("git has no commit v9")', options="")
    assert error(result) == "ERROR: --hfspace-ref: git has no commit v9"


def test_a_defect_of_ours_is_one_line(rehearse: Rehearse) -> None:
    result = rehearse(space='KeyError("x")')
    assert error(result) == (
        "ERROR: hfspace: KeyError: 'x'; this is a defect of pytest-hfspace, please report it"
    )


def test_a_defect_of_the_rehearsal_is_a_reason(rehearse: Rehearse) -> None:
    result = rehearse(rehearsal='KeyError("x")')
    result.assert_outcomes(passed=4, skipped=2)
    result.stdout.fnmatch_lines(["Predicted stage: none: KeyError: 'x'; this is a defect of*"])


def test_nothing_is_blocked_unless_asked(pytester: pytest.Pytester, rehearse: Rehearse, log: Log) -> None:
    rehearse()
    assert "begin" in log()
    rehearse("--hfspace-offline")
    assert "begin offline" in log()


def test_offline_in_the_ini_file(pytester: pytest.Pytester, rehearse: Rehearse, log: Log) -> None:
    pytester.makeini("[pytest]\nhfspace_offline = true\n")
    rehearse()
    assert "begin offline" in log()


def test_a_name_may_follow_the_code(rehearse: Rehearse) -> None:
    rehearse("--hfspace-select=HFS410-port-mismatch,hfs101-card-missing").assert_outcomes(passed=2)


def test_an_empty_selection_is_not_everything(rehearse: Rehearse) -> None:
    assert error(rehearse("--hfspace-select=")) == (
        "ERROR: --hfspace-select names no check; leave it out for all of them"
    )
