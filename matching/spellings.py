"""Keys of how names sound, are spelt and begin: for all distinct names at once, since a file has 100,000."""

from __future__ import annotations

from typing import Any, Final

import jellyfish
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise import columns as verbs
from matching.columns import Codes, Flags, within
from matching.lists import PARTICLES
from matching.texts import bounds

STEM: Final = 3
"""Letters that the stem of a pet form must have (Max of Maximilian, Dor- of Dorle and Dorothea)."""

_SPELLINGS: Final = (
    ("PH", "F"), ("TZ", "Z"), ("C", "K"), ("Y", "I"), ("J", "I"), ("W", "V"), ("Z", "S"), ("H", "")
)  # fmt: skip
"""What is written either way in names: Philip, Filip; Marc, Mark; Sonja, Sonia; Kathrin, Katrin."""
_PET_ENDING: Final = "(CHEN|LEIN|IE|LE|EL|I|Y|E)$"

_pc: Any = pc  # the stubs lag behind the library


def sounds(names: pa.StringArray) -> pa.StringArray:
    """The phonetic key of each folded name: metaphone over its words, run together."""
    one_word = verbs.negate(verbs.matches(names, r"\s"))
    words = names.filter(one_word)
    keys = verbs.strings(map(jellyfish.metaphone, verbs.replace(words, "Y", "I").to_pylist()))
    keys = verbs.either(verbs.equal(keys, ""), words, keys)
    return verbs.scatter(verbs.each_where(names, verbs.negate(one_word), _sound), one_word, keys)


def _sound(name: str) -> str:
    """The key of several words; particles (van, de la) are no part of it unless there is nothing else."""
    words = name.split()
    kept = [word for word in words if word not in PARTICLES] or words
    return "".join(jellyfish.metaphone(word.replace("Y", "I")) for word in kept) or name


def spellings(names: pa.StringArray) -> pa.StringArray:
    """The spelling key of each folded name: letters written either way as one, the last vowels left out."""
    for one, other in _SPELLINGS:
        names = _pc.replace_substring(names, one, other)
    bare = _pc.utf8_rtrim(undoubled(names), "AEIOU")
    return verbs.either(verbs.equal(bare, ""), names, bare)


def stem_starts(names: pa.StringArray) -> Codes:
    """A code that names share where one may be a short form of the other: how their stems begin."""
    starts = verbs.piece(undoubled(names), 0, STEM)
    return np.asarray(_pc.dictionary_encode(starts).indices.to_numpy(), np.int32)


def undoubled(names: pa.StringArray) -> pa.StringArray:
    """The names with doubled letters made single."""
    plain = verbs.ascii_only(names)
    others = verbs.each_where(names, verbs.negate(plain), _undoubled)
    return verbs.scatter(others, plain, _undoubled_bytes(names.filter(plain)))


def _undoubled(name: str) -> str:
    return "".join(c for i, c in enumerate(name) if i == 0 or c != name[i - 1])


def _undoubled_bytes(names: pa.StringArray) -> pa.StringArray:
    """As `undoubled`, where a letter is a byte."""
    ends, data = bounds(names)
    mine = data[ends[0] : ends[-1]]
    kept = np.ones(len(mine) + 1, np.bool_)
    kept[1:-1] = mine[1:] != mine[:-1]
    kept[ends - ends[0]] = True
    places = np.concatenate([[0], np.cumsum(kept[:-1])])[ends - ends[0]].astype(np.int32)
    buffers = [None, pa.py_buffer(places.tobytes()), pa.py_buffer(mine[kept[:-1]].tobytes())]
    return pa.StringArray.from_buffers(len(names), buffers[1], buffers[2])


def pet_forms(short: pa.StringArray, long: pa.StringArray) -> Flags:
    """True where the first, shorter name is how the second begins, or a pet form of it: Max of Maximilian."""
    whole, single = undoubled(long), undoubled(short)
    long_enough = _long(whole)
    bare = verbs.replace(single, _PET_ENDING, "")
    begins = [_long(stem) & begun_by(whole, stem) for stem in (single, bare)]
    return np.asarray(long_enough & (begins[0] | begins[1]))


def _long(stems: pa.StringArray) -> Flags:
    return np.asarray(_pc.utf8_length(stems).to_numpy(zero_copy_only=False) >= STEM)


def begun_by(texts: pa.StringArray, starts: pa.StringArray) -> Flags:
    """True where a text begins with the other of its row."""
    (ends, data), (own_ends, own) = bounds(texts), bounds(starts)
    sizes = np.diff(own_ends)
    found = sizes <= np.diff(ends)
    asked = np.flatnonzero(found & (sizes > 0))
    step, repeat = within(sizes[asked]), sizes[asked]
    same = data[np.repeat(ends[asked], repeat) + step] == own[np.repeat(own_ends[asked], repeat) + step]
    found[asked] = np.bitwise_and.reduceat(same, np.cumsum(repeat) - repeat) if len(asked) else found[asked]
    return np.asarray(found)
