"""How a database comes to have its tables: numbered steps, each run once, all or none.

Alembic runs them; importing it takes 0.3 seconds, so only a database that is behind pays for it. A step
is a file in `versions`, never changed once released; its first four letters are its number.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from recognizance.errors import DatabaseUnusable

VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""Alembic's own table: one row, the number of the last step that was run."""
STEPS = tuple(sorted(path.stem[:4] for path in (Path(__file__).parent / "versions").glob("[0-9]*.py")))
HEAD = STEPS[-1]


def is_behind(connection: Connection) -> bool:
    """Say whether steps are missing. Raises `DatabaseUnusable` where there are more than we know."""
    if not inspect(connection).has_table(VERSION.name):
        return True
    found = connection.execute(select(VERSION.c.version_num)).scalar()
    if found is not None and found not in STEPS:
        raise DatabaseUnusable(f"the database has schema {found}, this version knows up to {HEAD}")
    return found != HEAD


def upgrade(connection: Connection) -> None:
    """Run the steps that are missing, inside the transaction that is open."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", f"{__name__.rpartition('.')[0]}:migrations")
    command.upgrade(config, "head")
