"""What to say to a WebSocket handler: no schema tells, but what it raises does; and which exceptions
are only how an app notices that the visitor was no good one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from .facts import Raised, Visit
from .validation import WORD, fitting, values_in

Message = str | bytes

#: how many messages one handler is sent
MOST_MESSAGES = 6

_TEXT = json.dumps(WORD)
_BINARY = b"{}"

#: what code raises that takes a message apart; a library's own errors have names like the last
_OF_CONTENT = frozenset(
    {
        "LookupError",
        "ValueError",
        "TypeError",
        "AttributeError",
        "AssertionError",
        "StopIteration",
        "EOFError",
    }
)
_NO_ATTRIBUTE = re.compile(r"'(\w{1,100})' object has no attribute")
#: what no content of a message brings about
_OF_CODE = frozenset({"NameError", "ImportError"})
_PARSING = re.compile(r"Decod|Pars|Valid|Unpack|Format|Syntax")
#: what code raises however its message is made, if it raises it for two of different making
_BUGS = frozenset({"TypeError", "AttributeError"})
#: how servers and frameworks say that the visitor has left
_LEFT = frozenset(
    {"CancelledError", "ClientDisconnect", "ClientDisconnected", "WebSocketDisconnect", "ConnectionClosed"}
)
_ON_TEXT = re.compile(r"\bstr(?:ing)?\b|dict|list|NoneType")


@dataclass
class Talk:
    """Messages in their order: a JSON object, with the keys that are missed and what a model wants;
    a JSON string; bytes."""

    heard: list[tuple[Message, Raised]] = field(default_factory=list)

    def first(self) -> Message:
        """``receive_json`` and ``receive_text`` both take it."""
        return "{}"

    def following(self, message: Message, raised: Raised) -> Message | None:
        """What to say after this answer, None where nothing else is worth a try."""
        self.heard.append((message, raised))
        if len(self.heard) >= MOST_MESSAGES or self.is_proved or not about_message(message, raised):
            return None
        said = {each for each, _ in self.heard}
        name = _missed(raised)
        if name == "bytes" and _BINARY not in said:
            return _BINARY
        if isinstance(message, str) and name and (more := _with_key(message, name)):
            return more
        if isinstance(message, str) and (more := fitting(message, raised)) not in {"", *said}:
            return more
        return _TEXT if isinstance(message, str) and _TEXT not in said else None

    @property
    def is_proved(self) -> bool:
        """Does the handler raise whatever it is told?"""
        message, raised = self.heard[-1]
        if not about_message(message, raised):
            return True
        if isinstance(message, bytes):
            return False
        if self._lacks_field(raised):
            return True
        name = _missed(raised)
        if name and name not in values_in(message) and name in _keys(message):
            return True  # it was given the key, and misses it elsewhere; a value is what it looked up
        alike = [
            other
            for other, before in self.heard
            if isinstance(other, str)
            and (before.kind, before.message, before.where) == (raised.kind, raised.message, raised.where)
        ]
        return len(alike) > 1 and raised.kind in _BUGS and not _ON_TEXT.search(raised.message)

    def _lacks_field(self, raised: Raised) -> bool:
        """Has a model that takes this message, after it refused another, no such attribute?"""
        found = _NO_ATTRIBUTE.match(raised.message) if raised.kind == "AttributeError" else None
        refusal = re.compile(rf"\d+ validation errors? for {found[1]}\n") if found else None
        return refusal is not None and any(refusal.match(before.message) for _, before in self.heard)


def is_leaving(raised: Raised, visit: Visit) -> bool:
    """Is this only how the app notices that the visitor has left?"""
    names = _names(raised)
    return bool(names & _LEFT) or (visit.streamed and "OSError" in names)


def about_message(message: Message, raised: Raised) -> bool:
    """May a handler have raised this only because the message was not one that it takes?"""
    if _names(raised) & _OF_CODE:
        return False
    # nobody knows what a binary message consists of
    return (
        isinstance(message, bytes)
        or bool(_names(raised) & _OF_CONTENT)
        or _PARSING.search(raised.kind) is not None
    )


def _names(raised: Raised) -> set[str]:
    return {kind.rpartition(".")[2] for kind in raised.kinds}


def _missed(raised: Raised) -> str:
    """The name in ``KeyError: 'name'``."""
    return raised.message.strip("'\"") if raised.kind == "KeyError" else ""


def _keys(message: str) -> dict[str, object]:
    value = json.loads(message)
    return value if isinstance(value, dict) else {}


def _with_key(message: str, name: str) -> str:
    """The JSON object with one more key, "" where it is none or has it."""
    value = json.loads(message)
    if not isinstance(value, dict) or name in value:
        return ""
    return json.dumps({**value, name: WORD})
