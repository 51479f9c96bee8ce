"""What every block of a rule file or project file has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""System, map and ``as`` names: they become part of record ids."""
Scalar = str | int | float | bool
"""A value as YAML has it."""


class Strict(BaseModel):
    """Base of every block: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, use_attribute_docstrings=True
    )
