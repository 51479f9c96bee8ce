"""Everything that belongs to one customer, gathered before any of it is removed."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from crm_unify.ids import child_ids
from crm_unify.records import CHILDREN
from crm_unify.schema.bookkeeping import mig_profile, mig_redirect, mig_rekey, mig_source_record, mig_xref
from crm_unify.schema.crm import order_line, organisation_person
from crm_unify.schema.tables import CHILD_TABLES, CRM_TABLES, PROFILE_TABLES, TABLES, key_of, owner_of
from pipelines.carry import DELETED, PARENTS
from pipelines.database.read import fetch
from pipelines.erasure.words import STRONG, is_strong, leaves, nameless, stand_in, texts_in, vocabulary

SHORTEST: Final = 5
"""Characters of a text that is searched for: shorter ones stand in other words."""
AT_ONCE: Final = 5_000
"""Records whose texts are searched together."""


@dataclass(frozen=True, slots=True)
class Person:
    """One customer with everything that is kept of it."""

    customer: str
    former: tuple[str, ...]
    """Ids that lead to it."""
    records: tuple[str, ...]
    """Its party records."""
    children: tuple[str, ...]
    """The records of its orders, cases and the like."""
    other_ids: tuple[str, ...]
    """Ids that further keys of these records make."""
    siblings: tuple[str, ...]
    """Records of the same source rows that stay, as the company whose contact it is."""
    rows: Mapping[str, tuple[str, ...]]
    """Its rows in the CRM, by table."""
    needles: tuple[str, ...]
    """Texts that stand nowhere but with this customer."""
    strong: tuple[str, ...]
    """Those of them that point to one person: e-mail addresses, numbers, identifiers, full name."""
    keys: Mapping[str, tuple[str, ...]]
    """By map how the ids of its rows begin, ``system.map:``, then the columns of the key, if it has one."""

    @property
    def every_record(self) -> tuple[str, ...]:
        """All its records."""
        return (*self.records, *self.children)

    @property
    def every_id(self) -> frozenset[str]:
        """Whatever names it or a part of it."""
        rows = (row for ids in self.rows.values() for row in ids)
        return frozenset((self.customer, *self.former, *self.every_record, *self.other_ids, *rows))

    def is_in(self, text: str | None) -> bool:
        """Whether a text, or a value of a JSON text, tells of this customer, in whole words."""
        return text is not None and stand_in(text, self.needles, self.spellings)

    def is_named_in(self, text: str | None) -> bool:
        """Whether a text holds what points to this customer and to nobody else."""
        return text is not None and stand_in(text, self.strong, self.strong)

    def is_told_by(self, image: str) -> bool:
        """Whether a before-image of another row tells of this customer: a single word is no evidence."""
        if not self.is_in(image):
            return False
        return self.is_named_in(image) or any(t.strip() in self.phrases for t in texts_in(image))

    @property
    def phrases(self) -> frozenset[str]:
        """The needles of several words."""
        return frozenset(needle for needle in self.needles if len(needle.split()) > 1)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The needles as they stand in texts, in JSON and in XML."""
        return _all_spellings(self.needles)


@lru_cache(maxsize=4)
def _all_spellings(needles: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({spelt for needle in needles for spelt in _spellings(needle)}))


def _spellings(text: str) -> Iterator[str]:
    """A text as it is, in JSON, in CSV, in the XML of workbooks, in attributes and in pages."""
    yield text
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield text.replace('"', '""')
    yield html.escape(text, quote=False)
    yield html.escape(text)
    yield html.escape(text, quote=False).replace('"', "&#34;").replace("'", "&#39;")


def person(
    connection: sa.Connection, customer: str, *, keys: Mapping[str, tuple[str, ...]]
) -> Person:
    """All there is of a customer, whose source rows have these `keys` by map; nothing is written."""
    x, r = mig_xref.c, mig_redirect.c
    records = _column(connection, sa.select(x.record_id).where(x.customer_id == customer))
    former = _column(connection, sa.select(r.old_id).where(r.new_id == customer))
    rows = _rows(connection, (customer, *former))
    gone = dict(_once_hanging(connection, records))
    children = tuple(sorted({*_children(connection, rows), *gone}))
    for record, kind in sorted(gone.items()):
        rows[kind] = (*rows.get(kind, ()), *child_ids(kind, pa.array([record])).to_pylist())
    every = (*records, *children)
    k = mig_rekey.c
    other = _column(connection, sa.select(k.new_id).where(k.record_id.in_(every))) if every else ()
    siblings = tuple(_siblings(connection, every))
    found = _texts(connection, customer, every, rows)
    own = _unique(connection, set(found), {*every, *siblings}, siblings)
    own -= _of_others(connection, rows, own)
    needles = {*every, *own}
    return Person(
        customer=customer,
        former=former,
        records=records,
        children=children,
        other_ids=tuple(sorted({*other} - {*every})),
        siblings=siblings,
        rows=rows,
        needles=tuple(sorted(needle for needle in needles if len(needle) >= SHORTEST)),
        strong=tuple(sorted({*every, *(text for text in own if found[text])})),
        keys=keys,
    )


def _column(connection: sa.Connection, query: sa.Select[tuple[Any]]) -> tuple[str, ...]:
    return tuple(sorted(str(value) for value in connection.execute(query).scalars()))


