from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_hfspace.space import Space, read_space
from pytest_hfspace.space.command import docker_command
from pytest_hfspace.space.dockerfile import parse_dockerfile
from pytest_hfspace.space.image import docker_image
from pytest_hfspace.space.modules import module_file
from pytest_hfspace.space.sources import Import, Sources, parsing, read_sources
from tests.checks.factories import (
    make_command,
    make_gradio_space,
    make_image,
    make_space,
    make_static_space,
)
from tests.helpers import write_space


def built(dockerfile: str, files: dict[str, str]) -> Space:
    """A Space with the image and the start command that this Dockerfile makes."""
    if "FROM" not in dockerfile:
        dockerfile = f"FROM python:3.12-slim\nWORKDIR /app\n{dockerfile}"
    space = make_space(files, dockerfile=dockerfile)
    image = docker_image(parse_dockerfile(dockerfile, "Dockerfile"), space.files)
    return replace(space, image=image, command=docker_command(image, space.files))


def of(main: str, /, **files: str) -> Sources:
    """The sources of ``uvicorn main:app`` in /app; ``__`` in a name stands for "/"."""
    others = {f"{name.replace('__', '/')}.py": text for name, text in files.items()}
    return read_sources(make_space({"main.py": main, **others}))


def flags(found: Sources, path: str = "main.py") -> dict[str, str]:
    """Module to "", "deferred", "optional" or both."""
    return {
        each.module: " ".join(word for word in ("deferred", "optional") if getattr(each, word))
        for each in found.imports[path]
    }


@pytest.mark.parametrize(
    ("statement", "files", "app"),
    [
        ("import a", ["a.py"], ["a.py"]),
        ("import a as b", ["a.py", "b.py"], ["a.py"]),
        ("import p.a as c", ["p/__init__.py", "p/a.py", "p/b.py"], ["p/__init__.py", "p/a.py"]),
        ("import p.q.a", ["p/q/a.py", "p/a.py"], ["p/q/a.py"]),
        ("import p", ["p/__init__.py", "p/a.py"], ["p/__init__.py"]),
        ("import p", ["p/a.py"], []),
        ("from p import a", ["p/__init__.py", "p/a.py"], ["p/__init__.py", "p/a.py"]),
        ("from p import a, b", ["p/a.py", "p/b.py"], ["p/a.py", "p/b.py"]),
        ("from p import a as b", ["p/__init__.py", "p/b.py"], ["p/__init__.py"]),
        ("from p.a import b", ["p/__init__.py", "p/a.py", "p/b.py"], ["p/__init__.py", "p/a.py"]),
        ("from p import *", ["p/__init__.py", "p/a.py"], ["p/__init__.py"]),
        ("import a", ["a.py", "a/__init__.py"], ["a/__init__.py"]),
        ("import a.b", ["a.py", "a/b.py"], ["a.py"]),
        ("import a.b", ["a/b.py", "a/b/c.py"], ["a/b.py"]),
        ("import sys, json, fastapi", ["sys.py"], []),
        ("import json", ["json.py"], ["json.py"]),
        ("import A", ["a.py"], []),
        ("import p.b", ["p/__init__.py", "p/a.py"], ["p/__init__.py"]),
        ("from . import a", ["a.py"], []),
        ("import importlib\nimportlib.import_module('p.a')", ["p/a.py"], ["p/a.py"]),
        ("from importlib import import_module\nx = import_module('.a', 'p')", ["p/a.py"], ["p/a.py"]),
        ("__import__('a')", ["a.py"], ["a.py"]),
        ("print('import a')\n# import a", ["a.py"], []),
        ("class A:\n    import a", ["a.py"], ["a.py"]),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", ["a.py", "b.py"], ["b.py"]),
        ("if not typing.TYPE_CHECKING:\n    import a\nelse:\n    import b", ["a.py", "b.py"], ["a.py"]),
        ("if __name__ == '__main__':\n    import a", ["a.py"], []),
        ("if False:\n    import a", ["a.py"], []),
        ("import uvicorn\nuvicorn.run('p.a:app')", ["p/a.py"], ["p/a.py"]),
        ("def f():\n    uvicorn.Server(uvicorn.Config(app='a:app'))", ["a.py"], ["a.py"]),
        ("subprocess.Popen([sys.executable, '-m', 'uvicorn', 'api:app'])", ["api.py"], ["api.py"]),
        ("logging.run('12:30')", ["a.py"], []),
    ],
)
def test_what_an_import_leads_to(statement: str, files: list[str], app: list[str]) -> None:
    found = read_sources(make_space({"main.py": statement, **dict.fromkeys(files, "")}))
    assert found.app == ("main.py", *app)
    assert found.unknown == ""


