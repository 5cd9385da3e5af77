"""3xx: what the app imports against what the build installs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_hfspace.checks.build.dependencies import (
    dependency_transitive,
    dependency_undeclared,
)
from pytest_hfspace.rehearsal.facts import Where
from pytest_hfspace.space.requirement_lines import Invalid
from pytest_hfspace.space.sources import Import, Sources

from .factories import (
    make_command,
    make_failure,
    make_gradio_space,
    make_image,
    make_raised,
    make_rehearsal,
    make_requirements,
    make_site,
    make_space,
    make_static_space,
    only_finding,
    outcome,
)


def not_found(module, where=Where("main.py", 2), **changes):  # noqa: B008 - frozen
    raised = make_raised(
        "ModuleNotFoundError ImportError Exception", f"No module named '{module}'", where, **changes
    )
    return make_rehearsal(failure=make_failure("import", "raised", raised=raised))


# -- HFS303


@pytest.mark.parametrize(
    "source",
    [
        "import fastapi\nimport starlette.responses\n",
        "import os, json, __future__\n",
        "import helpers\nfrom . import other\nfrom helpers.deep import thing\n",
        "try:\n    import httpx\nexcept ImportError:\n    httpx = None\n",
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


def test_a_requirement_for_another_system_brings_nothing():
    requirements = make_requirements("fastapi\nhttpx\n")
    for_windows = requirements.declared[1]._replace(marker='sys_platform == "win32"')
    requirements = replace(requirements, declared=(requirements.declared[0], for_windows))
    space = make_space({"main.py": "import httpx\n"}, requirements=requirements)

    assert only_finding(dependency_undeclared, space).line == 1


def test_an_absent_target_is_no_missing_package():
    space = make_space(command=make_command("uvicorn web:app"))

    result = outcome(dependency_undeclared, space, not_found("web", None))

    assert (result.outcome, result.reason) == ("skipped", "needs HFS401")


def test_a_module_in_another_case_is_the_repositorys_own():
    space = make_space({"lib.py": ""})

    assert outcome(dependency_undeclared, space, not_found("Lib")).reason == "needs HFS207"


# -- HFS303: what is not sure to be reached


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import ujson as json\nexcept ImportError:\n    import json\n",
        "try:\n    import tomllib\nexcept ImportError:\n    import httpx as tomllib\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import httpx\n",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import httpx\n",
        "import importlib\nname = input()\nplugin = importlib.import_module(name)\n",
        "if __name__ == '__main__':\n    import httpx\n",
        "def main():\n    import httpx\n",
        "def f(kind):\n    if kind == 'http':\n        import httpx\n",
        "def f():\n    try:\n        import httpx\n    except ImportError:\n        return None\n",
        "@cli.command()\ndef fetch():\n    import httpx\n",
        "import os\nif os.environ.get('TRACE'):\n    import httpx\n",
        "import importlib, os\nhttpx = importlib.import_module('httpx') if os.getenv('X') else None\n",
        "import os\nhttpx = os.getenv('X') and __import__('httpx')\n",
        "def f(x):\n    return x and __import__('httpx')\n",
        "def f():\n    try:\n        import yaml\n    except ImportError as e:\n        raise E from e\n",
    ],
)
def test_what_may_never_be_imported(source):
    assert outcome(dependency_undeclared, make_space({"main.py": source})).findings == ()


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("def later():\n    import httpx\n", 2),
        ("class A:\n    def later(self):\n        with x:\n            import httpx\n", 4),
        ("def f():\n    try:\n        import httpx\n    except ValueError:\n        pass\n", 3),
        ("def f():\n    x = 1; import httpx\n", 2),
        ("def f():\n    return __import__('httpx') and x\n", 2),
        (
            "def f():\n    try:\n        import httpx\n    except Exception as e:\n        raise E from e\n",
            3,
        ),
    ],
)
def test_an_import_in_a_function_is_a_warning(source, line):
    finding = only_finding(dependency_undeclared, make_space({"main.py": source}))

    assert (finding.level, finding.path, finding.line) == ("warn", "main.py", line)
    assert finding.message == "httpx is imported in a function, and no declared package brings it"
    assert "No module named 'httpx'" in finding.consequence


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import httpx\nexcept ImportError as e:\n    raise E('pip') from e\n",
        "import importlib\nhttpx = importlib.import_module('httpx') if True else None\n",
    ],
)
def test_what_is_sure_to_be_imported(source):
    assert only_finding(dependency_undeclared, make_space({"main.py": source})).level == "error"


def test_an_app_that_came_up_without_a_module_has_not_imported_it():
    space = make_space({"main.py": "import fastapi\nimport cv2\n"})

    assert outcome(dependency_undeclared, space).findings == ()
    without = make_rehearsal(impossible="no interpreter")
    assert only_finding(dependency_undeclared, space, without).level == "error"


def test_an_import_at_the_top_counts_more_than_one_in_a_function():
    space = make_space({"main.py": "def f():\n    import httpx\nimport httpx\n"})

    assert (only_finding(dependency_undeclared, space).level) == "error"


FILES = {
    "main.py": "from fastapi import FastAPI\n\ndef f():\n    import lazy\n",
    "lazy.py": "import httpx\n",
}


def test_a_file_that_only_a_function_imports():
    finding = only_finding(dependency_undeclared, make_space(FILES))

    assert (finding.level, finding.path, finding.line) == ("warn", "lazy.py", 1)


@pytest.mark.parametrize(
    "main",
    ["try:\n    import lazy\nexcept ImportError:\n    lazy = None\n", "if DEBUG:\n    import lazy\n", ""],
)
def test_a_file_that_the_app_can_do_without(main):
    assert outcome(dependency_undeclared, make_space({**FILES, "main.py": main})).findings == ()


def test_tests_are_no_part_of_the_app():
    space = make_space({"tests/test_main.py": "import httpx\n", "conftest.py": "import pytest\n"})

    assert outcome(dependency_undeclared, space).outcome == "passed"


def test_without_a_rehearsal_the_sources_tell():
    sources = Sources(
        ("main.py", "db.py"),
        {
            "main.py": (Import("db", "main.py", 1), Import("uvicorn", "main.py", 2)),
            "db.py": (Import("httpx", "db.py", 3), Import("sqlmodel", "db.py", 4, optional=True)),
        },
        certain=frozenset({"main.py", "db.py"}),
    )
    space = make_space({"db.py": ""})
    rehearsal = make_rehearsal(impossible="no interpreter")

    finding = only_finding(dependency_undeclared, space, rehearsal, space_sources=sources)

    assert (finding.level, finding.path, finding.line) == ("error", "db.py", 3)
    assert (
        outcome(dependency_undeclared, space, rehearsal, space_sources=Sources()).reason == "no interpreter"
    )


def test_all_that_is_missing_is_said_at_once():
    space = make_space({"main.py": "import cv2\nimport httpx\n"})

    result = outcome(dependency_undeclared, space, not_found("cv2", Where("main.py", 1)))

    assert [finding.line for finding in result.findings] == [1, 2]


def test_another_failure_keeps_nothing_back():
    failure = make_failure("startup", raised=make_raised("ValueError", "no"))
    healthy, wrong = make_space(), make_space({"main.py": "import httpx\n"})

    assert only_finding(dependency_undeclared, wrong, make_rehearsal(failure=failure)).line == 1
    assert outcome(dependency_undeclared, healthy, make_rehearsal(failure=failure)).reason == "needs HFS406"


# -- HFS303: names


@pytest.mark.parametrize(
    ("requirement", "source"),
    [
        ("opencv-python-headless", "import cv2"),
        ("Flask_SQLAlchemy", "import flask_sqlalchemy"),
        ("attrs", "import attr\nimport attrs"),
        ("jwt", "import jwt"),
        ("google-cloud-storage", "from google.cloud import storage"),
        ("protobuf", "from google.protobuf import message"),
        ("llama-index", "from llama_index.core import Document"),
    ],
)
def test_distributions_whose_modules_have_other_names(requirement, source, tmp_path):
    name = requirement.lower().replace("_", "-")
    site = make_site(tmp_path, (f"{name} 1.0", (), ("something_else.py",)))
    space = make_space({"main.py": source}, requirements=f"{requirement}\n")

    assert outcome(dependency_undeclared, space, make_rehearsal(site=site)).outcome == "passed"


def test_the_interpreter_of_the_app_decides(tmp_path):
    """httpx is installed here, and not there; there the toolbox brings the modules."""
    site = make_site(
        tmp_path,
        ("fastapi 0.1",),
        ("toolbox 1.0", ("hammer",), ("nail.py", "drill/__init__.py")),
        ("hammer 1.0", (), ("hammer/__init__.py", "peen.cpython-312-x86_64-linux-gnu.so")),
        ("saw 1.0", (), ("blade/__init__.py",)),
    )
    source = {"main.py": "import nail, drill, peen\n"}
    rehearsal = make_rehearsal(site=site)

    assert (
        outcome(dependency_undeclared, make_space(source, requirements="toolbox\n"), rehearsal).findings == ()
    )
    finding = only_finding(
        dependency_undeclared, make_space({"main.py": "import blade\n"}, requirements="toolbox\n"), rehearsal
    )
    assert finding.message == "blade (saw) is imported, and no declared package brings it"
    assert finding.hint == "add the line saw to requirements.txt"


def test_parts_of_a_namespace_are_told_apart(tmp_path):
    site = make_site(
        tmp_path,
        ("google-auth 2.0", (), ("google/auth/__init__.py",)),
        ("google-genai 1.0", (), ("google/genai/__init__.py",)),
    )
    space = make_space({"main.py": "from google import auth, genai\n"}, requirements="google-auth\n")

    finding = only_finding(dependency_undeclared, space, make_rehearsal(site=site))

    assert finding.message == "google.genai is imported, and no declared package brings it"
    assert "No module named 'google.genai'" in finding.consequence


@pytest.mark.parametrize(
    "path",
    [
        "httpx.cpython-312-x86_64-linux-gnu.so",
        "vendor/httpx/__init__.py",
        "src/httpx.py",
        "libs/httpx/client.py",
    ],
)
def test_the_repositorys_own_modules(path):
    space = make_space({"main.py": "import httpx\n", path: ""})

    assert outcome(dependency_undeclared, space).outcome == "passed"


def test_a_module_that_nobody_knows():
    source = {"main.py": "def f():\n    import nowhere_at_all\n"}

    finding = only_finding(dependency_undeclared, make_space(source))
    assert (finding.level, finding.hint) == (
        "warn",
        "declare in requirements.txt the package that has it, or catch the ImportError",
    )
    made = make_image(["main.py"], not_followed=("line 9: RUN make",))
    assert outcome(dependency_undeclared, make_space(source, image=made)).findings == ()


# -- HFS303: Python's own modules


@pytest.mark.parametrize(
    ("python", "requirements", "source"),
    [
        ("3.12", "", "import audioop"),
        ("3.13", "audioop-lts", "import audioop"),
        (None, "", "import audioop"),
        ("3.11", "", "import distutils, imp, setuptools, pkg_resources"),
        ("3.13", "setuptools", "import distutils.util"),
        ("3.11", "", "import tomllib"),
        ("3.13", "legacy-cgi", "import cgi, cgitb"),
    ],
)
def test_modules_that_the_spaces_python_has(python, requirements, source, tmp_path):
    site = make_site(tmp_path, *([(f"{requirements} 1.0",)] if requirements else []))
    space = make_space(
        {"main.py": source}, requirements=requirements, image=make_image(["main.py"], python=python)
    )

    assert outcome(dependency_undeclared, space, make_rehearsal(site=site)).findings == ()


@pytest.mark.parametrize(
    ("python", "source", "message", "hint"),
    [
        (
            "3.13.1",
            "import audioop",
            "audioop is imported, which Python 3.13 has no more",
            "add the line audioop-lts to requirements.txt",
        ),
        (
            "3.13",
            "import imghdr",
            "imghdr is imported, which Python 3.13 has no more",
            "add the line standard-imghdr to requirements.txt",
        ),
        (
            "3.12",
            "from distutils.util import strtobool",
            "distutils.util is imported, which Python 3.12 has no more",
            "add the line setuptools to requirements.txt",
        ),
        (
            "3.13",
            "import spwd",
            "spwd is imported, which Python 3.13 has no more",
            "replace it: nothing brings spwd back",
        ),
        (
            "3.10",
            "import tomllib",
            "tomllib is imported, which Python 3.10 does not have yet",
            "let the Space run Python 3.11 or a newer one",
        ),
    ],
)
def test_modules_that_the_spaces_python_has_not(python, source, message, hint):
    image = make_image(["main.py"], python=python)
    space = make_space({"main.py": f"import fastapi\n{source}\n"}, image=image)

    finding = only_finding(dependency_undeclared, space)

    assert (finding.level, finding.line) == ("error", 2)
    assert (finding.message, finding.hint) == (message, hint)
    assert f"No module named '{source.split()[1].partition('.')[0]}'" in finding.consequence


def test_pkg_resources_that_newer_setuptools_no_longer_have():
    space = make_space({"main.py": "import pkg_resources\n"}, image=make_image(["main.py"], python="3.12"))

    finding = only_finding(dependency_undeclared, space, make_rehearsal(impossible="no interpreter"))

    assert finding.message == "pkg_resources (setuptools) is imported, and no declared package brings it"
    assert finding.hint == "add the line setuptools<81 to requirements.txt"


def test_a_module_that_python_lost_and_the_start_missed():
    space = make_space({"main.py": "import audioop\n"}, image=make_image(["main.py"], python="3.13"))

    finding = only_finding(dependency_undeclared, space, not_found("audioop", Where("main.py", 1)))

    assert finding.hint == "add the line audioop-lts to requirements.txt"


# -- HFS304


@pytest.mark.parametrize(
    ("requirements", "source"),
    [
        ("fastapi", "import starlette\nimport pydantic\nfrom typing_extensions import Self"),
        ("sqlmodel", "import sqlalchemy, pydantic"),
        ("httpx\nhttpcore", "import httpcore"),
        ("uvicorn[standard]", "import websockets, dotenv"),
        ("fastapi", "try:\n    import anyio.abc\nexcept ImportError: ..."),
        ("pydantic-settings", "import pydantic"),
        ("fastapi", "import os, main"),
        ("fastapi", "import httpx"),
    ],
)
def test_imports_that_are_declared_by_themselves(requirements, source):
    space = make_space({"main.py": source}, requirements=f"{requirements}\n")

    assert outcome(dependency_transitive, space).outcome == "passed"


def test_an_import_that_comes_along_by_chance():
    source = "import httpx\nimport httpcore\nfrom httpcore import URL\nimport anyio\n"
    space = make_space({"main.py": source}, requirements="httpx\n")

    findings = outcome(dependency_transitive, space).findings

    assert [(each.level, each.line, each.message, each.hint) for each in findings] == [
        (
            "note",
            2,
            "httpcore is imported, and comes only because httpx needs it",
            "add the line httpcore to requirements.txt",
        ),
        (
            "note",
            4,
            f"anyio is imported, and comes only because {findings[1].message.split()[-3]} needs it",
            "add the line anyio to requirements.txt",
        ),
    ]


def test_where_what_comes_along_is_not_known():
    space = make_space({"main.py": "import httpcore\n"}, requirements="not-a-distribution-here\n")

    assert outcome(dependency_transitive, space).reason == (
        "what comes with not-a-distribution-here is not known: it is not installed here"
    )


def test_the_gradio_sdk_installs_its_own_set():
    declared = make_requirements("gradio\nfastapi\nhttpx\n").declared
    requirements = make_requirements("", declared=tuple(each._replace(path="", line=0) for each in declared))
    space = make_gradio_space({"app.py": "import httpx\n"}, requirements=requirements)

    assert outcome(dependency_transitive, space, make_rehearsal(imported=("app.py",))).findings == ()
