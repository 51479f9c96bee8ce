"""The quality of the sources, run after run: the report as a page."""

from __future__ import annotations

from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import Response

from crm_unify.schema.agreements import mig_accuracy
from crm_unify.steward.newest import newest_run
from crm_unify.steward.reports.page import body
from crm_unify.steward.reports.quality import quality_report
from crm_unify.steward.reports.values import Report
from crm_unify.steward.web.access import Viewer
from crm_unify.steward.web.shape import Place, page
from crm_unify.steward.web.site import At, Site
from crm_unify.steward.web.stamps import stamp

router = APIRouter()
PLACE = Place("Quality", "/quality", order=60)


_KEPT: Final[WeakKeyDictionary[sa.Engine, tuple[tuple[Any, ...], Report]]] = WeakKeyDictionary()
"""The report that was made last: it looks at every record, and changes with a run or an estimate alone."""


def made(site: Site) -> Report:
    """The report as of the newest run and sample."""
    with site.reading() as connection:
        now = stamp(connection, mig_accuracy)
    kept = _KEPT.get(site.engine)
    if kept is None or kept[0] != now:
        kept = _KEPT[site.engine] = (now, quality_report(site.project, newest_run(site.project)))
    return kept[1]


@router.get("/quality")
def quality(request: Request, site: At, visitor: Viewer) -> Response:
    """How full, valid, unique, consistent and fresh each source is, and how right the customers are."""
    report = made(site)
    return page(request, site, visitor, "quality.html", report=report, body=body(report))
