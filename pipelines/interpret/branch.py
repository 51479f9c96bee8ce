"""One branch of a rule file over the rows it takes: fields, claims, checks, parents, then records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import CHILDREN, PARTIES, RECORDS, Lineage
from crm_unify.rules.model import has_own_record
from pipelines.interpret.admission import admit
from pipelines.interpret.checks import check, demand
from pipelines.interpret.claims import Claims, claims, unrepeat
from pipelines.interpret.findings import Finding
from pipelines.interpret.hanging import hang
from pipelines.interpret.jsontext import arrays, members, objects
from pipelines.interpret.lineage import lineages
from pipelines.interpret.mapping import map_fields
from pipelines.interpret.parents import CUSTOMER, STANDING, Parents
from pipelines.interpret.plan import Placed
from pipelines.interpret.rows import Mask, as_mask
from pipelines.interpret.work import Work

_ROWS_AT_ONCE: Final = 1 << 15
"""Records are written this many rows at a time: JSON of a whole branch in pieces would be held twice."""


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What records of a row share; as long as the rows of the branch."""

    row_id: pa.Array
    row_hash: pa.Array
    key: pa.Array
    created: pa.Array
    updated: pa.Array
    raw: Callable[[int, int], pa.Array]
    """The rows from one place to another as JSON."""
    names: pa.Table
    """NAMES: records that are known under another key."""


@dataclass(frozen=True, slots=True)
class ClaimBlock:
    """Claims of one entry: `slots` place the record of each among the records of the branch."""

    kind: str
    slots: npt.NDArray[np.int64]
    columns: dict[str, pa.Array]


@dataclass(frozen=True, slots=True)
class BranchResult:
    """What became of the rows of a branch."""

    quarantined: Mask
    waits: pa.Array
    """Why a row waits for its parent; null for the others. A quarantined row does not wait."""
    records: list[pa.Table]
    """In pieces; emptied when the records of all maps are put together, to hold them in memory once."""
    claims: list[ClaimBlock]
    """Emptied likewise."""
    findings: tuple[Finding, ...]
    lineages: tuple[Lineage, ...]
    roles: Mapping[str, pa.Array]
    """By role, the record other maps' rows hang on; null where the row makes none or is not mapped."""
    standing: pa.Table = field(default_factory=STANDING.empty_table)
    """STANDING: parents that mapped rows name and that are not there."""


def run_branch(work: Work, facts: RowFacts, *, parents: Parents) -> BranchResult:
    """Map the rows of a branch and make records of those that are neither quarantined nor held."""
    work.name_records(facts.key, facts.names)
    map_fields(work)
    made = {own.place: claims(work, own) for own in work.entries}
    work.forget_values()
    for claim in made.values():
        check(work, claim)
        admit(work, claim)
    unrepeat(work, made.values())
    for claim in made.values():
        demand(work, claim)
    waits = pa.nulls(len(work.rows), pa.string())
    for claim in made.values():
        waits = pc.coalesce(waits, hang(work, claim, parents=parents))
    waits = pc.if_else(pa.array(work.quarantined), pa.scalar(None, pa.string()), waits)
    kept = ~work.quarantined & as_mask(waits.is_null())
    _count(work, made)
    roles = _roles(work, made, kept=kept)
    work.rows.forget()
    lines = lineages(work.rules, work.number, file=work.file)
    records, blocks = _records(work, facts, made=made, kept=kept, lines=lines)
    standing = pa.concat_tables(
        [STANDING.empty_table(), *(table.filter(pa.array(kept[rows])) for rows, table in work.standing)]
    )
    findings = tuple(work.findings)
    return BranchResult(work.quarantined, waits, records, blocks, findings, lines, roles, standing)


def _count(work: Work, made: Mapping[int, Claims]) -> None:
    """Count the rows that the rules of the branch and its entries decided."""
    work.tally.hit(work.branch.rule, work.positions)
    for claim in made.values():
        work.tally.hit(claim.own.entry.rule, work.positions[claim.made])


def _records(
    work: Work, facts: RowFacts, *, made: Mapping[int, Claims], kept: Mask, lines: Sequence[Lineage]
) -> tuple[list[pa.Table], list[ClaimBlock]]:
    """Records and claims of the kept rows; records some rows at a time."""
    tables: list[pa.Table] = []
    parts = list(_parts(work, made, kept=kept, lines=lines))
    slots = [np.zeros(len(kept), np.int64) for _ in parts]
    before = 0
    for start in range(0, len(kept), _ROWS_AT_ONCE):
        stop = min(start + _ROWS_AT_ONCE, len(kept))
        raw = facts.raw(start, stop)
        for part, places in zip(parts, slots, strict=True):
            piece = part.piece(start, stop)
            tables.append(_table(work, facts, piece=piece, raw=raw))
            places[start:stop][piece.rows] = before + np.arange(piece.length)
            before += piece.length
    return tables, [block for part, places in zip(parts, slots, strict=True) for block in part.blocks(places)]


