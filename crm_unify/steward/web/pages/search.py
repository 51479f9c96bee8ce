"""Finding records and customers by name, address, number or id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from crm_unify.run.subjects import named_by
from crm_unify.schema.crm import CONTACT_KINDS, contact_point, customer
from crm_unify.steward.web.access import Viewer
from crm_unify.steward.web.shape import page
from crm_unify.steward.web.site import At
from crm_unify.steward.web.veil import Veil, veil_of

router = APIRouter()

SHOWN: Final = 12
"""Customers that are listed."""
SHORTEST: Final = 3
"""Characters of a text that is looked for."""


@router.get("/search")
def search(
    request: Request, site: At, visitor: Viewer, text: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """The customers that a text may mean, as a part of a page."""
    words, veil = text.strip(), veil_of(site, visitor)
    with site.reading() as connection:
        found = _found(connection, words, veil) if len(words) >= SHORTEST else []
    return page(request, site, visitor, "search.html", found=found, asked=words, veil=veil, shortest=SHORTEST)


def _found(connection: sa.Connection, text: str, veil: Veil) -> Sequence[sa.Row[Any, Any, Any]]:
    """By id first; by a name or a value only as far as the visitor may see what is compared.

    An answer that depends on a hidden value tells it, letter by letter.
    """
    c, p = customer.c, contact_point.c
    query = sa.select(c.id, c.kind, c.display_name).where(c.status != "merged").limit(SHOWN)
    named = named_by(connection, text)
    if named is not None:
        return connection.execute(query.where(c.id == named)).all()
    kinds = [kind for kind in CONTACT_KINDS if not veil.hides(f"contact_point.{kind}")]
    holding = sa.select(p.customer_id).where(p.kind.in_(kinds), p.value_norm.icontains(text, autoescape=True))
    called = sa.and_(c.display_name.icontains(text, autoescape=True), c.kind.not_in(veil.nameless))
    about = sa.or_(called, c.id.in_(holding)) if kinds else called
    return connection.execute(query.where(about).order_by(c.display_name, c.id)).all()
