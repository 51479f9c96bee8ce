"""The rule file and the project file that the design shows are understood."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from crm_unify.records import FieldType
from crm_unify.rules.branches import evaluation_order, field_type
from crm_unify.rules.load import load_project, load_rules

RULES = """\
map: billing_customers
version: 3
status: in_review                    # draft | in_review | approved | retired
owner: finance-ops
source:
  system: billing
  reader: sql
  table: CUSTMAST
  key: [CUSTNO]
  created: OPENED
  updated: CHGDATE
  delivery: full
  expects: {min_rows: 1500, max_drop_pct: 5, columns: report}
  parse: {dates: ["%Y%m%d", "%d/%m/%Y"], decimal: ",", null_tokens: ["", "N/A", "-", "00000000"],
          timezone: Europe/Berlin, phone_country: DE, currency: EUR, name_order: family_first}
  ignore: {OLD_REF: "superseded by CUSTNO in 2004"}
rules:
  BR-002: {what: "TYPE 'C' is a company, 'P' a person", why: "clerks chose it at entry", owner: finance-ops,
           status: approved, decided: {on: 2026-03-02, where: "workshop 4"},
           evidence: "C 1204, P 2987, blank 12"}
  BR-003: {what: "Rows without TYPE are dummies", why: "1998 year-end test", status: proposed}
  BR-004: {what: "OPTIN 'Y' is not consent, 'N' is an objection", owner: dpo, status: approved}
code_tables:
  country: {file: codes/country.csv, unmapped: withhold}
targets:
  - when: "TYPE = 'C'"
    rule: BR-002
    organisation: {as: org, name: {from: NAME1, transform: [squeeze, org_case]}}
    person: {as: contact, skip_if_null: CONTACT, full_name: {from: CONTACT}}
    organisation_person: {organisation: org, person: contact, role: {const: contact}}
    contact_point:
      - {of: org, kind: phone, value: {from: TEL, type: phone}}
      - {of: contact, kind: email, value: {from: EMAIL, type: email}}
    address: {of: org, line1: {from: STREET}, city: {from: CITY},
              country_code: {from: COUNTRY, code_table: country},
              postal_code: {from: ZIP, pad_left: {to: 5, with: "0", when: "address.country_code = 'DE'"}}}
    party_identifier: {of: org, scheme: {const: vat}, value: {from: VATNO, type: vat}}
    account: {of: org, account_no: {from: CUSTNO}, balance: {from: BALANCE, type: money}}
  - when: "TYPE = 'P'"
    rule: BR-002
    person: {as: person, full_name: {from: NAME1, transform: surname_first},
             birth_date: {from: DOB, type: date, sentinels: [1900-01-01]}}
    contact_point: [{of: person, kind: email, value: {from: EMAIL, type: email}}]
    consent: {of: person, channel: {const: email}, flag: {from: OPTIN, objection: ["N"]}, rule: BR-004}
    account: {of: person, account_no: {from: CUSTNO}, balance: {from: BALANCE, type: money}}
  - {when: "TYPE IS NULL", discard: {rule: BR-003, max: 12}}
  - {when: "TRUE", quarantine: {code: TYPE-UNKNOWN, say: "TYPE is neither C nor P"}}
on_delete: mark_inactive
checks:
  - {id: BR-010, on: person, expr: "birth_date IS NULL OR birth_date < current_date", severity: withhold}
reconcile:
  - {name: balance, source: "sum(money(BALANCE))", target: "sum(account.balance)", tolerance: 0}
tests:
  - name: a company row becomes an organisation with a padded postcode
    given: [{CUSTNO: "17", TYPE: C, NAME1: "MUELLER  GMBH", ZIP: "1067", COUNTRY: DE}]
    expect: {organisation: [{name: "Mueller GmbH"}], address: [{postal_code: "01067"}]}
"""

PROJECT = """\
project: company
sources: {billing: {url: "sqlite:///billing.db"}, sales: {path: sales_contacts.xlsx}}
rules: [mappings/*.yml]
target: "${CRM_URL:-sqlite:///crm.db}"
environments: {production: {target: "${CRM_PROD_URL}"}}
trust: [billing, sales]
survivorship: {person.birth_date: [pin, valid, trust, recent]}
write_policy: {default: if_source_changed, fields: {person.job_title: if_empty, consent: most_restrictive}}
matching: {merge_bits: null, review_bits: null}
guards: {max_delete_pct: 2, max_rekey_pct: 5, max_merge_split_pct: 0.5}
notify: []
"""


def project(folder: Path, text: str) -> Path:
    """Both files in a folder."""
    codes = folder / "mappings" / "codes"
    codes.mkdir(parents=True)
    (codes / "country.csv").write_text(
        "source_value,target_value,label,rows\nDE,DE,Germany,4000\n", encoding="utf-8"
    )
    (folder / "mappings" / "billing_customers.yml").write_text(RULES, encoding="utf-8")
    (folder / "crm_unify.yml").write_text(text, encoding="utf-8")
    return folder


def test_the_rule_file_loads(tmp_path: Path) -> None:
    """Every key has its meaning; values that depend on others come after them."""
    loaded = load_rules(project(tmp_path, PROJECT) / "mappings" / "billing_customers.yml")
    company, person = loaded.rules.targets[0], loaded.rules.targets[1]
    assert [entry.part for entry in company.entries][:3] == ["org", "contact", "organisation_person"]
    assert field_type(person.entries[0], "birth_date") == FieldType.DATE
    order = [(company.entries[i].kind, field) for i, field in evaluation_order(company)]
    assert order.index(("address", "country_code")) < order.index(("address", "postal_code"))
    assert loaded.rules.rules["BR-002"].decided is not None
    assert loaded.rules.rules["BR-002"].decided.on == date(2026, 3, 2)


def test_the_project_file_loads_as_it_stands(tmp_path: Path) -> None:
    """With policies of single fields."""
    loaded = load_project(project(tmp_path, PROJECT), variables={})
    said = loaded.project.write_policy
    assert said.fields == {"person.job_title": "if_empty", "consent": "most_restrictive"}
    assert loaded.project.target == f"sqlite:///{tmp_path}/crm.db"
    assert [rules.rules.map for rules in loaded.files] == ["billing_customers"]
