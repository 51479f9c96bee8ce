"""Code tables with what was found of them in the last run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm_unify.rules.code_tables import OPEN
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import UnmappedDefault
from crm_unify.steward.book.rule_words import UNMAPPED
from crm_unify.steward.book.values import CodeRow, Codes
from crm_unify.steward.lineage import ways_of


def codes_of(loaded: LoadedRules, found: Sequence[Mapping[str, Any]] | None) -> tuple[Codes, ...]:
    """The code tables of a rule file; `found` are the counts of the last run, None where there was none."""
    return tuple(_codes(loaded, name, found) for name in loaded.rules.code_tables)


def _codes(loaded: LoadedRules, name: str, found: Sequence[Mapping[str, Any]] | None) -> Codes:
    table, unmapped = loaded.code_tables[name], loaded.rules.code_tables[name].unmapped
    own = [one for one in found or () if (one["map"], one["table"]) == (loaded.rules.map, name)]
    counts = {one["code"]: one["rows"] for one in own}
    known = {code.source_value for code in table.codes}
    passes = unmapped == "pass" or isinstance(unmapped, UnmappedDefault)
    return Codes(
        map=loaded.rules.map,
        name=name,
        path=table.path,
        columns=tuple(
            dict.fromkeys(
                column for way in ways_of(loaded) if way.code_table == name for column in way.columns
            )
        ),
        unmapped=f"becomes '{unmapped.default}'"
        if isinstance(unmapped, UnmappedDefault)
        else UNMAPPED[unmapped],
        codes=tuple(
            CodeRow(
                code.source_value,
                code.target_value,
                code.label,
                None if found is None else counts.get(code.source_value, 0),
            )
            for code in table.codes
        ),
        lacking=tuple(CodeRow(code, OPEN, None, rows) for code, rows in counts.items() if code not in known),
        explained=not passes,
    )
