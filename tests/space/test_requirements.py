"""What the build would install, from requirement files, pyproject.toml and RUN steps."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_hfspace.space import read_space
from pytest_hfspace.space.image import Image
from pytest_hfspace.space.image.installs import PipInstall
from pytest_hfspace.space.listing import read_files
from pytest_hfspace.space.requirements import Requirement, RequirementFile, Requirements, read_requirements


def write(root: Path, contents: dict[str, str | bytes]) -> None:
    for name, content in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def image(root: Path, *installs: PipInstall, base: str = "python:3.12-slim", **kwargs: Any) -> Image:
    layout = {f"/app/{path}": path for path in read_files(root).tracked}
    values = {"workdir": "/app", "layout": layout, "env": {}, "base": base, "installs": installs} | kwargs
    return Image(**values)


def pip(*files: str, line: int = 4, **kwargs: Any) -> PipInstall:
    values = {"tool": "pip", "files": files, "requirements": (), "project": False, "line": line} | kwargs
    return PipInstall(**values)


def docker(
    root: Path, contents: dict[str, str | bytes], *installs: PipInstall, **kwargs: Any
) -> Requirements:
    write(root, {"Dockerfile": "FROM python:3.12\n", **contents})
    return read_requirements("docker", image(root, *installs, **kwargs), read_files(root))


def of(root: Path, text: str | bytes, **more: str | bytes) -> Requirements:
    """What a requirements.txt declares."""
    return docker(root, {"requirements.txt": text, **more}, pip("/app/requirements.txt"))


def names(read: Requirements) -> list[str]:
    return [requirement.name for requirement in read.declared]


LINES = """\
# the web
fastapi>=0.115  # why
Uvicorn[Standard,http-tools] == 0.30.1 \\
    --hash=sha256:aaaa \\
    --hash=sha256:bbbb

