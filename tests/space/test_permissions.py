from __future__ import annotations

import time

import pytest

from pytest_hfspace.space.image import Permissions, gradio_image
from pytest_hfspace.space.image.accounts import Accounts, is_rooted

from .image_helpers import files, image

USER = "RUN useradd -m -u 1000 user\n"
DOCUMENTED = USER + "USER user\nENV HOME=/home/user\nWORKDIR $HOME/app\nCOPY --chown=user . $HOME/app"


def writable(steps: str, path: str) -> bool | None:
    return image(steps, "main.py", "data/x.json", "data/deep/y").writable(path)


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        (DOCUMENTED, "/home/user/app/new.db"),
        (DOCUMENTED, "/home/user/app/main.py"),
        (DOCUMENTED, "/home/user/app/data/new"),
        (DOCUMENTED, "/home/user/app/logs/made/later.log"),
        (DOCUMENTED, "/home/user/.cache/x"),
        ("COPY . .", "/tmp/x"),
        ("COPY . .", "/tmp/a/b/c"),
        ("COPY . .", "/var/tmp/x"),
        ("COPY . .", "/dev/shm/x"),
        ("COPY . .", "/dev/null"),
        ("FROM ghcr.io/a/b\nCOPY . /app", "/tmp/x"),
        ("COPY --chmod=777 . .\nRUN chmod 777 .", "/app/new"),
        ("COPY --chmod=666 main.py .", "/app/main.py"),
        ("RUN mkdir -m 777 cache", "/app/cache/x"),
        ("RUN mkdir -p cache && chmod 777 cache", "/app/cache/x"),
        ("RUN mkdir cache && chmod a+rwx cache", "/app/cache/x"),
        ("RUN mkdir cache && chmod o+w,u-w cache", "/app/cache/x"),
        ("RUN mkdir cache && chmod ugo=rwX cache", "/app/cache/x"),
        ("COPY . .\nRUN chmod -R 777 /app", "/app/data/x.json"),
        ("COPY . .\nRUN chmod -R a+rwX .", "/app/data/deep/new"),
        ("COPY . .\nRUN chmod -R a+w /app", "/app/new"),
        (USER + "COPY . .\nRUN chown -R user /app", "/app/new"),
        (USER + "COPY . .\nRUN chown -R user:user .", "/app/data/deep/y"),
        (USER + "COPY . .\nRUN chown -R 1000:1000 /app/data", "/app/data/new"),
        ("COPY . .\nRUN chown -R 1000 /app", "/app/new"),
        ("COPY . .\nRUN chown 1000 /app", "/app/new"),
        ("COPY . .\nRUN chown -R 1000 data/*", "/app/data/x.json"),
        ("COPY . .\nRUN chown -R 1000 /app/*", "/app/data/new"),
        (USER + "USER user\nWORKDIR /srv/app\nCOPY . .", "/srv/app/new"),
        ("USER 1000\nWORKDIR /srv/app", "/srv/app/new"),
        (USER + "WORKDIR /srv\nCOPY --chown=user data d", "/srv/d/new"),
        (USER + "WORKDIR /srv\nCOPY --chown=user . app", "/srv/app/new"),
        ("COPY --chown=1000:1000 . /home/user/app", "/home/user/app/new"),
        ("RUN install -d -m 0777 /app/cache", "/app/cache/x"),
        (USER + "RUN install -d -o user /app/cache", "/app/cache/x"),
        ("FROM node:20\nWORKDIR /home/node/app", "/home/node/x"),
        ("FROM ubuntu:24.04\nUSER ubuntu\nWORKDIR /app", "/app/x"),
        ("RUN useradd -m user\nRUN chown user /app", "/app/x"),
        ("RUN adduser --disabled-password --gecos '' app && chown app /app", "/app/x"),
        ("FROM python:3.12-alpine\nRUN adduser -D -u 1000 app\nWORKDIR /x\nRUN chown app .", "/x/y"),
        ("FROM node:20\nRUN usermod -l user -d /home/user node\nWORKDIR /x\nRUN chown user .", "/x/y"),
        (
            f"FROM python:3.12 AS base\nWORKDIR /app\n{USER}RUN chown user /app\nFROM base\nCOPY . .",
            "/app/new",
        ),
        ("RUN mkdir -p /data && chmod 777 /data", "/data/x"),
        ("COPY . .\nRUN chmod -R 777 /app\nRUN mv data other", "/app/other/x.json"),
        ("COPY . .\nRUN chmod -R 777 data && cp -a data /srv/d", "/srv/d/new"),
        (USER + "RUN sudo chown -R user /app", "/app/x"),
        ('RUN ["chmod", "777", "/app"]', "/app/x"),
        ("RUN <<EOF\nmkdir c\nchmod 777 c\nEOF", "/app/c/x"),
        ("ARG D=cache\nRUN mkdir $D && chmod 777 $D", "/app/cache/x"),
        ("RUN chmod 777 /", "/new"),
    ],
)
def test_writable(steps: str, path: str) -> None:
    assert writable(steps, path) is True


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        ("COPY . .", "/app/new.db"),
        ("COPY . .", "/app/main.py"),
        ("COPY . .", "/app/data/new"),
        ("COPY . .", "/app/logs/made/later.log"),
        ("COPY . .", "/.cache/huggingface/x"),
        ("COPY . .", "/x.db"),
        ("COPY . .", "/etc/x"),
        ("COPY . .", "/usr/local/lib/python3.12/x"),
        ("COPY . .", "/var/log/x.log"),
        ("COPY . .", "/root/.cache/x"),
        ("COPY . .\nRUN mkdir -p /root/c && chmod 777 /root/c", "/root/c/x"),  # behind a closed door
        # files are the user's, the directory beside them is not
        (USER + "COPY --chown=user . .", "/app/new"),
        (USER + "WORKDIR /app\nCOPY --chown=user . .\nUSER user", "/app/app.db"),
        # USER says nothing about what COPY makes
        (USER + "USER user\nWORKDIR /srv\nCOPY . .", "/srv/main.py"),
        (USER + "USER user\nWORKDIR /srv/app\nCOPY . .", "/srv/app/data/new"),
        (USER + "RUN mkdir d && chown user d\nCOPY data d/data", "/app/d/data/new"),
        ("RUN chmod -R 777 /app\nCOPY . .", "/app/data/new"),  # the wrong order
        (USER + "RUN chown -R user /app\nCOPY . .", "/app/data/x.json"),
        ("COPY . .\nRUN chmod 777 data", "/app/data/x.json"),
        ("COPY . .\nRUN chmod -R +x .", "/app/new"),
        ("COPY . .\nRUN chmod -R 755 .", "/app/new"),
        ("COPY . .\nRUN chown -R 1001 .", "/app/new"),
        ("RUN useradd -r app && chown -R app /app", "/app/new"),
        ("RUN useradd -u 1001 app && chown -R app /app", "/app/new"),
        ("RUN useradd a && useradd b && chown -R b /app", "/app/new"),
        ("FROM node:20\nRUN useradd -m b\nWORKDIR /x\nRUN chown b .", "/x/y"),
        ("RUN chown -R www-data /app", "/app/new"),
        ("RUN mkdir c && chmod 777 c && chmod go-w c", "/app/c/x"),
        ("COPY . .\nRUN chmod -R 777 data && cp -r data /srv/d", "/srv/d/x.json"),
        ("COPY . .\nRUN chmod -R 777 data && rm -rf data", "/app/data/x.json"),
        ("USER root\nWORKDIR /srv/app", "/srv/app/x"),
        ("FROM node AS b\nCOPY . /b\nFROM python:3.12\nCOPY --from=b /b /app", "/app/main.py"),
        ("COPY <<EOF conf.ini\nx\nEOF", "/app/conf.ini"),
        ("ADD https://e.org/m.bin /app/m.bin", "/app/m.bin"),
        ("RUN python -c 'import nltk; nltk.download(\"x\")'\nCOPY . .", "/app/x"),
        ("RUN git clone https://e.org/r r && npm ci && pip install x", "/app/x"),
        ("FROM ghcr.io/a/b\nCOPY main.py /app/", "/app/main.py"),
    ],
)
def test_not_writable(steps: str, path: str) -> None:
    assert writable(steps, path) is False


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        ("COPY . .", "/data/x"),
        ("RUN mkdir -p /data", "/data/x"),  # a volume may hide it
        ("COPY . .", "/mounted/x"),
        ("COPY . .", "/proc/self/x"),
        ("VOLUME /app/v", "/app/v/x"),
        ("COPY . .", "relative"),
        ("FROM ghcr.io/a/b\nWORKDIR /app\nCOPY . .", "/app/new"),
        ("FROM ghcr.io/a/b\nCOPY . .", "/etc/x"),
        ("RUN ./setup.sh", "/app/x"),
        ("RUN python setup_directories.py", "/app/x"),
        ("RUN python -c 'import os; os.chmod(\"/app\", 511)'", "/app/x"),
        ("RUN find . -type d -exec chmod 777 {} +", "/app/x"),
        ("RUN chown -R $(id -u somebody) /app", "/app/x"),
        ("RUN chmod -R 777 /app || true", "/app/x"),
        ('RUN [ -n "$X" ] && chown -R 1000 /app || true', "/app/x"),
        ("RUN if true; then chmod 777 /app; fi", "/app/x"),
        ("RUN chown -R somebody /app", "/app/x"),
        ("RUN chown --reference=/tmp /app", "/app/x"),
        ("RUN chmod 775 /app", "/app/x"),  # the group is not known
        ("RUN ln -s /tmp/cache /app/cache", "/app/cache/x"),
        ("FROM a AS b\nCOPY . /b\nFROM python:3.12\nCOPY --from=b /opt /opt/b", "/opt/b/x"),
        ("COPY --chown=somebody . /srv/a", "/srv/a/new"),
        ("COPY --link . /app/", "/app/new"),
        ("FROM ubuntu\nRUN useradd a\nWORKDIR /x\nRUN chown a .", "/x/y"),
        ("USER $NOBODY_KNOWS\nUSER somebody\nWORKDIR /srv/a", "/srv/a/x"),
        ("RUN 'unclosed", "/app/x"),
    ],
)
def test_nobody_can_tell(steps: str, path: str) -> None:
    assert writable(steps, path) is None


