"""Erasing the contact of a company, and a customer with orders, out of each database."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.projects import AS_OF, copied, crm, run

CONTACT = "SELECT customer_id FROM mig_xref WHERE record_id LIKE 'billing.%#contact' ORDER BY 1"
BUYER = "SELECT customer_id FROM sales_order WHERE customer_id IS NOT NULL ORDER BY 1"
HELD_TEXTS = (
    "SELECT display_name FROM customer WHERE id = :who UNION "
    "SELECT order_no FROM sales_order WHERE customer_id = :who"
)


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.soak),
        pytest.param("postgres_url", marks=pytest.mark.slow),
        pytest.param("mariadb_url", marks=pytest.mark.soak),
    ]
)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind."""
    name = str(request.param)
    return f"sqlite:///{tmp_path / 'crm.db'}" if name == "sqlite" else str(request.getfixturevalue(name))


def asked(url: str, sql: str, **values: str) -> list[str]:
    """The first column of an answer."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return [str(value) for value in connection.execute(sa.text(sql), values).scalars()]


def everything(url: str) -> str:
    """All that stands in any table."""
    engine, meta = sa.create_engine(url, poolclass=sa.NullPool), sa.MetaData()
    meta.reflect(engine)
    with engine.connect() as connection:
        return "\n".join(
            repr(row) for table in meta.sorted_tables for row in connection.execute(sa.select(table))
        )


def test_a_contact_and_a_buyer_are_erased_and_stay_so(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The company keeps its row and the account its count; orders go with their customer; a sync is quiet."""
    monkeypatch.setenv("CRM_URL", target)
    monkeypatch.setenv("CRM_UNIFY_ERASURE_KEY", "a key of more than sixteen characters")
    project = copied("tour", tmp_path / "project")
    account = run(project).data["account"]
    companies = asked(target, "SELECT id FROM customer WHERE kind = 'organisation' ORDER BY 1")
    texts: list[str] = []
    for query in (CONTACT, BUYER):
        who = asked(target, query)[0]
        texts += asked(target, HELD_TEXTS, who=who)
        done = crm("forget", who, "-p", project, "--why", "on request", "--by", "Ada", "--yes")
        assert done.code == 0, done.stderr
    for _ in range(2):
        left = everything(target)
        assert [text for text in texts if text in left] == []
        synced = crm("sync", project, "--as-of", AS_OF)
        assert synced.code == 0, synced.stderr
    now = synced.data["account"]
    assert [line["extracted"] for line in now.values()] == [line["extracted"] for line in account.values()]
    assert now["billing_orders"]["discarded"] > account["billing_orders"]["discarded"]
    assert asked(target, "SELECT id FROM customer WHERE kind = 'organisation' ORDER BY 1") == companies
    assert synced.data["quiet"]
