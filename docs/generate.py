# ruff: noqa: INP001 - a script, which belongs to no package
"""Writes the pages of the documentation that are made from the code: ``python docs/generate.py``."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_hfspace.check import Check

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
    from pytest_hfspace.checks.card.schema import RULES
    from pytest_hfspace.contract import DATE, SDKS

    lines = [
        "# The card",
        "",
        "<!-- Written by docs/generate.py from pytest_hfspace/checks/card/schema.py. -->",
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


#: Above the table of docs/checks.md.
_INTRODUCTION: Final = """\
# The checks

<!-- Written by docs/generate.py from pytest_hfspace/checks and pytest_hfspace/explanations. -->
<!-- fmt: off -->

What `pytest --hfspace` looks for: {count} checks, by the contract of {date}. An **error** fails the run,
a **warn** does so under `--hfspace-strict` only, and a **note** is shown with `-v` and in the reports.
The **stage** is what the Hub would show if an error is found; with RUNNING the Space runs, but its users
are hurt. Codes are stable for ever.

`--hfspace-ignore HFS413` leaves a check out, as does `hfspace_ignore` in the pytest configuration. A
[waiver](waivers.md) lives with a finding, and says why: `# hfspace: waive HFS703 the reason` beside the
line, or `hfspace_waive = HFS802[data.db]: the reason (until 2027-01-31)`. `pytest --hfspace-list` and
`pytest --hfspace-explain HFS410` print what stands here."""


def checks() -> str:
    """``docs/checks.md``: what ``--hfspace-explain`` says, of every check."""
    from pytest_hfspace.checks import CATALOGUE
    from pytest_hfspace.contract import DATE
    from pytest_hfspace.report.catalogue import FAMILIES, in_order

    ordered = in_order(CATALOGUE)
    lines = [_INTRODUCTION.format(count=len(ordered), date=DATE)]
    for digit, (name, question) in FAMILIES.items():
        lines += ["", f"## {name}", "", f"{question} (`{digit}*`)", ""]
        lines += ["| code | name | level | stage | asks that |", "|---|---|---|---|---|"]
        lines += [_entry(check) for check in ordered if check.code.startswith(digit)]
    for check in ordered:
        lines += ["", *_section(check)]
    return "\n".join([*lines, ""])


def _entry(check: Check) -> str:
    from pytest_hfspace.report.catalogue import summary

    return _row([_link(check.code), check.name, check.level, check.predicts.value, _prose(summary(check))])


def _link(code: str) -> str:
    return f"[{code}](#{code.lower()})"


def _section(check: Check) -> list[str]:
    from pytest_hfspace.explanations import explanation
    from pytest_hfspace.report.catalogue import paragraphs, source

    more = explanation(check.code)
    assert more is not None, f"{check.code} has no explanation"
    kind = f"**{check.name}** · {check.level} · {check.predicts.value} · since {check.since}"
    lines = [f"### {check.code}", "", kind]
    for paragraph in [*paragraphs(check), more.why]:
        lines += ["", _prose(paragraph)]
    lines += ["", f"- **On the Hub:** {_prose(check.consequence)}"]
    if more.leaves:
        lines.append(f"- **Left alone:** {_prose(more.leaves)}")
    if check.needs:
        lines.append(f"- **Needs:** {', '.join(map(_link, check.needs))}")
    links = [f"[{name}]({source(name)})" if "://" in source(name) else source(name) for name in more.sources]
    place = "METHOD /path" if check.each else "path"
    lines.append(f"- **Sources:** {', '.join(links)}")
    lines.append(f"- **To leave it out:** `hfspace_ignore = {check.code}`")
    lines.append(f"- **To waive a finding:** `hfspace_waive = {check.code}[{place}]: reason`")
    for title, files in (("Wrong", more.wrong), ("Right", more.right)):
        lines += ["", f"**{title}**", *_files(files)]
    return lines


#: By the end of a file's name.
_LANGUAGES: Final = {
    "Dockerfile": "dockerfile",
    "py": "python",
    "md": "markdown",
    "yml": "yaml",
    "toml": "toml",
}


def _files(files: Mapping[str, str | bytes | None]) -> list[str]:
    """The files of an example, each in a fence that nothing in it can end."""
    from pytest_hfspace.report.catalogue import instead

    lines: list[str] = []
    for path, content in files.items():
        if not isinstance(content, str):
            lines += ["", f"`{path}`: {instead(content)}"]
            continue
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", content)), 0)
        shown = _masked(content).splitlines()
        language = _LANGUAGES.get(path.rpartition(".")[2], "text")
        lines += ["", f"`{path}`:", "", f"{fence}{language}", *shown, fence]
    return lines


def _masked(text: str) -> str:
    """Without the made-up credentials of an example: programs that look for some read the page too."""
    from pytest_hfspace.space.secrets.scanner import scan, worth_reading
    from pytest_hfspace.space.secrets.values import shown

    for hit in scan(text, worth_reading(text.encode())):
        text = text.replace(hit.value, shown(hit.value))
    return text


#: What Markdown would read as markup: not between `` ` ``, and no _ inside a word.
_MARKUP: Final = re.compile(r"(`[^`]*`)|([\\*<~$]|\](?=\()|(?<![A-Za-z0-9])_+|_+(?![A-Za-z0-9]))")


def _prose(text: str) -> str:
    """Plain text as Markdown."""
    return _MARKUP.sub(lambda match: match[1] or "".join(f"\\{char}" for char in match[2]), text)


def schema() -> str:
    """``docs/report.schema.json``."""
    from pytest_hfspace.report.schema import SCHEMA

    return json.dumps(SCHEMA, indent=2) + "\n"


#: Each generated page, and what makes it.
PAGES: Final[dict[Path, Callable[[], str]]] = {
    ROOT / "docs" / "card.md": card,
    ROOT / "docs" / "checks.md": checks,
    ROOT / "docs" / "report.schema.json": schema,
}


def main() -> None:
    """Write every page."""
    for path, page in PAGES.items():
        path.write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
