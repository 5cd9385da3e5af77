"""5xx: the routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation

_TOP: Final = "from fastapi import FastAPI{names}\n\napp = FastAPI()\n\n\n"
_PLAIN: Final = _TOP.format(names="")
_ROOT: Final = '@app.get("/")\ndef root() -> dict[str, str]:\n    return {"hello": "world"}\n'
_PAGE: Final = (
    "from fastapi import FastAPI\nfrom fastapi.responses import HTMLResponse\n\napp = FastAPI()\n\n\n"
    '@app.get("{path}", response_class=HTMLResponse)\ndef home() -> str:\n    return "<p>Hello</p>"\n'
)

EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "HFS501": Explanation(
        why=(
            "The Hub shows RUNNING as soon as the server listens; whether its routes work is seen by the "
            "first visitor. Every route is asked with a good request made from its schema, with an empty and "
            "a malformed body, and with a wrong bearer token. An exception that escapes the app is "
            '"Internal Server Error" for whoever comes.'
        ),
        sources=("field",),
        wrong={
            "main.py": _PLAIN + "ITEMS = {1: 'a chair'}\n\n\n"
            '@app.get("/items/{item_id}")\ndef item(item_id: int) -> str:\n    return ITEMS[item_id + 1]\n'
        },
        right={
            "main.py": _TOP.format(names=", HTTPException") + "ITEMS = {1: 'a chair'}\n\n\n"
            '@app.get("/items/{item_id}")\ndef item(item_id: int) -> str:\n'
            "    if item_id not in ITEMS:\n"
            '        raise HTTPException(404, "no such item")\n'
            "    return ITEMS[item_id]\n"
        },
        leaves=(
            "A deliberate 5xx is a warning that quotes it. What only needs a service or a setting that is "
            "not there in the rehearsal is no proof of a defect, and skipped or a warning. It is a note "
            "where the app has an answer for the outage, and a Space could reach the service; and where a "
            "route exists to fail, judging by its name and the line that raises: /sentry-debug."
        ),
    ),
    "HFS502": Explanation(
        why=(
            "Clients that are made from the OpenAPI document take an answer that it does not declare for a "
            "failure. FastAPI checks what a route returns against response_model, but not a Response object "
            "that the route makes itself."
        ),
        sources=("field",),
        wrong={
            "main.py": _PLAIN.replace("FastAPI\n", "FastAPI\nfrom fastapi.responses import JSONResponse\n", 1)
            + '@app.get("/")\ndef root() -> dict[str, int]:\n'
            '    return JSONResponse({"visits": "many"}, status_code=200)\n'
        },
        right={
            "main.py": _PLAIN + '@app.get("/")\ndef root() -> dict[str, int]:\n    return {"visits": 1}\n'
        },
        leaves=(
            "Redirects, 4xx answers, streams, and bodies of more than 64 KiB. A plain HTMLResponse where the "
            "document has FastAPI's own default, and bounds of length or number (seen where the package "
            "jsonschema is installed), are notes."
        ),
    ),
    "HFS503": Explanation(
        why=(
            "Starlette takes the first route that matches. One that is registered after a more general one, "
            "or after a mount at its path, is never reached: the other one answers, often with 422 or with "
            "index.html."
        ),
        sources=("field",),
        wrong={
            "main.py": _PLAIN
            + '@app.get("/items/{name}")\ndef item(name: str) -> str:\n    return name\n\n\n'
            '@app.get("/items/newest")\ndef newest() -> str:\n    return "newest"\n'
        },
        right={
            "main.py": _PLAIN + '@app.get("/items/newest")\ndef newest() -> str:\n    return "newest"\n\n\n'
            '@app.get("/items/{name}")\ndef item(name: str) -> str:\n    return name\n'
        },
        leaves="A parameter whose convertor (int, uuid) does not take the other route's word.",
    ),
    "HFS504": Explanation(
        why=(
            "An app whose routers were never included starts, is RUNNING, and answers every request with "
            '{"detail":"Not Found"}. So does one whose start command names another object than the one that '
            "has the routes."
        ),
        sources=("field",),
        wrong={
            "main.py": "from fastapi import APIRouter, FastAPI\n\napp = FastAPI()\nrouter = APIRouter()\n\n\n"
            '@router.get("/")\ndef root() -> dict[str, str]:\n    return {"hello": "world"}\n'
        },
        right={
            "main.py": "from fastapi import APIRouter, FastAPI\n\napp = FastAPI()\nrouter = APIRouter()\n\n\n"
            '@router.get("/")\ndef root() -> dict[str, str]:\n    return {"hello": "world"}\n\n\n'
            "app.include_router(router)\n"
        },
        leaves="What is mounted as a whole (static files, Gradio): its paths cannot be listed.",
    ),
    "HFS505": Explanation(
        why=(
            'The Space page shows "/" of the app in a frame. Where nothing answers there, the Space is '
            'RUNNING and its page shows {"detail":"Not Found"}; the log says "GET /?logs=container" 404.'
        ),
        sources=("spaces-embed", "field"),
        wrong={"main.py": _PAGE.format(path="/home")},
        right={"main.py": _PAGE.format(path="/")},
        leaves=(
            "Of an API, which has no page at all, this is a note. "
            'A card with "base_path: /docs" shows that path in place of "/": see HFS111.'
        ),
    ),
    "HFS506": Explanation(
        why=(
            "FastAPI makes the OpenAPI document when somebody asks for it, not when the app starts: /docs "
            'then says "Failed to load API definition", and clients cannot be made.'
        ),
        sources=("field",),
        wrong={
            "main.py": "from collections.abc import Callable\n\nfrom fastapi import FastAPI\n"
            "from pydantic import BaseModel\n\napp = FastAPI()\n\n\n"
            "class Job(BaseModel):\n    work: Callable[[], None]\n\n\n"
            '@app.post("/")\ndef add(job: Job) -> str:\n    return "added"\n'
        },
        right={
            "main.py": "from fastapi import FastAPI\nfrom pydantic import BaseModel\n\napp = FastAPI()\n\n\n"
            "class Job(BaseModel):\n    work: str\n\n\n"
            '@app.post("/")\ndef add(job: Job) -> str:\n    return "added"\n'
        },
        leaves="An app that publishes no document.",
    ),
    "HFS507": Explanation(
        why=(
            "A handler that raises cuts the visitor off with code 1011 or 1006, and nothing of it shows on "
            "the Space's page. Each WebSocket is opened; a handler that waits is sent a JSON object, with "
            "the keys that it asks for, and then text or bytes."
        ),
        sources=("field",),
        wrong={
            "requirements.txt": "fastapi>=0.115,<1\nuvicorn[standard]>=0.30,<1\n",
            "main.py": _TOP.format(names=", WebSocket")
            + '@app.websocket("/ws")\nasync def talk(socket: WebSocket) -> None:\n'
            '    await socket.send_text("hello")\n',
        },
        right={
            "requirements.txt": "fastapi>=0.115,<1\nuvicorn[standard]>=0.30,<1\n",
            "main.py": _TOP.format(names=", WebSocket")
            + '@app.websocket("/ws")\nasync def talk(socket: WebSocket) -> None:\n'
            '    await socket.accept()\n    await socket.send_text("hello")\n    await socket.close()\n',
        },
        leaves=(
            "A refusal, and what a handler raises because a message is not one that it understands: no "
            "schema tells what is."
        ),
    ),
    "HFS508": Explanation(
        why=(
            "A route that was only seen to refuse a request was not tested: what it does with a good one is "
            "unknown. It is listed, so that a green run does not promise more than was seen."
        ),
        sources=("field",),
        wrong={
            "main.py": _TOP.format(names=", HTTPException")
            + '@app.get("/")\ndef root(code: str) -> str:\n    if code != "4711":\n'
            '        raise HTTPException(400, "wrong code")\n    return "open"\n'
        },
        right={
            "main.py": _TOP.format(names=", HTTPException, Query")
            + '@app.get("/")\ndef root(code: str = Query(examples=["4711"])) -> str:\n'
            '    if code != "4711":\n'
            '        raise HTTPException(400, "wrong code")\n    return "open"\n'
        },
        leaves=(
            "What needs credentials is a note; hfspace_headers gives them. So is what answers 410, or 429 to "
            "every visitor."
        ),
    ),
    "HFS509": Explanation(
        why=(
            "The way from a browser to a Space has time-outs, and so have browsers and their users: answers "
            "that take longer than one or two minutes were seen to end as 504, and silent streams are cut "
            "after about 80 s."
        ),
        sources=("field",),
        wrong={
            "main.py": "import time\n\n" + _PLAIN + '@app.get("/report")\ndef report() -> str:\n'
            '    time.sleep(40)\n    return "done"\n'
        },
        right={
            "main.py": "import time\n\n"
            + _TOP.format(names=", BackgroundTasks")
            + "reports: list[str] = []\n\n\n"
            "def make() -> None:\n    time.sleep(0.1)\n    reports.append('done')\n\n\n"
            '@app.post("/report")\ndef order(tasks: BackgroundTasks) -> str:\n'
            '    tasks.add_task(make)\n    return "see /report"\n\n\n'
            '@app.get("/report")\ndef report() -> list[str]:\n    return reports\n'
        },
        leaves=(
            "A visit waits for a quarter of --hfspace-timeout, which is 30 s unless you say otherwise: what "
            "has not answered by then is HFS501's, and a larger --hfspace-timeout tells the two apart."
        ),
    ),
    "HFS510": Explanation(
        why=(
            "An async def runs on the event loop, which does nothing else until it awaits. While it sleeps, "
            "computes or asks another service without await, the server answers nobody, health probes "
            "included. A def runs in a thread, and the loop goes on."
        ),
        sources=("field",),
        wrong={
            "main.py": "import time\n\n" + _PLAIN + _ROOT + '\n\n@app.get("/slow")\n'
            "async def slow() -> str:\n    time.sleep(0.4)\n    return 'done'\n"
        },
        right={
            "main.py": "import time\n\n" + _PLAIN + _ROOT + '\n\n@app.get("/slow")\n'
            "def slow() -> str:\n    time.sleep(0.4)\n    return 'done'\n"
        },
        leaves=(
            "Only routes that take at least 0.15 s, and ten times as long as the quick one, are asked again. "
            "It is found if the quick one waits for the slow one twice in a row."
        ),
    ),
}
