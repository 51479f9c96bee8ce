"""How alike two texts are: Jaro-Winkler similarity and optimal string alignment, by rapidfuzz.

Most pairs are so unlike that their lengths and sets of letters prove it: those are never made Python strings,
let alone compared (of 2M pairs of surnames 19 in 20; 90 ns a pair instead of 700).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from matching.columns import Codes, Flags, Ints
from matching.texts import Texts

Scores = npt.NDArray[np.float32]

LIKE = 0.88
"""Jaro-Winkler similarity from which two names count as alike."""

LEAST = 0.75
"""Similarity below which nobody asks how unlike two texts are."""

_SLACK = 1e-5
"""More than the rounding of a bound in 64 bits against a similarity in 32."""


def similarity(values: Texts, one: Codes, two: Codes, *, least: float = LEAST) -> Scores:
    """Jaro-Winkler similarity of value pairs, 0 to 1 (equal); 0 stands for all below `least`."""
    same = one == two
    out: Scores = same.astype(np.float32)
    asked = np.flatnonzero(~same & may_be_similar(values, one, two, least=least))
    out[asked] = process.cpdist(
        values[one[asked]].tolist(), values[two[asked]].tolist(), scorer=JaroWinkler.normalized_similarity
    )
    out[out < least] = 0
    return out


def edits(values: Texts, one: Codes, two: Codes, most: int | Ints) -> npt.NDArray[np.int32]:
    """Optimal string alignment distance of value pairs, a transposition being one edit.

    Any number above `most` (one for all pairs, or one a pair) stands for more than that.
    """
    limit = np.broadcast_to(np.asarray(most, np.int64), len(one))
    out = np.where(one == two, 0, limit + 1).astype(np.int32)
    asked = np.flatnonzero((one != two) & _may_be_near(values, one, two, limit))
    out[asked] = process.cpdist(
        values[one[asked]].tolist(),
        values[two[asked]].tolist(),
        scorer=OSA.distance,
        score_cutoff=int(limit.max(initial=0)),
        dtype=np.int32,
    )
    return out


def _own(values: Texts, one: Codes, two: Codes) -> tuple[Ints, Ints]:
    """Letters that only the one, and that only the other of two texts has, at least."""
    a, b = values.letters[one], values.letters[two]
    common = a & b
    return np.bitwise_count(a ^ common).astype(np.int64), np.bitwise_count(b ^ common).astype(np.int64)


def may_be_similar(values: Texts, one: Codes, two: Codes, *, least: float = LEAST) -> Flags:
    """False where the Jaro-Winkler similarity is proved to be below `least`.

    With m matching letters, Jaro's similarity is at most (m/a + m/b + 1) / 3 for texts of a and b letters;
    Winkler adds a tenth of what lacks to 1 for each of up to four letters they begin with alike.
    """
    if not len(one):
        return np.zeros(0, np.bool_)
    a, b = values.lengths[one], values.lengths[two]
    mine, theirs = _own(values, one, two)
    matching = np.minimum(a - mine, b - theirs)
    bound = (matching / np.maximum(a, 1) + matching / np.maximum(b, 1) + 1) / 3
    begins = values.heads[one] ^ values.heads[two]
    prefix = sum((begins < beyond).astype(np.int8) for beyond in (1 << 24, 1 << 16, 1 << 8, 1))
    bound += 0.1 * prefix * (1 - bound)
    return np.asarray(bound >= least - _SLACK)


def _may_be_near(values: Texts, one: Codes, two: Codes, most: Ints) -> Flags:
    """False where the distance is proved to be more than `most`: an edit mends one letter on either side."""
    mine, theirs = _own(values, one, two)
    apart = np.abs(values.lengths[one] - values.lengths[two])
    return np.asarray((mine <= most) & (theirs <= most) & (apart <= most))
