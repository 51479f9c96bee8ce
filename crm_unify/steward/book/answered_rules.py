"""Answers about business rules, from their words to their evidence, put into the rule files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from crm_unify.errors import ConfigurationError, nearest_name
from crm_unify.rules.load import rules_from_text
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.rules.mistakes import each
from crm_unify.rules.model import BusinessRule, Decided
from crm_unify.steward.book.changes import FileChange, Whence, Wrong, clash, moved
from crm_unify.steward.book.workbook import name_of
from crm_unify.steward.book.yaml_edits import NoPlaceError, Setting, scalar, with_values
from crm_unify.steward.sheet_edits import Edit

ORDER: Final = ("what", "why", "owner", "status", "decided", "evidence")
"""Keys of a business rule in the order of rule files."""


def rule_changes(
    project: LoadedProject, edits: Sequence[Edit], book: Whence, wrong: Wrong
) -> Iterator[tuple[FileChange, list[Edit]]]:
    """The rule files that the edits change, each with those edits; what clashes is added to `wrong`."""
    by_map: dict[str, list[Edit]] = {}
    for edit in edits:
        by_map.setdefault(str(edit.key[0]), []).append(edit)
    for name, own in by_map.items():
        loaded = project.rules_of(name)
        if loaded is None:
            known = [one.rules.map for one in project.files]
            wrong += [
                clash(book, edit, f"no rule file is called '{name}'", _meant(name, known)) for edit in own
            ]
            continue
        yield from _rule_file(project, loaded, own, book, wrong)


def _meant(name: str, known: Iterable[str]) -> str:
    near = nearest_name(name, known)
    return "export again" if near is None else f"did you mean '{near}'?"


def _rule_file(
    project: LoadedProject, loaded: LoadedRules, edits: Sequence[Edit], book: Whence, wrong: Wrong
) -> Iterator[tuple[FileChange, list[Edit]]]:
    """The change of one rule file; none where it says all of it already."""
    settings: list[Setting] = []
    expected, kept, before = dict(loaded.rules.rules), [], len(wrong)
    for rule in dict.fromkeys(str(edit.key[1]) for edit in edits):
        own = [edit for edit in edits if edit.key[1] == rule]
        about = expected.get(rule)
        if about is None:
            remedy = _meant(rule, expected)
            wrong += [clash(book, edit, f"the rule file has no rule '{rule}'", remedy) for edit in own]
            continue
        fresh = [edit for edit in own if edit.after != _said(about, edit.column)]
        answered = _answered(about, fresh, book, wrong)
        if answered is not None and fresh:
            settings += _settings(rule, about, answered)
            expected[rule] = answered
            kept += fresh
    if not settings or len(wrong) > before:
        return
    if changed_since := moved(project, loaded.path, book, kept):
        wrong += changed_since
        return
    change = _rewritten(project, loaded, settings, expected, wrong)
    if change is not None:
        yield change, kept


def _said(about: BusinessRule, column: str) -> str | None:
    """What the rule file says in the place of a cell."""
    decided = about.decided
    match column:
        case "decided on":
            return None if decided is None else decided.on.isoformat()
        case "decided where":
            return None if decided is None else decided.where
        case _:
            value = getattr(about, column)
            return None if value is None else str(value).strip()


def _answered(about: BusinessRule, edits: Sequence[Edit], book: Whence, wrong: Wrong) -> BusinessRule | None:
    """The rule with the answers; None where they cannot be."""
    values = {edit.column: edit.after for edit in edits}
    told = len(wrong)
    for edit in edits:
        if edit.column == "what" and edit.after is None:
            wrong.append(clash(book, edit, "a rule needs to be said in words", "say what it does"))
        if edit.column == "status" and edit.after is None:
            wrong.append(clash(book, edit, "a rule needs a status", "choose one from the list"))
        if edit.column == "decided on" and edit.after is not None and _day(edit.after) is None:
            what = f"'{edit.after}' is no day"
            wrong.append(clash(book, edit, what, "write it like 2026-05-31"))
    on = values.get("decided on", _said(about, "decided on"))
    where = values.get("decided where", _said(about, "decided where"))
    if (on is None) != (where is None):
        edit = next(edit for edit in edits if edit.column.startswith("decided"))
        wrong.append(
            clash(book, edit, "a decision needs a day and a place", "fill both cells, or empty both")
        )
    if len(wrong) > told:
        return None
    day = None if on is None else _day(on)
    decided = None if day is None or where is None else Decided(on=day, where=where)
    plain = {name: value for name, value in values.items() if not name.startswith("decided")}
    return about.model_copy(update={**plain, "decided": decided})


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-05-31") else None
    except ValueError:
        return None


def _settings(rule: str, before: BusinessRule, after: BusinessRule) -> Iterator[Setting]:
    for name in ORDER:
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        path, behind = ("rules", rule, name), ORDER[: ORDER.index(name)]
        if name != "decided" or new is None:
            yield Setting(path, new, behind)
        elif old is None:
            written = f"{{on: {new.on.isoformat()}, where: {scalar(new.where)}}}"
            yield Setting(path, None, behind, written)
        else:
            yield from (
                Setting((*path, part), str(getattr(new, part)), ("on",))
                for part in ("on", "where")
                if getattr(old, part) != getattr(new, part)
            )


def _rewritten(
    project: LoadedProject,
    loaded: LoadedRules,
    settings: Sequence[Setting],
    expected: Mapping[str, BusinessRule],
    wrong: Wrong,
) -> FileChange | None:
    """The rule file with the settings, if it then says exactly what is expected."""
    before = loaded.path.read_bytes()
    name = name_of(loaded.path, project)
    try:
        text = with_values(before.decode("utf-8"), settings)
        made = rules_from_text(text, path=loaded.path).rules
        if made != loaded.rules.model_copy(update={"rules": dict(expected)}):
            raise NoPlaceError
    except ConfigurationError as error:
        wrong += each(error)
        return None
    except NoPlaceError:
        rules = ", ".join(dict.fromkeys(setting.path[1] for setting in settings))
        what = f"the rules {rules} are written in a form that cannot be changed value by value"
        wrong.append(ConfigurationError(what, name, remedy="change them by hand"))
        return None
    return FileChange(loaded.path, name, before, text.encode("utf-8"))
