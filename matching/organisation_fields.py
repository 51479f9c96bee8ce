"""What two organisations are compared by: core name, branch, legal form and the people who belong to them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise import organisations as normal_organisations
from crm_unify.normalise import text
from matching.claimed import ClaimTable
from matching.columns import Codes, Column, column, empty
from matching.names import NameTraits, name_traits
from matching.person_names import name_parts
from matching.texts import Texts


def organisation_columns(table: ClaimTable) -> tuple[dict[str, Column], NameTraits, Codes]:
    """Columns of organisations, no name traits, and core name with branch as what tells parties apart."""
    rows, owner = table.claimed("organisation")
    n = len(table)
    if not rows.num_rows:
        nothing = empty(n)
        fields = {"name": nothing, "branch": nothing, "legal_form": nothing, "contact": nothing}
        return fields, name_traits(Texts.of([])), nothing.first
    (claimed, form), owner = table.texts("organisation", "name", "legal_form")
    found = normal_organisations.organisations(claimed).value
    branch = pc.struct_field(found, "branch")
    columns = {
        "name": column(owner, core_names(rows), n),
        "branch": column(owner, branch, n),
        "legal_form": column(
            owner, text.fold(pc.coalesce(form, pc.struct_field(found, "legal_form"))).value, n
        ),
        "contact": _contacts(table),
    }
    told = column(owner, pc.binary_join_element_wise(core_names(rows), pc.fill_null(branch, ""), "\x1f"), n)
    return columns, name_traits(Texts.of([])), told.first


def core_names(organisations: pa.Table) -> pa.Array:
    """Folded name of each organisation claim without legal form and branch; all of it if nothing is left."""
    name = organisations["name"].cast(pa.string()).combine_chunks()
    core = pc.struct_field(normal_organisations.organisations(name).value, "core")
    return pc.coalesce(core, text.fold(name).value)


def _contacts(table: ClaimTable) -> Column:
    """Folded names of the people who belong to each organisation."""
    links, owner = table.claimed("organisation_person")
    people = table.claims.get("person")
    if people is None or not links.num_rows or not people.num_rows:
        return empty(len(table))
    one = ClaimTable(people.select(["record_id"]), {"person": people})
    parts, _ = name_parts(one)
    full = pc.binary_join_element_wise(parts["given"], parts["family"], " ")
    at = pc.index_in(links["person_record_id"].cast(pa.string()), value_set=one.ids)
    return column(owner, full.take(at), len(table))
