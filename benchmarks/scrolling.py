"""How long a browser is busy while somebody scrolls: 10,000 questions, a customer of 500 records.

`python -m benchmarks.scrolling [--questions N] [--records N]` makes a project of that size, serves it, and
has the Chromium of the system scroll through the queue and the records side by side, and turn their pages.
Of the tasks of the page's main thread it prints how many there were and the longest one, in milliseconds of
processor time and of wall time (which is another's work, too, on a machine that is shared).
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import sqlalchemy as sa
import uvicorn
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from crm_unify.cli import main as crm_unify
from crm_unify.rules.load import load_project
from crm_unify.run.deciding import Draft, drafted, insert
from crm_unify.run.decisions import VERDICT
from crm_unify.schema.bookkeeping import mig_xref
from crm_unify.steward.web.access import session_cookie
from crm_unify.steward.web.accounts import add_user, known
from crm_unify.steward.web.app import create_app
from crm_unify.steward.web.sessions import begin
from crm_unify.steward.web.site import Site
from matching.decisions import SAME

PROJECT: Final = """\
project: scrolling
sources: {office: {path: people.csv}}
rules: [people.yml]
target: sqlite:///crm.db
matching: {merge_bits: 60, review_bits: 0}
"""
RULES: Final = """\
map: people
version: 1
status: draft
owner: office
source: {system: office, reader: csv, key: [ID]}
targets:
  - person: {as: person, full_name: {from: Name}, job_title: {from: Job}}
    contact_point:
      - {of: person, kind: email, value: {from: Mail, type: email}}
      - {of: person, kind: phone, value: {from: Phone}}
    address: {of: person, line1: {from: Street}, city: {from: City}, country_code: GB}
"""
HEADER: Final = "ID,Name,Mail,Phone,Job,Street,City"
SYLLABLES: Final = [consonant + vowel for consonant in "bdfgklm" for vowel in "aeio"]
JOBS: Final = ("Baker", "Clerk", "Falconer", "Miller")
PASSWORD: Final = "lantern meadow copper"
SIZE: Final = ViewportSize(width=1366, height=768)
TURNS: Final = 60
"""Turns of the wheel on each page."""
STEP: Final = 240
"""Pixels of one turn."""
FRAME: Final = 30
"""Milliseconds between two turns."""
PAGES: Final = 6
"""Pages that are turned."""
TURNED: Final = f"{PAGES} pages turned"
TRACED: Final = ["disabled-by-default-devtools.timeline", "toplevel"]


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the main thread of a page."""

    busy: float
    """Milliseconds of processor time."""
    wall: float
    """Milliseconds from beginning to end."""


# --- the project ---
def name_of(number: int) -> str:
    """A name of somebody, invented; numbers that differ give names that differ."""
    parts = []
    for _ in range(4):
        number, at = divmod(number, len(SYLLABLES))
        parts.append(SYLLABLES[at])
    return f"{''.join(parts[:2]).title()} {''.join(parts[2:]).title()}{SYLLABLES[number % 28]}"


def lines(questions: int, records: int) -> Iterator[str]:
    """Two records of each person that differ in the job, then the records of one customer."""
    for number in range(questions):
        name = name_of(number * 7919 % 614_656)
        for part in (0, 1):
            mail = f"{name.replace(' ', '.').lower()}{number}@post.example"
            job = JOBS[(number + part) % 4]
            yield f"{number}-{part},{name},{mail},,{job},{number} Acorn Street,Leeds"
    for number in range(records):
        mail, job = f"max.muster{number}@post.example", JOBS[number % 4]
        name, phone = f"Max Muster{'er' * (number % 3)}", f"0113 496 {number:04}"
        yield f"M{number},{name},{mail},{phone},{job},{number} Long Lane,York"


def made(folder: Path, questions: int, records: int) -> Path:
    """The project after its runs: the records of the one customer are one because somebody said so."""
    (folder / "crm_unify.yml").write_text(PROJECT, encoding="utf-8")
    (folder / "people.yml").write_text(RULES, encoding="utf-8")
    rows = [HEADER, *lines(questions, records), ""]
    (folder / "people.csv").write_text("\n".join(rows), encoding="utf-8")
    run(folder)
    site = create_app(load_project(folder / "crm_unify.yml")).state.site
    ids = tuple(sorted(map(record, range(records))))
    with site.writing() as connection:
        draft = Draft(VERDICT, "merge", (ids[:1], ids[1:]), verdict=SAME)
        insert(connection, drafted(draft, connection, why="one office", by="benchmark"))
        add_user(connection, "Stefan", "steward", PASSWORD, by="benchmark")
    run(folder)
    return folder


