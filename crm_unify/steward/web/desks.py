"""The desk of the repairs as the server holds it: read anew after a run or a correction."""

from __future__ import annotations

from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from crm_unify.schema.agreements import mig_correction
from crm_unify.steward.desk import Desk, desk_of
from crm_unify.steward.newest import newest_run
from crm_unify.steward.web.site import Site
from crm_unify.steward.web.stamps import stamp

_KEPT: Final[WeakKeyDictionary[sa.Engine, tuple[tuple[Any, ...], Desk]]] = WeakKeyDictionary()
_LOCK: Final = Lock()


def desk(site: Site) -> Desk:
    """Rows of all queues and every correction. Raises UsageError when the project was never run."""
    with site.reading() as connection:
        now = stamp(connection, mig_correction)
    with _LOCK:
        kept = _KEPT.get(site.engine)
        if kept is None or kept[0] != now:
            kept = _KEPT[site.engine] = (now, desk_of(site.project, newest_run(site.project), every=True))
    return kept[1]
