"""4xx: does the server that is started suit a container behind a proxy?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation

_HEAD: Final = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
_SERVE: Final = "uvicorn main:app --host 0.0.0.0 --port 7860"
_LISTENS: Final = (
    "import asyncio\nfrom contextlib import asynccontextmanager\n\nfrom fastapi import FastAPI\n\n\n"
    "async def tell(reader, writer) -> None:\n    writer.close()\n\n\n"
    "@asynccontextmanager\nasync def lifespan(app: FastAPI):\n"
    '    async with await asyncio.start_server(tell, "{}", 9100):\n        yield\n\n\n'
    "app = FastAPI(lifespan=lifespan)\n"
)


def _exec(more: str = "") -> str:
    words = ", ".join(f'"{word}"' for word in f"{_SERVE} {more}".split())
    return f"{_HEAD}CMD [{words}]\n"


EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "HFS413": Explanation(
        why=(
            "The reloader watches the sources and starts the app again when one changes. On a Space none "
            "does, but for what the app itself writes beside them: it then restarts again and again. A "
            "second process runs for it all the time."
        ),
        sources=("uvicorn", "field"),
        wrong={"Dockerfile": _exec("--reload")},
        right={"Dockerfile": _exec()},
        leaves=(
            "reload=True that a variable turns on which the Space does not have. uvicorn.run(app, "
            "reload=True), with the app itself and not its name, is an error: uvicorn refuses to start."
        ),
    ),
    "HFS414": Explanation(
        why=(
            "Every worker loads the app again. cpu-basic has 2 vCPU and 16 GB, so that more than a few only "
            "wait for each other, start later and run out of memory sooner. os.cpu_count() and nproc tell "
            "the cores of the whole host, not those of the container: 2 * cores + 1 can be a hundred. "
            "Workers share no variables, and a session kept in one is absent from the next."
        ),
        sources=("spaces-overview", "gunicorn", "field"),
        wrong={"Dockerfile": _exec("--workers 8")},
        right={"Dockerfile": _exec("--workers 2")},
        leaves=(
            "Up to two workers for each vCPU and one more, as gunicorn advises. The hardware is that of "
            "suggested_hardware in README.md, else cpu-basic: what the Space really runs on is set on the "
            "Hub. The Space's own variable CPU_CORES tells it."
        ),
    ),
    "HFS416": Explanation(
        why=(
            "Docker runs a CMD without brackets by /bin/sh -c. Debian's sh stays the first process, gets "
            "SIGTERM in the server's place and does not hand it on: the app is killed without the second "
            "half of its lifespan."
        ),
        sources=("Dockerfile reference", "field"),
        wrong={"Dockerfile": f"{_HEAD}CMD {_SERVE}\n"},
        right={"Dockerfile": f"{_HEAD}CMD exec {_SERVE}\n"},
        leaves="Alpine's sh, which makes way by itself, dumb-init, tini -g, scripts that trap the signal.",
    ),
    "HFS417": Explanation(
        why=(
            "Visitors speak TLS to the Hub's edge, and the edge plain HTTP to the app. A server that expects "
            "TLS itself understands none of it, and visitors see 502."
        ),
        sources=("spaces-sdks-docker", "field"),
        wrong={"Dockerfile": _exec("--ssl-keyfile key.pem --ssl-certfile cert.pem")},
        right={"Dockerfile": _exec()},
        leaves="TLS that the app speaks to other hosts, and options such as --ssl-ciphers alone.",
    ),
    "HFS418": Explanation(
        why=(
            "The Hub forwards one port, and EXPOSE of others changes nothing. Another listener on 0.0.0.0 "
            "is meant for somebody outside, who cannot reach it."
        ),
        sources=("spaces-sdks-docker", "field"),
        wrong={"main.py": _LISTENS.format("0.0.0.0")},  # noqa: S104 - what an example says
        right={"main.py": _LISTENS.format("127.0.0.1")},
        leaves=(
            "Listeners on 127.0.0.1, ports that are only tried, and EXPOSE. Programs that the start command "
            "runs beside the server are not rehearsed: the check is then skipped."
        ),
    ),
}
