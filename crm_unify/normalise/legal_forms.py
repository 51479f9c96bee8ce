"""Legal forms of companies: how they are written, one canonical form each, by country of origin.

The aliases are folded text (upper-case ASCII words); the spelling with a space between all letters
("G M B H", from G.m.b.H.) is added for short ones.
"""

from __future__ import annotations

from typing import Final

_FORMS: Final = {
    # German-speaking
    "GmbH": "GMBH, GESELLSCHAFT MIT BESCHRAENKTER HAFTUNG, GES MBH, GESMBH, GESELLSCHAFT MBH, GMBH I G, "
    "GESELLSCHAFT M B H, GES M B H, GM B H",
    "gGmbH": "GGMBH, GEMEINNUETZIGE GMBH",
    "mbH": "MBH",
    "GmbH & Co. KG": "GMBH CO KG, GMBH CO KOMMANDITGESELLSCHAFT, GMBH U CO KG, GMBH ET CO KG, GMBH CO, "
    "GMBH CO K G, G M B H CO KG, G M B H CO K G, GESELLSCHAFT MBH CO KG, GESELLSCHAFT M B H CO KG, "
    "GES MBH CO KG, GES M B H CO KG, GESMBH CO KG",
    "GmbH & Co. KGaA": "GMBH CO KGAA",
    "GmbH & Co. OHG": "GMBH CO OHG",
    "UG": "UG, UG HAFTUNGSBESCHRAENKT, UNTERNEHMERGESELLSCHAFT, UNTERNEHMERGESELLSCHAFT HAFTUNGSBESCHRAENKT",
    "UG & Co. KG": "UG CO KG, UG HAFTUNGSBESCHRAENKT CO KG",
    "AG": "AG, AKTIENGESELLSCHAFT",
    "AG & Co. KG": "AG CO KG",
    "AG & Co. KGaA": "AG CO KGAA",
    "KG": "KG, KOMMANDITGESELLSCHAFT, CO KG",
    "KGaA": "KGAA, KOMMANDITGESELLSCHAFT AUF AKTIEN",
    "OHG": "OHG, OFFENE HANDELSGESELLSCHAFT",
    "OG": "OG",
    "GbR": "GBR, GESELLSCHAFT BUERGERLICHEN RECHTS, BGB GESELLSCHAFT",
    "PartG": "PARTG, PARTGMBB, PARTG MBB, PARTNERSCHAFT MBB",
    "e.K.": "E K, EK, E KFM, E KFR, EKFM, EKFR, EINGETRAGENER KAUFMANN, EINGETRAGENE KAUFFRAU",
    "e.U.": "E U, EINGETRAGENES UNTERNEHMEN",
    "e.V.": "E V, EV, EINGETRAGENER VEREIN",
    "eG": "EG, E G, EINGETRAGENE GENOSSENSCHAFT",
    "SE": "SE, SOCIETAS EUROPAEA",
    "SE & Co. KG": "SE CO KG",
    "SE & Co. KGaA": "SE CO KGAA",
    # English-speaking
    "Ltd": "LTD, LIMITED, CO LTD, COMPANY LIMITED, COMPANY LTD, CO LIMITED, LTD CO",
    "plc": "PLC, PUBLIC LIMITED COMPANY",
    "LLP": "LLP, LIMITED LIABILITY PARTNERSHIP",
    "LP": "LP, LIMITED PARTNERSHIP",
    "LLC": "LLC, LIMITED LIABILITY COMPANY, LIMITED LIABILITY CO, LLC CO",
    "PLLC": "PLLC, PROFESSIONAL LIMITED LIABILITY COMPANY",
    "Inc": "INC, INCORPORATED, CO INC, COMPANY INC",
    "Corp": "CORP, CORPORATION",
    "Co": "CO, COMPANY",
    "PC": "PC, PROFESSIONAL CORPORATION",
    "CIC": "CIC, COMMUNITY INTEREST COMPANY",
    "Pty Ltd": "PTY LTD, PTY LIMITED, PROPRIETARY LIMITED, PTY",
    "Pvt Ltd": "PVT LTD, PRIVATE LIMITED, PVT LIMITED, PRIVATE LTD",
    "Pte Ltd": "PTE LTD, PTE LIMITED",
    "DAC": "DAC, DESIGNATED ACTIVITY COMPANY",
    # French, Belgian, Luxembourgish
    "SA": "SA, SOCIETE ANONYME, SOCIEDAD ANONIMA, SPOLKA AKCYJNA",
    "SARL": "SARL, SOCIETE A RESPONSABILITE LIMITEE, S A R L",
    "SAS": "SAS, SOCIETE PAR ACTIONS SIMPLIFIEE",
    "SASU": "SASU",
    "SNC": "SNC, SOCIETE EN NOM COLLECTIF",
    "SCI": "SCI, SOCIETE CIVILE IMMOBILIERE",
    "EURL": "EURL",
    "SCRL": "SCRL",
    "SPRL": "SPRL",
    # Dutch
    "BV": "BV, BESLOTEN VENNOOTSCHAP, BVBA",
    "NV": "NV, NAAMLOZE VENNOOTSCHAP",
    "VOF": "VOF, V O F, VENNOOTSCHAP ONDER FIRMA",
    "CV": "CV, COMMANDITAIRE VENNOOTSCHAP",
    # Spanish, Portuguese, Latin American
    "SL": "SL, SOCIEDAD LIMITADA, S L",
    "SLU": "SLU",
    "SA de CV": "SA DE CV, S A DE C V",
    "S de RL de CV": "S DE RL DE CV, S DE R L DE C V",
    "Lda": "LDA, LIMITADA",
    "Ltda": "LTDA",
    # Italian
    "S.p.A.": "SPA, SOCIETA PER AZIONI",
    "S.r.l.": "SRL, SOCIETA A RESPONSABILITA LIMITATA",
    "S.a.s.": "SAS DI",
    # Polish
    "Sp. z o.o.": "SP Z O O, SP Z OO, SP ZOO, SP ZO O, SPZOO, SPOLKA Z O O, "
    "SPOLKA Z OGRANICZONA ODPOWIEDZIALNOSCIA",
    "Sp. z o.o. Sp.k.": "SP Z O O SP K, SP Z OO SP K, SP Z O O SPK",
    "Sp.k.": "SP K, SPK, SPOLKA KOMANDYTOWA",
    "Sp.j.": "SP J, SPJ, SPOLKA JAWNA",
    "S.C.": "SPOLKA CYWILNA",
    # Nordic and Baltic
    "AB": "AB, AKTIEBOLAG, AKTIEBOLAGET",
    "A/S": "A S, AS, AKTIESELSKAB",
    "ApS": "APS, ANPARTSSELSKAB",
    "ASA": "ASA",
    "Oy": "OY, OSAKEYHTIO, OY AB",
    "Oyj": "OYJ",
    "HB": "HANDELSBOLAG",
    "UAB": "UAB",
    "SIA": "SIA",
    "OÜ": "OUE",
    # Czech, Slovak, Hungarian, Balkan
    "s.r.o.": "S R O, SRO, SPOL S R O, SPOLECNOST S RUCENIM OMEZENYM",
    "a.s.": "AKCIOVA SPOLECNOST",
    "Kft": "KFT, KORLATOLT FELELOSSEGUE TARSASAG",
    "Zrt": "ZRT",
    "Nyrt": "NYRT",
    "Bt": "BETETI TARSASAG",
    "d.o.o.": "D O O, DOO",
    "d.d.": "D D",
    "OOD": "OOD",
    "EOOD": "EOOD",
    # Turkish, Russian, Asian
    "A.Ş.": "ANONIM SIRKETI",
    "Ltd. Şti.": "LTD STI, LIMITED SIRKETI",
    "OOO": "OOO",
    "Kabushiki Kaisha": "KK, KABUSHIKI KAISHA",
    "GK": "GODO KAISHA",
    "PT": "PERSEROAN TERBATAS",
    "Sdn Bhd": "SDN BHD",
    "Berhad": "BERHAD, BHD",
}
_LONGEST_SPACED: Final = 5


