"""The first tables and views of the CRM and of the bookkeeping beside it."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

COLLATION = "utf8mb4_nopad_bin"
MARIADB: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("default_charset", "utf8mb4"), ("collate", COLLATION))
}
TABLES = (
    "customer",
    "mig_change",
    "mig_lineage",
    "mig_model",
    "mig_profile",
    "mig_quarantine",
    "mig_redirect",
    "mig_run",
    "account",
    "address",
    "consent",
    "contact_point",
    "mig_source_record",
    "organisation",
    "party_identifier",
    "person",
    "sales_order",
    "support_case",
    "mig_xref",
    "order_line",
    "organisation_person",
)
VIEWS = {
    "consent_current": """
CREATE VIEW consent_current AS
WITH ranked AS (
    SELECT c.id, c.channel, c.value_norm, c.source_record_id, c.run,
           CASE c.status WHEN 'opted_out' THEN 0 WHEN 'unknown' THEN 1 ELSE 2 END AS severity,
           COALESCE(x.customer_id, r.new_id, c.customer_id) AS customer_id,
           COALESCE(c.source_record_id, c.customer_id) AS said_by,
           CASE WHEN c.run IS NULL AND c.given_at IS NOT NULL THEN 1 ELSE 0 END AS dated,
           CASE WHEN c.run IS NULL THEN c.given_at END AS entered
    FROM consent c
    LEFT JOIN mig_xref x ON x.record_id = c.carrier_record_id
    LEFT JOIN mig_redirect r ON r.old_id = c.customer_id
), newest AS (
    SELECT said_by, channel, value_norm, severity,
           RANK() OVER (PARTITION BY said_by, channel, value_norm
                        ORDER BY COALESCE(run, 0) DESC, dated DESC, entered DESC) AS place
    FROM ranked
), placed AS (
    SELECT said_by, channel, value_norm,
           MIN(CASE WHEN place = 1 THEN severity END) AS last_word,
           MIN(CASE WHEN severity = 0 THEN place END) AS objected,
           MIN(CASE WHEN severity = 2 THEN place END) AS consented
    FROM newest GROUP BY said_by, channel, value_norm
), in_force AS (
    SELECT said_by, channel, value_norm,
           CASE WHEN objected IS NOT NULL AND (consented IS NULL OR consented >= objected) THEN 0
                ELSE last_word END AS severity
    FROM placed
), spoken AS (
    SELECT k.customer_id, k.channel, k.value_norm, MIN(k.severity) AS severity
    FROM ranked k
    JOIN in_force f ON f.said_by = k.said_by AND f.channel = k.channel AND f.severity = k.severity
                   AND COALESCE(f.value_norm, '') = COALESCE(k.value_norm, '')
    GROUP BY k.customer_id, k.channel, k.value_norm
)
SELECT s.customer_id AS customer_id, s.channel AS channel, s.value_norm AS value_norm,
       CASE WHEN s.severity = 0 OR EXISTS (
                SELECT 1 FROM spoken w
                WHERE w.customer_id = s.customer_id AND w.value_norm IS NULL AND w.severity = 0
                  AND (w.channel = s.channel OR w.channel = 'any'))
            THEN 'opted_out' WHEN s.severity = 1 THEN 'unknown' ELSE 'opted_in' END AS status
FROM spoken s
""",
    "customer_xref": """
