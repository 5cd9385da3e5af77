# ruff: noqa: INP001 - a script, which belongs to no package
"""Takes the pictures of the board for README.md, light and dark: ``python docs/screenshots.py``.

It fills a board of its own with the runs of made-up Spaces and looks at it with Chromium.  It needs
``pip install playwright`` and a Chromium of the system; ``--serve`` keeps the board running instead.

The pictures are PNG inside of SVG: the Hub refuses a push with a binary file outside of LFS and Xet
(HFS202), and this repository is a Space.
"""

from __future__ import annotations

import base64
import itertools
import json
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final
from unittest import mock

ROOT: Final = Path(__file__).resolve().parents[1]
#: Run from a checkout, whatever is installed.
sys.path.insert(0, str(ROOT))

import uvicorn  # noqa: E402 (after the path is set)

from backend import store  # noqa: E402
from backend.app import create_app  # noqa: E402
from backend.database import make_engine, migrate, writer_of  # noqa: E402
from backend.report import Stage, read  # noqa: E402
from backend.settings import Settings  # noqa: E402

PORT: Final = 7861
WIDTH: Final = 1280

#: What is looked at, what the picture is called, and how much of it is shown, in pixels.
PICTURES: Final = (("/", "board-overview", 860), ("/spaces/aurora-labs/speech", "board-space", 1120))
#: How the pictures in light and in dark are told apart.
SCHEMES: Final = (("light", ".svg"), ("dark", "-dark.svg"))

Code = str
#: Level, name, stage, message, hint, consequence, file and line of what the checks find.
FINDINGS: Final[dict[Code, tuple[str, str, str, str, str, str, str, int]]] = {
    "HFS301": (
        "error",
        "requirements-missing",
        "BUILD_ERROR",
        "the Dockerfile installs requirements/base.txt, which is not tracked",
        "git add requirements/base.txt",
        "The build ends at this line.",
        "Dockerfile",
        9,
    ),
    "HFS303": (
        "error",
        "dependency-undeclared",
        "RUNTIME_ERROR",
        "soundfile is imported, and no requirements file names it",
        "add soundfile to requirements.txt",
        "The build goes through, and the app ends with ModuleNotFoundError.",
        "speech/audio.py",
        4,
    ),
    "HFS410": (
        "error",
        "port-mismatch",
        "APP_STARTING",
        "the server listens on port 8000, the Hub connects to 7860",
        "write --port 7860 in the start command, or app_port: 8000 in README.md",
        "The Hub waits 30 minutes for the app port to answer, then stops the Space.",
        "Dockerfile",
        14,
    ),
    "HFS413": (
        "warn",
        "reload",
        "RUNNING",
        "the start command has --reload",
        "remove --reload",
        "Two processes run where one would do, and every file that the app writes may restart it.",
        "Dockerfile",
        14,
    ),
    "HFS501": (
        "error",
        "route-answers",
        "RUNNING",
        "POST /v1/speech raised KeyError: 'voice' at speech/api.py:52, wanted an answer",
        "answer 422 where a voice is not known",
        'The Space runs, and whoever uses this route gets "Internal Server Error".',
        "speech/api.py",
        52,
    ),
}

#: The made-up Spaces: their runs, and from the latest back what so many of them found.
SPACES: Final[list[tuple[str, int, list[tuple[int, list[Code]]]]]] = [
    (
        "aurora-labs/speech",
        64,
        [
            (3, ["HFS410", "HFS501", "HFS413"]),
            (1, ["HFS501", "HFS413"]),
            (16, ["HFS413"]),
            (4, ["HFS303"]),
            (9, []),
            (2, ["HFS301"]),
        ],
    ),
    ("aurora-labs/atlas", 88, [(41, []), (2, ["HFS410"])]),
    ("mira/chess-coach", 21, [(5, []), (7, ["HFS410", "HFS413"])]),
    ("aurora-labs/translate", 52, [(1, ["HFS410"])]),
    ("studio-nord/palette", 71, []),
    ("aurora-labs/ocr", 47, [(12, ["HFS413"]), (1, ["HFS303"])]),
    ("aurora-labs/music", 9, [(1, ["no torch"]), (4, []), (3, ["HFS301"])]),
    ("studio-nord/poster", 33, [(8, ["HFS301"])]),
    ("mira/recipes", 6, []),
]

#: Method, path, place, status and seconds of the made-up routes.
ROUTES: Final = (
    ("GET", "/", "main.py:21", 200, 0.003),
    ("GET", "/health", "main.py:26", 200, 0.001),
    ("GET", "/voices", "speech/api.py:31", 200, 0.012),
    ("POST", "/v1/speech", "speech/api.py:48", 200, 0.212),
    ("GET", "/v1/speech/{job_id}", "speech/api.py:77", 200, 0.044),
    ("GET", "/admin", "speech/admin.py:9", 401, 0.001),
)

#: Without these nothing can be run.
_DEADLY: Final = {"HFS301", "HFS303", "no torch"}


