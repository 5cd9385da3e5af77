"""3xx: the files that the build installs, and the server that the start command runs."""

from __future__ import annotations

import pytest

from pytest_hfspace.checks.build.prerequisites import requirements_missing, server_undeclared
from pytest_hfspace.space.image import Copy
from pytest_hfspace.space.requirements import RequirementFile

from .factories import (
    make_command,
    make_gradio_space,
    make_image,
    make_requirements,
    make_space,
    make_static_space,
    only_finding,
    outcome,
)


def missing_file(path="requirements.txt"):
    return make_requirements("", files=(RequirementFile(path, found=False, where="Dockerfile", line=4),))


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


def test_names_of_others_stay_on_one_line():
    space = make_space(requirements=missing_file("a\nb.txt"), untracked={"a\nb.txt": ""})

    finding = only_finding(requirements_missing, space)

    assert (finding.message.isprintable(), finding.hint) == (True, "git add a b.txt")


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
        (make_space(command=None), "needs HFS312"),
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
