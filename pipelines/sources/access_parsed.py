"""Tables of an Access database through the package access-parser, where mdbtools is not installed.

A whole table is in memory. The package passes over rows it cannot take apart, so the number of rows in the
table's own definition has the last word.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from crm_unify.errors import ConfigurationError, GuardStopped

_INSTALL: Final = "install mdbtools (`apt install mdbtools`, `brew install mdbtools`)"
_SYSTEM: Final = ("MSys", "f_", "~")


def parsed_names(path: Path) -> list[str]:
    """Tables that a person made."""
    return [name for name in _parser(path).catalog if not name.startswith(_SYSTEM)]


def parsed_table(path: Path, name: str) -> tuple[list[str], Iterator[Sequence[str | None]]]:
    """Header and rows; raises GuardStopped when rows are missing."""
    try:
        table = _parser(path).get_table(name)
        found = table.parse()
    except (ConfigurationError, GuardStopped):
        raise
    except Exception as error:  # the package raises whatever its parser met
        raise unreadable(path, f"table '{name}': {error}") from None
    kinds = {column.col_name_str: column.type for column in table.columns.values()}
    header = [kind for kind in kinds if kind in found]
    columns = [[_text(value, kinds[title]) for value in found[title]] for title in header]
    rows, promised = len(columns[0]) if columns else 0, table.table_header.number_of_rows
    if any(len(column) != rows for column in columns) or rows != promised:
        raise GuardStopped(f"access-parser reads {rows} of {promised} rows of table '{name}'", str(path),
                           remedy=f"{_INSTALL}, which reads more kinds of them, and run again")
    return header, zip(*columns, strict=True)


def unreadable(path: Path, why: str) -> GuardStopped:
    """The guard for a database that no tool here can read."""
    return GuardStopped("the Access database cannot be read", str(path), why=why,
                        remedy="look whether it has a password or is damaged; save it anew in Access, or "
                               f"{_INSTALL} where it is missing")


def _parser(path: Path) -> Any:
    try:
        from access_parser import AccessParser
    except ImportError:
        raise ConfigurationError("nothing is installed that reads Access databases", path,
                                 remedy=f"{_INSTALL}, or `pip install 'crm-unify[legacy]'`") from None
    logging.getLogger("access_parser").setLevel(logging.CRITICAL)  # it prints pages; the count tells more
    try:
        return AccessParser(str(path))
    except Exception as error:
        raise unreadable(path, str(error)) from None


def _text(value: Any, kind: int) -> str | None:
    """A value as mdbtools would write it."""
    match kind:
        case _ if value is None:
            return None
        case 1:  # truth value
            return "1" if value else "0"
        case 5:  # currency, in ten-thousandths; bytes that are no number stay as the package gives them
            with suppress(InvalidOperation):
                return str(Decimal(str(value)).scaleb(-4).quantize(Decimal("0.0001")))
            return str(value)
        case 8:  # date and time
            return str(value).replace(" ", "T", 1).removesuffix("T00:00:00")
        case _:
            return str(value)
