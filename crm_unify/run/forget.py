"""Erasing a customer: shown first, removed everywhere in one go, blocked for ever, and certified."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from crm_unify.errors import UsageError
from crm_unify.rules.loaded import LoadedProject
from crm_unify.rules.model import ContentKey
from crm_unify.run.deciding import customer_of
from crm_unify.run.suppression import erasure_tokens
from crm_unify.schema.agreements import mig_correction
from crm_unify.schema.bookkeeping import mig_erasure, mig_source_record, mig_suppression
from crm_unify.schema.target import open_target, reachable
from crm_unify.schema.upgrade import is_empty, require, upgrade
from pipelines.carry import claims_of
from pipelines.database.read import fetch
from pipelines.erasure.files import Found, found_in, removed, tells
from pipelines.erasure.lent import takers, takings
from pipelines.erasure.made import EVIDENCE, OTHER
from pipelines.erasure.person import Person, person, row_of
from pipelines.erasure.rows import own_rows, rows_without_record
from pipelines.erasure.stores import STORES
from pipelines.erasure.tokens import CHECK, Tokens, read_suppressions, traits
from pipelines.load import hold

BESIDE: Final = ("", "-wal", "-shm", "-journal", ".lock")
"""Endings of the files of an SQLite database."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure removes, or has removed; nothing in it tells of the person but `customer`."""

    customer: str
    number: int
    """Of the erasure in this CRM."""
    at: datetime
    """UTC."""
    by: str
    why: str
    rows: Mapping[str, int]
    """Rows removed or emptied, by store of the database."""
    blocked: Mapping[str, int]
    """Suppression tokens by what they stand for."""
    files: tuple[Found, ...]
    """Files that went, and those of others that still tell of the person."""
    root: Path
    lent: tuple[str, ...] = ()
    """``record: field`` of other customers' records that looked a text up in the rows that go."""
    clean: bool | None = None
    """Whether a search over the database files finds nothing, and nothing was lent; None before, and on a
    server."""

    @property
    def left(self) -> tuple[str, ...]:
        """Files of other makers that still tell of the person."""
        return tuple(self._names(f for f in self.files if f.what == OTHER))

    @property
    def evidence(self) -> tuple[str, ...]:
        """Evidence packs that tell of the person; they stay as they were signed."""
        return tuple(self._names(f for f in self.files if f.what == EVIDENCE))

    def _names(self, found: Iterator[Found]) -> Iterator[str]:
        return (one.path.relative_to(self.root).as_posix() for one in found)

    def as_json(self) -> dict[str, Any]:
        """The certificate."""
        return {
            "erasure": self.number,
            "customer": self.customer,
            "at": self.at.isoformat(timespec="seconds"),
            "by": self.by,
            "why": self.why,
            "rows": {name: count for name, count in self.rows.items() if count},
            "blocked": dict(self.blocked),
            "files": [
                {"what": one.what, "file": name}
                for one in self.files
                if one.goes
                for name in self._names(iter((one,)))
            ],
            "evidence": list(self.evidence),
            "left": list(self.left),
            "lent": list(self.lent),
            "database_files_clean": self.clean,
        }


Agreed = Callable[[Erasure], bool]
"""Asks a person whether to erase."""


def forget(project: LoadedProject, name: str, *, why: str, by: str, agreed: Agreed | None) -> Erasure:
    """Erase a customer from the database, the workspace and the project's folder, and block its records.

    Without anybody to ask (``agreed`` is None) nothing is removed. Raises UsageError where there is no key
    or no such customer, and where the reason itself tells of the person; LockHeld while a run is under way.
    """
    engine = open_target(project.project.target, root=project.root)
    if is_empty(engine):
        require(engine)
    with hold(engine):
        upgrade(engine)
        with reachable(engine), engine.connect() as connection:
            suppressed = read_suppressions(connection)
            tokens = erasure_tokens(project, suppressed)
            _refuse_erased(engine, tokens, name, suppressed.by_kind)
            who = person(connection, customer_of(connection, name).customer, keys=_keys(project))
            if who.is_in(why):
                remedy = "give a reason without names: it is kept, and stands on the certificate"
                raise UsageError("the reason tells of the person", "--why", remedy=remedy)
            found = tuple(found_in(project.root, who, leave=_database_files(engine)))
            lent = takers(connection, who, takings(project))
            draft = _draft(connection, who, tokens, why=why, by=by)
        draft = replace(draft, files=found, root=project.root, lent=lent)
        if agreed is None:
            return draft
        if not agreed(draft):
            raise UsageError("nothing was erased", remedy="repeat it and agree, or look with --dry-run")
        removed([one for one in found if one.goes], who)
        _erased(engine, draft, who, tokens)
        purge(engine)
        clean = _is_clean(engine, who)
        return replace(draft, clean=clean and not lent if clean is not None else None)


