"""8xx: storage, network, life cycle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation

_HEAD: Final = "FROM python:3.12-slim\nRUN pip install fastapi uvicorn\n"
_USER: Final = "RUN useradd -m -u 1000 user\n"
_START: Final = 'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]\n'
_ROOTS: Final = f"{_HEAD}{_USER}WORKDIR /app\nCOPY . .\nUSER user\n{_START}"
_OWN: Final = f"{_HEAD}{_USER}USER user\nENV HOME=/home/user\nWORKDIR /home/user/app\nCOPY . .\n{_START}"
_ROUTE: Final = '\n\n@app.get("/")\ndef root() -> str:\n    return "hello"\n'
_APP: Final = f"from fastapi import FastAPI\n\napp = FastAPI(){_ROUTE}"

_WRITES: Final = 'with open("visits.txt", "w") as file:\n    file.write("0")\n'
_CACHES: Final = (
    'from pathlib import Path\n\ncache = Path.home() / ".cache" / "models"\n'
    "cache.mkdir(parents=True, exist_ok=True)\n"
)
_KEEPS: Final = "import os\nimport sqlite3\n\ndatabase = sqlite3.connect({})\n"
_MAIL: Final = (
    "import smtplib\nimport urllib.request\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
    '@app.get("/")\ndef root() -> str:\n    try:\n        {}\n'
    '    except OSError:\n        return "not sent"\n    return "sent"\n'
)
_ASKS: Final = (
    "import urllib.request\n\ntry:\n"
    '    news = urllib.request.urlopen("http://example.com/news"{}).read()\n'
    'except OSError:\n    news = b""\n'
)
_STREAMS: Final = """\
import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import StreamingResponse


@asynccontextmanager
async def lifespan(app):
    yield
    print("saved")


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def root() -> StreamingResponse:
    async def ticks():
        while True:
            yield "tick\\n"
            await asyncio.sleep(1)

    return StreamingResponse(ticks())
"""
_LIFESPAN: Final = """\
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app):
    app.state.words = open("words.txt")
    yield
    app.state.{}.close()


