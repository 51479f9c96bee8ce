"""The questions, those first whose answer settles most."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from crm_unify.steward.web.access import Viewer
from crm_unify.steward.web.shape import Place, page
from crm_unify.steward.web.site import At

router = APIRouter()
PLACE = Place("Queue", "/", order=10)


@router.get("/")
def queue(request: Request, site: At, visitor: Viewer) -> Response:
    """The open questions and how far they are answered."""
    with site.reading() as connection, site.board.queue(connection) as found:
        shown, progress = found.page(), found.progress()
    return page(request, site, visitor, "queue.html", shown=shown, progress=progress)
