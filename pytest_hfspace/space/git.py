"""Git's own answers: which files it tracks, and the contents of its objects.  Reads, never writes."""

from __future__ import annotations

import contextlib
import os
import re
import select
import subprocess
import time
import weakref
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final, NamedTuple

#: Seconds that git has for a list, and for the contents of many files.
LIST_DEADLINE: Final = 10.0
COPY_DEADLINE: Final = 60.0

#: git's variables that say how it runs.  All others (GIT_DIR in a hook, GIT_INDEX_FILE, ...)
#: could point to another repository, and are not passed on.
_KEPT_VARIABLES: Final = frozenset(
    {
        "GIT_CEILING_DIRECTORIES",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_SYSTEM",
        "GIT_DISCOVERY_ACROSS_FILESYSTEM",
        "GIT_EXEC_PATH",
    }
)

#: The repository's own configuration must start no program and reach no network, and a checkout
#: that belongs to another user (usual in CI containers) is only read here.
_CONFIGURATION: Final = (
    "-c",
    "safe.directory=*",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "protocol.allow=never",
)

#: Objects asked for at once: their names must fit into a pipe, or both sides would wait.
_BATCH: Final = 256

_CHUNK: Final = 1 << 20


class GitError(Exception):
    """Git has no answer.  The text is its own complaint, or what kept it from answering."""


#: An entry of ``git ls-files -z -s -t --debug``: "H 100644 <object> 0<TAB>path<NUL>", and what git saw of
#: the file when it last read it.
_ENTRY: Final = re.compile(
    rb"(\S) (\d+) ([0-9a-f]+) (\d)\t([^\0]+)\0"
    rb"(?:  ctime: [^\n]*\n  mtime: (\d+):(\d+)\n[^\n]*\n[^\n]*\n  size: (\d+)\t[^\n]*\n)?"
)


class Entry(NamedTuple):
    """A line of git's index or of a tree.  ``sparse``: left out of the checkout on purpose.  ``seen``:
    seconds and nanoseconds of the last change, and the size, of the file that git has read; None where
    that is not known."""

    path: str
    mode: int
    object: str
    sparse: bool = False
    unmerged: bool = False
    seen: tuple[int, int, int] | None = None


def list_index(root: Path) -> list[Entry]:
    """What git tracks below a directory, by paths from there.  Raises GitError."""
    entries = []
    for tag, mode, name, stage, path, seconds, nanoseconds, size in _ENTRY.findall(
        _git(root, "ls-files", "-z", "-s", "-t", "--debug")
    ):
        seen = (int(seconds), int(nanoseconds), int(size)) if size else None
        entry = Entry(os.fsdecode(path), int(mode, 8), name.decode(), tag == b"S", stage != b"0", seen)
        entries.append(entry)
    return entries


def list_tree(root: Path, ref: str) -> list[Entry]:
    """What a commit has below a directory, by paths from there.  Raises GitError."""
    if ref.startswith("-"):
        # git would read it as an option
        raise GitError("a revision does not start with '-'")
    commit = _git(root, "rev-parse", "--verify", f"{ref}^{{commit}}").decode().strip()
    entries = []
    for record in _records(_git(root, "ls-tree", "-z", "-r", commit)):
        # "100644 blob <object><TAB>path"
        about, _, path = record.partition(b"\t")
        mode, _, name = about.split()
        entries.append(Entry(os.fsdecode(path), int(mode, 8), name.decode()))
    return entries


