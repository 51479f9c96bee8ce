"""What an invented run left, without running anything: one rule file, figures, fates, rejections."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from crm_unify.records import REJECTIONS, ROW_FATES
from crm_unify.rules.load import load_project
from crm_unify.rules.loaded import LoadedProject
from crm_unify.schema.bookkeeping import mig_run, mig_source_record, mig_xref
from crm_unify.schema.target import open_target
from crm_unify.schema.upgrade import upgrade
from crm_unify.steward.report.leavings import Leavings

PROJECT = """\
project: club
sources: {club: {path: members.csv}}
rules: [members.yml]
"""
RULES = """\
map: members
source: {system: club, reader: csv, key: [No], parse: {decimal: ",", currency: EUR}}
rules:
  ME-1: {what: every row is a member, status: approved}
  ME-2: {what: rows marked X are test rows, owner: the board, status: proposed}
  ME-3: {what: is a blank fee free?, owner: the treasurer, status: disputed, evidence: 3 rows}
  ME-4: {what: the old list counts too, status: retired}
targets:
  - {when: "Mark = 'X'", discard: {rule: ME-2}}
  - rule: ME-1
    person: {as: person, full_name: {from: Name}}
    account: {of: person, account_no: {from: No}, balance: {from: Fee, type: money, rule: ME-3}}
reconcile:
  - {name: fees, source: "sum(money(Fee))", target: "sum(account.balance)"}
  - {name: members, source: "count(No)", target: "count(account.account_no)"}
"""
ACCOUNT = {"extracted": 9, "mapped": 5, "held": 0, "quarantined": 1, "discarded": 3, "withheld_values": 2}


def club(folder: Path) -> LoadedProject:
    """The project, loaded."""
    (folder / "club.yml").write_text(PROJECT, encoding="utf-8")
    (folder / "members.yml").write_text(RULES, encoding="utf-8")
    return load_project(folder / "club.yml", environment=None)


def crm(folder: Path) -> sa.Engine:
    """A CRM database with one run and no customer."""
    engine = open_target(f"sqlite:///{folder / 'crm.db'}")
    upgrade(engine)
    run = {"id": 1, "project": "club", "as_of": date(2026, 2, 1), "state": "applied", "written_rows": 0}
    with engine.begin() as connection:
        connection.execute(mig_run.insert(), run | {"started_at": datetime(2026, 2, 1, 12, 0)})
    return engine


def fate(number: int, fate: str, rule: str | None = None) -> dict[str, Any]:
    """Where a row of the members went."""
    where = {"map": "members", "file": "members.csv", "row": number + 1, "key": f"{number:03d}"}
    return where | {"row_id": f"r{number}-1", "fate": fate, "rule": rule}


def rejection(number: int, code: str, raw: str, severity: str = "withhold", **more: Any) -> dict[str, Any]:
    """A value or row that could not be taken."""
    plain = {"map": "members", "row_id": f"r{number}-1", "code": code, "raw": raw, "severity": severity}
    return plain | {"target": "account.balance", "column": "Fee", "sentence": f"Fee holds {raw!r}."} | more


def left(
    project: LoadedProject,
    connection: sa.Connection,
    *,
    figures: dict[str, Any] | None = None,
    fates: list[dict[str, Any]] | None = None,
    rejections: list[dict[str, Any]] | None = None,
) -> Leavings:
    """What the run left; without fates its workspace is gone."""
    said: dict[str, Any] = {"account": {"members": ACCOUNT}, "sums": []}
    return Leavings(
        project=project,
        connection=connection,
        run={},
        figures=said | (figures or {}),
        rejections=pa.Table.from_pylist(rejections or [], REJECTIONS),
        fates=None if fates is None else pa.Table.from_pylist(fates, ROW_FATES),
        pairs=None,
        model=None,
    )


def remembered(connection: sa.Connection, *records: tuple[str, str, str], kind: str = "person") -> None:
    """Records as ``(system, key, customer)``; a key that begins with ``-`` is in no source any more."""
    rows = [
        {"record_id": f"{system}.m:{key}#{kind}", "map": "m", "system": system, "entity": "m", "key": key,
         "part": kind, "kind": kind, "row_hash": key, "first_run": 1,
         "state": "inactive" if key[0] == "-" else "active"}
        for system, key, _ in records
    ]
    connection.execute(mig_source_record.insert(), rows)
    xref = [
        {"record_id": row["record_id"], "customer_id": owner}
        for row, (_, _, owner) in zip(rows, records, strict=True)
    ]
    connection.execute(mig_xref.insert(), xref)


def pair(left: str, right: str, bits: float, band: str = "review", **more: Any) -> dict[str, Any]:
    """A scored pair of persons, each named by system and key: ``a.1``."""
    ids = [f"{side.replace('.', '.m:')}#person" for side in (left, right)]
    scored = {"left": ids[0], "right": ids[1], "kind": "person", "class": "same", "band": band}
    return scored | {"millibits": round(1000 * bits), "probability": 1 / (1 + 2**-bits)} | more


def with_pairs(run: Leavings, *pairs: dict[str, Any]) -> Leavings:
    """The same run with these scored pairs."""
    names = {name: None for row in pairs for name in row}
    table = pa.table({name: [row.get(name) for row in pairs] for name in names})
    return replace(run, pairs=table)
