"""Texts that rows look up in the rows of another map: the name of the town whose number stands in the row.

What is lent is text as found, or as people corrected it, after trim and null tokens of its own source. What
becomes of the lending row does not matter, so maps may look texts up in each other and in themselves; only
rows that cannot be read, were waived, or are of an erased person lend nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import GuardStopped
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.lookups import parents_of, values_of
from crm_unify.rules.model import FieldRule
from pipelines.interpret.interface import Note, Subject
from pipelines.interpret.joined import joined
from pipelines.interpret.keys import encoded, keys_of, repeated_rows
from pipelines.interpret.problems import LOOKUP_AMBIGUOUS, LOOKUP_MISSING
from pipelines.interpret.repairs import Repaired
from pipelines.interpret.rows import Mask, Rows, as_array, as_mask, cleaned
from pipelines.interpret.sql import Engine
from pipelines.interpret.values import Text

_NO_TEXT: Final = pa.scalar(None, pa.string())
_SHOWN: Final = 5

Asked = tuple[str, str, str]
"""Map, the column that the key stands in, and the column to take."""


@dataclass(frozen=True, slots=True)
class Lent:
    """The texts of one column of a map by those of another."""

    keys: pa.Array
    """Each once, sorted."""
    texts: pa.Array
    """Null where the rows of the key have none, or several."""
    ambiguous: pa.Array
    """Whether the rows of the key have several."""
    used: Mask
    """Keys that some row asked for; set while the maps are worked out."""


GivenBeside = Mapping[str, Sequence[Mapping[str, str | None]]]
"""Rows of other maps by map, as an example gives them."""

Lending = Mapping[Asked, Lent]
"""What the maps of a project lend; one that is missing here is not known, and nothing is said about it."""


def asked_of(files: Sequence[LoadedRules]) -> dict[str, set[tuple[str, str]]]:
    """By map, the pairs of columns (key, text) that rows of all maps ask it for."""
    found: dict[str, set[tuple[str, str]]] = {}
    for loaded in files:
        for one in values_of(loaded.rules):
            name, by, take = asked(loaded, one.rule)
            found.setdefault(name, set()).add((by, take))
    return found


def asked(loaded: LoadedRules, field: FieldRule) -> Asked:
    """What a field that takes a text asks for."""
    assert field.lookup is not None, "only lookups ask"
    assert field.take is not None, "parents are looked up elsewhere"
    name = field.lookup[1]
    return name, field.by or loaded.keys.get(name, ""), field.take


def lenders(loaded: LoadedRules, mended: Repaired, *, engine: Engine) -> tuple[Rows, Mask]:
    """The rows of a map as others look them up, lines put together, and those that lend nothing."""
    rows, said = mended.rows, loaded.rules.source.join_rows
    idle = as_mask(rows.origin("_problem").is_valid()) | rows.erased() | mended.waived
    if said is None:
        return rows, idle
    live = ~idle & ~repeated_rows(rows)
    keys = keys_of(rows, loaded.rules.source.key, engine=engine, live=live)
    found = joined(said, rows, keys=keys, live=live)
    return mended.once_joined(found), ~live | (found.leader >= 0) | found.unjoined


def lent(rows: Rows, pair: tuple[str, str], *, idle: Mask) -> Lent:
    """The texts that the rows of a map lend, by column of the key and column of the text."""
    able = ~idle
    by, take = pair
    return _lent(rows.clean(by).filter(pa.array(able)), rows.clean(take).filter(pa.array(able)))


def nothing_lent() -> Lent:
    """What a map lends that has no rows."""
    return _lent(pa.array([], pa.string()), pa.array([], pa.string()))


def lent_by_examples(loaded: LoadedRules, beside: GivenBeside) -> Lending:
    """The same of rows given by an example; a file read alone takes their first column for the key."""
    found = {}
    for one in values_of(loaded.rules):
        rows = beside.get(one.map)
        if rows is not None:
            _, by, take = asked(loaded, one.rule)
            by = by or next(iter(rows[0]), "") if rows else by
            texts = (pa.array([row.get(column) for row in rows], pa.string()) for column in (by, take))
            nothing = loaded.null_tokens.get(one.map, ())
            found[asked(loaded, one.rule)] = _lent(*(cleaned(text, nothing) for text in texts))
    return found


def keys_by_examples(loaded: LoadedRules, beside: GivenBeside) -> dict[str, pa.Array]:
    """Keys of the parents that an example gives, by map; a file read alone takes their first column."""
    found = {}
    for one in parents_of(loaded.rules):
        if (rows := beside.get(one.map)) is not None:
            key = loaded.keys.get(one.map) or (next(iter(rows[0]), "") if rows else "")
            found[one.map] = encoded(pa.array([row.get(key) for row in rows], pa.string()))
    return found


def _lent(keys: pa.Array, texts: pa.Array) -> Lent:
    pairs = pa.table({"key": keys, "text": texts}).filter(pc.field("key").is_valid())
    # texts are compared as numbers: least and greatest of a key differ where it has several
    coded = pairs["text"].combine_chunks().dictionary_encode()
    pairs = pairs.set_column(1, "text", coded.indices)
    made = pairs.group_by("key").aggregate([("text", "min"), ("text", "max")]).sort_by("key")
    least, most = as_array(made["text_min"]), as_array(made["text_max"])
    ambiguous = pc.fill_null(pc.not_equal(least, most), False)
    single = pc.if_else(ambiguous, pa.scalar(None, least.type), least)
    known = as_array(made["key"])
    return Lent(known, coded.dictionary.take(single), ambiguous, np.zeros(len(known), np.bool_))


def looked_up(references: pa.Array, found: Lent | None, *, missing: str) -> Text:
    """The text of each reference; one that nothing has is a problem, if `missing` does not say null."""
    nothing = pa.nulls(len(references), pa.string())
    if found is None:
        return Text(nothing, nothing)
    place = pc.index_in(references, value_set=found.keys)
    found.used[np.unique(place.drop_null().to_numpy())] = True
    lacking = pc.and_(references.is_valid(), place.is_null())
    problem = pc.if_else(lacking, pa.scalar(LOOKUP_MISSING), _NO_TEXT) if missing != "null" else nothing
    several = pc.fill_null(found.ambiguous.take(place), False)
    return Text(found.texts.take(place), pc.if_else(several, pa.scalar(LOOKUP_AMBIGUOUS), problem))


def stop_for_missing(
    target: str, references: pa.Array, several: pa.Array, *, name: str, field: FieldRule, file: str
) -> None:
    """Stop the run because of references that nothing has; nothing happens where there is none.

    `several` are those that rows with differing texts have, which is as bad.
    """
    what = "does not have" if len(references) else "has in several texts"
    references = references if len(references) else several
    if len(references) == 0:
        return
    shown = ", ".join(repr(text) for text in sorted(references.unique().to_pylist())[:_SHOWN])
    other = (field.lookup or ["", ""])[1]
    raise GuardStopped(
        f"{len(references)} rows of '{name}' look up what '{other}' {what}: {shown}",
        file,
        why=f"{target} says `missing: fail`",
        remedy="deliver the rows, correct the references, or withhold such values (`missing: withhold`)",
    )


def lending_notes(files: Sequence[LoadedRules], lending: Lending) -> Iterator[Note]:
    """Rows of lists that nobody looks up, and lookups that find nothing at all."""
    for (name, by, take), one in sorted(lending.items()):
        if len(one.keys) and not one.used.any():
            said = f"No row finds anything in '{name}' by {by}; {take} is never taken."
            yield Note(name, Subject.LOOKUP_UNUSED, f"{by}: {take}", said)
    for loaded in files:
        if all(branch.lookup_only for branch in loaded.rules.targets):
            yield from _unused_rows(loaded.rules.map, lending)


def _unused_rows(name: str, lending: Lending) -> Iterator[Note]:
    by_key: dict[str, list[Lent]] = {}
    for (lender, by, _), one in lending.items():
        if lender == name:
            by_key.setdefault(by, []).append(one)
    for by, several in sorted(by_key.items()):
        used = np.logical_or.reduce([one.used for one in several])
        left = several[0].keys.filter(pa.array(~used))
        if used.any() and len(left):
            shown = ", ".join(left[:_SHOWN].to_pylist()) + (" ..." if len(left) > _SHOWN else "")
            said = f"{len(left)} of {len(used)} keys of '{name}' ({by}) are looked up by no row: {shown}"
            yield Note(name, Subject.LOOKUP_UNUSED, by, said)
