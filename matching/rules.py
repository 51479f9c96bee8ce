"""The blocking rules: which keys two records must share to be compared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One blocking rule."""

    name: str
    """Its name in reports."""
    keys: tuple[str, ...]
    """Keys that both records must share, see matching.keys."""
    uses: frozenset[str]
    """Comparisons whose agreement the rule presupposes; they do not learn from pairs that only it found."""
    refine: tuple[str, ...] = ()
    """Keys by which a block that is too large is refined."""
    strangers: int = 40
    """Rough customers in a block from which on it is refined."""


MOST = 40
"""Records in a block from which on it is refined: 780 pairs at most come out of one block."""

WEAK = 6
"""Rough customers in a block of rules that many strangers share by chance: each such pair needs another field
to count, and the keys that refine ask for one. Of 300,000 invented people these rules by themselves proposed
1.46M pairs at a bound of 16 records, one in 1,100 of them right. Records are not counted, so that those of
one customer who is in a file ten times do not crowd each other out.
"""


_NAME = frozenset({"given", "family"})
_PLACES = ("birth_date", "postcode", "street", "city", "birth_year", "middle", "employer", "gender")

RULES = {
    "person": (
        Rule(
            "same identifier", ("identifier",), frozenset({"identifier"}), ("surname", "given", "birth_date")
        ),
        Rule("same e-mail address", ("email",), frozenset({"email"}), ("given", "surname", "birth_date")),
        Rule("same phone number", ("phone",), frozenset({"phone"}), ("given", "surname", "birth_date")),
        Rule("same full name, in any order", ("full_name",), _NAME, _PLACES),
        Rule(
            "birth date and surname sound",
            ("birth_date", "surname_sound"),
            frozenset({"birth_date", "family"}),
            ("initial", "postcode", "city"),
        ),
        Rule(
            "birth date and given name",
            ("birth_date", "given"),
            frozenset({"birth_date", "given"}),
            ("postcode", "city", "surname_sound"),
        ),
        Rule(
            "birth date and postcode",
            ("birth_date", "postcode"),
            frozenset({"birth_date", "address"}),
            ("initial", "street"),
        ),
        Rule(
            "birth date, street and number",
            ("birth_digits", "door_anywhere"),
            frozenset({"birth_date", "address"}),
            ("initial",),
        ),
        Rule(
            "birth date, city and initial",
            ("birth_date", "city", "initial"),
            frozenset({"birth_date", "address", "given"}),
            ("surname_sound", "street"),
        ),
        Rule(
            "address and surname sound",
            ("door", "surname_sound"),
            frozenset({"address", "family"}),
            ("initial",),
        ),
        Rule(
            "address and initial",
            ("door", "initial"),
            frozenset({"address", "given"}),
            ("given", "surname_sound"),
        ),
        Rule(
            "surname sound, initial and postcode",
            ("surname_sound", "initial", "postcode"),
            frozenset({"given", "family", "address"}),
            ("given", "street", "birth_year", "birth_day"),
        ),
        Rule(
            "surname sound, initial and city",
            ("surname_sound", "initial", "city"),
            frozenset({"given", "family", "address"}),
            ("street", "birth_year", "birth_day", "given"),
        ),
        Rule(
            "surname and postcode",
            ("surname", "postcode"),
            frozenset({"family", "address"}),
            ("initial", "street", "birth_year"),
        ),
        Rule(
            "surname and city",
            ("surname", "city"),
            frozenset({"family", "address"}),
            ("given", "birth_year", "street"),
        ),
        Rule(
            "given and surname sound",
            ("given_sound", "surname_sound"),
            _NAME,
            _PLACES,
            strangers=WEAK,
        ),
        Rule(
            "surname and initial",
            ("surname", "initial"),
            _NAME,
            ("birth_year", "birth_day", "postcode", "city", "email_local"),
            strangers=WEAK,
        ),
        Rule(
            "beginnings of given name and surname",
            ("given_head", "surname_head"),
            _NAME,
            ("birth_year", "birth_day", "postcode", "city"),
            strangers=WEAK,
        ),
        Rule(
            "given name and end of the surname",
            ("given", "surname_tail"),
            _NAME,
            ("birth_year", "birth_day", "postcode", "city"),
            strangers=WEAK,
        ),
        Rule(
            "digits of the birth date and given name",
            ("birth_digits", "given"),
            frozenset({"birth_date", "given"}),
            ("postcode", "city", "surname_sound"),
            strangers=WEAK,
        ),
        Rule(
            "digits of the birth date and surname",
            ("birth_digits", "surname_head"),
            frozenset({"birth_date", "family"}),
            ("initial", "postcode", "city"),
            strangers=WEAK,
        ),
        Rule(
            "given name, street and postcode",
            ("given", "street", "postcode"),
            frozenset({"given", "address"}),
            ("birth_year", "email_local"),
        ),
        Rule(
            "e-mail name",
            ("email_local",),
            frozenset({"email", "given", "family"}),
            ("birth_date", "postcode", "city", "full_name"),
        ),
        Rule(
            "end of the phone number and initial",
            ("phone_tail", "initial"),
            frozenset({"phone", "given"}),
            ("given", "surname_sound"),
        ),
        Rule(
            "same employer and surname sound",
            ("employer", "surname_sound"),
            frozenset({"employer", "family"}),
            ("initial",),
        ),
        Rule(
            "birth date and initial",
            ("birth_date", "initial"),
            frozenset({"birth_date", "given"}),
            ("city", "surname_initial", "postcode", "middle"),
            strangers=WEAK,
        ),
        Rule(
            "birth date and surname initial",
            ("birth_date", "surname_initial"),
            frozenset({"birth_date", "family"}),
            ("initial", "postcode"),
            strangers=WEAK,
        ),
        Rule(
            "digits of the birth date and initials",
            ("birth_digits", "initial", "surname_initial"),
            frozenset({"birth_date", "given", "family"}),
            ("postcode",),
            strangers=WEAK,
        ),
    ),
    "organisation": (
        Rule("same identifier", ("identifier",), frozenset({"identifier"}), ("name", "postcode", "city")),
        Rule("same name", ("name",), frozenset({"name"}), ("postcode", "city", "phone", "domain", "street")),
        Rule("same web domain", ("domain",), frozenset({"domain", "email"}), ("name", "postcode", "city")),
        Rule("same phone number", ("phone",), frozenset({"phone"}), ("name_word", "postcode")),
        Rule("same e-mail address", ("email",), frozenset({"email"}), ("name", "postcode")),
        Rule("same address", ("door",), frozenset({"address"}), ("name_word", "name_sound")),
        Rule("name without spaces", ("name_letters",), frozenset({"name"}), ("postcode", "city")),
        Rule("rarest words of the name", ("name_rare",), frozenset({"name"}), ("city", "postcode", "street")),
        Rule(
            "name word and postcode",
            ("name_word", "postcode"),
            frozenset({"name", "address"}),
            ("street", "name_rare"),
        ),
        Rule(
            "name word and city",
            ("name_word", "city"),
            frozenset({"name", "address"}),
            ("street", "name_rare", "postcode"),
        ),
        Rule("sound of the name", ("name_sound",), frozenset({"name"}), ("city", "postcode")),
        Rule(
            "initials and city",
            ("name_initials", "city"),
            frozenset({"name", "address"}),
            ("postcode", "street"),
        ),
        Rule("contact person", ("contact",), frozenset({"contact"}), ("city", "name_word")),
        Rule("street and number", ("door_anywhere",), frozenset({"address"}), ("name_word",)),
        Rule("end of the phone number", ("phone_tail",), frozenset({"phone"}), ("name_word", "city")),
    ),
}
"""The blocking rules of each kind, in the order in which pairs are attributed to them."""
