"""4xx, the server: reloader, workers, signals, TLS, and listeners beside it."""

from __future__ import annotations

import pytest

from pytest_hfspace.checks.start.server import (
    CHECKS,
    extra_listener,
    reload_,
    shell_form,
    tls_in_app,
    workers,
)
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import Listening, Where
from pytest_hfspace.space.image import Command

from .factories import (
    CARD,
    make_command,
    make_failure,
    make_gradio_space,
    make_image,
    make_listener,
    make_rehearsal,
    make_space,
    make_static_space,
    only_finding,
    outcome,
)

LINE = Where("main.py", 9)
PROGRAM = make_command("python main.py")


def serving(words="uvicorn main:app --host 0.0.0.0 --port 7860", **changes):
    """A Space with this start command."""
    return make_space(command=make_command(words, **changes))


def program(source, **listener):
    """A Space that runs main.py, and what the server was told in it."""
    changes = {"where": LINE, **listener}
    space = make_space({"main.py": source}, command=PROGRAM)
    return space, make_rehearsal(listener=make_listener(**changes))


# -- all of them


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
@pytest.mark.parametrize("space", [make_space(), make_gradio_space(), make_space(command=PROGRAM)])
def test_a_healthy_server(check, space):
    assert outcome(check, space).outcome == "passed"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_a_static_space_has_no_server(check):
    result = outcome(check, make_static_space(), make_rehearsal(impossible="no start command"))
    assert (result.outcome, result.applicable) == ("skipped", False)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_a_command_that_is_not_understood_is_not_judged(check):
    space = serving("node server.js", runner=None, reason="node is not Python")
    result = outcome(check, space, make_rehearsal(impossible="node is not Python"))
    assert (result.outcome, result.reason) == ("skipped", "node is not Python")


@pytest.mark.parametrize("check", [reload_, workers, tls_in_app], ids=lambda check: check.code)
def test_a_program_that_was_not_run_is_not_judged(check):
    space = make_space(command=PROGRAM)
    assert outcome(check, space, make_rehearsal(impossible="no POSIX")).reason == "no POSIX"
    failed = make_rehearsal(failure=make_failure("import", "raised", "ValueError"))
    assert outcome(check, space, failed).reason == "needs HFS403"
    assert outcome(check, space, make_rehearsal(listener=None)).reason.startswith("the program did not say")


# -- HFS413


@pytest.mark.parametrize(
    "space",
    [
        serving("uvicorn main:app --reload-dir src"),
        serving("fastapi run main.py --reload-dir src"),
        serving("gunicorn main:app"),
    ],
)
def test_what_is_no_reloader(space):
    assert outcome(reload_, space).outcome == "passed"


def test_a_reloader_that_is_off_here():
    space, rehearsal = program('uvicorn.run("main:app", reload=os.environ.get("DEV") == "1")\n')
    assert outcome(reload_, space, rehearsal).outcome == "passed"


def test_a_reloader_of_the_command_line():
    space = serving("uvicorn main:app --reload", reload=True)
    for rehearsal in (make_rehearsal(listener=make_listener(reload=True)), make_rehearsal(impossible="no")):
        finding = only_finding(reload_, space, rehearsal)
        assert (finding.level, finding.path, finding.line) == ("warn", "Dockerfile", 6)
        assert "--reload" in finding.message
        assert finding.hint == "leave --reload out of the start command"


def test_a_reloader_of_fastapi_dev():
    finding = only_finding(reload_, serving("fastapi dev main.py", reload=True))
    assert "fastapi dev" in finding.message
    assert finding.hint == "write fastapi run in the start command"


def test_a_reloader_of_a_variable():
    space = make_space(
        image=make_image(env={"UVICORN_RELOAD": "true"}),
        command=make_command("uvicorn main:app", reload=True),
    )
    finding = only_finding(reload_, space)
    assert (finding.path, finding.line, finding.hint) == ("Dockerfile", 3, "leave out ENV UVICORN_RELOAD")


def test_a_reloader_of_a_program():
    finding = only_finding(reload_, *program('uvicorn.run("main:app", reload=True)\n', reload=True))
    assert (finding.level, finding.path, finding.line) == ("warn", "main.py", 9)
    assert finding.hint == "write reload=False"


def test_a_reloader_that_uvicorn_refuses():
    finding = only_finding(reload_, *program("uvicorn.run(app, reload=True)\n", reload=True, by_name=False))
    assert (finding.level, finding.predicts, finding.line) == ("error", Stage.RUNTIME_ERROR, 9)
    assert "import string" in finding.consequence


# -- HFS414


