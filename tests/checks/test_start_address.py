"""4xx: does the server listen where the Hub connects?  Near misses on both sides."""

from __future__ import annotations

import pytest

from pytest_hfspace.check import Examination
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.checks.start.address import (
    exec_form_variable,
    host_loopback,
    port_assumed,
    port_mismatch,
    port_privileged,
)
from pytest_hfspace.rehearsal.facts import StandIn, Where
from pytest_hfspace.space.command import Port

from .factories import (
    make_command,
    make_failure,
    make_gradio_space,
    make_image,
    make_listener,
    make_raised,
    make_read,
    make_rehearsal,
    make_settings,
    make_space,
    make_static_space,
    only_finding,
    outcome,
)

BY_CODE = {check.code: check for check in CATALOGUE}
ADDRESS = (host_loopback, port_mismatch, port_assumed, port_privileged, exec_form_variable)
PORT_8000 = "sdk: docker\napp_port: 8000\n"
CRASHED = make_rehearsal(failure=make_failure("import", "raised", raised=make_raised("TypeError", "no")))


def said(finding):
    return finding.level, finding.path, finding.line, finding.message, finding.hint


def listening(**changes):
    return make_rehearsal(listener=make_listener(**changes))


def found(space, rehearsal):
    """Every finding of the address, by code, with the prerequisites."""
    examination = Examination(BY_CODE)
    facts = {"space": space, "space_rehearsal": rehearsal}
    results = [examination.examine(check, facts) for check in ADDRESS]
    return sorted(result.check.code for result in results for _ in result.findings)


HEALTHY = [
    (make_space(), make_rehearsal()),
    (make_space(), listening(host="::")),
    (make_space(), listening(host="")),
    (make_space(), listening(host=None)),
    (make_space(), listening(host="10.1.2.3")),
    (make_space(), CRASHED),
    (make_space(command=make_command("uvicorn main:app --host :: --port 7860")), CRASHED),
    (make_space(command=make_command("fastapi run main.py --port 7860")), CRASHED),
    # ENV PORT=7860 and --port $PORT in shell form; ${PORT:-7860}
    (make_space(command=make_command(port=Port(7860, "environment", "PORT"))), CRASHED),
    (make_space(command=make_command(port=Port(7860, "fallback", "PORT"))), CRASHED),
    # app_port: 8000 and --port 8000
    (
        make_space(card=PORT_8000, command=make_command("uvicorn main:app --host 0.0.0.0 --port 8000")),
        listening(port=8000),
    ),
    (
        make_space(card=PORT_8000, command=make_command("uvicorn main:app --host 0.0.0.0")),
        listening(port=8000),
    ),
    (make_space(card=PORT_8000, command=make_command("fastapi run main.py")), CRASHED),
    # a program decides
    (make_space(command=make_command("python main.py")), listening(where=Where("main.py", 9))),
    (make_gradio_space(), listening(where=Where("app.py", 9))),
    # PORT is read, with the app port as default, or for something else
    (make_space(), make_rehearsal(listener=make_listener(), reads=(make_read("PORT", default="7860"),))),
    (make_space(), make_rehearsal(listener=make_listener(), reads=(make_read("PORT", default="8000"),))),
    # the environment decides, which the command line does not show
    (
        make_space(command=make_command("uvicorn main:app"), image=make_image(env={"UVICORN_PORT": "7860"})),
        CRASHED,
    ),
    (make_space(command=make_command("gunicorn -c conf.py main:app")), make_rehearsal()),
    (
        make_space(command=make_command("gunicorn main:app"), image=make_image(["gunicorn.conf.py"])),
        listening(host="127.0.0.1", port=8000),
    ),
    # nginx takes the Hub's connections
    (
        make_space(command=make_command("uvicorn main:app --port 8000", skipped=("nginx -g 'daemon on;'",))),
        listening(host="127.0.0.1", port=8000),
    ),
    (
        make_space(command=make_command("uvicorn main:app --uds /tmp/app.sock")),
        listening(host="127.0.0.1", port=None),
    ),
    (
        make_space(command=make_command(runner=None, reason="node is not Python")),
        make_rehearsal(impossible="no"),
    ),
]


