"""Which line of the repository a failure comes from."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from .rehearse import COMMAND, Case, rehearse, side_by_side

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a rehearsal needs POSIX")

PROGRAM = '["python", "main.py"]'
PACKAGE = {
    "pkg/__init__.py": "",
    "pkg/deep/__init__.py": "x = 1\n",
    "pkg/deep/er.py": "\n\nraise ValueError('here')\n",
}

#: code -> the place of what it raises
PLACES: dict[str, tuple[Case, str | None]] = {
    "module": (Case("\n\n1 / 0\n"), "main.py:3"),
    "function": (Case("def f():\n    1 / 0\nf()\n"), "main.py:2"),
    "lambda": (Case("call = lambda: 1 / 0\ncall()\n"), "main.py:1"),
    "generator": (Case("def g():\n    yield 1\n    1 / 0\nlist(g())\n"), "main.py:3"),
    "decorator": (
        Case(
            "import functools\ndef wrap(f):\n    @functools.wraps(f)\n    def inner():\n        return f()\n"
            "    return inner\n@wrap\ndef f():\n    1 / 0\nf()\n"
        ),
        "main.py:9",
    ),
    "in a library": (Case("import json\n\njson.loads('{')\n"), "main.py:3"),
    "called back": (Case("def key(x):\n    1 / 0\nsorted([1, 2], key=key)\n"), "main.py:2"),
    "package": (Case("import pkg.deep.er\n", files=PACKAGE), "pkg/deep/er.py:3"),
    "SyntaxError": (Case("x = 1\ny = (\n"), "main.py:2"),
    "SyntaxError of a module": (Case("import bad\n", files={"bad.py": "\n\ndef f(:\n"}), "bad.py:3"),
    "exec": (Case("\nexec('\\n\\n\\n1 / 0')\n"), "main.py:2"),
    "script": (Case("\nif __name__ == '__main__':\n    1 / 0\n", command=PROGRAM), "main.py:3"),
    "python -m": (
        Case(
            "",
            command='["python", "-m", "pkg"]',
            files={"pkg/__init__.py": "", "pkg/__main__.py": "\n1 / 0\n"},
        ),
        "pkg/__main__.py:2",
    ),
    "committed packages": (
        Case(
            "import sys\nsys.path.insert(0, 'v/site-packages')\nimport lib\n",
            files={"v/site-packages/lib.py": "1 / 0\n"},
        ),
        "main.py:3",
    ),
    "nowhere": (Case("x = 1\n", command=COMMAND.replace("main:app", "absent:app")), None),
}


def test_places(tmp_path: Path) -> None:
    seen = side_by_side(tmp_path, {name: case for name, (case, _) in PLACES.items()})
    found = {
        name: str(each.failure.where) if each.failure and each.failure.where else None
        for name, each in seen.items()
    }
    assert found == {name: place for name, (_, place) in PLACES.items()}


def test_a_chain_of_causes(tmp_path: Path) -> None:
    code = (
        "def f():\n    {}['k']\n"
        "try:\n    f()\nexcept KeyError as e:\n    raise RuntimeError('outer') from e\n"
    )
    failure = rehearse(tmp_path / "space", Case(code)).failure
    assert failure is not None
    assert failure.raised is not None
    assert str(failure.raised) == "RuntimeError: outer"
    assert failure.raised.cause is not None
    assert (failure.raised.cause.kind, str(failure.raised.cause.where)) == ("KeyError", "main.py:2")


def test_a_temporary_directory_behind_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "link"))
    seen = rehearse(tmp_path / "space", Case("\n1 / 0\n"))
    assert seen.failure is not None
    assert str(seen.failure.where) == "main.py:2"
    assert list(real.iterdir()) == []
