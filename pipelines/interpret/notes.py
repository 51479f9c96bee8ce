"""What a person should know beyond single rows: columns nobody takes, codes and rules nobody needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from crm_unify.errors import GuardStopped
from crm_unify.rules.expressions import parse_expression
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import ContentKey, RuleFile, Source
from pipelines.interpret.interface import CODES, HITS, Note, Subject
from pipelines.interpret.lineage import source_columns
from pipelines.interpret.work import Tally


def mapped_columns(rules: RuleFile) -> tuple[str, ...]:
    """Headers whose text goes into values, each once, in rule order."""
    fields = (
        field for branch in rules.targets for entry in branch.entries for field in entry.fields.values()
    )
    return tuple(dict.fromkeys(column for field in fields for column in source_columns(field)))


def line_columns(source: Source) -> tuple[str, ...]:
    """Headers that say how lines are put together."""
    said = source.join_rows
    return () if said is None else tuple(c for c in (said.order, said.count) if c is not None)


def taken_columns(rules: RuleFile) -> tuple[str, ...]:
    """Headers that the rule file uses in any way, each once."""
    source = rules.source
    key = source.key.content if isinstance(source.key, ContentKey) else source.key
    named = (source.created, source.updated, source.op_column)
    found = [*key, *(c for c in named if c is not None), *line_columns(source), *mapped_columns(rules)]
    for branch in rules.targets:
        found += sorted(parse_expression(branch.when).columns)
        found += [entry.skip_if_null for entry in branch.entries if entry.skip_if_null is not None]
    for control in rules.reconcile:
        found += sorted(parse_expression(control.source, aggregates=True).columns)
    return tuple(dict.fromkeys(found))


def notes(loaded: LoadedRules, headers: Sequence[str], *, tally: Tally, file: str) -> tuple[Note, ...]:
    """The notes of one map; raises GuardStopped for an untaken column under `columns: exact`."""
    lent = {one.column for one in loaded.lends}
    untaken = [header for header in _untaken(loaded.rules, headers) if header not in lent]
    if untaken and loaded.rules.source.expects.columns == "exact":
        raise GuardStopped(
            f"'{loaded.rules.map}' has columns that no rule knows: {', '.join(untaken)}",
            file,
            why="the rule file says `columns: exact`",
            remedy="map them, or list them under `ignore` with a reason",
        )
    return (
        *_column_notes(loaded.rules, untaken),
        *_code_notes(loaded, tally),
        *_rule_notes(loaded.rules, tally),
    )


def hits(name: str, tally: Tally) -> pa.Table:
    """Rows that each rule of one map decided."""
    rules = sorted(tally.hits)
    rows = [int(np.count_nonzero(tally.hits[rule])) for rule in rules]
    return pa.table([pa.array([name] * len(rules), pa.string()), rules, rows], schema=HITS)


LACKING: Final = 20
"""Texts a code table lacks that are counted one by one, the most frequent."""


def codes(loaded: LoadedRules, tally: Tally) -> pa.Table:
    """Rows of each code of a map's tables, in the tables' order, then of the texts that they lack."""
    rows = []
    for name, table in sorted(loaded.code_tables.items()):
        counts = tally.counts.get(name, Counter())
        known = [code.source_value for code in table.codes]
        lacking = sorted(counts.keys() - set(known), key=lambda code: (-counts[code], code))[:LACKING]
        rows += [(loaded.rules.map, name, code, counts.get(code, 0)) for code in (*known, *lacking)]
    return pa.table([[row[at] for row in rows] for at in range(len(CODES))], schema=CODES)


def _untaken(rules: RuleFile, headers: Sequence[str]) -> list[str]:
    known = {*taken_columns(rules), *rules.source.ignore}
    return [header for header in headers if header not in known]


def _column_notes(rules: RuleFile, untaken: Sequence[str]) -> Iterator[Note]:
    for header in untaken:
        said = f"No rule takes column '{header}'; map it, or list it under `ignore` with a reason."
        yield Note(rules.map, Subject.COLUMN_UNTAKEN, header, said)


def _code_notes(loaded: LoadedRules, tally: Tally) -> Iterator[Note]:
    for name, table in sorted(loaded.code_tables.items()):
        for code in table.codes:
            if code.source_value not in tally.codes.get(name, ()):
                said = f"No row needs code '{code.source_value}' of table '{name}' (line {code.line})."
                yield Note(loaded.rules.map, Subject.CODE_UNUSED, f"{name}: {code.source_value}", said)


def _rule_notes(rules: RuleFile, tally: Tally) -> Iterator[Note]:
    for rule, about in rules.rules.items():
        if not tally.hits.get(rule, np.zeros(1, np.bool_)).any():
            yield Note(rules.map, Subject.RULE_UNUSED, rule, f"Rule {rule} decided no row: {about.what}")
