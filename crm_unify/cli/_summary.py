"""What a plan or a run says to people: the account of rows, and what would be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_unify.run.stages import Outcome, Planned

HEADS: Final = ("source table", "extracted", "mapped", "held", "quarantined", "discarded", "withheld values")


def planned_lines(planned: Planned) -> Iterator[str]:
    """The account of rows and what would be written."""
    yield from account_lines(planned)
    yield from (f"a run would be stopped: {stop}" for stop in planned.stops)
    for table, changes in planned.changes.tables.items():
        parts = (("new", changes.creates), ("changed", changes.updates), ("deleted", changes.deletes))
        counts = ", ".join(f"{len(rows):,} {name}" for name, rows in parts if len(rows))
        yield f"  {table}: {counts}"


def account_lines(planned: Planned) -> Iterator[str]:
    """Where every row of every source table went, one line each and the sum."""
    rows = [(line.map, *line.as_json().values()) for line in planned.account]
    total = ("together", *(sum(column) for column in list(zip(*rows, strict=True))[1:])) if rows else ()
    width = max((len(str(row[0])) for row in (*rows, HEADS)), default=0)
    yield f"{HEADS[0]:<{width}}  " + "  ".join(f"{head:>{len(head)}}" for head in HEADS[1:])
    for row in (*rows, total):
        cells = (f"{count:>{len(head)},}" for head, count in zip(HEADS[1:], row[1:], strict=False))
        yield f"{row[0]:<{width}}  " + "  ".join(cells) if row else ""


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """The account, what was written, and what waits for a person."""
    yield from account_lines(outcome.planned)
    yield ""
    written = outcome.planned.changes.written_rows
    yield (
        f"run {outcome.run}: {outcome.planned.customers:,} customers, written_rows {written:,}, "
        f"{outcome.seconds:.1f} s"
    )
    for count, what in outcome.planned.waiting:
        yield f"  {count:,} {what}"
    if known := outcome.planned.blocked["known"]:
        yield f"  {known:,} blocked changes that an earlier run has told of are still blocked"
    yield from outcome.notes
