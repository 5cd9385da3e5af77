"""The budgets of the checks that need no running app, on repositories that it makes itself.

    python benchmarks/static.py [ROUNDS]

Budgets: 300 ms for 2,000 files, 2 s for 20,000 files and 5,000 commits.  Counted are the facts at
rest and all checks of them; to read the Space itself is shown beside.  Each round is a new process,
and the best counts.
"""

from __future__ import annotations

import json
import platform
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

MEASURE = """
import json, sys, time
from pathlib import Path
from pytest_hfspace.check import Examination
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.space import read_space
from pytest_hfspace.space.at_rest import AT_REST, AtRest

began = time.perf_counter()
space = read_space(Path(sys.argv[1]))
seconds = {"read_space": time.perf_counter() - began}
began = time.perf_counter()
facts = AtRest(space)
facts.begin()
for name in sorted(AT_REST, key=lambda name: name == "space_history"):
    started = time.perf_counter()
    facts[name]
    seconds[name] = time.perf_counter() - started
examination = Examination({check.code: check for check in CATALOGUE})
outcomes = {}
for check in CATALOGUE:
    if set(check.facts) <= {"space", *AT_REST} and not check.each:
        started = time.perf_counter()
        try:
            result = examination.examine(check, facts)
        except KeyError:  # it needs a check of the running app
            continue
        outcomes[check.code] = result.outcome
        seconds[check.id] = time.perf_counter() - started
seconds["all"] = time.perf_counter() - began
print(json.dumps([seconds, outcomes]))
"""

#: Suffix, share of the files, and how many lines of what.
KINDS = (
    (
        ".py",
        0.45,
        60,
        "def function_{n}(value: int) -> int:\n    return value * {n}  # the risk-task of {n}\n",
    ),
    (".md", 0.1, 40, "Some words of documentation about the desk-top and the {n}th chapter of it.\n"),
    (".json", 0.15, 30, '  "key_{n}": "3f786850e387550fdab836ed7e6dc881de23001b{n}",\n'),
    (".html", 0.1, 30, '<div class="card"><a href="/items/{n}">Item {n}</a></div>\n'),
    (".css", 0.05, 40, ".card-{n} {{ color: #a1b2c3; margin: {n}px; }}\n"),
    (".js", 0.1, 40, "export const value{n} = (x) => x.map((y) => y + {n}).filter(Boolean);\n"),
    (".txt", 0.05, 20, "plain line {n} of text\n"),
)
DOCKERFILE = """FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]
"""


def files_of(count: int) -> Iterator[tuple[str, bytes]]:
    """The files of a Space: a package of 100 modules that the app imports, and much else."""
    yield "README.md", b"---\ntitle: Bench\nemoji: \xf0\x9f\x9a\x80\nsdk: docker\n---\n# Bench\n"
    yield "Dockerfile", DOCKERFILE.encode()
    yield "requirements.txt", b"fastapi>=0.115,<1\nuvicorn>=0.30,<1\n"
    modules = [f"app.part{number}" for number in range(100)]
    imports = "".join(f"import {module}\n" for module in modules)
    yield "main.py", f"from fastapi import FastAPI\n{imports}\napp = FastAPI()\n".encode()
    yield "app/__init__.py", b""
    body = KINDS[0][3]
    for number in range(100):
        yield f"app/part{number}.py", "".join(body.format(n=n) for n in range(60)).encode()
    made = 106
    for suffix, share, lines, line in KINDS:
        for number in range(int(share * (count - made))):
            name = f"files/{suffix[1:]}{number // 100}/file{number}{suffix}"
            yield name, "".join(line.format(n=n + number) for n in range(lines)).encode()


def make_repository(directory: Path, count: int, commits: int) -> None:
    """Write it with ``git fast-import``: one commit with all files, the others change one each."""
    directory.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=directory, check=True)
    files = dict(files_of(count))
    names = [name for name in files if name.startswith("files/")]
    chosen = random.Random(1)
    stream = [b"commit refs/heads/main\ncommitter A <a@example.com> 1700000000 +0000\ndata 1\na\n"]
    for name, content in files.items():
        stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(content), content))
    for number in range(1, commits):
        name = chosen.choice(names)
        content = files[name] + b"changed %d\n" % number
        stream.append(
            b"commit refs/heads/main\ncommitter A <a@example.com> %d +0000\n" % (1700000000 + number)
        )
        stream.append(
            b"data 1\na\nM 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(content), content)
        )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=directory, input=b"".join(stream), check=True)
    subprocess.run(["git", "reset", "-q", "--hard"], cwd=directory, check=True)


def measure(directory: Path, rounds: int) -> tuple[dict[str, float], dict[str, str]]:
    """The best seconds of each part, and the outcomes of the checks."""
    best: dict[str, float] = {}
    outcomes: dict[str, str] = {}
    for _ in range(rounds):
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(directory)], capture_output=True, text=True, check=True
        )
        seconds, outcomes = json.loads(done.stdout)
        best = {name: min(value, best.get(name, value)) for name, value in seconds.items()}
    return best, outcomes


def main() -> None:
    """Measure both sizes, and print what was met."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(f"Python {platform.python_version()}, {platform.machine()}, best of {rounds}")
    with tempfile.TemporaryDirectory(prefix="hfspace-bench-") as top:
        for count, commits, budget in ((2_000, 200, 0.3), (20_000, 5_000, 2.0)):
            directory = Path(top) / str(count)
            make_repository(directory, count, commits)
            best, outcomes = measure(directory, rounds)
            total = best.pop("all")
            verdict = "met" if total <= budget else "MISSED"
            print(
                f"{count} files, {commits} commits: {total * 1000:.0f} ms, budget {budget * 1000:.0f} ms:"
                f" {verdict} (the Space itself: {best['read_space'] * 1000:.0f} ms)"
            )
            parts = sorted(best.items(), key=lambda part: -part[1])[:10]
            print("  " + ", ".join(f"{name} {seconds * 1000:.0f}" for name, seconds in parts))
            wrong = {code: outcome for code, outcome in outcomes.items() if outcome in ("failed", "warned")}
            if wrong:
                sys.exit(f"the repository should be healthy: {wrong}")


if __name__ == "__main__":
    main()
