"""Guards: changes so large that they are more likely a broken delivery than news.

Shares count from :data:`COUNTED_FROM` rows or customers up, so that a small project is not stopped by one
row. A guard stops the run with exit code 3 before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import GuardStopped
from crm_unify.wording import counted

COUNTED_FROM: Final = 200
"""Below this many rows or customers a percentage says nothing."""


def guard_rekeyed(
    known: Mapping[str, int], vanished: Mapping[str, int], arrived: Mapping[str, int], *, max_pct: float
) -> None:
    """Stop when more than ``max_pct`` percent of a map's records vanish while as many new ones arrive.

    That is what a changed key looks like (padded, renumbered): the same rows under other ids. All three count
    records by map; a map whose former name is another one is known under neither.
    """
    for name in sorted(vanished):
        swapped = min(vanished[name], arrived.get(name, 0))
        before = known.get(name, vanished[name])
        if before >= COUNTED_FROM and 100 * swapped > max_pct * before:
            raise GuardStopped(
                f"{swapped} of {before} records of '{name}' have vanished, and as many new ones arrived",
                f"map {name}",
                why=f"guards.max_rekey_pct allows {max_pct} %; it looks as if the key had changed",
                remedy=f"compare the keys with the last delivery; if right, add --accept-rekey {name}",
            )


def guard_vanished(known: Mapping[str, int], vanished: Mapping[str, int], *, max_pct: float) -> None:
    """Stop when more than ``max_pct`` percent of the records of a map have vanished since the last run.

    Both count records by map: those in force after the last run, and those of them that are in no row now.
    """
    for name in sorted(vanished):
        if known[name] >= COUNTED_FROM and 100 * vanished[name] > max_pct * known[name]:
            share = 100 * vanished[name] / known[name]
            raise GuardStopped(
                f"{vanished[name]} of {known[name]} records of '{name}' have vanished ({share:.1f} %)",
                f"map {name}",
                why=f"guards.max_delete_pct allows {max_pct} %: most deliveries that shrink are broken",
                remedy="check the delivery; if it is right, raise guards.max_delete_pct for this run",
            )


def guard_deleted(known: Mapping[str, int], deleted: Mapping[str, int], *, max_pct: float) -> None:
    """Stop when more than ``max_pct`` percent of the records of a map go with those that they hang on.

    Both count records by map: those in force after the last run, and those of them that are deleted by this.
    """
    for name in sorted(deleted):
        if known[name] >= COUNTED_FROM and 100 * deleted[name] > max_pct * known[name]:
            share = 100 * deleted[name] / known[name]
            raise GuardStopped(
                f"{deleted[name]} of {known[name]} records of '{name}' would be deleted ({share:.1f} %), "
                "with what they hang on",
                f"map {name}",
                why=f"guards.max_delete_pct allows {max_pct} %, and `on_delete: delete` takes children along",
                remedy="check what has vanished; if it is right, raise guards.max_delete_pct for this run",
            )


def guard_shrunk(name: str, *, before: int, now: int, max_drop_pct: float | None) -> None:
    """Stop when a source has lost more than ``max_drop_pct`` percent of its rows since the last run.

    ``before`` and ``now`` are extracted rows; what a rule file says of its own source counts at any size.
    """
    if max_drop_pct is None or 100 * (before - now) <= max_drop_pct * before:
        return
    raise GuardStopped(
        f"the source of '{name}' has {counted(now, 'row')}, the last run read {before:,}",
        f"map {name}",
        why=f"expects.max_drop_pct allows a loss of {max_drop_pct} %",
        remedy="check the delivery; if it is right, raise expects.max_drop_pct in the rule file for this run",
    )


def guard_moves(before: pa.Table, after: pa.Table, *, max_pct: float, total: int | None = None) -> None:
    """Stop when more than ``max_pct`` percent of the existing customers are merged or split in one run.

    Both are ``record_id, customer_id``. A customer is split when its records now have several customers,
    merged when a customer now holds the records of several. ``total`` are the customers of ``before``; they
    may be told where ``after`` holds only some of the records, those of customers that may have moved.
    """
    joined = before.rename_columns(["record_id", "old"]).join(after, "record_id", join_type="inner")
    pairs = joined.group_by(["old", "customer_id"]).aggregate([])
    moved = pc.unique(pa.concat_tables([_repeated(pairs, "old"), _repeated(pairs, "customer_id")])["old"])
    total = pc.count_distinct(before["customer_id"]).as_py() if total is None else total
    if total >= COUNTED_FROM and 100 * len(moved) > max_pct * total:
        share = 100 * len(moved) / total
        raise GuardStopped(
            f"{len(moved)} of {total} customers would be merged or split ({share:.1f} %)",
            "matching",
            why=f"guards.max_merge_split_pct allows {max_pct} %",
            remedy="look at it with `crm-unify plan`; `crm-unify apply` writes a plan that a person has seen",
        )


def _repeated(pairs: pa.Table, column: str) -> pa.Table:
    """The pairs whose value in this column stands more than once."""
    counts = pc.value_counts(pairs[column])
    several = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    return pairs.filter(pc.is_in(pairs[column], several))
