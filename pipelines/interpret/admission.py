"""The door in: values that cannot be true are withheld before anything is made of them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import Severity
from crm_unify.validation.doors import Implausible, implausible
from pipelines.interpret.checks import column_origins
from pipelines.interpret.claims import Claims, settle
from pipelines.interpret.problems import VALUE_IMPLAUSIBLE
from pipelines.interpret.rows import Mask
from pipelines.interpret.values import Origins
from pipelines.interpret.work import Work


def admit(work: Work, claim: Claims) -> None:
    """Take implausible values out of one entry; a claim that loses what it cannot do without is left out.

    Checks of the rule file have been asked before, so what they say of a value goes first.
    """
    found = implausible(claim.own.entry.kind, claim.columns, as_of=work.engine.as_of)
    for one in found:
        _withhold(work, claim, one=one, where=one.rows & claim.made)
    if found:
        settle(work, claim, tell=True)


def _withhold(work: Work, claim: Claims, *, one: Implausible, where: Mask) -> None:
    whence, column = column_origins(work, claim, name=one.column), claim.columns[one.column]
    finding = {
        "target": claim.own.target(one.column),
        "column": whence.names,
        "code": VALUE_IMPLAUSIBLE,
        "raw": whence.raw,
        "sentence": _sentence(claim, one, whence=whence),
    }
    work.find(where, finding, severity=Severity.WITHHOLD, own=claim.own)
    claim.columns[one.column] = pc.if_else(pa.array(where), pa.scalar(None, column.type), column)


def _sentence(claim: Claims, one: Implausible, *, whence: Origins) -> pa.Array:
    """What stands there, and why it cannot be."""
    field = f"{claim.own.entry.kind}.{one.column}"
    if whence.names is None:
        return pa.repeat(pa.scalar(f"{field} {one.reason}."), len(claim.made))
    raw = pc.fill_null(whence.raw, "")
    return pc.binary_join_element_wise(f"{whence.names} holds '", raw, f"', so {field} {one.reason}.", "")