@pytest.mark.parametrize("count", [None, 1, 2, 4, 5])
@pytest.mark.parametrize(
    "server", ["uvicorn main:app --workers", "gunicorn main:app -w", "granian --workers"]
)
def test_as_many_workers_as_guides_advise(server, count):
    space = serving(f"{server} {count}" if count else server.rpartition(" ")[0], workers=count)
    assert outcome(workers, space).outcome == "passed"


@pytest.mark.parametrize("words", ["uvicorn main:app --workers 6", "gunicorn main:app -w 16"])
def test_more_workers_than_the_hardware_carries(words):
    space = serving(words, workers=int(words.split()[-1]))
    finding = only_finding(workers, space, make_rehearsal(impossible="no"))
    assert (finding.level, finding.path, finding.line) == ("warn", "Dockerfile", 6)
    assert "cpu-basic has 2 vCPU; wanted at most 5" in finding.message
    assert finding.hint.endswith(" 2")


def test_more_workers_by_a_variable():
    image = make_image(env={"WEB_CONCURRENCY": "9"})
    space = make_space(image=image, command=make_command("uvicorn main:app", workers=9))
    finding = only_finding(workers, space)
    assert (finding.path, finding.line) == ("Dockerfile", 3)


@pytest.mark.parametrize(
    ("hardware", "result"),
    [("cpu-basic", "warned"), ("t4-small", "passed"), ("cpu-upgrade", "passed"), ("zero-a10g", "skipped")],
)
def test_workers_on_the_hardware_that_the_card_suggests(hardware, result):
    space = make_space(
        card=f"{CARD}suggested_hardware: {hardware}\n",
        command=make_command("uvicorn main:app --workers 8", workers=8),
    )
    assert outcome(workers, space).outcome == result


def test_workers_that_are_too_large_together():
    space = serving("uvicorn main:app --workers 4", workers=4)
    assert outcome(workers, space, make_rehearsal(peak_rss_mb=4.0 * 1024)).outcome == "passed"
    finding = only_finding(workers, space, make_rehearsal(peak_rss_mb=5.0 * 1024))
    assert (
        "4 workers of 5.0 GiB each take 20 GiB, and cpu-basic has 16 GiB; wanted at most 3" in finding.message
    )
    # one alone is too large: that is HFS421
    assert outcome(workers, space, make_rehearsal(peak_rss_mb=17.0 * 1024)).outcome == "passed"


def test_workers_that_uvicorn_refuses():
    finding = only_finding(workers, *program("uvicorn.run(app, workers=2)\n", workers=2, by_name=False))
    assert (finding.level, finding.predicts) == ("error", Stage.RUNTIME_ERROR)


def test_workers_beside_a_reloader_are_ignored_by_uvicorn():
    result = outcome(workers, *program('uvicorn.run("main:app")\n', workers=9, reload=True))
    assert result.reason == "needs HFS413"


HOST_CORES = [
    "workers = os.cpu_count()",
    "workers = multiprocessing.cpu_count() * 2 + 1",
    "workers = max(cpu_count(), 2)",
    'workers = int(os.environ.get("WEB_CONCURRENCY", os.cpu_count() or 1))',
    "cores = os.cpu_count() or 1\nworkers = 2 * cores + 1",
    "workers = len(os.sched_getaffinity(0))",
]
NUMBERS = [
    "workers = 2",
    "workers = min(4, os.cpu_count())",
    'workers = int(os.environ.get("CPU_CORES", "2"))',
    'workers = int(os.getenv("WEB_CONCURRENCY", 4))',
    'bind = "0.0.0.0:7860"\ncores = os.cpu_count()',
    "workers = 1\nthreads = os.cpu_count()",
]


def gunicorn(configuration, env=None, name="gunicorn.conf.py"):
    files = {name: configuration}
    words = "gunicorn main:app" if name == "gunicorn.conf.py" else f"gunicorn -c {name} main:app"
    return make_space(
        files, image=make_image(files, env=env), command=make_command(words, host=None, port=None)
    )


@pytest.mark.parametrize("name", ["gunicorn.conf.py", "conf/gunicorn.py"])
@pytest.mark.parametrize("configuration", NUMBERS)
def test_a_configuration_of_gunicorn_with_a_number(configuration, name):
    assert outcome(workers, gunicorn(configuration, name=name)).outcome == "passed"


@pytest.mark.parametrize("name", ["gunicorn.conf.py", "conf/gunicorn.py"])
@pytest.mark.parametrize("configuration", HOST_CORES)
def test_a_configuration_of_gunicorn_with_the_cores_of_the_host(configuration, name):
    finding = only_finding(workers, gunicorn(configuration, name=name))
    assert (finding.path, finding.line) == (name, configuration.count("\n") + 1)
    assert "of the whole host" in finding.message
    assert "CPU_CORES" in finding.hint