@pytest.mark.parametrize(
    ("statement", "module", "names", "app"),
    [
        ("from . import x", "p", ("x",), ["p/x.py"]),
        ("from .x import y", "p.x", ("y",), ["p/x.py"]),
        ("from .. import main", "..", ("main",), []),
        ("from ..x import y", "..x", ("y",), []),
        ("from .q import x", "p.q", ("x",), ["p/q/__init__.py", "p/q/x.py"]),
        ("import_module('.x', __package__)", "p.x", (), ["p/x.py"]),
        ("import_module('.x', package='p.q')", "p.q.x", (), ["p/q/__init__.py", "p/q/x.py"]),
    ],
)
def test_relative_imports(statement: str, module: str, names: tuple[str, ...], app: list[str]) -> None:
    found = read_sources(
        make_space(
            {
                "main.py": "import p.a",
                "p/a.py": statement,
                **dict.fromkeys(("p/__init__.py", "p/x.py", "p/q/__init__.py", "p/q/x.py"), ""),
            }
        )
    )
    assert found.imports["p/a.py"] == (Import(module, "p/a.py", 1, names),)
    assert list(found.app[3:]) == app


def test_a_package_is_relative_to_itself() -> None:
    files = {"p/__init__.py": "from . import x\nfrom .q import y", "p/x.py": "", "p/q/__init__.py": ""}
    found = read_sources(make_space({"main.py": "import p", **files}))
    assert [each.module for each in found.imports["p/__init__.py"]] == ["p", "p.q"]
    assert found.app == ("main.py", "p/__init__.py", "p/x.py", "p/q/__init__.py")


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("import a", ""),
        ("class A:\n    import a", ""),
        ("with open('x') as f:\n    import a", ""),
        ("try:\n    import a\nfinally:\n    pass", ""),
        ("try:\n    import a\nexcept ValueError:\n    pass", ""),
        ("try:\n    import a\nexcept ImportError:\n    raise SystemExit('pip install a')", ""),
        ("try:\n    import a\nexcept ImportError:\n    print('no a')\n    sys.exit(1)", ""),
        ("try:\n    import a\nexcept ImportError:\n    a = None", "optional"),
        ("try:\n    import a\nexcept ModuleNotFoundError:\n    pass", "optional"),
        ("try:\n    import a\nexcept Exception as error:\n    print(error)", "optional"),
        ("try:\n    import a\nexcept:\n    pass", "optional"),
        ("try:\n    import a\nexcept (KeyError, ImportError):\n    pass", "optional"),
        ("try:\n    import b\nexcept ImportError:\n    import a", "optional"),
        ("try:\n    import b\nexcept ImportError:\n    pass\nelse:\n    import a", "optional"),
        ("try:\n    with x:\n        import a\nexcept ImportError:\n    pass", "optional"),
        ("with contextlib.suppress(ImportError):\n    import a", "optional"),
        ("with contextlib.suppress(KeyError):\n    import a", ""),
        ("with try_import() as _:\n    import a", "optional"),
        ("if sys.platform == 'win32':\n    import a", "optional"),
        ("if os.name == 'nt':\n    pass\nelse:\n    import a", "optional"),
        ("if sys.version_info >= (3, 11):\n    import b\nelse:\n    import a", "optional"),
        ("if importlib.util.find_spec('a') is not None:\n    import a", "optional"),
        ("if settings.debug:\n    import a", "deferred"),
        ("while x:\n    import a", "deferred"),
        ("match x:\n    case 1:\n        import a", "deferred"),
        ("def f():\n    import a", "deferred"),
        ("async def f():\n    import a", "deferred"),
        ("f = lambda: __import__('a')", "deferred"),
        ("@f(__import__('a'))\ndef g(): pass", ""),
        ("def f(x=__import__('a')): pass", ""),
        ("class A:\n    def f(self):\n        import a", "deferred"),
        ("def f():\n    try:\n        import a\n    except ImportError:\n        pass", "deferred optional"),
        ("if True:\n    import a", ""),
        ("a = importlib.import_module('a') if os.getenv('A') else None", "deferred"),
        ("a = None if os.getenv('A') else importlib.import_module('a')", "deferred"),
        ("a = importlib.import_module('a') if sys.platform == 'win32' else None", "optional"),
        ("a = os.getenv('A') and __import__('a')", "deferred"),
        ("a = os.getenv('A') and x and f(__import__('a'))", "deferred"),
        ("a = cached or __import__('a')", "deferred"),
        ("a = f(importlib.import_module('a')) if True else None", ""),
        ("a = x if __import__('a') else None", ""),
        ("a = __import__('a') and x", ""),
        ("a = True and __import__('a')", ""),
        ("a = not True or __import__('a')", ""),
        (
            "def f():\n    try:\n        import a\n    except ImportError as e:\n        raise E() from e",
            "deferred optional",
        ),
        (
            "def f():\n    try:\n        import a\n    except (E, ModuleNotFoundError):\n        raise",
            "deferred optional",
        ),
        ("def f():\n    try:\n        import a\n    except Exception:\n        raise E", "deferred"),
        ("def f():\n    try:\n        import a\n    except:\n        raise", "deferred"),
        ("try:\n    import a\nexcept ImportError as e:\n    raise E('pip') from e", ""),
    ],
)
def test_whether_an_import_is_reached(block: str, expected: str) -> None:
    found = of(block, a="import deep", deep="")
    assert flags(found)["a"] == expected
    assert found.app[-2:] == ("a.py", "deep.py")
    assert found.certain == (frozenset(found.app) if not expected else frozenset({"main.py"}))


