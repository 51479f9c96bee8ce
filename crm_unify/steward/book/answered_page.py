"""One business rule answered on a page: the same changes of its rule file as out of a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crm_unify.errors import ConfigurationError, GuardStopped, UsageError, nearest_name
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.rules.mistakes import each, raise_all
from crm_unify.rules.model import BusinessRule
from crm_unify.steward.book.answered_rules import rule_changes
from crm_unify.steward.book.changes import FileChange, Wrong
from crm_unify.steward.book.workbook import RULES, STATUSES, digest, name_of
from crm_unify.steward.sheet_edits import Edit

ANSWERED: Final = ("owner", "status", "decided on", "decided where", "evidence")
"""What people answer of a rule; its text they change in the rule file."""
LONGEST: Final = 2_000
"""Characters of an answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The page that asked: a :class:`crm_unify.steward.book.changes.Whence`."""

    file: Path
    about: Mapping[str, str]


def rule_of(project: LoadedProject, map_name: str, rule: str) -> tuple[LoadedRules, BusinessRule]:
    """A rule and its file. Raises UsageError where there is none of this name."""
    loaded = project.rules_of(map_name)
    known = [] if loaded is None else list(loaded.rules.rules)
    if loaded is None or rule not in known:
        near = nearest_name(rule, known)
        remedy = f"did you mean {near}?" if near else "the list of rules shows those there are"
        raise UsageError("there is no such rule", f"{map_name}.{rule}", remedy=remedy)
    return loaded, loaded.rules.rules[rule]


def seal(loaded: LoadedRules) -> str:
    """What tells whether a rule file is still the one that was asked about."""
    return digest(loaded.path)


def answered(
    project: LoadedProject, map_name: str, rule: str, said: Mapping[str, str], *, seen: str
) -> tuple[FileChange, ...]:
    """What answers change in the rule file: nothing where it says all of it; nothing is written.

    `seen` is the seal of the file when it was asked. Raises GuardStopped where it has been changed since,
    UsageError for what cannot be an answer.
    """
    loaded, _ = rule_of(project, map_name, rule)
    if seal(loaded) != seen:
        why = "somebody else answered, or edited the file"
        remedy = "look at what it says now, and answer again"
        raise GuardStopped(
            "the rule file has been changed meanwhile", loaded.path.name, why=why, remedy=remedy
        )
    edits = [
        Edit(RULES, (map_name, rule), name, None, _text(name, said[name]), name)
        for name in ANSWERED
        if name in said
    ]
    asked = Asked(Path("page"), {f"file {name_of(loaded.path, project)}": seen})
    wrong: Wrong = []
    changes = [change for change, _ in rule_changes(project, edits, asked, wrong)]
    try:
        raise_all(wrong)
    except ConfigurationError as error:
        told = "; ".join(one.what for one in each(error))
        raise UsageError(told, f"{map_name}.{rule}", remedy=each(error)[0].remedy) from error
    return tuple(changes)


def _text(name: str, text: str) -> str | None:
    text = " ".join(text.split())
    if len(text) > LONGEST:
        raise UsageError(f"the answer is too long: {name}", remedy=f"say it in {LONGEST:,} characters")
    if name == "status" and text not in STATUSES:
        raise UsageError(f"'{text}' is no status", remedy=f"one of: {', '.join(STATUSES)}")
    return text or None
