"""Whom the rows of a table are about: people, organisations, either by a column that says so, or nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import matches
from crm_unify.normalise.legal_forms import ALIASES
from crm_unify.normalise.text import folded
from crm_unify.propose.columns import Use
from crm_unify.roles.given_names import given_names
from crm_unify.roles.headers import header_words, read_header
from crm_unify.roles.interface import Role
from crm_unify.roles.naming import any_word, name_order, organised_names
from crm_unify.roles.profile import profile
from pipelines.bare.headers import header_words as known_headers
from pipelines.profile.interface import ColumnProfile, TableProfile

_KINDS_MOST: Final = 12
"""Different values of a column that divides rows into kinds"""
_ORGANISED: Final = 0.4
"""Share of names of organisations from which on a kind of row is one; many companies bear no legal form"""
_SLIPS: Final = 0.05
_PEOPLE: Final = 0.4
"""Share of names with a listed given name from which on a kind of row is people; half of all bear one"""
_EXCLUSIVE: Final = 0.95
_DIVIDED: Final = 0.8
"""Share of the rows whose kind has to be told, for a column to divide them"""
_COMMAS: Final = 0.3
"""Share of names with a comma from which on family names come first"""
_BARE: Final = 0.8
_BY_COMPANY: Final = 0.75
"""Certainty of a bare name as that of an organisation, by the table's name or by columns only they have"""
_BY_VALUES: Final = 0.6
"""The same where only the values say it, and a person should look"""
_SOMEBODYS: Final = ("contact_point.", "address.", "account.", "identifier", "person.")
"""Uses of columns that belong to somebody"""
_ONLY_COMPANIES: Final = ("organisation.", "contact_point.web")
_ONLY_PEOPLE: Final = ("person.",)
NAMES: Final = (
    "person.full_name",
    "person.given_name",
    "person.family_name",
    "contact",
    "organisation.name",
    "party",
)
"""Uses of columns that name a customer"""


@dataclass(frozen=True, slots=True)
class Division:
    """A column whose values say what kind of customer a row is."""

    column: ColumnProfile
    organisations: tuple[str, ...]
    """Values, in capitals"""
    people: tuple[str, ...]
    unclear: tuple[tuple[str, int], ...]
    """Value and rows of those that the names do not tell; blank is ''"""


def with_bare_names(table: TableProfile, uses: Sequence[Use], rows: pa.Table) -> tuple[Use, ...]:
    """The uses, with a column that is only called "name" as what the rest of the table says it is."""
    bare = next((use for use in uses if use.column.filled and _is_bare(use.name)), None)
    if bare is not None and (part := _other_part(bare, uses)) is not None:
        return tuple(part if use is bare else use for use in uses)
    if bare is None or any(use.to in NAMES and use.to != "organisation.name" for use in uses):
        return tuple(uses)
    company = any(use.to == "organisation.name" for use in uses)
    if bare.to in NAMES:
        return tuple(uses)
    reason = _person_reason(uses) if company else _company_reason(table, uses)
    named = None if company else _by_values(bare, uses, rows)
    if reason is not None:
        to = "person.full_name" if company else "organisation.name"
        named = Use(bare.column, to, _BY_COMPANY, f"the header says name, and {reason}")
    return tuple(named if use is bare and named is not None else use for use in uses)


def _other_part(bare: Use, uses: Sequence[Use]) -> Use | None:
    """A bare name beside one part of a name is the other part, where no column is called that."""
    parts = {name for name in ("given_name", "family_name") if any(u.to == f"person.{name}" for u in uses)}
    if len(parts) != 1 or bare.to in NAMES or any(use.to == "organisation.name" for use in uses):
        return None
    (other,) = {"given_name", "family_name"} - parts
    reason = f"the header says name, and another column is the {parts.pop().replace('_', ' ')}"
    return Use(bare.column, f"person.{other}", _BY_COMPANY, reason)


def _by_values(bare: Use, uses: Sequence[Use], rows: pa.Table) -> Use | None:
    """What a bare name beside numbers or addresses of somebody probably is, by what its values look like."""
    if not any(use.to.startswith(_SOMEBODYS) for use in uses):
        return None
    organised = pc.mean(pc.cast(_by_name(rows, bare.name)[0], pa.float64())).as_py() or 0.0
    company = organised >= _ORGANISED
    share = f"{100 * organised:.0f} % of the values look like organisations"
    to = "organisation.name" if company else "person.full_name"
    return Use(bare.column, to, _BY_VALUES, f"the header says name, and {share}")


def _person_reason(uses: Sequence[Use]) -> str | None:
    """Why the rows are people of an organisation, if anything says it."""
    own = next((use for use in uses if use.to.startswith(_ONLY_PEOPLE)), None)
    return None if own is None else f"only people have '{own.name}'"


def _is_bare(header: str) -> bool:
    return any(one.role is None and one.weight >= _BARE for one in read_header(header, known_headers()))


