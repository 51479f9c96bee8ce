"""Code tables: what the values of a column probably mean, and `?` where only the owner can say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from crm_unify.normalise.columns import strings
from crm_unify.normalise.countries import country_codes
from crm_unify.normalise.text import folded
from crm_unify.propose.columns import Use
from crm_unify.propose.interface import Codes, Field
from crm_unify.rules.code_tables import OPEN

LISTED: Final = 20
"""Values that a profile lists: with more of them a code table would not be whole"""


def _words(text: str) -> list[str]:
    return text.split()


_GENDERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        _words(
            """
            F FEMALE WOMAN W WEIBLICH FRAU FR MS MRS MISS MADAME MME MLLE MADEMOISELLE FEMME SIGNORA SIGRA SRA
            SENORA SENHORA MUJER DONNA VROUW MEVROUW MEVR K KOBIETA PANI FEMININ FEMENINO FEMININO FEMMINA
            MULHER
            """
        ),
        "F",
    ),
    **dict.fromkeys(
        _words(
            """
            M MALE MAN MAENNLICH MANN HERR HERRN HR MR MISTER MONSIEUR HOMME SIGNOR SIG SR SENOR SENHOR HOMBRE
            UOMO MENEER DHR PAN MEZCZYZNA MASCULIN MASCULINO MASCHIO HOMEM
            """
        ),
        "M",
    ),
    **dict.fromkeys(_words("X D DIVERS NONBINARY DIVERSE"), "X"),
}
"""How people are addressed or marked, folded"""
_WORD: Final = 3
"""Letters from which on a value is a word that says what it means, and no code"""


@dataclass(slots=True)
class CodeBook:
    """The code tables of a map, as its targets come to need them."""

    tables: dict[str, Codes] = field(default_factory=dict)

    def gender(self, use: Use) -> Field:
        """Forms of address and letters as F, M and X."""
        targets = {one.value: _gender(one.value) for one in use.column.top}
        if all(value.strip().upper() == target for value, target in targets.items()):
            return Field("gender", {"from": use.name}, use.note)
        return self._tabled(use, "gender", targets)

    def title(self, use: Use) -> Field:
        """Forms of address that say no more than the gender; others are a prefix."""
        targets = [_gender(one.value) for one in use.column.top]
        return (
            Field("prefix", {"from": use.name}, use.note)
            if OPEN in targets or not targets
            else self.gender(use)
        )

    def country(self, use: Use) -> Field:
        """Countries as they are, where all are understood; a table where some are not."""
        values = [one.value for one in use.column.top]
        found = dict(zip(values, country_codes(strings(values)).value.to_pylist(), strict=True))
        if use.column.distinct <= LISTED and not all(found.values()):
            targets = {value: code or OPEN for value, code in found.items()}
            return self._tabled(use, "country_code", targets, unmapped="pass")
        return Field("country_code", {"from": use.name}, use.note)

    def coded(self, use: Use, name: str) -> Field:
        """Words as they are, in small letters; codes as questions; text where there are too many."""
        if use.column.distinct > LISTED:
            return Field(name, {"from": use.name}, use.note)
        return self._tabled(use, name, {one.value: _meaning(one.value) for one in use.column.top})

    def open_values(self, use: Use) -> tuple[str, ...]:
        """Values of a column that its table leaves open."""
        table = self.tables.get(_name(use.name))
        return () if table is None else tuple(row[0] for row in table.rows if row[1] == OPEN)

    def _tabled(
        self, use: Use, name: str, targets: Mapping[str, str], *, unmapped: str = "withhold"
    ) -> Field:
        rows: dict[str, tuple[str, str, str, int]] = {}
        for one in use.column.top:
            value = one.value.strip()
            if value:
                rows[value] = (
                    value,
                    targets[one.value],
                    "",
                    one.rows + (rows[value][3] if value in rows else 0),
                )
        table = _name(use.name)
        self.tables[table] = Codes(table, tuple(rows.values()), unmapped)
        return Field(name, {"from": use.name, "code_table": table}, use.note)


def _name(header: str) -> str:
    """A name for the table of a column."""
    words = (folded(strings([header])).to_pylist()[0] or "codes").lower().split()
    return "_".join(words) or "codes"


def _gender(value: str) -> str:
    words = (folded(strings([value])).to_pylist()[0] or "").split()
    return next((_GENDERS[word] for word in words if word in _GENDERS), OPEN)


def _meaning(value: str) -> str:
    """A word means itself."""
    text = value.strip()
    return text.lower() if len(text) >= _WORD and text.replace(" ", "").replace("_", "").isalpha() else OPEN
