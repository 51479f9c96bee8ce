"""Several stewards at once on the server as it is started, while syncs run: nothing fails or is lost."""

from __future__ import annotations

import http.client
from pathlib import Path

import pytest

from benchmarks.served import doubtful
from benchmarks.stewards_at_once import Work, at_work, lost, serving
from tests.crm_unify.steward.review.towns import broken
from tests.projects import crm, run


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty people of two rows each, every pair of which is a question."""
    project = doubtful(tmp_path_factory.mktemp("at-once") / "town", 60)
    assert run(project).code == 0
    return project


def test_five_stewards_and_a_sync_lose_nothing(town: Path) -> None:
    """Every answer that was acknowledged is there, and no other; all of it holds after the next sync."""
    heard = at_work(town, Work(answers=4), stewards=5, questions=60)
    assert (heard.faults, lost(town, heard)) == ([], [])
    assert len(heard.answers) >= 5 * 4
    assert set(heard.syncs) == {"exit 0"}
    assert crm("sync", town).code == 0
    assert [one for one in broken(town) if one["verdict"] != "unsure"] == []  # that lapses when a row changes


def test_a_request_with_a_huge_head_is_refused(town: Path) -> None:
    """Before the application sees it; the server goes on."""
    with serving(town) as (port, _):
        statuses = []
        for cookie in ("crm-unify=" + "x" * 200_000, "crm-unify=x"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/sign-in", headers={"Cookie": cookie})
            with connection.getresponse() as answer:
                statuses.append(answer.status)
            connection.close()
    assert statuses == [400, 200]
