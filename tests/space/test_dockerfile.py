from __future__ import annotations

import random
import time

import pytest

from pytest_hfspace.space.dockerfile import Instruction, parse_dockerfile


def only(text: str) -> Instruction:
    parsed = parse_dockerfile(f"FROM a\n{text}")
    assert parsed.errors == ()
    (instruction,) = parsed.instructions[1:]
    return instruction


def test_plain_file() -> None:
    parsed = parse_dockerfile('FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD ["uvicorn", "main:app"]\n')
    assert [(i.name, i.line) for i in parsed.instructions] == [
        ("FROM", 1),
        ("WORKDIR", 2),
        ("COPY", 3),
        ("CMD", 4),
    ]
    assert parsed.instructions[3].words == ("uvicorn", "main:app")
    assert parsed.errors == ()


@pytest.mark.parametrize("text", ["\ufeffFROM a\r\nRUN b\r\n", "from a\nrun b", "  FROM a\n\t RUN b\n\n"])
def test_bom_line_ends_case_and_indentation(text: str) -> None:
    parsed = parse_dockerfile(text)
    assert [(i.name, i.text) for i in parsed.instructions] == [("FROM", "a"), ("RUN", "b")]
    assert parsed.errors == ()


def test_continuations_skip_comments_and_empty_lines_and_keep_the_first_line() -> None:
    instruction = only("RUN a && \\\n  # why\n\n  b \\ \n && c\n")
    assert instruction.line == 2
    assert instruction.text.split() == ["a", "&&", "b", "&&", "c"]


def test_a_doubled_escape_does_not_continue() -> None:
    parsed = parse_dockerfile("FROM a\nRUN echo x\\\\\nUSER b")
    assert [i.name for i in parsed.instructions] == ["FROM", "RUN", "USER"]


def test_escape_directive() -> None:
    parsed = parse_dockerfile(
        "# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN b `\n c\nRUN d\\\nUSER e"
    )
    assert [i.text.split() for i in parsed.instructions] == [["a"], ["b", "c"], ["d\\"], ["e"]]
    assert parsed.escape == "`"


def test_a_directive_below_a_comment_is_a_comment() -> None:
    assert parse_dockerfile("# hello\n# escape=`\nFROM a").escape == "\\"


def test_escape_directive_of_another_character() -> None:
    assert parse_dockerfile("# escape=x\nFROM a").errors[0][0] == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('CMD ["a", "b c"]', ("a", "b c")),
        ("CMD ['a', 'b']", None),
        ('CMD ["a" "b"]', None),
        ('CMD ["a",]', None),
        ('CMD ["a"] && b', None),
        ("CMD a b", None),
        ("ENTRYPOINT []", ()),
        ('CMD [ \\\n "a", \\\n "b" ]', ("a", "b")),
    ],
)
def test_exec_form_is_json_or_shell_form(text: str, words: tuple[str, ...] | None) -> None:
    assert only(text).words == words


@pytest.mark.parametrize(
    ("text", "flags", "rest"),
    [
        ("COPY --from=b --chown=u:g x y", {"from": "b", "chown": "u:g"}, "x y"),
        ("COPY --link x y", {"link": ""}, "x y"),
        ('RUN --mount=type=cache,target=/c --mount="type=secret,id=a b" d', {
            "mount": "type=cache,target=/c\ntype=secret,id=a b"}, "d"),
        ("FROM --platform=$P x", {"platform": "$P"}, "x"),
        ("COPY --link=false --parents=true x y", {"parents": "true"}, "x y"),
        ("COPY -- --x y", {}, "--x y"),
        ("COPY --chown=a \\\n --chmod=1 x y", {"chown": "a", "chmod": "1"}, "x y"),
    ],
)  # fmt: skip
def test_flags(text: str, flags: dict[str, str], rest: str) -> None:
    instruction = parse_dockerfile(f"FROM a\n{text}").instructions[1]
    assert instruction.flags == flags
    assert " ".join(instruction.text.split()) == rest


def test_heredocs() -> None:
    parsed = parse_dockerfile(
        "FROM a\nCOPY <<one <<-'two' /x/\nFROM b\none\n\tc $D\n\ttwo\nRUN <<EOF\npip install x\nEOF\nUSER u\n"
    )
    copy, run, user = parsed.instructions[1:]
    assert [(d.name, d.body, d.line, d.expand) for d in copy.heredocs] == [
        ("one", "FROM b\n", 3, True),
        ("two", "c $D\n", 5, False),
    ]
    assert run.heredocs[0].body == "pip install x\n"
    assert (user.line, parsed.errors) == (10, ())


