"""Who looks after which question of the review queue."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

COLLATION = "utf8mb4_nopad_bin"
MARIADB: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("default_charset", "utf8mb4"), ("collate", COLLATION))
}


def key(length: int) -> sa.Text:
    """Text compared byte by byte; the length binds on MariaDB only."""
    in_mariadb = mysql.VARCHAR(length, charset="utf8mb4", collation=COLLATION)
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql").with_variant(in_mariadb, "mysql", "mariadb")


def upgrade() -> None:
    """Add the table of assignments."""
    time = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    op.create_table('mig_assignment',
        sa.Column('id', key(64), nullable=False),
        sa.Column('left_record', key(700), nullable=False),
        sa.Column('right_record', key(700), nullable=False),
        sa.Column('assignee', sa.Text(), nullable=False),
        sa.Column('assigned_by', sa.Text(), nullable=False),
        sa.Column('assigned_at', time, nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_assignment')),
        **MARIADB,
    )


def downgrade() -> None:
    """Forget who looks after what."""
    op.drop_table('mig_assignment')
