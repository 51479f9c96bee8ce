"""Tables whose rows hang on others: orders on customers, lines on orders, cases on customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from crm_unify.propose.codes import CodeBook
from crm_unify.propose.columns import Use, child_uses
from crm_unify.propose.interface import Entry, Field
from crm_unify.records import CHILDREN, FieldType
from crm_unify.rules.model import rule_fields
from pipelines.profile.interface import Reference, TableProfile

TELLING: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "order_line": (("quantity", "unit_price", "amount"), ("sku", "description", "line_no")),
    "sales_order": (("total", "order_date"), ("order_no", "total", "status")),
    "support_case": (("subject", "description"), ("case_no", "status", "priority", "closed_at")),
}
"""Kind -> groups of fields; a table of that kind has a column for one of each"""
NUMBERS: Final = {"sales_order": "order_no", "support_case": "case_no"}
"""Kind -> the field that holds its number, for which the key is taken where no header says it"""
_CODED: Final = frozenset({"status", "priority"})


@dataclass(frozen=True, slots=True)
class Hanging:
    """A table whose rows hang on rows of another one."""

    kind: str
    reference: Reference
    """The column that names the parent"""
    uses: Mapping[str, Use]
    """Field -> column"""


def hanging(
    table: TableProfile, references: tuple[Reference, ...], parents: Mapping[str, str]
) -> Hanging | None:
    """What kind of rows hang on a table that is mapped; `parents` are those tables with what they make.

    None where no column refers to one, or the other columns are of no kind this version can load.
    """
    for one in references:
        made = parents.get(one.to_table)
        for kind, groups in TELLING.items():
            wanted = "order" if "order" in CHILDREN[kind] else "customer"
            if one.table != table.name or made != wanted:
                continue
            uses = {
                name: use
                for name, use in child_uses(table, kind).items()
                if use.name != one.column or name in NUMBERS.values()
            }
            if all(any(name in uses for name in group) for group in groups):
                return Hanging(kind, one, uses)
    return None


def child_entry(own: Hanging, lookup: tuple[str, str], key: tuple[str, ...], codes: CodeBook) -> Entry:
    """The one target of such a table; `lookup` are system and map of its parent."""
    (parent,) = CHILDREN[own.kind]
    found = own.reference
    lost = (
        f"{found.orphans:,} of {found.rows:,} rows find none and wait"
        if found.orphans
        else "every row finds one"
    )
    fields = [
        Field(
            parent,
            {"lookup": [*lookup, found.column], "missing": "hold"},
            f"its values are those of {found.to_table}.{found.to_column}; {lost}",
        )
    ]
    fields += _fields(own, key, codes)
    return Entry(own.kind, {}, tuple(fields))


def _fields(own: Hanging, key: tuple[str, ...], codes: CodeBook) -> Iterator[Field]:
    number = NUMBERS.get(own.kind)
    if number is not None and number not in own.uses and len(key) == 1:
        yield Field(number, {"from": key[0]}, "the key of the row")
    for name, ftype in rule_fields(own.kind).items():
        use = own.uses.get(name)
        if use is None or name in CHILDREN[own.kind]:
            continue
        coded = name in _CODED and ftype is FieldType.TEXT
        yield codes.coded(use, name) if coded else Field(name, {"from": use.name}, use.note)
