"""Golden rows: what the CRM shows of a customer, made from the claims of its records.

Details (name, birth date ...) are decided field by field in :mod:`matching.survivorship`. Phones, addresses,
identifiers and roles are kept all, equal ones once, and one of each kind is marked primary. Accounts stay
with the record that claims them. Consent is most restrictive: an objection holds for every customer that
carries the address or number it was made for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.ids import crm_ids, user_ids
from crm_unify.normalise.addresses import address_key
from crm_unify.records import OBJECTIONS
from matching.children import OWNED, children, users
from matching.consent import consents
from matching.prepared import placeholders, without
from matching.survivorship import (
    DEFAULT_CHAIN,
    Contest,
    Ints,
    Parties,
    codes,
    details,
    ints,
    judge,
    paired,
    winner_rows,
)

Claims = Mapping[str, pa.Table]
Chains = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Golden:
    """Everything the CRM shall show, and why."""

    tables: Mapping[str, pa.Table]
    """Rows by CRM table; columns are those of the table without bookkeeping."""
    winners: pa.Table
    """WINNERS: which record won each field, and which one stands for each value that is kept."""


def golden(parties: Parties, claims: Claims, *, chains: Chains, objections: pa.Table | None = None) -> Golden:
    """The golden rows of all customers and of the records that hang on them.

    ``objections`` are OBJECTIONS of rows that made no record.
    """
    unheard = OBJECTIONS.empty_table() if objections is None else objections
    claims = without(claims, _replaced(parties, claims))
    person = details(parties, "person", claims["person"], chains=chains)
    organisation = details(parties, "organisation", claims["organisation"], chains=chains)
    kept = {
        "contact_point": contact_points(parties, claims["contact_point"]),
        "address": addresses(parties, claims["address"]),
        "party_identifier": identifiers(parties, claims["party_identifier"]),
    }
    owned = (person.table, organisation.table, *(claims[kind] for kind in OWNED))
    tables = {
        "app_user": users(claims["app_user"], [table["owner"] for table in owned]),
        "customer": customers(parties, person.table, organisation.table),
        "person": person.table.drop_columns(["owner"]),
        "organisation": organisation.table.drop_columns(["owner"]),
        "organisation_person": roles(parties, claims["organisation_person"]),
        **{name: kind.table for name, kind in kept.items()},
        "account": accounts(parties, claims["account"]),
        "consent": consents(parties, claims["consent"], claims["contact_point"], unheard),
        **children(parties, claims),
    }
    winners = [person.winners, organisation.winners, *(kind.winners for kind in kept.values())]
    order = [("customer_id", "ascending"), ("field", "ascending")]
    return Golden(tables=tables, winners=pa.concat_tables(winners).sort_by(order))


def _replaced(parties: Parties, claims: Claims) -> pa.Array:
    """Placeholders whose customer has other records: they have nothing to say any more."""
    standing = placeholders(claims)
    if len(standing) == 0:
        return standing
    table = parties.table.filter(pc.invert(pc.is_in(parties.table["record_id"], standing)))
    mine = parties.table.filter(pc.is_in(parties.table["record_id"], standing))
    known = pc.is_in(mine["customer_id"], pc.unique(table["customer_id"]))
    return pc.unique(mine.filter(known)["record_id"])


def customers(parties: Parties, person: pa.Table, organisation: pa.Table) -> pa.Table:
    """One row for each customer: its kind, name, state and the dates its sources give."""
    table = parties.table.filter(pc.not_equal(parties.table["state"], "deleted"))
    in_force = pc.not_equal(table["state"], "inactive")
    facts = (
        table.append_column("in_force", in_force)
        .group_by("customer_id")
        .aggregate([("kind", "min"), ("in_force", "max"), ("created", "min"), ("updated", "max")])
        .sort_by("customer_id")
    )
    names = pa.concat_tables(
        [
            person.select(["customer_id", "full_name", "owner"]).rename_columns({"full_name": "name"}),
            organisation.select(["customer_id", "name", "owner"]),
        ]
    )
    ids = facts["customer_id"]
    named = names.take(pc.index_in(ids, names["customer_id"].combine_chunks()))
    nothing = pa.nulls(len(ids), pa.string())
    return pa.table(
        {
            "id": ids,
            "kind": facts["kind_min"],
            "display_name": named["name"],
            "status": pc.if_else(facts["in_force_max"], "active", "inactive"),
            "confirmed_at": nothing,
            "owner_id": user_ids(named["owner"]),
            "source_created": _time(facts["created_min"]),
            "source_updated": _time(facts["updated_max"]),
            "custom": nothing,
        }
    )


def _time(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    """ISO dates as the first second of the day; times stay."""
    midnight = pc.binary_join_element_wise(dates, "T00:00:00Z", "")
    return pc.if_else(pc.equal(pc.utf8_length(dates), len("2026-01-31")), midnight, dates)


@dataclass(frozen=True, slots=True)
class Kept:
    """Values of one kind that are all kept, equal ones once."""

    table: pa.Table
    winners: pa.Table


def contact_points(parties: Parties, claims: pa.Table) -> Kept:
    """E-mail addresses, numbers and pages; one primary for each customer and kind of contact."""
    same = pc.binary_join_element_wise(claims["kind"], claims["value_norm"], "\x1f")
    values = claims.select(["kind", "value_raw", "value_norm", "label"])
    return _kept(
        parties, claims["record_id"], values, same=same, within=claims["kind"], table="contact_point"
    )


def addresses(parties: Parties, claims: pa.Table) -> Kept:
    """Postal addresses; two spellings of one place are one address, shown as the best record writes it."""
    values = claims.select(["line1", "line2", "postal_code", "city", "region", "country_code", "label"])
    key = address_key(claims["line1"], claims["line2"], claims["postal_code"], claims["city"])
    same = pc.coalesce(key, _as_written(claims))
    within = pa.array([""] * len(claims), pa.string())
    return _kept(parties, claims["record_id"], values, same=same, within=within, table="address")


def _as_written(claims: pa.Table) -> pa.ChunkedArray:
    """What addresses without a line, postcode and city share: every field, letter case and spaces aside."""
    fields = ("line1", "line2", "postal_code", "city", "region", "country_code")
    texts = [pc.fill_null(pc.utf8_upper(pc.utf8_trim_whitespace(claims[name])), "") for name in fields]
    return pc.binary_join_element_wise(*texts, "\x1f")


def identifiers(parties: Parties, claims: pa.Table) -> Kept:
    """Numbers somebody issued for the customer."""
    same = pc.binary_join_element_wise(claims["scheme"], claims["value"], "\x1f")
    kept = _kept(
        parties,
        claims["record_id"],
        claims.select(["scheme", "value"]),
        same=same,
        within=claims["scheme"],
        table="party_identifier",
    )
    return Kept(table=kept.table.drop_columns(["is_primary"]), winners=kept.winners)


PREFIXES = {"contact_point": "CP", "address": "AD", "party_identifier": "ID"}


def _kept(
    parties: Parties,
    record_ids: pa.ChunkedArray,
    values: pa.Table,
    *,
    same: pa.ChunkedArray,
    within: pa.ChunkedArray,
    table: str,
) -> Kept:
    """Equal values of one customer once, as its best record writes them.

    ``same`` is what equal values share (nulls are equal too); among the values of one customer with equal
    ``within`` one is primary. The row is named after the first loaded record that carries the value, so
    another record changes no key.
    """
    places = parties.places(record_ids)
    customer = codes(parties.column("customer_id", places))
    value = codes(same)
    group = paired(customer, value)
    contest = Contest(
        parties=parties,
        places=places,
        group=group,
        value=value,
        filled=np.sum([ints(pc.is_valid(c)) for c in values.columns], axis=0),
        length=np.zeros(len(places), np.int64),
        field=table,
    )
    verdict = judge(contest, DEFAULT_CHAIN)
    best = pa.array(verdict.winner)
    ids = crm_ids(PREFIXES[table], _founders(parties, places, group), same.take(best))
    primary = _primary(contest, verdict.winner, customer, codes(within))
    rows = pa.table(
        {"id": ids, "customer_id": parties.column("customer_id", places[verdict.winner])}
        | {name: values[name].take(best) for name in values.column_names}
        | {"is_primary": primary}
    )
    fields = pc.binary_join_element_wise(pa.scalar(table), ids, "/")
    return Kept(table=rows.sort_by("id"), winners=winner_rows(contest, verdict, fields))


def _founders(parties: Parties, places: Ints, group: Ints) -> pa.Array:
    """For each group in order, the record id of its first loaded record."""
    order = np.lexsort([places, codes(parties.column("founding", places)), group])
    _, first = np.unique(group[order], return_index=True)
    return parties.column("record_id", places[order][first])


def _primary(contest: Contest, best: Ints, customer: Ints, within: Ints) -> pa.Array:
    """True for the best of the values of one customer and kind."""
    among = paired(customer, within)
    keys = [key for _, key in contest.keys(DEFAULT_CHAIN)]
    order = np.lexsort([key[best] for key in reversed(keys)] + [among[best]])
    _, first = np.unique(among[best][order], return_index=True)
    primary = np.zeros(len(best), bool)
    primary[order[first]] = True
    return pa.array(primary)


def roles(parties: Parties, claims: pa.Table) -> pa.Table:
    """Which person has which place in which organisation; equal claims once."""
    at, who = parties.places(claims["record_id"]), parties.places(claims["person_record_id"])
    table = pa.table(
        {
            "organisation_id": parties.column("customer_id", at),
            "person_id": parties.column("customer_id", who),
            "role": claims["role"],
            "founding": parties.column("founding", at),
            "record_id": claims["record_id"],
            "person_record_id": claims["person_record_id"],
        }
    )
    same = pc.binary_join_element_wise(
        table["organisation_id"], table["person_id"], pc.fill_null(table["role"], ""), "\x1f"
    )
    group = codes(same)
    order = np.lexsort([codes(table["person_record_id"]), at, codes(table["founding"]), group])
    _, first = np.unique(group[order], return_index=True)
    rows = table.take(pa.array(order[first]))
    ids = crm_ids("OP", rows["record_id"], rows["person_record_id"], rows["role"])
    nothing = pa.nulls(len(rows), pa.string())
    return pa.table(
        {
            "id": ids,
            "organisation_id": rows["organisation_id"],
            "person_id": rows["person_id"],
            "role": rows["role"],
            "is_primary": pa.array([None] * len(rows), pa.bool_()),
            "valid_from": nothing,
            "valid_to": nothing,
        }
    ).sort_by("id")


def accounts(parties: Parties, claims: pa.Table) -> pa.Table:
    """Accounts with their balances, each a child of the record that claims it."""
    ids = crm_ids("AC", claims["record_id"], claims["system"], claims["account_no"])
    customer = parties.column("customer_id", parties.places(claims["record_id"]))
    values = {name: claims[name] for name in claims.column_names if name != "record_id"}
    return pa.table({"id": ids, "customer_id": customer} | values).sort_by("id")
