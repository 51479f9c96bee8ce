"""One customer with everything that is known of it: values and their reasons, sources, history, orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from crm_unify.normalise.money import currency_exponent
from crm_unify.schema.crm import customer as customers
from crm_unify.steward.book.masking import HIDDEN
from crm_unify.steward.customer import CustomerView, GoldenValue, customer
from crm_unify.steward.history import events, former_ids
from crm_unify.steward.ledger_view import KnownRecord
from crm_unify.steward.report.evidence import DECIDED
from crm_unify.steward.report.rows import amount
from crm_unify.steward.web.access import Viewer
from crm_unify.steward.web.finding import found, how
from crm_unify.steward.web.shape import Place, page
from crm_unify.steward.web.site import At
from crm_unify.steward.web.veil import Veil, veil_of

router = APIRouter()
PLACE = Place("Customers", "/customers", order=20)
SHOWN: Final = 50
"""Customers in a list, and rows of a table on the page."""
BY_VALUE: Final = {
    "contact_point": ("value_raw",),
    "address": ("line1", "line2", "postal_code", "city", "region", "country_code"),
    "party_identifier": ("scheme", "value"),
    "account": ("system", "account_no", "balance", "currency"),
}
"""Columns by which a row of a table that is kept whole is shown."""
MONEY: Final = ("balance", "credit_limit", "total", "amount")
"""Columns in minor units of the row's currency."""
TYPED: Final = ("subject", "description", "note", "title", "text", "body", "original")
"""Columns into which people type what they like: hidden from whom any field is hidden."""
INSIDE: Final = ("id", "source_record_id", "custom", "customer_id")
"""Columns that say nothing to people."""
WON: Final = {**DECIDED, "agreed": "all records agree", "only": "only this record says it"}
"""Why a golden value is what it is, in words."""
HEADS: Final = 7
"""Columns of a table on the page."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One golden value with where it comes from."""

    field: str
    value: str | None
    record: str | None
    by: str | None
    """What decided it, in words."""
    origin: str
    """Columns of the source and how they were read."""
    rivals: tuple[tuple[str, str | None], ...]


@router.get("/customers")
def find(
    request: Request, site: At, visitor: Viewer, search: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """Customers by name, address, number or id; a known id leads to its page."""
    c, text, veil = customers.c, search.strip(), veil_of(site, visitor)
    query = sa.select(c.id, c.display_name, c.kind, c.status).limit(SHOWN)
    query = query.order_by(c.id)  # the key: no million names are sorted for a page of fifty
    with site.reading() as connection:
        every = found(connection, text, veil, most=SHOWN, merged=True) if text else connection.execute(query)
        rows = [(row.id, veil.name(row.kind, row.display_name), row.kind, row.status) for row in every]
        ways = how(connection)
    if len(rows) == 1 and rows[0][0] == text:
        return RedirectResponse(f"/customers/{text}", status_code=303)
    return page(request, site, visitor, "customers.html", rows=rows, search=search, most=SHOWN, how=ways)


@router.get("/customers/{name}")
def one_customer(request: Request, site: At, visitor: Viewer, name: str) -> Response:
    """The page of a customer; a former id leads to the one that took it in."""
    with site.reading() as connection:
        view = customer(connection, name)
        if view.id != name:
            return RedirectResponse(f"/customers/{view.id}", status_code=303)
        told, former = events(connection, view), former_ids(connection, view.id)
    veil = veil_of(site, visitor)
    return page(
        request,
        site,
        visitor,
        "customer.html",
        view=view,
        name=veil.name(view.kind, view.display_name),
        cells=list(_cells(view, veil)),
        kept={table: _rows(table, rows, veil) for table, rows in view.kept.items() if rows},
        records=[(record, _claims(record, veil)) for record in view.records[:SHOWN]],
        hanging=[
            (title, *_hanging(table, rows, veil), len(rows)) for title, table, rows in _children(view) if rows
        ],
        events=[replace(one, why=veil.words(one.why or "")) for one in told],
        consent_hidden=veil.hides("consent"),
        former=former,
        money=MONEY,
        most=SHOWN,
        hidden=veil.hides(""),
    )


def _cells(view: CustomerView, veil: Veil) -> Iterator[Cell]:
    """The golden values, each with its record, columns and rivals, as the visitor may see them."""
    of = {record.record_id: record for record in view.records}
    for value in view.golden:
        rivals = tuple((record, veil.value(value.field, str(said))) for record, said in value.rivals)
        shown = veil.value(value.field, str(value.value))
        decided = WON.get(value.decided_by or "", value.decided_by)
        yield Cell(value.field, shown, value.record_id, decided, _origin(value, of), rivals)


def _origin(value: GoldenValue, of: Mapping[str, KnownRecord]) -> str:
    """From which columns, read how, by which rule."""
    record = of.get(value.record_id or "")
    lines = () if record is None else (line for line in record.lineage if line.get("target") == value.field)
    line = next(iter(lines), None)
    if line is None:
        return ""
    parts = [", ".join(line.get("columns") or ()), line.get("how") or "", line.get("rule") or ""]
    return "; ".join(part for part in parts if part)


def _rows(table: str, rows: tuple[Mapping[str, Any], ...], veil: Veil) -> list[tuple[str | None, str]]:
    """Rows of a table that is kept whole: what stands in them, and marks."""
    found = []
    for row in rows[:SHOWN]:
        field = f"{table}.{row['kind']}" if table == "contact_point" else table
        text = ", ".join(said for name in BY_VALUE[table] if (said := _said(row, name)))
        told = ("kind",) if veil.hides(field) else ("kind", "label")
        marks = [str(row[name]) for name in told if row.get(name)]
        marks += ["primary"] if row.get("is_primary") else []
        found.append((veil.value(field, text), ", ".join(marks)))
    return found


def _children(view: CustomerView) -> tuple[tuple[str, str, tuple[Mapping[str, Any], ...]], ...]:
    """What hangs on the customer: title, table, rows."""
    return (
        ("Orders", "sales_order", view.orders),
        ("Cases", "support_case", view.cases),
        ("Opportunities", "opportunity", view.opportunities),
        ("Activities", "activity", view.activities),
    )


def _hanging(
    table: str, rows: tuple[Mapping[str, Any], ...], veil: Veil
) -> tuple[list[str], list[list[str]]]:
    """What hangs on the customer as a table: heads, and the first rows."""
    heads = list(dict.fromkeys(name for row in rows for name in row if name not in INSIDE))[:HEADS]
    typed = TYPED if veil.hides("") else ()
    hidden = {name for name in heads if name in typed or veil.hides(f"{table}.{name}")}
    lines = [[HIDDEN if name in hidden else _said(row, name) for name in heads] for row in rows[:SHOWN]]
    return heads, lines


def _said(row: Mapping[str, Any], name: str) -> str:
    """A column of a row as people read it."""
    value = row.get(name)
    if value is None:
        return ""
    exponent = currency_exponent(str(row.get("currency") or "")) if name in MONEY else None
    return str(value) if exponent is None else amount(value, exponent)


def _claims(record: KnownRecord, veil: Veil) -> list[tuple[str, str | None]]:
    """The source row by column; nothing where the visitor may not see rows as they came."""
    return [] if veil.hides("") else list(record.raw.items())
