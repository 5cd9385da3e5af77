"""What the user makes of results: waivers, a baseline, a pinned contract, strictness."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .check import Check, Result, outcome_of
from .report import WaiverUse
from .settings import Settings
from .space import Space
from .space.marked import marked

if TYPE_CHECKING:
    from .waivers import Examined, Waiver
    from .waivers.baseline import Baseline


class Judgement:
    """Applied to each result, in the order in which the text above names them."""

    def __init__(
        self, settings: Settings, space: Space, catalogue: Mapping[str, Check], redact: Callable[[str], str]
    ) -> None:
        self._settings = settings
        self._space = space
        self._catalogue = catalogue
        self._redact = redact
        self._today = date.today()  # noqa: DTZ011 - a waiver ends with the day of who runs it
        self.prefix = _prefix(space.root) or _unique(settings.name)

    @cached_property
    def _written(self) -> tuple[Waiver, ...]:
        """Those of the settings.  ValueError for a malformed one."""
        if not self._settings.waive:
            return ()
        from .waivers import parse

        return tuple(parse(line, self._catalogue).redacted(self._redact) for line in self._settings.waive)

    @cached_property
    def _inline(self) -> tuple[Waiver, ...]:
        if not any(marked(self._space.files)):
            return ()
        from .waivers import inline_waivers

        found = inline_waivers(self._space, self._catalogue, self.prefix)
        return tuple(waiver.redacted(self._redact) for waiver in found)

    @cached_property
    def _baseline(self) -> Baseline | None:
        """The findings that are known; ValueError for a malformed file."""
        path = self._settings.baseline
        if path is None:
            return None
        from .waivers.baseline import Baseline

        return Baseline.read(path) if path.exists() else Baseline.everything()

    def validate(self) -> None:
        """Raise the ValueError of a malformed waiver or baseline of the settings."""
        _ = self._written, self._baseline

    def __call__(self, result: Result) -> Result:
        """The same result as it counts."""
        result = self._pinned(result)
        waivers = (*self._written, *self._inline) if result.findings else ()
        if waivers:
            from .waivers import apply

            result = apply(result, waivers, self._today, self.prefix)
        if self._baseline is not None:
            result = self._baseline.apply(result, self.prefix)
        if result.outcome == "warned" and self._settings.is_strict(result.check.code):
            result = replace(result, outcome="failed")
        return result

    def uses(self, results: Iterable[Result], *, partial: bool) -> tuple[WaiverUse, ...]:
        """What became of each waiver, and which entries of the baseline are gone."""
        if not (self._written or self._inline or self._baseline):
            return ()
        from .waivers import uses

        examined = self.examined(results, partial=partial)
        gone = self._baseline.stale([examined]) if self._baseline is not None else ()
        return (*uses(self._written, [examined], self._today), *gone)

    def examined(self, results: Iterable[Result], *, partial: bool) -> Examined:
        """What waivers are judged by."""
        from .waivers import Examined

        return Examined(tuple(results), self.prefix, self._inline, all_routes=not partial)

    def everywhere(self, spaces: Sequence[Examined]) -> tuple[WaiverUse, ...]:
        """What became of each waiver of the settings in a run over these Spaces."""
        if not self._written:
            return ()
        from .waivers import uses

        return uses(self._written, [replace(space, inline=()) for space in spaces], self._today)

    def _pinned(self, result: Result) -> Result:
        """A rule that came after the contract of the settings says what it finds, and no more."""
        check = result.check
        if not self._settings.contract or check.since <= self._settings.contract or not result.findings:
            return result
        findings = tuple(
            replace(finding, level="note", message=f"new in {check.since}: {finding.message}")
            for finding in result.findings
        )
        return replace(result, findings=findings, outcome=outcome_of(findings))


def _unique(name: str) -> str:
    """The Space's name as a prefix, where its folder is not one of a repository: nothing of the one
    may be taken for the other's."""
    return f"{name}/" if name not in ("", ".") else ""


def _prefix(root: Path) -> str:
    """From the top of the checkout to the Space: "", or "spaces/chat/"."""
    for folder in (root, *root.parents):
        if (folder / ".git").exists():
            path = root.relative_to(folder).as_posix()
            return "" if path == "." else f"{path}/"
    return ""
