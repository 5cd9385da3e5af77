"""Every route of an app, and what the router chose for a request: asked inside the app's process."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .endpoints import ANYTHING, DEPTH, ancestry, attribute, is_a, name_of
from .found import MOST_PROBLEMS, Found, Place, told
from .other_routes import walk_litestar, walk_quart
from .schema import merged, schema_of
from .starlette_routes import FRONTEND, walk

#: Applications and routers by the first class of their ancestry that is known.
_FRAMEWORKS: dict[str, tuple[str, Callable[[Found, Any, Place], None]]] = {
    "fastapi.applications.FastAPI": ("fastapi", walk),
    "fastapi.routing.APIRouter": ("fastapi", walk),
    "starlette.applications.Starlette": ("starlette", walk),
    "starlette.routing.Router": ("starlette", walk),
    "litestar.app.Litestar": ("litestar", walk_litestar),
    "quart.app.Quart": ("quart", walk_quart),
}

#: Where ASGI wrappers keep what they wrap.
_WRAPPERS = ("other_asgi_app", "app", "_app", "asgi_app", "application", "__wrapped__")


#: how many middlewares of an app are looked at, and how many origins are told
MOST_MIDDLEWARES, MOST_ORIGINS = 50, 50


class Inventory(NamedTuple):
    """What an app answers.

    ``framework``: "fastapi", "starlette", "litestar", "quart" or "asgi".  ``routes``: entries with
    the fields of ``rehearsal.facts.Route`` but ``operation``, ``where`` as ``[file, line]``.
    ``problem``: why the list may be incomplete, "" if it is complete.  ``raised``: what building
    the schema raised.  ``openapi``: the document, those of mounted apps under "x-mounted".
    ``origins``: the texts that a CORS middleware compares origins with.
    """

    framework: str
    routes: list[dict[str, Any]]
    problem: str
    raised: BaseException | None = None
    openapi: dict[str, Any] | None = None
    origins: tuple[str, ...] = ()


def inventory(app: Any, *, with_schema: bool = True) -> Inventory:
    """List the routes of an ASGI app; never raises for what the app is or does."""
    with warnings.catch_warnings():
        # A warning of the app's framework is no reason, even where warnings are errors.
        warnings.simplefilter("ignore")
        return _inventory(app, with_schema=with_schema)


def _inventory(app: Any, *, with_schema: bool) -> Inventory:
    found = Found(descend=lambda inner, place: _descend(found, inner, place))
    try:
        if not found.descend(app, Place()):
            found.problem(f"no route table: the app is {name_of(app)}")
    except ANYTHING as error:
        found.problem(told(error))
    framework = found.apps[0][0] if found.apps else "asgi"
    openapi, raised = _schemas(found) if with_schema else (None, None)
    problem = "; ".join(found.problems[:MOST_PROBLEMS])
    return Inventory(framework, found.routes, problem, raised, openapi, _origins(found))


def _origins(found: Found) -> tuple[str, ...]:
    """What the middlewares of the apps were told, wherever it stands in the code."""
    told_origins: dict[str, None] = {}
    try:
        for _, app, _ in found.apps:
            for registered in list(attribute(app, "user_middleware") or ())[:MOST_MIDDLEWARES]:
                if getattr(attribute(registered, "cls"), "__name__", "") == "CORSMiddleware":
                    # Starlette before 0.35 calls them options
                    named = attribute(registered, "kwargs") or attribute(registered, "options") or {}
                    given = named.get("allow_origins") or ()
                    told_origins |= dict.fromkeys(each for each in given if isinstance(each, str))
    except ANYTHING:
        return ()
    return tuple(told_origins)[:MOST_ORIGINS]


def _descend(found: Found, app: Any, place: Place) -> bool:
    """List the app that is at this place.  False: it has no route table."""
    known = _known(app)
    if known is None:
        return False
    framework, walker, inner = known
    if id(inner) in place.above:
        if inner is not app:
            # Not a wrapper but an object that knows the app that it is mounted in.
            return False
        found.problem(f"the app at {place.key or '/'} is mounted inside itself")
    elif len(place.above) >= DEPTH:
        found.problem(f"more than {DEPTH} mounts inside each other")
    else:
        first, entry = len(found.routes), (framework, inner, place)
        found.apps.append(entry)
        walker(found, inner, place._replace(above=(*place.above, id(inner))))
        # A schema of routes that are all a framework's would be built for nobody.
        if place.above and not any(route["own"] for route in found.routes[first:]):
            found.apps = [other for other in found.apps if other is not entry]
    return True


def _known(app: Any) -> tuple[str, Callable[[Found, Any, Place], None], Any] | None:
    """The first object with a route table below middlewares, partials and bound methods."""
    waiting, seen = [app], set[int]()
    while waiting and len(seen) < DEPTH:
        app = waiting.pop()
        if id(app) in seen:
            continue
        seen.add(id(app))
        for name in ancestry(type(app)):
            if name in _FRAMEWORKS:
                return (*_FRAMEWORKS[name], app)
        waiting += _inner(app)
    return None


def _inner(app: Any) -> list[Any]:
    """What an ASGI wrapper may wrap, the likeliest last."""
    if is_a(app, functools.partial):
        return [app.func]
    if (owner := attribute(app, "__self__")) is not None:
        return [owner]
    held = (attribute(app, name) for name in reversed(_WRAPPERS))
    return [one for one in held if callable(one) and not is_a(one, type)]


def _schemas(found: Found) -> tuple[dict[str, Any] | None, BaseException | None]:
    first: dict[str, Any] | None = None
    raised: BaseException | None = None
    mounted: dict[str, dict[str, Any]] = {}
    for framework, app, place in found.apps:
        document, error = schema_of(framework, app)
        raised = error if raised is None else raised
        if not place.above:
            first = document
        elif document is not None:
            mounted.setdefault(place.key, document)
    return merged(first, mounted), raised


def endpoint_of(scope: Mapping[str, Any]) -> str:
    """What the router chose for a request, as ``inventory`` names it; "" where it does not say.

    To be called with the dictionary that was handed to the app, after the app returned.  Routers
    write their choice into it, and so do those of mounted apps; a middleware that hands on a copy
    hides it, and Quart writes nothing.  A 405 names the endpoint that has the path.
    """
    try:
        return _chosen(scope)
    except ANYTHING:
        return ""


def _chosen(scope: Mapping[str, Any]) -> str:
    fastapi = scope.get("fastapi")
    if isinstance(fastapi, Mapping) and "frontend_path" in fastapi:
        return FRONTEND
    endpoint, handler = scope.get("endpoint"), attribute(scope.get("route_handler"), "fn")
    if endpoint is None:
        endpoint = attribute(scope.get("route"), "endpoint")
    if endpoint is None:
        return "" if handler is None else name_of(handler)
    known = _known(endpoint)
    if known is None:
        return name_of(endpoint)
    if known[0] == "litestar" and handler is not None:
        return name_of(handler)
    return "" if known[0] == "quart" else name_of(endpoint)
