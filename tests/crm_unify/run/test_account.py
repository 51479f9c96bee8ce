"""Every row of the tour is in its place, and a row that gets lost stops the run."""

from pathlib import Path

import pyarrow as pa
import pytest

from crm_unify.run import gather
from pipelines.interpret.interface import Interpreted
from tests.crm_unify.conftest import Toured
from tests.projects import differing, dump, run

PLACES = ("extracted", "mapped", "held", "quarantined", "discarded", "withheld_values")
EXPECTED = {
    "billing_customers": (9, 5, 0, 3, 1, 0),
    "billing_orders": (3, 2, 1, 0, 0, 0),
    "newsletter": (5, 4, 0, 0, 1, 1),
    "sales_contacts": (7, 5, 0, 0, 2, 0),
}


def test_every_row_of_the_tour_is_in_its_place(toured: Toured) -> None:
    """The figures of docs/one_record.md."""
    found = {
        name: tuple(line[place] for place in PLACES) for name, line in toured.answer.data["account"].items()
    }
    assert found == EXPECTED


def test_control_sums_agree(toured: Toured) -> None:
    """Balances: source = loaded + quarantined; orders: source = loaded + held."""
    assert "control sums do not agree" not in toured.answer.data["waiting"]


def test_one_row_lost_and_another_doubled_stops_the_run(
    touring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 3 and nothing written, though the number of rows is right."""
    project = touring
    before, right = dump(project / "crm.db"), gather.interpret

    def losing(*arguments: object, **options: object) -> Interpreted:
        made = right(*arguments, **options)  # type: ignore[arg-type]  # handed on as they came
        keep = [1, *range(1, len(made.fates))]
        object.__setattr__(made, "fates", made.fates.take(pa.array(keep)))
        return made

    monkeypatch.setattr(gather, "interpret", losing)
    answer = run(project)
    assert (answer.code, answer.data["error"]["code"]) == (3, "ACCOUNT-UNBALANCED")
    assert differing(before, dump(project / "crm.db")) == set()
