"""The settings that an app asks for, as a project's own tests see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .rehearsal.facts import Read, Rehearsal
from .space import Space


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
            if read.own:
                self._reads.setdefault(read.name, read)

    def __getitem__(self, name: str) -> Read:
        return self._reads[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._reads)

    def __len__(self) -> int:
        return len(self._reads)

    @property
    def required(self) -> tuple[str, ...]:
        """What the app could not start without."""
        return tuple(stand_in.name for stand_in in self._rehearsal.stand_ins)

    def elsewhere(self) -> tuple[str, ...]:
        """Configuration that did not come from the environment, a sentence each."""
        from .space.defaults import read_defaults
        from .space.settings import is_secret_name

        opened = [
            f"{use.where}: opens {use.path.rpartition('/')[2]}"
            for use in self._rehearsal.files
            if use.where is not None and use.path.rpartition("/")[2].startswith(".env") and not use.write
        ]
        literals = [
            f"{path}:{default.line}: {default.name} has a default in the code"
            for path in self._rehearsal.imported
            for default in read_defaults(self._space.files.text(path))
            if default.secret or is_secret_name(default.name)
        ]
        return (*opened, *literals)

    def assert_only_environment(self) -> None:
        """Fail, with file and line, if configuration came from a file or a literal secret."""
        found = self.elsewhere()
        if found:
            raise AssertionError("configuration that is not from the environment:\n  " + "\n  ".join(found))
