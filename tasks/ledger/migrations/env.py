"""Alembic's way into the ledger: `open_ledger` hands over a connection in a transaction."""

from alembic import context

from tasks.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # Prefect keeps an `alembic_version` of its own: the two may share a database.
    version_table="ledger_version",
)
with context.begin_transaction():
    context.run_migrations()
