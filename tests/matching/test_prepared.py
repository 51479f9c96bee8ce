"""Prepared claims: what features take from them is what they would have made of the claims themselves."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from matching.features import KindFeatures, features
from matching.prepared import prepared

PEOPLE = (
    {"full_name": "Dr. Anna Keller-Braun", "given_name": None, "family_name": None, "suffix": None},
    {"full_name": None, "given_name": "Jonas", "family_name": "McDonald Jr", "suffix": None},
    {"full_name": "WEISS Paul", "given_name": None, "family_name": None, "suffix": "Sr"},
    {"full_name": None, "given_name": None, "family_name": None, "suffix": None},
)
PLACES = (
    {"line1": "Lindenstr. 8", "line2": None, "postal_code": "04109", "city": "Leipzig"},
    {"line1": "12 High Street", "line2": "Flat 3", "postal_code": "LS1 4AP", "city": "Leeds"},
    {"line1": None, "line2": None, "postal_code": None, "city": "Bern"},
)


def _table(rows: tuple[dict[str, str | None], ...], ids: list[str]) -> pa.Table:
    fields = [("record_id", pa.string()), *((name, pa.string()) for name in rows[0])]
    named = [{"record_id": one} | row for one, row in zip(ids, rows, strict=True)]
    return pa.Table.from_pylist(named, schema=pa.schema(fields))


def _said(made: KindFeatures) -> dict[str, list[tuple[int, str]]]:
    """The values of all columns by record."""
    return {
        name: list(zip(np.asarray(col.carriers).tolist(), col.values[col.codes].tolist(), strict=True))
        for name, col in made.columns.items()
    }


def test_prepared_claims_make_the_same_features() -> None:
    """Names split, suffixes told, addresses taken apart; claims prepared twice are as prepared once."""
    ids = ["a:1", "a:2", "a:3", "a:4"]
    claims = {"person": _table(PEOPLE, ids), "address": _table(PLACES, ids[:3])}
    records = pa.table({"record_id": ids, "kind": ["person"] * 4, "system": ["a"] * 4})
    once = prepared(claims)
    plain, ready, twice = (features(records, said).kinds["person"] for said in (claims, once, prepared(once)))
    assert _said(plain) == _said(ready) == _said(twice)
    assert list(plain.places.street.values) == list(ready.places.street.values)
    assert prepared(once)["person"].column_names == once["person"].column_names