@pytest.mark.parametrize(
    "text", ['RUN echo "<<EOF"', "RUN python -c 'x <<EOF'", "RUN echo $((1<<2))", "CMD cat <<EOF"]
)
def test_what_only_looks_like_a_heredoc(text: str) -> None:
    assert only(text).heredocs == ()


def test_stages() -> None:
    parsed = parse_dockerfile("ARG V=1\nFROM a AS x\nRUN b\nFROM x\nUSER c\n")
    assert [[i.name for i in stage] for stage in parsed.stages] == [["FROM", "RUN"], ["FROM", "USER"]]


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("FROM a\nRUNN b", 2, "RUNN"),
        ("FROM a\n\nCOPY x", 3, "COPY"),
        ("FROM a b", 1, "FROM"),
        ("FROM", 1, "FROM"),
        ("RUN x\nFROM a", 1, "RUN"),
        ("RUN x", 1, "FROM"),
        ("", 1, "FROM"),
        ("FROM a\nRUN <<EOF\nx", 2, "EOF"),
        ("FROM a\nENV X", 2, "ENV"),
        ("FROM a\nif true; then", 2, "if"),
        ("FROM a\nARG =x", 2, "ARG"),
        ("FROM a\nLABEL x", 2, "LABEL"),
        ("FROM a\nCOPY a <<EOF\nx\nEOF", 2, "destination"),
        ("FROM a\nCOPY --link=maybe a b", 2, "true or false"),
        ("FROM a\nCOPY --from=a --from=b c d", 2, "twice"),
        ("FROM a\nRUN --network=lan x", 2, "default or none or host"),
        ("FROM a\nRUN --security=none x", 2, "insecure or sandbox"),
        ("FROM a\nHEALTHCHECK NONE x", 2, "NONE"),
        ("FROM a\nHEALTHCHECK CMD", 2, "command"),
        ('FROM a\nVOLUME ["/a", " "]', 2, "empty path"),
        ("FROM $X", 1, "$X"),
        ("FROM python:${X}-slim", 1, "$X"),
    ],
)
def test_errors_name_their_line(text: str, line: int, word: str) -> None:
    errors = parse_dockerfile(text).errors
    assert [number for number, _ in errors] == [line]
    assert word in errors[0][1]


@pytest.mark.parametrize(
    "text",
    [
        "FROM a as b",
        "FROM --platform=linux/amd64 a",
        "ARG X\nARG Y=1\nFROM $X",
        "FROM a\nENV X y\nCMD x",
        "# syntax=someone/other\nname: x",
        'FROM a\nHEALTHCHECK CMD ["a"]',
        "#!/usr/bin/env x\nFROM a",
        "# check=skip=all\n# syntax=docker/dockerfile:1\nFROM a",
    ],
)
def test_no_errors(text: str) -> None:
    assert parse_dockerfile(text).errors == ()


def test_quotations_are_short_and_printable() -> None:
    ((_, sentence),) = parse_dockerfile("FROM a\n\x1b[31m" + "x" * 500).errors
    assert "\x1b" not in sentence
    assert len(sentence) < 80


_MIB = 1024 * 1024


@pytest.mark.parametrize(
    "text",
    [
        "\\\n" * (_MIB // 2),
        "RUN " + "<<A " * (_MIB // 4),
        "COPY " + "--a=b " * (_MIB // 6),
        "CMD " + "[" * _MIB,
        'RUN "' + "\\" * _MIB,
        "RUN x" + " " * _MIB + "\\",
        "\n".join(["RUN <<A"] * (_MIB // 8)),
        ("RUN a \\\n" + "#\n" * 50) * (_MIB // 108),
        "ENV " + "${A:-" * (_MIB // 5),
        "\x00" * _MIB,
        "é\n" * (_MIB // 2),
    ],
    ids=range(11),
)
def test_hostile_text_ends_in_bounded_time(text: str) -> None:
    started = time.process_time()
    parsed = parse_dockerfile(f"FROM a\n{text}")
    assert parsed.instructions[0].name == "FROM"
    assert len(parsed.errors) <= 20
    assert time.process_time() - started < 10


def test_garbage_never_raises() -> None:
    chooser = random.Random(7)
    pieces = [
        "FROM ",
        "RUN ",
        "COPY ",
        "<<E",
        "\\",
        "\n",
        '"',
        "'",
        "[",
        "]",
        "--from=",
        "$",
        "{",
        "#",
        " ",
        "\x00",
    ]
    for _ in range(500):
        text = "".join(chooser.choices(pieces, k=chooser.randrange(60)))
        parsed = parse_dockerfile(text)
        assert all(line >= 1 for line, _ in parsed.errors)
