"""Fields that a role does not see: in their place stands a value of nobody that has the same form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crm_unify.rules.model import Parse
from crm_unify.steward.book.masking import HIDDEN, masked_text
from crm_unify.steward.report.evidence import CONTACTS, DETAILS
from crm_unify.steward.web.access import Visitor
from crm_unify.steward.web.site import Site

LABELS: Final = {
    **{label: f"{kind}.{name}" for kind, fields in DETAILS.items() for name, label in fields.items()},
    **{label: f"contact_point.{kind}" for kind, label in CONTACTS.items()},
    "Name": "person.full_name",
    "Address": "address",
    "Identifier": "party_identifier",
}
"""Field of the CRM by the label that pages show."""
LIKE_NOBODY: Final = ("person", "organisation", "contact_point")
"""Tables whose values are replaced by ones of the same form; of all others nothing is shown."""


@dataclass(frozen=True, slots=True)
class Veil:
    """What a visitor sees of values."""

    hidden: tuple[str, ...]
    """Fields, or tables with all their fields."""

    def hides(self, field: str) -> bool:
        """Whether a field (``table.column``) is hidden; one of which nothing is known is where any is."""
        if not field:
            return bool(self.hidden)
        return field in self.hidden or field.partition(".")[0] in self.hidden

    def value(self, field: str, text: str | None) -> str | None:
        """A value of a field as this visitor sees it."""
        if text is None or not self.hides(field):
            return text
        table, _, _ = field.partition(".")
        return masked_text(text, [field], PLAIN) if table in LIKE_NOBODY else HIDDEN

    def labelled(self, label: str, texts: Sequence[str]) -> tuple[str, ...]:
        """Values under a label of a page."""
        field = LABELS.get(label, "")
        return tuple(self.value(field, text) or "" for text in texts)


PLAIN: Final = Parse()


def veil_of(site: Site, visitor: Visitor) -> Veil:
    """What this visitor does not see, as the project says."""
    masked = {str(role): fields for role, fields in site.project.project.web.masked.items()}
    return Veil(tuple(masked.get(visitor.role or "viewer", ())))
