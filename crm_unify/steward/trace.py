"""Where did this cell go: from the text in a file through rule and claim to the golden value, or why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import UsageError, nearest_name
from crm_unify.ids import child_ids, user_ids
from crm_unify.records import CHILDREN, PARTIES, Fate
from crm_unify.rules.loaded import LoadedProject, LoadedRules
from crm_unify.rules.model import ContentKey
from crm_unify.steward.ledger_view import KnownCustomer, KnownRecord, LedgerView
from crm_unify.steward.origin import AnyOrigin, Cell, Line, OfRecord
from crm_unify.steward.other_rows import first_line, of_others
from matching.survivorship import TOGETHER
from pipelines.corrections import Correction
from pipelines.interpret.problems import TEXT_TOO_LONG
from pipelines.landed import Landed
from pipelines.sources.interface import Column

GOLDEN: Final = "golden"
BEATEN: Final = "beaten"
KEPT: Final = "kept"
LOADED: Final = "loaded"
WITHHELD: Final = "withheld"
NOT_TAKEN: Final = "not taken"
DERIVED: Final = "out of "
"""How a field begins that comes out of another one; it is worth a word only when it holds something."""
KEPT_BY: Final = {"contact_point": "value_norm"}
"""Column by which a kept value is found again, where it is not the field itself."""


@dataclass(frozen=True, slots=True)
class Step:
    """One use of the cell: what was claimed with it, by which rule, and what became of the claim."""

    record_id: str | None
    target: str | None
    """``kind.field``."""
    how: str | None
    rule: str | None
    value: Any
    """As claimed."""
    outcome: str
    """golden, beaten, kept, loaded, withheld or not taken."""
    customer_id: str | None
    golden: Any
    """What the CRM holds in that field."""
    sentence: str


@dataclass(frozen=True, slots=True)
class CellTrace:
    """The way of one cell through one map."""

    map: str
    file: str
    sheet: str | None
    row: int | None
    column: str
    raw: str | None
    """Text as found; None for an absent cell."""
    fate: str
    sentence: str
    """What became of the row, and what is doubtful about the cell."""
    steps: tuple[Step, ...]
    corrected: str | None = None
    """What a person said it should be, by whom and why."""

    def as_json(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the newest run knows of the rows it read."""

    landed: Sequence[Landed]
    fates: pa.Table
    """ROW_FATES."""
    rejections: pa.Table
    """REJECTIONS."""
    corrected: Mapping[tuple[str, str, str], Correction] = field(default_factory=dict)
    """By map, row id and column the correction that a run applied."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A row of a landed table and the column asked about."""

    landed: Landed
    row: dict[str, Any]
    column: Column


def trace(
    origin: AnyOrigin, *, project: LoadedProject, snapshot: Snapshot, view: LedgerView
) -> list[CellTrace]:
    """The way of a cell, once for each map that reads it.

    Raises UsageError when no source has such a cell, naming the nearest file, sheet or column.
    """
    places = list(_places(origin, snapshot, view))
    if not places:
        raise _no_such_place(origin, snapshot)
    return [_traced(place, project, snapshot, view) for place in places]


# --- finding the cell ---
def _places(origin: AnyOrigin, snapshot: Snapshot, view: LedgerView) -> Iterator[_Place]:
    for landed in snapshot.landed:
        match origin:
            case Cell(file, sheet, letter, number):
                wanted = {"_file": file, "_sheet": sheet, "_row": number}
                column = _column(landed, "letter", letter)
            case Line(file, number, header):
                wanted = {"_file": file, "_row": number}
                column = _column(landed, "header", header)
            case OfRecord(record_id, header):
                record = view.record(record_id)
                if record is None or record.map != landed.map:
                    continue
                wanted = {"_row_hash": record.row_hash}
                column = _column(landed, "header", header)
        if column is not None:
            rows = _rows(landed, wanted)
            yield from (_Place(landed, row, column) for row in rows[:1])


def _column(landed: Landed, attribute: str, value: str) -> Column | None:
    return next((c for c in landed.columns if getattr(c, attribute) == value), None)


