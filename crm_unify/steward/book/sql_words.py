"""SQL expressions of rule files in plain English, for readers who know their columns and no SQL.

Columns stand in backticks, which a page sets as code and a workbook as quotes.

A sentence is made for the forms that rules are written in; what has no words here is called a formula over
its columns, and the page shows the SQL where a reader unfolds it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from crm_unify.rules.engine import syntax_tree
from crm_unify.rules.expressions import ExpressionRefusedError, parse_expression
from crm_unify.rules.parsing import ROW_FLAGS

_COMPARED: Final = {
    "COMPARE_EQUAL": "is",
    "COMPARE_NOTEQUAL": "is not",
    "COMPARE_LESSTHAN": "is less than",
    "COMPARE_GREATERTHAN": "is more than",
    "COMPARE_LESSTHANOREQUALTO": "is at most",
    "COMPARE_GREATERTHANOREQUALTO": "is at least",
}
_DATED: Final = {
    "is less than": "is before",
    "is more than": "is after",
    "is at most": "is not after",
    "is at least": "is not before",
}
"""Comparisons with a date."""
_CASES: Final = {"upper": "in capitals", "lower": "in small letters"}
_TRIMMED: Final = frozenset({"trim", "ltrim", "rtrim", "strip_accents"})
_ARITHMETIC: Final = {"+": "plus", "-": "less", "*": "times", "/": "divided by", "//": "divided by"}
_AGGREGATES: Final = {"sum": "the sum of", "count": "the number of", "min": "the least", "max": "the largest"}


class _NoWordsError(Exception):
    """This form of expression has no words."""


@lru_cache(maxsize=2048)
def condition_words(sql: str) -> str:
    """A condition as a clause: `TYPE is 'C' and CONTACT is filled`."""
    return _said(sql, "a formula over {} holds")


@lru_cache(maxsize=2048)
def value_words(sql: str) -> str:
    """A value as a phrase: `COUNTRY, or 'D' where that is empty`."""
    return _said(sql, "worked out from {} by a formula")


def _said(sql: str, otherwise: str) -> str:
    try:
        return _words(syntax_tree(sql)["statements"][0]["node"]["select_list"][0])
    except (_NoWordsError, KeyError, IndexError):
        return otherwise.format(_names(sql) or "nothing")


def _names(sql: str) -> str:
    try:
        references = parse_expression(sql, aggregates=True).references
    except ExpressionRefusedError:  # told by `check`, with its reason
        return "its columns"
    return listed([f"`{'.'.join(ref)}`" for ref in references])


def listed(names: Sequence[str], last: str = "and") -> str:
    """Names in a sentence: `a, b and c`."""
    return ", ".join(names[:-1]) + f" {last} {names[-1]}" if len(names) > 1 else "".join(names)


def _words(node: dict[str, Any]) -> str:
    match node["class"]:
        case "CONSTANT":
            return _constant(node)
        case "COLUMN_REF":
            return _column(node)
        case "COMPARISON":
            return _comparison(node)
        case "CONJUNCTION":
            word = "and" if node["type"] == "CONJUNCTION_AND" else "or"
            parts = [_inner(child, word) for child in node["children"]]
            return f" {word} ".join(parts)
        case "OPERATOR":
            return _operator(node)
        case "BETWEEN":
            return f"{_words(node['input'])} is from {_words(node['lower'])} to {_words(node['upper'])}"
        case "CAST":
            return _cast(node)
        case "CASE":
            return _case(node)
        case "FUNCTION":
            return _function(node)
        case _:
            raise _NoWordsError


def _inner(node: dict[str, Any], word: str) -> str:
    """A part of `a and b`; `a or b` inside it stands in brackets, and the other way round."""
    other = node["class"] == "CONJUNCTION" and not node["type"].lower().endswith(word)
    return f"({_words(node)})" if other else _words(node)


def _constant(node: dict[str, Any]) -> str:
    value = node["value"]
    if value.get("is_null"):
        return "nothing"
    return f"'{value['value']}'" if value["type"]["id"] == "VARCHAR" else str(value["value"])


def _column(node: dict[str, Any]) -> str:
    *of, name = node["column_names"]
    if not of and name.lower() in ROW_FLAGS:
        return "the row is hidden" if name.lower() == "row_hidden" else "the row is struck out"
    if not of and name.lower() == "current_date":
        return "the day of the run"
    if of and of[0].lower() == "raw":
        return f"`{name}` as found"
    return f"the {name.replace('_', ' ')} of the {of[0].replace('_', ' ')}" if of else f"`{name}`"


def _comparison(node: dict[str, Any]) -> str:
    verb = _COMPARED.get(node["type"])
    if verb is None:
        raise _NoWordsError
    left, right = _words(node["left"]), _words(node["right"])
    if node["right"]["class"] == "CONSTANT" and node["left"].get("function_name") in _CASES:
        return f"{_words(node['left']['children'][0])} {verb} {right} (capital or small)"
    if _is_date(node["right"]) or _is_date(node["left"]):
        verb = _DATED.get(verb, verb)
    return f"{left} {verb} {right}"


def _is_date(node: dict[str, Any]) -> bool:
    """Whether a value is a date, as far as its form or name tells."""
    is_cast = node["class"] == "CAST" and node["cast_type"]["id"] in ("DATE", "TIMESTAMP")
    return is_cast or str(node.get("column_names", [""])[-1]).lower().endswith(("date", "_at"))


def _operator(node: dict[str, Any]) -> str:
    first, *rest = (_words(child) for child in node["children"])
    match node["type"]:
        case "OPERATOR_IS_NULL":
            return f"{first} is empty"
        case "OPERATOR_IS_NOT_NULL":
            return f"{first} is filled"
        case "OPERATOR_NOT":
            return f"it is not so that {first}"
        case "OPERATOR_COALESCE":
            return ", or ".join([first, *(f"{other} if that is empty" for other in rest)])
        case "COMPARE_IN":
            return f"{first} is {listed(rest, 'or')}"
        case "COMPARE_NOT_IN":
            return f"{first} is none of {listed(rest)}"
        case _:
            raise _NoWordsError


def _cast(node: dict[str, Any]) -> str:
    kind, child = node["cast_type"]["id"], node["child"]
    if kind == "BOOLEAN" and child["class"] == "CONSTANT":
        return "always" if child["value"]["value"] == "t" else "never"
    said = _words(child)
    if child["class"] == "CONSTANT":
        return said.strip("'")
    return f"{said} read as {'a date' if kind == 'DATE' else 'a number'}" if kind != "VARCHAR" else said


def _case(node: dict[str, Any]) -> str:
    cases = node["case_checks"]
    found = "; ".join(f"where {_words(one['when_expr'])}: {_words(one['then_expr'])}" for one in cases)
    rest = _words(node["else_expr"])
    return found if rest == "nothing" else f"{found}; else {rest}"


def _function(node: dict[str, Any]) -> str:
    name = node["function_name"].lower()
    said = [_words(child) for child in node["children"]]
    if name in _CASES and len(said) == 1:
        return f"{said[0]} ({_CASES[name]})"
    if name in _TRIMMED:
        return said[0]
    if name in _ARITHMETIC and len(said) == 2:
        return f"{said[0]} {_ARITHMETIC[name]} {said[1]}"
    if name == "abs":
        return f"the amount of {said[0]}"
    if name in ("||", "concat"):
        return f"{said[0]} followed by {said[1]}" if len(said) == 2 else f"{listed(said)} one after the other"
    if name in ("regexp_matches", "regexp_full_match", "~~", "starts_with", "contains") and len(said) == 2:
        return _fits(name, said[0], said[1].strip("'"))
    if name == "money":
        return said[0]
    if name in _AGGREGATES and len(said) == 1:
        return f"{_AGGREGATES[name]} {said[0]}"
    raise _NoWordsError


def _fits(name: str, what: str, pattern: str) -> str:
    digits = re.fullmatch(r"\^?(?:\[0-9\]|\\d)\{(\d+)\}\$?", pattern)
    begins = re.match(r"\^\(?([A-Za-z|]+)\)?", pattern)
    if name == "starts_with":
        return f"{what} begins with '{pattern}'"
    if name == "contains":
        return f"{what} contains '{pattern}'"
    if digits is not None:
        return f"{what} is {digits[1]} digits"
    if pattern == "^[A-Z]":
        return f"{what} begins with a capital letter"
    if begins is not None and "|" in begins[1]:
        return f"{what} begins with {listed(begins[1].split('|'), 'or')} (by a pattern)"
    return f"{what} fits the pattern {pattern}"
