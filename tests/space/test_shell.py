from __future__ import annotations

import random
import time

import pytest

from pytest_hfspace.space.shell import Compound, Simple, read_shell, simple_commands
from pytest_hfspace.space.shell.tokens import UnreadableError
from pytest_hfspace.space.shell.words import Arg, Shell


def words(text: str) -> list[tuple[str, ...]]:
    return [simple.words for simple, _ in simple_commands(read_shell(text))]


def expanded(text: str, *arguments: str, **variables: str) -> list[str]:
    (item,) = read_shell(f"x {text}")
    assert isinstance(item, Simple)
    shell = Shell.of(variables, map(Arg, arguments))
    return [arg.text for arg in shell.expand_all(item.words[1:]) if not arg.absent]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a b && c || d; e & f\ng", [("a", "b"), ("c",), ("d",), ("e",), ("f",), ("g",)]),
        ("a 'b c' \"d;e\" f\\ g", [("a", "'b c'", '"d;e"', "f\\ g")]),
        ("a # b\nc#d", [("a",), ("c#d",)]),
        ("a \\\n b", [("a", "b")]),
        ("a $(b | c; d) `e f` ${g:-h i}", [("a", "$(b | c; d)", "`e f`", "${g:-h i}")]),
        ("if a; then b; elif c; then d; else e; fi", [("a",), ("b",), ("c",), ("d",), ("e",)]),
        ("for i in 1 2; do a; done; while b; do c; done", [("a",), ("b",), ("c",)]),
        ('case "$1" in x|y) a ;; (*) b ;; esac', [("a",), ("b",)]),
        ("f() { a; }; function g { b; }", [("a",), ("b",)]),
        ("(a; b) && { c; }", [("a",), ("b",), ("c",)]),
        ("a > b 2>&1 < c", [("a",)]),
        ("a --port 7860 > log", [("a", "--port", "7860")]),
        ("cat <<EOF > x\nif then\nEOF\nb", [("cat",), ("b",)]),
        ("[[ a && b ]] && c", [("[[", "a", "&&", "b", "]]"), ("c",)]),
        ("echo done fi }", [("echo", "done", "fi", "}")]),
        ("a <(b) c", [("a", "<(b)", "c")]),
        ("a\r\nb\r\n", [("a",), ("b",)]),
    ],
)
def test_commands(text: str, found: list[tuple[str, ...]]) -> None:
    assert words(text) == found


def test_lines_connectors_and_background() -> None:
    items = read_shell("a &&\nb | c &\n\nd")
    assert [(item.line, item.connector, item.background) for item in items] == [
        (1, "", True),
        (2, "&&", True),
        (2, "|", True),
        (4, "", False),
    ]


def test_assignments_only_before_the_command() -> None:
    (item,) = read_shell("A=1 B='2 3' c D=4")
    assert isinstance(item, Simple)
    assert item.assignments == (("A", "1"), ("B", "'2 3'"))
    assert item.words == ("c", "D=4")


def test_conditional_commands() -> None:
    found = list(simple_commands(read_shell("a; if b; then c; fi; d || e; { f; }")))
    assert [(simple.words[0], may) for simple, may in found] == [
        ("a", False),
        ("b", True),
        ("c", True),
        ("d", True),
        ("e", True),
        ("f", False),
    ]


@pytest.mark.parametrize(
    "text",
    ["if a; then b", "a 'b", 'a "b', "a $(b", "case x in", "fi", "a; )", "f() a", "{ a", "&& a", "a |"],
)
def test_what_is_no_program(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_shell(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$A ${A} '$A' \"$A\" \\$A", ["1", "1", "$A", "1", "$A"]),
        ("${B:-2} ${B-3} ${A:-4} ${A:+5} ${B:+6}", ["2", "3", "1", "5"]),
        ('"$B" $B', [""]),
        ("${B:-${C:-${A}}}", ["1"]),
        ('$W "$W"', ["x", "y", "x y"]),
        ('"$@" $1 ${2}', ["p", "q r", "p", "q", "r"]),
        ("0.0.0.0:${PORT:-7860}", ["0.0.0.0:7860"]),
        ("${B:-'it is'}", ["it", "is"]),
        ("$ $% a$", ["$", "$%", "a$"]),
    ],
)
def test_expansion(text: str, found: list[str]) -> None:
    assert expanded(text, "p", "q r", A="1", W="x y") == found


