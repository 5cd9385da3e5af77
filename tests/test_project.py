"""The project's own promises: what the index shows, what the README says, what the plugin needs."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def metadata() -> importlib.metadata.PackageMetadata:
    try:
        return importlib.metadata.metadata("pytest-hfspace")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("pytest-hfspace is not installed in this environment")


def test_the_index_shows_the_readme_without_the_card() -> None:
    description = metadata().get_payload()  # type: ignore[attr-defined]  # an email.message.Message
    assert description.lstrip().startswith("# pytest-hfspace")
    assert "sdk: docker" not in description
    assert README.startswith("---\ntitle: ")


def test_the_plugin_is_registered_and_typed() -> None:
    names = {entry.name: entry.value for entry in importlib.metadata.entry_points(group="pytest11")}
    metadata()
    assert names["hfspace"] == "pytest_hfspace.plugin"
    assert (ROOT / "pytest_hfspace" / "py.typed").is_file()


def test_the_readme_is_short_and_names_both_commands() -> None:
    lines = README.splitlines()
    assert len(lines) < 150
    assert "pip install -e . -r requirements.txt && pytest --hfspace" in lines
    assert 'pip install -e ".[dev]" && pytest' in lines


def test_every_public_fixture_is_in_the_readme_and_documented() -> None:
    source = (ROOT / "pytest_hfspace" / "fixtures.py").read_text(encoding="utf-8")
    fixtures = set(re.findall(r"@pytest\.fixture.*\ndef (space\w*)\(", source))
    documented = (ROOT / "docs" / "fixtures.md").read_text(encoding="utf-8")
    promised = {
        "space",
        "space_app",
        "space_lifespan",
        "space_client",
        "space_http",
        "space_routes",
        "space_route",
        "space_env",
        "space_server",
    }
    assert promised <= fixtures
    assert [name for name in sorted(promised) if f"`{name}`" not in README] == []
    assert [name for name in sorted(promised) if not re.search(rf"^#+ `?{name}\b", documented, re.M)] == []


def test_links_of_the_documentation_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    links = [
        (page.name, target)
        for page in pages
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert links == []


def test_every_option_is_documented() -> None:
    plugin = (ROOT / "pytest_hfspace" / "plugin.py").read_text(encoding="utf-8")
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    options = set(re.findall(r'"(--hfspace[\w-]*)"', plugin)) | {"--hfspace-select", "--hfspace-ignore"}
    assert len(options) > 10
    assert sorted(option for option in options if f"`{option}" not in reference) == []
    settings = set(re.findall(r'ini\("(hfspace_\w+)"', plugin))
    assert sorted(name for name in settings if f"`{name}`" not in reference) == []


def test_supported_pythons() -> None:
    classifiers = metadata().get_all("Classifier") or []
    for minor in range(10, 15):
        assert f"Programming Language :: Python :: 3.{minor}" in classifiers
    assert sys.version_info >= (3, 10)
