"""5xx: does every route answer?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...check import Finding, Level, Skip, check
from ...contract import Stage
from ...rehearsal.coverage import best_visit, visit_outcome
from ...rehearsal.facts import Rehearsal, Route, Visit
from ...space import Space
from ..build.websockets import lacks_library
from ..serving import SERVED, listing, one_line, request_name, root_visits, route_of, serving
from . import schema
from .answers import examine_visits, innermost, told
from .audience import asks_for_credentials, has_pages
from .shadows import Shadow, find_shadows

#: Answers of a handler that looked and found nothing, if the path has parameters.
_NOTHING_THERE = frozenset({402, 404, 409, 410})
#: What no other request changes.
_GONE = 410
_LIMITED = 429

_HOOK = "pytest_hfspace_request(route) in conftest.py"


@check(
    "HFS501",
    "route-answers",
    level="error",
    predicts=Stage.RUNNING,
    each="route",
    apart=True,
    needs=SERVED,
    consequence='The Space runs, and whoever uses this route gets "Internal Server Error" or nothing at all.',
)
def route_answers(space: Space, space_rehearsal: Rehearsal, space_route: Route) -> Iterator[Finding]:
    """No request, be it valid, empty, malformed or wrongly authorised, ends in an exception.  [field]"""
    serving(space_rehearsal)
    yield from examine_visits(space, space_rehearsal, space_route)


@check(
    "HFS503",
    "route-shadowed",
    level="error",
    predicts=Stage.RUNNING,
    needs=(*SERVED, "HFS504"),
    consequence="The Space runs, and requests for this route are answered by another one.",
)
def route_shadowed(space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """No route is hidden by one that was registered before it.  [Starlette: the first match wins; field]"""
    serving(space_rehearsal)
    if not space_rehearsal.routes:
        raise Skip("the app's routes are not known")
    yield from map(_shadow_finding, find_shadows(space_rehearsal))


def _shadow_finding(shadow: Shadow) -> Finding:
    hidden, by = shadow.hidden, shadow.by
    if by is None:
        return _at(
            hidden,
            f"{hidden.label} is never reached: an app that is mounted before it answers, "
            "and has no such route",
            f"register {hidden.label} before the mount, or mount that app at a path of its own",
        )
    at = f" ({by.where})" if by.where else ""
    if shadow.twice:
        message = f"{hidden.label} is registered twice: {by.endpoint}{at} answers, {hidden.endpoint} never"
        hint = "remove one of the two, or give it another path"
    elif by.kind == "files":
        message = f"{hidden.label} is never reached: what is mounted at {by.path}{at} answers"
        hint = f"mount {by.path} after the last route"
    else:
        message = f"{hidden.label} is never reached: {by.label}{at} answers"
        hint = f"register {hidden.label} before {by.label}"
    if not by.own:
        hint = "use another path, or switch the framework's page off: FastAPI(docs_url=None, redoc_url=None)"
    return _at(hidden, message, hint)


@check(
    "HFS504",
    "inventory",
    level="error",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space runs, and requests that are documented or expected are answered 404.",
)
def inventory(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The router has routes, and every operation of the OpenAPI document is one of them.  [design]"""
    serving(space_rehearsal)
    if not space_rehearsal.routes and space_rehearsal.routes_problem:
        raise Skip(one_line(space_rehearsal.routes_problem))
    if space_rehearsal.routes_problem:
        yield Finding(
            f"the list of routes may be incomplete: {one_line(space_rehearsal.routes_problem)}",
            "what is not listed was not visited: test it with the space_client fixture",
            level="warn",
        )
    elif not _serves_something(space_rehearsal):
        path = _app_file(space)
        yield Finding(
            f"{space.app} has no routes of its own: every request is answered 404",
            "register the routes on the app that is started, for example: app.include_router(router)",
            path=path,
        )
    yield from _unrouted(space_rehearsal)


def _serves_something(rehearsal: Rehearsal) -> bool:
    """Routes of its own, of a framework that brings a whole user interface, or an answer at the root."""
    frameworks_pages = ("fastapi.", "starlette.", "litestar.")
    return any(
        route.own or (route.endpoint and not route.endpoint.startswith(frameworks_pages))
        for route in rehearsal.routes
    ) or any(visit.status is not None and visit.status < 400 for visit in root_visits(rehearsal))


def _app_file(space: Space) -> str:
    module = space.app.partition(":")[0].replace(".", "/")
    return next((path for path in (f"{module}.py", f"{module}/__init__.py") if path in space.files), "")


def _unrouted(rehearsal: Rehearsal) -> Iterator[Finding]:
    """Operations that nothing answers.  A document can be written by hand, so no more than a warning."""
    if rehearsal.openapi is None or rehearsal.routes_problem:
        return
    routed = {(route.method, _plain(route.path)) for route in rehearsal.routes if route.kind == "http"}
    # what is mounted as a whole has paths that nobody can list
    opaque = tuple(_plain(route.path) for route in rehearsal.routes if route.kind == "files")
    lost = [
        operation.name
        for operation in schema.operations(rehearsal.openapi)
        if (operation.method, _plain(operation.path)) not in routed
        and not (operation.method == "HEAD" and ("GET", _plain(operation.path)) in routed)
        and not any(f"{_plain(operation.path)}/".startswith(f"{mount.rstrip('/')}/") for mount in opaque)
    ]
    if lost:
        yield Finding(
            f"the OpenAPI document has operations that no route answers: {listing(lost, 5)}",
            "remove them from the document, or register their routes",
            level="warn",
        )


