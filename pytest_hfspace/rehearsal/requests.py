"""Requests for a route: deterministic, from the project's hook, its examples, or its schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .facts import Request, Route, VisitKind


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


@dataclass(frozen=True)
class Planned:
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
        raise NotImplementedError

    def order(self) -> list[Route]:
        """HTTP routes, creations before the reads of the same resource, deletions last."""
        raise NotImplementedError

    def plan(self, route: Route) -> list[Planned]:
        """The visits of one route: "valid" first, then "empty body" and "malformed body" where it
        takes a body, then "wrong token" where its security scheme takes a bearer token."""
        raise NotImplementedError

    def learn(self, planned: Planned, status: int, body: bytes) -> None:
        """Remember the id that a creation returned, for the routes of the same resource."""
        raise NotImplementedError

    def retry(self, planned: Planned, status: int, body: bytes) -> Planned | None:
        """After a 422 to a valid request: the same with what the answer complains of mended, or
        None where that is not possible.  At most one retry for a visit."""
        raise NotImplementedError
