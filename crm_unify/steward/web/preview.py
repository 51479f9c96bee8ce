"""What one customer of these records would look like: the golden values by the project's survivorship."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from crm_unify.records import arrow_schema
from crm_unify.rules.loaded import LoadedProject
from crm_unify.run.decisions import Decision, rulings
from crm_unify.steward.ledger_view import KnownRecord
from crm_unify.steward.report.evidence import DECIDED, DETAILS
from matching.survivorship import Parties, details

ONE: Final = "one"
"""Stands for the customer that all of them would be."""
COLUMNS: Final = ("record_id", "customer_id", "kind", "system", "state", "created", "updated", "founding")


@dataclass(frozen=True, slots=True)
class Preferred:
    """The value of a field that would win."""

    text: str
    record_id: str
    """Whose claim it is; ``decision N`` where a person gave it."""
    why: str
    """In words; empty where nobody says anything else."""


def preferred(
    project: LoadedProject, records: Sequence[KnownRecord], decisions: Sequence[Decision]
) -> dict[str, Preferred]:
    """By label the value that wins, as if all the records were one customer."""
    if not records:
        return {}
    kind = records[0].kind
    found = details(
        _parties(project, records, decisions), kind, _claims(kind, records), chains=_chains(project)
    )
    values = found.table.to_pylist()[0]
    winners = {row["field"]: row for row in found.winners.to_pylist()}
    shown = {}
    for name, label in DETAILS[kind].items():
        won = winners.get(f"{kind}.{name}")
        if won is not None and values.get(name) is not None:
            why = DECIDED.get(won["decided_by"], "")
            shown[label] = Preferred(str(values[name]), won["record_id"], why)
    return shown


def _chains(project: LoadedProject) -> dict[str, list[str]]:
    return {field: list(chain) for field, chain in project.project.survivorship.items()}


def _parties(
    project: LoadedProject, records: Sequence[KnownRecord], decisions: Sequence[Decision]
) -> Parties:
    rows = [
        {
            "record_id": one.record_id,
            "customer_id": ONE,
            "kind": one.kind,
            "system": one.system,
            "state": one.state,
            "created": one.created,
            "updated": one.updated,
            "founding": "",
        }
        for one in sorted(records, key=lambda one: one.record_id)
    ]
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    pins = rulings(decisions, {}).pins
    return Parties(pa.Table.from_pylist(rows, schema=schema), project.project.trust, pins)


def _claims(kind: str, records: Sequence[KnownRecord]) -> pa.Table:
    """The own fields of the records as columns, sorted by record id."""
    names = arrow_schema(kind).names
    rows = []
    for one in sorted(records, key=lambda one: one.record_id):
        own = {name: str(value) for name, value in one.claims.get(kind, {}).items() if value is not None}
        rows.append({name: own.get(name) for name in names} | {"record_id": one.record_id})
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in names]))
