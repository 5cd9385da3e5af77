"""Values for schemas: the author's examples first, then the plainest value that is valid."""

from __future__ import annotations

import re
import struct
import zlib
from typing import Any

import pytest

from pytest_hfspace.rehearsal.requests.patterns import matches, matching
from pytest_hfspace.rehearsal.requests.samples import (
    EMAIL,
    FORMATS,
    PASSWORD,
    URL,
    UUID,
    WORD,
    content,
    upload,
)
from pytest_hfspace.rehearsal.requests.schemas import Schemas
from pytest_hfspace.rehearsal.requests.values import Values


def value(schema: Any, name: str = "", **components: Any) -> Any:
    return Values(Schemas({"components": {"schemas": components}})).value(schema, name)


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "string"}, WORD),
        ({"type": "integer"}, 1),
        ({"type": "number"}, 1),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": "object"}, {}),
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"type": ["null", "integer"]}, 1),
        ({"type": "integer", "nullable": True}, 1),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ({}, WORD),
        (True, WORD),
        (False, None),
    ],
)
def test_types(schema: Any, wanted: Any) -> None:
    assert value(schema) == wanted


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "integer", "examples": [7], "example": 6, "default": 5, "enum": [4, 5, 6, 7]}, 7),
        ({"type": "integer", "example": 6, "default": 5}, 6),
        ({"type": "integer", "default": 5}, 5),
        ({"type": "integer", "const": 4}, 4),
        ({"enum": [None, "a"]}, "a"),
        ({"type": ["integer", "null"], "default": None}, 1),
        ({"type": "integer", "examples": {"one": {"value": 9}}}, 9),
        # An example that its own schema refuses is no valid value.
        ({"type": "integer", "example": "string", "default": 5}, 5),
        ({"type": "integer", "minimum": 3, "default": 2}, 3),
        ({"type": "boolean", "enum": [False]}, False),
    ],
)
def test_what_the_author_offers_comes_first(schema: Any, wanted: Any) -> None:
    assert value(schema) == wanted


@pytest.mark.parametrize(
    "schema",
    [
        {"minimum": 5},
        {"maximum": -5},
        {"exclusiveMinimum": 1},
        {"exclusiveMinimum": 5, "exclusiveMaximum": 7},
        {"minimum": 1, "exclusiveMinimum": True},
        {"maximum": 0, "exclusiveMaximum": True},
        {"multipleOf": 7, "minimum": 50},
        {"multipleOf": 7, "maximum": -50},
        {"minimum": 10**18},
        {"maximum": -(10**18)},
        {"minimum": 4.5},
    ],
)
def test_whole_numbers(schema: dict[str, Any]) -> None:
    schema = {"type": "integer", **schema}
    made = value(schema)
    assert type(made) is int
    assert Schemas({}).fits(made, schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"exclusiveMinimum": 0.1, "exclusiveMaximum": 0.2},
        {"multipleOf": 0.25, "exclusiveMinimum": 2.1},
        {"multipleOf": 0.01, "minimum": 3.333},
        {"minimum": 1e300},
        {"maximum": -1.5},
    ],
)
def test_fractions(schema: dict[str, Any]) -> None:
    schema = {"type": "number", **schema}
    assert Schemas({}).fits(value(schema), schema)


@pytest.mark.parametrize(("kind", "wanted"), sorted(FORMATS.items()))
def test_formats(kind: str, wanted: str) -> None:
    assert value({"type": "string", "format": kind}) == wanted


@pytest.mark.parametrize("number", [1, 3, 4, 5, 6, 7, 8])
def test_each_version_of_uuid_is_of_that_version(number: int) -> None:
    import uuid

    assert uuid.UUID(value({"type": "string", "format": f"uuid{number}"})).version == number


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("email", EMAIL),
        ("user_email", EMAIL),
        ("callback-url", URL),
        ("password", PASSWORD),
        ("password_confirm", PASSWORD),
        ("password2", PASSWORD),
        ("emailed", WORD),
        ("title", WORD),
    ],
)
def test_names_tell_what_a_plain_text_is(name: str, wanted: str) -> None:
    assert value({"type": "string"}, name) == wanted


@pytest.mark.parametrize(
    ("limits", "length"),
    [({"minLength": 20}, 20), ({"maxLength": 3}, 3), ({"maxLength": 0}, 0), ({"minLength": 3}, len(WORD))],
)
def test_lengths(limits: dict[str, int], length: int) -> None:
    assert len(value({"type": "string", **limits})) == length


