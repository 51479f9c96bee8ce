"""A project in whose every place stands what an attacker would write, and the ways to every page of it."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi.routing import APIRoute

from tests.crm_unify.run.people import PROJECT
from tests.crm_unify.steward.review.towns import LINES
from tests.crm_unify.steward.web.people import Served
from tests.projects import question

SCRIPT = "<script>alert(1)</script>"
IMAGE = "\"'><img src=x onerror=alert(1)>"
LINK = "javascript:alert(1)"
FORMULA = '=HYPERLINK("http://evil.example/")'
HOSTILE = (SCRIPT, IMAGE, LINK, FORMULA, "{{70001*70001}}", "\u202egnp.exe")
"""Values of spreadsheets that somebody else fills in."""

RULES = f"""\
map: people
version: 1
status: draft
owner: "{SCRIPT}"
source: {{system: office, reader: csv, key: [ID]}}
rules:
  BR-1:
    what: "{SCRIPT}"
    why: "{LINK} {{{{70001*70001}}}}"
    owner: "{SCRIPT}"
    status: proposed
    evidence: "<b onclick=alert(1)>"
targets:
  - when: "Name IS NOT NULL"
    rule: BR-1
    person: {{as: person, full_name: {{from: Name}}, job_title: {{from: Job}}}}
    contact_point:
      - {{of: person, kind: email, value: {{from: Mail, type: email}}}}
      - {{of: person, kind: web, value: {{from: Site}}}}
    address: {{of: person, line1: {{from: Note}}, city: Leeds, country_code: GB}}
  - {{when: "TRUE", quarantine: {{code: NO-NAME, say: "{SCRIPT}"}}}}
"""


def hostile(folder: Path) -> Path:
    """A project of such people, two rows each, and rows without a name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "crm_unify.yml").write_text(PROJECT + LINES, encoding="utf-8")
    (folder / "people.yml").write_text(RULES, encoding="utf-8")
    lines = [f"{2 * at + twin},{_row(at, value)}" for at, value in enumerate(HOSTILE) for twin in (0, 1)]
    lines += [f"{90 + at},,{_cell(value)},,,{_cell(value)}" for at, value in enumerate(HOSTILE)]
    text = "\n".join(["ID,Name,Mail,Job,Note,Site", *lines, ""])
    (folder / "people.csv").write_text(text, encoding="utf-8")
    return folder


def _row(at: int, value: str) -> str:
    """Two rows of one person: same name and address, and the value wherever it may stand."""
    mail = value if at % 2 else f"ann{at}@post.example"
    return ",".join(map(_cell, (f"Ann {value} Ash{at}", mail, value, f"{value} Lane {at}", value)))


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def ways(served: Served) -> dict[str, list[str]]:
    """Addresses of pages that are there, by the route that answers them, for every route that shows one."""
    database = served.project / "crm.db"
    site = served.app.state.site
    with site.reading() as connection, site.board.queue(connection) as queue:
        asked = [one.id for one in queue.page(size=100).questions]
    customers = [name for (name,) in question(database, "SELECT id FROM customer ORDER BY id")]
    bad = question(database, "SELECT DISTINCT map, row_id FROM mig_quarantine ORDER BY 1, 2")
    names = {
        "/questions/{name}": asked,
        "/canvas/{name}/why": asked[:3],
        "/clusters/{name}": customers,
        "/customers/{name}": customers,
        "/quarantine/{map_name}/{row_id}": [f"{name}/{row}" for name, row in bad],
        "/rules/{map_name}/{rule}": ["people/BR-1"],
        "/runs/{number}": ["1"],
        "/runs/{number}/undo": ["1"],
    }
    found = {path: [_filled(path, one) for one in some] for path, some in names.items()}
    served.browser().ready(found["/canvas/{name}/why"][0])  # from now on the explanation is there
    return found | PLAIN | {"/samples/{name}": _pairs(served)}


PLAIN = {
    "/": ["/", "/?search=ann", "/?search=%3Cscript%3E"],
    "/customers": ["/customers", "/customers?search=ann", "/customers?search=%22%3E%3Cimg+src%3Dx%3E"],
    "/quality": ["/quality"],
    "/quarantine": ["/quarantine", "/quarantine?queue=withheld", "/quarantine?code=%3Cscript%3E"],
    "/rules": ["/rules", "/rules?show=all", "/rules?show=%3Cscript%3E"],
    "/runs": ["/runs"],
    "/runs/going": ["/runs/going"],
    "/sample": ["/sample"],
    "/sample/drawn": ["/sample/drawn?merged=0&apart=3"],
    "/search": ["/search?text=ann", "/search?text=%3Cscript%3E"],
    "/sign-in": ["/sign-in?next=%22%3E%3Cscript%3E"],
}


def _filled(path: str, name: str) -> str:
    return re.sub(r"\{.*\}", lambda _: name, path)


def _pairs(served: Served) -> list[str]:
    """Pairs of a sample, drawn anew."""
    text = served.browser().ready("/sample/drawn?merged=0&apart=3").text
    return sorted(set(re.findall(r"/samples/S-[^\"]+", text)))


def shown_routes(served: Served) -> set[str]:
    """The routes that show something."""
    return {one.path for one in served.app.routes if isinstance(one, APIRoute) and "GET" in one.methods}
