"""In which spellings a value may turn up in a text: as it is, in base64, encoded for a URL."""

from __future__ import annotations

import base64
import re
from typing import Final, NamedTuple
from urllib.parse import quote, quote_plus

#: A shorter text stands in too many others by chance.
_SHORTEST: Final = 10


class Needle(NamedTuple):
    """One secret.  ``texts``: any of them in a text says that the secret is in it.  ``value``: the
    whole, which is masked."""

    name: str
    texts: tuple[str, ...]
    value: str = ""

    def find(self, text: str) -> int | None:
        """Where the text has it; None if it has not."""
        return min((at for at in map(text.find, self.texts) if at >= 0), default=None)

    def masked(self, text: str) -> str:
        """The text with the setting's name in place of its value."""
        if self.value:
            text = text.replace(self.value, f"<{self.name}>")
        for part in self.texts:
            # with what it hangs together with: the rest of the value, or of the encoded text
            text = re.sub(rf"[\w+-]*{re.escape(part)}[\w+-]*", f"<{self.name}>", text)
        return text


def needles(name: str, value: str, mark: str) -> tuple[Needle, ...]:
    """What to look for, nothing where the value is not known from others.

    ``mark``: the digits that most values of the rehearsal carry; ``value`` may be "".
    """
    value = value.strip()
    core = mark if not value or mark in value else _core(value)
    return (Needle(name, spellings(core), value),) if len(core) >= _SHORTEST else ()


def _core(value: str) -> str:
    """The part of a key that is its own: the line of a PEM text, else all of a random text."""
    lines = [line for line in value.splitlines() if line and not line.startswith("-----")]
    longest = max(lines, key=len, default="")
    # an address that all stand-ins share tells nothing
    return "" if "stand-in" in longest or len(longest) < 32 else longest


def spellings(text: str) -> tuple[str, ...]:
    """As it is, encoded for a URL, and in base64 at each of its three alignments."""
    data = text.encode()
    found = [text, quote(text, safe=""), quote_plus(text)]
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + data).decode()
        # only the characters that no neighbour has a part in
        inner = encoded[(0, 2, 3)[before] : (before + len(data)) * 8 // 6]
        found += [inner, inner.replace("+", "-").replace("/", "_")]
    return tuple(dict.fromkeys(found))