# --- its rows and records ---
def _rows(connection: sa.Connection, customers: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Its rows in the CRM by table, those under ids that were merged into it, and what hangs on them."""
    found = {}
    for name in CRM_TABLES:
        table, key = TABLES[name], TABLES[name].columns[key_of(name)]
        owner = owner_of(name) if name in PROFILE_TABLES else "customer_id"
        if owner not in table.columns:
            continue
        mine: sa.ColumnElement[bool] = table.columns[owner].in_(customers)
        if table is organisation_person:
            mine = sa.or_(mine, organisation_person.c.person_id.in_(customers))
        found[name] = _column(connection, sa.select(key).where(mine))
    orders = found.get("sales_order", ())
    lines = sa.select(order_line.c.id).where(order_line.c.order_id.in_(orders))
    found["order_line"] = _column(connection, lines) if orders else ()
    return {name: ids for name, ids in found.items() if ids}


def _children(connection: sa.Connection, rows: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The records that its orders, cases and the like come from."""
    c = mig_source_record.c
    for name in (name for name in CHILD_TABLES if rows.get(name)):
        known = fetch(connection, sa.select(c.record_id).where(c.kind == name))["record_id"]
        mine = pc.is_in(child_ids(name, known), pa.array(rows[name]))
        yield from known.filter(mine).to_pylist()


def _once_hanging(connection: sa.Connection, records: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Records that hang on these, or on one of those, whose rows have left the CRM; with their kinds."""
    c = mig_source_record.c
    query = sa.select(c.record_id, c.kind, c.claims).where(c.kind.in_(CHILDREN), c.state == DELETED)
    left = {
        (row.record_id, row.kind): {v for n, v in json.loads(row.claims)[row.kind].items() if n in PARENTS}
        for row in connection.execute(query)
    }
    parents = set(records)
    while mine := [one for one, named in left.items() if named & parents]:
        yield from mine
        parents = {record for record, _ in mine}
        left = {one: named for one, named in left.items() if one not in mine}


def _siblings(connection: sa.Connection, records: Iterable[str]) -> Iterator[str]:
    """Other records of the same source rows."""
    c, own = mig_source_record.c, set(records)
    for start in sorted({row_of(record) for record in own}):
        like = c.record_id.startswith(f"{start}#", autoescape=True)
        yield from (r for r in _column(connection, sa.select(c.record_id).where(like)) if r not in own)


def row_of(record_id: str) -> str:
    """``system.map:key`` of a record id; no `#` stands in a key."""
    return record_id.rpartition("#")[0]


# --- what it says ---
def _texts(
    connection: sa.Connection, customer: str, records: Sequence[str], rows: Mapping[str, Sequence[str]]
) -> dict[str, bool]:
    """Every text that records, profile and rows of the CRM hold, and whether it points to one person.

    Ids, references and words of a fixed vocabulary are left out: they describe nobody.
    """
    c, found = mig_source_record.c, dict[str, bool]()
    said = connection.execute(sa.select(c.raw, c.claims).where(c.record_id.in_(records))).all()
    profile = sa.select(mig_profile.c.profile).where(mig_profile.c.customer_id == customer)
    told = [json.loads(row.claims) for row in said if row.claims]
    told += [
        {name: list(part.values()) for name, part in json.loads(text).items()}
        for text in connection.execute(profile).scalars()
    ]
    for name, ids in rows.items():
        key = TABLES[name].columns[key_of(name)]
        told += [
            {name: [dict(row._mapping)]}
            for row in connection.execute(sa.select(TABLES[name]).where(key.in_(ids)))
        ]
    for strong, text in (pair for one in told for pair in _told(one)):
        found[text] = strong or found.get(text, False)
    for text in (leaf for row in said if row.raw for leaf in leaves(json.loads(row.raw))):
        found.setdefault(text, False)
    fixed = vocabulary()
    return {text: strong for text, strong in found.items() if len(text) >= SHORTEST and text not in fixed}


def _told(part: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
    """Whether it is strong, and the text, of ``{table: row or rows}``."""
    for table, rows in part.items():
        silent = nameless(table) if table in TABLES else frozenset[str]()
        strong = STRONG.get(table, {})
        for row in rows if isinstance(rows, list) else [rows]:
            for name, value in row.items() if isinstance(row, dict) else ():
                if name not in silent:
                    yield from ((name in strong and is_strong(strong[name], t), t) for t in leaves(value))


def _unique(
    connection: sa.Connection, texts: set[str], own: set[str], siblings: Sequence[str]
) -> set[str]:
    """Those texts that no other record holds; what a record of the same row shares with it is its own."""
    left, c = set(texts), mig_source_record.c
    query = sa.select(c.record_id, c.claims, c.raw).execution_options(yield_per=AT_ONCE)
    shared = set(siblings)
    for batch in connection.execute(query).partitions(AT_ONCE):
        others = [part for row in batch if row[0] not in own for part in row if part]
        others += [row[0] for row in batch if row[0] in shared]
        others += [row[1] for row in batch if row[0] in shared and row[1]]
        whole = "\n".join(others)
        left = {text for text in left if json.dumps(text, ensure_ascii=False)[1:-1] not in whole}
    return left


def _of_others(connection: sa.Connection, rows: Mapping[str, Sequence[str]], texts: set[str]) -> set[str]:
    """Those texts that are a value in a row of the CRM which is not its own, entered there or loaded."""
    found = set[str]()
    for name in CRM_TABLES:
        table, own = TABLES[name], set(rows.get(name, ()))
        query = sa.select(table).execution_options(yield_per=AT_ONCE)
        for row in connection.execute(query):
            if row._mapping[key_of(name)] not in own:
                found.update(v.strip() for v in row if isinstance(v, str) and v.strip() in texts)
    return found
