"""What each entry of a branch claims on each row: the columns of its kind, and where it claims anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields
from itertools import combinations
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import CHILDREN, KINDS, FieldType, Severity, arrow_schema, field_types
from crm_unify.rules.model import has_own_record
from pipelines.interpret.consents import consent_columns, unlisted
from pipelines.interpret.mapping import field_origins
from pipelines.interpret.parties import organisation_columns, person_columns
from pipelines.interpret.plan import Placed, linked
from pipelines.interpret.problems import (
    ACCOUNT_REPEATED,
    FLAG_UNLISTED,
    NUL,
    NUL_CHARACTER,
    OWNER_LEFT_OUT,
    PART_MISSING,
    SPELT_NUL,
)
from pipelines.interpret.rows import Mask, as_mask
from pipelines.interpret.values import Origins, origins
from pipelines.interpret.work import Work

_DEFAULTED: Final = ("system", "currency")
"""Filled from the rule file where no column gives them; alone they claim nothing."""

CLAIMED_AS: Final = {("contact_point", "value"): "value_norm", ("consent", "flag"): "raw_flag"}
"""Columns of a claim that have another name than the field of the rule."""


@dataclass(slots=True)
class Claims:
    """One entry of a branch on all its rows."""

    own: Placed
    columns: dict[str, pa.Array]
    """Every column of the kind but `record_id`."""
    made: Mask
    """Rows on which the entry claims something."""


def claim_column(kind: str, field: str) -> str:
    """Name of the column that a field of a rule fills."""
    if field in CHILDREN.get(kind, ()):
        return f"{field}_record_id"
    return CLAIMED_AS.get((kind, field), field)


def claims(work: Work, own: Placed) -> Claims:
    """What one entry claims; a claim without a field it cannot do without is withheld."""
    found = _columns(work, own)
    schema = arrow_schema(own.entry.kind)
    columns = {
        name: found.get(name, pa.nulls(len(work.rows), schema.field(name).type))
        for name in schema.names
        if name != "record_id"
    }
    made = Claims(own, columns, work.wanted[own.place].copy())
    _escape(work, made)
    if not has_own_record(own.entry.kind):
        settle(work, made, tell=True)
        _leave_out(work, made)
    if own.entry.kind == "consent":
        _tell_unlisted(work, made)
    return made


def settle(work: Work, claim: Claims, *, tell: bool) -> None:
    """Leave out claims that say nothing or lack what they cannot do without; `tell` of the latter."""
    claim.made &= _content(claim)
    lacking = np.zeros(len(work.rows), np.bool_)
    for name in needed_columns(claim.own.entry.kind):
        lacking |= as_mask(claim.columns[name].is_null())
    if tell and (claim.made & lacking).any():
        _tell_lacking(work, claim, where=claim.made & lacking)
    claim.made &= ~lacking


def needed_columns(kind: str) -> tuple[str, ...]:
    """Columns a claim of this kind cannot do without, less the ids of records."""
    return tuple(
        f.name for f in fields(KINDS[kind]) if f.default is MISSING and not f.name.endswith("record_id")
    )


def _leave_out(work: Work, claim: Claims) -> None:
    """Leave out claims of parties that `skip_if_null` leaves out; what they say is told, a link is not."""
    own = claim.own
    there = work.wanted[work.owners[own.place].place]
    if own.entry.kind == "organisation_person":
        person = linked(work.entries, own.entry, link="person", file=work.file)
        claim.made &= there & work.wanted[person.place]
        return
    whence = _whence(work, own)
    finding = {"target": own.label, "column": whence.names, "code": OWNER_LEFT_OUT, "raw": whence.raw}
    work.find(claim.made & ~there, finding, severity=Severity.WITHHOLD, own=None)
    claim.made &= there


def _whence(work: Work, own: Placed) -> Origins:
    """Where everything that an entry claims comes from."""
    mapped = [field_origins(work, field) for field in own.entry.fields.values() if field.const is None]
    return origins(work.rows, tuple(dict.fromkeys(column for one in mapped for column in one.columns)))


def unrepeat(work: Work, made: Iterable[Claims]) -> None:
    """Leave each record one account of a system and number, that of the first entry.

    Another one that says the same in every field is the same account; one that differs is withheld and told.
    """
    accounts = [claim for claim in made if claim.own.entry.kind == "account"]
    for first, second in combinations(accounts, 2):
        if work.owners[first.own.place] is not work.owners[second.own.place]:
            continue
        again = first.made & second.made & _alike(first, second, ("system", "account_no"))
        if again.any():
            _tell_repeated(work, second.own, where=again & ~_alike(first, second, tuple(first.columns)))
            second.made &= ~again


def _tell_repeated(work: Work, own: Placed, *, where: Mask) -> None:
    whence = _whence(work, own)
    finding = {"target": own.label, "column": whence.names, "code": ACCOUNT_REPEATED, "raw": whence.raw}
    work.find(where, finding, severity=Severity.WITHHOLD, own=own)


def _alike(first: Claims, second: Claims, names: tuple[str, ...]) -> Mask:
    """Rows on which two claims of one kind agree in all of these columns; two nulls agree."""
    found = np.ones(len(first.made), np.bool_)
    for name in names:
        one, other = first.columns[name], second.columns[name]
        equal = pc.fill_null(pc.equal(one, other), False)
        found &= as_mask(pc.or_(equal, pc.and_(one.is_null(), other.is_null())))
    return found


def _columns(work: Work, own: Placed) -> dict[str, pa.Array]:
    match own.entry.kind:
        case "person":
            return person_columns(work, own)
        case "organisation":
            return organisation_columns(work, own)
        case "contact_point":
            return _contact_columns(work, own)
        case "consent":
            return consent_columns(work, own)
        case "organisation_person":
            person = linked(work.entries, own.entry, link="person", file=work.file)
            return {**_mapped(work, own), "person_record_id": work.record_ids[person.place]}
        case _:
            return _defaulted(work, own, columns=_mapped(work, own))


def _mapped(work: Work, own: Placed) -> dict[str, pa.Array]:
    return {
        claim_column(own.entry.kind, name): work.values[own.place, name]
        for name in own.entry.fields
        if (own.place, name) in work.values
    }


def _contact_columns(work: Work, own: Placed) -> dict[str, pa.Array]:
    columns = _mapped(work, own)
    column = own.entry.fields["value"].from_
    found = work.texts[own.place] if column is None else pc.utf8_trim_whitespace(work.rows.raw(column))
    columns["value_raw"] = pc.if_else(columns["value_norm"].is_valid(), found, pa.scalar(None, pa.string()))
    return columns


def _defaulted(work: Work, own: Placed, *, columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """The source's system on accounts, and its currency beside amounts that name none."""
    kind, length = own.entry.kind, len(work.rows)
    if "currency" in columns:
        columns["currency"] = pc.utf8_upper(columns["currency"])
    if kind == "account" and "system" not in columns:
        columns["system"] = pa.repeat(pa.scalar(work.rules.source.system), length)
    amounts = [
        name for name, ftype in field_types(kind).items() if ftype is FieldType.MONEY and name in columns
    ]
    if amounts and "currency" in field_types(kind):
        some = pc.is_valid(pc.coalesce(*(columns[name] for name in amounts)))
        given = columns.get("currency", pa.nulls(length, pa.string()))
        usual = pc.fill_null(given, work.rules.source.parse.currency)
        columns["currency"] = pc.if_else(some, usual, given)
    return columns


