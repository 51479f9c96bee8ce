"""Golden rows that come from one source record each: orders, cases, opportunities, activities, users.

They point at the golden customer of the record they hang on, and at the user who owns them; one that was let
in without a parent points at nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.ids import child_ids, user_ids, user_keys, users_of
from matching.survivorship import Parties

OF_CUSTOMERS = ("sales_order", "support_case", "opportunity", "activity")
"""Kinds that hang on a customer."""
OWNED = ("support_case", "opportunity", "activity")
"""Those that a user owns."""


def children(parties: Parties, claims: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Rows by table, those of users aside."""
    of_customers = {name: _of_customer(parties, name, claims[name]) for name in OF_CUSTOMERS}
    return {**of_customers, "order_line": _lines(claims["order_line"])}


def users(claims: pa.Table, owners: Iterable[pa.ChunkedArray]) -> pa.Table:
    """Every user that a list describes, and a placeholder for each one that is only named as an owner.

    Of several lists that describe one user, the record with the least id does.
    """
    claims = claims.sort_by("record_id")
    named = users_of(claims["record_id"])
    system = pc.replace_substring_regex(claims["record_id"], r"\..*", "")
    known = _users(named, system, claims["name"], claims["email"], placeholder=False)
    texts = [chunk for owner in owners for chunk in owner.chunks]
    every = pc.unique(pa.chunked_array(texts, pa.string())).drop_null().sort()
    unknown = every.filter(pc.invert(pc.is_in(every, pc.unique(named).cast(pa.string()))))
    nothing = pa.nulls(len(unknown), pa.string())
    systems = pc.replace_substring_regex(unknown, ":.*", "")
    made = _users(unknown, systems, nothing, nothing, placeholder=True)
    return pa.concat_tables([known, made]).sort_by("id")


def _users(
    named: pa.ChunkedArray | pa.Array,
    system: pa.ChunkedArray | pa.Array,
    name: pa.ChunkedArray | pa.Array,
    email: pa.ChunkedArray | pa.Array,
    *,
    placeholder: bool,
) -> pa.Table:
    columns = {
        "id": user_ids(named),
        "system": system,
        "user_key": user_keys(named),
        "name": name,
        "email": email,
        "is_placeholder": pa.repeat(pa.scalar(placeholder), len(named)),
    }
    table = pa.table(columns)
    firsts = table.append_column("place", pa.array(range(len(table)), pa.int64()))
    chosen = firsts.group_by("id").aggregate([("place", "min")])["place_min"]
    return table.take(chosen.sort())


def _of_customer(parties: Parties, kind: str, claims: pa.Table) -> pa.Table:
    customer = _customers_of(parties, claims["customer_record_id"])
    system = pc.replace_substring_regex(claims["record_id"], r"\..*", "")
    taken = ("record_id", "customer_record_id", "owner")
    values = {name: claims[name] for name in claims.column_names if name not in taken}
    owner = {"owner_id": user_ids(claims["owner"])} if "owner" in claims.column_names else {}
    ids = child_ids(kind, claims["record_id"])
    return pa.table({"id": ids, "customer_id": customer, "system": system} | values | owner).sort_by("id")


def _lines(claims: pa.Table) -> pa.Table:
    values = {n: claims[n] for n in claims.column_names if n not in ("record_id", "order_record_id")}
    ids, orders = child_ids("order_line", claims["record_id"]), claims["order_record_id"]
    order = pc.if_else(orders.is_valid(), child_ids("sales_order", orders), pa.scalar(None, pa.string()))
    return pa.table({"id": ids, "order_id": order} | values).sort_by("id")


def _customers_of(parties: Parties, record_ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """The customer of each record, null for no record; raises ValueError for one that is no party."""
    places = pc.index_in(record_ids, parties.table["record_id"])
    if places.null_count > record_ids.null_count:
        unknown = record_ids.filter(pc.and_(record_ids.is_valid(), places.is_null()))
        msg = f"{unknown[0]} is the parent of a record and no party"
        raise ValueError(msg)
    return parties.table["customer_id"].take(places)
