from __future__ import annotations

import fnmatch
import time

import pytest

from pytest_hfspace.space.image import gradio_image, python_of
from pytest_hfspace.space.patterns import LONGEST_NAME, IgnoreRules, _name_regex, matches

from .image_helpers import files, image


@pytest.mark.parametrize(
    ("steps", "layout"),
    [
        ("COPY . .", {"/app/main.py": "main.py", "/app/pkg/a.py": "pkg/a.py", "/app/pkg/b.txt": "pkg/b.txt"}),
        ("COPY main.py .", {"/app/main.py": "main.py"}),
        ("COPY main.py ./", {"/app/main.py": "main.py"}),
        ("COPY ./main.py /x/y.py", {"/x/y.py": "main.py"}),
        ("COPY main.py /x/", {"/x/main.py": "main.py"}),
        ("COPY main.py /tmp", {"/tmp/main.py": "main.py"}),
        ("RUN mkdir -p /x\nCOPY main.py /x", {"/x/main.py": "main.py"}),
        ("WORKDIR /x\nWORKDIR y\nCOPY main.py .", {"/x/y/main.py": "main.py"}),
        ("COPY pkg pkg", {"/app/pkg/a.py": "pkg/a.py", "/app/pkg/b.txt": "pkg/b.txt"}),
        ("COPY pkg/ .", {"/app/a.py": "pkg/a.py", "/app/b.txt": "pkg/b.txt"}),
        ("COPY pkg main.py /x/", {"/x/a.py": "pkg/a.py", "/x/b.txt": "pkg/b.txt", "/x/main.py": "main.py"}),
        ("COPY pkg/*.py /x/", {"/x/a.py": "pkg/a.py"}),
        ("COPY **/*.txt /x/", {"/x/b.txt": "pkg/b.txt"}),
        ("COPY p* /x", {"/x/a.py": "pkg/a.py", "/x/b.txt": "pkg/b.txt"}),
        ('COPY ["main.py", "/x y/"]', {"/x y/main.py": "main.py"}),
        ('COPY "main.py" /x/', {"/x/main.py": "main.py"}),
        ("ENV D=/x\nCOPY main.py ${D}/", {"/x/main.py": "main.py"}),
        ("COPY /main.py ../../x/", {"/x/main.py": "main.py"}),
        ("COPY --chown=1000 main.py .", {"/app/main.py": "main.py"}),
        ("COPY --parents pkg/a.py /x", {"/x/pkg/a.py": "pkg/a.py"}),
        ("COPY --parents ./pkg/./a.py /x", {"/x/a.py": "pkg/a.py"}),
        ("COPY --exclude=*.txt pkg /x", {"/x/a.py": "pkg/a.py"}),
        ("ADD main.py .", {"/app/main.py": "main.py"}),
        ("COPY main.py pkg/b.txt ./\nRUN rm b.txt", {"/app/main.py": "main.py"}),
        ("COPY main.py .\nRUN mv main.py app.py", {"/app/app.py": "main.py"}),
        ("COPY pkg pkg\nRUN cp -r pkg /x && rm -rf pkg", {"/x/a.py": "pkg/a.py", "/x/b.txt": "pkg/b.txt"}),
    ],
)  # fmt: skip
def test_copies(steps: str, layout: dict[str, str]) -> None:
    made = image(steps, "main.py", "pkg/a.py", "pkg/b.txt")
    assert made.layout == layout
    assert made.not_followed == ()
    assert all(copy.found for copy in made.copies)


def test_a_source_that_is_not_tracked() -> None:
    made = image("COPY main.py missing.txt static ./\nCOPY poetry.lock* ./", "main.py")
    assert [(c.source, c.found, c.line) for c in made.copies] == [
        ("main.py", True, 3),
        ("missing.txt", False, 3),
        ("static", False, 3),
    ]


