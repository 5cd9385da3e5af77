"""What an OpenAPI operation says of its request: parameters, body and security."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from ..facts import Route
from .schemas import Schema, Schemas, dict_of, list_of

Place = Literal["path", "query", "header", "cookie"]

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

#: A parameter in a path as routers write it: ``{name}`` or ``{name:convertor}``.
PARAMETER: Final = re.compile(r"\{([^{}:]+)(?::([^{}]*))?\}")
_PLACES: Final[dict[str, Place]] = {"path": "path", "query": "query", "header": "header", "cookie": "cookie"}
#: The specification has these headers described elsewhere, and ignores them as parameters.
_ELSEWHERE: Final = frozenset({"accept", "content-type"})
#: A header or cookie of another name cannot be sent.
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BEARERS: Final = frozenset({"oauth2", "openIdConnect"})
_MOST: Final = 200


class Parameter(NamedTuple):
    """``media``: of a parameter that is described by a content type, else ""."""

    name: str
    place: Place
    required: bool
    schema: Schema
    style: str = ""
    explode: bool = True
    media: str = ""


@dataclass(frozen=True)
class Operation:
    """``media``: of the body, "" where it takes none.  ``encoding``: per property of a multipart
    body.  ``bearer``: it takes a token in the Authorization header.  ``described``: there is an
    operation in the schema at all."""

    parameters: tuple[Parameter, ...] = ()
    media: str = ""
    schema: Schema = field(default_factory=dict)
    encoding: Schema = field(default_factory=dict)
    bearer: bool = False
    described: bool = False

    def parameter(self, place: str, name: str) -> Parameter | None:
        """A parameter by its name; header names in any case."""
        for one in self.parameters:
            if one.place == place and (one.name == name or same_header(one, name)):
                return one
        return None


def same_header(parameter: Parameter, name: str) -> bool:
    """Is this the header, whatever the case, with ``_`` for ``-`` as frameworks report it?"""
    return parameter.place == "header" and parameter.name.lower().replace("_", "-") == name.lower().replace(
        "_", "-"
    )


def read(route: Route, schemas: Schemas, document: dict[str, Any]) -> Operation:
    """The operation of a route; an empty one where the schema leaves it out."""
    if not isinstance(route.operation, dict):
        return Operation()
    media, schema, encoding = _body(route.operation, schemas)
    return Operation(
        parameters=tuple(_parameters(route, schemas, document)),
        media=media,
        schema=schema,
        encoding=encoding,
        bearer=_takes_bearer(route.operation, schemas, document),
        described=True,
    )


def _parameters(route: Route, schemas: Schemas, document: dict[str, Any]) -> Iterator[Parameter]:
    shared = schemas.resolve(dict_of(document, "paths").get(PARAMETER.sub(r"{\1}", route.path)))
    own = list_of(route.operation or {}, "parameters")
    found: dict[tuple[str, str], Parameter] = {}
    for node in (list_of(shared, "parameters") + own)[-_MOST:]:
        parameter = _parameter(schemas.resolve(node), schemas)
        if parameter is not None:
            found[parameter.place, parameter.name] = parameter
    yield from found.values()


def _parameter(node: Schema, schemas: Schemas) -> Parameter | None:
    name, place = node.get("name"), _PLACES.get(str(node.get("in")))
    if not isinstance(name, str) or place is None:
        return None
    if place in ("header", "cookie") and not _TOKEN.fullmatch(name):
        return None
    if place == "header" and name.lower() in _ELSEWHERE:
        return None
    media, schema = "", node.get("schema")
    if not isinstance(schema, dict) and dict_of(node, "content"):
        media, holder = next(iter(dict_of(node, "content").items()))
        schema = schemas.resolve(holder).get("schema")
    default_style = "form" if place in ("query", "cookie") else "simple"
    style = str(node.get("style", default_style))
    explode = node.get("explode")
    return Parameter(
        name=name,
        place=place,
        required=place == "path" or node.get("required") is True,
        schema=_with_examples(schema, node, schemas),
        style=style,
        explode=explode if isinstance(explode, bool) else style in ("form", "deepObject"),
        media=str(media),
    )


def _with_examples(schema: Any, holder: Schema, schemas: Schemas) -> Schema:
    """The schema, with the examples that stand beside it moved into it: they come first."""
    own: Schema = schema if isinstance(schema, dict) else {}
    beside = [schemas.resolve(one) for one in list(dict_of(holder, "examples").values())[:10]]
    examples = [one["value"] for one in beside if "value" in one]
    if "example" in holder:
        examples.append(holder["example"])
    if not examples:
        return own
    return {**own, "examples": examples + list_of(own, "examples")}


def _body(operation: dict[str, Any], schemas: Schemas) -> tuple[str, Schema, Schema]:
    content = dict_of(schemas.resolve(operation.get("requestBody")), "content")
    offered = sorted(content, key=_preference)
    if not offered:
        return "", {}, {}
    holder = schemas.resolve(content[offered[0]])
    media = str(offered[0]).partition(";")[0].strip().lower()
    return (
        "application/octet-stream" if "*" in media else media,
        _with_examples(holder.get("schema"), holder, schemas),
        dict_of(holder, "encoding"),
    )


def is_json(media: str) -> bool:
    """application/json and what is written like it."""
    return media == JSON or media.endswith("+json")


def _preference(media: object) -> int:
    """JSON before forms before text before anything else; the document's order within."""
    plain = str(media).partition(";")[0].strip().lower()
    if is_json(plain):
        return 0 if plain == JSON else 1
    order = (FORM, MULTIPART, "text/plain")
    return 2 + (order.index(plain) if plain in order else len(order))


def _takes_bearer(operation: dict[str, Any], schemas: Schemas, document: dict[str, Any]) -> bool:
    wanted = operation.get("security", document.get("security"))
    schemes = dict_of(dict_of(document, "components"), "securitySchemes")
    for requirement in wanted if isinstance(wanted, list) else []:
        for name in requirement if isinstance(requirement, dict) else {}:
            scheme = schemas.resolve(schemes.get(name))
            bearer = scheme.get("type") == "http" and str(scheme.get("scheme")).lower() == "bearer"
            if bearer or scheme.get("type") in _BEARERS:
                return True
    return False
