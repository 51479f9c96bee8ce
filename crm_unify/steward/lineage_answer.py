"""The answers of `crm-unify lineage`: of a target field its sources, of a source column its uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from crm_unify.errors import UsageError, nearest_name
from crm_unify.rules.expressions import check_on_fields
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.rules.model import rule_fields
from crm_unify.steward.book.rule_words import branch_words, check_words, way_words
from crm_unify.steward.lineage import (
    CUSTOMER,
    Use,
    Way,
    canonical,
    columns_of,
    entry_of,
    known_targets,
    qualified,
    uses_of,
    ways_of,
)
from crm_unify.steward.survival import Survival, survival

Headers = Callable[[LoadedRules], tuple[str, ...]]
"""The header of a source today; empty where it cannot be opened."""


@dataclass(frozen=True, slots=True)
class Source:
    """One way to a field, said in words; equal ways of several branches are one."""

    map: str
    system: str
    columns: tuple[str, ...]
    looked_at: tuple[str, ...]
    entry: str
    """What tells the entry from others of its kind: `email of contact (work)`."""
    rows: tuple[str, ...]
    """For which rows, one sentence a branch."""
    how: tuple[str, ...]
    code_table: str | None
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldLineage:
    """Everything that goes into a field of the CRM."""

    field: str
    sources: tuple[Source, ...]
    checks: tuple[tuple[str, str], ...]
    """Map and id, and the check in words."""
    survival: Survival

    def as_json(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ColumnLineage:
    """Everything that becomes of a source column."""

    map: str
    system: str
    column: str
    goes_to: tuple[str, ...]
    """Target fields that are made of it."""
    looked_at_for: tuple[str, ...]
    """Target fields it decides about without being a part of them."""
    other: tuple[str, ...]
    """Further uses, in words."""
    ignored: str | None
    """Why the rule file leaves it out."""

    @property
    def taken(self) -> bool:
        """Whether any rule uses it."""
        return bool(self.goes_to or self.looked_at_for or self.other)

    def as_json(self) -> dict[str, Any]:
        """Plain values by name."""
        return {**asdict(self), "taken": self.taken}


def field_lineage(project: LoadedProject, target: str) -> FieldLineage:
    """The sources of a field; `contact_point.email` means contact points of that kind."""
    kind, _, field = target.partition(".")
    only = field if kind == "contact_point" and field in ("email", "phone", "fax", "web") else None
    name = "contact_point.value" if only else canonical(target)
    found = [
        (loaded, way)
        for loaded in project.files
        for way in ways_of(loaded)
        if way.target == name and (only is None or _kind(loaded, way) == only)
    ]
    checks = tuple(
        (f"{loaded.rules.map} {check.id}", check_words(check))
        for loaded in project.files
        for check in loaded.rules.checks
        if check.on == kind and name.partition(".")[2] in check_on_fields(check.expr, dict(rule_fields(kind)))
    )
    return FieldLineage(target, _merged(found), checks, survival(project, name))


def _kind(loaded: LoadedRules, way: Way) -> object:
    entry = entry_of(loaded, way)
    return None if entry is None else entry.fields["kind"].const


def _merged(found: Sequence[tuple[LoadedRules, Way]]) -> tuple[Source, ...]:
    made: dict[tuple[Any, ...], list[str]] = {}
    for loaded, way in found:
        entry = entry_of(loaded, way)
        said = "" if entry is None else qualified(entry)
        how = way_words(loaded, way)
        key = (loaded.rules.map, loaded.rules.source.system, way.columns, way.looked_at, said)
        rows = made.setdefault((*key, how, way.code_table, way.rules), [])
        targets = loaded.rules.targets
        sentence = branch_words(targets[way.branch - 1], only=len(targets) == 1)
        if sentence not in rows:
            rows.append(sentence)
    return tuple(
        Source(key[0], key[1], key[2], key[3], key[4], tuple(rows), key[5], key[6], key[7])
        for key, rows in made.items()
    )


# --- backwards ---
def column_lineages(project: LoadedProject, said: str, *, headers: Headers) -> tuple[ColumnLineage, ...]:
    """Where a column goes, once for each map that has it; `said` is `SOURCE.COLUMN`.

    SOURCE is a rule file's map, its system, or its table, sheet or file. Raises UsageError for a source or
    column that nobody knows, with the nearest name.
    """
    fitting = [(loaded, said[len(name) + 1 :]) for loaded in project.files for name in _names(loaded, said)]
    if not fitting:
        known = [name for loaded in project.files for name in _all_names(loaded)]
        raise _unknown("no source or field of that name", said, [*known, *known_targets()])
    found = [
        _column(loaded, column, uses_of(loaded))
        for loaded, column in fitting
        if column in columns_of(loaded, headers(loaded))
    ]
    if not found:
        columns = [one for loaded, _ in fitting for one in columns_of(loaded, headers(loaded))]
        raise _unknown(f"the source has no column '{fitting[0][1]}'", said, columns, part=fitting[0][1])
    return tuple(found)


def every_column(project: LoadedProject, *, headers: Headers) -> tuple[ColumnLineage, ...]:
    """All columns of all sources, in the order of their headers."""
    return tuple(
        _column(loaded, column, uses)
        for loaded in project.files
        for uses in [uses_of(loaded)]
        for column in columns_of(loaded, headers(loaded))
    )


def _unknown(what: str, said: str, known: Sequence[str], *, part: str | None = None) -> UsageError:
    near = nearest_name(said if part is None else part, known)
    remedy = "name a field like person.birth_date, or a column like billing_customers.DOB"
    return UsageError(what, said, remedy=remedy if near is None else f"did you mean '{near}'?")


def _all_names(loaded: LoadedRules) -> tuple[str, ...]:
    source = loaded.rules.source
    places = (source.table, source.sheet, source.file)
    return tuple(
        dict.fromkeys([loaded.rules.map, source.system, *(one for one in places if one is not None)])
    )


def _names(loaded: LoadedRules, said: str) -> Iterator[str]:
    """The longest of its names that `said` begins with."""
    fitting = [name for name in _all_names(loaded) if said.startswith(f"{name}.")]
    yield from sorted(fitting, key=len, reverse=True)[:1]


def _column(loaded: LoadedRules, column: str, every: Sequence[Use]) -> ColumnLineage:
    uses = [use for use in every if use.column == column]
    values = tuple(dict.fromkeys(str(use.target) for use in uses if use.use == "value"))
    looked_at = dict.fromkeys(str(use.target) for use in uses if use.use == "looked at")
    return ColumnLineage(
        map=loaded.rules.map,
        system=loaded.rules.source.system,
        column=column,
        goes_to=values,
        looked_at_for=tuple(target for target in looked_at if target not in values),
        other=tuple(_other(loaded, use) for use in uses if use.target is None),
        ignored=loaded.rules.source.ignore.get(column),
    )


def _other(loaded: LoadedRules, use: Use) -> str:
    match use.use:
        case "key":
            return "part of the key that a row is known by"
        case "created":
            return "says when the row was created"
        case "updated":
            return "says when the row was last changed"
        case "lines":
            return "says which lines make one row, and in which order"
        case "branch":
            targets = loaded.rules.targets
            said = branch_words(targets[(use.branch or 1) - 1], only=len(targets) == 1)
            return f"decides what becomes of the row: {said}"
        case "skip":
            return "an entry is left out where it is empty"
        case _:
            return f"control sum '{use.name}'"


# --- as text ---
def field_text(found: FieldLineage, project: LoadedProject) -> str:
    """The lineage of a field for a terminal."""
    return "\n".join([found.field, *_field_lines(found, project)]).replace("`", "'")


def _field_lines(found: FieldLineage, project: LoadedProject) -> Iterator[str]:
    if not found.sources:
        yield "  no rule fills it"
    for source in found.sources:
        columns = ", ".join(source.columns) or "no column"
        yield f"  {source.map}: {columns}" + (f" [{source.entry}]" if source.entry else "")
        for rows in source.rows:
            yield f"    rows:   {rows}"
        yield f"    how:    {' '.join(source.how)}"
        if source.looked_at:
            yield f"    beside: {', '.join(source.looked_at)}"
        loaded = project.rules_of(source.map)
        for rule in source.rules:
            about = None if loaded is None else loaded.rules.rules.get(rule)
            yield f"    rule:   {rule}" + ("" if about is None else f" ({about.status}): {about.what}")
    for name, words in found.checks:
        yield f"  check {name}: {words}"
    kind = found.field.partition(".")[0]
    yield f"  {'in the CRM' if kind == CUSTOMER else 'several records'}: {found.survival.sentence}"


def column_text(found: Sequence[ColumnLineage]) -> str:
    """The lineage of columns for a terminal."""
    return "\n".join(line for one in found for line in _column_lines(one)).replace("`", "'")


def _column_lines(one: ColumnLineage) -> Iterator[str]:
    yield f"{one.map}.{one.column}"
    for target in one.goes_to:
        yield f"  -> {target}"
    if one.looked_at_for:
        yield f"  looked at for {', '.join(one.looked_at_for)}"
    for said in one.other:
        yield f"  {said}"
    if one.ignored is not None:
        yield f"  left out on purpose: {one.ignored}"
    elif not one.taken:
        yield "  nobody takes it: map it, or list it under ignore with a reason"
