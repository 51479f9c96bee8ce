"""The questions, those first whose answer settles most."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from crm_unify.errors import UsageError
from crm_unify.steward.review.answers import assigned
from crm_unify.steward.review.values import SENTENCES, TITLES, Question, Reason, Wanted
from crm_unify.steward.web.access import Steward, Viewer, Visitor
from crm_unify.steward.web.accounts import known
from crm_unify.steward.web.audit import audited
from crm_unify.steward.web.shape import Place, is_part, page
from crm_unify.steward.web.site import At
from crm_unify.steward.web.veil import Veil, veil_of

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


def wanted_of(chosen: Chosen, visitor: Visitor, veil: Veil) -> Wanted:
    """Which questions a visitor looks for; names they do not see are not searched."""
    whose = {"": None, "mine": visitor.name, "nobody": ""}[chosen.whose]
    reason = Reason(chosen.reason) if chosen.reason else None
    return Wanted(reason, chosen.kind or None, chosen.source or None, whose, chosen.search, veil.nameless)


def said(chosen: Chosen, **more: int) -> str:
    """The filters as they stand in an address; nothing where there are none."""
    given = {name: text for name, text in {**asdict(chosen), **more}.items() if text}
    return f"?{urlencode(given)}" if given else ""


@router.get("/")
def queue(
    request: Request, site: At, visitor: Viewer, chosen: Filters, start: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """The open questions that are looked for, a page at a time, and how far they are answered."""
    veil = veil_of(site, visitor)
    with site.reading() as connection, site.board.queue(connection) as found:
        shown = found.page(wanted_of(chosen, visitor, veil), start=start, size=SIZE)
        progress, notes = found.progress(), (*site.board.notes, *found.notes)
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
        titles=TITLES,
        systems=sorted(site.project.project.sources),
        veil=veil,
        filter=said(chosen),
        pages=lambda at: said(chosen, start=max(at, 0)),
        today=site.clock(),
    )


@router.post("/questions/{name}/assignee")
def give(
    site: At, visitor: Steward, name: str, assignee: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """Give a question to somebody, or to nobody. Raises UsageError for a name nobody has."""
    with site.reading() as connection:
        who = _who(connection, assignee)
        with site.board.queue(connection) as found:
            question = found.question(name)
    if question is None:
        raise UsageError("no open question has this id", name, why="it may be settled", remedy="go on")
    site.appending(lambda connection: _given(connection, question, who, by=visitor.name))
    return RedirectResponse(f"/questions/{name}", status_code=303)


def _who(connection: sa.Connection, name: str) -> str | None:
    """The user of this name; None for no name. Raises UsageError for one that nobody has."""
    if not name.strip():
        return None
    user = known(connection, name)
    if not user.active:
        raise UsageError("this user may not sign in any more", user.name, remedy="give it to another one")
    return user.name


def _given(connection: sa.Connection, question: Question, who: str | None, *, by: str) -> None:
    assigned(connection, question, who, by=by)
    audited(connection, by=by, action="assign", subject=question.id, detail={"to": who})
