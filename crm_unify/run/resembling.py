"""Records that resemble somebody who was erased: loaded like any other, and shown to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.suppression import erasure_tokens, standing
from pipelines.carry import in_force
from pipelines.erasure.tokens import traits

if TYPE_CHECKING:
    from crm_unify.run.decisions import Rulings
    from crm_unify.run.known import Known


def resembling(project: LoadedProject, engine: sa.Engine, every: Known, ruled: Rulings) -> tuple[str, ...]:
    """Records that share an address, number, identifier, or name and birth date with an erased person.

    Records that a person has spoken of, or whose customer somebody confirmed, are not asked about again.
    """
    suppressed = standing(engine)
    if not suppressed.of("trait"):
        return ()
    tokens, found = erasure_tokens(project, suppressed), traits(every.claims)
    alike = found.filter(suppressed.among("trait", tokens.column("trait", found["trait"])))["record_id"]
    said = pa.chunked_array([ruled.spoken_of, ruled.confirmed["record_id"].combine_chunks()], pa.string())
    active = every.records.filter(in_force(every.records["state"]))["record_id"]
    asked = pc.and_(pc.is_in(alike, active.combine_chunks()), pc.invert(pc.is_in(alike, pc.unique(said))))
    return tuple(sorted(set(alike.filter(asked).to_pylist())))
