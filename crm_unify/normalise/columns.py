"""The few verbs on Arrow text columns that the normalisers are written in.

Everything here works on whole columns.  Patterns are RE2: no look-around, linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import pyarrow as pa
import pyarrow.compute as pc

Column: TypeAlias = "pa.Array[Any] | pa.ChunkedArray[Any]"
Strings: TypeAlias = "pa.StringArray"
Mask: TypeAlias = "pa.BooleanArray"

_GROUP = re.compile(r"\(\?P<(\w+)>")

# The stubs for pyarrow lag behind the library (utf8_normalize is missing, for one).
_pc: Any = pc


def strings(values: Iterable[str | None]) -> Strings:
    """A text column from Python values."""
    return cast("Strings", pa.array(list(values), pa.string()))


def nulls(length: int) -> Strings:
    """A text column of nothing."""
    return cast("Strings", pa.nulls(length, pa.string()))


def matches(column: Strings, pattern: str) -> Mask:
    """True where the pattern occurs; false for null."""
    return cast("Mask", _pc.fill_null(_pc.match_substring_regex(column, pattern), False))


def replace(column: Strings, pattern: str, by: str) -> Strings:
    r"""Each non-overlapping occurrence of the pattern replaced; `\1` names a group."""
    return cast("Strings", _pc.replace_substring_regex(column, pattern=pattern, replacement=by))


def replace_where_found(column: Strings, pattern: str, by: str) -> Strings:
    """The same as `replace`, at the price of a search for columns where the pattern is rare."""
    found = matches(column, pattern)
    if not any_true(found):
        return column
    return scatter(column, found, replace(column.filter(found), pattern, by))


def extract(column: Strings, pattern: str) -> dict[str, Strings]:
    """The named groups of the pattern, null where it does not fit, '' where a group took no part."""
    found = _pc.extract_regex(column, pattern=pattern)
    names = [found.type.field(i).name for i in range(found.type.num_fields)]
    valid = found.is_valid()
    return {name: either(valid, _pc.struct_field(found, name), None) for name in names}


def extract_where(column: Strings, mask: Mask, pattern: str) -> dict[str, Strings]:
    """The named groups of the pattern for the rows of the mask, null elsewhere."""
    if not any_true(mask):
        return {name: nulls(len(column)) for name in _GROUP.findall(pattern)}
    found = extract(column.filter(mask), pattern)
    return {name: scatter(nulls(len(column)), mask, texts) for name, texts in found.items()}


def either(mask: Mask, yes: Strings | str | None, no: Strings | str | None) -> Strings:
    """`yes` where the mask holds, `no` elsewhere."""
    return cast("Strings", _pc.if_else(mask, _text(yes), _text(no)))


def _text(value: Strings | str | None) -> Any:
    return pa.scalar(value, pa.string()) if value is None or isinstance(value, str) else value


def glue(*parts: Strings | str, separator: str = "") -> Strings:
    """The parts of each row joined; null parts are left out, nothing at all is null."""
    # null_handling="skip" of Arrow 26 drops a row in which every part is null, so nulls go first.
    texts = map(_text, _said(parts))
    pieces = [_pc.fill_null(_pc.binary_join_element_wise(separator, text, ""), "") for text in texts]
    joined = _pc.binary_join_element_wise(*pieces, "")
    return none_if_blank(piece(joined, len(separator)) if separator else joined)


def _said(parts: Sequence[Strings | str]) -> list[Strings | str]:
    """The parts without columns that hold nothing, which cost as much as any other; one column stays."""
    filled = [part for part in parts if isinstance(part, str) or part.null_count < len(part)]
    if all(isinstance(part, str) for part in filled):
        return [*filled, *[part for part in parts if not isinstance(part, str)][:1]]
    return filled


def none_if_blank(column: Strings) -> Strings:
    """'' becomes null."""
    return either(equal(column, ""), None, column)


def upper(column: Strings) -> Strings:
    """Upper case, letter by letter."""
    return cast("Strings", _pc.utf8_upper(column))


def lower(column: Strings) -> Strings:
    """Lower case, letter by letter."""
    return cast("Strings", _pc.utf8_lower(column))


def title(column: Strings) -> Strings:
    """First letter of each run of letters upper, the others lower: O'Brien, Smith-Jones."""
    return cast("Strings", _pc.utf8_title(column))


def equal(left: Strings, right: Strings | str) -> Mask:
    """True where both are the same text; null is equal to nothing."""
    return cast("Mask", _pc.fill_null(_pc.equal(left, right), False))


