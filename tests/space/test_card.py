"""The card: where the block is, what it says, and what it costs to read a hostile one."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from pytest_hfspace.space.card import Card, read_card
from pytest_hfspace.space.files import Files, Tracked
from pytest_hfspace.space.listing import read_files


def card(root: Path, content: str | bytes, name: str = "README.md") -> Card:
    (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_card(read_files(root))


HEALTHY = """\
---
title: Demo 🚀
emoji: 🚀
sdk: docker
app_port: 8080
python_version: 3.10
pinned: no
tags: [a, b]
models:
  - owner/name
custom_headers:
  cross-origin-opener-policy: same-origin
short_description: "quoted: text"
---

# Demo
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_healthy_card(tmp_path: Path, end: str) -> None:
    read = card(tmp_path, HEALTHY.replace("\n", end))
    assert (read.missing, read.unreadable, read.body_line) == ("", "", 15)
    assert (read.sdk, read.app_port, read.base_path, read.startup_limit) == ("docker", 8080, "/", 1800.0)
    assert (read.fields["emoji"].value, read.fields["emoji"].raw, read.fields["emoji"].line) == (
        "🚀",
        "🚀",
        3,
    )
    assert (read.fields["python_version"].value, read.fields["python_version"].raw) == (3.1, "3.10")
    assert read.fields["pinned"].value == "no"
    assert read.fields["tags"].value == ["a", "b"]
    assert read.fields["models"].value == ["owner/name"]
    assert (read.fields["models"].line, read.fields["models"].raw) == (9, "- owner/name")
    assert read.fields["custom_headers"].value == {"cross-origin-opener-policy": "same-origin"}
    assert (read.fields["short_description"].value, read.fields["short_description"].raw) == (
        "quoted: text", '"quoted: text"'
    )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    ["---\nsdk: docker\n---", "---\nsdk: docker\n---\n", "---\nsdk:\tdocker\n---\nx",
     "---\n# why\nsdk: docker # b\n---\n",
     "---\n\nsdk: docker\n\n---\n", "---\nsdk: 'docker'\n---\n---\nsecond: block\n---\n",
     "---\nsdk: docker\ntitle: caf\u00e9\n---\n", '---\nsdk: docker\ntitle: "a\\/b"\n---\n'],
)  # fmt: skip
def test_near_misses_that_are_cards(tmp_path: Path, content: str) -> None:
    read = card(tmp_path, content)
    assert (read.sdk, read.missing, read.unreadable) == ("docker", "", "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("# Demo\n\ntext\n", "no YAML block: line 1 is '# Demo'"),
        ("\ufeff---\nsdk: docker\n---\n", "byte order mark"),
        ("---\nsdk: docker\n---\n".encode("utf-16"), "UTF-16"),
        ("\n---\nsdk: docker\n---\n", "starts in line 2 instead of line 1, after an empty line"),
        ("[![ci](x)](y)\n\n---\nsdk: docker\n---\n", "starts in line 3 instead of line 1, after a badge"),
        ("<!-- c -->\n---\nsdk: docker\n---\n", "starts in line 2 instead of line 1, after a comment"),
        ("# T\n---\nsdk: docker\n---\n", "starts in line 2 instead of line 1, after a heading ('# T')"),
        ("--- \nsdk: docker\n---\n", "blanks follow"),
        ("# T\n\n---\n\nrule above\n", "no YAML block"),
        ("# T\n\n---\nNote that this: is prose\n", "no YAML block"),
        ("----\nsdk: docker\n---\n", "no YAML block"),
        (" ---\nsdk: docker\n---\n", "no YAML block"),
    ],
)
def test_no_block_at_byte_0(tmp_path: Path, content: str | bytes, said: str) -> None:
    read = card(tmp_path, content)
    assert said in read.missing
    assert (read.fields, read.unreadable, read.body_line) == ({}, "", 1)


def test_no_readme(tmp_path: Path) -> None:
    assert "there is no README.md" in read_card(read_files(tmp_path)).missing


def test_readme_in_another_case(tmp_path: Path) -> None:
    assert "named readme.md" in card(tmp_path, HEALTHY, "readme.md").missing


