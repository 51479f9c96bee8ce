"""The key of a table: the column that numbers its rows, two columns together, or the content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crm_unify.propose.columns import Use
from crm_unify.roles.interface import Role
from crm_unify.wording import counted
from pipelines.profile.interface import CandidateKey, ColumnProfile, TableProfile

_NUMBERED: Final = (Role.ROW_KEY, Role.IDENTIFIER)
_NAMING: Final = (Role.ORGANISATION, Role.FULL_NAME, Role.PARTY_NAME, Role.CONTACT, Role.FAMILY_NAME)
"""Roles of columns that name somebody: they tell rows apart by chance, whoever refers to them"""
_TYPES: Final = frozenset({"integer", "digits", "code", "text", "phone"})
_HEADED: Final = 0.6
"""Certainty of a header that it numbers the rows"""
_TELLING: Final = (
    "person.",
    "organisation.name",
    "contact",
    "party",
    "contact_point.email",
    "contact_point.phone",
    "address.line1",
    "address.postal_code",
)
"""Uses of columns by which a person would know a row again; of other columns the content changes too often"""
_MOSTLY: Final = 0.85
"""Different values by filled rows, and filled rows by all, of a number in which some values are slips"""
_FEW: Final = 20
"""Rows up to which any column may differ in every row by chance"""


@dataclass(frozen=True, slots=True)
class ProposedKey:
    """How rows are told apart."""

    key: Any
    """As `source.key` has it"""
    why: str
    doubt: str = ""
    """What a person has to look at; empty where nothing speaks against it"""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of a key; empty where it is made of the content."""
        return tuple(self.key) if isinstance(self.key, list) else ()


def proposed_key(table: TableProfile, uses: Sequence[Use], referred: Sequence[str]) -> ProposedKey:
    """The likeliest key; `referred` are columns that other tables refer to."""
    ranked = sorted(
        (key for key in table.keys if _may_be(table, key, referred)),
        key=lambda key: _rank(table, key, referred),
    )
    if ranked:
        return _as_key(ranked[0], table)
    near = next(
        (key for key in (*table.keys, *_nearly(table)) if not key.holds and _is_near(table, key)), None
    )
    if near is not None:
        return _as_key(near, table)
    return _content(table, uses)


def _may_be(table: TableProfile, key: CandidateKey, referred: Sequence[str]) -> bool:
    """Whether columns that tell rows apart are a key by more than chance."""
    columns = [table.column(name) for name in key.columns]
    if not key.holds:
        return False
    if len(columns) > 1:
        return table.rows > _FEW and all(one.type.name in _TYPES and not _personal(one) for one in columns)
    (column,) = columns
    if column.name in referred and column.role.role not in _NAMING:
        return True
    if _headed(column):
        return table.rows > _FEW or "header says so" in column.role.reason
    return (
        table.rows > _FEW
        and column.type.name in ("integer", "digits", "code")
        and column.role.role in (*_NUMBERED, Role.NOISE)
    )


def _is_near(table: TableProfile, key: CandidateKey) -> bool:
    return len(key.columns) == 1 and _headed(table.column(key.columns[0]))


def _nearly(table: TableProfile) -> Iterator[CandidateKey]:
    """Columns called a number of the row that tell most rows apart: in a small table one slip is much."""
    for column in table.columns:
        most = column.distinct >= _MOSTLY * column.filled and column.filled >= _MOSTLY * table.rows
        if most and column.filled and "header says so" in column.role.reason:
            yield CandidateKey((column.name,), column.filled - column.once, column.rows - column.filled)


def _headed(column: ColumnProfile) -> bool:
    return (
        column.role.role in _NUMBERED and column.role.certainty >= _HEADED and "header" in column.role.reason
    )


def _personal(column: ColumnProfile) -> bool:
    return column.role.role not in (*_NUMBERED, Role.NOISE, Role.CATEGORY)


def _rank(table: TableProfile, key: CandidateKey, referred: Sequence[str]) -> tuple[Any, ...]:
    """What others refer to first, then what its header calls a number, then the leftmost."""
    order = [column.name for column in table.columns]
    first = table.column(key.columns[0])
    return (len(key.columns), first.name not in referred, not _headed(first), order.index(first.name))


def _as_key(key: CandidateKey, table: TableProfile) -> ProposedKey:
    names = " and ".join(key.columns)
    if key.holds:
        told = "tells" if len(key.columns) == 1 else "together tell"
        return ProposedKey(list(key.columns), f"{names} {told} all {counted(table.rows, 'row')} apart")
    slips = f"{counted(key.repeated, 'row')} share a value, {key.blank:,} have none"
    doubt = f"{names} nearly tells the rows apart: {slips}. Which of them count?"
    return ProposedKey(list(key.columns), f"{names} nearly tells the rows apart", doubt)


def _content(table: TableProfile, uses: Sequence[Use]) -> ProposedKey:
    telling = [use.name for use in uses if use.to.startswith(_TELLING) and use.column.filled]
    columns = telling or [column.name for column in table.columns]
    why = "no column tells the rows apart, so the key is made of what they say"
    return ProposedKey({"content": columns}, why)
