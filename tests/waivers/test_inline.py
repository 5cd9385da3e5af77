"""Waivers in the files of a Space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from pytest_hfspace.check import Result
from pytest_hfspace.space.files import SUBMODULE, SYMLINK, Tracked
from pytest_hfspace.waivers import Waiver, apply, inline_waivers
from tests.checks.factories import make_space

from .facts import KNOWN, TODAY, make_finding, make_result


def read(files: Mapping[str, str | bytes], prefix: str = "") -> tuple[Waiver, ...]:
    return inline_waivers(make_space(files), KNOWN, prefix)


def only(files: Mapping[str, str | bytes]) -> Waiver:
    found = read(files)
    assert len(found) == 1, found
    return found[0]


def waived_lines(path: str, text: str | bytes, code: str = "HFS703") -> list[int]:
    """The lines of the file whose findings do not count."""
    waivers = read({path: text})
    assert [waiver.problem for waiver in waivers if waiver.problem] == []
    results: list[Result] = [make_result(code, make_finding(path=path, line=line)) for line in range(1, 20)]
    return [
        finding.line or 0
        for result in results
        for finding in apply(result, waivers, TODAY).findings
        if finding.waived
    ]


def test_a_space_without_any() -> None:
    assert inline_waivers(make_space(), KNOWN) == ()


def test_one_beside_the_line() -> None:
    waiver = only(
        {"app/config.py": 'A = 1\nB = "x"  # hfspace: waive HFS703 it is public (until 2027-01-31)\n'}
    )
    assert waiver == Waiver(
        text="hfspace: waive HFS703 it is public (until 2027-01-31)",
        origin="app/config.py:2",
        codes=frozenset({"HFS703"}),
        reason="it is public",
        until=date(2027, 1, 31),
        path="app/config.py",
        lines=range(2, 3),
    )
    assert waiver.says == "it is public (app/config.py:2, until 2027-01-31)"


WAIVER = "hfspace: waive HFS703 it is public"


@pytest.mark.parametrize(
    ("path", "text", "lines"),
    [
        ("a.py", f"x = 1\ny = 2  # {WAIVER}\nz = 3\n", [2]),
        ("a.py", f"x = 1\n# {WAIVER}\ny = 2\nz = 3\n", [2, 3]),
        ("a.py", f"# {WAIVER}\n# which is\n# a long story\ny = 2\nz = 3\n", [1, 2, 3, 4]),
        ("a.py", f"# a long story\n# {WAIVER}\ny = 2\nz = 3\n", [2, 3]),
        ("a.py", f"# {WAIVER}\n\ny = 2\n", [1, 2]),  # an empty line is what it stands above
        ("a.py", f"f(\n    1,\n    # {WAIVER}\n    2,\n    3,\n)\n", [3, 4]),
        ("a.py", f"x = 1  # {WAIVER}\n# another comment\ny = 2\n", [1]),
        ("a.py", f"# {WAIVER}\nx = 1 + \\\n    2\ny = 3\n", [1, 2, 3]),
        ("a.py", f"x = 1 + \\\n    2  # {WAIVER}\ny = 3\n", [2]),
        ("a.py", f"y = 2  # {WAIVER}\r\nz = 3\r\n", [1]),
        ("a.py", f"x = 1\r# {WAIVER}\ry = 2\rz = 3\r", [2, 3]),
        ("a.py", f"# {WAIVER}", [1, 2]),
        ("a.py", f"x = 1  # noqa: S104  # {WAIVER}\n", [1]),
        ("a.py", f"x = 1  # {WAIVER}  # noqa: S104\n", [1]),
        ("a.py", f"def f(:\n    x = 1  # {WAIVER}\n", [2]),
        ("Dockerfile", f"FROM x\n# {WAIVER}\nRUN a \\\n && b \\\n && c\nRUN d\n", [2, 3, 4, 5]),
        ("Dockerfile", f"FROM x\nRUN a \\\n  # {WAIVER}\n && b\nRUN d\n", [3, 4]),
        (".env", f"A=1 # {WAIVER}\nB=2\n", [1]),
        ("index.html", f"<p>\n<!-- {WAIVER} -->\n<p>\n", [2, 3]),
        ("index.html", f"<!--\n  {WAIVER}\n-->\n<p>\n<p>", [2, 3, 4]),
        ("index.html", f"<p> <!-- {WAIVER} -->\n", [1]),
        ("a.html", f"{{# {WAIVER} #}}\n<p>\n<p>\n", [1, 2]),
        ("a.js", f"f(); // {WAIVER}\ng();\n", [1]),
        ("a.js", f"f(); // eslint-disable-line // {WAIVER}\n", [1]),
        ("a.js", f"/*\n * {WAIVER}\n */\nf();\ng();\n", [2, 3, 4]),
        ("a.jsx", f"<div>\n  {{/* {WAIVER} */}}\n  <p/>\n</div>\n", [2, 3]),
        ("README.md", f"---\nsdk: docker # {WAIVER}\n---\n# {WAIVER}\n", [2]),
    ],
)
def test_the_lines_that_it_is_about(path: str, text: str, lines: list[int]) -> None:
    assert waived_lines(path, text) == lines


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", f"x = '# {WAIVER}'\n"),
        ("a.py", f'"""Say:\n\n# {WAIVER}\n"""\n'),
        ("a.py", f'# Write "# {WAIVER}" beside it.\n'),
        ("a.py", f"# Write `# {WAIVER}` beside it.\n"),
        ("a.py", f"# so hfspace: waive is what to write: {WAIVER}\n"),
        ("a.py", "# hfspace: waiver HFS703 why\n"),
        ("a.py", "# hfspace: waive-all HFS703 why\n"),
        ("a.py", "# hfspace: ready\n"),
        ("a.yaml", f"key: '# {WAIVER}'\n"),
        ("docs/waivers.md", f"```python\nx = 1  # {WAIVER}\n```\n"),
        ("notes.txt", f"# {WAIVER}\n"),
        ("packages.txt", f"libgl1 # {WAIVER}\n"),
        ("data.json", f'{{"a": "# {WAIVER}"}}'),
        ("pnpm-lock.yaml", f"# {WAIVER}\n"),
        ("picture.png", f"# {WAIVER}\n"),
        ("a.py", f"# {WAIVER}\n".encode() + b"\0" * 8),
        ("a.py", f"# {WAIVER}\n" + "#" * (1 << 20)),
    ],
)
def test_what_only_looks_like_one(path: str, text: str | bytes) -> None:
    assert read({path: text}) == ()


