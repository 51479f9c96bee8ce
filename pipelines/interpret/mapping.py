"""All fields of a branch, each column parsed once, in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import GuardStopped
from crm_unify.records import FieldType, Severity
from crm_unify.rules.branches import CONTACT_KINDS, Value, expressions_of, field_type, named_entries
from crm_unify.rules.checking.fields import CONSTANTS
from crm_unify.rules.expressions import SQL_TYPES, Reference, parse_expression
from crm_unify.rules.model import FieldRule
from crm_unify.rules.transforms import prepared, step_columns
from pipelines.interpret import values
from pipelines.interpret.lending import asked, looked_up, stop_for_missing
from pipelines.interpret.plan import Placed, is_parent, steps
from pipelines.interpret.problems import (
    LOOKUP_AMBIGUOUS,
    LOOKUP_MISSING,
    NOT_A_CHOICE,
    NUL,
    NUL_CHARACTER,
    SPELT_NUL,
)
from pipelines.interpret.reading import reading
from pipelines.interpret.rows import as_mask
from pipelines.interpret.sql import TEXT, Evaluated, Scope, row_scope
from pipelines.interpret.work import Work

_NO_TEXT: Final = pa.scalar(None, pa.string())
_NUL_IN_TEXT: Final = rf"(?s)[^\s{NUL}]\s*{NUL}|{NUL}\s*[^\s{NUL}]"
"""U+0000 beside something else; alone it is no text."""
_ANSWERS = Mapping[tuple[Value, str], Evaluated]
"""Worked-out expressions of a step, by field and place in its rule (`expr`, `when`)."""


def map_fields(work: Work) -> None:
    """Give every field of the branch its value; what goes wrong becomes a finding."""
    for step in steps(work.branch, work.file):
        answers = _answers(work, step)
        for value in step:
            own, name = work.entries[value[0]], value[1]
            if not is_parent(own.entry.kind, name):
                work.values[value] = _mapped(work, own, name=name, answers=answers)


def field_origins(work: Work, field: FieldRule) -> values.Origins:
    """The source columns of a field, with their text."""
    return values.origins(work.rows, _columns(work, field))


def _columns(work: Work, field: FieldRule) -> tuple[str, ...]:
    own: tuple[str, ...] = ()
    if field.from_ is not None:
        own = (field.from_,)
    elif field.expr is not None:
        own = values.columns_of(parse_expression(field.expr).references, work.rows)
    elif field.lookup is not None:
        own = (field.lookup[2],)
    return tuple(dict.fromkeys([*own, *step_columns(field.transform)]))


def _answers(work: Work, step: tuple[Value, ...]) -> _ANSWERS:
    wanted = [
        ((value, path[-1]), sql)
        for value in step
        for path, sql in expressions_of(work.branch.entries[value[0]].fields[value[1]])
    ]
    found = work.engine.evaluate([sql for _, sql in wanted], branch_scope(work), length=len(work.rows))
    return {key: answer for (key, _), answer in zip(wanted, found, strict=True)}


def branch_scope(work: Work) -> Scope:
    """Names of a row, and `name.field` for what the branch has mapped so far."""
    of_row, names = row_scope(work.rows), named_entries(work.branch)

    def column(ref: Reference) -> tuple[pa.Array, str]:
        if len(ref) == 1 or ref[0] not in names:
            return of_row(ref)
        entry = work.branch.entries[names[ref[0]]]
        return work.values[names[ref[0]], ref[1]], SQL_TYPES.get(field_type(entry, ref[1]), TEXT)

    return column


def _mapped(work: Work, own: Placed, *, name: str, answers: _ANSWERS) -> pa.Array:
    field, key = own.entry.fields[name], (own.place, name)
    wanted = work.wanted[own.place]
    found = values.only_where(wanted, _start(work, own, name=name, worked=answers.get((key, "expr"))))
    refused = _refused(field, found)
    found = _without_nul(work, own, name=name, found=found)
    found = _prepared(work, own, name=name, found=found, when=answers.get((key, "when")))
    unmapped = np.zeros(len(work.rows), np.bool_)
    if field.code_table is not None:
        found, unmapped = _decoded(work, own, name=name, found=found)
    value, problem = _typed(work, own, name=name, found=found)
    value, problem = _chosen(own, name, value=value, problem=problem)
    _tell(work, own, name=name, problem=problem, unmapped=unmapped | refused)
    value = values.finished(value, problem, field=field)
    if field.rule is not None:
        work.tally.hit(field.rule, work.positions[as_mask(value.is_valid())])
    return value


def _prepared(
    work: Work, own: Placed, *, name: str, found: values.Text, when: Evaluated | None
) -> values.Text:
    """The text after transforms and padding."""
    field, place = own.entry.fields[name], (work.number - 1, own.place, name)
    for i, step in enumerate(field.transform):
        after = values.transformed(
            found, prepared(step), column=work.rows.clean, parse=work.rules.source.parse
        )
        after = values.only_where(work.wanted[own.place], after)
        work.touch(("transform", *place, i), found, after)
        found = after
    if field.pad_left is None:
        return found
    after = values.padded(found, field.pad_left, when=when)
    work.touch(("pad", *place), found, after)
    if when is not None and work.tally.touched is not None:
        work.touch(("pad when", *place), after, values.padded(found, field.pad_left, when=None))
    return after


def _start(work: Work, own: Placed, *, name: str, worked: Evaluated | None) -> values.Text:
    field = own.entry.fields[name]
    if field.take is not None:
        return _looked_up(work, own, name=name)
    if worked is not None:
        return values.worked_out(worked)
    if field.from_ is not None:
        text = work.rows.clean(field.from_)
        return values.Text(text, pa.nulls(len(text), pa.string()))
    return values.constant(field.const, len(work.rows))


def _looked_up(work: Work, own: Placed, *, name: str) -> values.Text:
    """The text of another map's row, whose key stands in this one."""
    field = own.entry.fields[name]
    assert field.lookup is not None  # checked when the rule file was loaded
    references = work.rows.clean(field.lookup[2])
    found = looked_up(
        references, work.engine.lending.get(asked(work.loaded, field)), missing=field.when_missing
    )
    there = as_mask(found.text.is_valid())
    work.tally.touch(("lookup", work.number - 1, own.place, name), work.positions[there])
    if field.when_missing == "fail":
        wanted = pa.array(work.wanted[own.place])
        lacking, several = (
            references.filter(pc.and_(wanted, pc.fill_null(pc.equal(found.problem, code), False)))
            for code in (LOOKUP_MISSING, LOOKUP_AMBIGUOUS)
        )
        stop_for_missing(own.target(name), lacking, several, name=work.rules.map, field=field, file=work.file)
    return found


