"""The facts as pytest fixtures, for the checks and for a project's own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .rehearsal.facts import Rehearsal, Route
    from .space import Space


@pytest.fixture(scope="session")
def space(pytestconfig: pytest.Config) -> Space:
    """The repository as the Hub would receive it."""
    from .run import Run

    return Run.of(pytestconfig).space


@pytest.fixture(scope="session")
def space_rehearsal(pytestconfig: pytest.Config) -> Rehearsal:
    """What was seen while the app ran as on the Space.  Waits until every route was visited."""
    from .run import Run

    return Run.of(pytestconfig).rehearsal()


@pytest.fixture
def space_route(request: pytest.FixtureRequest) -> Route:
    """The route that a check of each route is about."""
    route: Route = request.node.route
    return route
