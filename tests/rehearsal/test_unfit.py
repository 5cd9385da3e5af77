"""What uvicorn loads without a word, and can answer no request with; and what only looks like it."""

from __future__ import annotations

import sys

import pytest

from pytest_hfspace.checks.start.failures import NOT_ASYNC
from pytest_hfspace.rehearsal import Rehearsal

from .rehearse import Case, side_by_side

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a rehearsal needs POSIX")

INNER = """
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

async def home(request):
    return PlainTextResponse("home")

inner = Starlette(routes=[Route("/", home)])
"""
SYNC = "    def __call__(self, scope, receive, send): return inner(scope, receive, send)\n"
CALL = "    async def __call__(self, {0}): await inner({1})\n"

#: code -> why it is no application
UNFIT = {
    "def app(settings): return inner": "app is a function of settings, which nobody has called",
    "def make(name, *, debug): return inner\napp = make": (
        "make is a function of name, debug, which nobody has called"
    ),
    "def app(scope, receive, send): return inner(scope, receive, send)": (
        f"app takes scope, receive, send, {NOT_ASYNC}"
    ),
    f"class Outer:\n{SYNC}app = Outer()": f"Outer.__call__ takes scope, receive, send, {NOT_ASYNC}",
}
FIT = {
    "async def": "async def app(scope, receive, send): await inner(scope, receive, send)",
    "object": "class Outer:\n"
    + CALL.format("scope, receive, send", "scope, receive, send")
    + "app = Outer()",
    "factory": "def app(): return inner",
    "factory with a default": "def app(settings=None): return inner",
    "older kind": (
        "def app(scope):\n    async def run(receive, send): await inner(scope, receive, send)\n    return run"
    ),
    "older class": (
        "class app:\n    def __init__(self, scope): self.scope = scope\n"
        + CALL.format("receive, send", "self.scope, receive, send")
    ),
    "short name": "app = lambda s: lambda r, e: inner(s, r, e)",
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsal]:
    codes = {**{str(number): code for number, code in enumerate(UNFIT)}, **FIT}
    cases = {name: Case(f"{INNER}\n{code}\n") for name, code in codes.items()}
    return side_by_side(tmp_path_factory.mktemp("unfit"), cases)


@pytest.mark.parametrize("number", range(len(UNFIT)))
def test_no_application(seen: dict[str, Rehearsal], number: int) -> None:
    failure = seen[str(number)].failure

    assert failure is not None
    assert (failure.kind, failure.message) == ("target", list(UNFIT.values())[number])


@pytest.mark.parametrize("name", FIT)
def test_an_application(seen: dict[str, Rehearsal], name: str) -> None:
    rehearsal = seen[name]

    assert (rehearsal.failure, rehearsal.impossible) == (None, "")
    assert {visit.status for visit in rehearsal.visits if visit.kind == "root"} == {200}
