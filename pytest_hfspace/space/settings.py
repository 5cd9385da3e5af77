"""Settings that a repository declares: the names that its documentation tells an owner to set."""

from __future__ import annotations

from dataclasses import dataclass

from .files import Files
from .image import Image


@dataclass(frozen=True)
class Declared:
    """A variable that is documented, with its example value ("" where it has none)."""

    name: str
    value: str
    path: str
    line: int


def read_settings(files: Files, image: Image | None) -> dict[str, Declared]:
    """From .env.example, .env.template, .env.sample (and the like), the README's tables and code
    blocks, and the image's ENV.  The first place that declares a name wins."""
    raise NotImplementedError


def is_secret_name(name: str) -> bool:
    """Does this name stand for a value that must not be known?  (API_KEY, not API_KEY_HEADER.)"""
    raise NotImplementedError


def is_placeholder(value: str) -> bool:
    """Is an example value obviously none ("", "changeme", "your-key-here", "sk-...", "<token>")?"""
    raise NotImplementedError
