from __future__ import annotations

import pytest

from pytest_hfspace.check import Check
from pytest_hfspace.checks.build.dockerfile import base_image_tools, copy_source, dockerfile_invalid
from pytest_hfspace.checks.build.steps import data_at_build, recursive_chown, root_step_after_user
from pytest_hfspace.contract import Stage
from pytest_hfspace.space.dockerfile import parse_dockerfile
from pytest_hfspace.space.image import TOO_LONG
from tests.checks.built import built
from tests.checks.factories import make_gradio_space, make_space, make_static_space, only_finding, outcome

CHECKS = (
    copy_source, dockerfile_invalid, root_step_after_user, data_at_build, recursive_chown, base_image_tools
)  # fmt: skip
USER = "RUN useradd -m -u 1000 user\nUSER user\n"
DOCUMENTED = (
    f"FROM python:3.12\n{USER}ENV HOME=/home/user\nWORKDIR $HOME/app\nCOPY --chown=user . $HOME/app\n"
)
MODERN = """\
# syntax=docker/dockerfile:1
ARG V=3.12
FROM --platform=$BUILDPLATFORM python:${V}-slim AS a
RUN --mount=type=cache,target=/root/.cache --network=default pip install -r /dev/null
FROM python:$V
COPY --from=a --link --chmod=755 /x /y
COPY --exclude=*.md --parents main.py /app/
HEALTHCHECK --interval=5s --start-interval=1s CMD curl -f localhost
ADD --checksum=sha256:0 --keep-git-dir=true --unpack=false https://e.org/x /z
COPY <<-EOF /etc/x
\ta
\tEOF
"""


@pytest.mark.parametrize("check", CHECKS)
def test_spaces_without_a_dockerfile(check: Check) -> None:
    for space in (make_gradio_space(), make_static_space()):
        result = outcome(check, space)
        assert (result.outcome, result.applicable) == ("skipped", False)
    result = outcome(check, make_space(dockerfile=None))
    assert (result.outcome, result.reason) == ("skipped", "needs HFS108")


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "text",
    [
        "COPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .",
        DOCUMENTED,
        MODERN,
    ],
)
def test_healthy(check: Check, text: str) -> None:
    result = outcome(check, built(text))
    assert (result.outcome, result.findings) == ("passed", ())


# -- HFS311


@pytest.mark.parametrize(
    "steps",
    [
        "COPY . .",
        "COPY ./ /x",
        "COPY mai*.py absent* ./",
        "COPY poetry.lock* ./",
        'COPY ["main.py", "/x y/"]',
        "COPY --from=nginx /etc/nginx /x",
        "ADD https://example.org/model.bin /x",
        "ADD git@github.com:a/b.git /x",
        "COPY <<EOF /x/run.sh\ngo\nEOF",
        "COPY /main.py .",
        "COPY static/a.css .",
        "COPY static /x\nCOPY static/ /y/",
        "COPY ../main.py .",
        "ENV F=main.py\nCOPY $F .",
        "ARG SOURCE=absent\nCOPY $SOURCE .",
        "ARG SOURCE\nCOPY ${SOURCE} .",
        "COPY link/x .",
        "COPY .git .git",
        "RUN --mount=type=bind,source=main.py,target=/m true",
        "RUN --mount=target=. true",
        "RUN --mount=type=secret,id=X true",
    ],
)
def test_sources_that_are_there(steps: str) -> None:
    space = built(steps, {"static/a.css": ""}, links=("link",))
    assert outcome(copy_source, space).findings == ()


def test_a_stage_that_nobody_needs_is_not_built() -> None:
    text = "FROM node AS test\nCOPY absent .\nFROM python:3.12\nCOPY main.py .\n"
    assert outcome(copy_source, built(text)).outcome == "passed"
    needed = only_finding(copy_source, built(text + "COPY --from=test /x /y\n"))
    assert (needed.path, needed.line) == ("Dockerfile", 2)


def test_a_source_that_is_nowhere() -> None:
    finding = only_finding(copy_source, built("COPY static/ ./static/"))
    assert finding.message == "COPY static/: static is not in the repository"
    assert (finding.path, finding.line) == ("Dockerfile", 3)
    assert 'failed to calculate checksum of ref …: "/static": not found' in finding.consequence
    assert (
        "Job failed with exit code: 1. Reason: cache miss: […] COPY static/ ./static/" in finding.consequence
    )


