"""Finds the files of a repository that set variables or secrets of a Space."""

from __future__ import annotations

import re
from typing import Final

from ...check import Skip
from ...space import Space
from ..serving import text_of
from .names import Script
from .names_python import read_program
from .names_shell import read_commands

_LARGEST: Final = 1 << 20
#: To read 5,000 files takes a tenth of a second.
_MOST_FILES: Final = 5_000
_SHELL: Final = (".yml", ".yaml", ".sh", ".bash")
_PYTHON_CLUES: Final = (b"space_variable", b"space_secret", b"duplicate_space")
_SHELL_CLUES: Final = (b"space_variable", b"space_secret", b"spaces variables", b"spaces secrets",
                       b"api/spaces/", b"hf repo", b"huggingface-cli repo")  # fmt: skip
#: Tests call the Hub's client without a Hub; installed packages are not this repository's scripts.
_NO_SCRIPTS: Final = re.compile(
    r"(^|/)(tests?|node_modules|site-packages|\.?venv)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$"
)


def read_scripts(space: Space) -> tuple[Script, ...]:
    """The files that set variables or secrets of a Space, those nearest to the root first.

    Skip if there are none, and more files than are looked at.
    """
    candidates = [path for path in space.files.tracked if path.endswith((".py", *_SHELL))]
    candidates = [path for path in candidates if not _NO_SCRIPTS.search(path)]
    candidates.sort(key=lambda path: (path.count("/"), path))
    found = []
    for path in candidates[:_MOST_FILES]:
        clues, read = (_PYTHON_CLUES, read_program) if path.endswith(".py") else (_SHELL_CLUES, read_commands)
        if not _mentions(space, path, clues):
            continue
        script = read(path, text_of(space, path))
        if script.settings:
            found.append(script)
    if not found and len(candidates) > _MOST_FILES:
        raise Skip(f"{_MOST_FILES} scripts were looked at, and there are {len(candidates)}")
    return tuple(found)


def _mentions(space: Space, path: str, clues: tuple[bytes, ...]) -> bool:
    try:
        content = space.files.read(path, _LARGEST + 1)
    except OSError:
        return False
    return len(content) <= _LARGEST and any(clue in content for clue in clues)
