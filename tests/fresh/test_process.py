"""Tools that hang, print without end, and leave processes behind."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_hfspace.fresh.process import Runner

from .making import make_program

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux adopts orphans")


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner(time.monotonic() + 60)
    yield runner
    runner.close()


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_output_and_status_come_back(runner: Runner, tmp_path: Path) -> None:
    program = make_program(
        tmp_path / "tool",
        """
        import os, sys
        print("one", flush=True)
        print("two " + os.environ["GIVEN"] + repr(sys.stdin.read()) + str(sys.argv[1:]), file=sys.stderr)
        sys.exit(3)
        """,
    )
    seen: list[str] = []
    done = runner.run([str(program), "a b"], {"GIVEN": "x"}, tmp_path, seen.append)
    assert (done.code, done.ended) == (3, "")
    assert done.text == "one\ntwo x''['a b']\n"
    assert seen == ["one", "two x''['a b']"]


def test_a_signal_is_no_success(runner: Runner, tmp_path: Path) -> None:
    program = make_program(tmp_path / "tool", "import os\nos.kill(os.getpid(), 11)")
    assert runner.run([str(program)], {}, tmp_path).code == 139


def test_a_tool_that_is_not_there_fails(runner: Runner, tmp_path: Path) -> None:
    assert runner.run([str(tmp_path / "nothing")], {}, tmp_path).code == 127


def test_a_tool_that_hangs_is_ended_at_its_limit(runner: Runner, tmp_path: Path) -> None:
    program = make_program(
        tmp_path / "tool",
        "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint('x', flush=True)\ntime.sleep(60)",
    )
    begun = time.monotonic()
    done = runner.run([str(program)], {}, tmp_path, limit=0.5)
    assert (done.ended, done.text) == ("deadline", "x\n")
    assert time.monotonic() - begun < 20


def test_gigabytes_of_output_are_not_kept(runner: Runner, tmp_path: Path) -> None:
    program = make_program(tmp_path / "tool", "for n in range(3000):\n    print(str(n) + 'x' * 9999)")
    seen: list[str] = []
    done = runner.run([str(program)], {}, tmp_path, seen.append)
    assert done.code == 0
    assert len(done.text) < 1 << 20
    assert done.text.startswith("0x")
    assert "2999x" in done.text
    assert seen == []


@LINUX
def test_what_leaves_the_group_is_ended_with_the_tool(runner: Runner, tmp_path: Path) -> None:
    program = make_program(
        tmp_path / "tool",
        """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                print(os.getpid(), flush=True)
                time.sleep(60)
            os._exit(0)
        os.wait()
        time.sleep(0.2)
        """,
    )
    done = runner.run([str(program)], {}, tmp_path)
    assert done.code == 0
    assert not alive(int(done.text))


@LINUX
def test_everything_ends_with_the_one_who_wants_it(tmp_path: Path) -> None:
    program = make_program(
        tmp_path / "tool",
        f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)",
    )
    source = (
        "import sys, time; from pathlib import Path; from pytest_hfspace.fresh.process import Runner;"
        f"Runner(time.monotonic() + 60).run([{str(program)!r}], {{}}, Path({str(tmp_path)!r}))"
    )
    parent = os.spawnve(
        os.P_NOWAIT,
        sys.executable,
        [sys.executable, "-c", source],
        {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    pid = wait_for_pid(tmp_path / "pid")
    os.kill(parent, 9)
    os.waitpid(parent, 0)
    until = time.monotonic() + 20
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not alive(pid)


def wait_for_pid(path: Path) -> int:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if path.exists() and path.read_text():
            return int(path.read_text())
        time.sleep(0.02)
    raise AssertionError("it has not started")


def test_an_abort_ends_what_runs_and_all_that_would(runner: Runner, tmp_path: Path) -> None:
    program = make_program(tmp_path / "tool", "import time\nprint('on', flush=True)\ntime.sleep(60)")
    done = runner.run([str(program)], {}, tmp_path, lambda _: threading.Thread(target=runner.abort).start())
    assert done.ended == "aborted"
    assert runner.run([str(program)], {}, tmp_path).ended == "aborted"
