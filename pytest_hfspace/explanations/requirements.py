"""3xx: what pip is told to install, the Python that it is for, and Debian's packages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import BASE, Explanation

_CARD: Final = (
    "---\ntitle: My Space\nemoji: 🚀\nsdk: gradio\nsdk_version: 6.17.3\n"
    'python_version: "3.12"\napp_file: app.py\n---\n'
)
_GRADIO: Final[Mapping[str, str | None]] = {
    "README.md": _CARD,
    "Dockerfile": None,
    "main.py": None,
    "app.py": 'import gradio as gr\n\ngr.Interface(lambda name: name, "text", "text").launch()\n',
}

_MATCH: Final = (
    "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
    '@app.get("/{unit}")\ndef size(unit: str) -> int:\n'
    '    match unit:\n        case "kib":\n            return 1024\n    return 1\n'
)

EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "HFS306": Explanation(
        why=(
            "The build installs everything in one step, and gives up where no set of versions fulfils all: "
            '"ERROR: ResolutionImpossible". What is installed here came together at another time, step by '
            "step. With --hfspace-build the set is installed anew, for the Space's Python."
        ),
        sources=("spaces-dependencies", "field"),
        wrong={"requirements.txt": "fastapi\nuvicorn\nhttpx==0.27.0\nhttpcore==0.9.0\n"},
        right={"requirements.txt": "fastapi\nuvicorn\n"},
        leaves="Without --hfspace-build, what is installed here in other versions than declared: the check "
        "is skipped then, and says which. What has to be compiled may fail here alone: that is a warning.",
    ),
    "HFS302": Explanation(
        why="pip reads the whole file before it installs anything, and one line that it cannot read, or "
        "cannot find for Linux, ends the build. Lists that were exported on Windows or by conda have such "
        "lines: pywin32, and paths of the machine that they were made on.",
        sources=("spaces-dependencies", "field"),
        wrong={"requirements.txt": BASE["requirements.txt"] + "pywin32==306\n"},
        right={"requirements.txt": BASE["requirements.txt"] + 'pywin32==306; sys_platform == "win32"\n'},
        leaves="UTF-16 with a byte order mark, ${VARIABLES}, options that pip takes from a file, and what a "
        "step installs whose failure is let pass (|| true). Names that only the index knows: a fresh build "
        "(--hfspace-build) asks it.",
    ),
    "HFS307": Explanation(
        why="The gradio SDK runs one pip for everything: requirements.txt, gradio[oauth,mcp] of the card's "
        "sdk_version, uvicorn>=0.14.0, websockets>=10.4 and spaces. A line that contradicts one of these "
        "leaves pip no solution.",
        sources=("spaces-dependencies", "field"),
        wrong={**_GRADIO, "requirements.txt": "gradio==4.44.0\n"},
        right={**_GRADIO, "requirements.txt": "gradio>=6,<7\n"},
        leaves="Conflicts with what gradio itself requires, which change with its versions: a fresh build "
        "(--hfspace-build) finds those.",
    ),
    "HFS309": Explanation(
        why="The Space runs the Python of its image, or of the card's python_version, whatever is on your "
        "machine. A file with newer syntax is a SyntaxError there, and a project whose requires-python "
        "leaves that version out is refused by pip.",
        sources=("spaces-config-reference", "field"),
        wrong={
            "Dockerfile": BASE["Dockerfile"].replace("python:3.12", "python:3.9"),
            "main.py": _MATCH,
        },
        right={"main.py": _MATCH},
        leaves="Files that the app does not import. requires-python of a project that is not installed, or "
        "that uv installs, which fetches the Python it wants. Syntax that the Python of this run is too old "
        "for is not read: the check says so.",
    ),
    "HFS310": Explanation(
        why="packages.txt is read by the gradio SDK alone, under exactly this name, and its words go to "
        "apt-get install as they are. Official Python images without a Debian release in their tag are "
        "built on Debian 13 since 2025-08, which has no libgl1-mesa-glx and some others.",
        sources=("spaces-dependencies", "field"),
        wrong={
            "Dockerfile": BASE["Dockerfile"].replace(
                "WORKDIR /app\n",
                "RUN apt-get update && apt-get install -y libgl1-mesa-glx\nWORKDIR /app\n",
            )
        },
        right={
            "Dockerfile": BASE["Dockerfile"].replace(
                "WORKDIR /app\n", "RUN apt-get update && apt-get install -y libgl1\nWORKDIR /app\n"
            )
        },
        leaves="Images of older releases (-bookworm), of other distributions, and tags with a patch version, "
        "which may be older. Names that another package provides (libasound2). Images that add package "
        "sources.",
    ),
}
