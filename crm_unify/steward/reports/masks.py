"""Names taken out of a report that is made with masking on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from crm_unify.rules.model import Parse
from crm_unify.steward.book.masking import masked_text

Mask = Callable[[str], str]
_NAMES: Final = ("person.full_name", "organisation.name")


def name_mask(*, masked: bool) -> Mask:
    """What a customer is called on the page: the name, or one of nobody with its form."""
    parse = Parse()
    return (lambda name: masked_text(name, _NAMES, parse)) if masked else (lambda name: name)


def people_mask(*, masked: bool) -> Mask:
    """What a steward is called: the name, or a number in the order of their appearance."""
    known: dict[str, str] = {}
    return (
        (lambda name: known.setdefault(name, f"steward {len(known) + 1}")) if masked else (lambda name: name)
    )
