"""Options of transforms: what each may be given, and what a rule file gave it, held against that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import nearest_name
from crm_unify.rules.steps import MAIN

MOST: Final = 10_000
"""Characters that padding or a part number may ask for."""


class StepRefusedError(ValueError):
    """A step that means nothing: `args[0]` says why, `nearest` names what was perhaps meant."""

    def __init__(self, reason: str, nearest: str | None = None) -> None:
        """Say why, and the nearest valid name if there is one."""
        super().__init__(reason)
        self.reason = reason
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a transform."""

    name: str
    """As rule files write it."""
    kind: str = "text"
    """text, any (text, also none), texts, words (text by text), number, pattern, flag, columns, or choices
    joined with |."""
    default: Any = None
    needed: bool = False
    argument: str = ""
    """Argument of the kernel, where `name` is a word of Python."""

    def read(self, given: Any) -> Any:
        """The value as the kernel takes it; raises StepRefusedError."""
        match self.kind:
            case "text":
                return self._text(given)
            case "any":
                return "" if given is None else str(given)
            case "texts" | "columns":
                found = given if isinstance(given, list) else [given]
                return [self._text(one) for one in found]
            case "words":
                return self._words(given)
            case "number":
                return self._number(given)
            case "pattern":
                return self._pattern(given)
            case "flag":
                return self._choice(given, ("true", "false")) == "true"
        return self._choice(given, tuple(self.kind.split("|")))

    def _text(self, given: Any) -> str:
        if not isinstance(given, str | int | float) or given == "":
            raise StepRefusedError(f"'{self.name}' needs text")
        return str(given)

    def _words(self, given: Any) -> dict[str, str]:
        if not isinstance(given, dict) or not given:
            raise StepRefusedError(f"'{self.name}' needs texts with what they become")
        return {str(k): self._text(v) for k, v in given.items()}

    def _number(self, given: Any) -> int:
        try:
            number = int(str(given))
        except ValueError:
            raise StepRefusedError(f"'{self.name}' needs a whole number, found '{given}'") from None
        if number == 0 or not -MOST <= number <= MOST:
            raise StepRefusedError(f"'{self.name}' needs a number from 1 to {MOST:,}, found {number}")
        return number

    def _pattern(self, given: Any) -> str:
        pattern = self._text(given)
        try:
            pc.match_substring_regex(pa.array([""]), pattern)
        except pa.ArrowInvalid as error:
            why = str(error).partition(": ")[2] or str(error)
            raise StepRefusedError(f"'{self.name}' is no regular expression: {why}") from None
        return pattern

    def _choice(self, given: Any, choices: tuple[str, ...]) -> str:
        if str(given) not in choices:
            raise StepRefusedError(f"unknown '{self.name}' '{given}'", nearest_name(str(given), choices))
        return str(given)


def read_options(known: tuple[Option, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """What a step gives its options; those not given have their defaults. Raises StepRefusedError."""
    if not known and given:
        raise StepRefusedError("it takes no options")
    names = {option.name: option for option in known}
    if given and known and known[0].kind == "words" and MAIN not in given and not set(given) <= set(names):
        given = {known[0].name: dict(given)}
    said = {(known[0].name if name == MAIN else name): value for name, value in given.items()}
    for name in said:
        if name not in names:
            raise StepRefusedError(f"it has no option '{name}'", nearest_name(name, names))
    for option in known:
        if option.needed and option.name not in said:
            raise StepRefusedError(f"it needs '{option.name}'")
    return dict(_values(names, said))


def _values(known: Mapping[str, Option], said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, option in known.items():
        yield option.argument or name, option.read(said[name]) if name in said else option.default
