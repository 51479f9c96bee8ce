"""The lists of headers in use, read from `mappings/`."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from crm_unify.roles.headers import HeaderWords

_SEPARATOR = " | "


@cache
def header_words() -> HeaderWords:
    """The header synonyms of `mappings/headers.csv` with the qualifiers beside it."""
    headers: dict[str, list[str]] = {}
    for row in _rows("headers.csv"):
        headers.setdefault(row["role"], []).extend(row["headers"].split(_SEPARATOR))
    qualifiers = {row["qualifies"]: row["words"].split(_SEPARATOR) for row in _rows("headers_qualifiers.csv")}
    return HeaderWords(headers, places=qualifiers["address"], fillers=qualifiers["any"])


def _rows(name: str) -> list[dict[str, str]]:
    with (files("mappings") / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
