"""Sources that deliver changes: each file is applied once, in the order of names, onto the kept rows.

The last row of a key wins; a row whose operation says so deletes its key. Rows without a key, or that could
not be read, are kept as they are: people are to see them. A file that comes late (its name is before one that
was applied) and one that changed after it was applied are told and not applied; so are numbers that are
missing between the names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import SourceMissing
from crm_unify.rules.model import ContentKey, ProjectSource, Source
from pipelines.kept import Delivered, KeptRows
from pipelines.sources.interface import ORIGIN, Column, Reader, batch_schema
from pipelines.sources.open import open_reader
from pipelines.sources.places import Place, places_of

GAP: Final = "gap"
LATE: Final = "late"
REDELIVERED: Final = "redelivered"
_SHOWN: Final = 5
_DAY_DIGITS: Final = (6, 8, 12, 14)
"""Digits of a day, with or without its time: days may be left out, numbers may not."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something a person should know about the files of a source."""

    what: str
    """GAP, LATE or REDELIVERED."""
    file: str
    sentence: str


class DeltaRows:
    """A reader of the rows that stand once the new files are applied onto the kept ones."""

    def __init__(
        self,
        source: Source,
        base: KeptRows | None,
        new: Mapping[str, Reader],
        *,
        known: Mapping[str, str],
        told: tuple[Told, ...],
    ) -> None:
        """The kept rows (None before the first file), new files by name in their order, and applied ones."""
        self._source = source
        self._base = base
        self._new = tuple(new.values())
        self._names = tuple(new)
        self._known = known
        self.told = told

    def applied(self) -> dict[str, str]:
        """SHA-256 of every file by name, once the new ones are applied."""
        named = zip(self._names, self._new, strict=True)
        return {**self._known, **{name: _digest(reader.files()) for name, reader in named}}

    @property
    def kept(self) -> str | None:
        """Content hash of the rows that the new files are applied onto; None before the first file."""
        return None if self._base is None else self._base.content

    def header(self) -> tuple[Column, ...]:
        """Every column of the kept rows and the new files, in the order in which they are first met."""
        found: dict[str, Column] = {}
        for reader in self._readers():
            for column in reader.header():
                found.setdefault(column.header, column)
        return tuple(
            Column(c.header, f"c{place:03d}", c.letter, c.found) for place, c in enumerate(found.values(), 1)
        )

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows that stand."""
        columns = self.header()
        pieces = [_fitted(batch, reader, columns) for reader in self._readers() for batch in reader.batches()]
        if pieces:
            table = pa.Table.from_batches(pieces).combine_chunks()
            yield from table.filter(pa.array(self._standing(table, columns))).combine_chunks().to_batches()

    def files(self) -> tuple[Path, ...]:
        """The new files."""
        return tuple(path for reader in self._new for path in reader.files())

    def notes(self) -> tuple[str, ...]:
        """What the readers of new files say."""
        return (*(note for reader in self._new for note in reader.notes()), *(t.sentence for t in self.told))

    def _readers(self) -> tuple[Reader, ...]:
        return self._new if self._base is None else (self._base, *self._new)

    def _standing(self, table: pa.Table, columns: Sequence[Column]) -> np.ndarray:
        """Rows that are the last of their key and do not delete it; and all that have no key."""
        fields = {column.header: column.field for column in columns}
        key = self._source.key
        assert not isinstance(key, ContentKey), "checked when the rule file was loaded"
        texts = [_clean(table[fields[name]], self._source) for name in key if name in fields]
        keys = pc.binary_join_element_wise(*texts, "\x1f") if len(texts) == len(key) else pa.nulls(len(table))
        keyed = pc.and_(pc.cast(keys, pa.string()).is_valid(), table["_problem"].is_null()).to_numpy()
        codes = pc.fill_null(pc.cast(keys, pa.string()), "").combine_chunks().dictionary_encode().indices
        last = np.zeros(len(table), np.bool_)
        places = np.flatnonzero(keyed)[::-1]
        _, firsts = np.unique(codes.to_numpy()[places], return_index=True)
        last[places[firsts]] = True
        standing: np.ndarray = (last & ~self._deleting(table, fields)) | ~keyed
        return standing

    def _deleting(self, table: pa.Table, fields: dict[str, str]) -> np.ndarray:
        column = self._source.op_column
        if column is None or column not in fields:
            return np.zeros(len(table), np.bool_)
        words = pa.array([word.lower() for word in self._source.op_delete], pa.string())
        said = pc.utf8_lower(pc.utf8_trim_whitespace(table[fields[column]]))
        return np.asarray(pc.is_in(said, value_set=words).to_numpy(), np.bool_)


def _digest(paths: Sequence[Path]) -> str:
    """SHA-256 of the bytes of a file (of several, where its format has more than one)."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _clean(column: pa.ChunkedArray, source: Source) -> pa.ChunkedArray:
    text = pc.utf8_trim_whitespace(column)
    missing = pc.is_in(text, value_set=pa.array(sorted({"", *source.parse.null_tokens}), pa.string()))
    return pc.if_else(missing, pa.scalar(None, pa.string()), text)


