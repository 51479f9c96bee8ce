"""In which order the fields of a branch get their values: a field that names another one waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Final

from crm_unify.errors import ConfigurationError
from crm_unify.records import CHILDREN, PARTIES, FieldType
from crm_unify.rules.branches import Value, dependencies, field_type
from crm_unify.rules.model import Branch, Entry, has_own_record

_READ_WITH: Final = {
    FieldType.POSTCODE: ("country_code",),
    FieldType.VAT: ("country_code",),
    FieldType.MONEY: ("currency",),
}
"""Fields of the same entry that say how a value is read."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry and its place in the branch."""

    entry: Entry
    place: int
    """Among all entries of the branch, from 0."""
    number: int
    """Among the entries of its kind, from 1."""

    @property
    def label(self) -> str:
        """`contact_point`, `contact_point[2]` for the second of the list."""
        return self.entry.kind if self.number == 1 else f"{self.entry.kind}[{self.number}]"

    def target(self, field: str) -> str:
        """The field as reports name it: `contact_point[2].value`."""
        return f"{self.label}.{field}"


def placed(branch: Branch, file: str) -> tuple[Placed, ...]:
    """The entries of a branch in rule order; refuses two records under one part name."""
    numbers: dict[str, int] = {}
    parts: set[str] = set()
    found = []
    for place, entry in enumerate(branch.entries):
        numbers[entry.kind] = numbers.get(entry.kind, 0) + 1
        if has_own_record(entry.kind):
            if entry.part in parts:
                why = "two records of one row need two names"
                raise ConfigurationError(
                    f"'{entry.part}' is made twice", file, why=why, remedy="name them with `as`"
                )
            parts.add(entry.part)
        found.append(Placed(entry, place, numbers[entry.kind]))
    return tuple(found)


def owner(entries: tuple[Placed, ...], entry: Entry, *, file: str) -> Placed:
    """The record an entry belongs to: itself, the one named by `of`, or the first party of the branch."""
    own = [p for p in entries if has_own_record(p.entry.kind)]
    if has_own_record(entry.kind):
        return next(p for p in own if p.entry is entry)
    if entry.kind == "organisation_person":
        return linked(entries, entry, link="organisation", file=file)
    if entry.of is None:
        own = [p for p in own if p.entry.kind in PARTIES]
    else:
        own = [p for p in own if p.entry.part == entry.of]
    if not own:
        wanted = "a party" if entry.of is None else f"'{entry.of}'"
        raise ConfigurationError(f"{entry.kind} belongs to {wanted}, and the target makes none", file)
    return own[0]


def linked(entries: tuple[Placed, ...], entry: Entry, *, link: str, file: str) -> Placed:
    """The record of the row that a link names: by its part name, else the first of that kind."""
    name = entry.links.get(link)
    for other in entries:
        if has_own_record(other.entry.kind) and (
            other.entry.part == name if name else other.entry.kind == link
        ):
            return other
    raise ConfigurationError(f"{entry.kind} needs {link} '{name or link}', and the target makes none", file)


def steps(branch: Branch, file: str) -> tuple[tuple[Value, ...], ...]:
    """All fields in steps: each needs only fields of the steps before it; a cycle is refused."""
    graph = {value: set(needs) for value, needs in dependencies(branch).items()}
    for value in graph:
        graph[value] |= {
            other for other in read_with(branch, value) if not _reaches(graph, other, goal=value)
        }
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError as error:
        names = ", ".join(f"{branch.entries[i].kind}.{field}" for i, field in error.args[1])
        raise ConfigurationError(
            f"mapped values need each other: {names}", file, why="a cycle has no start"
        ) from error
    found = []
    while sorter.is_active():
        ready = sorter.get_ready()
        found.append(tuple(sorted(ready)))
        sorter.done(*ready)
    return tuple(found)


def is_parent(kind: str, field: str) -> bool:
    """Whether the field names the record that a child hangs on."""
    return field in CHILDREN.get(kind, ())


def read_with(branch: Branch, value: Value) -> set[Value]:
    """Fields of the same entry that say how a value is read: the country of a postcode."""
    place, field = value
    entry = branch.entries[place]
    names = _READ_WITH.get(field_type(entry, field), ())
    if entry.kind == "contact_point" and field == "value":
        names = ("kind",)
    return {(place, name) for name in names if name in entry.fields and name != field}


def _reaches(graph: dict[Value, set[Value]], start: Value, *, goal: Value) -> bool:
    """Whether `start` needs `goal`, at once or through others."""
    seen, todo = set(), [start]
    while todo:
        value = todo.pop()
        if value == goal:
            return True
        if value not in seen:
            seen.add(value)
            todo += graph.get(value, ())
    return False
