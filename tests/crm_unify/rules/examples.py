"""One small rule file and one small project that are right, and ways to break them."""

from __future__ import annotations

from pathlib import Path

RULES = """\
map: customers
status: in_review
source:
  system: billing
  reader: sql
  table: CUSTMAST
  key: [CUSTNO]
  created: OPENED
  parse: {dates: ["%Y%m%d"], decimal: ",", phone_country: DE}
  ignore: {OLD_REF: superseded in 2004}
rules:
  BR-1: {what: TYPE C is a company, status: approved}
  BR-2: {what: rows without TYPE are dummies}
code_tables:
  country: {file: codes/country.csv}
targets:
  - when: "TYPE = 'C'"
    rule: BR-1
    organisation: {as: org, name: {from: NAME1, transform: [squeeze, org_case]}}
    person: {as: contact, skip_if_null: CONTACT, full_name: {from: CONTACT}}
    organisation_person: {organisation: org, person: contact, role: {const: contact}}
    contact_point:
      - {of: org, kind: phone, value: {from: TEL, type: phone}}
      - {of: contact, kind: email, value: {from: EMAIL}}
    address:
      of: org
      country_code: {from: COUNTRY, code_table: country}
      postal_code: {from: ZIP, pad_left: {to: 5, with: "0", when: "address.country_code = 'DE'"}}
    consent: {of: contact, channel: email, flag: {from: OPTIN, objection: [N]}}
    account: {of: org, account_no: {from: CUSTNO}, balance: {from: BALANCE}}
  - {when: TYPE IS NULL, discard: {rule: BR-2, max: 12}}
  - {when: "TRUE", quarantine: {code: TYPE-UNKNOWN, say: TYPE is neither C nor P}}
checks:
  - {id: CH-1, on: account, expr: balance >= 0, severity: warn}
reconcile:
  - {name: balance, source: sum(money(BALANCE)), target: sum(account.balance)}
tests:
  - name: a company row becomes an organisation
    given: [{CUSTNO: 0017, TYPE: C, NAME1: MUELLER GMBH}]
    expect: {organisation: [{name: Mueller GmbH}]}
"""

ORDERS = """\
map: orders
source: {system: billing, reader: sql, table: ORDHEAD, key: [ORDNO]}
targets:
  - sales_order:
      customer: {lookup: [billing, customers, CUSTNO], missing: hold}
      order_no: {from: ORDNO}
"""

PROJECT = """\
project: company
sources:
  billing: {url: "sqlite:///billing.db"}
  sales: {path: sales.xlsx}
rules: ["rules/*.yml"]
target: "${CRM_URL:-sqlite:///crm.db}"
environments: {production: {target: "${CRM_PROD_URL}"}}
trust: [billing, sales]
survivorship: {person.birth_date: [pin, valid, trust, recent]}
"""

CODES = "source_value,target_value,label,rows\nD,DE,Germany,12\nA,AT,Austria,3\n"


def changed(text: str, old: str, new: str) -> str:
    """The text with one place changed, which must be there exactly once."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)


def line_of(text: str, part: str) -> int:
    """Line (from 1) of the first place of a part."""
    return text[: text.index(part)].count("\n") + 1


def write_project(
    folder: Path,
    *,
    project: str = PROJECT,
    rules: str = RULES,
    orders: str = ORDERS,
    codes: str | None = CODES,
) -> Path:
    """The small project as files; gives the project file."""
    (folder / "rules" / "codes").mkdir(parents=True, exist_ok=True)
    if codes is not None:
        (folder / "rules" / "codes" / "country.csv").write_text(codes, encoding="utf-8")
    (folder / "rules" / "customers.yml").write_text(rules, encoding="utf-8")
    (folder / "rules" / "orders.yml").write_text(orders, encoding="utf-8")
    (folder / "crm_unify.yml").write_text(project, encoding="utf-8")
    return folder / "crm_unify.yml"