def test_readme_that_is_not_tracked(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(HEALTHY)
    assert "git does not track it" in read_card(Files(tmp_path, {})).missing


def test_readme_that_cannot_be_read(tmp_path: Path) -> None:
    read = read_card(Files(tmp_path, {"README.md": Tracked("README.md", 0o160000)}))
    assert read.missing == "README.md would not arrive as a file"


@pytest.mark.parametrize(
    ("block", "said", "line"),
    [
        ("", "empty", 2),
        ("# only a comment\n", "empty", 2),
        ("- a\n", "a list", 2),
        ("just words\n", "single text", 2),
        ("a: 1\nb: 2\na: 3\n", "'a' is there twice, again in line 4", 4),
        ("a: {b: 1, b: 2}\n", "'b' is there twice", 2),
        ("a: b: c\n", "line 2 is not YAML: mapping values", 2),
        ("a: 1\n\tb: 2\n", "is not YAML", 3),
        ("a: [1, 2\nb: 3\n", "is not YAML", 3),
        ('a: "open\n', "is not YAML", 2),
        ("a: \x07\n", "control characters", 2),
        ("a: @x\n", "cannot start any token", 2),
        ("a: *nowhere\n", "refers to *nowhere", 2),
        ("a: &a [*a]\n", "refers to *a", 2),
        ("a: " + "[" * 60_000 + "\n", "levels deep", 2),
        ("{a: " * 9_000 + "\n", "levels deep", 2),
        ("a: 1\n...\n--- \nb: 2\n", "second YAML document", 4),
        ("k: " + "x" * 70_000 + "\n", "more than the 65536", 1),
    ],
)
def test_unreadable(tmp_path: Path, block: str, said: str, line: int) -> None:
    read = card(tmp_path, f"---\n{block}---\n# T\n")
    assert said in read.unreadable
    assert (read.unreadable_line, read.fields, read.missing) == (line, {}, "")


@pytest.mark.parametrize(
    ("content", "said"),
    [("---\nsdk: docker\n\n# T\n", "no line '---'"), ("---", "no line"), ("---\n", "no line"),
     ("---\nsdk: docker\n---  \ntext\n", "blanks follow the '---' in line 3"),
     ("---\nsdk: docker\n----\n", "no line")],
)  # fmt: skip
def test_not_closed(tmp_path: Path, content: str, said: str) -> None:
    read = card(tmp_path, content)
    assert said in read.unreadable
    assert read.unreadable_line == 1


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "block",
    [LAUGHS, "".join(f"k{i}: v\n" for i in range(5_500)), "? " * 30_000, "- " * 30_000, "a: " + "'" * 60_001,
     "&a " * 20_000, "!" * 60_000, "%" * 60_000, "\ud7ff\n" * 20_000, "#" * 65_000],
)  # fmt: skip
def test_a_hostile_card_costs_no_time(tmp_path: Path, block: str) -> None:
    started = time.process_time()
    read = card(tmp_path, f"---\n{block}\n---\n")
    assert time.process_time() - started < 1
    assert read.unreadable
    assert read.fields == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [("9" * 6_000, "9" * 6_000), ("1" + ":1" * 3_000, "1" + ":1" * 3_000), ("2024-13-45", "2024-13-45"),
     ("0x", "0x"),
     ("!!python/object/apply:os.system [x]", ["x"]), ("!!int x", "x"), ("12", 12), ("", None), ("~", None),
     ("<<", "<<"), ("!!binary '='", b""), ("null", None), ("{{ name }}", {"{ name }": None})],
)  # fmt: skip
def test_strange_values(tmp_path: Path, text: str, value: object) -> None:
    assert card(tmp_path, f"---\na: {text}\n---\n").fields["a"].value == value


@pytest.mark.parametrize(
    "text",
    ["No", "yes", "On", "off", "y", "n", "tRUE", "12:30", "190:20:30", "1_000", "0b11", "1_0.5", "=", "<<",
     "nUll", ".5.", "1.2.3", "e3", "+", ".", "0x", "0o8", "2024-13-45", "2024-5-1", "\u0663"],
)  # fmt: skip
def test_texts_of_yaml_1_2(tmp_path: Path, text: str) -> None:
    assert card(tmp_path, f"---\na: {text}\n---\n").fields["a"].value == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("True", True), ("FALSE", False), ("012", 12), ("0o17", 15), ("0xff", 255), ("-7", -7),
     ("3.10", 3.1), ("1.", 1.0), (".5", 0.5), ("1e3", 1000.0), ("-.inf", float("-inf")), ("Null", None),
     ("2024-05-01", date(2024, 5, 1)), ("!!bool yes", True), ("!!str 3", "3"), ("'3'", "3"),
     ('"true"', "true"), ("|\n  true", "true\n")],
)  # fmt: skip
def test_what_yaml_1_2_does_not_take_for_text(tmp_path: Path, text: str, value: object) -> None:
    found = card(tmp_path, f"---\na: {text}\n---\n").fields["a"].value
    assert (type(found), found) == (type(value), value)


