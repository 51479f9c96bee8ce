"""Errors in words: what happened, why, and what to do; as a page, as a part of one, or for a script."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from crm_unify.errors import CrmUnifyError, GuardStopped, LockHeld, Unreachable, UsageError
from crm_unify.steward.web.access import ForbiddenError, SignInNeededError, StaleError, Visitor
from crm_unify.steward.web.making import NotReady
from crm_unify.steward.web.shape import WAITING, WAITING_PAGE, is_part, page, wants_json
from crm_unify.steward.web.typed import typed

RETRY_SECONDS: Final = 3
"""After which a browser tries again what a busy database refused."""
STATUS: Final[dict[type[CrmUnifyError], int]] = {
    Unreachable: 503,
    LockHeld: 409,
    GuardStopped: 409,
    UsageError: 422,
}
SENT_AGAIN: Final = (401, 409, 422, 503)
"""Answers after which what was typed is shown, to be sent again."""
SIGN_IN: Final = "/sign-in"


def tell_failures(app: FastAPI) -> None:
    """Turn what view functions raise into answers."""
    app.add_exception_handler(CrmUnifyError, _known)
    app.add_exception_handler(NotReady, _not_ready)
    app.add_exception_handler(SignInNeededError, _sign_in)
    app.add_exception_handler(ForbiddenError, _forbidden)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(HTTPException, _http)


def _told(
    request: Request, status: int, what: str, *, why: str = "", remedy: str = "", again: bool = False
) -> Response:
    """The answer in the form that was asked for; with what was typed where it may be sent `again`."""
    said = {"what": what, "why": why, "remedy": remedy}
    if wants_json(request):  # a script that is told so keeps what it sent
        return JSONResponse({"error": said | ({"stale": True} if again else {})}, status_code=status)
    template = "failure_part.html" if is_part(request) else "failure.html"
    form = typed(request, status) if again or status in SENT_AGAIN else None
    return page(request, request.app.state.site, _who(request), template, status=status, typed=form, **said)


def _who(request: Request) -> Visitor:
    """Who asks, as far as that was found out."""
    found = getattr(request.state, "visitor", None)
    return found if isinstance(found, Visitor) else Visitor("", None, "")


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, CrmUnifyError), "that is what it is registered for"
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    what = f"{error.what}: {error.where}" if error.where and status != 503 else error.what
    answer = _told(request, status, what, why=error.why, remedy=error.remedy)
    if status == 503:
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


async def _not_ready(request: Request, error: Exception) -> Response:
    """Whoever looks gets a part that asks again until it is there; scripts and forms are told to come back.

    What asks again stays in its place: a screen reader would read a new one out each time.
    """
    assert isinstance(error, NotReady), "that is what it is registered for"
    if wants_json(request) or request.method != "GET":
        return await _known(request, error)
    template = "waiting_part.html" if is_part(request) else "waiting.html"
    again = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    said = {"what": error.what, "why": error.why, "again": again}
    answer = page(request, request.app.state.site, _who(request), template, status=202, **said)
    if request.headers.get("HX-Trigger") in (WAITING, WAITING_PAGE):
        answer.headers["HX-Reswap"] = "none"
    return answer


async def _sign_in(request: Request, _: Exception) -> Response:
    """A person is led to the sign-in and back; a script is told, and keeps what it wanted to send."""
    if wants_json(request) or is_part(request) or request.method != "GET":
        answer = _told(request, 401, "your session has ended", remedy="sign in again")
        answer.headers["HX-Redirect"] = SIGN_IN
        return answer
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{SIGN_IN}?next={quote(here)}", status_code=303)


async def _forbidden(request: Request, error: Exception) -> Response:
    return _told(
        request, 403, "you may not do this", why=str(error), again=isinstance(error, StaleError)
    )


async def _misread(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError), "that is what it is registered for"
    places = sorted({str(one["loc"][-1]) for one in error.errors()})
    why = f"missing or not as expected: {', '.join(places)}"
    return _told(request, 422, "the request cannot be understood", why=why)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "that is what it is registered for"
    what = "there is no such page" if error.status_code == 404 else str(error.detail)
    return _told(request, error.status_code, what)
