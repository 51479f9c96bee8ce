"""What comparisons of e-mails, phone numbers, domains and addresses have in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from matching.cells import cells, rarity
from matching.columns import MISSING, Codes, Column, Flags, Part, Small
from matching.comparer import CellsOfValues
from matching.policy import FEW, MANY
from matching.texts import Texts


def by_sharing(col: Column, few: int, personal: int, site: int) -> npt.NDArray[np.int64]:
    """The level of agreeing on each value, by how many different names carry it."""
    return np.where(col.degree >= MANY, site, np.where(col.degree > FEW, few, personal))


def shared_by_several(col: Column, one: Codes, two: Codes) -> Flags:
    """True where either value is not one person's own: another one besides it is no disagreement."""
    return (col.degree[one] > FEW) | (col.degree[two] > FEW)


def unnumbered(values: Texts, one: Codes, two: Codes, like: Flags) -> Flags:
    """The pairs that are alike and have the same digits: smith1@ and smith2@ are two people, not a slip."""
    asked = np.flatnonzero(like)
    texts = [pc.fill_null(values.take(codes[asked]), "") for codes in (one, two)]
    digits = [pc.replace_substring_regex(side, r"\P{Nd}", "") for side in texts]
    out = np.zeros(len(one), np.bool_)
    out[asked] = pc.equal(*digits).to_numpy(zero_copy_only=False)
    return out


def agreeing(part: Part, one: Codes, two: Codes) -> Flags:
    """True where both values have the part and it is the same."""
    return np.asarray((part.codes[one] == part.codes[two]) & (part.codes[one] != MISSING))


def part_cells(part: Part, *, level: int) -> CellsOfValues:
    """Level 0, or `level` with its rarity where both values have the part in common."""
    shared, differ = cells(np.full(len(part.values), level), rarity(part.counts)), cells(np.array([0]))

    def compare(one: Codes, two: Codes) -> Small:
        out = np.repeat(differ, len(one))
        where = np.flatnonzero(agreeing(part, one, two))
        out[where] = shared[part.codes[one[where]]]
        return out

    return compare
