"""Records side by side: what each of them says, field by field, and what the CRM made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from crm_unify.normalise.addresses import address_key
from crm_unify.normalise.money import currency_exponent
from crm_unify.records import PARTIES
from crm_unify.steward.customer import CustomerView, GoldenValue
from crm_unify.steward.ledger_view import KnownRecord
from crm_unify.steward.report.leavings import Leavings
from crm_unify.steward.report.rows import amount
from crm_unify.steward.report.who import Column, Evidence, Item, Row
from matching.survivorship import TIE

SHOWN: Final = 5
"""Records beside each other; more do not fit a page."""
DETAILS: Final = {
    "person": {
        "full_name": "Name",
        "prefix": "Title",
        "suffix": "Name suffix",
        "birth_name": "Name at birth",
        "nickname": "Nickname",
        "gender": "Gender",
        "birth_date": "Born",
        "job_title": "Job title",
        "language": "Language",
    },
    "organisation": {
        "name": "Name",
        "legal_form": "Legal form",
        "website": "Web site",
        "industry": "Industry",
    },
}
"""Fields of which one value wins. The parts of a name are not shown beside the whole."""
CONTACTS: Final = {"email": "E-mail", "phone": "Phone", "fax": "Fax", "web": "Web page"}
LISTS: Final = (*CONTACTS.values(), "Address", "Identifier", "Account", "Consent")
"""Labels of what is kept all, in the order of the page."""
DECIDED: Final = {
    "pin": "a person chose it",
    "valid": "its record is in today's source",
    "trust": "most trusted source",
    "recent": "most recent",
    "frequent": "most records say so",
    "complete": "most complete",
    TIE: "all else equal, first record id",
}
"""Why a value won, in words."""
STATUSES: Final = {"opted_out": "opted out", "opted_in": "opted in", "unknown": "unknown"}


def of_customer(found: CustomerView, left: Leavings) -> Evidence:
    """A customer: its golden values and its records."""
    golden = {value.field.partition(".")[2]: value for value in found.golden}
    shown = telling(found.records)
    rows = [_row(label, name, golden.get(name), shown) for name, label in DETAILS[found.kind].items()]
    kept = _kept(found)
    rows += [_list_row(label, kept.get(label, ()), shown, found.records) for label in LISTS]
    return Evidence(columns(shown, left), _filled(rows), len(found.records) - len(shown))


def telling(records: Sequence[KnownRecord]) -> tuple[KnownRecord, ...]:
    """As many records as fit, of every source system one before of any a second; in order of record id."""
    seen: Counter[str] = Counter()
    ranked = []
    for record in records:
        ranked.append((seen[record.system], record.system, record.record_id))
        seen[record.system] += 1
    chosen = {record_id for _, _, record_id in sorted(ranked)[:SHOWN]}
    return tuple(record for record in records if record.record_id in chosen)


def _row(label: str, name: str, won: GoldenValue | None, shown: Sequence[KnownRecord]) -> Row:
    """A field that one value wins; why it won is told where a record that is shown says something else."""
    best = () if won is None else (Item(_text(won.value), ""),)
    cells = tuple(_against(_detail(record, name), best) for record in shown)
    reason = None if won is None else DECIDED.get(str(won.decided_by))
    if won is None or reason is None or not any(item.mark == "differs" for cell in cells for item in cell):
        return Row(label, best, cells, None, None)
    winners = [i for i, record in enumerate(shown) if record.record_id == won.record_id]
    return Row(label, best, cells, winners[0] if winners else None, reason)


def of_pair(records: Sequence[KnownRecord], left: Leavings) -> Evidence:
    """Two records that are no one customer (yet)."""
    rows = []
    for name, label in DETAILS[records[0].kind].items():
        said = [_detail(record, name) for record in records]
        rows.append(Row(label, (), tuple(_among(text, said) for text in said), None, None))
    rows += [_list_row(label, (), records, records) for label in LISTS]
    return Evidence(columns(records, left), _filled(rows), 0)


def said(record: KnownRecord) -> dict[str, tuple[str, ...]]:
    """Everything a record claims, by label, in the order of the page; what it is silent on is left out."""
    details = {label: _detail(record, name) for name, label in DETAILS[record.kind].items()}
    found = {label: [text] for label, text in details.items() if text is not None}
    listed = ((kind, rows) for kind, rows in record.claims.items() if isinstance(rows, list))
    shown = [_shown(kind, entry) for kind, rows in listed if kind not in PARTIES for entry in rows]
    for label in LISTS:
        texts = [one[1] for one in shown if one is not None and one[0] == label]
        found |= {label: texts} if texts else {}
    return {label: tuple(dict.fromkeys(texts)) for label, texts in found.items()}


def columns(records: Sequence[KnownRecord], left: Leavings) -> tuple[Column, ...]:
    """The heads of records: system, id, and where they stand in today's sources."""
    rows = {record.record_id: (record.map, f"{record.row_hash}-1") for record in records}
    places = left.places(rows.values())
    return tuple(
        Column(record.system, record.record_id, places.get(rows[record.record_id]), record.state)
        for record in records
    )


