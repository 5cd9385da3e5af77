"""HFS301: is the requirements file in the image when the step runs that installs it?"""

from __future__ import annotations

import pytest

from pytest_hfspace.checks.build.dockerfile import copy_source
from pytest_hfspace.checks.build.prerequisites import requirements_missing
from tests.checks.built import built
from tests.checks.factories import only_finding, outcome

PIP = "RUN pip install -r requirements.txt\n"
PROJECT = {"pyproject.toml": '[project]\nname = "x"\nversion = "1"\n'}


@pytest.mark.parametrize(
    "steps",
    [
        f"COPY . .\n{PIP}",
        f"COPY requirements.txt .\n{PIP}COPY . .",
        f"ADD requirements.txt ./\n{PIP}COPY . .",
        f"COPY require*.txt /app/\n{PIP}COPY . .",
        f"COPY main.py requirements.txt ./\n{PIP}COPY . .",
        "RUN --mount=type=bind,source=requirements.txt,target=/tmp/r.txt pip install -r /tmp/r.txt\nCOPY . .",
        (
            "RUN --mount=type=bind,source=requirements.txt,target=requirements.txt "
            "--mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\nCOPY . ."
        ),
        "RUN --mount=target=. pip install -r requirements.txt\nCOPY . .",
        "RUN --mount=type=bind,source=.,target=/src cd /src && pip install -r requirements.txt\nCOPY . .",
        "COPY requirements.txt /tmp/\nRUN pip install -r /tmp/requirements.txt\nCOPY . .",
        f"COPY requirements.txt /tmp/\nWORKDIR /tmp\n{PIP}WORKDIR /app\nCOPY . .",
        "COPY requirements.txt /tmp/\nRUN cd /tmp && pip install -r requirements.txt\nCOPY . .",
        "COPY requirements.txt /tmp/\nRUN (cd /tmp && pip install -r requirements.txt)\nCOPY . .",
        (
            "COPY requirements.txt /tmp/a.txt\nRUN mv /tmp/a.txt requirements.txt && "
            "pip install -r requirements.txt\nCOPY . ."
        ),
        f"RUN echo fastapi > requirements.txt\n{PIP}COPY . .",
        "RUN echo fastapi > /tmp/x.txt && pip install -r /tmp/x.txt\nCOPY . .",
        "RUN echo fastapi | tee /tmp/x.txt && pip install -r /tmp/x.txt\nCOPY . .",
        "RUN curl -o /tmp/x.txt https://example.org/x.txt && pip install -r /tmp/x.txt\nCOPY . .",
        "RUN pip install -r https://example.org/requirements.txt\nCOPY . .",
        f"RUN pip freeze > requirements.txt\n{PIP}COPY . .",
        f"RUN touch requirements.txt\n{PIP}COPY . .",
        f"RUN make requirements\n{PIP}COPY . .",
        f"COPY <<EOF requirements.txt\nfastapi\nEOF\n{PIP}COPY . .",
        f"ADD https://example.org/requirements.txt ./\n{PIP}COPY . .",
        f"ADD git@github.com:a/b.git /app\n{PIP}COPY . .",
        f"COPY --from=ghcr.io/a/b /app /app\n{PIP}COPY . .",
        "RUN pip install -r requirements.txt || true\nCOPY . .",
        "RUN if [ -f requirements.txt ]; then pip install -r requirements.txt; fi\nCOPY . .",
        "RUN cd $(mktemp -d) && pip install -r requirements.txt\nCOPY . .",
        "COPY . .\nRUN (cd /tmp && true) && pip install -r requirements.txt",
        f"FROM example.org/base\nWORKDIR /app\n{PIP}COPY . .",
        f"FROM python:3.12 AS a\nWORKDIR /app\nCOPY requirements.txt .\nFROM a\n{PIP}COPY . .",
        (
            "FROM python:3.12 AS a\nCOPY requirements.txt /r/\nFROM python:3.12\nWORKDIR /app\n"
            "COPY --from=a /r/ ./\nRUN pip install -r requirements.txt\nCOPY . ."
        ),
        (
            "FROM python:3.12 AS a\nRUN touch /r.txt\nFROM python:3.12\nWORKDIR /app\n"
            "RUN --mount=type=bind,from=a,source=/r.txt,target=/x/r.txt pip install -r /x/r.txt\nCOPY . ."
        ),
        "COPY requirements.txt .\nRUN pip install -r requirements.txt && rm requirements.txt\nCOPY . .",
        "RUN pip install fastapi\nCOPY . .",
    ],
)
def test_files_that_are_there_by_then(steps: str) -> None:
    assert outcome(requirements_missing, built(steps)).findings == ()


