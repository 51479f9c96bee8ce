"""Why a blocking rule proposes a pair or does not: which keys the two records share, lack or differ in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from matching.columns import Column, Flags, Ints
from matching.features import KindFeatures
from matching.keys import key_column
from matching.rules import RULES, Rule

KEY_WORDS: Final = {
    "birth_date": "birth date",
    "birth_day": "day of birth",
    "birth_digits": "digits of the birth date",
    "birth_year": "year of birth",
    "city": "city",
    "contact": "contact person",
    "domain": "web domain",
    "door": "address",
    "door_anywhere": "street and number",
    "email": "e-mail address",
    "email_local": "name in the e-mail address",
    "employer": "organisation they belong to",
    "full_name": "full name",
    "gender": "gender",
    "given": "given name",
    "given_head": "beginning of the given name",
    "given_sound": "sound of the given name",
    "identifier": "identifier",
    "initial": "initial of the given name",
    "middle": "middle name",
    "name": "name",
    "name_initials": "initials of the name",
    "name_letters": "letters of the name",
    "name_rare": "rare words of the name",
    "name_sound": "sound of the name",
    "name_word": "words of the name",
    "phone": "phone number",
    "phone_tail": "end of the phone number",
    "postcode": "postcode",
    "street": "street",
    "surname": "surname",
    "surname_head": "beginning of the surname",
    "surname_initial": "initial of the surname",
    "surname_sound": "sound of the surname",
    "surname_tail": "end of the surname",
}
"""The blocking keys in words; a key that is not listed is called by its name."""


@dataclass(frozen=True, slots=True)
class RuleReason:
    """Why one rule does not propose a pair."""

    rule: str
    """Name of the rule."""
    missing: tuple[str, ...]
    """Keys that one of the two records, or both, lack."""
    differing: tuple[str, ...]
    """Keys in which they differ."""
    sentence: str
    """The same in words, with the size of the block where both share all keys."""


def rule_reasons(
    features: KindFeatures, at: Ints, *, proposed_by: int
) -> tuple[tuple[str, ...], tuple[RuleReason, ...]]:
    """The rules that propose a pair, and why each other rule does not; the nearest of these first.

    `at` holds the two positions; bit i of `proposed_by` is set where rule i proposes the pair.
    """
    keys: dict[str, Column] = {}
    proposing, silent = [], []
    for number, rule in enumerate(RULES[features.kind]):
        if proposed_by >> number & 1:
            proposing.append(rule.name)
        else:
            silent.append(_reason(features, rule, at, keys))
    silent.sort(key=lambda reason: len(reason.missing) + len(reason.differing))
    return tuple(proposing), tuple(silent)


def _reason(features: KindFeatures, rule: Rule, at: Ints, keys: dict[str, Column]) -> RuleReason:
    missing, differing = [], []
    for name in rule.keys:
        if name not in keys:
            keys[name] = key_column(features, name)
        mine, theirs = (values(keys[name], int(place)) for place in at)
        if not mine or not theirs:
            missing.append(name)
        elif not mine & theirs:
            differing.append(name)
    said = []
    if missing:
        said.append(f"{words(missing)} missing in {_lacking(keys, missing, at)}")
    if differing:
        said.append(f"{words(differing)} different")
    if not said:
        said.append(_divided(features, rule, at, keys))
    return RuleReason(rule.name, tuple(missing), tuple(differing), "; ".join(said))


def values(column: Column, record: int) -> frozenset[int]:
    """The codes of one record's keys."""
    return frozenset(column.codes[column.offsets[record] : column.offsets[record + 1]].tolist())


def words(keys: list[str] | tuple[str, ...]) -> str:
    """Keys in words: ``birth date and postcode``."""
    said = [KEY_WORDS.get(key, key.replace("_", " ")) for key in keys]
    return ", ".join(said[:-1]) + f" and {said[-1]}" if len(said) > 1 else "".join(said)


def _lacking(keys: dict[str, Column], missing: list[str], at: Ints) -> str:
    lack = [any(not values(keys[name], int(place)) for name in missing) for place in at]
    return "both" if all(lack) else "the first" if lack[0] else "the second"


def _divided(features: KindFeatures, rule: Rule, at: Ints, keys: dict[str, Column]) -> str:
    """Both records share every key and the rule still does not propose them: their block is too large."""
    inside = np.ones(len(features), np.bool_)
    for name in rule.keys:
        inside &= _carriers(keys[name], values(keys[name], int(at[0])) & values(keys[name], int(at[1])))
    customers = len(np.unique(features.customer[inside]))
    size = f"{int(inside.sum()):,} records of about {customers:,} customers share it, too many to compare all"
    if not rule.refine:
        return f"{size}; only neighbours in it are compared"
    return f"{size}; it is divided by {words(rule.refine)}, and there the two fall apart"


def _carriers(column: Column, codes: frozenset[int]) -> Flags:
    """True for the records that carry one of these keys."""
    carries = np.zeros(column.records, np.bool_)
    carries[column.carriers[np.isin(column.codes, list(codes))]] = True
    return carries
