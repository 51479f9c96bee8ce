"""Yes and no, in the words and ticks that spreadsheets use."""

from __future__ import annotations

from typing import Final

from crm_unify.normalise.columns import Column, Strings, both, either, lookup, negate, present
from crm_unify.normalise.interface import Normalised, distinct
from crm_unify.normalise.problems import BOOLEAN_UNPARSED
from crm_unify.normalise.text import folded, squeezed

_YES: Final = "1 Y YES T TRUE ON X CHECKED J JA WAHR OUI VRAI SI VERDADERO VERO TAK PRAWDA WAAR SIM"
_NO: Final = "0 N NO F FALSE OFF UNCHECKED NEIN FALSCH NON FAUX FALSO NIE FALSZ NEE ONWAAR NAO"
# Marks that folding would drop, and numbers as spreadsheets hand them out.
_MARKS: Final = dict.fromkeys(("✓", "✔", "☑", "☒", "1.0"), "true") | dict.fromkeys(("☐", "0.0"), "false")
_WORDS: Final = dict.fromkeys(_YES.split(), "true") | dict.fromkeys(_NO.split(), "false")


def booleans(raw: Column) -> Normalised:
    """`true` or `false` from words in seven languages, digits and ticks."""
    return distinct(raw, _booleans)


def _booleans(values: Strings) -> Normalised:
    tidy = squeezed(values)
    marks = lookup(tidy, _MARKS)
    value = either(present(marks), marks, lookup(folded(tidy), _WORDS))
    unknown = both(present(tidy), negate(present(value)))
    return Normalised(value, either(unknown, BOOLEAN_UNPARSED, None))
