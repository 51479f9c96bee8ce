"""What the next sync will hold its news against, kept in the folder of a run that has been written."""

from __future__ import annotations

import sqlalchemy as sa

from crm_unify.errors import Unreachable
from crm_unify.run.planned import Planned
from crm_unify.schema.target import reachable
from pipelines.changes.ledger_after import ledger_after
from pipelines.ledger import state
from pipelines.ledger_cache import keep


def remembered(planned: Planned, engine: sa.Engine) -> tuple[str, ...]:
    """Keep the long tables of the ledger as they are now that the plan is written.

    The caller holds the lock of the target. That it cannot be done is worth a note: the CRM has its rows.
    """
    try:
        with reachable(engine), engine.connect() as connection:
            now = state(connection)
        keep(ledger_after(planned.ledger, planned.changes), now, planned.landing.folder)
    except (OSError, Unreachable) as error:
        return (f"everything is written, but the next sync has to read the whole ledger anew ({error})",)
    return ()
