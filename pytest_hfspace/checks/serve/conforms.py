"""5xx: does a route answer as its schema says?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ...check import Check, Finding, Level, NotApplicable, Skip, check
from ...contract import Stage
from ...rehearsal.facts import Rehearsal, Route, Visit
from ...rehearsal.visitor import KEPT_BODY
from ...space import Space
from ..serving import SERVED, listing, one_line, request_name, serving, sources
from .fitting import misfit, resolve

#: Answers that have no body.  [RFC 9110, 6.4.1]
_BODILESS: Final = frozenset({204, 205, 304})

#: With these FastAPI leaves out fields, or names them otherwise, and its schema does not say so.
_RESHAPED: Final = re.compile(r"response_model_(?:in|ex)clude|response_model_by_alias")


@check(
    "HFS502",
    "route-conforms",
    level="warn",
    predicts=Stage.RUNNING,
    each="route",
    needs=SERVED,
    consequence="The Space runs, and clients that trust its OpenAPI document do not understand this answer.",
)
def route_conforms(space: Space, space_rehearsal: Rehearsal, space_route: Route) -> Iterator[Finding]:
    """Status, content type and body of an answer are what its operation declares.

    [OpenAPI Specification 3.1, 4.8.16]
    """
    serving(space_rehearsal)
    responses = _responses(space_rehearsal, space_route)
    visit = _answered(space_rehearsal, space_route)
    assert visit.status is not None
    declared = _of_status(responses, visit.status)
    if declared is None:
        yield _finding(
            space_route,
            f"{request_name(visit)} answered {visit.status}, and the document declares "
            f"{listing((one_line(status, 20) for status in responses), 5)}",
            f"write status_code={visit.status} into the route's decorator, or answer what is declared",
        )
        return
    content = resolve(_document(space_rehearsal, space_route), declared).get("content")
    if not isinstance(content, dict) or not content:
        return
    if space_route.method == "HEAD" or visit.status in _BODILESS:
        return
    sent = (visit.header("content-type") or "").partition(";")[0].strip().lower()
    media = _of_type(content, sent)
    if media is None:
        yield _other_type(space_route, visit, content, sent)
    elif _is_json(sent):
        yield from _body(space, space_rehearsal, space_route, visit, media)


def _document(rehearsal: Rehearsal, route: Route) -> dict[str, Any]:
    """The document that the route's operation stands in: the app's, or that of an app mounted in it."""
    whole = rehearsal.openapi or {}
    mounted = whole.get("x-mounted")
    for mount, part in mounted.items() if isinstance(mounted, dict) else ():
        paths = part.get("paths") if isinstance(part, dict) else None
        if isinstance(paths, dict) and any(f"{mount}{path}" == route.path for path in paths):
            found: dict[str, Any] = part
            return found
    return whole


def _responses(rehearsal: Rehearsal, route: Route) -> dict[str, Any]:
    if route.operation is None:
        raise NotApplicable("it is not in an OpenAPI document")
    declared = route.operation.get("responses")
    if not isinstance(declared, dict) or not declared:
        raise NotApplicable("its operation declares no response")
    document = _document(rehearsal, route)
    return {
        str(status).upper(): resolve(document, response)
        for status, response in declared.items()
        if isinstance(response, dict)
    }


def _answered(rehearsal: Rehearsal, route: Route) -> Visit:
    """The answer to a good request; Skip where none was seen."""
    if route.label in rehearsal.skipped_routes:
        raise Skip(rehearsal.skipped_routes[route.label])
    visits = [visit for visit in rehearsal.of(route.label) if visit.kind == "valid"]
    if not visits:
        raise Skip("it was not visited")
    visit = visits[-1]
    if visit.status is None or visit.status >= 500 or visit.raised or visit.problem or visit.busy:
        raise Skip("needs HFS501")
    if visit.endpoint and route.endpoint and visit.endpoint != route.endpoint:
        raise Skip("another route answered")
    if visit.status >= 300:
        raise NotApplicable(f"it was only seen to answer {visit.status}")
    return visit


def _of_status(responses: Mapping[str, Any], status: int) -> dict[str, Any] | None:
    for key in (str(status), f"{status // 100}XX", "DEFAULT"):
        if key in responses:
            found: dict[str, Any] = responses[key]
            return found
    return None


def _of_type(content: Mapping[str, Any], sent: str) -> dict[str, Any] | None:
    """What is declared for a content type, {} where nothing more is said; None where it is not."""
    for declared, media in content.items():
        name = str(declared).partition(";")[0].strip().lower()
        wild = name == "*/*" or (name.endswith("/*") and sent.startswith(name[:-1]))
        if name == sent or wild or (_is_json(name) and _is_json(sent)):
            return media if isinstance(media, dict) else {}
    return None


def _is_json(name: str) -> bool:
    return name == "application/json" or name.endswith("+json")


def _other_type(route: Route, visit: Visit, content: Mapping[str, Any], sent: str) -> Finding:
    kinds = listing((one_line(str(kind), 40) for kind in content), 3)
    got = one_line(sent, 60) or ("no body" if not visit.body else "no content type")
    # what FastAPI declares of itself where nobody said anything: harmless, and very common
    by_default = all(
        _is_json(str(kind).lower()) and not (isinstance(media, dict) and media.get("schema"))
        for kind, media in content.items()
    )
    response = "HTMLResponse" if sent == "text/html" else "Response"
    return _finding(
        route,
        f"{request_name(visit)} answered with {got}, and the document declares {kinds}",
        f"write response_class={response} into the route's decorator, or answer with what is declared",
        "note" if by_default else None,
    )


def _body(
    space: Space, rehearsal: Rehearsal, route: Route, visit: Visit, media: dict[str, Any]
) -> Iterator[Finding]:
    if visit.streamed or len(visit.body) >= KEPT_BODY:
        return
    try:
        value = json.loads(visit.body)
    except (ValueError, RecursionError):
        yield _finding(
            route,
            f"{request_name(visit)} answered with what is not JSON, and its content type says that it is: "
            f"{one_line(visit.body[:60].decode('utf-8', 'replace'), 40) or 'nothing'}",
            "return an object and let the framework encode it, or name the content type it has",
        )
        return
    wrong = misfit(_document(rehearsal, route), media.get("schema"), value)
    if wrong is None:
        return
    level: Level | None = "note" if wrong.is_limit else None
    if wrong.is_absent and any(_RESHAPED.search(text) for _, text in sources(space, rehearsal)):
        level = "note"
    yield _finding(
        route,
        f"{request_name(visit)} answered with {wrong.seen}, and the document declares {wrong.wanted}",
        "return what response_model (or the return annotation) declares, or change that model",
        level,
    )


def _finding(route: Route, message: str, hint: str, level: Level | None = None) -> Finding:
    where = route.where
    return Finding(message, hint, where.path if where else "", where.line if where else None, level)


CHECKS: Final[tuple[Check, ...]] = (route_conforms,)
