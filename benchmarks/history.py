"""What the git history of a Space costs: repositories made by git fast-import, read as a run reads them."""

from __future__ import annotations

import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pytest_hfspace.space import read_space
from pytest_hfspace.space.history import read_history

#: Commits, files, files changed by each commit, and the seconds that it may take.
SIZES = ((300, 2_000, 4, 0.08), (5_000, 20_000, 4, 0.7), (50_000, 2_000, 3, 5.0))
SUFFIXES = ("py", "md", "js", "json", "txt", "html", "css", "yaml")


def commits(number: int, files: int, changed: int) -> Iterator[bytes]:
    """A stream for git fast-import; always the same."""
    chance = random.Random(1)
    paths = [
        f"pkg{index % 40}/sub{index % 7}/f{index}.{SUFFIXES[index % len(SUFFIXES)]}" for index in range(files)
    ]
    for commit in range(number):
        when = f"{1_700_000_000 + commit} +0000"
        head = f"commit refs/heads/main\nmark :{commit + 1}\ncommitter a <a@b.c> {when}\n"
        yield (head + "data 2\nx\n" + (f"from :{commit}\n" if commit else "")).encode()
        for path in paths if commit == 0 else chance.sample(paths, changed):
            data = f"{path} {commit}\n" * chance.randint(1, 200)
            yield f"M 100644 inline {path}\ndata {len(data)}\n{data}\n".encode()


def make(root: Path, number: int, files: int, changed: int) -> None:
    """The repository, checked out."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True, env=environment)
    with subprocess.Popen(
        ["git", "fast-import", "--quiet"], cwd=root, stdin=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin is not None
        process.stdin.writelines(commits(number, files, changed))
    subprocess.run(["git", "reset", "-q", "--hard"], cwd=root, check=True, env=environment)


def main() -> None:
    """Measure each size; the best of several rounds."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(f"{platform.platform()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as name:
        for number, files, changed, budget in SIZES:
            root = Path(name) / str(number)
            make(root, number, files, changed)
            space = read_space(root)
            best = float("inf")
            for _ in range(rounds):
                started = time.perf_counter()
                history = read_history(space)
                best = min(best, time.perf_counter() - started)
            assert history.commits == number, history
            verdict = "met" if best <= budget else "MISSED"
            print(f"{number:6} commits, {files:6} files: {best:.3f} s, budget {budget:g} s: {verdict}")


if __name__ == "__main__":
    main()
