"""From claims to features: what two records of one kind are compared by, dictionary-encoded.

Records stand in the order of their ids, so a position is an id's rank and left < right means a lesser id.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise import names as normal_names
from crm_unify.normalise import organisations as normal_organisations
from crm_unify.normalise import text
from matching import contacts
from matching.columns import (
    MISSING,
    Codes,
    Column,
    Flags,
    Ints,
    Part,
    column,
    empty,
    from_codes,
    merge,
    recounted,
    recounted_part,
    rows_of,
    with_degree,
    within,
)
from matching.hashing import groups
from matching.lists import NO_NAMES, TITLES
from matching.names import NameTraits, gender_of_title, name_traits, words_of
from matching.places import Places, no_places, places
from matching.policy import COMPARISONS
from matching.texts import Texts, positions

Claims = Mapping[str, pa.Table]

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
            by_kind[kind] = _kind(kind, _Table(_sorted(listed), claims))
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


class _Table:
    """The claims of one kind's records, read by table and column."""

    def __init__(self, records: pa.Table, claims: Claims) -> None:
        self.records = records
        self.claims = claims
        self.ids = records["record_id"].cast(pa.string()).combine_chunks()
        if isinstance(self.ids, pa.ChunkedArray):
            self.ids = pa.concat_arrays(self.ids.chunks)

    def __len__(self) -> int:
        return len(self.ids)

    def claimed(self, table: str) -> tuple[pa.Table, Ints]:
        """The rows of a claim table that belong to these records, and their records."""
        claimed = self.claims.get(table)
        if claimed is None:
            claimed = pa.table({"record_id": pa.array([], pa.string())})
        owner = rows_of(claimed, self.ids)
        listed = owner >= 0
        if bool(listed.all()):
            return claimed, owner
        return claimed.filter(pa.array(listed)), owner[listed]

    def texts(self, table: str, *names: str) -> tuple[list[pa.Array], Ints]:
        """Columns of a claim table as text, null where the table lacks one, and the rows' records."""
        rows, owner = self.claimed(table)
        missing = pa.nulls(rows.num_rows, pa.string())
        found = [rows[n].cast(pa.string()) if n in rows.column_names else missing for n in names]
        return [f.combine_chunks() if isinstance(f, pa.ChunkedArray) else f for f in found], owner


def _kind(kind: str, table: _Table) -> KindFeatures:
    build = _person if kind == "person" else _organisation
    with ThreadPoolExecutor(THREADS) as pool:
        located, points = pool.submit(_places, table), pool.submit(contacts.columns, table)
        columns, traits, party = build(table)
        where = located.result()
        columns |= points.result()
    columns["source"] = column(np.arange(len(table)), table.records["system"].cast(pa.string()), len(table))
    columns["address"] = where.address
    for field in ("email", "phone", "address", "domain"):
        columns[field] = with_degree(columns[field], party)
    customer = groups([tuple(columns[name] for name in names) for names in _ROUGH[kind]], len(table))
    return _counted(KindFeatures(kind, table.ids, columns, where, traits, contacts.parts(columns), customer))


def _places(table: _Table) -> Places:
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
    "organisation": (("identifier",), ("name", "phone"), ("name", "domain"), ("name", "address")),
}
"""Combinations of fields that make records one rough customer, good enough to count carriers of values."""


def _counted(features: KindFeatures) -> KindFeatures:
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


def _person(table: _Table) -> tuple[dict[str, Column], NameTraits, Codes]:
    """Columns of persons, the traits of their names, and a code that tells parties apart by name."""
    parts, owner = _name_parts(table)
    n = len(table)
    suffix, titled = column(owner, parts.pop("suffix"), n), parts.pop("titled")
    raw = {name: column(owner, part, n) for name, part in parts.items()}
    shared = merge(list(raw.values())).values
    columns = {
        name: col.recoded(shared.find(col.values).astype(np.int32), shared) for name, col in raw.items()
    }
    traits = name_traits(shared)
    columns["lone"] = _where(columns["given"], columns["family"].first == MISSING)
    columns["surname"] = _surnames(shared, columns["family"], columns["birth_name"], columns["lone"])
    given, family = columns["given"].first, columns["family"].first
    party = np.where(given != MISSING, traits.canonical[given] if len(shared) else given, family)
    extra, owner = table.texts("person", "gender", "birth_date", "job_title")
    columns["suffix"] = suffix
    columns["gender"] = column(owner, pc.coalesce(_gender(extra[0]), titled), n)
    columns["birth_date"] = contacts.birth_dates(column(owner, extra[1], n))
    columns["job"] = column(owner, text.fold(extra[2]).value, n)
    columns["employer"] = _employers(table)
    return columns, traits, party.astype(np.int32)