def test_another_line_or_file_or_check_is_not_meant() -> None:
    waiver = only({"a.py": f"x = 1  # {WAIVER}\n"})
    assert waiver.covers(make_result("HFS703"), make_finding(path="a.py", line=1))
    assert not waiver.covers(make_result("HFS703"), make_finding(path="a.py", line=2))
    assert not waiver.covers(make_result("HFS703"), make_finding(path="a.py", line=None))
    assert not waiver.covers(make_result("HFS703"), make_finding(path="b/a.py", line=1))
    assert not waiver.covers(make_result("HFS802"), make_finding(path="a.py", line=1))


def test_two_codes_are_two_waivers() -> None:
    first, second = read({"a.py": "x = 1  # hfspace: waive HFS703, HFS802 it is public\n"})
    assert (first.codes, second.codes) == ({"HFS703"}, {"HFS802"})
    assert first.origin == second.origin == "a.py:1"


def test_two_in_one_comment() -> None:
    first, second = read({"a.py": "x = 1  # hfspace: waive HFS703 public # hfspace: waive HFS802 cached\n"})
    assert (first.codes, first.reason) == ({"HFS703"}, "public")
    assert (second.codes, second.reason) == ({"HFS802"}, "cached")


@pytest.mark.parametrize(
    ("comment", "problem"),
    [
        ("hfspace: waive HFS703", "'hfspace: waive HFS703' has no reason: say why"),
        ("hfspace: waive", "'hfspace: waive' should be hfspace: waive CODE reason (until YYYY-MM-DD)"),
        ("hfspace: waive HFS730 why", "there is no check 'HFS730'; did you mean HFS703-secret-default"),
        ("hfspace:waive HFS703 why (until 2027-02-30)", "'2027-02-30' is not a day such as 2027-01-31"),
    ],
)  # fmt: skip
def test_one_that_cannot_be_read_names_its_place(comment: str, problem: str) -> None:
    (waiver,) = inline_waivers(make_space({"a.py": f"x = 1\ny = 2  # {comment}\n"}), KNOWN, "spaces/chat/")
    assert waiver.origin == "spaces/chat/a.py:2"
    assert waiver.problem.startswith(problem)
    assert not waiver.covers(make_result("HFS703"), make_finding(path="a.py", line=2))


