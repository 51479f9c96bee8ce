"""How right the customers were, as people's answers to blind samples said."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0016"
down_revision = "0015"
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


def long_text() -> sa.Text:
    """Text of any length."""
    return sa.Text().with_variant(mysql.LONGTEXT(charset="utf8mb4", collation=COLLATION), "mysql", "mariadb")


def upgrade() -> None:
    """Add the table of estimates."""
    time = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    op.create_table('mig_accuracy',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('run', sa.Integer(), nullable=False),
        sa.Column('sample', key(64), nullable=False),
        sa.Column('source', sa.Text(), nullable=True),
        sa.Column('measure', key(32), nullable=False),
        sa.Column('value', sa.Float(), nullable=False),
        sa.Column('low', sa.Float(), nullable=False),
        sa.Column('high', sa.Float(), nullable=False),
        sa.Column('answers', sa.Integer(), nullable=False),
        sa.Column('alert', long_text(), nullable=True),
        sa.Column('estimated_by', sa.Text(), nullable=False),
        sa.Column('estimated_at', time, nullable=False),
        sa.CheckConstraint("measure IN ('precision', 'recall')", name=op.f('ck_mig_accuracy_measure')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_accuracy')),
        **MARIADB,
    )


def downgrade() -> None:
    """Forget the estimates."""
    op.drop_table('mig_accuracy')
