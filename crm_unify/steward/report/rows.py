"""Where every row went, and whether the sums agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow.compute as pc

from crm_unify.normalise.money import currency_exponent
from crm_unify.records import PARTIES, SYS_ERASED, SYS_LOOKUP_ONLY, SYS_REPEATED_ROW, SYS_WAIVED, Fate
from crm_unify.rules.functions import MONEY
from crm_unify.rules.loaded import LoadedProject
from crm_unify.rules.model import RuleFile
from crm_unify.steward.report.drawing import Segment, stacked
from crm_unify.steward.report.leavings import Leavings
from crm_unify.steward.report.values import Discard, SourceTable, SumLine, Waiting
from pipelines.interpret.problems import ALL_PROBLEMS

BUILT_IN: Final = {
    SYS_REPEATED_ROW: "The same row stands in the source more than once; one was taken (built-in rule)",
    SYS_LOOKUP_ONLY: "The row makes nothing by itself; other rows look texts up in it (built-in rule)",
    SYS_WAIVED: "A person said that the row shall not be loaded as it is (built-in rule)",
    SYS_ERASED: "The row is of a person who was erased with `crm-unify forget` (built-in rule)",
}
COUNTS: Final = ("extracted", "mapped", "held", "quarantined", "discarded", "withheld_values")


def source_tables(left: Leavings) -> tuple[SourceTable, ...]:
    """The account of rows, one line a source table: those that describe customers first, then by name."""
    account = left.figures["account"]
    lines = [_line(name, counts, left.project) for name, counts in account.items()]
    return tuple(sorted(lines, key=lambda line: (not line.customers, line.map)))


def total(tables: Sequence[SourceTable]) -> SourceTable:
    """All source tables together."""
    sums = {name: sum(getattr(table, name) for table in tables) for name in COUNTS}
    return SourceTable(map="All together", place="", customers=False, bar=_bar(sums), **sums)


def _line(name: str, counts: Mapping[str, int], project: LoadedProject) -> SourceTable:
    loaded = project.rules_of(name)
    rules = None if loaded is None else loaded.rules
    return SourceTable(
        map=name,
        place="" if rules is None else _place(rules),
        customers=rules is not None and _describes_customers(rules),
        bar=_bar(counts),
        **{key: counts[key] for key in COUNTS},
    )


def _place(rules: RuleFile) -> str:
    source = rules.source
    named = next((text for text in (source.table, source.sheet, source.file) if text is not None), None)
    return source.system if named is None else f"{source.system}, {named}"


def _describes_customers(rules: RuleFile) -> bool:
    return any(entry.kind in PARTIES for branch in rules.targets for entry in branch.entries)


def _bar(counts: Mapping[str, int]) -> tuple[Segment, ...]:
    return stacked([(str(fate), str(fate), counts[fate]) for fate in Fate], total=counts["extracted"])


def discards(left: Leavings) -> tuple[Discard, ...] | None:
    """Rows left out on purpose, by source table and rule."""
    found = _by_rule(left, Fate.DISCARDED)
    if found is None:
        return None
    return tuple(Discard(name, rule, _words(left.project, name, rule), rows) for name, rule, rows in found)


def held(left: Leavings) -> tuple[Waiting, ...] | None:
    """Rows that wait for another row, by source table and reason."""
    found = _by_rule(left, Fate.HELD)
    if found is None:
        return None
    return tuple(
        Waiting(name, code, ALL_PROBLEMS[code].title if code in ALL_PROBLEMS else code, rows)
        for name, code, rows in found
    )


def _by_rule(left: Leavings, fate: Fate) -> list[tuple[str, str, int]] | None:
    """Map, rule and number of rows of one fate, most rows first."""
    if left.fates is None:
        return None
    rows = left.fates.filter(pc.equal(left.fates["fate"], fate))
    rows = rows.group_by(["map", "rule"]).aggregate([("row_id", "count")])
    found = ((row["map"], row["rule"] or "", row["row_id_count"]) for row in rows.to_pylist())
    return sorted(found, key=lambda line: (-line[2], line[0], line[1]))


def _words(project: LoadedProject, name: str, rule: str) -> str:
    if rule in BUILT_IN:
        return BUILT_IN[rule]
    loaded = project.rules_of(name)
    known = None if loaded is None else loaded.rules.rules.get(rule)
    return "" if known is None else known.what


# --- control sums ---
def sums(left: Leavings) -> tuple[SumLine, ...]:
    """The control sums, money in units of its currency."""
    lines = (_sum(one, left.project) for one in left.figures["sums"])
    return tuple(sorted(lines, key=lambda line: (line.map, line.name)))


def _sum(one: Mapping[str, Any], project: LoadedProject) -> SumLine:
    unit, exponent = _unit(one, project)
    parts = ("source", "loaded", "quarantined", "discarded", "held", "difference")
    amounts = {part: amount(one[part], exponent) for part in parts}
    more = Decimal(one.get("corrected", 0))
    if more:
        amounts["source"] += f" ({'+' if more > 0 else ''}{amount(str(more), exponent)} corrected)"
    scaled = Decimal(one["tolerance"]).scaleb(-exponent)
    return SumLine(map=one["map"], name=one["name"], unit=unit, tolerance=scaled, ok=one["ok"], **amounts)


def _unit(one: Mapping[str, Any], project: LoadedProject) -> tuple[str, int]:
    """Currency and its decimals of a sum over money; no unit and no decimals for a plain number."""
    loaded = project.rules_of(one["map"])
    if loaded is None:
        return "", 0
    declared = next((r for r in loaded.rules.reconcile if r.name == one["name"]), None)
    if declared is None or f"{MONEY}(" not in declared.source.replace(" ", "").lower():
        return "", 0
    currency = loaded.rules.source.parse.currency
    return currency, currency_exponent(currency) or 0


def amount(value: int | str, exponent: int) -> str:
    """A sum with thousands separators; whole minor units are shown in the unit of the currency."""
    number = Decimal(value).scaleb(-exponent)
    return f"{number:,f}" if exponent == 0 else f"{number:,.{exponent}f}"
