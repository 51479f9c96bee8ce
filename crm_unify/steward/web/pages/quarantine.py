"""Rows that wait for a repair: why, as they came, with cells to fix; the same corrections as in Excel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Final

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from crm_unify.errors import UsageError
from crm_unify.run.correcting import NewCorrection, add, meant, taking_back
from crm_unify.steward.desk import Desk
from crm_unify.steward.quarantine import QUARANTINED, BadRow
from crm_unify.steward.repairing import cells_of, corrected, let_go, standing, waived
from crm_unify.steward.waiting import Wanted
from crm_unify.steward.web.access import ForbiddenError, Steward, Viewer, Visitor
from crm_unify.steward.web.audit import audited
from crm_unify.steward.web.desks import behind, desk, listed
from crm_unify.steward.web.shape import Place, page
from crm_unify.steward.web.site import At, Site
from crm_unify.steward.web.veil import veil_of
from pipelines.corrections import read_corrections

router = APIRouter()
PLACE = Place("Quarantine", "/quarantine", order=30)
SIZE: Final = 50
"""Rows on a page."""
CELL: Final = "cell:"
"""Begins the name of a form field that holds a cell; its column follows."""


async def _form(request: Request) -> dict[str, str]:
    """The texts of a form whose fields are the columns of a source."""
    return {name: text for name, text in (await request.form()).items() if isinstance(text, str)}


Fields = Annotated[dict[str, str], Depends(_form)]


@router.get("/quarantine")
def quarantine(
    request: Request,
    site: At,
    visitor: Viewer,
    queue: Annotated[str, Query(max_length=20)] = QUARANTINED,
    map: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=100)] = "",
    start: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """The rows of a queue, a page at a time, and how many there are for each reason."""
    found = listed(site, Wanted(queue, map, code), start=start, size=SIZE)
    return page(
        request,
        site,
        visitor,
        "quarantine.html",
        rows=[(row, _state(found.desk, row)) for row in found.desk.rows],
        found=found.found,
        start=start,
        size=SIZE,
        queue=queue,
        queues=found.queues,
        map=map,
        code=code,
        reasons=sorted(found.reasons.items(), key=lambda one: (-one[1], one[0])),
        hidden=veil_of(site, visitor).hides(""),
        run=found.desk.newest.run.id,
    )


def _state(held: Desk, row: BadRow) -> str:
    """What was said of a row and waits for the next run."""
    if waived(held, row) is not None:
        return "waived"
    return "corrected" if any(meant(one, row.source) for one in standing(held.corrections)) else ""


@router.get("/quarantine/{map_name}/{row_id}")
def one_row(request: Request, site: At, visitor: Viewer, map_name: str, row_id: str) -> Response:
    """One row as it came, with everything that is wrong with it, and cells to fix."""
    held = desk(site, (map_name, row_id))
    row = _named(held, map_name, row_id)
    return page(
        request,
        site,
        visitor,
        "quarantine_row.html",
        row=row,
        cells=cells_of(held, row),
        said=[one for one in standing(held.corrections) if meant(one, row.source)],
        seen=max((one.id for one in held.corrections), default=0),
        waived=waived(held, row),
        hidden=veil_of(site, visitor).hides(""),
        prefix=CELL,
        later=behind(site, row, _state),
    )


def _named(held: Desk, map_name: str, row_id: str) -> BadRow:
    found = next((row for row in held.rows if (row.map, row.row_id) == (map_name, row_id)), None)
    if found is None:
        why = "it was repaired, loaded, waived or changed in its source"
        raise UsageError(
            "this row does not wait any more", row_id[:12], why=why, remedy="go back to the list"
        )
    return found


@router.post("/quarantine/{map_name}/{row_id}/fix")
def fix(site: At, visitor: Steward, map_name: str, row_id: str, fields: Fields) -> Response:
    """Record what the cells of a row should say: every run applies it until the source itself changes."""
    held, row = _of(site, visitor, map_name, row_id)
    cells = {name.removeprefix(CELL): text for name, text in fields.items() if name.startswith(CELL)}

    def words(now: Desk, _: sa.Connection) -> Sequence[NewCorrection]:
        return corrected(now, row, cells, seen=_seen(fields), by=visitor.name, why=fields.get("why", ""))

    return _recorded(site, visitor, held, row, words, "row-fix")


@router.post("/quarantine/{map_name}/{row_id}/waive")
def waive(site: At, visitor: Steward, map_name: str, row_id: str, fields: Fields) -> Response:
    """Record that a row shall not be loaded as it is."""
    held, row = _of(site, visitor, map_name, row_id)

    def words(now: Desk, _: sa.Connection) -> Sequence[NewCorrection]:
        return let_go(now, row, seen=_seen(fields), by=visitor.name, why=fields.get("why", ""))

    return _recorded(site, visitor, held, row, words, "row-waive")


@router.post("/quarantine/{map_name}/{row_id}/take-back")
def take_back(site: At, visitor: Steward, map_name: str, row_id: str, fields: Fields) -> Response:
    """Take back a correction or a waiver of a row: from the next run on it is as it came."""
    held, row = _of(site, visitor, map_name, row_id)
    text = fields.get("number", "")
    number = int(text) if text.isdecimal() and len(text) < 10 else 0

    def words(now: Desk, connection: sa.Connection) -> Sequence[NewCorrection]:
        if number not in {one.id for one in standing(now.corrections) if meant(one, row.source)}:
            remedy = "load the page again: it shows what is in force"
            raise UsageError("nothing of this number is in force on the row", str(number), remedy=remedy)
        return taking_back(connection, [number], why="taken back on the page of the row")

    return _recorded(site, visitor, held, row, words, "row-take-back")


def _of(site: Site, visitor: Visitor, map_name: str, row_id: str) -> tuple[Desk, BadRow]:
    if veil_of(site, visitor).hides(""):
        raise ForbiddenError("rows as they came are hidden from your role, so you cannot repair them")
    held = desk(site, (map_name, row_id))
    return held, _named(held, map_name, row_id)


def _seen(fields: dict[str, str]) -> int:
    text = fields.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _recorded(
    site: Site,
    visitor: Visitor,
    held: Desk,
    row: BadRow,
    words: Callable[[Desk, sa.Connection], Sequence[NewCorrection]],
    action: str,
) -> Response:
    """Keep the words, and that they were said; back to the row, which shows them.

    What is to be said follows from what holds in the transaction that says it: of two people who repair a row
    at the same moment the second is told.
    """

    def act(connection: sa.Connection) -> None:
        now = replace(held, corrections=read_corrections(connection))
        said = words(now, connection)
        if said:
            numbers = add(connection, said, by=visitor.name)
            subject, detail = f"{row.map}/{row.row_id}", {"corrections": list(numbers)}
            audited(connection, by=visitor.name, action=action, subject=subject, detail=detail)

    site.appending(act)
    return RedirectResponse(f"/quarantine/{row.map}/{row.row_id}", status_code=303)
