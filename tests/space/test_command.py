from __future__ import annotations

import pytest

from pytest_hfspace.space.card import Card, Field
from pytest_hfspace.space.command import Port, docker_command, gradio_command

from .image_helpers import files, image, script, start

UVICORN = '"uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"'


@pytest.mark.parametrize(
    "cmd",
    [
        f"CMD [{UVICORN}]",
        f'CMD ["python", "-m", {UVICORN}]',
        f'CMD ["python3.11", "-u", "-X", "dev", "-m", {UVICORN}]',
        "CMD uvicorn main:app --host 0.0.0.0 --port 7860",
        "CMD exec uvicorn --host=0.0.0.0 --port=7860 main:app",
        'CMD ["sh", "-c", "uvicorn main:app --host 0.0.0.0 --port 7860"]',
        'CMD ["bash", "-lc", "exec uvicorn \'main:app\' --host 0.0.0.0 --port 7860"]',
        'CMD ["/bin/sh", "-ec", "cd /app && uvicorn main:app --host 0.0.0.0 --port 7860 2>&1 | tee log"]',
        f'ENTRYPOINT ["uv", "run", "--frozen", "--no-dev"]\nCMD [{UVICORN}]',
        f'CMD ["uv", "run", "--with", "x", "--", {UVICORN}]',
        f'CMD ["uv", "run", "python", "-m", {UVICORN}]',
        f'CMD ["poetry", "run", {UVICORN}]',
        f'CMD ["pipenv", "run", {UVICORN}]',
        f'CMD ["conda", "run", "--no-capture-output", "-n", "env", {UVICORN}]',
        f'ENTRYPOINT ["tini", "--"]\nCMD [{UVICORN}]',
        f'ENTRYPOINT ["/usr/bin/dumb-init", "--"]\nCMD ["env", "A=b", {UVICORN}]',
        f"ENTRYPOINT [{UVICORN}]",
        'ENTRYPOINT ["uvicorn"]\nCMD ["main:app", "--host", "0.0.0.0", "--port", "7860"]',
        'ENTRYPOINT uvicorn main:app --host 0.0.0.0 --port 7860\nCMD ["ignored"]',
        'CMD ["/usr/local/bin/uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]',
        'CMD ["/app/.venv/bin/python", "-m", "uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]',
        "ENV UVICORN_HOST=0.0.0.0 UVICORN_PORT=7860\nCMD uvicorn main:app",
        "ENV PORT=7860\nCMD uvicorn main:app --host 0.0.0.0 --port $PORT",
        "CMD uvicorn main:app --host 0.0.0.0 --port ${PORT:-7860}",
        "CMD PORT=7860 && uvicorn main:app --host 0.0.0.0 --port $PORT",
        "CMD gunicorn main:app -k uvicorn.workers.UvicornWorker -b 0.0.0.0:7860",
        "CMD gunicorn --bind=0.0.0.0:7860 --worker-class=uvicorn.workers.UvicornWorker --timeout 9 main:app",
        "ENV GUNICORN_CMD_ARGS='--bind=0.0.0.0:7860 -k uvicorn_worker.UvicornWorker'\nCMD gunicorn main:app",
        "ENV PORT=7860\nCMD gunicorn -kuvicorn.workers.UvicornWorker main:app",
        "CMD hypercorn main:app --bind 0.0.0.0:7860",
        "CMD hypercorn -b 0.0.0.0:7860 asgi:main:app",
        "CMD granian --interface asgi --host 0.0.0.0 --port 7860 main:app",
        "CMD daphne -b 0.0.0.0 -p 7860 main:app",
        "CMD fastapi run --entrypoint main:app --port 7860",
        "CMD litestar --app main:app run --host 0.0.0.0 --port 7860",
        "CMD python -m litestar --app=main:app run -H 0.0.0.0 -p 7860 --wc 2",
        "ENV LITESTAR_APP=main:app LITESTAR_HOST=0.0.0.0 LITESTAR_PORT=7860\nCMD litestar run",
    ],
)
def test_the_same_server_in_many_spellings(cmd: str) -> None:
    command = start(cmd, "main.py")
    assert command.reason == ""
    assert command.runner is not None
    assert (command.target, command.host, command.factory) == ("main:app", "0.0.0.0", False)
    assert command.port is not None
    assert command.port.number == 7860
    assert command.cwd == "/app"
    assert command.unexpanded == ()


