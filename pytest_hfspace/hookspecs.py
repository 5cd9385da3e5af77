"""Hooks that a project can implement in its conftest.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .check import Check
    from .rehearsal.facts import Route
    from .rehearsal.requests import Override
    from .space import Space


@pytest.hookspec(firstresult=True)
def pytest_hfspace_request(route: Route, space: Space) -> Override | Mapping[str, Any] | None:
    """Say how the rehearsal should ask for a route, or None to leave it to the route's schema.

    ``route.method`` and ``route.path`` name it, ``space.root`` the Space, which you may leave out of
    the parameters where there is only one.  A mapping may hold ``params`` (path, query,
    header and cookie parameters by name), ``headers``, ``json`` or ``body`` (bytes), and ``skip``
    (a reason not to visit it)::

        def pytest_hfspace_request(route):
            if route.path == "/users/{user_id}":
                return {"params": {"user_id": "ada"}}
    """


@pytest.hookspec
def pytest_hfspace_checks() -> Iterable[Check] | None:
    """Add checks of your own to the catalogue: functions that ``pytest_hfspace.check.check`` decorates.

    Their parameters name facts (``space``, ``space_rehearsal``, ...) or any other fixture::

        def pytest_hfspace_checks():
            return [no_print]
    """
