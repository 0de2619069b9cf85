"""What Alembic runs to find out where and how: on the connection, and in the transaction, it was handed."""

from alembic import context

from recognizance.database.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,  # SQLite's too: our transactions begin where we say, not where its driver would
)
context.run_migrations()
