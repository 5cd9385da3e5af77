"""4xx: does it come up?  Every failure of a start is one finding of one check."""

from __future__ import annotations

import pytest

from pytest_hfspace.check import Examination
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.checks.start.failures import (
    entry_point,
    import_,
    import_side_effects,
    launch_command,
    not_listening,
    setting_missing,
    startup,
    startup_time,
)
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import Raised, StandIn, Where
from pytest_hfspace.space.sources import read_sources

from .built import built
from .factories import (
    make_card,
    make_command,
    make_failure,
    make_gradio_space,
    make_image,
    make_raised,
    make_rehearsal,
    make_settings,
    make_space,
    make_static_space,
    only_finding,
    outcome,
)

BY_CODE = {check.code: check for check in CATALOGUE}
START = [check for check in CATALOGUE if check.code.startswith("HFS4")]
NOT_FOUND = "ModuleNotFoundError ImportError Exception"


def failing(phase, kind, message="", **changes):
    return make_rehearsal(failure=make_failure(phase, kind, message, **changes))


def raising(phase, kinds, message="", where=Where("main.py", 3), **changes):  # noqa: B008 - frozen
    return failing(phase, "raised", raised=make_raised(kinds, message, where), **changes)


def verdicts(space, rehearsal):
    """The codes of family 4xx, and HFS303, by outcome."""
    examination = Examination(BY_CODE)
    facts = {"space": space, "space_rehearsal": rehearsal, "space_sources": read_sources(space)}
    results = [examination.examine(check, facts) for check in (*START, BY_CODE["HFS303"], BY_CODE["HFS701"])]
    return {result.check.code: result for result in results}


def failed(space, rehearsal):
    return [code for code, result in verdicts(space, rehearsal).items() if result.outcome == "failed"]


def said(finding):
    return finding.level, finding.path, finding.line, finding.message, finding.hint


# -- the family


@pytest.mark.parametrize(
    "space", [make_space(), make_gradio_space(), make_space(command=make_command("python main.py"))]
)
def test_a_start_in_which_nothing_is_wrong(space):
    results = verdicts(space, make_rehearsal())

    assert {code for code, result in results.items() if result.outcome != "passed"} <= {"HFS303"}


def test_a_static_space_runs_no_process():
    results = verdicts(make_static_space(), make_rehearsal(impossible="no start command"))

    assert {result.reason for code, result in results.items() if code.startswith("HFS4")} == {
        "a static Space runs no process"
    }


def test_without_a_rehearsal_only_the_command_is_judged():
    reason = "gunicorn is declared, but not installed here: pip install gunicorn"

    results = verdicts(make_space(), make_rehearsal(impossible=reason))

    assert {code for code, result in results.items() if result.reason == reason} == {
        *("HFS303", "HFS402", "HFS403", "HFS404", "HFS405", "HFS406", "HFS407", "HFS408", "HFS418"),
        *("HFS419", "HFS420", "HFS421", "HFS701"),
    }
    assert {code for code, result in results.items() if result.outcome == "passed"} == {
        *("HFS401", "HFS409", "HFS410", "HFS411", "HFS412", "HFS413", "HFS414", "HFS415", "HFS416", "HFS417")
    }


ONE_CAUSE = [
    (failing("launch", "exited", "usage error", status=2), "HFS401"),
    (
        raising(
            "import",
            f"uvicorn.importer.ImportFromStringError {NOT_FOUND}",
            'Could not import module "main".',
            None,
        ),
        "HFS401",
    ),
    (raising("import", NOT_FOUND, "No module named 'main'", None), "HFS401"),
    (failing("import", "target", 'main has no attribute "app"'), "HFS402"),
    (
        raising(
            "import",
            "uvicorn.importer.ImportFromStringError Exception",
            'Attribute "app" not found in module "main".',
            None,
        ),
        "HFS402",
    ),
    (raising("import", "KeyError LookupError Exception", "'TOKEN'"), "HFS403"),
    (raising("import", NOT_FOUND, "No module named 'main'"), "HFS403"),
    (raising("import", NOT_FOUND, "No module named 'cv2'"), "HFS303"),
    (raising("startup", NOT_FOUND, "No module named 'cv2'"), "HFS303"),
    (raising("import", "FileNotFoundError OSError", "[Errno 2] No such file or directory: '.env'"), "HFS701"),
    (raising("startup", "FileNotFoundError OSError", "[Errno 2] No such file: '/app/.env'"), "HFS701"),
    (raising("import", "FileNotFoundError OSError", "No such file or directory: 'a.environment'"), "HFS403"),
    (raising("import", "SystemExit", "1"), "HFS404"),
    (failing("import", "exited", status=1), "HFS404"),
    (failing("import", "hung", seconds=60.0), "HFS404"),
    (failing("import", "served", where=Where("main.py", 9)), "HFS404"),
    (raising("startup", "RuntimeError Exception", "no database"), "HFS406"),
    (failing("startup", "exited", status=3), "HFS406"),
    (failing("startup", "hung", seconds=60.0), "HFS407"),
    (failing("launch", "not listening"), "HFS419"),
    (failing("import", "not listening", status=0), "HFS419"),
    (failing("serve", "exited", status=-9), "HFS419"),
]


