"""A purchase suggestion knows its crossing, the day it was ordered, and the day its need ended."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the crossing of older lines is the last part of their key."""
    for name in ("crossing_date", "ordered_on", "ended_on"):
        op.add_column("purchase_suggestions", sa.Column(name, sa.Date()))
    date_of_key = "substr(po_key, length(po_key) - 9, 10)"
    if op.get_bind().dialect.name == "postgresql":
        date_of_key = f"cast({date_of_key} as date)"
    op.execute(f"update purchase_suggestions set crossing_date = {date_of_key}")