def test_a_certain_way_wins_over_an_optional_one() -> None:
    found = of(
        "try:\n    import a\nexcept ImportError:\n    pass\nimport b", a="import c", b="import a", c=""
    )
    assert found.app == ("main.py", "b.py", "a.py", "c.py")
    assert found.certain == frozenset(found.app)


def test_what_is_imported_and_absent() -> None:
    main = "import fastapi\nfrom p import a, b, c\nfrom q import d\nfrom r import e\ndef f():\n    import g"
    files = {"p/__init__.py": "b = 1", "p/a.py": "", "q/x.py": "", "r/__init__.py": "from x import *"}
    found = read_sources(make_space({"main.py": main, **files}))
    assert [(each.module, each.line, each.deferred) for each in found.absent] == [
        ("fastapi", 1, False),
        ("g", 6, True),
        ("x", 1, False),
        ("p.c", 2, False),
        ("q.d", 3, False),
    ]
    assert not found.elsewhere
    assert of("sys.path.append(x)").elsewhere


def test_a_circle_ends() -> None:
    found = of("import a", a="import main, b", b="from a import x")
    assert found.app == ("main.py", "a.py", "b.py")


@pytest.mark.parametrize(
    ("command", "changes", "first"),
    [
        ("python main.py", {}, "main.py"),
        ("python sub/main.py", {"script": "sub/main.py"}, "sub/main.py"),
        ("python -m sub.main", {"runner": "python", "module": "sub.main"}, "sub/main.py"),
        ("python -m sub", {"runner": "python", "module": "sub"}, "sub/__main__.py"),
        ("uvicorn sub.main:app", {}, "sub/main.py"),
        ("uvicorn main:app --app-dir sub", {"app_dir": "sub"}, "main.py"),
        ("gunicorn main:app --chdir sub", {"cwd": "/app/sub"}, "sub/main.py"),
        ("fastapi run sub/main.py", {"script": "sub/main.py"}, "sub/main.py"),
    ],
)
def test_the_entry_of_each_kind_of_start(command: str, changes: dict[str, Any], first: str) -> None:
    text = "import b\nif __name__ == '__main__':\n    import c"
    files = {"main.py": text, "sub/main.py": text, "sub/__main__.py": text, "b.py": "", "sub/b.py": ""}
    found = read_sources(
        make_space({**files, "c.py": "", "sub/c.py": ""}, command=make_command(command, **changes))
    )
    is_script = changes.get("script", "").startswith("sub") or "chdir" in command
    place = "sub/" if is_script else ""
    is_main = command.startswith("python")
    assert found.app == (first, f"{place}b.py", *([f"{place}c.py"] if is_main else []))
    assert found.unknown == ""


def test_what_runs_before_the_server_counts() -> None:
    command = make_command(
        before=(
            ("python", "-u", "migrate.py"),
            ("python", "-m", "tools.seed"),
            ("alembic", "upgrade", "head"),
        )
    )
    files = {"migrate.py": "import db", "db.py": "", "tools/seed.py": "", "alembic/env.py": "import models"}
    found = read_sources(make_space({**files, "models.py": ""}, command=command))
    assert set(found.app) == {"main.py", *files, "models.py"}


