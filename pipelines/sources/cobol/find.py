"""Which copybook describes a file of records that says nothing of itself: each is tried in every way.

A copybook fits where the file ends with a whole record and its texts are readable. Parts that lie over each
other are told by the record's length or by a name that begins with the value that chooses them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product, takewhile
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import CrmUnifyError
from crm_unify.rules.source_model import Copybook
from pipelines.sources.cobol.copybook import Item, read_copybook
from pipelines.sources.cobol.layout import RecordLayout, layout_of, titles_of
from pipelines.sources.cobol.reader import CobolReader
from pipelines.sources.cobol.records import Passed, Records, records_of
from pipelines.sources.interface import FoundTable, Given

_ENDINGS: Final = frozenset({".cob", ".cbl", ".cpy", ".copy", ".cobol"})
_LONGEST: Final = 1 << 20
"""Bytes of a copybook"""
_FORMATS: Final = ("rdw", "rdw_little", "fixed")
_PAGES: Final = ("cp037", "latin-1")
"""EBCDIC as most have it, and the code of other machines; letters with accents have to be looked at"""
_READABLE: Final = 0.97
"""Share of the characters of texts that people write, from which on a copybook fits"""
_ROWS: Final = 2_000
_KINDS: Final = 20
"""Different values of an item that chooses a part"""
_USUAL: Final = r"[^\pL\pN .,&'()/+:;@_#*$%=?!\"-]"


def copybooks_near(place: Path) -> list[Path]:
    """The copybooks in a folder with all folders below it, and in the folder it lies in."""
    folder = place if place.is_dir() else place.parent
    found = [*folder.rglob("*"), *folder.resolve().parent.glob("*")]
    return sorted({path for path in found if is_copybook(path)})


def is_copybook(path: Path) -> bool:
    """Whether a file describes records, by its ending and what is in it."""
    if path.suffix.lower() not in _ENDINGS or not path.is_file() or path.stat().st_size > _LONGEST:
        return False
    try:
        read_copybook(path, None)
    except CrmUnifyError:
        return False
    return True


def described(given: Given, copybooks: Sequence[Path]) -> FoundTable | None:
    """A file of records with the copybook that fits it; None where none does.

    Of several that fit as well the one counts whose name is most like the file's.
    """
    near = sorted(copybooks, key=lambda path: -_alike(path.name, given.path))
    for path, form, page in product(near, _FORMATS, _PAGES):
        copybook = Copybook.model_validate({"file": path.name, "format": form, "code_page": page})
        if _fits(given, copybook, path):
            return _found(given, copybook, path)
    return None


def _alike(name: str, path: Path) -> int:
    """Letters with which the name of a copybook and that of a file, or of its folder, begin alike."""
    pairs = (zip(name.lower(), other.lower(), strict=False) for other in (path.name, path.parent.name))
    return max(sum(1 for _ in takewhile(lambda two: two[0] == two[1], pair)) for pair in pairs)


def _fits(given: Given, copybook: Copybook, path: Path) -> bool:
    """Whether the file begins with records of this form with readable texts in them."""
    layout = layout_of(read_copybook(path, None), {}, path)
    if copybook.format == "fixed" and given.path.stat().st_size % max(layout.length, 1):
        return False
    reader = CobolReader(given, copybook, path)
    try:
        first = next(iter(reader.batches()), None)
    except CrmUnifyError:
        return False
    if first is None or first.column("_problem").null_count < first.num_rows:
        return False
    sure = {
        title for title, place in zip(titles_of(layout), layout.places, strict=True) if not place.overlaid
    }
    texts = [first.column(one.field).slice(0, _ROWS) for one in reader.header() if one.found in sure]
    characters = sum(pc.sum(pc.utf8_length(column)).as_py() or 0 for column in texts)
    odd = sum(pc.sum(pc.count_substring_regex(column, _USUAL)).as_py() or 0 for column in texts)
    return characters > 0 and odd <= (1 - _READABLE) * characters


def _found(given: Given, copybook: Copybook, path: Path) -> FoundTable:
    segments = dict(_segments(given, copybook, path))
    options: dict[str, Any] = {
        "file": copybook.file,
        "format": copybook.format,
        "code_page": copybook.code_page,
    }
    if segments:
        options["segments"] = segments
    notes = [
        f"read with {copybook.file}, which fits, as {copybook.format} in {copybook.code_page}: "
        "look at a few letters with accents"
    ]
    notes += [
        f"{name} is taken for the records in which {one['field']} is {' or '.join(one['values'])}"
        for name, one in segments.items()
    ]
    return FoundTable(Path(given.name).stem, "cobol", given.name, {"copybook": options}, notes=tuple(notes))


# --- parts that lie over each other ---
def _segments(given: Given, copybook: Copybook, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """For each part the item and values that choose it, where they can be told."""
    record = read_copybook(path, None)
    parts = _alternatives(record)
    layout = layout_of(record, {}, path)
    first = next(iter(records_of(given.path, copybook, layout.length, Passed())), None)
    if not parts or not isinstance(first, Records):
        return
    reader = CobolReader(given, copybook, path)
    batch = next(iter(reader.batches()))
    lengths = pa.array(first.lengths[: batch.num_rows])
    for title, place in zip(titles_of(layout), layout.places, strict=True):
        column = next((one for one in reader.header() if one.found == title), None)
        if place.overlaid or column is None:
            continue
        chosen = _chosen(batch.column(column.field), lengths, parts, layout)
        if sum(map(bool, chosen.values())) > 1:
            item = place.path[-1]
            yield from ((part, {"field": item, "values": known}) for part, known in chosen.items() if known)
            return


def _alternatives(record: Item) -> list[str]:
    """Groups of the record that lie over each other."""
    over = {child.redefines for child in record.children if child.redefines is not None and child.children}
    return [child.name for child in record.children if child.name in over or child.redefines in over]


def _chosen(
    values: pa.Array, lengths: pa.Array, parts: Sequence[str], layout: RecordLayout
) -> dict[str, list[str]]:
    """For each part the values of an item with which it goes."""
    made: dict[str, list[str]] = {part: [] for part in parts}
    known = pc.unique(values.drop_null()).to_pylist()
    if not 2 <= len(known) <= _KINDS:
        return made
    ends = {part: max(p.offset + p.storage.width for p in layout.places if part in p.path) for part in parts}
    for value in sorted(known):
        mine = lengths.filter(pc.fill_null(pc.equal(values, value), False))
        fitting = [
            part
            for part in parts
            if (pc.mean(pc.cast(pc.equal(mine, ends[part]), pa.float64())).as_py() or 0) > 0.9
        ]
        if len(fitting) != 1:
            fitting = [part for part in parts if re.match(re.escape(value), part, re.IGNORECASE)]
        if len(fitting) == 1:
            made[fitting[0]].append(value)
    return made
