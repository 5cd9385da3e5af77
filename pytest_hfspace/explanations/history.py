"""2xx: what git would push."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation

_POINTER: Final = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 25165824\n"
)
_READER: Final = (
    "from pathlib import Path\n"
    "from fastapi import FastAPI\n\n"
    'WEIGHTS = Path("model.bin").read_bytes()\n'
    "app = FastAPI()\n"
)

EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "HFS201": Explanation(
        why=(
            "The Hub looks at every commit of a push, not only at the newest. A file over 10 MiB must be in "
            "LFS or Xet in each of them, or it answers: Your push was rejected because it contains files "
            "larger than 10 MiB. [...] Offending files: - model.bin (ref: refs/heads/main). Deleting the "
            "file in a later commit does not help: the commits themselves must be rewritten, which git lfs "
            "migrate import does."
        ),
        sources=("spaces-github-actions", "repositories-getting-started", "field"),
        wrong={"model.bin": b"\0" * (10 * 2**20 + 1)},
        right={".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "model.bin": _POINTER},
        leaves=(
            "Commits that the Space's remote is known to have (git fetch brings that up to date). "
            "Repositories that only hub-sync or hf upload send: the Hub's client stores large files in Xet "
            "by itself. Workflows that push commits of their own making."
        ),
    ),
    "HFS202": Explanation(
        why=(
            "The Hub takes binary files of any size only through LFS or Xet, in every commit that is pushed: "
            "Your push was rejected because it contains binary files. Please use "
            "https://huggingface.co/docs/hub/xet to store binary files. Offending files: - "
            "assets/some-image.jpg (ref: refs/heads/main). git-xet reads the same .gitattributes as git-lfs. "
            "A file that was committed before its line in .gitattributes stays in git itself: git lfs "
            "migrate import rewrites those commits."
        ),
        sources=("xet", "field"),
        wrong={"logo.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"},
        right={".gitattributes": "*.png filter=lfs diff=lfs merge=lfs -text\n", "logo.png": _POINTER},
        leaves=(
            "Binary is what git calls so: a NUL among the first 8000 bytes. SVG, notebooks and UTF-16 with a "
            "byte order mark are text. A small file from before 2026 is only a warning where nothing here "
            "tells which commits the Space has: it may have been taken then. Repositories that only hub-sync "
            "or hf upload send."
        ),
    ),
    "HFS203": Explanation(
        why=(
            "The Hub puts a file in the place of its LFS pointer where .gitattributes says filter=lfs. A "
            "pointer without that line, or one that is uploaded from a checkout without LFS, stays what it "
            "is: three lines of text, which the app then takes for its model or database."
        ),
        sources=("spaces-github-actions", "repositories-getting-started", "field"),
        wrong={"main.py": _READER, "model.bin": _POINTER},
        right={
            ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
            "main.py": _READER,
            "model.bin": _POINTER,
        },
        leaves="Pointers that the app does not open while it starts and answers.",
    ),
    "HFS208": Explanation(
        why=(
            "A Space may have 1 GB, and every version that was ever pushed counts, in git and in LFS: "
            "Repository storage limit reached (Max: 1 GB). Data that is refreshed every night gets there in "
            "weeks. Files behind a link out of the repository, and those of a submodule, do not arrive."
        ),
        sources=("field",),
        wrong={
            ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
            "model.bin": _POINTER.replace("25165824", "734003200"),
        },
        right={".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "model.bin": _POINTER},
        leaves=(
            "It warns from half of the limit. Links within the repository, links to places that the image "
            "has (/data, /usr, what the Dockerfile copies), and submodules that .dockerignore names."
        ),
    ),
}
