"""All tables in one or more places, profiled in full: what `crm-unify profile` shows.

profiled = profile(["deliveries", "sqlite:///old.db"], as_of=date.today(), progress=Silent())
for table in profiled.tables:
print(table.name, table.rows, [column.name for column in table.columns])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crm_unify.errors import CrmUnifyError, SourceMissing, UsageError, nearest_name
from crm_unify.progress import Progress
from pipelines.profile.interface import NotRead, Profiled, TableProfile
from pipelines.profile.references import Held, references
from pipelines.profile.scratch import scratch
from pipelines.profile.tables import Wanted, table_profile
from pipelines.sources.find import open_found, survey
from pipelines.sources.interface import FoundTable

_VIEW = "a view"
"""Note of a found table that is one"""


@dataclass(frozen=True, slots=True)
class _Listed:
    """A table in one of the places, not opened yet."""

    place: Path | str
    source: str
    found: FoundTable


def profile(places: Sequence[str], *, as_of: date, progress: Progress, only: Sequence[str] = ()) -> Profiled:
    """Profile the tables in files, folders, archives and databases, or the ones named in `only`.

    A table that cannot be read is listed under `not_read`. Raises SourceMissing when there is no such place
    or no table in any, UsageError for a name in `only` that no table has.
    """
    surveys = [(place, survey(_where(place))) for place in places]
    listed = [_Listed(_where(place), shown(place), found) for place, seen in surveys for found in seen.tables]
    not_read = [NotRead(one.file, one.why, one.belongs) for _, seen in surveys for one in seen.unread]
    wanted = _chosen(listed, only)
    if not wanted:
        raise _nothing(places, not_read, views=bool(listed))
    tables: list[TableProfile] = []
    held: list[Held] = []
    with scratch() as place:
        for number, one in enumerate(_named(wanted)):
            try:
                table, own = table_profile(place, one, number, as_of=as_of, progress=progress)
            except CrmUnifyError as error:
                not_read.append(NotRead(one.found.file or one.found.name, str(error)))
                continue
            tables.append(table)
            held += own
        found = references(place, held)
    views = tuple(one.found.name for one in listed if _is_view(one.found) and one not in wanted)
    return Profiled(as_of, tuple(map(shown, places)), tuple(tables), found, tuple(not_read), views)


def shown(place: str) -> str:
    """A place as it may be shown: the password of a database URL left out."""
    if "://" not in place:
        return place
    from sqlalchemy import make_url

    return make_url(place).render_as_string(hide_password=True)


def _where(place: str) -> Path | str:
    return place if "://" in place else Path(place)


def _is_view(table: FoundTable) -> bool:
    return _VIEW in table.notes


def _chosen(listed: Sequence[_Listed], only: Sequence[str]) -> list[_Listed]:
    """The tables that are named, letters of either case; without names all but views."""
    if not only or not listed:
        return [one for one in listed if not _is_view(one.found)]
    known = {_folded(one.found.name) for one in listed} | {_folded(_with_file(one)) for one in listed}
    for name in only:
        if _folded(name) not in known:
            names = sorted({one.found.name for one in listed})
            nearest = nearest_name(name, names)
            remedy = f"did you mean '{nearest}'?" if nearest else "name one of them"
            raise UsageError(
                f"there is no table '{name}'", "--table", why=f"there are {', '.join(names)}", remedy=remedy
            )
    wanted = {_folded(name) for name in only}
    return [one for one in listed if {_folded(one.found.name), _folded(_with_file(one))} & wanted]


def _named(listed: Sequence[_Listed]) -> Iterator[Wanted]:
    """Tables with names that are unique: where two are called the same, the file is added, then a number."""
    plain = Counter(one.found.name for one in listed)
    filed = Counter(_with_file(one) for one in listed)
    seen: Counter[str] = Counter()
    for one in listed:
        name = one.found.name if plain[one.found.name] == 1 else _with_file(one)
        seen[name] += 1
        if plain[one.found.name] > 1 and filed[name] > 1:
            name = f"{name} {seen[name]}"
        yield Wanted(name, one.source, one.found, open_found(one.found, one.place))


def _with_file(one: _Listed) -> str:
    return f"{one.found.name} ({one.found.file or one.source})"


def _folded(name: str) -> str:
    return name.casefold()


def _nothing(places: Sequence[str], not_read: Sequence[NotRead], *, views: bool) -> SourceMissing:
    """There is no table to profile, and why."""
    if views:
        return SourceMissing("there are only views", ", ".join(map(shown, places)),
                             remedy="name those that are to be profiled with --table")  # fmt: skip
    why = "; ".join(f"{one.file}: {one.why}" for one in not_read[:5]) or "nothing lies there"
    return SourceMissing("there is no table to profile", ", ".join(map(shown, places)), why=why,
                         remedy="name a file, folder or database that holds tables")  # fmt: skip