def _plain(path: str) -> str:
    """A path without names of parameters, prefix of a host and trailing slash."""
    return re.sub(r"\{[^{}]*\}", "{}", re.sub(r"^//[^/]*", "", path)).rstrip("/") or "/"


@check(
    "HFS505",
    "root",
    level="warn",
    predicts=Stage.RUNNING,
    needs=(*SERVED, "HFS504"),
    consequence="The Space runs, and its page shows this answer in place of an app.",
)
def root(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """What the Space page asks for is answered with a page.  [spaces-embed; field]"""
    serving(space_rehearsal)
    if space.card.base_path != "/":
        raise Skip(f"the Space page shows base_path {space.card.base_path}: see HFS111")
    visit = _answered_root(space_rehearsal)
    if visit.status not in (401, 403, 404):
        return
    route = route_of(space_rehearsal, visit)
    if route is not None and any(shadow.hidden == route for shadow in find_shadows(space_rehearsal)):
        raise Skip("another route answers for it: see HFS503")
    if visit.status == 404 and space.image is not None and space.image.not_followed:
        raise Skip(f"GET / is answered 404, and its page may come from {space.image.not_followed[0]}")
    if visit.status == 404:
        hint = 'answer GET / with a page, or show another one: "base_path: /docs" in README.md\'s card'
    else:
        hint = "let GET / answer without credentials, with a page that tells how to log in"
    message = (
        f"{request_name(visit)} is answered {visit.status}, wanted a page: it is what the Space page shows"
    )
    yield _at(route, message, hint, None if has_pages(space_rehearsal, visit) else "note")


def _answered_root(rehearsal: Rehearsal) -> Visit:
    visits = root_visits(rehearsal)
    if not visits:
        raise Skip("GET / was not visited")
    answered = next((visit for visit in visits if visit.status is not None), None)
    if answered is None:
        raise Skip(f"{request_name(visits[0])} got no answer: {one_line(visits[0].problem) or 'see HFS501'}")
    return answered


@check(
    "HFS506",
    "openapi",
    level="error",
    predicts=Stage.RUNNING,
    needs=SERVED,
    consequence="The Space runs, and /docs and clients made from its schema fail.",
)
def openapi(space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The OpenAPI document can be generated and is whole.  [OpenAPI Specification 3.0, 3.1]"""
    serving(space_rehearsal)
    problem = space_rehearsal.openapi_problem
    if problem:
        where = innermost(problem)
        yield Finding(
            f"the OpenAPI document cannot be generated: {told(problem)}",
            "give the models and parameters that it names types that have a JSON schema, or leave the route "
            "out: include_in_schema=False",
            path=where.path if where else "",
            line=where.line if where else None,
        )
    if space_rehearsal.openapi is None:
        if problem is None:
            raise Skip("the app has no OpenAPI document")
        return
    if not any("openapi" in f"{route.path} {route.endpoint}".lower() for route in space_rehearsal.routes):
        raise Skip("the app does not publish its OpenAPI document")
    yield from _structure(space_rehearsal, space_rehearsal.openapi)


def _structure(rehearsal: Rehearsal, document: dict[str, object]) -> Iterator[Finding]:
    absent = schema.missing_parts(document)
    if absent:
        yield Finding(
            f"the OpenAPI document has no {', '.join(absent)}",
            'return at least {"openapi": "3.1.0", "info": {"title": …, "version": …}, "paths": {…}}',
        )
    dangling = schema.dangling(document)
    if dangling:
        yield _at(
            _labelled(rehearsal, dangling[0][1]),
            "the OpenAPI document refers to what it does not contain: "
            + listing(f"{one_line(ref, 100)}{f' in {owner}' if owner else ''}" for ref, owner in dangling),
            "define it under components/schemas: let FastAPI build the schema from the model, and paste no "
            "model_json_schema() into it",
        )
    table: tuple[tuple[list[str], str, str, Level | None], ...] = (
        (
            schema.without_responses(document),
            "operations declare no response, which OpenAPI 3.0 requires",
            'add "responses": {"200": {"description": "…"}} to each',
            None,
        ),
        (
            [f"{name} in {where}" for where, name in schema.impossible_parameters(document)],
            "path parameters are declared that the path does not have",
            "write the parameter into the path, or declare it with Query() in place of Path()",
            None,
        ),
        (
            [f"{name} in {where}" for where, name in schema.undeclared_parameters(document)],
            "path parameters are not declared",
            "give the function an argument of that name, or leave the route out: include_in_schema=False",
            "warn",
        ),
    )
    foreign = {route.label for route in rehearsal.routes if not route.own}  # a framework's, not the app's
    for said, what, hint, level in table:
        names = [name for name in said if name.rpartition(" in ")[2] not in foreign]
        if names:
            label = names[0].rpartition(" in ")[2]
            yield _at(_labelled(rehearsal, label), f"{what}: {listing(names, 5)}", hint, level)
    for name, bearers in schema.repeated_ids(document):
        # FastAPI itself gives every method of one api_route the same id
        one_route = len({bearer.partition(" ")[2] for bearer in bearers}) == 1
        yield _at(
            _labelled(rehearsal, bearers[1]),
            f"the operation id {one_line(name, 60)} is not unique: {listing(bearers, 5)}",
            "give each an operation_id, or each function a name of its own",
            "note" if one_route else "warn",
        )


@check(
    "HFS507",
    "websocket",
    level="error",
    predicts=Stage.RUNNING,
    each="websocket",
    needs=SERVED,
    consequence="The Space runs, and whoever opens this WebSocket is cut off.",
)
def websocket(space: Space, space_rehearsal: Rehearsal, space_route: Route) -> Iterator[Finding]:
    """A WebSocket handshake is accepted or refused, and the handler does not raise.  [RFC 6455, 4.2]"""
    serving(space_rehearsal)
    findings = examine_visits(space, space_rehearsal, space_route)
    statuses = {visit.status for visit in space_rehearsal.of(space_route.label)}
    if not findings and statuses == {404}:
        if lacks_library(space, space_rehearsal):
            raise Skip("needs HFS321")
        raise Skip("the handshake was answered 404, as by a server that has no WebSocket library here")
    yield from findings


@check(
    "HFS508",
    "coverage",
    level="warn",
    predicts=Stage.RUNNING,
    needs=(*SERVED, "HFS504", "HFS604"),
    consequence="What these routes do with a good request was not seen: it may fail on the Space.",
)
def coverage(space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Every route was reached past validation; those that were not are listed.  [design]"""
    serving(space_rehearsal)
    routes = [route for route in space_rehearsal.routes if route.own and route.kind == "http"]
    if not routes:
        raise Skip("the app has no HTTP routes of its own")
    if space_rehearsal.openapi_problem:
        # requests are made from the document
        raise Skip("needs HFS506")
    names = ("refused", "limited", "nothing there", "guarded")
    groups: dict[str, list[tuple[Route, int]]] = {name: [] for name in names}
    hidden = {shadow.hidden.label for shadow in find_shadows(space_rehearsal)}
    for route in routes:
        group = None if route.label in hidden else _uncovered(space_rehearsal, route)
        if group:
            groups[group[0]].append((route, group[1]))
    total = len(routes)
    yield from _listed(
        groups["refused"],
        f"of {total} routes were only seen to refuse a request, wanted an answer below 400",
        f"say what a good request is: examples=[…] in the model or parameter, or return it from {_HOOK}",
        "warn",
    )
    yield from _listed(
        groups["limited"],
        f"of {total} routes answered that there were too many requests",
        "raise the limit for the rehearsal with a setting: --hfspace-env NAME=VALUE",
        "note",
    )
    yield from _listed(
        groups["nothing there"],
        f"of {total} routes answered only that there is no such thing",
        f"name something that exists: examples=[…] of the path parameter, or return it from {_HOOK}",
        "note",
    )
    yield from _listed(
        groups["guarded"],
        f"of {total} routes were only seen to ask for credentials",
        f'give credentials: hfspace_headers = ["Authorization: Bearer …"] in pytest\'s settings, or {_HOOK}',
        "note",
    )


def _uncovered(rehearsal: Rehearsal, route: Route) -> tuple[str, int] | None:
    """How a route was left uncovered, and the status that says so; None if it was covered or failed."""
    best = best_visit(rehearsal, route)
    outcome = visit_outcome(best) if best else "skipped"
    if best is None or best.status is None or outcome not in ("guarded", "rejected"):
        return None
    if outcome == "guarded" or asks_for_credentials(best):
        return "guarded", best.status
    if best.status == _LIMITED:
        return "limited", best.status
    nothing = best.status in _NOTHING_THERE and bool(route.parameters or "{" in route.path)
    nothing = nothing or best.status == _GONE
    return "nothing there" if nothing else "refused", best.status


def _listed(group: list[tuple[Route, int]], what: str, hint: str, level: Level) -> Iterator[Finding]:
    if group:
        names = listing((f"{route.label} {status}" for route, status in group), 5)
        yield _at(group[0][0], f"{len(group)} {what}: {names}", hint, level)


def _labelled(rehearsal: Rehearsal, label: str) -> Route | None:
    return next((route for route in rehearsal.routes if route.label == label), None)


def _at(route: Route | None, message: str, hint: str, level: Level | None = None) -> Finding:
    where = route.where if route else None
    return Finding(
        message, hint, path=where.path if where else "", line=where.line if where else None, level=level
    )


CHECKS = (route_answers, route_shadowed, inventory, root, openapi, websocket, coverage)
