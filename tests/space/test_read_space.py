"""The facts together: which files, card, image, command, requirements and settings a Space has."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pytest_hfspace.space import UnknownRevisionError, read_space

CARD = "---\nsdk: docker\napp_port: 8000\n---\n"
DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
ENV APP_MODE=space
CMD ["uvicorn", "backend.main:api", "--host", "0.0.0.0", "--port", "8000"]
"""


def write(root: Path, contents: dict[str, str | bytes]) -> None:
    for name, content in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


DOCKER: dict[str, str | bytes] = {
    "README.md": CARD, "Dockerfile": DOCKERFILE, "requirements.txt": "fastapi\nuvicorn\n",
    "backend/main.py": "api = 1\n", ".env.example": "OPENAI_API_KEY=sk-...\n",
}  # fmt: skip


def test_a_docker_space(tmp_path: Path) -> None:
    write(tmp_path, DOCKER)
    space = read_space(tmp_path)
    assert (space.sdk, space.port, space.app) == ("docker", 8000, "backend.main:api")
    assert space.dockerfile is not None
    assert space.image is not None
    assert space.image.layout["/app/backend/main.py"] == "backend/main.py"
    assert space.command is not None
    assert space.command.runner == "uvicorn"
    assert [requirement.name for requirement in space.requirements.declared] == ["fastapi", "uvicorn"]
    assert [(file.path, file.found) for file in space.requirements.files] == [("requirements.txt", True)]
    assert space.requirements.complete
    assert (space.settings["OPENAI_API_KEY"].value, space.settings["APP_MODE"].path) == (
        "sk-...",
        "Dockerfile",
    )


def test_a_gradio_space(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"README.md": "---\nsdk: gradio\napp_file: ui.py\n---\n", "ui.py": "", "Dockerfile": DOCKERFILE},
    )
    space = read_space(tmp_path)
    assert (space.sdk, space.port, space.app, space.dockerfile) == ("gradio", 7860, "ui:app", None)
    assert space.image is not None
    assert space.command is not None
    assert space.command.script == "ui.py"
    assert space.requirements.declares("gradio")


@pytest.mark.parametrize("card", ["---\nsdk: static\n---\n", "---\nsdk: streamlit\n---\n"])
def test_spaces_without_an_image(tmp_path: Path, card: str) -> None:
    write(tmp_path, {"README.md": card, "Dockerfile": DOCKERFILE})
    space = read_space(tmp_path)
    assert (space.dockerfile, space.image, space.command, space.app) == (None, None, None, "main:app")


@pytest.mark.parametrize("card", ["# no card\n", "---\nsdk: docker\nsdk: docker\n---\n"])
def test_a_dockerfile_without_a_card_is_a_docker_space(tmp_path: Path, card: str) -> None:
    write(tmp_path, {"README.md": card, "Dockerfile": DOCKERFILE})
    space = read_space(tmp_path)
    assert (space.sdk, space.card.sdk, space.app) == ("docker", None, "backend.main:api")


def test_a_docker_space_without_a_dockerfile(tmp_path: Path) -> None:
    write(tmp_path, {"README.md": CARD, "docker/Dockerfile": DOCKERFILE})
    space = read_space(tmp_path)
    assert (space.image, space.command, space.port) == (None, None, 8000)
    assert not space.requirements.complete


def test_the_app_that_was_asked_for(tmp_path: Path) -> None:
    write(tmp_path, DOCKER)
    assert read_space(tmp_path, app="other:application").app == "other:application"


@pytest.mark.parametrize(
    ("cmd", "app"),
    [
        ('["python", "serve.py"]', "serve:app"),
        ('["python", "./serve.py", "--workers", "2"]', "serve:app"),
        ('["python", "/app/serve.py"]', "serve:app"),
        ("python -u serve.py", "serve:app"),
        ('["python", "-m", "pkg"]', "pkg:app"),
        ('["python", "-m", "pkg.web"]', "pkg.web:app"),
        ('["fastapi", "run", "app/main.py", "--port", "8000"]', "app.main:app"),
        ('["fastapi", "run", "serve.py", "--app", "api"]', "serve:api"),
        # a server that names its target itself, and a command that names nothing of the kind
        ('["python", "-m", "uvicorn", "serve:api"]', "serve:api"),
        ('["uvicorn", "app.main:application"]', "app.main:application"),
        ('["sleep", "1"]', "main:app"),
    ],
)
def test_the_app_of_a_program(tmp_path: Path, cmd: str, app: str) -> None:
    programs = ("serve.py", "pkg/__init__.py", "pkg/__main__.py", "pkg/web.py", "app/main.py")
    dockerfile = f"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD {cmd}\n"
    write(tmp_path, {"README.md": CARD, "Dockerfile": dockerfile, **dict.fromkeys(programs, "app = 1\n")})
    assert read_space(tmp_path).app == app


def test_a_commit(tmp_path: Path) -> None:
    write(tmp_path, DOCKER)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for arguments in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, env=environment, check=True)
    write(tmp_path, {"README.md": "no card any more", "Dockerfile": "FROM scratch\n"})
    assert read_space(tmp_path).card.sdk is None
    space = read_space(tmp_path, ref="HEAD")
    assert (space.sdk, space.app) == ("docker", "backend.main:api")
    with pytest.raises(UnknownRevisionError):
        read_space(tmp_path, ref="v9")


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"FROM", b"[[[[" * 500, b"\xef\xbb\xbf",
    "\u2028é".encode("utf-16"),
                                     b"A=" * 30_000, b"RUN <<EOF\n" * 2_000, b"\r\r\r"])  # fmt: skip
@pytest.mark.parametrize("sdk", ["docker", "gradio"])
def test_garbage_everywhere(tmp_path: Path, content: bytes, sdk: str) -> None:
    names = (
        "Dockerfile",
        "requirements.txt",
        "pyproject.toml",
        ".env.example",
        ".dockerignore",
        "app.py",
        "docs/x.md",
    )
    write(tmp_path, dict.fromkeys(names, content))
    write(tmp_path, {"README.md": f"---\nsdk: {sdk}\n---\n".encode() + content})
    space = read_space(tmp_path)
    assert (space.sdk, space.card.unreadable) == (sdk, "")
    assert set(names) < set(space.files.tracked)


def test_an_empty_directory(tmp_path: Path) -> None:
    space = read_space(tmp_path)
    assert (space.sdk, space.settings, space.app) == (None, {}, "main:app")
    assert space.card.missing
