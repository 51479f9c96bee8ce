"""What a rule file says of business rules and of the lists of codes that they speak about."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag

from crm_unify.rules.blocks import Strict

RuleStatus = Literal["draft", "proposed", "disputed", "approved", "retired"]


class Decided(Strict):
    """When and where a business rule was agreed."""

    on: date
    """Day."""
    where: str
    """Meeting, mail, minutes."""


class BusinessRule(Strict):
    """One rule of the organisation, in the words of the people who own it."""

    what: str
    """The rule, in one sentence."""
    why: str | None = None
    """The reason."""
    owner: str | None = None
    """Who decides about it."""
    status: RuleStatus = "proposed"
    """How far it is agreed; open ones are listed as questions."""
    decided: Decided | None = None
    """When and where it was agreed."""
    evidence: str | None = None
    """What was counted or seen in the data."""


class UnmappedDefault(Strict):
    """Codes the table lacks become this value."""

    default: str
    """The value."""


def _unmapped_form(value: Any) -> str:
    return "default" if isinstance(value, dict | UnmappedDefault) else "word"


Unmapped = Annotated[
    Annotated[Literal["withhold", "quarantine", "pass", "fail"], Tag("word")]
    | Annotated[UnmappedDefault, Tag("default")],
    Discriminator(_unmapped_form),
]


class CodeTable(Strict):
    """A CSV ``source_value,target_value,label,rows`` beside the rule file; codes in this letter case."""

    file: Path
    """CSV beside the rule file."""
    unmapped: Unmapped = "withhold"
    """What becomes of a code that the table lacks: a word, or `{default: VALUE}`."""
    case: Literal["exact", "ignore"] = "exact"
    """Whether letter case counts."""
