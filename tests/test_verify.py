"""``pytest_hfspace.verify``: the verdict of ``pytest --hfspace`` without pytest."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_hfspace import verify
from pytest_hfspace.check import Check, Finding, check
from pytest_hfspace.contract import Stage
from pytest_hfspace.quiet import quiet
from pytest_hfspace.report import Report
from pytest_hfspace.space import Space
from pytest_hfspace.testing import HEALTHY
from tests.helpers import readiness, space_copy, write_space

REPOSITORY = Path(__file__).parents[1]
SCRIPT, SERVICE = re.findall(
    r"^```python\n(.*?)^```$",
    (REPOSITORY / "docs" / "python.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)[1:]

#: What no two runs have in common.
_OF_A_RUN = ("created", "id", "seconds", "timings", "peak_rss_mb")
#: No check that looks at the running app: quick.
STATIC: dict[str, Any] = {"select": ["HFS1"]}

BROKEN = {**HEALTHY, "main.py": "raise SystemExit(3)\n"}
HANGS = {**HEALTHY, "main.py": "import time\n\nprint('up', flush=True)\ntime.sleep(600)\n"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory for temporary files, where nothing may be left."""
    found = tmp_path / "temporary"
    found.mkdir()
    monkeypatch.setenv("TMPDIR", str(found))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield found
    assert list(found.iterdir()) == []


@pytest.fixture
def space(tmp_path: Path) -> Path:
    return write_space(tmp_path / "space", dict(HEALTHY))


def comparable(data: Any) -> Any:
    """A report without what differs between two runs over the same Space."""
    if isinstance(data, dict):
        return {key: comparable(value) for key, value in data.items() if key not in _OF_A_RUN}
    return [comparable(value) for value in data] if isinstance(data, list) else data


def outcomes(report: Report, *codes: str) -> list[str]:
    return [result.outcome for result in report.results if result.check.code in codes]


# -- the same as under pytest


@pytest.mark.parametrize(
    ("name", "needs"),
    [("root_main", ""), ("streams", ""), ("shell_port", ""), ("required_settings", "pydantic_settings")],
)
def test_it_says_what_pytest_says(name: str, needs: str, tmp_path: Path, place: Path) -> None:
    if needs:
        pytest.importorskip(needs)
    copy = space_copy(name, tmp_path / name)
    under_pytest = readiness(copy)
    report = verify(copy)
    assert comparable(json.loads(json.dumps(report.document()))) == comparable(under_pytest.report)
    assert (report.ready, report.passed, under_pytest.code) == (True, True, 0)


def test_also_of_a_space_that_is_not_ready(tmp_path: Path, place: Path) -> None:
    target = write_space(tmp_path / "space", BROKEN)
    under_pytest = readiness(target, "-ohfspace_waive=HFS104: it is tiny")
    report = verify(target, waive="HFS104: it is tiny")
    assert comparable(json.loads(json.dumps(report.document()))) == comparable(under_pytest.report)
    assert report.stage is Stage.RUNTIME_ERROR
    assert (report.ready, report.passed, under_pytest.code) == (False, False, 1)


def test_the_settings_mean_the_same(space: Path, place: Path) -> None:
    (space / "main.py").write_text(
        "import os\n" + HEALTHY["main.py"] + '\n\n@app.get("/users/{user_id}")\n'
        'def user(user_id: str):\n    return {"ada": os.environ["NAMES"]}[user_id]\n'
    )
    given: dict[str, Any] = {"select": "HFS501", "env": {"NAMES": "a=b c"}}
    assert "failed" in outcomes(verify(space, **given), "HFS501")
    report = verify(space, **given, requests=lambda route: {"params": {"user_id": "ada"}})
    assert outcomes(report, "HFS501") == ["passed", "passed"]
    assert report.partial.startswith("1 of ")
    assert report.stage is None

    def refuses(route: object) -> None:
        raise KeyError("nobody")

    report = verify(space, **given, requests=refuses)
    assert any("requests raised KeyError: 'nobody'" in text for text in report.not_rehearsed)


