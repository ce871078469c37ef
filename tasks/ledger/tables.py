"""The ledger's tables, and the two kinds of value that SQLite must not be left to guess.

Every row carries its shop: one PostgreSQL database may hold many. A change here needs a migration
in `tasks/ledger/migrations/versions/`; a test compares the two.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    TypeDecorator,
    text,
)

CENT = Decimal("0.01")
DIGITS = 18  # of a decimal, in both databases and in DuckDB


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: `timestamptz` in PostgreSQL, sortable ISO text in SQLite.

    A datetime without a zone is refused: its moment is not known.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Return the column's type in this database."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else self.impl_instance)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return `value` as this database keeps it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; the ledger keeps moments, in UTC.")
        moment = value.astimezone(UTC)
        return moment.isoformat(timespec="microseconds") if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, _: Dialect) -> datetime | None:
        """Return `value` as it was given."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC)


class Amount(TypeDecorator[Decimal]):
    """Money to the cent: `numeric(18, 2)` in PostgreSQL, its text in SQLite, never a float.

    Parts of a cent are refused rather than rounded: only the caller knows in whose favour.
    """

    impl = Numeric(18, 2)
    cache_ok = True
    step = CENT
    kind, type_name = "an amount of money", "decimal(18, 2)"

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Return the column's type in this database."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else self.impl_instance)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Return `value` as this database keeps it."""
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise TypeError(f"{value!r} is not {self.kind}; give a finite Decimal.")
        if abs(value) >= Decimal(10) ** DIGITS * self.step or value != value.quantize(self.step):
            raise ValueError(f"{value} does not fit {self.type_name}; round it first.")
        exact = value.quantize(self.step)
        return str(exact) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, _: Dialect) -> Decimal | None:
        """Return `value` as it was given."""
        return None if value is None else Decimal(value)


class Figure(Amount):
    """A KPI's figure to six places: `numeric(18, 6)` in PostgreSQL, its text in SQLite."""

    impl = Numeric(18, 6)
    cache_ok = True
    step = Decimal("0.000001")
    kind, type_name = "a figure", "decimal(18, 6)"


def among(column: str, words: tuple[str, ...]) -> CheckConstraint:
    """Return the check that holds `column` to its closed vocabulary."""
    return CheckConstraint(f"{column} in ({', '.join(map(repr, words))})", name=f"{column}_known")


PUSH_STATES = ("recorded", "written")
PURCHASE_STATES = (
    "suggested",
    "pending_approval",
    "approved",
    "rejected",
    "ordered",
    "withdrawn",
)
EXCEPTION_STATES = ("open", "acknowledged", "closed")
ALERT_STATES = ("recorded", "delivered")
REVIEW_STATES = ("open", "closed")
OVERRIDE_SUBJECTS = ("sku", "supplier")
RUN_STATES = ("running", "completed", "failed")

