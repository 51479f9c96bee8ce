"""What people change on the pages: rows repaired and waived, rules answered, runs begun and taken back."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from crm_unify.errors import LockHeld
from crm_unify.progress import Silent
from crm_unify.run.place import workspace_of
from crm_unify.run.telling import Telling
from crm_unify.steward.web.going import Going, begin, going, keep
from crm_unify.steward.web.site import Site
from tests.crm_unify.steward.web.people import SECOND, Browser, Served, prepared
from tests.projects import question


def rows(served: Served, code: str = "TYPE-UNKNOWN") -> list[str]:
    """Paths of the rows of billing that wait with a code."""
    sql = f"SELECT DISTINCT row_id FROM mig_quarantine WHERE code = '{code}' ORDER BY 1"
    return [f"/quarantine/billing_customers/{row}" for (row,) in question(served.project / "crm.db", sql)]


def hidden(browser: Browser, path: str, name: str) -> str:
    """A hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', browser.get(path).text)
    assert found is not None, path
    return found.group(1)


def kept(served: Served) -> list[tuple[Any, ...]]:
    """The corrections that are recorded: kind, column, value, person."""
    return question(
        served.project / "crm.db", "SELECT kind, field, new_value, decided_by FROM mig_correction ORDER BY id"
    )


def test_a_row_is_repaired_as_in_the_workbook(tour_site: Served) -> None:
    """A changed cell is a correction with who and why; cells left alone are none; put back it is ended."""
    browser, (path,) = tour_site.browser("steward"), rows(tour_site)
    cells = dict(re.findall(r'name="(cell:[^"]+)" value="([^"]*)"', browser.get(path).text))
    fixed = {**cells, "cell:TYPE": "P", "seen": "0", "why": "asked billing"}
    assert browser.form(f"{path}/fix", **fixed).status_code == 303
    assert kept(tour_site) == [("correct", "TYPE", "P", "Stefan")]
    assert "corrected" in browser.get("/quarantine").text
    again = {**cells, "seen": hidden(browser, path, "seen")}
    assert browser.form(f"{path}/fix", **again).status_code == 303
    assert [one[0] for one in kept(tour_site)] == ["correct", "revoke"]


def test_the_word_of_another_is_not_replaced(tour_site: Served) -> None:
    """Who looked before somebody else repaired the row is told, and nothing is recorded."""
    (path,) = rows(tour_site)
    one, other = tour_site.browser("steward"), tour_site.browser("steward", name=SECOND)
    assert one.form(f"{path}/fix", **{"cell:TYPE": "P", "seen": "0"}).status_code == 303
    refused = other.form(f"{path}/fix", **{"cell:TYPE": "C", "seen": "0"})
    assert (refused.status_code, "Stefan repaired the row meanwhile" in refused.text) == (409, True)
    assert len(kept(tour_site)) == 1


