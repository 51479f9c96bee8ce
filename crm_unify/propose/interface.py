"""What a proposal says: of a project its sources and maps, of a map its targets, questions and code tables.

Plain values, made by `propose` from a profile and a look at rows, turned into files by `write`; the one knows
nothing of YAML, the other decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

IGNORED, ASKED = "ignore", "ask"
"""What becomes of a column that goes nowhere: left out with a reason, or a question about it."""


@dataclass(frozen=True, slots=True)
class Place:
    """One of the places that were named as sources."""

    text: str
    """File, folder or database URL, as given, a password in it left in"""
    name: str | None = None
    """Name of the system that a person gave it"""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at the rows of a table adds to its profile."""

    place: Place
    """Where it was found"""
    url: str | None
    """Database URL that reads it; None for files"""
    rows: pa.Table
    """Some of its rows as text, a column a header"""


@dataclass(frozen=True, slots=True)
class Question:
    """Something a person has to say: a business rule in draft."""

    id: str
    what: str
    """The proposal or the question, as a sentence"""
    why: str
    """What it rests on, and how sure it is"""
    evidence: str = ""
    """Figures of the profile"""


@dataclass(frozen=True, slots=True)
class Codes:
    """A code table."""

    name: str
    rows: tuple[tuple[str, str, str, int], ...]
    """source value, target value (? where nobody knows), label, rows"""
    unmapped: str = "withhold"
    """What becomes of values it does not have"""


@dataclass(frozen=True, slots=True)
class Field:
    """How one field of a target gets its value."""

    name: str
    rule: Mapping[str, Any] | str
    """As YAML has it; a text is a constant"""
    note: str = ""
    """How sure it is, and why: the comment in the file"""
    named: tuple[str, ...] = ()
    """Columns that its expression names"""

    @property
    def columns(self) -> tuple[str, ...]:
        """The source columns it takes."""
        if isinstance(self.rule, str):
            return ()
        if "lookup" in self.rule:
            return (self.rule["lookup"][2],)
        return (self.rule["from"],) if "from" in self.rule else self.named


@dataclass(frozen=True, slots=True)
class Entry:
    """One record or claim of a branch."""

    kind: str
    place: Mapping[str, str]
    """`as`, `of`, `skip_if_null`, `rule` and links, as YAML has them"""
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """What becomes of some of the rows."""

    when: str = ""
    """Condition; empty for all rows that are left"""
    rule: str = ""
    entries: tuple[Entry, ...] = ()
    discard: Mapping[str, Any] = field(default_factory=dict)
    quarantine: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    """Columns the condition looks at"""


@dataclass(frozen=True, slots=True)
class Example:
    """An example test: rows with masked values, and what the rules make of them."""

    name: str
    given: tuple[Mapping[str, str], ...]
    expect: Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Map:
    """One rule file."""

    name: str
    table: str
    """Name in the profile"""
    about: str
    """Whom or what its rows are about, how sure that is, and why"""
    source: Mapping[str, Any]
    """Block `source`, less `parse` and `ignore`"""
    parse: Mapping[str, Any]
    notes: Mapping[str, str]
    """Key of `source` or `parse` -> why it is proposed"""
    ignore: Mapping[str, str]
    questions: tuple[Question, ...]
    codes: tuple[Codes, ...]
    branches: tuple[Branch, ...]
    asked: tuple[str, ...]
    """Columns that nobody takes until somebody has answered"""
    checks: tuple[Mapping[str, Any], ...] = ()
    """Blocks of `checks`, as YAML has them"""
    sums: tuple[Mapping[str, Any], ...] = ()
    """Blocks of `reconcile`"""
    examples: tuple[Example, ...] = ()

    @property
    def left_out(self) -> bool:
        """Whether all its rows are discarded."""
        return bool(self.branches[0].discard) and not self.branches[0].when


@dataclass(frozen=True, slots=True)
class System:
    """One source of the project file."""

    name: str
    url: str | None
    path: str | None
    variable: str | None = None
    """Environment variable that has to hold the URL, since a password is in it"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A project."""

    project: str
    systems: tuple[System, ...]
    maps: tuple[Map, ...]
    not_read: tuple[str, ...]
    """Files and views that no rule file reads, each with the reason"""


def outcomes(one: Map) -> dict[str, set[str]]:
    """Where each column goes: fields, `key`, `created`, `updated`, `branch`, `ignore` or `ask`."""
    found: dict[str, set[str]] = {}
    key = one.source["key"]
    for column in key if isinstance(key, list) else ():
        found.setdefault(column, set()).add("key")
    for name in ("created", "updated"):
        if name in one.source:
            found.setdefault(one.source[name], set()).add(name)
    for branch in one.branches:
        for column in branch.columns:
            found.setdefault(column, set()).add("branch")
        for entry in branch.entries:
            for own in entry.fields:
                for column in own.columns:
                    found.setdefault(column, set()).add(_target(entry, own))
    for column in one.ignore:
        found.setdefault(column, set()).add(IGNORED)
    for column in one.asked:
        found.setdefault(column, set()).add(ASKED)
    return found


def _target(entry: Entry, own: Field) -> str:
    """`contact_point.email`, `person.given_name`."""
    kind = next((one.rule for one in entry.fields if one.name == "kind"), None)
    return f"{entry.kind}.{kind}" if entry.kind == "contact_point" else f"{entry.kind}.{own.name}"
