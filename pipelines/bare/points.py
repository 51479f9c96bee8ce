"""Contact points and identifiers of a bare table; a cell may hold several."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import either, matches, replace
from crm_unify.normalise.countries import country_codes
from crm_unify.normalise.emails import emails
from crm_unify.normalise.phones import phones
from crm_unify.roles.interface import ColumnRole, Role
from pipelines.bare.cells import Cells

_CUT: Final = "\x1f"
_SEVERAL_EMAILS, _EMAIL_GAPS = r"@.*[;,|\s/].*@", r"[;,|\s/]+"
_SEVERAL_NUMBERS, _NUMBER_GAPS = r"\d{3}[^;|\n]*(?:[;|\n]|\s/\s|, ).*\d{3}", r"\s*(?:[;|\n]|\s/\s|, )\s*"
_TAGGED: Final = r"^[A-Za-z][A-Za-z0-9_]{0,11}:\S+(?:[ ,;|]+[A-Za-z][A-Za-z0-9_]{0,11}:\S+)*$"
_TAG_GAPS: Final = r"[ ,;|]+"
_MOSTLY: Final = 0.6
"""Share of distinct values of the form SCHEME:NUMBER from which on a column is read that way"""
_WHOLE: Final = "^$"
"""Of no value: the column holds one value a cell"""

Entries = tuple[pa.DictionaryArray, pa.DictionaryArray]
"""Record id, as code of its row, and value of each entry: one or several a row."""


def points(cells: Cells, rows: pa.DictionaryArray) -> pa.Table:
    """E-mail addresses, phone and fax numbers; `rows` are the record ids as codes of the rows."""
    tables = [_nothing(rows, "kind", "value_raw", "value_norm")]
    for column in cells.roles.of(Role.EMAIL):
        owner, coded = _entries(cells, column, rows, several=_SEVERAL_EMAILS, gaps=_EMAIL_GAPS)
        norm = pc.struct_field(emails(coded.dictionary).value, "address")
        tables.append(_claims(owner, coded, "email", norm=norm.take(coded.indices)))
    for column in cells.roles.of(Role.PHONE, Role.FAX):
        kind = "phone" if column.role == Role.PHONE else "fax"
        owner, coded = _entries(cells, column, rows, several=_SEVERAL_NUMBERS, gaps=_NUMBER_GAPS)
        tables.append(_claims(owner, coded, kind, norm=_numbers(cells, owner, coded)))
    return pa.concat_tables(tables)


def _nothing(rows: pa.DictionaryArray, *texts: str) -> pa.Table:
    none = pa.array([], pa.string())
    return pa.table({"record_id": rows.slice(0, 0), **dict.fromkeys(texts, none)})


def identifiers(cells: Cells, rows: pa.DictionaryArray) -> pa.Table:
    """Numbers that somebody issued, with their scheme; `rows` are the record ids as codes of the rows."""
    tables = [_nothing(rows, "scheme", "value")]
    for column in cells.roles.of(Role.IDENTIFIER):
        values = cells.table.column(column.column).dictionary
        tagged = matches(values, _TAGGED)
        split = len(values) > 0 and (pc.sum(tagged).as_py() or 0) >= _MOSTLY * len(values)
        several = _TAGGED if split else _WHOLE
        owner, coded = _entries(cells, column, rows, several=several, gaps=_TAG_GAPS)
        own = column.scheme or column.column.strip().lower()
        scheme, value = _tags(coded.dictionary, own) if split else (_same(own, coded), coded.dictionary)
        indices = coded.indices
        found = {"record_id": owner, "scheme": scheme.take(indices), "value": value.take(indices)}
        tables.append(pa.table(found))
    return pa.concat_tables(tables)


def _entries(
    cells: Cells, column: ColumnRole, rows: pa.DictionaryArray, *, several: str, gaps: str
) -> Entries:
    """The values of a column with their records; cells that hold several are parted at the gaps."""
    coded = cells.table.column(column.column)
    there = coded.indices.is_valid()
    owner, indices = rows.filter(there), coded.indices.filter(there)
    multiple = matches(coded.dictionary, several)
    if not pc.any(multiple).as_py():
        return owner, pa.DictionaryArray.from_arrays(indices, coded.dictionary)
    cut = either(multiple, replace(coded.dictionary, gaps, _CUT), coded.dictionary)
    lists: Any = pc.split_pattern(cut, _CUT)
    sizes = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
    starts = lists.offsets.to_numpy()[:-1]
    codes = indices.to_numpy(zero_copy_only=False)
    row = np.repeat(np.arange(len(codes)), sizes[codes])
    first = np.cumsum(sizes[codes]) - sizes[codes]
    at = starts[codes][row] + np.arange(len(row)) - first[row]
    flat = lists.values.take(pa.array(at)).dictionary_encode()
    kept = pc.not_equal(flat.dictionary, "").take(flat.indices)
    entries = pa.DictionaryArray.from_arrays(flat.indices.filter(kept), flat.dictionary)
    return owner.take(pa.array(row)).filter(kept), entries


def _claims(owner: pa.DictionaryArray, coded: pa.DictionaryArray, kind: str, *, norm: Any) -> pa.Table:
    raw = coded.dictionary.take(coded.indices)
    kinds = pa.repeat(pa.scalar(kind), len(raw))
    return pa.table({"record_id": owner, "kind": kinds, "value_raw": raw, "value_norm": norm})


def _numbers(cells: Cells, owner: pa.DictionaryArray, coded: pa.DictionaryArray) -> Any:
    """E.164 numbers; a number without calling code is of its row's country, where the file names one."""
    usual = cells.roles.country
    column = cells.roles.first(Role.COUNTRY)
    if column is None:
        found = pc.struct_field(phones(coded.dictionary, country=usual).value, "e164")
        return found.take(coded.indices)
    own = cells.parsed(column, lambda values: country_codes(values).value).take(owner.indices)
    own = own if usual is None else pc.fill_null(own, usual)
    raw = coded.dictionary.take(coded.indices)
    return pc.struct_field(phones(raw, country=own).value, "e164")


def _tags(values: Any, own: str) -> tuple[Any, Any]:
    """Scheme and number of SCHEME:NUMBER; a value without scheme has the column's."""
    parts = pc.extract_regex(values, r"^(?P<scheme>[A-Za-z][A-Za-z0-9_]{0,11}):(?P<value>.+)$")
    scheme = pc.utf8_lower(pc.struct_field(parts, "scheme"))
    return pc.fill_null(scheme, own), pc.coalesce(pc.struct_field(parts, "value"), values)


def _same(scheme: str, coded: pa.DictionaryArray) -> Any:
    return pa.repeat(pa.scalar(scheme), len(coded.dictionary))
