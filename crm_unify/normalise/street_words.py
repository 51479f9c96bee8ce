"""Street words and their one canonical token each, English, German, French, Spanish, Polish, Dutch, Italian.

English words follow the suffix table of the United States Postal Service (Publication 28, appendix C1) where
it has them, so that "Avenue", "Av" and "Ave" are one token.
"""

from __future__ import annotations

from typing import Final

_SAME: Final = {
    "ALY": "ALLEY ALLY",
    "AVE": "AVENUE AV AVEN AVENU AVN AVNUE AVENIDA AVDA",
    "BLVD": "BOULEVARD BOUL BOULV BLV BLD BD BVD BULVAR",
    "BND": "BEND",
    "BR": "BRANCH",
    "BRG": "BRIDGE",
    "BRK": "BROOK",
    "BYP": "BYPASS",
    "CAUS": "CAUSEWAY CSWY",
    "CIR": "CIRCLE CIRC CRCL CRCLE",
    "CLB": "CLUB",
    "CLOSE": "CL",
    "COR": "CORNER",
    "CRES": "CRESCENT CRESC",
    "CRK": "CREEK",
    "CT": "COURT CRT",
    "CTR": "CENTER CENTRE CNTR CENTR",
    "CTS": "COURTS",
    "CV": "COVE",
    "DR": "DRIVE DRV DRIV",
    "EST": "ESTATE",
    "ESTS": "ESTATES",
    "EXPY": "EXPRESSWAY EXPWY EXPR",
    "EXT": "EXTENSION EXTN",
    "FLD": "FIELD",
    "FRST": "FOREST",
    "FWY": "FREEWAY",
    "GDN": "GARDEN",
    "GDNS": "GARDENS GRDNS",
    "GLN": "GLEN",
    "GRN": "GREEN",
    "GRV": "GROVE GROV GR",
    "HBR": "HARBOR HARBOUR",
    "HL": "HILL",
    "HLS": "HILLS",
    "HTS": "HEIGHTS HGTS",
    "HWY": "HIGHWAY HIWAY HWAY HIGHWY",
    "HOLW": "HOLLOW",
    "IS": "ISLAND",
    "JCT": "JUNCTION",
    "KNL": "KNOLL",
    "LK": "LAKE",
    "LKS": "LAKES",
    "LN": "LANE LA",
    "LNDG": "LANDING",
    "MDW": "MEADOW",
    "MDWS": "MEADOWS",
    "ML": "MILL",
    "MNR": "MANOR",
    "MT": "MOUNT",
    "MTN": "MOUNTAIN",
    "ORCH": "ORCHARD",
    "PARK": "PK",
    "PKWY": "PARKWAY PKY PKWAY PARKWY",
    "PL": "PLACE PLATZ PLAC",
    "PLN": "PLAIN",
    "PLZ": "PLAZA PLZA PZA PIAZZA PLEIN",
    "PT": "POINT",
    "QUAI": "QU",
    "RD": "ROAD",
    "RDG": "RIDGE RDGE",
    "RIV": "RIVER RVR",
    "RNCH": "RANCH",
    "RTE": "ROUTE RT",
    "SHR": "SHORE",
    "SPG": "SPRING",
    "SPGS": "SPRINGS",
    "SQ": "SQUARE SQR",
    "ST": "STREET STR STRT STRASSE STRAAT STRASE SAINT SANKT",
    "STA": "STATION",
    "TER": "TERRACE TERR",
    "TPKE": "TURNPIKE TRNPK",
    "TRCE": "TRACE",
    "TRL": "TRAIL TR",
    "VIS": "VISTA",
    "VLG": "VILLAGE VILL",
    "VLY": "VALLEY",
    "VW": "VIEW",
    "WAY": "WY",
    "XING": "CROSSING",
    "N": "NORTH NORTE",
    "S": "SOUTH SUR",
    "E": "EAST",
    "W": "WEST",
    "NE": "NORTHEAST",
    "NW": "NORTHWEST",
    "SE": "SOUTHEAST",
    "SW": "SOUTHWEST",
    "1ST": "FIRST",
    "2ND": "SECOND",
    "3RD": "THIRD",
    "4TH": "FOURTH",
    "5TH": "FIFTH",
    "6TH": "SIXTH",
    "7TH": "SEVENTH",
    "8TH": "EIGHTH",
    "9TH": "NINTH",
    "10TH": "TENTH",
    "CHE": "CHEMIN CH",
    "FBG": "FAUBOURG",
    "IMP": "IMPASSE",
    "CTRA": "CARRETERA",
    "PASEO": "PSO",
    "AL": "ALEJA ALEJE ALEI",
    "OS": "OSIEDLE",
    "CORSO": "CSO",
    "COUNTY": "CO CNTY",
}
STREET_WORDS: Final = {word: token for token, words in _SAME.items() for word in words.split(" ")}
"""Word to canonical token"""

DROPPED: Final = frozenset({"UL", "ULICA"})
"""Words that say no more than "street" before a Polish name"""

GLUED: Final = ("STRASSE", "STRAAT", "STRASE", "STR")
"""Endings that German and Dutch write on to the name: HAUPTSTR is HAUPT ST"""

_SHORTEST_STEM: Final = 3
# Words that end like a street and are none.
_NOT_GLUED: Final = frozenset({"INDUSTR"})


def street_token(word: str) -> str | None:
    """The canonical token of a folded word, two where a street ending is glued on, None to drop it."""
    if word in DROPPED:
        return None
    known = STREET_WORDS.get(word)
    if known is not None:
        return known
    for ending in GLUED:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _SHORTEST_STEM and stem.isalpha() and word not in _NOT_GLUED:
            return f"{stem} ST"
    return word
