"""Which app is imported, and from where."""

from __future__ import annotations

import sys

import pytest

from .project import CARD, DOCKERFILE, SMALL, Project, project

__all__ = ["project"]  # a fixture

MINIMAL = 'from fastapi import FastAPI\n\napp = FastAPI(title="{}")\n'
IMPORTING = "from {} import title\nfrom fastapi import FastAPI\napp = FastAPI(title=title)\n"
TITLED = "def test(space_app): assert space_app.title == 'right'"
RIGHT, WRONG = MINIMAL.format("right"), MINIMAL.format("wrong")


def space(dockerfile: str, **files: str) -> dict[str, str]:
    """A Space of this Dockerfile; "__" in a name stands for "/", and ".py" is added."""
    python = {f"{name.replace('__', '/')}.py": text for name, text in files.items()}
    return {"README.md": CARD, "Dockerfile": f"FROM python:3.12\n{dockerfile}\n", **python}


LAYOUTS = {
    "root": SMALL | {"main.py": RIGHT},
    "neither Dockerfile nor card": {"main.py": RIGHT},
    "package": space("WORKDIR /code\nCOPY . .\nCMD uvicorn pkg.web:app", pkg__web=RIGHT),
    "folder copied": space(
        "WORKDIR /home/user/app\nCOPY backend/ .\nCMD uvicorn main:app",
        backend__main=IMPORTING.format("names"),
        backend__names="title = 'right'",
        main=WRONG,
    ),
    "two folders copied": space(
        "WORKDIR /code\nCOPY backend/ .\nCOPY shared ./shared\nCMD uvicorn main:app",
        backend__main=IMPORTING.format("shared.names"),
        shared__names="title = 'right'",
    ),
    "src on PYTHONPATH": space(
        "WORKDIR /srv\nCOPY src ./src\nENV PYTHONPATH=/srv/src\nCMD uvicorn web:app",
        src__web=RIGHT,
        web=WRONG,
    ),
    "src on the command's PYTHONPATH": space(
        "WORKDIR /srv\nCOPY . .\nCMD PYTHONPATH=src uvicorn web:app", src__web=RIGHT
    ),
    "app-dir": space("WORKDIR /srv\nCOPY . .\nCMD uvicorn --app-dir src web:app", src__web=RIGHT),
    "fastapi run": space(
        "WORKDIR /srv\nCOPY src/pkg pkg\nCMD fastapi run pkg/web.py",
        src__pkg__web="from .names import title\nfrom fastapi import FastAPI\napi = FastAPI(title=title)",
        src__pkg__names="title = 'right'",
    )
    | {"src/pkg/__init__.py": ""},
    "program": space(
        "WORKDIR /srv\nCOPY . .\nCMD python src/serve.py",
        src__serve="import uvicorn\nfrom web import app\nif __name__ == '__main__':\n    uvicorn.run(app)",
        src__web=RIGHT,
    ),
    "factory": space(
        "WORKDIR /srv\nCOPY . .\nCMD uvicorn --factory web:make",
        web="from fastapi import FastAPI\ndef make():\n    return FastAPI(title='right')",
    ),
    "factory that is not said to be one": space(
        "WORKDIR /srv\nCOPY . .\nCMD uvicorn web:make",
        web="from fastapi import FastAPI\ndef make(title='right'):\n    return FastAPI(title=title)",
    ),
    "attribute of an attribute": space(
        "WORKDIR /srv\nCOPY . .\nCMD uvicorn web:server.app",
        web=f"{RIGHT}\nclass Server: pass\nserver = Server()\nserver.app = app\n",
    ),
}


@pytest.mark.parametrize("files", LAYOUTS.values(), ids=LAYOUTS)
def test_layouts(project: Project, files: dict[str, str]) -> None:
    path, modules = list(sys.path), set(sys.modules)
    project.write(TITLED, files)
    project.run().assert_outcomes(passed=1)
    assert sys.path == path
    assert not {"main", "web", "names"} & (set(sys.modules) - modules)


def test_the_path_is_the_apps_while_its_tests_run(project: Project) -> None:
    late = RIGHT + '\n@app.get("/late")\ndef late():\n    import names\n    return names.title\n'
    project.write(
        """
        import sys
        before = list(sys.path)

        def test_a(space_http): assert space_http.get("/late").json() == "late"

        def test_b(): assert sys.path[1:] == before
        """,
        {"README.md": CARD, "Dockerfile": DOCKERFILE.replace("COPY . .", "COPY backend ."),
         "backend/main.py": late, "backend/names.py": "title = 'late'"},
    )  # fmt: skip
    project.run().assert_outcomes(passed=2)


