"""What a project says of the requests for its routes: anybody's code, anybody's answers."""

from __future__ import annotations

from collections.abc import Callable

from ...report.text import said
from ..facts import Route
from . import Override

_KEYS = ("params", "headers", "json", "body", "skip")


def given(ask: Callable[[Route], object], name: str) -> Callable[[Route], Override | None]:
    """``ask``, so that it raises nothing: what is wrong with it is a reason to skip the route.

    ``name``: what the project calls it.
    """

    def answer(route: Route) -> Override | None:
        try:
            found = ask(route)
            if found is None or isinstance(found, Override):
                return found
            unknown = sorted(set(found) - set(_KEYS))  # type: ignore[call-overload]  # what raises is caught
            if unknown:
                return Override(skip=f"{name} gave the unknown key {unknown[0]!r}")
            return Override(**found)  # type: ignore[arg-type]  # for the same reason
        except Exception as error:  # noqa: BLE001  # it is the project's own code
            return Override(skip=f"{name} raised {said(error)}")

    return answer
