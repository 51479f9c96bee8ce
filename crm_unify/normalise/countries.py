"""Countries: codes and names in many languages to ISO 3166-1 alpha-2."""

from __future__ import annotations

import gettext
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

import pycountry

from crm_unify.normalise.columns import Column, Strings, either, lookup, negate, present, some, strings
from crm_unify.normalise.interface import Normalised, distinct
from crm_unify.normalise.problems import COUNTRY_UNKNOWN
from crm_unify.normalise.text import folded, squeezed

_LANGUAGES: Final = "de fr es pl nl it pt cs da sv nb fi hu ro tr ru"

# Names in use that the standard does not list; the single letters are the plates of Europe's cars.
_FURTHER: Final = {
    "AE": "UAE, EMIRATES",
    "AT": "A, AUT, OESTERREICH, OSTERREICH",
    "BE": "B",
    "BA": "BOSNIA, BOSNIEN",
    "CH": "SUI, SCHWEIZ, SUISSE, SVIZZERA",
    "CN": "PR CHINA, P R CHINA, VR CHINA",
    "CZ": "CZECH REPUBLIC, TSCHECHIEN, TSCHECHISCHE REPUBLIK, CESKA REPUBLIKA, CESKO, CZECHY",
    "DE": "D, GER, BRD, FRG, DEUTSCHLAND, BUNDESREPUBLIK DEUTSCHLAND, WEST GERMANY",
    "DK": "DANMARK, DEN",
    "ES": "E, ESPANA",
    "FI": "SUOMI",
    "FR": "F",
    "GB": "UK, U K, GREAT BRITAIN, BRITAIN, ENGLAND, SCOTLAND, WALES, NORTHERN IRELAND, GROSSBRITANNIEN, "
    "GROOT BRITTANNIE, GRAN BRETANA, GRANDE BRETAGNE, WIELKA BRYTANIA, VEREINIGTES KOENIGREICH, ROYAUME UNI, "
    "REINO UNIDO, G B",
    "GR": "GREECE, EL, HELLAS, GRIECHENLAND",
    "HR": "HRVATSKA",
    "HU": "MAGYARORSZAG",
    "IE": "EIRE, IRL, REPUBLIC OF IRELAND",
    "IR": "IRAN",
    "IT": "I, ITALIA",
    "KR": "SOUTH KOREA, KOREA SOUTH, SUEDKOREA, COREE DU SUD",
    "KP": "NORTH KOREA, NORDKOREA",
    "LI": "FL",
    "LU": "L",
    "MD": "MOLDOVA, MOLDAWIEN",
    "MK": "MACEDONIA, MAZEDONIEN",
    "NL": "HOLLAND, THE NETHERLANDS, NEDERLAND, NIEDERLANDE, PAYS BAS, PAISES BAJOS, HOLANDIA",
    "NO": "N, NORGE",
    "PL": "POLSKA, POLEN",
    "PT": "P",
    "RU": "RUSSIA, ROSSIYA, RUSSLAND, RUSSIE, ROSJA",
    "SE": "S, SVERIGE",
    "SK": "SLOVAKIA, SLOWAKEI, SLOVENSKO, SLOWACJA",
    "SY": "SYRIA",
    "TR": "TURKEY, TUERKEI, TURKEI, TURCJA",
    "TW": "TAIWAN",
    "TZ": "TANZANIA",
    "US": "USA, U S A, U S, UNITED STATES, UNITED STATES OF AMERICA, AMERICA, VEREINIGTE STAATEN, "
    "VEREINIGTE STAATEN VON AMERIKA, ETATS UNIS, ESTADOS UNIDOS, EE UU, EEUU, STANY ZJEDNOCZONE, "
    "VERENIGDE STATEN",
    "VA": "VATICAN",
    "VE": "VENEZUELA",
    "VN": "VIETNAM",
    "CI": "IVORY COAST, ELFENBEINKUESTE",
    "BO": "BOLIVIA",
    "XK": "KOSOVO",
}


def country_codes(raw: Column) -> Normalised:
    """ISO 3166-1 alpha-2 codes from alpha-2, alpha-3 or the name of a country."""
    return distinct(raw, _country_codes)


def _country_codes(values: Strings) -> Normalised:
    tidy = squeezed(values)
    code = lookup(folded(tidy), _codes())
    return Normalised(code, either(some(present(code), negate(present(tidy))), None, COUNTRY_UNKNOWN))


@cache
def known_codes() -> frozenset[str]:
    """Every code that `country_codes` can answer."""
    return frozenset({country.alpha_2 for country in _countries()} | _FURTHER.keys())


@cache
def _codes() -> dict[str, str]:
    """Folded name or code to alpha-2; what two countries share names neither of them."""
    names = list(_names())
    keys = folded(strings(name for name, _ in names)).to_pylist()
    owners: dict[str, set[str]] = {}
    for key, (_, code) in zip(keys, names, strict=True):
        if key is not None and len(key) > 3:
            owners.setdefault(key, set()).add(code)
    table = {key: min(codes) for key, codes in owners.items() if len(codes) == 1}
    return table | dict(_fixed())


def _fixed() -> Iterator[tuple[str, str]]:
    """What goes before all names: codes, and the table above."""
    for country in _countries():
        yield country.alpha_2, country.alpha_2
        yield country.alpha_3, country.alpha_2
    for code, names in _FURTHER.items():
        yield code, code
        yield from ((name.strip(), code) for name in names.split(","))


def _names() -> Iterator[tuple[str, str]]:
    translations = [_translation(language) for language in _LANGUAGES.split()]
    for country in _countries():
        fields = ("name", "official_name", "common_name")
        english = [getattr(country, field) for field in fields if hasattr(country, field)]
        for name in english:
            yield name, country.alpha_2
            yield from ((translation.gettext(name), country.alpha_2) for translation in translations)


def _translation(language: str) -> gettext.NullTranslations:
    return gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)


def _countries() -> Iterable[Any]:
    return sorted(pycountry.countries, key=lambda country: str(country.alpha_2))
