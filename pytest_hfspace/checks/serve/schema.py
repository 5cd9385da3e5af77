"""Is an OpenAPI document whole?  Its structure only, by the OpenAPI Specification 3.0 and 3.1.

The documents of mounted apps stand under "x-mounted", by the prefix of their mount.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

#: Values of these keys are data, in which "$ref" means nothing.
_DATA = frozenset({"example", "examples", "default", "enum", "const"})

#: Keys of these mappings are names that somebody chose, not words of the specification.
_NAMED = frozenset(
    {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}
    | {"schemas", "responses", "parameters", "requestBodies", "headers", "securitySchemes", "links"}
    | {"callbacks", "pathItems", "paths", "webhooks", "content", "encoding", "variables", "mapping", "scopes"}
)

_NOWHERE = object()

_TEMPLATE = re.compile(r"\{([^{}]+)\}")


class Operation(NamedTuple):
    """``path`` from the app's root; ``item`` is what its path stands for in the document."""

    method: str
    path: str
    value: dict[str, Any]
    item: dict[str, Any]
    mount: str = ""

    @property
    def name(self) -> str:
        """``GET /items/{item_id}``"""
        return f"{self.method} {self.path}"


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Every operation of the app and the apps mounted in it, methods in upper case."""
    mounted = document.get("x-mounted")
    for mount, part in {"": document, **(mounted if isinstance(mounted, dict) else {})}.items():
        paths = part.get("paths") if isinstance(part, dict) else None
        for path, item in paths.items() if isinstance(paths, dict) else ():
            for method in METHODS:
                if isinstance(item, dict) and isinstance(item.get(method), dict):
                    yield Operation(method.upper(), f"{mount}{path}", item[method], item, mount)


def missing_parts(document: dict[str, Any]) -> list[str]:
    """Top-level parts that the specification requires and that are not there.  [OpenAPI 3.1, 4.8.1]"""
    absent = [] if isinstance(document.get("openapi"), str) else ["openapi"]
    if not isinstance(document.get("info"), dict):
        absent.append("info")
    since_31 = not str(document.get("openapi", "")).startswith("3.0")
    other = since_31 and ("components" in document or "webhooks" in document)
    if not isinstance(document.get("paths"), dict) and not other:
        absent.append("paths")
    return absent


def without_responses(document: dict[str, Any]) -> list[str]:
    """Operations that declare no response, which 3.0 requires and 3.1 does not."""
    if not str(document.get("openapi", "")).startswith("3.0"):
        return []
    return [operation.name for operation in operations(document) if not operation.value.get("responses")]


def dangling(document: dict[str, Any]) -> list[tuple[str, str]]:
    """References that lead nowhere inside the document: (reference, the operation it hurts or "")."""
    found: list[tuple[str, str]] = []
    stack: list[tuple[Any, bool, tuple[str, ...]]] = [(document, False, ())]
    while stack:
        value, names, way = stack.pop()
        if isinstance(value, list):
            stack += [(item, False, way) for item in reversed(value)]
        elif isinstance(value, dict):
            reference = value.get("$ref")
            if not names and isinstance(reference, str) and not _resolves(document, reference):
                found.append((reference, _owner(way)))
            # a schema with an id of its own resolves its references against that
            if not names and isinstance(value.get("$id"), str):
                continue
            stack += [
                (item, not names and key in _NAMED, (*way, str(key)) if len(way) < 5 else way)
                for key, item in reversed(value.items())
                if names or key not in _DATA
            ]
    return found


def _owner(way: tuple[str, ...]) -> str:
    """The operation that the keys from the root lead through, or ""."""
    mount, rest = (way[1], way[2:]) if way[:1] == ("x-mounted",) and len(way) > 1 else ("", way)
    if len(rest) < 3 or rest[0] != "paths" or rest[2] not in METHODS:
        return ""
    return f"{rest[2].upper()} {mount}{rest[1]}"


def _resolves(document: dict[str, Any], reference: str) -> bool:
    """Does a reference lead somewhere?  What lies outside the document is taken for good."""
    return not reference.startswith("#/") or lookup(document, reference) is not _NOWHERE


def lookup(document: dict[str, Any], reference: str) -> Any:
    """What a JSON pointer such as ``#/components/schemas/Item`` points to.  [RFC 6901]"""
    at: Any = document
    for step in reference[2:].split("/"):
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(at, dict) and name in at:
            at = at[name]
        elif isinstance(at, list) and name.isdecimal() and int(name) < len(at):
            at = at[int(name)]
        else:
            return _NOWHERE
    return at


def undeclared_parameters(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Path parameters that stand in the path and are declared nowhere: (operation, name)."""
    return [
        (operation.name, name)
        for operation in operations(document)
        for name in sorted(_in_template(operation) - _declared(document, operation))
    ]


def impossible_parameters(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Path parameters that are declared and have no place in the path: (operation, name)."""
    return [
        (operation.name, name)
        for operation in operations(document)
        for name in sorted(_declared(document, operation) - _in_template(operation))
    ]


def _in_template(operation: Operation) -> set[str]:
    return {name.partition(":")[0] for name in _TEMPLATE.findall(operation.path[len(operation.mount) :])}


def _declared(document: dict[str, Any], operation: Operation) -> set[str]:
    declared = set()
    for parameters in (operation.item.get("parameters"), operation.value.get("parameters")):
        for parameter in parameters if isinstance(parameters, list) else ():
            whole = _follow(document, parameter)
            if isinstance(whole, dict) and whole.get("in") == "path" and isinstance(whole.get("name"), str):
                declared.add(whole["name"])
    return declared


def _follow(document: dict[str, Any], value: Any) -> Any:
    """The component that a parameter refers to; a parameter without a reference is itself."""
    reference = value.get("$ref") if isinstance(value, dict) else None
    return lookup(document, reference) if isinstance(reference, str) and reference.startswith("#/") else value


def repeated_ids(document: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Operation ids that more than one operation of a document bears: (id, operations)."""
    bearers: dict[tuple[str, str], list[str]] = {}
    for operation in operations(document):
        name = operation.value.get("operationId")
        if isinstance(name, str):
            bearers.setdefault((operation.mount, name), []).append(operation.name)
    return [(name, names) for (_, name), names in bearers.items() if len(names) > 1]
