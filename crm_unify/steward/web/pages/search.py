"""Finding records and customers by name, address, number or id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from crm_unify.errors import UsageError
from crm_unify.run.subjects import subject
from crm_unify.schema.crm import contact_point, customer
from crm_unify.steward.web.access import Viewer
from crm_unify.steward.web.shape import page
from crm_unify.steward.web.site import At
from crm_unify.steward.web.veil import veil_of

router = APIRouter()

SHOWN: Final = 12
"""Customers that are listed."""
SHORTEST: Final = 2
"""Characters of a text that is looked for."""


@router.get("/search")
def search(
    request: Request, site: At, visitor: Viewer, text: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """The customers that a text may mean, as a part of a page."""
    words = text.strip()
    with site.reading() as connection:
        found = _found(connection, words) if len(words) >= SHORTEST else []
    veil = veil_of(site, visitor)
    return page(request, site, visitor, "search.html", found=found, asked=words, veil=veil)


def _found(connection: sa.Connection, text: str) -> Sequence[sa.Row[Any, Any, Any]]:
    c, p = customer.c, contact_point.c
    holding = sa.select(p.customer_id).where(p.value_norm.icontains(text, autoescape=True))
    about = [c.display_name.icontains(text, autoescape=True), c.id.in_(holding)]
    try:
        about.append(c.id == subject(connection, text).customer)
    except UsageError:
        about.append(c.id == text)  # no id; then it is a part of a name or an address
    query = sa.select(c.id, c.kind, c.display_name).where(sa.or_(*about), c.status != "merged")
    return connection.execute(query.order_by(c.display_name, c.id).limit(SHOWN)).all()
