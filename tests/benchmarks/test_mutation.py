"""What is taken away from a rule file, some example misses."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.mutation import mutation_score
from crm_unify.rules.load import load_project
from tests.pipelines.interpret.maps import loaded

TEXT = """\
map: people
source: {system: shop, reader: csv, file: people.csv, key: [ID]}
code_tables: {sex: {file: sex.csv}}
targets:
  - when: "KIND = 'P'"
    person: {full_name: {from: NAME, transform: squeeze}, gender: {from: SEX, code_table: sex}}
    address: {of: person, city: {from: CITY, transform: upper},
      postal_code: {from: ZIP, pad_left: {to: 5, when: "COUNTRY = 'D'"}}}
  - {when: "TRUE", quarantine: {code: NOBODY, say: nobody}}
tests:
  - name: one
    given: [{ID: 1, KIND: P, NAME: A  B, SEX: m, CITY: Bonn, ZIP: '1067', COUNTRY: D}]
    expect: {person: [{full_name: A B, gender: M}], address: [{city: BONN, postal_code: '01067'}]}
"""


def test_survivors_are_what_no_example_misses(tmp_path: Path) -> None:
    """A code nobody uses, a step the field does anyway, conditions no row is on the other side of."""
    (tmp_path / "sex.csv").write_text("source_value,target_value\nm,M\nw,F\n")
    score = mutation_score(loaded(TEXT, tmp_path))
    assert (score.pieces, score.killed) == (7, 3)
    assert [part.name for part in score.survivors] == [
        "KIND = 'P'",
        "person.full_name: squeeze",
        "address.postal_code: pad_left when COUNTRY = 'D'",
        "sex: w",
    ]


@pytest.mark.slow
def test_the_demos_examples_miss_nearly_every_piece(root: Path) -> None:
    """Transforms, code rows and conditions of mappings/company: at least 95 in 100 cannot go unseen."""
    scores = [mutation_score(one) for one in load_project(root / "fixtures" / "company").files]
    assert sum(one.killed for one in scores) >= 0.95 * sum(one.pieces for one in scores)
