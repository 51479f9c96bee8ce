"""Users of the source systems, opportunities and activities; owners become references to users."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from crm_unify.ids import crm_id

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLLATION = "utf8mb4_nopad_bin"
MARIADB: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("default_charset", "utf8mb4"), ("collate", COLLATION))
}
TYPED_IN = "crm"
"""System of the owners that people had typed into the CRM."""


def key(length: int = 64) -> sa.Text:
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
    """Add the three tables, and to customers and cases the user who owns them."""
    op.create_table('app_user',
        sa.Column('id', key(), nullable=False),
        sa.Column('system', sa.Text(), nullable=False),
        sa.Column('user_key', sa.Text(), nullable=False),
        sa.Column('name', sa.Text()),
        sa.Column('email', sa.Text()),
        sa.Column('is_placeholder', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_app_user')),
        **MARIADB,
    )
    _owned('opportunity',
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('opportunity_no', sa.Text()),
        sa.Column('stage', sa.Text()),
        sa.Column('probability', sa.Text()),
        sa.Column('amount', sa.BigInteger()),
        sa.Column('currency', key(3)),
        sa.Column('opened', sa.Date()),
        sa.Column('expected_close', sa.Date()),
        sa.Column('closed', sa.Date()),
    )
    _owned('activity',
        sa.Column('kind', sa.Text()),
        sa.Column('subject', sa.Text()),
        sa.Column('occurred_at', time()),
        sa.Column('status', sa.Text()),
        sa.Column('body', long_text()),
        sa.Column('original', long_text()),
    )
    for table in ('customer', 'support_case'):
        _add_owner(table)
    _keep_typed_in()
    op.drop_column('customer', 'owner')


def downgrade() -> None:
    """Forget users, opportunities and activities; owners are names again."""
    op.add_column('customer', sa.Column('owner', sa.Text()))
    op.execute("UPDATE customer SET owner = (SELECT COALESCE(name, user_key) FROM app_user WHERE id = owner_id)")
    for table in ('support_case', 'customer'):
        op.drop_index(op.f(f'ix_{table}_owner_id'), table)
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f'fk_{table}_owner_id'), type_='foreignkey')
            batch.drop_column('owner_id')
    for table in ('activity', 'opportunity', 'app_user'):
        op.drop_table(table)


def _owned(table: str, *columns: sa.Column[Any]) -> None:
    """A table whose rows hang on a customer and belong to a user."""
    op.create_table(table,
        sa.Column('id', key(), nullable=False),
        sa.Column('customer_id', key()),
        sa.Column('system', sa.Text(), nullable=False),
        *columns,
        sa.Column('owner_id', key()),
        sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f(f'fk_{table}_customer_id')),
        sa.ForeignKeyConstraint(['owner_id'], ['app_user.id'], name=op.f(f'fk_{table}_owner_id')),
        sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{table}')),
        **MARIADB,
    )
    for column in ('customer_id', 'owner_id'):
        op.create_index(op.f(f'ix_{table}_{column}'), table, [column], unique=False)


def _add_owner(table: str) -> None:
    """The column `owner_id`; SQLite takes the reference with the column and in no other way."""
    name = op.f(f'fk_{table}_owner_id')
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(f'ALTER TABLE {table} ADD COLUMN owner_id TEXT CONSTRAINT {name} REFERENCES app_user (id)')
    else:
        op.add_column(table, sa.Column('owner_id', key()))
        op.create_foreign_key(name, table, 'app_user', ['owner_id'], ['id'])
    op.create_index(op.f(f'ix_{table}_owner_id'), table, ['owner_id'], unique=False)


def _keep_typed_in() -> None:
    """Owners that people typed into the CRM become users of it."""
    connection = op.get_bind()
    names = connection.execute(sa.text("SELECT DISTINCT owner FROM customer WHERE owner IS NOT NULL")).scalars()
    for name in sorted(names):
        said = {"id": crm_id("AU", f"{TYPED_IN}:{name}"), "system": TYPED_IN, "name": name}
        connection.execute(
            sa.text("INSERT INTO app_user (id, system, user_key, name, is_placeholder)"
                    " VALUES (:id, :system, :name, :name, :placeholder)"), said | {"placeholder": True}
        )
        connection.execute(sa.text("UPDATE customer SET owner_id = :id WHERE owner = :name"), said)
