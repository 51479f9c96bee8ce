"""Names of persons and organisations: split, tidied and put together again."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import glue
from crm_unify.normalise.interface import Normalised
from crm_unify.records import Severity
from pipelines.interpret.mapping import field_origins
from pipelines.interpret.plan import Placed
from pipelines.interpret.problems import NAME_SIGNS
from pipelines.interpret.rows import as_mask
from pipelines.interpret.work import Work

NAME_PARTS: Final = ("prefix", "given_name", "middle_name", "family_name", "suffix", "nickname", "birth_name")
"""What a full name is split into."""

FULL_NAME: Final = ("given_name", "middle_name", "family_name")
"""What a full name is put together from, in this order."""

PICTURES: Final = r"[\x{1F000}-\x{1FAFF}\x{2600}-\x{27BF}\x{2B00}-\x{2BFF}\x{FE0F}]"
"""Emoji and other picture signs: no letters of a name in any script."""

TIDIED: Final = ("given_name", "middle_name", "family_name", "birth_name")
"""Parts that get the case of names."""


def person_columns(work: Work, own: Placed) -> dict[str, pa.Array]:
    """The columns of a person: name parts as mapped or out of the full name, and the full name of them."""
    columns = _mapped(work, own)
    split = _split(work, own, full_name=columns.get("full_name"))
    if "family_name" in columns:
        columns["family_name"], split["birth_name"] = _family(columns["family_name"], split.get("birth_name"))
    for part in NAME_PARTS:
        found = [column for column in (columns.get(part), split.get(part)) if column is not None]
        if found:
            columns[part] = _person_case(pc.coalesce(*found)) if part in TIDIED else pc.coalesce(*found)
    parts = [columns[part] for part in FULL_NAME if part in columns]
    if parts:
        columns["full_name"] = glue(*parts, separator=" ")
    return columns


def organisation_columns(work: Work, own: Placed) -> dict[str, pa.Array]:
    """The columns of an organisation: its name in tidy case, its legal form as mapped or out of the name."""
    from crm_unify.normalise.organisations import organisations

    columns = _mapped(work, own)
    if "name" not in columns:
        return columns
    answer = organisations(columns["name"])
    _tell(work, own, name="name", answer=answer)
    columns["name"] = pc.struct_field(answer.value, "name")
    form = pc.struct_field(answer.value, "legal_form")
    columns["legal_form"] = pc.coalesce(columns["legal_form"], form) if "legal_form" in columns else form
    return columns


def _mapped(work: Work, own: Placed) -> dict[str, pa.Array]:
    return {name: work.values[own.place, name] for name in own.entry.fields}


def _split(work: Work, own: Placed, *, full_name: pa.Array | None) -> dict[str, pa.Array]:
    from crm_unify.normalise.names import split_names

    if full_name is None:
        return {}
    answer = split_names(full_name, order=work.rules.source.parse.name_order)
    _tell(work, own, name="full_name", answer=answer)
    _tell_signs(work, own, full_name)
    return {part: pc.struct_field(answer.value, part) for part in NAME_PARTS}


def _family(family_name: pa.Array, birth_name: pa.Array | None) -> tuple[pa.Array, pa.Array]:
    """A family name without the name at birth it may announce, and that name."""
    from crm_unify.normalise.names import split_family_names

    parts = split_family_names(family_name).value
    announced = pc.struct_field(parts, "birth_name")
    return (
        pc.struct_field(parts, "family_name"),
        announced if birth_name is None else pc.coalesce(birth_name, announced),
    )


def _person_case(column: pa.Array) -> pa.Array:
    from crm_unify.normalise.names import person_case

    return person_case(column).value


def _tell_signs(work: Work, own: Placed, full_name: pa.Array) -> None:
    """Pictures that the splitting of names leaves out are listed: nothing goes without an entry."""
    signs = as_mask(pc.match_substring_regex(full_name, PICTURES))
    if signs.any():
        whence = field_origins(work, own.entry.fields["full_name"])
        named = {"target": own.target("full_name"), "column": whence.names}
        work.find(signs, {**named, "code": NAME_SIGNS, "raw": whence.raw}, severity=Severity.WARN, own=own)


def _tell(work: Work, own: Placed, *, name: str, answer: Normalised) -> None:
    whence = field_origins(work, own.entry.fields[name])
    finding = {"target": own.target(name), "column": whence.names, "code": answer.problem, "raw": whence.raw}
    work.find(as_mask(answer.problem.is_valid()), finding, severity=Severity.WITHHOLD, own=own)
