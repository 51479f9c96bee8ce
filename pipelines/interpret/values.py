"""One mapped field: from a column, expression or constant to its value, with all that was wrong on the way.

Order of work: value, transforms, pad_left, code table, type, sentinels. The first thing that goes wrong
withholds the value; later steps see it as missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import FieldType
from crm_unify.rules.code_tables import LoadedCodeTable
from crm_unify.rules.expressions import Reference
from crm_unify.rules.model import FieldRule, PadLeft, UnmappedDefault
from crm_unify.rules.source_model import Parse
from crm_unify.rules.transforms import Prepared
from pipelines.interpret.problems import CODE_UNMAPPED, RULE_FAILED
from pipelines.interpret.reading import Reading, read, without
from pipelines.interpret.rows import Rows
from pipelines.interpret.sql import Evaluated

_NO_TEXT: Final = pa.scalar(None, pa.string())


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a field on its way to a value."""

    text: pa.Array
    problem: pa.Array
    """Code of what went wrong; null where all is well."""
    native: bool = False
    """Whether it is a number that an expression worked out, written with a point."""


@dataclass(frozen=True, slots=True)
class Origins:
    """The source columns a field is made of."""

    columns: tuple[str, ...]
    raw: pa.Array
    """The text as found; of several columns joined with ' | '."""

    @property
    def names(self) -> str | None:
        """The headers, joined with a comma."""
        return ", ".join(self.columns) or None


def origins(rows: Rows, columns: Sequence[str]) -> Origins:
    """Where a field of these columns comes from, row by row."""
    if not columns:
        return Origins((), pa.nulls(len(rows), pa.string()))
    raws = [rows.raw(column) for column in columns]
    if len(raws) == 1:
        return Origins(tuple(columns), raws[0])
    return Origins(tuple(columns), pc.binary_join_element_wise(*(pc.fill_null(r, "") for r in raws), " | "))


def columns_of(references: Sequence[Reference], rows: Rows) -> tuple[str, ...]:
    """Headers among the names of an expression, each once, in order."""
    return tuple(
        dict.fromkeys(
            ref[-1] for ref in references if (len(ref) == 1 or ref[0] == "raw") and rows.has(ref[-1])
        )
    )


def constant(value: object, length: int) -> Text:
    """The same text on every row."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Text(pa.repeat(pa.scalar(text), length), pa.nulls(length, pa.string()))


def worked_out(found: Evaluated) -> Text:
    """The value of an expression as text; a failed one is a problem."""
    native = found.value.type
    text = found.value if pa.types.is_string(native) else _written(found.value)
    problem = pc.if_else(found.failed, pa.scalar(RULE_FAILED), _NO_TEXT)
    numeric = pa.types.is_integer(native) or pa.types.is_floating(native) or pa.types.is_decimal(native)
    return Text(pc.if_else(pc.equal(text, ""), _NO_TEXT, text), problem, native=numeric)


def _written(value: pa.Array) -> pa.Array:
    """A value that is no text, as text: ISO dates, `true`, numbers with a point."""
    if pa.types.is_timestamp(value.type):
        return pc.strftime(pc.cast(value, pa.timestamp("s"), safe=False), format="%Y-%m-%dT%H:%M:%S")
    return pc.cast(value, pa.string())


def transformed(
    found: Text, step: Prepared, *, column: Callable[[str], pa.Array], parse: Parse
) -> Text:
    """The text after a transform; `column` gives a further column of the rows."""
    takes, options = step.transform.takes, dict(step.options)
    if takes is not None:
        options[takes.argument or takes.name] = [column(header) for header in step.columns]
    if step.transform.reads:
        options["parse"] = parse
    answer = step.transform.kernel(found.text, **options)
    native = found.native or step.transform.native
    return Text(answer.value, _first(found.problem, answer.problem), native)


def padded(found: Text, pad: PadLeft | None, *, when: Evaluated | None) -> Text:
    """Short text filled up on the left, where the condition holds."""
    if pad is None:
        return found
    filled = pc.utf8_lpad(found.text, width=pad.to, padding=pad.with_)
    if when is not None:
        filled = pc.if_else(pc.fill_null(when.value, False), filled, found.text)
    return replace(found, text=filled)


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text after its code table."""

    found: Text
    unmapped: pa.Array
    """True where the table lacks the code."""
    used: frozenset[str]
    """Codes of the table that stand in the data."""


def in_table_case(found: Text, table: LoadedCodeTable) -> Text:
    """The codes as the table spells them, whatever their letter case; of two spellings the first row's."""
    codes = pa.array(list(table.mapping), pa.string())
    place = pc.index_in(pc.utf8_lower(found.text), value_set=pc.utf8_lower(codes))
    return replace(found, text=pc.if_else(place.is_valid(), codes.take(place), found.text))


def decoded(found: Text, table: LoadedCodeTable, *, unmapped: str | UnmappedDefault) -> Decoded:
    """What the codes mean; a table that has the empty code says what a missing value means."""
    targets = table.mapping
    text = (
        found.text
        if "" not in targets
        else pc.if_else(found.problem.is_null(), pc.fill_null(found.text, ""), found.text)
    )
    codes = text.dictionary_encode()
    known = [code in targets for code in codes.dictionary.to_pylist()]
    meaning = [
        _meaning(code, targets.get(code), is_known=is_known, unmapped=unmapped)
        for code, is_known in zip(codes.dictionary.to_pylist(), known, strict=True)
    ]
    lacking = pc.fill_null(pc.invert(pa.array(known, pa.bool_()).take(codes.indices)), False)
    tells = unmapped in ("withhold", "quarantine", "fail")
    problem = pc.if_else(lacking, pa.scalar(CODE_UNMAPPED if tells else None, pa.string()), _NO_TEXT)
    value = pa.array(meaning, pa.string()).take(codes.indices)
    used = frozenset(
        code for code, is_known in zip(codes.dictionary.to_pylist(), known, strict=True) if is_known
    )
    return Decoded(replace(found, text=value, problem=_first(found.problem, problem)), lacking, used)


def _meaning(code: str, target: str | None, *, is_known: bool, unmapped: str | UnmappedDefault) -> str | None:
    if is_known:
        return target
    if isinstance(unmapped, UnmappedDefault):
        return unmapped.default
    return code if unmapped == "pass" else None


def typed(found: Text, ftype: FieldType, *, how: Reading) -> tuple[pa.Array, pa.Array]:
    """Value and problem after reading the text as its type."""
    answer = read(ftype, found.text, how=replace(how, decimal=".", serial=None) if found.native else how)
    return answer.value, _first(found.problem, answer.problem)


def finished(value: pa.Array, problem: pa.Array, *, field: FieldRule) -> pa.Array:
    """The value without sentinels, and without anything where something went wrong."""
    kept = without(value, field.sentinels)
    return pc.if_else(problem.is_null(), kept, pa.scalar(None, kept.type))


def _first(earlier: pa.Array, later: pa.Array) -> pa.Array:
    return later if earlier.null_count == len(earlier) else pc.coalesce(earlier, later)


def only_where(mask: np.ndarray, found: Text) -> Text:
    """Nothing, and nothing wrong, on the rows for which the entry is not made."""
    if mask.all():
        return found
    kept = pa.array(mask)
    return replace(
        found, text=pc.if_else(kept, found.text, _NO_TEXT), problem=pc.if_else(kept, found.problem, _NO_TEXT)
    )
