"""What a person states instead of what the plan would count on is kept with its reason and its last day."""

import sqlalchemy as sa
from alembic import op

from tasks.ledger.tables import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of the overrides."""
    op.create_table(
        "overrides",
        sa.Column("shop", sa.Text),
        sa.Column("subject_kind", sa.Text),
        sa.Column("subject_id", sa.Text),
        sa.Column("what", sa.Text),
        sa.Column("set_at", Moment),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("until_date", sa.Date, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ended_at", Moment),
        sa.PrimaryKeyConstraint(
            "shop", "subject_kind", "subject_id", "what", "set_at", name="pk_overrides"
        ),
        sa.CheckConstraint(
            "subject_kind in ('sku', 'supplier')", name="ck_overrides_subject_kind_known"
        ),
    )
