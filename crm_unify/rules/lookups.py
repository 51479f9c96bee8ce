"""Lookups of a rule file: of parents, which are records, and of values, which are texts of another source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crm_unify.rules.model import FieldRule, RuleFile
from crm_unify.rules.yaml_tree import Path


@dataclass(frozen=True, slots=True)
class Lookup:
    """One field of a rule file that looks something up."""

    branch: int
    """Position among the targets, from 0."""
    entry: int
    """Position among the entries of the branch, from 0."""
    field: str
    rule: FieldRule
    system: str
    """Of the map that is looked up."""
    map: str
    column: str
    """Column of the own row that holds the key."""

    @property
    def path(self) -> Path:
        """Where the field stands in the rule file."""
        return ("targets", self.branch, "entries", self.entry, "fields", self.field)


def lookups_of(rules: RuleFile) -> Iterator[Lookup]:
    """Every lookup, in the order of the rule file."""
    for i, branch in enumerate(rules.targets):
        for j, entry in enumerate(branch.entries):
            for name, rule in entry.fields.items():
                if rule.lookup is not None:
                    yield Lookup(i, j, name, rule, *rule.lookup)


def parents_of(rules: RuleFile) -> Iterator[Lookup]:
    """Lookups of the records that rows hang on."""
    return (one for one in lookups_of(rules) if one.rule.take is None)


def values_of(rules: RuleFile) -> Iterator[Lookup]:
    """Lookups of texts."""
    return (one for one in lookups_of(rules) if one.rule.take is not None)


# --- which map comes first ---
def firm(rules: RuleFile) -> dict[str, Lookup]:
    """The maps whose rows must be known before those of a rule file, each with a lookup that needs them.

    A row that loads without the parent it lacks (`missing: null`) needs nobody before it.
    """
    return {one.map: one for one in reversed([*parents_of(rules)]) if one.rule.missing != "null"}


def deferred(files: Sequence[RuleFile]) -> dict[str, frozenset[str]]:
    """By map, those it looks up that look it up as well, at once or through others: set in a second pass."""
    asked = {rules.map: {one.map for one in parents_of(rules)} for rules in files}
    soft = {rules.map: asked[rules.map] - firm(rules).keys() for rules in files}
    found = {
        name: frozenset(other for other in others if name in _reached(asked, other))
        for name, others in soft.items()
    }
    return {name: others for name, others in found.items() if others}


def _reached(asked: Mapping[str, set[str]], start: str) -> set[str]:
    """A map, and those it looks up, at once or through others."""
    found, todo = set[str](), [start]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += asked.get(name, ())
    return found
