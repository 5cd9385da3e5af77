"""7xx: does a secret come out again?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from ...check import Check, Finding, Skip, check
from ...contract import Stage
from ...rehearsal.facts import Rehearsal, Variant, Visit, Where
from ...rehearsal.variants import markers
from ..serving import SERVED, listing, one_line, request_name, route_of, serving
from .escapes import Needle, needles

#: Keys and tokens that their issuers make for pages: a browser has to be given them.
_FOR_BROWSERS: Final = re.compile(
    r".*(MAPS?|MAPBOX|CESIUM|FIREBASE|POSTHOG|MIXPANEL|SEGMENT_WRITE|AMPLITUDE|ALGOLIA_SEARCH|INSTANTSEARCH"
    r"|ANON|SITE|BROWSER|CLIENT_SIDE|FRONTEND|TURNSTILE_SITE|MAPTILER)_.*"
)

_LOG: Final = "the log"
_AROUND: Final = 40
_MOST: Final = 20


class _Leak(NamedTuple):
    """One secret at one place.  ``visit``: None for the log."""

    name: str
    place: str
    excerpt: str
    visit: Visit | None = None


@check(
    "HFS705",
    "secret-leak",
    level="error",
    predicts=Stage.RUNNING,
    needs=SERVED,
    starts=("canaries",),
    consequence="Who asks for that page, or can open the Space's logs, reads the secret and can use it.",
)
def secret_leak(space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Secrets that were given to the app come out in no answer and in no log line.  [security-secrets]"""
    serving(space_rehearsal)
    canaries = space_rehearsal.variant("canaries")
    leaks = [*(_of_canaries(canaries) if canaries is not None else ()), *_of_first_start(space_rehearsal)]
    yield from (_finding(space_rehearsal, group) for group in _grouped(leaks)[:_MOST])
    if not leaks:
        _say_what_was_not_seen(space_rehearsal, canaries)


def _say_what_was_not_seen(rehearsal: Rehearsal, canaries: Variant | None) -> None:
    """Raise Skip where the app was not run with secrets of ours."""
    secrets = [read.name for read in rehearsal.reads if read.own and read.secret]
    if canaries is None:
        given = {stand_in.name for stand_in in rehearsal.stand_ins}
        if any(name not in given for name in secrets):
            raise Skip("the app was not started with secrets of the rehearsal's own")
    elif canaries.impossible:
        raise Skip(canaries.impossible)
    elif canaries.failure is not None:
        reason = canaries.failure.raised.kind if canaries.failure.raised else canaries.failure.message
        names = listing(one_line(name, 60) for name in canaries.settings)
        raise Skip(f"the app does not come up with made-up values of {names} ({one_line(reason, 60)})")


def _of_first_start(rehearsal: Rehearsal) -> Iterator[_Leak]:
    """Of the stand-ins that the app could not start without."""
    secret = {read.name for read in rehearsal.reads if read.secret}
    names = {each.name: "" for each in rehearsal.stand_ins if each.secret or each.name in secret}
    yield from _leaks(rehearsal.visits, rehearsal.output, names)


def _of_canaries(variant: Variant) -> Iterator[_Leak]:
    if variant.failure is None:
        yield from _leaks(variant.visits, variant.output, variant.settings)


def _leaks(visits: Iterable[Visit], output: str, values: Mapping[str, str]) -> Iterator[_Leak]:
    """``values``: of the secrets, "" where only the marker is known."""
    marks = markers(values)
    found = [needle for name, value in values.items() for needle in needles(name, value, marks[name])]
    if not found:
        return
    for visit in visits:
        ours = [needle for needle in found if not _is_echo(needle, visit) and _is_secret_there(needle.name)]
        for place, text in _parts(visit):
            yield from _in_text(ours, place, text, found, visit)
    yield from _in_text(found, _LOG, output, found)


def _parts(visit: Visit) -> Iterator[tuple[str, str]]:
    request = request_name(visit)
    for name, value in visit.headers:
        lower = name.lower()
        where = "cookie" if lower == "set-cookie" else f"header {one_line(lower, 40)}"
        yield f"{request} ({where})", value
    if visit.body:
        yield request, visit.body.decode("utf-8", "replace")


def _is_echo(needle: Needle, visit: Visit) -> bool:
    """Did the visitor send it?"""
    request = visit.request
    sent = [request.path, *(value for _, value in request.headers), request.body.decode("latin-1")]
    return any(text in part for text in needle.texts for part in sent)


def _is_secret_there(name: str) -> bool:
    return _FOR_BROWSERS.fullmatch(f"{name.upper()}_") is None


def _in_text(
    wanted: Iterable[Needle], place: str, text: str, mask: Iterable[Needle], visit: Visit | None = None
) -> Iterator[_Leak]:
    for needle in wanted:
        at = needle.find(text)
        if at is not None:
            yield _Leak(needle.name, place, _excerpt(text, at, mask), visit)


def _excerpt(text: str, at: int, mask: Iterable[Needle]) -> str:
    """What stands round it on its line, every secret replaced by its name."""
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    line = text[max(start, at - 400) : end if 0 <= end < at + 400 else at + 400]
    for needle in mask:
        line = needle.masked(line)
    line = one_line(line, len(line))
    middle = max(line.find("<"), 0)
    first = min((i for i in (line.find(f"<{needle.name}>") for needle in mask) if i >= 0), default=middle)
    begin = max(0, first - _AROUND)
    return f"{'…' if begin else ''}{one_line(line[begin:], 2 * _AROUND)}"


def _grouped(leaks: Iterable[_Leak]) -> list[list[_Leak]]:
    """Those of the same secrets together: a page that shows all of them is one thing to mend."""
    by_place: dict[str, dict[str, _Leak]] = {}
    for leak in leaks:
        by_place.setdefault(leak.place, {}).setdefault(leak.name, leak)
    groups: dict[frozenset[str], list[_Leak]] = {}
    for found in by_place.values():
        groups.setdefault(frozenset(found), []).extend(found.values())
    return list(groups.values())


def _finding(rehearsal: Rehearsal, leaks: list[_Leak]) -> Finding:
    names = listing(dict.fromkeys(one_line(leak.name, 60) for leak in leaks))
    places = list(dict.fromkeys(leak.place for leak in leaks))
    first = leaks[0]
    if places == [_LOG]:
        return Finding(
            f"{names}: the value is printed to {_LOG}, as {first.excerpt}",
            "take it out of what is printed or logged: name the setting, or whether it is set",
            consequence="Who can open the Space's logs reads the secret: its collaborators, and support.",
        )
    where = next(filter(None, (_line(rehearsal, leak) for leak in leaks)), None)
    return Finding(
        f"{names}: the value comes out of {listing(places)}, as {first.excerpt}",
        "send clients no settings: leave it out of the answer, and revoke it if the Space is public already",
        path=where.path if where else "",
        line=where.line if where else None,
    )


def _line(rehearsal: Rehearsal, leak: _Leak) -> Where | None:
    route = route_of(rehearsal, leak.visit) if leak.visit is not None else None
    return route.where if route is not None else None


CHECKS: Final[tuple[Check, ...]] = (secret_leak,)
