"""Transforms a rule file may name: each is one kernel of `crm_unify.normalise`, a column in, a column out.

`check` needs the names, interpret the kernels; so a kernel is imported only when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from crm_unify.normalise.columns import Column
    from crm_unify.normalise.interface import Normalised


@dataclass(frozen=True, slots=True)
class Transform:
    """One way to tidy the text of a column."""

    name: str
    """As rule files write it."""
    doc: str
    """What it does, in one line, for the rule book."""
    module: str
    """Module that holds the kernel."""
    function: str
    """The kernel."""

    @property
    def kernel(self) -> Callable[[Column], Normalised]:
        """The function over an Arrow column of text."""
        found: Callable[[Column], Normalised] = getattr(import_module(self.module), self.function)
        return found


_TEXT: Final = "crm_unify.normalise.text"
_NAMES: Final = "crm_unify.normalise.names"
_ORGANISATIONS: Final = "crm_unify.normalise.organisations"
_MARKUP: Final = "crm_unify.normalise.markup"
_OWN: Final = "crm_unify.rules.text_kernels"

TRANSFORMS: Final[Mapping[str, Transform]] = {
    transform.name: transform
    for transform in (
        Transform("squeeze", "one space between words, none around them", _TEXT, "squeeze"),
        Transform("upper", "all letters in capitals", _OWN, "upper"),
        Transform("lower", "all letters small", _OWN, "lower"),
        Transform(
            "person_case", "MCDONALD or mcdonald becomes McDonald; mixed case stays", _NAMES, "person_case"
        ),
        Transform(
            "org_case",
            "ACME TRADING GMBH becomes Acme Trading GmbH; mixed case stays",
            _ORGANISATIONS,
            "org_case",
        ),
        Transform(
            "surname_first",
            "MUELLER ANNA is family name, then given names: written Mueller, Anna",
            _OWN,
            "surname_first",
        ),
        Transform("digits", "only the digits 0 to 9 stay", _OWN, "digits"),
        Transform("fold", "capitals without accents and punctuation, for codes: Ä becomes AE", _TEXT, "fold"),
        Transform(
            "strip_accents", "letters lose their accents: é becomes e, ü becomes u", _OWN, "strip_accents"
        ),
        Transform(
            "strip_leading_zeros",
            "zeros at the beginning go; a value of zeros only becomes 0",
            _OWN,
            "strip_leading_zeros",
        ),
        Transform("first_line", "text up to the first line break", _OWN, "first_line"),
        Transform("one_line", "line breaks become commas", _OWN, "one_line"),
        Transform(
            "html_to_text",
            "a note in HTML becomes the text a browser shows; text without tags stays",
            _MARKUP,
            "html_to_text",
        ),
        Transform(
            "rtf_to_text",
            "a note in rich text (RTF) becomes the text a word processor shows; other text stays",
            _MARKUP,
            "rtf_to_text",
        ),
        Transform(
            "repair_encoding",
            "text read in the wrong encoding (MÃ¼ller) is put right",
            _OWN,
            "repair_encoding",
        ),
    )
}
"""Every transform by name."""