def record(number: int) -> str:
    """The id of a record of the one customer."""
    return f"office.people:M{number}#person"


def run(folder: Path) -> None:
    """``crm-unify run``."""
    if crm_unify(["run", str(folder), "--yes", "--as-of", "2026-02-01"]):
        raise SystemExit("the project does not run")


# --- the browser ---
@contextmanager
def at_desk(project: Path) -> Iterator[tuple[Site, Browser, Page]]:
    """A steward who has signed in to the project as it is served from a thread of this process."""
    app = create_app(load_project(project / "crm_unify.yml"))
    site = app.state.site
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
    with socket.socket() as place, sync_playwright() as driver:
        place.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        url = f"http://127.0.0.1:{place.getsockname()[1]}"
        found = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        context = browser.new_context(base_url=url, viewport=SIZE)
        context.add_cookies([{"name": session_cookie(site), "value": token(site), "url": url}])
        try:
            yield site, browser, context.new_page()
        finally:
            browser.close()
            server.should_exit = True
            thread.join()


def token(site: Site) -> str:
    """A session of the steward."""
    with site.writing() as connection:
        return begin(connection, known(connection, "Stefan"), site.clock(), former="")


def traced(browser: Browser, page: Page, act: Callable[[], object]) -> list[Task]:
    """The tasks of the page's main thread while somebody acts."""
    browser.start_tracing(page=page, categories=TRACED)
    act()
    events = json.loads(browser.stop_tracing())["traceEvents"]
    main = {
        (one["pid"], one["tid"])
        for one in events
        if one.get("name") == "thread_name" and one["args"].get("name") == "CrRendererMain"
    }
    named = ("RunTask", "ThreadControllerImpl::RunTask")
    mine = (one for one in events if one.get("name") in named and (one["pid"], one["tid"]) in main)
    return [Task(one.get("tdur", 0) / 1000, one.get("dur", 0) / 1000) for one in mine]


def scroll(page: Page, place: str) -> None:
    """Down, to the right, and up again, over a part of the page."""
    box = page.locator(place).bounding_box()
    assert box is not None, f"{place} is on the page"
    page.mouse.move(box["x"] + box["width"] / 2, min(box["y"] + 200, SIZE["height"] - 50))
    for turn in range(TURNS):
        across, down = ((0, STEP), (STEP, 0), (0, -STEP), (-STEP, 0))[4 * turn // TURNS]
        page.mouse.wheel(across, down)
        page.wait_for_timeout(FRAME)


def turn(page: Page, link: str) -> None:
    """To the further pages, one after the other."""
    for _ in range(PAGES):
        button = page.get_by_role("link", name=link, exact=True)
        if button.count() == 0:  # a small project has fewer
            return
        before = button.get_attribute("href")
        button.click()
        page.wait_for_function("before => !document.querySelector(`a.button[href='${before}']`)", arg=before)
        page.wait_for_load_state("networkidle")


def told(name: str, tasks: list[Task]) -> str:
    """A line of the figures."""
    longest = max(tasks, key=lambda one: one.busy, default=Task(0, 0))
    over = sum(one.busy > 100 for one in tasks)
    wall = max((one.wall for one in tasks), default=0)
    return f"{name:<44} {len(tasks):>6} {longest.busy:>9.1f} {wall:>9.1f} {over:>6}"


def measure(project: Path, queue: str, cluster: str) -> None:
    """Scroll and turn pages, and print the figures as they come."""
    head = "milliseconds of the main thread"
    print(f"{head:<44} {'tasks':>6} {'longest':>9} {'(wall)':>9} {'>100':>6}")
    with at_desk(project) as (site, browser, page):
        with site.reading() as connection:
            customer = connection.scalar(
                sa.select(mig_xref.c.customer_id).where(mig_xref.c.record_id == record(0))
            )
        for name, path, place, link in (
            (queue, "/", "#rows", "Further"),
            (cluster, f"/clusters/{customer}", ".sheet", "Further records"),
        ):
            page.goto(path)
            page.wait_for_load_state("networkidle")
            acts = (("scrolling", partial(scroll, page, place)), (TURNED, partial(turn, page, link)))
            for what, act in acts:
                print(told(f"{name}, {what}", traced(browser, page, act)), flush=True)


def main() -> int:
    """Make the project, scroll, print the figures."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.scrolling", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--questions", type=int, default=10_000)
    parser.add_argument("--records", type=int, default=500)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = made(Path(folder), given.questions, given.records)
        measure(project, f"queue of {given.questions:,}", f"customer of {given.records:,} records")
    return 0


if __name__ == "__main__":
    sys.exit(main())
