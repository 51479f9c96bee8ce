"""A CRM on any database, looked at from outside."""

from __future__ import annotations

import sqlalchemy as sa

Rows = dict[str, list[str]]
"""Every row of every table, as sorted text."""


def rows_of(url: str) -> Rows:
    """What stands in a CRM now, but for the version of its schema; empty tables are left out."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            names = [name for name in sa.inspect(connection).get_table_names() if name != "mig_schema"]
            found = {name: connection.execute(sa.text(f"SELECT * FROM {name}")) for name in sorted(names)}
            rows = {name: sorted(repr(tuple(row)) for row in result) for name, result in found.items()}
    finally:
        engine.dispose()
    return {name: lines for name, lines in rows.items() if lines}


def wait_for_lock(url: str) -> None:
    """Wait until the server has noticed that a killed run is gone; the lock of SQLite is free at once."""
    if url.startswith("sqlite"):
        return
    from pipelines.load.lock import ADVISORY_KEY

    engine = sa.create_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_lock(ADVISORY_KEY)))
        else:
            name = sa.func.concat("crm-unify ", sa.func.database())
            connection.execute(sa.select(sa.func.get_lock(name, 60)))
        connection.invalidate()
    engine.dispose()
