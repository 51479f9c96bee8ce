"""The key that blocks erased persons, out of the environment, and the sources without them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.sources import kept_rows
from crm_unify.schema.target import reachable
from pipelines.erasure.tokens import CHECK, Suppressions, Tokens, read_suppressions

if TYPE_CHECKING:
    from pipelines.landed import Landed

SHORTEST: Final = 16
"""Characters that a key has at least."""


def erasure_tokens(project: LoadedProject, suppressed: Suppressions) -> Tokens:
    """What makes suppression tokens, by the key in the environment.

    Raises UsageError where there is no key, and where it is not the one that the tokens of this CRM were made
    with: without it erased persons would come back unseen.
    """
    name = project.project.erasure.key_variable
    key = os.environ.get(name, "")
    if len(key) < SHORTEST:
        why = f"it has {len(key)} characters, at least {SHORTEST} are needed" if key else "it is not set"
        remedy = f"set {name} to the key that blocks erased persons, and keep it: it cannot be made anew"
        raise UsageError("the key for erased persons is missing", name, why=why, remedy=remedy)
    tokens = Tokens(key.encode())
    known = suppressed.of("key")
    if known and tokens.of("key", CHECK) not in known:
        why = "persons were erased from this CRM under another key"
        remedy = f"set {name} to the key it was; under another one erased persons would come back"
        raise UsageError("the key for erased persons is another one", name, why=why, remedy=remedy)
    return tokens


def standing(engine: sa.Engine) -> Suppressions:
    """What is suppressed in a CRM."""
    with reachable(engine), engine.connect() as connection:
        return read_suppressions(connection)


def without_erased(
    project: LoadedProject, engine: sa.Engine, landed: tuple[Landed, ...]
) -> tuple[Landed, ...]:
    """The landed rows without what the sources say of erased persons, before anything else looks at it.

    Raises UsageError as :func:`erasure_tokens` does; costs nothing where nobody was erased.
    """
    suppressed = standing(engine)
    if suppressed:
        tokens = erasure_tokens(project, suppressed)
        from pipelines.erasure.landing import empty_erased  # what interprets rows, and seldom needed

        kept = {loaded.rules.map for loaded in project.files if kept_rows(loaded.rules.source)}
        return empty_erased(landed, project, tokens=tokens, suppressed=suppressed, kept=kept)
    return landed
