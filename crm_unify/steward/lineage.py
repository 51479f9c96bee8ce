"""Where the values of a target field come from, and where those of a source column go.

Read off the rule files alone: columns inside SQL expressions are found by DuckDB's own parser, values of the
same row that an expression names are followed to their columns, and fields that come out of another one (the
parts of a name, the currency of an amount) lead back to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from crm_unify.records import CHILDREN, KINDS, PARTIES, FieldType, field_types
from crm_unify.rules.branches import Value, dependencies, field_type
from crm_unify.rules.expressions import parse_expression
from crm_unify.rules.loaded import Lent, LoadedProject, LoadedRules
from crm_unify.rules.model import Branch, ContentKey, Entry, FieldRule, RuleFile, Scalar
from pipelines.interpret.lineage import source_columns
from pipelines.interpret.notes import line_columns
from pipelines.interpret.parties import FULL_NAME, NAME_PARTS
from pipelines.interpret.plan import read_with

SAME_FIELD: Final = {
    "contact_point.value_raw": "contact_point.value",
    "contact_point.value_norm": "contact_point.value",
    "consent.status": "consent.flag",
    "consent.raw_flag": "consent.flag",
    **{f"{kind}.{parent}_id": f"{kind}.{parent}" for kind, parents in CHILDREN.items() for parent in parents},
    "customer.owner_id": "customer.owner",
    "opportunity.owner_id": "opportunity.owner",
    "activity.owner_id": "activity.owner",
    "support_case.owner_id": "support_case.owner",
}
"""Columns of the CRM that rule files fill under another name."""
CUSTOMER: Final = "customer"
Needs = dict[Value, list[Value]]
"""What each mapped value of a branch depends on."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way by which a target field gets its value: one field of one entry of one branch."""

    target: str
    """`kind.field`."""
    map: str
    branch: int
    """Position among the targets of the rule file, from 1."""
    entry: int | None
    """Position among the entries of the branch, from 0; None for what belongs to the whole row."""
    field: str
    """Field of the entry that the rule fills: another than that of `target` where that comes out of it."""
    columns: tuple[str, ...]
    """Source columns that the value is made of."""
    looked_at: tuple[str, ...]
    """Further columns that decide what becomes of it, through values of the same row too."""
    rules: tuple[str, ...]
    """Business rules: the field's own, else its entry's, and that of the branch."""
    code_table: str | None = None
    out_of: str | None = None
    """The target field it comes out of, or how it comes about."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a source column."""

    column: str
    use: str
    """`value`, `looked at`, or what else: `key`, `created`, `updated`, `lines`, `branch`, `skip`, `control
    sum`."""
    target: str | None
    """The target field, for values and what is looked at."""
    branch: int | None = None
    name: str | None = None
    """Of the control sum."""


# --- forwards ---
def ways(project: LoadedProject) -> tuple[Way, ...]:
    """Every way of every field, by rule file and in the order of the file."""
    return tuple(way for loaded in project.files for way in ways_of(loaded))


def ways_of(loaded: LoadedRules) -> tuple[Way, ...]:
    """The ways of one rule file; several entries of a kind give several ways of its fields."""
    found: list[Way] = []
    for number, branch in enumerate(loaded.rules.targets, 1):
        needed = {at: [*on, *sorted(read_with(branch, at))] for at, on in dependencies(branch).items()}
        for place, entry in enumerate(branch.entries):
            found += _entry_ways(loaded.rules, number, branch, place, needed)
            if entry.kind in PARTIES:
                found += _of_customer(loaded.rules, number, entry)
    return tuple(found)


