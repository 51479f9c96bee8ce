"""What values look like: letters as A and a, digits as 9, all else as it is; whole batches by table look-up.

A byte of ASCII is replaced by the entry of a table of 256; only values with other characters go through
regular expressions.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import Strings, ascii_only, negate, replace, scatter

Bytes = npt.NDArray[np.uint8]

_RUNS: Final = np.frombuffer(b"Aax9", np.uint8)
"""Classes of which a run is told as one where patterns are told by words"""
_WORDS_LONGEST: Final = 24
"""Characters of a pattern by words; free text has no end of patterns"""


def _table() -> Bytes:
    table = np.arange(256, dtype=np.uint8)
    for first, last, by in ((b"A", b"Z", b"A"), (b"a", b"z", b"a"), (b"0", b"9", b"9")):
        table[first[0] : last[0] + 1] = by[0]
    return table


_CLASSES: Final = _table()


def exact_patterns(values: Strings) -> Strings:
    """The pattern of each value, character by character; combining marks are left out."""
    offsets, data = _parts(values)
    found = _made(offsets, _CLASSES[data])
    foreign = negate(ascii_only(values))
    if not pc.any(foreign).as_py():
        return found
    return scatter(found, foreign, _foreign(found.filter(foreign)))


def word_patterns(patterns: Strings) -> Strings:
    """Exact patterns with each run of A, a, x or 9 as one, cut where they are long."""
    offsets, data = _parts(patterns)
    keep = np.ones(len(data), np.bool_)
    if len(data):
        keep[1:] = (data[1:] != data[:-1]) | ~np.isin(data[1:], _RUNS)
        starts = offsets[:-1][offsets[:-1] < len(data)]
        keep[starts] = True
    kept = np.concatenate([[0], np.cumsum(keep)])[offsets]
    short = _made(kept.astype(np.int32), data[keep])
    long = pc.greater(pc.utf8_length(short), _WORDS_LONGEST)
    cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(short, 0, _WORDS_LONGEST), "…", "")
    joined: Strings = pc.if_else(long, cut, short)
    return joined


def _foreign(values: Strings) -> Strings:
    found = replace(values, r"\p{Lu}|\p{Lt}", "A")
    found = replace(found, r"\p{Ll}", "a")
    found = replace(found, r"\p{Nd}", "9")
    found = replace(found, r"\p{M}+", "")
    return replace(found, r"\p{Lo}|\p{Lm}", "x")


def _parts(values: Any) -> tuple[npt.NDArray[np.int32], Bytes]:
    """Offsets from 0 and the bytes of an Arrow array of text without nulls."""
    _, offsets, data = values.buffers()
    places = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    if data is None or not len(places):
        return np.zeros(len(values) + 1, np.int32), np.empty(0, np.uint8)
    return places - places[0], np.frombuffer(data, np.uint8)[places[0] : places[-1]]


def _made(offsets: npt.NDArray[np.int32], data: Bytes) -> Strings:
    places, text = pa.py_buffer(offsets.astype(np.int32).tobytes()), pa.py_buffer(data.tobytes())
    made: Strings = pa.StringArray.from_buffers(len(offsets) - 1, places, text)
    return made
