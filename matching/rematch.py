"""Matching again after a few records have changed: what is known of all other pairs is not worked out twice.

The outcome is that of matching all records with the same model. A pair is scored again where one of its
records has changed, where a value of one is carried by so many more or fewer that it tells otherwise (numbers
count in powers of two), and where no rule proposed it before. Clusters are made of all pairs, old and new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.blocking import Candidates
from matching.cells import rarity
from matching.columns import MISSING, Codes, Column, Flags, Ints, Part, distinct, numbered
from matching.compare_contacts import years_alone
from matching.compare_names import USUAL_COUNT, may_be_slip
from matching.contacts import mark_sites
from matching.features import Features, KindFeatures, features
from matching.frequencies import known
from matching.memory import KindMemory, Memory
from matching.model import KindModel
from matching.pairs import Work, Worth, worth_keeping
from matching.policy import FEW, MANY
from matching.reblocked import Reblocked, among, reblocked
from matching.rejoined import NotAloneError, Rejoined, rejoined, taken
from matching.scored_pairs import Scored, chosen, merged
from matching.united import NAMED

MOST = 0.05
"""Share of records that may have changed; from there on looking at all of them costs as much."""
FEWEST = 50
"""Changed records that are always few enough."""
PERSON, ORGANISATION = "person", "organisation"


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """The records that are not as they were when they were matched last."""

    ids: pa.Array
    """All of them, gone ones among them."""
    parties: pa.Table
    """Those that are parties now."""
    claims: Mapping[str, pa.Table]
    """Their claims, prepared."""
    people: pa.Table
    """The name claims of all persons now."""
    links: pa.Table
    """Who belongs to which organisation, of all records."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The records of one kind now, and what is known of their pairs."""

    features: KindFeatures
    found: Candidates
    kept: Scored | None
    """Pairs whose score is known to be what it was; None: nothing was asked to be scored again."""
    again: Ints
    """Positions of the candidates that are scored again."""
    let_go: float


def held_again(memory: Memory, changed: Changed, *, weights: Mapping[str, KindModel]) -> dict[str, Held]:
    """What is known of each kind. Raises NotAloneError where all records have to be looked at."""
    _refuse_too_much(memory, changed)
    known_kinds = {kind: _as_it_was(one) for kind, one in memory.items()}
    people = memory.get(PERSON)
    made = features(changed.parties, changed.claims).kinds.get(PERSON)
    if people is None or made is None:
        if made is not None or len(_mine(people, changed.ids)):
            raise NotAloneError("people are matched for the first time, or all that changed are gone")
        return known_kinds
    side = rejoined(people.features, made, changed.ids, people=changed.people)
    now = _with_sites(side.now, memory)
    now = known(now, weights[PERSON])
    _refuse_other_measures(people.features, now)
    side = replace(side, now=now)
    blocked = reblocked(side, people.found, people.features.customer, threads=2)
    known_kinds[PERSON] = _again(people, side, blocked)
    return known_kinds


def _mine(memory: KindMemory | None, ids: pa.Array) -> pa.Array:
    if memory is None:
        return ids.slice(0, 0)
    return ids.filter(pc.is_in(ids, memory.features.record_ids))


def _refuse_too_much(memory: Memory, changed: Changed) -> None:
    records = sum(len(one.features) for one in memory.values())
    if len(changed.ids) > max(FEWEST, MOST * records):
        raise NotAloneError("more has changed than can be told apart from the rest")
    firms = memory.get(ORGANISATION)
    kinds = pc.unique(changed.parties["kind"]).to_pylist()
    if ORGANISATION in kinds or len(_mine(firms, changed.ids)):
        raise NotAloneError("an organisation has changed")
    for side in ("record_id", "person_record_id"):
        if pc.any(pc.is_in(changed.links[side], changed.ids), min_count=0).as_py():
            raise NotAloneError("somebody of an organisation has changed")


def _as_it_was(one: KindMemory) -> Held:
    return Held(one.features, one.found, one.kept, np.zeros(0, np.int64), one.let_go)


def _with_sites(people: KindFeatures, memory: Memory) -> KindFeatures:
    """What an organisation carries is one of a site for its people."""
    firms = memory.get(ORGANISATION)
    if firms is None:
        return people
    columns = dict(people.columns)
    for field in ("email", "phone", "address"):
        columns[field] = mark_sites(columns[field], firms.features.columns[field])
    return replace(people, columns=columns)


def _refuse_other_measures(was: KindFeatures, now: KindFeatures) -> None:
    """What is measured by all records together."""
    if years_alone(was.columns["birth_date"]) != years_alone(now.columns["birth_date"]):
        raise NotAloneError("a year of birth is twice as common, or half")
    if (len(was.columns["source"].values) < 2) != (len(now.columns["source"].values) < 2):
        raise NotAloneError("records are of several systems for the first time, or no longer")


def _again(memory: KindMemory, side: Rejoined, blocked: Reblocked) -> Held:
    moved = np.full(len(side.both), MISSING, np.int64)
    moved[side.is_at] = np.arange(len(side.now))
    moved[side.changed] = MISSING
    dirty = side.changed[side.is_at] | _telling_otherwise(memory.features, side)
    found = blocked.found
    again = blocked.unknown | dirty[found.left] | dirty[found.right]
    kept = _moved(memory.kept, moved[side.was_at], found, again, records=len(side.now))
    return Held(side.now, found, kept, np.flatnonzero(again), memory.let_go)


