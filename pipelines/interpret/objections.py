"""Objections on rows that make no record: whoever carries the address or number is left alone all the same.

A row in quarantine, a row that waits for its parent and a party that `skip_if_null` leaves out load nothing,
yet "do not write to me" needs no name to be meant.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import OBJECTIONS, PARTIES
from crm_unify.rules.model import Branch
from pipelines.interpret.consents import OPTED_OUT, consent_columns
from pipelines.interpret.mapping import map_fields
from pipelines.interpret.plan import Placed
from pipelines.interpret.rows import Mask, Rows, as_mask
from pipelines.interpret.work import Work

NO_KEY = "!"
"""Stands before the row id where a row has no key; in keys it is percent-encoded, so the two cannot meet."""


def may_object(branch: Branch) -> bool:
    """Whether the rule knows objections."""
    return any(entry.kind == "consent" for entry in branch.entries)


def without_party(branch: Branch, rows: Rows) -> Mask:
    """Rows on which `skip_if_null` leaves out a party, as long as the map."""
    asked = {entry.skip_if_null for entry in branch.entries if entry.kind in PARTIES} - {None}
    found = as_mask(pa.repeat(pa.scalar(False), len(rows)))
    for column in sorted(name for name in asked if name is not None):
        found = found | as_mask(rows.clean(column).is_null())
    return found


def objections(work: Work, *, key: pa.Array, names: pa.Table, unmade: Mask) -> pa.Table:
    """The objections of a branch that no record carries, as rows of :data:`crm_unify.records.OBJECTIONS`.

    `unmade` are the rows that make no record at all. One row speaks of the would-be record as a whole, its
    value being null, and one of each address or number that it has, whatever the channel.
    """
    keyless = pc.binary_join_element_wise(NO_KEY, work.rows.origin("_row_id"), "")
    work.name_records(pc.coalesce(key, keyless), names)
    map_fields(work)
    tables = [
        table
        for own in work.entries
        if own.entry.kind == "consent"
        for table in _of_consent(work, own, unmade=unmade)
    ]
    return pa.concat_tables([OBJECTIONS.empty_table(), *tables])


def _of_consent(work: Work, own: Placed, *, unmade: Mask) -> Iterator[pa.Table]:
    said, owner = consent_columns(work, own), work.owners[own.place]
    objects = as_mask(pc.equal(said["status"], OPTED_OUT)) & work.wanted[own.place]
    objects &= unmade | ~work.wanted[owner.place]
    length = len(work.rows)
    same = {
        "record_id": work.record_ids[owner.place],
        "map": pa.repeat(pa.scalar(work.rules.map), length),
        "system": pa.repeat(pa.scalar(work.rules.source.system), length),
        "channel": said["channel"],
        "raw_flag": said["raw_flag"],
    }
    nothing = pa.nulls(length, pa.string())
    yield _table({**same, "kind": nothing, "value_norm": nothing}, objects)
    for other in work.entries:
        if other.entry.kind == "contact_point" and work.owners[other.place] is owner:
            kind, value = work.values[other.place, "kind"], work.values[other.place, "value"]
            yield _table({**same, "kind": kind, "value_norm": value}, objects & as_mask(value.is_valid()))


def _table(columns: dict[str, pa.Array], rows: Mask) -> pa.Table:
    mask = pa.array(rows)
    return pa.table([columns[name].filter(mask) for name in OBJECTIONS.names], schema=OBJECTIONS)