app = FastAPI(lifespan=lifespan)
"""

EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "HFS801": Explanation(
        why=(
            "The Hub runs the container as user id 1000. Where the Dockerfile names that user, the rehearsal "
            "lets the app write only what its owners and modes allow, so that it fails here as it would "
            "there: PermissionError: [Errno 13] Permission denied, or for SQLite attempt to write a readonly "
            "database."
        ),
        sources=("spaces-sdks-docker", "field"),
        wrong={"Dockerfile": _ROOTS, "main.py": f"{_WRITES}{_APP}"},
        right={"Dockerfile": _OWN.replace("COPY .", "COPY --chown=user ."), "main.py": f"{_WRITES}{_APP}"},
        leaves=(
            "A refused write that the app survives is HFS315's warning. Without USER in the Dockerfile "
            "nothing is refused, because many such Spaces run: HFS314 warns of what the app writes. What the "
            "build leaves open is allowed."
        ),
    ),
    "HFS802": Explanation(
        why=(
            "The disk of a Space is that of its container. A restart, a rebuild and every sleep begin with "
            "what the image has: a database or an uploaded file is gone, and no error says so."
        ),
        sources=("spaces-storage", "field"),
        wrong={"main.py": f"{_KEEPS.format(repr('app.db'))}{_APP}".replace("import os\n", "")},
        right={
            "Dockerfile": f"{_HEAD}RUN mkdir -m 777 /data\nENV DATABASE=/data/app.db\nWORKDIR /app\n"
            f"COPY . .\n{_START}",
            "main.py": _KEEPS.format('os.environ["DATABASE"]') + _APP,
        },
        leaves=(
            "Files below /data and /tmp, caches, logs, a database that is in the repository. It is a note "
            "where a variable names the place, or a page of the repository says that it does not last."
        ),
    ),
    "HFS803": Explanation(
        why=(
            "Libraries keep what they download below ~/.cache. A user without an entry in /etc/passwd has "
            "the home /, which is root's, so that the first download ends with PermissionError: [Errno 13] "
            "Permission denied: '/.cache'."
        ),
        sources=("spaces-sdks-docker", "field"),
        wrong={
            "Dockerfile": f"{_HEAD}WORKDIR /app\nCOPY . .\nUSER 1000\n{_START}",
            "main.py": f"{_CACHES}{_APP}",
        },
        right={"Dockerfile": _OWN, "main.py": f"{_CACHES}{_APP}"},
        leaves="A Dockerfile without USER, of which HFS314 warns, and a cache that HF_HOME puts elsewhere.",
    ),
    "HFS804": Explanation(
        why=(
            "From a Space, ports 80, 443 and 8080 are reached. SMTP on 25, 465 or 587, Redis on 6379 and the "
            "like end in a time-out or in OSError: [Errno 101] Network is unreachable."
        ),
        sources=("spaces-overview", "field"),
        wrong={"main.py": _MAIL.format('smtplib.SMTP("smtp.example.com", 587, timeout=5)')},
        right={"main.py": _MAIL.format('urllib.request.urlopen("https://example.com/send", timeout=5)')},
        leaves=(
            "PostgreSQL on 5432 and 6543 is a note: the documentation does not list them, and they have been "
            "seen to work. What the rehearsal does not reach, and what a program of its own connects to, is "
            "not seen."
        ),
    ),
    "HFS805": Explanation(
        why=(
            "Without a time-out, a service that does not answer keeps the app from coming up: the Space "
            'shows "Starting" for 30 minutes and then fails, instead of saying at once what is missing. The '
            "app is started once more, with a network that answers nobody for 20 seconds."
        ),
        sources=("field",),
        wrong={"main.py": f"{_ASKS.format('')}{_APP}"},
        right={"main.py": f"{_ASKS.format(', timeout=1')}{_APP}"},
        leaves="An app that ends with an exception in that time: a note, since it says what it lacks.",
    ),
    "HFS806": Explanation(
        why=(
            "At every rebuild and restart the container gets SIGTERM, and is killed if it does not end. "
            "uvicorn waits for open connections without a limit, so that one visitor with a stream keeps the "
            "code after yield from ever running."
        ),
        sources=("field", "uvicorn"),
        wrong={"main.py": _STREAMS},
        right={
            "main.py": _STREAMS,
            "Dockerfile": (
                f"{_HEAD}WORKDIR /app\nCOPY . .\n"
                'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860", \\\n'
                '  "--timeout-graceful-shutdown", "5"]\n'
            ),
        },
        leaves=(
            "A stream that ends by itself within 5 seconds. It is a note where the app has nothing to do at "
            "its end. How long the Hub waits is not known."
        ),
    ),
    "HFS807": Explanation(
        why=(
            "What the code after yield should save or close is lost if it raises, at every rebuild and "
            "restart."
        ),
        sources=("ASGI, Lifespan Protocol",),
        wrong={"words.txt": "a\n", "main.py": _LIFESPAN.format("word") + _ROUTE},
        right={"words.txt": "a\n", "main.py": _LIFESPAN.format("words") + _ROUTE},
        leaves="CancelledError and KeyboardInterrupt, by which a server ends what is still at work.",
    ),
    "HFS808": Explanation(
        why=(
            "A container that ended is started again on its own disk. What the first start has made is there "
            "then: a folder, a table, a lock, a half-written file. The app is stopped and started once more."
        ),
        sources=("field",),
        wrong={"main.py": f'import os\n\nos.mkdir("work")\n{_APP}'},
        right={"main.py": f'import os\n\nos.makedirs("work", exist_ok=True)\n{_APP}'},
        leaves="An app that writes nothing, or only below /tmp, is not started again.",
    ),
    "HFS809": Explanation(
        why=(
            "/data is there only if the owner of the Space has attached a volume, and no duplicate of the "
            "Space has one. Without it: unable to open database file, [Errno 2] No such file or directory, "
            "or [Errno 30] Read-only file system: '/data'."
        ),
        sources=("spaces-storage", "spaces-config-reference", "field"),
        wrong={"main.py": _KEEPS.format('"/data/app.db"').replace("import os\n", "") + _APP},
        right={
            "main.py": (
                'import os\nimport sqlite3\n\nfolder = os.environ.get("DATA_DIR", "/tmp")\n'
                f'database = sqlite3.connect(f"{{folder}}/app.db")\n{_APP}'
            )
        },
        leaves=(
            "An app that asks whether it is there. It is a note where a page of the repository speaks of a "
            "volume at /data."
        ),
    ),
    "HFS810": Explanation(
        why=(
            "The container's output goes into a pipe, and Python keeps what is printed until 8 KiB have come "
            "together. The log of the Space then ends before the line that would explain an error."
        ),
        sources=("field", "Python, -u"),
        wrong={"main.py": f'print("the model is loaded")\n{_APP}'},
        right={
            "main.py": f'print("the model is loaded")\n{_APP}',
            "Dockerfile": f"{_HEAD}ENV PYTHONUNBUFFERED=1\nWORKDIR /app\nCOPY . .\n{_START}",
        },
        leaves="Logging and warnings, which go to standard error, print with flush=True, and python -u.",
    ),
}
