"""All pairs a sample is taken of: those within customers, and those that blocking proposed and are apart.

Of a customer of more than MAX_COMPONENT records the proposed pairs stand for all: nobody compared the others.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.progress import Progress
from crm_unify.records import PARTIES
from crm_unify.run.model import readable
from crm_unify.schema.bookkeeping import mig_source_record, mig_xref
from crm_unify.steward.review.sample import PAIRS, sources_of
from matching.blocking import candidates
from matching.clustering import MAX_COMPONENT, inner_pairs
from matching.columns import Ints
from matching.comparisons import compare
from matching.features import KindFeatures, features
from matching.frequencies import known
from matching.model import KindModel, Model
from matching.scoring import score
from matching.settings import Settings
from pipelines.carry import claims_of
from pipelines.database.read import fetch
from pipelines.ledger import model_in_force


def population(connection: sa.Connection, chosen: Settings, *, progress: Progress) -> pa.Table:
    """PAIRS of the records in the CRM, by the customers they are in now.

    Blocking is done once more, so that pairs which were weighed and let go are among them. Raises UsageError
    when no run has stored a model yet, GuardStopped when another version made it.
    """
    stored = model_in_force(connection)
    if stored is None:
        raise UsageError("there is nothing to sample yet", "mig_model", remedy="run it with `crm-unify run`")
    r, x = mig_source_record.c, mig_xref.c
    columns = (r.record_id, r.system, r.entity, r.kind, r.created, r.updated, r.claims, x.customer_id)
    query = sa.select(*columns).join(mig_xref, x.record_id == r.record_id).where(r.kind.in_(PARTIES))
    with progress.stage("reading records"):
        records = fetch(connection, query.order_by(r.record_id))
        claims = claims_of(records.select(["record_id", "kind", "claims"]))
    with progress.stage("comparing"):
        made = features(records.drop_columns(["claims", "customer_id"]), claims)
        return pairs_of(made.kinds, readable(stored, chosen), records)


def pairs_of(kinds: Mapping[str, KindFeatures], model: Model, records: pa.Table) -> pa.Table:
    """PAIRS of these records; `records` has record_id, system and customer_id."""
    parts = [_of_kind(held, model.kinds[kind], records) for kind, held in sorted(kinds.items())]
    return pa.concat_tables([PAIRS.empty_table(), *parts])


def _of_kind(plain: KindFeatures, weights: KindModel, records: pa.Table) -> pa.Table:
    held = known(plain, weights)
    at = pc.index_in(held.record_ids, records["record_id"].combine_chunks())
    system = records["system"].combine_chunks().take(at)
    customer = records["customer_id"].combine_chunks().take(at).dictionary_encode().indices.to_numpy()
    label = np.unique(customer, return_index=True)[1][np.unique(customer, return_inverse=True)[1]]
    within = inner_pairs(np.asarray(label, np.int64))
    found = candidates(held)
    proposed = [np.asarray(side, np.int64) for side in (found.left, found.right)]
    together = label[proposed[0]] == label[proposed[1]]
    large = together & (np.bincount(label, minlength=len(label))[label[proposed[0]]] > MAX_COMPONENT)
    inner = [np.concatenate([some, side[large]]) for some, side in zip(within, proposed, strict=True)]
    apart = [side[~together] for side in proposed]
    return pa.concat_tables(
        _table(held, weights, system, left=left, right=right, merged=merged)
        for merged, (left, right) in ((True, inner), (False, apart))
    )


def _table(
    held: KindFeatures, weights: KindModel, system: pa.Array, *, left: Ints, right: Ints, merged: bool
) -> pa.Table:
    sure = score(held.kind, compare(held, left, right), weights).probability
    one, other = pa.array(left), pa.array(right)
    columns = {
        "left": held.record_ids.take(one),
        "right": held.record_ids.take(other),
        "merged": pa.repeat(pa.scalar(merged), len(left)),
        "probability": pa.array(sure),
        "source": sources_of(system.take(one), system.take(other)),
    }
    return pa.table(columns).cast(PAIRS)
