"""The settings that an app asks for, as a project's own tests see them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from .rehearsal.facts import FileUse, Read, Rehearsal
from .space import Space

_EXAMPLE = r"example|sample|template|dist"
_DOTENV = re.compile(rf"\.env(\.(?!{_EXAMPLE})\w+)?|(?!{_EXAMPLE})[\w-]+\.env")

#: Formats that are made for settings, and names of files of settings in the formats of everything.
_FORMATS_OF_SETTINGS = (".ini", ".cfg", ".conf", ".toml", ".properties")
_SETTINGS = re.compile(
    r"(^|[._-])(app)?(settings?|configs?|configuration|conf|secrets?|credentials?|options|env(ironment)?)"
    r"[\w.-]*\.(json5?|jsonc|ya?ml)$"
)
#: What says how the project is built, or how it logs.
_NO_SETTINGS = re.compile(
    r"pyproject\.toml|setup\.cfg|tox\.ini|alembic\.ini|(babel|translation).*|log.*|.*(schema|model|tokenizer)[_-]?conf.*"
    r"|(tokenizer|model|generation|preprocessor|adapter|processor)_config\.json"
)
_MODELS = re.compile(r"/[^/]*(model|checkpoint|tokenizer|weight|onnx|adapter)[^/]*/", re.IGNORECASE)


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
        found = tuple(self._findings())
        said = {use.path for use in self._opened() if any(_name(use.path) in each for each in found)}
        opened = [
            f"{use.where}: opens {_name(use.path)}, which is in the repository"
            for use in self._opened()
            if use.path not in said
        ]
        return tuple(dict.fromkeys((*opened, *found)))

    def _opened(self) -> Iterator[FileUse]:
        """The files of settings that a line of the repository opened."""
        for use in self._rehearsal.files:
            if use.where and use.found and not use.write and self._holds_settings(use):
                yield use

    def _holds_settings(self, use: FileUse) -> bool:
        name = _name(use.path).lower()
        if _DOTENV.fullmatch(name):
            return True
        is_early = use.phase in ("launch", "import", "startup")
        if not is_early or _NO_SETTINGS.match(name) or _MODELS.search(use.path):
            return False
        return _SETTINGS.search(name) is not None or name.endswith(_FORMATS_OF_SETTINGS)

    def _findings(self) -> Iterator[str]:
        """What the readiness checks HFS701, HFS703 and HFS704 say."""
        from .check import evaluate
        from .checks.environment.configuration import dotenv_needed, secret_default
        from .checks.environment.sources import config_file

        # a token of a known form is HFS205's: here it matters where the app has it from
        facts = {"space": self._space, "space_rehearsal": self._rehearsal, "space_secrets": ()}
        for check in (dotenv_needed, secret_default, config_file):
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
