"""Rule expressions taken apart by DuckDB's own parser, checked node by node, and written back with new names.

Every node of the parse tree must be of a kind listed here; everything else (sub-queries, windows, stars,
parameters, lambdas, aggregates outside control sums, functions that are not pure) is refused with a reason.
Whoever runs an expression runs :func:`rewritten`: text that DuckDB wrote back from the checked tree, in which
every name has been replaced, so nothing that was not checked can be in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from crm_unify.errors import nearest_name
from crm_unify.rules.engine import sql_of, syntax_tree
from crm_unify.rules.functions import AGGREGATES, MONEY, allowed_functions, known_functions
from crm_unify.rules.lengths import endless

Reference = tuple[str, ...]
"""A name in an expression: `("TYPE",)`, `("raw", "TYPE")`, `("address", "country_code")`."""

RUN_DATE: Final[Reference] = ("current_date",)
ROW_FLAGS: Final = ("row_hidden", "row_struck")
"""Whether the spreadsheet hides the row, or strikes it out."""
RAW: Final = "raw"

_SESSION_WORDS: Final = frozenset(
    {"current_time", "current_timestamp", "localtime", "localtimestamp"}
    | {"current_user", "session_user", "current_role", "current_catalog", "current_schema"}
)
_NODES: Final = frozenset(
    ["BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "OPERATOR"]
)
"""Every kind of node an expression may be made of."""
_NODE_WORDS: Final = {
    "SUBQUERY": "a sub-query",
    "WINDOW": "a window function",
    "STAR": "a star",
    "PARAMETER": "a parameter",
    "LAMBDA": "a lambda",
    "POSITIONAL_REFERENCE": "a column by position",
    "DEFAULT": "the word DEFAULT",
    "COLLATE": "a collation",
}
_CLAUSES: Final = (
    "modifiers",
    "where_clause",
    "group_expressions",
    "group_sets",
    "having",
    "sample",
    "qualify",
)
_SEVERAL: Final = "a semicolon: one expression is allowed, not several statements"
_QUOTED: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


class ExpressionRefusedError(ValueError):
    """An expression is not one value from one row; the text says why."""

    def __init__(self, reason: str, nearest: str | None = None) -> None:
        """Say the `reason`; `nearest` is the valid name closest to a wrong one."""
        super().__init__(reason)
        self.reason = reason
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression whose parse tree has been checked; its names are not yet."""

    sql: str
    """As written."""
    references: tuple[Reference, ...]
    """Every name in it, each once, in order of appearance."""
    functions: frozenset[str]
    """Functions and operators it calls, in lower case."""

    @property
    def columns(self) -> frozenset[str]:
        """Source columns, when every two-part name but `raw.` is a mapped value."""
        return frozenset(ref[-1] for ref in self.references if is_column(ref))

    @property
    def mapped(self) -> tuple[Reference, ...]:
        """Two-part names that are not `raw.`: values mapped in the same branch, `(name, field)`."""
        return tuple(ref for ref in self.references if len(ref) == 2 and ref[0] != RAW)

    @property
    def aggregates(self) -> frozenset[str]:
        """Aggregates it calls."""
        return self.functions & AGGREGATES

    @property
    def is_constant(self) -> bool:
        """Whether it names nothing that changes from row to row or from day to day."""
        return not self.references


def is_column(ref: Reference) -> bool:
    """Whether a name is a column of the source."""
    if len(ref) == 2:
        return ref[0] == RAW
    return ref != RUN_DATE and ref[0] not in ROW_FLAGS


# --- parsing ---
@lru_cache(maxsize=4096)
def parse_expression(sql: str, *, aggregates: bool = False) -> Expression:
    """Check everything about an expression but its names; raises ExpressionRefusedError.

    `aggregates` allows the aggregates of control sums and `money(COLUMN)`.
    """
    nodes = list(_nodes(_tree(sql)["select_list"][0]))
    functions = set()
    for node in nodes:
        _check_node(node)
        if node["class"] == "FUNCTION":
            functions.add(_function(node, aggregates=aggregates))
    references = dict.fromkeys(_reference(node) for node in nodes if node["class"] == "COLUMN_REF")
    return Expression(sql, tuple(references), frozenset(functions))


def _tree(sql: str) -> dict[str, Any]:
    """The SELECT node of `SELECT expression`, which must be nothing but that."""
    if re.search(r"--|/\*", _QUOTED.sub("''", sql)):
        raise ExpressionRefusedError(
            "a comment is not allowed in an expression; use the rule's 'what' and 'why'"
        )
    if not sql.strip():
        raise ExpressionRefusedError("the expression is empty")
    parsed = syntax_tree(sql)
    if parsed["error"] and "Only SELECT" in parsed["error_message"]:
        raise ExpressionRefusedError(_SEVERAL)
    if parsed["error"]:
        raise ExpressionRefusedError(f"this is not SQL: {parsed['error_message']}")
    if len(parsed["statements"]) != 1:
        raise ExpressionRefusedError(_SEVERAL)
    select: dict[str, Any] = parsed["statements"][0]["node"]
    _check_select(select)
    return select