def test_made_files() -> None:
    made = image(
        "ENV A=1\nCOPY <<one <<'two' /x/\n$A \"q\"\none\n$A\ntwo\nCOPY <<EOF run.sh\ngo\nEOF\nRUN touch t"
    )
    assert made.made == {"/x/one": b'1 "q"\n', "/x/two": b"$A\n", "/app/run.sh": b"go\n", "/app/t": b""}


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ("", ["a.py", "d/a.py", "d/e/b.py", "x.md"]),
        ("*.py", ["d/a.py", "d/e/b.py", "x.md"]),
        ("**/*.py", ["x.md"]),
        ("/d", ["a.py", "x.md"]),
        ("d/", ["a.py", "x.md"]),
        ("# *\n\n*.md\n", ["a.py", "d/a.py", "d/e/b.py"]),
        ("*\n!d", ["d/a.py", "d/e/b.py"]),
        ("d\n!d/e/*.py", ["a.py", "d/e/b.py", "x.md"]),
        ("!d\nd", ["a.py", "x.md"]),
        ("**/e", ["a.py", "d/a.py", "x.md"]),
        ("d/**", ["a.py", "x.md"]),
        ("[!a-c].md\n", ["a.py", "d/a.py", "d/e/b.py"]),
        ("[^x].md\n?.p?", ["d/a.py", "d/e/b.py", "x.md"]),
        ("\ufeff./d\r\n", ["a.py", "x.md"]),
    ],
)
def test_dockerignore(rules: str, kept: list[str]) -> None:
    ignore = IgnoreRules(rules)
    assert [path for path in ("a.py", "d/a.py", "d/e/b.py", "x.md") if not ignore.ignores(path)] == kept


def test_an_ignored_source_is_not_found() -> None:
    made = image("COPY data data\nCOPY main.py .", "main.py", "data/x", **{".dockerignore": "data"})
    assert [(c.source, c.found) for c in made.copies] == [("data", False), ("main.py", True)]


def test_the_dockerfiles_own_ignore_file_comes_first() -> None:
    made = image("COPY . .", "a", "b", **{".dockerignore": "a", "Dockerfile.dockerignore": "b\n*ignore"})
    assert made.layout == {"/app/a": "a"}


@pytest.mark.parametrize(
    ("pattern", "path", "match"),
    [
        ("*", "a", True), ("*", "a/b", False), ("**", "a/b", True), ("**/b", "b", True),
        ("**/b", "a/c/b", True),
        ("a/**", "a/b/c", True), ("a/**", "a", False), ("a/**/c", "a/c", True), ("a?c", "abc", True),
        ("\\*", "*", True), ("\\*", "a", False), ("a.b", "axb", False), ("**.py", "d/x.py", True),
    ],
)  # fmt: skip
def test_patterns(pattern: str, path: str, match: bool) -> None:
    assert matches(pattern, path) is match


