"""Distinct values are normalised once and the answers spread over the rows."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from crm_unify.normalise import booleans, emails, phones, postcodes, text
from crm_unify.normalise.columns import each, each_word, glue, strings
from crm_unify.normalise.interface import MANY, Normalised, distinct, distinct_by, fine
from crm_unify.normalise.problems import PROBLEMS
from tests.crm_unify.normalise.cases import column


def test_a_kernel_sees_each_distinct_value_once() -> None:
    """A million equal rows cost one call."""
    seen: list[str] = []

    def kernel(values: Any) -> Normalised:
        seen.extend(values.to_pylist())
        return fine(values)

    result = distinct(column("a", "b", "a", None, "b"), kernel)
    assert seen == ["a", "b"]
    assert result.value.to_pylist() == ["a", "b", "a", None, "b"]


@pytest.mark.parametrize(
    "chunked",
    [
        pytest.param(pa.chunked_array([["Y", None], [], ["N", "?"]], pa.string()), id="chunks"),
        pytest.param(pa.chunked_array([["Y", None, "N", "?"]]).dictionary_encode(), id="dictionary"),
        pytest.param(pa.array(["x", "Y", None, "N", "?"]).slice(1), id="slice"),
        pytest.param(pa.array(["Y", None, "N", "?"], pa.large_string()), id="large text"),
    ],
)
def test_any_arrow_text_column_will_do(chunked: Any) -> None:
    """Chunks, slices, dictionaries and large text give what a plain array gives."""
    result = booleans.booleans(chunked)
    assert result.value.to_pylist() == ["true", None, "false", None]
    assert result.problem.to_pylist() == [None, None, None, "BOOLEAN-UNPARSED"]


def test_numbers_are_read_as_their_text() -> None:
    """A phone column typed as integer by its source is normalised all the same."""
    result = phones.phones(pa.array([2025550143]), country="US")
    assert result.value.field("e164").to_pylist() == ["+12025550143"]


def test_a_key_column_decides_row_by_row() -> None:
    """The same postcode text is read by the country of its row, in row order."""
    raw, countries = column("12345", "12345", "12345", "1234"), column("DE", "PL", None, "DE")
    result = postcodes.postcodes(raw, country=countries)
    assert result.value.to_pylist() == ["12345", "12-345", "12345", None]
    assert result.problem.to_pylist() == [None, None, None, "POSTCODE-INVALID"]


def test_an_empty_column_with_a_key_column_is_empty() -> None:
    """No rows in, no rows out, of the right type."""
    result = distinct_by(column(), column(), kernel=lambda values, key: fine(values))
    assert len(result.value) == len(result.problem) == 0


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u00a0", "\u200b", None])
def test_blank_text_is_missing_not_wrong(blank: str | None) -> None:
    """Blank gives null without a problem."""
    for kernel in (text.squeeze, emails.emails, booleans.booleans):
        result = kernel(column(blank))
        assert (result.value.null_count, result.problem.null_count) == (1, 1)


def test_words_answered_by_none_are_dropped() -> None:
    """Each distinct word is mapped once, dropped words leave no gap, null rows stay null."""
    raw = column("a b c", None, "b", "c b a")
    result = each_word(raw, lambda word: None if word == "b" else word.upper())
    assert result.to_pylist() == ["A C", None, "", "C A"]


def test_gluing_leaves_out_nulls_but_no_row() -> None:
    """A row of nulls only stays a row."""
    glued = glue(column("a", None, None), column("b", "c", None), separator="|")
    assert glued.to_pylist() == ["a|b", "c", None]


def test_gluing_columns_that_hold_nothing() -> None:
    """They leave no trace, and where there are no others every row is there."""
    nothing = column(None, None)
    assert glue(nothing, column("a", None), nothing, separator=" ").to_pylist() == ["a", None]
    assert glue(nothing, nothing, separator=" ").to_pylist() == [None, None]
    assert glue("+", nothing, nothing).to_pylist() == ["+", "+"]
    assert glue(column(), column(), separator=" ").to_pylist() == []


def test_each_keeps_nulls() -> None:
    """A function over values is not asked about null."""
    assert each(column("a", None), str.upper).to_pylist() == strings(["A", None]).to_pylist()


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_every_problem_has_a_sentence(code: str) -> None:
    """A problem names the column and the raw text, and says what to do."""
    entry = PROBLEMS[code]
    sentence = entry.sentence(column="TEL", raw="x{y}")
    assert "TEL" in sentence
    assert "x{y}" in sentence
    assert entry.title
    assert entry.suggestion.endswith(".")


def test_many_values_are_answered_in_their_rows() -> None:
    """Values past the bound are worked on in two halves: each answer stands in the rows of its value."""
    raw = [f"Ä{number}" for number in range(MANY + 1)]
    found = text.fold(pa.array([*raw, raw[0]]))
    assert found.value.to_pylist() == [*(f"AE{number}" for number in range(MANY + 1)), "AE0"]
    assert found.problem.null_count == len(found.problem) == MANY + 2
