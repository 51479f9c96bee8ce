"""The rows that are not what the last run saw, and all that hangs together with them, interpreted alone.

Rows of one key are looked at together: they can be each other's double. A map whose rows look up those of
another, or whose rules count rows, is interpreted whole when any row of the two has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm_unify.progress import Progress
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.rules.lookups import lookups_of
from crm_unify.rules.model import ContentKey
from pipelines.interpret.interface import Interpreted
from pipelines.interpret.repairs import Remembered
from pipelines.interpret.stage import interpret
from pipelines.landed import Landed

FOLDER: Final = "changed"
"""In a run folder: the rows that are looked at again, for as long as the run takes."""
NO_TEXT: Final = chr(0)
"""Stands for a key column that is empty: no text of a source holds it."""


class NotAloneError(Exception):
    """Why the changed rows cannot be looked at without the others; the whole run is worked out then."""


@dataclass(frozen=True, slots=True)
class ChangedRows:
    """The rows to look at again: of each map some, all or none."""

    before: tuple[Landed, ...]
    """As they were in the last run, maps of which all rows are looked at left out."""
    now: tuple[Landed, ...]
    """As they are, maps without a change left out."""
    whole: frozenset[str]
    """Maps of which all rows are looked at."""
    rows: Mapping[str, pa.Array]
    """By map of which some rows are looked at: the ids of rows as they were."""
    project: LoadedProject
    """The project, which expects nothing of the size of a few rows."""

    def interpreted(self, names: pa.Table, *, as_of: date, progress: Progress) -> Interpreted:
        """What these rows say now."""
        return interpret(self.now, self.project, as_of=as_of, progress=progress, known=Remembered(names))

    def formerly(self, names: pa.Table, *, as_of: date, progress: Progress) -> Interpreted:
        """What rows of maps that are not looked at whole said in the last run."""
        return interpret(self.before, self.project, as_of=as_of, progress=progress, known=Remembered(names))

    def concerns(self, name: str) -> bool:
        """Whether any row of a map is looked at again."""
        return name in self.whole or name in self.rows


def changed_rows(
    project: LoadedProject,
    landed: Sequence[Landed],
    before: Sequence[Landed],
    folder: Path,
    *,
    also_whole: Iterable[str] = (),
) -> ChangedRows:
    """The difference of two landings; rows to look at again are put into `folder`.

    Raises NotAloneError where the sources are read otherwise than in the last run.
    """
    earlier = {one.map: one for one in before}
    _refuse_other_reading(landed, earlier)
    news = {one.map for one in landed if one.content_hash != earlier[one.map].content_hash}
    whole = _whole(project, news) | set(also_whole)
    parts = [_part(project, one, earlier[one.map], folder) for one in landed
             if one.map in news - whole]  # fmt: skip
    return ChangedRows(
        tuple(part.before for part in parts),
        tuple(sorted([*(part.now for part in parts), *(one for one in landed if one.map in whole)],
                     key=lambda one: one.map)),
        frozenset(whole),
        {part.now.map: part.rows for part in parts},
        _of_any_size(project, landed, set(whole)),
    )  # fmt: skip


def _refuse_other_reading(landed: Sequence[Landed], earlier: Mapping[str, Landed]) -> None:
    for one in landed:
        last = earlier.get(one.map)
        if last is None or last.reading != one.reading:
            raise NotAloneError(f"{one.map} was read otherwise")
        if [column.header for column in one.columns] != [column.header for column in last.columns]:
            raise NotAloneError(f"{one.map} has other columns")


def _of_any_size(project: LoadedProject, landed: Sequence[Landed], whole: set[str]) -> LoadedProject:
    """The project without the least numbers of rows that deliveries must have, which are asked for here."""
    rows = {one.map: one.rows for one in landed}
    files = []
    for loaded in project.files:
        source = loaded.rules.source
        least = source.expects.min_rows
        if least is not None and rows[loaded.rules.map] < least:
            raise NotAloneError(f"{loaded.rules.map} has fewer rows than it must have")
        if least is not None and loaded.rules.map not in whole:
            expects = source.expects.model_copy(update={"min_rows": None})
            rules = loaded.rules.model_copy(update={"source": source.model_copy(update={"expects": expects})})
            loaded = replace(loaded, rules=rules)
        files.append(loaded)
    return replace(project, files=tuple(files))


# --- maps that are looked at whole ---
def _whole(project: LoadedProject, news: set[str]) -> set[str]:
    """The changed maps of which some rows alone do not tell what becomes of them, with their relatives."""
    looks_up = {loaded.rules.map: looked_up(loaded) for loaded in project.files}
    pairs = [(name, other) for name, others in looks_up.items() for other in others]
    counting = {loaded.rules.map for loaded in project.files if _counts_rows(loaded)}
    found = {name for name in news if name in counting or any(name in pair for pair in pairs)}
    while more := {name for pair in pairs if found & set(pair) for name in pair} - found:
        found |= more
    return found


def looked_up(loaded: LoadedRules) -> set[str]:
    """The maps whose rows a rule file looks up."""
    return {one.map for one in lookups_of(loaded.rules)}


def _counts_rows(loaded: LoadedRules) -> bool:
    """Whether a rule file adds up rows, or stops when there are too many of a sort."""
    capped = any(b.discard is not None and b.discard.max is not None for b in loaded.rules.targets)
    return bool(loaded.rules.reconcile) or capped


# --- some rows of a map ---
@dataclass(frozen=True, slots=True)
class _Part:
    before: Landed
    now: Landed
    rows: pa.Array
    """Ids of the rows as they were."""


def _part(project: LoadedProject, now: Landed, before: Landed, folder: Path) -> _Part:
    """The rows of a map that are new or gone, and all rows that share a key with one of these."""
    loaded = project.rules_of(now.map)
    assert loaded is not None, "a landed map has a rule file"
    old, new = (_keys(one, loaded) for one in (before, now))
    changed = [_other(old, new), _other(new, old)]
    keys = pc.unique(pa.concat_arrays([table["key"].combine_chunks() for table in changed]))
    mine = [table.filter(pc.is_in(table["key"], keys))["_row_id"].combine_chunks() for table in (old, new)]
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    sides = zip((before, now), mine, ("before", "now"), strict=True)
    parts = [_cut(one, ids, place / f"{one.map}.{name}.parquet") for one, ids, name in sides]
    return _Part(parts[0], parts[1], mine[0])


def _keys(one: Landed, loaded: LoadedRules) -> pa.Table:
    """``_row_id, key``: equal keys may be one key; the raw texts of its columns tell."""
    key = loaded.rules.source.key
    headers = key.content if isinstance(key, ContentKey) else key
    fields = {column.header: column.field for column in one.columns}
    table = pq.read_table(one.path, columns=["_row_id", *dict.fromkeys(fields[h] for h in headers)])
    texts = [pc.fill_null(table[fields[header]].cast(pa.string()), NO_TEXT) for header in headers]
    return pa.table({"_row_id": table["_row_id"], "key": pc.binary_join_element_wise(*texts, chr(31))})


def _other(these: pa.Table, those: pa.Table) -> pa.Table:
    """The rows that the other side does not have."""
    return these.filter(pc.invert(pc.is_in(these["_row_id"], those["_row_id"].combine_chunks())))


def _cut(one: Landed, row_ids: pa.Array, path: Path) -> Landed:
    """Some landed rows in a file of their own."""
    rows = pq.read_table(one.path, filters=pc.field("_row_id").isin(row_ids))
    pq.write_table(rows, path)
    return replace(one, path=path, rows=len(rows))


# --- the whole again ---
def together(changed: ChangedRows, landed: Sequence[Landed], last: pa.Table, news: pa.Table) -> pa.Table:
    """Fates or rejections of all rows: those of the last run, and those of the rows looked at again."""
    parts = []
    for one in landed:
        mine = news.filter(pc.equal(news["map"], one.map))
        if one.map in changed.whole:
            parts.append(mine)
            continue
        old = last.filter(pc.equal(last["map"], one.map))
        if one.map in changed.rows:
            old = old.filter(pc.invert(pc.is_in(old["row_id"], changed.rows[one.map])))
            old = pa.concat_tables([old, mine]).sort_by("row_id")
        parts.append(old)
    return pa.concat_tables(parts).select(news.column_names)


def placed(fates: pa.Table, landed: Sequence[Landed], before: Sequence[Landed]) -> pa.Table:
    """Fates with the places where rows stand today: a row inserted on top moves all others."""
    earlier = {one.map: one for one in before}
    parts = []
    for one in landed:
        mine = fates.filter(pc.equal(fates["map"], one.map))
        if one.file_hashes != earlier[one.map].file_hashes or not one.file_hashes:
            origin = pq.read_table(one.path, columns=["_row_id", "_file", "_sheet", "_row"])
            at = pc.index_in(mine["row_id"], origin["_row_id"].combine_chunks())
            for name in ("file", "sheet", "row"):
                place = mine.column_names.index(name)
                mine = mine.set_column(place, mine.field(place), origin[f"_{name}"].take(at))
        parts.append(mine)
    return pa.concat_tables([fates.slice(0, 0), *parts])


def by_map(
    changed: ChangedRows, last: Sequence[Mapping[str, Any]], news: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Sums or notes of all maps: those of maps that were looked at whole are new."""
    kept = [one for one in last if one["map"] not in changed.whole]
    return sorted([*kept, *(one for one in news if one["map"] in changed.whole)], key=lambda one: one["map"])
