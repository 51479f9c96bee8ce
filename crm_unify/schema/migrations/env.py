"""How Alembic runs a migration: on the connection it is handed, inside the transaction that is open there."""

from alembic import context

from crm_unify.schema.create import VERSION_TABLE
from crm_unify.schema.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # SQLite can, when BEGIN is said aloud (see crm_unify.schema.target)
)
with context.begin_transaction():
    context.run_migrations()
