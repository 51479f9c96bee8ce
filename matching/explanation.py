"""What an explanation says: the parts of a match weight, in words and in millibits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from matching.explain_blocking import RuleReason
from matching.scoring import MILLI

CLASS_WORDS: Final = {
    "person": {
        "same": "the same person",
        "household": "two persons of one household",
        "site": "two persons at one place, colleagues or neighbours",
        "namesake": "two persons of one name",
        "unrelated": "two persons who have nothing to do with each other",
    },
    "organisation": {
        "same": "the same organisation",
        "household": "two branches of one organisation",
        "site": "two organisations at one place",
        "namesake": "two organisations of one name",
        "unrelated": "two organisations that have nothing to do with each other",
    },
}
"""The latent classes in words, by kind."""


@dataclass(frozen=True, slots=True)
class FieldReason:
    """What one field says about a pair."""

    comparison: str
    """Name of the comparison."""
    level: int
    """Level of agreement, from 0 (disagreement) up; -1 where a side lacks the field."""
    top: int
    """The highest level of the comparison: full agreement."""
    sentence: str
    """The level in words, with both values."""
    millibits: int
    """For the same customer against the likeliest other class; above 0 speaks for it."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What two records contradict each other in: a person is asked, whatever else they share."""

    fields: tuple[str, ...]
    """Names of the comparisons that contradict, in the order of the policy."""
    sentence: str
    """What they differ in, and what follows from it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of the waterfall."""

    name: str
    """``prior``, the name of a comparison, ``names`` or ``others``."""
    sentence: str
    """What it stands for."""
    millibits: int
    """Its height; above 0 speaks for one customer."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why two records are, or are not, one customer. The bits of all parts add up to the match weight."""

    left: str
    right: str
    """Record ids, the lesser first."""
    kind: str
    millibits: int
    """The match weight."""
    probability: float
    """Of the same customer, 0 to 1."""
    likeliest: str
    """same, household or unrelated."""
    likeliest_words: str
    """The likeliest latent class in words."""
    rival: str
    """The likeliest class besides the same customer; the bits of the fields are against it."""
    rival_words: str
    """That class in words."""
    prior: int
    """Millibits before any field has spoken: how much rarer one customer is than the rival class."""
    fields: tuple[FieldReason, ...]
    """In the order of the policy."""
    names: int
    """Millibits taken off because namesakes are commoner than their name: a name alone does not decide."""
    others: int
    """Millibits for the other ways of not being the same; 0 or less."""
    contradiction: Contradiction | None
    """What the records contradict each other in, if they do."""
    band: str
    """merge, review or apart, by the weight of the pair alone; a contradiction lowers merge to review."""
    merge: int
    review: int
    """The lines of the model, in millibits: from where on pairs are merged, and a person is asked."""
    rules: tuple[str, ...]
    """The blocking rules that propose the pair; none: it is compared only inside a component."""
    silent: tuple[RuleReason, ...]
    """Every other rule, and why it does not propose the pair; those that come nearest first."""

    @property
    def correction(self) -> int:
        """Millibits that no single field is the cause of."""
        return self.names + self.others

    @property
    def steps(self) -> tuple[Step, ...]:
        """The waterfall, first to last; what bounds the weight stands there only where it does."""
        first = [Step("prior", f"before any field has spoken, against: {self.rival_words}", self.prior)]
        first += [Step(f.comparison, f.sentence, f.millibits) for f in self.fields if f.level >= 0]
        last = [
            Step("names", NAME_BOUND, self.names),
            Step("others", "the other ways of not being the same", self.others),
        ]
        return (*first, *(step for step in last if step.millibits))

    def __str__(self) -> str:
        """The explanation for people, a line a reason."""
        odds = f"{self.millibits / MILLI:+.1f} bits, probability {self.probability:.3f}"
        lines = [f"{self.left} and {self.right}: {self.band} ({odds}; {self.likeliest_words})"]
        lines += [f"{step.millibits / MILLI:+8.1f}  {step.sentence}" for step in self.steps]
        if self.contradiction is not None:
            lines.append(f"          {self.contradiction.sentence}")
        lines.append(
            f"proposed by: {', '.join(self.rules)}" if self.rules else "no blocking rule proposes this pair"
        )
        return "\n".join(lines)


NAME_BOUND: Final = "namesakes: how far a name by itself may go in so small a file"
"""What bounds the evidence of a name, in words."""
