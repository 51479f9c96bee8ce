"""What somebody typed into a form that could not be taken: shown again, so that it is not lost.

The scripts of the pages keep it by themselves (`static/forms.js`); this is for browsers without them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import Request

from crm_unify.steward.web.access import CSRF_FIELD, from_elsewhere, typed_by, visitor_of

UNSEEN: Final = ("seen", "seal", "cascade", "number", "merged", "apart", "seed", "key")
"""Fields that nobody types."""
NEVER: Final = ("/sign-in", "/sign-out")
"""Forms that are not shown again: a password is typed anew."""
ADVICE: Final = {
    401: "Sign in beside, then send it again.",
    409: "It was not recorded. Look at the page as it stands now, and repeat what still holds.",
    503: "Nothing was recorded, for somebody else writes: send it again in a moment.",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was sent."""

    path: str
    csrf: str
    """What it has to say to be taken; empty where nobody is signed in."""
    hidden: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, str, str], ...]
    """Name, label and text."""
    advice: str
    sign_in: bool
    whole: bool
    """Whether it may be sent again as it is: else the page has moved on, and it is there to be copied."""


def typed(request: Request, status: int) -> Typed | None:
    """The form of a request that failed; None where there was none, or where another site has sent it."""
    given = [(name, text) for name, text in typed_by(request) if name != CSRF_FIELD]
    if not given or request.url.path in NEVER or from_elsewhere(request):
        return None
    visitor = visitor_of(request)
    fields = [(name, _label(name), text) for name, text in given if name not in UNSEEN]
    if not fields and status in (409, 422):
        return None
    return Typed(
        path=request.url.path,
        csrf=visitor.csrf if visitor is not None else "",
        hidden=tuple((name, text) for name, text in given if name in UNSEEN),
        fields=tuple(fields),
        advice=ADVICE.get(status, ""),
        sign_in=status == 401,
        whole=status != 409,
    )


def _label(name: str) -> str:
    """A name of a field as people read it; of a cell its column."""
    return name.partition(":")[2] or name.capitalize()
