"""The routes of Litestar and Quart."""

from __future__ import annotations

import os
import re
from typing import Any

from .endpoints import attribute, name_of
from .found import Found, Place

#: What Litestar answers to OPTIONS for every path.
_LITESTAR_OPTIONS = "litestar.routes.http:"
_LITESTAR_FILES = "litestar.static_files."
_LITESTAR_OPENAPI = ("litestar._openapi.", "litestar.openapi.")

#: ``<int:name>``, ``<any(a, b):name>`` and ``<name>``.
_RULE_PARAMETER = re.compile(r"<(?:([A-Za-z_]\w*)(?:\([^<>]*\))?:)?([A-Za-z_]\w*)>")
_CONVERTERS = {"": "str", "default": "str", "string": "str"}


def walk_litestar(found: Found, app: Any, place: Place) -> None:
    """List a Litestar app's handlers.  Its router is a tree of path segments, not a sequence: the
    order is that of registration, except for its own schema pages, which it keeps in a set."""
    listed = list(found.each(attribute(app, "routes", ()), "the routes of Litestar"))
    for route in sorted(listed, key=_registration):
        found.visit(lambda one: _litestar_route(found, one, place), route)


def _registration(route: Any) -> tuple[bool, str]:
    handlers = attribute(route, "route_handlers") or ()
    schema = any(_handler_name(handler).startswith(_LITESTAR_OPENAPI) for handler in handlers)
    return schema, str(attribute(route, "path", "")) if schema else ""


def _handler_name(handler: Any) -> str:
    return name_of(attribute(handler, "fn"))


def _litestar_route(found: Found, route: Any, place: Place) -> None:
    path, handlers = route.path, attribute(route, "route_handlers")
    if handlers is None:
        handler = route.route_handler
        if str(attribute(route.scope_type, "value", route.scope_type)) == "websocket":
            found.add(place, path, ["WS"], handler.fn, kind="websocket", name=handler.name)
        elif not found.descend(handler.fn, place.below(path)):
            found.add_files(place.below(path), handler.fn)
        return
    for handler in sorted(handlers, key=lambda one: sorted(map(_text, one.http_methods))):
        text = _handler_name(handler)
        methods = sorted(map(_text, handler.http_methods))
        if text.startswith(_LITESTAR_FILES):
            if "GET" in methods:
                found.add_files(place.below(path.rpartition("/")[0]), handler.fn)
        elif not text.startswith(_LITESTAR_OPTIONS):
            # Litestar names its own pages by a random number.
            name = "" if text.startswith(_LITESTAR_OPENAPI) else handler.name
            found.add(place, path, methods, handler.fn, name=name)


def _text(method: Any) -> str:
    return str(attribute(method, "value", method))


def walk_quart(found: Found, app: Any, place: Place) -> None:
    """List a Quart app's rules in the order in which they were added."""
    rules = attribute(attribute(app, "url_map"), "iter_rules", tuple)
    for rule in found.each(rules(), "the rules of Quart"):
        found.visit(lambda one: _rule(found, app, one, place), rule)


def _rule(found: Found, app: Any, rule: Any, place: Place) -> None:
    if rule.build_only:
        return
    host = rule.host or rule.subdomain or place.host
    place = place._replace(host=host)
    if rule.endpoint == "static" or rule.endpoint.endswith(".static"):
        scaffold = app if rule.endpoint == "static" else app.blueprints[rule.endpoint.rpartition(".")[0]]
        folder = attribute(scaffold, "static_folder") or ""
        mounted = place.below(rule.rule.rpartition("/<")[0])
        # Quart adds this rule to every app, whether or not it has such a folder.
        found.add_files(mounted, scaffold.send_static_file, own=os.path.isdir(folder))
        return
    view = app.view_functions[rule.endpoint]
    view = attribute(view, "view_class", view)
    path = _RULE_PARAMETER.sub(_braces, rule.rule)
    if rule.websocket:
        found.add(place, path, ["WS"], view, kind="websocket", name=rule.endpoint)
        return
    methods = {str(method) for method in rule.methods or ("GET",)}
    if "GET" in methods:
        methods.discard("HEAD")
    if attribute(rule, "provide_automatic_options") is True:
        methods.discard("OPTIONS")
    found.add(place, path, sorted(methods), view, name=rule.endpoint)


def _braces(match: re.Match[str]) -> str:
    convertor = match[1] or ""
    return f"{{{match[2]}:{_CONVERTERS.get(convertor, convertor)}}}"