@pytest.mark.parametrize(
    "steps",
    [
        "COPY pyproject.toml .\nRUN pip install .\nCOPY . .",
        "COPY pyproject.toml .\nWORKDIR /app/api\nRUN uv sync\nCOPY . .",
        "RUN --mount=type=bind,source=pyproject.toml,target=pyproject.toml uv sync\nCOPY . .",
        "COPY setup.py .\nRUN pip install .\nCOPY . .",
        "RUN git clone https://example.org/x . && pip install .\nCOPY . .",
    ],
)
def test_projects_that_are_there_by_then(steps: str) -> None:
    space = built(steps, {**PROJECT, "setup.py": ""})
    assert outcome(requirements_missing, space).findings == ()


@pytest.mark.parametrize(
    ("steps", "line", "later"),
    [
        (f"{PIP}COPY . .", 3, 4),
        (f"{PIP}COPY requirements.txt .\nCOPY . .", 3, 4),
        (f"COPY main.py .\n{PIP}COPY require*.txt ./", 4, 5),
        (f"RUN apt-get update && apt-get install -y git\n{PIP}USER 1000\nCOPY --chown=1000 . /app", 4, 6),
        ("RUN pip install --upgrade pip && pip install -r requirements.txt\nCOPY ./ ./", 3, 4),
        ("RUN uv pip install --system -r requirements.txt\nCOPY . .", 3, 4),
        ("RUN --mount=type=cache,target=/root/.cache pip install -r requirements.txt\nCOPY . .", 3, 4),
        (f"FROM python:3.12 AS a\nCOPY . /x\nFROM python:3.12\nWORKDIR /app\n{PIP}COPY . .", 5, 6),
        ("RUN pip install -r /tmp/requirements.txt\nCOPY requirements.txt /tmp/", 3, 4),
    ],
)
def test_files_that_come_later(steps: str, line: int, later: int) -> None:
    finding = only_finding(requirements_missing, built(steps))

    assert finding.message == (
        f"the build installs requirements.txt, which is not in the image yet: COPY stands in line {later}"
    )
    assert (finding.path, finding.line, finding.level) == ("Dockerfile", line, "error")
    assert "[Errno 2] No such file or directory: 'requirements.txt'" in finding.consequence


def test_a_file_that_another_names_comes_later() -> None:
    files = {"requirements.txt": "-r base.txt\nuvicorn\n", "base.txt": "fastapi\n"}
    finding = only_finding(requirements_missing, built(f"COPY requirements.txt .\n{PIP}COPY . .", files))
    assert (finding.path, finding.line) == ("requirements.txt", 1)
    assert finding.message == (
        "the build installs base.txt, which is not in the image yet: COPY stands in line 5"
    )
    both = built(f"COPY requirements.txt base.txt ./\n{PIP}COPY . .", files)
    assert outcome(requirements_missing, both).outcome == "passed"


def test_a_project_that_comes_later() -> None:
    finding = only_finding(requirements_missing, built("RUN pip install .\nCOPY . .", PROJECT))
    assert finding.message.startswith("the build installs pyproject.toml, which is not in the image yet")
    assert "Neither 'setup.py' nor 'pyproject.toml' found" in finding.consequence


@pytest.mark.parametrize("rest", ["", "COPY . .\n"])
def test_a_file_that_lies_elsewhere(rest: str) -> None:
    finding = only_finding(requirements_missing, built(f"COPY requirements.txt /tmp/\n{PIP}{rest}"))
    assert finding.message == (
        "the build installs /app/requirements.txt, and requirements.txt lies at /tmp/requirements.txt"
    )
    assert (
        finding.hint == "write /tmp/requirements.txt in the step, or COPY the file to /app/requirements.txt"
    )


def test_a_file_that_nothing_brings() -> None:
    finding = only_finding(requirements_missing, built(f"COPY main.py .\n{PIP}"))
    assert (
        finding.message == "the build installs /app/requirements.txt, and no COPY puts requirements.txt there"
    )
    assert finding.hint == "add COPY requirements.txt ./ above line 4"


def test_a_file_that_dockerignore_keeps_out() -> None:
    files = {".dockerignore": "*.md\n*.txt\n"}
    named = built(f"COPY requirements.txt .\n{PIP}COPY . .", files)
    assert outcome(requirements_missing, named).reason == "needs HFS311"
    assert "line 2" in only_finding(copy_source, named).message

    silent = built(f"COPY . .\n{PIP}", files)
    assert outcome(copy_source, silent).outcome == "passed"
    finding = only_finding(requirements_missing, silent)
    assert finding.message == (
        "the build installs requirements.txt, and line 2 of .dockerignore keeps it out"
    )