def _refused(field: FieldRule, found: values.Text) -> np.ndarray:
    """Rows that are not taken, because what they look up is not there, or there in several texts."""
    if field.take is None or field.when_missing != "quarantine":
        return np.zeros(len(found.text), np.bool_)
    return as_mask(found.problem.is_valid())


def _without_nul(work: Work, own: Placed, *, name: str, found: values.Text) -> values.Text:
    """Free text with U+0000 as six characters, and listed: normalisers would leave it out unsaid.

    What is parsed (a number, a date, an e-mail address) stays as it is, for its parser to refuse.
    """
    if field_type(own.entry, name) is not FieldType.TEXT or name == "value":
        return found
    with_nul = pc.fill_null(pc.match_substring_regex(found.text, _NUL_IN_TEXT), False)
    if not pc.any(with_nul).as_py():
        return found
    problem = pc.if_else(with_nul, pa.scalar(NUL_CHARACTER), _NO_TEXT)
    _tell(work, own, name=name, problem=problem, unmapped=np.zeros(len(with_nul), np.bool_))
    spelt = pc.replace_substring(found.text, pattern=NUL, replacement=SPELT_NUL)
    return replace(found, text=pc.if_else(with_nul, spelt, found.text))


def _decoded(work: Work, own: Placed, *, name: str, found: values.Text) -> tuple[values.Text, np.ndarray]:
    """The text after its code table, and the rows whose code decides about more than the value."""
    table = own.entry.fields[name].code_table or ""
    unmapped = work.rules.code_tables[table].unmapped
    if work.rules.code_tables[table].case == "ignore":
        found = values.in_table_case(found, work.loaded.code_tables[table])
    work.count_codes(table, own.entry.fields[name], found.text)
    answer = values.decoded(found, work.loaded.code_tables[table], unmapped=unmapped)
    work.tally.codes.setdefault(table, set()).update(answer.used)
    if work.tally.touched is not None:
        for code in answer.used:
            where = as_mask(pc.equal(pc.fill_null(found.text, ""), code))
            work.tally.touch(("code", table, code), work.positions[where])
    lacking = as_mask(answer.unmapped)
    if unmapped == "fail" and lacking.any():
        _stop_for_codes(work, own.entry.fields[name], codes=found.text.filter(answer.unmapped), table=table)
    return answer.found, lacking if unmapped == "quarantine" else np.zeros(len(lacking), np.bool_)


