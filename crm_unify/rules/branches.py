"""What a branch of a rule file makes, and which of its values depend on which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Final

from crm_unify.records import KINDS, PARTIES, FieldType
from crm_unify.rules.expressions import ExpressionRefusedError, Reference, parse_expression
from crm_unify.rules.model import Branch, Entry, FieldRule, rule_fields

Value = tuple[int, str]
"""One mapped value of a branch: position of the entry (from 0) and field."""

CONTACT_KINDS: Final = {
    "email": FieldType.EMAIL,
    "phone": FieldType.PHONE,
    "fax": FieldType.PHONE,
    "web": FieldType.URL,
}
"""Kinds of contact points, with what their values are read as."""


def parties(branch: Branch) -> dict[str, Entry]:
    """The persons and organisations of a branch by the name other entries call them."""
    return {entry.part: entry for entry in branch.entries if entry.kind in PARTIES}


def field_type(entry: Entry, field: str) -> FieldType:
    """What a field of an entry is read as: its `type:`, else what the kind says."""
    rule = entry.fields.get(field)
    if rule is not None and rule.type is not None:
        return rule.type
    if entry.kind == "contact_point" and field == "value":
        return CONTACT_KINDS.get(str(_constant(entry, "kind")), FieldType.TEXT)
    return rule_fields(entry.kind).get(field, FieldType.TEXT)


def _constant(entry: Entry, field: str) -> object:
    rule = entry.fields.get(field)
    return None if rule is None else rule.const


def mapped_names(branch: Branch) -> dict[str, dict[str, FieldType]]:
    """Values an expression of this branch may name, with types, by `as` name or kind that stands once."""
    by_name = named_entries(branch)
    return {
        name: {field: field_type(branch.entries[i], field) for field in branch.entries[i].fields}
        for name, i in by_name.items()
    }


def named_entries(branch: Branch) -> dict[str, int]:
    """Position of the entry behind each name that is clear; a name two entries share means neither."""
    counts = Counter(entry.part for entry in branch.entries)
    return {entry.part: i for i, entry in enumerate(branch.entries) if counts[entry.part] == 1}


def expressions_of(rule: FieldRule) -> Iterator[tuple[tuple[str, ...], str]]:
    """The expressions inside a field rule, each with its key path below the field."""
    if rule.expr is not None:
        yield ("expr",), rule.expr
    if rule.pad_left is not None and rule.pad_left.when is not None:
        yield ("pad_left", "when"), rule.pad_left.when


def dependencies(branch: Branch) -> dict[Value, list[Value]]:
    """For every mapped value those of its branch that its expressions name; unknown names are left out."""
    names = named_entries(branch)
    return {
        (i, field): sorted(
            {known for ref in _named_in(rule) if (known := _value(ref, branch, names)) is not None}
        )
        for i, entry in enumerate(branch.entries)
        for field, rule in entry.fields.items()
    }


def _named_in(rule: FieldRule) -> Iterator[Reference]:
    for _, sql in expressions_of(rule):
        try:
            yield from parse_expression(sql).mapped
        except ExpressionRefusedError:
            continue  # told, with its reason, where the expression itself is checked


def _value(ref: Reference, branch: Branch, names: Mapping[str, int]) -> Value | None:
    entry = names.get(ref[0])
    return None if entry is None or ref[1] not in branch.entries[entry].fields else (entry, ref[1])


def evaluation_order(branch: Branch) -> tuple[Value, ...]:
    """Every mapped value after those it depends on, else in file order; raises graphlib.CycleError."""
    graph = dependencies(branch)
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    order: list[Value] = []
    place = {value: i for i, value in enumerate(graph)}
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=place.__getitem__)
        order += ready
        sorter.done(*ready)
    return tuple(order)


def needed_fields(kind: str) -> tuple[tuple[str, ...], ...]:
    """Groups of fields of which a rule must fill at least one each, else the kind cannot be made."""
    special = {
        "person": (("full_name", "given_name", "family_name"),),
        "organisation": (("name",),),
        "address": (tuple(f for f in rule_fields("address") if f != "label"),),
        "contact_point": (("kind",), ("value",)),
        "party_identifier": (("scheme",), ("value",)),
        "account": (("account_no",),),
        "consent": (("channel",), ("flag",)),
        "sales_order": (("customer",), ("order_no",)),
        "order_line": (("order",),),
        "support_case": (("customer",), ("case_no",)),
        "opportunity": (("customer",), ("title",)),
        "activity": (("customer",), ("subject", "body", "kind")),
        "app_user": (("name", "email"),),
    }
    return special.get(kind, ()) if kind in KINDS else ()
