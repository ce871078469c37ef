"""An oversell is an event with a start and an end, kept after it ended."""

import sqlalchemy as sa
from alembic import op

from tasks.ledger.tables import Amount, Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of the events."""
    op.create_table(
        "oversell_events",
        sa.Column("shop", sa.Text),
        sa.Column("sku", sa.Text),
        sa.Column("pool", sa.Text),
        sa.Column("started_at", Moment),
        sa.Column("ended_at", Moment),
        sa.Column("open_units", sa.BigInteger, nullable=False),
        sa.Column("available_units", sa.BigInteger, nullable=False),
        sa.Column("short_units", sa.BigInteger, nullable=False),
        sa.Column("places", sa.Text, nullable=False),
        sa.Column("channels", sa.Text),
        sa.Column("promotions", sa.Text),
        sa.Column("in_promotion", sa.Boolean),
        sa.Column("amount_at_stake", Amount),
        sa.Column("currency", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("shop", "sku", "pool", "started_at", name="pk_oversell_events"),
        sa.CheckConstraint("short_units > 0", name="ck_oversell_events_short_units_positive"),
    )
