"""Text columns with each distinct value held once, blanks and fillers made null."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import strings
from crm_unify.normalise.interface import MOST_TEXT, encoded
from crm_unify.normalise.text import squeezed

_FILLERS: Final = (
    "n/a n.a. n.a #n/a #null! null none nil nan <na> (null) \\n unknown unk unbekannt inconnu desconocido "
    "sconosciuto onbekend nieznany brak keine k.a. na -- --- - ? ?? . .. ... _ / * xxx xxxx tbd tba"
)
NULL_WORDS: Final = frozenset(
    {
        *_FILLERS.split(),
        "not available",
        "not known",
        "not provided",
        "keine angabe",
        "no data",
        "not applicable",
    }
)
"""What cells say, in small letters, where nothing is known; a person called Null is the price"""


def encode(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A text column as distinct squeezed values and codes."""
    dictionary, codes = encoded(column)
    tidy: Any = squeezed(dictionary)
    filler = pc.is_in(pc.utf8_lower(tidy), value_set=strings(sorted(NULL_WORDS)))
    tidy = _whole(pc.if_else(filler, pa.scalar(None, pa.string()), tidy))
    if tidy.equals(dictionary):  # which spares a second look at every value
        return pa.DictionaryArray.from_arrays(codes, dictionary)
    again = tidy.dictionary_encode()
    return pa.DictionaryArray.from_arrays(again.indices.take(codes), again.dictionary)


def _whole(texts: Any) -> Any:
    """Numbers that all end in .0, as tables with gaps write whole ones, without it."""
    if not pc.all(pc.ends_with(texts, ".0")).as_py() or texts.null_count == len(texts):
        return texts
    whole = pc.all(pc.match_substring_regex(texts, r"^\d+\.0$")).as_py()
    return pc.replace_substring_regex(texts, r"\.0$", "") if whole else texts


def as_given(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A text column exactly as it is, '' null: for keys and truth, where every character counts."""
    dictionary, codes = _ascending(column) or encoded(column)
    blank = pc.equal(dictionary, "")
    if not pc.any(blank).as_py():
        return pa.DictionaryArray.from_arrays(codes, dictionary)
    text: Any = pc.if_else(blank, pa.scalar(None, pa.string()), dictionary)
    again = text.dictionary_encode()
    return pa.DictionaryArray.from_arrays(again.indices.take(codes), again.dictionary)


def _ascending(column: pa.ChunkedArray) -> tuple[pa.StringArray, pa.Array] | None:
    """The texts and their codes where each is greater than the one before: no two of them are the same.

    Keys mostly come in order, and to compare neighbours takes a tenth of the time of looking for repeats.
    """
    if column.null_count or column.nbytes >= MOST_TEXT or not pa.types.is_string(column.type):
        return None
    texts: Any = column.combine_chunks()
    if not pc.all(pc.less(texts[:-1], texts[1:])).as_py():
        return None
    return texts, pa.array(np.arange(len(texts), dtype=np.int32))
