"""Server time of every page: with a queue of 10,000 questions, and on one customer of 500 records.

`python -m benchmarks.pages [--questions N] [--records N]` makes both projects in a temporary folder, serves
them in this process without a network, and prints milliseconds of processor time of each page: median and
worst of 20 looks, and the first one after what is prepared beside the pages.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

from starlette.testclient import TestClient

from benchmarks.served import doubtful, large, run, with_stewards
from crm_unify.rules.load import load_project
from crm_unify.steward.web.access import session_cookie
from crm_unify.steward.web.accounts import User
from crm_unify.steward.web.app import create_app
from crm_unify.steward.web.sessions import begin

TIMES: Final = 20
PREPARED: Final = 202
"""It is made once for all, beside the pages."""


def client(project: Path) -> TestClient:
    """A browser in which somebody has signed in."""
    app = create_app(load_project(project))
    site, (name,) = app.state.site, with_stewards(project, 1)
    site.board.prepare()
    site.board.wait()
    with site.writing() as connection:
        token = begin(connection, User(name, "steward", active=True), site.clock(), former="")
    browser = TestClient(app, base_url="http://127.0.0.1", cookies={session_cookie(site): token})
    assert browser.get("/runs").status_code == 200
    return browser


def timed(browser: TestClient, what: str, path: str, form: dict[str, str] | None = None) -> None:
    """Print what a page takes, or the answer to a form."""
    taken, size = [], 0
    while browser.get(path).status_code == PREPARED:
        time.sleep(0.1)
    for _ in range(TIMES + 1):
        began = time.process_time()
        answer = browser.get(path) if form is None else browser.post(path, data=form)
        taken.append((time.process_time() - began) * 1000)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        size = len(answer.content)
    first, *rest = taken
    print(f"{what:<40} {median(rest):8.1f} {max(rest):8.1f} {first:10.1f} {size / 1000:8.0f} kB", flush=True)


def form(browser: TestClient) -> dict[str, str]:
    """What a form of this visitor says at least."""
    found = re.search(r'<meta name="csrf" content="(\w+)"', browser.get("/runs").text)
    assert found is not None, "every page has it"
    return {"csrf": found.group(1)}


def of_queue(browser: TestClient, size: int) -> None:
    """The pages of a project with many questions."""
    app = browser.app
    site = app.state.site  # type: ignore[attr-defined]  # the application is a FastAPI
    with site.reading() as connection, site.board.queue(connection) as queue:
        question = queue.page().questions[0]
    timed(browser, "queue, first page", "/")
    timed(browser, "queue, last page", f"/?start={size - 50}")
    timed(browser, "queue, search", "/?search=person+ada")
    timed(browser, "canvas of a question", f"/questions/{question.id}")
    timed(browser, "why", f"/canvas/{question.id}/why")
    timed(browser, "what follows", f"/canvas/{question.id}/effects", form(browser))
    timed(browser, "customer", f"/customers/{question.sides[0].customer}")
    for path in ("/customers", "/search?text=ada", "/quarantine", "/rules", "/runs", "/runs/1", "/quality"):
        timed(browser, path, path)


def of_customer(browser: TestClient) -> None:
    """The pages of one very large customer."""
    site = browser.app.state.site  # type: ignore[attr-defined]  # the application is a FastAPI
    with site.reading() as connection:
        sql = "SELECT customer_id FROM mig_xref GROUP BY customer_id ORDER BY count(*) DESC LIMIT 1"
        name = connection.exec_driver_sql(sql).scalar()
    timed(browser, "canvas of the customer", f"/clusters/{name}")
    timed(browser, "canvas, last window", f"/clusters/{name}?start=480")
    timed(browser, "why", f"/canvas/{name}/why")
    timed(browser, "what follows", f"/canvas/{name}/effects", form(browser))
    timed(browser, "customer", f"/customers/{name}")


def main() -> int:
    """Both projects."""
    options = argparse.ArgumentParser(prog="benchmarks.pages", description=(__doc__ or "").splitlines()[0])
    options.add_argument("--questions", type=int, default=10_000)
    options.add_argument("--records", type=int, default=500)
    given = options.parse_args()
    print(f"{'milliseconds of processor time':<40} {'median':>8} {'worst':>8} {'first look':>10} {'page':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for project, look in (
            (doubtful(Path(folder, "queue"), given.questions), lambda b: of_queue(b, given.questions)),
            (large(Path(folder, "customer"), given.records), of_customer),
        ):
            run(project)
            print(f"-- {project.name}")
            look(client(project))
    return 0


if __name__ == "__main__":
    sys.exit(main())
