"""What begins and ends with the process."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Any

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from .database import SchemaError, make_engine, migrate
from .events import Feed
from .limit import App, Message, Receive, Send
from .settings import Settings
from .writing import Writer

#: What drivers say of a database that cannot be used.
_REASONS = (
    "Connection refused",
    "Name or service not known",
    "No such file or directory",
    "password authentication failed",
    "no password supplied",
    "does not exist",
    "permission denied",
    "too many clients",
    "timeout expired",
    "unable to open database file",
    "attempt to write a readonly database",
    "database or disk is full",
    "disk I/O error",
    "file is not a database",
    "database is locked",
)


class StartError(Exception):
    """The board cannot start.  The text is one line that says why."""


def make_lifespan(settings: Settings) -> Callable[[FastAPI], Any]:
    """The lifespan of a board with these settings: its database, its writer, its events."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = make_engine(settings.database_url)
        try:
            _prepare(lambda: migrate(engine))
            feed = Feed(engine)
            writer = Writer(engine, settings.history_of, feed.wake)
            app.state.engine, app.state.feed, app.state.writer = engine, feed, writer
            writer.start()
            try:
                with _at_signal(feed.close):
                    yield
            finally:
                await feed.end()
                writer.close()
        finally:
            engine.dispose()

    return lifespan


def _prepare(step: Callable[[], None]) -> None:
    try:
        step()
    except SchemaError as error:
        raise StartError(str(error)) from None
    except (SQLAlchemyError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        reason = error.strerror if isinstance(error, OSError) else _reason(str(cause))
        words = [type(cause).__name__, reason] if reason else [type(cause).__name__]
        raise StartError(f"the database of DATABASE_URL cannot be used: {': '.join(words)}") from error


def _reason(said: str) -> str:
    """What a driver says, as far as that is known: the rest may hold the address, with the password."""
    return next((reason for reason in _REASONS if reason in said), "")


@contextmanager
def _at_signal(close: Callable[[], None]) -> Iterator[None]:
    """Call ``close`` as soon as the server is told to stop.

    A server tells the lifespan only when all answers have ended, and a stream of events does not
    end by itself.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(close)
        following = before[signal.Signals(number)]
        if callable(following):
            following(number, frame)

    followed = [number for number, handler in before.items() if callable(handler)]
    for number in followed:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in followed:
            signal.signal(number, before[number])


class OneLine:
    """ASGI middleware: a start that fails with :class:`StartError` is told in its line alone."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass everything on, the traceback of a failed start aside."""
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        failure: MutableMapping[str, Any] = {}

        async def keeping(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                failure.update(message)
            else:
                await send(message)

        try:
            await self.app(scope, receive, keeping)
        except StartError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
        except BaseException:
            if failure:
                await send(failure)
            raise
