"""Where answers arrive: for scripts, each told only what is committed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import JSONResponse, Response

from crm_unify.steward.web.access import Steward
from crm_unify.steward.web.acts import LONGEST_WORDS, Action, Given
from crm_unify.steward.web.answering import answered
from crm_unify.steward.web.site import At

router = APIRouter()

Records = Annotated[list[str], Form(default_factory=list, max_length=2_000)]


@router.post("/answers")
def answer(
    site: At,
    visitor: Steward,
    key: Annotated[str, Form(pattern=r"^[0-9a-zA-Z-]{16,64}$")],
    action: Annotated[Action, Form()],
    selected: Records,
    added: Records,
    canvas: Annotated[str, Form(max_length=64)] = "",
    seen: Annotated[int, Form(ge=0)] = 0,
    words: Annotated[str, Form(max_length=LONGEST_WORDS)] = "",
    field: Annotated[str, Form(max_length=64)] = "",
    record: Annotated[str, Form(max_length=1_000)] = "",
    decision: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Record an answer and tell what it did."""
    given = Given(
        key=key,
        action=action,
        canvas=canvas,
        selected=tuple(selected),
        added=tuple(added),
        seen=seen,
        words=words.strip(),
        field=field,
        record=record,
        decision=decision,
    )
    return JSONResponse(answered(site, given, by=visitor.name))
