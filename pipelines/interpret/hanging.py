"""Children find the record they hang on, or wait for it."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import GuardStopped
from crm_unify.records import CHILDREN, Severity
from pipelines.interpret.claims import Claims, claim_column
from pipelines.interpret.mapping import field_origins
from pipelines.interpret.parents import ROLES, Parents
from pipelines.interpret.problems import PARENT_MISSING, PARENT_PLACEHOLDER
from pipelines.interpret.rows import Mask, as_mask
from pipelines.interpret.work import Work

_NO_TEXT: Final = pa.scalar(None, pa.string())
_SHOWN: Final = 5
_ADVICE: Final = {
    Severity.QUARANTINE: "Correct the reference at its source, or deliver the parent.",
    Severity.WARN: "The row is loaded without its parent; correct the reference, or deliver the parent.",
}


def hang(work: Work, claim: Claims, *, parents: Parents) -> pa.Array:
    """Fill in the parents of a child; tells for each row why it has to wait, null where it need not.

    A row whose parent's row is in quarantine, or waits itself, waits whatever `missing` says. Where there is
    no such parent at all `missing` decides: hold, stub (a placeholder stands for it), quarantine, null (the
    child loads without) or fail.
    """
    waits = pa.nulls(len(work.rows), pa.string())
    for field in CHILDREN.get(claim.own.entry.kind, ()):
        waits = pc.coalesce(waits, _hang_on(work, claim, field=field, parents=parents))
    return waits


def _hang_on(work: Work, claim: Claims, *, field: str, parents: Parents) -> pa.Array:
    rule = claim.own.entry.fields[field]
    assert rule.lookup is not None  # checked when the rule file was loaded
    system, name, column = rule.lookup
    found = parents.refer(system, name, reference=work.rows.raw(column), role=ROLES[field])
    claim.columns[claim_column(claim.own.entry.kind, field)] = found.record_id
    absent = found.problem.is_valid() if name in parents.deferred else pc.equal(found.problem, PARENT_MISSING)
    missing = as_mask(absent) & claim.made
    waits = as_mask(found.problem.is_valid()) & claim.made
    if rule.missing == "stub":
        missing &= as_mask(work.rows.clean(column).is_valid())  # a row that names nobody waits
        missing &= ~(
            as_mask(parents.discarded(name, work.rows.raw(column)))
            & as_mask(parents.remembered(name, work.rows.raw(column)).is_null())
        )  # what a rule threw away does not come back as a placeholder
        waits &= ~_stood_for(work, claim, field=field, missing=missing, parents=parents)
    elif rule.missing != "hold":
        _without_parent(work, claim, field=field, missing=missing)
        waits &= ~missing
    return pc.if_else(pa.array(waits), found.problem, _NO_TEXT)


def _stood_for(work: Work, claim: Claims, *, field: str, missing: Mask, parents: Parents) -> Mask:
    """Let rows hang on what is remembered of their parent, else on a placeholder; tells which rows do."""
    rule = claim.own.entry.fields[field]
    system, name, column = rule.lookup or ["", "", ""]
    references, target = work.rows.raw(column), claim_column(claim.own.entry.kind, field)
    before = parents.remembered(name, references)
    made = parents.placeholder(system, name, references)
    own = pc.coalesce(before, made)
    claim.columns[target] = pc.if_else(pa.array(missing), own, claim.columns[target])
    new = missing & as_mask(before.is_null())
    work.stand_in(new, made, reference=(system, name, column))
    whence = field_origins(work, rule)
    finding = {
        "target": claim.own.target(field),
        "column": whence.names,
        "code": PARENT_PLACEHOLDER,
        "raw": whence.raw,
    }
    work.find(new, finding, severity=Severity.WARN, own=claim.own)
    return missing


def _without_parent(work: Work, claim: Claims, *, field: str, missing: Mask) -> None:
    rule = claim.own.entry.fields[field]
    whence = field_origins(work, rule)
    if rule.missing == "fail" and missing.any():
        _stop(work, claim, field=field, references=whence.raw.filter(pa.array(missing)))
    severity = Severity.QUARANTINE if rule.missing == "quarantine" else Severity.WARN
    finding: dict[str, object] = {
        "target": claim.own.target(field),
        "column": whence.names,
        "code": PARENT_MISSING,
        "raw": whence.raw,
        "suggestion": _ADVICE[severity],
    }
    work.find(missing, finding, severity=severity, own=claim.own)


def _stop(work: Work, claim: Claims, *, field: str, references: pa.Array) -> None:
    shown = ", ".join(sorted({repr(text) for text in references.to_pylist()})[:_SHOWN])
    raise GuardStopped(
        f"{len(references)} rows of '{work.rules.map}' name a {field} that is not there: {shown}",
        work.file,
        why=f"{claim.own.target(field)} says `missing: fail`",
        remedy="deliver the parents, correct the references, or let such rows wait (`missing: hold`)",
    )