@pytest.mark.parametrize(("rehearsal", "code"), ONE_CAUSE)
def test_one_cause_gives_one_finding(rehearsal, code):
    assert failed(make_space(), rehearsal) == [code]


@pytest.mark.parametrize(("rehearsal", "code"), ONE_CAUSE[:-1])
def test_what_comes_after_a_failure_is_skipped_not_passed(rehearsal, code):
    results = verdicts(make_space(), rehearsal)

    last = [
        result for key, result in results.items() if key in ("HFS406", "HFS407", "HFS419") and key != code
    ]
    assert {(result.outcome, result.reason) for result in last} == {("skipped", f"needs {code}")}


@pytest.mark.parametrize(("rehearsal", "code"), ONE_CAUSE)
def test_a_failure_does_not_hide_a_wrong_port(rehearsal, code):
    space = make_space(command=make_command("uvicorn main:app --host 0.0.0.0 --port 8000"))

    expected = [code] if code == "HFS401" else [code, "HFS410"]
    assert sorted(failed(space, rehearsal)) == sorted(expected)


def test_what_came_before_a_failure_has_passed():
    results = verdicts(make_space(), failing("serve", "exited", status=-9))

    assert {results[code].outcome for code in ("HFS401", "HFS403", "HFS406", "HFS407")} == {"passed"}


def test_a_failing_shutdown_is_no_failing_start():
    rehearsal = raising("shutdown", "RuntimeError Exception", "bye")

    assert failed(make_space(), rehearsal) == []


# -- HFS401


@pytest.mark.parametrize(
    "space",
    [
        make_space({"scripts/run.py": ""}, command=make_command("python scripts/run.py")),
        make_space(
            command=make_command("/usr/local/bin/run.sh", runner=None, reason="a shell script of the image")
        ),
        make_space(command=make_command("python /opt/elsewhere/run.py")),
    ],
)
def test_a_command_that_is_not_known_to_be_wrong(space):
    assert outcome(launch_command, space, make_rehearsal(impossible="no")).outcome != "failed"


