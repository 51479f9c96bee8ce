"""What the targets of one kind of row are made of: its columns, its key, whom it names."""

from __future__ import annotations

from dataclasses import dataclass

from crm_unify.propose.codes import CodeBook
from crm_unify.propose.columns import Use


@dataclass(frozen=True, slots=True)
class Parties:
    """The parties of a branch, by the names its entries call them."""

    person: str | None
    organisation: str | None
    main: str
    """The one whom addresses and numbers belong to where nothing says otherwise"""


@dataclass(frozen=True, slots=True)
class Row:
    """What the targets of one kind of row are made of."""

    uses: tuple[Use, ...]
    key: tuple[str, ...]
    """Key columns; empty where the key is made of the content"""
    country: str | None
    """Of addresses that name none"""
    codes: CodeBook

    def of(self, *targets: str) -> tuple[Use, ...]:
        """The columns with one of these uses."""
        return tuple(use for use in self.uses if use.to in targets)