def _gender(raw: pa.Array) -> pa.Array:
    """F or M; anything else tells nothing."""
    first = pc.utf8_slice_codeunits(text.fold(raw).value, 0, 1)
    return pc.if_else(pc.is_in(first, value_set=pa.array(["F", "M"])), first, pa.scalar(None, pa.string()))


def _titled(folded: pa.Array) -> pa.Array:
    """The gender that folded courtesy titles tell."""
    coded = folded.dictionary_encode()
    told = pa.array([gender_of_title(title) for title in coded.dictionary.to_pylist()], pa.string())
    return told.take(coded.indices)


_SUFFIX = r" (?P<suffix>JR|SR|JUN|SEN|JNR|SNR|JUNIOR|SENIOR|II|III|IV)$"
"""A name suffix at the end of a folded given or family name."""


def _name_parts(table: _Table) -> tuple[dict[str, pa.Array], Ints]:
    """Folded name parts of each person claim; a full name is split, and heard where no part is claimed."""
    wanted = ("given_name", "middle_name", "family_name", "birth_name", "nickname")
    found, owner = table.texts("person", "full_name", "suffix", "prefix", *wanted)
    full, suffix, prefix, parts = *found[:3], dict(zip(wanted, found[3:], strict=True))
    split = normal_names.split_names(full, order="auto").value
    whole = {name: text.fold(pc.struct_field(split, name)).value for name in wanted}
    folded = {name: text.fold(parts[name]).value for name in wanted}
    folded["given_name"] = _without_titles(folded["given_name"])
    heard = _heard(folded, whole)
    folded = {
        name: pc.coalesce(folded[name], pc.if_else(heard, whole[name], pa.scalar(None, pa.string())))
        for name in wanted
    }
    claimed = text.fold(pc.coalesce(suffix, pc.struct_field(split, "suffix"))).value
    title = text.fold(pc.coalesce(prefix, pc.struct_field(split, "prefix"))).value
    tails = {
        name: pc.struct_field(pc.extract_regex(folded[name], _SUFFIX), "suffix")
        for name in ("given_name", "family_name")
    }
    for name, tail in tails.items():
        folded[name] = pc.if_else(
            tail.is_valid(), pc.replace_substring_regex(folded[name], _SUFFIX, ""), folded[name]
        )
    given = pc.fill_null(folded["given_name"], "")
    head = pc.replace_substring_regex(given, r" .*", "")
    rest = pc.replace_substring_regex(given, r"^\S+ ?", "")
    rest = pc.if_else(pc.equal(rest, ""), pa.scalar(None, pa.string()), rest)
    middle = pc.coalesce(folded["middle_name"], rest)
    return {
        "given": head,
        "middle": middle,
        "family": folded["family_name"],
        "birth_name": folded["birth_name"],
        "called": folded["nickname"],
        "suffix": _canonical_suffix(pc.coalesce(claimed, tails["family_name"], tails["given_name"])),
        "titled": _titled(title),
    }, owner


def _heard(claimed: dict[str, pa.Array], whole: dict[str, pa.Array]) -> pa.Array:
    """True where the parts of the full name fill what is not claimed: they agree with all that is."""
    agrees = [
        pc.or_(pc.is_null(claimed[name]), pc.fill_null(pc.equal(claimed[name], whole[name]), False))
        for name in ("given_name", "family_name")
    ]
    return pc.and_(*agrees)


_TITLES = rf"^(?:(?:{'|'.join(sorted(TITLES))}) +)+"
_NO_NAME = rf"^(?:{'|'.join(sorted(TITLES | NO_NAMES))})$"


def _without_titles(given: pa.Array) -> pa.Array:
    """Folded given names without titles; null where the field names a title or a relation instead."""
    bare = pc.replace_substring_regex(given, _TITLES, "")
    nameless = pc.fill_null(pc.match_substring_regex(bare, _NO_NAME), False)
    return pc.if_else(nameless, pa.scalar(None, pa.string()), bare)


def _canonical_suffix(folded: pa.Array) -> pa.Array:
    """JR and SR however they were written; other suffixes as they are."""
    short = pc.replace_substring_regex(folded, r"^(JUN|JUNIOR|JNR)$", "JR")
    return pc.replace_substring_regex(short, r"^(SEN|SENIOR|SNR)$", "SR")


def _where(col: Column, holds: Flags) -> Column:
    """The column of the records for which something holds."""
    kept = holds[col.carriers]
    return from_codes(col.carriers[kept], col.codes[kept].astype(np.int64), col.records, col.values)


