"""What a page loads: the addresses in its HTML and in its style sheets, as a browser resolves them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple
from urllib.parse import quote, unquote, urljoin, urlsplit

from ..contract import SPACE_HOST
from .facts import Route, Visit
from .markup import Element, elements
from .visitor import KEPT_BODY

LoadKind = Literal[
    "script", "stylesheet", "image", "frame", "media", "preload", "icon", "style", "form", "link"
]

#: how many addresses of one page are looked at
MOST_LOADS = 200

#: what is left as it is written in an address; the rest is percent-encoded
_SAFE = "/%:@!$&'()*+,;=[]|?~"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: a template that nobody has filled in, or that a script fills in
_PLACEHOLDER = re.compile(r"\{\{|\{%|\$\{|<%|%7b%7b|\[\[", re.IGNORECASE)
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_CSS_URL = re.compile(r"url\(\s*(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^()\"'\s]*))\s*\)", re.IGNORECASE)
_CSS_IMPORT = re.compile(r"@import\s+(?:url\(\s*)?[\"']?([^\"')\s;]+)", re.IGNORECASE)

#: by tag and attribute
_LOADING: dict[tuple[str, str], LoadKind] = {
    ("script", "src"): "script",
    ("img", "src"): "image",
    ("input", "src"): "image",
    ("iframe", "src"): "frame",
    ("frame", "src"): "frame",
    ("embed", "src"): "media",
    ("object", "data"): "media",
    ("audio", "src"): "media",
    ("video", "src"): "media",
    ("video", "poster"): "image",
    ("source", "src"): "media",
    ("track", "src"): "media",
    ("form", "action"): "form",
    ("button", "formaction"): "form",
    ("a", "href"): "link",
}
_RELATIONS: dict[str, LoadKind] = {
    "stylesheet": "stylesheet",
    "icon": "icon",
    "apple-touch-icon": "icon",
    "mask-icon": "icon",
    "manifest": "icon",
    "preload": "preload",
    "modulepreload": "preload",
}
#: what stands in these is shown, or run, only in circumstances that nobody knows
_APART = ("template", "noscript")


class Load(NamedTuple):
    """``url``: as the page has it.  ``address``: whole, "" where it is none.  ``target``: path and
    query if the app itself serves it, else "".  ``optional``: the page does without it."""

    url: str
    address: str
    kind: LoadKind
    target: str = ""
    optional: bool = False


class Page(NamedTuple):
    """``scripts``: the texts of the scripts that stand in it.  ``upgrades``: its browser asks for
    https in place of http by itself."""

    loads: tuple[Load, ...] = ()
    scripts: tuple[str, ...] = ()
    upgrades: bool = False


def is_html(visit: Visit) -> bool:
    """Was it answered with a page?"""
    return _has_type(visit, "text/html", "application/xhtml+xml")


def is_css(visit: Visit) -> bool:
    """Was it answered with a style sheet?"""
    return _has_type(visit, "text/css")


def _has_type(visit: Visit, *types: str) -> bool:
    kind = (visit.header("content-type") or "").partition(";")[0].strip().lower()
    return visit.status is not None and visit.status < 300 and kind in types


def pages_of(visits: Sequence[Visit], routes: Iterable[Route]) -> list[tuple[Visit, bool]]:
    """The pages of the app's own, the front page first; is it what the Space page shows?

    One for each address.  Those of a framework (its documentation) are left out unless the Space
    page shows them.
    """
    routes = tuple(routes)
    foreign = {route.label for route in routes if not route.own and route.kind == "http"}
    own = {route.label for route in routes if route.own and "{" not in route.path}
    found: dict[str, tuple[Visit, bool]] = {}
    for visit, _ in _front(visits):
        if is_html(visit) and f"GET {_path(visit)}" not in foreign:
            found.setdefault(_path(visit), (visit, True))
    for visit in visits:
        if visit.kind == "valid" and visit.request.method == "GET" and visit.route in own and is_html(visit):
            found.setdefault(_path(visit), (visit, False))
    return list(found.values())


def _front(visits: Sequence[Visit]) -> Iterator[tuple[Visit, str]]:
    """The last answer to what the Space page asks for, and where it redirects to if nobody was there."""
    roots = [visit for visit in visits if visit.kind == "root" and visit.route != "CONTROL"]
    by_target = {visit.request.path: visit for visit in _gets(visits)} if roots else {}
    for visit in roots:
        at, target = visit, redirect_target(visit)
        for _ in range(5):
            if target not in by_target:
                break
            at = by_target[target]
            target = redirect_target(at)
        yield at, "" if target in by_target else target


def _gets(visits: Iterable[Visit]) -> Iterator[Visit]:
    kinds = ("valid", "root", "asset", "slash")
    return (visit for visit in visits if visit.request.method == "GET" and visit.kind in kinds)


def redirect_target(visit: Visit) -> str:
    """Path and query that an answer sends a browser to, "" where that is not this app."""
    location = visit.header("location")
    if visit.status not in _REDIRECTS or not location:
        return ""
    return _resolve(f"https://{SPACE_HOST}{visit.request.path}", location)[1]


def read(visit: Visit) -> Page:
    """What a page holds.  Never raises; of a page that is cut off, what came of it."""
    policy = visit.header("content-security-policy") or ""
    page = _parse(visit.request.path, visit.body[:KEPT_BODY])
    upgrades = page.upgrades or "upgrade-insecure-requests" in policy.lower()
    return Page(page.loads, page.scripts, upgrades)


@lru_cache(maxsize=64)
def _parse(path: str, body: bytes) -> Page:
    reader = _Reader(f"https://{SPACE_HOST}{path}")
    for element in elements(body.decode("utf-8", "replace")):
        reader.take(element)
        if len(reader.loads) > MOST_LOADS * 2:
            break
    loads = list(dict.fromkeys(reader.loads))[:MOST_LOADS]
    return Page(tuple(loads), tuple(reader.scripts), reader.upgrades)


def read_css(visit: Visit) -> tuple[Load, ...]:
    """What a style sheet loads: other style sheets, and what its rules may need."""
    text = visit.body.decode("utf-8", "replace")
    base = f"https://{SPACE_HOST}{visit.request.path}"
    return tuple(dict.fromkeys(_of_css(text, base)))[:MOST_LOADS]


def _of_css(text: str, base: str) -> Iterator[Load]:
    text = _CSS_COMMENT.sub("", text)
    imports = [found[1] for found in _CSS_IMPORT.finditer(text)]
    for url in imports:
        yield from _load(base, url, "stylesheet")
    for found in _CSS_URL.finditer(text):
        url = found[1] or found[2] or found[3] or ""
        if url not in imports:
            # a rule may apply to nothing, and a font has alternatives
            yield from _load(base, url, "style", optional=True)


def _load(base: str, url: str, kind: LoadKind, *, optional: bool = False) -> Iterator[Load]:
    url = url.strip()
    if not url or url.startswith("#") or _PLACEHOLDER.search(url):
        return
    address, target = _resolve(base, url)
    if address:
        yield Load(url, address, kind, target, optional)


def _resolve(base: str, url: str) -> tuple[str, str]:
    """The whole address, and path and query if the Space serves it."""
    try:
        address = urljoin(base, "".join(url.split("\n")).strip())
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "", ""
    if parts.scheme not in ("http", "https", "ws", "wss"):
        return "", ""
    if (parts.hostname or "").lower() != SPACE_HOST or port not in (None, 80, 443):
        return address, ""
    path = quote(parts.path or "/", safe=_SAFE, errors="replace")
    query = quote(parts.query, safe=_SAFE, errors="replace")
    return address, f"{path}?{query}" if query else path


def _path(visit: Visit) -> str:
    return unquote(visit.request.path.partition("?")[0])


class _Reader:
    """Collects; what stands in templates and the like is passed over."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.loads: list[Load] = []
        self.scripts: list[str] = []
        self.upgrades = False
        self._apart = 0

    def take(self, element: Element) -> None:
        """One element."""
        if element.tag in _APART:
            self._apart = max(0, self._apart + (-1 if element.ends else 1))
        if self._apart or element.ends:
            return
        values = element.attributes
        if element.tag == "base" and values.get("href"):
            self.base = _resolve(self.base, values["href"])[0] or self.base
        if element.tag == "meta" and "upgrade-insecure-requests" in values.get("content", "").lower():
            self.upgrades = True
        if element.tag == "script" and not _is_program(values):
            return
        if element.tag == "script" and element.text.strip():
            self.scripts.append(element.text)
        if element.tag == "style":
            self.loads += _of_css(element.text, self.base)
        self._take_addresses(element.tag, values)

    def _take_addresses(self, tag: str, values: Mapping[str, str]) -> None:
        # the page provides for its absence
        optional = "onerror" in values or "nomodule" in values or tag == "source"
        for name, value in values.items():
            if kind := _LOADING.get((tag, name)):
                self._add(value, kind, optional=optional)
        if tag == "link":
            relations = values.get("rel", "").lower().split()
            if "alternate" not in relations and (kind := _relation(relations)):
                self._add(values.get("href", ""), kind, optional=optional)
        if tag in ("img", "source"):
            for candidate in re.split(r",\s+", values.get("srcset", "")):
                self._add(candidate.strip().partition(" ")[0].rstrip(","), "image", optional=True)
        if "url(" in values.get("style", "").lower():
            self.loads += _of_css(values["style"], self.base)

    def _add(self, url: str, kind: LoadKind, *, optional: bool) -> None:
        self.loads += _load(self.base, url, kind, optional=optional)


def _is_program(values: Mapping[str, str]) -> bool:
    kind = values.get("type", "").strip().lower()
    return not kind or kind == "module" or "javascript" in kind or "ecmascript" in kind


def _relation(relations: list[str]) -> LoadKind | None:
    return next((_RELATIONS[name] for name in relations if name in _RELATIONS), None)


# -- what is fetched


def unseen(visits: Sequence[Visit], routes: Iterable[Route]) -> list[str]:
    """What the pages and style sheets that were seen load from the app and that nobody has asked
    for: path and query, what the front page loads first."""
    known = {visit.request.path for visit in _gets(visits)}
    wanted = [target for _, target in _front(visits)]
    pages = pages_of(visits, routes)
    for page, _ in pages:
        wanted += [load.target for load in read(page).loads if load.kind not in ("form", "link")]
    for visit in visits if pages else ():
        if visit.kind in ("valid", "asset") and is_css(visit):
            wanted += [load.target for load in read_css(visit)]
    return [target for target in dict.fromkeys(wanted) if target and target not in known]
