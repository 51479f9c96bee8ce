"""Pairs of different people who live together: how many were merged, and how many nobody could tell apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from nicknames import NickNamer

from benchmarks.errors import pairs_within

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TELLING = ("middle_name", "suffix", "gender", "birth_date", "first_name")
"""Columns that can tell two people of one home apart."""


def homes(membership: pa.Table, rows: pa.Table, truth: pa.Table) -> dict[str, tuple[int, ...]]:
    """Per kind of pair: pairs, pairs that no field tells apart, merged pairs, and merged that no field tells.

    `truth` has record_id, true_customer, household, true_birth and true_suffix. Families are all pairs but
    twins (one birth date) and people of one name told apart by their suffixes (Jr and Sr).
    """
    at = pc.index_in(truth["record_id"], value_set=membership["record_id"])
    cluster = _codes(membership["cluster"].take(at))
    person, home = _codes(truth["true_customer"]), _codes(truth["household"])
    left, right = pairs_within(home)
    different = person[left] != person[right]
    left, right = left[different], right[different]
    merged = cluster[left] == cluster[right]
    alike = same_in_all(_in_order(rows, truth), left, right)
    return {
        name: (int(kind.sum()), *(int((kind & also).sum()) for also in (alike, merged, merged & alike)))
        for name, kind in _kinds(truth, left, right).items()
    }


def _kinds(truth: pa.Table, left: Ints, right: Ints) -> dict[str, Flags]:
    birth, suffix = _codes(truth["true_birth"]), truth["true_suffix"].to_numpy()
    twins = birth[left] == birth[right]
    named = ~twins & (suffix[left] > 0) & (suffix[right] > 0)
    return {"families": ~twins & ~named, "twins": twins, "Jr and Sr": named}


def _in_order(rows: pa.Table, truth: pa.Table) -> pa.Table:
    return rows.take(pc.index_in(truth["record_id"], value_set=rows["record_id"].combine_chunks()))


def same_in_all(rows: pa.Table, left: Ints, right: Ints) -> Flags:
    """True for pairs that no telling column tells apart; an initial or a short form agrees with a name."""
    same = np.ones(len(left), np.bool_)
    for name in TELLING:
        if name in rows.column_names:
            text = pc.utf8_lower(rows[name]).combine_chunks()
            one, two = text.take(pa.array(left)), text.take(pa.array(right))
            alike = pc.or_(pc.equal(one, two), pc.or_(_opens(one, two), _opens(two, one)))
            found = pc.fill_null(alike, True).to_numpy(zero_copy_only=False)
            same &= found | _nicknames(one, two, same & ~found) if name == "first_name" else found
    return same


def _opens(short: pa.Array, long: pa.Array) -> pa.Array:
    """True where the one is the initial of the other."""
    return pc.and_(pc.equal(pc.utf8_length(short), 1), pc.equal(short, pc.utf8_slice_codeunits(long, 0, 1)))


def _nicknames(one: pa.Array, two: pa.Array, asked: Flags) -> Flags:
    """True where two given names can be short forms of one name."""
    namer = NickNamer()
    out = np.zeros(len(one), np.bool_)
    for at in np.flatnonzero(asked).tolist():  # few: all other fields agree
        forms = [{name, *namer.canonicals_of(name)} for name in (one[at].as_py(), two[at].as_py())]
        out[at] = bool(forms[0] & forms[1])
    return out


def _codes(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column.combine_chunks().dictionary_encode().indices.to_numpy(), np.int64)
