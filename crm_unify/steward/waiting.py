"""Which rows wait for a repair, a page at a time: the database counts and orders them, however many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.records import Fate
from crm_unify.schema.bookkeeping import mig_quarantine, mig_source_record
from crm_unify.steward.newest import Newest
from crm_unify.steward.quarantine import HELD, QUEUES, SEVERITIES, BadRow, Named
from pipelines.interpret.problems import ALL_PROBLEMS
from pipelines.results import read_fates

AT_ONCE: Final = 50
"""Rows that are looked at together where the next one is looked for."""
HELD_ROWS: Final = pa.schema([("map", pa.string()), ("row_id", pa.string()), ("code", pa.string())])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of a queue are looked for; an empty text: it does not matter."""

    queue: str
    map: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The rows that wait after a run, but for what they say."""

    maps: tuple[str, ...]
    """Those that the project has."""
    held: pa.Table
    """HELD_ROWS in their order: rows that wait for their parent, which the database does not know."""
    queues: Mapping[str, int]
    """Rows of each queue."""
    reasons: Mapping[str, Mapping[tuple[str, str], int]]
    """By queue, of each map and code the rows that have it."""

    def found(self, connection: sa.Connection, wanted: Wanted) -> int:
        """How many rows are looked for."""
        if wanted.queue == HELD:
            return len(_of(self.held, wanted))
        if not wanted.map and not wanted.code:
            return self.queues.get(wanted.queue, 0)
        rows = _rows(self.maps, wanted)
        return connection.scalar(sa.select(sa.func.count()).select_from(rows)) or 0

    def page(self, connection: sa.Connection, wanted: Wanted, *, start: int, size: int) -> tuple[Named, ...]:
        """Some of these rows, by map, code and id."""
        if wanted.queue == HELD:
            return _named(_of(self.held, wanted).slice(start, size))
        rows = _rows(self.maps, wanted).c
        query = sa.select(rows.map, rows.row_id).order_by(rows.map, rows.first, rows.row_id)
        return tuple((row.map, row.row_id) for row in connection.execute(query.limit(size).offset(start)))

    def behind(self, connection: sa.Connection, row: BadRow) -> Iterator[tuple[Named, ...]]:
        """The rows of the same queue behind a row, some at a time, then those from the first one on."""
        wanted = Wanted(row.queue)
        if row.queue == HELD:
            every = _named(self.held)
            at = every.index((row.map, row.row_id)) + 1 if (row.map, row.row_id) in every else 0
            around = (*every[at:], *every[:at])
            yield from (around[first : first + AT_ONCE] for first in range(0, len(around), AT_ONCE))
            return
        rows = _rows(self.maps, wanted).c
        place = (row.map, row.codes[0], row.row_id)
        key = (rows.map, rows.first, rows.row_id)
        for side in (_after(key, place), sa.not_(_after(key, place))):
            query = sa.select(rows.map, rows.row_id).where(side).order_by(*key)
            for first in range(0, LOOKED_AT, AT_ONCE):
                some = connection.execute(query.limit(AT_ONCE).offset(first)).all()
                if not some:
                    break
                yield tuple((one.map, one.row_id) for one in some)


LOOKED_AT: Final = 1_000
"""Rows on either side of one among which the next that nobody has spoken of is looked for."""


def waiting_of(connection: sa.Connection, newest: Newest, maps: Collection[str]) -> Waiting:
    """How many rows wait after the newest run, and why; of the maps that the project has."""
    named = tuple(sorted(maps))
    held = _held(newest, named)
    queues, reasons = dict.fromkeys(QUEUES, 0), dict[str, Mapping[tuple[str, str], int]]()
    for queue in SEVERITIES:
        rows = _rows(named, Wanted(queue))
        queues[queue] = connection.scalar(sa.select(sa.func.count()).select_from(rows)) or 0
        q = mig_quarantine.c
        query = sa.select(q.map, q.code, sa.func.count(q.row_id.distinct()).label("rows"))
        counts = connection.execute(_stand(query, named, Wanted(queue)).group_by(q.map, q.code))
        reasons[queue] = {(row.map, row.code): row.rows for row in counts}
    queues[HELD] = len(held)
    reasons[HELD] = Counter(zip(held["map"].to_pylist(), held["code"].to_pylist(), strict=True))
    return Waiting(named, held, queues, reasons)


# --- in the database ---
def _stand(query: sa.Select[Any], maps: Collection[str], wanted: Wanted) -> sa.Select[Any]:
    """A query on the entries of a queue whose rows can be shown."""
    q, record = mig_quarantine.c, mig_source_record.c
    severity = SEVERITIES.get(wanted.queue, "")
    query = query.where(q.severity == severity, q.map.in_([wanted.map] if wanted.map else maps))
    if wanted.map and wanted.map not in maps:
        query = query.where(sa.false())
    raw = sa.exists().where(record.record_id == q.record_id, record.raw.is_not(None))
    return query.where(q.raw.is_not(None) if severity == "quarantine" else raw)


def _rows(maps: Collection[str], wanted: Wanted) -> sa.Subquery:
    """``map, row_id, first``: each row once, with the code that comes first."""
    q = mig_quarantine.c
    query = sa.select(q.map, q.row_id, sa.func.min(q.code).label("first")).group_by(q.map, q.row_id)
    if wanted.code:
        has = mig_quarantine.alias("has")
        mine = sa.select(has.c.row_id).where(has.c.code == wanted.code)
        query = query.where(q.row_id.in_(mine))
        query = query.having(sa.func.max(sa.case((q.code == wanted.code, 1), else_=0)) == 1)
    return _stand(query, maps, wanted).subquery()


def _after(key: tuple[Any, ...], place: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """Whether a row comes behind this place."""
    (first, *others), (mine, *rest) = key, place
    if not others:
        return sa.and_(first > mine)
    return sa.or_(first > mine, sa.and_(first == mine, _after(tuple(others), tuple(rest))))


# --- in the workspace ---
def _held(newest: Newest, maps: Collection[str]) -> pa.Table:
    if newest.folder is None:
        return HELD_ROWS.empty_table()
    wanted = (pc.field("fate") == Fate.HELD) & pc.field("map").isin(list(maps))
    fates = read_fates(newest.folder, wanted)
    codes = [ALL_PROBLEMS[rule].code for rule in fates["rule"].to_pylist()]
    table = pa.table({"map": fates["map"], "row_id": fates["row_id"], "code": pa.array(codes, pa.string())})
    return table.sort_by([(name, "ascending") for name in ("map", "code", "row_id")])


def _of(held: pa.Table, wanted: Wanted) -> pa.Table:
    for name in ("map", "code"):
        text = getattr(wanted, name)
        held = held.filter(pc.equal(held[name], text)) if text else held
    return held


def _named(held: pa.Table) -> tuple[Named, ...]:
    return tuple(zip(held["map"].to_pylist(), held["row_id"].to_pylist(), strict=True))