@pytest.mark.parametrize(
    ("cmd", "port"),
    [
        ("CMD uvicorn a:b --port 7860", Port(7860, "literal")),
        ("CMD uvicorn a:b --port=$PORT", Port(None, "unset", "PORT")),
        ("CMD uvicorn a:b --port $PORT --host x", Port(None, "unset", "PORT")),
        ("CMD uvicorn a:b --port ${PORT:-7860}", Port(7860, "fallback", "PORT")),
        ('CMD uvicorn a:b --port "${PORT:-7860}"', Port(7860, "fallback", "PORT")),
        ("ENV PORT=80\nCMD uvicorn a:b --port ${PORT:-7860}", Port(80, "environment", "PORT")),
        ("CMD export PORT=80; uvicorn a:b --port $PORT", Port(80, "environment", "PORT")),
        ("CMD PORT=${PORT:-7860}; uvicorn a:b --port $PORT", Port(7860, "fallback", "PORT")),
        ('CMD : "${PORT:=7860}"; uvicorn a:b --port $PORT', Port(7860, "fallback", "PORT")),
        ("CMD if [ -z \"$PORT\" ]; then PORT=7860; fi; uvicorn a:b --port $PORT",
         Port(7860, "environment", "PORT")),
        ("CMD [ -z \"$PORT\" ] && PORT=7860; uvicorn a:b --port $PORT", Port(7860, "environment", "PORT")),
        ("CMD [ -n \"$PORT\" ] || PORT=7860; uvicorn a:b --port $PORT", Port(7860, "environment", "PORT")),
        ("CMD uvicorn a:b", Port(8000, "server")),
        ('CMD ["uvicorn", "a:b", "--port", "$PORT"]', Port(None, "unexpanded", "PORT")),
        ('CMD ["uvicorn", "a:b", "--port", "${PORT:-7860}"]', Port(None, "unexpanded", "PORT")),
        ('CMD ["sh", "-c", "uvicorn a:b --port ${PORT:-7860}"]', Port(7860, "fallback", "PORT")),
        ("ENV UVICORN_PORT=9\nCMD uvicorn a:b", Port(9, "environment", "UVICORN_PORT")),
        ("CMD UVICORN_PORT=9 uvicorn a:b", Port(9, "environment", "UVICORN_PORT")),
        ("CMD uvicorn a:b --port $(cat port)", None),
        ("CMD uvicorn a:b --port $((7000+860))", None),
        ("CMD gunicorn a:b -k uvicorn.workers.UvicornWorker -b :$PORT", Port(None, "unset", "PORT")),
        ("CMD gunicorn a:b -k uvicorn.workers.UvicornWorker -b 0.0.0.0:${PORT:-1}",
         Port(1, "fallback", "PORT")),
        ("CMD gunicorn a:b -k uvicorn.workers.UvicornWorker", Port(8000, "server")),
        ("CMD gunicorn a:b -k uvicorn.workers.UvicornWorker -b unix:/x", None),
        ("CMD hypercorn a:b -b '[::]:7860'", Port(7860, "literal")),
        ("CMD fastapi run", Port(8000, "server")),
        ("CMD daphne a:b", Port(8000, "server")),
        ("CMD litestar --app a:b run", Port(8000, "server")),
        ("CMD python main.py --port 7860", None),
    ],
)  # fmt: skip
def test_ports(cmd: str, port: Port | None) -> None:
    assert start(cmd).port == port


@pytest.mark.parametrize(
    ("cmd", "host"),
    [
        ("uvicorn a:b", "127.0.0.1"),
        ("gunicorn a:b -k uvicorn.workers.UvicornWorker", "127.0.0.1"),
        ("hypercorn a:b", "127.0.0.1"),
        ("hypercorn -b '[::]:7860' a:b", "::"),
        ("fastapi run main.py", "0.0.0.0"),
        ("fastapi dev main.py", "127.0.0.1"),
        ("litestar --app a:b run", "127.0.0.1"),
        ("python main.py", None),
    ],
)
def test_hosts(cmd: str, host: str | None) -> None:
    assert start(f"CMD {cmd}").host == host


def test_commands_of_litestar_that_are_not_followed() -> None:
    assert "looks for the application itself" in start("CMD litestar run").reason
    assert "is not a server" in start("CMD litestar --app a:b routes").reason


