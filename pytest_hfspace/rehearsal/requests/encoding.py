"""Parameters and bodies as they travel: percent-encoding, query styles, forms and multipart."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from .operations import FORM, PARAMETER, Parameter, is_json

#: Fixed, so that the same app gets the same bytes.
BOUNDARY: Final = "hfspace-rehearsal-boundary"
#: No text in UTF-8.
NOT_TEXT: Final = b"\xff\xfe\xfd"
_COOKIE_SAFE: Final = "/:@!$&'()*+[]^`{|}~"
_UNSENDABLE: Final = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Upload:
    """A file in a multipart body."""

    name: str
    media: str
    content: bytes


def text(value: Any) -> str:
    """A value as the text of a parameter: JSON's words for booleans, commas between items."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return ",".join(text(one) for one in value)
    return _json(value) if isinstance(value, dict) else str(value)


def escaped(value: Any, safe: str = "") -> str:
    """Percent-encoded UTF-8; lone surrogates, which JSON allows, become question marks."""
    return quote(text(value).encode("utf-8", "replace"), safe=safe)


def path(template: str, values: Mapping[str, Any], convertors: Mapping[str, str]) -> str:
    """A route's path with its parameters filled in."""
    first, *rest = PARAMETER.split(template)
    written = [_literal(first)]
    for at in range(0, len(rest), 3):
        name, convertor, literal = rest[at : at + 3]
        whole = convertors.get(name, convertor) == "path"
        written += (_segment(values.get(name), "/" if whole else ""), _literal(literal))
    return "".join(written)


def _segment(value: Any, safe: str) -> str:
    """A dot segment is escaped: clients resolve it away before the router sees it."""
    written = escaped(value, safe)
    return written.replace(".", "%2E") if set(written) == {"."} else written


def _literal(part: str) -> str:
    return quote(part.encode("utf-8", "replace"), safe="/:@!$&'()*+,;=~%-._")


def query(parameter: Parameter | None, name: str, value: Any) -> list[str]:
    """The ``name=value`` pairs of one query parameter, in the style that it declares."""
    key = escaped(name)
    if parameter is not None and parameter.media:
        return [f"{key}={escaped(_json(value) if is_json(parameter.media) else value)}"]
    style = parameter.style if parameter else "form"
    explode = parameter.explode if parameter else True
    if isinstance(value, (list, tuple)):
        if explode:
            return [f"{key}={escaped(one)}" for one in value]
        between = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}.get(style, ",")
        return [f"{key}={between.join(escaped(one) for one in value)}"]
    if isinstance(value, dict):
        if style == "deepObject":
            return [f"{key}{escaped(f'[{inner}]')}={escaped(one)}" for inner, one in value.items()]
        if explode:
            return [f"{escaped(inner)}={escaped(one)}" for inner, one in value.items()]
        return [f"{key}=" + ",".join(f"{escaped(inner)},{escaped(one)}" for inner, one in value.items())]
    return [f"{key}={escaped(value)}"]


def header(parameter: Parameter | None, value: Any) -> str:
    """The text of a header: no line breaks, and no character that HTTP cannot carry."""
    if parameter is not None and is_json(parameter.media):
        return _json(value)
    return _UNSENDABLE.sub(" ", text(value)).encode("latin-1", "replace").decode("latin-1").strip()


def cookie(name: str, value: Any) -> str:
    """One pair of the Cookie header."""
    return f"{name}={escaped(value, safe=_COOKIE_SAFE)}"


def body(media: str, value: Any, encoding: Mapping[str, Any]) -> tuple[str, bytes]:
    """The content type and the bytes of a body."""
    if isinstance(value, Upload):
        return media, value.content
    if isinstance(value, bytes):
        return media, value
    if is_json(media):
        return media, _json(value).encode()
    if media.startswith("multipart/"):
        return f"{media}; boundary={BOUNDARY}", _multipart(value, encoding)
    if media == FORM:
        pairs = [pair for name, one in _fields(value) for pair in query(None, name, one)]
        return media, "&".join(pairs).encode()
    return media, text(value).encode("utf-8", "replace")


def malformed(media: str) -> bytes | None:
    """A body that is not of its type; None where any bytes are.

    Text is any bytes as well: it may be in any charset, and FastAPI itself fails on a plain text
    that is not UTF-8 (its list of errors quotes the bytes), which no app can help."""
    if is_json(media):
        return b'{"'
    if media.startswith("multipart/"):
        return b'--another-boundary\r\nContent-Disposition: form-data; name="a'
    if media == FORM:
        return NOT_TEXT
    return b"<" if media.endswith(("/xml", "+xml")) else None


def _fields(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _multipart(value: Any, encoding: Mapping[str, Any]) -> bytes:
    parts = [
        _part(name, item, encoding.get(name))
        for name, one in _fields(value)
        for item in (one if isinstance(one, list) else [one])
    ]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def _part(name: str, value: Any, encoding: Any) -> bytes:
    quoted = _UNSENDABLE.sub(" ", name).replace("\\", "\\\\").replace('"', "%22")
    disposition = f'form-data; name="{quoted}"'
    media = ""
    if isinstance(value, Upload):
        disposition += f'; filename="{value.name}"'
        media, content = value.media, value.content
    else:
        media = "application/json" if isinstance(value, dict) else ""
        content = text(value).encode("utf-8", "replace")
    declared = encoding.get("contentType") if isinstance(encoding, dict) else None
    if isinstance(declared, str) and "*" not in declared and "," not in declared:
        media = _UNSENDABLE.sub("", declared)
    lines = [f"--{BOUNDARY}", f"Content-Disposition: {disposition}"]
    lines += [f"Content-Type: {media}"] if media else []
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "replace") + content + b"\r\n"


def _json(value: Any) -> str:
    try:
        return json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return json.dumps(str(type(value)))
