"""Which claim becomes the golden value: per field a chain of reasons, the first that tells two claims apart.

=========  ======================================================================================
step       the better claim
=========  ======================================================================================
pin        a person chose it
valid      its record is in force (a row that has turned bad since still is); a vanished row is not
trust      its source stands higher in the project's ``trust`` list
recent     its record was updated (else created) later; undated claims come last
frequent   more records of the customer say the same
complete   it fills more of the fields that belong together, then the longer text
=========  ======================================================================================

What is still equal is decided by record id. Fields that belong together (the parts of a name) win together.
Winning moves no claim: the rivals stay where they are and are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.pins import given, pinned_first, ranks

DEFAULT_CHAIN: Final = ("pin", "valid", "trust", "recent", "frequent", "complete")
INACTIVE: Final = "inactive"
"""State of a record whose row has vanished."""
ONLY: Final = "only"
"""Decided by: nobody else claims the field."""
AGREED: Final = "agreed"
"""Decided by: every record that claims the field says the same."""
TIE: Final = "record id"
"""Decided by: everything was equal, the smaller record id won."""

TOGETHER: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "person": {"full_name": ("full_name", "prefix", "given_name", "middle_name", "family_name", "suffix")},
    "organisation": {"name": ("name", "legal_form")},
}
"""Fields that win together, under the field that stands for them."""

WINNERS: Final = pa.schema(
    [
        ("customer_id", pa.string()),
        ("field", pa.string()),  # kind.field, or table/row id for values that are all kept
        ("record_id", pa.string()),  # whose claim won, or the best that carries the value; or "decision N"
        ("decided_by", pa.string()),  # a step of the chain, ONLY, AGREED or TIE
        ("claims", pa.int64()),  # how many records claim the field (or carry the value)
    ]
)
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Parties:
    """The party records with the customer each belongs to, as columns sorted by record id."""

    table: pa.Table
    """``record_id, customer_id, kind, system, state, created, updated, founding``."""
    trust: Sequence[str]
    """Source systems, the most trusted first."""
    pins: pa.Table | None = None
    """PINS: claims that a person chose, and values that a person gave."""

    def places(self, record_ids: pa.ChunkedArray | pa.Array) -> Ints:
        """Row in :attr:`table` of each record id."""
        return ints(pc.index_in(record_ids, self.table["record_id"]))

    def column(self, name: str, places: Ints) -> pa.Array:
        """A column of :attr:`table` for claims at these places."""
        return self.table[name].combine_chunks().take(pa.array(places))


def ints(values: pa.Array | pa.ChunkedArray) -> Ints:
    """An Arrow column without nulls as int64."""
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.int64)


def codes(column: pa.Array | pa.ChunkedArray, *, descending: bool = False) -> Ints:
    """Dense ranks of texts by code point, 0 for the least (or the greatest); nulls rank last."""
    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    distinct = pc.unique(values).drop_null()
    order = pc.sort_indices(distinct, sort_keys=[("", "descending" if descending else "ascending")])
    rank = pc.index_in(values, distinct.take(order))
    return ints(pc.fill_null(rank, len(distinct)))


def paired(first: Ints, second: Ints) -> Ints:
    """One code for each pair of codes, from 0 without gaps."""
    width = int(second.max(initial=0)) + 1
    return np.asarray(np.unique(first * width + second, return_inverse=True)[1].reshape(-1), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Contest:
    """Claims that compete: one row a claim, grouped by what they compete for."""

    parties: Parties
    places: Ints
    """Row of each claim's record among the parties."""
    group: Ints
    """What the claim competes for (customer, or customer and kind), as a code."""
    value: Ints
    """Code of the claimed value: equal values have equal codes."""
    filled: Ints
    """How many of the fields that belong together the claim fills."""
    length: Ints
    """Characters of the claimed value."""
    field: str
    """``kind.field``, for pins."""
    pinned: Ints | None = None
    """Sort key of what a person decided (:func:`matching.pins.ranks`); None: by the record of the claim."""

    def keys(self, chain: Sequence[str]) -> list[tuple[str, Ints]]:
        """Sort keys by step, smaller is better."""
        return [(step, key) for step in chain for key in self._step(step)] + [(TIE, self.places)]

    def _step(self, step: str) -> list[Ints]:
        parties, places = self.parties, self.places
        match step:
            case "pin":
                return self._pinned()
            case "valid":
                return [ints(pc.equal(parties.column("state", places), INACTIVE))]
            case "trust":
                return [self._trust()]
            case "recent":
                dated = pc.coalesce(parties.column("updated", places), parties.column("created", places))
                return [codes(dated, descending=True)]
            case "frequent":
                same = paired(self.group, self.value)
                return [-np.bincount(same)[same]]
            case "complete":
                return [-self.filled, -self.length]
            case _:
                msg = f"{step!r} is no step of a survivorship chain"
                raise ValueError(msg)

    def _pinned(self) -> list[Ints]:
        if self.parties.pins is None:
            return []
        if self.pinned is not None:
            return [self.pinned]
        return [ranks(self.parties.pins, self.field, self.parties.column("record_id", self.places))]

    def _trust(self) -> Ints:
        systems = self.parties.column("system", self.places)
        known = pa.array([*self.parties.trust], pa.string())
        rest = pc.unique(systems).filter(pc.invert(pc.is_in(pc.unique(systems), known)))
        ranked = pa.concat_arrays([known, rest.take(pc.sort_indices(rest))])
        return ints(pc.index_in(systems, ranked))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a contest: winners in group order."""

    winner: Ints
    """Row (in the contest) of the winning claim of each group."""
    decided_by: tuple[str, ...]
    claims: Ints
    """Claims of each group."""


def judge(contest: Contest, chain: Sequence[str]) -> Verdict:
    """The best claim of each group, and the first step that set it apart from the best rival.

    A rival is a claim of another value; records that say the same are no rivals.
    """
    keys = contest.keys(chain)
    order = np.lexsort([key for _, key in reversed(keys)] + [contest.group])
    starts = np.flatnonzero(np.diff(contest.group[order], prepend=-1))
    best, sizes = order[starts], np.diff(np.r_[starts, len(order)])
    rival = _best_rival(contest.value[order], starts, sizes)
    contested = rival >= 0
    against = order[np.where(contested, rival, 0)] if len(order) else best
    reason = np.full(len(starts), TIE, dtype=object)
    for step, key in reversed(keys):
        reason[key[best] != key[against]] = step
    reason[~contested] = AGREED
    reason[sizes == 1] = ONLY
    return Verdict(winner=best, decided_by=tuple(reason.tolist()), claims=sizes)


def _best_rival(values: Ints, starts: Ints, sizes: Ints) -> Ints:
    """Place of the first claim of each group that differs from the group's first, -1 if all agree."""
    differs = np.flatnonzero(values != np.repeat(values[starts], sizes))
    at = np.searchsorted(differs, starts)
    rival = np.r_[differs, np.iinfo(np.int64).max][at]
    return np.where(rival < starts + sizes, rival, -1)