def test_options() -> None:
    command = start(
        "ENV FORWARDED_ALLOW_IPS=10.0.0.1\n"
        "CMD uvicorn src.main:create --factory --reload --workers 4 "
        "--forwarded-allow-ips '*' --app-dir src --log-level info"
    )
    assert (command.target, command.factory, command.reload, command.workers) == (
        "src.main:create",
        True,
        True,
        4,
    )
    assert (command.forwarded_allow_ips, command.app_dir) == ("*", "src")
    plain = start("ENV WEB_CONCURRENCY=3 FORWARDED_ALLOW_IPS=*\nCMD uvicorn main:app")
    assert (plain.workers, plain.forwarded_allow_ips, plain.factory, plain.reload) == (3, "*", False, False)
    assert start("CMD uvicorn main:app").workers is None


@pytest.mark.parametrize("cmd", ["gunicorn main:app", "gunicorn -c gunicorn.conf.py main:app"])
def test_gunicorn_with_a_configuration_file(cmd: str) -> None:
    command = start(f"CMD {cmd}", "gunicorn.conf.py", "main.py")
    assert (command.runner, command.target, command.host, command.port) == (
        "gunicorn",
        "main:app",
        None,
        None,
    )


def test_a_server_on_a_socket_file() -> None:
    command = start("CMD uvicorn main:app --uds /tmp/x")
    assert (command.runner, command.host, command.port) == ("uvicorn", None, None)


def test_gunicorn_factory_and_directory() -> None:
    command = start("CMD gunicorn -w 2 -k uvicorn.workers.UvicornWorker --chdir src 'main:create_app()'")
    assert (command.target, command.factory, command.cwd, command.workers) == (
        "main:create_app",
        True,
        "/app/src",
        2,
    )


@pytest.mark.parametrize(
    ("cmd", "script_", "module", "words"),
    [
        ('["python", "main.py", "--x"]', "main.py", None, ("python", "main.py", "--x")),
        ('["python3", "-u", "src/app.py"]', "src/app.py", None, ("python3", "-u", "src/app.py")),
        ('["python", "-m", "backend"]', None, "backend", ("python", "-m", "backend")),
        ('["uv", "run", "main.py"]', "main.py", None, ("python", "main.py")),
        ('["uv", "run", "-m", "backend"]', None, "backend", ("python", "-m", "backend")),
        ('["./main.py"]', "/app/main.py", None, ("python", "/app/main.py")),
        ("python main.py", "main.py", None, ("python", "main.py")),
    ],
)
def test_python(cmd: str, script_: str | None, module: str | None, words: tuple[str, ...]) -> None:
    command = start(f"CMD {cmd}", **{"main.py": "#!/usr/bin/env python\n"})
    assert (command.runner, command.script, command.module) == ("python", script_, module)
    assert (command.words, command.host, command.port) == (words, None, None)


def test_fastapi_finds_the_app_itself() -> None:
    command = start("CMD fastapi run app/main.py --port 80 --workers 2")
    assert (command.runner, command.target, command.script, command.workers) == (
        "fastapi",
        None,
        "app/main.py",
        2,
    )
    assert start("CMD fastapi dev").reload is True


@pytest.mark.parametrize(
    ("cmd", "execs"),
    [
        ('["uvicorn", "a:b"]', True),
        ("uvicorn a:b", False),
        ("exec uvicorn a:b", True),
        ('["sh", "-c", "uvicorn a:b"]', False),
        ('["bash", "-c", "uvicorn a:b"]', True),
        ('["bash", "-c", "true; uvicorn a:b"]', False),
        ('["sh", "-c", "exec uvicorn a:b"]', True),
        ("sh -c 'exec uvicorn a:b'", False),
    ],
)
def test_whether_a_shell_stays(cmd: str, execs: bool) -> None:
    command = start(f"CMD {cmd}")
    assert (command.runner, command.execs) == ("uvicorn", execs)


def test_script() -> None:
    command = script(
        "set -euo pipefail\n"
        'cd "$HOME/x"\n'
        "echo starting\n"
        "export A=1 B\n"
        "python seed.py\n"
        "alembic upgrade head\n"
        "redis-server --daemonize yes\n"
        "python worker.py &\n"
        "exec uvicorn main:app --host 0.0.0.0 \\\n  --port ${PORT:-7860}\n",
        'ENV HOME=/home/u\nCMD ["./start.sh"]',
    )
    assert command.runner == "uvicorn"
    assert (command.path, command.line, command.cwd, command.env) == ("start.sh", 10, "/home/u/x", {"A": "1"})
    assert command.before == (("python", "seed.py"), ("alembic", "upgrade", "head"))
    assert command.skipped == ("redis-server --daemonize yes",)
    assert command.beside == ("python worker.py",)
    assert command.execs is True


