"""Words of organisation names, weighed by how much they tell: 'Services' little, 'Gunsaulus' much."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from matching.columns import Codes, Column

Weights = npt.NDArray[np.float64]


def incidence(col: Column) -> sp.csr_array:
    """A matrix of distinct values by words; an entry is the square root of the word's information in bits."""
    words = [sorted(set(value.split())) for value in col.values]
    names = sorted({word for row in words for word in row})
    position = {word: i for i, word in enumerate(names)}
    indices = np.array([position[word] for row in words for word in row], np.int64)
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in words])]).astype(np.int64)
    carriers = np.bincount(indices, weights=np.repeat(col.counts, np.diff(offsets)), minlength=len(names))
    bits = np.log2((col.counts.sum() + 1) / (carriers + 0.5))
    data = np.sqrt(np.maximum(bits, 0.1))[indices] if len(indices) else np.empty(0)
    return sp.csr_array((data, indices, offsets), shape=(len(words), len(names)))


class SharedWords:
    """What the words that two values of a column have in common tell of them."""

    def __init__(self, col: Column) -> None:
        self._matrix = incidence(col)
        self._own = np.asarray(self._matrix.multiply(self._matrix).sum(axis=1)).ravel()

    def weights(self, one: Codes, two: Codes) -> tuple[Weights, Weights, Weights]:
        """Information of the shared words of value pairs, of the lesser and of the greater value, in bits."""
        if not len(one):
            none = np.empty(0)
            return none, none, none
        common = np.asarray(self._matrix[one].multiply(self._matrix[two]).sum(axis=1)).ravel()
        own = self._own
        return common, np.minimum(own[one], own[two]), np.maximum(own[one], own[two])