def test_a_source_that_is_here_and_not_tracked() -> None:
    finding = only_finding(copy_source, built("COPY static /x", untracked={"static": ""}))
    assert "static is here, but git does not track it" in finding.message
    assert "git add static" in finding.hint


@pytest.mark.parametrize("name", [".env", "config/.env", ".env.local", "server.pem", "credentials.json"])
@pytest.mark.parametrize("kind", ["untracked", "ignored", "absent"])
def test_a_secret_is_not_to_be_published(name: str, kind: str) -> None:
    files = {name: "KEY=1\n", ".dockerignore": f"{name}\n"} if kind == "ignored" else {}
    space = built(f"COPY {name} ./", files, untracked={name: "KEY=1\n"} if kind == "untracked" else {})
    finding = only_finding(copy_source, space)
    assert finding.hint == "take it out of the Dockerfile, and set what it holds as secrets on the Space"


@pytest.mark.parametrize("name", [".env.example", "cert.txt", "environment.yml"])
def test_an_example_may_be_published(name: str) -> None:
    finding = only_finding(copy_source, built(f"COPY {name} ./", untracked={name: ""}))
    assert name in finding.hint
    assert finding.hint.startswith("git add")


def test_a_source_that_dockerignore_names() -> None:
    files = {"data/x.json": "", ".dockerignore": "# keep\n*.md\ndata\n!data/keep\n"}
    finding = only_finding(copy_source, built("COPY data /x", files))
    assert finding.message == 'COPY data: .dockerignore keeps it out of the build: line 3, "data"'
    assert "!data" in finding.hint


def test_a_source_that_dockerignore_names_and_takes_back() -> None:
    files = {"data/x.json": "", ".dockerignore": "*\n!data\n"}
    assert outcome(copy_source, built("COPY data /x", files)).outcome == "passed"


def test_a_source_in_another_case() -> None:
    finding = only_finding(copy_source, built("COPY static /x", {"Static/a.css": ""}))
    assert "Static, in another case" in finding.message
    finding = only_finding(copy_source, built("COPY Main.py /x"))
    assert "main.py, in another case" in finding.message


def test_a_source_that_lies_elsewhere() -> None:
    finding = only_finding(copy_source, built("COPY app.cfg /x", {"backend/app.cfg": ""}))
    assert finding.hint == "write backend/app.cfg, which is"


def test_each_source_is_told_once() -> None:
    result = outcome(copy_source, built("COPY a b a /x/"))
    assert [finding.message.partition(":")[0] for finding in result.findings] == ["COPY a", "COPY b"]


def test_a_bind_mount_of_what_is_not_there() -> None:
    steps = "RUN --mount=type=bind,source=uv.lock,target=uv.lock true"
    finding = only_finding(copy_source, built(steps))
    assert finding.message == "RUN --mount uv.lock: uv.lock is not in the repository"


def test_requirements_are_told_by_their_own_check() -> None:
    steps = "COPY req.txt .\nRUN pip install -r req.txt"
    result = outcome(copy_source, built(steps))
    assert (result.outcome, result.reason) == ("skipped", "needs HFS301")


# -- HFS312


