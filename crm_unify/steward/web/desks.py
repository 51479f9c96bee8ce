"""The desk of the repairs as the server holds it: which rows wait, counted anew after a run or a correction.

What the rows say is read a page at a time: there may be hundreds of thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from crm_unify.schema.agreements import mig_correction
from crm_unify.steward.desk import Desk
from crm_unify.steward.newest import Newest, newest_run
from crm_unify.steward.quarantine import QUEUES, BadRow, Named, bad_rows
from crm_unify.steward.waiting import Waiting, Wanted, waiting_of
from crm_unify.steward.web.site import Site
from crm_unify.steward.web.stamps import stamp
from pipelines.corrections import Correction, read_corrections


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept until a run or a correction, or until the run leaves its results."""

    stamp: tuple[Any, ...]
    newest: Newest
    waiting: Waiting
    corrections: tuple[Correction, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a queue."""

    desk: Desk
    """With the rows of the page."""
    found: int
    """Rows that are looked for, on all pages."""
    queues: Mapping[str, int]
    """Rows of each queue."""
    reasons: Mapping[tuple[str, str], int]
    """Of each map and code the rows of the queue that have it."""


_KEPT: Final[WeakKeyDictionary[sa.Engine, Kept]] = WeakKeyDictionary()
_LOCK: Final = Lock()


def listed(site: Site, wanted: Wanted, *, start: int, size: int) -> Listed:
    """A page of the rows that wait. Raises UsageError when the project was never run."""
    kept = _kept(site)
    with site.reading() as connection:
        names = kept.waiting.page(connection, wanted, start=start, size=size)
        found = kept.waiting.found(connection, wanted)
    reasons = kept.waiting.reasons.get(wanted.queue, {})
    return Listed(_desk(site, kept, names, (wanted.queue,)), found, kept.waiting.queues, reasons)


def desk(site: Site, row: Named) -> Desk:
    """The desk with this row before one; with none where it does not wait any more."""
    return _desk(site, _kept(site), (row,))


def behind(site: Site, row: BadRow, spoken_of: Callable[[Desk, BadRow], object]) -> BadRow | None:
    """The next row of the same queue that nobody has spoken of, as `spoken_of(desk, row)` says."""
    kept = _kept(site)
    with site.reading() as connection:
        for names in kept.waiting.behind(connection, row):
            held = _desk(site, kept, names, (row.queue,))
            others = (one for one in held.rows if (one.map, one.row_id) != (row.map, row.row_id))
            found = next((one for one in others if not spoken_of(held, one)), None)
            if found is not None:
                return found
    return None


def _desk(site: Site, kept: Kept, names: Collection[Named], queues: Collection[str] = QUEUES) -> Desk:
    """These rows in this order."""
    rows = bad_rows(site.project, kept.newest, queues=queues, only=names) if names else ()
    place = {name: at for at, name in enumerate(names)}
    ordered = sorted(rows, key=lambda row: place[row.map, row.row_id])
    return Desk(site.project, kept.newest, tuple(ordered), kept.corrections)


def _kept(site: Site) -> Kept:
    with site.reading() as connection:
        now = stamp(connection, mig_correction)
        with _LOCK:
            kept = _KEPT.get(site.engine)
        if kept is not None and kept.newest.has_come(site.project):
            kept = None
        if kept is not None and kept.stamp == now:
            return kept
        newest = newest_run(site.project)
        waiting = kept.waiting if kept is not None and kept.stamp[:-1] == now[:-1] else None
        if waiting is None:
            maps = [loaded.rules.map for loaded in site.project.files]
            waiting = waiting_of(connection, newest, maps)
        made = Kept(now, newest, waiting, read_corrections(connection))
    with _LOCK:
        _KEPT[site.engine] = made
    return made
