"""The elements of an HTML text, in one pass: html.parser takes minutes for 64 KiB that are meant to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from types import MappingProxyType
from typing import NamedTuple

#: what stands in these is text, up to their end
_TEXT = frozenset({"script", "style", "textarea", "title"})

_NAME = re.compile(r"[A-Za-z][^\s/>]*")
_ATTRIBUTE = re.compile(
    r"[\s/]*(?:(?P<name>[^\s/>][^\s/>=]*)"
    r"(?:\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s>\"'][^\s>]*)?))?)?"
)


class Element(NamedTuple):
    """A tag.  ``text``: what stands in a script or style.  ``ends``: it is an end tag."""

    tag: str
    attributes: Mapping[str, str] = MappingProxyType({})
    text: str = ""
    ends: bool = False


def elements(html: str) -> Iterator[Element]:
    """The tags in their order; comments, declarations and a tag that is cut off are passed over."""
    at = html.find("<")
    while at >= 0:
        element, end = _element(html, at)
        if end < 0:
            return
        if element is not None:
            yield element
        at = html.find("<", end)


def _element(html: str, at: int) -> tuple[Element | None, int]:
    """What begins at this ``<``, and where it ends, -1 where the text ends before."""
    if html.startswith("<!--", at):
        end = html.find("-->", at + 2)
        return None, end + 3 if end >= 0 else -1
    if html.startswith(("<!", "<?"), at):
        return None, html.find(">", at)
    ends = html.startswith("/", at + 1)
    name = _NAME.match(html, at + 1 + ends)
    if name is None:
        return None, at + 1
    attributes, end = _attributes(html, name.end())
    tag = name[0].lower()
    if end < 0 or ends or tag not in _TEXT:
        return Element(tag, attributes, ends=ends), end
    closing = re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE).search(html, end)
    stop = closing.start() if closing else len(html)
    return Element(tag, attributes, html[end:stop]), stop


def _attributes(html: str, at: int) -> tuple[dict[str, str], int]:
    """Of a tag, by name, the first of each; and where the tag ends."""
    found: dict[str, str] = {}
    while True:
        attribute = _ATTRIBUTE.match(html, at)
        assert attribute is not None  # it matches the empty text
        if attribute["name"] is None:
            at = attribute.end()
            return found, at + 1 if html.startswith(">", at) else -1
        value = attribute["double"] or attribute["single"] or attribute["bare"] or ""
        found.setdefault(attribute["name"].lower(), unescape(value))
        at = attribute.end()
