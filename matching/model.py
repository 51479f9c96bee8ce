"""The model in force: all that turns levels into weights, as values a person can read in one JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from matching.policy import KERNEL_VERSION, Costs


@dataclass(frozen=True, slots=True)
class LevelWeight:
    """What one level of a comparison is worth."""

    same: float
    """m: share of pairs of one customer with this level, 0 to 1."""
    household: float
    """Share of pairs of different customers of one household, 0 to 1."""
    site: float
    """Share of pairs of different customers of one site, 0 to 1."""
    namesake: float
    """Share of pairs of two customers of one name, 0 to 1."""
    unrelated: float
    """u: share of unrelated pairs, 0 to 1."""
    usual: float | None = None
    """Share of records that carry the value agreed on, in a usual agreement by chance; None: rarity is not
    asked."""

    @property
    def by_class(self) -> tuple[float, ...]:
        """The shares in the order of the classes."""
        return (self.same, self.household, self.site, self.namesake, self.unrelated)


@dataclass(frozen=True, slots=True)
class Fitted:
    """How the weights of a kind came about."""

    learnt: bool
    """True: by expectation maximisation on this project's pairs; False: the documented weights."""
    reason: str
    """Why, in a sentence."""
    pairs: int
    """Candidate pairs they were learnt from."""
    patterns: int
    """Different patterns of levels among them."""
    same: float
    """Pairs of one customer to expect among the candidates."""
    household: float
    """Pairs of different customers of one household to expect among the candidates."""
    site: float
    """Pairs of different customers of one site to expect among the candidates."""
    rounds: int
    """Rounds of expectation maximisation."""


@dataclass(frozen=True, slots=True)
class KindModel:
    """The weights of one kind of customer."""

    records: int
    """Records the model was made from."""
    filled: Mapping[str, int]
    """Records that have each comparison's field."""
    prior_same: float
    """Share of all pairs of records that are of one customer, 0 to 1."""
    prior_household: float
    """Share of all pairs that are of one household, 0 to 1."""
    prior_site: float
    """Share of all pairs that are of one site, 0 to 1."""
    prior_namesake: float
    """Share of all pairs that are of two customers of one name with nothing else in common, 0 to 1."""
    weights: Mapping[str, tuple[LevelWeight, ...]]
    """For each comparison the weights of its levels, from disagreement up."""
    fitted: Fitted
    """How they came about."""
    carriers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Per column the values that many records carry, with their number in powers of two."""
    degrees: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Per column the values of a whole site (carried under MANY names or more), with their number,
    bounded."""

    @property
    def priors(self) -> tuple[float, ...]:
        """Share of all pairs in each class, in their order."""
        told = (self.prior_same, self.prior_household, self.prior_site, self.prior_namesake)
        return (*told, 1 - sum(told))


@dataclass(frozen=True, slots=True)
class Model:
    """Everything scoring needs besides the records."""

    kinds: Mapping[str, KindModel]
    """The model of each kind of customer."""
    costs: Costs
    """What errors cost; the lines follow from it."""
    merge_bits: float
    """Match weight (bits, log2 of the odds) from which on two records are merged."""
    review_bits: float
    """Match weight from which on a person is asked."""
    kernel_version: int = KERNEL_VERSION
    """Version of the comparisons it was made for."""

    def to_json(self) -> str:
        """The model as JSON with sorted keys; equal models give equal text."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Model:
        """The model a JSON text holds.

        Raises ValueError where it was made for another kernel version, where a weight is no share or a line
        no number.
        """
        read = json.loads(text)
        if read["kernel_version"] != KERNEL_VERSION:
            raise ValueError(
                f"the model was made for version {read['kernel_version']} of the comparisons, "
                f"this is version {KERNEL_VERSION}: train a new one"
            )
        for line in ("merge_bits", "review_bits"):
            if not isinstance(read[line], int | float) or not math.isfinite(read[line]):
                raise ValueError(f"{line} {read[line]!r} is no number of bits")
        kinds = {name: _kind(kind) for name, kind in read.pop("kinds").items()}
        return cls(kinds, Costs(**read.pop("costs")), **read)


def _kind(read: dict[str, Any]) -> KindModel:
    weights = {name: tuple(map(_level, levels)) for name, levels in read.pop("weights").items()}
    made = KindModel(weights=weights, fitted=Fitted(**read.pop("fitted")), **read)
    _check(made.priors)
    return made


def _level(read: dict[str, Any]) -> LevelWeight:
    level = LevelWeight(**read)
    _check((*level.by_class, 1.0 if level.usual is None else level.usual))
    return level


def _check(shares: tuple[object, ...]) -> None:
    """Raise ValueError for what is no share, or one of nothing: its logarithm has no end."""
    for share in shares:
        if not isinstance(share, int | float) or not 0 < share <= 1:
            raise ValueError(f"the weight {share!r} is no share from 0 to 1 (0 aside)")