def _check_select(select: dict[str, Any]) -> None:
    """One bare value: no table, no clause, no second column, no alias."""
    if select["type"] != "SELECT_NODE" or select["cte_map"]["map"]:
        raise ExpressionRefusedError(
            "a query is not allowed; write one expression over the columns of the row"
        )
    if select["from_table"]["type"] != "EMPTY":
        raise ExpressionRefusedError(
            "FROM is not allowed; an expression sees the columns of its own row only"
        )
    if any(select[clause] for clause in _CLAUSES):
        raise ExpressionRefusedError(
            "only one expression is allowed, without WHERE, GROUP BY, ORDER BY or LIMIT"
        )
    if len(select["select_list"]) != 1:
        raise ExpressionRefusedError(
            "one value is needed, several are given; put quotes around decimal commas"
        )
    if select["select_list"][0]["alias"]:
        raise ExpressionRefusedError("AS is not allowed; the key of the field names the value")


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every expression node under a node, outside in, in order of appearance."""
    if isinstance(tree, list):
        for item in tree:
            yield from _nodes(item)
    elif isinstance(tree, dict):
        if "class" in tree:
            yield tree
        for value in tree.values():
            yield from _nodes(value)


def _check_node(node: dict[str, Any]) -> None:
    kind = node["class"]
    if kind not in _NODES:
        raise ExpressionRefusedError(f"{_NODE_WORDS.get(kind, kind)} is not allowed in an expression")
    if kind == "COLUMN_REF":
        _check_reference(_reference(node))


def _reference(node: dict[str, Any]) -> Reference:
    """The name in a node; words of the language are read in any case, columns as they stand."""
    first, *rest = node["column_names"]
    is_word = first.lower() == RAW if rest else (first.lower(),) == RUN_DATE or first.lower() in ROW_FLAGS
    return (first.lower() if is_word else first, *rest)


def _check_reference(ref: Reference) -> None:
    if len(ref) > 2:
        raise ExpressionRefusedError(
            f"'{'.'.join(ref)}' has too many parts; write COLUMN, raw.COLUMN or name.field"
        )
    if len(ref) == 1 and ref[0].lower() in _SESSION_WORDS:
        raise ExpressionRefusedError(f"'{ref[0]}' is not allowed; 'current_date' is the run's date")


def _function(node: dict[str, Any], *, aggregates: bool) -> str:
    """Name of a function call that is allowed here."""
    name: str = node["function_name"].lower()
    if node["catalog"] or node["schema"] not in ("", "main"):
        raise ExpressionRefusedError(f"function '{name}' must be written without a schema")
    if aggregates and name in AGGREGATES | {MONEY}:
        return name
    if name not in allowed_functions():
        raise _refused_function(name)
    if reason := endless(node, name):
        raise ExpressionRefusedError(reason)
    return name


def _refused_function(name: str) -> ExpressionRefusedError:
    if name in AGGREGATES:
        return ExpressionRefusedError(f"aggregate '{name}' is allowed in reconcile only")
    if name == MONEY:
        return ExpressionRefusedError("'money' is allowed in reconcile only; elsewhere write type: money")
    if name in known_functions():
        return ExpressionRefusedError(
            f"function '{name}' is not allowed: it is not a pure function of one row"
        )
    words = [known for known in allowed_functions() if known.isidentifier()]
    return ExpressionRefusedError(f"unknown function '{name}'", nearest_name(name, words))


# --- running ---
def rewritten(sql: str, place: Callable[[Reference], Reference], *, as_of: date | None = None) -> str:
    """The checked expression as SQL text of DuckDB's own writing, with every name replaced by `place(name)`.

    `current_date` becomes the date `as_of` when one is given, else `place` is asked. In brackets, so that it
    can stand anywhere.
    """
    parse_expression(sql, aggregates=True)
    tree = syntax_tree(sql)
    _replace_names(tree, place, as_of)
    return f"({sql_of(tree)})"


def _replace_names(tree: Any, place: Callable[[Reference], Reference], as_of: date | None) -> None:
    for node in list(_nodes(tree)):
        if node["class"] != "COLUMN_REF":
            continue
        ref = _reference(node)
        if ref == RUN_DATE and as_of is not None:
            location = node["query_location"]
            node.clear()
            node.update(_date_node(as_of, location))
        else:
            node["column_names"] = list(place(ref))


def _date_node(day: date, location: int) -> dict[str, Any]:
    """`CAST('2026-03-02' AS DATE)` as DuckDB's parser writes it."""
    text = {"type": {"id": "VARCHAR", "type_info": None}, "is_null": False, "value": day.isoformat()}
    child = {
        "class": "CONSTANT",
        "type": "VALUE_CONSTANT",
        "alias": "",
        "query_location": location,
        "value": text,
    }
    return {
        "class": "CAST",
        "type": "OPERATOR_CAST",
        "alias": "",
        "query_location": location,
        "child": child,
        "cast_type": {"id": "DATE", "type_info": None},
        "try_cast": False,
    }
