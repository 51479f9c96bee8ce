"""How names of a column are written: given name first or last, of people, of organisations, or of both."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import Strings, matches, strings
from crm_unify.normalise.legal_forms import ALIASES
from crm_unify.roles.given_names import given_names
from crm_unify.roles.profile import Profile
from crm_unify.roles.words import ORGANISATION_WORDS

_CLEAR: Final = 0.2
"""By how much more often the last word than the first is a given name where family names come first"""
_SOME: Final = 0.04
"""Share of organisations among names from which on they are no slips"""
_PEOPLE: Final = 0.35
"""Share of people, known by their given names, among the other names; about half of all people are"""
_LAST_WORDS: Final = 2
"""Letters that a legal form has at least to be known at the end of a name"""


_PATRONYMICS: Final = 0.1
"""Share of names that end in a patronymic from which on family names come first, as in Russian lists"""
_PATRONYMIC: Final = "(?:[OE]V|IV)(?:ICH|YCH|NA)|ICHNA"


def name_order(held: Profile) -> str:
    """family_first where the last word, not the first, is a given name, or a patronymic; else auto."""
    plain = pc.and_(pc.invert(matches(held.texts, ",")), matches(held.folded, "^[^ ]+ [^ ]"))
    known = _known(given_names())
    words: Any = pc.split_pattern(held.folded, " ")
    first = pc.and_(plain, pc.is_in(pc.list_element(words, 0), value_set=known))
    last = pc.and_(plain, pc.is_in(_last(words), value_set=known))
    if _ends_in_patronymics(held, plain, first):
        return "family_first"
    return "family_first" if held.share(last) > held.share(first) + _CLEAR else "auto"


def _ends_in_patronymics(held: Profile, plain: Any, first: Any) -> bool:
    """Whether many names end in a patronymic (Ivanova Olga Petrovna), and fewer speak for the other order.

    For it speak a given name as the first word, and a patronymic as the second of three. Mary Ann Rabinovich
    begins with a given name: what ends like a patronymic is her family name.
    """
    ending = matches(held.folded, rf"^[^ ]+ [^ ]+ [^ ]+(?:{_PATRONYMIC})$")
    between = matches(held.folded, rf"^[^ ]+ [^ ]+(?:{_PATRONYMIC}) [^ ]+$")
    share = held.share(pc.and_(pc.and_(plain, ending), pc.invert(first)))
    natural = held.share(pc.and_(plain, pc.or_(first, between)))
    return share >= _PATRONYMICS and share > natural


def is_mixed(held: Profile) -> bool:
    """Whether some names are organisations' and many of the others people's."""
    organised = organised_names(held.folded)
    rest = held.share(pc.invert(organised))
    words: Any = pc.split_pattern(held.folded, " ")
    several = pc.greater(pc.list_value_length(words), 1)
    people = pc.and_(any_word(words, given_names()), pc.and_(several, pc.invert(organised)))
    return held.share(organised) >= _SOME and rest >= _SOME and held.share(people) >= _PEOPLE * rest


def organised_names(folded: Strings) -> Any:
    """True where a folded name has a legal form at its end or a word of organisations."""
    return pc.or_(
        any_word(pc.split_pattern(pc.fill_null(folded, ""), " "), ORGANISATION_WORDS),
        matches(folded, rf" (?:{_forms()})$"),
    )


def any_word(words: Any, known: frozenset[str]) -> Any:
    """True where some word of each list is among the known ones."""
    return pc.greater(known_words(words, known), 0)


def known_words(words: Any, known: frozenset[str]) -> Any:
    """How many words of each list are among the known ones."""
    hits = pc.is_in(words.values, value_set=_known(known)).cast(pa.int64())
    before = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(hits)])
    return pc.subtract(before.take(words.offsets[1:]), before.take(words.offsets[:-1]))


def last_word(words: Any) -> Any:
    """The last word of each list, null where it is empty."""
    return _last(words)


def _last(words: Any) -> Any:
    empty = pc.equal(pc.list_value_length(words), 0).to_numpy(zero_copy_only=False)
    return words.values.take(pa.array(words.offsets.to_numpy()[1:] - 1, mask=empty))


@cache
def _known(words: frozenset[str]) -> Any:
    return strings(sorted(words))


@cache
def _forms() -> str:
    forms = [form for form in ALIASES if len(form.replace(" ", "")) >= _LAST_WORDS]
    return "|".join(sorted(forms, key=lambda form: (-len(form), form)))