@pytest.mark.parametrize(
    "text",
    [
        'ENTRYPOINT ["./run.sh"]',
        "CMD python main.py",
        "FROM ghcr.io/owner/app\nENTRYPOINT x\n",
        'FROM python:3.12\nCMD ["a"]\nCMD ["uvicorn", "main:app"]\n',
        "\ufefffrom python:3.12\r\nrun pip \\\r\n  # why\r\n  install x\r\ncmd uvicorn main:app # CMD\r\n",
        "# escape=`\nFROM python:3.12\nRUN a `\n && b\nCMD x\\",
        "FROM python:3.12\nRUN [ -f x ]\nRUN [[ -f x ]]\nCMD x",
        'FROM python:3.12\nRUN [ "$A" = "1" ]\nCMD x',
        'FROM python:3.12\nHEALTHCHECK NONE\nSTOPSIGNAL SIGTERM\nSHELL ["/bin/bash", "-c"]\nCMD x',
        "FROM python:3.12\nENV A=1 B='x y'\nENV C d e\nLABEL a=b\nONBUILD RUN x\nVOLUME /v\nCMD x",
        "# syntax=someone/frontend\nFROM python:3.12\nINCLUDE x\nCMD x",
        "FROM python:3.12 AS base-1.2\nFROM base-1.2\nCMD x",
        "ARG BASE\nFROM $BASE\nCMD x",
        "FROM python:${V:-3.12}\nHEALTHCHECK\tCMD curl x\nCMD x",
        "FROM python:3.12\nCMD ['uvicorn', 'main:app']",  # the start command's own check tells
    ],
)
def test_files_that_build(text: str) -> None:
    assert outcome(dockerfile_invalid, built(text)).outcome == "passed"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("FROM python:3.12\nRUNN x\nCMD x", 2, "unknown instruction: RUNN"),
        ("FROM python:3.12\nCOPY x\nCMD x", 2, "a source and a destination"),
        ("RUN x\nFROM python:3.12\nCMD x", 1, "stands before the first FROM"),
        ("FROM python:3.12 AS a b\nCMD x", 1, "AS a name"),
        ("FROM python:3.12 AS 1a\nCMD x", 1, "no name for a stage"),
        ("FROM python:3.12\nRUN <<EOF\nx\nCMD x", 2, "here-document"),
        ("FROM python:3.12\nCOPY --chow=x a b\nCMD x", 2, "COPY has no flag --chow"),
        ("FROM python:3.12\nCOPY --from a b\nCMD x", 2, "needs a value"),
        ("FROM python:3.12\nRUN --mount=type=cahce,target=/x y\nCMD x", 2, "mount of type cahce"),
        ("FROM python:3.12\nCMD --port 1", 2, "CMD has no flag --port"),
        ('FROM python:3.12\nCMD ["a", 7860]', 2, "strings only"),
        ("FROM python:3.12\nENV A=b c\nCMD x", 2, "among its pairs"),
        ("FROM python:3.12\nSHELL /bin/bash -c\nCMD x", 2, "SHELL takes a JSON list"),
        ("FROM python:3.12\nHEALTHCHECK curl x\nCMD x", 2, "HEALTHCHECK is CMD or NONE"),
        ("FROM python:3.12\nONBUILD FROM x\nCMD x", 2, "ONBUILD takes no FROM"),
        ("FROM python:3.12\nCOPY https://e.org/x /y\nCMD x", 2, "COPY takes no URL"),
        ("FROM python:${V}\nCMD x", 1, "uses $V"),
        ("# escape=x\nFROM python:3.12\nCMD x", 1, "escape"),
        ("# escape=`\n# escape=`\nFROM python:3.12\nCMD x", 2, "more than one"),
        ("FROM python:3.12\nRUN echo " + "x" * 70_000 + "\nCMD x", 2, "more than 65535 bytes"),
        ("FROM python:3.12\nRUN ['pip', 'install', 'x']\nCMD x", 2, "list of RUN is not JSON"),
        ("FROM python:3.12\nCOPY ['main.py', '/x']\nCMD x", 2, "list of COPY is not JSON"),
    ],
)  # fmt: skip
def test_mistakes(text: str, line: int, said: str) -> None:
    finding = only_finding(dockerfile_invalid, built(text))
    assert said in finding.message
    assert (finding.path, finding.line) == ("Dockerfile", line)
    assert finding.hint


def test_an_empty_file() -> None:
    finding = only_finding(dockerfile_invalid, make_space(dockerfile=parse_dockerfile("# nothing\n")))
    assert (finding.message, finding.hint) == ("there is no FROM", "begin with FROM python:3.12-slim")


def test_a_missing_backslash_is_told_once() -> None:
    text = "FROM python:3.12\nRUN apt-get update\n && apt-get install -y git\n && rm -rf /x\nCMD x"
    finding = only_finding(dockerfile_invalid, built(text))
    assert finding.line == 3
    assert "end the line above with a backslash" in finding.hint


def test_the_word_that_was_meant() -> None:
    assert only_finding(dockerfile_invalid, built("FROM a\nENTRPOINT x\nCMD x")).hint == "write ENTRYPOINT"


def test_of_many_mistakes_the_first_are_told() -> None:
    text = "FROM python:3.12\n" + "COPY x\nRUN y\n" * 50 + "CMD x"
    assert len(outcome(dockerfile_invalid, built(text)).findings) == 3


def test_nothing_to_start() -> None:
    space = built("FROM python:3.12\nCOPY . .\n# CMD")
    finding = only_finding(dockerfile_invalid, space)
    assert finding.message == "the Dockerfile has neither CMD nor ENTRYPOINT, so no server is started"
    assert 'CMD ["uvicorn", "main:app"' in finding.hint
    assert finding.line == 2
    assert finding.predicts is Stage.RUNTIME_ERROR


