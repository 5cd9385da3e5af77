"""Which routes can never be reached, because one that was registered before answers for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ...rehearsal.facts import Rehearsal, Route, Visit

#: What Starlette's convertors accept in a path.
_PATTERNS = {
    "str": r"[^/]+",
    "int": r"[0-9]+",
    "float": r"[0-9]+(?:\.[0-9]+)?",
    "path": r".*",
    "uuid": r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}",
}

#: One value of each that the narrower convertors refuse, as far as the convertor itself can.
_PROBES = {
    "str": "hfspace~probe",
    "int": "918273",
    "float": "91.5",
    "path": "hfspace~probe/deeper",
    "uuid": "5b0f9d5e-6d0c-4b43-9d5a-3f1c2a7e8b90",
}

#: What routers name as their choice where they hand a request on to an app below them.
_APPLICATIONS = ("fastapi.applications:", "starlette.applications:", "starlette.routing:Router")

_PARAMETER = re.compile(r"\{([^{}:]*)(?::([^{}]*))?\}")


class Shadow(NamedTuple):
    """``hidden`` can't be reached: ``by`` answers; None is a mounted app that has no such route.
    ``twice``: both say the same path."""

    hidden: Route
    by: Route | None
    twice: bool = False


def find_shadows(rehearsal: Rehearsal) -> Iterator[Shadow]:
    """Hidden routes of the app's own, each with the first route that hides it."""
    by_endpoint: dict[str, list[Route]] = {}
    registered: dict[tuple[str, str, str], list[Route]] = {}
    for route in sorted(rehearsal.routes, key=lambda route: route.index):
        if route.endpoint:
            by_endpoint.setdefault(route.endpoint, []).append(route)
        registered.setdefault(_place(route), []).append(route)
    begins = _beginnings(rehearsal.routes)
    chosen_for: dict[str, set[str]] = {}
    for visit in rehearsal.visits:
        if visit.kind == "valid" and visit.endpoint:
            chosen_for.setdefault(visit.route, set()).add(visit.endpoint)
    for route in rehearsal.routes:
        if not route.own or not route.endpoint or route.kind == "files" or route.method == "HEAD":
            continue
        chosen = chosen_for.get(route.label, set())
        if route.endpoint in chosen:
            continue
        shadow = _registered_twice(route, registered[_place(route)]) or next(
            (
                Shadow(route, earlier)
                for endpoint in sorted(chosen)
                for earlier in by_endpoint.get(endpoint, ())
                if _hides(earlier, route)
            ),
            None,
        )
        if shadow is None and _taken_by_mount(rehearsal, route, by_endpoint, begins):
            shadow = Shadow(route, None)
        if shadow:
            yield shadow


def _taken_by_mount(
    rehearsal: Rehearsal, route: Route, listed: Mapping[str, list[Route]], begins: Mapping[str, int]
) -> bool:
    """Did a mounted app, which has no such route, answer every request that was meant for this one?

    The router names the app itself as its choice, and no path of a route that was registered before
    shows that the mount begins at the very value that was sent for a parameter (``begins``).
    """
    visits = [visit for visit in rehearsal.of(route.label) if visit.kind == "valid"]
    literal = route.path.partition("{")[0]
    return bool(visits) and all(
        visit.status in (404, 405)
        and visit.endpoint not in listed
        and visit.endpoint.startswith(_APPLICATIONS)
        and (literal == route.path or begins.get(_segments(visit, literal), route.index) >= route.index)
        for visit in visits
    )


def _segments(visit: Visit, literal: str) -> str:
    """The path that was sent, up to and with the first value of a parameter."""
    sent = visit.request.path.partition("?")[0].split("/")
    return "/".join(sent[: literal.count("/") + 1])


def _beginnings(routes: Iterable[Route]) -> dict[str, int]:
    """What the paths begin with, and the place in the router of the first that does."""
    found: dict[str, int] = {}
    for route in routes:
        segments = route.path.split("/")
        for number in range(1, len(segments) + 1):
            beginning = "/".join(segments[:number])
            found[beginning] = min(route.index, found.get(beginning, route.index))
    return found


def _registered_twice(route: Route, same: list[Route]) -> Shadow | None:
    """The same method, path and host belong to another endpoint already."""
    first = same[0]
    if first.index < route.index and first.endpoint and first.endpoint != route.endpoint:
        return Shadow(route, first, twice=True)
    return None


def _place(route: Route) -> tuple[str, str, str]:
    """What a router tells routes apart by: names of parameters are not part of it."""
    return (
        route.method,
        _PARAMETER.sub(lambda found: f"{{{_convertor(route, found)}}}", route.path),
        route.host,
    )


def _convertor(route: Route, found: re.Match[str]) -> str:
    return found[2] or route.parameters.get(found[1], "str")


def _hides(earlier: Route, later: Route) -> bool:
    """Would ``earlier`` take every request that is meant for ``later``?

    A visit alone does not prove it: the value that was chosen for a parameter may just be the
    literal of a more special route.
    """
    if earlier.index >= later.index or (earlier.host and earlier.host != later.host):
        return False
    if earlier.kind != "files" and earlier.method != later.method:
        return False
    probe = _PARAMETER.sub(lambda found: _PROBES.get(_convertor(later, found), "probe"), later.path)
    return re.fullmatch(_regex(earlier), probe) is not None


def _regex(route: Route) -> str:
    parts, end = [], 0
    for found in _PARAMETER.finditer(route.path):
        parts += [re.escape(route.path[end : found.start()]), _PATTERNS.get(_convertor(route, found), "(?!)")]
        end = found.end()
    parts.append(re.escape(route.path[end:]))
    if route.kind == "files":
        return "".join(parts).rstrip("/") + "(?:/.*)?"
    return "".join(parts)