def _fitted(batch: pa.RecordBatch, reader: Reader, columns: Sequence[Column]) -> pa.RecordBatch:
    """A batch of one file in the columns of all."""
    fields = {column.header: column.field for column in reader.header()}
    nothing = pa.nulls(batch.num_rows, pa.string())
    cells = [batch.column(fields[c.header]) if c.header in fields else nothing for c in columns]
    origin = [batch.column(name) for name in ORIGIN.names]
    return pa.RecordBatch.from_arrays([*origin, *cells], schema=batch_schema(columns))


# --- files ---
def delta_reader(
    source: Source, place: ProjectSource, root: Path, *, base: KeptRows | None, known: Delivered
) -> Reader:
    """The rows of a source that delivers changes; raises SourceMissing while not a single file has come."""
    assert place.path is not None, "checked when the project was loaded"
    try:
        places = places_of(source, place.path, root)
    except SourceMissing:
        if base is None:
            raise
        places = []  # every file has been applied, and somebody put them away
    last = max(known.files, key=in_turn, default="")
    places = sorted(places, key=lambda one: in_turn(one.name))
    new = [one for one in places if one.name not in known.files and in_turn(one.name) > in_turn(last)]
    names = [*known.files, *(one.name for one in new)]
    told = (*_late(places, known, last), *_changed(places, known), *_gaps(names))
    readers = {
        one.name: open_reader(source.model_copy(update={"file": one.name}), place, root) for one in new
    }
    return DeltaRows(source, base, readers, known=known.files, told=told)


def in_turn(name: str) -> tuple[tuple[str, int], ...]:
    """The order of names: letter by letter, numbers as numbers, so that delta_10 follows delta_9."""
    return tuple((text, int(number or -1)) for text, number in re.findall(r"(\D*)(\d*)", name))


def _late(places: Sequence[Place], known: Delivered, last: str) -> Iterator[Told]:
    for one in places:
        if one.name not in known.files and in_turn(one.name) <= in_turn(last):
            said = f"{one.name} came after {last} was applied, so it is not applied; rename it to come last"
            yield Told(LATE, one.name, said)


def _changed(places: Sequence[Place], known: Delivered) -> Iterator[Told]:
    for one in places:
        if one.name in known.files and _digest([one.path]) != known.files[one.name]:
            said = f"{one.name} is not what it was when it was applied; a file is applied once"
            yield Told(REDELIVERED, one.name, said)


def _gaps(names: Sequence[str]) -> Iterator[Told]:
    """Numbers that are missing between names that differ in one number alone."""
    numbered: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for name in names:
        found = list(re.finditer(r"\d+", name))
        if found and len(found[-1].group()) not in _DAY_DIGITS:
            before, after = name[: found[-1].start()], name[found[-1].end() :]
            numbered.setdefault((before, after), []).append((int(found[-1].group()), name))
    for listed in numbered.values():
        for (low, first), (high, second) in pairwise(sorted(set(listed))):
            if high > low + 1:
                missing = [str(number) for number in range(low + 1, min(high, low + 1 + _SHOWN))]
                more = f" and {high - low - 1 - _SHOWN} more" if high - low - 1 > _SHOWN else ""
                said = f"number {', '.join(missing)}{more} is missing between {first} and {second}"
                yield Told(GAP, second, said)
