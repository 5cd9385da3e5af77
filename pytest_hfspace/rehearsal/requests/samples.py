"""Plain values that mean something: texts for formats and names, and small files for uploads."""

from __future__ import annotations

import re
import struct
import zlib
from functools import lru_cache
from typing import Final

#: The text where any text will do.  No number, and an unlikely segment of a path.
WORD: Final = "rehearsal"
UUID: Final = "9b2f6a0c-3d41-4e7b-8c55-1f0e2d3c4b5a"
EMAIL: Final = "user@example.com"
URL: Final = "https://example.com/"
#: What password rules commonly ask for: both cases, a digit, a sign, a dozen characters.
PASSWORD: Final = "Str0ng-Passw0rd!"  # noqa: S105  (sent to a rehearsal, opens nothing)

FORMATS: Final[dict[str, str]] = {
    "date": "2024-01-15",
    "date-time": "2024-01-15T12:00:00Z",
    "time": "12:00:00",
    "duration": "PT1H",
    "email": EMAIL,
    "idn-email": EMAIL,
    "name-email": f"User <{EMAIL}>",
    "uri": URL,
    "url": URL,
    "iri": URL,
    "multi-host-uri": "postgresql://user@example.com:5432/name",
    "uri-reference": "/a/b",
    "iri-reference": "/a/b",
    "uri-template": "/a/{b}",
    "hostname": "example.com",
    "idn-hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "ipv4network": "192.0.2.0/24",
    "ipv6network": "2001:db8::/32",
    "ipv4interface": "192.0.2.1/24",
    "ipv6interface": "2001:db8::1/32",
    "ipvanyaddress": "192.0.2.1",
    "ipvanynetwork": "192.0.2.0/24",
    "ipvanyinterface": "192.0.2.1/24",
    "uuid": UUID,
    "uuid1": "8a6e0804-2bd0-11ef-9454-0242ac120002",
    "uuid3": "6fa459ea-ee8a-3ca4-894e-db77e160355e",
    "uuid4": UUID,
    "uuid5": "886313e1-3b8a-5372-9b90-0c9aee199e5d",
    "uuid6": "1ef21d2f-1207-6660-8c4f-419efbd44d48",
    "uuid7": "01902a5c-7c1b-7b4a-9d3e-2f1a0b9c8d7e",
    "uuid8": "320c3d4d-cc00-875b-8ec9-32d5f69181c0",
    "byte": "cmVoZWFyc2Fs",
    "base64": "cmVoZWFyc2Fs",
    "base64url": "cmVoZWFyc2Fs",
    "password": PASSWORD,
    "json-string": "{}",
    "decimal": "1.5",
    "regex": "a",
    "json-pointer": "/a",
    "color": "#336699",
    "phone": "+1-202-555-0123",
    "semver": "1.0.0",
}

#: Of a name that says where something ends: after the same format's plain value.
LATER: Final[dict[str, str]] = {
    "date": "2024-01-16",
    "date-time": "2024-01-16T12:00:00Z",
    "time": "13:00:00",
}
_ENDS: Final = frozenset(
    {"end", "ends", "finish", "high", "last", "max", "maximum", "stop", "until", "upper"}
)

#: What a plain string is likely to be, by the last word of its name.
_NAMES: Final[dict[str, str]] = {
    "email": EMAIL,
    "mail": EMAIL,
    "url": URL,
    "uri": URL,
    "website": URL,
    "password": PASSWORD,
    "phone": "+12025550123",
    "date": FORMATS["date"],
    "day": FORMATS["date"],
    "timestamp": FORMATS["date-time"],
    "uuid": UUID,
    "ip": FORMATS["ipv4"],
    "currency": "USD",
    "country": "US",
    "language": "en",
    "lang": "en",
    "locale": "en",
    "timezone": "UTC",
    "base64": FORMATS["byte"],
    "b64": FORMATS["byte"],
    "color": FORMATS["color"],
    "authorization": f"Bearer {WORD}",
}

#: What an upload holds, by the words of its name, its route or its media type; in this order.
_KINDS: Final = tuple(
    (suffix, re.compile(rf"(?<![a-z])({words})(?![a-z])"))
    for suffix, words in (
        (
            "png",
            "images?|img|photos?|pictures?|pic|avatar|logo|icon|thumbnail|screenshot|png|jpe?g|webp|vision|ocr|faces?",
        ),
        ("wav", "audio|wave?|mp3|speech|voice|sound|song|transcri(be|ptions?)|asr"),
        ("pdf", "pdfs?"),
        ("csv", "csv|datasets?|dataframe|spreadsheet|table|tabular"),
        ("json", "json"),
        ("zip", "zip|archive"),
        ("xml", "xml"),
    )
)
_MEDIA: Final = {
    "png": "image/png",
    "wav": "audio/wav",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "json": "application/json",
    "zip": "application/zip",
    "xml": "application/xml",
    "txt": "text/plain",
}


def named(name: str) -> str | None:
    """What a plain string of this name is likely to hold."""
    plain = name.lower().replace("-", "_")
    # password_confirm and password2 must be what password is
    return _NAMES.get(plain.rpartition("_")[2]) or (PASSWORD if plain.startswith("password") else None)


def is_later(name: str) -> bool:
    """Does a name say where something ends?  (end_date, max_price, endTime)"""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().replace("-", "_").split("_")
    return bool({words[0], words[-1]} & _ENDS)


def upload(*hints: str) -> tuple[str, str, bytes]:
    """File name, media type and content of an upload; an earlier hint outweighs a later one."""
    for hint in hints:
        for suffix, telling in _KINDS:
            if telling.search(hint.lower()):
                return f"{WORD}.{suffix}", _MEDIA[suffix], content(suffix)
    return f"{WORD}.txt", _MEDIA["txt"], content("txt")


@lru_cache(maxsize=16)
def content(suffix: str) -> bytes:
    """The bytes of a small valid file of this type; text where the type is not known."""
    if suffix == "png":
        return _png(64, 64)
    if suffix == "wav":
        return _wav(1600)
    return _FILES.get(suffix, f"A {WORD} of this Space.\n".encode())


def _png(width: int, height: int) -> bytes:
    """A grey picture.  Large enough for the filters of an image model."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress((b"\0" + b"\x80" * (3 * width)) * height, 9)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _wav(samples: int) -> bytes:
    """Silence, one channel of 16 bits at 16 kHz: what speech models read."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16)
    data = struct.pack("<4sI", b"data", 2 * samples) + bytes(2 * samples)
    return b"RIFF" + struct.pack("<I", 4 + len(form) + len(data)) + b"WAVE" + form + data


def _pdf() -> bytes:
    """One empty page, with the table of offsets that strict readers ask for."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
    )
    text = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(text))
        text += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return (
        text
        + b"xref\n0 4\n0000000000 65535 f \n%strailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (
            table,
            len(text),
        )
    )


_FILES: Final[dict[str, bytes]] = {
    "pdf": _pdf(),
    "csv": b"name,value\nrehearsal,1\n",
    "json": b'{"name": "rehearsal"}',
    "zip": b"PK\x05\x06" + bytes(18),
    "xml": b"<rehearsal/>",
}
