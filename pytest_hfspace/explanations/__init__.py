"""What ``--hfspace-explain`` says of a check beyond its docstring: why the Hub cares, and a wrong
and a right example.  Nothing of this is loaded by a readiness run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from ..check import Level

__all__ = ["BASE", "Explanation", "explanation"]

_MODULES: Final = (
    "card",
    "history",
    "secrets",
    "arrival",
    "deployment",
    "dependencies",
    "requirements",
    "dockerfile",
    "start",
    "serve",
    "browser",
    "environment",
    "lifecycle",
)

#: The healthy Space that the examples are laid over.
BASE: Final[Mapping[str, str]] = {
    "README.md": "---\ntitle: My Space\nemoji: 🚀\nsdk: docker\n---\n# My Space\n",
    "Dockerfile": (
        "FROM python:3.12-slim\n"
        "WORKDIR /app\n"
        "COPY requirements.txt .\n"
        "RUN pip install -r requirements.txt\n"
        "COPY . .\n"
        'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]\n'
    ),
    "requirements.txt": "fastapi>=0.115,<1\nuvicorn>=0.30,<1\n",
    "main.py": (
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        '@app.get("/")\ndef root() -> dict[str, str]:\n    return {"hello": "world"}\n'
    ),
}


@dataclass(frozen=True)
class Explanation:
    """``why``: why the Hub cares, in whole sentences.  ``sources``: pages of the Hub's public
    documentation by their names, or "field".

    ``wrong`` and ``right``: files by path, whole, laid over :data:`BASE`; of the first the check
    has a finding, of the second it has none.  A file that is None is removed, one of bytes is shown
    by its size, one that .gitignore names is not tracked.  ``leaves``: what looks wrong and is left
    alone, or what the check cannot see.
    """

    why: str
    sources: tuple[str, ...]
    wrong: Mapping[str, str | bytes | None]
    right: Mapping[str, str | bytes | None]
    leaves: str = ""
    level: Level | None = None


def explanation(code: str) -> Explanation | None:
    """Of the check with this code; None where its docstring is all there is."""
    for name in _MODULES:
        module = import_module(f"{__name__}.{name}")
        found: Explanation | None = module.EXPLANATIONS.get(code)
        if found is not None:
            return found
    return None
