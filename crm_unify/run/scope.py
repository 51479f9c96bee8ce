"""The customers that a change can reach, made again and compared with what was last written for them.

The stages are those of a full run (:mod:`crm_unify.run.stages`), over these customers alone; what they are
held against is cut to the same customers, so that nothing else is compared, missed or touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import GuardStopped
from crm_unify.ids import CHARACTERS, crm_ids
from crm_unify.progress import Progress
from crm_unify.records import PARTIES
from crm_unify.run.approvals import unapproved
from crm_unify.run.blocked import known_blocked, with_blocked
from crm_unify.run.changed import NotAloneError
from crm_unify.run.concerned import Concerned
from crm_unify.run.decisions import Rulings, left_to_evidence
from crm_unify.run.deletions import Deletions, deletions
from crm_unify.run.figures import figures, run_facts
from crm_unify.run.found import Given, Landing, snapshots
from crm_unify.run.gather import Base, stopped
from crm_unify.run.kept import HANGING, Kept, without
from crm_unify.run.known import Known, issued_ids, known
from crm_unify.run.model import kept_model
from crm_unify.run.news import News
from crm_unify.run.planned import Planned
from crm_unify.run.quiet import UNDER, circumstances
from crm_unify.run.rekeyed import open_pairs
from crm_unify.run.unifying import golden_rows
from crm_unify.schema.tables import PROFILE_TABLES, owner_of
from crm_unify.validation.account import check_records
from crm_unify.validation.guards import guard_moves
from matching.engine import Matched
from matching.golden import Golden
from matching.identity import assign
from pipelines.carry import DELETED, Carried
from pipelines.changes import Desired, Settlement, change_set, without_dead_ends
from pipelines.ledger import Ledger
from pipelines.results import Results

ID_LENGTH = len("C-") + CHARACTERS
USERS = "app_user"


@dataclass(frozen=True, slots=True)
class Scope:
    """The customers that may differ, and everything they are made of."""

    base: Base
    landing: Landing
    news: News
    ruled: Rulings
    kept: Kept
    matched: Matched
    concerned: Concerned

    def planned(self, *, given: Given, progress: Progress) -> Planned:
        """What is to be written, and what people are told.

        Raises NotAloneError where customers are concerned that a full run alone can tell about.
        """
        ledger, news, rows = self.base.ledger, self.news, self.news.read.interpreted
        customers = self._customers()
        stops = (*news.stops, *self._guarded(customers))
        gone = self._deletions(self._every(customers))
        every = gone.every
        with progress.stage("survive"):
            made = self._golden(every, customers)
        found = figures(news.read, self.matched, ledger, open_keys=self._open_keys(), as_of=given.as_of)
        found |= news.figures
        found |= {"customers": self._count(every), UNDER: circumstances(ledger.state)}
        waiting = [one.name for one in unapproved(self.base.project, self.base.engine)]
        desired = Desired(
            golden=made.tables,
            winners=made.winners,
            records=without(every.records, self.concerned.beside),
            xref=customers.xref,
            redirects=customers.redirects,
            lineages=rows.lineages,
            rejections=rows.rejections,
            rekeyed=news.read.rekeyed.rows,
            model=kept_model(self.matched.model, ledger),
            facts=run_facts(self.base.project, news.read.landed, found, given, waiting),
            blocked=pa.concat_tables([customers.blocked, gone.blocked]),
            confirmed=self.ruled.confirmed["record_id"].combine_chunks(),
            snapshots=snapshots(self.landing),
        )
        mine, spool = self._ledger(desired), self.landing.folder
        changes = with_blocked(change_set(desired, mine, self.base.engine, spool=spool, progress=progress))
        self.kept.write(self.landing.folder)
        return Planned(
            changes=changes,
            account=news.read.account,
            customers=found["customers"],
            landing=self.landing,
            results=Results(rows.fates, rows.rejections, self.matched.pairs, found),
            ledger=ledger,
            run=ledger.next_run,
            repairs=(),
            known_blocked=known_blocked(changes, ledger),
            vanished=news.vanished - gone.vanished,
            deleted=gone.records,
            stay_deleted=tuple(ledger.deleted["customer_id"].to_pylist()),
            rekeyed=news.read.rekeyed.paired,
            resembling=(),
            stops=stops,
        )

    # --- who they are ---
    def _customers(self) -> Settlement:
        """The customers concerned, with their ids and all former ids of their records."""
        ids, membership = self.concerned.records, self.matched.membership
        placed = membership.rename_columns(["record_id", "customer_id"])
        check_records(self.news.records, self.news.fates, placed)
        issued, named = issued_ids(self.base.ledger), crm_ids("C", ids)
        self._refuse_what_a_full_run_must_tell(issued, named)
        mine = issued.filter(pc.is_in(issued, named))
        assigned = assign(only(membership, ids), only(self._founding(), ids), issued=mine)
        ledger = self._of_parties(named)
        return without_dead_ends(assigned.xref, assigned.redirects, ledger)

    def _refuse_what_a_full_run_must_tell(self, issued: pa.Array, named: pa.Array) -> None:
        if pc.any(pc.greater(pc.binary_length(issued), ID_LENGTH), min_count=0).as_py():
            raise NotAloneError("two customers have ids of one hash")
        stood = only(self.base.ledger.xref, self.concerned.records)["customer_id"].combine_chunks()
        deleted = self.base.ledger.deleted["customer_id"].combine_chunks()
        if pc.any(pc.is_in(pa.concat_arrays([stood, named]), deleted), min_count=0).as_py():
            raise NotAloneError("a customer that was deleted in the CRM is concerned")

    def _founding(self) -> pa.Table:
        """``record_id, founding`` of all records."""
        known_ones, fresh = self.base.ledger.records, self.news.every.founding()
        others = without(known_ones.select(["record_id", "founding"]), fresh["record_id"].combine_chunks())
        return pa.concat_tables([others, fresh])

    def _of_parties(self, named: pa.Array) -> Ledger:
        """What the ledger says of the customers concerned; `named` are the ids of their records."""
        ledger = self.base.ledger
        former = ledger.redirects.filter(pc.is_in(ledger.redirects["old_id"], named))
        return replace(ledger, xref=only(ledger.xref, self.concerned.records), redirects=former)

    def _guarded(self, customers: Settlement) -> Iterable[GuardStopped]:
        """The guard on customers that move, of which there are none among the others."""
        before = left_to_evidence(self.base.ledger.xref, self.ruled)
        mine, total = only(before, self.concerned.records), pc.count_distinct(before["customer_id"]).as_py()
        most = self.base.project.project.guards.max_merge_split_pct
        return stopped(lambda: guard_moves(mine, customers.xref, max_pct=most, total=total))

    def _count(self, every: Known) -> int:
        """Customers with a record left that nobody has deleted in the CRM; none of those concerned is."""
        others = without(self.base.ledger.records, every.records["record_id"].combine_chunks())
        gone = pa.concat_arrays(
            [
                table.filter(pc.equal(table["state"], DELETED))["record_id"].combine_chunks()
                for table in (others, every.records)
            ]
        )
        stood, deleted = without(self.base.ledger.xref, gone)["customer_id"], self.base.ledger.deleted
        by_people = int(pc.sum(pc.is_in(deleted["customer_id"], pc.unique(stood))).as_py() or 0)
        left = without(self.matched.membership, gone)
        return int(pc.count_distinct(left["cluster"]).as_py()) - by_people

    def _deletions(self, every: Known) -> Deletions:
        """What becomes of vanished records; a full run alone knows all that hangs on them."""
        asked = [record for record, _ in self._open_keys()]
        gone = deletions(every, self.base.ledger, self.base.engine, asked=asked)
        if gone.records or len(gone.blocked):
            hanging = self.kept.table(HANGING)
            lost = every.records.filter(pc.equal(every.records["state"], DELETED))
            orders = pc.any(pc.equal(lost["kind"], "sales_order"), min_count=0).as_py()
            ids = lost["record_id"].combine_chunks()
            if orders or pc.any(pc.is_in(hanging["parent"], ids), min_count=0).as_py():
                raise NotAloneError("records are deleted with what hangs on them")
        return gone

    # --- what they are made of ---
    def _every(self, customers: Settlement) -> Known:
        """All records of these customers, what hangs on those that moved, and all users."""
        ledger, news = self.base.ledger, self.news
        parties = pa.concat_arrays([self.concerned.records, self.concerned.beside])
        others = news.every.records.filter(
            pc.invert(pc.is_in(news.every.records["kind"], pa.array(PARTIES)))
        )["record_id"].combine_chunks()
        users = ledger.records.filter(pc.equal(ledger.records["kind"], USERS))["record_id"].combine_chunks()
        wanted = pc.unique(pa.concat_arrays([parties, others, users, self._hanging(customers)]))
        fresh = news.every.only(wanted)
        mine = pc.is_in(ledger.records["record_id"], wanted)
        states = without(ledger.records.filter(mine), fresh.records["record_id"].combine_chunks())
        carried = Carried(states.select(["record_id", "map", "state"]), {})
        nothing = replace(
            news.read.interpreted,
            records=news.read.interpreted.records.slice(0, 0),
            claims={kind: claims.slice(0, 0) for kind, claims in fresh.claims.items()},
        )
        rest = known(nothing, carried, ledger, read=self.base.records, trust=news.trust)
        return fresh.with_others(rest)

    def _hanging(self, customers: Settlement) -> pa.Array:
        """Records that hang on a party whose customer has another id now."""
        before = only(self.base.ledger.xref, customers.xref["record_id"].combine_chunks())
        at = pc.index_in(customers.xref["record_id"], before["record_id"].combine_chunks())
        same = pc.fill_null(pc.equal(before["customer_id"].take(at), customers.xref["customer_id"]), False)
        moved = customers.xref["record_id"].filter(pc.invert(same)).combine_chunks()
        hanging = self.kept.table(HANGING)
        return hanging.filter(pc.is_in(hanging["parent"], moved))["record_id"].combine_chunks()

    def _golden(self, every: Known, customers: Settlement) -> Golden:
        """The golden rows of these customers, and of the records that hang on them."""
        beside = only(self.base.ledger.xref, self.concerned.beside)
        xref = pa.concat_tables([customers.xref, beside])
        made = golden_rows(self.base, every, xref, self.ruled, self.news.objections)
        mine = pc.unique(customers.xref["customer_id"])
        tables = {name: _owned(name, table, mine) for name, table in made.tables.items()}
        winners = made.winners.filter(pc.is_in(made.winners["customer_id"], mine))
        return Golden(tables, winners)

    # --- what they are held against ---
    def _ledger(self, desired: Desired) -> Ledger:
        """What the ledger says of these customers and records, and of nothing else."""
        ledger = self._of_parties(crm_ids("C", self.concerned.records))
        both = (*ledger.xref["customer_id"].chunks, *desired.xref["customer_id"].chunks)
        customers = pc.unique(pa.chunked_array(both, pa.string()))
        said = desired.golden["consent"]["source_record_id"].combine_chunks()
        return replace(
            ledger,
            records=only(ledger.records, desired.records["record_id"].combine_chunks()),
            profiles=ledger.profiles.filter(pc.is_in(ledger.profiles["customer_id"], customers)),
            consents=ledger.consents.filter(pc.is_in(ledger.consents["source_record_id"], said)),
        )

    def _open_keys(self) -> tuple[tuple[str, str], ...]:
        """Pairs of a vanished record and a new one that a person should speak on."""
        ledger, fresh = self.base.ledger, self.news.every.records.select(["record_id", "state"])
        stood = without(ledger.records.select(["record_id", "state"]), fresh["record_id"].combine_chunks())
        rows = pa.concat_tables([ledger.rekeyed, self.news.read.rekeyed.rows])
        asked = open_pairs(rows, pa.concat_tables([stood, fresh]), self.ruled.verdicts)
        return tuple(zip(asked["record_id"].to_pylist(), asked["new_id"].to_pylist(), strict=True))


def only(table: pa.Table, record_ids: pa.Array) -> pa.Table:
    """The rows of these records."""
    return table.filter(pc.is_in(table["record_id"], record_ids))


def _owned(name: str, table: pa.Table, customers: pa.Array) -> pa.Table:
    """The rows of these customers; those of records that hang on any are all asked for."""
    if name in PROFILE_TABLES:
        return table.filter(pc.is_in(table[owner_of(name)], customers))
    return table.filter(pc.is_in(table["customer_id"], customers)) if name == "consent" else table
