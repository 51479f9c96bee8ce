"""Records that were taken out of the CRM because their rows had vanished: a fourth state of a record."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

NAME = "ck_mig_source_record_state"
FORMER = "state IN ('active', 'inactive', 'stale')"
NOW = "state IN ('active', 'inactive', 'stale', 'deleted')"


def upgrade() -> None:
    """Let the state of a record be `deleted`, too."""
    _check(FORMER, NOW)


def downgrade() -> None:
    """Records that were deleted are inactive: the next run of the older version makes their customers anew."""
    op.execute("UPDATE mig_source_record SET state = 'inactive' WHERE state = 'deleted'")
    _check(NOW, FORMER)


def _check(then: str, now: str) -> None:
    """Another condition in the place of one.

    SQLite changes no constraint but in the text of its schema, as its manual describes; to copy the table
    would take a minute of a million records, and everything refers to it.
    """
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f(NAME), "mig_source_record", type_="check")
        op.create_check_constraint(op.f(NAME), "mig_source_record", sa.text(now))
        return
    version = connection.execute(sa.text("PRAGMA schema_version")).scalar_one()
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = replace(sql, :then, :now) WHERE name = 'mig_source_record'"),
        {"then": then, "now": now},
    )
    connection.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = OFF"))
