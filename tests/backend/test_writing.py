"""The thread that writes: many reports in one transaction, and none acknowledged before its end."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import event
from sqlmodel import Session

from backend import reading, writing
from backend.database import make_engine, migrate
from backend.documents import pack
from backend.report import Submission
from backend.settings import Settings
from backend.store import Outcome
from backend.writing import Busy, Writer


@pytest.fixture
def engine(database_url):
    made = make_engine(Settings(database_url=database_url).database_url)
    migrate(made)
    yield made
    made.dispose()


def keep(space):
    return 500


def submitted(id, document=b"{}"):  # noqa: A002
    return Submission(id, "acme/atlas", "RUNNING", True, 1, 2, pack(document))


def stored(engine):
    with Session(engine) as session:
        return [point.id for point in reading.history(session, "acme/atlas", limit=1000)]


def test_what_waits_is_written_together_and_in_order(engine):
    commits, told = [], []
    event.listen(engine, "commit", commits.append)
    writer = Writer(engine, keep, lambda: told.append(stored(engine)))
    futures = [writer.submit(submitted(f"r{number}")) for number in range(250)]
    writer.start()
    assert [future.result(30) for future in futures] == [Outcome.NEW] * 250
    writer.close()
    assert len(told) == 3
    assert told[-1] == [f"r{number}" for number in reversed(range(250))]


def test_a_report_is_in_the_database_when_it_is_acknowledged(engine):
    writer = Writer(engine, keep, lambda: None)
    writer.start()
    for number in range(20):
        assert writer.submit(submitted(f"r{number}")).result(30) is Outcome.NEW
        assert stored(engine)[0] == f"r{number}"
    writer.close()


def test_each_of_a_batch_has_its_own_outcome(engine):
    writer = Writer(engine, keep, lambda: None)
    futures = [writer.submit(each) for each in (submitted("a"), submitted("a"), submitted("a", b"[]"))]
    writer.start()
    assert [future.result(30) for future in futures] == [Outcome.NEW, Outcome.SAME, Outcome.CONFLICT]
    writer.close()


def test_a_failure_is_told_to_all_who_wait_and_the_next_are_stored(engine):
    failing = [True]
    told = []

    @event.listens_for(engine, "commit")
    def fail(connection):
        if failing:
            raise RuntimeError("no space left")

    writer = Writer(engine, keep, lambda: told.append(True))
    futures = [writer.submit(submitted(each)) for each in "ab"]
    writer.start()
    for future in futures:
        with pytest.raises(RuntimeError, match="no space left"):
            future.result(30)
    assert told == []
    failing.clear()
    assert writer.submit(submitted("a")).result(30) is Outcome.NEW
    writer.close()
    assert stored(engine) == ["a"]


def test_no_more_wait_than_there_is_room_for(engine, monkeypatch):
    monkeypatch.setattr(writing, "MOST_WAITING", 3)
    writer = Writer(engine, keep, lambda: None)
    futures = [writer.submit(submitted(each)) for each in "abc"]
    with pytest.raises(Busy):
        writer.submit(submitted("d"))
    writer.start()
    assert [future.result(30) for future in futures] == [Outcome.NEW] * 3
    assert writer.submit(submitted("d")).result(30) is Outcome.NEW
    writer.close()


def test_a_board_that_is_too_busy_says_when_to_come_back(board, submission, monkeypatch):
    def refuse(submission):
        raise Busy

    monkeypatch.setattr(board.app.state.writer, "submit", refuse)
    answer = board.post(submission())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_who_gives_up_before_is_not_stored(engine):
    writer = Writer(engine, keep, lambda: None)
    given_up, kept = writer.submit(submitted("a")), writer.submit(submitted("b"))
    assert given_up.cancel()
    writer.start()
    assert kept.result(30) is Outcome.NEW
    writer.close()
    assert stored(engine) == ["b"]


def test_two_instances_write_to_the_same_database(engine):
    writers = [Writer(engine, keep, lambda: None) for _ in range(2)]
    futures = [writers[number % 2].submit(submitted(f"r{number}")) for number in range(200)]
    futures += [writer.submit(submitted("same")) for writer in writers]
    for writer in writers:
        writer.start()
    assert [future.result(60) for future in futures[:200]] == [Outcome.NEW] * 200
    assert {future.result(60) for future in futures[200:]} == {Outcome.NEW, Outcome.SAME}
    for writer in writers:
        writer.close()
    assert sorted(stored(engine)) == sorted([*(f"r{number}" for number in range(200)), "same"])


def test_the_end_of_the_writer_is_that_of_its_thread(engine):
    before = threading.active_count()
    writer = Writer(engine, keep, lambda: None)
    writer.start()
    future = writer.submit(submitted("a"))
    writer.close()
    assert future.done()
    assert threading.active_count() == before
