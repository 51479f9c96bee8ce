"""What the columns of bare tables are taken for: tables with the same header are looked at as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.roles.infer import infer
from crm_unify.roles.interface import ColumnRole, Roles
from crm_unify.roles.profile import Profile, profile
from pipelines.bare.headers import header_words
from pipelines.bare.interface import BareTable
from pipelines.bare.shared_keys import with_shared_keys

THREADS = 2
"""Columns looked at at the same time; the outcome does not depend on it."""


@dataclass(frozen=True, slots=True, eq=False)
class TakenFor:
    """One input table and what its columns were taken for."""

    table: BareTable
    """The columns that were looked at: without ids, source, truth and ignored ones"""
    profiles: tuple[Profile, ...]
    """Fill, distinct values and a sample of each column, over all tables with this header"""
    roles: Roles
    ids: pa.Array
    """Record id of each row, in the order of the file"""
    source: pa.Array
    """Source system of each row"""


def taken_for(
    tables: Sequence[BareTable],
    ids: Sequence[pa.Array],
    sources: Sequence[pa.Array],
    *,
    said: Mapping[str, ColumnRole],
) -> tuple[TakenFor, ...]:
    """The tables with the roles of their columns; `said` are those that a person gave."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for place, table in enumerate(tables):
        alike.setdefault(tuple(sorted(table.names)), []).append(place)
    found: dict[int, tuple[tuple[Profile, ...], Roles]] = {}
    for places in alike.values():
        inferred = _inferred([tables[i] for i in places], [sources[i] for i in places], said)
        found |= dict.fromkeys(places, inferred)
    roles = with_shared_keys(tables, [found[i][1] for i in range(len(tables))])
    return tuple(
        TakenFor(table, _profiles(found[i][0], table), _roles(own, table), ids[i], sources[i])
        for i, (table, own) in enumerate(zip(tables, roles, strict=True))
    )


def _inferred(
    tables: Sequence[BareTable], sources: Sequence[pa.Array], said: Mapping[str, ColumnRole]
) -> tuple[tuple[Profile, ...], Roles]:
    """The profiles and roles of tables with one header."""
    names = tables[0].names
    with ThreadPoolExecutor(THREADS) as pool:
        profiles = tuple(pool.map(lambda name: _profile(name, [one.column(name) for one in tables]), names))
    given = {name: role for name, role in said.items() if name in names}
    roles = infer(profiles, header_words(), given=given, source=_codes(sources))
    return tuple(one.without_rows() for one in profiles), roles


def _profile(name: str, columns: Sequence[pa.DictionaryArray]) -> Profile:
    united = columns[0] if len(columns) == 1 else _united(columns)
    codes = pc.fill_null(united.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    return profile(name, united.dictionary, codes)


def _united(columns: Sequence[pa.DictionaryArray]) -> pa.DictionaryArray:
    """One column of several, each value once."""
    return pa.chunked_array(columns).unify_dictionaries().combine_chunks()


def _codes(sources: Sequence[pa.Array]) -> npt.NDArray[np.int64] | None:
    """A code of the source of each row, None where all rows are of one."""
    coded = pa.chunked_array(sources).combine_chunks().dictionary_encode()
    if len(coded.dictionary) < 2:
        return None
    return np.asarray(coded.indices.to_numpy(zero_copy_only=False), np.int64)


def _profiles(profiles: Sequence[Profile], table: BareTable) -> tuple[Profile, ...]:
    """The profiles in the order of the table's columns."""
    held = {one.name: one for one in profiles}
    return tuple(held[name] for name in table.names)


def _roles(roles: Roles, table: BareTable) -> Roles:
    """The roles in the order of the table's columns."""
    own = {column.column: column for column in roles.columns}
    return replace(roles, columns=tuple(own[name] for name in table.names))