def _entry_ways(
    rules: RuleFile,
    number: int,
    branch: Branch,
    place: int,
    needed: Needs,
) -> Iterator[Way]:
    entry = branch.entries[place]
    mapped: dict[str, Way] = {}
    for name, rule in entry.fields.items():
        values = source_columns(rule.model_copy(update={"pad_left": None}))
        through = _through(branch, (place, name), needed)
        looked_at = [*source_columns(rule), *(column for at in through for column in _columns(branch, at))]
        looked_at += [] if entry.skip_if_null is None else [entry.skip_if_null]
        mapped[name] = Way(
            target=f"{entry.kind}.{name}",
            map=rules.map,
            branch=number,
            entry=place,
            field=name,
            columns=values,
            looked_at=tuple(dict.fromkeys(column for column in looked_at if column not in values)),
            rules=_rules(rule, entry, branch),
            code_table=rule.code_table,
        )
    yield from mapped.values()
    yield from _derived(entry, mapped)


def _through(branch: Branch, value: Value, needed: Needs) -> list[Value]:
    """Mapped values that a value depends on, at once or through others."""
    found: list[Value] = []
    todo = list(needed.get(value, ()))
    while todo:
        one = todo.pop(0)
        if one not in found and one != value:
            found.append(one)
            todo += needed.get(one, ())
    return found


def _columns(branch: Branch, value: Value) -> tuple[str, ...]:
    return source_columns(branch.entries[value[0]].fields[value[1]])


def _rules(rule: FieldRule, entry: Entry, branch: Branch) -> tuple[str, ...]:
    own = rule.rule or entry.rule
    return tuple(dict.fromkeys(name for name in (own, branch.rule) if name is not None))


def _derived(entry: Entry, mapped: dict[str, Way]) -> Iterator[Way]:
    """Fields that come out of mapped ones; see `crm_unify.records` for what they hold."""
    if entry.kind == "person" and "full_name" in mapped:
        yield from (_out_of(mapped["full_name"], part) for part in NAME_PARTS if part not in mapped)
    elif entry.kind == "person" and mapped.keys() & set(FULL_NAME):
        parts = [mapped[part] for part in FULL_NAME if part in mapped]
        columns = tuple(dict.fromkeys(column for part in parts for column in part.columns))
        yield _out_of(parts[0], "full_name", columns=columns, said=", ".join(p.target for p in parts))
        if "family_name" in mapped and "birth_name" not in mapped:
            yield _out_of(mapped["family_name"], "birth_name")
    if entry.kind == "organisation" and "name" in mapped and "legal_form" not in mapped:
        yield _out_of(mapped["name"], "legal_form")
    amounts = [way for name, way in mapped.items() if field_type(entry, name) is FieldType.MONEY]
    if amounts and "currency" in field_types(entry.kind) and "currency" not in mapped:
        yield _out_of(amounts[0], "currency", columns=(), said="the currency of the source")
    if entry.kind == "account" and "system" not in mapped:
        yield _out_of(mapped["account_no"], "system", columns=(), said="the name of the source system")


def _out_of(
    whole: Way, field: str, *, columns: tuple[str, ...] | None = None, said: str | None = None
) -> Way:
    kind = whole.target.partition(".")[0]
    return Way(
        target=f"{kind}.{field}",
        map=whole.map,
        branch=whole.branch,
        entry=whole.entry,
        field=whole.field,
        columns=whole.columns if columns is None else columns,
        looked_at=whole.looked_at if columns is None else (),
        rules=whole.rules,
        out_of=whole.target if said is None else said,
    )


def _of_customer(rules: RuleFile, number: int, entry: Entry) -> Iterator[Way]:
    """What the customer as a whole shows: its name, its owner, the dates of its sources."""
    name = "name" if entry.kind == "organisation" else "full_name"
    parts = (name,) if name in entry.fields else tuple(p for p in FULL_NAME if p in entry.fields)
    said: list[tuple[str, tuple[str, ...], str]] = []
    if parts:
        named = (column for part in parts for column in source_columns(entry.fields[part]))
        said.append(("display_name", tuple(dict.fromkeys(named)), f"{entry.kind}.{name}"))
    if "owner" in entry.fields:
        said.append(("owner", source_columns(entry.fields["owner"]), f"{entry.kind}.owner"))
    source = rules.source
    dates = (
        ("source_created", source.created, "the earliest"),
        ("source_updated", source.updated, "the latest"),
    )
    said += [(field, (column,), f"{which} of all records") for field, column, which in dates if column]
    for field, taken, out_of in said:
        yield Way(f"{CUSTOMER}.{field}", rules.map, number, None, field, taken, (), (), out_of=out_of)


