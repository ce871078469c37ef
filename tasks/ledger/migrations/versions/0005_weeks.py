"""A closed week is kept as it was shown; what changes later is a line of its own; reviews are kept."""

import sqlalchemy as sa
from alembic import op

from tasks.ledger.tables import Figure, Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the frozen weeks, their revisions and their reviews."""
    op.create_table(
        "frozen_weeks",
        sa.Column("shop", sa.Text),
        sa.Column("kpi", sa.Text),
        sa.Column("iso_week", sa.Text),
        sa.Column("channel", sa.Text),
        sa.Column("frozen_at", Moment, nullable=False),
        sa.Column("value", Figure),
        sa.Column("numerator", Figure),
        sa.Column("denominator", Figure),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("target", Figure),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("owner", sa.Text),
        sa.Column("version", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("shop", "kpi", "iso_week", "channel", name="pk_frozen_weeks"),
    )
    op.create_table(
        "kpi_revisions",
        sa.Column("shop", sa.Text),
        sa.Column("kpi", sa.Text),
        sa.Column("iso_week", sa.Text),
        sa.Column("channel", sa.Text),
        sa.Column("noticed_at", Moment),
        sa.Column("old_value", Figure),
        sa.Column("new_value", Figure),
        sa.Column("old_status", sa.Text, nullable=False),
        sa.Column("new_status", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(
            "shop", "kpi", "iso_week", "channel", "noticed_at", name="pk_kpi_revisions"
        ),
    )
    op.create_table(
        "weekly_reviews",
        sa.Column("shop", sa.Text),
        sa.Column("iso_week", sa.Text),
        sa.Column("held_at", Moment, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("attendees", sa.Text, nullable=False),
        sa.Column("decisions", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("shop", "iso_week", name="pk_weekly_reviews"),
    )
