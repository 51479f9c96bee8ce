"""Where each elementary item stands in a record: tables written out, redefinitions laid over each other.

A table of varying length moves everything behind it, so there is a layout for each combination of counts;
records of the same combination are read together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from crm_unify.errors import ConfigurationError, nearest_name
from pipelines.sources.cobol.copybook import Item
from pipelines.sources.cobol.picture import Storage
from pipelines.sources.interface import check_width

_FILLER: Final = "FILLER"
Counts = Mapping[str, int]
"""Name of the item that a table depends on -> its value."""


@dataclass(frozen=True, slots=True)
class Place:
    """One elementary item in the bytes of a record."""

    path: tuple[str, ...]
    """Names of its groups and its own, outermost first, the record left out."""
    index: tuple[int, ...]
    """Which element it is of each table around it, from 1."""
    offset: int
    storage: Storage
    overlaid: bool
    """Other items have the same bytes: what is in them may not be this one."""


@dataclass(frozen=True, slots=True)
class RecordLayout:
    """All elementary items of records with the same counts."""

    places: tuple[Place, ...]
    """Those with a name."""
    length: int
    """Bytes of the whole record."""


@dataclass(frozen=True, slots=True)
class _Within:
    """What surrounds an item."""

    path: tuple[str, ...] = ()
    index: tuple[int, ...] = ()
    overlaid: bool = False


def layout_of(record: Item, counts: Counts, path: Path) -> RecordLayout:
    """The layout under these counts; tables whose count is not given have all their elements."""
    places: list[Place] = []
    length = _put(record, 0, _Within(), counts=counts, places=places)
    check_width(len(places), path)
    return RecordLayout(tuple(places), length)


def _put(
    item: Item, offset: int, within: _Within, *, counts: Counts, places: list[Place]
) -> int:
    """Put an item and what is in it; the offset behind it."""
    times = item.times if item.depending is None else counts.get(item.depending, item.times)
    for element in range(1, times + 1):
        index = (*within.index, element) if item.repeats else within.index
        here = replace(within, index=index)
        if item.storage is not None:
            if item.name != _FILLER:
                places.append(Place(here.path, index, offset, item.storage, here.overlaid))
            offset += item.storage.width
        else:
            offset = _put_group(item, offset, here, counts=counts, places=places)
    return offset


def _put_group(
    group: Item, offset: int, within: _Within, *, counts: Counts, places: list[Place]
) -> int:
    redefined = {child.redefines for child in group.children}
    starts: dict[str, int] = {}
    end = offset
    for child in group.children:
        start = end if child.redefines is None else starts.get(child.redefines, end)
        starts[child.name] = start
        path = within.path if child.name == _FILLER else (*within.path, child.name)
        overlaid = within.overlaid or child.redefines is not None or child.name in redefined
        inside = _Within(path, within.index, overlaid)
        after = _put(child, start, inside, counts=counts, places=places)
        end = max(end, after)
    return end


def depending_on(record: Item) -> list[str]:
    """Items that tables depend on."""
    found = [record.depending] if record.depending is not None else []
    return list(dict.fromkeys(found + [name for child in record.children for name in depending_on(child)]))


def group_names(record: Item) -> set[str]:
    """Names of all items, for conditions that refer to them."""
    return {record.name}.union(*(group_names(child) for child in record.children))


def check_names(record: Item, wanted: Mapping[str, str], path: Path) -> None:
    """Stop when a condition names an item that the copybook does not have."""
    known = group_names(record)
    for name, where in wanted.items():
        if name not in known:
            what = f"{where} names the item '{name}', which the copybook does not have"
            raise ConfigurationError(what, path, nearest=nearest_name(name, known))


def titles_of(layout: RecordLayout) -> list[str]:
    """A name for each place: the item's own, with as many of its groups as make it unlike the others."""
    bare = [place.path for place in layout.places]
    together = Counter(path[-1] for path in set(bare))
    titles = []
    for place in layout.places:
        name = place.path[-1] if together[place.path[-1]] == 1 else _qualified(place.path, set(bare))
        titles.append(name + _shown(place.index))
    return titles


def _qualified(path: tuple[str, ...], others: set[tuple[str, ...]]) -> str:
    for count in range(2, len(path) + 1):
        tail = path[-count:]
        if sum(other[-count:] == tail for other in others) == 1:
            return ".".join(tail)
    return ".".join(path)


def _shown(index: tuple[int, ...]) -> str:
    """Which element, as repeated columns are numbered: nothing for the first."""
    return f" ({','.join(map(str, index))})" if any(element > 1 for element in index) else ""