def _filled(rows: Sequence[Row]) -> tuple[Row, ...]:
    return tuple(row for row in rows if row.golden or any(row.cells))


# --- fields of which one value wins ---
def _detail(record: KnownRecord, name: str) -> str | None:
    value = record.claims.get(record.kind, {}).get(name)
    return None if value is None else _text(value)


def _against(said: str | None, golden: Sequence[Item]) -> tuple[Item, ...]:
    """A record's value beside the golden one."""
    if said is None:
        return ()
    return (Item(said, "same" if golden and same(said, golden[0].text) else "differs"),)


def _among(said: str | None, all_said: Sequence[str | None]) -> tuple[Item, ...]:
    """A record's value beside those of the others; alone it is neither same nor different."""
    if said is None:
        return ()
    others = [other for other in all_said if other is not None]
    if len(others) < 2:
        return (Item(said, ""),)
    return (Item(said, "same" if all(same(said, other) for other in others) else "differs"),)


def same(one: str, other: str) -> bool:
    """Whether two texts are the same but for case and blanks."""
    return one.casefold().split() == other.casefold().split()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


# --- fields of which all values are kept ---
@dataclass(frozen=True, slots=True)
class _Kept:
    """One value that is kept beside others."""

    label: str
    text: str
    same: str
    """What equal values share."""


def _list_row(
    label: str, golden: Sequence[str], shown: Sequence[KnownRecord], every: Sequence[KnownRecord]
) -> Row:
    """Values that two records or more share are marked as same."""
    carriers = Counter(key for record in every for key in {kept.same for kept in _claimed(record, label)})
    cells = []
    for record in shown:
        said = {kept.text: kept.same for kept in _claimed(record, label)}
        cells.append(tuple(Item(text, "same" if carriers[key] > 1 else "") for text, key in said.items()))
    return Row(label, tuple(Item(text, "") for text in golden), tuple(cells), None, None)


def _claimed(record: KnownRecord, label: str) -> list[_Kept]:
    """What a record claims under a label."""
    listed = ((kind, rows) for kind, rows in record.claims.items() if kind not in PARTIES)
    kept = (_value(kind, entry) for kind, rows in listed if isinstance(rows, list) for entry in rows)
    return [one for one in kept if one is not None and one.label == label]


def _kept(found: CustomerView) -> dict[str, list[str]]:
    """Everything the CRM keeps of a customer beside the details, by label; what is primary comes first."""
    rows = [(table, row) for table, rows in found.kept.items() for row in rows]
    rows.sort(key=lambda entry: not entry[1].get("is_primary"))
    rows += [("consent", {**row, "raw_flag": None}) for row in found.consent]
    kept: dict[str, list[str]] = {}
    for table, row in rows:
        if (one := _value(table, row)) is not None and one.text not in kept.get(one.label, ()):
            kept.setdefault(one.label, []).append(one.text)
    return kept


def _value(kind: str, entry: Mapping[str, Any]) -> _Kept | None:
    """A claim or a row of the CRM as the page shows it."""
    shown = _shown(kind, entry)
    if shown is None:
        return None
    match kind:
        case "address":
            return _Kept(*shown, _place(entry))
        case "consent":
            return _Kept(*shown, _consented(entry))
        case _:
            return _Kept(*shown, shown[1])


def _shown(kind: str, entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """Label and text of a claim or a row of the CRM; None for what the page does not show."""
    match kind:
        case "contact_point":
            return CONTACTS[entry["kind"]], entry["value_norm"]
        case "address":
            return "Address", _address(entry)
        case "party_identifier":
            return "Identifier", f"{entry['scheme']} {entry['value']}"
        case "account":
            return "Account", _account(entry)
        case "consent":
            flag = entry.get("raw_flag")
            return "Consent", _consented(entry) + ("" if flag is None else f" (said {flag!r})")
        case _:
            return None


def _consented(entry: Mapping[str, Any]) -> str:
    return f"{entry['channel']}: {STATUSES[entry['status']]}"


def _address(entry: Mapping[str, Any]) -> str:
    town = " ".join(entry[name] for name in ("postal_code", "city") if entry.get(name))
    parts = (entry.get("line1"), entry.get("line2"), town, entry.get("region"), entry.get("country_code"))
    return ", ".join(part for part in parts if part)


def _place(entry: Mapping[str, Any]) -> str:
    """The key that spellings of one address share."""
    parts = (pa.array([entry.get(name)], pa.string()) for name in ("line1", "line2", "postal_code", "city"))
    return address_key(*parts)[0].as_py() or _address(entry)


def _account(entry: Mapping[str, Any]) -> str:
    balance, currency = entry.get("balance"), entry.get("currency") or ""
    if balance is None:
        return f"{entry['system']} {entry['account_no']}"
    worth = amount(balance, currency_exponent(currency) or 0)
    return f"{entry['system']} {entry['account_no']}: {worth} {currency}".rstrip()