def test_the_layout_decides_and_not_the_repository() -> None:
    files = {
        "backend/app/main.py": "from app import db\nimport shared.x",
        "backend/app/db.py": "",
        "shared/x.py": "",
        "app/db.py": "",
    }
    steps = "COPY backend/app ./app\nCOPY shared /lib/shared\nENV PYTHONPATH=/lib\n"
    found = read_sources(built(f'{steps}CMD ["uvicorn", "app.main:app"]\n', files))
    assert found.app == ("backend/app/main.py", "backend/app/db.py", "shared/x.py")
    assert found.folders == ("/app", "/lib")


def test_what_the_build_makes_is_there_and_has_no_source() -> None:
    steps = 'COPY main.py p ./p/\nRUN touch p/__init__.py\nCMD ["uvicorn", "p.main:app"]\n'
    found = read_sources(built(steps, {"main.py": "from . import a", "p/a.py": ""}))
    assert found.app == ("main.py", "p/a.py")


def test_gradio_runs_its_app_file() -> None:
    found = read_sources(make_gradio_space({"app.py": "import ui\nif __name__ == '__main__':\n    import b"}))
    assert [each.module for each in found.imports["app.py"]] == ["ui", "b"]


@pytest.mark.parametrize(
    "change",
    [
        "sys.path.append('/app/src')",
        "sys.path.insert(0, 'src')",
        "sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'src'))",
        "sys.path.append(str(Path(__file__).resolve().parent / 'src'))",
        "sys.path.append(str(Path(__file__).parents[0] / 'src'))",
        "HERE = Path(__file__).parent\nsys.path.insert(0, f'{HERE}/src')",
        "site.addsitedir(os.getcwd() + '/src')",
    ],
)
def test_directories_that_the_app_adds_itself(change: str) -> None:
    found = of(f"{change}\nimport a", src__a="")
    assert (found.app, found.unknown) == (("main.py", "src/a.py"), "")


