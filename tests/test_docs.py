"""The generated pages are what the generator writes now."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pytest_hfspace.checks.card_schema import RULES

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


def test_main_writes_every_page(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "PAGES", {tmp_path / "card.md": generate.card})
    generate.main()
    assert (tmp_path / "card.md").read_text(encoding="utf-8") == generate.card()
