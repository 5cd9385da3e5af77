"""What uv and pip say when a step fails, as they said it, and what is made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_hfspace.fresh.failures import Context, is_silent, read_failure, unreachable
from pytest_hfspace.fresh.words import cut
from pytest_hfspace.space.requirement_lines import read_lines

RECORDED = Path(__file__).parent / "recorded"
REQUIREMENTS = "alpha\nbeta==2.0\ngamma>=1 ; python_version > '3'\nDelta.Dist\n"

#: a recorded output, the kind of its failure, the names, the line of the requirement
CASES = [
    ("conflict-pip", "conflict", {"alpha", "beta"}, 2),
    ("conflict-uv", "conflict", {"alpha", "beta"}, 2),
    ("conflict-uv-old", "conflict", {"alpha", "beta"}, 2),
    ("missing-pip", "missing", {"beta"}, 2),
    ("missing-of-another-pip", "missing", {"gamma", "nowhere"}, 3),
    ("missing-beside-ignored", "missing", {"beta"}, 2),
    ("missing-version-uv", "missing", {"beta"}, 2),
    ("missing-wheel-uv", "missing", {"gamma"}, 3),
    ("missing-uv-old", "missing", {"delta-dist"}, 4),
    ("python-pip", "python", {"gamma"}, 3),
    ("python-pip-index", "python", {"beta"}, 2),
    ("python-uv", "python", {"gamma"}, 3),
    ("python-uv-registry", "python", {"gamma"}, 3),
    ("compile-pip", "compile", {"gamma"}, 3),
    ("compile-pip-old", "compile", {"gamma"}, 3),
    ("compile-uv", "compile", {"gamma"}, 3),
    ("other-pip", "other", set(), 3),
]

#: a recorded output that tells nothing of the Space, and what it tells
OUTAGES = [
    ("refused-pip", "the package index cannot be reached"),
    ("refused-uv", "the package index cannot be reached"),
    ("offline-uv", "the package index cannot be reached"),
    ("server-error-pip", "the package index cannot be reached"),
    ("server-error-uv", "the package index cannot be reached"),
    ("credentials-uv", "the package index asks for credentials"),
    ("forbidden-uv", "the package index refuses access"),
    ("git-uv", "a requirement's git repository cannot be fetched from here"),
    ("full-pip", "there is no room for the packages"),
]


def recorded(name: str) -> str:
    return (RECORDED / f"{name}.txt").read_text(encoding="utf-8")


def context() -> Context:
    return Context(
        "Dockerfile",
        9,
        read_lines(REQUIREMENTS, "requirements.txt").requirements,
        {"/tmp/b/root": "", "/home/me": "~"},
        {"/app/requirements.txt": "requirements.txt"},
    )


@pytest.mark.parametrize(("name", "kind", "names", "line"), CASES, ids=[case[0] for case in CASES])
def test_failures_are_told_apart(name: str, kind: str, names: set[str], line: int) -> None:
    text = recorded(name)
    assert unreachable(text) == ""
    failure = read_failure(text, context())
    assert (failure.kind, set(failure.names)) == (kind, names)
    assert (failure.path, failure.line) == ("requirements.txt", line)
    assert "index.example" not in failure.words
    assert "/home/me" not in failure.words


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.words.txt")), ids=lambda path: path.name)
def test_the_words_that_matter_are_left(path: Path) -> None:
    failure = read_failure(recorded(path.name.removesuffix(".words.txt")), context())
    assert failure.words == path.read_text(encoding="utf-8").rstrip("\n")


def test_a_failure_that_names_nothing_is_the_steps() -> None:
    failure = read_failure("error: something else\n", context())
    assert (failure.kind, failure.words) == ("other", "something else")
    assert (failure.path, failure.line) == ("Dockerfile", 9)


@pytest.mark.parametrize(("name", "reason"), OUTAGES, ids=[case[0] for case in OUTAGES])
def test_what_is_no_fault_of_the_space_is_known(name: str, reason: str) -> None:
    assert unreachable(recorded(name)) == reason


def test_a_size_is_no_status() -> None:
    assert unreachable("     ━━━━━━━━━━ 1.4/407 kB 141.6 MB/s eta 0:00:00\n  Downloading 407 kB\n") == ""


def test_words_begin_with_the_error() -> None:
    text = "Something else\n     ━━━━━━━━━━ 1.4/1.4 MB 141.6 MB/s eta 0:00:00\nERROR: it is this\nand that\n"
    assert cut(text, {}) == "it is this\nand that"


def test_a_retry_that_was_followed_by_another_is_no_outage() -> None:
    text = (
        "WARNING: Retrying (Retry(total=1, connect=None)) after connection broken by 'RemoteDisconnected'\n"
    )
    assert unreachable(text) == ""


def test_an_index_of_the_repository_that_forbids_a_package_does_not_have_it() -> None:
    text = recorded("forbidden-uv")
    assert unreachable(text, ["--extra-index-url http://index.example/simple\n"]) == ""


def test_pip_is_silent_about_what_the_index_answered() -> None:
    assert is_silent(
        "ERROR: Could not find a version that satisfies the requirement q (from versions: none)\n"
    )
    assert not is_silent(
        "ERROR: Could not find a version that satisfies the requirement q (from versions: 1.0)\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://user:pass@index.example/simple/x for more", "see <URL> for more"),
        ("from https://index.example/f/name-1.0.tar.gz#sha256=12", "from <name-1.0.tar.gz>"),
        ("git+https://token@example.org/me/name.git@main failed", "<name.git@main> failed"),
        ("in /var/tmp/x/y/setup.py and ~/.cache/uv/z.whl", "in …/setup.py and …/z.whl"),
        ("in /b/root/app/libs/x and /b/rooted/y", "in /app/libs/x and …/y"),
        ("python >=3.9, </usr> 1/2 and a/b stay", "python >=3.9, </usr> 1/2 and a/b stay"),
        ("\x1b[31mred\x1b[0m", "red"),
    ],
)
def test_words_tell_nothing_of_this_machine(text: str, expected: str) -> None:
    assert cut(text, {"/b/root": ""}) == expected


def test_words_are_few_and_short() -> None:
    text = "".join(f"error: {number} {'x' * 5000}\n" for number in range(5000))
    words = cut(text, {})
    assert len(words.splitlines()) == 12
    assert len(words) < 12 * 301
