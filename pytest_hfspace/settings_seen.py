"""The settings that an app asks for, as a project's own tests see them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from .rehearsal.facts import Read, Rehearsal
from .space import Space

_DOTENV = re.compile(r"\.env(\.(?!example|sample|template|dist)\w+)?")


class SettingsSeen(Mapping[str, Read]):
    """Each variable that a line of the repository asked for, by its name.

    A variable that was read in several places is the first of them, one with a default before one
    without.
    """

    def __init__(self, space: Space, rehearsal: Rehearsal) -> None:
        self._space = space
        self._rehearsal = rehearsal
        self._reads: dict[str, Read] = {}
        for read in rehearsal.reads:
            before = self._reads.get(read.name)
            if read.own and (before is None or (before.default is None and read.default is not None)):
                self._reads[read.name] = read

    def __getitem__(self, name: str) -> Read:
        return self._reads[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._reads)

    def __len__(self) -> int:
        return len(self._reads)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {', '.join(self._reads) or 'nothing'}>"

    @property
    def required(self) -> tuple[str, ...]:
        """What the app could not start without, and was not given by ``hfspace_env``."""
        return tuple(stand_in.name for stand_in in self._rehearsal.stand_ins)

    def elsewhere(self) -> tuple[str, ...]:
        """Configuration that did not come from the environment, a sentence each."""
        opened = [
            f"{use.where}: opens {_name(use.path)}, which is in the repository"
            for use in self._rehearsal.files
            if use.where and use.found and not use.write and _DOTENV.fullmatch(_name(use.path))
        ]
        return tuple(dict.fromkeys((*opened, *self._findings())))

    def _findings(self) -> Iterator[str]:
        """What the readiness checks HFS701 and HFS703 say."""
        from .check import evaluate
        from .checks.environment import dotenv_needed, secret_default

        facts = {"space": self._space, "space_rehearsal": self._rehearsal}
        for check in (dotenv_needed, secret_default):
            for finding in evaluate(check, facts).findings:
                place = f"{finding.path}:{finding.line}: " if finding.path else ""
                yield f"{place}{finding.message}"

    def assert_only_environment(self) -> None:
        """Fail, with file and line, if configuration came from a file or a literal secret.

        It also fails where the app did not start: what it would have read is not known then.
        """
        found = self.elsewhere()
        if found:
            raise AssertionError("configuration that is not from the environment:\n  " + "\n  ".join(found))
        if self._rehearsal.failure is not None:
            raise AssertionError(f"the app did not start: {self._rehearsal.failure.message}")


def _name(path: str) -> str:
    return path.rpartition("/")[2]
