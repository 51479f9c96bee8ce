"""One step of a `transform:` chain as rule files write it: a name alone, or a name with its options."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag, model_validator

from crm_unify.rules.blocks import Strict

MAIN = ""
"""Stands for the name of the first option where a rule file gives its value alone."""


class Step(Strict):
    """A transform with options: `{pad_left: 5}` or `{pad_left: {to: 5, with: "0"}}`."""

    name: str
    """Name of the transform."""
    options: dict[str, Any]
    """As written; a value that stands alone is under :data:`MAIN`."""

    @model_validator(mode="before")
    @classmethod
    def _one_name(cls, value: Any) -> Any:
        if not isinstance(value, dict) or set(value) == {"name", "options"}:
            return value
        if len(value) != 1:
            msg = f"a transform with options is one name with them, found {', '.join(map(str, value))}"
            raise ValueError(msg)
        ((name, given),) = value.items()
        return {"name": name, "options": given if isinstance(given, dict) else {MAIN: given}}

    def __str__(self) -> str:
        """The step in words, for lineage and rule book."""
        said = [f"{name} {_shown(given)}".strip() for name, given in self.options.items()]
        return f"{self.name} ({', '.join(said)})"


def _shown(given: Any) -> str:
    if isinstance(given, list):
        return ", ".join(_shown(one) for one in given)
    return "; ".join(f"{k}: {v}" for k, v in given.items()) if isinstance(given, dict) else f"'{given}'"


def _form(value: Any) -> str:
    return "options" if isinstance(value, dict | Step) else "name"


AnyStep = Annotated[Annotated[str, Tag("name")] | Annotated[Step, Tag("options")], Discriminator(_form)]
"""A step of a chain: the name alone where it has no options, or where none is given."""
