# ruff: noqa: INP001 - a script, which belongs to no package
"""Writes the pages of the documentation that are made from the code: ``python docs/generate.py``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
#: Run from a checkout, whether the package is installed or not.
sys.path.insert(0, str(ROOT))

_TYPES: Final = {
    "text": "text",
    "number": "whole number",
    "boolean": "true or false",
    "texts": "list of texts",
    "text or texts": "text, or list of texts",
    "mapping": "mapping",
}


def card() -> str:
    """``docs/card.md``: every field of the card, from the table that the checks judge by."""
    from pytest_hfspace.checks.card_schema import RULES
    from pytest_hfspace.contract import DATE, SDKS

    lines = [
        "# The card",
        "",
        "<!-- Written by docs/generate.py from pytest_hfspace/checks/card_schema.py. -->",
        "",
        "The YAML block at the top of `README.md` configures a Space. These are the fields that the Hub",
        f"knows, as of {DATE}, and what HFS103 and HFS104 ask of their values. A key that is nearly one of",
        "these is HFS105, one that the Space's SDK does not read HFS106; any other key is left alone.",
        "",
        "| field | type | SDKs | default | meaning |",
        "|---|---|---|---|---|",
    ]
    for key, rule in RULES.items():
        sdks = "none" if rule.retired else ", ".join(rule.sdks) or "all"
        meaning = f"{rule.meaning} Not read any more: {rule.retired}." if rule.retired else rule.meaning
        lines.append(_row([f"[`{key}`](#{key.lower()})", _TYPES[rule.kind], sdks, rule.default, meaning]))
    for key, rule in RULES.items():
        lines += ["", f"## {key}", "", f"{rule.meaning} For example `{key}: {rule.example}`.", ""]
        lines.append(f"- Wanted: {_wanted(rule.wanted, rule.choices)}.")
        lines += [f"- With `sdk: {sdk}`: {rule.instead[sdk]}." for sdk in SDKS if sdk in rule.instead]
        if rule.refusal:
            lines.append(f'- The Hub says of another value: `"{key}" {rule.refusal}`.')
        pages = [f"[{page}](https://huggingface.co/docs/hub/{page})" for page in rule.source.split(", ")]
        lines.append(f"- Source: {', '.join(pages)}; check: {rule.check}.")
    return "\n".join([*lines, ""])


def _wanted(wanted: str, choices: Iterable[str]) -> str:
    """The few words that are accepted, all of them, or the description of the range."""
    words = [f"`{choice}`" for choice in choices]
    if not words:
        return wanted
    return f"{'one of' if wanted.startswith('one of') else f'{wanted}:'} {', '.join(words)}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |".replace("|  |", "| |")


#: Each generated page, and what makes it.
PAGES: Final[dict[Path, Callable[[], str]]] = {ROOT / "docs" / "card.md": card}


def main() -> None:
    """Write every page."""
    for path, page in PAGES.items():
        path.write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
