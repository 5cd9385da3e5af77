"""4xx: would it come up, and be reachable?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation
from .start_server import EXPLANATIONS as _SERVER

_HEAD: Final = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
_ROOT: Final = '\n\n@app.get("/")\ndef root() -> str:\n    return "hello"\n'
_APP: Final = f"from fastapi import FastAPI\n\napp = FastAPI()\n{_ROOT}"
_LIFESPAN: Final = (
    "{}from contextlib import asynccontextmanager\n\nfrom fastapi import FastAPI\n\n\n"
    "@asynccontextmanager\nasync def lifespan(app: FastAPI):\n{}    yield\n\n\n"
    f"app = FastAPI(lifespan=lifespan)\n{_ROOT}"
)
_WORDS: Final = "from fastapi import FastAPI\n\n{}\napp = FastAPI()\n\n\n{}"
_TIMED_OUT: Final = (
    "The Hub connects to the app port from outside the container. While nothing answers there, the Space "
    'stays APP_STARTING; after 30 minutes it ends with "Launch timed out, workload was not healthy after '
    '30 min".'
)


def _cmd(*words: str) -> str:
    array = ", ".join(f'"{word}"' for word in words)
    return f"{_HEAD}CMD [{array}]\n"


def _serving(*words: str) -> str:
    return _cmd("uvicorn", "main:app", *words)


_PUBLIC: Final = ("--host", "0.0.0.0")  # noqa: S104 - what an example says

EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "HFS401": Explanation(
        why=(
            "The start command runs in the image, in its WORKDIR, and there the files lie where COPY has put "
            'them. A module that is not found there ends the container with "Error loading ASGI app. Could '
            'not import module "app.main"." or with ModuleNotFoundError.'
        ),
        sources=("field", "uvicorn"),
        wrong={"Dockerfile": _cmd("uvicorn", "app.main:app", *_PUBLIC, "--port", "7860")},
        right={"Dockerfile": _serving(*_PUBLIC, "--port", "7860")},
        leaves=(
            "Commands that start no server of Python, and scripts that the build makes: both are skipped "
            "with the reason."
        ),
    ),
    "HFS402": Explanation(
        why=(
            "uvicorn main:app takes the object called app out of the module main. Where there is none, or "
            'where it is no ASGI application, it says "Attribute "app" not found in module "main"." and the '
            "container ends."
        ),
        sources=("field", "uvicorn"),
        wrong={"main.py": _APP.replace("app = ", "api = ").replace("@app", "@api")},
        right={"main.py": _APP},
        leaves="Factories (--factory), and applications of other frameworks than FastAPI.",
    ),
    "HFS403": Explanation(
        why=(
            "The server imports the app before it listens. An exception then ends the container, and the "
            'Space shows a runtime error: "Exit code: 1. Reason: Traceback (most recent call last): …".'
        ),
        sources=("field",),
        wrong={"main.py": _APP.replace("app = FastAPI()", "app = FastAPI(routes=ROUTES)")},
        right={"main.py": _APP.replace("app = FastAPI()", "ROUTES = []\n\napp = FastAPI(routes=ROUTES)")},
        leaves=(
            "What fails only here: a package that is declared but not installed, a service that is not "
            "reachable, a path that only the image has. The rehearsal is then skipped with that reason. A "
            "setting that is missing is HFS420, a module that nothing declares HFS303."
        ),
    ),
    "HFS404": Explanation(
        why=(
            "uvicorn imports the module and starts its own server. A module that calls uvicorn.run itself "
            "never gives the control back, so that nothing listens on the port of the start command; one "
            "that exits ends the container."
        ),
        sources=("field",),
        wrong={"main.py": f"import uvicorn\n{_APP}\n\nuvicorn.run(app, port=8000)\n"},
        right={
            "main.py": (
                f'import uvicorn\n{_APP}\n\nif __name__ == "__main__":\n    uvicorn.run(app, port=8000)\n'
            )
        },
        leaves="A program (python main.py), which is there to start a server.",
    ),
    "HFS405": Explanation(
        why=(
            "Nothing listens before the import is through. A download, a login or a database at the top of a "
            "module makes every start wait for another host, and where that does not answer the app never "
            "comes up. Every wake-up of a sleeping Space is a start."
        ),
        sources=("spaces-config-reference", "field"),
        wrong={
            "main.py": _WORDS.format(
                'import urllib.request\n\nURL = "https://example.com/words"\n'
                "WORDS = urllib.request.urlopen(URL, timeout=9).read().split()",
                '@app.get("/")\ndef root() -> int:\n    return len(WORDS)\n',
            )
        },
        right={
            "main.py": _WORDS.format(
                'import urllib.request\nfrom functools import cache\n\nURL = "https://example.com/words"\n',
                "@cache\ndef words() -> list[bytes]:\n"
                "    return urllib.request.urlopen(URL, timeout=9).read().split()\n\n\n"
                '@app.get("/words")\ndef count() -> int:\n    return len(words())\n\n\n'
                '@app.get("/")\ndef root() -> str:\n    return "hello"\n',
            )
        },
        leaves=(
            "Connections in the lifespan (HFS805 asks whether it survives without them), and those of a "
            "library's own thread, which are a note."
        ),
    ),
    "HFS406": Explanation(
        why=(
            "What stands before yield in the lifespan runs before the server listens. An exception there "
            'ends the container, which says "Application startup failed. Exiting." last, in its log.'
        ),
        sources=("field", "uvicorn"),
        wrong={"main.py": _LIFESPAN.format("import json\n", '    app.state.limits = json.loads("")\n')},
        right={"main.py": _LIFESPAN.format("import json\n", '    app.state.limits = json.loads("{}")\n')},
        leaves="A service that is not reachable from here: the rehearsal is then skipped with that reason.",
    ),
    "HFS407": Explanation(
        why=(
            f"{_TIMED_OUT} startup_duration_timeout in README.md gives more time. What takes long is better "
            "done while the image is built, or after the app serves: every visitor of a sleeping Space "
            "waits for it."
        ),
        sources=("spaces-config-reference", "field"),
        wrong={"main.py": _LIFESPAN.format("import asyncio\n", "    await asyncio.Event().wait()\n")},
        right={
            "main.py": _LIFESPAN.format(
                "import asyncio\n",
                "    task = asyncio.create_task(asyncio.Event().wait())\n",
            )
        },
        leaves=(
            "A start of more than 10 s is a warning. The rehearsal waits as long as --hfspace-timeout "
            "says, not as long as the Hub."
        ),
    ),
    "HFS408": Explanation(
        why=(
            "A start that catches every exception comes up without its database, model or data. The Space "
            "shows RUNNING, and every visitor meets an error that nobody reads in the log."
        ),
        sources=("field",),
        wrong={
            "main.py": _WORDS.format(
                'import logging\n\ntry:\n    WORDS = open("words.txt").read()\nexcept OSError:\n'
                '    logging.exception("no words")\n    WORDS = ""\n',
                '@app.get("/")\ndef root() -> str:\n    return WORDS\n',
            )
        },
        right={
            "main.py": _WORDS.format(
                'WORDS = open("words.txt").read()\n', '@app.get("/")\ndef root() -> str:\n    return WORDS\n'
            ),
            "words.txt": "hello\n",
        },
        leaves=(
            "Errors of a service that is not reachable from here, and of settings that are not set, are "
            "a note. Tracebacks without a line of the repository are left alone."
        ),
    ),
    "HFS409": Explanation(
        why=f"{_TIMED_OUT} uvicorn listens on 127.0.0.1 unless it is told, which only the container reaches.",
        sources=("field", "uvicorn"),
        wrong={"Dockerfile": _serving("--port", "7860")},
        right={"Dockerfile": _serving(*_PUBLIC, "--port", "7860")},
        leaves="A server behind nginx or the like, which takes the Hub's connections in its place.",
    ),
    "HFS410": Explanation(
        why=(
            f"{_TIMED_OUT} The app port is 7860, or app_port of README.md; EXPOSE and the port in the log of "
            "the server decide nothing."
        ),
        sources=("spaces-config-reference", "spaces-sdks-docker", "field"),
        wrong={"Dockerfile": _serving(*_PUBLIC, "--port", "8000")},
        right={"Dockerfile": _serving(*_PUBLIC, "--port", "7860")},
        leaves="A port that a declared setting of the owner decides, and servers behind nginx or the like.",
    ),
    "HFS411": Explanation(
        why=(
            "Other platforms set PORT, the Hub does not: an app that asks for it gets a default or nothing. "
            f"{_TIMED_OUT}"
        ),
        sources=("spaces-overview", "field"),
        wrong={"Dockerfile": f"{_HEAD}CMD exec uvicorn main:app --host 0.0.0.0 --port ${{PORT:-8000}}\n"},
        right={"Dockerfile": f"{_HEAD}CMD exec uvicorn main:app --host 0.0.0.0 --port ${{PORT:-7860}}\n"},
        leaves="ENV PORT in the Dockerfile, and a PORT that the repository tells its owner to set.",
    ),
    "HFS412": Explanation(
        why=(
            'The container runs as user id 1000, which may not bind a port below 1024: "bind() to 0.0.0.0:80 '
            'failed (13: Permission denied)".'
        ),
        sources=("spaces-sdks-docker", "field"),
        wrong={"Dockerfile": _serving(*_PUBLIC, "--port", "80")},
        right={"Dockerfile": _serving(*_PUBLIC, "--port", "7860")},
    ),
    "HFS415": Explanation(
        why=(
            "A CMD that is a JSON list is run without a shell, and only a shell replaces variables. The "
            "server is given the text and ends: it says \"Invalid value for '--port': '$PORT' is not a valid "
            'integer." in its log.'
        ),
        sources=("Dockerfile reference", "field"),
        wrong={"Dockerfile": _serving(*_PUBLIC, "--port", "$PORT")},
        right={"Dockerfile": _serving(*_PUBLIC, "--port", "7860")},
        leaves='A shell in the list, which does replace them: ["sh", "-c", "exec uvicorn … --port $PORT"].',
    ),
    "HFS419": Explanation(
        why=(
            "A program has to start a server and to go on running. One that only makes the app ends at once; "
            f"one that waits for something else never listens. {_TIMED_OUT}"
        ),
        sources=("field",),
        wrong={"Dockerfile": _cmd("python", "main.py")},
        right={
            "Dockerfile": _cmd("python", "main.py"),
            "main.py": (
                f'import uvicorn\n{_APP}\n\nif __name__ == "__main__":\n'
                '    uvicorn.run(app, host="0.0.0.0", port=7860)\n'
            ),
        },
        leaves="A server that is not uvicorn, once it listens: its routes are then not rehearsed.",
    ),
    "HFS420": Explanation(
        why=(
            "A duplicated or new Space has only the variables and secrets that its owner sets. What start-up "
            "cannot do without must be written down where the owner reads it; the container ends with "
            "KeyError, or with a ValidationError of pydantic."
        ),
        sources=("spaces-overview", "field"),
        wrong={
            "main.py": _WORDS.format(
                'import os\n\nLIMIT = int(os.environ["QUERY_LIMIT"])\n',
                '@app.get("/")\ndef root() -> int:\n    return LIMIT\n',
            )
        },
        right={
            "main.py": _WORDS.format(
                'import os\n\nLIMIT = int(os.environ["QUERY_LIMIT"])\n',
                '@app.get("/")\ndef root() -> int:\n    return LIMIT\n',
            ),
            ".env.example": "QUERY_LIMIT=10\n",
        },
        leaves=(
            "Settings with a default, those that .env.example, README.md or an ENV of the Dockerfile names, "
            "and those that the app reads when it is asked for something."
        ),
    ),
    "HFS421": Explanation(
        why=(
            'The Hub ends a container that takes more memory than its hardware has: "Memory limit exceeded '
            '(16Gi)", exit code 137. The free hardware, cpu-basic, has 16 GB. What is compared is the most '
            "that the app took in the rehearsal, times its workers; over half is a warning."
        ),
        sources=("spaces-overview", "spaces-gpus", "field"),
        wrong={"main.py": f'{_APP}\n\nTABLE = b"x" * (17 * 2**30)\n'},
        right={"main.py": f'{_APP}\n\nTABLE = b"x" * 2**20\n'},
        leaves=(
            "What a Space really runs on is set on the Hub: suggested_hardware of README.md is taken for it, "
            "else cpu-basic. Memory of a GPU, and of processes that the app starts, is not looked at."
        ),
    ),
    **_SERVER,
}
