"""Example tests out of rows of the source, with masked values: what the proposed rules make of them.

They hold what the rules do today, so that somebody who changes a rule sees what changes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pyarrow as pa

from crm_unify.propose.common_codes import CommonCodes, common_codes
from crm_unify.propose.interface import Branch, Example, Looked, Map, Proposal, outcomes
from crm_unify.propose.masks import masked
from crm_unify.propose.write import RULES, files_of, write_project
from crm_unify.records import KINDS
from crm_unify.rules.load import load_rules
from crm_unify.rules.loaded import LoadedRules
from pipelines.interpret.interface import Interpreted
from pipelines.interpret.problems import CODE_UNMAPPED
from pipelines.interpret.stage import interpret_rows

TRIED: Final = 5
"""Rows that are tried for each branch, the fullest first"""
_LOOKED_AT: Final = 2_000
"""Rows among which the fullest are searched"""
_NAMELESS: Final = frozenset(
    {"record_id", "person_record_id", "customer_record_id", "order_record_id", "value_raw", "system"}
)
"""Columns of claims that say nothing of the mapping"""


def with_examples(
    proposal: Proposal, looked: Mapping[str, Looked], *, as_of: date, advance: Callable[[], None]
) -> Proposal:
    """The proposal with an example for each branch that makes something."""
    with TemporaryDirectory(prefix="crm-unify-init-") as folder:
        write_project(files_of(proposal), Path(folder))
        maps = []
        for one in proposal.maps:
            loaded = load_rules(Path(folder) / RULES / f"{one.name}.yml").for_examples()
            maps.append(replace(one, examples=tuple(_examples(one, loaded, looked[one.table].rows, as_of))))
            advance()
    return replace(proposal, maps=tuple(maps))


def _examples(one: Map, loaded: LoadedRules, rows: pa.Table, as_of: date) -> Iterator[Example]:
    """The first row of each branch that its rules take."""
    common = common_codes(rows, outcomes(one), [branch.when for branch in one.branches])
    for branch in one.branches:
        if not branch.entries:
            continue
        for row in _fullest(one, branch, rows):
            given = _masked(one, branch, row, common)
            made = interpret_rows(loaded, [given], as_of=as_of)
            if _taken(made):
                yield Example(_name(branch), (given,), _expected(made))
                break


def _taken(made: Interpreted) -> bool:
    """Whether the row made records, and no value was withheld that only the mask spoilt."""
    mapped = made.fates["fate"].to_pylist() == ["mapped"]
    return mapped and not set(made.rejections["code"].to_pylist()) - {CODE_UNMAPPED}


def _name(branch: Branch) -> str:
    kinds = [
        entry.kind for entry in branch.entries if entry.kind in ("organisation", "person") or not entry.place
    ]
    made = " and ".join(dict.fromkeys(kind.replace("_", " ") for kind in kinds))
    return f"a row becomes {made}" if not branch.when else f"a row with {branch.when[:60]} becomes {made}"


# --- rows ---
def _fullest(one: Map, branch: Branch, rows: pa.Table) -> Iterator[Mapping[str, str]]:
    """Rows in which the branch finds most of its columns filled, ties by their text."""
    names = [
        name for name in dict.fromkeys((*_columns(branch), *branch.columns)) if name in rows.column_names
    ]
    top = rows.slice(0, _LOOKED_AT)
    key = one.source["key"] if isinstance(one.source["key"], list) else []
    wanted = [*names, *(name for name in key if name not in names)]
    listed = top.select(wanted).to_pylist()
    order = sorted(
        range(len(listed)),
        key=lambda at: (-sum(bool((listed[at][name] or "").strip()) for name in names), at),
    )
    fitting = (listed[at] for at in order)
    count = 0
    for row in fitting:
        if count >= TRIED:
            return
        if _chooses(branch, row):
            count += 1
            yield {name: text for name, text in row.items() if text is not None and text.strip()}


def _columns(branch: Branch) -> list[str]:
    return [column for entry in branch.entries for own in entry.fields for column in own.columns]


def _chooses(branch: Branch, row: Mapping[str, Any]) -> bool:
    """Whether the condition may hold: its columns are filled; the rules decide."""
    return all((row.get(column) or "").strip() for column in branch.columns)


def _masked(one: Map, branch: Branch, row: Mapping[str, str], common: CommonCodes) -> dict[str, str]:
    """The row with values of nobody, what cannot be masked left out."""
    targets = outcomes(replace(one, branches=(branch,)))
    dates = one.parse.get("dates", ["%Y-%m-%d"])
    country = one.parse.get("phone_country")
    made = {}
    for name, text in row.items():
        nobodys = common.shows(name, text)
        value = masked(text, targets.get(name, ()), dates=dates, country=country, nobodys=nobodys)
        if value is not None:
            made[name] = value
    return made


# --- what is expected ---
def _expected(made: Interpreted) -> dict[str, list[dict[str, Any]]]:
    """What was made, kind by kind, without ids."""
    found: dict[str, list[dict[str, Any]]] = {}
    for kind in KINDS:
        rows = made.claims[kind].to_pylist()
        if rows:
            found[kind] = [_plain(row) for row in rows]
    return found


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None and name not in _NAMELESS}