def test_a_format_gives_way_to_a_length() -> None:
    assert value({"type": "string", "format": "email", "minLength": 30}).endswith(EMAIL)
    assert len(value({"type": "string", "format": "password", "maxLength": 4})) == 4


PATTERNS = [
    r"^[a-z]+$",
    r"^\d{5}(-\d{4})?$",
    r"^[A-Z]{2}\d{2}[A-Z0-9]{4}\d{7}$",
    r"^[a-z0-9]+(?:-[a-z0-9]+)*$",
    r"^#(?:[0-9a-fA-F]{3}){1,2}$",
    r"^(?=.*[A-Z])(?=.*\d)[A-Za-z\d]{8,}$",
    r"^(?=.*[a-z])(?=.*[A-Z])(?=.*\W).{12,}$",
    r"^(?!.*admin)\w{3,16}$",
    r"^(draft|published)$",
    r"^(\w)\1$",
    r"^[^\d\s]+$",
    r"^[^a-z]$",
    r"\.csv$",
    r"^https?://",
    r"^v?\d+\.\d+(\.\d+)?$",
    r"^\S+@\S+\.\S+$",
    r"^(?:[01]\d|2[0-3]):[0-5]\d$",
    r"(?i)^abc$",
    r"^(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])$",
    r"^a*?b+?c??$",
    r"^(a)?(?(1)b|c)$",
    r"^\x41\u0042$",
    r"^[^x]x[^1]$",
    r"^[^a]b[\W]$",
    r"",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns(pattern: str) -> None:
    made = matching(pattern, word=WORD)
    assert made is not None
    assert re.search(pattern, made)
    assert value({"type": "string", "pattern": pattern}) == made


@pytest.mark.parametrize(
    ("pattern", "low", "high"),
    [
        (r"^[a-z]+$", 30, 40),
        (r"^[a-z]+-[a-z]+$", 12, 12),
        (r"^\d*$", 4, 4),
        (r"^(ab)+$", 7, 9),
        ("x", 12, 20),
    ],
)
def test_patterns_with_lengths(pattern: str, low: int, high: int) -> None:
    made = matching(pattern, low, high, WORD)
    assert made is not None
    assert re.search(pattern, made)
    assert low <= len(made) <= high


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\p{L}+$",
        "((((",
        "(" * 5_000 + ")" * 5_000,
        "^(a{1000}){1000}$",
        r"^a$b",
        "^(?!)$",
        "^a{99999999999}$",
    ],
)
def test_patterns_without_a_string(pattern: str) -> None:
    assert matching(pattern) is None
    assert isinstance(value({"type": "string", "pattern": pattern}), str)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^(a*)*(a*)*$", "^" + "a*" * 30 + "$"])
def test_a_search_that_would_not_end_is_not_begun(pattern: str) -> None:
    assert matches(pattern, "a" * 40 + "!") is None
    assert matches(pattern, "a") is True


def test_objects_have_what_is_required_and_no_more() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "string"}, "c": ref("C")},
        "required": ["a", "c", "undescribed"],
    }
    inner = {"type": "object", "properties": {"d": {"format": "uuid"}}, "required": ["d"]}
    assert value(schema, C=inner) == {"a": 1, "c": {"d": UUID}, "undescribed": WORD}


def test_objects_with_a_least_number_of_properties() -> None:
    made = value({"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}})
    assert len(made) == 2
    assert set(made.values()) == {1}


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"minItems": 3}, [1, 1, 1]),
        ({"minItems": 3, "uniqueItems": True}, 3),
        ({"maxItems": 0}, []),
        (
            {"prefixItems": [{"type": "string"}, {"type": "boolean"}], "minItems": 2, "maxItems": 2},
            [WORD, True],
        ),
    ],
)
def test_arrays(schema: dict[str, Any], wanted: Any) -> None:
    made = value({"type": "array", "items": {"type": "integer"}, **schema})
    assert (len(set(made)) if isinstance(wanted, int) else made) == wanted


@pytest.mark.parametrize(
    "items", [{"enum": ["a", "b", "c"]}, {"type": "string", "maxLength": 3}, {"format": "uuid"}]
)
def test_different_items(items: dict[str, Any]) -> None:
    made = value({"type": "array", "items": items, "minItems": 3, "uniqueItems": True})
    assert len(set(made)) == 3
    assert all(Schemas({}).fits(one, items) for one in made)


@pytest.mark.parametrize("kind", ["string", "integer"])
def test_different_objects(kind: str) -> None:
    items = {"properties": {"flag": {"type": "boolean"}, "a": {"type": kind}}, "required": ["flag", "a"]}
    made = value({"type": "array", "items": items, "minItems": 2, "uniqueItems": True})
    assert made[0] != made[1]
    assert Schemas({}).fits(made, {"items": items, "minItems": 2, "uniqueItems": True})


