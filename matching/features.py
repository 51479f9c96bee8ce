"""From claims to features: what two records of one kind are compared by, dictionary-encoded.

Records stand in the order of their ids, so a position is an id's rank and left < right means a lesser id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching import contacts
from matching.claimed import Claims, ClaimTable
from matching.columns import (
    MISSING,
    Column,
    Ints,
    Part,
    column,
    recounted,
    recounted_part,
    single_valued,
    with_degree,
)
from matching.hashing import groups
from matching.names import NameTraits
from matching.organisation_fields import organisation_columns
from matching.person_fields import person_columns
from matching.places import Places, no_places, places
from matching.policy import COMPARISONS, MANY

THREADS = 2
"""Threads that make names, places and contact points at the same time; the outcome does not depend on it."""


@dataclass(frozen=True, slots=True, eq=False)
class KindFeatures:
    """The features of all records of one kind."""

    kind: str
    """`person` or `organisation`."""
    record_ids: pa.Array
    """Record ids in code-point order; a record's position in it is its number everywhere in matching."""
    columns: Mapping[str, Column]
    """The fields, by name."""
    places: Places
    """The addresses."""
    names: NameTraits
    """Traits of the names; given, family, birth, middle and nicknames share its codes."""
    parts: Mapping[str, Part]
    """Parts of e-mail addresses and phone numbers: email_local, email_domain, phone_tail."""
    customer: Ints
    """Rough customer of each record: records that agree on enough to be one when values are counted."""

    def __len__(self) -> int:
        """Number of records."""
        return len(self.record_ids)


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The features of all parties, kind by kind."""

    kinds: Mapping[str, KindFeatures]
    """Features of each kind of customer that has records."""

    @property
    def record_ids(self) -> pa.Array:
        """All record ids in code-point order."""
        ids = pa.concat_arrays(
            [kind.record_ids for kind in self.kinds.values()] or [pa.array([], pa.string())]
        )
        return ids.take(pc.sort_indices(ids))


def features(records: pa.Table, claims: Claims) -> Features:
    """The features of the records from their claims; claims of records that are not listed are not used.

    Raises ValueError when a record id stands twice.
    """
    by_kind = {}
    for kind in COMPARISONS:
        listed = records.filter(pc.equal(records["kind"], kind))
        if listed.num_rows:
            by_kind[kind] = _kind(kind, ClaimTable(_sorted(listed), claims))
    return Features(_with_sites(by_kind))


def _sorted(records: pa.Table) -> pa.Table:
    ids = pa.concat_arrays(records["record_id"].chunks or [pa.array([], pa.string())])
    if pc.all(pc.less(ids[:-1], ids[1:])).as_py():
        return records
    ordered = records.sort_by("record_id").combine_chunks()
    ids = ordered["record_id"]
    if pc.any(pc.equal(ids[1:], ids[:-1])).as_py():
        counts = pc.value_counts(ids)
        again = counts.filter(pc.greater(pc.struct_field(counts, "counts"), 1))
        raise ValueError(
            f"record ids stand more than once: {pc.struct_field(again, 'values').to_pylist()[:5]}"
        )
    return ordered


def _kind(kind: str, table: ClaimTable) -> KindFeatures:
    build = person_columns if kind == "person" else organisation_columns
    with ThreadPoolExecutor(THREADS) as pool:
        located, points = pool.submit(_places, table), pool.submit(contacts.columns, table)
        columns, traits, party = build(table)
        where = located.result()
        columns |= points.result()
        systems = table.records["system"].cast(pa.string())
        columns["source"] = column(np.arange(len(table)), systems, len(table))
        columns["address"] = where.address
        if kind == "person":
            columns["identifier"] = contacts.with_mailboxes(table, columns)
        parts = pool.submit(contacts.parts, columns)
        shared = ("email", "phone", "address", "domain")
        degrees = pool.map(lambda field: with_degree(columns[field], party), shared)
        customer = rough_customers(kind, columns, where)
        columns |= dict(zip(shared, degrees, strict=True))
    return counted_anew(
        KindFeatures(kind, table.ids, columns, where, traits, parts.result(), customer)
    )


def _places(table: ClaimTable) -> Places:
    addresses, owner = table.claimed("address")
    return places(addresses, owner, len(table)) if addresses.num_rows else no_places(len(table))


_ROUGH = {
    "person": (
        ("identifier",),
        ("email", "given"),
        ("phone", "given", "family"),
        ("birth_date", "given", "family"),
        ("address", "given", "family"),
    ),
    "organisation": (("identifier",), ("name", "phone"), ("name", "domain"), ("name", "address"), ("alone",)),
}
"""Combinations of fields that make records one rough customer, good enough to count carriers of values."""


def rough_customers(kind: str, columns: Mapping[str, Column], where: Places) -> Ints:
    """The rough customer of each record; of addresses only homes count: a town or district has namesakes."""
    called = columns["identifier"]
    own = np.where(called.degree < MANY, np.arange(len(called.values)), MISSING).astype(np.int32)
    told = {**columns, "address": where.homes, "identifier": called.recoded(own)}
    if kind == "organisation":
        told["alone"] = _with_nothing_else(columns["name"], [columns[name] for name in _TOLD_APART_BY], where)
    return groups([tuple(told[name] for name in names) for names in _ROUGH[kind]], where.address.records)


_TOLD_APART_BY = ("identifier", "phone", "email", "domain", "contact")
"""What tells two organisations of one name apart, besides where they are."""


def _with_nothing_else(name: Column, others: Sequence[Column], where: Places) -> Column:
    """The names of records that have nothing else: nothing says that those of one name are several."""
    alone = np.logical_and.reduce([col.first == MISSING for col in (*others, where.districts)])
    return single_valued(np.where(alone, name.first, MISSING).astype(np.int32), None)


def counted_anew(features: KindFeatures) -> KindFeatures:
    """The features with carriers counted as rough customers."""
    fields, customer = features.columns, features.customer
    customer = np.where(np.bincount(customer)[customer] == 1, -1, customer)
    with ThreadPoolExecutor(THREADS) as pool:
        counts = pool.map(lambda col: recounted(col, customer), fields.values())
        columns = dict(zip(fields, counts, strict=True))
        pieces = pool.map(
            lambda name: recounted_part(features.parts[name], fields[name.partition("_")[0]], customer),
            features.parts,
        )
        parts = dict(zip(features.parts, pieces, strict=True))
    return replace(features, columns=columns, parts=parts, places=features.places.recounted(customer))


def _with_sites(kinds: dict[str, KindFeatures]) -> dict[str, KindFeatures]:
    """What an organisation carries (a number, a mailbox, an address) is one of a site for its people."""
    if len(kinds) == len(COMPARISONS):
        person = kinds["person"]
        columns = dict(person.columns)
        for field in ("email", "phone", "address"):
            columns[field] = contacts.mark_sites(columns[field], kinds["organisation"].columns[field])
        kinds["person"] = replace(person, columns=columns)
    return kinds
