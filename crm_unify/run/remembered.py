"""What matching remembers, in a run folder of the workspace: one file of arrays for each kind of customer.

A cache like everything there: where it is missing or of another run, all records are matched anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from matching.blocking import Candidates, RuleReport
from matching.columns import Column, Part, Several
from matching.engine import Matched
from matching.features import KindFeatures
from matching.memory import KindMemory, Memory
from matching.names import NameTraits
from matching.places import PARTS, Places
from matching.scored_pairs import Patterns, Scored
from matching.scoring import Scores
from matching.texts import Texts
from matching.united import NAMED

_FILES: Final = "matched_{}.arrow"
_KINDS: Final = ("person", "organisation")
_TRAITS: Final = ("initial", "single", "listed", "sound", "spelt", "canonical", "related", "coupled")
_SCORES: Final = ("millibits", "klass", "evidence", "contradicted")
_TOLD: Final = b"told"
"""Where the schema of a file holds what is no array."""

Named = tuple[str, Any]


def set_aside(matched: Matched, folder: Path) -> Matched:
    """What was matched without what it remembers, which is large: that goes into a run folder."""
    memory = matched.memory or {}
    for kind in _KINDS:
        path = folder / _FILES.format(kind)
        path.unlink(missing_ok=True)  # it may be shared with an earlier folder
        if kind in memory:
            _write(memory[kind], path)
    return replace(matched, memory=None)


def read_memory(folder: Path) -> Memory | None:
    """Out of a run folder; None where it holds nothing."""
    paths = {kind: folder / _FILES.format(kind) for kind in _KINDS}
    found = {kind: _read(kind, path) for kind, path in paths.items() if path.is_file()}
    return found or None


def _write(memory: KindMemory, path: Path) -> None:
    arrays = {name: _array(values) for name, values in _arrays(memory)}
    told = {
        "let_go": memory.let_go,
        "report": [asdict(rule) for rule in memory.found.report],
        "comparisons": len(memory.kept.patterns.cells),
        "columns": list(memory.features.columns),
        "parts": list(memory.features.parts),
    }
    lists = [pa.ListArray.from_arrays(pa.array([0, len(one)], pa.int32()), one) for one in arrays.values()]
    fields = [pa.field(name, one.type) for name, one in zip(arrays, lists, strict=True)]
    schema = pa.schema(fields, metadata={_TOLD: json.dumps(told)})
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema, options=options) as writer:
        writer.write_batch(pa.record_batch(lists, schema=schema))


def _array(values: Any) -> pa.Array:
    if isinstance(values, Texts):
        return values.array
    if isinstance(values, np.ndarray):
        return pa.array(np.ascontiguousarray(values).view(np.uint8) if values.dtype == np.bool_ else values)
    return values


def _arrays(memory: KindMemory) -> Iterator[Named]:
    made, found, kept = memory.features, memory.found, memory.kept
    yield "record_ids", made.record_ids
    yield "customer", made.customer
    yield "names", made.names.values
    for name in _TRAITS:
        yield f"names.{name}", getattr(made.names, name)
    for name, col in made.columns.items():
        yield from _of_column(f"column.{name}", col, shared=made.kind == "person" and name in NAMED)
    for name, piece in made.parts.items():
        yield from _of_part(f"part.{name}", piece)
    for name in PARTS:
        yield from _of_part(f"place.{name}", getattr(made.places, name))
    for name in ("left", "right", "rule", "proposed_by"):
        yield f"found.{name}", getattr(found, name)
    for name in ("left", "right", "rule", "pattern"):
        yield f"kept.{name}", getattr(kept, name)
    yield "cells", kept.patterns.cells.reshape(-1)
    yield "say", kept.patterns.say
    for name in _SCORES:
        yield f"scores.{name}", getattr(kept.patterns.scores, name)


def _of_column(at: str, col: Column, *, shared: bool) -> Iterator[Named]:
    yield f"{at}.first", col.first
    yield f"{at}.counts", col.counts
    yield f"{at}.degree", np.ascontiguousarray(col.degree)
    if not shared:
        yield f"{at}.values", col.values
    if col.several is not None:
        yield f"{at}.codes", col.several.codes
        yield f"{at}.offsets", col.several.offsets


def _of_part(at: str, piece: Part) -> Iterator[Named]:
    yield f"{at}.values", piece.values
    yield f"{at}.codes", piece.codes
    yield f"{at}.counts", np.ascontiguousarray(piece.counts)


class _Arrays:
    """The arrays of a file by name."""

    def __init__(self, path: Path) -> None:
        reader = pa.ipc.open_file(pa.memory_map(str(path)))
        self._batch = reader.get_batch(0)
        self.told: dict[str, Any] = json.loads(reader.schema.metadata[_TOLD])

    def __contains__(self, name: str) -> bool:
        return name in self._batch.schema.names

    def texts(self, name: str) -> pa.StringArray:
        """An array of texts."""
        return self._batch.column(name).values

    def numbers(self, name: str) -> Any:
        """An array of numbers."""
        return self._batch.column(name).values.to_numpy(zero_copy_only=False)

    def flags(self, name: str) -> Any:
        """An array of yes and no."""
        return self.numbers(name).view(np.bool_)


def _read(kind: str, path: Path) -> KindMemory:
    arrays = _Arrays(path)
    names = _names(arrays)
    columns = {
        name: _column(arrays, f"column.{name}", names.values if kind == "person" and name in NAMED else None)
        for name in arrays.told["columns"]
    }
    parts = {name: _part(arrays, f"part.{name}") for name in arrays.told["parts"]}
    places = Places(columns["address"], *(_part(arrays, f"place.{name}") for name in PARTS))
    made = KindFeatures(
        kind, arrays.texts("record_ids"), columns, places, names, parts, arrays.numbers("customer")
    )
    report = tuple(RuleReport(**rule) for rule in arrays.told["report"])
    left, right, rule, by = (arrays.numbers(f"found.{n}") for n in ("left", "right", "rule", "proposed_by"))
    return KindMemory(made, Candidates(left, right, rule, by, report), _kept(arrays), arrays.told["let_go"])


def _names(arrays: _Arrays) -> NameTraits:
    read: Mapping[str, Any] = {"single": arrays.flags, "listed": arrays.flags}
    traits = {name: read.get(name, arrays.numbers)(f"names.{name}") for name in _TRAITS}
    return NameTraits(Texts(arrays.texts("names")), **traits)


def _column(arrays: _Arrays, at: str, shared: Texts | None) -> Column:
    several = None
    if f"{at}.codes" in arrays:
        several = Several(arrays.numbers(f"{at}.codes"), arrays.numbers(f"{at}.offsets"))
    values = Texts(arrays.texts(f"{at}.values")) if shared is None else shared
    first, counts, degree = (arrays.numbers(f"{at}.{name}") for name in ("first", "counts", "degree"))
    return Column(values, first, several, counts, degree)


def _part(arrays: _Arrays, at: str) -> Part:
    codes, counts = arrays.numbers(f"{at}.codes"), arrays.numbers(f"{at}.counts")
    return Part(Texts(arrays.texts(f"{at}.values")), codes, counts)


def _kept(arrays: _Arrays) -> Scored:
    say = arrays.numbers("say")
    cells = arrays.numbers("cells").reshape(arrays.told["comparisons"], len(say))
    read: Mapping[str, Any] = {"contradicted": arrays.flags}
    scores = Scores(*(read.get(name, arrays.numbers)(f"scores.{name}") for name in _SCORES))
    left, right, rule, pattern = (arrays.numbers(f"kept.{n}") for n in ("left", "right", "rule", "pattern"))
    return Scored(left, right, rule, pattern, Patterns(cells, scores, say))
