"""A PostgreSQL server for tests: Debian's package, in a directory of its own, on a Unix socket."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import psycopg
except ImportError:  # it needs libpq, or a wheel that brings it
    psycopg = None

#: The server does not run as root; who is root has it run as this user.
USER = "nobody"


def missing() -> str:
    """Why there can be no server here, or ""."""
    if psycopg is None:
        return "psycopg is not installed"
    if not _programs():
        return "PostgreSQL is not installed"
    if os.name != "posix":
        return "PostgreSQL is started on POSIX systems only"
    return ""


def _programs() -> Path | None:
    found = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: len(path.parts[4]))
    return Path(found).parent if found else installed[-1].parent if installed else None


@contextmanager
def server() -> Iterator[Path]:
    """A running server; gives the directory of its socket."""
    programs = _programs()
    assert programs is not None
    # Not pytest's directory: the path of a socket has at most 107 characters.
    directory = Path(tempfile.mkdtemp(prefix="pg-"))
    options = {}
    if os.getuid() == 0:
        user = pwd.getpwnam(USER)
        os.chown(directory, user.pw_uid, user.pw_gid)
        options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    data = directory / "data"
    settings = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={directory}", "-c", "fsync=off"]
    try:
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "board", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=directory,
            **options,
        )
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, *settings],
                stdout=log,
                stderr=log,
                cwd=directory,
                **options,
            )
        try:
            _wait(directory, process)
            yield directory
        finally:
            process.send_signal(signal.SIGQUIT)  # nothing has to be saved
            process.wait(30)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _wait(directory: Path, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < end:
        try:
            psycopg.connect(host=str(directory), user="board", dbname="postgres").close()
        except psycopg.OperationalError:
            continue
        return
    raise RuntimeError((directory / "log").read_text())


def empty_database(directory: Path) -> str:
    """The URL of the database, emptied."""
    # Faster than a database for each test, which has seven megabytes.
    options = "-c lock_timeout=10000 -c client_min_messages=error"
    with psycopg.connect(
        host=str(directory), user="board", dbname="postgres", options=options, autocommit=True
    ) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return f"postgresql://board@/postgres?host={directory}"
