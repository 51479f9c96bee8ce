"""The questions, those first whose answer settles most."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from crm_unify.steward.review.answers import assign
from crm_unify.steward.review.values import SENTENCES, Reason, Wanted
from crm_unify.steward.web.access import Steward, Viewer, Visitor
from crm_unify.steward.web.accounts import users
from crm_unify.steward.web.audit import audited
from crm_unify.steward.web.shape import Place, is_part, page
from crm_unify.steward.web.site import At
from crm_unify.steward.web.veil import veil_of

router = APIRouter()
PLACE = Place("Queue", "/", order=10)
SIZE = 50
"""Questions on a page."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the filters say; empty: it does not matter."""

    reason: str
    kind: str
    source: str
    whose: str
    search: str


def _chosen(
    reason: Annotated[Reason | Literal[""], Query()] = "",
    kind: Annotated[Literal["", "person", "organisation"], Query()] = "",
    source: Annotated[str, Query(max_length=64)] = "",
    whose: Annotated[Literal["", "mine", "nobody"], Query()] = "",
    search: Annotated[str, Query(max_length=200)] = "",
) -> Chosen:
    return Chosen(str(reason), kind, source, whose, search)


Filters = Annotated[Chosen, Depends(_chosen)]


def wanted_of(chosen: Chosen, visitor: Visitor) -> Wanted:
    """Which questions a visitor looks for."""
    whose = {"": None, "mine": visitor.name, "nobody": ""}[chosen.whose]
    reason = Reason(chosen.reason) if chosen.reason else None
    return Wanted(reason, chosen.kind or None, chosen.source or None, whose, chosen.search)


def said(chosen: Chosen, **more: int) -> str:
    """The filters as they stand in an address; nothing where there are none."""
    given = {name: text for name, text in {**asdict(chosen), **more}.items() if text}
    return f"?{urlencode(given)}" if given else ""


@router.get("/")
def queue(
    request: Request, site: At, visitor: Viewer, chosen: Filters, start: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """The open questions that are looked for, a page at a time, and how far they are answered."""
    with site.reading() as connection, site.board.queue(connection) as found:
        shown = found.page(wanted_of(chosen, visitor), start=start, size=SIZE)
        progress, notes = found.progress(), found.notes
    return page(
        request,
        site,
        visitor,
        "queue_rows.html" if is_part(request) else "queue.html",
        shown=shown,
        progress=progress,
        notes=notes,
        chosen=chosen,
        later=start + SIZE if start + SIZE < shown.found else None,
        reasons=SENTENCES,
        systems=sorted(site.project.project.sources),
        veil=veil_of(site, visitor),
        filter=said(chosen),
        pages=lambda at: said(chosen, start=max(at, 0)),
        today=site.clock(),
    )


@router.post("/questions/{name}/assignee")
def give(
    site: At, visitor: Steward, name: str, assignee: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """Give a question to somebody, or to nobody."""
    with site.reading() as connection:
        who = next((one.name for one in users(connection) if one.name == assignee and one.active), None)
        with site.board.queue(connection) as found:
            question = found.question(name)
    if question is not None:
        assign(site.engine, question, who, by=visitor.name)
        with site.writing() as connection:
            audited(connection, by=visitor.name, action="assign", subject=name, detail={"to": who})
            site.board.assign(connection, name, who)
    return RedirectResponse(f"/questions/{name}", status_code=303)
