"""Values of elementary items by whole columns, under one code page."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.rules.source_model import Copybook
from pipelines.sources.byte_columns import Block, Mask, decoded, trimmed
from pipelines.sources.cobol.code_pages import has_euro, is_ebcdic, latin1_table
from pipelines.sources.cobol.numbers import edited_text, number_texts
from pipelines.sources.cobol.picture import Form, Storage


class Values:
    """Reads columns of bytes as a copybook's options say."""

    def __init__(self, copybook: Copybook) -> None:
        """Prepare the code page."""
        self._big = copybook.byte_order == "big"
        self._ieee = copybook.floats == "ieee"
        self._ebcdic = is_ebcdic(copybook.code_page)
        self._encoding = copybook.code_page
        self._table = latin1_table(copybook.code_page) if self._ebcdic else None
        self._euro = has_euro(copybook.code_page)

    def texts(self, block: Block, storage: Storage) -> tuple[pa.Array, Mask]:
        """A column as text, and which rows hold bytes that are no text, or no number of the kind."""
        if storage.form is Form.TEXT:
            return self._text(block)
        if storage.form is Form.EDITED:
            return self._edited(block, storage)
        found, wrong = number_texts(block, storage, ebcdic=self._ebcdic, big=self._big, ieee=self._ieee)
        if storage.form is Form.ZONED and wrong.any():
            as_text, _ = self._text(block)
            found = pc.if_else(pa.array(wrong), as_text, found)
        return found, wrong

    def _text(self, block: Block) -> tuple[pa.Array, Mask]:
        """Characters without the blanks and zero bytes that fill an item up."""
        nothing = np.zeros(len(block), np.bool_)
        if self._table is None:
            texts, bad = decoded(trimmed(block), self._encoding)
            return texts, nothing if bad is None else bad
        texts, _ = decoded(trimmed(self._table[block]), "latin-1")
        return (pc.replace_substring(texts, "\xa4", "\u20ac") if self._euro else texts), nothing

    def _edited(self, block: Block, storage: Storage) -> tuple[pa.Array, Mask]:
        texts, bad = self._text(block)
        encoded = texts.dictionary_encode()
        found = pa.array([edited_text(value.as_py(), storage) for value in encoded.dictionary], pa.string())
        return found.take(encoded.indices), bad