def document(space: str, run: int, codes: list[Code]) -> dict[str, Any]:
    """A report that found these."""
    found = [_check(code) for code in codes if code in FINDINGS]
    errors = [check["predicts"] for check in found if check["outcome"] == "failed"]
    stages = [stage.value for stage in Stage]
    passed = [_passed(f"HFS{number}") for number in (*range(101, 113), *range(201, 211), *range(401, 409))]
    return {
        "schema": 1,
        "contract": "2026-08",
        "version": "0.1.0",
        "id": f"{space.replace('/', '-')}-{run}",
        "space": {
            "root": space.partition("/")[2],
            "sdk": "docker",
            "app": "main:app",
            "port": 7860,
            "launch": ["uvicorn", "main:app", "--port", "8000" if "HFS410" in codes else "7860"],
            "files": 41,
            "id": space,
        },
        "stage": None if "no torch" in codes else min(errors, key=stages.index, default="RUNNING"),
        "ready": not errors and "no torch" not in codes,
        "confidence": "none" if "no torch" in codes else "high",
        "not_rehearsed": ["the app: torch is not installed"] if "no torch" in codes else [],
        "checks": [*passed, *found],
        "routes": [_route(route, codes) for route in ROUTES],
        "waivers": [],
        "requires": [],
        "environment": [
            {
                "name": "MODEL_NAME",
                "secret": False,
                "required": False,
                "default": True,
                "documented": True,
                "where": ["speech/settings.py:7"],
            }
        ],
        "timings": {"export": 0.02, "import": 0.91, "startup": 0.11, "visits": 0.44, "total": 2.4},
        "peak_rss_mb": 118.0,
    }


def _passed(code: Code) -> dict[str, Any]:
    return {
        "code": code,
        "name": "made-up",
        "level": "error",
        "predicts": "RUNNING",
        "outcome": "passed",
        "reason": "",
        "route": None,
        "seconds": 0.001,
        "findings": [],
    }


def _check(code: Code) -> dict[str, Any]:
    level, name, stage, message, hint, consequence, path, line = FINDINGS[code]
    return _passed(code) | {
        "name": name,
        "level": level,
        "predicts": stage,
        "outcome": "failed" if level == "error" else "warned",
        "route": "POST /v1/speech" if code == "HFS501" else None,
        "findings": [
            {"message": message, "hint": hint, "consequence": consequence, "path": path, "line": line}
            | {"level": level, "waived": ""}
        ],
    }


def _route(route: tuple[str, str, str, int, float], codes: list[Code]) -> dict[str, Any]:
    method, path, endpoint, status, seconds = route
    asked = not _DEADLY & set(codes)
    if method == "POST" and "HFS501" in codes:
        status = 500
    answered = {401: "guarded", 500: "failed"}.get(status, "answered")
    return {
        "method": method,
        "path": path,
        "endpoint": endpoint,
        "status": status if asked else None,
        "seconds": seconds if asked else 0,
        "outcome": answered if asked else "skipped",
    }


def runs(now: datetime) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Every run of every made-up Space, with the moment at which it came."""
    chance = random.Random(7)  # noqa: S311 (the same pictures every time)
    for place, (space, number, told) in enumerate(SPACES):
        kinds = [codes for length, codes in told for _ in range(length)]
        moments = [now - timedelta(minutes=4 + 47 * place)]
        while len(moments) < number:
            moments.append(moments[-1] - timedelta(minutes=chance.randint(150, 1400)))
        for back in reversed(range(number)):
            codes = kinds[back] if back < len(kinds) else []
            yield moments[back], document(space, number - back, codes)


def fill(settings: Settings) -> None:
    """Store the runs as if they had come in the last weeks."""
    engine = make_engine(settings.database_url)
    migrate(engine)
    with writer_of(engine).begin() as connection:
        for moment, made in runs(datetime.now(timezone.utc)):
            submission = read(json.dumps(made).encode())
            with mock.patch.object(store, "now", return_value=moment):
                store.store(connection, [submission], settings.history_of)
    engine.dispose()


@contextmanager
def serve(settings: Settings) -> Iterator[str]:
    """A board in a thread of its own; gives its address."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings), port=PORT, log_level="warning", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.05)
        yield f"http://127.0.0.1:{PORT}"
    finally:
        server.should_exit = True
        thread.join()


_SVG: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<image width="{width}" height="{height}" href="data:image/png;base64,{encoded}"/>
</svg>
"""


def take(address: str) -> None:
    """Write the pictures."""
    from playwright.sync_api import sync_playwright

    images = ROOT / "docs" / "images"
    images.mkdir(exist_ok=True)
    with sync_playwright() as started:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = started.chromium.launch(executable_path=path)
        for (page_path, name, height), (scheme, ending) in itertools.product(PICTURES, SCHEMES):
            page = browser.new_page(viewport={"width": WIDTH, "height": height}, color_scheme=scheme)
            page.goto(address + page_path)
            page.wait_for_selector("#live[data-state=on]")
            encoded = base64.b64encode(page.screenshot()).decode("ascii")
            picture = _SVG.format(width=WIDTH, height=height, encoded=encoded)
            (images / f"{name}{ending}").write_text(picture, "utf-8")
            page.close()
        browser.close()


def main() -> None:
    """Fill a board, and look at it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            database_url=f"sqlite:///{folder}/board.db", board_tokens="made-up", board_title="Readiness board"
        )
        fill(settings)
        with serve(settings) as address:
            if "--serve" in sys.argv[1:]:
                print(f"{address} until interrupted")  # noqa: T201 (a script)
                threading.Event().wait()
            take(address)


if __name__ == "__main__":
    main()
