"""Records that a person has selected, as the browser sends them: one JSON list, however many they are."""

from __future__ import annotations

import json
from typing import Annotated, Final

from fastapi import Form

from crm_unify.errors import UsageError

MOST: Final = 2_000
"""Records of a selection."""
LONGEST: Final = 500 * MOST
"""Characters of a selection as JSON: an id may have 700, few have 100; a field ends at a megabyte."""
Selection = Annotated[str, Form(max_length=LONGEST)]
"""The field of a form; of single fields a form has a thousand at most, and an address ends long before."""


def listed(text: str) -> list[str]:
    """Record ids out of JSON. Raises UsageError for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or len(found) > MOST or not all(isinstance(one, str) for one in found):
        why = f"it is a JSON list of at most {MOST:,} record ids"
        raise UsageError("the selection cannot be read", why=why, remedy="load the page again")
    return found
