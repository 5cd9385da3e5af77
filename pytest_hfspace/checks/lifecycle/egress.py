"""8xx: does the app reach only what a Space can reach?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...check import Check, Finding, NotApplicable, Skip, check
from ...contract import EGRESS_PORTS, Stage
from ...rehearsal.facts import Connect, Rehearsal
from ...space import Space
from ..causes import NO_PROCESS
from ..serving import SERVED, listing, one_line

#: Documented as blocked, and seen to work.
_DISPUTED: Final = (5432, 6543)
#: Name lookups, which the system makes for everybody, and no port at all.
_NO_SERVICE: Final = (0, 53)

_STAND_IN: Final = "stand-in.invalid"
#: Networks that are not the Internet (RFC 1918, 3927, 4193, 6598), and names that no server there has.
_PRIVATE: Final = re.compile(
    r"(?:10|127)(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}"
    r"|169\.254(?:\.\d{1,3}){2}|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])(?:\.\d{1,3}){2}"
    r"|f[cde][0-9a-f]{2}:.*|::1|[^.:]+|.*\.(?:local|internal|localdomain|lan)",
    re.IGNORECASE,
)

_INSTEAD: Final = {
    25: "send mail through a provider's HTTPS API",
    465: "send mail through a provider's HTTPS API",
    587: "send mail through a provider's HTTPS API",
    2525: "send mail through a provider's HTTPS API",
    6379: "take a Redis with an HTTPS API, or do without",
    27017: "take a database with an HTTPS API",
    3306: "take a database with an HTTPS API",
    22: "clone and copy over HTTPS",
    9418: "clone over HTTPS",
}


@check(
    "HFS804",
    "egress-port",
    level="error",
    predicts=Stage.RUNNING,
    consequence='The Space runs, and there the connection ends in a time-out or "[Errno 101] Network is '
    'unreachable".',
)
def egress_port(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Outbound connections go to ports 80, 443 and 8080.  [spaces-overview]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    told = set()
    for connect in space_rehearsal.connects:
        key = (connect.host, connect.port)
        if connect.port in (*EGRESS_PORTS, *_NO_SERVICE) or key in told:
            continue
        if connect.host == _STAND_IN and not _is_meant(space, space_rehearsal, connect.port):
            continue  # a port of ours
        told.add(key)
        yield _finding(space, space_rehearsal, connect)
    if not told and space_rehearsal.impossible:
        raise Skip(space_rehearsal.impossible)


def is_open(target: str) -> bool:
    """Can a Space reach this "host:port": is it on the Internet, and the port one that is let out?"""
    host, _, port = target.rpartition(":")
    is_let_out = port.isdecimal() and int(port) in EGRESS_PORTS
    return is_let_out and host != _STAND_IN and _PRIVATE.fullmatch(host.strip("[]")) is None


def _finding(space: Space, rehearsal: Rehearsal, connect: Connect) -> Finding:
    place = connect.where
    at = f"{one_line(connect.host, 80)}:{connect.port}"
    if connect.host == _STAND_IN:
        name = _named(space, rehearsal, connect.port)
        at = f"port {connect.port}" + (f" (by {name})" if name else "")
    path, line = (place.path, place.line) if place else ("", None)
    wanted = listed(EGRESS_PORTS)
    if _PRIVATE.fullmatch(connect.host):
        return Finding(
            f"the app connects to {at}, a service beside the app, and a Space is a single container",
            "run it in the same container, take one that is on the Internet, or let the app do without it",
            path,
            line,
            level="warn",
            consequence="The Space runs, and finds no such host.",
        )
    if connect.port in _DISPUTED:
        return Finding(
            f"the app connects to {at}; documented as open are {wanted} only, but it has been seen to work",
            "try it on the Space; where it fails, take the provider's IPv4 pooler or its HTTPS API",
            path,
            line,
            level="note",
        )
    return Finding(
        f"the app connects to {at}; a Space reaches only ports {wanted}",
        _INSTEAD.get(connect.port, "reach the service over HTTPS, on port 443"),
        path,
        line,
    )


def listed(ports: tuple[int, ...]) -> str:
    """ "80, 443 and 8080" """
    *first, last = map(str, ports)
    return f"{', '.join(first)} and {last}"


def _is_meant(space: Space, rehearsal: Rehearsal, port: int) -> bool:
    """Does the port stand in the repository, as a default or as a declared example?"""
    return bool(_named(space, rehearsal, port))


def _named(space: Space, rehearsal: Rehearsal, port: int) -> str:
    """The variable whose default or example has this port, or ""."""
    defaults = {read.name: read.default or "" for read in rehearsal.reads if read.own}
    examples = {name: declared.value for name, declared in space.settings.items() if name in defaults}
    wanted = re.compile(rf"(?:\A|:){port}(?:\Z|[/?])")
    for values in (defaults, examples):
        for name, value in values.items():
            if wanted.search(value):
                return name
    return ""


@check(
    "HFS805",
    "egress-startup",
    level="warn",
    predicts=Stage.APP_STARTING,
    needs=SERVED,
    starts=("silent",),
    consequence='While that service is away the Space stays at "Starting", and fails after 30 minutes.',
)
def egress_startup(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The app comes up, or says why not, where the network does not answer.  [field]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    if space_rehearsal.impossible:
        raise Skip(space_rehearsal.impossible)
    asked = [each for each in space_rehearsal.connects if each.phase in ("import", "startup")]
    if not asked:
        raise NotApplicable("the app reaches for nobody while it starts")
    silent = space_rehearsal.variant("silent")
    if silent is None:
        raise Skip("the app was not started with a network that does not answer")
    if silent.impossible:
        raise Skip(silent.impossible)
    failure = silent.failure
    if failure is None:
        return
    place = failure.where or (failure.raised.where if failure.raised else None) or asked[0].where
    path, line = (place.path, place.line) if place else ("", None)
    of_line = [each for each in asked if each.where == place] or asked
    target = listing((f"{one_line(each.host, 80)}:{each.port}" for each in of_line), 2)
    if failure.kind in ("hung", "not listening"):
        yield Finding(
            f"the start waits for {target}: not up after {failure.seconds:.0f} s in which nobody answered",
            "give it a time-out of some seconds, or connect when it is first needed",
            path,
            line,
        )
        return
    said = one_line(str(failure.raised) if failure.raised else failure.message)
    yield Finding(
        f"without an answer of {target} the app does not start: {said}",
        "if it can do without, catch the exception and go on",
        path,
        line,
        level="note",
        consequence="While that service is away the Space does not come up.",
    )


CHECKS: Final[tuple[Check, ...]] = (egress_port, egress_startup)
