"""HFS305: bounds of frameworks with breaking releases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_hfspace.checks.build.dependencies import (
    requirement_unbounded,
)
from pytest_hfspace.space.image import PipInstall
from pytest_hfspace.space.requirements import RequirementFile

from .factories import (
    make_gradio_space,
    make_image,
    make_requirements,
    make_space,
    only_finding,
    outcome,
)


@pytest.mark.parametrize(
    "line",
    [
        "fastapi<1",
        "fastapi==0.115.0",
        "fastapi==0.115.*",
        "fastapi===0.115.0",
        "fastapi~=0.115",
        "fastapi>=0.115,<1",
        "fastapi<=0.120,>=0.100",
        "requests",
        "passlib>=1.7",
        "bcrypt",
        "bcrypt<5\npasslib",
        "passlib[bcrypt]\nbcrypt==4.0.1",
        "fastapi\nfastapi<1",
    ],
)
def test_requirements_that_keep_the_next_release_out(line):
    assert outcome(requirement_unbounded, make_space(requirements=f"{line}\n")).outcome == "passed"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("fastapi", "write fastapi<1, or pin the version that you tested"),
        ("FastAPI[standard]>=0.115", "write fastapi[standard]>=0.115,<1, or pin the version that you tested"),
        ("starlette!=0.41,>=0.40", "write starlette!=0.41,>=0.40,<2, or pin the version that you tested"),
        ("bcrypt>=4\npasslib", "write bcrypt>=4,<5, or pin the version that you tested"),
        ("passlib[bcrypt]", "add the line bcrypt<5"),
    ],
)
def test_requirements_that_let_every_release_in(line, hint):
    finding = only_finding(requirement_unbounded, make_space(requirements=f"{line}\n"))

    assert (finding.level, finding.path, finding.line) == ("note", "requirements.txt", 1)
    assert (finding.hint) == hint
    assert "has no upper bound; " in finding.message


def test_a_url_is_a_pin():
    declared = make_requirements("fastapi\n").declared[0]._replace(url="git+ssh://host/fastapi")

    space = make_space(requirements=make_requirements("", declared=(declared,)))

    assert outcome(requirement_unbounded, space).outcome == "passed"


@pytest.mark.parametrize("constraint", ["fastapi==0.115.0\n", "FastAPI<1  # tested\n"])
def test_a_constraints_file_bounds_what_it_names(constraint):
    requirements = make_requirements("fastapi\n")
    files = (*requirements.files, RequirementFile("constraints.txt", True, "requirements.txt", 1))
    space = make_space({"constraints.txt": constraint}, requirements=replace(requirements, files=files))

    assert outcome(requirement_unbounded, space).outcome == "passed"
    other = make_space({"constraints.txt": "starlette<1\n"}, requirements=replace(requirements, files=files))
    assert outcome(requirement_unbounded, other).outcome == "noted"


def test_a_constraints_file_that_a_variable_names():
    image = make_image(["constraints.txt"], env={"PIP_CONSTRAINT": "constraints.txt"})
    space = make_space({"constraints.txt": "fastapi<1\n"}, requirements="fastapi\n", image=image)

    assert outcome(requirement_unbounded, space).outcome == "passed"


@pytest.mark.parametrize(
    ("tool", "lock", "result"),
    [
        ("uv", "uv.lock", "passed"),
        ("poetry", "poetry.lock", "passed"),
        ("pip", "uv.lock", "noted"),
        ("uv", "x", "noted"),
    ],
)
def test_a_lock_file_counts_where_it_is_installed_from(tool, lock, result):
    image = make_image(["pyproject.toml"], installs=(PipInstall(tool, (), (), project=True, line=4),))
    requirements = make_requirements("fastapi\n", path="pyproject.toml")
    space = make_space({"pyproject.toml": "", lock: ""}, requirements=requirements, image=image)

    assert outcome(requirement_unbounded, space).outcome == result


def test_bounds_that_are_not_this_checks_business():
    requirements = make_requirements("gradio\n")
    declared = requirements.declared[0]
    for_windows = make_requirements("fastapi\n").declared[0]._replace(marker='sys_platform == "win32"')

    assert outcome(requirement_unbounded, make_gradio_space(requirements=requirements)).outcome == "passed"
    for each in (declared._replace(path=""), for_windows):
        space = make_space(requirements=replace(requirements, declared=(each,)))
        assert outcome(requirement_unbounded, space).outcome == "passed"
    unclear = replace(requirements, complete=False, reason="conda is not read here")
    assert outcome(requirement_unbounded, make_space(requirements=unclear)).reason == "conda is not read here"