@pytest.mark.parametrize(
    "words",
    ["uvicorn api:app --host 0.0.0.0 --port 7860", "gunicorn web:app", "python proxy.py --listen 7860"],
)
def test_a_second_server_may_be_the_one(words):
    command = make_command("uvicorn main:app --port 8000", skipped=(words,))

    results = [outcome(check, make_space(command=command), listening(port=8000)) for check in ADDRESS[:2]]

    assert {result.outcome for result in results} == {"skipped"}
    assert "which the start command runs as well, is not rehearsed" in results[0].reason


def test_a_step_before_the_server_is_no_server():
    command = make_command("uvicorn main:app --host 0.0.0.0 --port 8000", skipped=("alembic upgrade head",))

    assert outcome(port_mismatch, make_space(command=command), listening(port=8000)).outcome == "failed"


def test_a_port_that_the_hub_refuses_is_said_once():
    space = make_space(card="sdk: docker\napp_port: 80\n")

    assert outcome(port_mismatch, space).reason == "needs HFS104"


def test_the_variable_that_gives_the_address():
    command = make_command("uvicorn main:app --port 7860")
    space = make_space(command=command, image=make_image(env={"UVICORN_HOST": "127.0.0.1"}))

    finding = only_finding(host_loopback, space, listening(host="127.0.0.1"))

    assert (finding.path, finding.line, finding.hint) == ("Dockerfile", 3, "write ENV UVICORN_HOST=0.0.0.0")


@pytest.mark.parametrize(("space", "rehearsal"), HEALTHY)
def test_an_address_that_the_hub_reaches(space, rehearsal):
    assert found(space, rehearsal) == []


@pytest.mark.parametrize(
    ("space", "rehearsal", "reason"),
    [
        (make_static_space(), make_rehearsal(), "a static Space runs no process"),
        (make_space(dockerfile=None), make_rehearsal(), "needs HFS108"),
        (
            make_space(command=make_command(runner=None, reason="node is not Python")),
            make_rehearsal(),
            "node is not Python",
        ),
        (make_space(command=make_command("python main.py")), CRASHED, "needs HFS403"),
        (
            make_space(command=make_command("python main.py")),
            make_rehearsal(impossible="no fork here"),
            "no fork here",
        ),
        (
            make_space(command=make_command("python main.py")),
            make_rehearsal(listener=None),
            "the program did not say where it listens",
        ),
        (
            make_space(command=make_command("gunicorn --config=conf.py main:app")),
            make_rehearsal(),
            "gunicorn takes host and port from its configuration, which is not read",
        ),
        (
            make_space(command=make_command(skipped=("service nginx start",))),
            make_rehearsal(),
            "nginx, which the start command runs as well, is not rehearsed",
        ),
        (make_space(), listening(port=None), "the server listens on a socket, not on a port"),
    ],
)
@pytest.mark.parametrize("check", [host_loopback, port_mismatch, port_privileged])
def test_where_the_address_cannot_be_seen(check, space, rehearsal, reason):
    result = outcome(check, space, rehearsal)

    assert (result.outcome, result.reason) == ("skipped", reason)


# -- HFS409


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.1.1"])
def test_a_host_that_only_the_container_reaches(host):
    space = make_space(command=make_command(f"uvicorn main:app --host {host} --port 7860"))

    assert said(only_finding(host_loopback, space, listening(host=host))) == (
        "error",
        "Dockerfile",
        6,
        f"the server listens on {host}, which only the container itself reaches; wanted 0.0.0.0",
        "write --host 0.0.0.0 in the start command",
    )


@pytest.mark.parametrize(
    ("words", "rehearsal", "line", "hint"),
    [
        (
            "uvicorn main:app --port 7860",
            listening(host="127.0.0.1"),
            6,
            "add --host 0.0.0.0 to the start command",
        ),
        ("uvicorn main:app --port 7860", CRASHED, 6, "add --host 0.0.0.0 to the start command"),
        ("fastapi dev main.py --port 7860", CRASHED, 6, "add --host 0.0.0.0 to the start command"),
        ("gunicorn main:app", CRASHED, 6, "add --bind 0.0.0.0:8000 to the start command"),
        (
            "python main.py",
            listening(host="127.0.0.1", where=Where("main.py", 9)),
            9,
            'write host="0.0.0.0" where the server is started',
        ),
    ],
)
def test_what_to_do_about_the_host(words, rehearsal, line, hint):
    finding = only_finding(host_loopback, make_space(command=make_command(words)), rehearsal)

    assert finding.message == (
        "the server listens on 127.0.0.1, which only the container itself reaches; wanted 0.0.0.0"
    )
    assert (finding.line, finding.hint) == (line, hint)


