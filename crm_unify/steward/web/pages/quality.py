"""The quality of the sources, run after run: the report as a page."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from crm_unify.steward.newest import newest_run
from crm_unify.steward.reports.page import body
from crm_unify.steward.reports.quality import quality_report
from crm_unify.steward.web.access import Viewer
from crm_unify.steward.web.shape import Place, page
from crm_unify.steward.web.site import At

router = APIRouter()
PLACE = Place("Quality", "/quality", order=60)


@router.get("/quality")
def quality(request: Request, site: At, visitor: Viewer) -> Response:
    """How full, valid, unique, consistent and fresh each source is, and how right the customers are."""
    report = quality_report(site.project, newest_run(site.project))
    return page(request, site, visitor, "quality.html", report=report, body=body(report))
