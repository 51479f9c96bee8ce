"""What a rule file is held to: checks of mapped values, control sums, examples."""

# ruff: noqa: RUF012 - pydantic copies the default for every model
from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from crm_unify.rules.blocks import Scalar, Strict


class Check(Strict):
    """A condition on mapped values of one kind."""

    id: str
    """Its name in reports."""
    on: str
    """Kind whose values it looks at."""
    expr: str
    """SQL condition over the fields of the kind."""
    severity: Literal["warn", "withhold", "quarantine", "stop"] = "warn"
    """What becomes of a value or row for which it does not hold."""


class Reconcile(Strict):
    """A control sum: what the source adds up to must arrive, be quarantined or be discarded."""

    name: str
    """Its name in reports."""
    source: str
    """Aggregate over the source rows; ``money(COL)`` reads a column as minor units."""
    target: str
    """``sum(kind.field)`` over what was mapped."""
    tolerance: int = 0
    """In the unit of the sum (minor units for money)."""


class Example(Strict):
    """A specification by example: rows in, records out; columns absent from ``given`` are NULL."""

    name: str
    """What it shows, in words."""
    shows: list[str] = []
    """Rules that it is about although they decide no row."""
    given: Annotated[list[dict[str, Scalar | None]], Field(min_length=1)]
    """The rows, by column; what is left out is empty."""
    beside: dict[str, list[dict[str, Scalar | None]]] = {}
    """Rows of other maps that these rows look up, by map; nothing is missing of a map that is not named."""
    expect: dict[str, list[dict[str, Scalar | None]]]
    """Records by kind: fields that must have these values, and exactly so many rows; also `rejection` and
    `fate`."""
