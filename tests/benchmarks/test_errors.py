"""The errors of matching on a labelled set."""

from argparse import Namespace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.claims import Roles
from benchmarks.errors import chosen, errors, pairs_within, report
from benchmarks.labelled import Labelled
from matching.engine import match
from matching.features import features
from tests.matching.people import clusters, person

ROLES = Roles({"given": "given_name", "family": "family_name", "born": "birth_date", "email": "email"})

PEOPLE = (
    person("crm:1", given="Ada", family="Lovelace", born="1815-12-10", email="ada@mail.example"),
    person("crm:2", given="Ada", family="Lovelace", born="1815-12-10", email="ada@mail.example"),
    person("crm:3", given="Bruno", family="Dorn", born="1961-01-02"),
    person("crm:4", given="Irma", family="Falk", born="1970-05-06"),
)


def _set(labels: list[str]) -> Labelled:
    columns = {
        "record_id": "record_id",
        "given": "given",
        "family": "family",
        "born": "born",
        "email": "email",
    }
    table = pa.table({name: [str(row.get(key) or "") for row in PEOPLE] for name, key in columns.items()})
    table = table.append_column("source_system", pa.array(["crm"] * len(PEOPLE)))
    truth = pa.table({"record_id": table["record_id"], "true_customer": labels})
    return Labelled(table, truth, ROLES)


@given(st.lists(st.integers(-1, 4), max_size=15))
def test_pairs_within_are_all_pairs_with_one_code(codes: list[int]) -> None:
    """Every pair of equal codes comes once, the lesser position first."""
    left, right = pairs_within(np.array(codes, np.int64))
    wanted = [(i, j) for i in range(len(codes)) for j in range(i + 1, len(codes)) if codes[i] == codes[j]]
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == wanted


@pytest.mark.parametrize(
    ("labels", "kind", "pairs"),
    [
        pytest.param(["a", "b", "c", "d"], "wrong", [(0, 1)], id="different customers in one cluster"),
        pytest.param(["a", "a", "b", "b"], "missed", [(2, 3)], id="one customer in two clusters"),
        pytest.param(["a", "a", "b", "c"], "missed", [], id="no error"),
    ],
)
def test_errors_are_the_pairs_on_which_clusters_and_truth_differ(
    labels: list[str], kind: str, pairs: list[tuple[int, int]]
) -> None:
    """A wrong merge and a missed pair are found with their positions."""
    data = _set(labels)
    made = features(*data.claims())
    matched = match(made)
    assert clusters(matched)["crm:2"] == "crm:1"
    found = errors(kind, made.kinds["person"], matched, data.truth)
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == pairs
    assert [pair for pair, _ in chosen(found, 5)] == list(range(len(pairs)))


def test_a_shown_error_has_both_rows_levels_and_rules(capsys: pytest.CaptureFixture[str]) -> None:
    """The report names both records, what the fields say and which rules propose the pair."""
    data = _set(["a", "b", "c", "d"])
    made = features(*data.claims())
    report(data, made, match(made), Namespace(kind="wrong", limit=1, patterns=1, order="size"))
    shown = capsys.readouterr().out
    assert "crm:1" in shown
    assert "the same birth date" in shown
    assert "proposed by: same e-mail address" in shown
