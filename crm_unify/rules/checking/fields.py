"""Mistakes in one field rule: a transform, type, code table or option that does not exist or does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from crm_unify.errors import ConfigurationError
from crm_unify.records import ARROW_TYPES, CHILDREN, PLACEHOLDER, FieldType
from crm_unify.rules.branches import CONTACT_KINDS, expressions_of, mapped_names
from crm_unify.rules.expressions import ExpressionRefusedError, check_expression
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import AnyStep, Branch, Entry, FieldRule, rule_fields
from crm_unify.rules.options import StepRefusedError
from crm_unify.rules.transforms import TRANSFORMS, prepared
from crm_unify.rules.yaml_tree import Path

CONSTANTS: Final = {
    ("contact_point", "kind"): tuple(CONTACT_KINDS),
    ("consent", "channel"): ("email", "phone", "post", "any"),
    ("person", "gender"): ("F", "M", "X"),
}
"""Fields with a fixed list of values."""

_FLAG_OPTIONS: Final = ("objection", "consent")
_TEXT_OPTIONS: Final = ("transform", "pad_left", "code_table", "sentinels")
"""Work on text that comes from a source; a constant or a looked-up record needs none."""


def field_mistakes(
    loaded: LoadedRules, branch: Branch, entry: Entry, field: str, *, path: Path
) -> Iterator[ConfigurationError]:
    """Everything wrong with one field rule at `path`."""
    rule = entry.fields[field]
    yield from _name_mistakes(loaded, rule, path)
    yield from _type_mistakes(loaded, entry, field, path=path)
    yield from _option_mistakes(loaded, entry, field, path=path)
    yield from _parent_mistakes(loaded, entry, field, path=path)
    yield from _constant_mistakes(loaded, entry, field, path=path)
    yield from _expression_mistakes(loaded, branch, rule, path)


def _name_mistakes(loaded: LoadedRules, rule: FieldRule, path: Path) -> Iterator[ConfigurationError]:
    """Transforms and code tables by name."""
    for i, step in enumerate(rule.transform):
        yield from _step_mistakes(loaded, step, (*path, "transform", i))
    if rule.code_table is not None and rule.code_table not in loaded.rules.code_tables:
        known = loaded.rules.code_tables
        yield loaded.unknown("code table", rule.code_table, (*path, "code_table"), known=known)


def _step_mistakes(loaded: LoadedRules, step: AnyStep, path: Path) -> Iterator[ConfigurationError]:
    """A transform that does not exist, or options that it cannot take."""
    name = step if isinstance(step, str) else step.name
    if name not in TRANSFORMS:
        yield loaded.unknown("transform", name, path, known=TRANSFORMS)
        return
    try:
        prepared(step)
    except StepRefusedError as error:
        where, line = loaded.tree.file, loaded.where(path)
        what = f"the transform '{name}': {error.reason}"
        yield ConfigurationError(what, where, line=line, nearest=error.nearest)


def _type_mistakes(
    loaded: LoadedRules, entry: Entry, field: str, *, path: Path
) -> Iterator[ConfigurationError]:
    """A type other than the field's own: text fields take any text, all others their own type only."""
    rule, own = entry.fields[field], rule_fields(entry.kind)[field]
    if rule.type is not None and rule.type != own and (own != FieldType.TEXT or rule.type in ARROW_TYPES):
        what = f"{entry.kind}.{field} is read as {own.value}, not as {rule.type.value}"
        yield loaded.wrong(what, (*path, "type"), remedy="leave the type out")
    read_as = rule.type or own
    for i, sentinel in enumerate(rule.sentinels):
        if read_as in (FieldType.DATE, FieldType.TIME) and not _is_date(sentinel):
            what = f"sentinel '{sentinel}' is no date"
            yield loaded.wrong(what, (*path, "sentinels", i), remedy="write it as YYYY-MM-DD")
    if read_as == FieldType.FLAG and rule.code_table is None and rule.pad_left is not None:
        yield loaded.wrong("a flag cannot be padded", (*path, "pad_left"), remedy="leave it out")


def _is_date(value: date | str) -> bool:
    try:
        date.fromisoformat(str(value)[:10])
    except ValueError:
        return False
    return True