# --- backwards ---
def uses_of(loaded: LoadedRules) -> tuple[Use, ...]:
    """Every use of every column of one source, each once, by column in the order of the rule file."""
    rules = loaded.rules
    source = rules.source
    key = source.key.content if isinstance(source.key, ContentKey) else source.key
    found = [Use(column, "key", None) for column in key]
    found += [Use(source.created, "created", None)] if source.created is not None else []
    found += [Use(source.updated, "updated", None)] if source.updated is not None else []
    found += [Use(column, "lines", None) for column in line_columns(source)]
    for number, branch in enumerate(rules.targets, 1):
        found += [Use(c, "branch", None, number) for c in sorted(parse_expression(branch.when).columns)]
        skipped = (entry.skip_if_null for entry in branch.entries)
        found += [Use(column, "skip", None, number) for column in skipped if column is not None]
    for way in ways_of(loaded):
        found += [Use(column, "value", way.target) for column in way.columns]
        found += [Use(column, "looked at", way.target) for column in way.looked_at]
    for control in rules.reconcile:
        columns = sorted(parse_expression(control.source, aggregates=True).columns)
        found += [Use(column, "control sum", None, name=control.name) for column in columns]
    found += [_lent_use(one) for one in loaded.lends]
    return tuple(dict.fromkeys(found))


def _lent_use(one: Lent) -> Use:
    """What another map, or the map itself, does with a column of a row that it looks up."""
    _, branch, _, place, _, field, said = one.path
    entry = one.asked_by.rules.targets[int(branch)].entries[int(place)]
    return Use(one.column, "value" if said == "take" else "looked at", f"{entry.kind}.{field}")


def columns_of(loaded: LoadedRules, headers: tuple[str, ...]) -> tuple[str, ...]:
    """All columns of a source: those of its header, then those that only the rule file knows."""
    used = (use.column for use in uses_of(loaded))
    return tuple(dict.fromkeys((*headers, *used, *loaded.rules.source.ignore)))


# --- names ---
def canonical(target: str) -> str:
    """A column of the CRM as the field that rule files fill: `contact_point.value_norm` is its `value`."""
    return SAME_FIELD.get(target, target)


def known_targets() -> tuple[str, ...]:
    """Every field of the CRM that rule files fill or that comes out of one, as `kind.field`."""
    own = [
        canonical(f"{kind}.{field}")
        for kind in KINDS
        for field in field_types(kind)
        if not field.endswith("record_id")
    ]
    parents = [f"{kind}.{parent}" for kind, parents in CHILDREN.items() for parent in parents]
    whole = [f"{CUSTOMER}.{field}" for field in ("display_name", "owner", "source_created", "source_updated")]
    return tuple(dict.fromkeys([*whole, *own, *parents]))


def entry_of(loaded: LoadedRules, way: Way) -> Entry | None:
    """The entry of the rule file that makes a way."""
    return None if way.entry is None else loaded.rules.targets[way.branch - 1].entries[way.entry]


def qualified(entry: Entry) -> str:
    """What tells an entry from others of its kind: `email of contact (work)`."""
    kind = _const(entry, "kind") or _const(entry, "scheme") or _const(entry, "channel")
    label = _const(entry, "label")
    words = [str(kind)] if kind is not None else []
    words += [f"of {entry.of}"] if entry.of is not None else []
    words += [f"({label})"] if label is not None else []
    return " ".join(words)


def _const(entry: Entry, field: str) -> Scalar | None:
    rule = entry.fields.get(field)
    return None if rule is None else rule.const