def test_different_booleans() -> None:
    assert value({"type": "array", "items": {"type": "boolean"}, "minItems": 2, "uniqueItems": True}) == [
        True,
        False,
    ]


def test_an_example_that_is_too_deep_is_not_taken() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    assert value({"type": "array", "example": deep, "items": {"type": "integer"}}) == [1]
    assert value({"type": "array", "example": [[[1]]]}) == [[[1]]]


def test_texts_that_hold_something_else() -> None:
    inner = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    assert (
        value({"type": "string", "contentMediaType": "application/json", "contentSchema": inner})
        == '{"a": 1}'
    )
    assert value({"type": "string", "contentMediaType": "application/json"}) == "{}"
    assert value({"type": "string", "contentEncoding": "base64"}) == "cmVoZWFyc2Fs"


def test_one_of_all_of_is_a_reference() -> None:
    """FastAPI has written references this way where a default or a title stands beside them."""
    node = {"properties": {"next": {"allOf": [ref("Leaf")], "title": "Next"}}, "required": ["next"]}
    assert value(ref("Node"), Node=node, Leaf={"type": "integer"}) == {"next": 1}


def test_the_base_of_a_family_gets_a_tag_of_it() -> None:
    schema = {
        "type": "object",
        "properties": {"kind": {"type": "string"}},
        "required": ["kind"],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}},
    }
    assert value(schema) == {"kind": "cat"}


def test_all_of_is_all_of_them() -> None:
    first = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    second = {"properties": {"b": {"type": "boolean"}}, "required": ["b"]}
    assert value({"allOf": [ref("First"), second]}, First=first) == {"a": 1, "b": True}


@pytest.mark.parametrize("mapping", [{}, {"tabby": "#/components/schemas/Cat"}])
def test_discriminator(mapping: dict[str, str]) -> None:
    """The tag has a default, so no alternative requires it, and yet it cannot be left out."""
    kind: dict[str, Any] = {"type": "string"} if mapping else {"const": "cat", "default": "cat"}
    cat = {"type": "object", "properties": {"kind": kind, "age": {"type": "integer"}}, "required": ["age"]}
    schema = {"oneOf": [ref("Cat")], "discriminator": {"propertyName": "kind", "mapping": mapping}}
    assert value(schema, Cat=cat) == {"kind": "tabby" if mapping else "cat", "age": 1}


def test_recursion_ends_where_it_may() -> None:
    node = {
        "type": "object",
        "properties": {
            "children": {"type": "array", "items": ref("Node")},
            "next": {"anyOf": [ref("Node"), {"type": "null"}]},
        },
        "required": ["children", "next"],
    }
    assert value(ref("Node"), Node=node) == {"children": [], "next": None}


@pytest.mark.parametrize(
    "node",
    [
        ref("Node"),
        {"type": "object", "properties": {"self": ref("Node")}, "required": ["self"]},
        {"allOf": [ref("Node"), ref("Node")]},
        {"anyOf": [ref("Node"), ref("Node")]},
        {"type": "array", "items": ref("Node"), "minItems": 1},
        {"properties": {"a": {"allOf": [{"title": "x"}, ref("Node")]}}, "required": ["a"]},
    ],
)
def test_recursion_without_end_has_no_value(node: dict[str, Any]) -> None:
    assert value(ref("Node"), Node=node) in (None, WORD)


def test_references_that_multiply_are_given_up() -> None:
    """Each level holds ten of the next: ten to the power of twenty values in one page of text."""
    levels = {
        f"L{at}": {
            "type": "object",
            "properties": {name: ref(f"L{at + 1}") for name in "abcdefghij"},
            "required": list("abcdefghij"),
        }
        for at in range(20)
    }
    assert value(ref("L0"), **levels) is None
    wide = {f"L{at}": {"allOf": [ref(f"L{at + 1}")] * 10} for at in range(20)}
    assert value(ref("L0"), **wide) is not None