@dataclass(frozen=True, slots=True)
class Details:
    """The golden details of one kind of party."""

    table: pa.Table
    """``customer_id`` and the fields of the kind."""
    winners: pa.Table
    """WINNERS."""


def details(parties: Parties, kind: str, claims: pa.Table, *, chains: Mapping[str, Sequence[str]]) -> Details:
    """One golden row for each customer of this kind.

    ``claims`` are the person or organisation claims; ``chains`` maps ``kind.field`` to a chain and may hold
    ``default``.
    """
    own = parties.table.filter(pc.field("kind") == kind)
    customers = pc.unique(own["customer_id"]).sort()
    columns: dict[str, pa.Array] = {"customer_id": customers}
    winners = []
    places = parties.places(claims["record_id"])
    for lead, together in _groups(kind, claims.column_names).items():
        chain = chains.get(f"{kind}.{lead}", chains.get("default", DEFAULT_CHAIN))
        mine = claims.select(list(together))
        said = _with_given(parties, mine, places, f"{kind}.{lead}", known=own["record_id"])
        found = _contest(parties, said, f"{kind}.{lead}", customers)
        verdict = judge(found.contest, pinned_first(chain))
        winners.append(winner_rows(found.contest, verdict, f"{kind}.{lead}", said_by=found.said_by))
        at = np.full(len(customers), -1, np.int64)
        at[found.contest.group[verdict.winner]] = found.rows[verdict.winner]
        taken = pa.array(at, mask=at < 0)
        columns |= {name: said.values[name].combine_chunks().take(taken) for name in together}
    return Details(table=pa.table(columns), winners=pa.concat_tables(winners))


def _groups(kind: str, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    together = TOGETHER[kind]
    grouped = {name for group in together.values() for name in group}
    return together | {name: (name,) for name in names if name != "record_id" and name not in grouped}


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said about fields that belong together: claims of records, then values people gave."""

    values: pa.Table
    places: Ints
    """Row of each one's record among the parties."""
    said_by: pa.Array
    """Record id, or ``decision N``."""
    pinned: Ints
    """Sort key, see :func:`matching.pins.ranks`."""


def _with_given(
    parties: Parties, values: pa.Table, places: Ints, field: str, *, known: pa.ChunkedArray
) -> _Said:
    own = given(parties.pins, field, values.schema, known=known)
    records = parties.column("record_id", places)
    return _Said(
        pa.concat_tables([values, own.values]),
        np.concatenate([places, parties.places(own.record_ids)]),
        pa.concat_arrays([records, own.names]),
        np.concatenate([ranks(parties.pins, field, records), -own.decisions]),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    contest: Contest
    rows: Ints
    """Row of each claim of the contest among what is said."""
    said_by: pa.Array
    """Record id or decision of each claim of the contest."""


def _contest(parties: Parties, said: _Said, field: str, customers: pa.Array) -> _Found:
    """What fills at least one of the columns."""
    values, places = said.values, said.places
    filled = np.sum([ints(pc.is_valid(c)) for c in values.columns], axis=0)
    rows = np.flatnonzero(filled > 0)
    kept = values.take(pa.array(rows))
    group = pc.index_in(parties.column("customer_id", places[rows]), customers)
    texts = [pc.fill_null(c.cast(pa.string()), "") for c in kept.columns]
    joined = texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, "\x1f")
    contest = Contest(
        parties=parties,
        places=places[rows],
        group=ints(group),
        value=codes(joined),
        filled=filled[rows],
        length=ints(pc.utf8_length(joined)),
        field=field,
        pinned=said.pinned[rows],
    )
    return _Found(contest, rows, said.said_by.take(pa.array(rows)))


def winner_rows(
    contest: Contest, verdict: Verdict, field: str | pa.Array, *, said_by: pa.Array | None = None
) -> pa.Table:
    """The winners of a contest as WINNERS rows; ``field`` is one name or one for each winner.

    ``said_by`` names who made each claim of the contest, where that is not always a record.
    """
    places = contest.places[verdict.winner]
    names_of = contest.parties.column("record_id", contest.places) if said_by is None else said_by
    names = pa.array([field] * len(places), pa.string()) if isinstance(field, str) else field
    return pa.table(
        [
            contest.parties.column("customer_id", places),
            names,
            names_of.take(pa.array(verdict.winner)),
            pa.array(verdict.decided_by, pa.string()),
            pa.array(verdict.claims, pa.int64()),
        ],
        schema=WINNERS,
    )
