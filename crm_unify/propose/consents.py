"""Consents out of flags: an objection needs no evidence, an opt-in without evidence is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from crm_unify.propose.columns import Use
from crm_unify.propose.interface import Entry, Field
from crm_unify.propose.sql import column as sql_column
from crm_unify.propose.sql import text as sql_text

_NO: Final = frozenset({"N", "NO", "NEIN", "NON", "NEE", "NIE", "NAO", "NÃO"})
_YES: Final = frozenset(
    {"Y", "YES", "J", "JA", "OUI", "O", "SI", "SÍ", "S", "SIM", "TAK", "T", "X", "TRUE", "1", "-1", "WAHR"}
)
_UNTICKED: Final = frozenset({"0", "FALSE", "F", "FALSCH"})
"""Of a box that nobody ticked: not the same as a no"""


def consent_entries(uses: Sequence[Use], owner: str) -> Iterator[Entry]:
    """One consent a flag, with the date beside it."""
    given_at = [use for use in uses if use.to == "consent.given_at"]
    for use in uses:
        sense, _, channel = use.to.partition(".")
        if sense not in ("consent", "objection") or use in given_at:
            continue
        fields = [Field("channel", channel), _flag(use, sense)]
        if sense == "consent":
            fields += [Field("given_at", {"from": one.name}, one.note) for one in given_at[:1]]
        yield Entry("consent", {"of": owner}, tuple(fields))


def _flag(use: Use, sense: str) -> Field:
    """The flag with the values that are an objection or consent; those that say nothing are left out.

    Whatever stands in an opt-out and is no plain no is an objection: a word nobody thought of must not loosen
    one.
    """
    values = [one.value.strip() for one in use.column.top if one.value.strip()]
    yes = [value for value in values if value.upper() in _YES]
    no = [value for value in values if value.upper() in _NO]
    silent = sorted({value.upper() for value in values if is_unticked(value)})
    if sense == "objection":
        silent = sorted({*silent, *(value.upper() for value in no)})
        listed = {"objection": [value for value in values if value.upper() not in silent]}
    else:
        listed = {"objection": no, "consent": yes}
    named = {name: texts for name, texts in listed.items() if texts}
    if not silent:
        return Field("flag", {"from": use.name, **named}, use.note)
    name = sql_column(use.name)
    said = f"CASE WHEN upper({name}) NOT IN ({', '.join(map(sql_text, silent))}) THEN {name} END"
    return Field("flag", {"expr": said, **named}, use.note, (use.name,))


def is_unticked(value: str) -> bool:
    """Whether a flag says no more than that nobody ticked a box."""
    return value.strip().upper() in _UNTICKED
