"""Runs the migrations on the connection that ``backend.database.migrate`` holds.

``alembic`` on the command line has none: it takes the database that the environment names.
"""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from backend import models  # noqa: F401 (declares the tables)
from backend.database import make_engine, writer_of
from backend.settings import read_settings

connection = context.config.attributes.get("connection")
if connection is not None:
    context.configure(connection=connection, target_metadata=SQLModel.metadata)
    context.run_migrations()
else:
    with writer_of(make_engine(read_settings().database_url)).begin() as connection:
        context.configure(connection=connection, target_metadata=SQLModel.metadata)
        context.run_migrations()