def present(column: Column) -> Mask:
    """True where there is a value."""
    return cast("Mask", column.is_valid())


def both(*masks: Mask) -> Mask:
    """True where all masks hold."""
    result: Any = masks[0]
    for mask in masks[1:]:
        result = _pc.and_(result, mask)
    return cast("Mask", result)


def some(*masks: Mask) -> Mask:
    """True where at least one mask holds."""
    result: Any = masks[0]
    for mask in masks[1:]:
        result = _pc.or_(result, mask)
    return cast("Mask", result)


def negate(mask: Mask) -> Mask:
    """True where the mask does not hold."""
    return cast("Mask", _pc.invert(mask))


def any_true(mask: Mask) -> bool:
    """Whether the mask holds anywhere."""
    return bool(_pc.any(mask).as_py())


def among(column: Strings, words: Iterable[str]) -> Mask:
    """True where the value is one of the words."""
    return cast("Mask", _pc.is_in(column, value_set=pa.array(sorted(words), pa.string())))


def starts(column: Strings, prefix: str) -> Mask:
    """True where the text begins with the prefix."""
    return cast("Mask", _pc.fill_null(_pc.starts_with(column, prefix), False))


def ascii_only(column: Strings) -> Mask:
    """True where all characters are ASCII; true for null."""
    return cast("Mask", _pc.fill_null(_pc.string_is_ascii(column), True))


def lengths(column: Strings) -> Any:
    """Number of characters."""
    return _pc.utf8_length(column)


def piece(column: Strings, start: int, stop: int | None = None) -> Strings:
    """Characters from start to stop, as in Python slices."""
    return cast("Strings", _pc.utf8_slice_codeunits(column, start, stop))


def scatter(column: Strings, mask: Mask, values: Strings) -> Strings:
    """The column with the rows of the mask replaced, in order, by `values`."""
    return cast("Strings", _pc.replace_with_mask(column, mask, values))


def each(column: Strings, function: Callable[[str], str | None]) -> Strings:
    """A Python function over every value: for the few that no pattern covers."""
    return strings(None if text is None else function(text) for text in column.to_pylist())


def each_where(column: Strings, mask: Mask, function: Callable[[str], str | None]) -> Strings:
    """A Python function over the values of the mask, the others untouched."""
    if not any_true(mask):
        return column
    return scatter(column, mask, each(column.filter(mask), function))


def each_word(column: Strings, function: Callable[[str], str | None]) -> Strings:
    """A function over the distinct words of the column; words answered by None are dropped.

    A million street lines hold some ten thousand distinct words, so a Python function is cheap here.
    """
    lists: Any = _pc.split_pattern(column, " ")
    words: Any = lists.values.dictionary_encode()
    mapped = each(words.dictionary, function).take(words.indices)
    kept = present(mapped)
    counts = pc.cumulative_sum(pc.cast(kept, pa.int32()))
    before = pa.concat_arrays([pa.array([0], pa.int32()), cast("Any", counts)])
    offsets = before.take(lists.offsets)
    rebuilt: Any = pa.ListArray.from_arrays(cast("Any", offsets), mapped.filter(kept))
    return either(present(column), cast("Strings", _pc.binary_join(rebuilt, " ")), None)


def answer_rest(
    values: Strings,
    usual: Mapping[str, Strings],
    settled: Mask,
    *,
    slow: Callable[[str], Sequence[str | None]],
) -> dict[str, Strings]:
    """Columns answered by pattern where settled, by `slow` (one text per column) elsewhere."""
    rest = values.filter(negate(settled))
    if len(rest) == 0:
        return dict(usual)
    answers = zip(*map(slow, cast("list[str]", rest.to_pylist())), strict=True)
    open_rows = negate(settled)
    return {
        name: scatter(column, open_rows, strings(answer))
        for (name, column), answer in zip(usual.items(), answers, strict=True)
    }


def record(fields: Mapping[str, Strings], valid: Mask) -> Any:
    """A struct column of the fields; where not valid it is null, and so is each field on its own."""
    arrays: Any = [either(valid, field, None) for field in fields.values()]
    return pa.StructArray.from_arrays(arrays, names=list(fields), mask=negate(valid))


def lookup(column: Strings, table: Mapping[str, str]) -> Strings:
    """The table's entry for each value, null where it has none."""
    keys, values = strings(table.keys()), strings(table.values())
    return cast("Strings", values.take(_pc.index_in(column, value_set=keys)))
