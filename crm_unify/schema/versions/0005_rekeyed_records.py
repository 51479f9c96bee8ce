"""Records whose source row came back under another key, and a cross reference that answers for former keys."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COLLATION = "utf8mb4_nopad_bin"
MARIADB: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("default_charset", "utf8mb4"), ("collate", COLLATION))
}
FORMER = """
CREATE VIEW customer_xref AS
SELECT s.system, s.entity, s.key, s.part, x.customer_id
FROM mig_source_record s JOIN mig_xref x ON x.record_id = s.record_id
"""
CUSTOMER_XREF = f"""{FORMER}UNION ALL
SELECT r.system, r.entity, r.key, r.part, x.customer_id
FROM mig_rekey r JOIN mig_xref x ON x.record_id = r.record_id
WHERE r.state <> 'open' AND NOT EXISTS (
    SELECT 1 FROM mig_source_record n
    WHERE n.record_id = r.record_id AND n.system = r.system AND n.entity = r.entity
      AND n.key = r.key AND n.part = r.part)
"""


def key(length: int) -> sa.Text:
    """Text compared byte by byte; the length binds on MariaDB only."""
    in_mariadb = mysql.VARCHAR(length, charset="utf8mb4", collation=COLLATION)
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql").with_variant(in_mariadb, "mysql", "mariadb")


def upgrade() -> None:
    """Add the table of re-keyed records, and let former keys lead to their customer."""
    op.create_table('mig_rekey',
        sa.Column('id', key(64), nullable=False),
        sa.Column('new_id', key(700), nullable=False),
        sa.Column('record_id', key(700), nullable=False),
        sa.Column('state', key(32), nullable=False),
        sa.Column('how', sa.Text(), nullable=False),
        sa.Column('system', sa.Text(), nullable=False),
        sa.Column('entity', sa.Text(), nullable=False),
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('part', sa.Text(), nullable=False),
        sa.Column('run', sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('paired', 'apart', 'open')", name=op.f('ck_mig_rekey_state')),
        sa.ForeignKeyConstraint(['record_id'], ['mig_source_record.record_id'],
                                name=op.f('fk_mig_rekey_record_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_rekey')),
        **MARIADB,
    )
    op.create_index(op.f('ix_mig_rekey_record_id'), 'mig_rekey', ['record_id'], unique=False)
    op.execute("DROP VIEW customer_xref")
    op.execute(CUSTOMER_XREF)


def downgrade() -> None:
    """Forget which records were re-keyed."""
    op.execute("DROP VIEW customer_xref")
    op.drop_table('mig_rekey')
    op.execute(FORMER)
