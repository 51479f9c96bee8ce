"""What a proposal holds a source to: control sums, a size it should have, conditions on what was mapped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from crm_unify.propose.interface import Branch, Map
from crm_unify.propose.sql import column as sql_column

LEAST: Final = 0.5
"""Share of the rows of today below which a delivery is taken for a broken one"""
DROP: Final = 20
"""Percent of its rows that a source may lose from one run to the next"""
_FEW: Final = 20
"""Rows below which the size of a table says nothing about its health"""
_SUMS: Final = (
    ("account", "balance"),
    ("sales_order", "total"),
    ("order_line", "amount"),
    ("opportunity", "amount"),
)
"""Kind and field of amounts that add up to something; limits and prices do not"""
_CHECKS: Final = (
    ("person", ("birth_date",), "birth_date IS NULL OR birth_date < current_date", "withhold"),
    ("sales_order", ("order_date",), "order_date IS NULL OR order_date <= current_date", "warn"),
    ("support_case", ("opened_at", "closed_at"), "closed_at IS NULL OR opened_at <= closed_at", "warn"),
)
"""Kind, the fields that must be mapped, condition, severity"""
FIRST_CHECK: Final = 101
"""Checks are numbered from here on, so that the rules of the map have numbers left"""


def expected_rows(rows: int) -> dict[str, int]:
    """The size a delivery should have; nothing for small tables."""
    return {} if rows < _FEW else {"min_rows": int(rows * LEAST), "max_drop_pct": DROP}


def control_sums(one: Map) -> Iterator[Mapping[str, Any]]:
    """A control sum for each amount that all rows map in the same way."""
    made = [branch for branch in one.branches if branch.entries]
    for kind, name in _SUMS:
        columns = {_column(branch, kind, name) for branch in made}
        if len(columns) == 1 and (column := columns.pop()) is not None:
            source, target = f"sum(money({sql_column(column)}))", f"sum({kind}.{name})"
            yield {"name": f"{column} of {one.name}", "source": source, "target": target, "tolerance": 0}


def _column(branch: Branch, kind: str, name: str) -> str | None:
    """The column that fills a field as it is; None where none or several do."""
    found = [
        own
        for entry in branch.entries
        if entry.kind == kind
        for own in entry.fields
        if own.name == name and not isinstance(own.rule, str) and set(own.rule) == {"from"}
    ]
    return found[0].columns[0] if len(found) == 1 else None


def checks(one: Map, prefix: str) -> Iterator[Mapping[str, Any]]:
    """Conditions that hold wherever the fields they name are filled."""
    mapped = {
        (entry.kind, own.name) for branch in one.branches for entry in branch.entries for own in entry.fields
    }
    fitting = [each for each in _CHECKS if all((each[0], name) in mapped for name in each[1])]
    for number, (kind, _, condition, severity) in enumerate(fitting, FIRST_CHECK):
        yield {"id": f"{prefix}-{number}", "on": kind, "expr": condition, "severity": severity}
