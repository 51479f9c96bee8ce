"""Why: the evidence about a cluster, what holds it together, and what would have to change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crm_unify.steward.explain_drawing import Waterfall, waterfall
from crm_unify.steward.explain_text import BANDS
from crm_unify.steward.report.drawing import signed
from crm_unify.steward.web.canvas import Subject
from matching.explain import Explainer
from matching.explain_cluster import Held, Tie, held_together, ties_between
from matching.explanation import Explanation

TIES: Final = 8
"""Pairs that are listed, the strongest first."""
MOST: Final = 120
"""Records of a side of which every pair is weighed; of larger sides the first."""


@dataclass(frozen=True, slots=True)
class Why:
    """The evidence."""

    title: str
    pair: Explanation | None
    picture: Waterfall | None
    band: str
    """What comes of the pair by evidence alone, in words."""
    lacking: str
    """What would have to change, in words."""
    relation: str
    """What the two most likely are, in words."""
    ties: tuple[Tie, ...]
    """Pairs between the sides, the strongest first."""
    held: tuple[Held, ...]
    """What holds each customer together, those of two records or more."""


def why_of(explainer: Explainer, found: Subject) -> Why:
    """The pair that leads a question, or the weakest link of a customer, and what is beside it."""
    sides = [side[:MOST] for side in _known(explainer, found.sides)]
    held = tuple(held_together(explainer, side) for side in sides if len(side) > 1)
    ties: tuple[Tie, ...] = ()
    pair, title = None, "One record: there is nothing to compare"
    if len(sides) > 1:
        ties = ties_between(explainer, sides[0], [record for side in sides[1:] for record in side])
        leading = (ties[0].left, ties[0].right) if found.question is None else found.question.leading
        pair, title = explainer.pair(*leading, silent_rules=False), "The pair that has most in common"
    elif held and held[0].weakest is not None:
        weakest = held[0].weakest
        pair, title = explainer.pair(weakest.left, weakest.right, silent_rules=False), "Its weakest link"
    if pair is None:
        return Why(title, None, None, "", "", "", (), held)
    relation = f"most likely {pair.likeliest_words}"
    return Why(title, pair, waterfall(pair), BANDS[pair.band], _lacking(pair), relation, ties[:TIES], held)


def _known(explainer: Explainer, sides: Sequence[Sequence[str]]) -> list[list[str]]:
    """The records the explainer has: those that came with a later run are left out."""
    found = []
    for side in sides:
        mine = []
        for record in side[:MOST]:
            try:
                explainer.place(record)
            except KeyError:
                continue
            mine.append(record)
        if mine:
            found.append(mine)
    return found


def _lacking(pair: Explanation) -> str:
    """How far the weight is from the line it would have to cross."""
    if pair.contradiction is not None:
        return pair.contradiction.sentence
    against = min(pair.fields, key=lambda field: field.millibits, default=None)
    if pair.millibits >= pair.merge:
        spare = signed((pair.millibits - pair.merge) / 1000).lstrip("+")
        return f"it is {spare} bits above the line from which evidence alone merges"
    short = signed((pair.merge - pair.millibits) / 1000).lstrip("+")
    least = ""
    if against is not None and against.millibits < 0:
        least = f"; most speaks against it in {against.comparison.replace('_', ' ')}"
    return f"{short} bits more would merge it by evidence alone{least}"
