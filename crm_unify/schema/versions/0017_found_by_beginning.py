"""Customers are found by the beginning of a name, an address or a number, however many there are."""

from typing import Any

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

COLUMNS = (("customer", "display_name"), ("person", "family_name"), ("contact_point", "value_norm"))
INDEXED = 100


def upgrade() -> None:
    """Add the indexes."""
    for table, column in COLUMNS:
        length: Any = {f"{dialect}_length": {column: INDEXED} for dialect in ("mysql", "mariadb")}
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], postgresql_using="spgist", **length)


def downgrade() -> None:
    """Drop them."""
    for table, column in COLUMNS:
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
