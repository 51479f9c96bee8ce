"""Values that people picked in a pack: fields pinned to what one record says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

import sqlalchemy as sa

from crm_unify.errors import UsageError, nearest_name
from crm_unify.run.pinning import KEPT, pinning
from crm_unify.run.subjects import subject
from crm_unify.steward.report.evidence import CONTACTS, DETAILS
from crm_unify.steward.review.found import BY_PACK, Found, Taken, Trouble
from crm_unify.steward.review.pack import NOTE, RECORD, TAKE
from crm_unify.steward.review.pack_read import ReadRow

PINS: Final[Mapping[str, str]] = {
    **{label: name for fields in DETAILS.values() for name, label in fields.items()},
    **dict.fromkeys(CONTACTS.values(), KEPT[0]),
    "Address": KEPT[1],
    "Identifier": KEPT[2],
}
"""Field to pin by the label of a column; a name is a person's or an organisation's."""


def pins_of(connection: sa.Connection, row: ReadRow, as_of: date, found: Found) -> None:
    """Take the fields that a row picks; what cannot be pinned is listed."""
    cell = row.cells[TAKE]
    if cell.formula:
        found.problem(Trouble.NONSENSE, cell.place, cell.text, "a formula is no field: choose from the list")
        return
    for label in _labels(cell.text):
        known = {name.casefold(): name for name in PINS}
        if label.casefold() not in known:
            near = nearest_name(label, PINS)
            said = f"did you mean {near}?" if near else f"one of: {', '.join(PINS)}"
            found.problem(Trouble.NONSENSE, cell.place, label, f"this is no field to take; {said}")
            continue
        record = row.text(RECORD)
        try:
            named = subject(connection, record)
            field_name = PINS[known[label.casefold()]]
            field_name = of_kind(named.kind, field_name)
            draft = pinning(connection, named.customer, field_name, value=None, source=record, as_of=as_of)
        except UsageError as error:
            found.problem(Trouble.NONSENSE, cell.place, label, f"{error.what}: {error.where}")
            continue
        found.taken.append(Taken(draft, row.text(NOTE) or BY_PACK, cell.place, ""))


def _labels(text: str) -> Iterator[str]:
    for part in text.replace(",", ";").split(";"):
        if part.strip():
            yield part.strip()


def of_kind(kind: str, name: str) -> str:
    """A person's name is a full name."""
    return {"person": "full_name", "organisation": "name"}[kind] if name in ("full_name", "name") else name