@dataclass(frozen=True, slots=True)
class _Part:
    """One record of the branch's rows, with everything it claims."""

    own: Placed
    line: Lineage
    claims: Sequence[Claims]
    rows: Mask
    """Rows on which it is made."""

    def piece(self, start: int, stop: int) -> _Piece:
        """The part on some of the rows."""
        rows = self.rows[start:stop]
        return _Piece(
            self, start, rows, int(rows.sum()), [_cut(claim, start, rows=rows) for claim in self.claims]
        )

    def blocks(self, slots: npt.NDArray[np.int64]) -> Iterator[ClaimBlock]:
        """The claims that are made; their columns are let go of here, to be held once."""
        for claim in self.claims:
            rows = self.rows & claim.made
            mask, names = pa.array(rows), list(claim.columns)
            columns = {name: claim.columns.pop(name).filter(mask) for name in names}
            yield ClaimBlock(claim.own.entry.kind, slots[rows], columns)


def _parts(
    work: Work, made: Mapping[int, Claims], *, kept: Mask, lines: Sequence[Lineage]
) -> Iterator[_Part]:
    owners = [own for own in work.entries if has_own_record(own.entry.kind)]
    for own, line in zip(owners, lines, strict=True):
        mine = [made[p.place] for p in work.entries if work.owners[p.place] is own]
        yield _Part(own, line, mine, kept & made[own.place].made)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A claim on the rows of which its record is made."""

    kind: str
    columns: Mapping[str, pa.Array]
    made: pa.Array

    def text(self) -> pa.Array:
        """The claim as a JSON object; null where it is not made."""
        found = objects(self.columns, len(self.made))
        return found if self.kind in PARTIES else pc.if_else(self.made, found, pa.scalar(None, pa.string()))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part on some rows of the branch."""

    part: _Part
    start: int
    rows: Mask
    """Of the rows from `start` on those on which it is made."""
    length: int
    claims: Sequence[_Cut]

    def cut(self, column: pa.Array) -> pa.Array:
        """A column of the branch on these rows."""
        return column.slice(self.start, len(self.rows)).filter(pa.array(self.rows))

    def text(self) -> pa.Array:
        """All claims as JSON: the record's own kind as an object, claims of it as lists in rule order."""
        by_kind: dict[str, list[pa.Array]] = {}
        for cut in self.claims:
            by_kind.setdefault(cut.kind, []).append(cut.text())
        texts = {
            kind: found[0] if has_own_record(kind) else arrays(found, self.length)
            for kind, found in by_kind.items()
        }
        return members(texts, self.length)


def _cut(claim: Claims, start: int, *, rows: Mask) -> _Cut:
    mask = pa.array(rows)
    columns = {name: column.slice(start, len(rows)).filter(mask) for name, column in claim.columns.items()}
    return _Cut(claim.own.entry.kind, columns, pa.array(claim.made[start : start + len(rows)][rows]))


def _table(work: Work, facts: RowFacts, *, piece: _Piece, raw: pa.Array) -> pa.Table:
    rules, own = work.rules, piece.part.own
    same = {
        "map": rules.map,
        "system": rules.source.system,
        "entity": rules.map,
        "part": own.entry.part,
        "kind": own.entry.kind,
        "lineage": piece.part.line.id,
    }
    columns = {name: pa.repeat(pa.scalar(text, pa.string()), piece.length) for name, text in same.items()}
    shared = {
        "row_id": facts.row_id,
        "row_hash": facts.row_hash,
        "key": facts.key,
        "created": facts.created,
        "updated": facts.updated,
        "record_id": work.record_ids[own.place],
    }
    columns |= {name: piece.cut(column) for name, column in shared.items()}
    columns |= {"raw": raw.filter(pa.array(piece.rows)), "claims": piece.text()}
    return pa.table([columns[name] for name in RECORDS.names], schema=RECORDS)


def _roles(work: Work, made: Mapping[int, Claims], *, kept: Mask) -> dict[str, pa.Array]:
    """The first party of each row, and the first record of each kind of child."""
    roles: dict[str, pa.Array] = {}
    for own in work.entries:
        role = CUSTOMER if own.entry.kind in PARTIES else own.entry.kind
        if role == CUSTOMER or own.entry.kind in CHILDREN:
            rows = pa.array(kept & made[own.place].made)
            found = pc.if_else(rows, work.record_ids[own.place], pa.scalar(None, pa.string()))
            roles[role] = pc.coalesce(roles[role], found) if role in roles else found
    return roles