def test_a_command_that_is_not_understood_is_not_judged():
    space = make_space(command=make_command("node server.js", runner=None, reason="node is not Python"))

    result = outcome(launch_command, space, make_rehearsal(impossible="node is not Python"))

    assert (result.outcome, result.reason) == ("skipped", "node is not Python")


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        (make_space(dockerfile=None), "needs HFS108"),
        (
            make_space(
                command=None, image=make_image(base="tiangolo/uvicorn-gunicorn:python3.11", command=None)
            ),
            "the start command is that of the base image tiangolo/uvicorn-gunicorn:python3.11",
        ),
    ],
)
def test_a_command_that_stands_elsewhere(space, reason):
    assert outcome(launch_command, space).reason == reason


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (make_card("", missing="none"), "needs HFS101"),
        (make_card("", unreadable="no YAML"), "needs HFS102"),
        ("sdk: Docker\n", "needs HFS103"),
        ("sdk: docker\n", "needs HFS108"),
    ],
)
def test_the_first_cause_is_named(card, reason):
    space = make_space(card=card, dockerfile=None)

    results = verdicts(space, make_rehearsal(impossible="there is no start command"))

    assert {result.reason for result in results.values() if result.outcome == "skipped"} == {reason}


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("CMD ['uvicorn', 'main:app', '--port', '7860']", 'is not JSON|finds no program "[uvicorn,"'),
        ('CMD ["uvicorn", "main:app", "--port", "7860",]', 'is not JSON|finds no program "[uvicorn,"'),
        ('CMD ["uvicorn" "main:app" "--port" "7860"]', 'is not JSON|finds no program "[uvicorn"'),
        ("CMD [“uvicorn”, “main:app”, “--port”, “7860”]", 'is not JSON|finds no program "[“uvicorn”,"'),
        ('CMD ["uvicorn", "main:app", "--port", "7860"] # it', 'is not JSON|finds no program "[uvicorn,"'),
        ("CMD [ 'uvicorn', 'main:app', '--port', '7860' ]", "is not JSON|takes it for a test"),
        ('CMD ["uvicorn", "main:app", "--port", "7860"',
         'lacks its last bracket|finds no program "[uvicorn,"'),
        ('CMD [ "uvicorn", "main:app", "--port", "7860"', "lacks its last bracket|takes it for a test"),
        ('CMD ["uvicorn", \\\n  "main:app", \\\n "--port", "7860"',
         'lacks its last bracket|finds no program "[uvicorn,"'),
        ('ENTRYPOINT ["uvicorn", "main:app", "--port", "7860"',
         'lacks its last bracket|finds no program "[uvicorn,"'),
    ],
)  # fmt: skip
def test_a_list_that_is_no_json(written, wrong):
    finding = only_finding(launch_command, built(written), make_rehearsal(impossible="unknown"))

    why, does = wrong.split("|")
    assert said(finding) == (
        "error",
        "Dockerfile",
        3,
        f"the command is a list that {why}, so a shell runs it and {does}",
        (
            "write it with double quotes, and a comma between every two words: "
            '["uvicorn", "main:app", "--port", "7860"]'
        ),
    )


@pytest.mark.parametrize(
    "written",
    [
        "CMD [ -f main.py ] && uvicorn main:app",
        "CMD [[ -f main.py ]] && uvicorn main:app",
        'CMD [ "$A" = "b" ] && uvicorn main:app',
        'CMD [ "$A" ]; uvicorn main:app',
    ],
)
def test_a_bracket_that_is_no_list(written):
    assert outcome(launch_command, built(written)).findings == ()


@pytest.mark.parametrize("written", ['CMD ["uvicorn, "main:app"]', 'CMD ["uvicorn", "main:app]'])
def test_a_list_whose_quotes_are_not_ended(written):
    finding = only_finding(launch_command, built(written), make_rehearsal(impossible="unknown"))

    assert (finding.line, finding.level) == (3, "error")


def test_a_list_that_goes_on_without_the_mark_is_told_once():
    space = built('CMD ["uvicorn",\n  "main:app"]')

    assert outcome(launch_command, space, make_rehearsal(impossible="x")).reason == "needs HFS312"


def test_a_step_before_the_server_that_fails():
    said_last = "alembic upgrade head ended with exit code 1"
    failure = make_failure("launch", raised=make_raised("SystemExit", said_last), status=1, output=said_last)
    space = make_space(command=make_command(before=(("alembic", "upgrade", "head"),)))

    finding = only_finding(launch_command, space, make_rehearsal(failure=failure))

    assert finding.message == "alembic upgrade head ended with exit code 1, so the server is not started"
    assert finding.hint.endswith("run it in a copy of the repository: alembic upgrade head")


@pytest.mark.parametrize(
    ("cause", "output", "said", "place"),
    [
        (make_raised("ValueError", "bad", Where("db.py", 4)), "", "ValueError: bad", ("db.py", 4)),
        (make_raised("SystemExit", "3", Where("db.py", 9)), "no tables\n", "no tables", ("db.py", 9)),
        (make_raised("SystemExit", "3", None), "", "", ("Dockerfile", 6)),
        (
            make_raised("hfspace_child.launch.NotInstalled", "alembic is not installed here", None),
            "alembic is not installed here\n",
            "no declared package brings alembic",
            ("Dockerfile", 6),
        ),
    ],
)
def test_what_ended_the_step_before_the_server(cause, output, said, place):
    ending = "alembic upgrade head ended with exit code 3"
    raised = make_raised("SystemExit", ending, None, cause=cause)
    failure = make_failure("launch", raised=raised, status=1, output=f"{output}{ending}\n")
    space = make_space(command=make_command(before=(("alembic", "upgrade", "head"),)))

    finding = only_finding(launch_command, space, make_rehearsal(failure=failure))

    assert finding.message == f"{ending}, so the server is not started" + (f": {said}" if said else "")
    assert (finding.path, finding.line) == place
    assert "without it" not in finding.hint
    assert ("to the requirements" in finding.hint) is ("NotInstalled" in cause.kinds[0])


