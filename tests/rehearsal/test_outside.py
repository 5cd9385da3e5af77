"""What an app asks of what lies outside it: services, itself on its own port, its .env file, settings
that only a route needs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_hfspace.rehearsal import Rehearsal

from .rehearse import CARD, Case, routes, side_by_side

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a rehearsal needs POSIX")

BARE = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
"""

UVICORN = '"uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"'


def only(tmp_path: Path, case: Case) -> Rehearsal:
    (seen,) = side_by_side(tmp_path, {"space": case}).values()
    assert (seen.failure, seen.impossible) == (None, "")
    return seen


# -- services that cannot be reached

ASKS = {
    # the app's code, and where it says that it tried to go
    "loop": "await asyncio.get_running_loop().create_connection(asyncio.Protocol, 'name.invalid', 5432)",
    "stream": "await asyncio.open_connection('name.invalid', 5432)",
    "socket": "__import__('socket').create_connection(('name.invalid', 5432), timeout=3)",
    "address": "await asyncio.open_connection('127.0.0.1', 1)",
}


def asking(statement: str, command: str = "", handled: str = "") -> Case:
    case = routes(f"async def odd(request):\n    {statement}\n    return PlainTextResponse('asked')\n")
    if handled:
        case = routes(
            f"async def odd(request):\n    try:\n        {statement}\n    except OSError:\n        pass\n"
            f"    return PlainTextResponse('without', status_code={handled})\n"
        )
    return Case(case.code, command=f"[{UVICORN}{command}]")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsal]:
    cases = {name: asking(statement) for name, statement in ASKS.items()}
    for loop in ("auto", "asyncio", "uvloop"):
        cases[f"--loop {loop}"] = asking(ASKS["stream"], f', "--loop", "{loop}"')
    cases["answered 502"] = asking(ASKS["stream"], handled="502")
    cases["answered 200"] = asking(ASKS["stream"], handled="200")
    cases["another error"] = asking("raise ValueError('name.invalid:5432')")
    return side_by_side(tmp_path_factory.mktemp("asked"), cases)


@pytest.mark.parametrize("name", [*ASKS, "--loop auto", "--loop asyncio", "--loop uvloop", "answered 502"])
def test_what_could_not_be_reached_is_named(asked: dict[str, Rehearsal], name: str) -> None:
    if name == "--loop uvloop":
        pytest.importorskip("uvloop")
    (visit,) = asked[name].of("GET /odd")
    assert visit.unreachable == ("127.0.0.1:1" if name == "address" else "name.invalid:5432")
    assert (visit.status, visit.raised is None) == ((502, True) if name == "answered 502" else (500, False))
    assert [other.unreachable for other in asked[name].of("GET /zz")] == [""]


@pytest.mark.parametrize(("name", "status"), [("answered 200", 200), ("another error", 500)])
def test_what_does_not_fail_for_it_is_not_excused_by_it(
    asked: dict[str, Rehearsal], name: str, status: int
) -> None:
    (visit,) = asked[name].of("GET /odd")
    assert (visit.status, visit.unreachable) == (status, "")


# -- an app that asks itself

ITSELF = """
def read(url):
    import urllib.request
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read()

async def odd(request):
    url = "http://{address}/zz"
    return PlainTextResponse(b"itself: " + await asyncio.to_thread(read, url))
"""


@pytest.fixture(scope="module")
def itself(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsal]:
    addresses = ("127.0.0.1:7860", "localhost:7860", "0.0.0.0:7860", "127.0.0.1:1")
    cases = {address: routes(ITSELF.replace("{address}", address)) for address in addresses}
    return side_by_side(tmp_path_factory.mktemp("itself"), cases)


@pytest.mark.parametrize("address", ["127.0.0.1:7860", "localhost:7860", "0.0.0.0:7860"])
def test_an_app_that_asks_itself_is_answered(itself: dict[str, Rehearsal], address: str) -> None:
    (visit,) = itself[address].of("GET /odd")
    assert (visit.status, visit.body, visit.raised) == (200, b"itself: fine", None)


def test_an_app_that_asks_another_port_of_its_own_host_is_not(itself: dict[str, Rehearsal]) -> None:
    (visit,) = itself["127.0.0.1:1"].of("GET /odd")
    assert (visit.status, visit.unreachable) == (500, "127.0.0.1:1")


# -- the .env file

