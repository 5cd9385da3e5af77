"""For authors of checks: try one on a small Space, in a few lines, with pytest or without.

::

    def test_prints_are_found():
        result = examine(no_print, {"main.py": "print('hello')"})
        assert result.outcome == "failed"
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from .check import Check, Result
from .run import Additions, Run
from .settings import Settings
from .verification import ended, refuse_unknown_facts
from .verification import examine as examine_all

__all__ = ["HEALTHY", "examine", "examine_each"]

#: A Space with nothing wrong: what a check is tried on lies over it.
HEALTHY: Final[Mapping[str, str]] = {
    "README.md": "---\ntitle: Example\nemoji: 🚀\ncolorFrom: blue\ncolorTo: green\nsdk: docker\n---\n",
    "Dockerfile": """\
FROM python:3.12-slim
RUN useradd -m -u 1000 user
USER user
WORKDIR /app
COPY --chown=user requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY --chown=user . .
CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]
""",
    "requirements.txt": "fastapi\nuvicorn\n",
    "main.py": """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def home():
    return {"ready": True}
""",
}

#: Whatever the settings of whoever runs the test are.
_COMMIT: Final = (
    "-c", "user.name=Author",
    "-c", "user.email=author@example.com",
    "-c", "commit.gpgsign=false",
    "-c", "core.autocrlf=false",
    "-c", f"core.hooksPath={os.devnull}",
    "-c", f"core.excludesFile={os.devnull}",
)  # fmt: skip


def examine(
    check: Check,
    files: Mapping[str, str | bytes | None] | None = None,
    *,
    fixtures: Mapping[str, object] | None = None,
) -> Result:
    """What the check makes of a Space of these files, laid over :data:`HEALTHY`.

    ``files``: contents by path from the Space's root; None instead of a content leaves a file out.
    Everything is committed to a git repository, where there is git.  ``fixtures``: what the check asks
    for besides the facts, by name.

    The app is really started if the check, or one of the catalogue that it needs, looks at the running
    app: that takes a second, and what the app imports has to be installed.  Nothing is left behind.
    A check of your own that it needs is taken for passed.

    Raises what the check raises, and ValueError for what cannot be tried: a check that
    could not join the catalogue, a fact that does not exist, a path outside the Space.  For a
    check of each route there is :func:`examine_each`.
    """
    results = examine_each(check, files, fixtures=fixtures)
    if check.each:
        raise ValueError(f"{check.id} is of each {check.each}: examine_each gives the result of every one")
    return results[0]


def examine_each(
    check: Check,
    files: Mapping[str, str | bytes | None] | None = None,
    *,
    fixtures: Mapping[str, object] | None = None,
) -> tuple[Result, ...]:
    """The same for a check of each route: one result for each, in the order of their names.

    ``result.route`` is "GET /items/{item_id}"; None, in the only result, where there are no routes.
    """
    own = _own(check)
    given = dict(fixtures or {})
    with tempfile.TemporaryDirectory(prefix="hfspace-") as folder:
        root = Path(folder).resolve()
        for name, content in {**HEALTHY, **(files or {})}.items():
            if content is not None:
                _write(root, name, content)
        _commit(root)
        run = Run(Settings(root, select=(check.code,)), Additions(checks=lambda: own, raising=True))
        with ended(run):
            refuse_unknown_facts(run, own, given)
            return tuple(sorted(examine_all(run, given), key=lambda result: result.route or ""))


def _own(check: object) -> tuple[Check, ...]:
    """The check, if it is not in the catalogue already."""
    from .checks import CATALOGUE
    from .custom import checked

    if not isinstance(check, Check):
        return checked([check], CATALOGUE)
    if check in CATALOGUE:
        return ()
    codes = {each.code for each in CATALOGUE}
    return checked([replace(check, needs=tuple(code for code in check.needs if code in codes))], CATALOGUE)


def _write(root: Path, name: str, content: str | bytes) -> None:
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts or parts.parts[0] == ".git":
        raise ValueError(f"{name!r} is not a path below the Space's root")
    path = root / parts
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def _commit(root: Path) -> None:
    """What a Space is: a git repository.  Without git the checks see the files alone."""
    from .space.git import GitError, ask

    with contextlib.suppress(GitError):
        ask(root, "init", "-q", "--template=")
        ask(root, *_COMMIT, "add", "-A")
        ask(root, *_COMMIT, "commit", "-q", "-m", "The Space")
