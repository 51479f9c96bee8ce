"""Expressions of rule files, said in words."""

import pytest

from crm_unify.steward.book.sql_words import condition_words, value_words


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        pytest.param("TYPE = 'C'", "`TYPE` is 'C'", id="a comparison"),
        pytest.param("upper(TYPE) = 'C'", "`TYPE` is 'C' (capital or small)", id="in any case"),
        pytest.param(
            "TYPE = 'C' AND CONTACT IS NOT NULL", "`TYPE` is 'C' and `CONTACT` is filled", id="two of them"
        ),
        pytest.param(
            "(a = 'x' OR b = 'y') AND c IS NULL",
            "(`a` is 'x' or `b` is 'y') and `c` is empty",
            id="or inside and",
        ),
        pytest.param("a IN ('x', 'y', 'z')", "`a` is 'x', 'y' or 'z'", id="a list"),
        pytest.param("a NOT IN ('x', 'y')", "`a` is none of 'x' and 'y'", id="no list"),
        pytest.param("NOT a LIKE 'x%'", "it is not so that `a` fits the pattern x%", id="not"),
        pytest.param("birth_date < current_date", "`birth_date` is before the day of the run", id="dates"),
        pytest.param("DATE '1910-01-01' < d", "1910-01-01 is before `d`", id="a date by itself"),
        pytest.param(
            "amount = quantity * unit_price", "`amount` is `quantity` times `unit_price`", id="a product"
        ),
        pytest.param("abs(balance) < 100", "the amount of `balance` is less than 100", id="an amount"),
        pytest.param("site.country_code = 'DE'", "the country code of the site is 'DE'", id="a mapped value"),
        pytest.param("row_struck", "the row is struck out", id="struck out"),
        pytest.param("TRUE", "always", id="always"),
        pytest.param("regexp_full_match(PLZ, '[0-9]{5}')", "`PLZ` is 5 digits", id="digits"),
        pytest.param("a BETWEEN 1 AND 2", "`a` is from 1 to 2", id="between"),
        pytest.param("raw.a = 'x'", "`a` as found is 'x'", id="the raw text"),
        pytest.param("levenshtein(a, b) < 3", "a formula over `a` and `b` holds", id="what has no words"),
    ],
)
def test_a_condition_is_a_clause(sql: str, words: str) -> None:
    """What a sales manager reads in the place of SQL."""
    assert condition_words(sql) == words


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        pytest.param("coalesce(COUNTRY, 'D')", "`COUNTRY`, or 'D' if that is empty", id="a default"),
        pytest.param("CASE WHEN a IS NOT NULL THEN b END", "where `a` is filled: `b`", id="a case"),
        pytest.param("CASE WHEN a = 'x' THEN 'y' ELSE b END", "where `a` is 'x': 'y'; else `b`", id="else"),
        pytest.param("a || ' ' || b", "`a` followed by ' ' followed by `b`", id="one behind the other"),
        pytest.param("TRY_CAST(a AS INTEGER)", "`a` read as a number", id="a cast"),
        pytest.param("md5(a)", "worked out from `a` by a formula", id="what has no words"),
    ],
)
def test_a_value_is_a_phrase(sql: str, words: str) -> None:
    """Where a value comes from, without SQL."""
    assert value_words(sql) == words
