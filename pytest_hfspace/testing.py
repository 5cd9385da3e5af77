"""For authors of checks: try one on a small Space, in a few lines.

::

    def test_prints_are_found():
        result = examine(no_print, {"main.py": "print('hello')"})
        assert result.outcome == "failed"
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from .check import Check, Result
from .run import Additions, Run
from .settings import Settings
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


def examine(check: Check, files: Mapping[str, str | bytes | None] | None = None) -> Result:
    """What the check makes of a Space of these files, laid over :data:`HEALTHY`.

    None instead of a content leaves a file out.  The app is started if the check, or one that it
    needs, looks at the running app.  For a check of each route there is :func:`examine_each`.
    """
    results = examine_each(check, files)
    if len(results) != 1:
        raise ValueError(f"{check.id} gave {len(results)} results: examine_each has all of them")
    return results[0]


def examine_each(check: Check, files: Mapping[str, str | bytes | None] | None = None) -> list[Result]:
    """The same for a check of each route: one result for each."""
    with tempfile.TemporaryDirectory(prefix="hfspace-") as folder:
        root = Path(folder).resolve()
        for name, content in {**HEALTHY, **(files or {})}.items():
            if content is not None:
                _write(root, name, content)
        settings = Settings(root, select=(check.code,))
        run = Run(settings, Additions(checks=lambda: () if check.code.startswith("HFS") else (check,)))
        try:
            return examine_all(run)
        finally:
            run.abort()


def _write(root: Path, name: str, content: str | bytes) -> None:
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts:
        raise ValueError(f"{name!r} is not a path below the Space's root")
    path = root / parts
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