@pytest.mark.parametrize(
    ("steps", "home"),
    [
        (DOCUMENTED, "/home/user"),
        ("COPY . .", "/"),
        (USER, "/home/user"),
        ("RUN useradd -m -d /srv/me -u 1000 me", "/srv/me"),
        ("RUN useradd -u 1001 me", "/"),
        ("RUN useradd -u $X me", None),
        ("FROM node:20", "/home/node"),
        ("FROM ghcr.io/a/b", None),
        ("FROM ubuntu:22.04", "/"),
        ("FROM ubuntu:24.04", "/home/ubuntu"),
        ("FROM ubuntu", None),
        ("FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04", "/"),
    ],
)
def test_home(steps: str, home: str | None) -> None:
    made = image(steps, "main.py")
    variable = made.env.get("HOME")
    assert made.permissions.home(variable.value if variable else None) == home


def test_the_line_that_made_it() -> None:
    made = image("COPY . .\nRUN mkdir c", "main.py", "data/x")
    assert made.permissions.nearest("/app/data/new")[1].line == 3
    assert made.permissions.nearest("/app/new") == ("/app", made.permissions.of("/app"))
    assert made.permissions.of("/app").line == 2


def test_other_images() -> None:
    assert gradio_image(files("app.py"), "3.12").writable("/app/x") is None
    assert Permissions().writable("/app/x") is None