def test_an_import_before_the_search_path_is_changed_by_another_module() -> None:
    found = of("import setup_path\nfrom p import a", setup_path="sys.path.append('src')", src__p__a="")
    assert set(found.app) == {"main.py", "setup_path.py", "src/p/a.py"}


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        (make_static_space(), "a static Space runs no process"),
        (make_space(dockerfile=None), "there is no image"),
        (make_space(command=None), "there is no start command"),
        (
            make_space(command=None, image=make_image(base="ghcr.io/owner/app:1", command=None)),
            "the start command is that of the base image ghcr.io/owner/app:1",
        ),
        (
            make_space(command=make_command("python -m http.server", module="http.server", target=None)),
            "http.server is a program of Python itself",
        ),
        (make_space(command=make_command("./go", runner=None, reason="not understood")), "not understood"),
        (make_space(command=make_command("uvicorn other:app")), "what the start command runs is not in the"),
        (make_space({"main.py": "import_module(name)"}), "'main.py', line 1, computes the name of a module"),
        (make_space({"main.py": "sys.path.append(x)"}), "'main.py', line 1, computes a directory of sys"),
        (make_space({"main.py": "sys.path = x + sys.path"}), "'main.py', line 1, computes a directory of"),
        (make_space({"main.py": "def f(:"}), "'main.py' does not parse here"),
        (built('COPY main.py .\nCOPY --from=x /p p\nCMD ["uvicorn", "main:app"]\n',
               {"main.py": "import p.a", "p/a.py": ""}), "p.a is not where the image is known"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_said(space: Space, reason: str) -> None:
    assert read_sources(space).unknown.startswith(reason)


def test_a_stage_that_brings_packages_leaves_nothing_unknown() -> None:
    steps = 'COPY . .\nCOPY --from=builder /usr/local /usr/local\nCMD ["uvicorn", "main:app"]\n'
    assert read_sources(built(steps, {"main.py": "import fastapi, a", "a.py": ""})).unknown == ""


DEEP = "x = " + "(" * 5000 + ")" * 5000


@pytest.mark.parametrize(
    "content",
    [
        b"import a\0b",
        b"# coding: nonsense\nimport b",
        b"\xff\xfe\x00i\x00m",
        b"x = '\xe9'",
        DEEP.encode(),
        b"x = " + b"-" * 100_000 + b"1",
        b"if " + b"not " * 2000 + b"x:\n    import b",
        b"x = " + b"+".join([b"1"] * 20_000) + b"\nimport b",
        b"x" + b".a" * 20_000 + b"\nimport b",
        b"def f(:\n",
        b"".join(b" " * n + b"if x:\n" for n in range(99)) + b" " * 99 + b"import b\n",
        b"sys.path.append(" + b"(Path(" * 60 + b"x" + b"))" * 60 + b")",
        b"HERE = HERE / 'a'\nsys.path.append(HERE)",
        b"A = B\nB = A\nsys.path.append(A)",
        b"from " + b"." * 500 + b" import x",
        b"import_module('\\ud800')\nimport_module(b'x')\nimport_module(package=1)",
        b"run('\\ud800:x')\nrun()\nConfig(*a, **k)\n__import__(*a)",
    ],
)  # fmt: skip
def test_hostile_sources_raise_nothing_and_end_soon(content: bytes) -> None:
    started = time.perf_counter()
    found = read_sources(make_space({"main.py": "import a, z", "a.py": content, "z.py": ""}))
    assert found.app[:2] == ("main.py", "a.py")
    assert "z.py" in found.app
    assert time.perf_counter() - started < 5


def test_a_coding_cookie_and_a_byte_order_mark_are_read() -> None:
    latin = "# -*- coding: latin-1 -*-\nx = 'é'\nimport b\n".encode("latin-1")
    found = read_sources(make_space({"main.py": b"\xef\xbb\xbfimport a", "a.py": latin, "b.py": ""}))
    assert (found.app, found.unknown) == (("main.py", "a.py", "b.py"), "")


def test_a_file_that_does_not_parse_is_in_the_app_without_a_tree() -> None:
    found = of("import a, b", a="def", b="")
    assert found.app == ("main.py", "a.py", "b.py")
    assert found.imports["a.py"] == ()
    assert set(found.trees) == {"main.py", "b.py"}


def test_an_odd_escape_does_not_warn() -> None:
    assert of("x = '\\d'\nimport a", a="y = 1is 1").unknown == ""


def test_a_huge_file_is_not_parsed() -> None:
    found = of("import a", a="x = 1\n" * 200_000)
    assert found.unknown == "'a.py' is larger than 1 MB"
    assert found.app == ("main.py", "a.py")


def test_there_is_an_end_to_what_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MOST_FILES", 3)
    found = of("import a, b, c", a="", b="", c="")
    assert found.app == ("main.py", "a.py", "b.py", "c.py")
    assert found.unknown == "the app has more sources than are read"


def test_an_app_of_many_files_is_read_in_time() -> None:
    body = "\n".join(f"def f{n}(a, b=1):\n    return [x for x in range(a) if x > b]" for n in range(30))
    files = {f"p/m{n}.py": body for n in range(400)} | {f"other/o{n}.py": body for n in range(20_000)}
    space = make_space({"main.py": "\n".join(f"import p.m{n}" for n in range(400)), **files})
    started = time.perf_counter()
    found = read_sources(space)
    assert len(found.app) == 401
    assert time.perf_counter() - started < 10


def test_a_real_repository_with_links(tmp_path: Path) -> None:
    root = write_space(
        tmp_path / "space",
        {
            "README.md": "---\ntitle: x\nsdk: docker\n---\n",
            "Dockerfile": 'FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD ["uvicorn", "app.main:app"]\n',
            "app/main.py": "from app import linked, loop, out\nfrom app.sub import a\n",
            "real.py": "import json\n",
            "app/sub/a.py": "",
        },
    )
    (root / "app/linked.py").symlink_to("../real.py")
    (root / "app/loop.py").symlink_to("loop.py")
    (root / "app/out.py").symlink_to("/etc/hostname")
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    space = read_space(root)
    found = read_sources(space)
    assert found.app == ("app/main.py", "app/linked.py", "app/loop.py", "app/out.py", "app/sub/a.py")
    assert found.imports["app/linked.py"] == (Import("json", "app/linked.py", 1),)
    assert found.unknown == "'app/loop.py' cannot be read"
    assert module_file(space, "app.main") == "app/main.py"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="its syntax came with Python 3.11")
def test_exception_groups() -> None:
    found = of("try:\n    import a\nexcept* ImportError:\n    pass", a="")
    assert flags(found) == {"a": "optional"}