def test_a_usage_error_is_quoted():
    output = "Usage: uvicorn [OPTIONS] APP\n\nError: No such option '--prot'.\n"
    failure = make_failure("launch", raised=make_raised("SystemExit", "2"), status=2, output=output)

    finding = only_finding(launch_command, make_space(), make_rehearsal(failure=failure))

    assert finding.message == "the start command ended with exit code 2: Error: No such option '--prot'."


def test_a_dockerfile_that_starts_nothing():
    space = make_space(command=None, image=make_image(command=None))

    result = outcome(launch_command, space, make_rehearsal(impossible="no start command"))
    assert (result.outcome, result.reason) == ("skipped", "needs HFS312")


@pytest.mark.parametrize(
    ("words", "runner", "message", "hint"),
    [
        (
            "python server.py",
            "python",
            "the start command runs /app/server.py, which is not in the image",
            "add server.py to the repository, or name the file that starts the server",
        ),
        (
            "python later.py",
            "python",
            "the start command runs /app/later.py, which is not in the image",
            "git add later.py",
        ),
        (
            "bash start.sh",
            None,
            "the start command runs /app/start.sh, which is not in the image",
            (
                "add COPY deploy/start.sh /app/start.sh to the Dockerfile, "
                "or name the path that it has in the image"
            ),
        ),
        (
            "/app/start.sh",
            None,
            "the start command runs /app/start.sh, which is not in the image",
            (
                "add COPY deploy/start.sh /app/start.sh to the Dockerfile, "
                "or name the path that it has in the image"
            ),
        ),
    ],
)
def test_a_script_that_is_not_in_the_image(words, runner, message, hint):
    space = make_space(
        {"deploy/start.sh": ""}, untracked={"later.py": ""}, command=make_command(words, runner=runner)
    )

    finding = only_finding(launch_command, space, make_rehearsal(impossible="no"))

    assert said(finding) == ("error", "Dockerfile", 6, message, hint)


def test_a_lost_app_file_is_the_cards_finding():
    space = make_gradio_space(command=make_command("python ui.py"), card="sdk: gradio\napp_file: ui.py\n")
    rehearsal = raising("import", "FileNotFoundError OSError", "No such file: 'ui.py'", None)

    assert failed(space, rehearsal) == []
    assert outcome(launch_command, space, make_rehearsal(impossible="no")).reason == "needs HFS107"
    assert outcome(import_, space, rehearsal).reason == "needs HFS107"
    assert outcome(BY_CODE["HFS107"], space, rehearsal).outcome == "failed"


def test_a_script_that_a_step_may_have_made_is_not_missed():
    image = make_image(["main.py"], not_followed=("line 3: COPY --from=build /app /app",))
    space = make_space(image=image, command=make_command("python server.py"))

    assert outcome(launch_command, space, make_rehearsal(impossible="no")).outcome == "passed"


@pytest.mark.parametrize(
    ("files", "message", "hint"),
    [
        (
            {"backend/server.py": ""},
            (
                'the start command names "server", and /app has no server.py; '
                "the repository has backend/server.py"
            ),
            "write backend.server:app in the start command, or add --app-dir backend",
        ),
        (
            {"api.py": "from fastapi import FastAPI\nweb = FastAPI()\n", "main.py": ""},
            'the start command names "server", and /app has no server.py',
            "write api:web in the start command",
        ),
        (
            {"main.py": ""},
            'the start command names "server", and /app has no server.py',
            "name the module that makes the app",
        ),
    ],
)
def test_a_target_that_is_not_there(files, message, hint):
    space = make_space(files, command=make_command("uvicorn server:app --host 0.0.0.0 --port 7860"))
    rehearsal = raising(
        "import", "uvicorn.importer.ImportFromStringError", 'Could not import module "server".', None
    )

    assert said(only_finding(launch_command, space, rehearsal)) == ("error", "Dockerfile", 6, message, hint)


