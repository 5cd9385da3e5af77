"""Server-sent events, of one instance and of several."""

from __future__ import annotations

import asyncio
import json
import threading

import anyio
import pytest
from sqlalchemy import text

from backend import events
from backend.database import make_engine, migrate, writer_of
from backend.documents import pack
from backend.events import EventStream, Feed, Full
from backend.report import Submission
from backend.settings import Settings
from backend.store import store


@pytest.fixture
def engine(database_url):
    made = make_engine(Settings(database_url=database_url).database_url)
    migrate(made)
    yield made
    made.dispose()


def add(engine, *ids):
    made = [Submission(each, "acme/atlas", "RUNNING", True, 1, 2, pack(b"{}")) for each in ids]
    with writer_of(engine).begin() as connection:
        store(connection, made, lambda _: 500)


def parsed(chunk):
    """The events of a part of a stream: the id of each, and its data."""
    found = []
    for block in chunk.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line and line[0] != ":")
        if "data" in fields:
            assert fields["event"] == "report"
            found.append((int(fields["id"]), json.loads(fields["data"])))
    return found


async def read(told, count):
    """The next events of a stream."""
    found = []
    while len(found) < count:
        found += parsed(await asyncio.wait_for(told.__anext__(), 20))
    return found


def ids(found):
    return [data["id"] for _, data in found]


def run(test, engine, **options):
    async def main():
        feed = Feed(engine, **options)
        try:
            await test(feed)
        finally:
            await feed.end()

    asyncio.run(main())


def test_a_report_is_told_to_everybody(engine):
    async def test(feed):
        first, second = [feed.told(await feed.listen(None)) for _ in range(2)]
        add(engine, "a")
        feed.wake()
        add(engine, "b", "c")
        ((sequence, data),) = (await read(first, 1))[:1]
        assert data | {"received_at": ""} == {
            "id": "a",
            "space": "acme/atlas",
            "stage": "RUNNING",
            "ready": True,
            "failed": 1,
            "warned": 2,
            "received_at": "",
        }
        assert data["received_at"].endswith("+00:00")
        assert sequence == 1
        assert ids(await read(second, 3)) == ["a", "b", "c"]

    run(test, engine)


def test_what_another_instance_stores_is_told_too(engine):
    async def test(feed):
        told = feed.told(await feed.listen(None))
        await told.__anext__()
        add(engine, "a")  # and nobody wakes the feed
        assert ids(await read(told, 1)) == ["a"]

    run(test, engine)


def test_what_was_stored_before_is_not_told(engine):
    async def test(feed):
        add(engine, "a", "b")
        told = feed.told(await feed.listen(None))
        await told.__anext__()
        add(engine, "c")
        feed.wake()
        assert ids(await read(told, 1)) == ["c"]

    run(test, engine)


@pytest.mark.parametrize(("known", "missed"), [(1, "bc"), (0, "abc"), (2, "c")])
def test_who_comes_back_is_told_the_rest_once(engine, known, missed):
    async def test(feed):
        add(engine, "a", "b", "c")
        told = feed.told(await feed.listen(known))
        found = await read(told, len(missed))
        add(engine, "d")
        feed.wake()
        found += await read(told, 1)
        assert ids(found) == [*missed, "d"]

    run(test, engine)


def test_an_id_that_is_yet_to_come_is_that_of_the_latest(engine):
    async def test(feed):
        add(engine, "a")
        told = feed.told(await feed.listen(10**17))
        await told.__anext__()
        add(engine, "b")
        feed.wake()
        assert ids(await read(told, 1)) == ["b"]

    run(test, engine)


def test_who_was_away_for_long_is_told_the_latest(engine, monkeypatch):
    monkeypatch.setattr(events, "MOST_REPLAYED", 5)

    async def test(feed):
        add(engine, *(f"r{number}" for number in range(12)))
        told = feed.told(await feed.listen(0))
        assert ids(await read(told, 5)) == [f"r{number}" for number in range(7, 12)]

    run(test, engine)


