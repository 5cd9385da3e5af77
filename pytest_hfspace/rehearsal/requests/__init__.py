"""Requests for a route: deterministic, from the project's hook, its examples, or its schema."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..facts import Request, Route, VisitKind
from . import encoding
from .drafts import Draft, Drafter, joined
from .mending import mend
from .operations import JSON, PARAMETER, Operation, read
from .ordering import ordered
from .resources import Resources
from .samples import WORD
from .schemas import Schemas
from .values import Values


@dataclass(frozen=True)
class Override:
    """What the project's hook says of a route; see ``hookspecs.pytest_hfspace_request``.

    ``params``: path, query, header and cookie parameters by name.  ``skip``: a reason not to
    visit it.  ``json`` and ``body`` exclude each other.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    body: bytes | None = None
    skip: str = ""


class Planned(NamedTuple):
    """One visit to make: the route, what kind of visit, and the request to send."""

    route: Route
    kind: VisitKind
    request: Request


class RequestPlanner:
    """Plans the visits of an app.  The same app gets the same requests in the same order."""

    def __init__(
        self,
        routes: Sequence[Route],
        openapi: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        overrides: Mapping[str, Override],
    ) -> None:
        """``headers`` go with every request (credentials); ``overrides`` by route label."""
        self._routes = tuple(routes)
        self._document = dict(openapi) if isinstance(openapi, Mapping) else {}
        self._headers = {name: encoding.header(None, value) for name, value in headers.items()}
        self._overrides = overrides
        self._schemas = Schemas(self._document)
        self._resources = Resources()
        self._drafter = Drafter(self._schemas, Values(self._schemas, _free_word(routes)), self._resources)
        self._operations: dict[tuple[str, int], Operation] = {}
        self._drafts: dict[tuple[str, Request], Draft] = {}

    def order(self) -> list[Route]:
        """HTTP routes, creations before the reads of the same resource, deletions last."""
        return ordered(self._routes)

    def plan(self, route: Route) -> list[Planned]:
        """The visits of one route: "valid" first, then "empty body" and "malformed body" where it
        takes a body, then "wrong token" where its security scheme takes a bearer token.

        Computed anew at each call, with the ids learned by then."""
        if route.kind == "websocket":
            return []
        override = self._overrides.get(route.label, Override())
        operation = self._operation(route)
        draft = self._draft(route, operation, override)
        request = draft.request()
        self._drafts[route.label, request] = draft
        planned = [Planned(route, "valid", request)]
        if route.kind == "files":
            return planned
        if operation.media or override.json is not None or override.body is not None:
            planned.append(Planned(route, "empty body", _with_body(request, b"")))
            broken = encoding.malformed(draft.media)
            if broken is not None:
                planned.append(Planned(route, "malformed body", _with_body(request, broken)))
        if operation.bearer:
            headers = joined(dict(request.headers), {"Authorization": f"Bearer {_wrong_token()}"})
            planned.append(Planned(route, "wrong token", request._replace(headers=tuple(headers.items()))))
        return planned

    def learn(self, planned: Planned, status: int, body: bytes) -> None:
        """Remember the id that a creation returned, for the routes of the same resource."""
        if planned.kind == "valid" and planned.route.method in ("POST", "PUT") and 200 <= status < 300:
            self._resources.learn(planned.route.path, body)

    def retry(self, planned: Planned, status: int, body: bytes) -> Planned | None:
        """After a 422 to a valid request: the same with what the answer complains of mended, or
        None where that is not possible.  At most one retry for a visit."""
        if planned.kind != "valid" or status != 422:
            return None
        # A request that is a retry itself has no draft: there is no second one.
        draft = self._drafts.get((planned.route.label, planned.request))
        if draft is None:
            return None
        mended = mend(draft, body, self._drafter)
        request = mended.request() if mended else planned.request
        return None if request == planned.request else planned._replace(request=request)

    def _operation(self, route: Route) -> Operation:
        key = (route.label, route.index)
        if key not in self._operations:
            self._operations[key] = read(route, self._schemas, self._document)
        return self._operations[key]

    def _draft(self, route: Route, operation: Operation, override: Override) -> Draft:
        draft = self._drafter.draft(route, operation, override.params)
        own = {name: encoding.header(None, value) for name, value in override.headers.items()}
        draft.headers = joined(self._headers, own)
        if override.json is not None:
            draft.media, draft.body = operation.media or JSON, override.json
            draft.fixed.add("body")
        elif override.body is not None:
            draft.media, draft.body = operation.media or "application/octet-stream", override.body
            draft.fixed.add("body")
        return draft


def _free_word(routes: Sequence[Route]) -> str:
    """A text that is no literal segment of any path, so that /users/{name} is not /users/me."""
    taken = {part for route in routes for part in route.path.split("/") if not PARAMETER.search(part)}
    return next(
        word for word in (WORD, *(f"{WORD}-{at}" for at in range(len(taken) + 1))) if word not in taken
    )


def _with_body(request: Request, body: bytes) -> Request:
    headers = tuple(
        (name, str(len(body)) if name == "Content-Length" else value) for name, value in request.headers
    )
    return Request(request.method, request.path, headers, body)


def _wrong_token() -> str:
    """A JSON web token that is well-formed and signed by nobody.  Put together here, for scanners
    take one that is written out for a leaked secret."""

    def part(content: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    signature = base64.urlsafe_b64encode(bytes(32)).rstrip(b"=").decode()
    return ".".join((part({"alg": "HS256", "typ": "JWT"}), part({"sub": WORD}), signature))
