"""Texts in CSV files that no spreadsheet computes.

Excel and LibreOffice take a text that begins with one of `=+-@`, a tab or a carriage return for a formula
(https://owasp.org/www-community/attacks/CSV_Injection). Such a text gets an apostrophe in front. Amounts and
phone numbers begin like that, too; they compute nothing and stay as they are.
"""

from __future__ import annotations

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a formula begins with."""
_FORMULA: Final = r"^[=+\-@\t\r]"
_NUMBER: Final = r"^[+\-][0-9 ().,/\-]*$"


def harmless_text(text: str) -> str:
    """A text as it is shown, never computed.

    >>> harmless_text("=1+1"), harmless_text("+49 30 123"), harmless_text("-5")
    ("'=1+1", '+49 30 123', '-5')
    """
    number = re.fullmatch(_NUMBER.removesuffix("$"), text)
    return f"'{text}" if text.startswith(BEGINNINGS) and number is None else text


def harmless(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The same for a column; one that holds no text stays."""
    if not pa.types.is_string(column.type):
        return column
    number = pc.match_substring_regex(column, _NUMBER)
    computed = pc.and_not(pc.match_substring_regex(column, _FORMULA), number)
    if not pc.any(computed).as_py():
        return column
    return pc.if_else(pc.fill_null(computed, False), pc.binary_join_element_wise("'", column, ""), column)
