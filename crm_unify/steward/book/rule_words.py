"""What a rule file does with a field, as sentences that the owner of the rule can say yes or no to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from crm_unify.records import FieldType
from crm_unify.rules.branches import field_type
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import Branch, Check, CodeTable, Entry, FieldRule, Parse, UnmappedDefault
from crm_unify.rules.transforms import TRANSFORMS
from crm_unify.steward.book.sql_words import condition_words, listed, value_words
from crm_unify.steward.lineage import Way, entry_of

READ_AS: Final = {
    FieldType.DATE: "a date",
    FieldType.TIME: "a point in time",
    FieldType.MONEY: "an amount of money",
    FieldType.DECIMAL: "a number",
    FieldType.INTEGER: "a whole number",
    FieldType.FLAG: "yes or no",
    FieldType.COUNTRY: "a country",
    FieldType.POSTCODE: "a postcode",
    FieldType.EMAIL: "an e-mail address",
    FieldType.PHONE: "a phone number",
    FieldType.URL: "a web address",
    FieldType.VAT: "a VAT number",
    FieldType.USER: "a user of the source system",
}
MISSING: Final = {
    "hold": "until that is there the row waits",
    "stub": "where that is missing a placeholder stands for it",
    "withhold": "where that is missing the value is left out and listed",
    "quarantine": "where that is missing the row goes into quarantine",
    "null": "where that is missing the row loads without it",
    "fail": "where that is missing the run stops",
}
UNMAPPED: Final = {
    "withhold": "a code it lacks is left out and listed",
    "quarantine": "a row with a code it lacks goes into quarantine",
    "pass": "what it lacks stays as it is",
    "fail": "a code it lacks stops the run",
}
_DATE_PARTS: Final = {
    "%Y": "YYYY", "%m": "MM", "%d": "DD", "%H": "hh", "%M": "mm", "%S": "ss", "%y": "YY", "%b": "Mon",
}  # fmt: skip
SEVERITY: Final = {
    "warn": "the value loads, and the case is listed",
    "withhold": "the value is left out and listed, the record loads",
    "quarantine": "the row goes into quarantine",
    "stop": "the run stops",
}
"""What becomes of a value or row that fails a check."""


def way_words(loaded: LoadedRules, way: Way) -> tuple[str, ...]:
    """How a way makes its value, one short sentence a step."""
    entry = entry_of(loaded, way)
    if entry is None:
        return (f"{_capital(named(way.out_of))}.",)
    if way.out_of is not None:
        said = named(way.out_of)
        return (f"Comes out of {said}." if way.columns else f"Always {said}.",)
    rule = entry.fields[way.field]
    return tuple(_steps(loaded, entry, way.field, rule))


def named(target: str | None) -> str:
    """A target field as people say it: `the birth date of the person`; other text stays."""
    if target is None:
        return "nothing"
    kind, dot, field = target.partition(".")
    if "," in target:
        return listed([named(one) for one in target.split(", ")])
    if not dot or " " in target:
        return target
    return f"the {field.replace('_', ' ')} of the {kind.replace('_', ' ')}"


def _steps(loaded: LoadedRules, entry: Entry, name: str, rule: FieldRule) -> Iterator[str]:
    yield _start(rule)
    lines = loaded.rules.source.join_rows
    if lines is not None and rule.from_ in lines.columns:
        yield f"The lines of one row are put together in the order of `{lines.order}`."
    for step in rule.transform:
        yield f"{_capital(transform_words(step))}."
    if rule.pad_left is not None:
        when = "" if rule.pad_left.when is None else f", where {condition_words(rule.pad_left.when)}"
        yield f"Filled up on the left with '{rule.pad_left.with_}' to {rule.pad_left.to} characters{when}."
    if rule.code_table is not None:
        yield code_table_words(rule.code_table, loaded.rules.code_tables[rule.code_table])
    ftype = field_type(entry, name)
    if ftype is not FieldType.TEXT and rule.lookup is None and rule.const is None:
        yield f"Read as {READ_AS[ftype]}{_reading(ftype, loaded.rules.source.parse)}."
    if rule.sentinels:
        yield f"{_capital(listed([str(one) for one in rule.sentinels]))} counts as missing."
    if rule.objection:
        yield f"{_capital(listed([repr(one) for one in rule.objection], 'or'))} is an objection."
    if rule.consent:
        answers = listed([repr(one) for one in rule.consent], "or")
        yield f"{_capital(answers)} is consent only with date and evidence, else unknown."
    if rule.required:
        yield "A row without it goes into quarantine."
    if entry.skip_if_null is not None:
        yield f"Only where `{entry.skip_if_null}` is filled."


def _start(rule: FieldRule) -> str:
    if rule.from_ is not None:
        return f"Taken from column `{rule.from_}`."
    if rule.const is not None:
        return f"Always '{rule.const}'."
    if rule.lookup is not None:
        system, other, column = rule.lookup
        if rule.take is not None:
            whose = f"whose {'key' if rule.by is None else f'`{rule.by}`'} stands in column `{column}`"
            row = f"the row of {system} ({other}) {whose}"
            return f"Taken from `{rule.take}` of {row}; {MISSING[rule.when_missing]}."
        of = f"The record of {system} ({other}) whose key stands in column `{column}`"
        return f"{of}; {MISSING[rule.missing]}."
    return f"{_capital(value_words(rule.expr or ''))}."


def transform_words(step: Any) -> str:
    """One transform in words, with what the rule file says to it."""
    name = str(getattr(step, "name", step))
    doc = TRANSFORMS[name].doc if name in TRANSFORMS else name
    options = getattr(step, "options", None)
    if not isinstance(options, Mapping) or not options:
        return doc
    return f"{doc} ({', '.join(f'{key} {value}' for key, value in options.items())})"


def code_table_words(name: str, table: CodeTable) -> str:
    """A code table in a sentence."""
    unmapped = table.unmapped
    if isinstance(unmapped, UnmappedDefault):
        return f"Translated by the code table {name}; what it lacks becomes '{unmapped.default}'."
    return f"Translated by the code table {name}; {UNMAPPED[unmapped]}."


def _reading(ftype: FieldType, parse: Parse) -> str:
    match ftype:
        case FieldType.DATE | FieldType.TIME:
            return f" ({listed([date_form(one) for one in parse.dates], 'or')})"
        case FieldType.MONEY:
            sign = "comma" if parse.decimal == "," else "point"
            return f" (decimal {sign}, {parse.currency})"
        case FieldType.PHONE if parse.phone_country is not None:
            return f" (country {parse.phone_country} where the number names none)"
        case _:
            return ""


def date_form(form: str) -> str:
    """A `strptime` format as people write it: DD/MM/YYYY."""
    for part, said in _DATE_PARTS.items():
        form = form.replace(part, said)
    return form


def branch_words(branch: Branch, *, only: bool = False) -> str:
    """For which rows a branch is, and what becomes of them; `only` says that there is no other."""
    when = condition_words(branch.when)
    rest = "All rows" if only else "All other rows"
    rows = rest if when == "always" else f"Rows where {when}"
    if branch.discard is not None:
        most = "" if branch.discard.max is None else f", at most {branch.discard.max:,}"
        return f"{rows} are left out{most}."
    if branch.lookup_only:
        return f"{rows} make nothing by themselves; other rows look texts up in them."
    if branch.quarantine is not None:
        return f"{rows} go into quarantine: {branch.quarantine.say}."
    kinds = dict.fromkeys(_kind(entry) for entry in branch.entries)
    return f"{rows} become {listed(list(kinds))}."


def _kind(entry: Entry) -> str:
    said = entry.kind.replace("_", " ")
    return {"organisation person": "the tie between the two"}.get(said, f"{_article(said)} {said}")


def _article(word: str) -> str:
    return "an" if word[:1] in "aeiou" else "a"


def check_words(check: Check) -> str:
    """A check in a sentence."""
    kind = check.on.replace("_", " ")
    return f"Of every {kind}: {condition_words(check.expr)}. Otherwise {SEVERITY[check.severity]}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
