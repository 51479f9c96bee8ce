"""Rows that are kept because nobody delivers them again, and the files of sources that deliver changes."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0011"
down_revision = "0010"
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
    """Add the tables of kept rows and of deliveries."""
    op.create_table('mig_snapshot',
        sa.Column('id', key(64), nullable=False),
        sa.Column('map', key(64), nullable=False),
        sa.Column('row', long_text(), nullable=False),
        sa.Column('run', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_snapshot')),
        **MARIADB,
    )
    op.create_index(op.f('ix_mig_snapshot_map'), 'mig_snapshot', ['map'], unique=False)
    op.create_table('mig_delivery',
        sa.Column('id', key(64), nullable=False),
        sa.Column('map', key(64), nullable=False),
        sa.Column('file', sa.Text(), nullable=True),
        sa.Column('digest', key(64), nullable=False),
        sa.Column('header', long_text(), nullable=True),
        sa.Column('run', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_delivery')),
        **MARIADB,
    )


def downgrade() -> None:
    """Forget the kept rows."""
    op.drop_table('mig_delivery')
    op.drop_index(op.f('ix_mig_snapshot_map'), table_name='mig_snapshot')
    op.drop_table('mig_snapshot')