# Prefect keeps an `alembic_version` of its own: the two may share a database.
VERSION_TABLE = "ledger_version"
metadata = MetaData(
    naming_convention={
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

runs = Table(
    "runs",
    metadata,
    Column("shop", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("state", Text, nullable=False),
    Column("note", Text),
    among("state", RUN_STATES),
)

stock_pushes = Table(
    "stock_pushes",
    metadata,
    Column("shop", Text, primary_key=True),
    Column("push_batch", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("channel_sku", Text, primary_key=True),
    Column("pushed_at", Moment, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("file", Text),
    Column("run_id", Text, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("state", Text, nullable=False),
    among("state", PUSH_STATES),
    CheckConstraint("units >= 0", name="units_sellable"),
    Index("ix_stock_pushes_listing", "shop", "channel", "channel_sku", "pushed_at"),
)

oversell_events = Table(
    "oversell_events",
    metadata,
    Column("shop", Text, primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("pool", Text, primary_key=True),
    Column("started_at", Moment, primary_key=True),
    Column("ended_at", Moment),
    Column("open_units", BigInteger, nullable=False),
    Column("available_units", BigInteger, nullable=False),
    Column("short_units", BigInteger, nullable=False),
    Column("places", Text, nullable=False),
    Column("channels", Text),
    Column("promotions", Text),
    Column("in_promotion", Boolean),
    Column("amount_at_stake", Amount),
    Column("currency", Text, nullable=False),
    CheckConstraint("short_units > 0", name="short_units_positive"),
)

purchase_suggestions = Table(
    "purchase_suggestions",
    metadata,
    Column("shop", Text, primary_key=True),
    Column("po_key", Text, primary_key=True),
    Column("supplier", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("unit_cost_amount", Amount, nullable=False),
    Column("line_amount", Amount, nullable=False),
    Column("currency", Text, nullable=False),
    Column("due_date", Date, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("approver", Text),
    Column("decided_at", Moment),
    Column("reason", Text),
    Column("crossing_date", Date),
    Column("ordered_on", Date),
    Column("ended_on", Date),
    among("state", PURCHASE_STATES),
    CheckConstraint("units > 0", name="units_ordered"),
)
Index(
    "ux_purchase_suggestions_open",
    purchase_suggestions.c.shop,
    purchase_suggestions.c.supplier,
    purchase_suggestions.c.sku,
    unique=True,
    sqlite_where=text("state in ('suggested', 'pending_approval', 'approved')"),
    postgresql_where=text("state in ('suggested', 'pending_approval', 'approved')"),
)

exceptions = Table(
    "exceptions",
    metadata,
    Column("shop", Text, primary_key=True),
    Column("exception_id", Text, primary_key=True),
    Column("opening", Integer, primary_key=True, autoincrement=False),
    Column("type", Text, nullable=False),
    Column("station", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("channel", Text),
    Column("order_id", Text),
    Column("opened_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("owner", Text, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("next_step", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("amount_at_stake", Amount),
    Column("currency", Text),
    Column("state", Text, nullable=False),
    Column("acknowledged_by", Text),
    Column("acknowledged_at", Moment),
    Column("closed_at", Moment),
    Column("closed_by", Text),
    Column("reason", Text),
    Column("passed_at", Moment),
    among("state", EXCEPTION_STATES),
)
Index(
    "ux_exceptions_open",
    exceptions.c.shop,
    exceptions.c.exception_id,
    unique=True,
    sqlite_where=text("state <> 'closed'"),
    postgresql_where=text("state <> 'closed'"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("shop", Text, primary_key=True),
    Column("alert_key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("station", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("deputy", Text),
    Column("sent_to", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("due_at", Moment),
    Column("state", Text, nullable=False),
    Column("acknowledged_by", Text),
    Column("acknowledged_at", Moment),
    Column("recovered_at", Moment),
    among("state", ALERT_STATES),
    Index("ix_alerts_about", "shop", "about"),
)

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    Column("shop", Text, primary_key=True),
    Column("alert_key", Text, primary_key=True),
    Column("route", Text, primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("claimed_at", Moment),
    Column("sent_at", Moment),
    Column("error", Text),
    ForeignKeyConstraint(["shop", "alert_key"], ["alerts.shop", "alerts.alert_key"]),
)

sop_reviews = Table(
    "sop_reviews",
    metadata,
    Column("shop", Text, primary_key=True),
    Column("sop", Text, primary_key=True),
    Column("cause", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("reviewed_by", Text),
    Column("reviewed_at", Moment),
    Column("review_date", Date),
    Column("outcome", Text),
    Column("notes", Text),
    among("state", REVIEW_STATES),
)

overrides = Table(
    "overrides",
    metadata,
    Column("shop", Text, primary_key=True),
    Column("subject_kind", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("set_at", Moment, primary_key=True),
    Column("value", Text, nullable=False),  # a decimal number as it was written
    Column("until_date", Date, nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ended_at", Moment),
    among("subject_kind", OVERRIDE_SUBJECTS),
)

frozen_weeks = Table(
    "frozen_weeks",
    metadata,
    Column("shop", Text, primary_key=True),
    Column("kpi", Text, primary_key=True),
    Column("iso_week", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("frozen_at", Moment, nullable=False),
    Column("value", Figure),
    Column("numerator", Figure),
    Column("denominator", Figure),
    Column("n", BigInteger, nullable=False),
    Column("target", Figure),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("owner", Text),
    Column("version", Text, nullable=False),
)

kpi_revisions = Table(
    "kpi_revisions",
    metadata,
    Column("shop", Text, primary_key=True),
    Column("kpi", Text, primary_key=True),
    Column("iso_week", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("noticed_at", Moment, primary_key=True),
    Column("old_value", Figure),
    Column("new_value", Figure),
    Column("old_status", Text, nullable=False),
    Column("new_status", Text, nullable=False),
)

weekly_reviews = Table(
    "weekly_reviews",
    metadata,
    Column("shop", Text, primary_key=True),
    Column("iso_week", Text, primary_key=True),
    Column("held_at", Moment, nullable=False),
    Column("who", Text, nullable=False),
    Column("attendees", Text, nullable=False),
    Column("decisions", Text, nullable=False),
)

audit_log = Table(
    "audit_log",
    metadata,
    # SQLite numbers rows by itself only under a plain INTEGER.
    Column("audit_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("shop", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("why", Text, nullable=False),
    Index("ix_audit_log_subject", "shop", "subject"),
)
