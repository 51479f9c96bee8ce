"""Finding records and customers by name, address, number or id, as a part of a page."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from crm_unify.steward.web.access import Viewer
from crm_unify.steward.web.finding import found, how
from crm_unify.steward.web.shape import page
from crm_unify.steward.web.site import At
from crm_unify.steward.web.veil import veil_of

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
        rows = found(connection, words, veil, most=SHOWN) if len(words) >= SHORTEST else []
        ways = how(connection)
    return page(
        request, site, visitor, "search.html", found=rows, asked=words, veil=veil, shortest=SHORTEST, how=ways
    )
