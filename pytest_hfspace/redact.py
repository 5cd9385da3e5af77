"""Keeps the values of secrets out of everything that is printed or written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .check import Finding, Result
from .report.text import one_line, printable
from .settings import Settings

#: A shorter value stands in too many texts by chance.
_SHORTEST = 4


class Redactor:
    """Replaces the values of secrets that the user gave, and escapes what is not printable."""

    def __init__(self, settings: Settings) -> None:
        self._values = sorted(_secrets(settings), key=lambda pair: -len(pair[0]))

    def __call__(self, text: str) -> str:
        """The text with each value replaced by its name."""
        for value, name in self._values:
            text = text.replace(value, f"<{name}>")
        return text

    def data(self, value: Any) -> Any:
        """The same for all text inside lists and dicts."""
        if isinstance(value, str):
            return printable(self(value))
        if isinstance(value, dict):
            return {key: self.data(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.data(item) for item in value]
        return value

    def result(self, result: Result) -> Result:
        """The same for what a check says."""
        return replace(
            result,
            reason=one_line(self(result.reason)),
            findings=tuple(self._finding(finding) for finding in result.findings),
        )

    def _finding(self, finding: Finding) -> Finding:
        return replace(
            finding,
            message=one_line(self(finding.message)),
            hint=printable(self(finding.hint)),
            consequence=printable(self(finding.consequence)),
            path=printable(self(finding.path), keep=""),
        )


def _secrets(settings: Settings) -> list[tuple[str, str]]:
    from .space.settings import is_secret_name

    secrets = [(v, name) for name, v in settings.env if is_secret_name(name) or settings.is_secret(name)]
    for name, value in settings.headers:
        # "Bearer TOKEN": the token is the secret, with or without its scheme
        secrets += [(value, name), (value.rpartition(" ")[2], name)]
    return [(value, name) for value, name in secrets if len(value) >= _SHORTEST]
