"""How old what the server keeps in memory may be: no older than the newest run, nor the newest erasure.

An erasure is no run, yet nothing that was read before it may be shown after it.
"""

from __future__ import annotations

import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_erasure, mig_run


def stamp(connection: sa.Connection, *others: sa.Table) -> tuple[int, ...]:
    """Number of the newest run, erasure, and row of other numbered tables; 0: none yet."""
    tables = (mig_run, mig_erasure, *others)
    return tuple(connection.scalar(sa.select(sa.func.max(table.c.id))) or 0 for table in tables)
