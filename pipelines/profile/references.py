"""Which columns hold keys of other tables, and which of their values the other table does not have.

A column refers to a key when nearly all its values are values of the key, and either the headers say so too
or the values are such that it cannot be chance: small whole numbers are part of any numbering.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from crm_unify.normalise.columns import strings
from crm_unify.normalise.text import folded
from crm_unify.roles.interface import Role
from pipelines.profile.interface import ColumnProfile, Counted, Reference, TableProfile
from pipelines.profile.keys import NEARLY
from pipelines.profile.scratch import Scratch

INCLUDED: Final = 0.9
"""Share of the different values that the key must have; with the headers agreeing, `NAMED_INCLUDED` do"""
NAMED_INCLUDED: Final = 0.5
_PROBE: Final = 200
"""Values of a column looked up in every key before any comparison in full"""
_FEWEST: Final = 3
"""Different values; fewer are in any key by chance"""
_EXAMPLES: Final = 5
_TYPES: Final = frozenset({"integer", "digits", "code", "text"})
_NO_KEYS: Final = frozenset({
    Role.FULL_NAME, Role.GIVEN_NAME, Role.MIDDLE_NAME, Role.FAMILY_NAME, Role.CONTACT, Role.TITLE,
    Role.GENDER, Role.AGE, Role.CITY, Role.STREET, Role.ADDRESS, Role.POSTCODE, Role.COUNTRY, Role.REGION,
})  # fmt: skip
"""Roles of columns that agree between tables because people and places do, not because they refer"""
_SURE: Final = 0.6
"""Certainty of a role from which on it is believed"""
_LONGEST: Final = 40
"""Characters of the longest value of a key"""
_LETTERED: Final = 6
"""Characters of the mean value from which on agreement of values is no chance"""


@dataclass(frozen=True, slots=True)
class Held:
    """A column whose values are still in DuckDB."""

    table: TableProfile
    column: ColumnProfile
    values: str
    """Table in DuckDB: v, n"""

    @property
    def key(self) -> bool:
        """Whether other tables can refer to it: every value stands once, slips (or a single one) aside."""
        most = min(NEARLY * self.column.filled, self.column.filled - 1)
        return self.column.distinct >= most and self.column.filled >= 0.5 * self.column.rows > 0


def may_hold_keys(column: ColumnProfile) -> bool:
    """Whether a column can be a key or refer to one: its values are kept until all tables are read."""
    if column.lengths is None or column.distinct < _FEWEST:
        return False
    if column.role.role in _NO_KEYS and column.role.certainty >= _SURE:
        return False
    return column.type.name in _TYPES and column.lengths.longest <= _LONGEST


def references(place: Scratch, held: Sequence[Held]) -> tuple[Reference, ...]:
    """The likeliest key each column refers to, in the order of the columns."""
    parents = [one for one in held if one.key]
    found: dict[int, tuple[tuple[Any, ...], Reference]] = {}
    for unpadded in (False, True):
        for child, parent in _likely(place, held, parents, unpadded=unpadded):
            at = held.index(child)
            made = _proven(place, child, parent, unpadded=unpadded)
            if made is None:
                continue
            rank = (made.unpadded, not made.named, made.orphan_values, held.index(parent))
            if at not in found or rank < found[at][0]:
                found[at] = (rank, made)
    return tuple(_one_way([found[at][1] for at in sorted(found)]))


def _likely(
    place: Scratch, held: Sequence[Held], parents: Sequence[Held], *, unpadded: bool
) -> Iterator[tuple[Held, Held]]:
    """Columns and keys, where most of a few of the column's values are the key's."""
    place.con.execute("CREATE OR REPLACE TEMP TABLE probe (child INTEGER, v VARCHAR)")
    for at, child in enumerate(held):
        place.con.execute(
            f"INSERT INTO probe SELECT {at}, {_value(unpadded)} FROM {child.values} "
            f"ORDER BY hash(v), v LIMIT {_PROBE}"
        )
    sizes = dict(place.con.execute("SELECT child, count(*) FROM probe GROUP BY 1").fetchall())
    for parent in parents:
        hits = place.con.execute(
            f"SELECT child, count(*) FROM probe WHERE v IN (SELECT {_value(unpadded)} FROM {parent.values}) "
            "GROUP BY 1 ORDER BY 1"
        ).fetchall()
        for at, count in hits:
            enough = 0.8 * sizes[at]  # a few values may be orphans by chance
            if count < NAMED_INCLUDED * enough or not _could(held[at], parent):
                continue
            if count >= _least(held[at], parent) * enough:
                yield held[at], parent


def _proven(place: Scratch, child: Held, parent: Held, *, unpadded: bool) -> Reference | None:
    """The reference with its orphans, if enough values agree."""
    value = _value(unpadded)
    orphans = f"FROM {child.values} WHERE {value} NOT IN (SELECT {value} FROM {parent.values})"
    row = place.con.execute(f"SELECT count(*), coalesce(sum(n), 0)::BIGINT {orphans}").fetchone()
    assert row is not None, "an aggregate has a row"
    if child.column.distinct - row[0] < _least(child, parent) * child.column.distinct:
        return None
    examples = place.con.execute(
        f"SELECT v, n, length(v) {orphans} ORDER BY n DESC, v LIMIT {_EXAMPLES}"
    ).fetchall()
    return Reference(
        child.table.name, child.column.name, parent.table.name, parent.column.name,
        rows=child.column.filled, orphans=row[1], orphan_values=row[0],
        examples=tuple(Counted(*one) for one in examples), unpadded=unpadded, named=_named(child, parent),
    )  # fmt: skip


def _could(child: Held, parent: Held) -> bool:
    """Whether a column could refer to a key at all."""
    if child.values == parent.values or child.column.distinct > 2 * parent.column.distinct:
        return False
    if _named(child, parent):
        return child.table.name != parent.table.name or not child.key
    if child.table.name == parent.table.name or child.key:
        return False  # of one table, or both unique: values that agree are no reference without a name
    lengths = child.column.lengths
    telling = child.column.type.name != "integer" or (lengths is not None and lengths.mean >= _LETTERED)
    return telling and lengths is not None and lengths.mean >= 4


def _least(child: Held, parent: Held) -> float:
    return NAMED_INCLUDED if _named(child, parent) else INCLUDED


def _named(child: Held, parent: Held) -> bool:
    """Whether the headers agree: the same word, or the column has the key's table and name in it."""
    mine, theirs = _word(child.column.name), _word(parent.column.name)
    table = _word(parent.table.table)
    if mine == theirs and mine not in ("ID", "NO", "NR", "KEY", "CODE", "NUMBER", "NAME"):
        return True
    stems = {table, table.removesuffix("S"), table.removesuffix("ES")}
    return any(mine in (f"{stem}{theirs}", stem, f"FK{stem}") for stem in stems if len(stem) > 1)


@cache
def _word(name: str) -> str:
    """A header as one word in capitals."""
    found = folded(strings([name])).to_pylist()[0]
    return (found or "").replace(" ", "")


def _one_way(found: Sequence[Reference]) -> Iterator[Reference]:
    """Of keys that refer to each other the direction with fewer orphans, else the later to the earlier."""
    pairs = {(one.table, one.column, one.to_table, one.to_column): one for one in found}
    order = {key: place for place, key in enumerate(pairs)}
    for key, one in pairs.items():
        back = (key[2], key[3], key[0], key[1])
        other = pairs.get(back)
        if other is None or (one.orphans, -order[key]) < (other.orphans, -order[back]):
            yield one


def _value(unpadded: bool) -> str:
    return "ltrim(trim(v), '0')" if unpadded else "trim(v)"
