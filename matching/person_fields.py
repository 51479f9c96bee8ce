"""What two persons are compared by: names and their traits, gender, birth date, job and employers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise import text
from matching import contacts
from matching.claimed import ClaimTable
from matching.columns import MISSING, Codes, Column, Flags, column, empty, from_codes, united, within
from matching.names import NameTraits, name_traits, words_of
from matching.organisation_fields import core_names
from matching.person_names import each_spelling, name_parts
from matching.texts import Texts, positions

FILED = ("family", "birth_name", "lone", "spelt")
"""Columns of names that somebody might be filed under."""


def person_columns(table: ClaimTable) -> tuple[dict[str, Column], NameTraits, Codes]:
    """Columns of persons, the traits of their names, and a code that tells parties apart by name."""
    parts, owner = name_parts(table)
    n = len(table)
    suffix, titled = column(owner, parts.pop("suffix"), n), parts.pop("titled")
    spelt, speller = each_spelling(parts.pop("spelt"), owner)
    raw = [*(column(owner, part, n) for part in parts.values()), column(speller, spelt, n)]
    columns = dict(zip([*parts, "spelt"], united(raw), strict=True))
    shared = columns["given"].values
    traits = name_traits(shared)
    columns["lone"] = _where(columns["given"], columns["family"].first == MISSING)
    columns["surname"] = surnames(shared, *(columns[name] for name in FILED))
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


def _where(col: Column, holds: Flags) -> Column:
    """The column of the records for which something holds."""
    kept = holds[col.carriers]
    return from_codes(col.carriers[kept], col.codes[kept].astype(np.int64), col.records, col.values)


def surnames(names: Texts, *columns: Column) -> Column:
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


def _employers(table: ClaimTable) -> Column:
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
