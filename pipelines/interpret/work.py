"""A branch at work: its rows, the values mapped so far, and what was found wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import Severity
from crm_unify.rules.branches import Value
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import Branch, FieldRule, RuleFile, has_own_record
from pipelines.interpret import values
from pipelines.interpret.findings import Finding
from pipelines.interpret.jsontext import objects, row_json
from pipelines.interpret.keys import encoded
from pipelines.interpret.names import named
from pipelines.interpret.parents import STANDING
from pipelines.interpret.plan import Placed, owner, placed
from pipelines.interpret.rows import Mask, Positions, Rows, as_mask
from pipelines.interpret.sql import Engine

Touch = tuple[str | int, ...]
"""A part of a rule file: ``("branch", number)``, ``("code", table, code)``, or ``("transform", number, entry,
field, step)``, ``pad`` and ``pad when`` without a step; branches count from 0, as entries and steps do."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a map's rules decided, gathered while its branches are worked out."""

    rows: int
    hits: dict[str, Mask] = field(default_factory=dict)
    """Rows each rule decided."""
    codes: dict[str, set[str]] = field(default_factory=dict)
    """Codes found in the data, by code table."""
    touched: dict[Touch, Mask] | None = None
    """Rows on which each part of the rule file made a difference; None where nobody asks."""
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    """Rows with each text that was looked up, by code table, those that the table lacks included."""

    def hit(self, rule: str | None, positions: Positions) -> None:
        """Count these rows for the rule."""
        if rule is not None and len(positions):
            self.hits.setdefault(rule, np.zeros(self.rows, np.bool_))[positions] = True

    def touch(self, part: Touch, positions: Positions) -> None:
        """Note that the part made a difference on these rows."""
        if self.touched is not None and len(positions):
            self.touched.setdefault(part, np.zeros(self.rows, np.bool_))[positions] = True


class Work:
    """One branch over the rows it takes. Masks and columns are as long as these rows."""

    def __init__(
        self,
        loaded: LoadedRules,
        number: int,
        *,
        rows: Rows,
        positions: Positions,
        engine: Engine,
        tally: Tally,
    ) -> None:
        """Begin with branch `number` (from 1) of a rule file; `positions` place its rows in the map."""
        self.loaded = loaded
        self.number = number
        self.rows = rows
        self.positions = positions
        self.engine = engine
        self.tally = tally
        self.entries: tuple[Placed, ...] = placed(self.branch, self.file)
        self.owners = {p.place: owner(self.entries, p.entry, file=self.file) for p in self.entries}
        self.values: dict[Value, pa.Array] = {}
        self.texts: dict[int, pa.Array] = {}  # of contact points, before they are read as what they are
        self.record_ids: dict[int, pa.Array] = {}
        self.findings: list[Finding] = []
        self.standing: list[tuple[Mask, pa.Table]] = []  # rows of the branch, and STANDING of these
        self.quarantined: Mask = np.zeros(len(rows), np.bool_)
        self.wanted = {p.place: self._wanted(p) for p in self.entries}
        self._counted: set[tuple[str, str | None, str | None]] = set()

    @property
    def rules(self) -> RuleFile:
        """The rule file."""
        return self.loaded.rules

    @property
    def branch(self) -> Branch:
        """The branch."""
        return self.rules.targets[self.number - 1]

    @property
    def file(self) -> str:
        """The rule file's name for messages."""
        return self.engine.file

    def name_records(self, key: pa.Array, names: pa.Table) -> None:
        """Give every record of the rows its id, the rows having these keys; `names` are NAMES."""
        start = f"{self.rules.source.system}.{self.rules.map}:"
        for own in self.entries:
            if has_own_record(own.entry.kind):
                part = f"#{own.entry.part}"
                made = pc.binary_join_element_wise(start, key, part, "")
                self.record_ids[own.place] = named(made, names)

    def count_codes(self, table: str, of: FieldRule, texts: pa.Array) -> None:
        """Count the rows of each code; a column that several entries look up counts once."""
        use = (table, of.from_, of.expr)
        if use in self._counted:
            return
        self._counted.add(use)
        counts = self.tally.counts.setdefault(table, Counter())
        for one in pc.value_counts(texts.drop_null()).to_pylist():
            counts[one["values"]] += one["counts"]

    def forget_values(self) -> None:
        """Let go of the mapped values, once the claims have taken them over."""
        self.values.clear()
        self.texts.clear()

    def touch(self, part: Touch, before: values.Text, after: values.Text) -> None:
        """Note where a step of a field made a difference, when somebody asks."""
        if self.tally.touched is not None:
            same = [_same(before.text, after.text), _same(before.problem, after.problem)]
            self.tally.touch(part, self.positions[~(same[0] & same[1])])

    def stand_in(self, where: Mask, record_ids: pa.Array, *, reference: tuple[str, str, str]) -> None:
        """Note the placeholders that some rows hang on; `reference` is system, map and own column."""
        if not where.any():
            return
        system, name, column = reference
        mine = pa.array(where)
        found = self.rows.raw(column).filter(mine)
        same = [pa.repeat(pa.scalar(text), len(found)) for text in (system, name)]
        texts = [record_ids.filter(mine), *same, encoded(found), objects({column: found}, len(found))]
        self.standing.append((where, pa.table(texts, schema=STANDING)))

    def _wanted(self, own: Placed) -> Mask:
        """Rows for which `skip_if_null` leaves the entry in, and whose record was not erased."""
        column = own.entry.skip_if_null
        wanted: Mask = ~self.rows.erased(self.owners[own.place].entry.part)
        return wanted if column is None else wanted & as_mask(self.rows.clean(column).is_valid())

    def _records(self, own: Placed) -> pa.Array:
        """The records an entry belongs to; null where `skip_if_null` leaves them out."""
        owner = self.owners[own.place].place
        there = pa.array(self.wanted[owner])
        return pc.if_else(there, self.record_ids[owner], pa.scalar(None, pa.string()))

    def find(
        self, where: Mask, finding: Mapping[str, object], *, severity: Severity, own: Placed | None
    ) -> None:
        """Note a finding on some rows; columns in `finding` are as long as the branch and are cut to these.

        Rows in quarantine are kept as JSON, because their entry is all that is left of them.
        """
        if not where.any():
            return
        mask = pa.array(where)
        cut: dict[str, Any] = {
            k: v.filter(mask) if isinstance(v, pa.Array) else v for k, v in finding.items()
        }
        cut["record_id"] = None if own is None else self._records(own).filter(mask)
        if severity is Severity.QUARANTINE:
            self.quarantined |= where
            cut |= {"shown": cut["raw"], "raw": row_json(self.rows.at(np.flatnonzero(where)))}
        self.findings.append(Finding(positions=self.positions[where], severity=severity, **cut))


def _same(left: pa.Array, right: pa.Array) -> Mask:
    both_null = pc.and_(left.is_null(), right.is_null())
    return as_mask(pc.or_(both_null, pc.fill_null(pc.equal(left, right), False)))
