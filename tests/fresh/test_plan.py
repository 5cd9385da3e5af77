"""What is installed, in which order and by which rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_hfspace.fresh.inputs import local_path, moved, moved_file
from pytest_hfspace.fresh.plan import Plan, make_plan

from .making import make_space


def docker(tmp_path: Path, *steps: str, **files: str) -> Plan:
    """The plan of an image of these instructions; a file's name has "__" for its dot."""
    named: dict[str, str | bytes] = {name.replace("__", "."): text for name, text in files.items()}
    return make_plan(
        make_space(tmp_path, named | {"Dockerfile": "\n".join(("FROM python:3.12", *steps, ""))})
    )


def test_a_requirements_file_is_read_before_it_is_removed(tmp_path: Path) -> None:
    plan = docker(
        tmp_path,
        "COPY requirements.txt /tmp/r.txt",
        "RUN pip install --no-cache-dir -r /tmp/r.txt && rm /tmp/r.txt",
        requirements__txt="fastapi==0.115.0\n",
    )
    assert plan.impossible == ""
    assert plan.wanted == "3.12"
    assert [(step.tool, step.files, step.line) for step in plan.steps] == [("pip", ("/tmp/r.txt",), 3)]
    assert plan.texts == {"/tmp/r.txt": "fastapi==0.115.0\n"}
    assert [(each.name, each.path, each.line) for each in plan.declared] == [
        ("fastapi", "requirements.txt", 1)
    ]
    assert plan.local == ()


def test_steps_stay_in_their_order_with_the_options_that_matter(tmp_path: Path) -> None:
    plan = docker(
        tmp_path,
        "WORKDIR /app",
        "COPY . .",
        "RUN pip install --upgrade --no-cache-dir torch --index-url https://example.org/cpu -q",
        "RUN uv pip install --system --prerelease=allow -r requirements.txt 'httpx>=0.27'",
        requirements__txt="-r more.txt\n",
        more__txt="starlette\n",
    )
    first, second = plan.steps
    assert (first.tool, first.requirements) == ("pip", ("torch",))
    assert first.options == ("--upgrade", "--index-url", "https://example.org/cpu")
    assert (second.tool, second.requirements) == ("uv", ("httpx>=0.27",))
    assert second.options == ("--system", "--prerelease", "allow")
    assert set(plan.texts) == {"/app/requirements.txt", "/app/more.txt"}
    assert {each.name for each in plan.declared} == {"torch", "httpx", "starlette"}


def test_a_projects_dependencies_are_installed_with_the_extras_that_are_asked_for(tmp_path: Path) -> None:
    project = """\
[project]
name = "My.App"
version = "1.2"
requires-python = ">=3.11"
dependencies = ["fastapi>=0.115"]
[project.optional-dependencies]
web = ["uvicorn"]
dev = ["pytest==1.0"]
"""
    plan = docker(tmp_path, "WORKDIR /app", "COPY . .", 'RUN pip install ".[web]"', pyproject__toml=project)
    assert plan.steps[0].requirements == ("fastapi>=0.115", "uvicorn")
    assert plan.local == ()
    assert [(each.name, each.line) for each in plan.declared] == [("fastapi", 5), ("uvicorn", 7)]
    assert [(each.name, each.version, each.requires_python) for each in plan.projects] == [
        ("My.App", "1.2", ">=3.11")
    ]


def test_a_project_that_only_a_build_understands_is_built(tmp_path: Path) -> None:
    plan = docker(
        tmp_path,
        "WORKDIR /app",
        "COPY . .",
        "RUN pip install .",
        setup__py="from setuptools import setup\nsetup()\n",
    )
    assert plan.impossible == ""
    assert plan.steps[0].requirements == ("/app",)
    assert plan.local == ("/app",)


def test_uv_sync_is_left_to_uv(tmp_path: Path) -> None:
    plan = docker(
        tmp_path,
        "WORKDIR /app",
        "COPY . .",
        "RUN uv sync --frozen --no-dev --extra web --no-cache",
        pyproject__toml='[project]\nname = "a"\nversion = "1"\ndependencies = []\n',
        uv__lock="version = 1\n",
    )
    (step,) = plan.steps
    assert (step.tool, step.project) == ("uv", "/app")
    assert step.options == ("--frozen", "--no-dev", "--extra", "web")
    assert set(plan.kept) == {"/app/pyproject.toml", "/app/uv.lock"}
    assert plan.local == ()