@pytest.mark.parametrize(
    ("files", "hint"),
    [
        # where the whole package lies in a folder, that folder is what uvicorn must look in
        (
            {"src/shop/server.py": "", "old/server.py": ""},
            "write src.shop.server:app in the start command, or add --app-dir src",
        ),
        # in no folder would shop.server be found
        ({"src/server.py": ""}, "write src.server:app in the start command"),
    ],
)
def test_a_target_in_a_package_that_is_not_there(files, hint):
    space = make_space(files, command=make_command("uvicorn shop.server:app --host 0.0.0.0 --port 7860"))
    rehearsal = raising(
        "import", "uvicorn.importer.ImportFromStringError", 'Could not import module "shop.server".', None
    )

    [finding] = outcome(launch_command, space, rehearsal).findings
    assert finding.hint == hint


def test_a_command_that_fails_by_itself():
    rehearsal = failing("launch", "exited", "No such option: --prot", status=2)

    assert said(only_finding(launch_command, make_space(), rehearsal)) == (
        "error",
        "Dockerfile",
        6,
        "the start command ended with exit code 2: No such option: --prot",
        "run it in a copy of the repository: uvicorn main:app --host 0.0.0.0 --port 7860",
    )


# -- HFS402


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        (
            "from fastapi import FastAPI\napplication = FastAPI()\n",
            "write main:application in the start command",
        ),
        ("def create_app():\n    pass\n", "write main:create_app --factory in the start command"),
        (
            "def create_app(mode='dev', *, debug=False):\n    pass\n",
            "write main:create_app --factory in the start command",
        ),
        # a server would call them without arguments
        ("def create_app(settings):\n    pass\n", "let main have the application under the name app"),
        ("def create_app(*, settings):\n    pass\n", "let main have the application under the name app"),
        ("", "let main have the application under the name app"),
        ("not python", "let main have the application under the name app"),
    ],
)
def test_a_target_that_is_no_application(source, hint):
    rehearsal = failing("import", "target", 'Attribute "app" not found in module "main".')

    assert said(only_finding(entry_point, make_space({"main.py": source}), rehearsal)) == (
        "error",
        "main.py",
        None,
        "main:app is no ASGI application: main has no app",
        hint,
    )


def test_a_target_that_is_not_async():
    rehearsal = failing("import", "target", "Outer.__call__ takes scope, receive, send, but is not async")

    finding = only_finding(entry_point, make_space({"main.py": "app = FastAPI()\n"}), rehearsal)

    assert finding.hint == "write async def, and await what it calls"


# -- HFS403


FRESH = "to see all of it, run the start command in a fresh clone without a .env file"
CORRECT = f"correct lib/deep.py:4; {FRESH}"


