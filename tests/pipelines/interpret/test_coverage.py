"""What the examples of a rule file try, and what they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.interpret.coverage import Coverage, try_examples
from tests.pipelines.interpret.maps import AS_OF, loaded

TEXT = """\
map: people
source: {system: shop, reader: csv, file: people.csv, key: [ID]}
rules: {R-1: {what: people stay}, R-2: {what: why nobody takes NOTE}}
code_tables: {sex: {file: sex.csv}}
targets:
  - when: "KIND = 'P'"
    rule: R-1
    person: &one
      full_name: {from: NAME, transform: [{strip_prefix: "Fa. "}]}
      gender: {from: SEX, code_table: sex}
    address: {of: person, city: {from: CITY, transform: upper},
      postal_code: {from: ZIP, pad_left: {to: 5, when: "KIND = 'P'"}}}
  - when: "row_struck"
    quarantine: {code: STRUCK, say: the row is struck out}
  - person: *one
checks: [{id: C-1, on: person, expr: "gender IS NOT NULL"}]
tests:
"""


def covered(folder: Path, *examples: str) -> Coverage:
    """The coverage of the rule file above with these examples, all of which have to pass."""
    (folder / "sex.csv").write_text("source_value,target_value\nm,M\nw,F\n?,?\n")
    lines = "".join(f"  - {{name: e{i}, {example}}}\n" for i, example in enumerate(examples))
    text = TEXT + lines if lines else TEXT.removesuffix("tests:\n")
    failing, found = try_examples(loaded(text, folder), as_of=AS_OF)
    assert failing == ()
    return found


@pytest.mark.parametrize(
    ("example", "tried"),
    [
        pytest.param(
            "given: [{ID: 1, NAME: Anna, SEX: w, KIND: P}], expect: {}",
            {"KIND = 'P'", "sex: w", "R-1"},
            id="branch, code and rule",
        ),
        pytest.param(
            "given: [{ID: 1, NAME: Fa. Anna}], expect: {}",
            {"TRUE", "C-1", "person.full_name: strip_prefix ('Fa. ')"},
            id="transform and check",
        ),
        pytest.param(
            "given: [{ID: 1, NAME: Anna, KIND: P, CITY: Bonn, ZIP: '1067', SEX: m}], expect: {}",
            {"KIND = 'P'", "address.city: upper", "address.postal_code: pad_left", "sex: m", "R-1"},
            id="padding",
        ),
        pytest.param(
            "given: [{ID: 1, NAME: Anna, KIND: P, CITY: BONN, ZIP: '10670', SEX: m}], expect: {}",
            {"KIND = 'P'", "sex: m", "R-1"},
            id="steps that change nothing try nothing",
        ),
        pytest.param(
            "given: [{ID: 1, NAME: A, row_struck: true}], expect: {}", {"row_struck"}, id="a flag of the row"
        ),
        pytest.param(
            "shows: [R-2], given: [{ID: 1, NAME: A, SEX: m}], expect: {}",
            {"TRUE", "sex: m", "R-2"},
            id="a rule that decides no row",
        ),
    ],
)
def test_a_part_is_tried_when_it_makes_a_difference(tmp_path: Path, example: str, tried: set[str]) -> None:
    """The parts an example would miss, each once although YAML uses the block twice."""
    found = covered(tmp_path, example)
    assert {part.name for part in set(found.parts) - set(found.untried)} == tried


def test_a_code_that_is_open_needs_no_example(tmp_path: Path) -> None:
    """Its meaning is a question; the file's other parts are counted with their places."""
    found = covered(tmp_path)
    assert found.counts() == {
        "branch": (0, 3), "transform": (0, 4), "code row": (0, 2), "rule": (0, 2), "check": (0, 1)
    }  # fmt: skip
    assert [(p.file, p.line) for p in found.parts if p.name == "sex: w"] == [("sex.csv", 3)]


def test_an_example_that_would_stop_a_run_fails_and_tries_nothing(tmp_path: Path) -> None:
    """The sentence says which rule stops."""
    text = TEXT.replace("expr: ", "severity: stop, expr: ")
    (tmp_path / "sex.csv").write_text("source_value,target_value\nm,M\n")
    text += "  - {name: e, given: [{ID: 1, NAME: A}], expect: {}}\n"
    (failing,), found = try_examples(loaded(text, tmp_path), as_of=AS_OF)
    assert failing.said[0].startswith("a run with these rows stops: check C-1 does not hold for 1 rows")
    assert found.untried == found.parts
