"""The app in the test process: started once, asked from every kind of test."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from .project import SMALL, WARNINGS_ARE_ERRORS, Project, project

__all__ = ["project"]  # a fixture

TRIO = find_spec("trio") is not None
XDIST = pytest.mark.skipif(find_spec("xdist") is None, reason="pytest-xdist is not installed here")

SYNC = """
def test_sync(space_http):
    assert space_http.get("/").json()["greeting"] == "hello"

def test_lifespan(space_lifespan, space_app):
    assert space_app.state.loop.is_running()
"""
BODY = """
    assert (await space_client.get("/")).json()["greeting"] == "hello"
    await asyncio.sleep(0)
"""
ASYNCIO = f"""
import asyncio, pytest

@pytest.mark.asyncio
async def test_asyncio(space_client):{BODY}
@pytest.mark.asyncio
async def test_asyncio_again(space_client):{BODY}
@pytest.fixture
async def answer(space_client):
    yield await space_client.get("/")

@pytest.mark.asyncio
async def test_in_a_fixture(own_answer):
    assert own_answer.is_success
"""
STRICT = (
    ASYNCIO
    + """
import pytest_asyncio

@pytest_asyncio.fixture
async def own_answer(space_client):
    yield await space_client.get("/")
"""
)
AUTO = (
    STRICT
    + f"""
async def test_unmarked(space_client):{BODY}
"""
)
ANYIO = """
import pytest

@pytest.fixture
async def anyio_answer(space_client):
    yield await space_client.get("/")

@pytest.mark.anyio
async def test_anyio(space_client, anyio_answer):
    assert (await space_client.get("/")).json() == anyio_answer.json()
"""
BACKENDS = 2 if TRIO else 1


ONCE = ["started", "stopped"]


@pytest.mark.parametrize(
    ("tests", "asyncio", "anyio", "passed"),
    [
        pytest.param(SYNC, "", False, 2, id="no async plugin"),
        pytest.param(SYNC + STRICT, "strict", False, 5, id="asyncio strict"),
        pytest.param(SYNC + AUTO, "auto", False, 6, id="asyncio auto"),
        pytest.param(SYNC + ANYIO, "", True, 2 + BACKENDS, id="anyio"),
        pytest.param(SYNC + STRICT + ANYIO, "strict", True, 5 + BACKENDS, id="all, strict"),
    ],
)
def test_the_app_starts_once_for_every_kind_of_test(
    project: Project, tests: str, asyncio: str, anyio: bool, passed: int
) -> None:
    project.write(tests)
    result = project.run_apart(*WARNINGS_ARE_ERRORS, asyncio=asyncio, anyio=anyio)
    result.assert_outcomes(passed=passed)
    assert project.noted() == ONCE


def test_anyio_beside_asyncio_in_auto_mode(project: Project) -> None:
    # a fixture of anyio's is one of pytest-asyncio's as well in this mode: the test has none
    tests = ANYIO.replace(
        "@pytest.fixture",
        "@pytest.fixture\ndef anyio_answer(space_http):\n    return space_http.get('/')\n\n@pytest.mark.skip",
    ).replace("async def anyio_answer", "async def unused")
    project.write(SYNC + AUTO + tests)
    result = project.run_apart(*WARNINGS_ARE_ERRORS, asyncio="auto", anyio=True)
    assert project.noted() == ONCE
    result.assert_outcomes(passed=6 + BACKENDS)


@XDIST
def test_with_xdist_once_for_each_worker(project: Project) -> None:
    project.write(SYNC + "\n".join(f"def test_{number}(space_http): pass" for number in range(6)))
    result = project.run_apart("-n", "2", "--dist", "load")
    result.assert_outcomes(passed=8)
    assert sorted(project.noted()) == ["started"] * 2 + ["stopped"] * 2


def test_under_hfspace(project: Project) -> None:
    project.write(SYNC)
    result = project.run_apart("--hfspace", "--hfspace-select=HFS403", "test_own.py", "-v")
    result.stdout.fnmatch_lines(["*test_sync PASSED*", "*HFS403*PASSED*"])
    result.assert_outcomes(passed=3)
    assert project.noted() == ONCE


def test_nothing_is_started_for_tests_that_do_not_ask(project: Project) -> None:
    project.write("def test(space): assert space.port == 7860")
    project.run().assert_outcomes(passed=1)
    assert project.noted() == []


# -- the clients

CLIENTS = """
import httpx, pytest, threading

class Overheated(Exception): pass

def test_state_of_the_lifespan(space_http):
    assert space_http.get("/").json() == {
        "greeting": "hello", "base": "https://owner-name.hf.space/"
    }

def test_headers_and_body(space_http):
    answer = space_http.post("/echo", content=b"x" * 3_000_000, headers={"X-Word": "hi"})
    assert (answer.headers["x-word"], answer.headers["x-length"]) == ("hi", "3000000")
    assert answer.content == b"x" * 3_000_000

def test_a_body_in_parts(space_http):
    assert space_http.post("/echo", content=iter([b"a", b"b"])).content == b"ab"

def test_a_form(space_http):
    assert b"filename" in space_http.post("/echo", files={"file": ("a.txt", b"text")}).content

