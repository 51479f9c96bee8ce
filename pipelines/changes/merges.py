"""Records that would move to a customer which a person deleted in the CRM: they stay where they are.

A record of a living customer would lose everything to an id that has no row, whether its whole customer
merges into the deleted one, or it moves alone, or a split would give a deleted id back. So it keeps its
customer, and the golden rows are made from it there. A record that is new, or whose own customer is deleted
as well, may go: nothing that stands in the CRM is lost with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.changes.differences import only, without
from pipelines.changes.interface import BLOCKED
from pipelines.ledger import Ledger

SURVIVOR_GONE = "it was to be merged into a customer that a person deleted in the CRM"
OWNER_GONE = "it was to move to a customer that a person deleted in the CRM"


@dataclass(frozen=True, slots=True)
class Settlement:
    """Who belongs to whom, without moves to deleted customers."""

    xref: pa.Table
    """``record_id, customer_id``."""
    redirects: pa.Table
    """``old_id, new_id``."""
    kept: pa.ChunkedArray
    """Customers that were to be merged away and stay."""
    blocked: pa.Table
    """BLOCKED."""


def without_dead_ends(xref: pa.Table, redirects: pa.Table, ledger: Ledger) -> Settlement:
    """Take moves to customers that a person deleted out of cross references and redirects."""
    moved = _dead_ends(xref, ledger)
    if len(moved) == 0:
        return Settlement(xref, redirects, pa.chunked_array([], pa.string()), BLOCKED.empty_table())
    stay = pc.index_in(xref["record_id"], moved["record_id"].combine_chunks())
    customers = pc.coalesce(moved["customer_id"].take(stay), xref["customer_id"])
    settled = pa.table({"record_id": xref["record_id"], "customer_id": customers})
    left = without(moved, "customer_id", xref["customer_id"])
    single = only(moved, "customer_id", xref["customer_id"])["record_id"]
    kept = pc.unique(left["customer_id"])
    blocked = [_blocked("customer", kept, SURVIVOR_GONE), _blocked("mig_xref", single, OWNER_GONE)]
    return Settlement(
        settled,
        _leading_on(redirects, settled, ledger),
        pa.chunked_array([kept]),
        pa.concat_tables(blocked),
    )


def _dead_ends(xref: pa.Table, ledger: Ledger) -> pa.Table:
    """``record_id, customer_id``: records of living customers that would go to a deleted one, as they are."""
    if len(ledger.deleted) == 0:
        return ledger.xref.slice(0, 0)
    going = only(xref, "customer_id", ledger.deleted["customer_id"])["record_id"]
    of_living = without(ledger.xref, "customer_id", ledger.deleted["customer_id"])
    return only(of_living, "record_id", going)


def _leading_on(redirects: pa.Table, xref: pa.Table, ledger: Ledger) -> pa.Table:
    """Redirects of all ids that name no customer now; one to a deleted customer leads as before."""
    former = without(ledger.redirects, "old_id", xref["customer_id"]).select(["old_id", "new_id"])
    former = without(former, "new_id", ledger.deleted["customer_id"])
    dead = only(redirects, "new_id", ledger.deleted["customer_id"])["old_id"]
    wanted = without(redirects.select(["old_id", "new_id"]), "old_id", xref["customer_id"])
    settled = without(wanted, "old_id", only(former, "old_id", dead)["old_id"])
    back = without(former, "old_id", settled["old_id"])
    on = pc.index_in(back["new_id"], settled["old_id"].combine_chunks())
    led = pc.coalesce(settled["new_id"].take(on), back["new_id"])
    restored = pa.table({"old_id": back["old_id"], "new_id": led})
    return pa.concat_tables([settled, restored]).sort_by("old_id")


def _blocked(table: str, keys: pa.Array | pa.ChunkedArray, reason: str) -> pa.Table:
    said = [pa.repeat(pa.scalar(text), len(keys)) for text in (table, "update", reason)]
    return pa.table([said[0], keys, said[1], said[2]], schema=BLOCKED)
