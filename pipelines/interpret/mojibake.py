"""Text that was read in the wrong encoding: named, with the likely right text, and loaded as it is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.problems import TEXT_MOJIBAKE
from crm_unify.normalise.text import mojibake
from crm_unify.records import Severity
from crm_unify.rules.model import RuleFile
from pipelines.interpret.findings import Finding
from pipelines.interpret.notes import mapped_columns
from pipelines.interpret.problems import ALL_PROBLEMS
from pipelines.interpret.rows import Mask, Rows, as_mask


def mojibake_findings(rules: RuleFile, rows: Rows, *, loaded: Mask) -> list[Finding]:
    """A warning for each suspicious text in the columns that targets take, on rows that make records."""
    found = (_in_column(rows, column, loaded=loaded) for column in mapped_columns(rules) if rows.has(column))
    return [finding for finding in found if finding is not None]


def _in_column(rows: Rows, column: str, *, loaded: Mask) -> Finding | None:
    raw = rows.raw(column)
    if pc.all(pc.fill_null(pc.string_is_ascii(raw), True)).as_py():
        return None
    beyond = loaded & ~as_mask(pc.fill_null(pc.string_is_ascii(raw), True))
    positions = np.flatnonzero(beyond)
    answer = mojibake(raw.take(pa.array(positions)))
    bad = answer.problem.is_valid()
    if not pc.any(bad).as_py():
        return None
    usual = ALL_PROBLEMS[TEXT_MOJIBAKE].suggestion
    likely = pc.binary_join_element_wise("Likely right: ", answer.value.filter(bad), f". {usual}", "")
    positions = positions[as_mask(bad)]
    return Finding(
        positions=positions,
        severity=Severity.WARN,
        column=column,
        code=TEXT_MOJIBAKE,
        raw=raw.take(pa.array(positions)),
        suggestion=pc.fill_null(likely, usual),
    )
