"""Before and after: real rows with the people taken out of them, and what the rules make of those.

A value is masked by what it is for (:mod:`crm_unify.steward.book.masking`). The masked row is then
interpreted by the rules themselves, so what stands behind the arrow is what they do with such a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm_unify.errors import CrmUnifyError
from crm_unify.normalise.money import currency_exponent
from crm_unify.propose.common_codes import reaches_somebody
from crm_unify.records import KINDS, PARTIES, Fate, FieldType, field_types
from crm_unify.rules.expressions import parse_expression
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import ContentKey, Entry, has_own_record
from crm_unify.steward.book.masking import (
    FREQUENT,
    asks_whose,
    common_words,
    is_short,
    masked_text,
    numbered,
)
from crm_unify.steward.lineage import Way, entry_of, ways_of
from crm_unify.steward.report.rows import amount
from pipelines.interpret.interface import Interpreted
from pipelines.interpret.stage import interpret_rows
from pipelines.landed import Landed

LOOKED_AT: Final = 400
"""Rows of each source among which examples are found; they lie in the order of their hashes."""
SHOWN: Final = 5
"""Examples of each field."""
LONGEST: Final = 80
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One row before and after."""

    before: tuple[tuple[str, str | None], ...]
    """Columns of the value, masked."""
    after: str | None
    """What the rules make of it."""
    refused: str | None = None
    """Why the value was left out, or the row was not taken."""


Samples = Mapping[Way, tuple[Sample, ...]]


def samples(loaded: LoadedRules, landed: Landed, *, as_of: date) -> Samples:
    """Up to five different examples of each way; none where the masked rows cannot be interpreted."""
    rows = _masked_rows(loaded, landed)
    try:
        made = interpret_rows(loaded.for_examples(), rows, as_of=as_of)
    except CrmUnifyError:  # a guard of the rule file that masked rows cannot satisfy
        return {}
    seen = _Seen.of(made)
    return {way: tuple(_chosen(way, entry_of(loaded, way), rows, seen)) for way in ways_of(loaded)}


# --- masking ---
def _masked_rows(loaded: LoadedRules, landed: Landed) -> list[dict[str, str | None]]:
    parse = loaded.rules.source.parse
    targets = targets_of(loaded)
    kept = {*parse.null_tokens, *_sentinels(loaded)}
    table = next(pq.ParquetFile(landed.path).iter_batches(LOOKED_AT), None)
    rows = [] if table is None else table.to_pylist()
    key = loaded.rules.source.key
    keys = () if isinstance(key, ContentKey) else tuple(key)
    codes = {
        one.header: _codes(loaded, landed, one.header, one.field)
        for one in landed.columns
        if asks_whose(targets.get(one.header, ()))
    }
    fronts = {one.header: common_words([row[one.field] for row in rows]) for one in landed.columns}

    def mask(header: str, text: str | None, number: int) -> str | None:
        if text is None or text.strip() in kept:
            return text
        if header in keys:
            return numbered(text, number, words=fronts[header])
        return masked_text(text, targets.get(header, ()), parse, nobodys=text in codes.get(header, ()))

    return [
        {one.header: mask(one.header, row[one.field], number) for one in landed.columns}
        for number, row in enumerate(rows, 1)
    ]


def _codes(loaded: LoadedRules, landed: Landed, header: str, field: str) -> frozenset[str]:
    """Texts of a column that are nobody's: listed in a code table or a condition, or frequent."""
    listed = {
        code.source_value
        for way in ways_of(loaded)
        if way.code_table is not None and header in way.columns
        for code in loaded.code_tables[way.code_table].codes
    }
    for branch in loaded.rules.targets:
        listed |= set(re.findall(r"'([^']+)'", branch.when))
    counted = pq.read_table(landed.path, columns=[field])[field].value_counts()
    frequent = counted.filter(pc.greater_equal(counted.field("counts"), FREQUENT)).field("values")
    short = (text for text in frequent.to_pylist() if text is not None and is_short(text))
    return frozenset(listed | {text for text in short if not reaches_somebody(text)})


def targets_of(loaded: LoadedRules) -> dict[str, tuple[str, ...]]:
    """By column what its values are for, contact points by their kind."""
    found: dict[str, list[str]] = {}
    for way in ways_of(loaded):
        entry, target = entry_of(loaded, way), way.target
        if way.out_of is not None:
            continue
        if entry is not None and target == "contact_point.value":
            target = f"contact_point.{entry.fields['kind'].const}"
        for column in way.columns:
            found.setdefault(column, []).append(target)
    for branch in loaded.rules.targets:
        for column in sorted(parse_expression(branch.when).columns):
            found.setdefault(column, []).append("branch")
    return {column: tuple(dict.fromkeys(targets)) for column, targets in found.items()}


def _sentinels(loaded: LoadedRules) -> Iterator[str]:
    """Texts of dates that mean nothing, in every form of the source: they are nobody's."""
    for branch in loaded.rules.targets:
        for entry in branch.entries:
            for rule in entry.fields.values():
                for one in rule.sentinels:
                    yield str(one)
                    if isinstance(one, date):
                        yield from (one.strftime(form) for form in loaded.rules.source.parse.dates)