ruamel.yaml ; python_version < "3.13"
python_multipart
numpy>=1,\\
<3
demo @ git+https://github.com/o/demo@v1#subdirectory=x
git+https://github.com/o/other.git#egg=Other_Name
https://example.org/wheels/torch-2.1.0%2Bcpu-cp312-none-linux.whl
torch==2.1.0+cpu
--extra-index-url https://example.org/simple
-i https://example.org/simple
--find-links=./wheels
--pre
"""


@pytest.mark.parametrize("encode", [lambda t: t.encode(), lambda t: b"\xef\xbb\xbf" + t.encode(),
                                    lambda t: t.encode("utf-16"), lambda t: t.replace("\n", "\r\n").encode()],
                         ids=["utf-8", "bom", "utf-16", "crlf"])  # fmt: skip
def test_lines(tmp_path: Path, encode: Any) -> None:
    read = of(tmp_path, encode(LINES))
    assert names(read) == [
        "fastapi", "uvicorn", "ruamel-yaml", "python-multipart", "numpy", "demo", "other-name", "torch",
        "torch"
    ]  # fmt: skip
    by_line = {requirement.line: requirement for requirement in read.declared}
    assert (by_line[2].specifier, by_line[2].text, by_line[2].path) == (
        ">=0.115",
        "fastapi>=0.115",
        "requirements.txt",
    )
    assert (by_line[3].extras, by_line[3].specifier) == (frozenset({"standard", "http-tools"}), "==0.30.1")
    assert by_line[7].marker == 'python_version < "3.13"'
    assert by_line[9].specifier == "<3,>=1"
    assert by_line[11].url == "git+https://github.com/o/demo@v1#subdirectory=x"
    assert [(option.line, option.text) for option in read.options] == [
        (15, "--extra-index-url https://example.org/simple"), (16, "-i https://example.org/simple"),
        (17, "--find-links=./wheels"), (18, "--pre"),
    ]  # fmt: skip
    assert (read.invalid, read.complete, read.reason) == ((), True, "")
    assert read.files == (RequirementFile("requirements.txt", True, "Dockerfile", 4),)


def test_declares_compares_names_as_pep_503_does(tmp_path: Path) -> None:
    read = of(tmp_path, "Python_Multipart\nPyYAML\n")
    assert read.declares("python-multipart")
    assert read.declares("nothing", "PYTHON.multipart")
    assert read.declares("pyyaml")
    assert not read.declares("yaml", "multipart")
    assert not read.declares()


@pytest.mark.parametrize(
    ("line", "reason"),
    [("pip install fastapi", "end"), ("fastapi==", ""), ("fastapi=0.115", ""), ("import os", ""),
     ("<<<<<<< HEAD", ""),
     ("--no-such-option x", "no such option"), ("fastapi 0.115", ""), ("=====", ""), ("a" * 3_000, "longer"),
     ("-r", "no such option"), ("fastapi>=0.1,", ""), ("{{ package }}", "")],
)  # fmt: skip
def test_lines_that_pip_refuses(tmp_path: Path, line: str, reason: str) -> None:
    read = of(tmp_path, f"uvicorn\n{line}\nfastapi\n")
    assert names(read) == ["uvicorn", "fastapi"] or line == "fastapi>=0.1,"
    if line != "fastapi>=0.1,":
        assert [(bad.path, bad.line) for bad in read.invalid] == [("requirements.txt", 2)]
        assert reason in read.invalid[0].reason


@pytest.mark.parametrize(
    "line",
    ["fastapi  ~= 0.115", "fastapi===0.115", "a.b_c-d", "x@https://e.org/x.zip", "x @ file:///x.whl",
     "x;os_name=='nt'",
     "x # -r y", "x --config-settings a=b", "x[a, b]>1,<2 ; extra == 'z'", "x==1.*", "  x", "\tx\t",
     "x (>=1)", "x>=1,"],
)  # fmt: skip
def test_near_misses_that_pip_takes(tmp_path: Path, line: str) -> None:
    read = of(tmp_path, line + "\n")
    assert len(read.declared) == 1
    assert (read.invalid, read.complete) == ((), True)


@pytest.mark.parametrize(
    "line",
    [
        "${PACKAGE}==1",
        "git+https://github.com/o/r",
        "https://e.org/archive/main.zip",
        "./vendor/lib",
        "-r https://e/x.txt",
    ],
)
def test_lines_whose_names_are_not_known(tmp_path: Path, line: str) -> None:
    read = of(tmp_path, f"{line}\nuvicorn\n")
    assert (names(read), read.invalid, read.complete) == (["uvicorn"], (), False)
    assert read.reason


def test_files_that_name_files(tmp_path: Path) -> None:
    read = docker(
        tmp_path,
        {
            "requirements/prod.txt": "-r base.txt\n--requirement=../more.txt\n-c constraints.txt\n"
            "-rgone.txt\nx\n",
            "requirements/base.txt": "-r prod.txt\nfastapi\n",
            "requirements/constraints.txt": "not-installed==1\n",
            "more.txt": "uvicorn\n",
        },
        pip("/app/requirements/prod.txt"),
    )
    assert names(read) == ["x", "fastapi", "uvicorn"]
    assert {(file.path, file.found, file.where, file.line) for file in read.files} == {
        ("requirements/prod.txt", True, "Dockerfile", 4),
        ("requirements/base.txt", True, "requirements/prod.txt", 1),
        ("requirements/prod.txt", True, "requirements/base.txt", 1),
        ("more.txt", True, "requirements/prod.txt", 2),
        ("requirements/constraints.txt", True, "requirements/prod.txt", 3),
        ("/app/requirements/gone.txt", False, "requirements/prod.txt", 4),
    }  # fmt: skip
    assert read.complete


def test_a_file_that_is_not_in_the_image(tmp_path: Path) -> None:
    read = docker(tmp_path, {"main.py": ""}, pip("/app/requirements.txt", line=7))
    assert read.files == (RequirementFile("/app/requirements.txt", False, "Dockerfile", 7),)


def test_files_that_lie_in_the_image_during_the_step(tmp_path: Path) -> None:
    step = pip("/tmp/r.txt", sources={"/tmp/r.txt": "deploy/requirements.txt"})
    contents: dict[str, str | bytes] = {
        "deploy/requirements.txt": "-r base.txt\nfastapi\n",
        "deploy/base.txt": "uvicorn\n",
    }
    read = docker(tmp_path, contents, step, layout={})
    assert set(names(read)) == {"fastapi", "uvicorn"}
    assert all(file.found for file in read.files)


def test_a_file_that_an_earlier_step_made(tmp_path: Path) -> None:
    read = docker(tmp_path, {}, pip("/app/exported.txt", unseen=("/app/exported.txt",)))
    assert (read.files, read.complete) == ((), False)
    assert "made by a step" in read.reason


def test_a_file_that_only_an_earlier_step_knows(tmp_path: Path) -> None:
    read = docker(tmp_path, {}, pip(unseen=("/app/exported.txt",)))
    assert (read.declared, read.complete) == ((), False)


def test_a_file_that_stands_in_the_dockerfile(tmp_path: Path) -> None:
    read = docker(tmp_path, {}, pip(made=("fastapi>=0.115  # why\nuvicorn\n",)))
    assert (names(read), read.complete) == (["fastapi", "uvicorn"], True)


def test_requirements_named_in_a_step(tmp_path: Path) -> None:
    step = pip(requirements=("fastapi[standard]>=0.115", "uvicorn", "https://e.org/x-1.0.zip"), line=9)
    read = docker(tmp_path, {}, step)
    assert [(r.name, r.path, r.line) for r in read.declared] == [
        ("fastapi", "Dockerfile", 9), ("uvicorn", "Dockerfile", 9), ("x", "Dockerfile", 9)
    ]  # fmt: skip
    assert read.complete


def test_a_step_that_is_not_understood_is_no_invalid_requirement(tmp_path: Path) -> None:
    read = docker(tmp_path, {}, pip(requirements=("what is this",)))
    assert (read.invalid, read.complete) == ((), False)


PROJECT = """\
[project]
name = "demo"
dependencies = [
  "fastapi>=0.115",
  'uvicorn[standard]',
]
[project.optional-dependencies]
ai = ["openai"]
[dependency-groups]
dev = ["pytest", {include-group = "lint"}]
lint = ["ruff"]
[tool.uv]
dev-dependencies = ["mypy"]
"""


@pytest.mark.parametrize(
    ("tool", "step", "expected"),
    [
        ("pip", "pip install .", {"fastapi", "uvicorn"}),
        ("pip", 'pip install ".[ai]"', {"fastapi", "uvicorn", "openai"}),
        ("uv", "uv sync --frozen --no-dev", {"fastapi", "uvicorn"}),
        ("uv", "uv sync", {"fastapi", "uvicorn", "pytest", "mypy"}),
        ("uv", "uv sync --no-dev --extra ai", {"fastapi", "uvicorn", "openai", "pytest", "ruff"}),
        ("uv", "UV_NO_DEV=1", {"fastapi", "uvicorn", "pytest", "mypy"}),
    ],
)
def test_projects(tmp_path: Path, tool: str, step: str, expected: set[str]) -> None:
    contents: dict[str, str | bytes] = {
        "Dockerfile": f"FROM python:3.12\nRUN {step}\n",
        "pyproject.toml": PROJECT,
    }
    read = docker(tmp_path, contents, pip(tool=tool, project=True, line=2))
    assert set(names(read)) == expected
    assert (read.invalid, read.complete, read.reason) == ((), True, "")
    assert (read.declared[0].path, read.declared[0].line, read.declared[1].line) == ("pyproject.toml", 4, 5)


POETRY = """\
[tool.poetry.dependencies]
python = "^3.11"
fastapi = "^0.115"
uvicorn = {version = "~0.30.1", extras = ["standard"]}
demo = {git = "https://example.org/demo.git"}
any = "*"
both = ">=1,<2"
exact = "1.2.3"
[tool.poetry.group.dev.dependencies]
pytest = "^8"
"""


def test_poetry(tmp_path: Path) -> None:
    contents: dict[str, str | bytes] = {
        "Dockerfile": "FROM python:3.12\nRUN poetry install --only main\n",
        "pyproject.toml": POETRY,
    }
    read = docker(tmp_path, contents, pip(tool="poetry", project=True, line=2))
    assert {r.name: (r.specifier, r.line) for r in read.declared} == {
        "fastapi": ("<0.116,>=0.115", 3), "uvicorn": ("<0.31,>=0.30.1", 4), "demo": ("", 5), "any": ("", 6),
        "both": ("<2,>=1", 7), "exact": ("==1.2.3", 8),
    }  # fmt: skip
    assert read.declared[1].extras == {"standard"}
    assert read.declared[2].url == "https://example.org/demo.git"
    (tmp_path / "Dockerfile").write_text("FROM python:3.12\nRUN poetry install\n")
    assert docker(tmp_path, {"Dockerfile": "FROM python:3.12\nRUN poetry install\n"},
                  pip(tool="poetry", project=True, line=2)).declares("pytest")  # fmt: skip


def test_a_project_named_by_a_requirements_file(tmp_path: Path) -> None:
    read = of(tmp_path, "-e .\nuvicorn\n", **{"pyproject.toml": PROJECT})
    assert set(names(read)) == {"fastapi", "uvicorn"}
    assert read.complete


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[project]\ndynamic = ["dependencies"]\n', "made while it is built"),
        (None, "no pyproject.toml"),
        ("x" * 300_000, "too large"),
    ],
)
def test_projects_that_cannot_be_followed(tmp_path: Path, content: str | None, said: str) -> None:
    read = docker(tmp_path, {"pyproject.toml": content} if content else {}, pip(project=True))
    assert (read.complete, read.invalid) == (False, ())
    assert said in read.reason


def test_dynamic_dependencies_in_a_file(tmp_path: Path) -> None:
    toml = '[project]\ndynamic = ["dependencies"]\n[tool.setuptools.dynamic]\n'
    toml += 'dependencies = {file = ["reqs.txt"]}\n'
    read = docker(tmp_path, {"pyproject.toml": toml, "reqs.txt": "fastapi\n"}, pip(project=True))
    assert (names(read), read.complete) == (["fastapi"], True)


@pytest.mark.parametrize(
    "content", ["[project\n", "\x00", "a = " + "[" * 50_000, "project = 1\n[project]\n", "é" * 9]
)
def test_a_broken_project(tmp_path: Path, content: str) -> None:
    read = docker(tmp_path, {"pyproject.toml": content}, pip(project=True))
    assert [bad.path for bad in read.invalid] == ["pyproject.toml"]


@pytest.mark.parametrize(
    "content",
    ["project = 1\n", "[project]\ndependencies = 3\n", "[project]\ndependencies = [1, {}]\n", "tool = []\n",
     "[tool]\npoetry = 'x'\n", "[dependency-groups]\ndev = 1\n",
     "[project.optional-dependencies]\nx = 'y'\n"],
)  # fmt: skip
def test_a_project_of_the_wrong_shape(tmp_path: Path, content: str) -> None:
    assert docker(tmp_path, {"pyproject.toml": content}, pip(tool="uv", project=True)).declared == ()


@pytest.mark.skipif(sys.version_info >= (3, 11), reason="tomllib is there")
def test_without_a_toml_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tomli", None)
    read = docker(tmp_path, {"pyproject.toml": PROJECT}, pip(project=True))
    assert (read.declared, read.complete) == ((), False)
    assert "tomli" in read.reason


@pytest.mark.parametrize(
    ("install", "base", "said"),
    [
        (pip(tool="conda", understood=False), "python:3.12", "conda"),
        (pip(tool="pipenv", project=True), "python:3.12", "pipenv"),
        (pip(understood=False), "python:3.12", "not read"),
        (pip(), "tiangolo/uvicorn-gunicorn-fastapi:python3.11", "may bring packages"),
        (pip(), "pytorch/pytorch:2.4.0-cuda12.1-cudnn9-runtime", "may bring packages"),
        (pip("/app/Pipfile"), "python:3.12", "Pipfile is not read"),
    ],
)
def test_what_is_not_understood(tmp_path: Path, install: PipInstall, base: str, said: str) -> None:
    read = docker(tmp_path, {"Pipfile": "x"}, install, base=base)
    assert not read.complete
    assert said in read.reason


@pytest.mark.parametrize(
    "base",
    ["python", "python:3.12-slim", "docker.io/library/python:3.12",
     "public.ecr.aws/docker/library/python:3.12",
     "ubuntu:24.04", "nvidia/cuda:12.4.1-runtime-ubuntu22.04",
     "ghcr.io/astral-sh/uv:python3.12-bookworm-slim",
     "python@sha256:00"],
)  # fmt: skip
def test_images_that_bring_nothing(tmp_path: Path, base: str) -> None:
    assert docker(tmp_path, {}, pip(requirements=("fastapi",)), base=base).complete


@pytest.mark.parametrize(
    "base", ["pythonic/python:3", "python-ml:1", "example.org/python:3", "tiangolo/uvicorn"]
)
def test_images_that_may_bring_packages(tmp_path: Path, base: str) -> None:
    assert not docker(tmp_path, {}, base=base).complete


@pytest.mark.parametrize(
    ("package", "complete"), [("python3-numpy", False), ("python3-pip python3-venv", True)]
)
def test_python_packages_from_apt(tmp_path: Path, package: str, complete: bool) -> None:
    dockerfile = f"FROM debian:12\nRUN apt-get install -y {package}\n"
    assert docker(tmp_path, {"Dockerfile": dockerfile}, pip(), base="debian:12").complete is complete


def test_no_install_step(tmp_path: Path) -> None:
    assert docker(tmp_path, {}).complete
    read = docker(tmp_path, {}, not_followed=("line 3 copies from another stage",))
    assert not read.complete


def test_gradio(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "httpx2\n", "pre-requirements.txt": "wheel\n"})
    read = read_requirements("gradio", None, read_files(tmp_path))
    assert read.declares("httpx2")
    assert read.declares("wheel")
    assert all(
        read.declares(name)
        for name in ("gradio", "uvicorn", "websockets", "spaces", "huggingface-hub", "fastapi")
    )
    assert next(r for r in read.declared if r.name == "gradio").extras == {"oauth", "mcp"}
    assert [file.path for file in read.files] == ["pre-requirements.txt", "requirements.txt"]
    assert read.complete


def test_gradio_without_requirements(tmp_path: Path) -> None:
    read = read_requirements("gradio", None, read_files(tmp_path))
    assert (read.files, read.invalid, read.complete) == ((), (), True)
    assert not read.declares("requests")


@pytest.mark.parametrize(
    ("sdk", "complete"), [("static", True), (None, False), ("streamlit", False), ("docker", False)]
)
def test_other_sdks(tmp_path: Path, sdk: str | None, complete: bool) -> None:
    write(tmp_path, {"requirements.txt": "fastapi\n"})
    read = read_requirements(sdk, None, read_files(tmp_path))
    assert (read.declared, read.files, read.complete) == ((), (), complete)
    assert complete or read.reason


@pytest.mark.parametrize(
    "text",
    ["\x00" * 1_000, "\\\n" * 100_000, " #" * 100_000, "a" * 500_000, "-r requirements.txt\n" * 5_000,
     "(" * 100_000, "\r" * 100_000,
     "x[" + "a," * 900 + "]\n", "fastapi\n" * 20_001, "x;" + "(" * 1_900,
     "-r " + "../" * 5_000 + "etc/passwd", " " * 900_000 + "x",
     "--" + "a" * 100_000, "@" * 1_900, "x @ " * 400, "\\" * 500_000],
)  # fmt: skip
def test_hostile_files_cost_little(tmp_path: Path, text: str) -> None:
    started = time.process_time()
    read = of(tmp_path, text)
    assert time.process_time() - started < 3
    assert {r.name for r in read.declared} <= {"fastapi", "x"}
    assert len(read.files) <= 100


def test_a_link_out_of_the_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, {"main.py": ""})
    (tmp_path / "secret.txt").write_text("secret\n")
    (root / "requirements.txt").symlink_to("../secret.txt")
    read = docker(root, {}, pip("/app/requirements.txt"))
    assert (read.declared, read.complete) == ((), False)


def test_no_time_is_lost_on_packaging_for_nothing() -> None:
    code = "import sys, pytest_hfspace.space; print({'packaging', 'yaml', 'dotenv'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# -- what a check of the lines needs


def test_options_behind_a_requirement(tmp_path: Path) -> None:
    text = (
        'a==1 --hash=sha256:aa --hash sha256:bb\nb --config-settings=x=y\nc --global-option="--z"\n'
        "d --no-binary :all:\npython -m spacy download en\nuvicorn --reload\n"
    )
    read = of(tmp_path, text)
    assert [(each.name, each.hashed) for each in read.declared] == [
        ("a", True),
        ("b", False),
        ("c", False),
        ("d", False),
    ]
    assert [each.line for each in read.invalid] == [5, 6]


@pytest.mark.parametrize(
    ("line", "target", "editable", "found"),
    [
        ("./libs/x", "./libs/x", False, True),
        ("-e ./libs/x", "./libs/x", True, True),
        ("-e libs/x[all]", "libs/x", True, True),
        ("x @ file:///app/libs/x", "/app/libs/x", False, True),
        ("./wheels/y-1-py3-none-any.whl", "./wheels/y-1-py3-none-any.whl", False, True),
        ("./late", "./late", False, False),
        ("-e .", ".", True, False),
        ("./wheels/z-1-py3-none-any.whl", "./wheels/z-1-py3-none-any.whl", False, False),
        ("x @ file:///C:/ci/x", "/C:/ci/x", False, False),
        ("x @ file:///croot/x_17/work", "/croot/x_17/work", False, False),
        ("x @ file:///opt/vendor/x", "/opt/vendor/x", False, None),
    ],
)
def test_places(tmp_path: Path, line: str, target: str, editable: bool, found: bool | None) -> None:
    dockerfile = (
        "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt ./\nCOPY libs /app/libs\n"
        "COPY wheels/*.whl wheels/\nRUN pip install -r requirements.txt\nCOPY . .\n"
    )
    write(
        tmp_path,
        {
            "Dockerfile": dockerfile,
            "requirements.txt": f"fastapi\n{line}\n",
            "libs/x/pyproject.toml": "[project]\nname = 'x'\n",
            "late/setup.py": "",
            "pyproject.toml": "[project]\nname = 'own'\n",
            "wheels/y-1-py3-none-any.whl": "",
        },
    )
    (place,) = read_space(tmp_path).requirements.places
    assert (place.target, place.editable, place.found) == (target, editable, found)
    assert (place.path, place.line) == ("requirements.txt", 2)


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ("RUN make libs && pip install -r requirements.txt", None),
        ("RUN --mount=type=bind,target=. pip install -r requirements.txt", True),
        ("COPY setup.py README.md libs/x/\nRUN pip install -r requirements.txt", True),
        ("COPY . .\nRUN pip install -r requirements.txt", True),
        ("COPY main.py .\nRUN pip install -r requirements.txt", False),
    ],
)
def test_places_that_a_step_may_make(tmp_path: Path, step: str, found: bool | None) -> None:
    dockerfile = f"FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt ./\n{step}\n"
    write(tmp_path, {"Dockerfile": dockerfile, "requirements.txt": "./libs/x\n", "main.py": ""})
    write(tmp_path, {"libs/x/setup.py": "", "setup.py": "", "README.md": ""})
    (place,) = read_space(tmp_path).requirements.places
    assert place.found is found


def test_places_of_the_gradio_sdk(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"README.md": "---\nsdk: gradio\n---\n", "requirements.txt": "-e .\n./x\n", "setup.py": ""},
    )
    assert [place.found for place in read_space(tmp_path).requirements.places] == [True, False]


def test_how_a_file_is_installed(tmp_path: Path) -> None:
    dockerfile = (
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN uv pip install --system -r a.txt\n"
        "RUN pip install -r b.txt || true\n"
    )
    write(tmp_path, {"Dockerfile": dockerfile, "a.txt": "a\n", "b.txt": "b\n"})
    read = read_space(tmp_path).requirements
    assert (dict(read.tools), read.lenient) == ({"a.txt": "uv", "b.txt": "pip"}, {"b.txt"})


@pytest.mark.parametrize(
    ("missing", "command"),
    [
        ((), ""),
        (("torch",), "pip install -r requirements.txt"),
        (("torch", "numpy"), "pip install -r requirements.txt"),
        (("gradio",), 'pip install "gradio==5.1.0"'),
        (("gradio", "spaces", "torch"), 'pip install "gradio==5.1.0" spaces -r requirements.txt'),
    ],
)
def test_what_installs_that_which_is_missing(missing: tuple[str, ...], command: str) -> None:
    brought = [Requirement(name, name, "", 0) for name in ("gradio", "spaces")]
    declared = [Requirement("torch", "torch", "requirements.txt", 1)]
    files = (RequirementFile("requirements.txt", found=True, where="README.md", line=None),)
    found = Requirements((*brought, *declared), files)
    assert found.install_command(missing, {"gradio": "5.1.0"}) == command
