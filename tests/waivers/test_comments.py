"""Which parts of a file are comments."""

from __future__ import annotations

import time

import pytest

from pytest_hfspace.waivers.comments import comments, may_have_comments


def found(path: str, text: str) -> list[tuple[int, str, bool]]:
    return [(comment.start, comment.text.strip(), comment.alone) for comment in comments(path, text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1  # one\n", [(1, "one", False)]),
        ("# one\nx = 1\n    # two\n", [(1, "one", True), (3, "two", True)]),
        ("x = '# one'\n", []),
        ('x = """\n# one\n"""  # two\n', [(3, "two", False)]),
        ("x = f'{y}# one'  # two\n", [(1, "two", False)]),
        ("x = (  # one\n    1,\n    # two\n)\n", [(1, "one", False), (3, "two", True)]),
        ("x = 1 # one\r\n# two\r\n", [(1, "one", False), (2, "two", True)]),
        ("x = 1 # one\r# two\r", [(1, "one", False), (2, "two", True)]),
        ("x = 1 \\\n  + 2  # one", [(2, "one", False)]),
        ("def f(:\n  # one\nx = 'a # b' # two\n", [(2, "one", True), (3, "two", False)]),
        ("  x = 1\n y = 2  # one\n", [(2, "one", False)]),
        ("x = '''\n# one\n", [(2, "one", True)]),
        ("x = (\n# one\n", [(2, "one", True)]),
        ("", []),
    ],
)
def test_python(text: str, expected: list[tuple[int, str, bool]]) -> None:
    assert found("main.py", text) == expected
    assert found("lib/main.pyi", text) == expected


@pytest.mark.parametrize(
    "path",
    ["a.yml", "a.YAML", "pyproject.toml", "requirements.txt", "requirements/dev-requirements.txt",
     "constraints.txt", "requirements.in", ".env", ".env.example", "Dockerfile", "Dockerfile.gpu",
     "gpu.dockerfile", "Containerfile", "start.sh", "Makefile", "Procfile", "setup.cfg", "nginx.conf"],
)  # fmt: skip
def test_formats_with_a_number_sign(path: str) -> None:
    assert found(path, "# one\nkey: value # two\nurl#three\n") == [(1, "one", True), (2, "two", False)]
    assert may_have_comments(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key: '# one' # two", ["two"]),
        ('key: "# one" # two', ["two"]),
        ('key: "a \\" # one" # two', ["two"]),
        ("key: 'C:\\' # one", ["one"]),
        ("key: don't # one, don't", ["one, don't"]),
        ("key: the 'n roll # one", ["one"]),
        ('key: 6" wide # one', ["one"]),
        ("key: http://host/#one", []),
        ("key=a#one", []),
        ('echo "a\nb # one\nc"', ["one"]),
        ('text = """\n# one\n"""\n# two', ["two"]),
        ("text = '''\n# one\n''' # two", ["two"]),
        ('# it\'s """ one\n# two', ['it\'s """ one', "two"]),
    ],
)
def test_quotes_around_a_number_sign(text: str, expected: list[str]) -> None:
    assert [comment for _, comment, _ in found("pyproject.toml", text)] == expected


def test_a_list_of_patterns_has_whole_lines_only() -> None:
    assert found(".dockerignore", "# one\n*.db # two\n # three\n") == [(1, "one", True)]
    assert found(".gitignore", "# one\n") == found(".gitattributes", "# one\n") == [(1, "one", True)]


@pytest.mark.parametrize("path", ["a.js", "a.mjs", "a.ts", "a.tsx", "a.css"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f(); // one", [(1, "one", False)]),
        ("// one\nf();/* two */", [(1, "one", True), (2, "two", False)]),
        ("  /* one */  ", [(1, "one", True)]),
        ("  {/* one */}", [(1, "one", True)]),
        ("/*\n * one\n */\nf();", [(1, "* one", True)]),
        ("f('http://x') // one", [(1, "one", False)]),
        ("f('// one')", []),
        ('f("/* one */") // two', [(1, "two", False)]),
        ("f('it\\'s // one') // two", [(1, "two", False)]),
        ("f(`\n// one ${x}\n`) // two", [(3, "two", False)]),
        ("<p>Don't</p> // one", [(1, "one", False)]),
        ("<a href=https://x>", []),
        ("accept=image/* // one", [(1, "one", False)]),
        ("f(); /* one", [(1, "one", False)]),
        ("a = b /* one */ + c // two", [(1, "one", False), (1, "two", False)]),
    ],
)
def test_scripts(path: str, text: str, expected: list[tuple[int, str, bool]]) -> None:
    assert found(path, text) == expected