def test_of_two_repairs_at_once_the_second_is_told(
    tour_site: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read the row; what holds is asked for in the transaction that would write."""
    (path,) = rows(tour_site)
    one, other = tour_site.browser("steward"), tour_site.browser("steward", name=SECOND)
    write = Site.appending

    def after_another(site: Site, act: Any) -> Any:
        monkeypatch.undo()
        assert other.form(f"{path}/fix", **{"cell:TYPE": "P", "seen": "0"}).status_code == 303
        return write(site, act)

    monkeypatch.setattr(Site, "appending", after_another)
    refused = one.form(f"{path}/fix", **{"cell:TYPE": "C", "seen": "0"})
    assert (refused.status_code, "Stella repaired the row meanwhile" in refused.text) == (409, True)
    assert len(kept(tour_site)) == 1


def test_a_row_is_waived_with_a_reason(tour_site: Served) -> None:
    """Without one it is refused; a column that the source does not have is refused, too."""
    browser, (path,) = tour_site.browser("steward"), rows(tour_site)
    assert browser.form(f"{path}/waive", why=" ", seen="0").status_code == 422
    assert browser.form(f"{path}/fix", **{"cell:NO SUCH": "1", "seen": "0"}).status_code == 422
    assert browser.form(f"{path}/waive", why="year-end test", seen="0").status_code == 303
    assert kept(tour_site) == [("waive", None, None, "Stefan")]
    assert "Waived by Stefan" in browser.get(path).text
    assert browser.form(f"{path}/take-back", number="7").status_code == 422
    assert browser.form(f"{path}/take-back", number=hidden(browser, path, "number")).status_code == 303
    assert "Waived by Stefan" not in browser.get(path).text


def test_a_hostile_reason_is_text(tour_site: Served) -> None:
    """It is shown as it was typed, and runs nowhere."""
    browser, (path,) = tour_site.browser("steward"), rows(tour_site)
    browser.form(f"{path}/waive", why="<script>alert(1)</script>\u202e", seen="0")
    assert "<script>alert" not in browser.get(path).text


def open_rule(browser: Browser) -> str:
    """The path of the first open rule."""
    found = re.search(r'href="(/rules/[^"?]+)"', browser.get("/rules").text)
    assert found is not None
    return found.group(1)


def test_an_answer_goes_into_the_rule_file(tour_site: Served) -> None:
    """Status, owner and decision stand in the YAML, its comments stay; the rule is open no longer."""
    browser = tour_site.browser("steward")
    path = open_rule(browser)
    said = {
        "status": "approved",
        "owner": "finance",
        "on": "2026-03-01",
        "where": "workshop 4",
        "evidence": "",
    }
    answer = browser.form(path, seen=hidden(browser, path, "seen"), **said)
    assert answer.status_code == 303
    assert "Every business rule is settled" in browser.get("/rules").text
    assert "workshop 4" in browser.get(path).text
    (audit,) = question(
        tour_site.project / "crm.db", "SELECT done_by FROM mig_audit WHERE action = 'rule-answer'"
    )
    assert audit == ("Stefan",)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        pytest.param({"status": "perhaps"}, 422, id="no status"),
        pytest.param({"status": "approved", "on": "2026-03-01"}, 422, id="a day without a place"),
        pytest.param({"status": "approved", "on": "yesterday", "where": "here"}, 422, id="no day"),
        pytest.param({"status": "approved", "seen": "another"}, 409, id="the file was changed meanwhile"),
    ],
)
def test_what_is_no_answer_changes_no_file(tour_site: Served, said: dict[str, str], status: int) -> None:
    """It is told, and the rule stays open."""
    browser = tour_site.browser("steward")
    path = open_rule(browser)
    answer = browser.form(path, **{"seen": hidden(browser, path, "seen"), **said})
    assert (answer.status_code, open_rule(browser)) == (status, path)


def test_a_run_is_taken_back_as_its_plan_was_shown(tour_site: Served) -> None:
    """The plan names the tables; another plan than the one that was shown is refused."""
    browser = tour_site.browser("admin")
    plan = browser.get("/runs/1/undo").text
    assert ("customer" in plan, "would be on hold" in plan) == (True, True)
    assert browser.form("/runs/1/undo", seal="1:0:0:0:").status_code == 422
    assert browser.form("/runs/1/undo", seal=hidden(browser, "/runs/1/undo", "seal")).status_code == 303
    assert question(tour_site.project / "crm.db", "SELECT count(*) FROM customer") == [(0,)]
    assert ("taken back" in browser.get("/runs").text, "on hold" in browser.get("/runs").text) == (True, True)


def events(browser: Browser, **headers: str) -> list[str]:
    """The server-sent events of the run, until it is over."""
    answer = browser.get("/runs/going", headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    return [one for one in answer.text.split("\n\n") if one]


def test_the_run_that_goes_is_watched_to_its_end(tour_site: Served) -> None:
    """Its lines as events with numbers, its end in words; no second one is begun while it goes."""
    browser, engine = tour_site.browser("admin"), tour_site.app.state.site.engine
    run = keep(engine, Going("Ada"))
    run.said("land: 3 of 8")
    assert browser.form("/runs").status_code == 409
    assert "A run is under way" in browser.get("/runs").text
    run.ended(3, {"error": {"what": "a guard stopped it", "remedy": "look at the rows"}})
    assert events(browser) == [
        'id: 1\ndata: "land: 3 of 8"',
        'event: over\ndata: {"code": 3, "run": null, "said": "a guard stopped it; look at the rows"}',
    ]


def test_a_viewer_hears_only_how_far_a_run_is(tour_site: Served) -> None:
    """A message may quote a row; numbers go on, so that whoever comes back gets the rest."""
    run = keep(tour_site.app.state.site.engine, Going("Ada"))
    for line in ("land billing: begun", "error: no date: '31.02.1971' of Ada Abel", "match: 3 of 8"):
        run.said(line)
    run.ended(3, {"error": {"what": "stopped", "why": "Ada Abel has no date"}})
    heard = events(tour_site.browser("viewer"))
    assert [one.partition("\n")[0] for one in heard] == ["id: 1", "id: 3", "event: over"]
    assert "Abel" not in "".join(heard)


def telling(served: Served) -> Telling:
    """A run of the project in another process, as it tells how far it is."""
    site = served.app.state.site
    return Telling(Silent(), workspace_of(site.project).path, site.engine.url)


def test_a_run_begun_elsewhere_is_watched_too(tour_site: Served) -> None:
    """One of a timer is seen while it goes, with all it says from its beginning, and no other is begun."""
    browser, other = tour_site.browser("admin"), telling(tour_site)
    with other.of("sync"), other.stage("match", 8) as stage:
        stage.advance(4)
        assert "A run is under way" in browser.get("/runs").text
        assert "A run is under way" in browser.get("/runs/1/undo").text
        assert browser.form("/runs").status_code == 409
        other.done(7)
    told = [one.partition("data: ")[2] for one in events(browser)]
    assert told[:3] == ['"match: 0 of 8"', '"match: 4 of 8"', '"match: 4 done"']
    assert json.loads(told[-1])["run"] == 7


def test_a_run_that_was_killed_ends_for_those_who_watch(tour_site: Served) -> None:
    """It said nothing more, and holds its file no more."""
    browser, other = tour_site.browser("admin"), telling(tour_site)
    with other.of("run"):
        assert "A run is under way" in browser.get("/runs").text
        other._close()  # as the system does for a process that is gone
    assert "it ended without a word" in events(browser)[-1]


@pytest.mark.soak
def test_a_run_is_begun_and_watched(tour_site: Served) -> None:
    """Its lines come as events with numbers, its end in words; whoever comes back gets only the rest."""
    browser = tour_site.browser("admin")
    assert browser.form("/runs").status_code == 303
    with pytest.raises(LockHeld):
        begin(tour_site.app.state.site.engine, tour_site.project, None, by="Ada")
    told = events(browser)
    assert any(one.startswith("id: 1\n") for one in told)
    assert json.loads(told[-1].partition("data: ")[2]) == {"code": 0, "run": 2, "said": "run 2 is done"}
    assert events(browser, **{"Last-Event-ID": str(len(told) - 1)}) == told[-1:]
    assert "Run 2" in browser.get("/runs").text


def test_a_long_run_is_watched_from_what_is_kept() -> None:
    """Lines at the beginning may be gone; numbers go on."""
    run = Going("Ada")
    for number in range(500):
        run.said(f"line {number}")
    run.ended(3, {"error": {"what": "a guard stopped it"}})

    async def seen() -> list[tuple[int, str | None]]:
        return [one async for one in run.watch()]

    found = asyncio.run(seen())
    assert (found[0], found[-1], len(found)) == ((101, "line 100"), (500, "line 499"), 400)


def test_nothing_goes_until_somebody_begins(toured_site: Served) -> None:
    """A watcher is told at once that there is nothing to see."""
    assert going(toured_site.app.state.site.engine) is None
    assert events(toured_site.browser("viewer")) == ["event: over\ndata: {}"]


def test_a_sample_of_few_answers_is_not_kept(tour_site: Served) -> None:
    """It says how many are needed, and the trend stays empty."""
    browser, drawn = tour_site.browser("steward"), {"merged": 10, "apart": 10, "seed": 1}
    assert browser.form("/sample/kept", **drawn).status_code == 503  # it is being drawn
    prepared(tour_site.app.state.site)
    refused = browser.form("/sample/kept", **drawn)
    assert (refused.status_code, "nothing to record" in refused.text) == (422, True)
    assert question(tour_site.project / "crm.db", "SELECT count(*) FROM mig_accuracy") == [(0,)]
