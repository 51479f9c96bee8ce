"""Small invented records for tests: ``party("acme:17")``, ``claims("person", {...}, {...})``."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from crm_unify.records import KINDS, arrow_schema
from matching.survivorship import Parties


def claims(kind: str, *rows: dict[str, Any]) -> pa.Table:
    """Claims of one kind; columns a row leaves out are null."""
    schema = arrow_schema(kind)
    unknown = {name for row in rows for name in row} - set(schema.names)
    assert not unknown, f"{kind} has no {unknown}"
    return pa.table([pa.array([row.get(f.name) for row in rows], f.type) for f in schema], schema=schema)


def all_claims(**kinds: pa.Table) -> dict[str, pa.Table]:
    """Claims of every kind, empty where none are given."""
    return {kind: kinds.get(kind, claims(kind)) for kind in KINDS}


def party(record_id: str, **fields: Any) -> dict[str, Any]:
    """One party record; its system is what stands before the first dot or colon of the id."""
    system = record_id.replace(":", ".").split(".")[0]
    plain = {
        "record_id": record_id,
        "customer_id": None,
        "kind": "person",
        "system": system,
        "state": "active",
        "created": None,
        "updated": None,
        "founding": f"00000001|9999|0000|{record_id}",
    }
    return plain | fields


def parties(*rows: dict[str, Any], trust: tuple[str, ...] = (), pins: pa.Table | None = None) -> Parties:
    """Party records with their customers, sorted as the stages want them."""
    names = ("record_id", "customer_id", "kind", "system", "state", "created", "updated", "founding")
    ordered = sorted(rows, key=lambda row: row["record_id"])
    table = pa.table({name: pa.array([row[name] for row in ordered], pa.string()) for name in names})
    return Parties(table=table, trust=trust, pins=pins)