def test_a_workspace_needs_its_members(tmp_path: Path) -> None:
    plan = docker(
        tmp_path,
        "WORKDIR /app",
        "COPY . .",
        "RUN uv sync",
        pyproject__toml='[project]\nname = "a"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["libs/*"]\n',
    )
    assert plan.local == ("/app",)


@pytest.mark.parametrize(
    ("card", "files", "wanted", "steps"),
    [
        (
            "sdk: gradio\nsdk_version: 5.49.1\npython_version: '3.11'\n",
            {"requirements.txt": "numpy\n"},
            "3.11",
            [
                (
                    ("/app/requirements.txt",),
                    ("gradio[oauth,mcp]==5.49.1", "uvicorn>=0.14.0", "websockets>=10.4", "spaces"),
                )
            ],
        ),
        (
            "sdk: gradio\nsdk_version: 6.0.0\n",
            {"pre-requirements.txt": "pip<25\n"},
            "3.13",
            [
                (("/app/pre-requirements.txt",), ()),
                ((), ("gradio[oauth,mcp]==6.0.0", "uvicorn>=0.14.0", "websockets>=10.4", "spaces")),
            ],
        ),
    ],
)
def test_gradio_installs_in_one_step_after_pre_requirements(
    tmp_path: Path,
    card: str,
    files: dict[str, str | bytes],
    wanted: str,
    steps: list[tuple[tuple[str, ...], tuple[str, ...]]],
) -> None:
    plan = make_plan(make_space(tmp_path, {"README.md": f"---\n{card}---\n", "app.py": "", **files}))
    assert plan.wanted == wanted
    assert [(step.files, step.requirements) for step in plan.steps] == steps
    assert plan.notices == ()


def test_gradio_without_a_version_is_the_newest_and_says_so(tmp_path: Path) -> None:
    plan = make_plan(make_space(tmp_path, {"README.md": "---\nsdk: gradio\n---\n", "app.py": ""}))
    assert plan.steps[0].requirements[0] == "gradio[oauth,mcp]"
    assert plan.notices == ("the card names no sdk_version: built with the newest gradio",)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("RUN poetry install --no-root", "Dockerfile:4 installs with poetry, which is not rehearsed"),
        ("RUN pipenv install --system", "Dockerfile:4 installs with pipenv, which is not rehearsed"),
        ("RUN conda install numpy", "Dockerfile:4 installs with conda, which is not rehearsed"),
        ("RUN pip install $PACKAGES -r other.txt", "Dockerfile:4 installs more than can be read from it"),
        (
            "RUN pip install -r other.txt",
            "Dockerfile:4 installs /app/other.txt, which is not in the repository",
        ),
        (
            "RUN pip install ./libs/x",
            "Dockerfile:4 installs /app/libs/x, where nothing of the repository lies",
        ),
        ("RUN pip install -r tokens.txt", "tokens.txt:2 takes a value from the build's environment"),
        (
            "RUN pip-compile -o made.txt && pip install -r made.txt",
            "Dockerfile:4 installs /app/made.txt, which a step of the build makes",
        ),
        ("RUN echo ready", "no step was found that installs Python packages"),
    ],
)
def test_what_cannot_be_known_makes_no_environment(tmp_path: Path, step: str, reason: str) -> None:
    plan = docker(
        tmp_path,
        "WORKDIR /app",
        "COPY . .",
        step,
        tokens__txt="fastapi\ngit+https://${TOKEN}@example.org/x.git\n",
    )
    assert plan.impossible == reason


def test_a_variable_in_a_comment_is_no_value(tmp_path: Path) -> None:
    plan = docker(
        tmp_path,
        "WORKDIR /app",
        "COPY . .",
        "RUN pip install -r requirements.txt",
        requirements__txt="fastapi  # see ${HOME}\n",
    )
    assert plan.impossible == ""


def test_an_image_with_packages_of_its_own_is_not_rebuilt(tmp_path: Path) -> None:
    dockerfile = "FROM pytorch/pytorch:2.5.0\nRUN pip install fastapi\n"
    plan = make_plan(make_space(tmp_path, {"Dockerfile": dockerfile}))
    assert plan.impossible == "the image pytorch/pytorch:2.5.0 may bring packages of its own"


