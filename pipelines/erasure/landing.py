"""Landed rows without what was of erased persons: their cells are emptied before anything else is done.

The rows stay, with their ids and their place, so that the account still counts each of them. A mark says what
was emptied: the whole row, or the cells of one of its records (the contact of a company). A row that hangs on
an erased one, as an order does on its customer, goes with it.

Of a source that nobody delivers again the rows that are erased as a whole do not stay: what is kept of it is
what the next run finds, and emptied rows would come out of it as broken ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.rules.lookups import deferred, parents_of
from crm_unify.rules.model import ContentKey, RuleFile, has_own_record
from pipelines.erasure.tokens import Suppressions, Tokens
from pipelines.interpret.keys import Keys, encoded, keys_of, repeated_rows
from pipelines.interpret.lineage import lineages
from pipelines.interpret.order import parents_first
from pipelines.interpret.rows import ERASED, WHOLE, Mask, Rows, as_mask
from pipelines.interpret.stage import engine_of
from pipelines.landed import Landed, write_manifest
from pipelines.row_ids import content_hash_of

NO_DAY = date(1970, 1, 1)
"""Keys do not ask for the date of the run."""


@dataclass(frozen=True, slots=True)
class _Erasing:
    """The maps of a landing while they are emptied, parents first."""

    tokens: Tokens
    suppressed: Suppressions
    kept: Collection[str]
    gone: set[str] = field(default_factory=set)
    """``system.map:key`` of the erased rows found so far."""


def empty_erased(
    landed: Sequence[Landed],
    project: LoadedProject,
    *,
    tokens: Tokens,
    suppressed: Suppressions,
    kept: Collection[str],
) -> tuple[Landed, ...]:
    """Empty the cells of erased persons in the landed files; what is landed then, manifest included.

    A file without any such row is left alone. `kept` are the maps whose rows nobody delivers again.
    """
    by_map = {one.map: one for one in landed}
    work = _Erasing(tokens, suppressed, kept)
    files = [loaded for loaded in project.files if loaded.rules.map in by_map]
    order = parents_first(files)
    for _ in range(1 + len(deferred([loaded.rules for loaded in files]))):  # once more for each later parent
        by_map |= {f.rules.map: _emptied(by_map[f.rules.map], f, work) for f in order}
    left = tuple(by_map[one.map] for one in landed)
    if left != tuple(landed):
        write_manifest(left, left[0].path.parent)
    return left


def _emptied(one: Landed, loaded: LoadedRules, work: _Erasing) -> Landed:
    table = pq.read_table(one.path).combine_chunks()
    rows = Rows(table, one.columns, loaded.rules.source.parse.null_tokens)
    live = ~repeated_rows(rows) & as_mask(rows.origin("_problem").is_null())
    keys = keys_of(rows, loaded.rules.source.key, engine=engine_of(loaded, NO_DAY, one.rows), live=live)
    whole = _whole(rows, keys, loaded.rules, work) | rows.erased()
    parts = {part: mask & ~whole for part, mask in _parts(keys, loaded.rules, work)}
    parts = {part: mask for part, mask in parts.items() if mask.any()}
    start = _start(loaded.rules)
    work.gone.update(f"{start}{key}" for key in keys.text.filter(pa.array(whole)).to_pylist() if key)
    if not whole.any() and not parts:
        return one
    left = _without(table, rows, loaded, whole=whole, parts=parts)
    if one.map in work.kept:
        left = left.filter(pa.array(~whole)).combine_chunks()
        one = replace(one, rows=len(left), content_hash=content_hash_of(left["_row_id"].combine_chunks()))
    pq.write_table(left, _aside(one), compression="zstd")
    _aside(one).replace(one.path)  # another folder may hold the same file by a link
    return one


def _start(rules: RuleFile) -> str:
    """How the ids of records of a map begin."""
    return f"{rules.source.system}.{rules.map}:"


def _aside(one: Landed) -> Path:
    return one.path.with_suffix(".part")


def _whole(rows: Rows, keys: Keys, rules: RuleFile, work: _Erasing) -> Mask:
    """Rows that are erased as a whole, their equals included."""
    named = pc.binary_join_element_wise(_start(rules), keys.text, "")
    found = as_mask(work.suppressed.among("row", work.tokens.column("row", named)))
    for system, name, column in _lookups(rules):
        parent = pc.binary_join_element_wise(f"{system}.{name}:", encoded(rows.raw(column)), "")
        found |= as_mask(work.suppressed.among("row", work.tokens.column("row", parent)))
        found |= as_mask(pc.is_in(parent, pa.array(sorted(work.gone), pa.string())))
    hashes = rows.origin("_row_hash")
    if work.suppressed.of("raw"):
        content = pc.binary_join_element_wise(f"{rules.map}:", hashes, "")
        found |= as_mask(work.suppressed.among("raw", work.tokens.column("raw", content)))
    return found | as_mask(pc.is_in(hashes, hashes.filter(pa.array(found))))


def _lookups(rules: RuleFile) -> Iterator[tuple[str, str, str]]:
    """System, map and column of every reference to a parent."""
    return ((one.system, one.map, one.column) for one in parents_of(rules))


def _parts(keys: Keys, rules: RuleFile, work: _Erasing) -> Iterator[tuple[str, Mask]]:
    """Rows of which one record is erased, by its part."""
    if not work.suppressed.of("record"):
        return
    for part in sorted({e.part for b in rules.targets for e in b.entries if has_own_record(e.kind)}):
        ids = pc.binary_join_element_wise(_start(rules), keys.text, f"#{part}", "")
        yield part, as_mask(work.suppressed.among("record", work.tokens.column("record", ids)))


# --- emptying ---
def _without(
    table: pa.Table, rows: Rows, loaded: LoadedRules, *, whole: Mask, parts: dict[str, Mask]
) -> pa.Table:
    """The landed table with emptied cells and marks."""
    emptied = {column.field: whole.copy() for column in rows.columns}
    fields = {column.header: column.field for column in rows.columns}
    for part, mask in parts.items():
        for header in own_columns(loaded, part):
            emptied[fields[header]] |= mask
    for name, mask in {**emptied, "_raw": whole}.items():
        place = table.column_names.index(name)
        values = pc.if_else(pa.array(mask), pa.scalar(None, table[name].type), table[name])
        table = table.set_column(place, table.field(name), values)
    marks = np.full(len(table), None, object)
    for part, mask in parts.items():
        marks[mask] = [part if mark is None else f"{mark}|{part}" for mark in marks[mask]]
    marks[whole] = WHOLE
    known = [name for name in table.column_names if name != ERASED]
    return table.select(known).append_column(ERASED, pa.array(marks, pa.string()))


def own_columns(loaded: LoadedRules, part: str) -> tuple[str, ...]:
    """Columns that nothing but this record of a row is made of."""
    rules, found, others = loaded.rules, set[str](), set[str]()
    for number, branch in enumerate(rules.targets, 1):
        if branch.entries:
            for line in lineages(rules, number, file=loaded.tree.file):
                columns = {column for said in line.fields for column in said.columns}
                (found if line.part == part else others).update(columns)
    key = rules.source.key
    kept = others | set(key.content if isinstance(key, ContentKey) else key)
    return tuple(sorted(found - kept))