@pytest.mark.parametrize("path", ["index.html", "page.HTM", "a.jinja2", "a.svg", "App.vue"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>x</p> <!-- one -->", [(1, "one", False)]),
        ("<!-- one -->\n<p>x</p>", [(1, "one", True)]),
        ("<!--\n one\n-->", [(1, "one", True)]),
        ("{# one #}\n{#- two -#}", [(1, "one", True), (2, "two", True)]),
        ("{#if x}<!-- one -->{/if}", [(1, "one", False)]),
        ("<p>\"don't <!-- one -->", [(1, "one", False)]),
        ("<script>\nfetch('http://x') // one\n</script>", [(2, "one", False)]),
        ("<style>\n/* one */\n</style>", [(2, "one", True)]),
        ('<input accept="image/*"> <!-- one --> <input accept="*/*">', [(1, "one", False)]),
        ("<p>https://x # one</p>", []),
        ("<!-- one", [(1, "one", True)]),
    ],
)
def test_pages(path: str, text: str, expected: list[tuple[int, str, bool]]) -> None:
    assert found(path, text) == expected


def test_of_markdown_the_front_matter_only() -> None:
    text = "---\ntitle: x # one\n# two\n---\n# Heading\n```yaml\n# three\n```\n<!-- four -->\n"
    assert found("README.md", text) == [(2, "one", False), (3, "two", True)]
    assert found("README.md", text.replace("\n", "\r\n")) == [(2, "one", False), (3, "two", True)]
    assert found("README.md", "# Heading\n---\nx: 1 # one\n---\n") == []
    assert found("README.md", "---\nx: 1 # one\n") == []
    assert found("README.md", "") == []


def test_scripts_without_a_suffix_say_what_they_are() -> None:
    assert found("bin/start", "#!/bin/sh\n# one\n")[-1] == (2, "one", True)
    assert found("bin/start", "#!/usr/bin/env python3\nx = '''\n# one\n'''\n# two\n")[1:] == [
        (5, "two", True)
    ]
    assert found("bin/start", "#!/usr/bin/perl\n# one\n") == []
    assert found("LICENSE", "# one\n") == []
    assert may_have_comments("bin/start")


@pytest.mark.parametrize(
    "path",
    ["notes.txt", "docs/page.rst", "data.json", "book.ipynb", "packages.txt", "a.csv", "main.pyc", "a.png"],
)
def test_other_formats_have_none(path: str) -> None:
    assert found(path, "# one\n// two\n<!-- three -->\n") == []
    assert not may_have_comments(path)


def test_a_directory_may_be_called_like_a_file() -> None:
    assert not may_have_comments("requirements.txt/data.bin")
    assert found("main.py/data.json", "# one") == []


@pytest.mark.parametrize(
    ("path", "piece"),
    [
        ("a.toml", '"'),
        ("a.toml", ' "\\'),
        ("a.toml", "'"),
        ("a.toml", '\n""""'),
        ("a.toml", "'''\"\"\""),
        ("a.toml", '# """\n'),
        ("a.py", '("'),
        ("a.py", "# x\n"),
        ("a.js", "/* "),
        ("a.js", "\n/*"),
        ("a.js", ' "\\'),
        ("a.js", " '\\'`"),
        ("a.js", "/**/"),
        ("a.html", "<!-- "),
        ("a.html", "<!---->"),
        ("a.html", "{# "),
        ("a.html", " /*"),
        ("a.html", " //"),
        ("a.md", "---\n"),
        ("run", "#!"),
    ],
)
def test_absurd_texts_are_read_in_linear_time(path: str, piece: str) -> None:
    started = time.perf_counter()
    comments(path, piece * (500_000 // len(piece)) + "x")
    assert time.perf_counter() - started < 8


@pytest.mark.parametrize(
    "text", ["\0", "x\0 # one", "\ufffd\u2028 # one", "\x0c# one", "'\\", "f'{", "\\\n", "a\\"]
)
def test_strange_characters_do_no_harm(text: str) -> None:
    for path in ("a.py", "a.toml", "a.js", "a.html", "a.md", "a"):
        assert isinstance(found(path, text), list)
