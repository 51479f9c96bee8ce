"""Who is who, and what is known of each: the two steps that a full run and one of the news alone share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa

from crm_unify.progress import Progress
from crm_unify.run.decisions import Rulings, standing, with_confirmed
from crm_unify.run.deletions import shown
from crm_unify.run.gather import Base
from crm_unify.run.known import Known
from crm_unify.run.model import settings, stored_model
from crm_unify.validation.doors import check_golden
from matching.engine import Matched, match
from matching.evidence import Standing
from matching.features import features
from matching.golden import Golden, golden


def standing_of(base: Base, ruled: Rulings) -> Standing:
    """The customers that stand in the CRM, as the project has matching treat them."""
    split = base.project.project.on_lost_evidence == "split"
    return standing(base.ledger.xref, ruled, split=split)


def who_is_who(
    base: Base, parties: pa.Table, claims: Mapping[str, pa.Table], *, ruled: Rulings, progress: Progress
) -> Matched:
    """Match all of these parties. Raises GuardStopped where the model in force is of another kernel."""
    chosen = settings(base.project.project)
    return match(
        features(parties, claims),
        model=stored_model(base.ledger, chosen),
        decisions=ruled.verdicts,
        standing=standing_of(base, ruled),
        settings=chosen,
        progress=progress,
    )


def golden_rows(base: Base, every: Known, xref: pa.Table, ruled: Rulings, objections: pa.Table) -> Golden:
    """The golden rows of the customers of `xref` (record_id, customer_id), checked, with who was confirmed.

    `objections` are those of rows that make no record. Raises GuardStopped where a row is not what the CRM
    promises.
    """
    said = base.project.project
    seen, unheard = shown(every, xref, objections)
    parties = seen.with_customers(xref, said.trust, ruled.pins)
    made = golden(parties, seen.claims, chains=said.survivorship, objections=unheard)
    made = replace(made, tables=with_confirmed(made.tables, xref, ruled))
    check_golden(made.tables)
    return made
