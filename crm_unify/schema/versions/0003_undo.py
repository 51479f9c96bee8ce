"""Runs that took another run back, and the hold that follows."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLLATION = "utf8mb4_nopad_bin"
MARIADB: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("default_charset", "utf8mb4"), ("collate", COLLATION))
}


def long_text() -> sa.Text:
    """Text without a practical limit."""
    return sa.Text().with_variant(mysql.LONGTEXT(charset="utf8mb4", collation=COLLATION), "mysql", "mariadb")


def time() -> sa.DateTime:
    """A moment, naive UTC."""
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """Add the table of undone runs."""
    op.create_table('mig_undo',
        sa.Column('run', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('undoes', sa.Integer(), nullable=False),
        sa.Column('undone_by', sa.Text(), nullable=False),
        sa.Column('decisions', long_text(), nullable=False),
        sa.Column('holds', sa.Boolean(), nullable=False),
        sa.Column('resumed_by', sa.Text()),
        sa.Column('resumed_at', time()),
        sa.ForeignKeyConstraint(['run'], ['mig_run.id'], name=op.f('fk_mig_undo_run')),
        sa.ForeignKeyConstraint(['undoes'], ['mig_run.id'], name=op.f('fk_mig_undo_undoes')),
        sa.PrimaryKeyConstraint('run', name=op.f('pk_mig_undo')),
        **MARIADB,
    )


def downgrade() -> None:
    """Forget which runs took others back."""
    op.drop_table('mig_undo')