CREATE VIEW customer_xref AS
SELECT s.system, s.entity, s.key, s.part, x.customer_id
FROM mig_source_record s JOIN mig_xref x ON x.record_id = s.record_id
""",
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
    """Create every table, then the views over them."""
    op.create_table('customer',
        sa.Column('id', key(64), nullable=False),
        sa.Column('kind', key(32), nullable=False),
        sa.Column('display_name', sa.Text()),
        sa.Column('status', key(32), nullable=False),
        sa.Column('confirmed_at', time()),
        sa.Column('owner', sa.Text()),
        sa.Column('source_created', time()),
        sa.Column('source_updated', time()),
        sa.Column('custom', long_text()),
        sa.CheckConstraint("kind IN ('person', 'organisation')", name=op.f('ck_customer_kind')),
        sa.CheckConstraint("status IN ('active', 'inactive', 'merged')", name=op.f('ck_customer_status')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_customer')),
        **MARIADB,
    )
    op.create_table('mig_change',
        sa.Column('run', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('table_name', key(32), nullable=False),
        sa.Column('row_id', key(700), nullable=False),
        sa.Column('op', key(32), nullable=False),
        sa.Column('before', long_text()),
        sa.CheckConstraint("op IN ('create', 'update', 'delete')", name=op.f('ck_mig_change_op')),
        sa.PrimaryKeyConstraint('run', 'seq', name=op.f('pk_mig_change')),
        **MARIADB,
    )
    op.create_table('mig_lineage',
        sa.Column('id', key(64), nullable=False),
        sa.Column('map', sa.Text(), nullable=False),
        sa.Column('branch', sa.Integer(), nullable=False),
        sa.Column('part', sa.Text(), nullable=False),
        sa.Column('fields', long_text(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_lineage')),
        **MARIADB,
    )
    op.create_table('mig_model',
        sa.Column('id', key(64), nullable=False),
        sa.Column('kernel_version', sa.Text()),
        sa.Column('model', long_text(), nullable=False),
        sa.Column('in_force', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_model')),
        **MARIADB,
    )
    op.create_table('mig_profile',
        sa.Column('customer_id', key(64), nullable=False),
        sa.Column('profile', long_text(), nullable=False),
        sa.Column('winners', long_text()),
        sa.Column('hash', key(64), nullable=False),
        sa.PrimaryKeyConstraint('customer_id', name=op.f('pk_mig_profile')),
        **MARIADB,
    )
    op.create_table('mig_quarantine',
        sa.Column('id', key(64), nullable=False),
        sa.Column('map', sa.Text(), nullable=False),
        sa.Column('row_id', sa.Text()),
        sa.Column('record_id', key(700)),
        sa.Column('severity', key(32), nullable=False),
        sa.Column('target', sa.Text()),
        sa.Column('source_column', sa.Text()),
        sa.Column('code', sa.Text(), nullable=False),
        sa.Column('raw', long_text()),
        sa.Column('sentence', long_text()),
        sa.Column('suggestion', long_text()),
        sa.Column('first_run', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_quarantine')),
        **MARIADB,
    )
    op.create_table('mig_redirect',
        sa.Column('old_id', key(64), nullable=False),
        sa.Column('new_id', key(64), nullable=False),
        sa.Column('run', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('old_id', name=op.f('pk_mig_redirect')),
        **MARIADB,
    )
    op.create_table('mig_run',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('project', sa.Text(), nullable=False),
        sa.Column('environment', sa.Text()),
        sa.Column('as_of', sa.Date(), nullable=False),
        sa.Column('state', key(32), nullable=False),
        sa.Column('started_at', time(), nullable=False),
        sa.Column('finished_at', time()),
        sa.Column('sources_hash', key(64)),
        sa.Column('rules_hash', key(64)),
        sa.Column('model_id', key(64)),
        sa.Column('plan_hash', key(64)),
        sa.Column('written_rows', sa.BigInteger(), nullable=False),
        sa.Column('account', long_text()),
        sa.Column('summary', long_text()),
        sa.CheckConstraint("state IN ('applied', 'undone')", name=op.f('ck_mig_run_state')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mig_run')),
        **MARIADB,
    )
    op.create_table('account',
        sa.Column('id', key(64), nullable=False),
        sa.Column('customer_id', key(64), nullable=False),
        sa.Column('system', sa.Text(), nullable=False),
        sa.Column('account_no', sa.Text(), nullable=False),
        sa.Column('balance', sa.BigInteger()),
        sa.Column('credit_limit', sa.BigInteger()),
        sa.Column('currency', key(3)),
        sa.Column('terms', sa.Text()),
        sa.Column('opened', sa.Date()),
        sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_account_customer_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
        **MARIADB,
    )
    op.create_index(op.f('ix_account_customer_id'), 'account', ['customer_id'], unique=False)
    op.create_table('address',
        sa.Column('id', key(64), nullable=False),
        sa.Column('customer_id', key(64), nullable=False),
        sa.Column('line1', sa.Text()),
        sa.Column('line2', sa.Text()),
        sa.Column('postal_code', sa.Text()),
        sa.Column('city', sa.Text()),
        sa.Column('region', sa.Text()),
        sa.Column('country_code', key(2)),
        sa.Column('label', sa.Text()),
        sa.Column('is_primary', sa.Boolean()),
        sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_address_customer_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_address')),
        **MARIADB,
    )
    op.create_index(op.f('ix_address_customer_id'), 'address', ['customer_id'], unique=False)
    op.create_table('consent',
        sa.Column('id', key(64), nullable=False),
        sa.Column('customer_id', key(64), nullable=False),
        sa.Column('channel', key(32), nullable=False),
        sa.Column('value_norm', sa.Text()),
        sa.Column('status', key(32), nullable=False),
        sa.Column('raw_flag', sa.Text()),
        sa.Column('given_at', sa.Date()),
        sa.Column('evidence', sa.Text()),
        sa.Column('system', sa.Text()),
        sa.Column('source_record_id', key(700)),
        sa.Column('carrier_record_id', key(700)),
        sa.Column('run', sa.Integer()),
        sa.CheckConstraint("channel IN ('email', 'phone', 'post', 'any')", name=op.f('ck_consent_channel')),
        sa.CheckConstraint("status IN ('opted_out', 'unknown', 'opted_in')", name=op.f('ck_consent_status')),
        sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_consent_customer_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_consent')),
        **MARIADB,
    )
    op.create_index(op.f('ix_consent_customer_id'), 'consent', ['customer_id'], unique=False)
    op.create_index(op.f('ix_consent_source_record_id'), 'consent', ['source_record_id'], unique=False)
    op.create_table('contact_point',
        sa.Column('id', key(64), nullable=False),
        sa.Column('customer_id', key(64), nullable=False),
        sa.Column('kind', key(32), nullable=False),
        sa.Column('value_raw', sa.Text()),
        sa.Column('value_norm', sa.Text(), nullable=False),
        sa.Column('label', sa.Text()),
        sa.Column('is_primary', sa.Boolean()),
        sa.Column('verified', sa.Boolean()),
        sa.CheckConstraint("kind IN ('email', 'phone', 'fax', 'web')", name=op.f('ck_contact_point_kind')),
        sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_contact_point_customer_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_point')),
        **MARIADB,
    )
    op.create_index(op.f('ix_contact_point_customer_id'), 'contact_point', ['customer_id'], unique=False)
    op.create_table('mig_source_record',
        sa.Column('record_id', key(700), nullable=False),
        sa.Column('map', sa.Text(), nullable=False),
        sa.Column('system', sa.Text(), nullable=False),
        sa.Column('entity', sa.Text(), nullable=False),
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('part', sa.Text(), nullable=False),
        sa.Column('kind', key(32), nullable=False),
        sa.Column('lineage', key(64)),
        sa.Column('row_hash', key(64), nullable=False),
        sa.Column('created', sa.Text()),
        sa.Column('updated', sa.Text()),
        sa.Column('founding', sa.Text()),
        sa.Column('raw', long_text()),
        sa.Column('claims', long_text()),
        sa.Column('claims_hash', key(64)),
        sa.Column('state', key(32), nullable=False),
        sa.Column('target_hash', key(64)),
        sa.Column('first_run', sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'inactive', 'stale')", name=op.f('ck_mig_source_record_state')),
        sa.ForeignKeyConstraint(['lineage'], ['mig_lineage.id'], name=op.f('fk_mig_source_record_lineage')),
        sa.PrimaryKeyConstraint('record_id', name=op.f('pk_mig_source_record')),
        **MARIADB,
    )
    op.create_table('organisation',
        sa.Column('customer_id', key(64), nullable=False),
        sa.Column('name', sa.Text()),
        sa.Column('legal_form', sa.Text()),
        sa.Column('website', sa.Text()),
        sa.Column('industry', sa.Text()),
        sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_organisation_customer_id')),
        sa.PrimaryKeyConstraint('customer_id', name=op.f('pk_organisation')),
        **MARIADB,
    )
    op.create_table('party_identifier',
        sa.Column('id', key(64), nullable=False),
        sa.Column('customer_id', key(64), nullable=False),
        sa.Column('scheme', sa.Text(), nullable=False),
        sa.Column('value', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_party_identifier_customer_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_party_identifier')),
        **MARIADB,
    )
    op.create_index(op.f('ix_party_identifier_customer_id'), 'party_identifier', ['customer_id'], unique=False)
    op.create_table('person',
        sa.Column('customer_id', key(64), nullable=False),
        sa.Column('prefix', sa.Text()),
        sa.Column('given_name', sa.Text()),
        sa.Column('middle_name', sa.Text()),
        sa.Column('family_name', sa.Text()),
        sa.Column('suffix', sa.Text()),
        sa.Column('birth_name', sa.Text()),
        sa.Column('nickname', sa.Text()),
        sa.Column('full_name', sa.Text()),
        sa.Column('gender', key(32)),
        sa.Column('birth_date', sa.Date()),
        sa.Column('job_title', sa.Text()),
        sa.Column('language', sa.Text()),
        sa.CheckConstraint("gender IN ('F', 'M', 'X')", name=op.f('ck_person_gender')),
        sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_person_customer_id')),
        sa.PrimaryKeyConstraint('customer_id', name=op.f('pk_person')),
        **MARIADB,
    )
    op.create_table('sales_order',
        sa.Column('id', key(64), nullable=False),
        sa.Column('customer_id', key(64)),
        sa.Column('system', sa.Text(), nullable=False),
        sa.Column('order_no', sa.Text(), nullable=False),
        sa.Column('order_date', sa.Date()),
        sa.Column('status', sa.Text()),
        sa.Column('total', sa.BigInteger()),
        sa.Column('currency', key(3)),
        sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_sales_order_customer_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_sales_order')),
        **MARIADB,
    )
    op.create_index(op.f('ix_sales_order_customer_id'), 'sales_order', ['customer_id'], unique=False)
    op.create_table('support_case',
        sa.Column('id', key(64), nullable=False),
        sa.Column('customer_id', key(64)),
        sa.Column('system', sa.Text(), nullable=False),
        sa.Column('case_no', sa.Text(), nullable=False),
        sa.Column('subject', sa.Text()),
        sa.Column('status', sa.Text()),
        sa.Column('priority', sa.Text()),
        sa.Column('opened_at', time()),
        sa.Column('closed_at', time()),
        sa.Column('description', sa.Text()),
        sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_support_case_customer_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_support_case')),
        **MARIADB,
    )
    op.create_index(op.f('ix_support_case_customer_id'), 'support_case', ['customer_id'], unique=False)
    op.create_table('mig_xref',
        sa.Column('record_id', key(700), nullable=False),
        sa.Column('customer_id', key(64), nullable=False),
        sa.ForeignKeyConstraint(['record_id'], ['mig_source_record.record_id'], name=op.f('fk_mig_xref_record_id')),
        sa.PrimaryKeyConstraint('record_id', name=op.f('pk_mig_xref')),
        **MARIADB,
    )
    op.create_index(op.f('ix_mig_xref_customer_id'), 'mig_xref', ['customer_id'], unique=False)
    op.create_table('order_line',
        sa.Column('id', key(64), nullable=False),
        sa.Column('order_id', key(64)),
        sa.Column('line_no', sa.BigInteger()),
        sa.Column('sku', sa.Text()),
        sa.Column('description', sa.Text()),
        sa.Column('quantity', sa.Text()),
        sa.Column('unit_price', sa.BigInteger()),
        sa.Column('amount', sa.BigInteger()),
        sa.Column('currency', key(3)),
        sa.ForeignKeyConstraint(['order_id'], ['sales_order.id'], name=op.f('fk_order_line_order_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_order_line')),
        **MARIADB,
    )
    op.create_index(op.f('ix_order_line_order_id'), 'order_line', ['order_id'], unique=False)
    op.create_table('organisation_person',
        sa.Column('id', key(64), nullable=False),
        sa.Column('organisation_id', key(64), nullable=False),
        sa.Column('person_id', key(64), nullable=False),
        sa.Column('role', sa.Text()),
        sa.Column('is_primary', sa.Boolean()),
        sa.Column('valid_from', sa.Date()),
        sa.Column('valid_to', sa.Date()),
        sa.ForeignKeyConstraint(['organisation_id'], ['organisation.customer_id'], name=op.f('fk_organisation_person_organisation_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.customer_id'], name=op.f('fk_organisation_person_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_person')),
        **MARIADB,
    )
    op.create_index(op.f('ix_organisation_person_organisation_id'), 'organisation_person', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_organisation_person_person_id'), 'organisation_person', ['person_id'], unique=False)
    for statement in VIEWS.values():
        op.execute(statement)


def downgrade() -> None:
    """Drop the views and every table, children before parents."""
    for view in VIEWS:
        op.execute(f"DROP VIEW {view}")
    for table in reversed(TABLES):
        op.drop_table(table)
