"""EBCDIC code pages as tables to Latin-1, so that whole columns are translated at once.

cp037, cp273, cp500 and cp1047 hold exactly the characters of Latin-1 in another order; cp1140 and cp1141 are
cp037 and cp273 with the euro sign in place of the currency sign (IBM, Character Data Representation
Architecture). Python has no cp1047 and no cp1141.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.uint8]

_EURO: Final = {"cp1140": "cp037", "cp1141": "cp273"}
_SWAPPED_1047: Final = {0x5F: 0xB0, 0xB0: 0x5F, 0xAD: 0xBA, 0xBA: 0xAD, 0xBD: 0xBB, 0xBB: 0xBD}
"""Where cp1047 differs from cp037: circumflex and not sign, brackets, Y acute and diaeresis change places."""


def is_ebcdic(code_page: str) -> bool:
    """Whether digits are F0 to F9."""
    return code_page in ("cp037", "cp273", "cp500", "cp1047", *_EURO)


def latin1_table(code_page: str) -> Table:
    """Byte of an EBCDIC code page -> byte of Latin-1."""
    base = _EURO.get(code_page, "cp037" if code_page == "cp1047" else code_page)
    characters = bytes(range(256)).decode(base).replace("\u203e", "\xaf")  # an overline is Latin-1's macron
    table = np.frombuffer(characters.encode("latin-1"), np.uint8).copy()
    if code_page == "cp1047":
        original = table.copy()
        for byte, other in _SWAPPED_1047.items():
            table[byte] = original[other]
    return table


def has_euro(code_page: str) -> bool:
    """Whether the currency sign of Latin-1 stands for the euro."""
    return code_page in _EURO
