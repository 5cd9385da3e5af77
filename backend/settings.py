"""What the board is told by its environment, and by nothing else."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from .report import SPACE_PATTERN

#: The spellings of PostgreSQL's URL that name no driver.
_PSYCOPG = ("postgres", "postgresql")

#: How many runs of a Space may be kept.
MOST_KEPT = 100_000


class SettingsError(Exception):
    """The environment is malformed.  The text is one line that names every bad variable, no value."""


class Settings(BaseSettings):
    """The variables of the board.  A variable that is empty counts as not set.

    ``database_url``: a SQLAlchemy URL with a synchronous driver; ``~`` begins a home directory.
    ``board_tokens``: the tokens of those who may publish, separated by commas; without one,
    publishing is off.  ``board_title``: the heading of the overview.  ``history_limit``: how many
    runs of each Space are kept; ``history_limits``: of which Spaces it is another number, as
    ``owner/name=1000``, separated by commas.  ``rate_limit``: how many reports a minute each token
    may publish.  ``space_id``: owner/name of the Space that the board is, which the Hub sets.
    """

    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: str = Field(
        default="sqlite:///~/.readiness-board/board.db", validate_default=True, repr=False
    )
    board_tokens: SecretStr | None = None
    board_title: str = Field(default="Readiness board", max_length=100)
    history_limit: int = Field(default=500, ge=1, le=MOST_KEPT)
    history_limits: Annotated[dict[str, int], NoDecode] = Field(default={}, validate_default=False)
    rate_limit: int = Field(default=600, ge=1, le=1_000_000)
    space_id: str = Field(default="", max_length=200)

    @field_validator("database_url")
    @classmethod
    def _usable_url(cls, value: str) -> str:
        try:
            url = make_url(value.strip())
            if url.drivername in _PSYCOPG:
                url = url.set(drivername="postgresql+psycopg")
            dialect = url.get_dialect()
        except (ArgumentError, ValueError):
            raise ValueError("not the URL of a known kind of database") from None
        if dialect.is_async:
            raise ValueError("needs a synchronous driver")
        try:
            dialect.import_dbapi()
        except ImportError:
            raise ValueError("the driver of this database is not installed") from None
        if url.get_backend_name() == "sqlite":
            if url.database in (None, "", ":memory:"):
                raise ValueError("needs a file, every thread would see its own empty database")
            if "uri" in url.query:
                raise ValueError("needs the path of a file, not a URI of SQLite")
            url = url.set(database=_in_home(url.database or ""))
        return url.render_as_string(hide_password=False)

    @field_validator("board_tokens")
    @classmethod
    def _sendable_tokens(cls, value: SecretStr | None) -> SecretStr | None:
        tokens = _tokens(value)
        if not all(token.isascii() and token.isprintable() and " " not in token for token in tokens):
            raise ValueError("a token may hold visible ASCII characters only")
        return value if tokens else None

    @field_validator("history_limits", mode="before")
    @classmethod
    def _limits(cls, value: str) -> dict[str, int]:
        limits = {}
        for part in _split(value):
            space, _, limit = (each.strip() for each in part.partition("="))
            if not re.fullmatch(SPACE_PATTERN, space) or not re.fullmatch(r"[0-9]{1,6}", limit):
                raise ValueError("owner/name=1000 is wanted, several separated by commas")
            if not 1 <= int(limit) <= MOST_KEPT:
                raise ValueError(f"of a Space 1 to {MOST_KEPT} runs can be kept")
            limits[space] = int(limit)
        return limits

    @field_validator("board_title")
    @classmethod
    def _one_line(cls, value: str) -> str:
        title = value.strip()
        if not title or not title.isprintable():
            raise ValueError("must be one line of text")
        return title

    @property
    def ephemeral(self) -> bool:
        """Are the reports lost when the board restarts?  So they are on the disk of a Space itself."""
        url = make_url(self.database_url)
        if not self.space_id or url.get_backend_name() != "sqlite":
            return False
        return _is_on_root(Path(url.database or "").absolute())

    def history_of(self, space: str) -> int:
        """How many runs of this Space, ``owner/name``, are kept."""
        return self.history_limits.get(space, self.history_limit)

    def token_digests(self) -> tuple[bytes, ...]:
        """The SHA-256 digest of each publisher's token; empty where publishing is off."""
        return tuple(hashlib.sha256(token.encode()).digest() for token in _tokens(self.board_tokens))


def read_settings() -> Settings:
    """Read the environment.  Raises :class:`SettingsError` where a variable is malformed."""
    try:
        return Settings()
    except ValidationError as error:
        reasons = [
            f"{str(problem['loc'][0]).upper()} ({problem['msg'].removeprefix('Value error, ')})"
            for problem in error.errors(include_input=False, include_url=False)
        ]
    raise SettingsError(f"malformed settings: {', '.join(reasons)}")


def _tokens(tokens: SecretStr | None) -> list[str]:
    return _split(tokens.get_secret_value() if tokens else "")


def _split(text: str) -> list[str]:
    return [part for each in text.split(",") if (part := each.strip())]


def _is_on_root(path: Path) -> bool:
    """Is this on the disk of the image, where no storage is mounted?"""
    there = next(each for each in (path, *path.parents) if each.exists())
    return _device(there) == _device(Path(there.anchor))


def _device(path: Path) -> int:
    return path.stat().st_dev


def _in_home(path: str) -> str:
    try:
        return str(Path(path).expanduser())
    except RuntimeError:
        raise ValueError("there is no home directory for the file") from None