def test_a_compressed_answer(space_http):
    answer = space_http.get("/big")
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.json()["big"]) == 1_000_000

def test_cookies(space_http):
    assert space_http.get("/me").json() == {}
    space_http.get("/login")
    assert space_http.get("/me").json() == {"user": "ada"}
    space_http.cookies.clear()
    assert space_http.get("/me").json() == {}

def test_redirects(space_http):
    assert space_http.get("/old").headers["location"] == "/"
    assert space_http.get("/old", follow_redirects=True).url == "https://owner-name.hf.space/"

def test_exceptions(space_http):
    import main
    with pytest.raises(main.Overheated, match="^too hot$"):
        space_http.get("/fails")
    with pytest.raises(Exception) as late:  # a group of one in an old Starlette
        space_http.get("/fails-late")
    assert "Overheated('too late')" in repr(late.value)
    assert space_http.get("/").is_success

def test_errors_of_the_framework(space_http):
    assert space_http.get("/nothing").status_code == 404
    assert space_http.get("/items/x").status_code == 422

def test_two_at_a_time(space_http):
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(space_http.get("/wait").json()))
    waiting.start()
    assert space_http.get("/come").json() == "met"
    waiting.join()
    assert answers == ["met"]

def test_an_endless_stream_says_what_to_use(space_http):
    with pytest.raises(httpx.ReadTimeout, match=r"^no whole answer within 0\\.2 s \\(.*space_server\\)$"):
        space_http.get("/endless", timeout=0.2)
    assert space_http.get("/").is_success

def test_outlives_the_block(space_http):
    assert str(space_http.base_url) == "https://owner-name.hf.space"
"""


def test_the_synchronous_client(project: Project) -> None:
    project.write(CLIENTS)
    result = project.run()
    result.assert_outcomes(passed=12)
    assert project.noted() == ["started", "stream closed", "stopped"]


ASYNC_CLIENT = """
import asyncio
import httpx, pytest

pytestmark = pytest.mark.asyncio

async def parts():
    yield b"a"
    yield b"b"

async def test_a_body_in_parts(space_client):
    assert (await space_client.post("/echo", content=parts())).content == b"ab"

async def test_a_compressed_answer(space_client):
    assert len((await space_client.get("/big")).json()["big"]) == 1_000_000

async def test_exceptions(space_client):
    import main
    with pytest.raises(main.Overheated, match="too hot"):
        await space_client.get("/fails")

async def test_many_at_a_time(space_client):
    waits = [asyncio.ensure_future(space_client.get("/wait")) for _ in range(20)]
    await asyncio.sleep(0)
    assert (await space_client.get("/come")).json() == "met"
    assert {answer.json() for answer in await asyncio.gather(*waits)} == {"met"}

async def test_a_test_that_waits_no_longer(space_client):
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(space_client.get("/endless"), 0.2)
    assert (await space_client.get("/")).is_success

async def test_cookies(space_client):
    await space_client.get("/login")
    assert (await space_client.get("/me")).json() == {"user": "ada"}
"""


def test_the_asynchronous_client(project: Project) -> None:
    project.write(ASYNC_CLIENT)
    result = project.run_apart(asyncio="strict")
    result.assert_outcomes(passed=6)
    assert project.noted() == ["started", "stream closed", "stopped"]


def test_an_endpoint_that_exits_fails_one_test(project: Project) -> None:
    app = """\
import sys
from fastapi import FastAPI

app = FastAPI()

@app.get("/exit")
async def leave(): sys.exit(3)
"""
    tests = """
import pytest

def test_exit(space_http):
    with pytest.raises(SystemExit, match="^3$"):
        space_http.get("/exit")

def test_after(space_http): assert space_http.get("/docs").is_success
"""
    project.write(tests, {"main.py": app})
    project.run().assert_outcomes(passed=2)


# -- lifespans

FAILING = (
    "from fastapi import FastAPI\n\nasync def lifespan(app):\n    {}\n\napp = FastAPI(lifespan=lifespan)\n"
)


def small(app: str) -> dict[str, str]:
    return {**SMALL, "main.py": app}


def test_an_app_without_lifespan(project: Project) -> None:
    app = """\
async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
"""
    project.write('def test(space_http): assert space_http.get("/").status_code == 204', small(app))
    project.run().assert_outcomes(passed=1)


def test_a_startup_that_fails_is_seen_as_it_is(project: Project) -> None:
    app = FAILING.format("raise OSError('no disk'); yield")
    project.write("def test(space_http): pass\n\ndef test_two(space_client): pass", small(app))
    result = project.run("-W", "ignore::DeprecationWarning")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["E*OSError: no disk"])


def test_a_shutdown_that_fails_is_seen_as_it_is(project: Project) -> None:
    app = FAILING.format("yield; raise OSError('no disk')")
    project.write("def test(space_http): pass", small(app))
    result = project.run("-W", "ignore::DeprecationWarning")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["E*OSError: no disk"])


def test_a_startup_that_does_not_end(project: Project) -> None:
    app = FAILING.format("import asyncio; await asyncio.sleep(3600); yield")
    project.write("def test(space_http): pass", small(app), ini="hfspace_timeout = 0.3")
    result = project.run("-W", "ignore::DeprecationWarning")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*TimeoutError*"])
