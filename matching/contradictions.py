"""Contradictions: what two records of one customer do not differ in, however much else they share.

A mailbox, a number and an address are shared by just those who differ in this: twins, couples, father and son
of one name. No sum of such agreements may merge them; a person is asked.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from matching.cells import levels
from matching.columns import Flags
from matching.model import KindModel
from matching.policy import COMPARISONS

CONTRADICTIONS: Mapping[str, tuple[Mapping[str, tuple[int, ...]], ...]] = {
    "person": (
        {"given": (0,)},
        {"birth_date": (0,)},
        {"suffix": (0,)},
        {"gender": (0,), "given": (-1, 2)},
        {
            "family": (0,),
            "employer": (1,),
            "birth_date": (-1, 0, 1),
            "email": (-1, 0, 1, 4),
            "phone": (-1, 0, 1),
        },
    ),
    "organisation": ({"branch": (0,)},),
}
"""Per kind the levels that contradict, those of one entry together (-1: a side lacks the field); the first of
an entry is what the records differ in.

Plainly different given names; birth dates that differ by more than slips; senior and junior; a man and a
woman of whom no full given name agrees; colleagues of different family names who have nothing personal in
common; branches in different places.
"""

SETTLES: Mapping[str, int] = {"identifier": 2}
"""Levels that outweigh a contradiction: an identifier belongs to one party alone."""

CONTRADICTED_VOTE_BITS, CONTRADICTED_SAY = -6.0, 2
"""How a contradiction votes when groups are compared, and how many times the say of other pairs it has: a
third record that tells less must not join the two."""


RARE = 5.0
"""How many times its documented share among pairs of one customer a difference may have and still contradict;
where a file itself shows more, its hand is too slovenly for that."""

SHOWN = 1.645
"""Standard deviations by which the file must show more: one that has few duplicates shows little."""


def in_force(kind: str, model: KindModel) -> list[Mapping[str, tuple[int, ...]]]:
    """The contradictions of a kind that are rare enough among pairs of one customer to be some."""
    usual = {comparison.name: comparison.levels[0].same for comparison in COMPARISONS[kind]}
    differs = [(next(iter(together)), together) for together in CONTRADICTIONS[kind]]
    return [together for name, together in differs if _shown(model, name) <= RARE * usual[name]]


def _shown(model: KindModel, name: str) -> float:
    """The share of differences among pairs of one customer that a file shows beyond chance, at least."""
    share = model.weights[name][0].same
    return share - SHOWN * float(np.sqrt(share * (1 - share) / max(model.fitted.same, 1.0)))


def contradicted(kind: str, cells: npt.NDArray[np.uint8], model: KindModel) -> Flags:
    """True for pairs whose records contradict each other about who they are, and no identifier settles it."""
    row = {comparison.name: i for i, comparison in enumerate(COMPARISONS[kind])}
    found = np.zeros(cells.shape[1], np.bool_)
    for together in in_force(kind, model):
        holds = [np.isin(levels(cells[row[name]]), allowed) for name, allowed in together.items()]
        found |= np.logical_and.reduce(holds)
    for name, level in SETTLES.items():
        found &= levels(cells[row[name]]) != level
    return found
