"""Alembic's way into the ledger: `open_ledger` hands over a connection in a transaction."""

from alembic import context

from tasks.ledger.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
