"""Keys of rows: raw text as found, compared byte by byte, so that no change of cleaning renumbers the world.

A key is missing where a column of it is null, blank or a null token. A content key is a hash of the named
columns and an ordinal; rows alike in these columns are ordered by the hash of the whole row, so their place
in the file does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import encode_key_part
from crm_unify.rules.model import ContentKey
from pipelines.interpret.rows import Mask, Rows, as_array, as_mask
from pipelines.interpret.sql import Engine

CONTENT_DIGITS: Final = 24
"""Hex digits of a content key's hash: 96 bits, by which two of a billion rows meet with a chance of 1e-11."""

_ENCODED: Final = r"[%:#|!\x00-\x1f\x7f]"
_NO_KEY = pa.scalar(None, pa.string())


@dataclass(frozen=True, slots=True)
class Keys:
    """The key of every row of a map."""

    columns: tuple[str, ...]
    """Headers it is made of."""
    text: pa.Array
    """As in record ids: parts percent-encoded and joined with `|`; null where missing."""
    codes: npt.NDArray[np.int64]
    """Equal for equal keys, -1 where missing."""


def keys_of(rows: Rows, key: list[str] | ContentKey, *, engine: Engine, live: Mask) -> Keys:
    """The key of every row; `live` are the rows that count for the ordinals of a content key."""
    if isinstance(key, ContentKey):
        return _keys(tuple(key.content), _content_keys(rows, key.content, engine=engine, live=live))
    missing = np.zeros(len(rows), np.bool_)
    for column in key:
        missing |= as_mask(rows.clean(column).is_null())
    parts = [encoded(rows.raw(column)) for column in key]
    text = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, "|")
    return _keys(tuple(key), pc.if_else(pa.array(missing), _NO_KEY, text))


def encoded(column: pa.Array) -> pa.Array:
    """`encode_key_part` over a column."""
    special = pc.fill_null(pc.match_substring_regex(column, _ENCODED), False)
    if not pc.any(special).as_py():
        return column
    found = column.filter(special).dictionary_encode()
    safe = pa.array([encode_key_part(text) for text in found.dictionary.to_pylist()], pa.string())
    return pc.replace_with_mask(column, special, safe.take(found.indices))


def repeated_rows(rows: Rows) -> Mask:
    """All but the first of rows that are identical."""
    first = pc.binary_join_element_wise(rows.origin("_row_hash"), "1", "-")
    return ~as_mask(pc.equal(rows.origin("_row_id"), first))


def shared_keys(keys: Keys, candidates: Mask) -> Mask:
    """Candidates whose key stands on another candidate too."""
    counted = candidates & (keys.codes >= 0)
    counts = np.bincount(keys.codes[counted], minlength=1)
    shared = np.zeros(len(candidates), np.bool_)
    shared[counted] = counts[keys.codes[counted]] > 1
    return shared


def _keys(columns: tuple[str, ...], text: pa.Array) -> Keys:
    codes = pc.fill_null(text.dictionary_encode().indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return Keys(columns, text, codes)


def _content_keys(rows: Rows, columns: list[str], *, engine: Engine, live: Mask) -> pa.Array:
    texts = [pc.fill_null(text, "") for text in _identifying(rows, columns)]
    sized = [pc.binary_join_element_wise(pc.cast(pc.binary_length(t), pa.string()), t, ":") for t in texts]
    frame = pa.table({"i": pa.array(np.arange(len(rows))), "t": pc.binary_join_element_wise(*sized, "|")})
    hashed = engine.query(f"SELECT left(sha256(t), {CONTENT_DIGITS}) AS h FROM frame ORDER BY i", frame)
    digest = as_array(hashed["h"])
    ordinals = pc.cast(pa.array(_ordinals(digest, rows.origin("_row_hash"), live=live)), pa.string())
    empty = np.ones(len(rows), np.bool_)
    for column in columns:
        empty &= as_mask(rows.clean(column).is_null())
    return pc.if_else(pa.array(empty), _NO_KEY, pc.binary_join_element_wise(digest, ordinals, "-"))


def _identifying(rows: Rows, columns: list[str]) -> list[pa.Array]:
    """The texts a content key is made of: as found, so that no correction renames a record.

    Only a row that had none of them gets its key from what people filled in.
    """
    found = [rows.found(column) for column in columns]
    if rows.as_found() is rows:
        return found
    empty = np.ones(len(rows), np.bool_)
    for text in found:
        empty &= as_mask(pc.equal(pc.utf8_trim_whitespace(pc.fill_null(text, "")), ""))
    here = pa.array(empty)
    return [pc.if_else(here, rows.raw(column), text) for column, text in zip(columns, found, strict=True)]


def _ordinals(digest: pa.Array, row_hash: pa.Array, *, live: Mask) -> npt.NDArray[np.int64]:
    """Place of each live row among those with the same digest, by row hash, from 1; 0 for the others."""
    ordinals = np.where(live, 1, 0).astype(np.int64)
    codes = digest.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    counts = np.bincount(codes[live], minlength=len(digest) + 1)  # a row that is not live has a code as well
    alike = np.flatnonzero(live & (counts[codes] > 1)) if len(codes) else np.empty(0, np.int64)
    if len(alike) == 0:
        return ordinals
    by_hash = pc.sort_indices(row_hash.take(pa.array(alike))).to_numpy()
    ordered = alike[by_hash]
    ordered = ordered[np.argsort(codes[ordered], kind="stable")]
    starts = np.flatnonzero(np.r_[True, np.diff(codes[ordered]) != 0])
    sizes = np.diff(np.r_[starts, len(ordered)])
    ordinals[ordered] = np.arange(len(ordered)) - np.repeat(starts, sizes) + 1
    return ordinals
