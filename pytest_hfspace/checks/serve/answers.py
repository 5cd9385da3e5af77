"""From the visits of one route to what is wrong with its answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from ...check import Finding, Level, Skip
from ...contract import BUILTIN_ENVIRONMENT, OAUTH_ENVIRONMENT
from ...rehearsal.facts import Raised, Rehearsal, Route, Visit, Where, chain
from ...space import Space
from ...space.settings import is_placeholder, is_secret_name
from ..absent import lost_of
from ..causes import CODES_OF_LOST
from ..lifecycle.egress import is_open
from ..pointers import pointer_of
from ..refused import refusal_of
from ..serving import one_line, request_names
from .meant import is_meant
from .shadows import find_shadows

#: What a handler raises that goes on after the visitor has closed the socket: no defect.
_USED_AFTER_CLOSE = re.compile(r"Cannot call \"|WebSocket is not connected|Unexpected ASGI message")

#: What looking up an unknown id raises.
_NOT_THERE = frozenset({"builtins.LookupError", "builtins.StopIteration", "builtins.FileNotFoundError"})
#: The answer to a host that the app does not serve.
_MISDIRECTED = 421

_UNREACHABLE_HINT = (
    "no proof of a defect: give the address of a service that can be reached with --hfspace-env NAME=VALUE, "
    "or let the route answer without it"
)

_MEANT = "remove it once it was tried, or skip it with a reason: pytest_hfspace_request(route) in conftest.py"
_LATE = "The Space runs, the visitor has the answer, and what should follow it is not done."
_OUTAGE = "The Space runs, and while that service does not answer, whoever uses this route gets this answer."
_REFUSED = "The Space runs, and whoever uses this route gets this answer."

#: What to do about an exception that says it all, by its class and a pattern of its message.
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        "ResponseValidationError",
        "",
        "let it return what response_model (or the return annotation) declares, or change that model",
    ),
    ("UndefinedError", "", "give the template a value of that name, or write {{ name | default('') }}"),
    ("TemplateNotFound", "", "add the template to that folder and commit it, or correct its name"),
    (
        "TypeError",
        r"unhashable type: 'dict'",
        'if it calls TemplateResponse, give the request first: TemplateResponse(request, "page.html", {…})',
    ),
)

_CLOSE_HINT = "catch it in the handler and end with: await websocket.close(code=1011)"


class MissingSetting(NamedTuple):
    """A variable that a request could not do without.

    ``known``: how its owner is told of it ("which .env.example:3 declares"), "" if by nothing.
    """

    name: str
    known: str = ""

    @property
    def reason(self) -> str:
        """Why a route that cannot do without it is not judged."""
        return f"needs {self.name}, {self.known}: give a value with {self.option}"

    @property
    def option(self) -> str:
        """What to give to pytest to see more."""
        return f"--hfspace-env {self.name}=VALUE"


def examine_visits(space: Space, rehearsal: Rehearsal, route: Route) -> list[Finding]:
    """Findings of one route, a cause once; Skip where it was not or could not be visited."""
    reason = rehearsal.skipped_routes.get(route.label)
    if reason is not None:
        raise Skip(reason)
    visits = rehearsal.of(route.label)
    if not visits:
        raise Skip("it was not visited")
    if _is_shadowed(rehearsal, route, visits):
        raise Skip("another route answers for it: see HFS503")
    causes = _causes(visits)
    elsewhere = _told_elsewhere(space, rehearsal, causes)
    missing = {key: missing_setting(space, rehearsal, group[0].raised) for key, group in causes.items()}
    findings = [
        finding for key, group in causes.items() for finding in _explain(space, route, group, missing[key])
    ]
    excused = [setting.reason for setting in missing.values() if setting and setting.known]
    excused += [f"needs {code}" for code in elsewhere]
    if excused and not findings:
        raise Skip(excused[0])
    return findings


def _told_elsewhere(
    space: Space, rehearsal: Rehearsal, causes: dict[tuple[object, ...], list[Visit]]
) -> list[str]:
    """Take out the causes that are another check's findings: its codes."""
    codes = []
    for key, group in [*causes.items()]:
        if group[0].status == _MISDIRECTED:
            codes.append("HFS604")
            del causes[key]
            continue
        refused = refusal_of(space, rehearsal, group[0].raised)
        if refused is not None:
            codes.append(refused.code)
            del causes[key]
            continue
        lost = lost_of(space, rehearsal, group[0].raised)
        if lost is not None and lost.why != "copy":
            codes.append(CODES_OF_LOST[lost.why])
            del causes[key]
        elif pointer_of(space, rehearsal, group[0].raised):
            codes.append("HFS203")
            del causes[key]
    return codes


def _is_shadowed(rehearsal: Rehearsal, route: Route, visits: Sequence[Visit]) -> bool:
    """Are these the answers of a route that was registered before?"""
    elsewhere = any(visit.endpoint not in ("", route.endpoint) for visit in visits)
    return elsewhere and any(shadow.hidden == route for shadow in find_shadows(rehearsal))


