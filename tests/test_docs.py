"""The generated pages are what the generator writes now."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_hfspace.check import Check
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.checks.card.schema import RULES
from pytest_hfspace.explanations import explanation
from pytest_hfspace.report.catalogue import FAMILIES, summary
from pytest_hfspace.report.schema import SCHEMA, problems
from pytest_hfspace.space import read_space
from pytest_hfspace.space.secrets import find_secrets
from pytest_hfspace.waivers import inline_waivers
from tests.helpers import write_space
from tests.report.test_schema import undocumented

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """``docs/generate.py``, which belongs to no package."""
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


def test_the_pages_are_up_to_date(generate: ModuleType) -> None:
    stale = [
        path.name
        for path, page in generate.PAGES.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != page()
    ]
    assert stale == [], "run: python docs/generate.py"


def test_the_card_page_has_every_field(generate: ModuleType) -> None:
    page = generate.card()
    assert [key for key in RULES if f"\n## {key}\n" not in page] == []
    assert [key for key, rule in RULES.items() if rule.refusal and rule.refusal not in page] == []
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len(rows) == len(RULES) + 2
    assert {row.count("|") for row in rows} == {6}


# -- the checks


@pytest.fixture(scope="module")
def sections(generate: ModuleType) -> dict[str, str]:
    """What the page says of each check."""
    parts = re.split(r"^### (.*)$", generate.checks(), flags=re.M)
    assert len(set(parts[1::2])) == len(parts) // 2
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_check_has_a_row_in_its_family(generate: ModuleType) -> None:
    overview = generate.checks().partition("\n### ")[0]
    families = overview.split("\n## ")[1:]
    assert [family.splitlines()[0] for family in families] == [name for name, _ in FAMILIES.values()]
    for digit, family in zip(FAMILIES, families, strict=True):
        rows = [line.split(" | ") for line in family.splitlines() if line.startswith("| [")]
        expected = sorted(
            (each for each in CATALOGUE if each.code.startswith(digit)), key=lambda each: each.code
        )
        assert [row[0] for row in rows] == [f"| [{each.code}](#{each.code.lower()})" for each in expected]
        assert [row[1:4] for row in rows] == [
            [each.name, each.level, each.predicts.value] for each in expected
        ]
        assert all(len(row) == 5 and row[4].endswith(" |") for row in rows)


def test_the_sections_are_in_order(sections: dict[str, str]) -> None:
    # GitHub makes the anchor #hfs410 of a heading that is the code and nothing else
    assert list(sections) == sorted(each.code for each in CATALOGUE)


@pytest.mark.parametrize("each", CATALOGUE, ids=lambda each: each.code)
def test_a_section_says_all(each: Check, sections: dict[str, str], generate: ModuleType) -> None:
    text, more = sections[each.code], explanation(each.code)
    assert more is not None
    head = f"\n\n**{each.name}** · {each.level} · {each.predicts.value} · since {each.since}\n\n"
    assert text.startswith(head + generate._prose(summary(each))[:40])
    parts = {
        "- **On the Hub:** ": True,
        "- **Left alone:** ": bool(more.leaves),
        "- **Needs:** ": bool(each.needs),
        "- **Sources:** ": True,
        f"`hfspace_ignore = {each.code}`": True,
        f"`hfspace_waive = {each.code}[": True,
        "\n**Wrong**\n": True,
        "\n**Right**\n": True,
    }
    assert {part: part in text for part in parts} == parts
    assert all(f"`{path}`" in text for path in (*more.wrong, *more.right))
    assert all(f"[{code}](#{code.lower()})" in text for code in each.needs)


def test_fences_are_closed(sections: dict[str, str]) -> None:
    for code, text in sections.items():
        fences = re.findall(r"^(`{3,})(.*)$", text, re.M)
        assert len(fences) % 2 == 0, code
        assert all(language for _, language in fences[::2]), code
        assert not any(language for _, language in fences[1::2]), code


def test_examples_stand_as_they_are(generate: ModuleType) -> None:
    files = {"Dockerfile": "FROM a\n", "a.md": "```\n<b>*\n````\n", "b.bin": b"\0" * 2048, "c": None}
    assert generate._files(files) == [
        *("", "`Dockerfile`:", "", "```dockerfile", "FROM a", "```"),
        *("", "`a.md`:", "", "`````markdown", "```", "<b>*", "````", "`````"),
        *("", "`b.bin`: 2 KiB, binary", "", "`c`: not there"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, with app_port and main.py:3", "plain, with app_port and main.py:3"),
        ("2 * cores <b> $PORT ~/x", r"2 \* cores \<b> \$PORT \~/x"),
        ("`a*b <c>` and *", r"`a*b <c>` and \*"),
        ("__file__ and _x, y_", r"\_\_file\_\_ and \_x, y\_"),
        ("[Errno 2], [a](b)", r"[Errno 2], [a\](b)"),
        ("C:\\x", r"C:\\x"),
    ],
)
def test_prose_is_no_markup(generate: ModuleType, text: str, expected: str) -> None:
    assert generate._prose(text) == expected


def test_the_page_holds_no_credential_and_no_waiver(generate: ModuleType, tmp_path: Path) -> None:
    page = generate.checks()
    assert list(find_secrets(page)) == []
    assert "HF_TOKEN=hf_" in page  # masked, not left out
    space = read_space(write_space(tmp_path / "space", {"README.md": "# x", "docs/checks.md": page}))
    assert inline_waivers(space, {each.code: each for each in CATALOGUE}) == ()


# -- the report


@pytest.fixture(scope="module")
def report_page() -> str:
    return (ROOT / "docs" / "report.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.M | re.S)


@pytest.fixture
def readiness_json(report_page: str, tmp_path: Path) -> Any:
    """The example of the page, as a file beside which its scripts are run."""
    (text,) = blocks(report_page, "json")
    (tmp_path / "readiness.json").write_text(text, encoding="utf-8")
    return json.loads(text)


SAID = "HFS410 Dockerfile:6 the server listens on port 8000, the Hub connects to 7860\n"


def test_the_example_is_a_whole_report(readiness_json: Any) -> None:
    assert problems(readiness_json) == []
    assert undocumented(readiness_json) == []
    assert set(readiness_json) == set(SCHEMA["$defs"]["report"]["properties"])


def test_the_script_reads_it(readiness_json: Any, report_page: str, tmp_path: Path) -> None:
    (script,) = blocks(report_page, "python")
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == SAID


@pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq")
def test_jq_reads_it(readiness_json: Any, report_page: str, tmp_path: Path) -> None:
    script = blocks(report_page, "sh")[1]
    done = subprocess.run(["sh", "-ec", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{SAID}/home/ada/chat APP_STARTING\n"


def test_every_field_is_in_the_schema_that_is_published(generate: ModuleType) -> None:
    assert json.loads(generate.schema()) == SCHEMA


def test_main_writes_every_page(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "PAGES", {tmp_path / "card.md": generate.card})
    generate.main()
    assert (tmp_path / "card.md").read_text(encoding="utf-8") == generate.card()
