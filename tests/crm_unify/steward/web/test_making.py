"""What takes long is made by one thread, while pages go on; what stands against it is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from crm_unify.errors import UsageError
from crm_unify.steward.web import bench, board, samples
from tests.crm_unify.steward.web.people import SECOND, Browser, Served
from tests.crm_unify.steward.web.test_answering import asked, customers, say
from tests.projects import question

PART = {"HX-Request": "true"}
DRAWN = "/sample/drawn?merged=0&apart={apart}&seed=1"


class Gate:
    """Holds up what is made until it is opened."""

    def __init__(self, made: Any) -> None:
        """`made` is what makes it."""
        self.open, self.begun, self._made = Event(), 0, made

    def __call__(self, *words: Any, **named: Any) -> Any:
        """Wait, then make it."""
        self.begun += 1
        assert self.open.wait(60), "a test opens it"
        return self._made(*words, **named)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """The explainer takes until the gate is open."""
    held = Gate(bench.explainer)
    monkeypatch.setattr(bench, "explainer", held)
    yield held
    held.open.set()


def test_the_explanation_is_made_once_and_nobody_waits(site: Served, gate: Gate) -> None:
    """Every look is answered at once by a part that asks again; one thread makes it for all."""
    browser = site.browser()
    path = f"/canvas/{asked(browser)[0]}/why"
    looks = [browser.get(path, headers=PART) for _ in range(3)]
    assert {(one.status_code, 'role="status"' in one.text) for one in looks} == {(202, True)}
    assert f'hx-get="{path}" hx-trigger="every 1s"' in looks[0].text
    again = browser.get(path, headers={**PART, "HX-Trigger": "waits-part"})
    assert (again.status_code, again.headers["HX-Reswap"]) == (202, "none")  # not read out again
    gate.open.set()
    site.app.state.site.bench.making.wait()
    assert ("<svg" in browser.get(path, headers=PART).text, gate.begun) == (True, 1)


def test_what_needs_no_queue_goes_on_while_there_is_none(
    site: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an erasure all is gathered by a thread: only what is about a question is asked to come back."""
    browser = site.browser()
    name, one, _ = asked(browser)
    ((customer,),) = question(site.project / "crm.db", customers(one))
    held = Gate(board.evidence_of)
    monkeypatch.setattr(board, "evidence_of", held)
    site.app.state.site.board._held = None
    assert (browser.get("/").status_code, say(browser, name, "same").status_code) == (202, 503)
    assert say(browser, customer, "note", words="nobody waits").status_code == 200
    assert say(browser, "", "undo").json()["next"] == f"/clusters/{customer}"
    held.open.set()


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        pytest.param(UsageError("no model", remedy="run it"), 422, "run it", id="that people can act on"),
        pytest.param(ZeroDivisionError("Ada Abel"), 500, "could not be prepared", id="nobody foresaw"),
    ],
)
def test_what_stands_against_it_is_told_and_it_is_tried_again(
    site: Served, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, words: str
) -> None:
    """In words and without a value of a customer; the next look begins anew."""
    errors = [error]
    made = bench.explainer
    monkeypatch.setattr(bench, "explainer", lambda *a, **b: _raise(errors.pop()) if errors else made(*a, **b))
    browser = site.browser()
    path = f"/canvas/{asked(browser)[0]}/why"
    told = browser.ready(path)
    assert (told.status_code, words in told.text, "Abel" in told.text) == (status, True, False)
    assert "<svg" in browser.ready(path).text


def _raise(error: Exception) -> None:
    raise error


def first(browser: Browser, apart: int) -> str:
    """The name of the first pair of a sample."""
    found = re.search(r"/samples/(S-[^\"]+)", browser.ready(DRAWN.format(apart=apart)).text)
    assert found is not None, "there is a pair to begin with"
    return found.group(1)


def say_same(browser: Browser, name: str) -> Any:
    """Answer a pair of a sample."""
    other = re.findall(r'type="checkbox" value="([^"]+)"', browser.get(f"/samples/{name}").text)[1]
    return say(browser, name, "same", selected=[other]).json()


def test_samples_of_two_people_go_on_beside_each_other(site: Served) -> None:
    """Each page knows its own sample by its address; an answer leads on within it."""
    ada, stella = site.browser(), site.browser(name=SECOND)
    mine = first(ada, 3)
    assert first(stella, 5).endswith(".0-5-1")
    assert "0 of 3 answered" in ada.get(f"/samples/{mine}").text
    assert say_same(ada, mine)["next"].endswith(".0-3-1")


def test_a_sample_survives_a_restart(site: Served) -> None:
    """The address alone brings the same pairs back; until then an answer is to be sent again, not refused."""
    browser = site.browser()
    name, kept = first(browser, 3), site.app.state.site.samples.making
    page = browser.get(f"/samples/{name}").text
    kept._made.clear()  # as after a restart
    assert say(browser, name, "same").status_code == 503
    kept.wait()
    assert browser.get(f"/samples/{name}").text == page
    waited = browser.get(f"/samples/{name}", headers={**PART, "HX-Trigger": "waits-page"})
    assert (waited.headers["HX-Refresh"], waited.text) == ("true", "")


@pytest.mark.parametrize("name", ["S-1", "S-1.0-3", "S-1.0-3-1", "S-1.9999-3-1", "S-1.0-3-9999999"])
def test_a_name_that_is_no_pair_is_told(looked_at: Served, name: str) -> None:
    """In words; and nothing is drawn that a page could not ask for."""
    assert looked_at.browser().ready(f"/samples/{name}").status_code == 422


def test_few_samples_are_kept_and_drawn_at_once(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for ever more seeds is told to wait; the server keeps a bounded number."""
    gate = Gate(samples.population)
    monkeypatch.setattr(samples, "population", gate)
    browser, kept = site.browser(), site.app.state.site.samples.making
    for seed in range(2 * samples.KEPT):
        last = browser.get(f"/sample/drawn?merged=0&apart=1&seed={seed}", headers=PART)
    assert (last.status_code, len(kept._under_way)) == (202, samples.KEPT)
    gate.open.set()
    kept.wait()
    assert len(kept._made) == samples.KEPT
