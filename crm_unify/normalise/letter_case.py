"""Letter case of names that were typed in capitals only, or in small letters only."""

from __future__ import annotations

import re
from typing import Final

from crm_unify.normalise.columns import Mask, Strings, equal, lower, some, upper

# Acronyms that can be spoken, so that no rule would know them.
_KNOWN: Final = (
    "ABB ADAC AEG AIG AOK AOL ARAG ARD ASUS AXA BASF BBC BMW BP CNN DAK DEKRA DHL EDEKA EDF ENI EU GE HP "
    "IBM IKEA ING KIA LG NASA NATO NEC OMV PC RAG REWE SAP TUI TUV TÜV UK UN UPS US USA VEBA VW WDR ZDF"
)
ACRONYMS: Final = frozenset(_KNOWN.split())
"""Words kept in capitals although they can be spoken"""

_LONGEST_ACRONYM: Final = 5
_VOWEL: Final = re.compile("[AEIOUYÄÖÜÀÁÂÃÅÆÈÉÊËÌÍÎÏÒÓÔÕØŒÙÚÛĄĘÓ]")
# Consonants a spoken word may begin and end with, in the languages of Europe; the list is generous.
_BEGINNINGS: Final = re.compile(
    "^(?:[BCDFGHJKLMNPQRSTVWXZŁŚŻŹĆŃÇÑßŠŽČĎŤŘ]|BL|BR|CH|CL|CR|CZ|DR|DW|DZ|FL|FR|GH|GL|GN|GR|KL|KN|KR|KW|LL|MC|MR|"
    "PF|PH|PL|PR|PS|PT|QU|RH|RZ|SC|SCH|SCHL|SCHM|SCHN|SCHR|SCHW|SCR|SH|SHR|SK|SL|SM|SN|SP|SPH|SPL|SPR|SQ|ST|STR|SV|"
    "SW|SZ|TH|THR|TR|TS|TSCH|TW|VL|VR|WH|WL|WR|ZB|ZD|ZH|ZW)?[AEIOUYÄÖÜÀ-ÖØ-ÝĄĘÓ]"
)
_ENDINGS: Final = re.compile(
    "[AEIOUYÄÖÜÀ-ÖØ-ÝĄĘÓ](?:[BCDFGHJKLMNPQRSTVWXZŁŚŻŹĆŃÇÑßŠŽČĎŤŘ]|BB|BE|BS|BT|CH|CHS|CHT|CK|CKS|CS|CT|CTS|CZ|DD|DT|"
    "DS|DTS|FF|FFS|FT|FTS|GG|GH|GHT|GHTS|GN|GS|GT|HL|HLS|HM|HN|HNS|HR|HRS|HT|HRT|KS|KT|LB|LCH|LD|LDS|LF|LG|LK|LKS|LL|"
    "LLS|LM|LMS|LN|LP|LPS|LS|LT|LTH|LTS|LTZ|LV|LZ|MB|MBS|MM|MP|MPF|MPS|MS|MT|NC|NCH|ND|NDS|NDT|NG|NGS|NGST|NK|NKS|NN|"
    "NNS|NS|NST|NT|NTH|NTS|NTZ|NX|NZ|PF|PH|PP|PPS|PS|PT|PTS|QUE|RB|RBS|RC|RCH|RD|RDS|RF|RG|RGS|RK|RKS|RKT|RL|RLD|"
    "RLDS|RLS|RM|RMS|RN|RNS|RP|RPS|RR|RS|RSCH|RST|RT|RTH|RTS|RTZ|RTY|RV|RX|RZ|SCH|SH|SK|SKS|SM|SMS|SP|SS|ST|STS|SZ|"
    "TCH|TH|THS|TS|TSCH|TT|TTS|TZ|VS|WK|WL|WLS|WN|WNS|WS|WT|XT|ZT|ZZ)?$"
)


def in_one_case(column: Strings) -> Mask:
    """True where a text has no small letters, or no capitals."""
    return some(equal(upper(column), column), equal(lower(column), column))


def acronym_like(word: str) -> bool:
    """Whether a word of letters is an acronym: known as one, or short and not to be spoken."""
    bare = word.upper()
    if bare in ACRONYMS:
        return True
    if not 1 < len(bare) <= _LONGEST_ACRONYM:
        return False
    return not (_VOWEL.search(bare) and _BEGINNINGS.search(bare) and _ENDINGS.search(bare))


def capitalised(word: str) -> str:
    """First letter large, the rest small; O'Brien and McDonald keep their inner capital."""
    parts = re.split("(['\u2019])", word.lower())
    text = "".join(part.capitalize() for part in parts)
    if len(parts) > 1 and len(parts[-1]) == 1:
        text = text[:-1] + text[-1].lower()
    return re.sub(r"^Mc([a-z])(?=[a-z])", lambda found: f"Mc{found.group(1).upper()}", text)
