"""What other customers' records looked up in the rows of an erased person is told."""

from __future__ import annotations

import json
from pathlib import Path

import sqlalchemy as sa

from crm_unify.rules.load import load_project
from crm_unify.schema.bookkeeping import mig_source_record
from pipelines.erasure.lent import takers, takings
from pipelines.erasure.person import Person
from tests.pipelines.interpret.maps import entries, rule_text

BOSS = "{lookup: [shop, people, BOSS], take: NAME}"
PEOPLE = rule_text(entries(f"person: {{full_name: {{from: NAME}}, job_title: {BOSS}}}"))
ROWS = (("1", "Ada Park", ""), ("2", "Bo Reed", "1"), ("3", "Cy Young", "2"))


def records(connection: sa.Connection) -> None:
    """Three people, each of whom holds the name of the one before."""
    mig_source_record.create(connection)
    names = {key: name for key, name, _ in ROWS}
    for key, name, boss in ROWS:
        claims = {"person": {"full_name": name, "job_title": names.get(boss)}}
        row = {"record_id": f"shop.people:{key}#person", "map": "people", "system": "shop", "key": key}
        row |= {"kind": "person", "state": "active", "claims": json.dumps(claims)}
        row |= {"raw": json.dumps({"ID": key, "NAME": name, "BOSS": boss})}
        known = {c.name for c in mig_source_record.columns if not c.nullable and c.default is None} - set(row)
        values = {c: 1 if "INT" in str(mig_source_record.c[c].type) else "person" for c in known}
        connection.execute(mig_source_record.insert().values(**row, **values))


def test_records_that_took_a_text_are_named(tmp_path: Path) -> None:
    """The one that names the erased row, and its field; nobody else."""
    (tmp_path / "crm_unify.yml").write_text("project: p\nsources: {shop: {path: d}}\nrules: [people.yml]\n")
    (tmp_path / "people.yml").write_text(PEOPLE)
    who = Person("C-1", (), ("shop.people:1#person",), (), (), (), {}, (), (), {})
    with sa.create_engine("sqlite://").begin() as connection:
        records(connection)
        found = takers(connection, who, takings(load_project(tmp_path)))
    assert found == ("shop.people:2#person: person.job_title",)
