"""A rehearsal in a fresh build: what happens only there is named as drift, what happens here too is not."""

from __future__ import annotations

import importlib.metadata
import shutil
from pathlib import Path

import pytest

from tests.helpers import ReadinessRun, readiness, write_space

from .installed import repack
from .making import CARD, DOCKERFILE, HERE, make_wheel

IDNA = importlib.metadata.version("idna")
REQUIREMENTS = "--no-index\n--find-links ./wheels\nstarlette\nuvicorn\n"
APP = """\
import idna
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
{start}

def name(request):
    return PlainTextResponse({answer})


app = Starlette(routes=[Route("/name", name)])
"""


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """starlette and uvicorn as they are here, and an idna that is newer and can do nothing."""
    directory = tmp_path_factory.mktemp("wheels")
    repack(directory, "starlette", "uvicorn")
    make_wheel(directory, "idna", "99.0")
    repack(directory, "idna")
    return directory


def run(root: Path, wheels: Path, requirements: str, **app: str) -> ReadinessRun:
    shutil.copytree(wheels, root / "wheels")
    files = {
        "README.md": CARD,
        "Dockerfile": DOCKERFILE.format(python=HERE).replace('"--port"', '"--host", "0.0.0.0", "--port"'),
        "requirements.txt": REQUIREMENTS + requirements,
        "main.py": APP.format(**{"start": "", "answer": "'fine'", **app}),
    }
    return readiness(write_space(root, files), "--hfspace-build", "--hfspace-ignore", "HFS2*")


def test_a_route_that_fails_with_what_is_newer_there(wheels: Path, tmp_path: Path) -> None:
    done = run(tmp_path / "space", wheels, "idna\n", answer="idna.encode('a').decode()")
    ((code, path, line, message),) = done.findings("failed")
    assert (code, path, line) == ("HFS501", "main.py", 8)
    assert message.startswith("GET /name raised AttributeError")
    assert message.endswith(f"; drift: the fresh build has idna 99.0, here it is {IDNA}")
    assert f"write idna=={IDNA} in requirements.txt" in one_line(done.output)
    assert "Fresh build: Python " in done.output


def test_a_package_that_is_here_and_not_declared(wheels: Path, tmp_path: Path) -> None:
    done = run(tmp_path / "space", wheels, "", start="import dotenv")
    ((code, _, line, message),) = done.findings("failed")
    assert (code, line) == ("HFS303", 5)
    version = importlib.metadata.version("python-dotenv")
    assert message.endswith(f"drift: python-dotenv {version} is installed here, and not in the fresh build")


def test_a_set_that_cannot_be_installed(wheels: Path, tmp_path: Path) -> None:
    done = run(tmp_path / "space", wheels, "idna==7.7\n")
    ((code, path, line, message),) = done.findings("failed")
    assert (code, path, line) == ("HFS306", "requirements.txt", 5)
    assert message == f"there is no idna==7.7 for Python {HERE} on Linux"
    assert done.report["stage"] == "BUILD_ERROR"
    # the rest is verified all the same
    assert [route["outcome"] for route in done.report["routes"]] == ["answered"]
    assert any("the app ran in this environment" in text for text in done.report["not_rehearsed"])
