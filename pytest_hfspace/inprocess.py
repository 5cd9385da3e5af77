"""The app in this process: started and asked without a server.  For a project's tests.

The app and its lifespan live in one background event loop; everything that is handed out goes
there.  So it serves tests under pytest-asyncio, anyio, trio, and plain synchronous ones alike, and
the lifespan is entered and left in one task.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .contract import SPACE_HOST

if TYPE_CHECKING:
    import httpx
    from anyio.from_thread import BlockingPortal

    from .rehearsal.facts import Route

#: where the clients believe to be: the edge speaks HTTPS for the app
BASE_URL = f"https://{SPACE_HOST}"
#: the edge is not 127.0.0.1, which servers and middlewares trust more than others
PEER = ("127.0.0.2", 0)


def routes_of(app: Any, root: Path) -> tuple[Route, ...]:
    """Every route of an application in this process.  ``root``: the Space's."""
    from .rehearsal.child.inventory import inventory
    from .rehearsal.facts import Where
    from .rehearsal.routes import routes_from

    top = root.resolve()

    def locate(path: str, line: int) -> Where | None:
        full = Path(path).resolve()
        if not full.is_relative_to(top) or "site-packages" in full.parts:
            return None
        return Where(full.relative_to(top).as_posix(), line)

    found = inventory(app)
    return routes_from(found.routes, found.openapi, locate)


@contextmanager
def lifespan(app: Any, portal: BlockingPortal, timeout: float) -> Iterator[Any]:
    """Start the app in the portal's loop, and shut it down; an app without lifespan is as it is.

    ``timeout``: seconds for each.  What the app raises there goes through.
    """
    from asgi_lifespan import LifespanManager, LifespanNotSupported

    @asynccontextmanager
    async def running() -> AsyncIterator[Any]:
        # made where it runs: it looks for the loop at once
        async with LifespanManager(app, startup_timeout=timeout, shutdown_timeout=timeout) as manager:
            # with the manager's app, requests see the state that the lifespan has yielded
            yield manager.app

    started: AbstractContextManager[Any] = portal.wrap_async_context_manager(running())
    try:
        running_app = started.__enter__()
    except LifespanNotSupported:
        yield app
        return
    try:
        yield running_app
    finally:
        started.__exit__(None, None, None)


def async_client(app: Any, portal: BlockingPortal, timeout: float) -> httpx.AsyncClient:
    """A client for coroutines of any event loop.  Answers come whole: no endless streams."""
    import anyio.to_thread
    import httpx

    class Transport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = portal.start_task_soon(_ask, app, _whole(request, await request.aread()))
            try:
                return _given(await anyio.to_thread.run_sync(answer.result, abandon_on_cancel=True))
            finally:
                answer.cancel()  # a test that waits no longer does not let the app go on

    return httpx.AsyncClient(transport=Transport(), base_url=BASE_URL, trust_env=False, timeout=timeout)


def sync_client(app: Any, portal: BlockingPortal, timeout: float) -> httpx.Client:
    """The synchronous twin of :func:`async_client`."""
    import httpx

    class Transport(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return _given(portal.call(_ask, app, _whole(request, request.read())))

    return httpx.Client(transport=Transport(), base_url=BASE_URL, trust_env=False, timeout=timeout)


def _whole(request: httpx.Request, body: bytes) -> httpx.Request:
    """The same request, its body read: a stream belongs to the loop that it was made in."""
    import httpx

    return httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        stream=httpx.ByteStream(body),
        extensions=request.extensions,
    )


def _given(answer: httpx.Response | SystemExit) -> httpx.Response:
    if isinstance(answer, SystemExit):
        raise answer
    return answer


async def _ask(app: Any, request: httpx.Request) -> httpx.Response | SystemExit:
    """In the app's loop: one request, its answer read to the end within its read timeout."""
    try:
        return await _answer(app, request)
    except SystemExit as error:
        return error  # raised in the loop it would end that, and with it every later test


async def _answer(app: Any, request: httpx.Request) -> httpx.Response:
    import anyio
    import httpx

    limit: float | None = request.extensions.get("timeout", {}).get("read")
    with anyio.move_on_after(limit) as scope:
        answer = await httpx.ASGITransport(app, client=PEER).handle_async_request(request)
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        # undecoded: the headers say how, and the client that gets them decodes
        body = b"".join([part async for part in answer.stream])
    if scope.cancelled_caught:
        text = f"no whole answer within {limit:g} s (an endless stream needs space_server)"
        raise httpx.ReadTimeout(text, request=request)
    return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(body))