def _aliases() -> dict[str, str]:
    table: dict[str, str] = {}
    for form, aliases in _FORMS.items():
        for alias in aliases.split(", "):
            table.setdefault(alias, form)
            if " " not in alias and len(alias) <= _LONGEST_SPACED:
                table.setdefault(" ".join(alias), form)
    return table


ALIASES: Final = _aliases()
"""Folded spelling, without "and", to canonical form"""

ANYWHERE: Final = frozenset(
    {"GMBH", "GGMBH", "MBH", "KGAA", "GBR", "SP Z O O", "SP Z OO", "SDN BHD"}
    | {"G M B H", "GESELLSCHAFT MBH", "GESELLSCHAFT M B H", "GES MBH", "GES M B H", "GESMBH"}
    | {spelling for spelling, form in ALIASES.items() if form == "GmbH & Co. KG"}
)
"""Spellings that are a legal form wherever they stand, as in "Mueller GmbH Berlin"."""

LEADING: Final = frozenset({"OOO", "SCI", "UAB", "SIA", "AB"})
"""Spellings that may stand before the name"""

_AS_THEY_ARE: Final = (
    "AG KG OHG OG UG SE LLC LLP LP PLLC PC CIC SA SARL SAS SASU SNC SCI EURL SPRL BV NV VOF CV SL SLU AB "
    "ASA UAB SIA OOO OOD EOOD SRL SPA KK DAC S.A. S.L. B.V. N.V. A.G. L.L.C. S.A.R.L. A/S S.A.S. L.P. P.C. "
    "V.O.F."
)
WRITTEN: Final = {
    "GMBH": "GmbH",
    "GGMBH": "gGmbH",
    "GESMBH": "GesmbH",
    "MBH": "mbH",
    "KGAA": "KGaA",
    "GBR": "GbR",
    "PARTG": "PartG",
    "PARTGMBB": "PartGmbB",
    "E.V.": "e.V.",
    "E.K.": "e.K.",
    "E.U.": "e.U.",
    "EG": "eG",
    "CO": "Co",
    "CO.": "Co.",
    "LTD": "Ltd",
    "LTD.": "Ltd.",
    "PLC": "plc",
    "INC": "Inc",
    "INC.": "Inc.",
    "CORP": "Corp",
    "CORP.": "Corp.",
    "PTY": "Pty",
    "PVT": "Pvt",
    "PTE": "Pte",
    "LDA": "Lda",
    "LTDA": "Ltda",
    "SP.": "Sp.",
    "O.O.": "o.o.",
    "OY": "Oy",
    "OYJ": "Oyj",
    "APS": "ApS",
    "S.R.O.": "s.r.o.",
    "S.P.A.": "S.p.A.",
    "S.R.L.": "S.r.l.",
    "D.O.O.": "d.o.o.",
    "KFT": "Kft",
    "KFT.": "Kft.",
    "ZRT": "Zrt",
    "SDN": "Sdn",
    "BHD": "Bhd",
} | {word: word for word in _AS_THEY_ARE.split()}
"""Upper-case word of a legal form to the way it is written"""
