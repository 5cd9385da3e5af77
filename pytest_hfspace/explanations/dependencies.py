"""3xx: from imports to declared packages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation

_SHIP: Final = """\
import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def root() -> str:
    return httpx.__version__
"""

_CHAT: Final = """\
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/chat")
async def chat(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()
"""

_TRANSPORT: Final = """\
import httpcore
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def root() -> str:
    return httpcore.__version__
"""

EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "HFS301": Explanation(
        why=(
            "The Hub builds from a fresh clone. A requirements file that .gitignore names, that was never "
            "committed, or whose name differs in case, is there on your machine and not in the build, "
            'which ends with "Could not open requirements file: [Errno 2] No such file or directory", or '
            'with Docker\'s misleading "cache miss" at the COPY before it.'
        ),
        sources=("spaces-dependencies", "spaces-sdks-docker"),
        wrong={"requirements.txt": None},
        right={"requirements.txt": "fastapi>=0.115,<1\nuvicorn>=0.30,<1\n"},
        leaves="a gradio Space without requirements.txt, and a file that a step of the build may have made.",
    ),
    "HFS303": Explanation(
        why=(
            "The Space has the packages that requirements.txt names, and those that come with them: nothing "
            "else of what your environment collected. Imports are followed from the start command; what "
            "comes with a package is read from the metadata of the interpreter that the app runs in, extras "
            "counted. Also looked at: modules that the Space's Python has no more (audioop, cgi, distutils), "
            "and what libraries import only when they are asked: python-multipart for forms, "
            "email-validator for EmailStr, greenlet for SQLAlchemy's asyncio, the driver of a database URL."
        ),
        sources=("spaces-dependencies", "field"),
        wrong={"main.py": _SHIP},
        right={
            "requirements.txt": "fastapi>=0.115,<1\nhttpx>=0.27,<1\nuvicorn>=0.30,<1\n",
            "main.py": _SHIP,
        },
        leaves=(
            "imports whose ImportError is caught, under TYPE_CHECKING or a condition, in tests, in a main() "
            "for terminals. An import in a function is a warning, as nobody knows whether it is reached. "
            "Nothing is said where a declared package is not installed here, or an install step is not "
            "understood."
        ),
    ),
    "HFS304": Explanation(
        why=(
            "A package that is there only because another one needs it leaves with that one's next release, "
            "and the build after that has an app that does not start. Spaces of the gradio SDK have lost "
            "requests, pandas and numpy so."
        ),
        sources=("spaces-dependencies", "field"),
        wrong={
            "requirements.txt": "fastapi>=0.115,<1\nhttpx>=0.27,<1\nuvicorn>=0.30,<1\n",
            "main.py": _TRANSPORT,
        },
        right={
            "requirements.txt": "fastapi>=0.115,<1\nhttpcore>=1,<2\nuvicorn>=0.30,<1\n",
            "main.py": _TRANSPORT,
        },
        leaves=(
            "couples whose parent's documentation tells to import the child (fastapi and starlette or "
            "pydantic, sqlmodel and sqlalchemy), what an extra names (jinja2 with fastapi[standard]), what "
            "the gradio SDK installs, and typing_extensions."
        ),
    ),
    "HFS305": Explanation(
        why=(
            "The Hub builds anew at every push, and installs what is newest on that day. Most Spaces that "
            'broke without a change of their own broke so: Starlette 1.0 answers "unhashable type: '
            "'dict'\" to old TemplateResponse calls, huggingface_hub 1.0 has no HfFolder, SQLAlchemy 2.1 "
            "brings no greenlet."
        ),
        sources=("field",),
        wrong={"requirements.txt": "fastapi>=0.115\nuvicorn>=0.30,<1\n"},
        right={"requirements.txt": "fastapi>=0.115,<1\nuvicorn>=0.30,<1\n"},
        leaves=(
            "packages without such a history. A pin, a URL, ~= and ==1.* are bounds, as are a constraints "
            "file and the lock file of the tool that installs."
        ),
    ),
    "HFS308": Explanation(
        why=(
            "The start command runs a server, and the image has one only if a requirement brings it. "
            "fastapi alone brings none: fastapi[standard] brings uvicorn and the fastapi command. On your "
            "machine any project may have installed it."
        ),
        sources=("spaces-sdks-docker", "field"),
        wrong={"requirements.txt": "fastapi>=0.115,<1\n"},
        right={"requirements.txt": "fastapi>=0.115,<1\nuvicorn>=0.30,<1\n"},
        leaves="python main.py: the program imports its server, and HFS303 looks at that.",
    ),
    "HFS321": Explanation(
        why=(
            "uvicorn speaks HTTP by itself, and WebSocket only through the package websockets or wsproto. "
            "Without one the app starts, and answers every handshake with 404; the only sign is a line in "
            'the log: "No supported WebSocket library detected". Test clients do not show it, as they '
            "talk to the app without a server."
        ),
        sources=("field",),
        wrong={"main.py": _CHAT},
        right={
            "requirements.txt": "fastapi>=0.115,<1\nuvicorn>=0.30,<1\nwebsockets>=13\n",
            "main.py": _CHAT,
        },
        leaves="Spaces of the gradio SDK, which installs websockets, and servers that bring their own.",
    ),
}