def ask(root: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What git prints for one command; ``given`` is its standard input.  Raises GitError."""
    return _git(root, *arguments, given=given)


def stream(root: Path, first: Sequence[str], second: Sequence[str], deadline: float) -> Iterator[bytes]:
    """What one git command makes of another's output: whole lines, as much as came at once.

    ``deadline`` in seconds, for both together.  The processes end with the iterator.  Raises GitError.
    """
    end = time.monotonic() + deadline
    source = _popen(root, *first, quiet=True)
    try:
        _pipe(source.stdin).close()
        sink = _popen(root, *second, stdin=_pipe(source.stdout), quiet=True)
    except BaseException:
        _end(source)
        raise
    try:
        # else the first would not notice that the second has ended
        _pipe(source.stdout).close()
        yield from _lines(_pipe(sink.stdout), end)
        for process, command in ((source, first), (sink, second)):
            if process.wait(max(0.1, end - time.monotonic())) != 0:
                raise GitError(f"git {command[0]} failed: git fsck may say why")
    except subprocess.TimeoutExpired:
        raise GitError(f"git {first[0]} did not end in time") from None
    finally:
        _end(sink)
        _end(source)


def _lines(pipe: IO[bytes], end: float) -> Iterator[bytes]:
    rest = b""
    while data := _read(pipe, end):
        head, feed, tail = data.rpartition(b"\n")
        if feed:
            yield rest + head + feed
            rest = tail
        else:
            rest += data
    if rest:
        yield rest


class Objects:
    """Contents of git's objects, from one ``git cat-file`` process that is started when needed.

    The process ends with this object, and with the interpreter: it reads our end of a pipe.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""

    def read(self, name: str, limit: int | None = None) -> bytes:
        """The content of one object, or its first ``limit`` bytes.  Raises GitError."""
        self._ask([name])
        content = self._answer(time.monotonic() + LIST_DEADLINE)
        if content is None:
            raise GitError(f"git has no object {name}")
        return content if limit is None else content[:limit]

    def read_all(self, names: Iterable[str]) -> Iterator[bytes | None]:
        """The content of each, in order; None for what git does not have.  Raises GitError."""
        deadline = time.monotonic() + COPY_DEADLINE
        remaining = list(names)
        finished = False
        try:
            for start in range(0, len(remaining), _BATCH):
                batch = remaining[start : start + _BATCH]
                self._ask(batch)
                for _ in batch:
                    yield self._answer(deadline)
            finished = True
        finally:
            if not finished:
                self._stop()

    def _ask(self, names: list[str]) -> None:
        if self._process is None:
            self._process = _popen(self._root, "cat-file", "--batch")
            weakref.finalize(self, _end, self._process)
        pipe = _pipe(self._process.stdin)
        try:
            pipe.write("".join(f"{name}\n" for name in names).encode())
            pipe.flush()
        except OSError as error:
            self._stop()
            raise GitError("git cat-file ended early") from error

    def _answer(self, deadline: float) -> bytes | None:
        while b"\n" not in self._buffer:
            self._buffer += self._receive(deadline)
        header, _, self._buffer = self._buffer.partition(b"\n")
        if header.endswith((b" missing", b" ambiguous")):
            return None
        size = int(header.rpartition(b" ")[2])
        parts = [self._buffer]
        received = len(self._buffer)
        while received < size + 1:  # a line feed follows the content
            parts.append(self._receive(deadline))
            received += len(parts[-1])
        content = b"".join(parts)
        self._buffer = content[size + 1 :]
        return content[:size]

    def _receive(self, deadline: float) -> bytes:
        if self._process is None:
            raise GitError("git cat-file was not started")
        try:
            data = _read(_pipe(self._process.stdout), deadline)
        except GitError:
            self._stop()
            raise
        if not data:
            self._stop()
            raise GitError("git cat-file ended early")
        return data

    def _stop(self) -> None:
        """What is left in the pipe would be taken for the next answer: start anew."""
        if self._process is not None:
            _end(self._process)
        self._process, self._buffer = None, b""


def _read(pipe: IO[bytes], deadline: float) -> bytes:
    """What is there, b"" at the end."""
    poll = select.poll()  # select() knows no descriptor above 1023
    poll.register(pipe, select.POLLIN)
    remaining = deadline - time.monotonic()
    if remaining <= 0 or not poll.poll(remaining * 1000):
        raise GitError("git did not answer in time")
    return os.read(pipe.fileno(), _CHUNK)


def _git(root: Path, *arguments: str, given: bytes = b"") -> bytes:
    process = _popen(root, *arguments)
    try:
        output, complaint = process.communicate(given, timeout=LIST_DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise GitError(f"git {arguments[0]} did not end within {LIST_DEADLINE:g} s") from None
    except BaseException:
        process.kill()
        process.communicate()
        raise
    if process.returncode != 0:
        lines = (complaint or b"").decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise GitError(lines[0].removeprefix("fatal: "))
    return output


def _popen(
    root: Path, *arguments: str, stdin: IO[bytes] | int = subprocess.PIPE, quiet: bool = False
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            ["git", *_CONFIGURATION, *arguments],
            cwd=root,
            env=_environment(),
            stdin=stdin,
            stdout=subprocess.PIPE,
            # a complaint that nobody reads fills its pipe
            stderr=subprocess.DEVNULL if quiet or arguments[0] == "cat-file" else subprocess.PIPE,
        )
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}") from error


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _KEPT_VARIABLES
    }
    return kept | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    with contextlib.suppress(OSError):  # names not sent yet, for which nobody waits
        if process.stdin is not None:
            process.stdin.close()
    _pipe(process.stdout).close()
    process.wait()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise GitError("git was started without pipes")
    return pipe


def _records(output: bytes) -> Iterator[bytes]:
    return (record for record in output.split(b"\0") if record)


class Rule(NamedTuple):
    """The line of an ignore file that keeps a path out.  ``source``: from the top of the repository,
    or absolute for a user's own."""

    source: str
    line: int
    pattern: str


def ignore_rule(root: Path, path: str) -> Rule:
    """Why git ignores a path below a directory.  Raises GitError, also where git does not ignore it."""
    # "./": no path is then a pathspec's magic
    output = _git(root, "check-ignore", "-v", "-z", "--stdin", given=b"./" + os.fsencode(path) + b"\0")
    source, line, pattern, *_ = output.split(b"\0")
    return Rule(os.fsdecode(source), int(line or b"0"), os.fsdecode(pattern))