def _keys(project: LoadedProject) -> dict[str, tuple[str, ...]]:
    """By map how the ids of its rows begin, and the columns of the key, if it has one."""
    rules = [loaded.rules for loaded in project.files]
    return {
        one.map: (
            f"{one.source.system}.{one.map}:",
            *(() if isinstance(one.source.key, ContentKey) else one.source.key),
        )
        for one in rules
    }


def _refuse_erased(
    engine: sa.Engine, tokens: Tokens, name: str, known: Mapping[str, Mapping[str, int]]
) -> None:
    """Somebody who was erased before: what an interrupted erasure left undone is done, and it is said."""
    number = known.get("customer", {}).get(tokens.of("customer", name))
    if number is None:
        return
    purge(engine)
    remedy = "there is nothing left to erase; the certificate was written then"
    raise UsageError("this customer was erased", name, why=f"by erasure {number}", remedy=remedy)


# --- the database ---
def _draft(connection: sa.Connection, who: Person, tokens: Tokens, *, why: str, by: str) -> Erasure:
    """What would be removed: it is done, counted and taken back."""
    newest = connection.scalar(sa.select(sa.func.max(mig_erasure.c.id))) or 0
    blocked: dict[str, int] = {}
    for what, _ in _suppressions(connection, who, tokens):
        blocked[what] = blocked.get(what, 0) + 1
    connection.rollback()
    with connection.begin() as undone:
        rows = {store.name: store.clean(connection, who, tokens) for store in STORES}
        undone.rollback()
    now = datetime.now(UTC)
    return Erasure(who.customer, newest + 1, now, by, why, rows, blocked, files=(), root=Path())


def _erased(engine: sa.Engine, draft: Erasure, who: Person, tokens: Tokens) -> None:
    """Remove and block, in one transaction."""
    with reachable(engine), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
            connection.rollback()
        immediate = connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        with immediate.begin():
            wanted = sorted(set(_suppressions(connection, who, tokens)))
            rows = {store.name: store.clean(connection, who, tokens) for store in STORES}
            values = {"erased_at": draft.at.replace(tzinfo=None), "erased_by": draft.by, "why": draft.why}
            kept = json.dumps({name: count for name, count in rows.items() if count}, sort_keys=True)
            connection.execute(mig_erasure.insert().values(id=draft.number, removed=kept, **values))
            known = read_suppressions(connection)
            new = [(what, token) for what, token in wanted if token not in known.of(what)]
            every = [{"token": token, "what": what, "erasure": draft.number} for what, token in new]
            connection.execute(mig_suppression.insert(), every)


def _suppressions(connection: sa.Connection, who: Person, tokens: Tokens) -> Iterator[tuple[str, str]]:
    """Kind and token of everything that must not come back."""
    yield "key", tokens.of("key", CHECK)
    shared = {row_of(record) for record in who.siblings}
    for record in (*who.every_record, *who.other_ids):
        row = row_of(record)
        what, text = ("record", record) if row in shared else ("row", row)
        yield what, tokens.of(what, text)
    for customer in (who.customer, *who.former):
        yield "customer", tokens.of("customer", customer)
    for row in (*rows_without_record(connection, who), *_corrected(connection, who)):
        yield "raw", tokens.of("raw", row)
    c = mig_source_record.c
    own = fetch(connection, sa.select(c.record_id, c.kind, c.claims).where(c.record_id.in_(who.records)))
    for trait in sorted(set(traits(claims_of(own))["trait"].to_pylist())):
        yield "trait", tokens.of("trait", trait)


def _corrected(connection: sa.Connection, who: Person) -> Iterator[str]:
    """``map:hash`` of rows that may have their key from a correction: as found they have another, or none."""
    c = mig_correction.c
    places = {tuple(row) for row in connection.execute(sa.select(c.system, c.entity).distinct())}
    for row in own_rows(connection, who):
        if (row.system, row.entity) in places and row.row_hash:
            yield f"{row.map}:{row.row_hash}"


def purge(engine: sa.Engine) -> None:
    """Write the database file anew, so that no free page and no log of it holds what was removed."""
    if engine.dialect.name != "sqlite":
        return
    with reachable(engine), engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            driver.execute(statement).fetchall()


def _database_files(engine: sa.Engine) -> list[Path]:
    if engine.dialect.name != "sqlite":
        return []
    return [Path(f"{engine.url.database}{ending}") for ending in BESIDE]


def _is_clean(engine: sa.Engine, who: Person) -> bool | None:
    files: Sequence[Path] = [path for path in _database_files(engine) if path.is_file()]
    return not any(tells(path, who) for path in files) if files else None