def test_what_is_longer_than_is_read() -> None:
    text = "FROM python:3.12\n" + "ENV A=1\n" * 2100
    result = outcome(dockerfile_invalid, built(f"{text}# CMD"))
    assert (result.outcome, result.reason) == ("skipped", TOO_LONG)

    half = parse_dockerfile("FROM python:3.12\nENV A=")._replace(cut=True)
    result = outcome(dockerfile_invalid, make_space(dockerfile=half))
    assert (result.outcome, result.reason) == ("skipped", TOO_LONG)


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        (
            "FROM python:3.12\n<<<<<<< HEAD\nUSER user\n=======\nUSER root\n>>>>>>> main\nCMD x",
            2,
            "this line is left from a merge (so are lines 4, 6)",
            "finish the merge",
        ),
        ("FROM python:3.12\nRUN a\n>>>>>>> main\nCMD x", 3, "this line is left from a merge", "finish"),
        (
            "```dockerfile\nFROM python:3.12\nCMD x\n```\n",
            1,
            "this line is a fence of Markdown (so is line 4)",
            "remove the fences",
        ),
    ],
)
def test_lines_that_were_never_meant_are_told_once(text: str, line: int, message: str, hint: str) -> None:
    finding = only_finding(dockerfile_invalid, built(text))
    assert (finding.message, finding.line) == (message, line)
    assert hint in finding.hint


def test_an_image_that_may_bring_its_own_command() -> None:
    result = outcome(dockerfile_invalid, built("FROM ghcr.io/owner/app:1\nCOPY . .\n# CMD"))
    assert (result.outcome, result.reason) == (
        "skipped",
        "the start command is that of the base image ghcr.io/owner/app:1",
    )


# -- HFS316


@pytest.mark.parametrize(
    "steps",
    [
        "RUN apt-get update && apt-get install -y git\n" + USER,
        USER + "USER root\nRUN apt-get update\nUSER user",
        USER + "USER 0\nRUN apt-get update",
        USER + "USER root:root\nRUN apt-get update",
        USER + "RUN apt-get update || true",
        USER + "RUN sudo apt-get update && sudo apt-get install -y git",
        USER + "RUN pip install --user x && mkdir -p ~/.cache /tmp/x /home/user/y && touch ~/z",
        USER + "WORKDIR /home/user/app\nRUN mkdir data && chmod 777 data && chown -R user:user data",
        USER + "COPY --chown=user main.py ./\nRUN chmod +x main.py",
        USER + "RUN echo 'run apt-get install git' && apt-cache search x && apt list",
        USER + "RUN if [ -w / ]; then apt-get update; fi",
        "ARG WHO=root\nUSER $WHO\nRUN apt-get update",
        "FROM jupyter/base-notebook\nRUN apt-get update\nCMD x",
        "FROM node AS x\nUSER node\nRUN apt-get update\nFROM python:3.12\nCMD x",
        USER + "RUN playwright install chromium",
        USER + "RUN mkdir -p /app",
        USER + "RUN echo x > /dev/null 2> /dev/stderr",
        "RUN mkdir /app/data && chmod 777 /app/data\n" + USER + "RUN touch data/x",
        "RUN ./setup.sh\n" + USER + "RUN touch /app/x && chmod +x /app",
    ],
)
def test_steps_that_a_user_may_do(steps: str) -> None:
    assert outcome(root_step_after_user, built(steps)).findings == ()


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("RUN apt-get update && apt-get install -y git", "could not open lock file"),
        ("RUN apt install git", "are you root?"),
        ("RUN apk add git", "permission denied"),
        ("RUN dnf install -y git", "permission denied"),
        ('RUN ["apt-get", "update"]', "could not open lock file"),
        ("RUN <<EOF\napt-get update\nEOF", "could not open lock file"),
        ("RUN --mount=type=cache,target=/var/cache/apt apt-get update", "could not open lock file"),
        ("RUN useradd -m other", "useradd"),
        ("RUN playwright install --with-deps chromium", "authentication failure"),
        ("RUN python -m playwright install-deps", "authentication failure"),
        ("COPY main.py .\nRUN chmod +x main.py", "operation not permitted"),
        ("COPY . .\nRUN chown -R user:user /app", "operation not permitted"),
        ("RUN mkdir -p /srv/data", "permission denied"),
        ("RUN echo x > /etc/y", "permission denied"),
        ("COPY main.py /home/user/\nRUN cp /home/user/main.py /usr/local/bin/", "permission denied"),
        ("RUN touch /app/x", "permission denied"),
    ],
)
def test_steps_that_need_root(step: str, said: str) -> None:
    finding = only_finding(root_step_after_user, built(USER + step))
    assert said in finding.consequence.lower()
    assert "as user, and needs root" in finding.message
    assert finding.line == (6 if step.startswith("COPY") else 5)


