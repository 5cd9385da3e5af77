"""The facts as pytest fixtures, for the checks and for a project's own tests.

All are synchronous, so that every async plugin or none works, and of session scope but for
``space_route``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    import httpx
    from anyio.from_thread import BlockingPortal

    from .fresh import Build
    from .rehearsal.facts import Rehearsal, Route
    from .rehearsal.server import SpaceServer
    from .settings_seen import SettingsSeen
    from .space import Space
    from .space.deployments import Deployment
    from .space.history import History
    from .space.secrets import Secret
    from .space.sources import Sources


#: The application of ``space_lifespan``, and the ``space_app`` that it was made of.
_STARTED = pytest.StashKey[tuple[Any, Any]]()


@pytest.fixture(scope="session")
def space(pytestconfig: pytest.Config) -> Space:
    """The repository as the Hub would receive it."""
    from .runs import Runs

    return Runs.of(pytestconfig).only.space


@pytest.fixture(scope="session")
def space_sources(pytestconfig: pytest.Config) -> Sources:
    """The app's Python files and what they import, read without being run."""
    from .runs import Runs

    return cast("Sources", Runs.of(pytestconfig).only.facts["space_sources"])


@pytest.fixture(scope="session")
def space_history(pytestconfig: pytest.Config) -> History:
    """What a git push would send to the Hub."""
    from .runs import Runs

    return cast("History", Runs.of(pytestconfig).only.facts["space_history"])


@pytest.fixture(scope="session")
def space_secrets(pytestconfig: pytest.Config) -> tuple[Secret, ...]:
    """Credentials in the tracked text files."""
    from .runs import Runs

    return cast("tuple[Secret, ...]", Runs.of(pytestconfig).only.facts["space_secrets"])


@pytest.fixture(scope="session")
def space_deployments(pytestconfig: pytest.Config) -> tuple[Deployment, ...]:
    """The steps of the repository's workflows that send it to the Hub."""
    from .runs import Runs

    return cast("tuple[Deployment, ...]", Runs.of(pytestconfig).only.facts["space_deployments"])


@pytest.fixture(scope="session")
def space_build(pytestconfig: pytest.Config) -> Build | None:
    """The environment that ``--hfspace-build`` made, and what became of it; None without it."""
    from .runs import Runs

    return Runs.of(pytestconfig).only.build()


@pytest.fixture(scope="session")
def space_rehearsal(pytestconfig: pytest.Config) -> Rehearsal:
    """What was seen while the app ran as on the Space.  Waits until every route was visited."""
    from .runs import Runs

    return Runs.of(pytestconfig).only.rehearsal()


@pytest.fixture(scope="session")
def space_app(space: Space) -> Iterator[Any]:
    """The ASGI application, imported in this process.  Override it to test another one."""
    from .importing import AppNotFound, import_app, python_path

    with python_path(space):
        app, reason = None, ""
        try:
            app = import_app(space)
        except AppNotFound as error:
            reason = str(error)
        if reason:  # said out here, where no traceback goes with it
            pytest.fail(reason, pytrace=False)
        yield app


@pytest.fixture(scope="session")
def space_portal() -> Iterator[BlockingPortal]:
    """The background event loop in which ``space_app`` lives."""
    from anyio.from_thread import start_blocking_portal

    with start_blocking_portal("asyncio") as portal:
        yield portal


@pytest.fixture(scope="session")
def space_lifespan(
    pytestconfig: pytest.Config, space_app: Any, space_portal: BlockingPortal
) -> Iterator[Any]:
    """The application with its lifespan started, once for the whole session."""
    from .inprocess import lifespan
    from .runs import Runs

    with lifespan(space_app, space_portal, Runs.of(pytestconfig).only.settings.timeout) as app:
        pytestconfig.stash[_STARTED] = (app, space_app)
        yield app


@pytest.fixture(scope="session")
def space_client(
    pytestconfig: pytest.Config, space_lifespan: Any, space_portal: BlockingPortal
) -> httpx.AsyncClient:
    """An ``httpx.AsyncClient`` on the started application, for coroutines of any event loop.

    Like one browser it keeps its cookies; ``space_client.cookies.clear()`` forgets them.
    """
    from .inprocess import async_client
    from .runs import Runs

    return async_client(space_lifespan, space_portal, Runs.of(pytestconfig).only.settings.timeout)


@pytest.fixture(scope="session")
def space_http(
    pytestconfig: pytest.Config, space_lifespan: Any, space_portal: BlockingPortal
) -> Iterator[httpx.Client]:
    """The synchronous twin of ``space_client``."""
    from .inprocess import sync_client
    from .runs import Runs

    with sync_client(space_lifespan, space_portal, Runs.of(pytestconfig).only.settings.timeout) as client:
        yield client


@pytest.fixture(scope="session")
def space_routes(space: Space, space_app: Any) -> tuple[Route, ...]:
    """Every route and method of the application, in the order of its router."""
    from .inprocess import routes_of

    return routes_of(space_app, space.root)


@pytest.fixture
def space_route(request: pytest.FixtureRequest) -> Route:
    """One route: a test that asks for it runs once for each of the application's own routes."""
    route: Route = request.param
    if "space_app" in request.fixturenames:
        routes: tuple[Route, ...] = request.getfixturevalue("space_routes")
        if not any(found.label == route.label for found in routes):
            pytest.fail(
                f"space_app has no route {route.label}: it is not the app of hfspace_app, "
                "whose routes space_route goes through",
                pytrace=False,
            )
    return route


@pytest.fixture(scope="session")
def space_env(pytestconfig: pytest.Config) -> SettingsSeen:
    """The variables that the app read, by name, with their default and line."""
    from .check import Skip
    from .runs import Runs

    try:
        return Runs.of(pytestconfig).only.settings_seen()
    except Skip as skip:
        pytest.skip(str(skip))


@pytest.fixture(scope="session")
def space_server(pytestconfig: pytest.Config, space: Space) -> Iterator[SpaceServer]:
    """The app in a process of its own, started as the Space starts it, on a free port."""
    from .rehearsal import Options
    from .rehearsal.server import ServerDidNotStart, SpaceServer
    from .runs import Runs

    settings = Runs.of(pytestconfig).only.settings
    server = SpaceServer(space, Options(env=dict(settings.env), timeout=settings.timeout))
    reason = ""
    try:
        server.start()
    except ServerDidNotStart as error:
        reason = str(error)
    if reason:
        pytest.fail(f"the app did not start as it would on the Space: {reason}", pytrace=False)
    yield server
    server.stop()


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a test that was handed an app which is not its own.

    A folder's ``space_app`` does not reach a session's ``space_lifespan`` that exists already.
    """
    values: dict[str, Any] = getattr(item, "funcargs", {})
    if "space_lifespan" not in values or "space_app" not in values:
        return
    started, app = item.config.stash.get(_STARTED, (None, None))
    if values["space_lifespan"] is started and values["space_app"] is not app:
        pytest.fail(
            "this folder's space_app is not the app that the run has started: run the folder by itself",
            pytrace=False,
        )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a project's test once for each route that ``space_route`` stands for."""
    if "space_route" not in metafunc.fixturenames:
        return
    from .runs import Runs

    routes, reason = Runs.of(metafunc.config).own_routes
    if not routes:
        # A skipped test that says why, instead of one that has vanished.
        nothing = pytest.param(None, marks=pytest.mark.skip(reason=reason), id="no route")
        metafunc.parametrize("space_route", [nothing], indirect=True)
        return
    metafunc.parametrize("space_route", routes, indirect=True, ids=[route.label for route in routes])