@pytest.mark.parametrize(
    ("base", "rooted"),
    [
        ("python:3.12-slim", True),
        ("docker.io/library/debian", True),
        ("ghcr.io/astral-sh/uv:python3.12-bookworm", True),
        ("jupyter/base-notebook", False),
        ("mambaorg/micromamba", False),
        ("someone/python:3.12", False),
        ("", False),
    ],
)
def test_rooted_bases(base: str, rooted: bool) -> None:
    assert is_rooted(base) is rooted


@pytest.mark.parametrize(
    ("command", "text", "name", "uid", "home", "made"),
    [
        ("useradd", "-m -u 1000 user", "user", 1000, "/home/user", True),
        ("useradd", "-mu 1000 user", "user", 1000, "/home/user", True),
        ("useradd", "--create-home --uid=1234 user", "user", 1234, "/home/user", True),
        ("useradd", "-ms /bin/bash user", "user", 1000, "/home/user", True),
        ("useradd", "-l -u 1000 user", "user", 1000, "/home/user", False),
        ("useradd", "-r -s /bin/false user", "user", 999, "/home/user", False),
        ("useradd", "-u x user", "user", None, "/home/user", False),
        ("adduser", "--disabled-password --gecos '' user", "user", 1000, "/home/user", True),
        ("adduser", "-D -h /app -u 1001 user", "user", 1001, "/app", True),
        ("adduser", "-S -G grp user", "user", 999, "/home/user", True),
        ("adduser", "--system --no-create-home --group user", "user", 999, "/home/user", False),
        ("adduser", "-H -D user", "user", 1000, "/home/user", False),
    ],
)
def test_users(command: str, text: str, name: str, uid: int | None, home: str, made: bool) -> None:
    import shlex

    accounts = Accounts.of("python:3.12")
    assert accounts.command(command, shlex.split(text)) == (name, made)
    assert (accounts.uids[name], accounts.homes[name]) == (uid, home)


def test_adding_a_user_to_a_group_is_no_user() -> None:
    accounts = Accounts.of("python:3.12")
    assert accounts.command("adduser", ["user", "docker"]) is None
    assert accounts.command("useradd", []) is None
    assert accounts.lacks(1000) is True


@pytest.mark.parametrize(
    "text",
    [
        "FROM python:3.12\nCOPY . /app\n" + "RUN chown -R user /app; chmod -R 777 /app\n" * 900,
        "FROM python:3.12\nRUN " + "mkdir -p " + "a/" * 4_000,
        "FROM python:3.12\nRUN chmod " + "u+x," * 20_000 + " /app",
        "FROM python:3.12\nRUN " + "useradd -u 99999999999999999999 x; " * 1_000,
        "FROM python:3.12\nCOPY . /app\n" + "RUN chown -R x /app/*[a*/**/b*\n" * 300,
    ],
    ids=range(5),
)
def test_hostile_steps_end_in_bounded_time(text: str) -> None:
    started = time.process_time()
    made = image(text, *(f"{i}/{'a' * 60}.py" for i in range(1_000)))
    assert made.writable("/app/0/x") in (True, False, None)
    assert time.process_time() - started < 20
