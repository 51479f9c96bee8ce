"""What people decided, and models that were trained and wait for the next run."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
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
    """Add three columns to mig_model, and the two tables of decisions."""
    op.add_column('mig_model', sa.Column('proposed', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('mig_model', sa.Column('trained_at', time()))
    op.add_column('mig_model', sa.Column('trained_by', sa.Text()))
    op.create_table('mig_decision',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('kind', key(32), nullable=False),
        sa.Column('verdict', key(32)),
        sa.Column('command', key(32), nullable=False),
        sa.Column('field', sa.Text()),
        sa.Column('value', long_text()),
        sa.Column('record_id', key(700)),
        sa.Column('revokes', sa.Integer()),
        sa.Column('why', long_text(), nullable=False),
        sa.Column('decided_by', sa.Text(), nullable=False),
        sa.Column('decided_at', time(), nullable=False),
        sa.CheckConstraint("kind IN ('verdict', 'confirm', 'pin', 'revoke')", name=op.f('ck_mig_decision_kind')),
        sa.CheckConstraint("verdict IN ('same', 'different', 'unsure')", name=op.f('ck_mig_decision_verdict')),
        sa.ForeignKeyConstraint(['revokes'], ['mig_decision.id'], name=op.f('fk_mig_decision_revokes')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_decision')),
        **MARIADB,
    )
    op.create_table('mig_decision_member',
        sa.Column('decision', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('record_id', key(700), nullable=False),
        sa.Column('side', sa.Integer(), nullable=False),
        sa.Column('customer_id', key(64)),
        sa.Column('row_hash', key(64)),
        sa.Column('claims_hash', key(64)),
        sa.ForeignKeyConstraint(['decision'], ['mig_decision.id'], name=op.f('fk_mig_decision_member_decision')),
        sa.PrimaryKeyConstraint('decision', 'record_id', name=op.f('pk_mig_decision_member')),
        **MARIADB,
    )
    op.create_index(op.f('ix_mig_decision_member_record_id'), 'mig_decision_member', ['record_id'], unique=False)


def downgrade() -> None:
    """Forget the decisions, and which model waits."""
    op.drop_table('mig_decision_member')
    op.drop_table('mig_decision')
    for column in ('trained_by', 'trained_at', 'proposed'):
        op.drop_column('mig_model', column)