@pytest.mark.parametrize(
    ("kinds", "message", "text", "hint"),
    [
        (
            "KeyError LookupError",
            "'OPENAI_API_KEY'",
            "main fails to import: KeyError: 'OPENAI_API_KEY'",
            'read it from the environment, os.environ["OPENAI_API_KEY"], and set OPENAI_API_KEY on the Space',
        ),
        ("KeyError LookupError", "'a'", "main fails to import: KeyError: 'a'", CORRECT),
        ("TypeError", "one\nand  two", "main fails to import: TypeError: one and two", CORRECT),
        (
            "RuntimeError",
            "Directory 'static/' does not exist",
            "main fails to import: RuntimeError: Directory 'static/' does not exist",
            "commit a file in static, as git keeps no empty folder, or make the folder before it is used",
        ),
        (
            "RuntimeError",
            "no model",
            "main fails to import: RuntimeError: no model",
            CORRECT,
        ),
        (
            "RuntimeError",
            'Form data requires "python-multipart".\nInstall it: \n\npip install python-multipart\n',
            (
                'main fails to import: RuntimeError: Form data requires "python-multipart". '
                "Install it: pip install python-multipart"
            ),
            "add the line python-multipart to the requirements",
        ),
        (
            "AssertionError",
            "jinja2 must be installed to use Jinja2Templates",
            "main fails to import: AssertionError: jinja2 must be installed to use Jinja2Templates",
            "add the line jinja2 to the requirements",
        ),
        (
            NOT_FOUND,
            "No module named 'deep'",
            "main fails to import: ModuleNotFoundError: No module named 'deep'",
            "import deep by its path from /app, where the start command runs",
        ),
        (
            NOT_FOUND,
            "No module named 'audioop'",
            "main fails to import: ModuleNotFoundError: No module named 'audioop'",
            "Python has no module audioop any more: replace the package that imports it, or pin a newer one",
        ),
        (
            "ImportError",
            "cannot import name 'HfFolder' from 'huggingface_hub' (/x/__init__.py)",
            (
                "main fails to import: ImportError: cannot import name 'HfFolder' from 'huggingface_hub' "
                "(/x/__init__.py)"
            ),
            "pin huggingface-hub to the version that the app was written for",
        ),
        (
            "FileNotFoundError OSError",
            "[Errno 2] No such file or directory: 'data/x.csv'",
            "main fails to import: FileNotFoundError: [Errno 2] No such file or directory: 'data/x.csv'",
            "commit the file, or make it while the image is built",
        ),
        (
            "ConnectionRefusedError ConnectionError OSError",
            "[Errno 111] Connection refused",
            "main fails to import: ConnectionRefusedError: [Errno 111] Connection refused",
            "start without the service, and connect when it is first needed",
        ),
    ],
)
def test_an_import_that_raises(kinds, message, text, hint):
    space = make_space({"lib/deep.py": ""})

    finding = only_finding(import_, space, raising("import", kinds, message, Where("lib/deep.py", 4)))

    assert said(finding) == ("error", "lib/deep.py", 4, text, hint)


def test_an_import_that_fails_outside_the_repository_is_shown_at_the_target():
    finding = only_finding(import_, make_space(), raising("import", "TypeError", "no", None))

    assert (finding.path, finding.line) == ("main.py", None)


def test_a_program_that_raises():
    space = make_space(command=make_command("python main.py"))

    finding = only_finding(import_, space, raising("import", "TypeError", "no"))

    assert finding.message == "main.py fails to import: TypeError: no"


def test_a_declared_package_that_is_not_here_is_no_defect():
    space = make_space(requirements="fastapi\nopencv-python\nuvicorn\n")

    result = outcome(import_, space, raising("import", NOT_FOUND, "No module named 'cv2'"))

    assert (result.outcome, result.reason) == (
        "skipped",
        (
            "opencv-python comes with the requirements, but is not installed here: "
            "pip install -r requirements.txt"
        ),
    )


# -- HFS404


GUARD = 'put it under if __name__ == "__main__":'


@pytest.mark.parametrize(
    ("failure", "message", "hint"),
    [
        (
            make_failure("import", "served"),
            "importing main starts a server of its own",
            'put the call that starts it under if __name__ == "__main__":',
        ),
        (
            make_failure("import", "hung", seconds=60.2),
            "importing main was not through after 60 s",
            "move the work into the app's lifespan, or a thread",
        ),
        (
            make_failure("import", "exited", status=2),
            "importing main ends the process with exit code 2",
            GUARD,
        ),
        (
            make_failure("import", "exited", status=-11),
            "importing main ends the process: was killed by SIGSEGV",
            GUARD,
        ),
        (
            make_failure("import", "raised", raised=make_raised("SystemExit", "no key")),
            "importing main ends the process: SystemExit: no key",
            GUARD,
        ),
    ],
)
def test_an_import_with_effects(failure, message, hint):
    rehearsal = make_rehearsal(failure=failure._replace(where=Where("main.py", 9)))

    finding = only_finding(import_side_effects, make_space(), rehearsal)

    assert said(finding) == ("error", "main.py", 9, message, hint)


def test_a_program_that_ends():
    space = make_space(command=make_command("python main.py"))

    finding = only_finding(import_side_effects, space, raising("import", "SystemExit", "1", status=1))

    assert finding.message == "main.py ended with exit code 1 before it serves"
    assert finding.hint == "let it go on to start the server; its last output says why it does not"


@pytest.mark.parametrize(
    ("space", "bound"),
    [
        (make_space(), (("127.0.0.1", 0, Where("main.py", 4)),)),
        (make_space(command=make_command("python main.py")), (("0.0.0.0", 7860, Where("main.py", 4)),)),
    ],
)
def test_ports_that_may_be_bound(space, bound):
    assert outcome(import_side_effects, space, make_rehearsal(bound_while_importing=bound)).findings == ()


