"""The routes of FastAPI and Starlette, whether their router is flat or a tree."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from .endpoints import ancestry, attribute, is_a
from .found import Found, Place, brought_along

#: ``app.frontend()`` leaves no endpoint in the scope, so it gets a name of ours.
FRONTEND = "fastapi.routing:frontend"

_HTTP_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

#: What a route is, by the first class of its ancestry that is known.
_KINDS = {
    "fastapi.routing._FrontendRouteGroup": "frontend",
    "starlette.routing.Route": "route",
    "starlette.routing.WebSocketRoute": "websocket",
    "starlette.routing.Mount": "mount",
    "starlette.routing.Host": "host",
}


def walk(found: Found, app: Any, place: Place) -> None:
    """List what a FastAPI, Starlette or Router object answers, in the order of matching."""
    place = place._replace(own=place.own and not brought_along(app))
    what = f"the routes of {type(app).__name__} at {place.key or '/'}"
    # Not through `attribute`: why the table cannot be read is the one thing that is worth knowing.
    for route in found.each(_lazily(app, "routes"), what):
        found.visit(lambda one: _tree(found, one, place), route)
    router = attribute(app, "router", app)
    later = attribute(router, "_iter_low_priority_routes")
    if callable(later):
        for route in found.each(_called(later), what):
            found.visit(lambda one: _later(found, one, place), route)


def _lazily(thing: Any, name: str) -> Iterator[Any]:
    yield from getattr(thing, name)


def _called(function: Any) -> Iterator[Any]:
    yield from function()


def _tree(found: Found, route: Any, place: Place) -> None:
    """One entry of ``app.routes``: a route, or since FastAPI 0.137 an included router."""
    contexts = attribute(route, "effective_route_contexts")
    if not callable(contexts):
        _route(found, route, route, place)
        return
    public = attribute(sys.modules.get(type(route).__module__), "iter_route_contexts")
    listed = public([route]) if callable(public) else _effective(contexts())
    for view in found.each(listed, "an included router"):
        found.visit(lambda one: _route(found, attribute(one, "original_route"), one, place), view)


def _effective(contexts: Iterable[Any]) -> Iterator[Any]:
    """FastAPI 0.137.0 has no public iterator.  Its contexts name the route that they stand for."""
    return (_View(context) for context in contexts)


class _View:
    """A route as it is after inclusion: what FastAPI's later ``RouteContext`` shows."""

    def __init__(self, context: Any) -> None:
        self.original_route = context.original_route
        self._effective = context.starlette_route or context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._effective, name)


def _later(found: Found, route: Any, place: Place) -> None:
    """One of the routes that are matched after all others: frontends."""
    original = attribute(route, "original_route", route)
    view = route if original is route else _View(route)
    _route(found, original, view, place, prefix=str(attribute(route, "frontend_prefix", "") or ""))


def _route(found: Found, original: Any, view: Any, place: Place, *, prefix: str = "") -> None:
    """``original``: the object that the user's code made, ``view``: as it is after inclusion."""
    classes = list(ancestry(type(original)))
    kind = next((_KINDS[name] for name in classes if name in _KINDS), "")
    path, endpoint = attribute(view, "path"), attribute(view, "endpoint")
    name = attribute(view, "name")
    if kind == "websocket":
        found.add(place, path, ["WS"], endpoint, kind="websocket", name=name)
    elif kind == "route":
        flat = "fastapi.routing.APIRoute" in classes
        found.add(place, path, _methods(view, endpoint, adds_head=not flat), endpoint, name=name)
    elif kind == "mount":
        _mount(found, view, place.below(path))
    elif kind == "host":
        _mount(found, view, place._replace(host=attribute(view, "host")))
    elif kind == "frontend":
        for one in found.each(original.routes, "a frontend"):
            mounted = place.below(prefix + one.path)
            found.add(mounted, "", ["GET"], one.app, kind="files", name="frontend", text=FRONTEND)
    else:
        found.problem(f"{type(original).__name__} is a kind of route that is not understood")


def _mount(found: Found, view: Any, place: Place) -> None:
    app = attribute(view, "app")
    base = attribute(view, "_base_app", app)
    if not found.descend(base, place):
        found.add_files(place, app, base)


def _methods(view: Any, endpoint: Any, *, adds_head: bool) -> list[str]:
    """What a route answers, without the HEAD that Starlette adds to every GET."""
    declared = attribute(view, "methods")
    if declared:
        methods = sorted(str(method).upper() for method in declared)
        if adds_head and "GET" in methods and "HEAD" in methods:
            methods.remove("HEAD")
        return methods
    cls = endpoint if is_a(endpoint, type) else type(endpoint)
    if "starlette.endpoints.HTTPEndpoint" in ancestry(cls):
        return [method for method in _HTTP_METHODS if callable(attribute(cls, method.lower()))]
    return ["GET"]
