"""How long a browser is busy while somebody scrolls: 10,000 questions, a customer of 500 records.

`python -m benchmarks.scrolling [--questions N] [--records N]` makes a project of each, serves it, and has
the Chromium of the system scroll through the queue and the records side by side, and turn their pages.
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

from benchmarks.served import doubtful, large, run, with_stewards
from crm_unify.rules.load import load_project
from crm_unify.schema.bookkeeping import mig_xref
from crm_unify.steward.web.access import session_cookie
from crm_unify.steward.web.accounts import known
from crm_unify.steward.web.app import create_app
from crm_unify.steward.web.sessions import begin
from crm_unify.steward.web.site import Site

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
QUEUE: Final = "#rows"
SHEET: Final = ".sheet"
"""Where one scrolls."""
TRACED: Final = ["disabled-by-default-devtools.timeline", "toplevel"]


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the main thread of a page."""

    busy: float
    """Milliseconds of processor time."""
    wall: float
    """Milliseconds from beginning to end."""


# --- the browser ---
@contextmanager
def at_desk(project: Path) -> Iterator[tuple[Site, Browser, Page]]:
    """A steward who has signed in to the project as it is served from a thread of this process."""
    app = create_app(load_project(project / "crm_unify.yml"))
    site = app.state.site
    site.board.prepare()
    site.board.wait()
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
    """A session of a steward."""
    with site.writing() as connection:
        return begin(connection, known(connection, "Steward 1"), site.clock(), former="")


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


def measure(project: Path, name: str, place: str, link: str) -> None:
    """Scroll over a part of the queue, or of the largest customer, and turn pages; print what they cost."""
    with at_desk(project) as (site, browser, page):
        with site.reading() as connection:
            x, size = mig_xref.c, sa.func.count()
            largest = sa.select(x.customer_id).group_by(x.customer_id).order_by(size.desc()).limit(1)
            customer = connection.scalar(largest)
        page.goto("/" if place == QUEUE else f"/clusters/{customer}")
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
    head = "milliseconds of the main thread"
    print(f"{head:<44} {'tasks':>6} {'longest':>9} {'(wall)':>9} {'>100':>6}")
    with tempfile.TemporaryDirectory() as folder:
        queue, customer = Path(folder) / "queue", Path(folder) / "customer"
        for project in (doubtful(queue, given.questions), large(customer, given.records)):
            run(project)
            with_stewards(project, 1)
        measure(queue, f"queue of {given.questions:,}", QUEUE, "Further")
        measure(customer, f"customer of {given.records:,} records", SHEET, "Further records")
    return 0


if __name__ == "__main__":
    sys.exit(main())