def test_static_spaces_install_nothing(tmp_path: Path) -> None:
    plan = make_plan(make_space(tmp_path, {"README.md": "---\nsdk: static\n---\n", "index.html": ""}))
    assert plan.impossible == "a static Space installs no Python packages"


def test_the_images_variables_for_the_tools_are_kept_and_no_others(tmp_path: Path) -> None:
    plan = docker(
        tmp_path,
        "ENV PIP_EXTRA_INDEX_URL=https://example.org/simple PIP_NO_CACHE_DIR=1 UV_NO_DEV=1",
        "ENV PATH=/venv/bin:$PATH UV_PYTHON=3.9",
        "RUN pip install fastapi",
    )
    assert plan.settings == {"PIP_EXTRA_INDEX_URL": "https://example.org/simple", "UV_NO_DEV": "1"}


def test_uv_takes_its_python_from_the_pin_where_the_image_brings_none(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "Dockerfile": "FROM debian:12\nWORKDIR /app\nCOPY . .\nRUN uv sync --locked\n",
        "pyproject.toml": '[project]\nname = "a"\nversion = "1"\n',
        ".python-version": "# ours\n3.11.4\n",
    }
    assert make_plan(make_space(tmp_path, files)).wanted == "3.11"


def test_a_step_that_may_fail_is_marked(tmp_path: Path) -> None:
    plan = docker(tmp_path, "RUN pip install fastapi && (pip install nowhere || true)")
    assert [step.conditional for step in plan.steps] == [False, True]


def test_files_in_utf16_are_read(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"requirements.txt": "fastapi==0.115.0\r\nuvicorn\r\n".encode("utf-16")}
    plan = make_plan(make_space(tmp_path, files))
    assert [each.name for each in plan.declared] == ["fastapi", "uvicorn"]


def test_files_that_name_each_other_end(tmp_path: Path) -> None:
    many: dict[str, str | bytes] = {f"r{n}.txt": f"-r r{n + 1}.txt\nfastapi\n" for n in range(150)}
    circle = {"requirements.txt": "-r a.txt\n-r r0.txt\n", "a.txt": "-r requirements.txt\n"}
    plan = make_plan(make_space(tmp_path, many | circle))
    assert plan.impossible == "too many requirement files name each other"


@pytest.mark.parametrize(
    "text",
    [
        "fastapi",
        "fastapi[standard]>=0.115 ; python_version < '3.13'",
        "name @ https://example.org/name-1.0-py3-none-any.whl",
        "git+https://example.org/x/y.git@main#egg=y",
        "-e git+ssh://git@example.org/x/y.git#egg=y",
        "https://example.org/name-1.0.tar.gz",
        "--extra-index-url https://example.org/a/b",
    ],
)
def test_what_an_index_or_a_url_gives_is_no_path(text: str) -> None:
    assert local_path(text) is None
    assert moved(text, "/app", lambda path: f"/here{path}") == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (".", "/here/app/."),
        ("-e .", "/here/app/."),
        ("--editable=./libs/x[web]", "/here/app/./libs/x[web]"),
        ("libs/x", "/here/app/libs/x"),
        ("./wheels/a-1.0-py3-none-any.whl ; sys_platform == 'linux'",
         "/here/app/./wheels/a-1.0-py3-none-any.whl ; sys_platform == 'linux'"),
        ("file:///app/libs/x", "/here/app/libs/x"),
        ("x @ file:///app/libs/x", "x @ file:///here/app/libs/x"),
    ],
)  # fmt: skip
def test_paths_move_with_the_layout_and_are_never_editable(text: str, expected: str) -> None:
    assert moved(text, "/app", lambda path: f"/here{path}") == expected


def test_a_moved_file_keeps_its_lines() -> None:
    text = "--index-url https://example.org/a\n-r base.txt\n# -e .\n-e ./x  # ours\n-f wheels\nfastapi\n"
    result = moved_file(
        text, "/app/requirements.txt", "/", lambda path: f"/here{path}", {"/app/wheels"}.__contains__
    )
    assert result.splitlines() == [
        "--index-url https://example.org/a",
        "-r base.txt",
        "# -e .",
        "/here/./x",
        "-f /here/app/wheels",
        "fastapi",
    ]