def _company_reason(table: TableProfile, uses: Sequence[Use]) -> str | None:
    """Why the rows are organisations, if anything says it."""
    if any(use.to.startswith(_ONLY_PEOPLE) for use in uses):
        return None
    for word in _table_words(table):
        if any(role == Role.ORGANISATION for role, _ in known_headers().table.get(word, ())):
            return f"the table is called '{table.table}'"
    own = next((use for use in uses if use.to.startswith(_ONLY_COMPANIES)), None)
    return None if own is None else f"only organisations have '{own.name}'"


def _table_words(table: TableProfile) -> Iterator[str]:
    for word in header_words(table.table):
        yield from (word, word.removesuffix("S"))


def division(rows: pa.Table, uses: Sequence[Use]) -> Division | None:
    """The column that tells organisations from people best; None where none does, or all are of a kind."""
    masks = _kinds(rows, uses)
    if masks is None or not rows.num_rows:
        return None
    found = [
        one
        for use in uses
        if 2 <= use.column.distinct <= _KINDS_MOST
        and use.to in ("ask", "ignore", "person.gender")
        and (one := _divided(rows, use.column, *masks)) is not None
    ]
    return min(found, key=lambda one: sum(count for _, count in one.unclear), default=None)


def _kinds(rows: pa.Table, uses: Sequence[Use]) -> tuple[Any, Any] | None:
    """Rows that look like organisations, and rows that look like people."""
    by_use = {use.to: use.name for use in uses}
    organisation = by_use.get("organisation.name")
    person = next((by_use[to] for to in NAMES[:4] if to in by_use), None)
    if organisation is not None and person is not None:
        first, second = _filled(rows, organisation), _filled(rows, person)
        either = pc.sum(pc.or_(first, second)).as_py() or 0
        if either and (pc.sum(pc.xor(first, second)).as_py() or 0) >= _EXCLUSIVE * either:
            return first, second
    name = by_use.get("party") or organisation or by_use.get("person.full_name")
    return None if name is None else _by_name(rows, name)


def _by_name(rows: pa.Table, name: str) -> tuple[Any, Any]:
    texts = rows.column(name).combine_chunks()
    words = folded(texts)
    organised = pc.fill_null(organised_names(words), False)
    listed = any_word(pc.split_pattern(pc.fill_null(words, ""), " "), given_names())
    comma = pc.fill_null(matches(texts, r"^[^ ,]+, [^ ,]"), False)
    return organised, pc.and_(pc.or_(listed, comma), pc.invert(organised))


def _filled(rows: pa.Table, name: str) -> Any:
    return pc.greater(
        pc.utf8_length(pc.utf8_trim_whitespace(pc.fill_null(rows.column(name).combine_chunks(), ""))), 0
    )


def _divided(rows: pa.Table, column: ColumnProfile, organised: Any, people: Any) -> Division | None:
    """How the values of a column divide the rows; None where they do not."""
    values = pc.utf8_upper(
        pc.utf8_trim_whitespace(pc.fill_null(rows.column(column.name).combine_chunks(), ""))
    )
    counted = pa.table({"v": values, "o": pc.cast(organised, "int64"), "p": pc.cast(people, "int64")})
    sums = counted.group_by("v").aggregate([("o", "sum"), ("p", "sum"), ("v", "count")]).sort_by("v")
    made: dict[str, list[tuple[str, int]]] = {"organisation": [], "person": [], "": []}
    for one in sums.to_pylist():
        made[_kind_of(one)].append((one["v"], one["v_count"]))
    told = sum(count for value, count in (*made["organisation"], *made["person"]))
    if not made["organisation"] or not made["person"] or told < _DIVIDED * rows.num_rows:
        return None
    first, second = (tuple(value for value, _ in made[kind]) for kind in ("organisation", "person"))
    return Division(column, first, second, tuple(made[""]))


def _kind_of(one: dict[str, Any]) -> str:
    """What the rows of one value are; nothing where the value is blank or the names do not say it."""
    organised, people = one["o_sum"] / one["v_count"], one["p_sum"] / one["v_count"]
    if not one["v"]:
        return ""
    if organised >= _ORGANISED and people <= _ORGANISED:
        return "organisation"
    return "person" if organised <= _SLIPS and people >= _PEOPLE else ""


def names_order(name: str, texts: pa.ChunkedArray) -> str:
    """family_first where the names of people begin with it, or have it in front of a comma."""
    found = texts.drop_null().combine_chunks().dictionary_encode()
    held = profile(name, found.dictionary, found.indices.to_numpy(zero_copy_only=False).astype(np.int32))
    commas = held.share(matches(held.texts, r"^[^,]+, *[^, ]"))
    return "family_first" if commas >= _COMMAS else name_order(held)


def legal_forms_in(rows: pa.Table, name: str) -> tuple[str, ...]:
    """Legal forms of one word with which names of the rows end, folded to capitals."""
    texts = pc.unique(folded(rows.column(name).combine_chunks())).drop_null().to_pylist()
    return tuple(sorted({text.rpartition(" ")[2] for text in texts if " " in text} & _forms()))


@cache
def _forms() -> frozenset[str]:
    return frozenset(form for form in ALIASES if " " not in form and len(form) > 1)
