"""From a plain table and the roles of its columns to party records and claims, as matching takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise import emails, phones

PERSON_FIELDS = (
    "full_name", "given_name", "middle_name", "family_name", "suffix", "birth_name", "gender", "birth_date",
    "job_title",
)  # fmt: skip
ADDRESS_FIELDS = ("line1", "line2", "city", "region", "postal_code", "country_code")


@dataclass(frozen=True, slots=True)
class Roles:
    """What the columns of a file are."""

    columns: Mapping[str, str]
    """Role of each column that is used: a claim field, email, phone, website, employer, contact, or
    id:<scheme>;
    number, street and unit are joined to line1."""
    organisation: str | None = None
    """The column that names organisations; rows that have it are organisations."""
    dates: str = "ymd"
    """Order of year, month and day in birth dates."""
    country: str = "US"
    """Country of phone numbers without calling code."""


def records_and_claims(table: pa.Table, roles: Roles) -> tuple[pa.Table, dict[str, pa.Table]]:
    """The records (record_id, system, kind) and the claims of a table with record_id and source_system."""
    table = pa.table({n: _blank_to_null(table[n]) for n in table.column_names})
    organised = (
        table[roles.organisation].is_valid() if roles.organisation else pa.nulls(len(table), pa.bool_())
    )
    kind = pc.if_else(pc.fill_null(organised, False), "organisation", "person")
    records = pa.table({"record_id": table["record_id"], "system": table["source_system"], "kind": kind})
    by_role = {role: table[name] for name, role in roles.columns.items() if name in table.column_names}
    if "birth_date" in by_role:
        by_role["birth_date"] = _iso(by_role["birth_date"], roles.dates)
    ids = table["record_id"]
    claims = {
        "address": _select(ids, _with_line1(by_role), ADDRESS_FIELDS),
        "contact_point": _points(ids, by_role, roles.country),
        "party_identifier": _identifiers(ids, by_role),
    }
    person = _select(ids, by_role, PERSON_FIELDS)
    claims["person"] = person.filter(pc.equal(kind, "person"))
    claims |= _organisations(table, roles, by_role, kind=kind)
    return records, claims


def _blank_to_null(col: pa.ChunkedArray) -> pa.Array:
    text = pc.utf8_trim_whitespace(col.cast(pa.string()).combine_chunks())
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _iso(col: pa.Array, order: str) -> pa.Array:
    """Dates in one order of parts as ISO text; impossible ones are kept, they are still evidence."""
    patterns = {
        "ymd": (r"^(\d{4})\D?(\d{2})\D?(\d{2})$", r"\1-\2-\3"),
        "mdy": (r"^(\d{1,2})/(\d{1,2})/(\d{4})$", r"\3-\1-\2"),
    }
    found, shape = patterns[order]
    iso = pc.replace_substring_regex(col, found, shape)
    for pattern, shape in ((r"-(\d)-", r"-0\1-"), (r"-(\d)$", r"-0\1")):
        iso = pc.replace_substring_regex(iso, pattern, shape)
    return pc.if_else(pc.match_substring_regex(iso, r"^\d{4}"), iso, pa.scalar(None, pa.string()))


def _with_line1(by_role: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    parts = [by_role[role] for role in ("number", "street", "line1", "unit") if role in by_role]
    if not parts:
        return dict(by_role)
    # null_handling="skip" loses the rows in which all parts are null (pyarrow 26.0.1)
    joined = pc.binary_join_element_wise(*(pc.fill_null(part, "") for part in parts), " ")
    tidy = pc.utf8_trim_whitespace(pc.replace_substring_regex(joined, " +", " "))
    return {**by_role, "line1": pc.if_else(pc.equal(tidy, ""), pa.scalar(None, pa.string()), tidy)}


def _select(ids: pa.Array, by_role: Mapping[str, pa.Array], fields: tuple[str, ...]) -> pa.Table:
    return pa.table({"record_id": ids, **{f: by_role[f] for f in fields if f in by_role}})


def _points(ids: pa.Array, by_role: Mapping[str, pa.Array], country: str) -> pa.Table:
    tables = []
    for role, raw in by_role.items():
        kind = role.rstrip("0123456789")
        if kind == "email":
            norm = pc.struct_field(emails.emails(raw).value, "address")
        elif kind == "phone":
            norm = pc.struct_field(phones.phones(raw, country=country).value, "e164")
        else:
            continue
        kinds = pa.array([kind] * len(raw), pa.string())
        tables.append(pa.table({"record_id": ids, "kind": kinds, "value_raw": raw, "value_norm": norm}))
    empty = pa.table({n: pa.array([], pa.string()) for n in ("record_id", "kind", "value_raw", "value_norm")})
    return pa.concat_tables([empty, *(t.filter(t["value_raw"].is_valid()) for t in tables)])


def _identifiers(ids: pa.Array, by_role: Mapping[str, pa.Array]) -> pa.Table:
    tables = [pa.table({n: pa.array([], pa.string()) for n in ("record_id", "scheme", "value")})]
    for role, value in by_role.items():
        if role.startswith("id:"):
            scheme = pa.array([role[3:]] * len(value), pa.string())
            table = pa.table({"record_id": ids, "scheme": scheme, "value": value})
            tables.append(table.filter(value.is_valid()))
    return pa.concat_tables(tables)


def _organisations(
    table: pa.Table, roles: Roles, by_role: Mapping[str, pa.Array], *, kind: pa.Array
) -> dict[str, pa.Table]:
    """Organisations of their own, and the employers and contacts that rows name."""
    ids, nothing = table["record_id"], pa.nulls(len(table), pa.string())
    name = table[roles.organisation] if roles.organisation else nothing
    website = by_role.get("website", nothing)
    own = pa.table({"record_id": ids, "name": name, "website": website}).filter(
        pc.equal(kind, "organisation")
    )
    claims = {"organisation": own}
    links = []
    if "employer" in by_role:
        employer = pa.table(
            {"record_id": _tagged(ids, "#employer"), "name": by_role["employer"], "website": nothing}
        )
        claims["organisation"] = pa.concat_tables([own, employer.filter(employer["name"].is_valid())])
        links.append((_tagged(ids, "#employer"), ids, by_role["employer"]))
    if "contact" in by_role:
        contact = pa.table({"record_id": _tagged(ids, "#contact"), "full_name": by_role["contact"]})
        claims["person"] = contact.filter(contact["full_name"].is_valid())
        links.append((ids, _tagged(ids, "#contact"), by_role["contact"]))
    if links:
        tables = [
            pa.table({"record_id": o, "person_record_id": p}).filter(value.is_valid())
            for o, p, value in links
        ]
        claims["organisation_person"] = pa.concat_tables(tables)
    return claims


def _tagged(ids: pa.Array, tag: str) -> pa.Array:
    flat = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    return pc.binary_join_element_wise(flat.cast(pa.string()), tag, "")
