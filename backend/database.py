"""The engine of the database, and its schema."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Annotated, Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from fastapi import Depends, Request
from sqlalchemy import event, text
from sqlalchemy.engine import Connection, Engine
from sqlmodel import create_engine

#: How long a writer waits for another one, in milliseconds.
BUSY_TIMEOUT = 10_000

#: The advisory lock of PostgreSQL that writers take, of every instance of the board.
_LOCK = 7860_2026

_MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaError(Exception):
    """The database cannot be used.  The text is one line that says why."""


def make_engine(url: str) -> Engine:
    """An engine for this URL.  Connects to nothing yet."""
    engine = create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def writer_of(engine: Engine) -> Engine:
    """The same engine for transactions that write: it has them wait for each other at their begin.

    So what one of them read is true until it ends, and runs are numbered in the order in which they
    can be seen.
    """
    writer = engine.execution_options(writes=True)
    if engine.dialect.name == "postgresql":
        event.listen(writer, "begin", _begin_postgresql)
    return writer


def migrate(engine: Engine) -> None:
    """Bring the schema up to date, and make the directory of a SQLite file.

    Several processes may do so at the same time.  Raises :class:`SchemaError` where the schema is
    that of a later version of the board.
    """
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    with writer_of(engine).begin() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
        if not known.issuperset(found):
            raise SchemaError(
                f"the database was made by a later version of the board (schema {', '.join(found)}): "
                f"start that version, or set DATABASE_URL to another database"
            )
        if found != tuple(scripts.get_heads()):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


async def engine_of(request: Request) -> Engine:
    """The engine that the lifespan made."""
    engine: Engine = request.app.state.engine
    return engine


#: Routes open their session from it themselves (``with Session(database)``).  A session that a
#: dependency closes would hold its connection until the answer is sent, and enough slow readers
#: would use up the pool.
Database = Annotated[Engine, Depends(engine_of)]


def _configure_sqlite(connection: Any, _record: object) -> None:
    # The driver would begin transactions by itself, and not at their begin.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
    _to_wal(cursor)
    # A commit that was acknowledged outlives a loss of power too; many reports share one.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _to_wal(cursor: sqlite3.Cursor) -> None:
    """SQLite waits for nobody here, whatever the timeout says: another instance that starts at the
    same moment holds a new file for an instant, and there is no event of its end."""
    deadline = time.monotonic() + BUSY_TIMEOUT / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:  # noqa: PERF203 - it is tried again
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
