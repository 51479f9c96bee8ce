"""Mistakes in business rules, code tables, `checks`, `reconcile` and `tests`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from crm_unify.errors import ConfigurationError
from crm_unify.records import KINDS, REJECTIONS, ROW_FATES, FieldType, field_types
from crm_unify.rules.expressions import (
    RUN_DATE,
    ExpressionRefusedError,
    check_expression,
    check_on_fields,
    parse_expression,
)
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import Check, Example, Reconcile
from crm_unify.rules.yaml_tree import Path

RESERVED: Final = "SYS-"
"""Rules the program brings along begin so."""

EXPECTED_TABLES: Final = {"rejection": tuple(REJECTIONS.names), "fate": tuple(ROW_FATES.names)}
"""What `expect` may name besides kinds: withheld values and quarantined rows, and where each row went."""


def rest_mistakes(loaded: LoadedRules) -> Iterator[ConfigurationError]:
    """Everything wrong outside `source` and `targets`."""
    for rule in loaded.rules.rules:
        if rule.startswith(RESERVED):
            yield loaded.wrong(
                f"rule ids that begin with {RESERVED} are the program's own",
                ("rules", rule),
                remedy="choose another id",
            )
    yield from _unused_code_tables(loaded)
    yield from _twice(loaded, "checks", [check.id for check in loaded.rules.checks], "id")
    yield from _twice(loaded, "reconcile", [control.name for control in loaded.rules.reconcile], "name")
    yield from _twice(loaded, "tests", [example.name for example in loaded.rules.tests], "name")
    for i, check in enumerate(loaded.rules.checks):
        yield from _check_mistakes(loaded, check, ("checks", i))
    for i, control in enumerate(loaded.rules.reconcile):
        yield from _sum_mistakes(loaded, control, ("reconcile", i))
    for i, example in enumerate(loaded.rules.tests):
        yield from _example_mistakes(loaded, example, ("tests", i))


def made_kinds(loaded: LoadedRules) -> list[str]:
    """Kinds this rule file makes, in the order of loading."""
    made = {entry.kind for branch in loaded.rules.targets for entry in branch.entries}
    return [kind for kind in KINDS if kind in made]


def claim_fields(kind: str) -> dict[str, FieldType]:
    """Fields of a mapped claim as checks and sums see them: the record's own, without ids."""
    return {name: ftype for name, ftype in field_types(kind).items() if not name.endswith("record_id")}


def _unused_code_tables(loaded: LoadedRules) -> Iterator[ConfigurationError]:
    used = {
        rule.code_table
        for branch in loaded.rules.targets
        for entry in branch.entries
        for rule in entry.fields.values()
    }
    for name in loaded.rules.code_tables:
        if name not in used:
            yield loaded.wrong(
                f"no field uses the code table '{name}'",
                ("code_tables", name),
                remedy=f"add code_table: {name} to a field, or remove it",
            )


def _twice(loaded: LoadedRules, block: str, names: list[str], key: str) -> Iterator[ConfigurationError]:
    for i, name in enumerate(names):
        if name in names[:i]:
            first = loaded.where((block, names.index(name)))
            yield loaded.wrong(
                f"{key} '{name}' stands twice in {block} (first in line {first})",
                (block, i, key),
                remedy="rename one of the two",
            )


def _check_mistakes(loaded: LoadedRules, check: Check, at: Path) -> Iterator[ConfigurationError]:
    made = made_kinds(loaded)
    if check.on not in made:
        yield loaded.unknown("kind made by this file", check.on, (*at, "on"), known=made)
        return
    try:
        check_on_fields(check.expr, claim_fields(check.on), condition=True)
    except ExpressionRefusedError as error:
        yield loaded.refused(error, (*at, "expr"))


def _sum_mistakes(loaded: LoadedRules, control: Reconcile, at: Path) -> Iterator[ConfigurationError]:
    try:
        check_expression(control.source, aggregates=True)
        _need_aggregate(control.source)
    except ExpressionRefusedError as error:
        yield loaded.refused(error, (*at, "source"))
    made = {kind: claim_fields(kind) for kind in made_kinds(loaded)}
    try:
        parsed = parse_expression(control.target, aggregates=True)
        if loose := [ref for ref in parsed.references if len(ref) == 1 and ref != RUN_DATE]:
            raise ExpressionRefusedError(
                f"'{loose[0][0]}' must be written kind.field, for example account.balance"
            )
        if len({ref[0] for ref in parsed.references}) != 1:
            raise ExpressionRefusedError("a control sum needs fields of exactly one kind")
        check_expression(control.target, names=made, aggregates=True)
        _need_aggregate(control.target)
    except ExpressionRefusedError as error:
        yield loaded.refused(error, (*at, "target"))


def _need_aggregate(sql: str) -> None:
    if not parse_expression(sql, aggregates=True).aggregates:
        raise ExpressionRefusedError("a control sum needs sum, count, min or max")


def _example_mistakes(loaded: LoadedRules, example: Example, at: Path) -> Iterator[ConfigurationError]:
    for i, rule in enumerate(example.shows):
        if rule not in loaded.rules.rules:
            yield loaded.unknown("rule", rule, (*at, "shows", i), known=loaded.rules.rules)
    for kind, rows in example.expect.items():
        known = _expected_fields(kind)
        if not known:
            yield loaded.unknown("kind", kind, (*at, "expect", kind), known=[*KINDS, *EXPECTED_TABLES])
            continue
        for i, row in enumerate(rows):
            for field in (f for f in row if f not in known):
                path: Path = (*at, "expect", kind, i, field)
                yield loaded.unknown(f"field of {kind}", field, path, known=known)


def _expected_fields(kind: str) -> Collection[str]:
    """Fields an example may expect of a kind: those of the claim, ids included."""
    if kind in EXPECTED_TABLES:
        return EXPECTED_TABLES[kind]
    return [] if kind not in KINDS else list(field_types(kind))
