"""Phone numbers: usual shapes by column patterns, the others through phonenumbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, ValidationResult

from crm_unify.normalise.columns import (
    Column,
    Mask,
    Strings,
    answer_rest,
    both,
    either,
    equal,
    extract,
    glue,
    matches,
    negate,
    nulls,
    piece,
    present,
    record,
    replace,
    replace_where_found,
    scatter,
    some,
)
from crm_unify.normalise.interface import Normalised, distinct_by
from crm_unify.normalise.numbering import (
    CALLING_CODES,
    FIXED,
    FIXED_OR_MOBILE,
    MOBILE,
    OTHER,
    Network,
    Plan,
    has_length,
    network_of,
    plan_of,
)
from crm_unify.normalise.problems import PHONE_INVALID, PHONE_LOCAL, PHONE_SEVERAL
from crm_unify.normalise.text import squeezed

FIELDS: Final = ("e164", "national", "kind", "extension")

_KINDS: Final = {
    PhoneNumberType.FIXED_LINE: FIXED,
    PhoneNumberType.MOBILE: MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: FIXED_OR_MOBILE,
}
_USUAL: Final = r"^[( ]*\+?[( ]*\d(?:[\d ().\-]|/\d|/-|\d/ )+$"
_PLUS: Final = r"^[( ]*\+"
_FLOAT: Final = r"^(\+?\d{6,})\.0+$"
# A spreadsheet's 4.93023E+11 has lost digits; read as text it would be another, valid number.
_EXPONENT: Final = r"^\d[.,]\d+[eE]\+?\d+$"
_EXTENSION: Final = (
    r"(?i)[\s,;(-]*\b(?:durchwahl|dw|nebenstelle|apparat|app|toestel|tst|wewn|wew|w|poste|extensi[oó]n|interno)"
    r"\b[.:]?\s*(\d{1,6})\)?$"
)
# +49 (0)30: the bracketed zero is for callers at home. Italian zeros are dialled from abroad too.
_HOME_ZERO: Final = r"^([( ]*(?:\+|00) ?(?:[124-9]\d{0,2}|3[0-8]\d?)[) ]*)\( ?0 ?\)"
_SEVERAL: Final = re.compile(r"\s*(?:[;,|\n]|\s/\s|/(?=\s*\+)|\b(?:or|oder|und|and|ou|lub|of)\b)\s*")


def phones(raw: Column, *, country: str | Column | None) -> Normalised:
    """Phone numbers as a struct of `e164`, `national`, `kind` and `extension`.

    `country` (ISO 3166 alpha-2, one or a column) is where a number without calling code belongs;
    `national` is the national significant number, digits only; `kind` is fixed, mobile,
    fixed_or_mobile or other.
    """
    return distinct_by(raw, country, kernel=_phones)


def _phones(values: Strings, country: str | None) -> Normalised:
    tidy = _tidied(squeezed(values))
    plan = plan_of(country)
    columns = _usual(tidy, plan)
    settled = some(present(columns["e164"]), present(columns["problem"]), negate(present(tidy)))
    region = None if plan is None else plan.region
    columns = answer_rest(tidy, columns, settled, slow=lambda text: _unusual(text, region))
    problem = columns.pop("problem")
    return Normalised(record(columns, present(columns["e164"])), problem)


def _tidied(values: Strings) -> Strings:
    bare = replace_where_found(values, _FLOAT, r"\1")
    bare = replace_where_found(bare, _EXTENSION, r" ext. \1")
    return replace_where_found(bare, _HOME_ZERO, r"\1 ")


def _usual(tidy: Strings, plan: Plan | None) -> dict[str, Strings]:
    """What the patterns are certain of; neither number nor problem where they are not."""
    digits = either(matches(tidy, _USUAL), replace(tidy, r"\D+", ""), None)
    abroad, home = _split(tidy, digits, plan)
    columns = _international(abroad)
    if plan is not None:
        columns = _filled(columns, _national(home, plan))
    columns["problem"] = either(matches(tidy, _EXPONENT), PHONE_INVALID, columns["problem"])
    return columns


def _split(tidy: Strings, digits: Strings, plan: Plan | None) -> tuple[Strings, Strings]:
    """The digits after a plus sign or international prefix, and those of national numbers."""
    plus = matches(tidy, _PLUS)
    if plan is None:
        return either(plus, digits, None), nulls(len(digits))
    prefix = plan.international_prefix
    dialled = both(matches(digits, f"^(?:{prefix})"), negate(plus))
    simple = both(dialled, matches(digits, f"^{prefix}[1-9]")) if prefix.isdigit() else None
    abroad = either(plus, digits, None)
    if simple is not None:
        abroad = either(simple, piece(digits, len(prefix)), abroad)
    return abroad, either(some(plus, dialled), None, digits)


def _international(numbers: Strings) -> dict[str, Strings]:
    columns = _nothing(len(numbers))
    parts = extract(numbers, CALLING_CODES)
    for code in sorted(filter(None, parts["code"].unique().to_pylist())):
        network = network_of(code)
        mask = equal(parts["code"], code)
        if network is not None:
            found = _within(parts["rest"].filter(mask), network.plans[0], network)
            columns = {name: scatter(columns[name], mask, found[name]) for name in columns}
    return columns


def _national(numbers: Strings, plan: Plan) -> dict[str, Strings]:
    network = network_of(plan.code)
    if network is None:
        return _nothing(len(numbers))
    uncoded, coded = plan.strip_code(numbers)
    columns = _within(uncoded, plan, network)
    # A number that only looks as if it began with the calling code is for the library to judge.
    return columns | {"problem": either(coded, None, columns["problem"])}


def _within(numbers: Strings, plan: Plan, network: Network) -> dict[str, Strings]:
    """Numbers of one calling code: valid, invalid under both readings of a prefix, or neither."""
    bare = plan.strip_prefix(numbers)
    kind = network.kind(bare)
    open_rows = both(present(bare), negate(present(kind)))
    as_written = scatter(kind, open_rows, network.kind(numbers.filter(open_rows)))
    invalid = both(open_rows, negate(present(as_written)))
    stripped = both(negate(equal(bare, numbers)), has_length(bare, plan.general.sizes))
    local = both(has_length(numbers, network.plans[0].local_sizes), negate(stripped))
    rest = nulls(len(bare))
    return {
        "e164": either(present(kind), glue("+", network.code, bare), None),
        "national": either(present(kind), bare, None),
        "kind": kind,
        "extension": rest,
        "problem": either(invalid, either(local, PHONE_LOCAL, PHONE_INVALID), None),
    }


def _nothing(length: int) -> dict[str, Strings]:
    return {name: nulls(length) for name in (*FIELDS, "problem")}


def _filled(first: dict[str, Strings], second: dict[str, Strings]) -> dict[str, Strings]:
    taken: Mask = some(present(first["e164"]), present(first["problem"]))
    return {name: either(taken, first[name], second[name]) for name in first}


def _unusual(text: str, region: str | None) -> Sequence[str | None]:
    number = _parsed(text, region)
    if number is not None and phonenumbers.is_valid_number(number):
        return _answer(number)
    if _holds_several(text, region):
        return None, None, None, None, PHONE_SEVERAL
    return None, None, None, None, PHONE_LOCAL if _is_local(number) else PHONE_INVALID


def _parsed(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _answer(number: Any) -> Sequence[str | None]:
    national = phonenumbers.national_significant_number(number)
    kind = _KINDS.get(phonenumbers.number_type(number), OTHER)
    return f"+{number.country_code}{national}", national, kind, number.extension, None


def _holds_several(text: str, region: str | None) -> bool:
    numbers = [_parsed(part, region) for part in _SEVERAL.split(text)]
    valid = [number for number in numbers if number is not None and phonenumbers.is_valid_number(number)]
    return len(valid) > 1


def _is_local(number: PhoneNumber | None) -> bool:
    reason = None if number is None else phonenumbers.is_possible_number_with_reason(number)
    return bool(reason == ValidationResult.IS_POSSIBLE_LOCAL_ONLY)
