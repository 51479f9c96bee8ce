"""From a profile to a project: which tables hold customers, which hang on them, which are left out.

Pure: the same profile and rows give the same proposal, whatever the order in which tables were found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crm_unify.propose.children import NUMBERS, TELLING, Hanging, hanging
from crm_unify.propose.columns import Use, party_uses
from crm_unify.propose.interface import Looked, Map, Proposal
from crm_unify.propose.keys import proposed_key
from crm_unify.propose.maps import child_map, left_out_map, party_map, user_map
from crm_unify.propose.names import free_name, plain_name
from crm_unify.propose.questions import prefix_of
from crm_unify.propose.subject import NAMES, division, with_bare_names
from crm_unify.propose.systems import systems, where
from crm_unify.propose.table import Table
from crm_unify.propose.users import lists_users
from crm_unify.propose.words import field_guesses, table_kinds
from pipelines.profile.interface import Profiled, Reference, TableProfile
from pipelines.sources.archive import is_archive

_NUMBERS = tuple(f"{kind}.{name}" for kind, name in NUMBERS.items())
_REACHED = ("contact_point.email", "contact_point.phone", "person.birth_date")
"""Uses of columns that only rows about somebody have"""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out about all tables together."""

    tables: Mapping[str, Table]
    users: Mapping[str, str]
    """Tables that list users of the old system, with the reason"""
    hung: Mapping[str, Hanging]
    """Tables whose rows hang on others"""
    profiled: Profiled


def propose(profiled: Profiled, looked: Mapping[str, Looked], *, project: str, root: Path) -> Proposal:
    """The whole project; `looked` has the rows of every table of the profile that could be read again."""
    tables = _tables(profiled, looked, root=root)
    users = _users(profiled, tables)
    customers = {name for name, table in tables.items() if name not in users and _names_somebody(table.uses)}
    hung = _hanging(profiled, tables, customers)
    found_out = Found(tables, users, hung, profiled)
    maps = tuple(_map(table, found_out) for table in tables.values())
    found = systems([looked[name] for name in tables], root=root)
    not_read = [f"{one.file}: {one.why}" for one in profiled.not_read]
    not_read += [f"{name}: a view, which repeats its tables" for name in profiled.views]
    return Proposal(project, tuple(found.values()), maps, tuple(not_read))


def _tables(profiled: Profiled, looked: Mapping[str, Looked], *, root: Path) -> dict[str, Table]:
    """Every table with its uses, its key and the name of its map."""
    readable = [profile for profile in profiled.tables if profile.name in looked]
    found = systems([looked[profile.name] for profile in readable], root=root)
    readable = _with_countries(readable, {one.name: found[where(looked[one.name])].name for one in readable})
    names: dict[str, Table] = {}
    taken: set[str] = set()
    prefixes: list[str] = []
    for profile in readable:
        own = looked[profile.name]
        system = found[where(own)].name
        name = free_name(_map_name(system, profile), taken)
        taken.add(name)
        uses = with_bare_names(profile, party_uses(profile), own.rows)
        key = proposed_key(profile, uses, _numbers(profile, profiled))
        path = Path(own.place.text)
        prefixes.append(prefix_of(name, prefixes))
        names[profile.name] = Table(
            profile,
            own.rows,
            uses,
            key,
            name,
            prefixes[-1],
            system,
            whole_file=own.url is not None or (path.is_file() and not is_archive(path)),
        )
    return names


def _with_countries(profiles: Sequence[TableProfile], system: Mapping[str, str]) -> list[TableProfile]:
    """Phones of a table that says no country are of the one that the other tables of its system agree on."""
    said: dict[str, set[str]] = {}
    for one in profiles:
        if one.phone_country is not None:
            said.setdefault(system[one.name], set()).add(one.phone_country)
    agreed = {name: countries.pop() for name, countries in said.items() if len(countries) == 1}
    return [
        one if one.phone_country else replace(one, phone_country=agreed.get(system[one.name]))
        for one in profiles
    ]