def test_bytes_that_are_no_utf_8(tmp_path: Path) -> None:
    read = card(tmp_path, b"---\nsdk: docker\ntitle: caf\xe9\n---\n\xff\xfe\n")
    assert (read.sdk, read.fields["title"].value) == ("docker", "caf\ufffd")


@pytest.mark.parametrize(
    ("yaml", "port"),
    [("sdk: docker\napp_port: 8000", 8000), ("sdk: docker", 7860), ("sdk: gradio\napp_port: 8000", 7860),
     ("sdk: docker\napp_port: web", 7860), ("sdk: docker\napp_port: '8000'", 8000),
     ("sdk: docker\napp_port: 8_080", 8080), ("sdk: docker\napp_port: _8080", 7860),
     ("sdk: docker\napp_port: yes", 7860),
     ("sdk: docker\napp_port: 70000", 7860), ("sdk: docker\napp_port: -1", 7860),
     ("sdk: docker\napp_port: 80.5", 7860),
     ("sdk: docker\napp_port: 80", 80), ("sdk: docker\napp_port: '" + "9" * 9_000 + "'", 7860)],
)  # fmt: skip
def test_app_port(tmp_path: Path, yaml: str, port: int) -> None:
    assert card(tmp_path, f"---\n{yaml}\n---\n").app_port == port


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h", 3600), ("30m", 1800), ("1800s", 1800), ("1 hour", 3600), ("2 hours", 7200), ("1h30m", 5400),
     ("1h 30m", 5400),
     ("0.5h", 1800), ("45 min", 2700), ("1d", 86400), ("1H", 3600), ("3600", 1800), ("soon", 1800),
     ("h", 1800),
     ("1x", 1800), ("1h!", 1800), ("-1h", 1800), ("0s", 1800), ("[1h]", 1800), ("1month", 1800),
     ('"20m"', 1200)],
)  # fmt: skip
def test_startup_limit(tmp_path: Path, text: str, seconds: float) -> None:
    assert card(tmp_path, f"---\nstartup_duration_timeout: {text}\n---\n").startup_limit == seconds


@pytest.mark.parametrize(
    ("text", "version"),
    [('"3.10"', "3.10"), ("3.10", "3.1"), ("3.12", "3.12"), ("3.10.4", "3.10.4"), ("3", "3"),
     ("true", None), ("", None),
     ("[3]", None)],
)  # fmt: skip
def test_python_version(tmp_path: Path, text: str, version: str | None) -> None:
    assert card(tmp_path, f"---\npython_version: {text}\n---\n").python_version == version


@pytest.mark.parametrize(
    ("yaml", "sdk", "base_path", "oauth"),
    [("sdk: gradio\nbase_path: /ui\nhf_oauth: true", "gradio", "/ui", True), ("sdk: 1", None, "/", False),
     ("base_path: ui\nhf_oauth: 'true'", None, "/", False),
     ("sdk: Docker\nbase_path: [/]", "Docker", "/", False)],
)  # fmt: skip
def test_other_properties(tmp_path: Path, yaml: str, sdk: str | None, base_path: str, oauth: bool) -> None:
    read = card(tmp_path, f"---\n{yaml}\n---\n")
    assert (read.sdk, read.base_path, read.hf_oauth) == (sdk, base_path, oauth)


def test_without_the_c_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    read = card(tmp_path, HEALTHY)
    assert (read.sdk, read.fields["python_version"].raw, read.fields["title"].value) == (
        "docker",
        "3.10",
        "Demo 🚀",
    )
    assert "levels deep" in card(tmp_path, "---\na: " + "[" * 60_000 + "\n---\n").unreadable
