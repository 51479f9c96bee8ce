"""What was approved of a rule, and what it does differently today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import ndiff
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Approved:
    """The last approval of a rule."""

    by: str
    at: str
    """ISO time."""
    where: str | None
    """Where it was agreed."""
    meaning: str
    """What the rule did then, as canonical text."""


class Approvals(Protocol):
    """The approvals of an environment."""

    def approved(self, map_name: str, rule: str) -> Approved | None:
        """The last approval of a rule; None where it never had one."""

    def meaning(self, map_name: str, rule: str) -> str:
        """What the rule does today, as canonical text."""


@dataclass(frozen=True, slots=True)
class NoApprovals:
    """An environment in which nobody has approved anything, or that nobody can be asked."""

    def approved(self, map_name: str, rule: str) -> Approved | None:
        """None, whatever the rule."""
        return None

    def meaning(self, map_name: str, rule: str) -> str:
        """Nothing to compare with."""
        return ""


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """One line of a difference."""

    mark: str
    """`+` is new today, `-` was so when it was approved."""
    text: str
    where: str = ""
    """The blocks around it, from the outside in, as far as the layout tells."""


def difference(before: str, today: str) -> tuple[DifferenceLine, ...]:
    """Lines that were taken out and put in since the approval; none where the rule means the same."""
    return tuple(_changed(before.splitlines(), today.splitlines()))


def _changed(before: list[str], today: list[str]) -> Iterator[DifferenceLine]:
    texts = {"-": before, "+": today}
    at = {"-": 0, "+": 0}
    for line in ndiff(before, today):
        mark = line[:1]
        if mark in texts:
            bare = line[2:].strip().rstrip(",")
            yield DifferenceLine(mark, bare, _around(texts[mark], at[mark]))
        for one in texts:
            at[one] += mark in (" ", one)


def _around(lines: list[str], at: int) -> str:
    """Keys of the lines above that are indented less and less."""
    found: list[str] = []
    depth = _depth(lines[at])
    for line in reversed(lines[:at]):
        if line.strip() and _depth(line) < depth:
            depth = _depth(line)
            key = line.strip(' ,\t:{["')
            found += [key] if key else []
    return " / ".join(reversed(found))


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