@pytest.mark.parametrize(
    "dockerfile",
    [
        'CMD ["./start.sh"]',
        'CMD ["bash", "start.sh"]',
        'CMD ["sh", "-e", "/app/start.sh"]',
        "CMD ./start.sh",
        "CMD bash /app/start.sh",
        'RUN cp start.sh /usr/local/bin/go\nENTRYPOINT ["go"]',
        'COPY start.sh /usr/local/bin/\nCMD ["start.sh"]',
    ],
)
def test_ways_to_a_script(dockerfile: str) -> None:
    command = script("uvicorn main:app --port 7860", dockerfile)
    assert (command.runner, command.path, command.line) == ("uvicorn", "start.sh", 2)


@pytest.mark.parametrize(
    "body",
    [
        'exec "$@"',
        'set -e\nalembic upgrade head\nexec "$@"',
        'exec tini -- "$@"',
        "$@",
        'if [ "$1" = "x" ]; then a; fi\nexec "$@"',
    ],
)
def test_an_entrypoint_that_hands_over(body: str) -> None:
    command = script(body, 'ENTRYPOINT ["/app/start.sh"]\nCMD ["uvicorn", "main:app", "--port", "7860"]')
    assert (command.runner, command.target, command.reason) == ("uvicorn", "main:app", "")
    assert command.words[:1] == ("uvicorn",)


@pytest.mark.parametrize(
    "body",
    [
        "if [ -f .env ]; then source .env; fi\nuvicorn main:app",
        "until nc -z db 5432; do sleep 1; done\nexec uvicorn main:app",
        "source /opt/venv/bin/activate\nuvicorn main:app",
        "log() { echo $1; }\nlog hi\nuvicorn main:app",
        "nginx &\nuvicorn main:app",
        "uvicorn main:app &\nwait",
        "uvicorn main:app\necho ended",
        'if [ "$X" = 1 ]; then uvicorn dev:app --reload; fi\nexec uvicorn main:app',
        "curl http://x || true\nuvicorn main:app || exit 1",
        "[ -d /data ] && echo yes\nuvicorn main:app",
        "(cd x; echo y)\ncd /app\nuvicorn main:app",
        'MODE=a\nif [ "$MODE" = a ]; then uvicorn main:app; else uvicorn dev:app; fi',
        "uvicorn main:app\r",
        "trap 'kill 0' TERM\nuvicorn main:app & \nwait $!",
    ],
)
def test_scripts_that_end_in_a_server(body: str) -> None:
    command = script(body)
    assert (command.runner, command.target, command.reason) == ("uvicorn", "main:app", "")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ('if [ "$MODE" = dev ]; then uvicorn a:b --reload; else uvicorn a:b; fi', "depends"),
        ('case "$1" in web) exec uvicorn a:b ;; esac', "depends"),
        ("while true; do uvicorn a:b; done", "depends"),
        ("serve() { uvicorn a:b; }\nserve", "depends"),
        ("$(cat cmd)", "run time"),
        ("eval uvicorn a:b", "eval"),
        ("uvicorn a:b &\nuvicorn c:d &\nwait", "side by side"),
        ("uvicorn a:b &\nnginx -g 'daemon off;'", "side by side"),
        ('exec "$@"', "nothing"),
        ("exec node server.js", "node"),
        ("cd $(dirname $(which python))\nuvicorn a:b", "directory"),
        ("cd $(git rev-parse --show-toplevel)\nuvicorn a:b", "directory"),
        ("cd $(readlink $0)\nuvicorn a:b", "directory"),
        ("cd $(dirname $0; date)\nuvicorn a:b", "directory"),
        ("cd $(dirname $0 | tr a b)\nuvicorn a:b", "directory"),
        ("cd $0\nuvicorn a:b", "that is a file"),
        ("cd " + "$(dirname " * 60 + "$0" + ")" * 60 + "\nuvicorn a:b", "directory"),
        ("if true; then", "not understood"),
        ("./other.sh", "other.sh"),
        ("./start.sh", "deeply"),
        ("", "no server"),
    ],
)
def test_scripts_that_are_not_understood(body: str, word: str) -> None:
    command = script(body)
    assert command.runner is None
    assert word in command.reason