def test_the_app_that_the_ini_file_names(project: Project) -> None:
    files = SMALL | {"main.py": WRONG, "other/web.py": RIGHT}
    project.write(TITLED, files, ini="hfspace_app = other.web:app")
    project.run().assert_outcomes(passed=1)


def test_the_command_says_factory_and_the_ini_file_names_an_app(project: Project) -> None:
    files = LAYOUTS["factory"] | {"main.py": RIGHT}
    project.write(TITLED, files, ini="hfspace_app = main:app")
    project.run().assert_outcomes(passed=1)


def test_the_root_that_the_ini_file_names(project: Project) -> None:
    files = {f"deploy/{name}": text for name, text in SMALL.items()} | {"main.py": WRONG}
    project.write(
        "def test(space, space_app): assert space.root.name == 'deploy' and space_app.title == 'Small'",
        files,
        ini="hfspace_root = deploy",
    )
    project.run().assert_outcomes(passed=1)


def test_a_project_with_an_app_of_its_own(project: Project) -> None:
    conftest = f"import pytest\n{RIGHT}\n@pytest.fixture(scope='session')\ndef space_app():\n    return app\n"
    conftest += "\n@app.get('/other')\ndef other(): return 'other'\n"
    project.write(
        """
        def test(space_http, space_routes):
            assert space_http.get("/other").json() == "other"
            assert [route.label for route in space_routes if route.own] == ["GET /other"]

        def test_route(space_http, space_route):
            raise RuntimeError("it has no such route")
        """,
        {"main.py": RIGHT + "\n@app.get('/')\ndef root(): return 1\n", "conftest.py": conftest},
    )
    result = project.run()
    result.assert_outcomes(passed=1, failed=0, errors=1)
    result.stdout.fnmatch_lines(["space_app has no route GET /: it is not the app of hfspace_app, *"])


def test_a_folder_with_an_app_of_its_own(project: Project) -> None:
    conftest = f"import pytest\n{WRONG}\n@pytest.fixture(scope='session')\ndef space_app():\n    return app\n"
    test = "def test(space_app, space_http): assert '{}' in space_http.get('/openapi.json').text"
    files = {"main.py": RIGHT, "z/conftest.py": conftest, "z/test_z.py": test.format("wrong")}
    project.write(test.format("right"), files)
    project.run("test_own.py").assert_outcomes(passed=1)
    project.run("z").assert_outcomes(passed=1)
    result = project.run("test_own.py", "z")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["this folder's space_app is not the app that the run has started: *"])


# -- what cannot be imported


IMPOSTOR = """\
import sys, types
sys.modules["main"] = types.ModuleType("main")
sys.modules["main"].__file__ = __file__
"""
UNGUARDED = f"import uvicorn\n{RIGHT}\nuvicorn.run(app)"


@pytest.mark.parametrize(
    ("files", "ini", "message"),
    [
        (
            {},
            "hfspace_app = nowhere:app",
            "there is no module 'nowhere' in {path}; hfspace_app = MODULE:ATTR in the pytest configuration*",
        ),
        ({"main.py": "api = 1"}, "", "main ({path}/main.py) has no attribute 'app'; hfspace_app = *"),
        (
            {"web.py": "class Server: pass\n"},
            "hfspace_app = web:Server.app",
            "web ({path}/web.py) has no attribute 'Server.app'; *",
        ),
        (
            {"main.py": RIGHT, "conftest.py": IMPOSTOR},
            "",
            "'main' is already imported from {path}/conftest.py, which is not {path}/main.py",
        ),
        (
            space("WORKDIR /app\nCOPY . .\nCMD python serve.py", serve=UNGUARDED),
            "",
            "{path}/serve.py:6 starts a server when it is imported; put that under if __name__ == *",
        ),
    ],
    ids=["module", "attribute", "attribute of an attribute", "another of that name", "unguarded"],
)  # fmt: skip
def test_an_app_that_is_not_there(project: Project, files: dict[str, str], ini: str, message: str) -> None:
    project.write("def test(space_app): pass", files, ini=ini)
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message.format(path=project.path)])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_module_that_the_app_lacks_is_its_own_trouble(project: Project) -> None:
    project.write("def test(space_app): pass", {"main.py": "import no_such_module"})
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["main.py:1: ModuleNotFoundError", "*No module named 'no_such_module'"])


def test_an_installed_copy_is_the_same_app(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    files = SMALL | {"main.py": RIGHT, "copy/main.py": RIGHT, "conftest.py": "import main"}
    project.write(TITLED, files)
    monkeypatch.syspath_prepend(project.path / "copy")
    project.run().assert_outcomes(passed=1)