def _numbers(profile: TableProfile, profiled: Profiled) -> list[str]:
    """Columns that other tables refer to; in a table that refers to others, first the number of its rows."""
    found = [one.to_column for one in profiled.references if one.to_table == profile.name]
    if any(one.table == profile.name for one in profiled.references):
        found += [column.name for column in profile.columns if field_guesses(column.name, prefixes=_NUMBERS)]
    return found


def _map_name(system: str, profile: TableProfile) -> str:
    if plain_name(profile.table, otherwise="source") == system:
        return system
    own = plain_name(profile.table, otherwise="table")
    return own if own.startswith(system) else f"{system}_{own}"


def _names_somebody(uses: tuple[Use, ...]) -> bool:
    return any(use.to in NAMES for use in uses)


def _hanging(profiled: Profiled, tables: Mapping[str, Table], customers: set[str]) -> dict[str, Hanging]:
    """Tables whose rows hang on others: first those on customers, then those on what hangs there."""
    made = {name: "customer" for name in customers if len(tables[name].key.columns) == 1}
    found: dict[str, Hanging] = {}
    for _ in ("on customers", "on orders"):
        for name, table in tables.items():
            if name in found or _is_about_somebody(table):
                continue
            references = tuple(
                one
                for one in profiled.references
                if one.to_table in tables
                and one.to_table != name
                and tables[one.to_table].key.columns == (one.to_column,)
            )
            own = hanging(
                table.profile, references, {key: value for key, value in made.items() if key != name}
            )
            if own is not None:
                found[name] = own
        made = {name: value for name, value in made.items() if name not in found}
        made |= {
            name: "order"
            for name, own in found.items()
            if own.kind == "sales_order" and len(tables[name].key.columns) == 1
        }
    return found


def _is_about_somebody(table: Table) -> bool:
    """Whether rows are somebody, whatever they refer to: they have a name and can be reached."""
    said = {kind.partition(".")[0] for kind in table_kinds(table.profile.table)}
    reached = any(use.to in _REACHED for use in table.uses)
    return _names_somebody(table.uses) and reached and not said & TELLING.keys()


def _map(table: Table, found: Found) -> Map:
    own = found.hung.get(table.profile.name)
    if own is not None:
        parent = found.tables[own.reference.to_table]
        return child_map(table, own, (parent.system, parent.name))
    if table.profile.name in found.users:
        return user_map(table, found.users[table.profile.name])
    if table.profile.rows and _names_somebody(table.uses):
        return party_map(table, division(table.rows, table.uses), tuple(_ties(table, found)))
    return left_out_map(table, _why_left_out(table, found.profiled))


def _users(profiled: Profiled, tables: Mapping[str, Table]) -> dict[str, str]:
    """Lists of users with the reason, where other tables name customers."""
    found = {name: lists_users(table, profiled.references) for name, table in tables.items()}
    users = {name: why for name, why in found.items() if why is not None}
    others = any(_names_somebody(table.uses) for name, table in tables.items() if name not in users)
    return users if others else {}


def _ties(table: Table, found: Found) -> Iterator[Reference]:
    """Columns that name customers of this or another table; the likeliest reference of each."""
    told = {*table.key.columns, *(use.name for use in table.uses if use.to in NAMES)}
    for one in found.profiled.references:
        other = found.tables.get(one.to_table)
        if one.table != table.profile.name or one.column in told or other is None or not one.named:
            continue
        if other.key.columns != (one.to_column,):
            continue
        if one.to_table not in found.hung and one.to_table not in found.users and _names_somebody(other.uses):
            told.add(one.column)
            yield one


def _why_left_out(table: Table, profiled: Profiled) -> str:
    profile = table.profile
    if not profile.rows:
        return "it has no rows"
    up = next(
        (one for one in profiled.references if one.table == profile.name and one.to_table != profile.name),
        None,
    )
    if up is not None:
        return f"its {up.column} refers to {up.to_table}, but its columns are of nothing that hangs on it"
    down = next(
        (one for one in profiled.references if one.to_table == profile.name and one.table != profile.name),
        None,
    )
    if down is not None:
        return f"no column names a customer; it explains {down.table}.{down.column}"
    reached = next((use.name for use in table.uses if use.to in _REACHED), None)
    beside = "" if reached is None else f", though '{reached}' belongs to somebody"
    return f"no column names a person or an organisation{beside}"
