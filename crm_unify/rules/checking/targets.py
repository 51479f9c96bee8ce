"""Mistakes in `targets`: branches nobody reaches, names that lead nowhere, values in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError
from typing import Final

from crm_unify.errors import ConfigurationError
from crm_unify.records import CHILDREN, PARTIES, PARTY_CLAIMS
from crm_unify.rules.branches import evaluation_order, needed_fields, parties
from crm_unify.rules.checking.fields import field_mistakes
from crm_unify.rules.expressions import ExpressionRefusedError, check_expression, holds_always
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import ENTRY_KEYS, LINK_KEYS, Branch, Entry, has_own_record, rule_fields
from crm_unify.rules.yaml_tree import Path

LINK_KINDS: Final = {"organisation": "organisation", "person": "person"}
"""What a link of `organisation_person` must name."""


def target_mistakes(loaded: LoadedRules) -> Iterator[ConfigurationError]:
    """Everything wrong in `targets` that shows without the source."""
    yield from _reach_mistakes(loaded)
    for i, branch in enumerate(loaded.rules.targets):
        at: Path = ("targets", i)
        yield from _rule_mistakes(loaded, branch.rule, (*at, "rule"))
        if branch.discard is not None:
            yield from _rule_mistakes(loaded, branch.discard.rule, (*at, "discard", "rule"))
        yield from _part_mistakes(loaded, branch, at)
        yield from _cycle_mistakes(loaded, branch, at)
        for j, entry in enumerate(branch.entries):
            yield from _entry_mistakes(loaded, branch, entry, (*at, "entries", j))


def _rule_mistakes(loaded: LoadedRules, rule: str | None, path: Path) -> Iterator[ConfigurationError]:
    if rule is not None and rule not in loaded.rules.rules:
        yield loaded.unknown("rule", rule, path, known=loaded.rules.rules)


# --- which rows get here ---
def _reach_mistakes(loaded: LoadedRules) -> Iterator[ConfigurationError]:
    """Conditions that are refused, never hold, or come after one that always holds."""
    taken: dict[str, int] = {}
    for i, branch in enumerate(loaded.rules.targets):
        path: Path = ("targets", i, "when")
        try:
            check_expression(branch.when, condition=True)
            always = holds_always(branch.when)
        except ExpressionRefusedError as error:
            yield loaded.refused(error, path)
            continue
        if (line := taken.get("", taken.get(branch.when))) is not None:
            what = f"no row can get to this target: the one in line {line} takes them all"
            yield loaded.wrong(what, ("targets", i), remedy="put it before, or remove it")
        if always is False:
            yield loaded.wrong(
                f"'when: {branch.when}' never holds", path, remedy="correct it, or remove the target"
            )
        taken.setdefault("" if always else branch.when, loaded.where(("targets", i)))


# --- entries and the names between them ---
def _part_mistakes(loaded: LoadedRules, branch: Branch, at: Path) -> Iterator[ConfigurationError]:
    """Two entries under one name, where the name is part of a record id or was given by hand."""
    seen: dict[str, Path] = {}
    for j, entry in enumerate(branch.entries):
        if not has_own_record(entry.kind) and entry.as_ is None:
            continue
        path: Path = (*at, "entries", j)
        if entry.part in seen:
            what = f"two entries of this target are called '{entry.part}'"
            why = f"the first is in line {loaded.where(seen[entry.part])}"
            yield loaded.wrong(what, path, why=why, remedy="give each a name of its own with as:")
        seen.setdefault(entry.part, path)


def _entry_mistakes(
    loaded: LoadedRules, branch: Branch, entry: Entry, at: Path
) -> Iterator[ConfigurationError]:
    yield from _rule_mistakes(loaded, entry.rule, (*at, "rule"))
    yield from _of_mistakes(loaded, branch, entry, at)
    yield from _link_mistakes(loaded, branch, entry, at)
    yield from _needed_mistakes(loaded, entry, at)
    known = rule_fields(entry.kind)
    for field, rule in entry.fields.items():
        path: Path = (*at, "fields", field)
        if field not in known:
            keys = [*known, *ENTRY_KEYS, *LINK_KEYS.get(entry.kind, ())]
            yield loaded.unknown(f"field of {entry.kind}", field, path, known=keys)
            continue
        yield from _rule_mistakes(loaded, rule.rule, (*path, "rule"))
        yield from field_mistakes(loaded, branch, entry, field, path=path)


def _of_mistakes(loaded: LoadedRules, branch: Branch, entry: Entry, at: Path) -> Iterator[ConfigurationError]:
    """`of:` names the party that makes the claim."""
    is_claim = entry.kind in PARTY_CLAIMS and entry.kind not in LINK_KEYS
    names = sorted(parties(branch))
    if entry.of is None and is_claim:
        what = f"{entry.kind} does not say whose it is"
        yield loaded.wrong(
            what, at, why=_these(names), remedy="add of: with the name of a party of this target"
        )
    elif entry.of is not None and not is_claim:
        what = f"'of' means nothing for {entry.kind}"
        yield loaded.wrong(what, (*at, "of"), remedy="leave it out")
    elif entry.of is not None and entry.of not in names:
        yield loaded.unknown("party", entry.of, (*at, "of"), known=names)


def _these(names: list[str]) -> str:
    return f"parties here: {', '.join(names)}" if names else "this target makes no person and no organisation"


def _link_mistakes(
    loaded: LoadedRules, branch: Branch, entry: Entry, at: Path
) -> Iterator[ConfigurationError]:
    """Each link names an entry of its own kind."""
    made = parties(branch)
    for link in LINK_KEYS.get(entry.kind, ()):
        fitting = sorted(name for name, other in made.items() if other.kind == LINK_KINDS[link])
        named = entry.links.get(link)
        if named is None:
            remedy = f"add {link}: with the name of the {link} ({', '.join(fitting) or 'none here'})"
            yield loaded.wrong(f"{entry.kind} needs the key '{link}'", at, remedy=remedy)
        elif named not in fitting:
            yield loaded.unknown(link, named, (*at, "links", link), known=fitting)


def _needed_mistakes(loaded: LoadedRules, entry: Entry, at: Path) -> Iterator[ConfigurationError]:
    """Fields without which nothing of this kind can be made."""
    for group in needed_fields(entry.kind):
        if any(field in entry.fields for field in group):
            continue
        what = f"{entry.kind} needs {' or '.join(group)}"
        yield loaded.wrong(what, at, remedy=f"add {group[0]}:")
    if entry.kind in CHILDREN or entry.kind in PARTIES:
        return
    if not entry.fields and entry.kind not in LINK_KEYS:
        yield loaded.wrong(f"{entry.kind} maps nothing", at, remedy="add a field")


# --- values that wait for each other ---
def _cycle_mistakes(loaded: LoadedRules, branch: Branch, at: Path) -> Iterator[ConfigurationError]:
    try:
        evaluation_order(branch)
    except CycleError as error:
        circle: list[tuple[int, str]] = error.args[1]
        words = " -> ".join(f"{branch.entries[i].part}.{field}" for i, field in circle)
        entry, field = min(circle)
        path: Path = (*at, "entries", entry, "fields", field)
        yield loaded.wrong(
            f"these values wait for each other: {words}", path, remedy="use the source column in one of them"
        )
