"""What happens on the board, told as it happens: server-sent events, one for each stored report.

A task of each process reads what is new in the database, so that reports are seen which another
instance has stored.  Nobody is waited for: who does not keep up is dropped, comes back with the id
of the last event that arrived, and gets the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any

import anyio
from fastapi.responses import StreamingResponse
from sqlalchemy import func, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col
from starlette.types import Receive, Scope, Send

from .models import Run

#: Seconds between two looks for reports of other instances; between two signs of life.
LOOK_EVERY = 0.5
SIGN_EVERY = 15.0

#: How many listeners there may be, and how many events may wait for one of them.
MOST_LISTENERS = 500
MOST_WAITING = 200

#: How many events a listener that comes back is given at most, the latest ones.
MOST_REPLAYED = 1000

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """A report was stored.  ``sequence``: the id of the event."""

    sequence: int
    id: str
    space: str
    stage: str | None
    ready: bool
    failed: int
    warned: int
    received_at: str

    def text(self) -> str:
        """The event as it is sent."""
        data = asdict(self)
        del data["sequence"]
        return f"id: {self.sequence}\nevent: report\ndata: {json.dumps(data)}\n\n"


class Full(Exception):
    """There are as many listeners as there may be."""


class Listener:
    """One who listens, from the event on that follows ``after``.

    ``dropped``: the scope of its answer, which ends with it.
    """

    def __init__(self, after: int, most: int) -> None:
        self.after = after
        self.ended = False
        self.dropped = anyio.CancelScope()
        self._waiting: deque[Event] = deque()
        self._most = most
        self._news = asyncio.Event()

    def give(self, events: list[Event]) -> None:
        """Have these events sent."""
        self._waiting.extend(events)
        if len(self._waiting) > self._most:
            self.dropped.cancel()
        self._news.set()

    def end(self) -> None:
        """Send nothing more."""
        self.ended = True
        self._news.set()

    async def take(self, seconds: float) -> list[Event]:
        """What came since; [] where nothing did for so long, or it is over."""
        if not self._waiting and not self.ended:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), seconds)
            except asyncio.TimeoutError:
                return []
        taken = [event for event in self._waiting if event.sequence > self.after]
        self._waiting.clear()
        if taken:
            self.after = taken[-1].sequence
        return taken


class Feed:
    """Tells listeners of every report that is stored."""

    def __init__(self, engine: Engine, most_waiting: int = MOST_WAITING) -> None:
        self._engine = engine
        self._most_waiting = most_waiting
        self._listeners: set[Listener] = set()
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._last = 0
        self._closed = False

    def wake(self) -> None:
        """Look for new reports now.  To be called from any thread."""
        # Without listeners nobody asks, and the writer goes on undisturbed.
        if self._listeners and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)

    async def listen(self, after: int | None) -> Listener:
        """A new listener.  ``after``: the last event it knows; None for what is yet to come.

        Raises :class:`Full`, and SQLAlchemy's errors.
        """
        if len(self._listeners) >= MOST_LISTENERS:
            raise Full
        listener = Listener(0, self._most_waiting)
        # It listens from now on, and what it missed comes before that.
        self._listeners.add(listener)
        try:
            latest = await anyio.to_thread.run_sync(self._latest)
            listener.after = latest if after is None else min(max(after, latest - MOST_REPLAYED), latest)
            if self._task is None:
                self._last = latest
        except BaseException:
            self.forget(listener)
            raise
        if self._closed:
            listener.end()
        elif self._task is None:
            self._task = asyncio.create_task(self._follow())
        return listener

    def forget(self, listener: Listener) -> None:
        """It listens no more."""
        self._listeners.discard(listener)

    async def told(self, listener: Listener, sign_every: float = SIGN_EVERY) -> AsyncIterator[str]:
        """What the listener is sent."""
        # The first bytes tell every proxy on the way that the answer has begun.
        yield "retry: 2000\n: these are the reports as they come\n\n"
        events = await self._missed(listener)
        while events or not listener.ended:
            yield "".join(event.text() for event in events) or ": still here\n\n"
            events = await listener.take(sign_every)

    def close(self) -> None:
        """End every answer at once, and begin none.  To be called in the thread of the event loop."""
        self._closed = True
        for listener in self._listeners:
            listener.end()
        # Not cancelled: its thread would go on, with a connection that nobody closes.
        self._news.set()

    async def end(self) -> None:
        """Close, and wait until the database is left alone."""
        self.close()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _missed(self, listener: Listener) -> list[Event]:
        """What was stored before it began to listen, and after what it knows."""
        missed: list[Event] = []
        while len(missed) < MOST_REPLAYED:
            found = await anyio.to_thread.run_sync(self._after, listener.after)
            if not found:
                break
            missed += found
            listener.after = found[-1].sequence
        return missed

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOK_EVERY)
            self._news.clear()
            if self._closed or not self._listeners:
                self._task = None
                return
            try:
                events = await anyio.to_thread.run_sync(self._after, self._last)
            except SQLAlchemyError:
                _log.warning("the database does not answer: events wait", exc_info=True)
                continue
            if events:
                self._last = events[-1].sequence
                for listener in tuple(self._listeners):
                    listener.give(events)
                self._news.set()

    def _latest(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(select(func.max(col(Run.sequence)))).scalar() or 0

    def _after(self, sequence: int) -> list[Event]:
        # At most half of what may wait, or a burst would drop everybody.
        query = select(*_EVENT).where(col(Run.sequence) > sequence).order_by(col(Run.sequence))
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(max(1, self._most_waiting // 2))).all()
        return [Event(**row._asdict() | {"received_at": row.received_at.isoformat()}) for row in rows]


_EVENT: Any = (
    Run.sequence,
    Run.id,
    Run.space,
    Run.stage,
    Run.ready,
    Run.failed,
    Run.warned,
    Run.received_at,
)


class EventStream(StreamingResponse):
    """The answer to a listener, which ends with it, even in the middle of a send that hangs."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, listener: Listener) -> None:
        # X-Accel-Buffering: proxies of nginx's kind would collect events otherwise
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(feed.told(listener), headers=headers)
        self._feed, self._listener = feed, listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, until the listener goes, is dropped, or the board stops."""
        try:
            with self._listener.dropped:
                await super().__call__(scope, receive, send)
        finally:
            self._feed.forget(self._listener)
