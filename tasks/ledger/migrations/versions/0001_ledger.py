"""The ledger's first tables, and an audit log that can only grow."""

import sqlalchemy as sa
from alembic import op

from tasks.ledger.tables import Amount, Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables, then guard the audit log against every hand, ours included."""
    op.create_table(
        "runs",
        sa.Column("shop", sa.Text),
        sa.Column("run_id", sa.Text),
        sa.Column("flow", sa.Text, nullable=False),
        sa.Column("as_of", Moment, nullable=False),
        sa.Column("business_date", sa.Date, nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.PrimaryKeyConstraint("shop", "run_id", name="pk_runs"),
        sa.CheckConstraint(
            "state in ('running', 'completed', 'failed')", name="ck_runs_state_known"
        ),
    )
    op.create_table(
        "stock_pushes",
        sa.Column("shop", sa.Text),
        sa.Column("push_batch", sa.Text),
        sa.Column("channel", sa.Text),
        sa.Column("channel_sku", sa.Text),
        sa.Column("pushed_at", Moment, nullable=False),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.Column("file", sa.Text),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("business_date", sa.Date, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(
            "shop", "push_batch", "channel", "channel_sku", name="pk_stock_pushes"
        ),
        sa.CheckConstraint("state in ('recorded', 'written')", name="ck_stock_pushes_state_known"),
        sa.CheckConstraint("units >= 0", name="ck_stock_pushes_units_sellable"),
    )
    op.create_index(
        "ix_stock_pushes_listing", "stock_pushes", ["shop", "channel", "channel_sku", "pushed_at"]
    )
    op.create_table(
        "purchase_suggestions",
        sa.Column("shop", sa.Text),
        sa.Column("po_key", sa.Text),
        sa.Column("supplier", sa.Text, nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.Column("unit_cost_amount", Amount, nullable=False),
        sa.Column("line_amount", Amount, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("due_date", sa.Date, nullable=False),
        sa.Column("opened_on", sa.Date, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("approver", sa.Text),
        sa.Column("decided_at", Moment),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("shop", "po_key", name="pk_purchase_suggestions"),
        sa.CheckConstraint(
            "state in ('suggested', 'pending_approval', 'approved', 'rejected', 'ordered', "
            "'withdrawn')",
            name="ck_purchase_suggestions_state_known",
        ),
        sa.CheckConstraint("units > 0", name="ck_purchase_suggestions_units_ordered"),
    )
    is_open = sa.text("state in ('suggested', 'pending_approval', 'approved')")
    op.create_index(
        "ux_purchase_suggestions_open",
        "purchase_suggestions",
        ["shop", "supplier", "sku"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "exceptions",
        sa.Column("shop", sa.Text),
        sa.Column("exception_id", sa.Text),
        sa.Column("opening", sa.Integer, autoincrement=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("subject_kind", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Text, nullable=False),
        sa.Column("channel", sa.Text),
        sa.Column("order_id", sa.Text),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("last_seen_at", Moment, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("tier", sa.Integer, nullable=False),
        sa.Column("next_step", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("amount_at_stake", Amount),
        sa.Column("currency", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("acknowledged_by", sa.Text),
        sa.Column("acknowledged_at", Moment),
        sa.Column("closed_at", Moment),
        sa.Column("closed_by", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("passed_at", Moment),
        sa.PrimaryKeyConstraint("shop", "exception_id", "opening", name="pk_exceptions"),
        sa.CheckConstraint(
            "state in ('open', 'acknowledged', 'closed')", name="ck_exceptions_state_known"
        ),
    )
    is_open = sa.text("state <> 'closed'")
    op.create_index(
        "ux_exceptions_open",
        "exceptions",
        ["shop", "exception_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "alerts",
        sa.Column("shop", sa.Text),
        sa.Column("alert_key", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("business_date", sa.Date, nullable=False),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("deputy", sa.Text),
        sa.Column("sent_to", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("due_at", Moment),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("acknowledged_by", sa.Text),
        sa.Column("acknowledged_at", Moment),
        sa.Column("recovered_at", Moment),
        sa.PrimaryKeyConstraint("shop", "alert_key", name="pk_alerts"),
        sa.CheckConstraint("state in ('recorded', 'delivered')", name="ck_alerts_state_known"),
    )
    op.create_index("ix_alerts_about", "alerts", ["shop", "about"])
    op.create_table(
        "alert_deliveries",
        sa.Column("shop", sa.Text),
        sa.Column("alert_key", sa.Text),
        sa.Column("route", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("claimed_at", Moment),
        sa.Column("sent_at", Moment),
        sa.Column("error", sa.Text),
        sa.ForeignKeyConstraint(
            ["shop", "alert_key"],
            ["alerts.shop", "alerts.alert_key"],
            name="fk_alert_deliveries_alerts",
        ),
        sa.PrimaryKeyConstraint("shop", "alert_key", "route", name="pk_alert_deliveries"),
    )
    op.create_table(
        "sop_reviews",
        sa.Column("shop", sa.Text),
        sa.Column("sop", sa.Text),
        sa.Column("cause", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reviewed_by", sa.Text),
        sa.Column("reviewed_at", Moment),
        sa.Column("review_date", sa.Date),
        sa.Column("outcome", sa.Text),
        sa.Column("notes", sa.Text),
        sa.PrimaryKeyConstraint("shop", "sop", "cause", name="pk_sop_reviews"),
        sa.CheckConstraint("state in ('open', 'closed')", name="ck_sop_reviews_state_known"),
    )
    op.create_table(
        "audit_log",
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer, "sqlite")),
        sa.Column("shop", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_subject", "audit_log", ["shop", "subject"])
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    refusal = "begin select raise(abort, 'audit_log is append-only'); end"
    op.execute(f"create trigger audit_log_update before update on audit_log {refusal}")
    op.execute(f"create trigger audit_log_delete before delete on audit_log {refusal}")
    # `insert or replace` deletes without asking the trigger above.
    repeats = "when exists (select 1 from audit_log where audit_id = new.audit_id)"
    op.execute(f"create trigger audit_log_replace before insert on audit_log {repeats} {refusal}")


def _guard_postgresql() -> None:
    op.execute(
        "create function refuse_change_of_audit_log() returns trigger language plpgsql as "
        "$$ begin raise exception 'audit_log is append-only'; end $$"
    )
    op.execute(
        "create trigger audit_log_append_only before update or delete or truncate on audit_log "
        "for each statement execute function refuse_change_of_audit_log()"
    )
