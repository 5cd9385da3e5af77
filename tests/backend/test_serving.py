"""The board as a process of its own: stopped, killed, asked by many."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
TOKEN = "correct-horse"


class Server:
    def __init__(self, directory, **variables):
        environment = {name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT")}
        environment |= {
            "HOME": str(directory),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DATABASE_URL": f"sqlite:///{directory}/board.db",
            "BOARD_TOKENS": TOKEN,
            "RATE_LIMIT": "1000000",
        }
        command = [sys.executable, "-m", "uvicorn", "main:app", "--host", "127.0.0.1", "--port", "0"]
        self.process = subprocess.Popen(
            [*command, "--timeout-graceful-shutdown", "30", "--no-access-log"],
            cwd=ROOT,
            env=environment | variables,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.deadline = threading.Timer(120, self.process.kill)
        self.deadline.start()
        urls = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in self.process.stderr)
        self.url = next(found for found in urls if found)[0]

    def end(self):
        self.deadline.cancel()
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()


@contextmanager
def served(directory, **variables):
    server = Server(directory, **variables)
    try:
        yield server
    finally:
        server.end()


@contextmanager
def client(server):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False, timeout=30) as made:
        yield made


def test_a_board_that_is_killed_loses_nothing_that_it_acknowledged(tmp_path, submission):
    acknowledged = []
    enough = threading.Event()

    def publish(server, numbers):
        with client(server) as made:
            for number in numbers:
                try:
                    answer = made.post("/api/reports", json=submission(id=f"r{number}"))
                except httpx.TransportError:
                    return
                assert answer.status_code == 201
                acknowledged.append(f"r{number}")
                if len(acknowledged) == 400:
                    enough.set()

    with served(tmp_path, HISTORY_LIMIT="1000") as server, ThreadPoolExecutor(8) as threads:
        started = [threads.submit(publish, server, range(start, 1000, 8)) for start in range(8)]
        assert enough.wait(100)
        server.process.send_signal(signal.SIGKILL)
        for each in started:
            each.result(60)
    assert 400 <= len(acknowledged) < 1000
    database = sqlite3.connect(tmp_path / "board.db")
    query = "SELECT run.id FROM run JOIN document ON document.id = run.id ORDER BY number"
    stored = [row[0] for row in database.execute(query)]
    (counted,) = database.execute("SELECT kept FROM space").fetchone()
    (check,) = database.execute("PRAGMA integrity_check").fetchone()
    database.close()
    assert set(acknowledged) <= set(stored)
    assert (counted, check) == (len(stored), "ok")
    # and the board comes up again, where each may be sent once more
    with served(tmp_path, HISTORY_LIMIT="1000") as server, client(server) as made:
        answers = {made.post("/api/reports", json=submission(id=each)).status_code for each in stored[:20]}
        assert answers == {200}


def test_a_run_is_told_and_shown_within_a_second_by_every_instance(tmp_path, submission):
    with (
        served(tmp_path) as first,
        served(tmp_path) as second,
        client(first) as publisher,
        client(second) as reader,
        reader.stream("GET", "/api/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        assert publisher.post("/api/reports", json=submission(id="told")).status_code == 201
        began = time.monotonic()
        told = next(line for line in lines if line.startswith("data: "))
        assert '"id": "told"' in told
        # half a second until the other instance looks; more where the machine is busy
        assert time.monotonic() - began < 5
        assert "acme/atlas" in reader.get("/").text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_board_stops_at_once_with_listeners(tmp_path, number):
    with served(tmp_path) as server, client(server) as made, made.stream("GET", "/api/events") as stream:
        chunks = stream.iter_raw()
        assert next(chunks)
        server.process.send_signal(number)
        assert b"".join(chunks) in (b"", b": still here\n\n")
        # the server would wait 30 seconds for the answer, and SSE gives its next sign after 15
        server.process.wait(10)
        log = server.process.stderr.read()
        assert "Traceback" not in log
        assert "Finished server process" in log


def test_who_goes_is_forgotten_and_the_board_logs_nothing_of_it(tmp_path, submission):
    with served(tmp_path) as server, client(server) as made:
        for _ in range(5):
            with made.stream("GET", "/api/events") as stream:
                next(stream.iter_raw())
        assert made.post("/api/reports", json=submission()).status_code == 201
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(10)
        assert "ERROR" not in server.process.stderr.read()
