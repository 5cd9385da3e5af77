"""The budgets of a readiness run, as ratios to a floor that is measured in the same run.

    python benchmarks/budgets.py [ROUNDS]

The floor of ``pytest --hfspace`` is what nobody can do without: pytest started with nothing to
run, and ``python -m uvicorn main:app`` until its first 200, every route asked once by httpx on one
connection, stopped.  Rounds are interleaved, and the best of each is compared.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from app import write_space

Request = tuple[str, str, "dict[str, object] | None"]

#: what a run without --hfspace must not import
HEAVY = ("fastapi", "starlette", "httpx", "anyio", "uvicorn", "pydantic", "yaml", "huggingface_hub")


def timed(action: Callable[[], object]) -> float:
    """Seconds that an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def run_python(directory: Path, *arguments: str) -> str:
    """Run Python there; its output.  A run that does not end well ends the benchmark."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=directory, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode not in (0, 5):
        sys.exit(f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def serve_and_ask(directory: Path, requests: list[Request]) -> None:
    """The second half of the floor."""
    import httpx

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "main:app", "--port", str(port), "--log-level", "error"],
        cwd=directory,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                try:
                    client.get(requests[0][1])
                    break
                except httpx.ConnectError:
                    time.sleep(0.005)
            for method, path, body in requests:
                client.request(method, path, json=body).raise_for_status()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


def compare(routes: int, rounds: int, limit: float, top: Path) -> None:
    """Print the ratio of a readiness run to its floor."""
    directory = top / f"routes{routes}"
    requests = write_space(directory, routes)
    empty = top / f"empty{routes}"
    empty.mkdir()
    import httpx  # the floor's client is loaded once, as in a process of its own

    load = timed(lambda: run_python(empty, "-c", "import httpx")) - timed(lambda: run_python(empty, "-c", ""))
    del httpx
    bare, floor, ours = [], [], []
    for _ in range(rounds):
        bare.append(timed(lambda: run_python(empty, "-m", "pytest", "-q", "-p", "no:hfspace")))
        floor.append(timed(lambda: serve_and_ask(directory, requests)) + load)
        ours.append(timed(lambda: run_python(directory, "-m", "pytest", "-q", "--hfspace")))
    lowest = min(bare) + min(floor)
    ratio = min(ours) / lowest
    verdict = "met" if ratio <= limit else "MISSED"
    print(
        f"{routes:5} routes: pytest --hfspace {min(ours):.2f} s, floor {lowest:.2f} s (pytest {min(bare):.2f}"
        f" + serve and ask {min(floor):.2f}): {ratio:.2f} x, budget {limit} x: {verdict}"
    )


def without_flag(rounds: int, top: Path) -> None:
    """Print what the installed plugin adds to a run that does not use it."""
    empty = top / "unused"
    empty.mkdir()
    with_plugin, without = [], []
    for _ in range(rounds * 5):
        with_plugin.append(timed(lambda: run_python(empty, "-m", "pytest", "-q")))
        without.append(timed(lambda: run_python(empty, "-m", "pytest", "-q", "-p", "no:hfspace")))
    added = (min(with_plugin) - min(without)) * 1000
    verdict = "met" if added <= 10 else "MISSED"
    print(f"  without --hfspace: adds {added:.1f} ms, budget 10 ms: {verdict}")
    code = f"import sys, pytest, pytest_hfspace.plugin; print(*sorted({{*{HEAVY!r}}} & set(sys.modules)))"
    loaded = run_python(empty, "-c", code).split()
    print(f"  without --hfspace: imports of heavy packages: {', '.join(loaded) or 'none'}, budget none")


def memory(routes: int, top: Path) -> None:
    """Print the parent's peak memory."""
    directory = top / f"memory{routes}"
    write_space(directory, routes)
    report = directory / "report.json"
    code = (
        "import resource, sys, pytest;"
        "code = pytest.main(['-q', '--hfspace', '--hfspace-report=report.json']);"
        "print('PEAK', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(code)"
    )
    output = run_python(directory, "-c", code)
    kilobytes = int(output.rpartition("PEAK ")[2])
    seen = len(json.loads(report.read_text())["routes"])
    verdict = "met" if kilobytes / 1024 <= 120 else "MISSED"
    megabytes = f"{kilobytes / 1024:.0f} MB ({seen} seen)"
    print(f"{routes:5} routes: memory of the parent {megabytes}, budget 120 MB: {verdict}")


def main() -> None:
    """Measure everything once."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    os.environ.pop("PYTEST_ADDOPTS", None)
    print(f"{platform.platform()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        without_flag(rounds, top)
        compare(50, rounds, 1.25, top)
        compare(500, rounds, 1.5, top)
        memory(1000, top)


if __name__ == "__main__":
    main()
