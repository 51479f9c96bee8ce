"""Names that rule files allow, made of whatever files, sheets and tables are called."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePath
from typing import Final

from crm_unify.normalise.columns import strings
from crm_unify.normalise.text import folded

LONGEST: Final = 60
"""Characters of a name: it becomes part of record ids and of file names"""


def plain_name(text: str, *, otherwise: str) -> str:
    """Lower-case letters, digits and underscores, beginning with a letter.

    >>> plain_name("Büro-Kontakte (neu)", otherwise="table"), plain_name("2024", otherwise="table")
    ('buero_kontakte_neu', 'table_2024')
    """
    words = (folded(strings([text])).to_pylist()[0] or "").lower()
    kept = "".join(one if one.isascii() and one.isalnum() else "_" for one in words).strip("_")
    name = "_".join(part for part in kept.split("_") if part)[:LONGEST].rstrip("_")
    if not name:
        return otherwise
    return name if name[0].isalpha() else f"{otherwise}_{name}"


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, or the first of `name_2`, `name_3`, ... that nobody has."""
    found, number = name, 2
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def stem(path: str) -> str:
    """The name of a file or folder without ending and folders."""
    pure = PurePath(path)
    return pure.stem or pure.name or "source"
