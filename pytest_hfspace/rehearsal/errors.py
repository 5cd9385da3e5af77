"""Errors that the app logged, or printed, while it came up, and what may excuse them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from .excuses import Excuses, is_network
from .facts import Logged, Raised, Where, chain
from .log import Log

Locate = Callable[[str, int], "Where | None"]

#: how many printed tracebacks are told
MOST = 20

#: How a message tells of a peer that cannot be reached.
_SAYS_NETWORK = re.compile(
    r"connection (attempts? )?(refused|failed|reset|error|closed)|tim(ed|e)[ -]?out|unreachable"
    r"|name resolution|name or service not known|nodename nor servname|getaddrinfo|max retries exceeded"
    r"|(can ?not|can't|could ?n[o']t|unable to|failed to|error) (re)?connect",
    re.IGNORECASE,
)
#: Kinds of errors that are known by their message alone.
_LOGGED, _UNREACHED = ("logging.Error",), ("builtins.ConnectionError",)

_HEAD = "Traceback (most recent call last):"
_FRAME = re.compile(r'\s*File "([^"]+)", line (\d+)')
#: the line below the frames: a class, and what it says
_LAST = re.compile(r"([A-Za-z_][\w.]*)(?:: (.*))?")


def errors_seen(log: Log, printed: str, locate: Locate, excuses: Callable[[], Excuses]) -> tuple[Logged, ...]:
    """All of them, in the order in which they were logged, the printed ones last.

    ``printed``: the output up to then.  ``excuses`` is called only if there is anything to excuse.
    """
    found = [*log.logged, *printed_errors(printed, locate, log.logged)]
    if not found:
        return ()
    outside = [f"{connect.host}:{connect.port}" for connect in log.connected]
    known, reached_for = excuses(), replace(log, connects=outside)
    return tuple(each._replace(excuse=_excuse(each, known, reached_for)) for each in found)


def _excuse(record: Logged, excuses: Excuses, log: Log) -> str:
    """Why only the rehearsal may have brought it about, or ""."""
    error = record.raised or Raised(_LOGGED, record.message, record.where)
    says = " ".join([record.message, *(link.message for link in chain(error))])
    if log.connects and not is_network(error) and _SAYS_NETWORK.search(says):
        error = Raised(_UNREACHED, says, record.where)
    return excuses.start(error, log)


def printed_errors(text: str, locate: Locate, logged: Iterable[Logged]) -> list[Logged]:
    """The tracebacks with a line of the repository, but not those of the errors that were logged."""
    known = {_key(link) for record in logged if record.raised for link in chain(record.raised)}
    found: list[Logged] = []
    for raised in _tracebacks(text, locate):
        if raised.where is not None and _key(raised) not in known and len(found) < MOST:
            known.add(_key(raised))
            found.append(Logged("", str(raised), raised.where, raised=raised))
    return found


def _key(raised: Raised) -> tuple[str, str]:
    return raised.kind, raised.message.strip().partition("\n")[0]


def _tracebacks(text: str, locate: Locate) -> Iterator[Raised]:
    for block in text.split(_HEAD)[1:]:
        where: Where | None = None
        for line in block.splitlines()[1:]:
            frame = _FRAME.match(line)
            if frame is not None:
                where = locate(frame[1], int(frame[2][:9])) or where
            elif not line[:1].isspace():
                last = _LAST.fullmatch(line.rstrip())
                if last is not None:
                    # a class of another module is dotted, a built-in one bare
                    kind = last[1] if "." in last[1] else f"builtins.{last[1]}"
                    yield Raised((kind,), last[2] or "", where)
                break
