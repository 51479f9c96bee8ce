"""A whole project over real legacy files: dBase, Access, a workbook, COBOL, vCards and a directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from benchmarks.legacy_files import legacy_folder
from tests.projects import Answer, crm, dump, question, run

FOLDER = legacy_folder()
pytestmark = pytest.mark.skipif(FOLDER is None, reason="CRM_UNIFY_DATA names no folder with legacy files")

PLACES: Final = {
    "foxpro": "dbf/infused/foxprodb",
    "access": "access/jackcess",
    "sheets": "spreadsheets/frictionless",
    "mainframe": "cobol_ebcdic/cobrix",
    "cards": "vcard/ez-vcard",
    "directory": "ldif/openldap_futurama",
}
CONTACTS: Final = """
source: {system: foxpro, reader: dbf, file: contacts.dbf, key: [CONTACT_ID], parse: {phone_country: US}}
targets:
  - person: {as: p, given_name: {from: FIRST_NAME}, family_name: {from: LAST_NAME}}
    organisation: {as: o, name: {from: COMPANY_NA}}
    organisation_person: {organisation: o, person: p, role: {from: TITLE}}
    contact_point: {of: p, kind: email, value: {from: EMAIL_NAME}}
"""
CALLS: Final = """
source:
  {system: foxpro, reader: dbf, file: calls.dbf, key: [CALL_ID], parse: {dates: ["%Y-%m-%dT%H:%M:%S"]}}
targets:
  - activity:
      {customer: {lookup: [foxpro, contacts, CONTACT_ID]}, kind: call, subject: {from: SUBJECT},
       occurred_at: {from: CALL_DATE}, body: {from: NOTES}}
"""
TABLE: Final = """
source: {system: access, reader: access, file: testV2010.accdb, table: Table1, key: [A]}
targets: [{organisation: {name: {from: B}}}]
"""
REGIONS: Final = """
source:
  {system: sheets, reader: xlsx, file: multiline-headers.xlsx, header: {row: 1, rows: 5},
   key: {content: [Region]}}
targets:
  - organisation: {as: o, name: {from: Region}}
    party_identifier: {of: o, scheme: calories, value: {from: Caloric contribution (%)}}
"""
ENTITIES: Final = """
source:
  system: mainframe
  reader: cobol
  file: "test16_data/*.dat"
  key: {content: [SEGMENT-ID, COMPANY-NAME, FIRST-NAME, LAST-NAME, PO-NUMBER]}
  copybook:
    file: test16_fix_len_segments.cob
    segments:
      COMPANY: {field: SEGMENT-ID, values: [C]}
      PERSON: {field: SEGMENT-ID, values: [P]}
      PO-BOX: {field: SEGMENT-ID, values: [B]}
targets:
  - {when: "\\"SEGMENT-ID\\" = 'C'", organisation: {name: {from: COMPANY-NAME}}}
  - when: "\\"SEGMENT-ID\\" = 'P'"
    person: {given_name: {from: FIRST-NAME}, family_name: {from: LAST-NAME}}
  - {when: "TRUE", discard: {rule: M-1}}
rules: {M-1: {what: PO boxes are no customers}}
"""
CARDS: Final = """
source: {system: cards, reader: vcard, file: "John_Doe_*.vcf", key: {content: [FN, N.family]}}
targets:
  - {when: FN IS NULL, quarantine: {code: CARD-NAMELESS, say: The card has no name}}
  - person: {full_name: {from: FN}}
"""
PEOPLE: Final = """
source: {system: directory, reader: ldif, file: "*.ldif", key: [uid]}
targets:
  - person: {as: p, given_name: {from: givenName}, family_name: {from: sn}}
    contact_point: {of: p, kind: email, value: {from: mail}}
"""
RULES: Final = {
    "contacts": CONTACTS, "calls": CALLS, "tables": TABLE, "regions": REGIONS, "entities": ENTITIES,
    "cards": CARDS, "people": PEOPLE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attic:
    """The project, and what its first two runs answered."""

    project: Path
    first: Answer
    before: dict[str, list[str]]
    second: Answer


@pytest.fixture(scope="module")
def attic(tmp_path_factory: pytest.TempPathFactory) -> Attic:
    """Run once, looked at by every test."""
    project = tmp_path_factory.mktemp("attic")
    places = "\n".join(f"  {name}: {{path: {FOLDER}/{place}}}" for name, place in PLACES.items())
    said = f"project: attic\nsources:\n{places}\nrules: ['*.map.yml']\ntarget: sqlite:///crm.db\n"
    (project / "crm_unify.yml").write_text(said, encoding="utf-8")
    for name, text in RULES.items():
        (project / f"{name}.map.yml").write_text(f"map: {name}{text}", encoding="utf-8")
    first = run(project)
    assert first.code == 0, first.stderr
    return Attic(project, first, dump(project / "crm.db"), run(project))


def test_every_row_of_every_format_is_accounted_for(attic: Attic) -> None:
    """Extracted is mapped, quarantined and discarded, and as many as other programs see."""
    account = {
        name: tuple(line[place] for place in ("extracted", "mapped", "quarantined", "discarded"))
        for name, line in attic.first.data["account"].items()
    }
    assert account == {
        "calls": (16, 16, 0, 0), "cards": (13, 10, 3, 0), "contacts": (5, 5, 0, 0),
        "entities": (50, 30, 0, 20), "people": (4, 4, 0, 0), "regions": (1, 1, 0, 0), "tables": (2, 2, 0, 0),
    }  # fmt: skip


def test_the_second_run_writes_nothing(attic: Attic) -> None:
    """The same files, the same CRM."""
    after = dump(attic.project / "crm.db")
    assert (attic.second.data["written_rows"], attic.second.data["drift"]) == (0, [])
    assert {name for name in after if after[name] != attic.before[name]} == {"mig_run"}


def test_memos_become_notes_of_their_customer(attic: Attic) -> None:
    """The memo of a FoxPro table is the body of a call, and the call hangs on its contact."""
    asked = """SELECT display_name, subject, body FROM activity JOIN customer c ON c.id = customer_id
        ORDER BY occurred_at, body LIMIT 1"""
    ((name, subject, body),) = question(attic.project / "crm.db", asked)
    assert (name.count(" "), bool(subject), bool(body)) == (1, True, True)


@pytest.mark.parametrize(
    ("cell", "target"),
    [
        pytest.param("contacts.dbf!2!EMAIL_NAME", "contact_point.value", id="dBase"),
        pytest.param("test16_data/ENTITY.DB.AUG12.DATA.FIX.LEN.dat!1!SEGMENT-ID", None, id="COBOL"),
        pytest.param("multiline-headers.xlsx!Лист1!A6", "organisation.name", id="workbook"),
        pytest.param("10_people_fry.ldif!1!mail", "contact_point.value", id="directory"),
        pytest.param("John_Doe_GMAIL.vcf!1!FN", "person.full_name", id="vCard"),
    ],
)
def test_cells_are_traced(attic: Attic, cell: str, target: str | None) -> None:
    """By file and record, as the person who opens the file would say it."""
    (found,) = crm("trace", cell, "-p", attic.project).data["traces"]
    assert found["fate"] == "mapped"
    assert found["steps"][0]["target"] == target


def test_the_report_is_written(attic: Attic) -> None:
    """What the readers noticed stands in it, once for all columns that some cards lack."""
    assert crm("report", attic.project).code == 0
    page = (attic.project / "report.html").read_text("utf-8")
    assert page.count("are missing in some of the 8 files") == 1
