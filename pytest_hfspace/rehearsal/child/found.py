"""What an inventory collects on its way through routers and mounts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

from .endpoints import ANYTHING, attribute, name_of, place_of
from .static_files import first_file

#: Far more than any Space has: a router that goes on for ever must not.
MOST_ROUTES = 20_000
MOST_PROBLEMS = 5

#: Modules whose endpoints are a framework's and not the user's.
FRAMEWORKS = ("fastapi.", "gradio.", "litestar._openapi.", "litestar.openapi.", "quart_schema.")

#: ``{name}`` and ``{name:convertor}``, as Starlette and Litestar write them.
_PARAMETER = re.compile(r"\{\s*([A-Za-z_]\w*)\s*(?::\s*(\w+)\s*)?\}")


class Place(NamedTuple):
    """Where in the app a router is: below which prefix and host, and inside which routers.

    ``own``: False inside an app that a framework brings along: its files are not the user's.
    """

    prefix: str = ""
    host: str = ""
    parameters: Mapping[str, str] = MappingProxyType({})
    above: tuple[int, ...] = ()
    own: bool = True

    def below(self, path: str) -> Place:
        """The place of what is mounted at ``path``."""
        written, parameters = split(path)
        return self._replace(
            prefix=self.prefix + written.rstrip("/"), parameters={**self.parameters, **parameters}
        )

    @property
    def key(self) -> str:
        """The key of this place's own schema in ``x-mounted``."""
        return f"//{self.host}{self.prefix}" if self.host else self.prefix


def split(path: str) -> tuple[str, dict[str, str]]:
    """``/{a}/{b:int}`` as ``/{a}/{b}`` and ``{"a": "str", "b": "int"}``."""
    return _PARAMETER.sub(r"{\1}", path), {name: kind or "str" for name, kind in _PARAMETER.findall(path)}


@dataclass
class Found:
    """The routes, the schemas of apps below the first, and what could not be seen.

    ``descend``: walks into an app, or answers False where it has no route table.
    """

    descend: Callable[[Any, Place], bool]
    routes: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    apps: list[tuple[str, Any, Place]] = field(default_factory=list)
    seen: int = 0

    def problem(self, text: str) -> None:
        """Note why the list may be incomplete."""
        if text not in self.problems:
            self.problems.append(text)

    def each(self, things: Iterable[Any], what: str) -> Iterator[Any]:
        """Every one of them, as long as they come without an exception and come to an end."""
        try:
            for thing in islice(things, MOST_ROUTES + 1):
                if self.seen >= MOST_ROUTES:
                    self.problem(f"more than {MOST_ROUTES} routes")
                    return
                yield thing
        except ANYTHING as error:
            self.problem(f"{what} cannot be listed: {told(error)}")

    def visit(self, one: Callable[[Any], None], thing: Any) -> None:
        """Look at one route; if that raises, the others are still looked at."""
        self.seen += 1
        try:
            one(thing)
        except ANYTHING as error:
            self.problem(f"a {type(thing).__name__} cannot be read: {told(error)}")

    def add(
        self,
        place: Place,
        path: object,
        methods: Iterable[str],
        endpoint: Any,
        *,
        kind: str = "http",
        name: object = "",
        own: bool = True,
        text: str = "",
        sample: str = "",
    ) -> None:
        """List one route, an entry for each method.  ``text``: its endpoint, if not by its name.
        ``sample``: what to ask for below it."""
        if not isinstance(path, str):
            raise TypeError(f"its path is {type(path).__name__}")
        written, parameters = split(path)
        text = text or name_of(endpoint)
        index = self.routes[-1]["index"] + 1 if self.routes else 0
        ours = place.own if kind == "files" else not text.replace(":", ".").startswith(FRAMEWORKS)
        for method in methods:
            self.routes.append(
                {
                    "method": method,
                    "path": (place.prefix + written) or "/",
                    "kind": kind,
                    "endpoint": text,
                    "where": place_of(endpoint, method),
                    "own": own and ours,
                    "host": place.host,
                    "name": name if isinstance(name, str) else "",
                    "parameters": {**place.parameters, **parameters},
                    "index": index,
                    "sample": sample,
                }
            )

    def add_files(self, place: Place, endpoint: Any, base: Any = None, *, own: bool = True) -> None:
        """List an app without routes of its own: everything below its prefix is one entry.

        ``base``: the same app without the middlewares of its mount, which says better what it is.
        """
        bare = endpoint if base is None else base
        what = name_of(bare).partition(":")[2]
        # what is mounted at the root is asked for the root, as by the Space page
        sample = first_file(bare) if place.prefix else ""
        self.add(place, "", ["GET"], endpoint, kind="files", name=what, own=own, sample=sample)


def told(error: BaseException) -> str:
    """An exception in a line; its ``__str__`` may raise too."""
    try:
        text = str(error)
    except ANYTHING:
        text = ""
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__


def brought_along(app: Any) -> bool:
    """Is this an app of gradio's, so that its static files are not the user's?"""
    return str(attribute(type(app), "__module__", "")).startswith("gradio.")
