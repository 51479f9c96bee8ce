"""The customers of the newest run against known truth."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.rules.loaded import LoadedProject
from crm_unify.schema.tables import TABLES
from crm_unify.schema.target import reachable
from crm_unify.steward.newest import newest_run
from crm_unify.steward.truth import located, read_labels
from matching.evaluation import Evaluation, evaluate
from pipelines.database.read import fetch


def accuracy(project: LoadedProject, truth: Path) -> Evaluation:
    """Precision and recall of the customers in the CRM.

    Raises UsageError for a truth file that names no record of the CRM.
    """
    labels = read_labels(truth)
    newest = newest_run(project)
    known, xref = TABLES["mig_source_record"], TABLES["mig_xref"]
    with reachable(newest.engine), newest.engine.connect() as connection:
        columns = [known.c[name] for name in ("record_id", "map", "row_hash", "part", "system")]
        records = fetch(connection, sa.select(*columns).order_by(known.c.record_id))
        membership = fetch(connection, sa.select(xref).order_by(xref.c.record_id))
    named = located(labels, fates=newest.results.fates, records=records)
    found = evaluate(membership.rename_columns(["record_id", "cluster"]), named, sources=records)
    if found.records == 0:
        why = "none of its records is in the CRM"
        raise UsageError(
            "nothing to compare", str(truth), why=why, remedy="check the record ids of the truth file"
        )
    return found
