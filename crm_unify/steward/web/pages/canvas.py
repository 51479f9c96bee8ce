"""The cluster canvas: of a question, or of a customer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

import sqlalchemy as sa
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from crm_unify.run.consequences import consequences, described
from crm_unify.run.deciding import Draft, drafted
from crm_unify.run.decisions import VERDICT, read_chain
from crm_unify.steward.review.values import SENTENCES, TITLES, Progress
from crm_unify.steward.web.access import Viewer, Visitor
from crm_unify.steward.web.accounts import users
from crm_unify.steward.web.canvas import Canvas, Subject, canvas_of, subject_of
from crm_unify.steward.web.effects import effects
from crm_unify.steward.web.notes import notes_of
from crm_unify.steward.web.pages.queue import Filters, wanted_of
from crm_unify.steward.web.reasons import why_of
from crm_unify.steward.web.selection import Selection, listed
from crm_unify.steward.web.shape import page
from crm_unify.steward.web.site import At, Site
from crm_unify.steward.web.veil import Veil, veil_of

router = APIRouter()

Added = Annotated[list[str], Query(alias="add", default_factory=list, max_length=20)]
AddedField = Annotated[list[str], Form(alias="add", default_factory=list, max_length=20)]


@dataclass(frozen=True, slots=True)
class Around:
    """Where a question stands in the queue."""

    progress: Progress
    later: str | None
    earlier: str | None


@router.get("/questions/{name}")
def question(
    request: Request, site: At, visitor: Viewer, name: str, filters: Filters, add: Added, start: int = 0
) -> Response:
    """The canvas of a question."""
    veil = veil_of(site, visitor)
    with site.reading() as connection:
        found = subject_of(site, connection, name, add)
        drawn = canvas_of(site, connection, found, veil, start=start)
        people = [one.name for one in users(connection) if one.active and one.role != "viewer"]
        with site.board.queue(connection) as queue:
            around = queue.after(name, wanted_of(filters, visitor, veil))
            open_now = queue.question(name) is not None
            stands = Around(queue.progress(), *((around[0], around[-1]) if around else (None, None)))
        return _page(
            request,
            site,
            visitor,
            connection,
            drawn,
            around=stands,
            open_now=open_now,
            add=add,
            people=people,
        )


@router.get("/clusters/{name}")
def cluster(request: Request, site: At, visitor: Viewer, name: str, add: Added, start: int = 0) -> Response:
    """The canvas of a customer; a former id leads to the present one."""
    with site.reading() as connection:
        found = subject_of(site, connection, name, add)
        if found.key != name:
            return RedirectResponse(f"/clusters/{found.key}", status_code=303)
        drawn = canvas_of(site, connection, found, veil_of(site, visitor), start=start)
        return _page(
            request, site, visitor, connection, drawn, around=None, open_now=True, add=add, people=[]
        )


def _page(
    request: Request,
    site: Site,
    visitor: Visitor,
    connection: sa.Connection,
    drawn: Canvas,
    **values: Any,
) -> Response:
    values["added"] = f"?{urlencode([('add', one) for one in values['add']])}" if values["add"] else ""
    veil = veil_of(site, visitor)
    notes = [replace(one, text=veil.words(one.text)) for one in notes_of(connection, drawn.subject.records)]
    blind = request.cookies.get(BLIND) == "yes"
    values |= {"canvas": drawn, "notes": notes, "described": described, "blind": blind}
    values |= {"called": _called(drawn, veil), "reasons": SENTENCES, "titles": TITLES}
    values["window"] = lambda start: f"?{request.url.include_query_params(start=start).query}"
    values["customers"] = [one for one in dict.fromkeys(drawn.subject.customers) if one.startswith("C-")]
    return page(request, site, visitor, "canvas.html", **values)


def _called(drawn: Canvas, veil: Veil) -> list[str]:
    """What the two sides of a question, or a customer, are called; nothing where no record has a name."""
    question = drawn.subject.question
    if question is not None:
        return [veil.name(question.kind, side.name) or "" for side in question.sides]
    rows = (row for _, some in drawn.groups for row in some if row.label == "Name")
    return [text for row in rows for text in row.golden[:1]]


BLIND = "crm-unify-blind"
"""Cookie of a browser whose user wants to see no scores."""


@router.get("/canvas/{name}/why")
def why(request: Request, site: At, visitor: Viewer, name: str, add: Added) -> Response:
    """The part of the page that tells why."""
    veil = veil_of(site, visitor)
    with site.reading() as connection:
        found = subject_of(site, connection, name, add)
        told = why_of(site.bench.explainer(connection), found)
    return page(request, site, visitor, "why.html", why=told, veiled=veil.hides(""))


@router.post("/canvas/{name}/effects")
def follows(
    request: Request, site: At, visitor: Viewer, name: str, add: AddedField, selection: Selection = "[]"
) -> Response:
    """The part of the page that tells what follows from SAME and from DIFFERENT; nothing is written.

    Posted all the same: a selection of hundreds of records is too long for an address.
    """
    veil, selected = veil_of(site, visitor), frozenset(listed(selection))
    with site.reading() as connection:
        found = subject_of(site, connection, name, add)
        sides = _sides(found, selected)
        told = {}
        earlier = [replace(one, why=veil.words(one.why)) for one in read_chain(connection, found.records)]
        for verdict in ("same", "different") if len(sides) > 1 else ():
            draft = Draft(VERDICT, "decide", sides, verdict=verdict)
            decision = drafted(draft, connection, why="", by=visitor.name)
            told[verdict] = consequences(connection, decision, earlier)
        changed = effects(site, connection, found, veil)
    return page(request, site, visitor, "effects.html", told=told, changed=changed)


def _sides(found: Subject, selected: Collection[str]) -> tuple[tuple[str, ...], ...]:
    chosen = tuple(record for record in found.records if record in selected)
    rest = tuple(record for record in found.records if record not in selected)
    return (chosen, rest) if chosen and rest else found.sides
