"""People who sign in to the review application, their answers, proposals and notes."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

COLLATION = "utf8mb4_nopad_bin"
MARIADB: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("default_charset", "utf8mb4"), ("collate", COLLATION))
}


def key(length: int = 64) -> sa.Text:
    """Text compared byte by byte; the length binds on MariaDB only."""
    in_mariadb = mysql.VARCHAR(length, charset="utf8mb4", collation=COLLATION)
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql").with_variant(in_mariadb, "mysql", "mariadb")


def long_text() -> sa.Text:
    """Text of any length."""
    return sa.Text().with_variant(mysql.LONGTEXT(charset="utf8mb4", collation=COLLATION), "mysql", "mariadb")


def time() -> sa.DateTime:
    """A moment, naive UTC, with microseconds everywhere."""
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """Add the tables of the review application."""
    op.create_table('mig_user',
        sa.Column('id', key(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('role', key(32), nullable=False),
        sa.Column('password', sa.Text(), nullable=False),
        sa.Column('active', sa.Boolean(), nullable=False),
        sa.Column('made_by', sa.Text(), nullable=False),
        sa.Column('made_at', time(), nullable=False),
        sa.CheckConstraint("role IN ('viewer', 'steward', 'admin')", name=op.f('ck_mig_user_role')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_user')),
        **MARIADB,
    )
    op.create_table('mig_session',
        sa.Column('id', key(), nullable=False),
        sa.Column('user_id', key(), nullable=False),
        sa.Column('begun_at', time(), nullable=False),
        sa.Column('seen_at', time(), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['mig_user.id'], name=op.f('fk_mig_session_user_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_session')),
        **MARIADB,
    )
    op.create_index(op.f('ix_mig_session_user_id'), 'mig_session', ['user_id'], unique=False)
    op.create_table('mig_answer',
        sa.Column('id', key(), nullable=False),
        sa.Column('answered_by', sa.Text(), nullable=False),
        sa.Column('answered_at', time(), nullable=False),
        sa.Column('acts', long_text(), nullable=False),
        sa.Column('answer', long_text(), nullable=False),
        sa.Column('undone_at', time(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_answer')),
        **MARIADB,
    )
    op.create_table('mig_proposal',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('left_record', key(700), nullable=False),
        sa.Column('right_record', key(700), nullable=False),
        sa.Column('why', long_text(), nullable=False),
        sa.Column('proposed_by', sa.Text(), nullable=False),
        sa.Column('proposed_at', time(), nullable=False),
        sa.Column('state', key(32), nullable=False),
        sa.Column('closed_by', sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'agreed', 'withdrawn')", name=op.f('ck_mig_proposal_state')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_proposal')),
        **MARIADB,
    )
    op.create_table('mig_note',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('record_id', key(700), nullable=False),
        sa.Column('text', long_text(), nullable=False),
        sa.Column('written_by', sa.Text(), nullable=False),
        sa.Column('written_at', time(), nullable=False),
        sa.Column('withdrawn_at', time(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_note')),
        **MARIADB,
    )
    op.create_index(op.f('ix_mig_note_record_id'), 'mig_note', ['record_id'], unique=False)


def downgrade() -> None:
    """Forget who signs in and what they noted."""
    op.drop_index(op.f('ix_mig_note_record_id'), table_name='mig_note')
    op.drop_table('mig_note')
    op.drop_table('mig_proposal')
    op.drop_table('mig_answer')
    op.drop_index(op.f('ix_mig_session_user_id'), table_name='mig_session')
    op.drop_table('mig_session')
    op.drop_table('mig_user')
