"""Corrections of source rows, approvals of rules, rehearsals, and an audit of who signed what."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0008"
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


def long_text() -> sa.Text:
    """Text without a practical limit."""
    return sa.Text().with_variant(mysql.LONGTEXT(charset="utf8mb4", collation=COLLATION), "mysql", "mariadb")


def time() -> sa.DateTime:
    """A moment, naive UTC."""
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """Add what people agree on."""
    op.create_table('mig_correction',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('kind', key(32), nullable=False),
        sa.Column('system', sa.Text()),
        sa.Column('entity', sa.Text()),
        sa.Column('key', key(700)),
        sa.Column('row_hash', key(64)),
        sa.Column('by_row', sa.Boolean(), nullable=False),
        sa.Column('rest_hash', key(64)),
        sa.Column('field', sa.Text()),
        sa.Column('old_value', long_text()),
        sa.Column('new_value', long_text()),
        sa.Column('revokes', sa.Integer()),
        sa.Column('why', long_text(), nullable=False),
        sa.Column('decided_by', sa.Text(), nullable=False),
        sa.Column('decided_at', time(), nullable=False),
        sa.CheckConstraint("kind IN ('correct', 'waive', 'revoke')", name=op.f('ck_mig_correction_kind')),
        sa.ForeignKeyConstraint(['revokes'], ['mig_correction.id'], name=op.f('fk_mig_correction_revokes')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_correction')),
        **MARIADB,
    )
    op.create_table('mig_approval',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('map', sa.Text(), nullable=False),
        sa.Column('rule', sa.Text()),
        sa.Column('meaning_hash', key(64), nullable=False),
        sa.Column('meaning', long_text(), nullable=False),
        sa.Column('decided_where', sa.Text()),
        sa.Column('approved_by', sa.Text(), nullable=False),
        sa.Column('approved_at', time(), nullable=False),
        sa.Column('revokes', sa.Integer()),
        sa.ForeignKeyConstraint(['revokes'], ['mig_approval.id'], name=op.f('fk_mig_approval_revokes')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_approval')),
        **MARIADB,
    )
    op.create_table('mig_rehearsal',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('rehearsed_by', sa.Text(), nullable=False),
        sa.Column('started_at', time(), nullable=False),
        sa.Column('seconds', sa.Float(), nullable=False),
        sa.Column('go', sa.Boolean(), nullable=False),
        sa.Column('card', long_text(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_rehearsal')),
        **MARIADB,
    )
    op.create_table('mig_audit',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('at', time(), nullable=False),
        sa.Column('done_by', sa.Text(), nullable=False),
        sa.Column('action', key(32), nullable=False),
        sa.Column('subject', sa.Text(), nullable=False),
        sa.Column('detail', long_text()),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_audit')),
        **MARIADB,
    )


def downgrade() -> None:
    """Forget what people agreed on."""
    for name in ('mig_audit', 'mig_rehearsal', 'mig_approval', 'mig_correction'):
        op.drop_table(name)