@pytest.mark.parametrize(
    ("cmd", "word"),
    [
        ('["node", "server.js"]', "`node server.js` is not a server that can be rehearsed"),
        ('["streamlit", "run", "app.py"]', "`streamlit run` is not a server"),
        ('["flask", "--app", "web", "run", "--port=7860"]', "`flask run` is not a server"),
        ('["demo-serve"]', "`demo-serve` is not a server"),
        ('["fastapi", "--version"]', "fastapi"),
        ('["python"]', "no program"),
        ('["python", "-c", "x"]', "python -c"),
        ('["python", "-m"]', "no module"),
        ('["bash"]', "without a program"),
        ('["bash", "run.sh"]', "/app/run.sh is not in the image"),
        ('["/app/run.sh"]', "/app/run.sh is not in the image"),
        ('["gunicorn", "a:b"]', "WSGI"),
        ('["sh", "-c", ""]', "nothing"),
        ('[""]', "nothing"),
        ("['uvicorn', 'main:app']", "is not a server"),
    ],
)
def test_commands_that_are_not_understood(cmd: str, word: str) -> None:
    command = start(f"CMD {cmd}", "main.py")
    assert command.runner is None
    assert word in command.reason
    assert command.line == 4


def test_variables_in_an_exec_form() -> None:
    assert start('CMD ["uvicorn", "$APP", "--port", "${PORT}"]').unexpanded == ("APP", "PORT")
    assert start('CMD ["sh", "-c", "uvicorn $APP --port 1"]').unexpanded == ()


def test_environment_of_the_shell() -> None:
    command = start("ENV A=1\nCMD A=2; B=3; export C=4; D=5 env E=6 uvicorn main:app")
    assert command.env == {"A": "2", "C": "4", "D": "5", "E": "6"}


def test_no_command() -> None:
    assert docker_command(image("RUN x"), files()) is None


def test_gradio() -> None:
    plain = gradio_command(Card(), files("app.py"))
    assert (plain.words, plain.runner, plain.script) == (("python", "app.py"), "python", "app.py")
    assert (plain.cwd, plain.path, plain.line) == ("/app", "README.md", None)
    named = gradio_command(
        Card({"app_file": Field("app_file", "src/x.py", "src/x.py", 5)}), files("src/x.py")
    )
    assert (named.words, named.script, named.line) == (("python", "src/x.py"), "src/x.py", 5)
    odd = gradio_command(Card({"app_file": Field("app_file", 3, "3", 5)}), files())
    assert odd.script == "app.py"


@pytest.mark.parametrize(
    "body",
    [
        "exec ./start.sh\n",
        "./start.sh\n",
        "if x; then ./start.sh; fi\n",
        "source ./start.sh\n",
        ". /app/start.sh; . /app/start.sh\n",
    ],
)
def test_scripts_that_call_themselves_end(body: str) -> None:
    assert script(body * 20).runner is None


TIANGOLO = "FROM tiangolo/uvicorn-gunicorn-fastapi:python3.11\n"


@pytest.mark.parametrize(
    ("text", "paths", "target", "port"),
    [
        ("ENV PORT=7860\nCOPY ./app /app/app", ("app/main.py",), "app.main:app", 7860),
        ("ENV PORT=7860\nCOPY ./app /app", ("app/main.py",), "main:app", 7860),
        ("ENV BIND=0.0.0.0:9000 VARIABLE_NAME=api\nCOPY . /app", ("main.py",), "main:api", 9000),
        ("COPY . /app", ("main.py",), "main:app", 80),
    ],
)
def test_an_image_with_a_start_script_of_its_own(
    text: str, paths: tuple[str, ...], target: str, port: int
) -> None:
    command = start(f"{TIANGOLO}{text}", *paths)
    assert (command.runner, command.target, command.cwd, command.host) == (
        "gunicorn",
        target,
        "/app",
        "0.0.0.0",
    )
    assert command.port is not None
    assert command.port.number == port


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (f"{TIANGOLO}COPY . /app", ("other.py",)),
        (f"{TIANGOLO}COPY . /app", ("main.py", "gunicorn_conf.py")),
        (f"{TIANGOLO}ENV APP_MODULE=a:b\nCOPY . /app", ("main.py",)),
        ("FROM tiangolo/node-frontend\nCOPY . /app", ("main.py",)),
        ("FROM python:3.12\nCOPY . /app", ("main.py",)),
    ],
)
def test_no_start_script_that_is_known(text: str, paths: tuple[str, ...]) -> None:
    assert docker_command(image(text, *paths), files(*paths)) is None


