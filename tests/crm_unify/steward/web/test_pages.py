"""What the queue and the canvas show."""

import json
import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from crm_unify.rules.load import load_project
from crm_unify.run.forget import forget
from crm_unify.steward.web import canvas
from tests.crm_unify.steward.web.people import Served, prepared, served
from tests.crm_unify.steward.web.test_answering import asked, say
from tests.projects import question


def test_the_queue_is_filtered_and_paged(looked_at: Served) -> None:
    """Filters and search choose; a script gets the rows alone."""
    browser = looked_at.browser("viewer")
    every = browser.get("/").text
    assert every.count('href="/questions/Q-') == 13  # twelve rows and the way to begin
    assert "12 questions" in browser.get("/?kind=person&reason=band").text
    assert "Nothing is open" in browser.get("/?search=nobody+at+all").text
    part = browser.get("/", headers={"HX-Request": "true"}).text
    assert "<html" not in part


def test_the_canvas_tells_what_differs(looked_at: Served) -> None:
    """Golden preview first; what is equal and what is not, in words beside the colour."""
    browser = looked_at.browser()
    name, _, _ = asked(browser)
    page = browser.get(f"/questions/{name}").text
    assert page.index("Golden preview") < page.index("data-pick")
    assert page.count("data-pick ") == 2
    assert "equal: </span>" in page
    assert "different: </span>" in page or "similar: </span>" in page


def test_why_and_consequences_are_told(looked_at: Served) -> None:
    """The waterfall with a sentence a field, and who would survive."""
    browser = looked_at.browser("viewer")
    name, _, _ = asked(browser)
    why = browser.ready(f"/canvas/{name}/why").text
    assert "<svg" in why
    assert "the same" in why
    assert "the next run merges" in browser.form(f"/canvas/{name}/effects").text


def test_consequences_are_told_of_hundreds_of_selected_records(looked_at: Served) -> None:
    """One field holds them all, however many; too many, and what is no list, are refused in words."""
    browser = looked_at.browser("viewer")
    name, _, other = asked(browser)
    path, many = f"/canvas/{name}/effects", [f"office.people:{number}#person" for number in range(2_001)]
    assert "the next run merges" in browser.form(path, selection=json.dumps([*other, *many[:1_990]])).text
    for bad in (json.dumps(many), "{}", "[1]", "[" * 50_000):
        assert browser.form(path, selection=bad).status_code == 422


def test_a_record_is_found_and_added(looked_at: Served) -> None:
    """Search finds by name; the canvas takes all records of the customer that is added."""
    browser = looked_at.browser()
    name, _, _ = asked(browser)
    others = asked(browser, 3)
    found = browser.get("/search?text=Abel").text
    assert "data-add=" in found
    page = browser.get(f"/questions/{name}?add={others[1][0].replace('#', '%23')}").text
    assert page.count("data-pick ") == 3


def test_what_a_role_may_not_see_is_of_nobody(site: Served) -> None:
    """Names and addresses of another form stand in the place of the real ones, on every part of the page."""
    file = site.project / "crm_unify.yml"
    masked = "web: {masked: {viewer: [person, contact_point, address]}}\n"
    file.write_text(file.read_text(encoding="utf-8") + masked, encoding="utf-8")
    (again,) = served(Path(site.project))
    browser, steward = again.browser("viewer"), again.browser()
    name, _, _ = asked(browser)
    paths = ("/", f"/questions/{name}", f"/canvas/{name}/why", "/search?text=Abel")
    seen, veiled = (
        "".join(one.ready(path).text for path in paths) + one.form(f"/canvas/{name}/effects").text
        for one in (steward, browser)
    )
    names = [name for (name,) in question(site.project / "crm.db", "SELECT full_name FROM person")]
    assert len([name for name in names if name in seen]) >= 12
    assert [name for name in names if name in veiled or "post.example" in veiled] == []


def test_a_blind_sample_measures_how_right_the_customers_are(site: Served) -> None:
    """Pairs are shown without a score; answers are decisions, and precision and recall follow from them."""
    browser = site.browser()
    first = browser.ready("/sample/drawn?merged=0&apart=3&seed=1").text
    name = re.findall(r"/samples/(S-[^\"]+)", first)[0]
    page = browser.get(f"/samples/{name}").text
    assert "likely" not in page
    assert 'id="why"' not in page
    other = re.findall(r'type="checkbox" value="([^"]+)"', page)[1]
    answer = say(browser, name, "same", selected=[other]).json()
    assert (answer["decisions"], answer["next"].startswith("/samples/S-")) == ([1], True)
    assert "1 of 3 pairs answered" in browser.get("/sample/drawn?merged=0&apart=3&seed=1").text


def test_a_question_is_given_to_somebody(site: Served) -> None:
    """By a form on its page; a name nobody has is refused, and it stays whose it was."""
    browser = site.browser()
    name, _, _ = asked(browser)
    path = f"/questions/{name}/assignee"
    assert f'action="{path}"' in browser.get(f"/questions/{name}").text
    assert browser.form(path, assignee="Stella").status_code == 303
    assert browser.form(path, assignee="Stela").status_code == 422
    assert question(site.project / "crm.db", "SELECT assignee FROM mig_assignment") == [("Stella",)]


def test_further_records_are_of_the_same_canvas(looked_at: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes through the records keeps those that were added, and the filters of the queue."""
    monkeypatch.setattr(canvas, "WINDOW", 1)
    browser = looked_at.browser()
    (name, *_), (_, _, (more, *_)) = asked(browser), asked(browser, 1)
    first = browser.get(f"/questions/{name}", params={"add": more, "reason": "band", "search": "a b&c"}).text
    links = re.findall(r'data-window href="([^"]+)"', first)
    asked_for = [dict(parse_qsl(unescape(link).removeprefix("?"))) for link in links]
    assert asked_for == [{"add": more, "reason": "band", "search": "a b&c", "start": "1"}]


def test_an_erased_person_is_shown_no_more(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server kept in memory goes at once: queue, question and canvas, though no run has been."""
    monkeypatch.setenv("CRM_UNIFY_ERASURE_KEY", "a key of sixteen characters")
    browser = site.browser()
    name, one, _ = asked(browser)
    joined = "customer JOIN mig_xref ON customer_id = id"
    sql = f"SELECT id, display_name FROM {joined} WHERE record_id = '{one[0]}'"
    ((customer, called),) = question(site.project / "crm.db", sql)
    assert called in browser.get("/").text
    forget(load_project(site.project), customer, why="asked for it", by="Ada", agreed=lambda _: True)
    assert (called in (page := browser.get("/")).text, page.status_code) == (False, 202)
    prepared(site.app.state.site)
    assert f"/questions/{name}" not in browser.get("/").text
    assert browser.get(f"/questions/{name}").status_code == 422
    assert say(browser, name, "same").status_code == 422