LOADS = (
    "import os\nfrom dotenv import load_dotenv\nfound = load_dotenv()\n"
    "print('found', found, os.getenv('FROM_FILE'), os.getenv('PYTHON_DOTENV_DISABLED'), flush=True)\n"
)
ENV = {".env": "FROM_FILE=file\n"}
PARTS = f"FROM python:3.12-slim\nWORKDIR /app\nCOPY main.py .\nCMD [{UVICORN}]\n"
WITH_ENV = PARTS.replace("main.py .", "main.py .env ./")

#: files, and what the app then prints
DOTENV: dict[str, tuple[dict[str, str], str]] = {
    "no file": ({}, "found False None 1"),
    "tracked and copied": (ENV, "found True file None"),
    "copied by name": ({**ENV, "Dockerfile": WITH_ENV}, "found True file None"),
    "tracked and not copied": ({**ENV, "Dockerfile": PARTS}, "found False None 1"),
    "ignored by the build": ({**ENV, ".dockerignore": ".env\n"}, "found False None 1"),
    "an example": ({".env.example": "FROM_FILE=file\n"}, "found False None 1"),
}


@pytest.fixture(scope="module")
def dotenv(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsal]:
    pytest.importorskip("dotenv")
    directory = tmp_path_factory.mktemp("dotenv")
    # what a search that climbs out of the rehearsal must not find
    (directory / ".env").write_text("FROM_FILE=outside\n")
    return side_by_side(
        directory, {name: Case(LOADS + BARE, files=files) for name, (files, _) in DOTENV.items()}
    )


@pytest.mark.parametrize("name", DOTENV)
def test_a_dotenv_file_is_found_where_it_is_in_the_image(dotenv: dict[str, Rehearsal], name: str) -> None:
    seen = dotenv[name]
    assert (seen.failure, seen.impossible) == (None, "")
    assert [line for line in seen.output.splitlines() if line.startswith("found")] == [DOTENV[name][1]]


# -- settings that only a route needs

LAZY = "async def odd(request):\n    return PlainTextResponse('with ' + os.environ['{name}'])\n"


def lazy(name: str, files: dict[str, str], rest: str = "") -> Case:
    return Case(routes(LAZY.replace("{name}", name) + rest).code, files=files)


@pytest.fixture(scope="module")
def lazily(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsal]:
    declared = {".env.example": "API_KEY=\nREGION_NAME=north\n"}
    other = (
        "\nasync def fine(request):\n    return PlainTextResponse(os.environ.get('REGION_NAME', 'unset'))\n"
    )
    return side_by_side(
        tmp_path_factory.mktemp("lazily"),
        {
            "declared": lazy("API_KEY", declared, other),
            "declared with a value": lazy("REGION_NAME", declared),
            "in the card's text": lazy("API_KEY", {"README.md": f"{CARD}\nSet `API_KEY` as a secret.\n"}),
            "undeclared": lazy("OTHER_KEY", declared, other),
            "a key of a dict": Case(
                routes(
                    "async def odd(request):\n    os.getenv('API_KEY')\n"
                    "    return PlainTextResponse({}['REGION_NAME'])\n"
                ).code,
                files=declared,
            ),
        },
    )


@pytest.mark.parametrize("name", ["declared", "declared with a value", "in the card's text"])
def test_a_declared_setting_of_a_route_is_stood_in_for(lazily: dict[str, Rehearsal], name: str) -> None:
    seen = lazily[name]
    (visit,) = seen.of("GET /odd")
    assert (visit.status, visit.raised) == (200, None)
    assert visit.body.startswith(b"with ")
    assert (visit.body == b"with north") is (name == "declared with a value")
    (stand_in,) = seen.stand_ins
    assert stand_in.name == ("REGION_NAME" if name == "declared with a value" else "API_KEY")
    assert stand_in.where is not None
    assert stand_in.where.path == "main.py"
    if name == "declared":  # what no route failed for is not stood in for
        assert {each.body for each in seen.of("GET /zz")} == {b"unset"}
    # one visit of each, none twice, and those that lacked nothing kept
    assert [each.status for each in seen.of("GET /zz")] == [200]
    assert [each.status for each in seen.of("GET /")] == [200]
    assert seen.shutdown is not None
    assert not seen.shutdown.timed_out


@pytest.mark.parametrize("name", ["undeclared", "a key of a dict"])
def test_what_nobody_would_know_to_set_stays_a_failure(lazily: dict[str, Rehearsal], name: str) -> None:
    seen = lazily[name]
    (visit,) = seen.of("GET /odd")
    assert visit.status == 500
    assert visit.raised is not None
    assert visit.raised.kind == "KeyError"
    assert seen.stand_ins == ()
    assert [each.status for each in seen.of("GET /zz")] == [200]
