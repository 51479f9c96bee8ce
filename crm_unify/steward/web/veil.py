"""Fields that a role does not see: in their place stands a value of nobody that has the same form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crm_unify.rules.model import Parse
from crm_unify.schema.crm import CONTACT_KINDS
from crm_unify.steward.book.masking import HIDDEN, masked_text
from crm_unify.steward.report.evidence import CONTACTS, DETAILS
from crm_unify.steward.web.access import Visitor
from crm_unify.steward.web.site import Site

NAMES: Final = {"person": "person.full_name", "organisation": "organisation.name"}
"""By kind the field that a customer is called by."""
CALLED: Final = ("customer", "customer.display_name")
"""Names under `masked` that hide what customers of every kind are called."""
LABELS: Final = {
    kind: {
        **{label: f"{kind}.{name}" for name, label in fields.items()},
        **{label: f"contact_point.{name}" for name, label in CONTACTS.items()},
        "Address": "address",
        "Identifier": "party_identifier",
        "Account": "account",
    }
    for kind, fields in DETAILS.items()
}
"""By kind of customer the field of the CRM by the label that pages show; consent quotes contact points."""
WHOLE: Final = ("contact_point", "address", "party_identifier", "account", "consent")
"""Tables whose rows are shown as one text each: one hidden column hides the row."""
LIKE_NOBODY: Final = ("person", "organisation", "contact_point")
"""Tables whose values are replaced by ones of the same form; of all others nothing is shown."""
PARTS: Final = ("full_name", "given_name", "middle_name", "family_name")
"""Columns of a person that tell each other: who hides the name hides its parts, and the other way round."""


@dataclass(frozen=True, slots=True)
class Veil:
    """What a visitor sees of values."""

    hidden: tuple[str, ...]
    """Fields, or tables with all their fields."""

    def hides(self, field: str) -> bool:
        """Whether a field (``table.column``) or a table's row is hidden; an unknown one is where any is."""
        if not field:
            return bool(self.hidden)
        table, _, column = field.partition(".")
        if any(name in self.hidden for name in (field, table)):
            return True
        if field in NAMES.values() and any(name in self.hidden for name in CALLED):
            return True
        if table == "person" and column in PARTS:
            return any(f"person.{part}" in self.hidden for part in PARTS)
        return table in WHOLE and self._in_row(table, column)

    def _in_row(self, table: str, kind: str) -> bool:
        """Whether a column is hidden that the text of a row may quote; of contact points, of this kind."""
        columns = {name.partition(".")[2] for name in self.hidden if name.partition(".")[0] == table}
        others = columns - set(CONTACT_KINDS) if table == "contact_point" and kind else columns
        return bool(others)

    def hides_name(self, kind: str) -> bool:
        """Whether the names of this kind of customer are hidden."""
        return self.hides(NAMES.get(kind, ""))

    @property
    def nameless(self) -> tuple[str, ...]:
        """Kinds of customer whose names this visitor does not see, so cannot search by."""
        return tuple(kind for kind in NAMES if self.hides_name(kind))

    def value(self, field: str, text: str | None) -> str | None:
        """A value of a field as this visitor sees it."""
        if text is None or not self.hides(field):
            return text
        table, _, _ = field.partition(".")
        return masked_text(text, [field], PLAIN) if table in LIKE_NOBODY else HIDDEN

    def name(self, kind: str, text: str | None) -> str | None:
        """The name of a customer of this kind."""
        return self.value(NAMES.get(kind, ""), text)

    def labelled(self, kind: str, label: str, texts: Sequence[str]) -> tuple[str, ...]:
        """Values of a customer of this kind under a label of a page."""
        field = LABELS[kind].get(label, "")
        return tuple(self.value(field, text) or "" for text in texts)

    def words(self, text: str) -> str:
        """What a person typed freely, a reason or a note: it may quote any value."""
        return HIDDEN if text and self.hides("") else text


PLAIN: Final = Parse()


def veil_of(site: Site, visitor: Visitor) -> Veil:
    """What this visitor does not see, as the project says."""
    masked = {str(role): fields for role, fields in site.project.project.web.masked.items()}
    return Veil(tuple(masked.get(visitor.role or "viewer", ())))