def test_a_space_further_down_has_its_own() -> None:
    files = {
        "spaces/chat/README.md": "---\r\ntitle: x\r\nsdk: docker\r\n---\r\n",
        "spaces/chat/a.py": f"# {WAIVER}",
    }
    assert only(files).foreign
    assert not only(
        {"spaces/chat/README.md": "# Chat\n\nsdk: docker\n", "spaces/chat/a.py": f"# {WAIVER}"}
    ).foreign
    assert not only(
        {"spaces/README.md": "---\ntitle: x\n---\nsdk: y\n", "spaces/chat/a.py": f"# {WAIVER}"}
    ).foreign
    assert not only({"README.md": "---\nsdk: docker\n---\n", "spaces/chat/a.py": f"# {WAIVER}"}).foreign


def test_a_link_shows_what_stands_elsewhere() -> None:
    space = make_space({"a.py": f"# {WAIVER}\n", "b.py": f"# {WAIVER}\n", "c.py": f"# {WAIVER}\n"})
    tracked = {**space.files.tracked, "b.py": Tracked("b.py", SYMLINK), "c.py": Tracked("c.py", SUBMODULE)}
    found = inline_waivers(replace(space, files=replace(space.files, tracked=tracked)), KNOWN)
    assert [waiver.path for waiver in found] == ["a.py"]


def test_a_file_that_cannot_be_read_is_left_out() -> None:
    space = make_space({"sub/a.py": f"# {WAIVER}\n"})
    gone = {path: Tracked(path, 0o100644) for path in ("gone.py", "sub/README.md")}
    files = replace(space.files, tracked={**gone, **space.files.tracked})
    (waiver,) = inline_waivers(replace(space, files=files), KNOWN)
    assert (waiver.path, waiver.foreign) == ("sub/a.py", False)


def test_other_encodings() -> None:
    assert only({"a.py": f"x = 'ä'  # {WAIVER}\n".encode("latin-1")}).lines == range(1, 2)
    assert only({"a.py": f"\ufeffx = 1  # {WAIVER}\n"}).lines == range(1, 2)


def test_utf_16(tmp_path) -> None:
    from pytest_hfspace.space.files import Files

    (tmp_path / "requirements.txt").write_bytes(f"fastapi  # {WAIVER}\r\n".encode("utf-16"))
    files = Files(tmp_path, {"requirements.txt": Tracked("requirements.txt", 0o100644)})
    (waiver,) = inline_waivers(replace(make_space(), files=files), KNOWN)
    assert waiver.lines == range(1, 2)


def test_a_name_with_a_newline_is_escaped_as_in_findings() -> None:
    waiver = only({"a\nb.py": f"# {WAIVER}\x1b[31m\n"})
    assert waiver.origin == "a\\nb.py:1"
    assert (waiver.text + waiver.origin + waiver.reason).isprintable()
    assert waiver.covers(make_result("HFS703"), make_finding(path="a\nb.py", line=1))
    assert waiver.covers(make_result("HFS703"), make_finding(path="a\\nb.py", line=1))


def test_thousands_end_in_one_problem() -> None:
    found = read({"a.py": f"# {WAIVER}\n" * 1001})
    assert len(found) == 1001
    assert [waiver.problem for waiver in found if waiver.problem] == [
        "is one too many: only the first 1000 comments are read"
    ]
    assert found[-1].problem
    assert not any(waiver.problem for waiver in read({"a.py": f"# {WAIVER}\n" * 1000}))


def test_it_is_found_in_results_without_secrets() -> None:
    waiver = only({"hunter2/a.py": f"# {WAIVER}\n"}).redacted(lambda text: text.replace("hunter2", "<TOKEN>"))
    assert waiver.covers(make_result("HFS703"), make_finding(path="<TOKEN>/a.py", line=1))
    assert waiver.origin == "<TOKEN>/a.py:1"
