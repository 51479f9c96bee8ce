"""JSON built from columns, one text a row, no loop over rows: keys sorted, nulls left out, no spaces."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.interpret.rows import Rows

_SPECIAL: Final = r'["\\\x00-\x1f]'
_NO_TEXT: Final = pa.scalar(None, pa.string())


def objects(columns: Mapping[str, pa.Array], length: int) -> pa.Array:
    """One object a row; a row of nulls is `{}`."""
    pieces = [_member(name, columns[name]) for name in sorted(columns) if columns[name].null_count < length]
    return _enclosed("{", pieces, closing="}", length=length)


def row_json(rows: Rows, *, without: Sequence[str] = ()) -> pa.Array:
    """Each row as JSON by header, text as found; empty columns, and those in `without`, are left out."""
    headers = (column.header for column in rows.columns)
    texts = {header: rows.found(header) for header in headers if header not in without}
    return objects({name: _none_if_empty(text) for name, text in texts.items()}, len(rows))


def members(texts: Mapping[str, pa.Array], length: int) -> pa.Array:
    """One object a row whose values are JSON already; null values are left out."""
    pieces = [_piece(_key(name), texts[name]) for name in sorted(texts)]
    return _enclosed("{", pieces, closing="}", length=length)


def arrays(items: Sequence[pa.Array], length: int) -> pa.Array:
    """One list a row of the items that are there, in this order; null where none is."""
    text = _enclosed("[", [_piece("", item) for item in items], closing="]", length=length)
    return pc.if_else(pc.equal(text, "[]"), _NO_TEXT, text)


def _member(name: str, column: pa.Array) -> pa.Array:
    if pa.types.is_string(column.type):
        return _piece(f'{_key(name)}"', _escaped(column), after='"')
    return _piece(_key(name), pc.cast(column, pa.string()))


def _key(name: str) -> str:
    return f"{json.dumps(name, ensure_ascii=False)}:"


def _piece(before: str, text: pa.Array, *, after: str = "") -> pa.Array:
    """The text with a comma and `before` in front; nothing where it is null."""
    return pc.fill_null(pc.binary_join_element_wise(f",{before}", text, after, ""), "")


def _enclosed(opening: str, pieces: Sequence[pa.Array], *, closing: str, length: int) -> pa.Array:
    """The pieces of each row between brackets, without the comma in front of the first one."""
    empty = f"{opening}{closing}"
    if not pieces:
        return pa.repeat(pa.scalar(empty), length)
    text = pc.binary_join_element_wise(opening, *pieces, closing, "")
    bare = pc.equal(text, empty)
    text = pc.binary_replace_slice(text, start=0, stop=2, replacement=opening)
    return pc.if_else(bare, pa.scalar(empty), text) if pc.any(bare).as_py() else text


def _none_if_empty(text: pa.Array) -> pa.Array:
    empty = pc.equal(text, "")
    return pc.if_else(empty, _NO_TEXT, text) if pc.any(empty).as_py() else text


def _escaped(column: pa.Array) -> pa.Array:
    """Quotes, backslashes and control characters escaped, where the column has any."""
    special = pc.fill_null(pc.match_substring_regex(column, _SPECIAL), False)
    if not pc.any(special).as_py():
        return column
    found = column.filter(special).dictionary_encode()
    safe = [json.dumps(text, ensure_ascii=False)[1:-1] for text in found.dictionary.to_pylist()]
    return pc.replace_with_mask(column, special, pa.array(safe, pa.string()).take(found.indices))
