"""Where answers arrive: for scripts, each told only what is committed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import JSONResponse, Response

from crm_unify.errors import UsageError
from crm_unify.steward.web.access import Steward
from crm_unify.steward.web.acts import LONGEST_WORDS, Action, Given
from crm_unify.steward.web.answering import answered
from crm_unify.steward.web.selection import MOST, Selection, listed
from crm_unify.steward.web.site import At
from crm_unify.steward.web.veil import veil_of

router = APIRouter()

Records = Annotated[list[str], Form(default_factory=list, max_length=MOST)]


@router.post("/answers")
def answer(
    site: At,
    visitor: Steward,
    key: Annotated[str, Form(pattern=r"^[0-9a-zA-Z-]{16,64}$")],
    action: Annotated[Action, Form()],
    selected: Records,
    added: Records,
    selection: Selection = "[]",
    canvas: Annotated[str, Form(max_length=64)] = "",
    seen: Annotated[int, Form(ge=0)] = 0,
    words: Annotated[str, Form(max_length=2 * LONGEST_WORDS)] = "",
    field: Annotated[str, Form(max_length=64)] = "",
    record: Annotated[str, Form(max_length=1_000)] = "",
    decision: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Record an answer and tell what it did; the selected records come as one `selection`, or one by one."""
    given = Given(
        key=key,
        action=action,
        canvas=canvas,
        selected=tuple(dict.fromkeys([*selected, *listed(selection)])),
        added=tuple(added),
        seen=seen,
        words=_words(words),
        field=field,
        record=record,
        decision=decision,
    )
    return JSONResponse(answered(site, given, by=visitor.name, veil=veil_of(site, visitor)))


def _words(text: str) -> str:
    """Words with the line ends of one kind: browsers send two characters for each, and count one."""
    said = text.replace("\r\n", "\n").strip()
    if len(said) > LONGEST_WORDS:
        why = f"{len(said):,} characters; {LONGEST_WORDS:,} are taken"
        raise UsageError("this is too long for a note or a reason", why=why, remedy="shorten it")
    return said
