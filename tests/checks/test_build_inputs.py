"""HFS311 and HFS317: what build steps take besides the files that COPY names."""

from __future__ import annotations

import pytest

from pytest_hfspace.checks.build.dockerfile import copy_source
from pytest_hfspace.checks.build.steps import data_at_build
from tests.checks.built import built
from tests.checks.factories import only_finding, outcome

HATCH = (
    '[project]\nname = "x"\nversion = "1"\nreadme = "README.md"\n'
    '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
)
SETUPTOOLS = HATCH.replace("hatchling.build", "setuptools.build_meta").replace("hatchling", "setuptools")
USER = "RUN useradd -m -u 1000 user\nUSER user\n"


@pytest.mark.parametrize(
    "text",
    [
        "FROM node AS builder\nFROM python:3.12\nCOPY --from=builder /a /b",
        "FROM node AS Builder\nFROM python:3.12\nCOPY --from=builder /a /b",
        "FROM python:3.12\nCOPY --from=nginx /a /b",
        "FROM python:3.12\nCOPY --from=ghcr.io/a/b /a /b",
        "FROM python:3.12\nCOPY --from=tools:1 /a /b",
        "FROM python:3.12\nARG X\nCOPY --from=$X /a /b",
        "FROM node\nFROM python:3.12\nCOPY --from=0 /a /b",
        "FROM node AS a\nCOPY --from=absent /a /b\nFROM python:3.12\nCOPY main.py .",
    ],
)
def test_stages_and_images_that_are_there(text: str) -> None:
    assert outcome(copy_source, built(text)).findings == ()


def test_a_stage_that_is_not_there() -> None:
    finding = only_finding(copy_source, built("FROM python:3.12\nCOPY --from=builder /app /app"))
    assert finding.message == "COPY --from=builder: no stage has this name"
    assert (finding.line, finding.level) == (2, "warn")
    assert "pull access denied" in finding.consequence
    text = "FROM node AS build\nFROM python:3.12\nCOPY --from=builder /app /app"
    assert only_finding(copy_source, built(text)).hint.startswith("write one of build, or")


@pytest.mark.parametrize(
    ("steps", "project"),
    [
        ("COPY . .\nRUN pip install .", HATCH),
        ("COPY pyproject.toml README.md ./\nRUN pip install .", HATCH),
        ("COPY pyproject.toml .\nRUN touch README.md && pip install .", HATCH),
        ("COPY pyproject.toml .\nRUN pip install .", SETUPTOOLS),
        ("COPY pyproject.toml .\nRUN pip install .", HATCH.replace('readme = "README.md"\n', "")),
        ("COPY pyproject.toml .\nRUN pip install . || true", HATCH),
        ("COPY pyproject.toml .\nRUN uv sync --no-install-project", HATCH),
        ("COPY pyproject.toml .\nRUN pip install -r pyproject.toml", HATCH),
        ("COPY pyproject.toml .\nRUN ./prepare\nRUN pip install .", HATCH),
    ],
)
def test_readmes_that_are_there_or_not_needed(steps: str, project: str) -> None:
    space = built(steps, {"pyproject.toml": project, "README.md": "# x\n"})
    assert outcome(copy_source, space).findings == ()


@pytest.mark.parametrize(
    "readme", ['readme = "README.md"', 'readme = {file = "README.md", content-type = "x"}']
)
def test_a_readme_that_is_not_there_yet(readme: str) -> None:
    files = {"pyproject.toml": HATCH.replace('readme = "README.md"', readme), "README.md": ""}
    finding = only_finding(copy_source, built("COPY pyproject.toml .\nRUN pip install .\nCOPY . .", files))
    assert (finding.path, finding.line, finding.level) == ("pyproject.toml", 4, "error")
    assert "OSError: Readme file does not exist: README.md" in finding.consequence
    ignored = built("COPY . .\nRUN pip install .", {**files, ".dockerignore": "*.md\n"})
    assert "line 4 of the Dockerfile" in only_finding(copy_source, ignored).message


@pytest.mark.parametrize(
    "steps",
    [
        f"{USER}ENV HF_HOME=/home/user/hf\nRUN hf download a/b",
        "RUN mkdir -p /data && chown 1000 /data\n"
        + USER
        + "ENV HF_HOME=/data/hf\nRUN python seed.py /data/x",
        "RUN python -c \"import os; os.makedirs('/data/x')\"",
        "RUN python seed.py --out data/x.db",
        "RUN python seed.py --out /app/data/x.db",
        "RUN python seed.py --out s3://data/x.db",
        "RUN python seed.py --out /data/x.db || true",
        "FROM example.org/base\nRUN python seed.py --out /data/x.db",
        "ENV HF_HOME=/data/hf\nRUN pip install x",
    ],
)
def test_builds_without_the_mount(steps: str) -> None:
    levels = {finding.level for finding in outcome(data_at_build, built(steps)).findings}
    assert levels <= {"note"}


@pytest.mark.parametrize(
    ("steps", "line", "level", "said"),
    [
        (
            f"{USER}ENV HF_HOME=/data/.huggingface\nRUN hf download gpt2",
            6,
            "error",
            "Permission denied: '/data'",
        ),
        ("RUN python -c \"import sqlite3; sqlite3.connect('/data/app.db')\"", 3, "error", "unable to open"),
        (f"{USER}RUN python seed.py --out /data/app.db", 5, "warn", "unless the program makes /data"),
        (f"{USER}RUN python seed.py --out=/data/app.db", 5, "warn", "unless the program makes /data"),
    ],
)
def test_the_mount_is_used_by_a_program(steps: str, line: int, level: str, said: str) -> None:
    finding = only_finding(data_at_build, built(steps))
    assert (finding.line, finding.level) == (line, level)
    assert said in finding.consequence
