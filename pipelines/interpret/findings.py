"""What is wrong with rows and values, column by column, until it becomes the table of rejections.

A finding names rows by position. Only at the end it is known which rows are in quarantine: their withheld
values are no entries of their own, because the row's entry shows the whole row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import REJECTIONS, Severity
from pipelines.interpret.problems import ALL_PROBLEMS, NUL, RULE_FAILED, SPELT_NUL
from pipelines.interpret.rows import Mask, Positions
from pipelines.sources.interface import (
    CSV_BROKEN_QUOTE,
    CSV_RAGGED,
    ENCODING_INVALID,
    FILE_CUT_OFF,
    RECORD_DAMAGED,
)

_NOTHING = pa.scalar(None, pa.string())

_UNREAD: Final = {
    CSV_RAGGED: (
        "The row has more or fewer values than the header.",
        "Put quotes around values with separators.",
    ),
    CSV_BROKEN_QUOTE: (
        "A quotation mark opens and never closes, or closes in the middle of a value.",
        "Correct the quoting at the source.",
    ),
    ENCODING_INVALID: (
        "The row holds bytes that mean nothing in the encoding of the source.",
        "Declare the encoding of the file in the rule file; of COBOL records that are redefined, say under "
        "`segments` which of the two is there.",
    ),
    FILE_CUT_OFF: (
        "The file ends in the middle of this row, or nothing can be read from here on.",
        "Ask for the delivery again; the rows before it are read.",
    ),
    RECORD_DAMAGED: (
        "The row is not what its format says a row is.",
        "Look at its bytes; correct the row at the source, or ask for the delivery again.",
    ),
}
"""Rows that the landing could not read, by the code it gave them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of trouble in one place of a rule file, for the rows that have it; columns are that long."""

    positions: Positions
    severity: Severity
    target: str | None = None
    """`kind.field`, None for a whole row."""
    column: str | None = None
    """Source columns, joined with a comma."""
    code: pa.Array | str
    raw: pa.Array
    """Text as found; for a row in quarantine the row as JSON, or the text of a broken row."""
    shown: pa.Array | None = None
    """The text the sentence names, where that is not `raw`."""
    record_id: pa.Array | None = None
    sentence: pa.Array | str | None = None
    """Instead of the one the code has."""
    suggestion: pa.Array | str | None = None
    rule: str | None = None
    """Business rule that could not be worked out, for the sentence."""


def rejections(name: str, findings: Sequence[Finding], *, row_id: pa.Array, quarantined: Mask) -> pa.Table:
    """The findings of one map as rows of :data:`crm_unify.records.REJECTIONS`, in a total order."""
    tables = [_table(name, finding, row_id=row_id, quarantined=quarantined) for finding in findings]
    whole = pa.concat_tables([REJECTIONS.empty_table(), *tables])
    return whole.sort_by([(column, "ascending") for column in REJECTIONS.names])


def _table(name: str, finding: Finding, *, row_id: pa.Array, quarantined: Mask) -> pa.Table:
    length = len(finding.positions)
    out = quarantined[finding.positions]
    code, raw = _column(finding.code, length), _printable(finding.raw)
    shown = raw if finding.shown is None else _printable(finding.shown)
    sentence, suggestion = _words(finding, code, shown=shown)
    table = pa.table(
        [
            _column(name, length),
            row_id.take(pa.array(finding.positions)),
            pc.if_else(pa.array(out), _NOTHING, _column(finding.record_id, length)),
            _column(str(finding.severity), length),
            _column(finding.target, length),
            _column(finding.column, length),
            code,
            raw,
            sentence,
            suggestion,
        ],
        schema=REJECTIONS,
    )
    return table if finding.severity is Severity.QUARANTINE else table.filter(pa.array(~out))


def _column(value: pa.Array | str | None, length: int) -> pa.Array:
    return (
        pa.repeat(pa.scalar(value, pa.string()), length) if value is None or isinstance(value, str) else value
    )


def _printable(raw: pa.Array) -> pa.Array:
    """U+0000 as six characters: databases refuse it, and the entry must be storable."""
    return pc.replace_substring(raw, pattern=NUL, replacement=SPELT_NUL)


def _words(finding: Finding, code: pa.Array, *, shown: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Sentence and suggestion of each row; the templates are filled once for each distinct code and text."""
    length = len(code)
    if finding.sentence is not None and finding.suggestion is not None:
        return _column(finding.sentence, length), _column(finding.suggestion, length)
    codes, texts = code.dictionary_encode(), pc.fill_null(shown, "").dictionary_encode()
    pairs = (
        codes.indices.to_numpy().astype(np.int64) * max(1, len(texts.dictionary)) + texts.indices.to_numpy()
    )
    distinct, back = np.unique(pairs, return_inverse=True)
    known = [divmod(int(pair), max(1, len(texts.dictionary))) for pair in distinct]
    filled = [
        _filled(codes.dictionary[c].as_py(), finding, raw=texts.dictionary[t].as_py())
        for c, t in known
    ]
    sentences = pa.array([said for said, _ in filled], pa.string()).take(pa.array(back))
    suggestions = pa.array([advice for _, advice in filled], pa.string()).take(pa.array(back))
    return (
        sentences if finding.sentence is None else _column(finding.sentence, length),
        suggestions if finding.suggestion is None else _column(finding.suggestion, length),
    )


def _filled(code: str, finding: Finding, *, raw: str) -> tuple[str, str]:
    problem = ALL_PROBLEMS.get(code)
    if problem is None:
        return _UNREAD.get(code, (f"The row could not be read ({code}).", "Correct the row at the source."))
    said = problem.sentence(column=finding.column or "The row", raw=raw)
    if code == RULE_FAILED and finding.rule is not None:
        said = said.replace("The rule over", f"Rule {finding.rule} over", 1)
    return said, problem.suggestion