def test_a_configuration_of_gunicorn_with_many():
    assert only_finding(workers, gunicorn("workers = 4 * 4\n")).path == "gunicorn.conf.py"
    env = {"WEB_CONCURRENCY": "2"}
    assert outcome(workers, gunicorn(HOST_CORES[3], env=env)).outcome == "passed"


@pytest.mark.parametrize(
    "configuration",
    [
        "workers = count()",
        "workers = [",
        'workers = "many"',
        "\0",
        "workers = " + "(" * 500,
        "workers = max(workers, workers, workers)",
    ],
)
def test_a_configuration_of_gunicorn_that_nobody_can_compute(configuration):
    result = outcome(workers, gunicorn(configuration))
    assert (result.outcome, result.reason) == ("skipped", "the number of workers is decided at run time")


def test_a_configuration_of_gunicorn_that_is_not_there():
    space = make_space(command=make_command("gunicorn -c made/at/build.py main:app"))
    assert outcome(workers, space).outcome == "skipped"


@pytest.mark.parametrize("call", ["os.cpu_count()", "(os.cpu_count() or 1) * 2 + 1", "CORES"])
@pytest.mark.parametrize("here", [1, 5])
def test_a_program_that_counts_the_cores_of_the_host(call, here):
    source = f'CORES = os.cpu_count()\n\n\n\n\nuvicorn.run(\n"main:app",\nport=7860,\nworkers={call},\n)\n'
    finding = only_finding(workers, *program(source, workers=here))
    assert (finding.path, finding.line) == ("main.py", 9)


def test_a_program_that_starts_some():
    assert outcome(workers, *program('uvicorn.run("main:app", workers=4)\n', workers=4)).outcome == "passed"
    assert "8 workers" in only_finding(workers, *program("x = 1\n", workers=8)).message


@pytest.mark.parametrize("text", ["--workers $(nproc)", "--workers $(( $(nproc) * 2 + 1 ))"])
def test_a_shell_that_counts_the_cores_of_the_host(text):
    words = f"uvicorn main:app {text}"
    image = make_image(command=Command(("/bin/sh", "-c", words), shell=True, path="Dockerfile", line=6))
    command = make_command("uvicorn main:app --workers ''")
    assert "of the whole host" in only_finding(workers, make_space(image=image, command=command)).message


def test_a_shell_that_computes_something_else():
    assert outcome(workers, serving("uvicorn main:app --workers ''")).outcome == "skipped"


# -- HFS416


def shell(words, base="python:3.12-slim", entrypoint=(), **changes):
    """A CMD in shell form whose shell stays."""
    image = make_image(
        base=base,
        command=Command(("/bin/sh", "-c", words), shell=True, path="Dockerfile", line=6),
        entrypoint=Command(entrypoint, shell=False, path="Dockerfile", line=5) if entrypoint else None,
    )
    changes.setdefault("execs", False)
    return make_space(image=image, command=make_command("uvicorn main:app --port 7860", **changes))


@pytest.mark.parametrize(
    "space",
    [
        shell("exec uvicorn main:app --port 7860", execs=True),
        shell("uvicorn main:app --port 7860", base="python:3.12-alpine"),
        shell("uvicorn main:app --port 7860", entrypoint=("dumb-init", "--")),
        shell("uvicorn main:app --port 7860", entrypoint=("/usr/bin/tini", "-g", "--")),
    ],
)
def test_a_shell_that_makes_way(space):
    assert outcome(shell_form, space).outcome == "passed"


def test_a_script_that_hands_the_signal_on():
    script = 'trap "kill -TERM $child" TERM\nuvicorn main:app &\nchild=$!\nwait\n'
    space = make_space(
        {"start.sh": script}, command=make_command("uvicorn main:app", execs=False, path="start.sh", line=2)
    )
    assert outcome(shell_form, space).outcome == "passed"


@pytest.mark.parametrize("entrypoint", [(), ("/usr/bin/tini", "--")])
def test_a_shell_that_stays(entrypoint):
    finding = only_finding(shell_form, shell("uvicorn main:app --port 7860", entrypoint=entrypoint))
    assert (finding.level, finding.path, finding.line) == ("note", "Dockerfile", 6)
    assert finding.hint == "write CMD exec uvicorn main:app --port 7860"


def test_a_shell_that_stays_after_other_commands():
    finding = only_finding(shell_form, shell("alembic upgrade head && uvicorn main:app --port 7860"))
    assert finding.hint == "write exec before uvicorn"