def _moved(kept: Scored, place: Ints, found: Candidates, again: Flags, *, records: int) -> Scored:
    """The pairs whose score is what it was, as far as rules propose them still."""
    left, right = place[kept.left], place[kept.right]
    mine = np.flatnonzero((left >= 0) & (right >= 0))
    pairs = numbered(left[mine], right[mine], records)
    proposed = numbered(found.left, found.right, records)
    at = np.minimum(np.searchsorted(proposed, pairs), max(len(proposed) - 1, 0))
    same = (proposed[at] == pairs) & ~again[at] if len(proposed) else np.zeros(len(pairs), np.bool_)
    mine, at = mine[same], at[same]
    some = np.zeros(len(kept), np.bool_)
    some[mine] = True
    patterns, pattern = chosen(kept.patterns, kept.pattern, some)
    one, two = left[mine].astype(np.int32), right[mine].astype(np.int32)
    return Scored(one, two, found.rule[at], pattern, patterns)


def scored_again(held: Held, work: Work, weights: KindModel, *, worth: Worth, always: Ints) -> Scored:
    """The candidates worth keeping: those known to be, and those of the pairs that are scored again.

    `always` are pairs that are kept whatever they come to: those that people spoke on.
    """
    found, records = held.found, len(held.features)
    proposed = numbered(found.left, found.right, records)
    again = distinct(np.concatenate([held.again, np.flatnonzero(among(proposed, always))]))
    assert held.kept is not None, "something is known"
    known_ones = held.kept
    patterns = worth.of(known_ones.patterns.scores)
    stays = patterns[known_ones.pattern] & ~among(known_ones.codes(records), proposed[again])
    some, pattern = chosen(known_ones.patterns, known_ones.pattern, stays)
    at = np.flatnonzero(stays)
    rest = Scored(known_ones.left[at], known_ones.right[at], known_ones.rule[at], pattern, some)
    fresh = worth_keeping(work, weights, found.at(again), worth=worth, always=always, cells=None)
    return merged(rest, fresh, records)


# --- values that tell otherwise than they told ---
def _telling_otherwise(was: KindFeatures, side: Rejoined) -> Flags:
    """Of the records now, those that carry a value which tells more, or less, than it did."""
    now, stays = side.now, ~side.changed
    before, after = np.flatnonzero(stays[side.was_at]), np.flatnonzero(stays[side.is_at])
    found = np.zeros(len(now), np.bool_)
    names = _names_telling_otherwise(was, now, side.name_now)
    for name, col in was.columns.items():
        old, new = taken(col, before), taken(now.columns[name], after)
        if name in NAMED:
            told = names[new.codes]
        else:
            told = _told(col)[old.codes] != _told(now.columns[name])[new.codes]
        for mine, theirs in _parts(was, now, name):
            told |= _of_part(mine)[old.codes] != _of_part(theirs)[new.codes]
        found[after[new.carriers[told]]] = True
    return found


def _parts(was: KindFeatures, now: KindFeatures, name: str) -> list[tuple[Part, Part]]:
    """The parts of the values of a column, as they were and as they are."""
    if name == "address":
        return [(getattr(was.places, piece), getattr(now.places, piece)) for piece in ("postcode", "city")]
    return [(was.parts[piece], now.parts[piece]) for piece in was.parts if piece.partition("_")[0] == name]


def _names_telling_otherwise(was: KindFeatures, now: KindFeatures, code: Codes) -> Flags:
    """Of the names now: a name of one column is held against those of another, too."""
    found = np.zeros(len(now.names.values), np.bool_)
    held = code != MISSING
    for name in NAMED:
        old, new = was.columns[name], now.columns[name]
        found[code[held]] |= _told(old)[held] != _told(new)[code[held]]
    before = now.columns["given"].counts.copy()
    before[code[held]] = was.columns["given"].counts[held]
    return found | _slips(before, now.columns["given"].counts)


def _told(col: Column) -> np.ndarray:
    """By value, how its number of carriers and of parties is looked at."""
    shared = (col.degree > FEW).astype(np.int64) + (col.degree >= MANY)
    return np.asarray(rarity(col.counts).astype(np.int64) * 8 + shared * 2 + (col.counts >= USUAL_COUNT))


def _of_part(piece: Part) -> np.ndarray:
    """By value of the column, how often its part occurs, as it is looked at."""
    return np.append(rarity(piece.counts), np.uint8(255))[piece.codes]


def _slips(before: Ints, now: Ints) -> Flags:
    """Given names of which it has changed whether they may be a slip of another: of two the rarer is told."""
    found = np.zeros(len(now), np.bool_)
    for value in np.flatnonzero(before != now).tolist():
        then = may_be_slip(before[value], before)
        other = np.flatnonzero(then != may_be_slip(now[value], now))
        rarer = now[other] < now[value]
        found[other[rarer]] = True
        found[value] |= not rarer.all()
    return found


def as_features(held: Mapping[str, Held]) -> Features:
    """The features of all kinds."""
    return Features({kind: one.features for kind, one in held.items()})