@pytest.mark.parametrize("endless", ["[" * 36_000, "[a" * 18_000, "*[" * 18_000, "a" * LONGEST_NAME + "*"])
def test_no_expression_is_made_of_a_pattern_that_nobody_wrote(
    endless: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    translated: list[int] = []
    translate = fnmatch.translate

    def counted(name: str) -> str:
        translated.append(len(name))
        return translate(name) if len(name) <= LONGEST_NAME else "(?!)"  # else a failure would take hours

    monkeypatch.setattr(fnmatch, "translate", counted)
    _name_regex.cache_clear()
    ignore = IgnoreRules(f"{endless}\nd/{endless}\n*.pyc\n")
    paths = ["a.py", "d/a.py", "d/e/b.pyc", "b.pyc", "[", endless[:200]]
    assert [path for path in paths if ignore.ignores(path)] == ["b.pyc"]
    assert max(translated) == len("*.pyc")


def test_a_long_pattern_that_somebody_may_have_written() -> None:
    name = "a" * (LONGEST_NAME - 1)
    ignore = IgnoreRules(f"{name}*")
    assert (ignore.ignores(f"{name}.txt"), ignore.ignores("a.txt")) == (True, False)
    assert matches("[" * 36_000, "[" * 36_000)  # a name is its own pattern, whatever its length


def test_variables() -> None:
    made = image(
        'ARG V=3.11\nARG U\nFROM python:$V\nARG V\nARG W=w\nENV OLD one "two"\n'
        'ENV A=1 B="t w" C=$V D=${X:-d}${V:+y}\n'
        "ENV A=2 E=$A F=\\$A G='$A' H=${U:-u}$W\nENV PATH=/v/bin:$PATH\nWORKDIR $A\nWORKDIR b\nUSER ${W}:x"
    )
    assert {name: v.value for name, v in made.env.items()} == {
        "OLD": "one two", "A": "2", "B": "t w", "C": "3.11", "D": "dy", "E": "1", "F": "$A", "G": "$A",
        "H": "uw",
        "PATH": "/v/bin:/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
    }  # fmt: skip
    assert (made.workdir, made.user, made.base, made.python) == ("/2/b", "w:x", "python:3.11", "3.11")
    assert (made.env["A"].path, made.env["A"].line) == ("Dockerfile", 8)


def test_an_argument_from_before_from_must_be_declared_again() -> None:
    assert image("ARG V=1\nFROM a\nENV X=$V").env["X"].value == ""


def test_stages() -> None:
    made = image(
        "FROM python:3.12 AS base\nENV A=1\nWORKDIR /srv\nCOPY a .\nCMD x\n"
        "FROM node AS unused\nRUN npm run build && pip install z\nCOPY missing .\n"
        'FROM BASE\nENV B=$A\nCOPY b .\nENTRYPOINT ["y"]',
        "a",
        "b",
    )
    assert made.layout == {"/srv/a": "a", "/srv/b": "b"}
    assert (made.base, made.env["B"].value, made.workdir, made.command) == ("python:3.12", "1", "/srv", None)
    assert (made.installs, made.not_followed, len(made.copies)) == ((), (), 2)


@pytest.mark.parametrize(
    ("text", "entrypoint", "command"),
    [
        ("CMD a", None, ("/bin/sh", "-c", "a")),
        ('CMD ["a"]\nCMD ["b"]', None, ("b",)),
        ('CMD ["a"]\nENTRYPOINT ["b"]', ("b",), ("a",)),
        ('ENTRYPOINT ["b"]\nENTRYPOINT []\nCMD ["a"]', None, ("a",)),
        ('SHELL ["/bin/bash", "-lc"]\nCMD a', None, ("/bin/bash", "-lc", "a")),
        ("CMD ['a']", None, ("/bin/sh", "-c", "['a']")),
    ],
)
def test_start(text: str, entrypoint: tuple[str, ...] | None, command: tuple[str, ...] | None) -> None:
    made = image(text)
    assert (made.entrypoint and made.entrypoint.words, made.command and made.command.words) == (
        entrypoint,
        command,
    )


def test_copy_from_a_stage_that_only_copied() -> None:
    made = image(
        "FROM node AS web\nWORKDIR /w\nCOPY web .\nFROM python:3.12\nCOPY --from=web /w/dist /app/static\n"
        "COPY --from=0 /w/x.js /app/",
        "web/dist/i.html",
        "web/x.js",
    )
    assert made.layout == {"/app/static/i.html": "web/dist/i.html", "/app/x.js": "web/x.js"}
    assert made.not_followed == ()


@pytest.mark.parametrize(
    "program",
    [
        "import fastapi",
        "import a, b.c as d; from e import f",
        "import sys; print(sys.version, 1, sep=chr)",
        "import torch; assert torch.version.cuda",
        "",
    ],
)
def test_a_python_program_that_only_imports_or_prints(program: str) -> None:
    steps = f"FROM a\nRUN ls && python -c '{program}'"
    assert image(steps, "main.py").not_followed == ()


@pytest.mark.parametrize(
    ("steps", "lines"),
    [
        ("FROM node AS web\nCOPY . /w\nRUN npm run build\nFROM a\nCOPY --from=web /w/dist /app", [5]),
        ("FROM a\nCOPY --from=ghcr.io/x/y /z /app", [2]),
        ("FROM a\nADD https://example.org/x /x", [2]),
        ("FROM a\nADD x.tar.gz /x", [2]),
        ("FROM a\nRUN apt-get update && \\\n git clone https://e.org/r", [2]),
        ("FROM a\nRUN wget -O /app/m.bin https://e.org/m", [2]),
        ("FROM a\nRUN curl -Lo m.bin https://e.org/m", [2]),
        ("FROM a\nRUN python download.py\nRUN python -c 'import x; x.make()'", [2, 3]),
        ("FROM a\nCOPY x.tar.gz seed.py\nRUN python -c 'import seed'", [3]),
        ('FROM a\nRUN python -c \'open("x", "w")\'', [2]),
        ('FROM a\nRUN python -c \'print(open("x", "w"))\'', [2]),
        ("FROM a\nRUN python -c 'x = 1'", [2]),
        ("FROM a\nRUN python -c 'a b'", [2]),
        ("FROM a\nRUN echo hi > /app/x", [2]),
        ("FROM a\nRUN tar xf x.tar", [2]),
        ("FROM a\nRUN make", [2]),
        ("FROM a\nRUN if true; then mv x y; fi", [2]),
        ("FROM a\nRUN for i in 1", [2]),
        ("FROM a\nRUN <<EOF\n#!/usr/bin/env python\nprint(1)\nEOF", [2]),
        ("FROM a\nRUN curl https://e.org/x | tar xz", [2]),
        ("FROM a\nRUN find . -name x -exec y {} ;", [2]),
    ],
)
def test_not_followed(steps: str, lines: list[int]) -> None:
    """A program that may make files, and the lines of those that do."""
    found = [
        int(sentence.removeprefix("line ").partition(":")[0])
        for sentence in image(steps, "x.tar.gz").not_followed
    ]
    assert found == lines


@pytest.mark.parametrize(
    "step",
    [
        "RUN apt-get update && apt-get install -y --no-install-recommends gcc && rm -rf /var/lib/apt/lists/*",
        "RUN useradd -m -u 1000 user && mkdir -p /data && chown -R user:user /data && chmod -R 777 /data",
        "RUN --mount=type=cache,target=/root/.cache/uv uv sync --frozen",
        "RUN python -m venv /opt/venv && /opt/venv/bin/pip install -U pip",
        "RUN set -eux; adduser --disabled-password --gecos '' app; id app",
        "RUN curl -fsSL https://deb.nodesource.com/setup_20.x | bash - && apt-get install -y nodejs",
        "RUN curl -LsSf https://astral.sh/uv/install.sh | sh",
        "RUN sed -i 's/\\r$//' start.sh && chmod +x start.sh",
        "RUN git config --global user.name x || true",
        "RUN echo deb x > /etc/apt/sources.list.d/x.list",
        "COPY --from=ghcr.io/astral-sh/uv:0.5 /uv /uvx /bin/",
        "RUN npm ci\nEXPOSE 7860\nHEALTHCHECK CMD curl x\nLABEL a=b\nVOLUME /v\nSTOPSIGNAL 2",
        "RUN [ -d /x ] || mkdir /x",
        "RUN ln -sf /usr/bin/python3 /usr/bin/python",
    ],
)
def test_harmless_steps_are_not_listed(step: str) -> None:
    assert image(step).not_followed == ()


def test_directories() -> None:
    made = image("RUN mkdir -p /data/x logs && useradd -ms /bin/bash bob\nVOLUME /v\nCOPY a d/", "a")
    assert set(made.directories) == {
        "/app", "/app/d", "/app/logs", "/data", "/data/x", "/home", "/home/bob", "/v"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("step", "tool", "wanted", "requirements", "project"),
    [
        ("pip install -r requirements.txt", "pip", ("/app/requirements.txt",), (), False),
        ("pip3 install --no-cache-dir -rrequirements.txt", "pip", ("/app/requirements.txt",), (), False),
        ("pip install --requirement=requirements.txt -q", "pip", ("/app/requirements.txt",), (), False),
        ("python3.12 -u -m pip install -qr /app/requirements.txt", "pip",
         ("/app/requirements.txt",), (), False),
        ('pip install "uvicorn[standard]>=0.3" \'a<2\' b==1', "pip",
         (), ("uvicorn[standard]>=0.3", "a<2", "b==1"), False),
        ("pip install --index-url https://e.org/s -f x --upgrade a", "pip", (), ("a",), False),
        ("pip install git+https://e.org/r@v1", "pip", (), ("git+https://e.org/r@v1",), False),
        ("pip install .", "pip", (), (), True),
        ("pip install -e '.[dev]' a", "pip", (), ("a",), True),
        ("/opt/venv/bin/pip install a", "pip", (), ("a",), False),
        ("uv pip install --system -r requirements.txt", "uv", ("/app/requirements.txt",), (), False),
        ("uv pip sync requirements.txt", "uv", ("/app/requirements.txt",), (), False),
        ("uv sync --frozen --no-dev", "uv", (), (), True),
        ("poetry install --no-root --only main", "poetry", (), (), True),
        ("pipenv install --system --deploy", "pipenv", (), (), True),
        ("cd /app && pip install -r ./requirements.txt", "pip", ("/app/requirements.txt",), (), False),
        ("bash -c 'pip install a'", "pip", (), ("a",), False),
        ("A=1 sudo pip install a", "pip", (), ("a",), False),
    ],
)  # fmt: skip
def test_installs(
    step: str, tool: str, wanted: tuple[str, ...], requirements: tuple[str, ...], project: bool
) -> None:
    made = image(f"COPY . .\nRUN {step}", "requirements.txt", "pyproject.toml")
    (install,) = made.installs
    assert (install.tool, install.files, install.requirements, install.project) == (
        tool,
        wanted,
        requirements,
        project,
    )
    assert (install.line, install.understood, install.unseen) == (4, True, ())
    assert all(install.sources[path] == "requirements.txt" for path in wanted)
    assert made.not_followed == ()


def test_installs_in_chains_heredocs_and_exec_form() -> None:
    made = image(
        "RUN apt-get update && pip install a && pip install b\nRUN <<EOF\npip install c\nEOF\n"
        'RUN ["pip", "install", "d"]'
    )
    assert [(i.requirements, i.line) for i in made.installs] == [
        (("a",), 3),
        (("b",), 3),
        (("c",), 4),
        (("d",), 7),
    ]


def test_a_file_that_is_mounted_for_the_step() -> None:
    made = image("RUN --mount=type=bind,source=r.txt,target=r.txt pip install -r r.txt", "r.txt")
    assert made.installs[0].sources == {"/app/r.txt": "r.txt"}
    assert made.layout == {}


def test_an_install_of_a_stage_remembers_its_files() -> None:
    made = image(
        "FROM python:3.12 AS b\nCOPY r.txt /b/\nRUN pip install --prefix=/install -r /b/r.txt\n"
        "FROM python:3.12\nCOPY --from=b /install /usr/local\nCOPY main.py /app/",
        "r.txt",
        "main.py",
    )
    assert made.installs[0].sources == {"/b/r.txt": "r.txt"}
    assert (made.layout, made.not_followed) == ({"/app/main.py": "main.py"}, ())


def test_a_virtual_environment_beside_the_copied_files() -> None:
    made = image(
        "FROM python:3.12 AS b\nWORKDIR /app\nCOPY . .\nRUN uv sync\n"
        "FROM python:3.12\nCOPY --from=b /app /app\n"
        "COPY --from=b /app/.venv /app/.venv",
        "main.py",
    )
    assert (made.layout, made.not_followed) == ({"/app/main.py": "main.py"}, ())


def test_requirements_that_are_not_there() -> None:
    assert image("RUN pip install -r r.txt").installs[0].files == ("/app/r.txt",)
    made = image("RUN poetry export -o r.txt && pip install -r r.txt").installs[0]
    assert (made.files, made.unseen) == ((), ("/app/r.txt",))
    made = image("COPY <<E r.txt\nfastapi\nE\nRUN pip install -r r.txt").installs[0]
    assert (made.files, made.unseen, made.made) == ((), (), ("fastapi\n",))
    made = image("RUN touch r.txt && poetry export -o r.txt && pip install -r r.txt").installs[0]
    assert (made.unseen, made.made) == (("/app/r.txt",), ())
    made = image("RUN if [ -f r.txt ]; then pip install -r r.txt; fi").installs[0]
    assert (made.files, made.unseen, made.conditional) == ((), ("/app/r.txt",), True)


@pytest.mark.parametrize(
    "step",
    [
        "pip install $(cat r)",
        "pip install -r $NONE",
        "conda install x",
        "pip install ./x.whl",
        "pip install 'a",
    ],
)
def test_installs_that_are_not_understood(step: str) -> None:
    (install,) = image(f"RUN {step}").installs
    assert install.understood is False


@pytest.mark.parametrize(
    ("base", "version"),
    [
        ("python:3.12-slim", "3.12"),
        ("python:3.12.1", "3.12.1"),
        ("docker.io/library/python:3.11-alpine3.18", "3.11"),
        ("localhost:5000/python:3.10@sha256:0", "3.10"),
        ("python:3.14-rc-slim", "3.14"),
        ("ghcr.io/astral-sh/uv:python3.12-bookworm-slim", "3.12"),
        ("ghcr.io/astral-sh/uv:0.5.1-python3.13-alpine", "3.13"),
        ("mcr.microsoft.com/devcontainers/python:1-3.12-bullseye", "3.12"),
        ("tiangolo/uvicorn-gunicorn-fastapi:python3.11", "3.11"),
        ("nvcr.io/x:23.1-py310", "3.10"),
        ("registry.access.redhat.com/ubi9/python-312", "3.12"),
        ("python", None),
        ("python:3", None),
        ("python:latest", None),
        ("python:slim-bookworm", None),
        ("localhost:5000/python", None),
        ("continuumio/miniconda3:24.1.2-0", None),
        ("ubuntu:22.04", None),
        ("node:20", None),
        ("", None),
    ],
)
def test_python_of_a_base_image(base: str, version: str | None) -> None:
    assert python_of(base) == version


def test_gradio() -> None:
    made = gradio_image(files("app.py", "d/x.txt"), "3.12")
    assert made.layout == {"/app/app.py": "app.py", "/app/d/x.txt": "d/x.txt"}
    assert (made.workdir, made.env, made.python) == ("/app", {}, "3.12")


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\n" + "COPY . /x\nRUN rm -rf /y\n" * 4_000,
        "FROM a AS a\n" + "FROM a AS a\nCOPY . .\n" * 4_000,
        "FROM a\n" + "ENV A=$A$A$A$Axxxx\n" * 4_000,
        "FROM a\nENV A=" + "${A:-" * 20_000,
        "FROM a\nCOPY " + "*a" * 20_000 + " /x/",
        "FROM a\nRUN " + "rm x; " * 20_000,
        "FROM a\nCOPY " + ". " * 20_000 + "/x/",
        "FROM a\nRUN " + "pip install -r a; " * 7_000,
    ],
    ids=range(8),
)
def test_hostile_builds_end_in_bounded_time(text: str) -> None:
    started = time.process_time()
    made = image(text, *(f"{'a' * 40}{i}/{'a' * 100}.py" for i in range(500)))
    assert made.workdir == "/"
    assert time.process_time() - started < 20


def test_no_stage_at_all() -> None:
    assert image("# FROM\nCMD x").layout == {}
