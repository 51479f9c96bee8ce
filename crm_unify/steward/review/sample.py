"""A blind sample of pairs: people answer them without a score, and accuracy follows from their answers.

What is sampled are the pairs of the newest run: those it merged, and those its blocking rules proposed and it
left apart. Strata are source pairs within classes of belief; what a pair belongs to stands in a design beside
the workbook, never in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import UsageError
from crm_unify.ids import crm_ids
from matching.columns import Ints
from matching.sampling import Share, Stratum, allocate, drawn, recall_of, share_of, with_answers

MERGED, APART = "merged", "apart"
SURE: Final = 0.99
"""Probability that parts merged pairs into sure ones and others."""
DOUBTFUL, UNLIKELY = 0.05, 0.001
"""Probabilities that part pairs left apart into those that may well be right, unlikely and hopeless ones."""
LEAST: Final = 0.002
"""Probability at least, in sharing out what is asked of pairs left apart: the model may be wrong."""

PAIRS: Final = pa.schema(
    [
        ("left", pa.string()),
        ("right", pa.string()),
        ("merged", pa.bool_()),
        ("probability", pa.float64()),
        ("source", pa.string()),  # systems of both records, ascending
    ]
)
"""All pairs that a sample is taken of."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stratum."""

    group: str
    """MERGED or APART."""
    source: str
    """Systems of both records, as ``billing / helpdesk``."""
    belief: str
    pairs: int


@dataclass(frozen=True, slots=True)
class Design:
    """What was drawn of what."""

    stamp: str
    """Of the pack it goes with."""
    seed: int
    parts: tuple[Part, ...]
    items: Mapping[str, int]
    """By question id the number of its stratum."""

    def write(self, file: Path) -> None:
        """As JSON."""
        file.write_text(json.dumps(asdict(self), indent=1, sort_keys=True), encoding="utf-8")


def read_design(file: Path) -> Design:
    """The design of a sample. Raises UsageError for a file that is none."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        parts = tuple(Part(**part) for part in said["parts"])
        items = {str(name): int(at) for name, at in said["items"].items()}
        if not all(0 <= at < len(parts) for at in items.values()):
            raise ValueError("an item names a stratum that is not there")
        return Design(said["stamp"], said["seed"], parts, items)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = str(error) or type(error).__name__
        remedy = "bring back the file that `crm-unify review sample` wrote beside the workbook"
        raise UsageError("the design of this sample is missing", str(file), why=why, remedy=remedy) from error


def design_file(pack: Path) -> Path:
    """Where the design of a pack stands."""
    return pack.with_suffix(".design.json")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample, blind and in an order that says nothing."""

    parts: tuple[Part, ...]
    pairs: pa.Table
    """``question, left, right, part``."""


def draw(pairs: pa.Table, *, precision: int, recall: int, seed: int) -> Drawn:
    """Draw `precision` of the merged pairs and `recall` of those left apart; ``pairs`` are PAIRS.

    The same pairs and seed give the same sample, whatever their order.
    """
    pairs = pairs.sort_by([("left", "ascending"), ("right", "ascending")])
    ids = crm_ids("S", pairs["left"], pairs["right"])
    order = _order(ids, seed)
    parts, stratum, believed = _parts(pairs)
    chosen = _chosen(parts, believed, precision=precision, recall=recall)
    rows = drawn(stratum, chosen, order)
    rows = rows[np.argsort(order[rows], kind="stable")]
    columns = {"left": pairs["left"].take(pa.array(rows)), "right": pairs["right"].take(pa.array(rows))}
    table = pa.table({"question": ids.take(pa.array(rows)), **columns, "part": pa.array(stratum[rows])})
    return Drawn(parts, table)


def _order(ids: pa.Array, seed: int) -> Ints:
    key = str(seed).encode()
    digests = (blake2b(name.encode(), digest_size=7, key=key).digest() for name in ids.to_pylist())
    return np.fromiter((int.from_bytes(digest) for digest in digests), np.int64, len(ids))


