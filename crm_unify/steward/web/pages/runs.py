"""The runs: what each read and wrote, one that goes, and taking one back with its plan shown first."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from crm_unify.errors import UsageError
from crm_unify.progress import Silent
from crm_unify.run.history import PastRun, history
from crm_unify.run.place import workspace_of
from crm_unify.run.telling import file_of
from crm_unify.run.undo import Step, Way, later_than, plan_undo, undo
from crm_unify.schema.bookkeeping import mig_run
from crm_unify.steward.web.access import Admin, Viewer
from crm_unify.steward.web.audit import audited
from crm_unify.steward.web.going import Going, begin, refuse_second, under_way
from crm_unify.steward.web.shape import Place, page
from crm_unify.steward.web.site import At, Site
from crm_unify.steward.web.veil import veil_of

router = APIRouter()
PLACE = Place("Runs", "/runs", order=50)
SHOWN = 100
"""Runs in the list, the newest ones."""
TOLD = ("what", "where", "why", "remedy")
TOLD_TO_ALL = ("what", "remedy")
"""Parts of an error that quote no value of a row."""
STAGE: Final = re.compile(r"[\w ,()/-]+: (?:[\d,]+ of [\d,]+|(?:[\d,]+ )?done|begun|failed after [\d,]+)")
"""A line that tells how far a stage is; all other lines may quote values of rows."""
HEADS = ("extracted", "mapped", "held", "quarantined", "discarded", "withheld_values")


@router.get("/runs")
def runs(request: Request, site: At, visitor: Viewer) -> Response:
    """Every run, the newest first, and the one that goes."""
    with site.reading() as connection:
        every = history(connection)
    now = under_way(site.engine, _told_in(site))
    shown = list(reversed(every))[:SHOWN]
    return page(
        request, site, visitor, "runs.html", runs=shown, going=now, held=any(bool(one.holds) for one in every)
    )


@router.post("/runs")
def start(site: At, visitor: Admin) -> Response:
    """Begin a run of the project; the page of the runs shows how it goes."""
    under_way(site.engine, _told_in(site))
    refuse_second(site.engine)
    site.appending(lambda connection: audited(connection, by=visitor.name, action="run-begin", subject="run"))
    begin(site.engine, site.project.path, site.project.environment, by=visitor.name)
    return RedirectResponse("/runs", status_code=303)


@router.get("/runs/going")
async def live(
    site: At, visitor: Viewer, request: Request, seen: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """What the run says that goes, as server-sent events; a browser that comes back says what it has seen."""
    last = request.headers.get("last-event-id", "")
    seen = int(last) if last.isdecimal() and len(last) < 10 else seen
    every = visitor.may("steward") and not veil_of(site, visitor).hides("")
    events = _events(under_way(site.engine, _told_in(site)), seen, every=every)
    return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _told_in(site: Site) -> Path:
    """The file in which runs of the project into this target tell how far they are."""
    return file_of(workspace_of(site.project).path, site.engine.url)


async def _events(now: Going | None, seen: int, *, every: bool) -> AsyncIterator[str]:
    """Lines and the end; but for those who see `every` line, those alone that tell how far it is."""
    if now is None:
        yield "event: over\ndata: {}\n\n"
        return
    async for number, line in now.watch(seen):
        if line is None:
            yield ": waiting\n\n"
        elif every or STAGE.fullmatch(line):
            yield f"id: {number}\ndata: {json.dumps(line)}\n\n"
    told = _over(now, TOLD if every else TOLD_TO_ALL)
    yield f"event: over\ndata: {json.dumps(told)}\n\n"


def _over(now: Going, told: Sequence[str]) -> dict[str, Any]:
    """How it ended, in words; `told` are the parts of an error that are."""
    if now.code == 0:
        return {"code": 0, "run": now.answer.get("run"), "said": f"run {now.answer.get('run')} is done"}
    error = now.answer.get("error", {})
    said = "; ".join(str(error[part]) for part in told if error.get(part))
    return {"code": now.code, "run": None, "said": said or f"the run ended with exit code {now.code}"}


@router.get("/runs/{number}")
def one_run(request: Request, site: At, visitor: Viewer, number: int) -> Response:
    """One run: its account of rows, what it wrote, what it said."""
    with site.reading() as connection:
        past = _named(connection, number)
        account, summary = _told(connection, number)
    lines = [(name, [counts.get(head, 0) for head in HEADS]) for name, counts in sorted(account.items())]
    total = [sum(counts[at] for _, counts in lines) for at in range(len(HEADS))]
    return page(
        request,
        site,
        visitor,
        "run.html",
        run=past,
        lines=lines,
        total=total,
        heads=HEADS,
        customers=summary.get("customers"),
        drift=summary.get("drift", ()),
        sums=summary.get("sums", ()),
        asked=summary.get("bands", {}).get("review", 0),
        undoable=past.stands and past.images,
    )


@router.get("/runs/{number}/undo")
def undo_plan(request: Request, site: At, visitor: Admin, number: int, cascade: bool = False) -> Response:
    """What taking a run back would do; nothing is written. Where runs stand on it they are named first."""
    with site.reading() as connection:
        past, every = _named(connection, number), history(connection)
    later = [] if past.undoes is not None else later_than(past, every)
    if later and past.stands and not cascade:
        return page(request, site, visitor, "undo.html", run=past, later=later, way=None)
    way = plan_undo(site.project, str(number), cascade=cascade)
    return page(
        request, site, visitor, "undo.html", run=past, way=way, counts=_counts(way.first), cascade=cascade,
        seal=way.seal, going=under_way(site.engine, _told_in(site)),
    )  # fmt: skip


@router.post("/runs/{number}/undo")
def take_back(
    site: At,
    visitor: Admin,
    number: int,
    seal: Annotated[str, Form(max_length=200)],
    cascade: Annotated[bool, Form()] = False,
) -> Response:
    """Take a run back as its plan was shown; refused where it would do something else by now."""
    begun = list[int]()

    def told(action: str) -> None:
        """Let it stand in the audit."""
        detail = {"runs": begun}
        site.appending(
            lambda c: audited(c, by=visitor.name, action=action, subject=str(number), detail=detail)
        )

    def agreed(way: Way) -> bool:
        """Whether it is what was shown; if so it stands in the audit before anything is done."""
        if way.seal != seal:
            return False
        begun.extend([way.first.undone.id, *(run.id for run in way.then)])
        told("run-undo")
        return True

    try:
        undo(site.project, str(number), by=visitor.name, cascade=cascade, progress=Silent(), agreed=agreed)
    except Exception:
        if begun:
            told("run-undo-failed")
        raise
    return RedirectResponse("/runs", status_code=303)


def _counts(step: Step) -> list[tuple[str, int, int, int]]:
    return [
        (table, len(one.creates), len(one.updates), len(one.deletes))
        for table, one in step.way.reversed.items()
    ]


def _named(connection: sa.Connection, number: int) -> PastRun:
    found = next((one for one in history(connection) if one.id == number), None)
    if found is None:
        raise UsageError(
            "there is no run of this number", str(number), remedy="the list of runs shows those there are"
        )
    return found


def _told(connection: sa.Connection, number: int) -> tuple[dict[str, dict[str, int]], dict[str, Any]]:
    query = sa.select(mig_run.c.account, mig_run.c.summary).where(mig_run.c.id == number)
    row = connection.execute(query).one()
    return json.loads(row.account or "{}"), json.loads(row.summary or "{}")
