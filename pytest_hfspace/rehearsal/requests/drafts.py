"""A request before it is encoded: the values of its parameters and body, and how they were chosen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ..facts import Request, Route
from . import encoding
from .encoding import Upload
from .operations import FORM, JSON, PARAMETER, Operation, Parameter, is_json
from .resources import Resources
from .samples import FORMATS, UUID, WORD, upload
from .schemas import Schema, Schemas, dict_of, list_of, types_of
from .values import IMPOSSIBLE, Values, given_values

#: What a convertor reads, and a text that it takes where the schema offers none.
_CONVERTORS: Final[dict[str, tuple[re.Pattern[str], str]]] = {
    "int": (re.compile(r"[0-9]+"), "1"),
    "float": (re.compile(r"[0-9]+(\.[0-9]+)?"), "1.5"),
    "decimal": (re.compile(r"-?[0-9]+(\.[0-9]+)?"), "1.5"),
    "uuid": (re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}"), UUID),
    "path": (re.compile(r".+", re.DOTALL), "a/b"),
    "date": (re.compile(r"\d{4}-\d\d-\d\d"), FORMATS["date"]),
    "datetime": (re.compile(r"\d{4}-\d\d-\d\d.*"), FORMATS["date-time"]),
    "time": (re.compile(r"\d\d:\d\d.*"), FORMATS["time"]),
    "timedelta": (re.compile(r"P.*|[0-9.]+"), FORMATS["duration"]),
    "str": (re.compile(r"[^/]+"), ""),
}
#: Where nothing says what a path parameter is: handlers that count on a number take this one,
#: and those that count on a text take it as well.
_NUMBERED: Final = frozenset({"id", "pk", "num", "number", "index", "page", "year"})
#: An optional parameter that says how long to wait for an answer: a visitor asks for the shortest.
_PATIENCE: Final = re.compile(
    r"(?:.*_)?(?:timeout|wait|poll|delay|block)(?:_(?:for|time|s|secs?|seconds|ms))?\Z", re.IGNORECASE
)


@dataclass
class Draft:
    """``fixed``: the places that the project's hook has settled, and nothing else may change:
    "body", or (place, name) of a parameter.  ``media``: of the body, "" where there is none."""

    route: Route
    operation: Operation
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    cookie: dict[str, Any] = field(default_factory=dict)
    media: str = ""
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    fixed: set[Any] = field(default_factory=set)

    def of(self, place: str) -> dict[str, Any]:
        """The values of one place, by name."""
        return {"path": self.path, "query": self.query, "header": self.header, "cookie": self.cookie}[place]

    def copy(self) -> Draft:
        """One that can be changed; the body is shared where it is a file."""
        return replace(
            self,
            path=dict(self.path),
            query=copied(self.query),
            header=dict(self.header),
            cookie=dict(self.cookie),
            body=copied(self.body),
        )

    def request(self) -> Request:
        """The request that a visitor sends."""
        content_type, content = "", b""
        if self.media:
            content_type, content = encoding.body(self.media, self.body, self.operation.encoding)
        return Request(self.route.method, self._target(), self._headers(content_type, len(content)), content)

    def _target(self) -> str:
        path = encoding.path(self.route.path, self.path, self.route.parameters)
        if self.route.kind == "files":
            path = path.rstrip("/") + "/" + encoding.escaped(self.route.sample, "/")
        pairs = [
            pair
            for name, value in self.query.items()
            for pair in encoding.query(self.operation.parameter("query", name), name, value)
        ]
        return (path or "/") + ("?" + "&".join(pairs) if pairs else "")

    def _headers(self, content_type: str, length: int) -> tuple[tuple[str, str], ...]:
        headers = {
            name: encoding.header(self.operation.parameter("header", name), value)
            for name, value in self.header.items()
        }
        if self.cookie:
            headers["Cookie"] = "; ".join(encoding.cookie(name, value) for name, value in self.cookie.items())
        if content_type:
            headers["Content-Type"] = content_type
        headers = joined(headers, self.headers)
        if content_type or self.route.method in ("POST", "PUT", "PATCH"):
            headers = joined(headers, {"Content-Length": str(length)})
        return tuple(headers.items())


def joined(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """Both sets of headers; the second wins, in whatever case, but cookies add up."""
    whole = dict(first)
    for name, value in second.items():
        old = next((one for one in whole if one.lower() == name.lower()), None)
        before = whole.pop(old) if old is not None else ""
        together = old is not None and name.lower() == "cookie"
        whole[name] = f"{value}; {before}" if together else value
    return whole


class Drafter:
    """Chooses the values of requests: the hook's, then ids that are known to exist, then those of
    the schema."""

    def __init__(self, schemas: Schemas, values: Values, resources: Resources) -> None:
        self.schemas = schemas
        self.values = values
        self._resources = resources

    def draft(self, route: Route, operation: Operation, params: Mapping[str, Any]) -> Draft:
        """A valid request; its body is what the schema says, to be replaced by what the hook says."""
        draft = Draft(route, operation)
        for found in PARAMETER.finditer(route.path):
            name = found[1]
            draft.path[name] = (
                self._path_value(route, operation, name, found[2]) if name not in params else params[name]
            )
        for parameter in operation.parameters:
            if parameter.place != "path" and parameter.required and parameter.name not in params:
                draft.of(parameter.place)[parameter.name] = self.parameter_value(parameter)
        draft.query |= self._patience(operation, params)
        for name, value in params.items():
            place = self._place(operation, name) if name not in draft.path else "path"
            draft.of(place)[name] = value
            draft.fixed.add((place, name))
        if operation.media:
            draft.media, draft.body = operation.media, self._body(route, operation)
        elif route.method == "POST" and "graphql" in f"{route.path} {route.endpoint}".lower():
            # What it takes is in a schema of its own, and this question every such schema answers.
            draft.media, draft.body = JSON, {"query": "{ __typename }"}
        elif not operation.described and route.kind == "http" and route.method in ("POST", "PUT", "PATCH"):
            # Nothing says what it takes: handlers that read JSON find some, the others don't look.
            draft.media, draft.body = JSON, {}
        return draft

    def parameter_value(self, parameter: Parameter) -> Any:
        """A value for a query, header or cookie parameter."""
        given = self.values.given(parameter.schema)
        if given is not IMPOSSIBLE:
            return given
        known = self._resources.named(parameter.name, lambda one: self._accepted(one, parameter.schema))
        return self.values.value(parameter.schema, parameter.name) if known is None else known

    def _patience(self, operation: Operation, params: Mapping[str, Any]) -> dict[str, Any]:
        """Optional numbers that keep a request waiting, as small as they may be."""
        found = {}
        for parameter in operation.parameters:
            waits = parameter.place == "query" and _PATIENCE.match(parameter.name)
            if not waits or parameter.required or parameter.name in params:
                continue
            least = [one for one in (1, 0) if self.schemas.fits(one, parameter.schema)]
            if least and not self.schemas.fits(WORD, parameter.schema):
                found[parameter.name] = least[0]
        return found

    def _place(self, operation: Operation, name: str) -> str:
        return next(
            (one.place for one in operation.parameters if operation.parameter(one.place, name) is one),
            "query",
        )

    def _accepted(self, value: Any, schema: Schema) -> Any:
        """The value as the schema wants it; a number may be written as text and the other way
        round, for on the wire they are the same.  None where it does not fit."""
        forms = [value, str(value)]
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
            forms.append(int(value))
        return next((one for one in forms if self.schemas.fits(one, schema)), None)

    def _path_value(self, route: Route, operation: Operation, name: str, written: str | None) -> Any:
        parameter = operation.parameter("path", name)
        schema = self.schemas.flat(parameter.schema) if parameter else {}
        shape, plain = _CONVERTORS.get(route.parameters.get(name) or written or "str", _CONVERTORS["str"])

        def accept(value: Any) -> Any:
            taken = self._accepted(value, schema)
            return taken if taken is not None and shape.fullmatch(encoding.text(taken)) else None

        known = self._resources.find(route.path, name, accept) if self._resources else None
        if known is not None:
            return known
        if schema.keys() - {"title", "description", "type"} or types_of(schema) not in ((), ("string",)):
            value = self.values.value(schema, name)
            return value if shape.fullmatch(encoding.text(value)) else plain or self.values.word
        if not types_of(schema) and not plain and name.lower().rpartition("_")[2] in _NUMBERED:
            return "1"
        return plain or self.values.word

    def _body(self, route: Route, operation: Operation) -> Any:
        media, schema = operation.media, operation.schema
        if is_json(media):
            return self._linked(self.values.value(schema), schema) if schema else {}
        if media.startswith("multipart/") or media == FORM:
            return self._form(route, operation)
        given = self.values.given(schema)
        if isinstance(given, str):
            return given
        if media.startswith("text/") and not media.endswith(("csv", "xml")):
            made = self.values.value(schema) if schema else WORD
            return made if isinstance(made, str) else json.dumps(made)
        return Upload(*upload(media, *hints(route)))

    def _linked(self, body: Any, schema: Schema) -> Any:
        """With the ids of resources that exist, in properties that are named after them."""
        if not isinstance(body, dict) or not self._resources:
            return body
        flat = self.schemas.flat(schema)
        if any(body == one for one in given_values(flat)):
            return body
        properties = dict_of(flat, "properties")
        linked = dict(body)
        for name in body:
            node = properties.get(name)
            if isinstance(node, dict) and self.values.given(node) is IMPOSSIBLE:
                known = self._resources.named(name, _accepting(self.schemas, node))
                linked[name] = body[name] if known is None else known
        return linked

    def _form(self, route: Route, operation: Operation) -> dict[str, Any]:
        schema = self.schemas.flat(operation.schema)
        properties = dict_of(schema, "properties")
        body = self.values.value(operation.schema)
        body = dict(body) if isinstance(body, dict) else {}
        if not body and operation.media != FORM:
            # Parsers refuse a multipart body without any part.
            body = {name: self.values.value(node, name) for name, node in list(properties.items())[:1]}
        for name in list(body):
            kind = file_kind(self.schemas, properties.get(name))
            if kind and operation.media != FORM:
                one = Upload(*upload(f"{name} {kind}", *hints(route)))
                many = "array" in types_of(self.schemas.flat(properties.get(name)))
                body[name] = (
                    [one] * max(1, len(body[name]) if isinstance(body[name], list) else 1) if many else one
                )
        return body


def _accepting(schemas: Schemas, node: Schema) -> Callable[[Any], Any]:
    return lambda one: one if schemas.fits(one, node) else None


def file_kind(schemas: Schemas, node: Any) -> str:
    """The media type of a property that holds a file (or a list of them); "" for other ones."""
    schema = schemas.flat(node)
    for one in (schema, *(schemas.flat(branch) for branch in list_of(schema, "anyOf"))):
        inner = schemas.flat(one.get("items")) if "array" in types_of(one) else one
        media = inner.get("contentMediaType")
        if types_of(inner)[:1] == ("string",):
            if inner.get("format") == "binary":
                return str(media or "application/octet-stream")
            if isinstance(media, str) and media != JSON and not inner.get("contentEncoding"):
                return media
    return ""


def hints(route: Route) -> tuple[str, ...]:
    """What tells which kind of file a route expects."""
    operation = route.operation or {}
    return (
        route.path,
        route.endpoint,
        str(operation.get("summary", "")),
        str(operation.get("description", "")),
    )


def copied(value: Any) -> Any:
    """The value with its objects and lists made anew; what is in them is shared."""
    if isinstance(value, dict):
        return {name: copied(one) for name, one in value.items()}
    return [copied(one) for one in value] if isinstance(value, list) else value
