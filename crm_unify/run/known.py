"""Everything that is known of the customers: what this snapshot says, and what earlier ones said last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import PARTIES, RECORDS
from matching.identity import founding_order
from matching.survivorship import Parties
from pipelines.carry import ACTIVE, Carried, claims_of
from pipelines.interpret.interface import Interpreted
from pipelines.ledger import Ledger

Read = Callable[[pa.ChunkedArray], pa.Table]
"""Record ids in, whole rows of ``mig_source_record`` out."""
PARTY_COLUMNS: Final = ("record_id", "kind", "system", "state", "created", "updated", "founding")


@dataclass(frozen=True, slots=True)
class Known:
    """All records, in force or remembered, with their claims."""

    records: pa.Table
    """RECORDS with ``state`` and ``founding``, sorted by record id."""
    claims: Mapping[str, pa.Table]
    """By kind, those of this snapshot and the carried ones."""

    def parties(self) -> pa.Table:
        """The party records, as matching sees them."""
        rows = self.records.filter(pc.is_in(self.records["kind"], pa.array(PARTIES)))
        return rows.select(["record_id", "system", "entity", "kind", "created", "updated"])

    def founding(self) -> pa.Table:
        """``record_id, founding`` of the party records."""
        rows = self.records.filter(pc.is_in(self.records["kind"], pa.array(PARTIES)))
        return rows.select(["record_id", "founding"])

    def only(self, record_ids: pa.Array) -> Known:
        """Some of the records, and what they claim."""
        mine = {
            kind: claims.filter(pc.is_in(claims["record_id"], record_ids))
            for kind, claims in self.claims.items()
        }
        return Known(self.records.filter(pc.is_in(self.records["record_id"], record_ids)), mine)

    def with_others(self, others: Known) -> Known:
        """These records and others."""
        tables = [self.records, others.records.select(self.records.column_names)]
        claims = {kind: pa.concat_tables([mine, others.claims[kind]]) for kind, mine in self.claims.items()}
        return Known(pa.concat_tables(tables).combine_chunks().sort_by("record_id"), claims)

    def with_customers(self, xref: pa.Table, trust: Sequence[str], pins: pa.Table) -> Parties:
        """The party records with the customer of each, and what people pinned."""
        rows = self.records.filter(pc.is_in(self.records["kind"], pa.array(PARTIES))).select(PARTY_COLUMNS)
        of_record = xref["customer_id"].take(
            pc.index_in(rows["record_id"], xref["record_id"].combine_chunks())
        )
        return Parties(rows.append_column("customer_id", of_record).combine_chunks(), trust, pins)


def known(
    interpreted: Interpreted, carried: Carried, ledger: Ledger, *, read: Read, trust: Sequence[str]
) -> Known:
    """The records of this snapshot together with the carried ones.

    A record keeps the founding order it got when it was first loaded; new ones are ranked now.
    """
    old = _carried_rows(carried, read)
    fresh = interpreted.records.append_column(
        "state", pa.array([ACTIVE] * len(interpreted.records), pa.string())
    )
    fresh = fresh.append_column("founding", _founding(interpreted.records, ledger, trust))
    records = pa.concat_tables([fresh, old.select(fresh.column_names)]).combine_chunks().sort_by("record_id")
    remembered = claims_of(old.select(["record_id", "kind", "claims"]))
    claims = {kind: pa.concat_tables([table, remembered[kind]]) for kind, table in interpreted.claims.items()}
    return Known(records, claims)


def _carried_rows(carried: Carried, read: Read) -> pa.Table:
    """Whole records out of the ledger, in the state they have now."""
    rows = read(carried.states["record_id"]).drop_columns(["state"])
    place = pc.index_in(rows["record_id"], carried.states["record_id"].combine_chunks())
    rows = rows.append_column("state", carried.states["state"].take(place))
    nowhere = pa.nulls(len(rows), pa.string())
    return rows if "row_id" in rows.column_names else rows.append_column("row_id", nowhere)


def _founding(records: pa.Table, ledger: Ledger, trust: Sequence[str]) -> pa.ChunkedArray:
    place = pc.index_in(records["record_id"], ledger.records["record_id"].combine_chunks())
    before = ledger.records["founding"].take(place)
    return pc.coalesce(
        before, founding_order(records.select(RECORDS.names), run=ledger.next_run, trust=trust)
    )


def issued_ids(ledger: Ledger) -> pa.Array:
    """Every customer id that was ever given out."""
    ids = [ledger.xref["customer_id"].combine_chunks(), ledger.redirects["old_id"].combine_chunks()]
    return pc.unique(pa.concat_arrays(ids)).sort()
