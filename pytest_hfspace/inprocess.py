"""The app in this process: imported, started and asked without a server.  For a project's tests.

The app and its lifespan live in one background event loop; everything that is handed out goes
there.  So it serves tests under pytest-asyncio, anyio, trio, and plain synchronous ones alike, and
the lifespan is entered and left in one task.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from .contract import SPACE_HOST

if TYPE_CHECKING:
    import httpx
    from anyio.from_thread import BlockingPortal

    from .rehearsal.facts import Route
    from .space import Space

#: where the clients believe to be: the edge speaks HTTPS for the app
BASE_URL = f"https://{SPACE_HOST}"
#: limit of the lifespan's start-up and shutdown, in seconds
LIFESPAN_TIMEOUT = 60.0


class AppNotFound(Exception):
    """The app cannot be imported, or is not where it was said to be."""


def import_app(space: Space) -> Any:
    """Import the Space's ASGI application into this process.

    Its directory comes first on ``sys.path``, as with ``uvicorn``; a factory is called.  Raises
    :class:`AppNotFound` if there is no such module or attribute; what the module raises itself
    goes through.
    """
    module_name, _, attribute = space.app.partition(":")
    directory = str(space.root / _directory(space, module_name))
    if directory not in sys.path:
        sys.path.insert(0, directory)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name != module_name.partition(".")[0]:
            raise
        raise AppNotFound(f"there is no module {module_name!r} in {directory}") from None
    found = module
    for name in attribute.removesuffix("()").split("."):
        if not hasattr(found, name):
            raise AppNotFound(f"{module_name} has no attribute {attribute!r}")
        found = getattr(found, name)
    factory = attribute.endswith("()") or (space.command is not None and space.command.factory)
    return found() if factory and callable(found) else found


def _directory(space: Space, module: str) -> str:
    """The repository directory that is the image's working directory, "." if nothing tells."""
    if space.command is None or space.image is None:
        return "."
    path = module.replace(".", "/")
    start = f"{space.command.cwd.rstrip('/')}/{(space.command.app_dir or '').strip('./')}".rstrip("/")
    for name in (f"{path}.py", f"{path}/__init__.py"):
        source = space.image.layout.get(f"{start}/{name}")
        if source is not None and source.endswith(name):
            return source.removesuffix(name).rstrip("/") or "."
    return "."


def routes_of(app: Any) -> tuple[Route, ...]:
    """Every route of an application in this process."""
    from .rehearsal.child.inventory import inventory
    from .rehearsal.facts import Where
    from .rehearsal.routes import routes_from

    found = inventory(app)
    return routes_from(found.routes, found.openapi, Where)


@contextmanager
def lifespan(app: Any, portal: BlockingPortal) -> Iterator[Any]:
    """Start the app in the portal's loop, and shut it down; an app without lifespan is as it is."""
    from asgi_lifespan import LifespanManager, LifespanNotSupported

    manager = LifespanManager(app, startup_timeout=LIFESPAN_TIMEOUT, shutdown_timeout=LIFESPAN_TIMEOUT)
    started: AbstractContextManager[Any] = portal.wrap_async_context_manager(manager)
    try:
        running = started.__enter__()
    except LifespanNotSupported:
        yield app
        return
    try:
        # with the manager's app, requests see the state that the lifespan has yielded
        yield running.app
    finally:
        started.__exit__(None, None, None)


def async_client(app: Any, portal: BlockingPortal) -> httpx.AsyncClient:
    """A client for coroutines of any event loop.  Answers come whole: no endless streams."""
    import anyio.to_thread
    import httpx

    class Transport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            request_whole = _whole(request, await request.aread())
            return await anyio.to_thread.run_sync(portal.call, _ask, app, request_whole)

    return httpx.AsyncClient(transport=Transport(), base_url=BASE_URL, trust_env=False)


def sync_client(app: Any, portal: BlockingPortal) -> httpx.Client:
    """The synchronous twin of :func:`async_client`."""
    import httpx

    class Transport(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer: httpx.Response = portal.call(_ask, app, _whole(request, request.read()))
            return answer

    return httpx.Client(transport=Transport(), base_url=BASE_URL, trust_env=False)


def _whole(request: httpx.Request, body: bytes) -> httpx.Request:
    import httpx

    return httpx.Request(
        request.method, request.url, headers=request.headers, content=body, extensions=request.extensions
    )


async def _ask(app: Any, request: httpx.Request) -> httpx.Response:
    """In the app's loop: one request, its answer read to the end."""
    import httpx

    answer = await httpx.ASGITransport(app, client=("127.0.0.2", 0)).handle_async_request(request)
    body = await answer.aread()
    return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(body))