def _causes(visits: Sequence[Visit]) -> dict[tuple[object, ...], list[Visit]]:
    """The visits that went wrong, by what they have in common."""
    causes: dict[tuple[object, ...], list[Visit]] = {}
    for visit in visits:
        key = _cause(visit)
        if key:
            causes.setdefault(key, []).append(visit)
    return causes


def _cause(visit: Visit) -> tuple[object, ...] | None:
    if visit.raised and not _only_left(visit):
        where = innermost(visit.raised)
        return ("raised", visit.raised.kind, where or visit.raised.message, bool(visit.unreachable))
    if visit.busy:
        return ("busy",)
    if visit.problem:
        return ("problem", visit.problem, visit.unreachable)
    if visit.status is not None and visit.status >= 500:
        return ("status", visit.status, detail(visit), visit.unreachable)
    return None


def _only_left(visit: Visit) -> bool:
    """Did the handler of an open WebSocket only notice that the visitor closed it?"""
    raised = visit.raised
    return (
        raised is not None
        and visit.status == 101
        and raised.kind == "RuntimeError"
        and _USED_AFTER_CLOSE.match(raised.message) is not None
    )


def innermost(raised: Raised) -> Where | None:
    """The line of the repository that took part: the exception's own, else its cause's."""
    return next((step.where for step in chain(raised) if step.where), None)


def _explain(
    space: Space, route: Route, visits: list[Visit], missing: MissingSetting | None
) -> Iterator[Finding]:
    """What to say of visits that went wrong in one way."""
    first = visits[0]
    names = request_names(visits)
    if first.raised and not _only_left(first):
        if missing and missing.known:
            return
        found = _raised(route, first, first.raised, names=names, missing=missing)
        if not missing and is_meant(space, route, first.raised):
            found = replace(
                found, message=f"{found.message}; it seems meant to fail", hint=_MEANT, level="note"
            )
        yield found
    elif not route.own:
        return
    elif first.busy:
        yield _finding(
            route,
            f"{names}: still computing after {first.seconds:.0f} s, so it was not seen to answer",
            "raise --hfspace-timeout if it may take that long, or return at once and work in the background",
            level="warn",
        )
    elif first.unreachable:
        seen = f"answered {first.status}" if first.status else first.problem
        # an answer of its own for an outage that the Space does not have is as it should be
        is_handled = first.status is not None and is_open(first.unreachable)
        yield _finding(
            route,
            f"{names}: could not reach {first.unreachable} in the rehearsal, {seen}",
            _UNREACHABLE_HINT,
            level="note" if is_handled else "warn",
            consequence=_OUTAGE if is_handled else "",
        )
    elif first.problem:
        yield _finding(
            route, f"{names}: {one_line(first.problem)}, wanted an answer", _problem_hint(route, first)
        )
    else:
        yield _deliberate(space, route, first, names)


def _problem_hint(route: Route, visit: Visit) -> str:
    if visit.problem.startswith("no answer"):
        return "give what it waits for a time-out, or return at once and work in the background"
    if "in the middle" in visit.problem:
        return "catch what the code that makes the rest of the answer raises: the app's log has it"
    return f"let {route.endpoint or 'the route'} answer, and run elsewhere what may end the process"


def _raised(
    route: Route,
    visit: Visit,
    raised: Raised,
    *,
    names: str,
    missing: MissingSetting | None,
) -> Finding:
    where = innermost(raised)
    at = f" at {where}" if where else ""
    seen = f"{names} raised {told(raised)}{at}"
    if missing:
        message = f"{seen}: the variable {missing.name} is not set, and nothing declares it"
        hint = f"declare it in .env.example and set it on the Space (here: {missing.option})"
        if missing.name in OAUTH_ENVIRONMENT:
            hint = f"write hf_oauth: true in the card of README.md, with which the Hub sets {missing.name}"
    elif visit.unreachable:
        message = f"{seen}: could not reach {visit.unreachable} in the rehearsal"
        hint = _UNREACHABLE_HINT
    elif route.kind == "websocket":
        message = f"{seen}, wanted a handler that closes"
        unaccepted = visit.status != 101 and "accept" in raised.message
        hint = "await websocket.accept() first" if unaccepted else _CLOSE_HINT
    elif visit.status is not None and visit.status < 500:
        message = f"{seen} after answering {visit.status}"
        hint = "catch it where the work after the answer is done, or do the work before answering"
    else:
        message = f"{seen}, wanted an answer"
        hint = _raised_hint(route, visit, raised)
    level: Level | None = "warn" if visit.unreachable or not route.own else None
    place = where or route.where
    is_late = visit.status is not None and visit.status < 500 and route.kind != "websocket"
    return Finding(
        message,
        hint,
        path=place.path if place else "",
        line=place.line if place else None,
        level=level,
        consequence=_LATE if is_late else "",
    )


