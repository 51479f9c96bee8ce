"""Business rules that wait for an answer, and those that have one; answers go into the rule files."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Final

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from crm_unify.rules.load import load_project
from crm_unify.rules.loaded import LoadedProject
from crm_unify.rules.model import BusinessRule
from crm_unify.steward.book.answered_page import answered, rule_of, seal
from crm_unify.steward.book.answers import apply
from crm_unify.steward.book.workbook import STATUSES
from crm_unify.steward.newest import newest_run
from crm_unify.steward.report.leavings import leavings
from crm_unify.steward.report.questions import SETTLED, URGENT, questions
from crm_unify.steward.web.access import Steward, Viewer
from crm_unify.steward.web.audit import audited
from crm_unify.steward.web.shape import Place, page
from crm_unify.steward.web.site import At, Site

router = APIRouter()
PLACE = Place("Rules", "/rules", order=40)
LOCK: Final = Lock()
"""One answer at a time: each is held against the file as it is."""


@dataclass(frozen=True, slots=True)
class Line:
    """A rule in the list."""

    map: str
    rule: str
    about: BusinessRule
    rows: int | None
    """Rows that it decided in the newest run, of open rules."""


def project_now(site: Site) -> LoadedProject:
    """The project as its files say now: answers change them while the server runs."""
    return load_project(site.project.path, environment=site.project.environment)


@router.get("/rules")
def rules(
    request: Request, site: At, visitor: Viewer, show: Annotated[str, Query(max_length=20)] = "open"
) -> Response:
    """The rules, open ones first: disputed, then those that decide most rows."""
    project = project_now(site)
    newest = newest_run(project)
    with site.reading() as connection:
        found = questions(leavings(project, newest, connection))
    waiting = {(one.map, one.rule): one.rows for one in found}
    every = [
        Line(loaded.rules.map, name, about, waiting.get((loaded.rules.map, name)))
        for loaded in project.files
        for name, about in loaded.rules.rules.items()
        if show == "all" or about.status not in SETTLED
    ]
    every.sort(key=_rank)
    return page(request, site, visitor, "rules.html", lines=every, show=show, waiting=len(waiting))


def _rank(line: Line) -> tuple[int, int, str, str]:
    status = line.about.status
    urgent = URGENT.index(status) if status in URGENT else len(URGENT)
    return urgent, -(line.rows or 0), line.map, line.rule


@router.get("/rules/{map_name}/{rule}")
def one_rule(request: Request, site: At, visitor: Viewer, map_name: str, rule: str) -> Response:
    """One rule with what is known of it, and a form to answer."""
    loaded, about = rule_of(project_now(site), map_name, rule)
    return page(
        request,
        site,
        visitor,
        "rule.html",
        map=map_name,
        rule=rule,
        about=about,
        owner=loaded.rules.owner,
        seen=seal(loaded),
        statuses=STATUSES,
        file=loaded.path.name,
    )


def _said(
    status: Annotated[str, Form(max_length=20)],
    owner: Annotated[str, Form()] = "",
    on: Annotated[str, Form(max_length=20)] = "",
    where: Annotated[str, Form()] = "",
    evidence: Annotated[str, Form()] = "",
) -> dict[str, str]:
    """The answer by the names that the workbook has for its columns."""
    return {"owner": owner, "status": status, "decided on": on, "decided where": where, "evidence": evidence}


Said = Annotated[dict[str, str], Depends(_said)]
Seen = Annotated[str, Form(max_length=128)]


@router.post("/rules/{map_name}/{rule}")
def answer(site: At, visitor: Steward, map_name: str, rule: str, said: Said, seen: Seen) -> Response:
    """Put an answer into the rule file, as `docs import` does; the next run works by it."""

    def act(connection: sa.Connection) -> None:
        subject, detail = f"{map_name}.{rule}", {"status": said["status"]}
        audited(connection, by=visitor.name, action="rule-answer", subject=subject, detail=detail)
        apply(changes)  # the same whole files again, should it be done again

    with LOCK:
        changes = answered(project_now(site), map_name, rule, said, seen=seen)
        if changes:  # where the database does not answer no file is touched
            site.appending(act)
    return RedirectResponse("/rules", status_code=303)
