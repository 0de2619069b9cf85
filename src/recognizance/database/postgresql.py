"""PostgreSQL as we use it, through psycopg 3: many processes over one database.

A commit returns when the server's disk has it, unless the server's own `fsync` is off: where its
`synchronous_commit` is off, ours is on. Nobody waits for a lock longer than ten seconds.
"""

from __future__ import annotations

from typing import Any

from psycopg import ServerCursor
from sqlalchemy import URL, Connection, Engine, create_engine, event

KEPT = 32  # connections kept for whoever asks next; who asks is one of a bounded number of threads
UPGRADE = 84770001  # our number among the database's advisory locks
SETTINGS = """\
SELECT set_config('TimeZone', 'UTC', false),
       set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), false),
       set_config('lock_timeout', '10s', false),
       set_config('idle_in_transaction_session_timeout', '10min', false),
       set_config('tcp_keepalives_idle', '30', false),
       set_config('tcp_keepalives_interval', '10', false),
       set_config('tcp_keepalives_count', '3', false)"""
"""Of every session. The last four end what a process that vanished or stands still would hold for ever."""


class _Streaming(ServerCursor[Any]):
    """A cursor on the server that sends values in binary: bytes in hexadecimal take three times the time."""

    def execute(self, query: Any, params: Any = None, *, binary: bool | None = True, **options: Any) -> Any:
        # Before its statistics are made, the server would sort a whole collection on disk for the first row.
        self.connection.execute("SET LOCAL enable_sort = off")
        return super().execute(query, params, binary=binary, **options)


def engine(url: URL) -> Engine:
    """Return what makes connections to the server that `url` names, again after it was away."""
    made = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=KEPT,
        max_overflow=-1,
        pool_use_lifo=True,
        pool_pre_ping=True,
        connect_args={} if "connect_timeout" in url.query else {"connect_timeout": 10},
    )
    event.listen(made, "connect", _prepare)
    return made


def wait_for_turn(connection: Connection) -> None:
    """Be the only one to change the schema until the transaction ends."""
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE})")


def _prepare(connection: Any, _record: Any) -> None:
    connection.server_cursor_factory = _Streaming
    connection.execute(SETTINGS)
    connection.commit()
