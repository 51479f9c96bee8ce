"""How good is the matching, against known truth?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output

if TYPE_CHECKING:
    from matching.evaluation import Evaluation, Ratio


@click.command("evaluate")
@click.option("--truth", required=True, type=click.Path(path_type=Path), help="CSV: record_id,true_customer.")
@environment_option
@project_argument
@output_options
def command(output: Output, project: Path, truth: Path, environment: str | None) -> None:
    """Compare the customers of the last run with known truth.

    The truth is a CSV with record_id and true_customer; a record of a source without a key may be named by
    file, sheet, row and part instead. Only records that both know are compared.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.steward.accuracy import accuracy

    found = accuracy(load_project(project, environment=environment), truth)
    output.answer(as_json(found), as_text(found))


def as_json(found: Evaluation) -> dict[str, object]:
    """The figures by name, shares from 0 to 1."""
    return {
        "records": found.records,
        "true_customers": found.customers,
        "customers": found.clusters,
        "pairwise": _ratio(found.pairwise),
        "b_cubed": _ratio(found.bcubed),
        "customers_exact": _ratio(found.clusters_exact),
    }


def _ratio(ratio: Ratio) -> dict[str, float]:
    return {
        "precision": round(ratio.precision, 4),
        "recall": round(ratio.recall, 4),
        "f1": round(ratio.f1, 4),
    }


def as_text(found: Evaluation) -> str:
    """The figures as a small table."""
    ways = (("pairs", found.pairwise), ("B-cubed", found.bcubed), ("customers exact", found.clusters_exact))
    lines = [f"{name:<16} {r.precision:>9.4f} {r.recall:>7.4f} {r.f1:>7.4f}" for name, r in ways]
    head = f"{found.records} records, {found.customers} true customers, {found.clusters} found"
    return "\n".join([head, f"{'':<16} precision  recall      F1", *lines])
