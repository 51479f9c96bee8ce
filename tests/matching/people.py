"""Invented people and organisations as matching takes them: ``base(person("crm:1", given="Ann"), ...)``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from matching.engine import Matched
from matching.features import Features, features
from tests.factory import all_claims, claims

_PERSON = {
    "given": "given_name",
    "middle": "middle_name",
    "family": "family_name",
    "born": "birth_date",
    "birth_name": "birth_name",
    "suffix": "suffix",
    "prefix": "prefix",
    "gender": "gender",
    "full": "full_name",
}


def person(record_id: str, **fields: Any) -> dict[str, Any]:
    """One person record and its claims."""
    return {"record_id": record_id, "kind": "person", **fields}


def firm(record_id: str, **fields: Any) -> dict[str, Any]:
    """One organisation record and its claims."""
    return {"record_id": record_id, "kind": "organisation", **fields}


def base(*rows: dict[str, Any]) -> Features:
    """The features of the records."""
    return features(*records_and_claims(*rows))


def records_and_claims(*rows: dict[str, Any]) -> tuple[pa.Table, dict[str, pa.Table]]:
    """The record table and the claim tables of the records."""
    records = pa.table(
        {
            "record_id": pa.array([row["record_id"] for row in rows], pa.string()),
            "system": pa.array([row["record_id"].split(":")[0] for row in rows], pa.string()),
            "kind": pa.array([row["kind"] for row in rows], pa.string()),
        }
    )
    people = [_named(row, _PERSON) for row in rows if row["kind"] == "person"]
    firms = [_named(row, {"name": "name"}) for row in rows if row["kind"] == "organisation"]
    links = [
        {"record_id": row["employer"], "person_record_id": row["record_id"]}
        for row in rows
        if "employer" in row
    ]
    return records, all_claims(
        person=claims("person", *people),
        organisation=claims("organisation", *firms),
        contact_point=claims("contact_point", *(point for row in rows for point in _points(row))),
        address=claims(
            "address", *(_address(row) for row in rows if {"street", "city", "postcode"} & set(row))
        ),
        party_identifier=claims("party_identifier", *(_identifier(row) for row in rows if "vat" in row)),
        organisation_person=claims("organisation_person", *links),
    )


def _named(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {"record_id": row["record_id"], **{names[key]: row[key] for key in names if key in row}}


def _points(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"record_id": row["record_id"], "kind": kind, "value_raw": value, "value_norm": value}
        for kind in ("email", "phone")
        for value in ([row[kind]] if isinstance(row.get(kind), str) else row.get(kind, []))
    ]


def _address(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "record_id": row["record_id"],
        "line1": row.get("street"),
        "postal_code": row.get("postcode"),
        "city": row.get("city"),
    }


def _identifier(row: dict[str, Any]) -> dict[str, Any]:
    return {"record_id": row["record_id"], "scheme": "vat", "value": row["vat"]}


def clusters(matched: Matched) -> dict[str, str]:
    """Cluster of each record."""
    return dict(zip(*matched.membership.to_pydict().values(), strict=True))


_ALWAYS = ("given", "family")

GIVEN = (
    "Ada",
    "Bruno",
    "Clara",
    "David",
    "Edith",
    "Felix",
    "Greta",
    "Hugo",
    "Irma",
    "Jonas",
    "Klara",
    "Linus",
)
FAMILY = ("Abel", "Brandt", "Cremer", "Dorn", "Eckert", "Falk", "Gross", "Hoffmann", "Ihle", "Jung")


def town(size: int, seed: int = 5) -> list[dict[str, Any]]:
    """People in homes of two, each in one or two sources; ids are ``source:person-copy``."""
    chance = np.random.default_rng(seed)
    rows = []
    for number in range(size):
        home = number // 2
        family = FAMILY[home % len(FAMILY)] + "abcdefgh"[home // len(FAMILY) % 8]
        year, month, day = (int(chance.integers(*span)) for span in ((1940, 2000), (1, 13), (1, 29)))
        born = f"{year}-{month:02d}-{day:02d}"
        fields = {
            "given": str(chance.choice(GIVEN)) + "xyz"[number % 3],
            "family": family,
            "street": f"Lindenweg {home + 1}",
            "postcode": f"{10000 + home % 50}",
            "city": "Berlin",
            "phone": f"+493023{home:06d}",
            "email": f"p{number}@mail{number % 5}.example",
        }
        rows.append(person(f"crm:{number:05d}-0", **fields, born=born))
        if chance.random() < 0.6:
            kept = {
                key: value
                for key, value in fields.items()
                if chance.random() < 0.8 or key in ("given", "family")
            }
            rows.append(person(f"shop:{number:05d}-1", **kept))
    return rows