# -- gunicorn's configuration file


def configured(text, words="gunicorn main:app", name="gunicorn.conf.py", env=None):
    command = make_command(words, host=None, port=None)
    return make_space({name: text}, image=make_image([name], env=env), command=command)


@pytest.mark.parametrize(
    "text",
    [
        'bind = "0.0.0.0:7860"\n',
        "import os\nworkers = 2\nbind = '0.0.0.0:7860'  # the Hub's\n",
        'bind = ["0.0.0.0:7860"]\n',
        'bind = ":7860"\n',
        'bind = "[::]:7860"\n',
    ],
)
@pytest.mark.parametrize("check", [host_loopback, port_mismatch, port_privileged])
def test_a_file_of_gunicorn_that_binds_the_app_port(check, text):
    named = configured(text, "gunicorn -c conf/g.py main:app", "conf/g.py")
    assert outcome(check, configured(text), make_rehearsal()).outcome == "passed"
    assert outcome(check, named, make_rehearsal()).outcome == "passed"


@pytest.mark.parametrize(
    ("text", "words", "env"),
    [
        ("workers = 2\n", "gunicorn main:app", None),
        ("import os\nbind = f\"0.0.0.0:{os.getenv('PORT', 8000)}\"\n", "gunicorn main:app", None),
        ('bind = "127.0.0.1:8000"\nbind = "0.0.0.0:7860"\n', "gunicorn main:app", None),
        ('import os\nif os.getenv("DEV"):\n    bind = "127.0.0.1:8000"\n', "gunicorn main:app", None),
        ('bind = "127.0.0.1:8000"\nfrom deployed import *\n', "gunicorn main:app", None),
        ('from deployed import address as bind\nprint("x")\n', "gunicorn main:app", None),
        ('bind = "127.0.0.1:8000"\nfor bind in ["0.0.0.0:7860"]: pass\n', "gunicorn main:app", None),
        ('bind = "unix:/tmp/gunicorn.sock"\n', "gunicorn main:app", None),
        ('bind = ["127.0.0.1:8000", "0.0.0.0:7860"]\n', "gunicorn main:app", None),
        ('bind = "127.0.0.1"\n', "gunicorn main:app", None),
        ("bind = (\n", "gunicorn main:app", None),
        ('bind = "127.0.0.1:8000"\n', "gunicorn --chdir src main:app", None),
        ('bind = "127.0.0.1:8000"\n', "gunicorn main:app", {"GUNICORN_CMD_ARGS": "--bind=0.0.0.0:7860"}),
        ('bind = "127.0.0.1:8000"\n', "gunicorn -c other.py main:app", None),
    ],
)
@pytest.mark.parametrize("check", [host_loopback, port_mismatch, port_privileged])
def test_a_file_of_gunicorn_that_does_not_tell(check, text, words, env):
    result = outcome(check, configured(text, words, env=env), make_rehearsal())

    reason = "gunicorn takes host and port from its configuration, which is not read"
    assert (result.outcome, result.reason) == ("skipped", reason)


@pytest.mark.parametrize(
    ("check", "text", "message", "hint"),
    [
        (
            host_loopback,
            'workers = 2\nbind = "127.0.0.1:7860"\n',
            "the server listens on 127.0.0.1, which only the container itself reaches; wanted 0.0.0.0",
            'write bind = "0.0.0.0:7860" in gunicorn.conf.py',
        ),
        (
            port_mismatch,
            'workers = 2\nbind = "0.0.0.0:8000"\n',
            "the server listens on port 8000, the Hub connects to 7860",
            'write bind = "0.0.0.0:7860" in gunicorn.conf.py, or app_port: 8000 in README.md',
        ),
        (
            port_privileged,
            'workers = 2\nbind = "0.0.0.0:80"\n',
            "the server binds port 80, which takes root; wanted 7860",
            'write bind = "0.0.0.0:7860" in gunicorn.conf.py',
        ),
    ],
)
def test_a_file_of_gunicorn_that_binds_elsewhere(check, text, message, hint):
    finding = only_finding(check, configured(text), make_rehearsal())

    assert said(finding) == ("error", "gunicorn.conf.py", 2, message, hint)


