"""2xx: what would not arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation

_APP: Final = (
    "from fastapi import FastAPI\n{}\napp = FastAPI()\n\n\n"
    '@app.get("/")\ndef root() -> list[str]:\n    return {}\n'
)

EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "HFS206": Explanation(
        why=(
            "A Space receives what git tracks and nothing else. A module or a data file that .gitignore "
            "names, or that was never added, works here, where it lies on the disk, and is absent there. The "
            'Space\'s log ends with "ModuleNotFoundError: No module named …", "FileNotFoundError: [Errno 2] '
            'No such file or directory: …" or "RuntimeError: Directory \'static\' does not exist", for git '
            "keeps no empty folder."
        ),
        sources=("spaces-overview", "field"),
        wrong={
            ".gitignore": "lib/\n",
            "lib/words.py": 'WORDS = ["hello"]\n',
            "main.py": _APP.format("\nfrom lib.words import WORDS\n", "WORDS"),
        },
        right={
            ".gitignore": "/lib64/\n",
            "lib/words.py": 'WORDS = ["hello"]\n',
            "main.py": _APP.format("\nfrom lib.words import WORDS\n", "WORDS"),
        },
        leaves=(
            "A file that the app looks for and does without, what stands in .venv, node_modules or a cache, "
            "and a .env file (HFS701)."
        ),
    ),
    "HFS207": Explanation(
        why=(
            "macOS and Windows open Data/words.txt where the folder is called data; Linux, on which every "
            "Space runs, does not. What works on the developer's machine then ends with FileNotFoundError or "
            "ModuleNotFoundError."
        ),
        sources=("field",),
        wrong={
            "data/words.txt": "hello\n",
            "main.py": _APP.format("", 'open("Data/words.txt").read().split()'),
        },
        right={
            "data/words.txt": "hello\n",
            "main.py": _APP.format("", 'open("data/words.txt").read().split()'),
        },
        leaves=(
            "Paths of routes, names of models, media types, and a path that the code is prepared not to "
            "find. Two tracked names that differ by case only are a note: the Space has both."
        ),
    ),
}