def test_what_stands_below_one_user_is_one_finding() -> None:
    finding = only_finding(root_step_after_user, built(USER + "RUN apt-get update\nRUN apt-get install x"))
    assert "(so does line 6)" in finding.message
    assert finding.hint == (
        "move the step above USER user, or put USER root before it and USER user after it"
    )


def test_a_user_by_number_or_argument() -> None:
    for user in ("1000", "1000:1000", "$WHO"):
        space = built(f"ARG WHO=app\nUSER {user}\nRUN apt-get update")
        assert only_finding(root_step_after_user, space).line == 5


# -- HFS317


@pytest.mark.parametrize(
    "steps",
    [
        "RUN mkdir -p /data && chmod 777 /data",
        "RUN mkdir -p /data\nRUN ls /data && chown user /data",
        "WORKDIR /data\nRUN cat x || true\nWORKDIR /app",
        "VOLUME /data\nRUN ls /data",
        "RUN [ -d /data ] && ls /data || true",
        "RUN ls /data || true",
        "RUN cat /database/x /datasets/y; ls ./data",
        "RUN echo 'cat /data/x'",
        "ENV DATA=/data\nCOPY data ./data",
        "FROM ghcr.io/a/b\nRUN ls /data\nCMD x",
        "RUN ./setup.sh\nRUN ls /data",
        "RUN mkdir -p $HOME/data && ls ~/data",
    ],
)
def test_builds_that_leave_the_mount_alone(steps: str) -> None:
    assert outcome(data_at_build, built(steps, {"data/x": ""})).findings == ()


@pytest.mark.parametrize(
    "step",
    [
        "RUN cd /data && ls",
        "RUN cat /data/config.json",
        "RUN cp /data/model.bin /app/",
        "RUN cp main.py /data/main.py",
        "RUN touch /data/app.db",
        "RUN echo x > /data/x",
        "RUN mkdir /data/cache",
        "RUN chmod 777 /data",
        "ENV D=/data\nRUN ls $D/models",
        "RUN ln -s /app/x /data/x",
    ],
)
def test_builds_that_need_the_mount(step: str) -> None:
    finding = only_finding(data_at_build, built(step))
    assert finding.level == "error"
    assert "/data is not there" in finding.message
    assert "No such file or directory" in finding.consequence


@pytest.mark.parametrize(
    "step",
    [
        "COPY main.py /data/",
        "RUN mkdir -p /data/models && wget -O /data/models/m.bin https://e.org/m",
        "RUN git clone https://e.org/r /data/r",
        "RUN mkdir -p /data && cp main.py /data/",
    ],
)
def test_what_a_volume_would_hide_is_a_note(step: str) -> None:
    result = outcome(data_at_build, built(f"COPY . .\n{step}"))
    assert [finding.level for finding in result.findings] == ["note"]
    assert (result.outcome, result.findings[0].line) == ("noted", 4)


# -- HFS319


@pytest.mark.parametrize(
    "steps",
    [
        "COPY --chown=user . .",
        "RUN mkdir data && chown -R user data && chmod -R 777 data\nCOPY . .",
        "COPY . .\nRUN chown user /app && chmod +x main.py",
        "COPY . .\nRUN chown -R user /home/user",
        "FROM node AS b\nCOPY . /b\nRUN chown -R node /b\nFROM python:3.12\nCOPY --from=b /b /app\nCMD x",
    ],
)
def test_owners_that_cost_nothing(steps: str) -> None:
    assert outcome(recursive_chown, built(steps)).findings == ()


@pytest.mark.parametrize("step", ["chown -R user:user /app", "chmod -R 777 .", "chown --recursive user ./"])
def test_a_recursive_change_of_copied_files(step: str) -> None:
    finding = only_finding(recursive_chown, built(f"COPY . .\nRUN mkdir x && {step}"))
    assert "3 copied files" in finding.message
    assert finding.line == 4
    assert "COPY --ch" in finding.hint