def told(raised: Raised) -> str:
    """An exception on one line, without the pointers into libraries that some end with."""
    text = re.split(r"\s+File \"|\s+For further information visit", str(raised))[0]
    return one_line(text)


def _raised_hint(route: Route, visit: Visit, raised: Raised) -> str:
    for kind, pattern, hint in _KNOWN:
        if raised.kind == kind and re.search(pattern, raised.message):
            return hint
    is_json = "json.decoder.JSONDecodeError" in raised.kinds and visit.request.method not in ("GET", "HEAD")
    if visit.kind in ("empty body", "malformed body") or is_json:
        return "check the body before using it and answer 422, or declare it as a model so that FastAPI does"
    if visit.kind == "wrong token":
        return "catch what the token library raises and answer 401"
    if route.parameters and not _NOT_THERE.isdisjoint(raised.kinds):
        return 'answer 404 where there is no such thing: raise HTTPException(404, "…")'
    return "handle the case where it is raised, or answer with an HTTPException if the request is to blame"


def _deliberate(space: Space, route: Route, visit: Visit, names: str) -> Finding:
    said = detail(visit)
    quoted = f' "{said}"' if said else ""
    named = next((name for name in space.settings if name in said and _names_variable(name, said)), "")
    if named:
        hint = f"give a value with --hfspace-env {named}=VALUE to see the route answer"
    else:
        hint = "make the route answer, or skip it with a reason: pytest_hfspace_request(route) in conftest.py"
    message = f"{names} answered {visit.status}{quoted}"
    return _finding(route, message, hint, level="warn", consequence=_REFUSED)


def _finding(
    route: Route, message: str, hint: str, level: Level | None = None, consequence: str = ""
) -> Finding:
    where = route.where
    return Finding(
        message,
        hint,
        path=where.path if where else "",
        line=where.line if where else None,
        level=level,
        consequence=consequence,
    )


def detail(visit: Visit, limit: int = 60) -> str:
    """The start of what an answer says of itself: JSON's ``detail`` and the like, else its text."""
    text = visit.body.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        for key in ("detail", "error", "message", "title"):
            if value.get(key):
                said = value[key]
                return one_line(
                    said if isinstance(said, str) else json.dumps(said, ensure_ascii=False), limit
                )
    return one_line(re.sub(r"<[^<>]*>", " ", text), limit)


def missing_setting(space: Space, rehearsal: Rehearsal, raised: Raised | None) -> MissingSetting | None:
    """The variable whose absence an exception is about, None where it is about something else."""
    for step in chain(raised):
        name = _absent_key(space, rehearsal, step) or _named(space, rehearsal, step)
        if name:
            return MissingSetting(name, _known(space, rehearsal, name))
    return None


def _known(space: Space, rehearsal: Rehearsal, name: str) -> str:
    declared = space.settings.get(name)
    if declared:
        return f"which {declared.path}:{declared.line} declares"
    return "see HFS420" if any(given.name == name for given in rehearsal.stand_ins) else ""


def _absent_key(space: Space, rehearsal: Rehearsal, raised: Raised) -> str:
    """The name in ``KeyError: 'NAME'`` if it is a variable's and not any dictionary's."""
    if raised.kind != "KeyError":
        return ""
    name = raised.message.strip("'\"")
    asked = [read for read in rehearsal.reads if read.name == name]
    if any(read.given for read in asked):
        return ""
    return name if asked or name in space.settings else ""


def _named(space: Space, rehearsal: Rehearsal, raised: Raised) -> str:
    """A variable without a value of the owner's that the exception's message names."""
    unset = [read.name for read in rehearsal.reads if read.own and not read.given]
    made_up = [stand_in.name for stand_in in rehearsal.stand_ins]
    for name in (*made_up, *space.settings, *unset):
        if _has_real_value(space, rehearsal, name):
            continue
        # pydantic names the field, which is the variable in lower case
        fold = raised.kind == "ValidationError" and "Field required" in raised.message
        if _names_variable(name, raised.message, fold=fold):
            return name
    return ""


def _has_real_value(space: Space, rehearsal: Rehearsal, name: str) -> bool:
    """Was the app given a value that the owner chose, and not one of ours in its place?"""
    if name in BUILTIN_ENVIRONMENT or (space.image and name in space.image.env):
        return True
    if any(stand_in.name == name for stand_in in rehearsal.stand_ins):
        return False
    declared = space.settings.get(name)
    if declared and (is_placeholder(declared.value) or is_secret_name(name)):
        return False
    return any(read.given for read in rehearsal.reads if read.name == name)


def _names_variable(name: str, text: str, *, fold: bool = False) -> bool:
    """Is ``name`` a word of the text?  A plain word such as ``MODEL`` says nothing."""
    flags = re.IGNORECASE if fold else 0
    return "_" in name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, flags) is not None