@pytest.mark.parametrize(
    ("port", "level", "message"),
    [
        (7860, "error", "importing main binds port 7860, which the server needs itself"),
        (9000, "warn", "importing main binds port 9000"),
    ],
)
def test_ports_that_are_bound_while_importing(port, level, message):
    bound = (("0.0.0.0", port, Where("main.py", 4)),) * 2

    finding = only_finding(import_side_effects, make_space(), make_rehearsal(bound_while_importing=bound))

    assert said(finding) == (
        level,
        "main.py",
        4,
        message,
        'put it under if __name__ == "__main__":, or into the app\'s lifespan',
    )


# -- HFS406 and HFS407


@pytest.mark.parametrize(
    ("rehearsal", "line", "message", "hint"),
    [
        (
            raising("startup", "RuntimeError", "no database", Where("main.py", 12)),
            12,
            "the start-up fails: RuntimeError: no database",
            f"correct main.py:12; {FRESH}",
        ),
        (
            failing(
                "startup",
                "raised",
                raised=Raised(
                    ("builtins.ExceptionGroup", "builtins.Exception"),
                    "unhandled errors in a TaskGroup (1 sub-exception)",
                    Where("main.py", 12),
                    Raised(("builtins.FileNotFoundError", "builtins.OSError"), "no such file: 'a.bin'"),
                ),
            ),
            12,
            "the start-up fails: FileNotFoundError: no such file: 'a.bin'",
            "commit the file, or make it while the image is built",
        ),
        (
            failing("startup", "exited", status=3),
            None,
            "the start-up fails: the process ended with exit code 3",
            FRESH,
        ),
    ],
)
def test_a_startup_that_fails(rehearsal, line, message, hint):
    assert said(only_finding(startup, make_space(), rehearsal)) == ("error", "main.py", line, message, hint)


def test_a_startup_that_waits_for_ever():
    rehearsal = failing("startup", "hung", seconds=60.0, where=Where("db.py", 8))

    finding = only_finding(startup_time, make_space(), rehearsal)

    assert said(finding) == (
        "error",
        "db.py",
        8,
        "the start-up waits, and was not through after 60 s",
        "give what it waits for a time-out, or start it as a task and serve meanwhile",
    )
    assert "Launch timed out, workload was not healthy after 30 min" in finding.consequence


@pytest.mark.parametrize("timings", [{}, {"import": 4.0, "startup": 6.0}, {"import": 9.9}])
def test_a_start_within_the_budget(timings):
    assert outcome(startup_time, make_space(), make_rehearsal(timings=timings)).outcome == "passed"


def test_a_start_over_the_budget_is_a_warning():
    rehearsal = make_rehearsal(timings={"import": 4.2, "startup": 6.1})

    finding = only_finding(startup_time, make_space(), rehearsal)

    assert said(finding) == (
        "warn",
        "main.py",
        None,
        "the start took 10 s (import 4 s, start-up 6 s); wanted at most 10 s",
        "load what is large when it is first asked for, or while the image is built",
    )
    assert finding.predicts is Stage.RUNNING  # it casts no doubt on the prediction


# -- HFS419


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "wait()\nuvicorn.run('main:app')\n",
            "serve first: what is waited for at run.py:9 belongs in the lifespan, with a limit of time",
        ),
        ("wait()\n", 'end the program with uvicorn.run(app, host="0.0.0.0", port=7860)'),
    ],
)
def test_a_program_that_waits_before_it_serves(text, hint):
    space = make_space({"run.py": text}, command=make_command("python run.py"))
    failure = make_failure("import", "not listening", seconds=120.0, where=Where("run.py", 9))

    assert only_finding(not_listening, space, make_rehearsal(failure=failure)).hint == hint