# -- HFS410


MISMATCH = "the server listens on port 8000, the Hub connects to 7860"
OR_CARD = ", or app_port: 8000 in README.md"


@pytest.mark.parametrize(
    ("space", "rehearsal", "path", "line", "hint"),
    [
        (
            make_space(command=make_command("uvicorn main:app --host 0.0.0.0 --port 8000")),
            listening(port=8000),
            "Dockerfile",
            6,
            f"write --port 7860 in the start command{OR_CARD}",
        ),
        (
            make_space(command=make_command("uvicorn main:app --host 0.0.0.0")),
            listening(port=8000),
            "Dockerfile",
            6,
            f"add --port 7860 to the start command{OR_CARD}",
        ),
        (
            make_space(command=make_command("uvicorn main:app --host 0.0.0.0", port=Port(8000, "server"))),
            CRASHED,
            "Dockerfile",
            6,
            f"add --port 7860 to the start command{OR_CARD}",
        ),
        (
            make_space(
                command=make_command("gunicorn main:app --bind 0.0.0.0:8000", port=Port(8000, "literal"))
            ),
            make_rehearsal(),
            "Dockerfile",
            6,
            f"write --bind 0.0.0.0:7860 in the start command{OR_CARD}",
        ),
        (
            make_space(
                command=make_command(port=Port(8000, "environment", "PORT")),
                image=make_image(env={"PORT": "8000"}),
            ),
            listening(port=8000),
            "Dockerfile",
            3,
            f"write ENV PORT=7860{OR_CARD}",
        ),
        (
            make_space(command=make_command("python main.py")),
            listening(port=8000, where=Where("main.py", 9)),
            "main.py",
            9,
            f"write port=7860 where the server is started{OR_CARD}",
        ),
        (
            make_gradio_space(),
            listening(port=8000, where=Where("app.py", 9)),
            "app.py",
            9,
            "write port=7860 where the server is started",
        ),
    ],
)
def test_a_port_that_the_hub_does_not_connect_to(space, rehearsal, path, line, hint):
    finding = only_finding(port_mismatch, space, rehearsal)

    assert said(finding) == ("error", path, line, MISMATCH, hint)
    assert finding.consequence == (
        "The Hub waits 30 minutes for the app port to answer, then stops the Space: "
        '"Launch timed out, workload was not healthy after 30 min".'
    )


def test_the_card_can_be_the_one_that_is_wrong():
    finding = only_finding(port_mismatch, make_space(card=PORT_8000), make_rehearsal())

    assert finding.message == "the server listens on port 7860, the Hub connects to 8000"
    assert finding.hint == "write --port 8000 in the start command, or app_port: 7860 in README.md"


def test_app_port_means_nothing_to_a_gradio_space():
    space = make_gradio_space(card="sdk: gradio\napp_port: 8000\n")

    assert outcome(port_mismatch, space, listening(where=Where("app.py", 9))).outcome == "passed"


def test_a_random_port():
    finding = only_finding(port_mismatch, make_space(), listening(port=0, where=Where("main.py", 2)))

    assert finding.message == "the server listens on port 0, the Hub connects to 7860"
    assert finding.hint == "write port=7860 where the server is started"


# -- HFS411


def test_a_default_of_port_that_became_the_port():
    rehearsal = make_rehearsal(
        listener=make_listener(port=8000, where=Where("main.py", 20)),
        reads=(make_read("PORT", where=Where("settings.py", 4), default="8000"),),
    )
    space = make_space(command=make_command("python main.py"))

    assert said(only_finding(port_assumed, space, rehearsal)) == (
        "error",
        "settings.py",
        4,
        "the port is 8000 where PORT is not set, and the Hub sets none; wanted 7860",
        "write 7860 as the default of PORT",
    )
    assert found(space, rehearsal) == ["HFS411"]


@pytest.mark.parametrize(
    "read",
    [
        make_read("PORT", default="9000"),
        make_read("PORT", default="8000", given=True),
        make_read("PORT", default="8000", own=False),
        make_read("REDIS_PORT", default="8000"),
        make_read("PORT", required=True),
    ],
)
def test_a_read_that_did_not_decide_the_port(read):
    rehearsal = make_rehearsal(listener=make_listener(port=8000, where=Where("main.py", 20)), reads=(read,))

    assert found(make_space(command=make_command("python main.py")), rehearsal) == ["HFS410"]


