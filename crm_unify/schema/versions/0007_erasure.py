"""Persons who were erased: what blocks their records, and what was removed."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0007"
down_revision = "0005"
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


def time() -> sa.DateTime:
    """A moment to the microsecond."""
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def long_text() -> sa.Text:
    """Text of any length."""
    return sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    """Add erasures and the tokens that block what was erased."""
    op.create_table('mig_erasure',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('erased_at', time(), nullable=False),
        sa.Column('erased_by', sa.Text(), nullable=False),
        sa.Column('why', long_text(), nullable=False),
        sa.Column('removed', long_text(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_erasure')),
        **MARIADB,
    )
    op.create_table('mig_suppression',
        sa.Column('token', key(64), nullable=False),
        sa.Column('what', key(32), nullable=False),
        sa.Column('erasure', sa.Integer(), nullable=False),
        sa.CheckConstraint("what IN ('key', 'row', 'raw', 'record', 'customer', 'trait')",
                           name=op.f('ck_mig_suppression_what')),
        sa.ForeignKeyConstraint(['erasure'], ['mig_erasure.id'], name=op.f('fk_mig_suppression_erasure')),
        sa.PrimaryKeyConstraint('token', name=op.f('pk_mig_suppression')),
        **MARIADB,
    )


def downgrade() -> None:
    """Back to a database in which nobody was erased. Raises RuntimeError where somebody was."""
    if op.get_bind().execute(sa.text("SELECT count(*) FROM mig_suppression")).scalar():
        raise RuntimeError("persons were erased: without mig_suppression they would come back with the next run")
    op.drop_table('mig_suppression')
    op.drop_table('mig_erasure')
