"""The records and the model a CRM database remembers, ready to explain pairs: no workspace, no sources."""

from __future__ import annotations

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.progress import Progress
from crm_unify.records import PARTIES
from crm_unify.run.model import readable
from crm_unify.schema.bookkeeping import mig_source_record
from matching.explain import Explainer
from matching.features import features
from matching.settings import Settings
from pipelines.carry import claims_of
from pipelines.database.read import fetch
from pipelines.ledger import model_in_force


def explainer(connection: sa.Connection, chosen: Settings, *, progress: Progress) -> Explainer:
    """Explain pairs of the records the CRM knows, by the model that scored them.

    What a pair weighs depends on how common its values are, so all party records are read. Raises UsageError
    when no run has stored a model yet, GuardStopped when another version made it.
    """
    stored = model_in_force(connection)
    if stored is None:
        raise UsageError("there is nothing to explain yet", "mig_model", remedy="run it with `crm-unify run`")
    model = readable(stored, chosen)
    c = mig_source_record.c
    columns = (c.record_id, c.system, c.entity, c.kind, c.created, c.updated, c.claims)
    query = sa.select(*columns).where(c.kind.in_(PARTIES)).order_by(c.record_id)
    with progress.stage("reading records"):
        records = fetch(connection, query)
        claims = claims_of(records.select(["record_id", "kind", "claims"]))
    with progress.stage("comparing"):
        return Explainer(features(records.drop_columns(["claims"]), claims), model)
