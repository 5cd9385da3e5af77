"""The engine of the database, its tables, and how a route gets at it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel, create_engine

from .models import StoredReport

#: How long a writer waits for another one, in milliseconds.
BUSY_TIMEOUT = 10_000


def make_engine(url: str) -> Engine:
    """An engine for this URL.  Connects to nothing yet."""
    engine = create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
    return engine


def make_tables(engine: Engine) -> None:
    """Make what is missing of the tables, and the directory of a SQLite file."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    table = SQLModel.metadata.tables[str(StoredReport.__tablename__)]
    with engine.begin() as connection:
        # Not create_all: it looks first and creates then, and a second process may come between.
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index, if_not_exists=True))


async def engine_of(request: Request) -> Engine:
    """The engine that the lifespan made."""
    engine: Engine = request.app.state.engine
    return engine


#: Routes open their session from it themselves (``with Session(database)``).  A session that a
#: dependency closes would hold its connection until the answer is sent, and enough slow readers
#: would use up the pool.
Database = Annotated[Engine, Depends(engine_of)]


def _configure_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()
