"""Conditions and expressions for rule files, with names and texts quoted as SQL needs them."""

from __future__ import annotations

from collections.abc import Sequence

from crm_unify.rules.expressions import ExpressionRefusedError, parse_expression


def column(header: str) -> str:
    """A column in an expression; in quotes where it would not be taken for one.

    >>> column("TYPE"), column("E-Mail"), column("order")
    ('TYPE', '"E-Mail"', '"order"')
    """
    plain = header.isascii() and header.replace("_", "a").isalnum() and not header[0].isdigit()
    return header if plain and _is_name(header) else '"' + header.replace('"', '""') + '"'


def _is_name(header: str) -> bool:
    try:
        return set(parse_expression(f"{header} IS NULL").columns) == {header}
    except ExpressionRefusedError:
        return False


def text(value: str) -> str:
    """A text in an expression.

    >>> text("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def is_one_of(header: str, values: Sequence[str]) -> str:
    """Rows whose column has one of these values, in capitals.

    >>> is_one_of("TYPE", ["C"]), is_one_of("TYPE", ["C", "K"])
    ("upper(TYPE) = 'C'", "upper(TYPE) IN ('C', 'K')")
    """
    folded = f"upper({column(header)})"
    if len(values) == 1:
        return f"{folded} = {text(values[0])}"
    return f"{folded} IN ({', '.join(map(text, values))})"