@pytest.mark.parametrize("rehearsal", [listening(port=8000), CRASHED])
def test_a_fallback_that_is_not_the_app_port(rehearsal):
    space = make_space(command=make_command(port=Port(8000, "fallback", "PORT")))

    assert said(only_finding(port_assumed, space, rehearsal)) == (
        "error",
        "Dockerfile",
        6,
        "${PORT:-8000} gives 8000, as the Hub sets no PORT; wanted 7860",
        "write ${PORT:-7860}",
    )
    assert found(space, rehearsal) == ["HFS411"]


def test_a_variable_that_nothing_sets():
    space = make_space(
        command=make_command("uvicorn main:app --host 0.0.0.0", port=Port(None, "unset", "PORT"))
    )
    rehearsal = make_rehearsal(failure=make_failure("launch", "exited", "usage", status=2))

    assert said(only_finding(port_assumed, space, rehearsal)) == (
        "error",
        "Dockerfile",
        6,
        "$PORT is empty, as the Hub sets no PORT; wanted 7860",
        "write ${PORT:-7860}",
    )
    assert found(space, rehearsal) == ["HFS411"]


def test_a_variable_that_the_owner_is_told_to_set():
    space = make_space(
        command=make_command("uvicorn main:app --host 0.0.0.0", port=Port(None, "unset", "APP_PORT")),
        settings=make_settings(APP_PORT="7860"),
    )

    assert found(space, CRASHED) == []
    assert (
        outcome(port_mismatch, space, CRASHED).reason
        == "the port is what the setting APP_PORT is on the Space"
    )


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({}, "needs HFS420"), ({"PORT": "7860"}, "the port is what the setting PORT is on the Space")],
)
def test_a_port_that_the_rehearsal_made_up(settings, reason):
    rehearsal = make_rehearsal(
        listener=make_listener(port=8080, where=Where("main.py", 9)), stand_ins=(StandIn("PORT", None),)
    )
    space = make_space(command=make_command("python main.py"), settings=make_settings(**settings))

    assert outcome(port_mismatch, space, rehearsal).reason == reason


# -- HFS412


@pytest.mark.parametrize("port", [1024, 7860, 0])
def test_a_port_that_anybody_may_bind(port):
    assert outcome(port_privileged, make_space(), listening(port=port)).outcome == "passed"


@pytest.mark.parametrize("port", [80, 443, 1023])
def test_a_privileged_port_is_said_once(port):
    space = make_space(command=make_command(f"uvicorn main:app --host 0.0.0.0 --port {port}"))

    assert said(only_finding(port_privileged, space, listening(port=port))) == (
        "error",
        "Dockerfile",
        6,
        f"the server binds port {port}, which takes root; wanted 7860",
        "write --port 7860 in the start command",
    )
    assert found(space, listening(port=port)) == ["HFS412"]


# -- HFS415


@pytest.mark.parametrize(
    ("command", "image", "message", "hint"),
    [
        (
            make_command(
                "uvicorn main:app --host 0.0.0.0",
                unexpanded=("PORT",),
                port=Port(None, "unexpanded", "PORT"),
            ),
            make_image(["main.py"]),
            "$PORT stands in a JSON command, where no shell expands it",
            'write "7860" in its place',
        ),
        (
            make_command("uvicorn main:app --host $HOST --port 7860", unexpanded=("HOST",)),
            make_image(["main.py"], env={"HOST": "0.0.0.0"}),
            "$HOST stands in a JSON command, where no shell expands it",
            'write "0.0.0.0" in its place',
        ),
        (
            make_command("uvicorn main:app --host $HOST --port 7860", unexpanded=("HOST",)),
            make_image(["main.py"]),
            "$HOST stands in a JSON command, where no shell expands it",
            "write it without brackets: CMD exec uvicorn main:app --host $HOST --port 7860",
        ),
    ],
)
def test_a_variable_in_a_json_command(command, image, message, hint):
    space = make_space(command=command, image=image)
    rehearsal = make_rehearsal(failure=make_failure("launch", "exited", "not a valid integer", status=2))

    assert said(only_finding(exec_form_variable, space, rehearsal)) == (
        "error",
        "Dockerfile",
        6,
        message,
        hint,
    )
    assert found(space, rehearsal) == ["HFS415"]
