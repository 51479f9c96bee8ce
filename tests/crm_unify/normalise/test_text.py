"""Text: squeezed, folded, checked for the wrong encoding."""

from __future__ import annotations

import pytest

from crm_unify.normalise import text
from tests.crm_unify.normalise.cases import column, one, problem


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        pytest.param("Müller", "MUELLER", id="umlaut"),
        pytest.param("Mu\u0308ller", "MUELLER", id="umlaut of two characters"),
        pytest.param(" mueller ", "MUELLER", id="umlaut spelt out"),
        pytest.param("Muller", "MULLER", id="umlaut lost: one letter away"),
        pytest.param("Straße", "STRASSE", id="sharp s"),
        pytest.param("Łódź", "LODZ", id="Polish"),
        pytest.param("Argüelles", "ARGUELLES", id="Spanish u is no umlaut"),
        pytest.param("Søren Åge", "SOEREN AAGE", id="Danish"),
        pytest.param("Иван Петров", "IVAN PETROV", id="Cyrillic"),
        pytest.param("O’Brien", "OBRIEN", id="apostrophe"),
        pytest.param("O' Brien", "OBRIEN", id="apostrophe and space"),
        pytest.param("Smith-Jones, Ltd.", "SMITH JONES LTD", id="punctuation"),
        pytest.param("...", None, id="nothing but punctuation"),
    ],
)
def test_fold(raw: str, folded: str | None) -> None:
    """Spellings of one name fold to one text."""
    assert one(text.fold, raw) == folded


@pytest.mark.parametrize(
    ("raw", "squeezed"),
    [
        pytest.param("  a \t b\u00a0\n c ", "a b c", id="all kinds of spaces"),
        pytest.param("a\u200bb\u00adc", "abc", id="invisible characters"),
        pytest.param("Mu\u0308ller", "Müller", id="composed accents"),
        pytest.param("A & B", "A & B", id="nothing to do"),
    ],
)
def test_squeeze(raw: str, squeezed: str) -> None:
    """Spacing is tidied, nothing else changes."""
    assert one(text.squeeze, raw) == squeezed


@pytest.mark.parametrize(
    ("raw", "likely"),
    [
        pytest.param("MÃ¼ller", "Müller", id="UTF-8 read as cp1252"),
        pytest.param("MÃƒÂ¼ller", "Müller", id="twice"),
        pytest.param("Müller", None, id="right"),
        pytest.param("Иван Петров", None, id="Cyrillic is no mojibake"),
        pytest.param("Ação São João", None, id="Portuguese is no mojibake"),
    ],
)
def test_mojibake(raw: str, likely: str | None) -> None:
    """Text read with the wrong encoding is found and put right, right text is left alone."""
    found = text.mojibake(column(raw))
    assert found.value.to_pylist() == [likely]
    assert (found.problem[0].as_py() is None) == (found.value[0].as_py() is None)


def test_lost_characters_are_a_problem_without_a_remedy() -> None:
    """U+FFFD cannot be put right."""
    assert one(text.mojibake, "M\ufffdller") is None
    assert problem(text.mojibake, "M\ufffdller") == "TEXT-MOJIBAKE"
