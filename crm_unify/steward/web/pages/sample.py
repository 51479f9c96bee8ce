"""Blind samples: how right the customers are, from answers of people who see no score."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from crm_unify.steward.web.access import Steward, Viewer
from crm_unify.steward.web.canvas import canvas_of, subject_of
from crm_unify.steward.web.samples import DONE, LAST_SEED, MOST, Wish, following, verdicts, wish_of
from crm_unify.steward.web.shape import Place, page
from crm_unify.steward.web.site import At
from crm_unify.steward.web.veil import veil_of

router = APIRouter()
PLACE = Place("Sample", "/sample", order=15)


@router.get("/sample")
def begin(request: Request, site: At, visitor: Viewer) -> Response:
    """What a sample is for, and the way to draw one."""
    return page(request, site, visitor, "sample.html", sample=None, said={}, found=None, following=None)


@router.get("/sample/drawn")
def drawn(
    request: Request,
    site: At,
    visitor: Steward,
    merged: Annotated[int, Query(ge=0, le=MOST)] = 100,
    apart: Annotated[int, Query(ge=0, le=MOST)] = 100,
    seed: Annotated[int, Query(ge=0, le=LAST_SEED)] = 1,
) -> Response:
    """How far a sample is answered, and what the answers say so far."""
    with site.reading() as connection:
        sample = site.samples.draw(connection, Wish(merged, apart, seed))
        said = verdicts(connection, sample)
        name = following(connection, sample)
    found = sample.estimated(said)
    going_on = None if name.startswith(DONE) else name
    return page(
        request, site, visitor, "sample.html", sample=sample, said=said, found=found, following=going_on
    )


@router.get("/samples/{name}")
def pair(request: Request, site: At, visitor: Steward, name: str) -> Response:
    """Two records side by side, and nothing that tells what the machine made of them."""
    if name.startswith(DONE):
        return RedirectResponse(f"/sample/drawn?{urlencode(asdict(wish_of(name)))}", status_code=303)
    with site.reading() as connection:
        sample = site.samples.of(connection, name)
        found = subject_of(site, connection, name)
        shown = canvas_of(site, connection, found, veil_of(site, visitor))
        said = verdicts(connection, sample)
    names = [sample.named(one) for one in (*sample.pairs, DONE)]
    at = names.index(name)
    return page(
        request,
        site,
        visitor,
        "pair.html",
        canvas=shown,
        later=names[at + 1],
        earlier=names[at - 1] if at else "",
        place=at + 1,
        total=len(sample.pairs),
        done=len(said),
    )
