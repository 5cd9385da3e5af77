"""3xx: what the build installs against what the app imports and what the start command runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_hfspace.checks.build import dependency_undeclared, requirements_missing, server_undeclared
from pytest_hfspace.checks.distributions import applies, candidates, closure
from pytest_hfspace.rehearsal.facts import Where
from pytest_hfspace.space.image import Copy
from pytest_hfspace.space.requirement_lines import Invalid
from pytest_hfspace.space.requirements import RequirementFile

from .factories import (
    make_command,
    make_failure,
    make_gradio_space,
    make_image,
    make_raised,
    make_rehearsal,
    make_requirements,
    make_route,
    make_space,
    make_static_space,
    only_finding,
    outcome,
)


def missing_file(path="requirements.txt"):
    return make_requirements("", files=(RequirementFile(path, found=False, where="Dockerfile", line=4),))


def not_found(module, where=Where("main.py", 2), **changes):  # noqa: B008 - frozen
    raised = make_raised(
        "ModuleNotFoundError ImportError Exception", f"No module named '{module}'", where, **changes
    )
    return make_rehearsal(failure=make_failure("import", "raised", raised=raised))


# -- HFS301


@pytest.mark.parametrize(
    "space",
    [
        make_space(),
        make_space(requirements=make_requirements("fastapi", path="backend/requirements.txt")),
        # the builder goes on without one
        make_gradio_space(requirements=missing_file()),
        # a step that could not be followed may have made it
        make_space(
            requirements=missing_file(),
            image=make_image(["main.py"], not_followed=("line 3: COPY --from=export requirements.txt .",)),
        ),
    ],
)
def test_a_requirements_file_that_arrives(space):
    assert outcome(requirements_missing, space).outcome == "passed"


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        (make_static_space(), "a static Space installs no Python packages"),
        (make_space(dockerfile=None), "needs HFS108"),
    ],
)
def test_where_nothing_is_installed(space, reason):
    assert [outcome(check, space).reason for check in (requirements_missing, server_undeclared)] == [
        reason
    ] * 2


@pytest.mark.parametrize(
    ("files", "untracked", "path", "message", "hint"),
    [
        (
            {},
            {},
            "requirements/prod.txt",
            "the build installs requirements/prod.txt, which is not in the repository",
            "add requirements/prod.txt, or name the file that lists the requirements",
        ),
        (
            {},
            {"requirements.txt": ""},
            "requirements.txt",
            "requirements.txt is installed by the build, but git does not track it",
            "git add requirements.txt",
        ),
        (
            {"Requirements.txt": ""},
            {},
            "./requirements.txt",
            "the build installs requirements.txt; the repository has Requirements.txt, in another case",
            "git mv Requirements.txt requirements.txt",
        ),
    ],
)
def test_a_requirements_file_that_would_not_arrive(files, untracked, path, message, hint):
    space = make_space(files, untracked=untracked, requirements=missing_file(path))

    finding = only_finding(requirements_missing, space)

    assert (finding.level, finding.path, finding.line) == ("error", "Dockerfile", 4)
    assert (finding.message, finding.hint) == (message, hint)


@pytest.mark.parametrize(
    ("path", "source", "named"),
    [
        ("/app/requirements.txt", None, "requirements.txt"),
        ("/app/api/requirements.txt", None, "api/requirements.txt"),
        ("/tmp/requirements.txt", None, "/tmp/requirements.txt"),
        ("/tmp/requirements.txt", "api/requirements.txt", "api/requirements.txt"),
    ],
)
def test_a_file_of_the_image_is_named_as_in_the_repository(path, source, named):
    copies = (Copy(source, path, 3, found=False),) if source else ()
    space = make_space(requirements=missing_file(path), image=make_image(["main.py"], copies=copies))

    finding = only_finding(requirements_missing, space)

    assert finding.message == f"the build installs {named}, which is not in the repository"


def test_a_copy_that_finds_nothing_is_not_made_by_another_step():
    copy = Copy("requirements.txt", "/app/requirements.txt", 3, found=False)
    image = make_image(["main.py"], copies=(copy,), not_followed=("line 9: RUN make",))

    finding = only_finding(requirements_missing, make_space(requirements=missing_file(), image=image))

    assert finding.message == "the build installs requirements.txt, which is not in the repository"


# -- HFS303


@pytest.mark.parametrize(
    "source",
    [
        "import fastapi\nimport starlette.responses\n",
        "import os, json, __future__\n",
        "import helpers\nfrom . import other\nfrom helpers.deep import thing\n",
        "try:\n    import httpx\nexcept ImportError:\n    httpx = None\n",
        "def later():\n    import httpx\n",
        "if False:\n    import httpx\n",
        "import nowhere_to_be_found\n",
        "this is no Python\n",
        "\0",
        "x = " + "(" * 5000,
    ],
)
def test_imports_that_are_declared_or_need_not_be(source):
    space = make_space({"main.py": source, "helpers/deep.py": ""})

    assert outcome(dependency_undeclared, space).findings == ()


@pytest.mark.parametrize(
    ("requirement", "source"),
    [
        ("pyyaml", "import yaml\n"),
        ("PyYAML>=6", "from yaml import safe_load\n"),
        ("python-dotenv", "import dotenv\n"),
        ("httpx", "import httpcore\nimport anyio\n"),
        ("uvicorn[standard]", "import websockets\nimport dotenv\nimport yaml\n"),
    ],
)
def test_an_import_that_comes_with_a_declared_distribution(requirement, source):
    space = make_space({"main.py": source}, requirements=f"{requirement}\n")

    assert outcome(dependency_undeclared, space).outcome == "passed"


@pytest.mark.parametrize(
    ("source", "line", "message", "hint"),
    [
        (
            "import os\nimport httpx\nfrom httpx import get\n",
            2,
            "httpx is imported, and no declared package brings it",
            "add the line httpx to requirements.txt",
        ),
        (
            "import yaml\n",
            1,
            "yaml (pyyaml) is imported, and no declared package brings it",
            "add the line pyyaml to requirements.txt",
        ),
        (
            "from dotenv import load_dotenv\n",
            1,
            "dotenv (python-dotenv) is imported, and no declared package brings it",
            "add the line python-dotenv to requirements.txt",
        ),
    ],
)
def test_an_import_that_only_this_machine_has(source, line, message, hint):
    space = make_space({"main.py": source})

    finding = only_finding(dependency_undeclared, space)

    assert (finding.level, finding.path, finding.line) == ("error", "main.py", line)
    assert (finding.message, finding.hint) == (message, hint)


def test_an_extra_brings_what_the_bare_distribution_does_not():
    source = {"main.py": "import websockets\n"}

    assert (
        outcome(dependency_undeclared, make_space(source, requirements="uvicorn[standard]\n")).findings == ()
    )
    assert only_finding(dependency_undeclared, make_space(source, requirements="uvicorn\n")).message == (
        "websockets is imported, and no declared package brings it"
    )


def test_a_file_that_is_not_loaded_is_not_looked_at():
    space = make_space({"tools/report.py": "import httpx\n"})

    assert outcome(dependency_undeclared, space).outcome == "passed"


@pytest.mark.parametrize(
    ("module", "message", "hint"),
    [
        (
            "nowhere_to_be_found",
            "nowhere_to_be_found is imported, and no declared package brings it",
            "add the line nowhere-to-be-found to requirements.txt",
        ),
        (
            "cv2",
            "cv2 (opencv-python) is imported, and no declared package brings it",
            "add the line opencv-python to requirements.txt",
        ),
        (
            "google.genai",
            "google.genai is imported, and no declared package brings it",
            "add the line google-genai to requirements.txt",
        ),
    ],
)
def test_an_import_that_failed(module, message, hint):
    finding = only_finding(dependency_undeclared, make_space(), not_found(module))

    assert (finding.level, finding.path, finding.line) == ("error", "main.py", 2)
    assert (finding.message, finding.hint) == (message, hint)


def test_an_import_that_failed_below_the_repository_is_shown_at_the_app():
    finding = only_finding(dependency_undeclared, make_space(), not_found("cv2", where=None))

    assert (finding.path, finding.line) == ("main.py", None)


@pytest.mark.parametrize("module", ["helpers", "helpers.deep", "audioop", "starlette.gone"])
def test_an_import_that_failed_for_another_reason(module):
    space = make_space({"lib/helpers/deep.py": ""})

    result = outcome(dependency_undeclared, space, not_found(module))

    assert (result.outcome, result.reason) == ("skipped", "needs HFS403")


@pytest.mark.parametrize(
    ("space", "rehearsal", "reason"),
    [
        (make_static_space(), make_rehearsal(), "a static Space installs no Python packages"),
        (
            make_space(
                requirements=make_requirements(complete=False, reason="line 7: conda is not understood")
            ),
            make_rehearsal(),
            "line 7: conda is not understood",
        ),
        (make_space(), make_rehearsal(impossible="no interpreter"), "no interpreter"),
        (
            make_space({"main.py": "import httpx\n"}, requirements="not-a-distribution-here\n"),
            make_rehearsal(),
            "what comes with not-a-distribution-here is not known: it is not installed here",
        ),
    ],
)
def test_where_nobody_can_tell_what_is_declared(space, rehearsal, reason):
    result = outcome(dependency_undeclared, space, rehearsal)

    assert (result.outcome, result.reason) == ("skipped", reason)


@pytest.mark.parametrize("source", ["import fastapi\n", "import httpx\n"])
@pytest.mark.parametrize(
    ("invalid", "place"),
    [
        ((), ""),
        (
            (
                Invalid("deps/base.txt", 3, "httpx >== 1", "no version"),
                Invalid("requirements.txt", 1, "a b", "no version"),
            ),
            "deps/base.txt:3 is no requirement",
        ),
    ],
)
def test_a_line_that_pip_does_not_understand_may_declare_anything(source, invalid, place):
    space = make_space({"main.py": source})
    space = replace(space, requirements=replace(space.requirements, invalid=invalid))

    result = outcome(dependency_undeclared, space)

    assert result.reason.startswith(place)
    assert [finding.message.partition(" ")[0] for finding in result.findings] == (
        ["httpx"] if "httpx" in source and not invalid else []
    )
    assert (result.outcome == "skipped") is bool(result.reason) is bool(invalid)


def test_what_is_not_known_does_not_matter_where_all_is_declared():
    space = make_space(requirements="fastapi\nnot-a-distribution-here\n")

    assert outcome(dependency_undeclared, space).outcome == "passed"


def test_names_of_others_stay_on_one_line():
    space = make_space(requirements=missing_file("a\nb.txt"), untracked={"a\nb.txt": ""})

    finding = only_finding(requirements_missing, space)

    assert (finding.message.isprintable(), finding.hint) == (True, "git add a b.txt")


def test_a_requirement_for_another_system_brings_nothing():
    requirements = make_requirements("fastapi\nhttpx\n")
    for_windows = replace(requirements.declared[1], marker='sys_platform == "win32"')
    requirements = replace(requirements, declared=(requirements.declared[0], for_windows))
    space = make_space({"main.py": "import httpx\n"}, requirements=requirements)

    assert only_finding(dependency_undeclared, space).line == 1


FORM = {"requestBody": {"content": {"application/x-www-form-urlencoded": {}}}}
JSON = {"requestBody": {"content": {"application/json": {}}}}
EITHER = {"requestBody": {"content": {"multipart/form-data": {}, "application/json": {}}}}
EXTRAS = "fastapi\nuvicorn\npydantic\nstarlette\n"


def using(line, rest="", requirements=EXTRAS):
    return make_space({"main.py": f"{line}\n{rest}\n"}, requirements=requirements)


def test_form_data_without_the_package():
    route = make_route("POST", "/login", operation=FORM)

    finding = only_finding(dependency_undeclared, using(""), make_rehearsal(routes=(route,)))

    assert finding.message == (
        "POST /login takes form data, for which FastAPI imports python-multipart, "
        "and no declared package brings it"
    )
    assert finding.hint == "add the line python-multipart to requirements.txt"
    assert (finding.path, finding.line) == ("main.py", 7)


@pytest.mark.parametrize(
    ("requirements", "operation", "own"),
    [
        (f"{EXTRAS}python-multipart\n", FORM, True),
        (EXTRAS, JSON, True),
        (EXTRAS, EITHER, True),
        (EXTRAS, None, True),
        (EXTRAS, {}, True),
        (EXTRAS, FORM, False),
    ],
)
def test_forms_that_need_no_more(requirements, operation, own):
    route = make_route("POST", "/login", operation=operation, own=own)
    space = using("", requirements=requirements)

    assert outcome(dependency_undeclared, space, make_rehearsal(routes=(route,))).outcome == "passed"


@pytest.mark.parametrize(
    ("line", "rest", "package"),
    [
        ("from fastapi.templating import Jinja2Templates", "t = Jinja2Templates('t')", "jinja2"),
        (
            "from starlette.middleware.sessions import SessionMiddleware as S",
            "app.add_middleware(S)",
            "itsdangerous",
        ),
        ("from pydantic import EmailStr", "class A:\n    mail: EmailStr", "email-validator"),
    ],
)
def test_what_a_library_imports_when_it_is_asked(line, rest, package):
    finding = only_finding(dependency_undeclared, using(line, rest))

    assert finding.hint == f"add the line {package} to requirements.txt"
    assert finding.message.endswith(f"imports {package}, and no declared package brings it")
    assert (finding.path, finding.line) == ("main.py", 1)
    declared = using(line, rest, f"{EXTRAS}{package}\n")
    assert outcome(dependency_undeclared, declared).outcome == "passed"


@pytest.mark.parametrize("rest", ["", "def later(mail: EmailStr): ..."])
def test_what_is_imported_and_not_used(rest):
    assert outcome(dependency_undeclared, using("from pydantic import EmailStr", rest)).outcome == "passed"


def test_an_absent_target_is_no_missing_package():
    space = make_space(command=make_command("uvicorn web:app"))

    result = outcome(dependency_undeclared, space, not_found("web", None))

    assert (result.outcome, result.reason) == ("skipped", "needs HFS401")


def test_a_module_in_another_case_is_the_repositorys_own():
    space = make_space({"lib.py": ""})

    assert outcome(dependency_undeclared, space, not_found("Lib")).reason == "needs HFS403"


# -- HFS308


@pytest.mark.parametrize(
    ("words", "requirements"),
    [
        ("uvicorn main:app", "uvicorn\n"),
        ("uvicorn main:app", "uvicorn[standard]>=0.30\n"),
        ("uvicorn main:app", "fastapi[standard]\n"),
        ("fastapi run main.py", "fastapi[standard]\n"),
    ],
)
def test_a_server_that_is_declared_or_comes_with_a_declared_one(words, requirements):
    space = make_space(command=make_command(words), requirements=requirements)

    assert outcome(server_undeclared, space).outcome == "passed"


@pytest.mark.parametrize(
    ("words", "requirements", "message", "hint"),
    [
        (
            "uvicorn main:app",
            "fastapi\n",
            "the start command runs uvicorn, which no declared package brings",
            "add the line uvicorn to requirements.txt",
        ),
        (
            "gunicorn main:app",
            "uvicorn\n",
            "the start command runs gunicorn, which no declared package brings",
            "add the line gunicorn to requirements.txt",
        ),
        (
            "fastapi run main.py",
            "fastapi\n",
            '"fastapi run" needs fastapi-cli, which no declared package brings: fastapi alone does not',
            "add the line fastapi[standard] to requirements.txt",
        ),
    ],
)
def test_a_server_that_is_not_declared(words, requirements, message, hint):
    finding = only_finding(
        server_undeclared, make_space(command=make_command(words), requirements=requirements)
    )

    assert (finding.level, finding.path, finding.line) == ("error", "Dockerfile", 6)
    assert (finding.message, finding.hint) == (message, hint)


@pytest.mark.parametrize(
    "option", ["-k uvicorn.workers.UvicornWorker", "--worker-class=uvicorn.workers.UvicornWorker"]
)
def test_gunicorns_worker_class_is_a_server_too(option):
    space = make_space(command=make_command(f"gunicorn main:app {option}"), requirements="fastapi\n")

    messages = [finding.message for finding in outcome(server_undeclared, space).findings]

    assert messages == [
        "the start command runs gunicorn, which no declared package brings",
        "the start command runs uvicorn, which no declared package brings",
    ]


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        (
            make_space(command=make_command("python main.py")),
            "the start command is a Python program, which imports its server itself",
        ),
        (
            make_space(command=make_command(runner=None, reason="nginx is not understood")),
            "nginx is not understood",
        ),
        (make_space(command=None), "needs HFS401"),
        (
            make_space(requirements=make_requirements(complete=False, reason="conda is not read here")),
            "conda is not read here",
        ),
        (
            make_space(requirements="not-a-distribution-here\n"),
            "what comes with not-a-distribution-here is not known: it is not installed here",
        ),
    ],
)
def test_where_a_server_cannot_be_judged(space, reason):
    result = outcome(server_undeclared, space)

    assert (result.outcome, result.reason) == ("skipped", reason)


# -- distributions


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("PIL.Image", ("pillow",)),
        ("sklearn", ("scikit-learn",)),
        ("jose.jwt", ("python-jose",)),
        ("google.cloud.storage", ("google-cloud-storage",)),
        ("google.protobuf", ("google",)),
        ("sse_starlette", ("sse-starlette",)),
    ],
)
def test_the_distributions_of_a_module(module, names):
    assert candidates(module)[: len(names)] == names


def test_the_closure_of_what_is_not_installed_is_not_known():
    found = closure(frozenset({("not-a-distribution-here", frozenset()), ("httpx", frozenset())}))

    assert found.unknown == ("not-a-distribution-here",)
    assert {"httpx", "httpcore", "anyio", "not-a-distribution-here"} <= found.names


@pytest.mark.parametrize(
    ("marker", "extras", "holds"),
    [
        ('sys_platform == "linux"', (), True),
        ('sys_platform == "win32"', (), False),
        ('extra == "standard"', (), False),
        ('extra == "standard"', ("standard",), True),
        ("no marker at all", (), True),
    ],
)
def test_markers_are_those_of_the_hubs_linux(marker, extras, holds):
    assert applies(marker, extras) is holds
