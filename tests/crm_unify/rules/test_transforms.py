"""Transforms do what their one line says."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_unify.normalise.names import split_names
from crm_unify.rules.transforms import TRANSFORMS


def transformed(name: str, *values: str | None) -> list[str | None]:
    """A column of these values after one transform."""
    found: list[str | None] = TRANSFORMS[name].kernel(pa.array(values, pa.string())).value.to_pylist()
    return found


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        pytest.param("squeeze", "  MUELLER \t GMBH ", "MUELLER GMBH", id="squeeze"),
        pytest.param("upper", "ärger 7a", "ÄRGER 7A", id="upper"),
        pytest.param("lower", "ÄPFEL", "äpfel", id="lower"),
        pytest.param("person_case", "ANNA MCDONALD", "Anna McDonald", id="person case"),
        pytest.param("org_case", "ACME TRADING GMBH", "Acme Trading GmbH", id="organisation case"),
        pytest.param("digits", "DE 0815-4711", "08154711", id="digits"),
        pytest.param("digits", "none", None, id="no digits"),
        pytest.param("fold", "Müller & Söhne", "MUELLER SOEHNE", id="fold"),
        pytest.param("strip_accents", "Zoë Müßig", "Zoe Mußig", id="accents"),
        pytest.param("strip_leading_zeros", "000170", "170", id="leading zeros"),
        pytest.param("strip_leading_zeros", "000", "0", id="zeros only"),
        pytest.param("first_line", "Hafenweg 3\r\nHinterhaus", "Hafenweg 3", id="first line"),
        pytest.param("one_line", "Hafenweg 3 \r\n\n Hinterhaus", "Hafenweg 3, Hinterhaus", id="one line"),
        pytest.param("repair_encoding", "MÃ¼ller", "Müller", id="mojibake"),
        pytest.param("repair_encoding", "Müller", "Müller", id="right as it is"),
        pytest.param("surname_first", "MUELLER ANNA", "MUELLER, ANNA", id="surname first"),
        pytest.param(
            "surname_first", "VON DER HEIDE KARL", "VON DER HEIDE, KARL", id="surname with particles"
        ),
        pytest.param("surname_first", "DR. MUELLER ANNA", "MUELLER, DR. ANNA", id="title before the surname"),
        pytest.param("surname_first", "SMITH ROBERT (BOB)", "SMITH, ROBERT (BOB)", id="nickname"),
        pytest.param("surname_first", "HARTMANN, EVA", "HARTMANN, EVA", id="comma is there"),
        pytest.param("surname_first", "CHER", "CHER", id="one word"),
    ],
)
def test_a_transform_does_what_it_says(name: str, before: str, after: str | None) -> None:
    """Values are transformed wherever they stand; null stays null."""
    assert transformed(name, before, None, before) == [after, None, after]


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in TRANSFORMS])
def test_every_transform_is_known_by_name_and_line(name: str) -> None:
    """The rule book prints the line; an empty column is no trouble."""
    assert TRANSFORMS[name].doc
    assert TRANSFORMS[name].doc[-1] != "."
    assert transformed(name) == []


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in TRANSFORMS])
@settings(max_examples=10)  # of thirty values each: a column costs more than a value
@given(values=st.lists(st.none() | st.text(max_size=12), min_size=10, max_size=30))
def test_a_transform_changes_nothing_the_second_time(name: str, values: list[str | None]) -> None:
    """Cleaning is idempotent, and keeps the rows."""
    once = transformed(name, *values)
    assert len(once) == len(values)
    assert transformed(name, *once) == once


@settings(max_examples=20)
@given(
    particles=st.sampled_from(["", "VON DER ", "DE ", "VAN "]),
    family=st.sampled_from(["MUELLER", "O'NEIL", "KLEIN-BONN"]),
    given_names=st.lists(st.sampled_from(["ANNA", "KARL-HEINZ", "EVA"]), min_size=1, max_size=3),
)
def test_surname_first_reads_the_same_in_every_order(
    particles: str, family: str, given_names: list[str]
) -> None:
    """What the clerk wrote surname first is the same name wherever the file says names begin."""
    text = pa.array([f"{particles}{family} {' '.join(given_names)}"])
    as_written = split_names(text, order="family_first").value
    turned = TRANSFORMS["surname_first"].kernel(text).value
    assert split_names(turned, order="given_first").value == as_written