@pytest.mark.parametrize("base", ["python:3.12-slim", "python:3.12-alpine"])
def test_a_script_that_stays(base):
    space = make_space(
        {"start.sh": "uvicorn main:app\n"},
        image=make_image(base=base),
        command=make_command("uvicorn main:app", execs=False, path="start.sh", line=1),
    )
    finding = only_finding(shell_form, space)
    assert (finding.path, finding.hint) == ("start.sh", "write exec before uvicorn in start.sh")


# -- HFS417


@pytest.mark.parametrize(
    "words",
    ["uvicorn main:app --ssl-ciphers TLSv1.2", "uvicorn main:app --proxy-headers", "gunicorn main:app"],
)
def test_what_is_no_tls(words):
    assert outcome(tls_in_app, serving(words)).outcome == "passed"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (
            "uvicorn main:app --ssl-keyfile key.pem --ssl-certfile=cert.pem",
            "--ssl-keyfile and --ssl-certfile",
        ),
        ("hypercorn main:app --certfile cert.pem --keyfile key.pem", "--certfile and --keyfile"),
        ("gunicorn main:app --certfile cert.pem", "--certfile"),
        ("granian main:app --ssl-certificate cert.pem", "--ssl-certificate"),
    ],
)
def test_tls_of_the_command_line(words, named):
    finding = only_finding(tls_in_app, serving(words), make_rehearsal(impossible="no"))
    assert (finding.level, finding.path, finding.line) == ("error", "Dockerfile", 6)
    assert finding.message == f"the server speaks TLS ({named}); wanted plain HTTP"


def test_tls_of_a_program():
    finding = only_finding(tls_in_app, *program('uvicorn.run(app, ssl_keyfile="key.pem")\n', tls=True))
    assert (finding.path, finding.line) == ("main.py", 9)


def test_tls_of_a_variable():
    image = make_image(env={"UVICORN_SSL_KEYFILE": "key.pem"})
    finding = only_finding(
        tls_in_app, make_space(image=image), make_rehearsal(listener=make_listener(tls=True))
    )
    assert (finding.path, finding.line) == ("Dockerfile", 3)
    assert outcome(tls_in_app, make_space(image=image, command=PROGRAM)).outcome == "passed"


# -- HFS418


def listening(*listeners):
    return make_rehearsal(listening=tuple(Listening(*each) for each in listeners))


MAIN_PORT = ("0.0.0.0", 7860, None, "startup")


@pytest.mark.parametrize(
    "other",
    [
        ("127.0.0.1", 9000, LINE, "startup"),
        ("localhost", 9000, LINE, "startup"),
        ("::1", 9000, None, "serve"),
        ("0.0.0.0", 9000, LINE, "import"),
    ],
)
def test_listeners_that_are_private_or_told_elsewhere(other):
    assert outcome(extra_listener, make_space(), listening(MAIN_PORT, other)).outcome == "passed"


def test_a_server_on_another_port_is_told_elsewhere():
    space = serving("uvicorn main:app --host 0.0.0.0 --port 8000")
    rehearsal = make_rehearsal(
        listener=make_listener(port=8000), listening=(Listening("0.0.0.0", 8000, None, "startup"),)
    )
    assert outcome(extra_listener, space, rehearsal).outcome == "passed"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
@pytest.mark.parametrize("phase", ["startup", "serve"])
def test_a_second_public_port(host, phase):
    rehearsal = listening(MAIN_PORT, (host, 9000, LINE, phase), (host, 9000, None, "serve"))
    finding = only_finding(extra_listener, make_space(), rehearsal)
    assert (finding.level, finding.path, finding.line) == ("warn", "main.py", 9)
    assert "port 9000" in finding.message


def test_a_second_public_port_of_a_program():
    rehearsal = listening(MAIN_PORT, ("0.0.0.0", 9000, LINE, "import"))
    assert only_finding(extra_listener, make_space(command=PROGRAM), rehearsal).line == 9


def test_exposed_ports_are_no_evidence():
    dockerfile = "FROM python:3.12\nEXPOSE 7860 8000\nCMD uvicorn main:app\n"
    assert outcome(extra_listener, make_space(dockerfile=dockerfile)).outcome == "passed"


@pytest.mark.parametrize("other", ["nginx", "supervisord -c all.conf", "streamlit run ui.py"])
def test_programs_beside_the_server_are_not_seen(other):
    space = serving(skipped=(other,))
    result = outcome(extra_listener, space, listening(MAIN_PORT))
    assert result.outcome == "skipped"
    assert other.split()[0] in result.reason


def test_an_app_that_did_not_come_up_has_no_listeners():
    assert outcome(extra_listener, make_space(), make_rehearsal(impossible="no POSIX")).reason == "no POSIX"
