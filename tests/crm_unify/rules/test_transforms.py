"""Transforms do what their one line says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_unify.errors import ConfigurationError
from crm_unify.normalise.names import split_names
from crm_unify.rules.source_model import Parse
from crm_unify.rules.steps import Step
from crm_unify.rules.transform_page import page
from crm_unify.rules.transforms import TRANSFORMS, Shown, prepared
from crm_unify.rules.yaml_tree import parse_yaml
from pipelines.interpret.values import Text
from pipelines.interpret.values import transformed as transformed_text
from tests.pipelines.interpret.maps import claimed, loaded, out, refused, rule_text


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
def test_every_transform_is_known_by_name_line_and_example(name: str) -> None:
    """The rule book prints the line, and the docstring shows at least one value going in and coming out."""
    assert TRANSFORMS[name].doc
    assert TRANSFORMS[name].doc[-1] != "."
    assert TRANSFORMS[name].shown
    assert TRANSFORMS[name].text.count(" becomes ") >= len(TRANSFORMS[name].shown)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param(name, shown, id=f"{shown.step}: {shown.before}")
        for name, transform in TRANSFORMS.items()
        for shown in transform.shown
    ],
)
def test_what_a_docstring_shows_is_what_happens(name: str, shown: Shown) -> None:
    """Every example is a step as a rule file would have it, and does what stands there."""
    step, row = (_yaml(text) for text in (shown.step, shown.row or "{}"))
    found = prepared(step if isinstance(step, str) else Step.model_validate(step))
    assert found.transform.name == name
    one = {key: pa.array([value], pa.string()) for key, value in row.items()}
    before = None if shown.before is None else shown.before.replace(r"\n", "\n")
    text = Text(pa.array([before], pa.string()), pa.nulls(1, pa.string()))
    parse = Parse(decimal=",", phone_country="DE")
    after = transformed_text(
        text, found, column=lambda name: one.get(name, pa.nulls(1, pa.string())), parse=parse
    )
    assert after.text.to_pylist() == [None if shown.after is None else shown.after.replace(r"\n", "\n")]


def _yaml(text: str) -> Any:
    return parse_yaml(f"it: {text}", shown="docstring").data["it"]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        pytest.param("{pad_lft: 5}", "unknown transform 'pad_lft'", id="no such transform"),
        pytest.param("{pad_left: {too: 5}}", "it has no option 'too'", id="no such option"),
        pytest.param("{pad_left: {with: x}}", "it needs 'to'", id="needed option"),
        pytest.param("{pad_left: many}", "'to' needs a whole number", id="no number"),
        pytest.param("{pad_left: 2000000000}", "'to' needs a number from 1 to 10,000", id="endless"),
        pytest.param("{regexp_extract: '(['}", "is no regular expression", id="broken pattern"),
        pytest.param(
            "{regexp_extract: {pattern: '(a)', group: 3}}",
            "the pattern has no group 3",
            id="group that is not there",
        ),
        pytest.param("{split_name: surname}", "unknown 'part' 'surname'", id="no such part"),
        pytest.param("{squeeze: 3}", "it takes no options", id="option for one without"),
        pytest.param("{squeeze: 3, upper: 4}", "one name with them, found squeeze, upper", id="two names"),
        pytest.param("{lookup: {}}", "it needs 'values'", id="empty list of codes"),
    ],
)
def test_a_step_that_means_nothing_is_refused_with_its_line(step: str, said: str) -> None:
    """`check` tells it with the place in the file, before any row is read."""
    text = rule_text(f"- person: {{full_name: {{from: NAME, transform: [squeeze, {step}]}}}}")
    with pytest.raises(ConfigurationError, match=re.escape(said)) as caught:
        loaded(text)
    assert caught.value.line == 4


def test_steps_take_further_columns_of_the_row() -> None:
    """They count as taken, and stand in the lineage."""
    text = rule_text("- person: {full_name: {from: NAME, transform: [{concat: [MORE]}, squeeze]}}")
    found = out(text, {"ID": "1", "NAME": "Anna", "MORE": "Keller"})
    assert claimed(found, "person")[0]["full_name"] == "Anna Keller"
    (name, *_) = found.lineages[0].fields
    assert (name.columns, name.how) == (("NAME", "MORE"), "concat ('MORE'), squeeze")


def test_a_step_that_cannot_take_a_value_withholds_it() -> None:
    """Also where later steps would fill it up; the record loads."""
    birth = "{from: BORN, transform: [{date: '%d.%m.%Y'}, {default: 1970-01-01}]}"
    text = rule_text(f"- person: {{full_name: {{from: NAME}}, birth_date: {birth}}}")
    found = out(text, {"ID": "1", "NAME": "Anna Keller", "BORN": "31.2.1980"})
    assert "birth_date" not in claimed(found, "person")[0]
    assert refused(found, "severity", "code", "raw") == [("withhold", "DATE-UNPARSED", "31.2.1980")]


def test_the_page_of_transforms_is_the_docstrings(root: Path, golden: Callable[[Path, str], None]) -> None:
    """docs/transforms.md holds every transform with its options and examples."""
    golden(root / "docs/transforms.md", page())


@pytest.mark.parametrize(
    "name", [pytest.param(n, id=n) for n, one in TRANSFORMS.items() if not one.options and not one.reads]
)
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