def _parts(pairs: pa.Table) -> tuple[tuple[Part, ...], Ints, list[float]]:
    """The strata, the stratum of each pair and the mean belief of each stratum."""
    merged = pairs["merged"].to_numpy(zero_copy_only=False).astype(np.bool_)
    sure = pairs["probability"].to_numpy()
    left_apart = np.where(sure >= DOUBTFUL, "doubtful", np.where(sure >= UNLIKELY, "unlikely", "hopeless"))
    names = np.where(merged, np.where(sure >= SURE, "sure", "less sure"), left_apart)
    groups = np.where(merged, MERGED, APART)
    keys = list(zip(groups.tolist(), pairs["source"].to_pylist(), names.tolist(), strict=True))
    known = {key: at for at, key in enumerate(sorted(set(keys)))}
    stratum = np.array([known[key] for key in keys], np.int64)
    sizes = np.bincount(stratum, minlength=len(known))
    believed = np.bincount(stratum, weights=sure, minlength=len(known)) / np.maximum(sizes, 1)
    parts = tuple(Part(*key, int(sizes[at])) for key, at in known.items())
    return parts, stratum, believed.tolist()


def _chosen(parts: Sequence[Part], believed: Sequence[float], *, precision: int, recall: int) -> list[int]:
    """Pairs to ask of each stratum: of the merged in proportion, of the others where most may be right.

    Within a class of belief every source pair gets its proportion.
    """
    out = [0] * len(parts)
    for group, answers in ((MERGED, precision), (APART, recall)):
        classes = _classes(parts, group)
        sizes = [sum(parts[at].pairs for at in mine) for mine in classes]
        weights = [float(size) for size in sizes]
        if group == APART:
            means = [sum(believed[at] * parts[at].pairs for at in mine) for mine in classes]
            spread = [min(max(mean / size, LEAST), 0.5) for mean, size in zip(means, sizes, strict=True)]
            weights = [size * (p * (1 - p)) ** 0.5 for size, p in zip(sizes, spread, strict=True)]
        for mine, number in zip(classes, allocate(weights, sizes, answers), strict=True):
            pairs = [parts[at].pairs for at in mine]
            for at, some in zip(mine, allocate(pairs, pairs, number), strict=True):
                out[at] = some
    return out


def _classes(parts: Sequence[Part], group: str) -> list[list[int]]:
    """The strata of a group by belief: over the sources of one each pair has the same chance to be drawn."""
    beliefs = sorted({part.belief for part in parts if part.group == group})
    return [
        [at for at, part in enumerate(parts) if (part.group, part.belief) == (group, belief)]
        for belief in beliefs
    ]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What the answers to a sample say."""

    precision: Share | None
    recall: Share | None
    """Of the pairs that the blocking rules proposed."""
    sources: Mapping[str, tuple[Share | None, Share | None]]
    """The same by source pair."""
    answered: int
    unsure: int
    empty: int

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def estimated(design: Design, verdicts: Mapping[str, str]) -> Accuracy:
    """Accuracy from the verdicts (same, different, unsure) on the items of a design."""
    given = {name: said for name, said in verdicts.items() if name in design.items}
    clear = {name: said for name, said in given.items() if said != "unsure"}
    stratum = [design.items[name] for name in clear]
    strata = with_answers(
        [part.pairs for part in design.parts], stratum, [said == "same" for said in clear.values()]
    )
    sources = sorted({part.source for part in design.parts})
    return Accuracy(
        *_both(design, strata, None),
        sources={source: _both(design, strata, source) for source in sources},
        answered=len(clear),
        unsure=len(given) - len(clear),
        empty=len(design.items) - len(given),
    )


def _both(design: Design, strata: Sequence[Stratum], source: str | None) -> tuple[Share | None, Share | None]:
    """Precision and recall, over all source pairs (a class of belief is one stratum then) or of one."""
    parts = design.parts if source is None else [part for part in design.parts if part.source == source]
    wanted = set(parts)
    mine = {
        group: [
            _together([strata[at] for at in classed if design.parts[at] in wanted])
            for classed in _classes(design.parts, group)
        ]
        for group in (MERGED, APART)
    }
    held = {group: [one for one in some if one.pairs] for group, some in mine.items()}
    return share_of(held[MERGED]), recall_of(held[MERGED], held[APART])


def _together(strata: Sequence[Stratum]) -> Stratum:
    pairs, answered, same = (
        sum(getattr(one, name) for one in strata) for name in ("pairs", "answered", "same")
    )
    return Stratum(pairs, answered, same)


def sources_of(left: pa.ChunkedArray, right: pa.ChunkedArray) -> pa.ChunkedArray:
    """The source pair of each pair, from the systems of both records."""
    ascending = pc.less_equal(left, right)
    return pc.binary_join_element_wise(
        pc.if_else(ascending, left, right), pc.if_else(ascending, right, left), " / "
    )