# --- what the rules make of it ---
@dataclass(frozen=True, slots=True)
class _Seen:
    """What was made of the masked rows, ready to be asked."""

    row_ids: Mapping[int, str]
    """Row id by row, from 1."""
    fates: Mapping[str, tuple[str, str | None]]
    """Fate and rule by row id."""
    records: Mapping[tuple[str, int, str], str]
    """Record id by row id, branch and part."""
    claims: Mapping[str, Mapping[str, list[dict[str, Any]]]]
    """Claims by kind and record id."""
    refused: Mapping[tuple[str, str], str]
    """Sentence by row id and target."""

    @staticmethod
    def of(made: Interpreted) -> _Seen:
        fates = made.fates.to_pylist()
        branches = {line.id: line.branch for line in made.lineages}
        columns = ["row_id", "record_id", "lineage", "part"]
        records = {
            (one["row_id"], branches[one["lineage"]], one["part"]): one["record_id"]
            for one in made.records.select(columns).to_pylist()
        }
        claims: dict[str, dict[str, list[dict[str, Any]]]] = {}
        for kind in KINDS:
            own = claims.setdefault(kind, {})
            for claim in made.claims[kind].to_pylist():
                own.setdefault(claim["record_id"], []).append(claim)
        refused = {
            (one["row_id"], re.sub(r"\[\d+\]", "", one["target"])): one["sentence"]
            for one in made.rejections.to_pylist()
            if one["target"] is not None and one["severity"] == "withhold"
        }
        return _Seen(
            row_ids={fate["row"]: fate["row_id"] for fate in fates},
            fates={fate["row_id"]: (fate["fate"], fate["rule"]) for fate in fates},
            records=records,
            claims=claims,
            refused=refused,
        )


def _chosen(
    way: Way, entry: Entry | None, rows: Sequence[Mapping[str, str | None]], seen: _Seen
) -> list[Sample]:
    """Different examples; those in which something happens first, then in the order of the rows."""
    if entry is None or not way.columns or entry.fields[way.field].lookup is not None:
        return []
    found: dict[Sample, None] = {}
    for number, row in enumerate(rows, 1):
        row_id = seen.row_ids.get(number)
        if row_id is not None and any((row.get(column) or "").strip() for column in way.columns):
            sample = _sample(way, entry, row, row_id, seen)
            if sample is not None:
                found.setdefault(sample)
    ranked = sorted(found, key=lambda one: one.after == "".join(t or "" for _, t in one.before))
    return _varied(ranked)


def _varied(ranked: Sequence[Sample]) -> list[Sample]:
    """The first of each form (digits, capitals and signs in the same places), then the others."""
    forms: dict[str, list[Sample]] = {}
    for one in ranked:
        forms.setdefault(_form("".join(text or "" for _, text in one.before)), []).append(one)
    first = [group[0] for group in forms.values()]
    rest = [one for group in forms.values() for one in group[1:]]
    return [*first, *rest][:SHOWN]


@cache
def _form(text: str) -> str:
    return re.sub(r"([A-Z]+)|([a-z]+)|(\d+)", lambda m: "A" if m[1] else "a" if m[2] else "0", text)


def _sample(way: Way, entry: Entry, row: Mapping[str, str | None], row_id: str, seen: _Seen) -> Sample | None:
    shown = (*way.columns, *way.looked_at)
    before = tuple((column, _short(row.get(column))) for column in dict.fromkeys(shown))
    if seen.fates[row_id][0] != Fate.MAPPED:
        return None
    claim = _claim(way, entry, seen, row_id)
    if claim is None:
        return None
    kind, _, field = way.target.partition(".")
    value = claim.get(_column(kind, field))
    sentence = seen.refused.get((row_id, way.target)) if value is None else None
    return Sample(before, _short(_shown(kind, field, value, claim)), sentence)


def _shown(kind: str, field: str, value: Any, claim: Mapping[str, Any]) -> str | None:
    """The value as a person writes it: an amount in its currency."""
    if value is None or field_types(kind).get(field) is not FieldType.MONEY:
        return None if value is None else str(value)
    currency = str(claim.get("currency") or "")
    return f"{amount(value, currency_exponent(currency) or 0)} {currency}".strip()


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _column(kind: str, field: str) -> str:
    return {"contact_point.value": "value_norm", "consent.flag": "status"}.get(f"{kind}.{field}", field)


def _claim(way: Way, entry: Entry, seen: _Seen, row_id: str) -> dict[str, Any] | None:
    """The claim that the entry makes of the row: of its record, with its constants."""
    kind = way.target.partition(".")[0]
    constants = {name: rule.const for name, rule in entry.fields.items() if rule.const is not None}
    for part in _parts(entry):
        record_id = seen.records.get((row_id, way.branch, part))
        for claim in seen.claims[kind].get(record_id or "", ()):
            if all(claim.get(name) == value for name, value in constants.items() if name in claim):
                return claim
    return None


def _parts(entry: Entry) -> tuple[str, ...]:
    """Part names of the records that an entry may belong to."""
    own = (entry.part,) if has_own_record(entry.kind) else ()
    return (*own, *((entry.of,) if entry.of is not None else ()), *entry.links.values(), *PARTIES)
