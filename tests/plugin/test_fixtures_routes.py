"""One test for each route of the app."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from .project import SMALL, Project, project

__all__ = ["project"]  # a fixture

APP = """\
from fastapi import APIRouter, FastAPI

app = FastAPI()


@app.post("/items")
def create(): return 1


items = APIRouter(prefix="/items")


@items.get("/{item_id}")
def read(item_id: int): return item_id


@items.delete("/{item_id}")
def delete(item_id: int): return item_id


app.include_router(items)


@app.get("/a[b]::c")
def odd(): return 1


@app.websocket("/ws")
async def ws(socket): ...
"""
LABELS = ["POST /items", "GET /items/{item_id}", "DELETE /items/{item_id}", "GET /a[b]::c"]
EACH = """
def test_each(space_route, space_http):
    path = space_route.path.replace("{item_id}", "7")
    assert space_http.request(space_route.method, path).status_code == 200
    print("asked:", space_route.label, space_route.where)
"""
FILES = SMALL | {"main.py": APP}


def ids(result: pytest.RunResult) -> list[str]:
    return [line.partition("::")[2] for line in result.outlines if line.startswith("test_own.py::")]


def test_one_test_for_each_route(project: Project) -> None:
    project.write(EACH, FILES)
    result = project.run("-s")
    result.assert_outcomes(passed=4)
    lines = [7, 14, 18, 25]
    asked = [line.partition("asked: ")[2] for line in result.outlines if "asked: " in line]
    assert asked == [f"{label} main.py:{line - 1}" for label, line in zip(LABELS, lines, strict=True)]


def test_their_ids_and_order(project: Project) -> None:
    project.write(EACH, FILES)
    assert ids(project.run("--collect-only", "-q")) == [f"test_each[{label}]" for label in LABELS]


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        (("-k", "DELETE"), 1),
        (("-k", "items and not POST"), 2),
        (("test_own.py::test_each[GET /items/{item_id}]",), 1),
        (("test_own.py::test_each[GET /a[b]::c]",), 1),
    ],
)
def test_some_are_named(project: Project, arguments: tuple[str, ...], passed: int) -> None:
    project.write(EACH, FILES)
    assert project.run(*arguments).parseoutcomes()["passed"] == passed


@pytest.mark.skipif(find_spec("xdist") is None, reason="pytest-xdist is not installed here")
def test_with_xdist(project: Project) -> None:
    project.write(EACH, FILES)
    project.run_apart("-n", "2").assert_outcomes(passed=4)


def test_under_hfspace_they_are_those_of_the_rehearsal(project: Project) -> None:
    project.write(EACH, FILES)
    result = project.run("--hfspace", "--hfspace-select=HFS101", "test_own.py", "-s")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["*asked: GET /items/{item_id} main.py:13*"])


def test_space_routes_are_all_of_them(project: Project) -> None:
    project.write(
        """
        def test(space_routes):
            own = [route for route in space_routes if route.own]
            assert [route.label for route in own][-1] == "WS /ws"
            assert [route.kind for route in own] == ["http"] * 4 + ["websocket"]
            assert own[1].operation["parameters"][0]["schema"]["type"] == "integer"
            docs = next(route for route in space_routes if route.path == "/docs")
            assert (docs.own, docs.where) == (False, None)
        """,
        FILES,
    )
    project.run().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        ("import no_module", "the app cannot be imported: ModuleNotFoundError: No module named 'no_module'"),
        ("import sys; sys.exit(3)", "the app cannot be imported: SystemExit: 3"),
        ("raise ValueError('two\\nlines')", "the app cannot be imported: ValueError: two lines"),
        ("def f(", "the app cannot be imported: SyntaxError: '(' was never closed (main.py, line 1)"),
        ("api = 1", "the app cannot be imported: main (*/main.py) has no attribute 'app'; *"),
        ("from fastapi import FastAPI; app = FastAPI()", "the app has no routes of its own"),
        ("app = 1", "the app has no routes of its own"),
    ],
)
def test_no_routes_leave_one_skipped_test_that_says_why(project: Project, app: str, reason: str) -> None:
    project.write(EACH + "\ndef test_other(): pass\n", SMALL | {"main.py": app})
    result = project.run("-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines([f"SKIPPED * test_own.py: {reason}"])


def test_no_routes_under_hfspace(project: Project) -> None:
    project.write(EACH + "\ndef test_other(): pass\n", SMALL | {"main.py": "import no_such_module"})
    result = project.run("--hfspace", "--hfspace-select=HFS101", "test_own.py", "-rs")
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED * the app did not start: *no_such_module*"])