def _surnames(names: Texts, *columns: Column) -> Column:
    """Every name somebody might be filed under, and words of double names that are names."""
    words = pc.split_pattern(names.array, " ")
    double = np.flatnonzero(pc.list_value_length(words).to_numpy() > 1)
    parts = [words_of(name) for name in names[double]]
    sizes = np.ones(len(names), np.int64)
    sizes[double] = [1 + len(part) for part in parts]
    starts = np.cumsum(sizes) - sizes
    code = np.full(int(sizes.sum()), MISSING, np.int64)
    code[starts] = np.arange(len(names))
    of_parts = names.find(pa.array([word for part in parts for word in part], pa.string()))
    code[np.repeat(starts[double] + 1, sizes[double] - 1) + within(sizes[double] - 1)] = of_parts
    carriers, codes = (
        np.concatenate([col.carriers for col in columns]),
        np.concatenate([col.codes for col in columns]),
    )
    repeat = sizes[codes]
    found = code[np.repeat(starts[codes], repeat) + within(repeat)]
    owner = np.repeat(carriers, repeat)
    return from_codes(owner[found != MISSING], found[found != MISSING], columns[0].records, names)


def _employers(table: _Table) -> Column:
    """The core name of each person's organisations."""
    links = table.claims.get("organisation_person")
    organisations = table.claims.get("organisation")
    if links is None or organisations is None or not links.num_rows:
        return empty(len(table))
    owner = positions(links["person_record_id"].cast(pa.string()).combine_chunks(), table.ids)
    cores = core_names(organisations)
    ids = organisations["record_id"].cast(pa.string()).combine_chunks()
    at = pc.index_in(links["record_id"].cast(pa.string()), value_set=ids)
    employer = cores.take(pc.fill_null(at, 0)) if len(cores) else pa.nulls(len(at), pa.string())
    employer = pc.if_else(pc.is_null(at), pa.scalar(None, pa.string()), employer)
    keep = owner >= 0
    return column(owner[keep], employer.filter(pa.array(keep)), len(table))


def core_names(organisations: pa.Table) -> pa.Array:
    """Folded name of each organisation claim without legal form and branch; all of it if nothing is left."""
    name = organisations["name"].cast(pa.string()).combine_chunks()
    core = pc.struct_field(normal_organisations.organisations(name).value, "core")
    return pc.coalesce(core, text.fold(name).value)


def _organisation(table: _Table) -> tuple[dict[str, Column], NameTraits, Codes]:
    """Columns of organisations, no name traits, and core name with branch as what tells parties apart."""
    rows, owner = table.claimed("organisation")
    n = len(table)
    if not rows.num_rows:
        nothing = empty(n)
        fields = {"name": nothing, "branch": nothing, "legal_form": nothing, "contact": nothing}
        return fields, name_traits(Texts.of([])), nothing.first
    (claimed, form), owner = table.texts("organisation", "name", "legal_form")
    found = normal_organisations.organisations(claimed).value
    branch = pc.struct_field(found, "branch")
    columns = {
        "name": column(owner, core_names(rows), n),
        "branch": column(owner, branch, n),
        "legal_form": column(
            owner, text.fold(pc.coalesce(form, pc.struct_field(found, "legal_form"))).value, n
        ),
        "contact": _contacts(table),
    }
    told = column(owner, pc.binary_join_element_wise(core_names(rows), pc.fill_null(branch, ""), "\x1f"), n)
    return columns, name_traits(Texts.of([])), told.first


def _contacts(table: _Table) -> Column:
    """Folded names of the people who belong to each organisation."""
    links, owner = table.claimed("organisation_person")
    people = table.claims.get("person")
    if people is None or not links.num_rows or not people.num_rows:
        return empty(len(table))
    one = _Table(people.select(["record_id"]), {"person": people})
    parts, _ = _name_parts(one)
    full = pc.binary_join_element_wise(parts["given"], parts["family"], " ")
    at = pc.index_in(links["person_record_id"].cast(pa.string()), value_set=one.ids)
    return column(owner, full.take(at), len(table))


def _with_sites(kinds: dict[str, KindFeatures]) -> dict[str, KindFeatures]:
    """What an organisation carries (a number, a mailbox, an address) is one of a site for its people."""
    if len(kinds) == len(COMPARISONS):
        person = kinds["person"]
        columns = dict(person.columns)
        for field in ("email", "phone", "address"):
            columns[field] = contacts.mark_sites(columns[field], kinds["organisation"].columns[field])
        kinds["person"] = replace(person, columns=columns)
    return kinds
