"""Keeping what a blind sample says, for the trend."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from crm_unify.schema.bookkeeping import mig_run
from crm_unify.steward.review.recording import kept, told
from crm_unify.steward.web.access import Steward
from crm_unify.steward.web.audit import audited
from crm_unify.steward.web.samples import LAST_SEED, MOST, Wish, verdicts
from crm_unify.steward.web.site import At

router = APIRouter()
Pairs = Annotated[int, Form(ge=0, le=MOST)]


@router.post("/sample/kept")
def keep(
    site: At, visitor: Steward, merged: Pairs, apart: Pairs, seed: Annotated[int, Form(ge=0, le=LAST_SEED)]
) -> Response:
    """Keep the figures of a sample as they are by now; on to the trend, which shows a fall."""
    with site.reading() as connection:
        sample = site.samples.draw(connection, Wish(merged, apart, seed))
        found = sample.estimated(verdicts(connection, sample))
        run = connection.scalar(sa.select(sa.func.max(mig_run.c.id))) or 0
    name = f"web/{run}/{merged}/{apart}/{seed}"

    def act(connection: sa.Connection) -> tuple[str, ...]:
        fallen = kept(connection, found, run=run, sample=name, by=visitor.name)
        detail = {"fallen": len(fallen)}
        audited(connection, by=visitor.name, action="sample-keep", subject=name, detail=detail)
        return fallen

    told(site.project, site.appending(act))
    return RedirectResponse("/quality", status_code=303)
