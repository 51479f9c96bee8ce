"""Suppression tokens: keyed hashes (HMAC-SHA-256, RFC 2104) of what must not come back.

Without the key nobody can tell from a token whose it is, or try names against it; so the key stands in the
environment and never in the project or the database.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.schema.bookkeeping import mig_suppression

DIGEST_BYTES: Final = 16
"""Of the 32 bytes of a hash that a token keeps: 128 bits."""
CHECK: Final = "the key of this CRM"
"""What the token of kind ``key`` is made of."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What makes tokens."""

    key: bytes

    def of(self, what: str, text: str) -> str:
        """The token of one text; `what` is the kind of thing it stands for."""
        return hmac.digest(self.key, f"{what}\x1f{text}".encode(), "sha256")[:DIGEST_BYTES].hex()

    def column(self, what: str, texts: pa.Array | pa.ChunkedArray) -> pa.Array:
        """The token of each text, null of null; each distinct text is hashed once."""
        coded = pc.dictionary_encode(texts)
        coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
        made = pa.array([self.of(what, text) for text in coded.dictionary.to_pylist()], pa.string())
        return made.take(coded.indices)


@dataclass(frozen=True, slots=True)
class Suppressions:
    """The tokens of a CRM by what they stand for; the number of the erasure with each."""

    by_kind: Mapping[str, Mapping[str, int]]

    def __bool__(self) -> bool:
        """Whether anybody was ever erased."""
        return bool(self.by_kind)

    def of(self, what: str) -> Mapping[str, int]:
        """Those of one kind."""
        return self.by_kind.get(what, {})

    def among(self, what: str, tokens: pa.Array) -> pa.Array:
        """For each token whether it is suppressed."""
        return pc.is_in(tokens, pa.array(sorted(self.of(what)), pa.string()))


def read_suppressions(connection: sa.Connection) -> Suppressions:
    """Every token of a CRM."""
    s = mig_suppression.c
    found: dict[str, dict[str, int]] = {}
    for token, what, erasure in connection.execute(sa.select(s.token, s.what, s.erasure)):
        found.setdefault(what, {})[token] = erasure
    return Suppressions(found)


def traits(claims: Mapping[str, pa.Table]) -> pa.Table:
    """``record_id, trait``: what two records of one person are likely to share and others are not.

    E-mail addresses, numbers, identifiers, and a name together with a birth date; a name alone is none.
    """
    points, ids = claims["contact_point"], claims["party_identifier"]
    value = pc.coalesce(points["value_norm"], points["value_raw"])
    parts = [
        _traits(points["record_id"], points["kind"], value),
        _traits(ids["record_id"], ids["scheme"], ids["value"]),
    ]
    person = claims["person"]
    born = pc.binary_join_element_wise(person["full_name"], person["birth_date"], "|")
    parts.append(_traits(person["record_id"], pa.repeat(pa.scalar("born"), len(person)), born))
    return pa.concat_tables(parts)


def _traits(records: pa.ChunkedArray, kind: pa.ChunkedArray | pa.Array, value: pa.ChunkedArray) -> pa.Table:
    said = pc.utf8_lower(pc.binary_join_element_wise(kind, value, ":"))
    found = pa.table({"record_id": records, "trait": said})
    return found.filter(pc.is_valid(found["trait"]))