@pytest.mark.parametrize(
    ("words", "failure", "place", "message", "hint"),
    [
        (
            "python main.py",
            make_failure("import", "not listening", status=0, output="one\ndone\n"),
            ("main.py", None),
            'the start command ended with exit code 0, and nothing listens; its last output: "done"',
            'end the program with uvicorn.run(app, host="0.0.0.0", port=7860)',
        ),
        (
            "python main.py",
            make_failure("import", "not listening", seconds=60.0),
            ("main.py", None),
            "nothing listens after 60 s; it printed nothing",
            'end the program with uvicorn.run(app, host="0.0.0.0", port=7860)',
        ),
        (
            "uvicorn main:app",
            make_failure("serve", "exited", status=-9, output="Killed"),
            ("Dockerfile", 6),
            'the start command was killed by SIGKILL, and nothing listens; its last output: "Killed"',
            "start a server: uvicorn main:app --host 0.0.0.0 --port 7860",
        ),
    ],
)
def test_a_command_after_which_nothing_listens(words, failure, place, message, hint):
    space = make_space(command=make_command(words))

    finding = only_finding(not_listening, space, make_rehearsal(failure=failure))

    assert said(finding) == ("error", *place, message, hint)
    assert ("The container ends" in finding.consequence) == (failure.status is not None)


# -- HFS420


def test_settings_that_are_declared_are_no_finding():
    stand_ins = (StandIn("API_KEY", Where("main.py", 4), secret=True),)
    space = make_space(settings=make_settings(API_KEY=""))

    assert outcome(setting_missing, space, make_rehearsal(stand_ins=stand_ins)).outcome == "passed"


def test_settings_of_a_dotenv_file_that_arrives_are_no_finding():
    stand_ins = (StandIn("API_KEY", Where("main.py", 4)), StandIn("OTHER", Where("main.py", 5)))
    contents = {"main.py": "", ".env": "# local\nexport API_KEY=1\n"}
    space = make_space(contents, image=make_image(contents))

    finding = only_finding(setting_missing, space, make_rehearsal(stand_ins=stand_ins))

    assert finding.message == "OTHER must be set before the app starts, and nothing declares it"


def test_all_missing_settings_are_named_at_once():
    stand_ins = (
        StandIn("API_KEY", Where("main.py", 4), secret=True),
        StandIn("REGION", Where("settings.py", 7)),
        StandIn("DECLARED", Where("settings.py", 8)),
        StandIn("PORT", None),
    )
    space = make_space(settings=make_settings(DECLARED="1"))

    findings = outcome(setting_missing, space, make_rehearsal(stand_ins=stand_ins)).findings

    assert [said(finding) for finding in findings] == [
        (
            "error",
            "main.py",
            4,
            "API_KEY must be set before the app starts, and nothing declares it",
            "add API_KEY= to .env.example, and set it on the Space as a secret",
        ),
        (
            "error",
            "settings.py",
            7,
            "REGION must be set before the app starts, and nothing declares it",
            "add REGION= to .env.example, and set it on the Space as a variable",
        ),
        (
            "error",
            "main.py",
            None,
            "PORT must be set before the app starts, and nothing declares it",
            'the Hub sets no PORT: read it as os.environ.get("PORT", "7860")',
        ),
    ]


def test_a_missing_setting_and_a_later_failure_are_two_findings():
    rehearsal = make_rehearsal(
        stand_ins=(StandIn("API_KEY", Where("main.py", 4)),),
        failure=make_failure("startup", "raised", raised=make_raised("RuntimeError", "no")),
    )

    assert failed(make_space(), rehearsal) == ["HFS406", "HFS420"]


def test_a_start_that_no_stand_in_satisfies_tells_what_is_lacking():
    lacking = StandIn("SECRET_KEY", Where("main.py", 4), secret=True)
    rehearsal = make_rehearsal(impossible="start-up needs a real value of SECRET_KEY", stand_ins=(lacking,))

    finding = only_finding(setting_missing, make_space(), rehearsal)
    declared = outcome(setting_missing, make_space(settings=make_settings(SECRET_KEY="")), rehearsal)

    assert finding.message == "SECRET_KEY must be set before the app starts, and nothing declares it"
    assert (declared.outcome, declared.reason) == ("skipped", rehearsal.impossible)


def test_settings_are_not_known_where_the_import_failed():
    result = outcome(setting_missing, make_space(), raising("import", "TypeError", "no"))

    assert (result.outcome, result.reason) == ("skipped", "needs HFS403")


def test_messages_of_others_stay_on_one_line():
    rehearsal = raising("import", "TypeError", "a\nb\x1b[31m" + "x" * 5000)

    finding = only_finding(import_, make_space(), rehearsal)

    assert finding.message.isprintable()
    assert len(finding.message) < 200
