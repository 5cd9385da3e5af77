"""What the SARIF report says in words: texts that are fit for it, and its rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ..check import Check, Level
from ..contract import Stage
from ..explanations import explanation
from .catalogue import FAMILIES, instead, paragraphs, source, summary
from .text import one_line

LEVELS: Final[Mapping[Level, str]] = {"error": "error", "warn": "warning", "note": "note"}

#: How GitHub names the levels of its own rules, and how sure a finding of each is: what is only
#: likely is no error here.
_SEVERITIES: Final[Mapping[Level, str]] = {"error": "error", "warn": "warning", "note": "recommendation"}
_PRECISIONS: Final[Mapping[Level, str]] = {"error": "very-high", "warn": "high", "note": "medium"}

#: GitHub cuts descriptions at 1024 characters and names at 255.
_LONGEST: Final = 1000
_LONGEST_NAME: Final = 255
#: Of a file of an example, so many lines are shown.
_MOST_LINES: Final = 12

_HUB: Final = "https://huggingface.co/docs/hub/"
_FORMATTING: Final = re.compile(r"(?P<code>(?!))|[\\`*_\[\]<>|~&#!@$]")
_FORMATTING_BUT_CODE: Final = re.compile(r"(?P<code>`[^`]+`)|[\\`*_\[\]<>|~&#!@$]")
_PLACEHOLDER: Final = re.compile(r"\{(\d+)\}")


def plain(text: str) -> str:
    """One line that a viewer shows as it is: no link, no placeholder.

    The standard wants every brace doubled.  No viewer that is known undoes that where there are no
    arguments, and ``GET /words/{text}`` is a route: only what would be a placeholder is doubled.
    """
    return _PLACEHOLDER.sub(r"{{\1}}", cut(one_line(text)).replace("](", "] ("))


def formatted(text: str) -> str:
    """The same in Markdown: no formatting and no HTML in it takes effect.

    An address may become a link that says where it leads.
    """
    return _escaped(text, _FORMATTING)


def _documented(text: str) -> str:
    """Likewise of a docstring, in which `code` is shown as such."""
    return _escaped(text, _FORMATTING_BUT_CODE)


def _escaped(text: str, formatting: re.Pattern[str]) -> str:
    escaped = formatting.sub(lambda found: found["code"] or f"\\{found[0]}", cut(one_line(text)))
    return _PLACEHOLDER.sub(r"{{\1}}", escaped)


def sentence(text: str) -> str:
    """With a full stop: where there is little room, viewers show the first sentence."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def cut(text: str, longest: int = _LONGEST) -> str:
    """No more than so many characters of it."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def rule(check: Check) -> dict[str, Any]:
    """The description of a check (a ``reportingDescriptor``)."""
    told = paragraphs(check) or [check.name]
    more = explanation(check.code)
    pages = [source(name) for name in (more.sources if more else ())]
    page = next((page for page in pages if page.startswith(_HUB)), "")
    follows = [f"On the Hub: {_stage(check)}{check.consequence}"] if check.consequence else []
    texts = [*told, *([more.why] if more else []), *follows]
    if more and more.leaves:
        texts.append(f"Left alone: {more.leaves}")
    leave_out = (
        f"To leave it out: --hfspace-ignore {check.code}, or hfspace_ignore = {check.code} "
        "in the pytest configuration."
    )
    examples = [*_example("Wrong", more.wrong), *_example("Right", more.right)] if more else []
    return {
        "id": check.code,
        "name": _pascal(check.name),
        "shortDescription": {"text": plain(summary(check) or check.name)},
        "fullDescription": {"text": plain(" ".join([*told, *follows]))},
        "help": {
            "text": "\n".join(map(plain, [*texts, leave_out])),
            "markdown": "\n\n".join([*map(_documented, texts), *examples, formatted(leave_out)]),
        },
        **({"helpUri": page} if page else {}),
        "defaultConfiguration": {"level": LEVELS[check.level]},
        "properties": {
            "stage": check.predicts.value,
            "since": check.since,
            "precision": _PRECISIONS[check.level],
            "problem.severity": _SEVERITIES[check.level],
            "tags": _tags(check),
        },
    }


def _stage(check: Check) -> str:
    if check.predicts is Stage.RUNNING or check.predicts in check.consequence:
        return ""
    return f"{check.predicts.value}. "


def _pascal(name: str) -> str:
    words = re.split(r"[\W_]+", name)
    return cut("".join(word[:1].upper() + word[1:] for word in words), _LONGEST_NAME)


def _tags(check: Check) -> list[str]:
    family = FAMILIES.get(check.code[:4])
    stage = check.predicts.value.lower().replace("_", "-")
    return ["hugging-face-spaces", *([family.name.lower().replace(" ", "-")] if family else []), stage]


def _example(title: str, files: Mapping[str, str | bytes | None]) -> list[str]:
    texts = [f"**{title}**"]
    for path, content in files.items():
        if not isinstance(content, str):
            texts.append(f"`{path}`: {instead(content)}")
            continue
        lines = content.splitlines()
        shown = [*lines[:_MOST_LINES], *(["..."] if len(lines) > _MOST_LINES else [])]
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", content)), default=0))
        texts.append("\n".join([f"`{path}`:", "", fence, *shown, fence]))
    return texts