def _content(claim: Claims) -> Mask:
    """Rows on which a field that is no constant has a value; entries of constants alone claim them."""
    entry, columns = claim.own.entry, claim.columns
    if has_own_record(entry.kind) or entry.kind == "organisation_person":
        return np.ones(len(claim.made), np.bool_)
    names = [claim_column(entry.kind, name) for name, field in entry.fields.items() if field.const is None]
    names = [name for name in names if name not in _DEFAULTED]
    if entry.kind == "consent":
        names = ["raw_flag"]
    if not names:
        return np.ones(len(claim.made), np.bool_)
    found: Mask = np.logical_or.reduce([as_mask(columns[name].is_valid()) for name in names])
    return found


def _tell_lacking(work: Work, claim: Claims, *, where: Mask) -> None:
    own = claim.own
    for name in needed_columns(own.entry.kind):
        field = next((f for f in own.entry.fields if claim_column(own.entry.kind, f) == name), None)
        if field is None:
            continue
        missing = where & as_mask(claim.columns[name].is_null())
        told = np.isin(work.positions, _told(work, own.target(field)))
        whence = field_origins(work, own.entry.fields[field])
        finding = {
            "target": own.target(field),
            "column": whence.names,
            "code": PART_MISSING,
            "raw": whence.raw,
        }
        work.find(missing & ~told, finding, severity=Severity.WITHHOLD, own=own)


def _tell_unlisted(work: Work, claim: Claims) -> None:
    """A flag that no list names is loaded as unknown, and said."""
    own, field = claim.own, claim.own.entry.fields["flag"]
    if field.const is not None:
        return
    where = claim.made & as_mask(unlisted(work, own))
    where &= ~np.isin(work.positions, _told(work, own.target("flag")))
    whence = field_origins(work, field)
    finding = {"target": own.target("flag"), "column": whence.names, "code": FLAG_UNLISTED, "raw": whence.raw}
    work.find(where, finding, severity=Severity.WITHHOLD, own=own)


def _told(work: Work, target: str) -> np.ndarray:
    """Rows on which something was said about the field already."""
    told = [finding.positions for finding in work.findings if finding.target == target]
    return np.concatenate(told) if told else np.empty(0, np.int64)


def _escape(work: Work, claim: Claims) -> None:
    """U+0000 in a text becomes six characters: no database takes it; the value is listed as withheld."""
    for name, column in claim.columns.items():
        if not pa.types.is_string(column.type):
            continue
        with_nul = pc.fill_null(pc.match_substring(column, NUL), False)
        if not pc.any(with_nul).as_py():
            continue
        claim.columns[name] = pc.replace_substring(column, pattern=NUL, replacement=SPELT_NUL)
        field = next(
            (f for f in claim.own.entry.fields if claim_column(claim.own.entry.kind, f) == name), None
        )
        whence = None if field is None else field_origins(work, claim.own.entry.fields[field])
        finding = {
            "target": claim.own.target(field or name),
            "column": whence and whence.names,
            "code": NUL_CHARACTER,
            "raw": column if whence is None else whence.raw,
        }
        work.find(as_mask(with_nul) & claim.made, finding, severity=Severity.WITHHOLD, own=claim.own)
