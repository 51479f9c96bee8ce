"""Who may call what: every view function says the least role it asks for, and none is open by mistake.

A view function takes `visitor: Viewer`, `Steward`, `Admin` or (sign-in alone) `Anybody`. The application
refuses to start with a route that takes none.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.datastructures import FormData

from crm_unify.errors import UsageError
from crm_unify.schema.stewards import ROLES
from crm_unify.steward.web.sessions import csrf_of, new_token, seen, session_of
from crm_unify.steward.web.site import At, Site

CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "X-CSRF-Token"
SAFE: Final = ("GET", "HEAD", "OPTIONS")


class SignInNeededError(Exception):
    """Nobody is signed in, or their session has ended."""


class ForbiddenError(Exception):
    """Somebody is signed in and may not do this; the text says why."""


class StaleError(ForbiddenError):
    """The form is of another session of the same browser."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks."""

    name: str
    """Empty: nobody is signed in."""
    role: str | None
    token: str
    """Of the session; before sign-in a random one of the browser's."""

    @property
    def csrf(self) -> str:
        """What forms of this visitor have to say."""
        return csrf_of(self.token)

    def may(self, role: str) -> bool:
        """Whether this role is theirs, or a lesser one."""
        return self.role is not None and ROLES.index(self.role) >= ROLES.index(role)


def session_cookie(site: Site) -> str:
    """Name of the cookie; the prefix has browsers refuse one that another host or plain HTTP has set."""
    return "__Host-crm-unify" if site.secure else "crm-unify"


async def _csrf_given(request: Request) -> str:
    """What the form or the script says to come from a page of ours.

    Every route asks for it, so here alone U+0000 is refused: PostgreSQL takes it in no text.
    """
    form = FormData() if request.method in SAFE else await request.form()
    request.state.typed = [(name, text) for name, text in form.multi_items() if isinstance(text, str)]
    texts = [*request.path_params.values(), *request.query_params.values(), *form.values()]
    if any(isinstance(text, str) and "\0" in text for text in texts):
        raise UsageError("what was sent holds the sign U+0000", remedy="leave it out: no text of ours has it")
    if request.method in SAFE:
        return ""
    if CSRF_HEADER in request.headers:
        return request.headers[CSRF_HEADER]
    given = form.get(CSRF_FIELD, "")
    return given if isinstance(given, str) else ""


class Needs:
    """Lets in whoever has at least this role, and refuses requests that another site has forged."""

    def __init__(self, role: str | None) -> None:
        """`role` is the least one; None: whoever comes."""
        self.role = role

    def __call__(self, request: Request, site: At, csrf: Annotated[str, Depends(_csrf_given)]) -> Visitor:
        """The visitor. Raises SignInNeededError or ForbiddenError."""
        visitor = request.state.visitor = _visitor(request, site)  # an error page keeps their way round
        if self.role is not None and visitor.role is None:
            raise SignInNeededError
        if request.method not in SAFE:
            _refuse_forged(request, visitor, csrf)
        if self.role is not None and not visitor.may(self.role):
            raise ForbiddenError(f"this is for those with the role {self.role}; yours is {visitor.role}")
        return visitor


def _visitor(request: Request, site: Site) -> Visitor:
    token = request.cookies.get(session_cookie(site), "")
    now = site.clock()
    if token:
        with site.reading() as connection:
            session = session_of(connection, token, now)
        if session is not None:
            seen(site.engine, session, now)
            return Visitor(session.user.name, session.user.role, token)
    return Visitor("", None, request.cookies.get(BEFORE, "") or new_token())


BEFORE: Final = "crm-unify-before"
"""Cookie of a browser in which nobody is signed in: it ties the sign-in form to this browser."""


def _refuse_forged(request: Request, visitor: Visitor, csrf: str) -> None:
    if from_elsewhere(request):
        raise ForbiddenError("the request comes from another site")
    if not hmac.compare_digest(csrf.encode(), visitor.csrf.encode()):
        raise StaleError("the form is out of date: send it again, or load the page again and repeat it")


def from_elsewhere(request: Request) -> bool:
    """Whether a page of another site has made the request, as the browser says."""
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


def typed_by(request: Request) -> list[tuple[str, str]]:
    """Names and texts of the form that was sent; none before it was read."""
    return list(getattr(request.state, "typed", ()))


def visitor_of(request: Request) -> Visitor | None:
    """Who asks, as far as it was found out; None where nobody is signed in."""
    found = getattr(request.state, "visitor", None)
    return found if isinstance(found, Visitor) and found.role is not None else None


Anybody = Annotated[Visitor, Depends(Needs(None))]
Viewer = Annotated[Visitor, Depends(Needs("viewer"))]
Steward = Annotated[Visitor, Depends(Needs("steward"))]
Admin = Annotated[Visitor, Depends(Needs("admin"))]


def least_role(route: APIRoute) -> Needs | None:
    """What a route asks of its visitors; None where it forgot to ask."""
    asked = [one.call for one in route.dependant.dependencies if isinstance(one.call, Needs)]
    return asked[0] if asked else None
