"""What is found in a pack that came back: decisions to record, and what is not taken."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from crm_unify.run.deciding import Draft

BY_PACK: Final = "answered in a review pack"
"""Why, where no note was written."""


class Trouble(StrEnum):
    """Why something in a pack is not taken."""

    NONSENSE = "nonsense"
    FOREIGN = "foreign"
    DAMAGED = "damaged"
    GONE = "gone"
    CHANGED = "changed"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that was not taken."""

    trouble: Trouble
    place: str
    """Cell or row as the spreadsheet shows it."""
    raw: str
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Taken:
    """A decision that is not recorded yet."""

    draft: Draft
    why: str
    place: str
    question: str
    """Its id; empty for a pin, and for what is asked no longer."""


@dataclass(frozen=True, slots=True)
class Returned:
    """Everything a pack says."""

    taken: tuple[Taken, ...]
    problems: tuple[Problem, ...]
    already: int
    """Answers that hold already."""
    empty: int
    """Questions that came back without an answer."""


@dataclass(slots=True)
class Found:
    """The outcome while it is worked out."""

    taken: list[Taken] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    already: int = 0
    empty: int = 0

    def problem(self, trouble: Trouble, place: str, raw: str, sentence: str) -> None:
        """One more thing that is not taken."""
        self.problems.append(Problem(trouble, place, raw[:RAW], sentence))


RAW: Final = 200
"""Characters shown of what stood in a cell."""
