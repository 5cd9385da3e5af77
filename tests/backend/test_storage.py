"""What is stored, and what is read of it, in each kind of database."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlmodel import Session, SQLModel

from backend import reading, store
from backend.database import SchemaError, make_engine, migrate, writer_of
from backend.documents import pack
from backend.migrations.versions import r0001_runs
from backend.report import Submission
from backend.settings import Settings
from backend.store import Outcome

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(database_url):
    made = make_engine(Settings(database_url=database_url).database_url)
    migrate(made)
    yield made
    made.dispose()


def submitted(id, space="acme/atlas", stage="RUNNING", ready=True, document=b"{}", failed=0):  # noqa: A002
    return Submission(id, space, stage, ready, failed, 0, pack(document))


@pytest.fixture
def add(engine):
    def write(*submissions, history=500, other=None):
        with writer_of(engine).begin() as connection:
            return store.store(connection, submissions, lambda space: (other or {}).get(space, history))

    return write


@pytest.fixture
def session(engine):
    with Session(engine) as opened:
        yield opened


def ids(points):
    return [point.id for point in points]


# -- the schema


def test_the_migrations_lead_to_what_the_models_say(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_database_that_is_up_to_date_is_left_alone(engine, add, session):
    add(submitted("a"))
    migrate(engine)
    assert reading.counts(session)["reports"] == 1


def start(url, count):
    code = (
        "import sys; from backend.database import make_engine, migrate;"
        "engine = make_engine(sys.argv[1]); print(flush=True); sys.stdin.read(1); migrate(engine);"
        "engine.dispose()"
    )
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, url],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for process in started:
        process.stdout.readline()  # what takes long is imported
    for process in started:
        process.stdin.write("x")
        process.stdin.flush()
    return [(process.communicate(timeout=60)[1], process.returncode) for process in started]


def test_processes_that_start_together_share_a_new_database(database_url):
    url = Settings(database_url=database_url).database_url
    assert start(url, 3) == [("", 0)] * 3
    engine = make_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == ["0002"]
    engine.dispose()


def test_a_board_of_the_first_schema_keeps_what_it_has(database_url):
    url = Settings(database_url=database_url).database_url
    engine = make_engine(url)
    moment = "2026-08-03 09:30:00+00:00"
    space = f"'acme/atlas', 'unready', 'one', false, '{moment}', '{moment}', 1, 1"
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            r0001_runs.upgrade()
        context.stamp(ScriptDirectory(str(Path(r0001_runs.__file__).parents[1])), "0001")
        connection.execute(text(f"INSERT INTO space VALUES ({space})"))
        connection.execute(
            text(f"INSERT INTO run VALUES (1, 'one', 'acme/atlas', 1, 'PAUSED', false, 1, 2, '{moment}')")
        )
    migrate(engine)
    with Session(engine) as session:
        (point,) = reading.history(session, "acme/atlas")
    engine.dispose()
    assert (point.id, point.stage, point.failed, point.warned, point.because) == ("one", "PAUSED", 1, 2, "")


def test_the_directory_of_a_file_is_made(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path}/new/er/board.db")
    migrate(engine)
    engine.dispose()
    assert (tmp_path / "new" / "er" / "board.db").exists()


def test_a_later_schema_is_left_alone(engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match=r"^the database was made by a later version .*9999[^\n]*$"):
        migrate(engine)


def test_a_board_does_not_start_with_a_later_schema_and_says_so_in_one_line(tmp_path):
    url = f"sqlite:///{tmp_path}/board.db"
    engine = make_engine(url)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    ended = serve(DATABASE_URL=url)
    assert ended.returncode == 3
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("ERROR") and "9999" in line]
    assert "later version" in line
    assert "Traceback" not in ended.stderr


def test_a_board_does_not_start_without_its_database_and_says_so_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    for url, reason in (
        (f"sqlite:///{tmp_path}/file/board.db", "File exists"),
        (f"sqlite:///{tmp_path}", "unable to open database file"),
        ("postgresql://u:hunter2@127.0.0.1:1/x", "Connection refused"),
    ):
        if url.startswith("postgresql"):
            pytest.importorskip("psycopg")
        ended = serve(DATABASE_URL=url)
        assert ended.returncode == 3
        (line,) = [line for line in ended.stderr.splitlines() if "DATABASE_URL" in line]
        assert "cannot be used" in line
        assert line.endswith(reason)
        assert "Traceback" not in ended.stderr
        assert "hunter2" not in ended.stderr


def serve(**variables):
    """A board that should not come up."""
    return subprocess.run(
        [sys.executable, "-m", "uvicorn", "main:app", "--port", "0"],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_file_is_written_ahead_and_through(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path}/board.db")
    with engine.connect() as connection:
        settings = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


# -- storing


def test_a_batch_has_an_outcome_for_each(add, session):
    add(submitted("a"))
    assert add(
        submitted("a"),
        submitted("b"),
        submitted("b"),
        submitted("a", document=b'{"x": 1}'),
        submitted("b", document=b'{"x": 1}'),
        submitted("c"),
        submitted("c", document=b"{ }"),
    ) == [
        Outcome.SAME,
        Outcome.NEW,
        Outcome.SAME,
        Outcome.CONFLICT,
        Outcome.CONFLICT,
        Outcome.NEW,
        Outcome.SAME,
    ]
    assert ids(reading.history(session, "acme/atlas")) == ["c", "b", "a"]
    assert reading.counts(session)["reports"] == 3


def test_a_document_is_kept_whole(add, session):
    document = '{"a": [1.5, null, "é\\u0000"]}'.encode()
    add(submitted("a", document=document))
    stored = reading.report(session, "a")
    assert (stored.id, stored.space, stored.document) == ("a", "acme/atlas", {"a": [1.5, None, "é\x00"]})
    assert abs((datetime.now(timezone.utc) - stored.received_at).total_seconds()) < 60


@pytest.mark.parametrize("together", [True, False])
def test_no_more_runs_are_kept_than_wanted(engine, add, session, together):
    made = [submitted(f"r{number}") for number in range(10)]
    other = submitted("other", space="acme/other")
    if together:
        add(other, *made, history=4)
    else:
        add(other)
        for each in made:
            add(each, history=4)
    assert ids(reading.history(session, "acme/atlas")) == ["r9", "r8", "r7", "r6"]
    assert reading.counts(session) == {"ready": 2, "unready": 0, "unknown": 0, "spaces": 2, "reports": 5}
    assert reading.report(session, "r5") is None
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM document")).scalar_one() == 5


def test_a_space_may_have_a_limit_of_its_own(add, session):
    for name in ("acme/atlas", "acme/other"):
        made = (submitted(f"{name[5:]}{number}", space=name) for number in range(4))
        add(*made, history=2, other={"acme/other": 3})
    assert ids(reading.history(session, "acme/atlas")) == ["atlas3", "atlas2"]
    assert ids(reading.history(session, "acme/other")) == ["other3", "other2", "other1"]
    assert reading.counts(session)["reports"] == 5


def test_a_lower_limit_holds_from_the_next_run_on(add, session):
    add(*(submitted(f"r{number}") for number in range(10)))
    add(submitted("last"), history=2)
    assert ids(reading.history(session, "acme/atlas")) == ["last", "r9"]
    session.rollback()  # what a transaction of SQLite reads does not change
    add(submitted("later"), history=100)
    assert reading.counts(session)["reports"] == 3


def test_the_id_of_a_forgotten_run_is_free_again_and_its_event_is_not(engine, add):
    add(submitted("a"), submitted("b"), history=1)
    with engine.connect() as connection:
        (last,) = connection.execute(text("SELECT sequence FROM run")).scalars()
    assert add(submitted("a"), history=1) == [Outcome.NEW]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT sequence FROM run")).scalar_one() > last


def test_a_run_that_fails_to_be_stored_leaves_nothing(engine, add, session):
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE document RENAME TO elsewhere"))
    with pytest.raises(Exception, match="document"):
        add(submitted("a"))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO document"))
    assert reading.counts(session)["spaces"] == 0


# -- reading


def test_nothing_is_stored_at_first(session):
    assert reading.overview(session) == reading.SpacePage((), 0, 50, 0)
    assert reading.space(session, "acme/atlas") is None
    assert reading.history(session, "acme/atlas") == ()
    assert reading.report(session, "a") is None
    assert reading.previous(session, "a") is None
    assert set(reading.counts(session).values()) == {0}


@pytest.mark.parametrize("together", [True, False])
def test_a_space_is_ready_since_the_first_run_of_a_row(add, session, together):
    states = [True, False, True, True, False, False, False]
    made = [
        submitted(f"r{number}", stage="RUNNING" if ready else None, ready=ready)
        for number, ready in enumerate(states)
    ]
    for batch in [made] if together else [[each] for each in made]:
        add(*batch)
    row = reading.space(session, "acme/atlas")
    assert ids(row.recent) == [each.id for each in made]
    assert row.since == row.recent[4].received_at
    assert row.latest == row.recent[-1]
    assert row.since < row.latest.received_at


def test_a_row_has_the_last_runs_only(add, session):
    add(*(submitted(f"r{number}", failed=number) for number in range(40)), submitted("x", space="acme/other"))
    row = reading.space(session, "acme/atlas")
    assert ids(row.recent) == [f"r{number}" for number in range(10, 40)]
    assert [point.failed for point in row.recent] == list(range(10, 40))
    assert ids(reading.space(session, "acme/other").recent) == ["x"]


def test_one_who_was_published_last_comes_first(add, session):
    for number, space in enumerate(["a/a", "b/b", "c/c", "a/a"]):
        add(submitted(f"r{number}", space=space))
    page = reading.overview(session)
    assert [row.name for row in page.rows] == ["a/a", "c/c", "b/b"]
    assert page.total == 3
    assert [row.latest.id for row in page.rows] == ["r3", "r2", "r1"]


@pytest.fixture
def several(add):
    add(
        submitted("1", space="acme/atlas"),
        submitted("2", space="acme/Bear", stage="BUILD_ERROR", ready=False),
        submitted("3", space="other/bear_1", stage=None, ready=False),
        submitted("4", space="other/bear-2", stage="RUNNING", ready=False),
    )


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, "4321"),
        ({"search": "bear"}, "432"),
        ({"search": "BEAR"}, "432"),
        ({"search": "acme/"}, "21"),
        ({"search": "r_1"}, "3"),
        ({"search": "r%"}, ""),
        ({"search": "\\"}, ""),
        ({"search": "' OR 1=1 --"}, ""),
        ({"state": "ready"}, "1"),
        ({"state": "unready"}, "42"),
        ({"state": "unknown"}, "3"),
        ({"state": "unready", "search": "acme"}, "2"),
        ({"limit": 2}, "43"),
        ({"limit": 2, "offset": 2}, "21"),
        ({"limit": 2, "offset": 3}, "1"),
        ({"offset": 4}, ""),
        ({"offset": 10**9}, ""),
    ],
)
def test_spaces_are_found(several, session, wanted, found):
    page = reading.overview(session, **wanted)
    assert "".join(row.latest.id for row in page.rows) == found
    unpaged = {name: value for name, value in wanted.items() if name in ("search", "state")}
    assert page.total == len(reading.overview(session, **unpaged).rows)


def test_spaces_are_counted(several, session):
    assert reading.counts(session) == {"ready": 1, "unready": 2, "unknown": 1, "spaces": 4, "reports": 4}


def test_a_history_has_parts(add, session):
    add(*(submitted(f"r{number}") for number in range(5)), submitted("x", space="acme/other"))
    assert ids(reading.history(session, "acme/atlas", limit=2)) == ["r4", "r3"]
    assert ids(reading.history(session, "acme/atlas", limit=2, offset=3)) == ["r1", "r0"]
    assert ids(reading.history(session, "acme/atlas", offset=5)) == []


def test_the_previous_report_is_one_of_the_same_space(add, session):
    add(submitted("a"), submitted("x", space="acme/other"), submitted("b"))
    assert reading.previous(session, "b").id == "a"
    assert reading.previous(session, "a") is None
    assert reading.previous(session, "x") is None
