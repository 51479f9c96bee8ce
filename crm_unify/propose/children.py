"""Tables whose rows hang on others: orders, deals, calls and cases on customers, lines on orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

import pyarrow.compute as pc

from crm_unify.propose.codes import CodeBook
from crm_unify.propose.columns import Use, child_uses
from crm_unify.propose.interface import Entry, Field
from crm_unify.propose.table import Table
from crm_unify.propose.words import table_kinds
from crm_unify.records import CHILDREN, FieldType
from crm_unify.rules.model import rule_fields
from pipelines.profile.interface import Reference, TableProfile

TELLING: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "opportunity": (("title",), ("stage", "probability", "expected_close")),
    "order_line": (("quantity", "unit_price", "amount"), ("sku", "description", "line_no")),
    "sales_order": (("total", "order_date"), ("order_no", "total", "status")),
    "support_case": (("subject", "description"), ("case_no", "status", "priority", "closed_at")),
    "activity": (("body", "subject"), ("occurred_at", "kind")),
}
"""Kind -> groups of fields; a table of that kind has a column for one of each; the first that fits counts,
unless the name of the table says another one"""
NUMBERS: Final = {"sales_order": "order_no", "support_case": "case_no", "opportunity": "opportunity_no"}
"""Kind -> the field that holds its number, for which the key is taken where no header says it"""
_CODED: Final = frozenset({"status", "priority", "stage", "kind"})
_MARKUP: Final = {
    "rtf_to_text": r"^\s*\{\\rtf",
    "html_to_text": r"(?i)<(p|br|div|b|i|span|a|html|body|table|font|ul|ol|li|h\d)(\s[^<>]*)?/?>",
}
"""Transform -> what the notes look like that need it"""


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
    named = [kind.partition(".")[0] for kind in table_kinds(table.table)]
    kinds = sorted(TELLING, key=lambda kind: kind not in named)
    for one, kind in product(references, kinds):
        wanted = "order" if "order" in CHILDREN[kind] else "customer"
        if one.table != table.name or parents.get(one.to_table) != wanted:
            continue
        uses = {
            name: use
            for name, use in child_uses(table, kind).items()
            if use.name != one.column or name in NUMBERS.values()
        }
        if all(any(name in uses for name in group) for group in TELLING[kind]):
            return Hanging(kind, one, uses)
    return None


def child_entry(own: Hanging, lookup: tuple[str, str], table: Table, codes: CodeBook) -> Entry:
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
    fields += _fields(own, table.key.columns, codes)
    fields += _activity(own, table) if own.kind == "activity" else ()
    return Entry(own.kind, {}, tuple(fields))


def _fields(own: Hanging, key: tuple[str, ...], codes: CodeBook) -> Iterator[Field]:
    number = NUMBERS.get(own.kind)
    if number is not None and number not in own.uses and len(key) == 1:
        yield Field(number, {"from": key[0]}, "the key of the row")
    for name, ftype in rule_fields(own.kind).items():
        use = own.uses.get(name)
        if use is None or name in CHILDREN[own.kind] or (own.kind, name) == ("activity", "body"):
            continue
        coded = name in _CODED and ftype is FieldType.TEXT
        yield codes.coded(use, name) if coded else Field(name, {"from": use.name}, use.note)


def _activity(own: Hanging, table: Table) -> Iterator[Field]:
    """The note as a person reads it, and as found where it has mark-up; the kind by the table's name."""
    said = (kind.partition(".")[2] for kind in table_kinds(table.profile.table))
    kind = next((word for word in said if word), None)
    if "kind" not in own.uses and kind is not None:
        yield Field("kind", kind, f"the table is called '{table.profile.table}'")
    use = own.uses.get("body")
    if use is None:
        return
    transforms = _markup(table, use)
    if not transforms:
        yield Field("body", {"from": use.name}, use.note)
        return
    yield Field("body", {"from": use.name, "transform": transforms}, f"{use.note}; notes have mark-up")
    yield Field("original", {"from": use.name}, "the note as found, mark-up included")


def _markup(table: Table, use: Use) -> list[str]:
    """Transforms that some of the notes need."""
    texts = table.rows.column(use.name).combine_chunks()
    return [name for name, form in _MARKUP.items() if pc.any(pc.match_substring_regex(texts, form)).as_py()]
