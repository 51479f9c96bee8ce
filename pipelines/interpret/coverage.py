"""Which parts of a rule file its examples try: branches, code rows, transforms, rules and checks.

A transform, a padding or a code row counts as tried when it made a difference on some row of an example: if
somebody took it away, that example would see something else. A rule counts when it decided a row, a check
when it did not hold, a branch when it took a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from crm_unify.errors import GuardStopped
from crm_unify.rules.code_tables import OPEN
from crm_unify.rules.examples import differences
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import Example, FieldRule, Scalar
from crm_unify.rules.yaml_tree import Path
from pipelines.interpret.example import example_table
from pipelines.interpret.stage import interpret_watched
from pipelines.interpret.work import Tally, Touch

KINDS: Final = ("branch", "transform", "lookup", "code row", "rule", "check")
"""Kinds of parts, in the order they are told in."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a rule file that an example can try."""

    kind: str
    """One of KINDS."""
    name: str
    """In words: a condition, `field: step`, `table: code`, a rule id."""
    file: str
    line: int
    marks: frozenset[Touch]
    """What tells that it was tried; several where YAML says the same block twice (`*name`)."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The parts of one rule file, and those no example tries."""

    map: str
    parts: tuple[Part, ...]
    untried: tuple[Part, ...]

    def counts(self) -> dict[str, tuple[int, int]]:
        """Tried parts and all parts by kind; kinds that the file does not have are left out."""
        found = {kind: [part for part in self.parts if part.kind == kind] for kind in KINDS}
        lacking = set(self.untried)
        return {k: (sum(p not in lacking for p in parts), len(parts)) for k, parts in found.items() if parts}


@dataclass(frozen=True, slots=True)
class Failing:
    """An example that the rules do not fulfil."""

    number: int
    """Its place among the examples, from 0."""
    name: str
    said: tuple[str, ...]
    """What is not as it says, a sentence each."""


def try_examples(loaded: LoadedRules, *, as_of: date) -> tuple[tuple[Failing, ...], Coverage]:
    """Run every example of a rule file: those that fail, and which parts of the file they all try."""
    small, touched, failing = loaded.for_examples(), set[Touch](), []
    for number, example in enumerate(loaded.rules.tests):
        said, marks = try_example(small, example, as_of=as_of)
        touched |= marks
        if said:
            failing.append(Failing(number, example.name, said))
    parts = parts_of(loaded)
    untried = tuple(part for part in parts if not part.marks & touched)
    return tuple(failing), Coverage(loaded.rules.map, parts, untried)


def try_example(loaded: LoadedRules, example: Example, *, as_of: date) -> tuple[tuple[str, ...], set[Touch]]:
    """What the rules make of the given rows and the example does not say, and the parts that it tries.

    `loaded` is as `for_examples` gives it. A rule that would stop a run is what the example does not say.
    """
    given = _as_text(example.given)
    beside = {name: _as_text(rows) for name, rows in example.beside.items()}
    try:
        table, columns = example_table(loaded.rules, given)
        made, tally = interpret_watched(loaded, table, columns, as_of=as_of, beside=beside)
    except GuardStopped as stop:
        return (f"a run with these rows stops: {stop.what}",), set()
    said = differences(example, {**made.claims, "rejection": made.rejections, "fate": made.fates})
    return said, marks_of(tally) | {("rule", rule) for rule in example.shows}


def _as_text(rows: Sequence[Mapping[str, Scalar | None]]) -> list[dict[str, str | None]]:
    return [{k: None if v is None else str(v) for k, v in row.items()} for row in rows]


def marks_of(tally: Tally) -> set[Touch]:
    """Everything that made a difference, rules and checks as ``("rule", id)``."""
    return {*(tally.touched or {}), *(("rule", rule) for rule in tally.hits)}


# --- what there is to try ---
def parts_of(loaded: LoadedRules) -> tuple[Part, ...]:
    """Every part of a rule file, each once wherever its block is repeated."""
    found: dict[tuple[str, str, str, int], set[Touch]] = {}
    for kind, name, place, mark in _marks(loaded):
        found.setdefault((kind, name, *place), set()).add(mark)
    made = [Part(*key, marks=frozenset(marks)) for key, marks in found.items()]
    return tuple(sorted(made, key=lambda part: (KINDS.index(part.kind), part.file, part.line, part.name)))


_Marked = tuple[str, str, tuple[str, int], Touch]


def _marks(loaded: LoadedRules) -> Iterator[_Marked]:
    def at(path: Path) -> tuple[str, int]:
        return loaded.tree.file, loaded.where(path)

    for i, branch in enumerate(loaded.rules.targets):
        yield "branch", branch.when, at(("targets", i)), ("branch", i)
        for j, entry in enumerate(branch.entries):
            for name, field in entry.fields.items():
                path: Path = ("targets", i, "entries", j, "fields", name)
                if field.take is not None:
                    said = f"{entry.kind}.{name}: {field.take} of {(field.lookup or ['', ''])[1]}"
                    yield "lookup", said, at(path), ("lookup", i, j, name)
                for said, mark in _of_field(field, f"{entry.kind}.{name}"):
                    yield "transform", said, at(path), (mark[0], i, j, name, *mark[1:])
    yield from _code_marks(loaded)
    for rule in loaded.rules.rules:
        yield "rule", rule, at(("rules", rule)), ("rule", rule)
    for i, check in enumerate(loaded.rules.checks):
        yield "check", check.id, at(("checks", i)), ("rule", check.id)


def _of_field(field: FieldRule, target: str) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    for i, step in enumerate(field.transform):
        yield f"{target}: {step}", ("transform", i)
    if field.pad_left is not None:
        yield f"{target}: pad_left", ("pad",)
        if field.pad_left.when is not None:
            yield f"{target}: pad_left when {field.pad_left.when}", ("pad when",)


def _code_marks(loaded: LoadedRules) -> Iterator[_Marked]:
    for name, table in sorted(loaded.code_tables.items()):
        shown = str(loaded.rules.code_tables[name].file)
        for code in table.codes:
            if code.target_value != OPEN:
                place = (shown, code.line)
                yield "code row", f"{name}: {code.source_value}", place, ("code", name, code.source_value)