def _stop_for_codes(work: Work, field: FieldRule, *, codes: pa.Array, table: str) -> None:
    shown = ", ".join(repr(code) for code in sorted(codes.unique().to_pylist())[:5])
    columns = ", ".join(_columns(work, field))
    raise GuardStopped(
        f"{len(codes)} rows of '{work.rules.map}' have a code that the code table '{table}' lacks: {shown}",
        work.file,
        why=f"the table says `unmapped: fail` for {columns}",
        remedy="add the codes to the table, or let unmapped ones be withheld",
    )


def _typed(work: Work, own: Placed, *, name: str, found: values.Text) -> tuple[pa.Array, pa.Array]:
    entry = own.entry
    if (entry.kind, name) == ("contact_point", "value"):
        work.texts[own.place] = found.text
    if entry.kind == "contact_point" and name == "value" and entry.fields[name].type is None:
        return _contact_value(work, own, found=found)
    how = reading(
        work.rules.source,
        country=work.values.get((own.place, "country_code")),
        currency=work.values.get((own.place, "currency")),
    )
    return values.typed(found, field_type(entry, name), how=how)


def _contact_value(work: Work, own: Placed, *, found: values.Text) -> tuple[pa.Array, pa.Array]:
    """A contact value read as its kind says; the kind may differ from row to row."""
    how = reading(work.rules.source)
    kinds = work.values[own.place, "kind"]
    value, problem = pa.nulls(len(kinds), pa.string()), pa.nulls(len(kinds), pa.string())
    for kind in kinds.unique().drop_null().to_pylist():
        mask = pc.fill_null(pc.equal(kinds, kind), False)
        some = values.only_where(as_mask(mask), found)
        read, wrong = values.typed(some, CONTACT_KINDS.get(kind, FieldType.TEXT), how=how)
        value, problem = pc.if_else(mask, read, value), pc.if_else(mask, wrong, problem)
    return value, problem


def _chosen(own: Placed, name: str, *, value: pa.Array, problem: pa.Array) -> tuple[pa.Array, pa.Array]:
    """A value from a fixed list, in the list's own letters; others are refused."""
    choices = CONSTANTS.get((own.entry.kind, name))
    if choices is None:
        return value, problem
    place = pc.index_in(pc.utf8_lower(value), value_set=pa.array([choice.lower() for choice in choices]))
    refused = pc.and_(value.is_valid(), place.is_null())
    wrong = pc.if_else(refused, pa.scalar(NOT_A_CHOICE), _NO_TEXT)
    return pa.array(choices, pa.string()).take(place), pc.coalesce(problem, wrong)


def _tell(work: Work, own: Placed, *, name: str, problem: pa.Array, unmapped: np.ndarray) -> None:
    if problem.null_count == len(problem):
        return
    whence = field_origins(work, own.entry.fields[name])
    finding: dict[str, object] = {"target": own.target(name), "column": whence.names, "code": problem}
    finding |= {"raw": whence.raw, "rule": own.entry.fields[name].rule or own.entry.rule or work.branch.rule}
    wrong = as_mask(problem.is_valid())
    work.find(wrong & ~unmapped, finding, severity=Severity.WITHHOLD, own=own)
    work.find(wrong & unmapped, finding, severity=Severity.QUARANTINE, own=own)