def _option_mistakes(
    loaded: LoadedRules, entry: Entry, field: str, *, path: Path
) -> Iterator[ConfigurationError]:
    """Options that mean nothing where they stand."""
    rule = entry.fields[field]
    given = rule.model_fields_set
    for flag in (o for o in _FLAG_OPTIONS if o in given and (entry.kind, field) != ("consent", "flag")):
        what = f"'{flag}' belongs to the flag of a consent, not to {entry.kind}.{field}"
        yield loaded.wrong(what, (*path, flag), remedy="move or remove it")
    if both := sorted(set(rule.objection) & set(rule.consent)):
        what = f"'{both[0]}' stands for consent and for objection"
        yield loaded.wrong(what, (*path, "objection"), remedy="keep it in one of the two")
    yield from _lookup_mistakes(loaded, rule, path)
    if rule.const is None and (rule.lookup is None or rule.take is not None):
        return
    origin = "a constant" if rule.lookup is None else "a lookup"
    for option in (o for o in _TEXT_OPTIONS if o in given):
        what = f"'{option}' means nothing for {origin}"
        yield loaded.wrong(what, (*path, option), remedy="leave it out")


PARENT_MISSING: Final = ("hold", "stub", "quarantine", "null", "fail")
"""What may become of a row whose parent is not there."""
TEXT_MISSING: Final = ("withhold", "quarantine", "null", "fail")
"""What may become of a row whose key another map does not have."""


def _lookup_mistakes(loaded: LoadedRules, rule: FieldRule, path: Path) -> Iterator[ConfigurationError]:
    """Keys of a lookup without one, and what the lookup cannot do where it finds nothing."""
    given = rule.model_fields_set
    if rule.lookup is None:
        for option in (o for o in ("missing", "take", "by") if o in given):
            what = f"'{option}' belongs to a lookup"
            yield loaded.wrong(what, (*path, option), remedy="leave it out")
        return
    if rule.by is not None and rule.take is None:
        what = "'by' says where to look for a text, and no text is taken"
        yield loaded.wrong(what, (*path, "by"), remedy="add take: with the column to take, or leave it out")
    known = PARENT_MISSING if rule.take is None else TEXT_MISSING
    if rule.when_missing not in known:
        kind = "a parent" if rule.take is None else "a text"
        what = f"'missing: {rule.missing}' means nothing for {kind} that is looked up"
        yield loaded.wrong(what, (*path, "missing"), remedy=f"write one of {', '.join(known)}")
    if rule.missing == "stub" and path[-1] != "customer":
        what = f"a placeholder can stand for a customer, not for {path[-1]}"
        yield loaded.wrong(what, (*path, "missing"), remedy="let such rows wait: missing: hold")


def _parent_mistakes(
    loaded: LoadedRules, entry: Entry, field: str, *, path: Path
) -> Iterator[ConfigurationError]:
    """The parent of a child is looked up, and nothing else is."""
    rule = entry.fields[field]
    is_parent = field in CHILDREN.get(entry.kind, ())
    if is_parent and rule.lookup is None:
        what = f"{entry.kind}.{field} must be a lookup"
        yield loaded.wrong(what, path, remedy="write {lookup: [system, map, column]}")
    if rule.take is not None and is_parent:
        what = f"{entry.kind}.{field} is a record, and a text is taken"
        yield loaded.wrong(what, (*path, "take"), remedy="leave take out")
    if rule.lookup is not None and rule.take is None and not is_parent:
        what = f"{entry.kind}.{field} cannot be a lookup of a record"
        remedy = "add take: with the column of the other map whose text it gets"
        yield loaded.wrong(what, (*path, "lookup"), remedy=remedy)


def _constant_mistakes(
    loaded: LoadedRules, entry: Entry, field: str, *, path: Path
) -> Iterator[ConfigurationError]:
    """Constants of fields with a fixed list, and of e-mail kinds read as something else."""
    rule = entry.fields[field]
    if (entry.kind, field) == ("party_identifier", "scheme") and rule.const == PLACEHOLDER:
        what = f"the scheme '{PLACEHOLDER}' marks customers that no source has"
        yield loaded.wrong(what, path, remedy="choose another scheme")
    known = CONSTANTS.get((entry.kind, field))
    if known is not None and rule.const is not None and str(rule.const) not in known:
        yield loaded.unknown(f"{entry.kind} {field}", str(rule.const), path, known=known)
    if (entry.kind, field) != ("contact_point", "value") or rule.type is None:
        return
    kind = entry.fields.get("kind")
    expected = None if kind is None else CONTACT_KINDS.get(str(kind.const))
    if expected is not None and rule.type not in (expected, FieldType.TEXT):
        what = (
            f"a contact point of kind '{'' if kind is None else kind.const}' is not read as {rule.type.value}"
        )
        yield loaded.wrong(what, (*path, "type"), remedy=f"write type: {expected.value}, or leave it out")


def _expression_mistakes(
    loaded: LoadedRules, branch: Branch, rule: FieldRule, path: Path
) -> Iterator[ConfigurationError]:
    for below, sql in expressions_of(rule):
        try:
            check_expression(sql, names=mapped_names(branch), condition=below[-1] == "when")
        except ExpressionRefusedError as error:
            yield loaded.refused(error, (*path, *below))
