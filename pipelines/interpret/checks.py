"""Checks on what a branch has mapped, and what a row cannot do without."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import GuardStopped
from crm_unify.records import CHILDREN, PARTIES, Severity, field_types
from crm_unify.rules.expressions import SQL_TYPES, Reference, parse_expression
from crm_unify.rules.model import Check
from pipelines.interpret.claims import Claims, claim_column, needed_columns, settle
from pipelines.interpret.mapping import field_origins
from pipelines.interpret.parties import NAME_PARTS
from pipelines.interpret.plan import is_parent
from pipelines.interpret.problems import NAME_MISSING, REQUIRED_MISSING
from pipelines.interpret.rows import Mask, as_mask
from pipelines.interpret.sql import TEXT
from pipelines.interpret.values import Origins, origins
from pipelines.interpret.work import Work


def check(work: Work, claim: Claims) -> None:
    """Hold one entry to the checks on its kind; all of them see the values before any is withheld."""
    checks = [c for c in work.rules.checks if c.on == claim.own.entry.kind]
    if not checks:
        return
    types = field_types(claim.own.entry.kind)

    def scope(ref: Reference) -> tuple[pa.Array, str]:
        return claim.columns[ref[-1]], SQL_TYPES.get(types[ref[-1]], TEXT)

    answers = work.engine.evaluate([c.expr for c in checks], scope, length=len(work.rows))
    broken = [
        as_mask(pc.or_(a.failed, pc.fill_null(pc.invert(a.value), False))) & claim.made for a in answers
    ]
    for one, where in zip(checks, broken, strict=True):
        if where.any():
            work.tally.hit(one.id, work.positions[where])
            _act(work, claim, one=one, where=where)
    settle(work, claim, tell=False)


def demand(work: Work, claim: Claims) -> None:
    """Quarantine rows without a party's name, a required value, or what a child cannot do without."""
    entry = claim.own.entry
    if entry.kind in PARTIES:
        name = "full_name" if entry.kind == "person" else "name"
        _quarantine(work, claim, name=name, code=NAME_MISSING)
    asked = [n for n, field in entry.fields.items() if field.required and not is_parent(entry.kind, n)]
    needed = needed_columns(entry.kind) if entry.kind in CHILDREN else ()
    for name in dict.fromkeys([*(claim_column(entry.kind, name) for name in asked), *needed]):
        _quarantine(work, claim, name=name, code=REQUIRED_MISSING)


def _quarantine(work: Work, claim: Claims, *, name: str, code: str) -> None:
    """Quarantine the rows on which the entry is wanted and the column has nothing."""
    own = claim.own
    wanted = work.wanted[own.place] & work.wanted[work.owners[own.place].place]
    whence = column_origins(work, claim, name=name)
    finding = {"target": own.target(name), "column": whence.names, "code": code, "raw": whence.raw}
    work.find(wanted & as_mask(claim.columns[name].is_null()), finding, severity=Severity.QUARANTINE, own=own)


def column_origins(work: Work, claim: Claims, *, name: str) -> Origins:
    """The source columns behind a column of a claim; name parts and legal forms come out of the name."""
    kind, fields = claim.own.entry.kind, claim.own.entry.fields
    own = [field for field in fields if claim_column(kind, field) == name]
    derived = [field for field in fields if kind in PARTIES and field in ("name", "full_name", *NAME_PARTS)]
    if kind == "contact_point":
        derived = ["value"]
    columns = [c for field in own or derived for c in field_origins(work, fields[field]).columns]
    return origins(work.rows, tuple(dict.fromkeys(columns)))


def _act(work: Work, claim: Claims, *, one: Check, where: Mask) -> None:
    names = [ref[-1] for ref in parse_expression(one.expr).references if ref[-1] in claim.columns]
    match one.severity:
        case "stop":
            _stop(work, claim, one=one, where=where)
        case "withhold":
            for name in names:
                _withhold(work, claim, one=one, name=name, where=where)
        case "warn" | "quarantine":
            _list(work, claim, one=one, names=names, where=where)


def _stop(work: Work, claim: Claims, *, one: Check, where: Mask) -> None:
    raise GuardStopped(
        f"check {one.id} does not hold for {int(where.sum())} rows of '{work.rules.map}'",
        work.file,
        why=f"{claim.own.label}: {_said(work, one)}",
        remedy="correct the rows at their source, or the check",
    )


def _list(work: Work, claim: Claims, *, one: Check, names: list[str], where: Mask) -> None:
    columns = [column for name in names for column in column_origins(work, claim, name=name).columns]
    whence = origins(work.rows, tuple(dict.fromkeys(columns)))
    severity = Severity.WARN if one.severity == "warn" else Severity.QUARANTINE
    target = claim.own.target(names[0]) if names else claim.own.label
    work.find(where, _finding(work, one, target=target, whence=whence), severity=severity, own=claim.own)


def _withhold(work: Work, claim: Claims, *, one: Check, name: str, where: Mask) -> None:
    """Take one value out of the claim; with the full name go the parts it was put together from."""
    column = claim.columns[name]
    taken = where & as_mask(column.is_valid())
    whence = column_origins(work, claim, name=name)
    work.find(
        taken,
        _finding(work, one, target=claim.own.target(name), whence=whence),
        severity=Severity.WITHHOLD,
        own=claim.own,
    )
    gone = pa.array(taken)
    for part in (name, *(NAME_PARTS if name == "full_name" else ())):
        value = claim.columns[part]
        claim.columns[part] = pc.if_else(gone, pa.scalar(None, value.type), value)


def _finding(work: Work, one: Check, *, target: str, whence: Origins) -> dict[str, object]:
    sentence = f"Check {one.id} does not hold: {_said(work, one)}."
    suggestion = "Correct the value at its source, or agree on another check."
    return {
        "target": target,
        "column": whence.names,
        "code": one.id,
        "raw": whence.raw,
        "sentence": sentence,
        "suggestion": suggestion,
    }


def _said(work: Work, one: Check) -> str:
    rule = work.rules.rules.get(one.id)
    return one.expr if rule is None else rule.what.rstrip(".")
