"""Where every row of a map goes, and which rule sent it there: each row is settled exactly once."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from crm_unify.records import ROW_FATES, SYS_JOINED_ROW, Fate
from pipelines.interpret.keys import Keys
from pipelines.interpret.rows import Mask, Positions, Rows

_FATES: Final = tuple(Fate)


class Fates:
    """The account of one map while it is being worked out."""

    def __init__(self, rows: int) -> None:
        """Begin with every row open."""
        self._fate = np.full(rows, -1, np.int8)
        self._rule = np.full(rows, -1, np.int32)
        self._rules: dict[str, int] = {}
        self._leader = np.full(rows, -1, np.int64)
        self.lines: Mask = np.zeros(rows, np.bool_)
        """Rows that go, or went, where others go."""

    @property
    def open(self) -> Mask:
        """Rows that are not settled yet, and that do not go where another one goes."""
        return (self._fate < 0) & (self._leader < 0)

    def lead(self, leader: Positions) -> None:
        """Rows go where others go: for each the position of that one, or -1."""
        self._leader = leader
        self.lines = leader >= 0

    def led_by(self, rows: Mask) -> Mask:
        """Rows that go where some of these go."""
        led: Mask = (self._leader >= 0) & rows[self._leader]
        return led

    def follow(self) -> Mask:
        """Settle the rows that go where others went; tells which these are."""
        lines: Mask = self._leader >= 0
        self._fate[lines] = self._fate[self._leader[lines]]
        self._rule[lines] = self._rule[self._leader[lines]]
        mapped = lines & self.of(Fate.MAPPED)
        self._rule[mapped] = self._rules.setdefault(SYS_JOINED_ROW, len(self._rules))
        self._leader = np.full(len(lines), -1, np.int64)
        return lines

    def of(self, fate: Fate) -> Mask:
        """Rows settled so."""
        found: Mask = self._fate == _FATES.index(fate)
        return found

    def settle(self, rows: Mask, fate: Fate, *, rule: str | None) -> Mask:
        """Settle those of `rows` that are still open; tells which these were."""
        settled = rows & self.open
        self._fate[settled] = _FATES.index(fate)
        if rule is not None:
            self._rule[settled] = self._rules.setdefault(rule, len(self._rules))
        return settled

    def settle_each(self, rows: Mask, fate: Fate, *, rules: pa.Array) -> None:
        """Settle open rows, each by its own rule; `rules` has one for every row of the map."""
        coded = rules.dictionary_encode()
        codes = coded.indices.to_numpy(zero_copy_only=False)
        for i, rule in enumerate(coded.dictionary.to_pylist()):
            self.settle(rows & (codes == i), fate, rule=rule)

    def table(self, name: str, rows: Rows, keys: Keys) -> pa.Table:
        """The account as rows of :data:`crm_unify.records.ROW_FATES`, sorted by row id."""
        assert not self.open.any(), "a row has no fate"  # law 1: every extracted row is accounted for
        names = pa.array([str(fate) for fate in _FATES], pa.string())
        rules = pa.array(list(self._rules), pa.string())
        table = pa.table(
            [
                pa.repeat(pa.scalar(name), len(rows)),
                rows.origin("_row_id"),
                rows.origin("_file"),
                rows.origin("_sheet"),
                rows.origin("_row"),
                names.take(pa.array(self._fate)),
                rules.take(pa.array(self._rule, mask=self._rule < 0)),
                keys.text,
            ],
            schema=ROW_FATES,
        )
        return table.sort_by("row_id")