@pytest.mark.parametrize(
    ("text", "source", "variable"),
    [
        ("7860", "literal", ""),
        ("$A", "environment", "A"),
        ("${A:-2}", "environment", "A"),
        ("${B:-2}", "fallback", "B"),
        ("${B:=2}", "fallback", "B"),
        ("$B", "unset", "B"),
        ("x:$B", "unset", "B"),
        ("${B:-${C:-2}}", "fallback", "B"),
    ],
)
def test_where_a_value_came_from(text: str, source: str, variable: str) -> None:
    (arg,) = Shell.of({"A": "1"}).expand(text)
    assert (arg.source, arg.variable, arg.opaque) == (source, variable, False)


@pytest.mark.parametrize(
    "text", ["$(date)", "`date`", "${A%$B}", "${A/1/2}", "${A:0:1}", "$((1+1))", "$?", "$0", "$BASH_SOURCE"]
)
def test_what_only_a_run_would_tell(text: str) -> None:
    assert Shell.of({"A": "1"}).expand(text)[0].opaque


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("${A%/*}", "/a/b"),
        ("${A%%/*}", ""),
        ("${A#*/}", "a/b/c.sh"),
        ("${A##*/}", "c.sh"),
        ("${A%.sh}", "/a/b/c"),
        ("${A%x}", "/a/b/c.sh"),
        ('"${A%/[a-c]*}"', "/a/b"),
    ],
)
def test_parts_that_are_cut_off(text: str, found: str) -> None:
    (arg,) = Shell.of({"A": "/a/b/c.sh"}).expand(text)
    assert (arg.text, arg.opaque) == (found, False)


def test_a_value_too_long_to_be_cut_is_not_known() -> None:
    assert Shell.of({"A": "a" * 5000}).expand("${A%%*b*}")[0].opaque


def test_a_default_that_is_assigned_stays() -> None:
    shell = Shell.of({})
    shell.expand('"${PORT:=7860}"')
    (arg,) = shell.expand("$PORT")
    assert (arg.text, arg.source, arg.variable) == ("7860", "fallback", "PORT")


def test_values_that_double_are_cut() -> None:
    shell = Shell.of({"A": "x" * 100})
    for _ in range(40):
        shell.variables["A"] = shell.value("$A$A")
    assert shell.variables["A"].opaque
    assert len(shell.variables["A"].text) < 1_000_000


@pytest.mark.parametrize(
    "text",
    ["$(" * 60_000, "(" * 60_000, "{ " * 60_000, "if " * 60_000, "a 'b' \"c\" ; " * 8_000, "<<A " * 20_000,
     "a && " * 20_000 + "b", "f() { " * 20_000, "! " * 60_000, "a & " * 20_000, "${A:-" * 20_000,
     "a;" * 200_000],
    ids=range(12),
)  # fmt: skip
def test_hostile_text_ends_in_bounded_time(text: str) -> None:
    started = time.process_time()
    try:
        found = len(read_shell(text))
    except UnreadableError as error:
        found = len(str(error))
    assert found > 0
    assert time.process_time() - started < 10


def test_garbage_is_read_or_refused() -> None:
    chooser = random.Random(3)
    pieces = [
        "if ",
        "then ",
        "fi",
        "a ",
        "$(",
        ")",
        "{ ",
        "}",
        "'",
        '"',
        "`",
        "\n",
        ";",
        "&&",
        "|",
        "<<E",
        "\\",
        "$",
        "case ",
    ]
    refused = 0
    for _ in range(1000):
        text = "".join(chooser.choices(pieces, k=chooser.randrange(25)))
        try:
            items = read_shell(text)
        except UnreadableError:
            refused += 1
        else:
            assert all(isinstance(item, (Simple, Compound)) for item in items)
            for simple, _ in simple_commands(items):
                Shell.of({}).expand_all(simple.words)
    assert 0 < refused < 1000
