"""A blind sample goes out without a score and comes back as precision and recall with an interval."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from crm_unify.errors import UsageError
from crm_unify.steward.review.sample import PAIRS, Design, draw, estimated, read_design
from tests.crm_unify.conftest import Toured
from tests.crm_unify.steward.review.towns import answer, asked_rows, columns, edited
from tests.projects import crm


def population(size: int) -> pa.Table:
    """Invented pairs: half of them merged, of three source pairs, in no order."""
    chance = np.random.default_rng(3)
    rows = {
        "left": [f"a:{number:05}" for number in range(size)],
        "right": [f"b:{number:05}" for number in range(size)],
        "merged": [number % 2 == 0 for number in range(size)],
        "probability": chance.random(size),
        "source": [("crm / crm", "billing / crm", "billing / shop")[number % 3] for number in range(size)],
    }
    return pa.table(rows, PAIRS).take(pa.array(chance.permutation(size)))


def test_a_sample_depends_on_pairs_and_seed_alone() -> None:
    """Whatever the order of the pairs; another seed gives another sample of the same sizes."""
    pairs = population(600)
    one, turned = (draw(some, precision=40, recall=30, seed=1) for some in (pairs, pairs.slice(0)[::-1]))
    other = draw(pairs, precision=40, recall=30, seed=2)
    assert (one.parts, one.pairs.to_pylist()) == (turned.parts, turned.pairs.to_pylist())
    assert len(one.pairs) == len(other.pairs) == 70
    assert one.pairs["question"] != other.pairs["question"]


def test_what_is_answered_truly_is_estimated_by_source() -> None:
    """All merged pairs of one source pair right, of another wrong: each shows, and the whole is between."""
    pairs = population(600)
    drawn = draw(pairs, precision=300, recall=0, seed=1)
    items = dict(zip(drawn.pairs["question"].to_pylist(), drawn.pairs["part"].to_pylist(), strict=True))
    right = {name: drawn.parts[at].source != "crm / crm" for name, at in items.items()}
    verdicts = {name: "same" if yes else "different" for name, yes in right.items()}
    found = estimated(Design("", 1, drawn.parts, items), verdicts)
    shares = {source: both[0] and both[0].value for source, both in found.sources.items()}
    assert shares == {"crm / crm": 0.0, "billing / crm": 1.0, "billing / shop": 1.0}
    assert found.precision is not None
    assert found.precision.value == pytest.approx(2 / 3, abs=0.01)


@pytest.fixture(scope="module")
def sampled(toured: Toured, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample of the tour."""
    file = tmp_path_factory.mktemp("sample") / "sample.xlsx"
    assert crm("review", "sample", toured.project, "--out", file).code == 0
    return file


def test_a_sample_tells_nothing_of_what_the_machine_thinks(sampled: Path) -> None:
    """No score, no reason, no customer in the workbook; merged pairs and others stand mixed."""
    page = load_workbook(sampled)["Clusters"]
    places = columns(page)
    told = ("Likely", "Why it is asked", "Customer")
    assert [page.cell(row, places[name]).value for name in told for row in range(2, page.max_row + 1)] == (
        [None] * (page.max_row - 1) * 3
    )
    groups = {part["group"] for part in json.loads(sampled.with_suffix(".design.json").read_text())["parts"]}
    assert "merged" in groups


def test_answers_become_precision_and_recall(sampled: Path) -> None:
    """Every pair said to be the same: precision is 1; nonsense is listed, the rest counts."""

    def change(page: Worksheet) -> None:
        for row in asked_rows(page):
            answer(page, row, "Same")
        answer(page, asked_rows(page)[-1], "prhaps")

    found = crm("review", "estimate", edited(sampled, change))
    assert found.code == 0, found.stderr
    assert found.data["precision"]["value"] == 1.0
    assert (found.data["empty"], len(found.data["problems"])) == (1, 1)
    assert found.data["answered"] == len(asked_rows(load_workbook(sampled)["Clusters"])) - 1


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"stamp": "P1", "seed": 1, "parts": [], "items": {"S-1": 0}}']
)
def test_a_design_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    """Without the design nothing can be estimated, and the message says which file is missing."""
    file = tmp_path / "sample.design.json"
    for present in (False, True):
        if present:
            file.write_text(text)
        with pytest.raises(UsageError, match="design of this sample is missing"):
            read_design(file)
