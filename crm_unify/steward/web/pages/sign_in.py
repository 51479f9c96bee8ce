"""Signing in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from crm_unify.steward.web.access import BEFORE, Anybody, Viewer, session_cookie
from crm_unify.steward.web.accounts import LONGEST, LONGEST_NAME, User, checked, renew, renewal, users
from crm_unify.steward.web.audit import audited
from crm_unify.steward.web.sessions import begin, end
from crm_unify.steward.web.shape import page
from crm_unify.steward.web.site import At, Site

router = APIRouter()

HOME: Final = "/"
WRONG: Final = "name or password is wrong"


@router.get("/sign-in")
def form(request: Request, site: At, visitor: Anybody, next: str = HOME) -> Response:
    """The form; `next` is where to go afterwards."""
    answer = page(request, site, visitor, "sign_in.html", next=within(next), wrong="", name="")
    _remember(answer, site, BEFORE, visitor.token)
    return answer


@router.post("/sign-in")
def sign_in(
    request: Request,
    site: At,
    visitor: Anybody,
    name: Annotated[str, Form(max_length=LONGEST_NAME)] = "",
    password: Annotated[str, Form(max_length=LONGEST)] = "",
    next: Annotated[str, Form(max_length=2_000)] = HOME,
) -> Response:
    """Begin a session under a new token, or say that it was wrong, and after some times to wait."""
    address, who = request.client.host if request.client else "", name.strip().casefold()
    wait = site.attempts.tried(who, address, site.clock())
    if wait:
        if site.attempts.refused_first(who, address):
            _kept(site, who, address, "sign-in-refused")
        wrong = f"too many failures: wait {max(1, round(wait.total_seconds() / 60))} min and try again"
        return page(
            request, site, visitor, "sign_in.html", status=429, next=within(next), wrong=wrong, name=name
        )
    with site.reading() as connection:
        user = checked(connection, name, password)
        renewed = None if user is None else renewal(connection, user, password)
    if user is None:
        _kept(site, who, address, "sign-in-failed")
        return page(
            request, site, visitor, "sign_in.html", status=401, next=within(next), wrong=WRONG, name=name
        )
    site.attempts.succeeded(who, address)
    token = site.appending(
        lambda c: _begun(c, user, site.clock(), former=visitor.token, address=address, renewed=renewed)
    )
    answer = RedirectResponse(within(next), status_code=303)
    _remember(answer, site, session_cookie(site), token)
    answer.delete_cookie(BEFORE)
    return answer


def _begun(
    connection: sa.Connection, user: User, now: datetime, *, former: str, address: str, renewed: str | None
) -> str:
    """A session under a new token, and that it began; with it a `renewed` hash of the password is kept."""
    if renewed is not None:
        renew(connection, user, renewed)
    token = begin(connection, user, now, former=former)
    audited(connection, by=user.name, action="sign-in", subject=user.name, detail={"address": address})
    return token


def _kept(site: Site, who: str, address: str, action: str) -> None:
    """Keep it; of a name nobody has nothing is kept, for it may be a password typed into the wrong field."""

    def act(connection: sa.Connection) -> None:
        subject = who if who in {user.id for user in users(connection)} else "nobody"
        audited(connection, by=subject, action=action, subject=subject, detail={"address": address})

    site.appending(act)


@router.post("/sign-out")
def sign_out(site: At, visitor: Viewer) -> Response:
    """End the session."""

    def act(connection: sa.Connection) -> None:
        end(connection, visitor.token)
        audited(connection, by=visitor.name, action="sign-out", subject=visitor.name)

    site.appending(act)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(session_cookie(site), secure=site.secure, httponly=True, samesite="strict")
    return answer


def within(path: str) -> str:
    """A path of this application; anything that leads elsewhere is the first page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if plain and "\\" not in path else HOME


def _remember(answer: Response, site: Site, name: str, token: str) -> None:
    answer.set_cookie(name, token, httponly=True, samesite="strict", secure=site.secure, path="/")
