"""Which vanished record came back under another key: one to one, where content makes it clear.

The record id of a row is made of its key, so a key that was padded, a keyless row that was edited or a record
that got another name in its rule file looks like one record gone and another come. First what is equal is
paired, then what the matching model calls one customer. A pair is clear when neither of its records has a
rival; all others are questions for a person.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

CANDIDATES: Final = pa.schema(
    [
        ("record_id", pa.string()),
        ("map", pa.string()),
        ("kind", pa.string()),
        ("part", pa.string()),
        ("key", pa.string()),
        ("row_hash", pa.string()),
        ("claims_hash", pa.string()),
        ("rest", pa.string()),  # the raw row without the columns of its key; null where nothing is left
    ]
)
"""Records of one side: those that are in no row any more, or those that nobody knew."""

PAIRS: Final = pa.schema(
    [("gone", pa.string()), ("come", pa.string()), ("state", pa.string()), ("how", pa.string())]
)
"""A vanished record, the new one that stands for it (``paired``) or may do so (``open``), and why."""

PAIRED, OPEN = "paired", "open"

EQUAL: Final = (
    (("map", "kind", "key", "claims_hash"), "the same row and claims under another name of the record"),
    (("map", "kind", "part", "row_hash"), "the same row, of which the rules take another key"),
    (("map", "kind", "part", "bare_key", "rest"), "the same row, its key written otherwise"),
    (("map", "kind", "part", "rest"), "the same row but for its key"),
)
"""What two records must share, and how that is said; each round pairs what the ones before have left."""

BY_KEY: Final = "its key is written otherwise, and the evidence calls both one customer"
BY_EVIDENCE: Final = "the evidence calls both one customer, and neither has a rival"
UNCLEAR: Final = "the evidence does not make it clear"

RIVAL_MILLIBITS: Final = 7_000
"""A pair has a rival in another one of its records that is not 7 bits, a hundred times, less likely."""

_BETWEEN: Final = chr(31)


def equal(gone: pa.Table, come: pa.Table) -> pa.Table:
    """PAIRS of records that are equal in what one of the rounds asks for, and alone in that on either side.

    Both are CANDIDATES.
    """
    sides = [side.append_column("bare_key", bare_keys(side["key"])) for side in (gone, come)]
    found = [PAIRS.empty_table()]
    for columns, how in EQUAL:
        pairs = _one_to_one(*sides, columns=columns)
        found.append(_pairs(pairs["gone"], pairs["come"], PAIRED, how))
        sides = [
            side.filter(pc.invert(pc.is_in(side["record_id"], pairs[name].combine_chunks())))
            for side, name in zip(sides, ("gone", "come"), strict=True)
        ]
    return pa.concat_tables(found).sort_by("gone")


def bare_keys(keys: pa.ChunkedArray) -> pa.ChunkedArray:
    """Keys without what writing them otherwise changes: case, spaces, separators, leading zeros."""
    bare = pc.replace_substring_regex(pc.utf8_upper(keys), r"[\s\-_./]+", "")
    return pc.replace_substring_regex(bare, r"(^|\|)0+", r"\1")


def _one_to_one(gone: pa.Table, come: pa.Table, *, columns: tuple[str, ...]) -> pa.Table:
    """``gone, come`` of records that share these columns with one record of the other side, and no other."""
    ours, theirs = _alone(gone, columns), _alone(come, columns)
    joined = ours.join(theirs, "text", join_type="inner", left_suffix="", right_suffix="_come")
    return joined.rename_columns(["text", "gone", "come"]).select(["gone", "come"]).combine_chunks()


def _alone(side: pa.Table, columns: tuple[str, ...]) -> pa.Table:
    """``text, record_id`` of the records that share these columns with no other of their side."""
    text = pc.binary_join_element_wise(*(side[name] for name in columns), _BETWEEN)
    told = pa.table({"text": text, "record_id": side["record_id"]}).filter(pc.is_valid(text))
    counts = told.group_by("text").aggregate([("record_id", "count"), ("record_id", "min")])
    alone = counts.filter(pc.equal(counts["record_id_count"], 1))
    return alone.select(["text", "record_id_min"]).rename_columns(["text", "record_id"])


def similar(
    scored: pa.Table, gone: pa.Table, come: pa.Table, *, merge_millibits: int, review_millibits: int
) -> pa.Table:
    """PAIRS of vanished and new records of one map that the model calls one customer, or doubts to be.

    `scored` are pairs of :class:`matching.engine.Matched` among the records of both sides (CANDIDATES).
    """
    pairs = _across(scored, gone, come)
    pairs = pairs.filter(pc.greater_equal(pairs["millibits"], review_millibits))
    sure = pc.greater_equal(pairs["millibits"], merge_millibits)
    alike = pc.and_(sure, pairs["same_key"])
    by_key = pairs.filter(pc.and_(alike, _without_rival(pairs, alike)))
    rest = _others(pairs, by_key)
    sure = pc.greater_equal(rest["millibits"], merge_millibits)
    by_evidence = rest.filter(pc.and_(sure, _without_rival(rest, pa.repeat(pa.scalar(True), len(rest)))))
    open_ones = _others(rest, by_evidence)
    return pa.concat_tables(
        [
            _pairs(by_key["gone"], by_key["come"], PAIRED, BY_KEY),
            _pairs(by_evidence["gone"], by_evidence["come"], PAIRED, BY_EVIDENCE),
            _pairs(open_ones["gone"], open_ones["come"], OPEN, UNCLEAR),
        ]
    ).sort_by([("gone", "ascending"), ("come", "ascending")])


def _across(scored: pa.Table, gone: pa.Table, come: pa.Table) -> pa.Table:
    """``gone, come, millibits, same_key`` of the pairs with one record of either side, of one map."""
    both = []
    for one, other in (("left", "right"), ("right", "left")):
        at = [
            pc.index_in(scored[column], side["record_id"].combine_chunks())
            for column, side in ((one, gone), (other, come))
        ]
        there = pc.and_(pc.is_valid(at[0]), pc.is_valid(at[1]))
        left, right = (
            side.take(place.filter(there)) for side, place in zip((gone, come), at, strict=True)
        )
        same_key = pc.equal(bare_keys(left["key"]), bare_keys(right["key"]))
        pairs = pa.table(
            {
                "gone": left["record_id"],
                "come": right["record_id"],
                "millibits": scored["millibits"].filter(there),
                "same_key": same_key,
            }
        )
        both.append(pairs.filter(pc.equal(left["map"], right["map"])))
    return pa.concat_tables(both).combine_chunks()


def _without_rival(pairs: pa.Table, among: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    """For each pair, whether it is the best of both its records, and no other of `among` comes near it."""
    found = pa.chunked_array([pa.repeat(pa.scalar(True), len(pairs))])
    for side in ("gone", "come"):
        best = pairs.filter(among).group_by(side).aggregate([("millibits", "max")])
        place = pc.index_in(pairs[side], best[side].combine_chunks())
        near = pc.greater(
            pairs["millibits"], pc.subtract(best["millibits_max"].take(place), RIVAL_MILLIBITS)
        )
        near = pc.fill_null(pc.and_(near, among), False)
        counts = pc.value_counts(pairs[side].filter(near))
        several = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
        alone = pc.and_(near, pc.invert(pc.is_in(pairs[side], several)))
        found = pc.and_(found, alone)
    return found


def _others(pairs: pa.Table, taken: pa.Table) -> pa.Table:
    """The pairs of records that are in none of the taken pairs."""
    used = [pc.is_in(pairs[side], taken[side].combine_chunks()) for side in ("gone", "come")]
    return pairs.filter(pc.invert(pc.or_(*used)))


def _pairs(gone: pa.ChunkedArray, come: pa.ChunkedArray, state: str, how: str) -> pa.Table:
    said = [pa.repeat(pa.scalar(text), len(gone)) for text in (state, how)]
    return pa.table([gone, come, *said], schema=PAIRS)
