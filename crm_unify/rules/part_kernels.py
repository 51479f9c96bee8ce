"""Transforms with options: beginnings and ends, padding, patterns, parts, and other columns of the row.

Each docstring ends with examples in one form, which the page docs/transforms.md shows and a test tries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.arrow_sql import engine
from crm_unify.normalise.columns import glue
from crm_unify.normalise.interface import Normalised, distinct, fine
from crm_unify.normalise.names import person_case, split_names
from crm_unify.normalise.text import squeezed

if TYPE_CHECKING:
    from crm_unify.normalise.columns import Column, Strings

_NOTHING: Final = pa.scalar(None, pa.string())
UNLISTED: Final = "CODE-UNMAPPED"
"""Problem of a value that an inline list lacks, as of one that a code table lacks."""


def strip_prefix(column: Column, *, text: Sequence[str], case: str) -> Normalised:
    """A beginning goes, in whatever letter case it is written; of several the first that is there.

    `{strip_prefix: "Fa. "}`: `FA. Keller` becomes `Keller`
    `{strip_prefix: {text: ["Firma ", "Fa. "], case: exact}}`: `fa. Keller` becomes `fa. Keller`
    """
    flags = "" if case == "exact" else "(?i)"
    return _replaced(column, f"{flags}^(?:{'|'.join(map(re.escape, text))})", "")


def strip_suffix(column: Column, *, text: Sequence[str], case: str) -> Normalised:
    """An end goes, in whatever letter case it is written; of several the first that is there.

    `{strip_suffix: " (closed)"}`: `Keller (CLOSED)` becomes `Keller`
    """
    flags = "" if case == "exact" else "(?i)"
    return _replaced(column, f"{flags}(?:{'|'.join(map(re.escape, text))})$", "")


def pad_left(column: Column, *, to: int, filler: str) -> Normalised:
    """Short text is filled up in front, with zeros where nothing else is said.

    `{pad_left: 5}`: `1067` becomes `01067`
    `{pad_left: {to: 4, with: "*"}}`: `17` becomes `**17`
    """
    return distinct(column, lambda values: fine(pc.utf8_lpad(values, width=to, padding=filler)))


def pad_right(column: Column, *, to: int, filler: str) -> Normalised:
    """Short text is filled up at its end, with blanks where nothing else is said.

    `{pad_right: {to: 6, with: "0"}}`: `4711` becomes `471100`
    """
    return distinct(column, lambda values: fine(pc.utf8_rpad(values, width=to, padding=filler)))


def truncate(column: Column, *, to: int) -> Normalised:
    """Text is cut after so many characters.

    `{truncate: 3}`: `Hamburg` becomes `Ham`
    """
    return distinct(column, lambda values: fine(_present(pc.utf8_slice_codeunits(values, 0, to))))


def replace(column: Column, *, text: str, by: str | None) -> Normalised:
    """A piece of text becomes another one wherever it stands; without `with` it goes.

    `{replace: {text: "Str.", with: Straße}}`: `Str. am Markt` becomes `Straße am Markt`
    `{replace: "*"}`: `*Keller*` becomes `Keller`
    """
    return distinct(column, lambda values: fine(_present(pc.replace_substring(values, text, by or ""))))


def regexp_replace(column: Column, *, pattern: str, by: str | None) -> Normalised:
    r"""What fits a regular expression (RE2) becomes another text; groups are \1, \2 and so on.

    `{regexp_replace: {pattern: '\s*\(.*\)$', with: ""}}`: `Keller (alt)` becomes `Keller`
    `{regexp_replace: {pattern: '^(\d{4})(\d+)$', with: '\1-\2'}}`: `20150117` becomes `2015-0117`
    """
    return _replaced(column, pattern, by or "")


def regexp_extract(column: Column, *, pattern: str, group: int | None) -> Normalised:
    r"""What fits a regular expression (RE2), or one of its groups; text that does not fit is missing.

    `{regexp_extract: '\d{5}'}`: `D-50667 Köln` becomes `50667`
    `{regexp_extract: {pattern: '^(\d{5}) (.+)$', group: 2}}`: `50667 Köln` becomes `Köln`
    `{regexp_extract: '\d{5}'}`: `Köln` becomes nothing
    """
    return distinct(column, lambda values: fine(_extracted(values, pattern, group or 0)))


def split(column: Column, *, at: str, part: int) -> Normalised:
    """One part of text that something separates; parts count from 1, from the end with -1.

    `{split: {at: ",", part: 2}}`: `Keller, Anna` becomes `Anna`
    `{split: {at: "/", part: -1}}`: `Nord/Team 3/Berlin` becomes `Berlin`
    `{split: {at: ",", part: 2}}`: `Keller` becomes nothing
    """
    return distinct(column, lambda values: fine(_part(values, at, part)))


def split_name(column: Column, *, part: str, order: str) -> Normalised:
    """One part of a person's whole name, in tidy letter case.

    `{split_name: family_name}`: `DR. ANNA VON DER HEIDE` becomes `von der Heide`
    `{split_name: {part: given_name, order: family_first}}`: `KLEIN PETER` becomes `Peter`
    """

    def kernel(values: Strings) -> Normalised:
        names = split_names(person_case(values).value, order=cast("Any", order))
        return fine(pc.struct_field(names.value, part))

    return distinct(column, kernel)


def null_if(column: Column, *, text: Sequence[str]) -> Normalised:
    """Texts that mean nothing here, in whatever letter case, are missing.

    `{null_if: [unbekannt, k.A.]}`: `Unbekannt` becomes nothing
    """
    meant = pa.array([one.lower() for one in text])

    def kernel(values: Strings) -> Normalised:
        return fine(pc.if_else(pc.is_in(pc.utf8_lower(values), value_set=meant), _NOTHING, values))

    return distinct(column, kernel)


def default(column: Column, *, text: str) -> Normalised:
    """A missing value becomes this one.

    `{default: EUR}`: nothing becomes `EUR`
    `{default: EUR}`: `CHF` becomes `CHF`
    """
    return fine(pc.fill_null(_text(column), text))


def lookup(column: Column, *, values: Mapping[str, str], otherwise: str) -> Normalised:
    """What a few codes mean, written out in place; a code table is for more of them, and for their counts.

    `{lookup: {J: "yes", N: "no"}}`: `J` becomes `yes`
    `{lookup: {values: {J: "yes"}, otherwise: pass}}`: `perhaps` becomes `perhaps`
    `{lookup: {values: {J: "yes"}, otherwise: "null"}}`: `perhaps` becomes nothing
    """

    def kernel(texts: Strings) -> Normalised:
        place = pc.index_in(texts, value_set=pa.array(list(values), pa.string()))
        found: Any = pa.array(list(values.values()), pa.string()).take(place)
        if otherwise == "pass":
            return fine(pc.coalesce(found, texts))
        lacking = pc.and_(texts.is_valid(), found.is_null())
        code = UNLISTED if otherwise == "withhold" else None
        return Normalised(found, pc.if_else(lacking, pa.scalar(code, pa.string()), _NOTHING))

    return distinct(column, kernel)


def concat(column: Column, *, columns: Sequence[Column], separator: str) -> Normalised:
    """The texts of further columns follow, with a blank between those that are there.

    `{concat: NAME2}` beside `{NAME2: Maschinenbau}`: `Keller` becomes `Keller Maschinenbau`
    `{concat: {columns: [ZIP, CITY], separator: ", "}}` beside `{CITY: Köln}`: `Hof` becomes `Hof, Köln`
    """
    return fine(glue(_text(column), *map(_text, columns), separator=separator))


def coalesce(column: Column, *, columns: Sequence[Column]) -> Normalised:
    """Where the value is missing, the first of further columns that has one.

    `{coalesce: [MOBILE, TEL]}` beside `{TEL: "030 1"}`: nothing becomes `030 1`
    `{coalesce: TEL}` beside `{TEL: "030 1"}`: `0171 2` becomes `0171 2`
    """
    return fine(pc.coalesce(_text(column), *map(_text, columns)))


# --- pieces ---
def _text(column: Column) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _present(values: Any) -> Any:
    return pc.if_else(pc.equal(values, ""), _NOTHING, values)


def _replaced(column: Column, pattern: str, by: str) -> Normalised:
    return distinct(column, lambda values: fine(_present(pc.replace_substring_regex(values, pattern, by))))


def _extracted(values: Strings, pattern: str, group: int) -> Any:
    """What fits a group of the pattern, 0 being the whole of it; Arrow's kernel knows named groups only."""
    quoted = pattern.replace("'", "''")
    with engine(texts=pa.table({"text": values})) as con:
        query = f"SELECT regexp_extract(text, '{quoted}', {group}) AS found FROM texts"
        found = con.sql(query).to_arrow_table()
    return _present(found["found"].combine_chunks().cast(pa.string()))


def _part(values: Strings, at: str, part: int) -> Any:
    pieces: Any = pc.split_pattern(values, at)
    count = pc.list_value_length(pieces)
    place: Any = pc.add(count, part) if part < 0 else pa.array([part - 1] * len(values), pa.int32())
    there = pc.and_(pc.greater_equal(place, 0), pc.less(place, count))
    offsets = pieces.offsets[:-1]
    wanted = pc.if_else(pc.fill_null(there, False), pc.add(offsets, place), pa.scalar(None, pa.int32()))
    found = pieces.values.take(wanted.cast(pa.int32()))
    return _present(squeezed(found))
