"""Which customers a change can reach: all others are, to the last bit, what the last run left.

A customer is concerned when one of its records changed, when its records are not one cluster any more or no
longer a cluster of their own, when a person spoke on it since, or when it carries an address or number for
which an objection came or went. The place of a person in an organisation belongs to both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.run.decisions import Decision
from crm_unify.run.kept import CONSENT, Kept
from matching.consent import OPTED_OUT
from pipelines.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Concerned:
    """Records of parties."""

    records: pa.Array
    """All records of all customers that may differ, ascending."""
    beside: pa.Array
    """Further records that they cannot be made without: objectors, people of organisations, parents."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What a change is held against."""

    membership: pa.Table
    """``record_id, cluster`` of all parties, ascending."""
    ledger: Ledger
    before: Kept
    now: Kept
    parents: pa.Array
    """Records that changed orders, cases and the like hang on."""

    def concerned(
        self, changed: pa.Array, spoken: pa.Array, objections: tuple[pa.Table, pa.Table]
    ) -> Concerned:
        """The customers that the changed records and those that people spoke on reach.

        `objections` are OBJECTIONS of rows that make no record, as they were and as they are.
        """
        ids = self.membership["record_id"].combine_chunks()
        cluster, former = self._clusters(ids), self._customers(ids)
        here = moved(cluster, former)
        here |= _among(ids, changed) | _among(ids, spoken)
        objecting = self._objecting(changed, objections)
        if objecting is not None:
            here |= _among(ids, objecting)
        here = whole(here, cluster, former)
        links = self.now.table("organisation_person")
        of_people = links.filter(pc.is_in(links["person_record_id"], ids.filter(pa.array(here))))
        here = whole(here | _among(ids, of_people["record_id"].combine_chunks()), cluster, former)
        records = ids.filter(pa.array(here))
        return Concerned(records, self._beside(records, links))

    def _clusters(self, ids: pa.Array) -> np.ndarray:
        return _codes(self.membership["cluster"])

    def _customers(self, ids: pa.Array) -> np.ndarray:
        xref = self.ledger.xref
        if not xref["record_id"].combine_chunks().equals(ids):
            xref = xref.take(pc.index_in(ids, xref["record_id"].combine_chunks()))
        return _codes(xref["customer_id"])

    def _objecting(self, changed: pa.Array, unheard: tuple[pa.Table, pa.Table]) -> pa.Array | None:
        """Records that carry what an objection came or went for; None where there is none."""
        values, owners = [], []
        for kept in (self.before, self.now):
            said = kept.of(CONSENT, changed)
            objectors = said.filter(pc.equal(said["status"], OPTED_OUT))["record_id"].combine_chunks()
            values.append(kept.of("contact_point", objectors)["value_norm"])
        then, now = ({tuple(row.values()): row for row in table.to_pylist()} for table in unheard)
        for row in (then[key] if key in then else now[key] for key in then.keys() ^ now.keys()):
            values.append(pa.chunked_array([[row["value_norm"]]], pa.string()))
            owners.append(row["record_id"])
        wanted = pc.unique(pa.chunked_array([c for v in values for c in v.chunks], pa.string())).drop_null()
        if len(wanted) == 0 and not owners:
            return None
        points = self.now.table("contact_point")
        carriers = points.filter(pc.is_in(points["value_norm"], wanted))["record_id"].combine_chunks()
        return pa.concat_arrays([carriers, pa.array(owners, pa.string())])

    def _beside(self, records: pa.Array, links: pa.Table) -> pa.Array:
        said = self.now.table(CONSENT)
        objectors = pc.unique(said.filter(pc.equal(said["status"], OPTED_OUT))["record_id"])
        people = links.filter(pc.is_in(links["record_id"], records))["person_record_id"].combine_chunks()
        found = pa.concat_arrays([people, self.parents.drop_null()])
        if len(objectors):
            points = self.now.table("contact_point")
            mine = points.filter(pc.is_in(points["record_id"], records))["value_norm"]
            theirs = points.filter(pc.is_in(points["record_id"], objectors))
            theirs = theirs.filter(pc.is_in(theirs["value_norm"], pc.unique(mine)))
            found = pa.concat_arrays([found, theirs["record_id"].combine_chunks()])
        return pc.unique(found.filter(pc.invert(pc.is_in(found, records)))).sort()


def _codes(names: pa.ChunkedArray) -> np.ndarray:
    """A number for each name, -1 for none."""
    coded = names.combine_chunks().dictionary_encode()
    return np.asarray(pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False), np.int64)


def _among(ids: pa.Array, some: pa.Array) -> np.ndarray:
    return np.asarray(pc.is_in(ids, some).to_numpy(zero_copy_only=False), np.bool_)


def moved(cluster: np.ndarray, former: np.ndarray) -> np.ndarray:
    """The records of clusters that are not exactly a customer that stood."""
    if len(cluster) == 0:
        return np.zeros(0, np.bool_)
    first = np.full(int(cluster.max()) + 1, -2, np.int64)
    first[cluster] = former
    other = np.zeros(len(first), np.bool_)
    other[cluster[former != first[cluster]]] = True
    sizes = np.bincount(former + 1, minlength=int(former.max()) + 2)
    other[cluster[np.bincount(cluster)[cluster] != sizes[former + 1]]] = True
    other[cluster[former < 0]] = True
    return np.asarray(other[cluster])


def whole(here: np.ndarray, cluster: np.ndarray, former: np.ndarray) -> np.ndarray:
    """These records and all others of their clusters and former customers."""
    while True:
        more = here
        for group in (cluster, former):
            if len(group):
                hit = np.zeros(int(group.max()) + 2, np.bool_)
                hit[group[more] + 1] = True
                hit[0] = False  # no former customer: that is no group
                more = more | hit[group + 1]
        if int(more.sum()) == int(here.sum()):
            return more
        here = more


def spoken_on(decisions: Iterable[Decision], *, since: int) -> pa.Array:
    """The records of decisions made since, and of those that were taken back."""
    every = {decision.id: decision for decision in decisions}
    asked = [decision for decision in every.values() if decision.id > since]
    records: set[str] = set()
    for decision in asked:
        records |= {member.record_id for member in decision.members}
        if decision.record_id is not None:
            records.add(decision.record_id)
        if decision.revokes is not None:
            asked.append(every[decision.revokes])
    return pa.array(sorted(records), pa.string())
