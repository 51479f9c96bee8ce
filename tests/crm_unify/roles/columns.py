"""Small invented columns for tests of roles: ``taken_for({"Vorname": ["Anna", ...]})``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.roles.infer import infer
from crm_unify.roles.interface import Roles
from crm_unify.roles.profile import Profile, profile
from pipelines.bare.headers import header_words

_GIVEN = "Anna Jan Maria Piotr Sofia Lucas Emma David Laura Peter Julia Martin Eva Thomas Sarah Daniel"
_FAMILY = "Nowak Schmidt Rossi Garcia Dubois Jansen Silva Novak Weber Moreau Lopez Bakker Costa Ferrari"
GIVEN, FAMILY = _GIVEN.split(), _FAMILY.split()


def profiled(name: str, values: Sequence[str | None]) -> Profile:
    """The profile of a column."""
    coded = pa.array(values, pa.string()).dictionary_encode()
    codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    return profile(name, coded.dictionary, codes)


def taken_for(columns: Mapping[str, Sequence[str | None]]) -> Roles:
    """What the columns of a table are taken for."""
    return infer([profiled(name, values) for name, values in columns.items()], header_words())


def roles_of(columns: Mapping[str, Sequence[str | None]]) -> dict[str, str]:
    """Role of each column, as a word."""
    return {column.column: column.role.value for column in taken_for(columns).columns}


def people(rows: int = 60) -> dict[str, list[str | None]]:
    """A table of invented people, without headers that say anything."""
    picked = [(GIVEN[i % len(GIVEN)], FAMILY[(i * 5) % len(FAMILY)], i) for i in range(rows)]
    return {
        "a": [given for given, _, _ in picked],
        "b": [family for _, family, _ in picked],
        "c": [f"{given}.{family}{i}@example.com".lower() for given, family, i in picked],
        "d": [f"{1930 + i % 70}-{1 + i % 12:02d}-{1 + i % 28:02d}" for _, _, i in picked],
        "e": ["FM"[i % 2] for _, _, i in picked],
    }
