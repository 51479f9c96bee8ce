"""Small states of a CRM for the tests of change set, load and export: customers in plain words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.ids import crm_id
from crm_unify.progress import Silent
from crm_unify.records import RECORDS, REJECTIONS, FieldLineage, Lineage
from crm_unify.schema.tables import CRM_TABLES, arrow_schema
from crm_unify.schema.target import open_target
from crm_unify.schema.upgrade import upgrade
from pipelines.changes import ChangeSet, Desired, Facts, ModelInForce, change_set
from pipelines.ledger import read_ledger
from pipelines.load import Applied, RunRecord, apply

FACTS = Facts("company", None, date(2026, 3, 2), "sources-1", "rules-1", account="{}", summary="{}")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LINEAGE = Lineage(
    "1" * 16, "customers", 1, "person", (FieldLineage("person.full_name", ("NAME",), "as it is", None),)
)
MODEL = ModelInForce("model-1", "1", '{"levels": []}')
WINNERS = pa.schema([("customer_id", pa.string()), ("field", pa.string()), ("record_id", pa.string())])

Rows = list[dict[str, Any]]


@dataclass
class State:
    """The state a CRM shall have, as lists of plain rows that a test may edit."""

    tables: dict[str, Rows] = field(default_factory=lambda: {name: [] for name in CRM_TABLES})
    records: Rows = field(default_factory=list)
    xref: dict[str, str] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    rejections: Rows = field(default_factory=list)
    model: ModelInForce | None = MODEL
    winners_by: str = "the first record"

    def desired(self) -> Desired:
        """The state as the change set takes it."""
        return Desired(
            golden={name: table(rows, arrow_schema(name)) for name, rows in self.tables.items()},
            winners=table(
                [
                    {
                        "customer_id": row["customer_id"],
                        "field": "person.full_name",
                        "record_id": self.winners_by,
                    }
                    for row in self.tables["person"]
                ],
                WINNERS,
            ),
            records=table(self.records, RECORD_SCHEMA),
            xref=table(
                [{"record_id": r, "customer_id": c} for r, c in self.xref.items()], arrow_schema("mig_xref")
            ),
            redirects=table(
                [{"old_id": o, "new_id": n} for o, n in self.redirects.items()], arrow_schema("mig_redirect")
            ),
            lineages=(LINEAGE,),
            rejections=table(self.rejections, REJECTIONS),
            model=self.model,
            facts=FACTS,
        )

    def row(self, table_name: str, key: str) -> dict[str, Any]:
        """One row, for a test to edit."""
        return next(r for r in self.tables[table_name] if key in (r.get("id"), r.get("customer_id")))

    def change_order(self, key: str, **values: Any) -> None:
        """Let the source say something else about an order."""
        record = next(r for r in self.records if r["key"] == key)
        claims = json.loads(record["claims"])["sales_order"] | values
        record |= {"row_hash": f"{values}", "claims": json.dumps({"sales_order": claims}, sort_keys=True)}
        order = next(o for o in self.tables["sales_order"] if o["order_no"] == key)
        order |= values

    def new_model(self, name: str) -> None:
        """Let another model come into force."""
        self.model = ModelInForce(name, "1", '{"levels": [1]}')


def rejection(code: str, raw: str) -> dict[str, Any]:
    """A withheld value."""
    return {
        "map": "persons",
        "row_id": "r-1",
        "severity": "withhold",
        "target": "contact_point.value",
        "column": "TEL",
        "code": code,
        "raw": raw,
        "sentence": f"{raw} is not understood",
    }


RECORD_SCHEMA = RECORDS.append(pa.field("state", pa.string())).append(pa.field("founding", pa.string()))


def table(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Plain rows as an Arrow table; columns that are not named are NULL."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


def source_record(key: str, kind: str, claims: dict[str, Any]) -> dict[str, Any]:
    """One record of the system ``crm`` with these claims."""
    return {
        "record_id": f"shop.{kind}s:{key}#{kind}",
        "map": f"{kind}s",
        "system": "shop",
        "entity": f"{kind}s",
        "key": key,
        "part": kind,
        "kind": kind,
        "row_id": f"{key}-1",
        "row_hash": f"hash of {key}",
        "lineage": LINEAGE.id,
        "created": "2020-01-01",
        "raw": json.dumps({"NO": key}),
        "state": "active",
        "claims": json.dumps({kind: claims}, sort_keys=True),
        "founding": f"00000001|{key}",
    }


def add_person(state: State, key: str, name: str, *, email: str | None = None) -> str:
    """A customer with one source record, one detail row and perhaps an address; gives its customer id."""
    record = source_record(key, "person", {"full_name": name})
    customer = crm_id("C", record["record_id"])
    state.records.append(record)
    state.xref[record["record_id"]] = customer
    state.tables["customer"].append(
        {
            "id": customer,
            "kind": "person",
            "display_name": name,
            "status": "active",
            "source_created": "2020-01-01",
            "source_updated": "2024-05-06T07:08:09Z",
        }
    )
    state.tables["person"].append({"customer_id": customer, "full_name": name, "birth_date": "1980-02-29"})
    if email is not None:
        state.tables["contact_point"].append(
            {
                "id": crm_id("CP", record["record_id"], email),
                "customer_id": customer,
                "kind": "email",
                "value_raw": email.upper(),
                "value_norm": email,
                "is_primary": True,
            }
        )
    return customer


def add_order(state: State, key: str, person_key: str, *, total: int = 1000) -> str:
    """An order of the customer with this key; gives its row id."""
    parent = f"shop.persons:{person_key}#person"
    claims = {"customer_record_id": parent, "order_no": key, "total": total, "currency": "EUR"}
    record = source_record(key, "sales_order", claims)
    state.records.append(record)
    row_id = crm_id("SO", record["record_id"])
    values = {name: value for name, value in claims.items() if name != "customer_record_id"}
    state.tables["sales_order"].append(
        {"id": row_id, "customer_id": state.xref[parent], "system": "shop", **values}
    )
    return row_id


def small_state() -> State:
    """Two people, one with an address and an order."""
    state = State()
    add_person(state, "1", "Ada Müller", email="ada@mueller.example")
    add_person(state, "2", 'Ben "Benny" O\'Neill,\nJr')
    add_order(state, "A-1", "1")
    return state


def sqlite_target(folder: Path) -> sa.Engine:
    """A new SQLite CRM in this folder, with its tables."""
    return new_target(f"sqlite:///{folder / 'crm.db'}")


def new_target(url: str) -> sa.Engine:
    """The database at this URL with the tables of a CRM; a new SQLite file is a copy of an empty CRM."""
    engine = open_target(url)
    file = Path(engine.url.database or "")
    if engine.dialect.name == "sqlite" and not file.exists():
        file.write_bytes(_empty_crm())
    upgrade(engine)
    return engine


@cache
def _empty_crm() -> bytes:
    """An SQLite file that the migrations made, once for all tests."""
    with TemporaryDirectory() as folder:
        engine = open_target(f"sqlite:///{folder}/crm.db")
        upgrade(engine)
        engine.dispose()
        return (Path(folder) / "crm.db").read_bytes()


def changes_to(state: State, engine: sa.Engine) -> ChangeSet:
    """What leads from the CRM to this state."""
    return change_set(state.desired(), read_ledger(engine), engine)


def load(state: State, engine: sa.Engine) -> Applied:
    """Bring the CRM to this state."""
    return apply(changes_to(state, engine), engine, run=RunRecord(FACTS, NOON), progress=Silent())


def dump(engine: sa.Engine, *, bookkeeping: bool = True) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but ``mig_run`` and ``mig_change``, sorted, with or without bookkeeping."""
    catalogue = sa.MetaData()
    catalogue.reflect(engine)
    with engine.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(sa.select(t))), key=repr)
            for name, t in sorted(catalogue.tables.items())
            if name not in ("mig_run", "mig_change", "mig_schema")
            and (bookkeeping or not name.startswith("mig_"))
        }


def edit(engine: sa.Engine, statement: str, **values: Any) -> None:
    """What a person does in the CRM."""
    with engine.begin() as connection:
        connection.execute(sa.text(statement), values)
