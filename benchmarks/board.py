"""The readiness board under load: reports a second, and the overview of many Spaces.

    python benchmarks/board.py [--reports 3000] [--clients 16] [--spaces 1000] [--runs 100]

The board runs as a process of its own, as on a Space, on a SQLite file in a temporary directory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from backend.database import make_engine, migrate, writer_of  # noqa: E402 (found by the line above)
from backend.documents import pack  # noqa: E402
from backend.report import EXAMPLE, Submission  # noqa: E402
from backend.store import store  # noqa: E402

TOKEN = "benchmark"
READS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--reports", type=int, default=3000, help="how many are published")
    parser.add_argument("--clients", type=int, default=16, help="how many publish at the same time")
    parser.add_argument("--spaces", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=100, help="of each Space")
    parser.add_argument("--kilobytes", type=int, default=25, help="size of a report")
    arguments = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/publish.db"
        with board(url) as (address, process):
            before = processor_seconds(process)
            publish(address, arguments.reports, arguments.clients, arguments.kilobytes)
            used = (processor_seconds(process) - before) / arguments.reports
            print(f"the board took {used * 1000:.2f} ms of a core for each")
        url = f"sqlite:///{directory}/overview.db"
        fill(url, arguments.spaces, arguments.runs)
        with board(url) as (address, process):
            for path in ("/", "/?state=unready", "/?search=space-77", "/api/spaces", "/spaces/acme/space-7"):
                before = processor_seconds(process)
                read(address, path)
                used = (processor_seconds(process) - before) / READS
                print(f"    {used * 1000:.1f} ms of a core for each")
            print(f"memory: {memory(process)} MB")


def machine() -> str:
    name = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        found = re.search(r"model name\s*: (.*)", information.read_text())
        name = found[1] if found else name
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} cores of {name}{load}; Python {platform.python_version()}"


@contextmanager
def board(url: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    environment = {**os.environ, "DATABASE_URL": url, "BOARD_TOKENS": TOKEN, "RATE_LIMIT": "1000000"}
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "main:app", "--port", "0", "--no-access-log"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        found = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in process.stderr)
        yield next(each for each in found if each)[0], process
    finally:
        process.terminate()
        process.wait()


def document(number: int, kilobytes: int) -> bytes:
    """A report of about this size, of which no two are the same."""
    made = {**EXAMPLE, "id": f"r{number}", "space": {**EXAMPLE["space"], "id": f"acme/space-{number % 100}"}}
    (check,) = EXAMPLE["checks"]
    passed = {**check, "outcome": "passed", "findings": []}
    checks = [check]
    while len(json.dumps(checks)) < kilobytes * 1000:
        checks += [{**passed, "code": f"HFS{len(checks):03}", "seconds": random.random()} for _ in range(10)]
    return json.dumps({**made, "checks": checks}).encode()


def publish(address: str, reports: int, clients: int, kilobytes: int) -> None:
    # The load comes from a bare client: a comfortable one takes more of the machine than the board.
    bodies = [document(number, kilobytes) for number in range(reports)]
    began = time.perf_counter()
    seconds = asyncio.run(publish_all(address, bodies, clients))
    whole = time.perf_counter() - began
    size = statistics.fmean(map(len, bodies)) / 1000
    print(
        f"published: {reports / whole:.0f} reports a second of {size:.0f} kB by {clients} clients; "
        f"each {percentile(seconds, 50):.1f} ms, 95 % below {percentile(seconds, 95):.1f} ms"
    )


async def publish_all(address: str, bodies: list[bytes], clients: int) -> list[float]:
    host, port = address.removeprefix("http://").split(":")
    waiting = iter(bodies)
    seconds: list[float] = []

    async def work() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for body in waiting:
            began = time.perf_counter()
            head = (
                f"POST /api/reports HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 201 "), answer
            length = re.search(rb"content-length: (\d+)", answer)
            assert length is not None
            await reader.readexactly(int(length[1]))
            seconds.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(work() for _ in range(clients)))
    return seconds


def fill(url: str, spaces: int, runs: int) -> None:
    engine = make_engine(url)
    migrate(engine)
    packed = pack(json.dumps(EXAMPLE).encode())
    began = time.perf_counter()
    for run in range(runs):
        batch = [
            Submission(
                f"r{run}-{space}",
                f"acme/space-{space}",
                random.choice(["RUNNING", "APP_STARTING", None]),
                random.random() < 0.5,
                random.randrange(5),
                random.randrange(5),
                packed,
            )
            for space in range(spaces)
        ]
        with writer_of(engine).begin() as connection:
            store(connection, batch, lambda _: 500)
    engine.dispose()
    print(f"filled with {spaces * runs} reports of {spaces} Spaces in {time.perf_counter() - began:.1f} s")


def read(address: str, path: str) -> None:
    import httpx

    seconds = []
    with httpx.Client(base_url=address, trust_env=False) as client:
        for _ in range(READS):
            began = time.perf_counter()
            answer = client.get(path)
            seconds.append(time.perf_counter() - began)
            assert answer.status_code == 200, answer
    print(
        f"GET {path}: {percentile(seconds, 50):.1f} ms, 95 % below {percentile(seconds, 95):.1f} ms, "
        f"{len(answer.content) / 1000:.0f} kB"
    )


def percentile(seconds: list[float], share: int) -> float:
    """In milliseconds."""
    return statistics.quantiles(seconds, n=100)[share - 1] * 1000


def processor_seconds(process: subprocess.Popen[str]) -> float:
    """What the process took so far, which other processes do not disturb; 0 where that is not told."""
    status = Path(f"/proc/{process.pid}/stat")
    if not status.exists():
        return 0.0
    fields = status.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(process: subprocess.Popen[str]) -> str:
    status = Path(f"/proc/{process.pid}/status")
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return f"{int(found[1]) / 1000:.0f}" if found else "unknown"


if __name__ == "__main__":
    main()