def test_a_silent_stream_gives_signs_of_life(engine):
    async def test(feed):
        told = feed.told(await feed.listen(None), sign_every=0.01)
        chunks = [await told.__anext__() for _ in range(4)]
        assert chunks[0].startswith("retry: ")
        assert all(chunk.startswith(":") and chunk.endswith("\n\n") for chunk in chunks[1:])
        assert parsed("".join(chunks)) == []

    run(test, engine)


def test_a_stream_ends_at_once_when_the_board_stops(engine):
    async def test(feed):
        told = feed.told(await feed.listen(None))
        await told.__anext__()
        waiting = asyncio.ensure_future(anything(told))
        await asyncio.sleep(0)
        feed.close()
        assert await asyncio.wait_for(waiting, 5) is True
        later = feed.told(await feed.listen(None))
        assert [chunk async for chunk in later] == ["retry: 2000\n: these are the reports as they come\n\n"]

    async def anything(told):
        return [chunk async for chunk in told if parsed(chunk)] == []

    run(test, engine)


def test_the_feed_outlives_a_database_that_is_away(engine):
    async def test(feed):
        told = feed.told(await feed.listen(None))
        await told.__anext__()
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE run RENAME TO elsewhere"))
        feed.wake()
        await asyncio.sleep(events.LOOK_EVERY)
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO run"))
        add(engine, "a")
        assert ids(await read(told, 1)) == ["a"]

    run(test, engine)


def test_nobody_looks_where_nobody_listens(engine, monkeypatch):
    monkeypatch.setattr(events, "LOOK_EVERY", 0.01)

    async def test(feed):
        listener = await feed.listen(None)
        following = feed._task
        feed.forget(listener)
        await asyncio.wait_for(following, 5)
        assert feed._task is None
        add(engine, "a")
        again = feed.told(await feed.listen(None))
        await again.__anext__()
        add(engine, "b")
        assert ids(await read(again, 1)) == ["b"]

    run(test, engine)


def test_there_is_room_for_so_many(engine, monkeypatch):
    monkeypatch.setattr(events, "MOST_LISTENERS", 2)

    async def test(feed):
        first = await feed.listen(None)
        await feed.listen(None)
        with pytest.raises(Full):
            await feed.listen(None)
        feed.forget(first)
        await feed.listen(None)

    run(test, engine)


def answer(feed, listener, send):
    """Serve a listener who never goes."""

    async def receive():
        await anyio.sleep_forever()

    scope = {"type": "http", "asgi": {"spec_version": "2.3"}}
    return asyncio.ensure_future(EventStream(feed, listener)(scope, receive, send))


def test_a_slow_reader_is_dropped_and_holds_up_nobody(engine):
    async def test(feed):
        sent = []

        async def slow(message):
            sent.append(message)
            if len(sent) > 1:
                await anyio.sleep_forever()

        slowly = answer(feed, await feed.listen(None), slow)
        told = feed.told(await feed.listen(None))
        await told.__anext__()
        for number in range(6):
            add(engine, f"a{number}", f"b{number}")
            feed.wake()
            assert ids(await read(told, 2)) == [f"a{number}", f"b{number}"]
        await asyncio.wait_for(slowly, 5)
        assert sent[0]["status"] == 200
        assert len(feed._listeners) == 1

    run(test, engine, most_waiting=8)


def test_a_burst_drops_nobody_who_reads(engine):
    async def test(feed):
        told = feed.told(await feed.listen(None))
        await told.__anext__()
        add(engine, *(f"r{number}" for number in range(50)))
        feed.wake()
        assert ids(await read(told, 50)) == [f"r{number}" for number in range(50)]

    run(test, engine, most_waiting=8)


def test_a_feed_is_woken_from_any_thread_and_after_its_end(engine):
    async def test(feed):
        told = feed.told(await feed.listen(None))
        await told.__anext__()
        add(engine, "a")
        thread = threading.Thread(target=feed.wake)
        thread.start()
        thread.join()
        assert ids(await read(told, 1)) == ["a"]
        feeds.append(feed)
        await feed.listen(None)

    feeds = []
    run(test, engine)
    feeds[0].wake()
