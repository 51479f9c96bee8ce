"""That the accuracy of the customers has fallen, told by every run until a newer sample says otherwise.

Worked out when an estimate is recorded (:mod:`crm_unify.run.accuracy`); here it is only read, for a sync
without news must not import what matches.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from crm_unify.schema.agreements import mig_accuracy
from crm_unify.schema.bookkeeping import mig_run
from crm_unify.schema.target import reachable


def alerts(engine: sa.Engine, *, news: bool = False) -> tuple[str, ...]:
    """What has become worse by the newest samples; `news`: of that what no run has told of yet.

    Asked after a run was written: the one before it is the last that could tell.
    """
    a, r = mig_accuracy.c, mig_run.c
    query = sa.select(a.source, a.measure, a.alert, a.estimated_at).order_by(a.id)
    with reachable(engine), engine.connect() as connection:
        newest = {(row.source, row.measure): row for row in connection.execute(query)}
        began = connection.scalars(sa.select(r.started_at).order_by(r.id.desc()).limit(2)).all()
    since = began[1] if news and len(began) > 1 else datetime.min
    return tuple(row.alert for row in newest.values() if row.alert is not None and row.estimated_at > since)