def _rows(landed: Landed, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    table = pq.read_table(landed.path, filters=[(name, "==", value) for name, value in wanted.items()])
    rows: list[dict[str, Any]] = table.slice(0, 1).to_pylist()
    return rows


def _no_such_place(origin: AnyOrigin, snapshot: Snapshot) -> UsageError:
    if isinstance(origin, OfRecord):
        why = "no record of that id was made of a row in the newest snapshot, or its row has no such column"
        return UsageError(
            "this record or column is unknown",
            origin.record_id,
            why=why,
            remedy="see the records of a customer with `crm-unify customer ID`",
        )
    files = sorted(pc.unique(snapshot.fates["file"]).to_pylist())
    nearest = nearest_name(origin.file, files) if origin.file not in files else None
    why = (
        f"the newest snapshot has these files and tables: {', '.join(files)}"
        if origin.file not in files
        else ("the file was read, but it has no such row or column (a header or an empty row is no row)")
    )
    remedy = (
        f"did you mean '{nearest}'?"
        if nearest
        else "check sheet, row and column as the spreadsheet shows them"
    )
    return UsageError("there is no such cell in the newest snapshot", origin.file, why=why, remedy=remedy)


# --- following it ---
def _traced(place: _Place, project: LoadedProject, snapshot: Snapshot, view: LedgerView) -> CellTrace:
    landed, row, header = place.landed, place.row, place.column.header
    rules = project.rules_of(landed.map)
    fate = _one(snapshot.fates, landed.map, row["_row_id"])
    rejected = _some(snapshot.rejections, landed.map, row["_row_id"])
    first = first_line(snapshot.fates, fate)
    made_of = (fate if first is None else first)["row_id"].rpartition("-")[0]
    records = view.of_row(landed.map, made_of) if fate["fate"] == Fate.MAPPED else []
    of_row = rejected if first is None else _some(snapshot.rejections, landed.map, first["row_id"])
    steps = [step for record in records for step in _steps(record, header, of_row, rules, view)]
    if not steps and fate["fate"] == Fate.MAPPED:
        steps = [_unused(header, rules)]
    others = [*of_others(first, rules, header), *_doubts(rejected, header)]
    corrected = snapshot.corrected.get((landed.map, row["_row_id"], header))
    return CellTrace(
        map=landed.map,
        file=row["_file"],
        sheet=row["_sheet"],
        row=row["_row"],
        column=header,
        raw=row[place.column.field],
        fate=fate["fate"],
        sentence="; ".join([_row_sentence(fate, rejected, rules), *others]),
        steps=tuple(steps),
        corrected=None if corrected is None else corrected.sentence,
    )


def _one(table: pa.Table, map_name: str, row_id: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = _some(table, map_name, row_id)
    return rows[0]


def _some(table: pa.Table, map_name: str, row_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.filter(
        (pc.field("map") == map_name) & (pc.field("row_id") == row_id)
    ).to_pylist()
    return rows


def _row_sentence(
    fate: Mapping[str, Any], rejected: Sequence[Mapping[str, Any]], rules: LoadedRules | None
) -> str:
    whole = next((r for r in rejected if r["severity"] == "quarantine"), None)
    match fate["fate"]:
        case Fate.MAPPED:
            return "the row was mapped"
        case Fate.DISCARDED:
            known = rules.rules.rules.get(fate["rule"]) if rules is not None else None
            return f"the row was discarded by rule {fate['rule']}" + (f": {known.what}" if known else "")
        case Fate.HELD:
            return f"the row is held until its parent arrives ({fate['rule']})"
        case _:
            reason = f": {whole['sentence']} {whole['suggestion'] or ''}".rstrip() if whole else ""
            return f"the row is in quarantine ({fate['rule']}){reason}"


def _doubts(rejected: Sequence[Mapping[str, Any]], header: str) -> list[str]:
    """What a person should look at in the cell, although it was taken as it is."""
    warned = (r for r in rejected if r["severity"] == "warn" and header in (r["column"] or "").split(", "))
    return [f"{r['sentence']} {r['suggestion'] or ''}".rstrip() for r in warned]


def _steps(
    record: KnownRecord,
    header: str,
    rejected: Sequence[Mapping[str, Any]],
    rules: LoadedRules | None,
    view: LedgerView,
) -> Iterator[Step]:
    """What the record does with the column."""
    customer = None if record.customer_id is None else view.customer(record.customer_id)
    for use in record.lineage:
        if header not in use["columns"]:
            continue
        target = use["target"]
        if use["how"].startswith(DERIVED) and not _claims_field(record, target):
            continue
        refused = next((r for r in rejected if _refuses(r, record, target, header)), None)
        made = _withheld(refused) if refused else _outcome(record, target, header, customer, view)
        yield Step(
            record.record_id,
            target,
            use["how"],
            _rule(use["rule"], rules),
            made.value,
            made.outcome,
            record.customer_id,
            made.golden,
            made.sentence,
        )


def _refuses(rejection: Mapping[str, Any], record: KnownRecord, target: str, header: str) -> bool:
    """Whether it withholds what the column says from a field; a text that was too long is in none."""
    if rejection["severity"] != "withhold" or header not in (rejection["column"] or "").split(", "):
        return False
    own: bool = (rejection["record_id"], rejection["target"]) == (record.record_id, _plain(target))
    return own or rejection["code"] == TEXT_TOO_LONG


def _claims_field(record: KnownRecord, target: str) -> bool:
    """Whether the record fills a field of its own kind."""
    kind, _, field = target.partition(".")
    return record.claims.get(kind, {}).get(field) is not None


@dataclass(frozen=True, slots=True)
class _Made:
    outcome: str
    value: Any
    golden: Any
    sentence: str


def _plain(target: str) -> str:
    """``contact_point[2].value`` as ``contact_point.value``."""
    kind, _, field = target.partition(".")
    return f"{kind.partition('[')[0]}.{field}"


def _rule(rule: str | None, rules: LoadedRules | None) -> str | None:
    known = None if rule is None or rules is None else rules.rules.rules.get(rule)
    return rule if known is None else f"{rule}: {known.what}"


def _withheld(refused: Mapping[str, Any]) -> _Made:
    advice = f" {refused['suggestion']}" if refused["suggestion"] else ""
    return _Made(WITHHELD, None, None, f"{refused['sentence']}{advice}")


def _outcome(
    record: KnownRecord, target: str, header: str, customer: KnownCustomer | None, view: LedgerView
) -> _Made:
    kind, _, field = _plain(target).partition(".")
    if kind in CHILDREN:
        return _of_child(record, kind, field, view)
    if customer is None:
        return _Made(NOT_TAKEN, None, None, "the record belongs to no customer that the CRM still has")
    if not customer.stands:
        return _Made(NOT_TAKEN, None, None, "a person deleted its customer in the CRM")
    if kind in PARTIES:
        return _of_party(record, kind, field, customer)
    if kind == "consent":
        return _said(record, field, header, view)
    return _kept(record, kind, field, header, customer)


def _of_child(record: KnownRecord, kind: str, field: str, view: LedgerView) -> _Made:
    key = child_ids(kind, pa.array([record.record_id]))[0].as_py()
    rows = view.rows(kind, "id", [key])
    claimed = record.claims.get(kind, {}).get(field)
    golden = rows[0].get(field, rows[0].get(f"{field}_id")) if rows else None
    return _Made(LOADED, claimed, _json_value(golden), f"it stands in {kind} {key}, column {field}")


def _of_party(record: KnownRecord, kind: str, field: str, customer: KnownCustomer) -> _Made:
    """A field one claim wins."""
    lead = next((lead for lead, together in TOGETHER[kind].items() if field in together), field)
    claimed = record.claims.get(kind, {}).get(field)
    golden = customer.profile.get(kind, {}).get(customer.id, {}).get(field)
    if field == "owner" and claimed is not None:  # the CRM holds the key of the user
        owner = customer.profile.get("customer", {}).get(customer.id, {}).get("owner_id")
        golden = claimed if owner == user_ids(pa.array([claimed]))[0].as_py() else owner
    winner = customer.winners.get(f"{kind}.{lead}")
    if winner is None or claimed is None:
        return _Made(
            NOT_TAKEN, claimed, golden, "the record claims no value for this field (the cell means nothing)"
        )
    others = winner["claims"] - 1
    if winner["record_id"] == record.record_id:
        against = (
            f"; {others} other records claim the field (decided by: {winner['decided_by']})" if others else ""
        )
        return _Made(GOLDEN, claimed, golden, f"it is the golden value{against}")
    if golden == claimed:
        return _Made(GOLDEN, claimed, golden, f"the golden value, which {winner['record_id']} says too")
    return _Made(BEATEN, claimed, golden, f"{winner['record_id']} won (decided by: {winner['decided_by']})")


def _kept(record: KnownRecord, kind: str, field: str, header: str, customer: KnownCustomer) -> _Made:
    """A value that is kept beside others."""
    claim = _claim_of(record, kind, field, header)
    column = KEPT_BY.get(kind, field)
    said = claim.get(column)
    rows = customer.profile.get(kind, {})
    named = [key for key, values in rows.items() if said is not None and values.get(column) == said]
    where = f"{kind} {', '.join(named)}" if named else kind
    primary = " (primary)" if any(rows[key].get("is_primary") for key in named) else ""
    return _Made(KEPT, said, said if named else None, f"it is kept with the customer as {where}{primary}")


def _claim_of(record: KnownRecord, kind: str, field: str, header: str) -> dict[str, Any]:
    """The one of the record's claims of a kind that was made of this column."""
    raw, claims = record.raw.get(header, "").strip(), record.claims.get(kind, [])
    fitting = (c for c in claims if raw in (c.get("value_raw"), c.get("raw_flag"), c.get(field)))
    found: dict[str, Any] = next(fitting, claims[0] if claims else {})
    return found


def _said(record: KnownRecord, field: str, header: str, view: LedgerView) -> _Made:
    """A word about consent: kept for ever, and the most restrictive word holds."""
    claim = _claim_of(record, "consent", field, header)
    status, channel = claim.get("status"), claim.get("channel")
    if status is None:
        return _Made(NOT_TAKEN, None, None, "the cell says nothing about consent")
    holds = view.consent(str(record.customer_id), str(channel))
    because = "it holds" if holds == status else f"a more restrictive word holds: {holds}"
    return _Made(GOLDEN if holds == status else BEATEN, status, holds, f"{because} (channel {channel})")


def _json_value(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _unused(header: str, rules: LoadedRules | None) -> Step:
    """Why nobody takes the column."""
    sentence = "no rule takes this column, and it is not listed under ignore"
    if rules is not None:
        source = rules.rules.source
        key = source.key.content if isinstance(source.key, ContentKey) else source.key
        if header in source.ignore:
            sentence = f"the column is ignored: {source.ignore[header]}"
        elif header in key:
            sentence = "the column is part of the key; no field is made of it"
        elif header in (source.created, source.updated):
            sentence = "the column dates the record; no field is made of it"
    return Step(None, None, None, None, None, NOT_TAKEN, None, None, sentence)
