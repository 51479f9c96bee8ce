"""What a plan or a run says to people: the account of rows, and what would be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crm_unify.run.waiting import PLACEHOLDERS
from crm_unify.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_unify.run.planned import Outcome, Planned
    from pipelines.changes import Radius

OF_ONE: Final = {
    "pairs of records may be one customer: a person should look": (
        "pair of records may be one customer: a person should look"
    ),
    "customers have lost the evidence for being one: `confirm` or `split`": (
        "customer has lost the evidence for being one: `confirm` or `split`"
    ),
    "rows are in quarantine": "row is in quarantine",
    "rows wait for their parent": "row waits for its parent",
    "values are withheld": "value is withheld",
    PLACEHOLDERS: "placeholder stands for a customer that no source has: deliver or correct it",
    "control sums do not agree": "control sum does not agree",
    "things are different about the sources since the last run": (
        "thing is different about the sources since the last run"
    ),
    "corrections hold no longer, as their source rows have changed": (
        "correction holds no longer, as its source row has changed"
    ),
    "new records may be vanished ones under other keys: `decide` on them": (
        "new record may be a vanished one under another key: `decide` on them"
    ),
    "records resemble somebody who was erased: `forget` or `confirm` them": (
        "record resembles somebody who was erased: `forget` or `confirm` it"
    ),
    "records have vanished from their sources and are inactive now": (
        "record has vanished from its source and is inactive now"
    ),
    "edits made in the CRM give way to news from their source": (
        "edit made in the CRM gives way to news from its source"
    ),
    "changes are blocked by what people did in the CRM": "change is blocked by what people did in the CRM",
}
"""What waits for a person, as it is said of one."""
CHANGES_TOLD: Final = "changes that an earlier run has told of are"
NAMED: Final = 5
"""Customers, records and parts named one by one."""
HEADS: Final = ("source table", "extracted", "mapped", "held", "quarantined", "discarded", "withheld values")


def planned_lines(planned: Planned) -> Iterator[str]:
    """The account of rows and what would be written."""
    yield from account_lines(planned)
    yield from drift_lines(planned)
    yield from dropped_lines(planned)
    yield from (f"a run would be stopped: {stop}" for stop in planned.stops)
    for table, changes in planned.changes.tables.items():
        parts = (("new", changes.creates), ("changed", changes.updates), ("deleted", changes.deletes))
        counts = ", ".join(f"{len(rows):,} {name}" for name, rows in parts if len(rows))
        yield f"  {table}: {counts}"
    yield from radius_lines(planned.radius)
    yield from blocked_lines(planned)


def blocked_lines(planned: Planned) -> Iterator[str]:
    """What people deleted in the CRM and stays so, and the first of the changes that they block."""
    if gone := planned.stay_deleted:
        said = counted(len(gone), "customer stays deleted, as people", "customers stay deleted, as people")
        yield f"{said} want: {', '.join(gone[:NAMED])}" + (", ..." if len(gone) > NAMED else "")
    for one in planned.changes.blocked.slice(0, NAMED).to_pylist():
        yield f"  blocked: {one['op']} of {one['table_name']} {one['row_id']}: {one['reason']}"


def radius_lines(radius: Radius | None) -> Iterator[str]:
    """What changes for customers that people know already."""
    if radius is None or radius.is_empty:
        return
    moved = radius.merged + radius.split
    counts = ((radius.merged, "merged into another"), (radius.split, "split"), (radius.retired, "retired"))
    told = f"; {radius.confirmed:,} of these {moved:,} had been confirmed by a person" if moved else ""
    yield "customers: " + ", ".join(f"{count:,} {what}" for count, what in counts) + told
    for event in ("merge", "split", "retire"):
        yield from (f"    {event} {sample}" for sample in radius.samples[event])
    rows = f"{radius.rows_new:,} rows come, {radius.rows_gone:,} go"
    along = counted(radius.repointed, "order, case or the like moves", "orders, cases and the like move")
    yield f"golden values: {radius.cells:,} change; {rows}; {along} along"
    yield from (f"    {sample}" for sample in radius.samples["cells"])
    yield "causes: " + ", ".join(f"{cause} {rows:,}" for cause, rows in radius.causes.items())


def account_lines(planned: Planned) -> Iterator[str]:
    """Where every row of every source table went, one line each and the sum."""
    rows = [(line.map, *line.as_json().values()) for line in planned.account]
    total = ("together", *(sum(column) for column in list(zip(*rows, strict=True))[1:])) if rows else ()
    width = max((len(str(row[0])) for row in (*rows, HEADS)), default=0)
    yield f"{HEADS[0]:<{width}}  " + "  ".join(f"{head:>{len(head)}}" for head in HEADS[1:])
    for row in (*rows, total):
        cells = (f"{count:>{len(head)},}" for head, count in zip(HEADS[1:], row[1:], strict=False))
        yield f"{row[0]:<{width}}  " + "  ".join(cells) if row else ""


def drift_lines(planned: Planned) -> Iterator[str]:
    """What is different about the sources since the last run."""
    if planned.drift:
        yield "different since the last run:"
    yield from (f"  {one['map']}: {one['sentence']}" for one in planned.drift)


def dropped_lines(planned: Planned) -> Iterator[str]:
    """The first of the corrections that hold no longer."""
    for one in planned.dropped[:NAMED]:
        now = f": {one['found']!r}" if one["found"] is not None else ""
        yield f"    correction {one['id']}: {one['outcome']}{now}"


def named_questions(planned: Planned) -> Iterator[str]:
    """The first of the customers and records that a person is asked about by name."""
    for lost in planned.lost_evidence[:NAMED]:
        parts = " | ".join(", ".join(part[:NAMED]) for part in lost["parts"])
        yield f"    {lost['customer_id']}: {parts}"
    yield from (f"    {record} resembles somebody who was erased" for record in planned.resembling[:NAMED])
    for gone, new in planned.open_keys[:NAMED]:
        yield f"    {gone} may be {new} now"


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """The account, what was written, and what waits for a person."""
    yield from account_lines(outcome.planned)
    yield ""
    yield from drift_lines(outcome.planned)
    written = outcome.planned.changes.written_rows
    yield (
        f"run {outcome.run}: {counted(outcome.planned.customers, 'customer')}, written_rows {written:,}, "
        f"{outcome.seconds:.1f} s"
    )
    if paired := outcome.planned.rekeyed:
        yield f"  {counted(paired, 'record keeps its id', 'records keep their ids')} under another key"
    for count, what in outcome.planned.waiting:
        yield f"  {counted(count, OF_ONE.get(what, what), what)}"
    yield from dropped_lines(outcome.planned)
    yield from named_questions(outcome.planned)
    if gone := outcome.planned.stay_deleted:
        yield f"  left alone: {counted(len(gone), 'customer', 'customers')} that people deleted in the CRM"
    if known := outcome.planned.blocked["known"]:
        changes = counted(known, "change that an earlier run has told of is", CHANGES_TOLD)
        yield f"  {changes} still blocked"
    yield from outcome.notes