@pytest.mark.parametrize(
    "body",
    [
        'cd "$(dirname "$0")"',
        "cd `dirname $0`",
        'cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1',
        'cd -- "$(cd -- "$(dirname -- "$BASH_SOURCE")" &>/dev/null && pwd -P)"',
        'DIR=$(cd "$(dirname "$0")" && pwd)\ncd "$DIR"',
        "ROOT=$(dirname $(readlink -f $0))\ncd $ROOT",
        'cd "$(dirname "$(realpath "$0")")"',
        'cd "${0%/*}"',
        'cd "$(dirname "$0")/../tools"',
    ],
)
@pytest.mark.parametrize(
    "dockerfile", ['CMD ["./tools/go.sh"]', "CMD bash /app/tools/go.sh", 'CMD ["bash", "tools/go.sh"]']
)
def test_a_script_that_goes_where_it_lies(body: str, dockerfile: str) -> None:
    files_ = {"tools/go.sh": f"#!/bin/bash\nset -e\n{body}\nexec uvicorn main:app\n"}
    command = start(dockerfile, "tools/main.py", **files_)
    assert (command.reason, command.runner, command.cwd) == ("", "uvicorn", "/app/tools")


def test_dash_has_no_name_for_the_file_that_it_reads() -> None:
    files_ = {"go.sh": '#!/bin/sh\ncd "$(dirname "${BASH_SOURCE[0]}")"\nuvicorn main:app\n'}
    assert "directory" in start('CMD ["./go.sh"]', **files_).reason


def test_a_script_that_is_found_on_the_path() -> None:
    files_ = {"go": '#!/bin/bash\ncd "$(dirname "$0")"\nuvicorn main:app\n'}
    command = start('COPY go /usr/local/bin/\nCMD ["go"]', **files_)
    assert command.cwd == "/usr/local/bin"


@pytest.mark.parametrize(
    ("paths", "contents", "script_", "target"),
    [
        (("app.py",), {}, "app.py", None),
        (("app.py", "main.py"), {}, "main.py", None),
        (("app/api.py", "app/main.py", "server.py"), {}, "app/main.py", None),
        (
            ("app.py",),
            {"pyproject.toml": '[tool.fastapi]\nentrypoint = "pkg.web:api"\n'},
            None,
            "pkg.web:api",
        ),
        (("app.py",), {"pyproject.toml": "[tool.fastapi\n"}, "app.py", None),
        (("server.py",), {}, None, None),
    ],
)
def test_the_file_that_fastapi_finds(
    paths: tuple[str, ...], contents: dict[str, str], script_: str | None, target: str | None
) -> None:
    if target:
        pytest.importorskip("tomllib")
    command = start('CMD ["fastapi", "run", "--port", "7860"]', *paths, **contents)
    assert (command.runner, command.script, command.target) == ("fastapi", script_, target)
    assert command.words == ("fastapi", "run", "--port", "7860")


PROJECT = '[project]\nname = "demo"\n[project.scripts]\ndemo-serve = "demo.cli:main"\nodd = "no function"\n'


@pytest.mark.parametrize(
    ("steps", "function"),
    [
        ("RUN pip install .\nCMD demo-serve --port 7860", "demo.cli:main"),
        ('RUN uv sync\nCMD ["uv", "run", "demo-serve"]', "demo.cli:main"),
        ("RUN pip install -r requirements.txt\nCMD demo-serve", None),
        ("RUN pip install .\nCMD odd", None),
        ("RUN pip install .\nCMD demo-other", None),
    ],
)
def test_a_console_script_of_the_project(steps: str, function: str | None) -> None:
    pytest.importorskip("tomllib")
    command = start(steps, "src/demo/cli.py", "requirements.txt", **{"pyproject.toml": PROJECT})
    assert (command.function, command.runner) == (function, "python" if function else None)


def test_a_console_script_before_the_server_is_not_run() -> None:
    pytest.importorskip("tomllib")
    steps = "RUN pip install .\nCMD demo-serve && uvicorn main:app"
    command = start(steps, "main.py", **{"pyproject.toml": PROJECT})
    assert (command.before, command.skipped, command.runner) == ((), ("demo-serve",), "uvicorn")