@pytest.mark.parametrize("keyword", ["minLength", "minItems", "minProperties"])
@pytest.mark.parametrize("kind", ["string", "array", "object"])
def test_absurd_sizes_are_not_made(keyword: str, kind: str) -> None:
    assert len(value({"type": kind, keyword: 10**12, "items": {}})) <= 5_000


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": "a", "maximum": [], "multipleOf": 0},
        {"type": "number", "minimum": float("nan"), "maximum": float("inf"), "multipleOf": -1},
        {"type": "number", "minimum": 1e308, "multipleOf": 1e-300},
        {"type": "string", "minLength": -5, "maxLength": 1.5, "pattern": 3},
        {"type": {"a": 1}, "enum": "ab", "anyOf": {}, "allOf": 3},
        {"type": "object", "required": [1, None], "properties": [1]},
        {"$ref": "#/a/b"},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": 5},
        [],
        "text",
    ],
)
def test_nonsense_is_survived(schema: Any) -> None:
    Values(Schemas({"a": "b"})).value(schema)
    assert Schemas({}).fits("x", schema) in (True, False)


def test_a_value_does_not_depend_on_what_was_asked_before() -> None:
    components = {
        "Mail": {"type": "string"},
        "Holder": {"properties": {"email": ref("Mail")}, "required": ["email"]},
    }
    schemas = Schemas({"components": {"schemas": components}})
    forwards, backwards = Values(schemas), Values(schemas)
    first = [forwards.value(ref("Holder")), forwards.value(ref("Mail"), "title")]
    second = [backwards.value(ref("Mail"), "title"), backwards.value(ref("Holder"))]
    assert first == second[::-1]


@pytest.mark.parametrize(
    ("one", "schema", "fits"),
    [
        (1, {"type": "integer"}, True),
        (1.0, {"type": "integer"}, True),
        (True, {"type": "integer"}, False),
        ("1", {"type": "integer"}, False),
        ("a", {"format": "uuid"}, False),
        (UUID, {"format": "uuid"}, True),
        (1, {"enum": [True]}, False),
        ({"a": 1}, {"required": ["b"]}, False),
        ({"a": 1}, {"properties": {"a": {"type": "string"}}}, False),
        ({"a": 1}, {"additionalProperties": False}, False),
        ([1, 1], {"uniqueItems": True}, False),
        ([1], {"items": {"type": "string"}}, False),
        (3, {"anyOf": [{"type": "string"}, {"minimum": 4}]}, False),
        ("abc", {"pattern": "^b"}, False),
    ],
)
def test_fits(one: Any, schema: dict[str, Any], fits: bool) -> None:
    assert Schemas({}).fits(one, schema) is fits


@pytest.mark.parametrize(
    ("hints", "media"),
    [
        (("image",), "image/png"),
        (("file", "/predict_image"), "image/png"),
        (("file", "/x", "app:transcribe"), "audio/wav"),
        (("csv", "/image"), "text/csv"),
        (("file", "/imagine"), "text/plain"),
        (("report.pdf",), "application/pdf"),
        (("archive",), "application/zip"),
    ],
)
def test_uploads_are_what_their_names_say(hints: tuple[str, ...], media: str) -> None:
    assert upload(*hints)[1] == media


def test_the_picture_can_be_decoded() -> None:
    data = content("png")
    width, height, depth, colours = struct.unpack(">IIBB", data[16:26])
    length = struct.unpack(">I", data[33:37])[0]
    pixels = zlib.decompress(data[41 : 41 + length])
    assert (width, height, depth, colours) == (64, 64, 8, 2)
    assert len(pixels) == height * (1 + 3 * width)


def test_the_other_files_can_be_read() -> None:
    import io
    import wave
    import zipfile

    with wave.open(io.BytesIO(content("wav"))) as sound:
        assert (sound.getframerate(), sound.getnframes()) == (16_000, 1_600)
    assert zipfile.ZipFile(io.BytesIO(content("zip"))).namelist() == []
    pdf = content("pdf")
    assert pdf[int(pdf.split()[-2]) :].startswith(b"xref")


@pytest.mark.parametrize(
    ("first", "last", "schema"),
    [
        ("start", "end", {"type": "integer"}),
        ("min_price", "max_price", {"type": "number", "minimum": 0.5}),
        ("startTime", "endTime", {"type": "string", "format": "time"}),
        ("start_date", "end_date", {"type": "string", "format": "date"}),
        ("since", "until", {"type": "string", "format": "date-time"}),
    ],
)
def test_what_ends_comes_after_what_begins(first: str, last: str, schema: dict[str, Any]) -> None:
    made = Values(Schemas({})).value({"properties": {first: schema, last: schema}, "required": [first, last]})
    assert made is not None
    assert made[first] < made[last]


def test_an_end_within_its_bounds() -> None:
    values = Values(Schemas({}))
    assert values.value({"type": "integer", "maximum": 1}, "max_items") == 1
    assert values.value({"type": "integer", "default": 9}, "end") == 9
    assert values.value({"type": "integer"}, "sender") == 1