# -- HFS320

GIT = {"requirements.txt": "fastapi\nlib @ git+https://github.com/a/b@v1\n"}


@pytest.mark.parametrize(
    "text",
    [
        "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt",
        "FROM python:3.12-slim\nCOPY . .\nRUN apt-get install -y git && pip install -r requirements.txt",
        "FROM python:3.12-alpine\nCOPY . .\nRUN apk add git=2.45 && pip install -r requirements.txt",
        "FROM python:3.12-slim\nRUN apt-get install -y git-lfs\nRUN pip install git+https://e.org/r",
        "FROM python:3.12-slim\nRUN ./tools.sh\nRUN pip install git+https://e.org/r",
        "FROM python:3.12-slim\nRUN apt-get install -y $(cat packages.txt)\nRUN pip install git+https://e.org/r",
        "FROM python:3.12-slim\nCOPY . .\nRUN pip install fastapi",
        "FROM ghcr.io/a/b-slim\nRUN pip install git+https://e.org/r",
        "FROM ghcr.io/astral-sh/uv:python3.12-bookworm\nRUN uv pip install git+https://e.org/r",
        "FROM python:3.12-slim\nRUN pip install git+https://e.org/r || true",
        "FROM python:3.12-slim AS a\nRUN apt-get install -y git\nFROM a\nRUN pip install git+https://e.org/r",
    ],
)
def test_images_that_have_git_or_need_none(text: str) -> None:
    assert outcome(base_image_tools, built(text, GIT)).findings == ()


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("FROM python:3.12-slim\nCOPY . .\nRUN poetry add git+https://e.org/r", "Dockerfile", 3),
        ("FROM python:3.12-slim\nCOPY --from=tools /a /usr/bin/\nRUN pip install git+https://e.org/r",
         "Dockerfile", 3),
        ("FROM debian:12-slim\nRUN pip install git+https://e.org/r", "Dockerfile", 2),
        ("FROM ghcr.io/astral-sh/uv:python3.12-bookworm-slim\nRUN uv pip install 'x @ git+https://e.org/r'",
         "Dockerfile", 2),
    ],
)  # fmt: skip
def test_an_image_that_may_have_no_git(text: str, path: str, line: int) -> None:
    result = outcome(base_image_tools, built(text, GIT))
    assert result.outcome == "noted"
    assert [(finding.path, finding.line) for finding in result.findings] == [(path, line)]


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("FROM python:3.12-slim\nCOPY . .\nRUN pip install -r requirements.txt", "requirements.txt", 2),
        ("FROM python:3.12-slim\nRUN --mount=type=cache,target=/c pip install git+https://e.org/r",
         "Dockerfile", 2),
        ("FROM python:3.12-alpine3.20\nRUN pip install git+https://e.org/r", "Dockerfile", 2),
        ("FROM docker.io/library/python:3.12-slim-bookworm\nRUN pip install git+https://e.org/r",
         "Dockerfile", 2),
        ("FROM python:3.12-slim AS a\nRUN pip install git+https://e.org/r\nRUN apt-get install git\nFROM a",
         "Dockerfile", 2),
    ],
)  # fmt: skip
def test_an_image_without_git(text: str, path: str, line: int) -> None:
    result = outcome(base_image_tools, built(text, GIT))
    assert result.outcome == "failed"
    assert "Cannot find command 'git' - do you have 'git' installed and in your PATH?" in (
        result.findings[0].consequence
    )
    assert [(finding.path, finding.line) for finding in result.findings] == [(path, line)]
    assert "git" in result.findings[0].hint


# -- all of them


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\n" + "FROM a AS a\nCOPY . .\nRUN chown -R x /app && ls /data\n" * 1_500,
        "FROM python:3.12\nCOPY . .\n" + "RUN chown -R user /app; chmod -R 777 /\n" * 1_500,
        "FROM python:3.12\nUSER x\nRUN " + "chmod 7 a; " * 9_000,
        "FROM python:3.12\n" + "COPY absent" + "\x1b[31m" * 50 + " b\n",
        "\x00" * 10_000,
    ],
    ids=range(5),
)
def test_hostile_text(text: str) -> None:
    space = built(text, {f"{i}/{'a' * 50}.py": "" for i in range(300)})
    for check in CHECKS:
        for finding in outcome(check, space).findings:
            assert finding.message.isprintable()
            assert len(finding.message) < 300
