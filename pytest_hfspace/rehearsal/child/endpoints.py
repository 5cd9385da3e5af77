"""Names and places of endpoints, read from objects that nobody vouches for."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from typing import Any

#: What a look at an app's own objects may raise: a property can do anything but stop the run.
ANYTHING = (Exception, SystemExit)

#: No honest chain of decorators, middlewares or mounts is longer.
DEPTH = 50


def attribute(thing: object, name: str, default: Any = None) -> Any:
    """``getattr`` for a property that may raise."""
    try:
        return getattr(thing, name, default)
    except ANYTHING:
        return default


def ancestry(cls: type) -> Iterator[str]:
    """The dotted names of a class and its bases, itself first.

    Frameworks are recognised by these names: importing one to ask ``isinstance`` would change
    the process that is being watched, and ``isinstance`` asks the object, which may lie.
    """
    return (f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__)


def is_a(thing: object, cls: type) -> bool:
    """``isinstance`` without asking the object: a proxy's ``__class__`` may raise."""
    return issubclass(type(thing), cls)


def unwrapped(endpoint: Any) -> Any:
    """The user's function or class below ``functools.wraps``, partials and bound methods."""
    for _ in range(DEPTH):
        if is_a(endpoint, functools.partial):
            inner = endpoint.func
        else:
            inner = attribute(endpoint, "__func__") or attribute(endpoint, "__wrapped__")
        if inner is None or inner is endpoint or not callable(inner):
            break
        endpoint = inner
    return endpoint


def name_of(endpoint: Any) -> str:
    """``module:qualname`` of a function or class, or of an object's class."""
    found = unwrapped(endpoint)
    named = found if isinstance(attribute(found, "__qualname__"), str) else type(found)
    module = attribute(named, "__module__")
    return f"{module if isinstance(module, str) else ''}:{named.__qualname__}"


def place_of(endpoint: Any, method: str = "") -> list[Any] | None:
    """``[absolute file, line]`` of the code that answers, None where there is none to see.

    ``method``: the HTTP method, by which a class-based endpoint chooses.
    """
    found = unwrapped(endpoint)
    candidates = [found]
    if attribute(found, "__code__") is None:
        cls = found if is_a(found, type) else type(found)
        named = (attribute(cls, name) for name in (method.lower(), "__call__") if name)
        candidates = [unwrapped(one) for one in (*named, *vars(cls).values())]
    for candidate in candidates:
        code = attribute(candidate, "__code__")
        file, line = attribute(code, "co_filename"), attribute(code, "co_firstlineno")
        if isinstance(file, str) and isinstance(line, int) and not file.startswith("<"):
            return [os.path.abspath(file), line]
    return None