def test_strict_and_ignored(space: Path, place: Path) -> None:
    (space / "Dockerfile").write_text(HEALTHY["Dockerfile"].replace('"7860"]', '"7860", "--reload"]'))
    assert outcomes(verify(space, select="HFS413"), "HFS413") == ["warned"]
    assert outcomes(verify(space, select="HFS413", strict=True), "HFS413") == ["failed"]
    assert outcomes(verify(space, select="HFS413", strict_codes=["hfs4xx"]), "HFS413") == ["failed"]
    report = verify(space, select=["HFS413", "HFS101"], ignore="HFS413")
    assert outcomes(report, "HFS413", "HFS101") == ["passed", "waived"]


def test_own_checks_and_a_pinned_contract(space: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_hfspace.contract.DATE", "2026-11")
    new = own()
    report = verify(space, select="ACME101", checks=[new])
    assert [finding.message for _, finding in report.findings] == ["found"]
    assert outcomes(report, "ACME101") == ["failed"]
    report = verify(space, select="ACME101", checks=[new], contract="2026-10")
    ((result, finding),) = report.findings
    assert (result.outcome, finding.message, report.passed) == ("noted", "new in 2026-11: found", True)


def own(*facts: str) -> Check:
    @check("ACME101", "own", level="error", predicts=Stage.RUNNING, consequence="Nothing.", since="2026-11")
    def rule(space: Space) -> Iterator[Finding]:
        yield Finding("found", "mend it", "main.py", 2)

    if facts:
        return check("ACME102", "asks", level="error", predicts=Stage.RUNNING, consequence="Nothing.")(
            lambda tmp_path: ()
        )
    return rule


# -- the report


def test_findings_come_with_their_results_errors_first(tmp_path: Path, place: Path) -> None:
    files = {**HEALTHY, "README.md": "---\nsdk: docker\napp_port: none\n---\n"}
    report = verify(write_space(tmp_path / "space", files), **STATIC)
    levels = [str(finding.level) for _, finding in report.findings]
    assert levels[0] == "error"
    assert levels == sorted(levels, key=["error", "warn", "note"].index)
    assert all(finding in result.findings for result, finding in report.findings)


def test_a_waiver_that_has_expired_does_not_pass(space: Path) -> None:
    report = verify(space, select="HFS101", waive=["HFS101: for now (until 2020-01-31)"])
    assert not any(result.outcome == "failed" for result in report.results)
    assert not report.passed


@pytest.mark.parametrize(
    ("suffix", "begin"), [("json", "{"), ("sarif", "{"), ("md", ""), ("html", "<!"), ("HTML", "<!")]
)
def test_it_is_written_by_suffix(space: Path, tmp_path: Path, suffix: str, begin: str) -> None:
    path = tmp_path / f"report.{suffix}"
    report = verify(space, **STATIC)
    report.write(str(path))
    text = path.read_text(encoding="utf-8")
    assert text.lstrip().startswith(begin)
    assert "HFS1" in text or suffix == "md"
    with pytest.raises(ValueError, match=r"'report.txt' should end in .json, .sarif, .md, .html"):
        report.write(tmp_path / "report.txt")
    with pytest.raises(FileNotFoundError):
        report.write(tmp_path / "nowhere" / "report.json")


# -- values that cannot be meant


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"app": "main"}, "app: 'main' is not MODULE:ATTR, such as main:app"),
        ({"ref": "--upload-pack=x"}, "ref: '--upload-pack=x' is not a commit, branch or tag"),
        ({"ref": "v9"}, "ref: .*v9.*"),
        ({"env": {"A B": "1"}}, "env: takes NAME=VALUE, with a name of letters, digits and _"),
        ({"env": {"A=B": "1"}}, "env: takes names of letters.*"),
        ({"env": {"A": 1}}, "env: takes names of letters, digits and _, and values that are text"),
        ({"env": {"A": "hunter2\0"}}, "env: takes NAME=VALUE.*"),
        ({"headers": {"A": "hunter2\r\nB: c"}}, "headers: takes lines such as Authorization: Bearer TOKEN"),
        ({"select": ["HFS4100"]}, "select: there is no check 'HFS4100'; did you mean HFS410.*"),
        ({"ignore": "HFS101,XYZ"}, "ignore: there is no check 'XYZ'.*"),
        ({"strict_codes": ["HFS9"]}, "strict_codes: there is no check 'HFS9'.*"),
        ({"waive": "HFS101"}, "waive: 'HFS101' should be CODE.*"),
        ({"waive": ["HFS4100: why"]}, "waive: there is no check 'HFS4100'; did you mean HFS410.*"),
        ({"baseline": "nowhere.json"}, "baseline: there is no file 'nowhere.json'; .*writes one"),
        ({"baseline": __file__}, "baseline: 'test_verify.py' is no baseline: .*"),
        ({"contract": "soon"}, "contract: 'soon' is not a month such as 2026-08"),
        ({"contract": "2020-01"}, "contract: this version knows the contract of 2026-08, not of 2020-01"),
        ({"hub_id": "me"}, "hub_id: 'me' is not OWNER/NAME, as in a Space's address"),
        ({"timeout": 0}, "timeout: 0 is not a number of seconds above 0"),
        ({"timeout": "soon"}, "timeout: 'soon' is not a number of seconds above 0"),
        ({"checks": [print]}, "checks: .*print.* is no check: decorate it with pytest_hfspace.check.check"),
        (
            {"checks": [own("tmp_path")]},
            "ACME102-asks asks for 'tmp_path'; without pytest there are space, .*",
        ),
    ],
)
def test_a_bad_value_is_one_line(space: Path, place: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$") as caught:
        verify(space, **given)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_path_that_is_no_directory(space: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (space / "nowhere", space / "main.py"):
        with pytest.raises(NotADirectoryError, match=r"is not a directory$"):
            verify(path)
    monkeypatch.chdir(space)
    assert verify(**STATIC).evidence.space["root"] == str(space)


# -- in a process with other work


def test_it_needs_no_pytest(space: Path, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pytest_hfspace import verify\n"
        "report = verify(sys.argv[1])\n"
        "for suffix in ('json', 'sarif', 'md', 'html'): report.write(f'{sys.argv[2]}.{suffix}')\n"
        "for bad in ({'waive': 'HFS4100: why'}, {'select': 'HFS4100'}, {'timeout': 0}, {'ref': 'v9'}):\n"
        "    try: verify(sys.argv[1], **bad)\n"
        "    except ValueError: continue\n"
        "    raise SystemExit(f'{bad} is fine')\n"
        "print(report.ready, [name for name in sys.modules if name in ('pytest', '_pytest', 'pluggy')])\n"
    )
    done = script(code, str(space), str(tmp_path / "report"))
    assert (done.stdout, done.stderr, done.returncode) == ("True []\n", "", 0)


def script(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
    )


def test_two_threads_at_once(tmp_path: Path, place: Path) -> None:
    good = write_space(tmp_path / "good", dict(HEALTHY))
    bad = write_space(tmp_path / "bad", BROKEN)
    before = (Path.cwd(), dict(os.environ), list(sys.path), list(warnings.filters), threading.active_count())
    handler = signal.getsignal(signal.SIGINT)

    async def both() -> list[Report]:
        return await asyncio.gather(*(asyncio.to_thread(verify, path) for path in (good, bad, good)))

    reports = asyncio.run(both())
    assert [report.stage for report in reports] == [Stage.RUNNING, Stage.RUNTIME_ERROR, Stage.RUNNING]
    assert len({report.id for report in reports}) == 3
    after = (Path.cwd(), dict(os.environ), list(sys.path), list(warnings.filters), threading.active_count())
    assert after == before
    assert signal.getsignal(signal.SIGINT) is handler


def test_filters_of_warnings_are_put_back_in_order() -> None:
    before = list(warnings.filters)
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with quiet():
            inside.set()
            leave.wait(10)

    def second() -> None:
        with quiet():
            pass

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    threads[1].join(0.2)  # it waits for the first one
    waited = threads[1].is_alive()
    leave.set()
    for thread in threads:
        thread.join(10)
    assert waited
    assert list(warnings.filters) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_of_one_that_is_interrupted(tmp_path: Path, number: signal.Signals) -> None:
    space = write_space(tmp_path / "space", HANGS)
    place = tmp_path / "temporary"
    place.mkdir()
    code = "import sys\nfrom pytest_hfspace import verify\nprint('begin', flush=True)\nverify(sys.argv[1])\n"
    caller = subprocess.Popen(
        [sys.executable, "-c", code, str(space)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(place)},
    )
    try:
        assert eventually(lambda: len(processes_of(place)) >= 2)
        caller.send_signal(number)
        _, complaint = caller.communicate(timeout=30)
    finally:
        caller.kill()
    assert eventually(lambda: not processes_of(place))
    assert eventually(lambda: not list(place.iterdir()))
    assert ("KeyboardInterrupt" in complaint) is (number == signal.SIGINT)


#: The files of the Space are copied, and this takes its time: nothing runs yet.
COPIES = """\
import sys
import time
from pytest_hfspace import verify
from pytest_hfspace.space.files import Files


def copy(*_):
    print("copies", flush=True)
    time.sleep(600)


Files.copy_to = copy
verify(sys.argv[1])
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_file_is_left_of_one_that_ends_before_the_app_starts(
    tmp_path: Path, number: signal.Signals
) -> None:
    space = write_space(tmp_path / "space", dict(HEALTHY))
    place = tmp_path / "temporary"
    place.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", COPIES, str(space)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(place)},
    ) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == "copies\n"
        assert len(list(place.iterdir())) == 1
        caller.send_signal(number)
    assert eventually(lambda: not list(place.iterdir()))


def processes_of(place: Path) -> list[str]:
    """The processes whose files for the moment lie there, but for the one that started them."""
    return [entry.name for entry in Path("/proc").glob("[0-9]*") if _directory(entry).startswith(str(place))]


def _directory(process: Path) -> str:
    try:
        return str((process / "cwd").readlink())
    except OSError:
        return ""


def eventually(there: Any) -> bool:
    deadline = threading.Event()
    for _ in range(300):
        if there():
            return True
        deadline.wait(0.1)
    return False


# -- the examples of docs/python.md


def test_the_script_verifies_a_folder(tmp_path: Path) -> None:
    write_space(tmp_path / "spaces" / "good", dict(HEALTHY))
    done = script(SCRIPT, str(tmp_path / "spaces"))
    assert (done.stdout, done.stderr, done.returncode) == ("good: RUNNING (high)\n", "", 0)
    write_space(tmp_path / "spaces" / "bad", BROKEN)
    done = script(SCRIPT, str(tmp_path / "spaces"))
    lines = done.stdout.splitlines()
    assert (lines[0], lines[-1]) == ("bad: RUNTIME_ERROR (high)", "good: RUNNING (high)")
    assert re.fullmatch(r"  main\.py:1: HFS4\d\d-[a-z-]+: .+", lines[1])
    assert done.returncode == 1


def test_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    testclient = pytest.importorskip("fastapi.testclient")
    write_space(tmp_path / "spaces" / "chat", dict(HEALTHY))
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(SERVICE, "service.py", "exec", dont_inherit=True), names)
    with testclient.TestClient(names["app"]) as client:
        answer = client.post("/spaces/chat/verify")
        assert (answer.status_code, answer.json()["stage"]) == (200, "RUNNING")
        assert client.post("/spaces/draw/verify").status_code == 404
