"""Labelled sets: where they are, how they are read, and what a person says their columns are.

The folder of labelled sets is `truth/` in the folder that CRM_UNIFY_DATA names. Rows of synthetic people and
organisations come as Parquet, with the truth in a file beside it, and are made where they are not there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from benchmarks.claims import Roles, records_and_claims
from benchmarks.generated import KINDS, ROWS, generated

_AUSTRALIAN = {
    "given_name": "given_name", "surname": "family_name", "street_number": "number", "address_1": "street",
    "address_2": "line2", "suburb": "city", "postcode": "postal_code", "state": "region",
    "date_of_birth": "birth_date", "soc_sec_id": "id:ssn", "phone_number": "phone",
}  # fmt: skip
_CUSTOMER = {
    "first_name": "given_name", "last_name": "family_name", "email": "email", "phone": "phone",
    "address": "line1", "city": "city", "state": "region", "zip": "postal_code", "company": "employer",
}  # fmt: skip

SETS = {
    "febrl3": Roles(_AUSTRALIAN, country="AU"),
    "clkhash_dirty": Roles(_AUSTRALIAN, country="AU"),
    "fake_1000": Roles(
        {"first_name": "given_name", "surname": "family_name", "dob": "birth_date", "city": "city",
         "email": "email"},
        country="GB",
    ),
    "historical_50k": Roles(
        {"full_name": "full_name", "first_name": "given_name", "surname": "family_name", "dob": "birth_date",
         "postcode_fake": "postal_code", "birth_place": "city", "gender": "gender",
         "occupation": "job_title"},
        country="GB",
    ),
    "dqbench_t1": Roles(_CUSTOMER),
    "dqbench_t2": Roles(_CUSTOMER),
    "cdc_tuning": Roles(
        {"birth_date": "birth_date", "sex": "gender", "first": "given_name", "middle": "middle_name",
         "last": "family_name", "suffix": "suffix", "line": "line1", "city": "city", "state": "region",
         "postal_code": "postal_code", "phone": "phone", "email": "email", "ids": "id:ids"},
    ),
    "blockingpy_1000": Roles(
        {"imie": "given_name", "imie2": "middle_name", "nazwisko": "family_name", "data_ur": "birth_date",
         "gmina": "city", "kraj": "country_code"},
        country="PL",
    ),
    "pseudopeople_census20_30": Roles(
        {"first_name": "given_name", "middle_initial": "middle_name", "last_name": "family_name",
         "date_of_birth": "birth_date", "street_number": "number", "street_name": "street",
         "unit_number": "unit",
         "city": "city", "state": "region", "zipcode": "postal_code", "sex": "gender"},
        dates="mdy",
    ),
    "senzing_truthset": Roles(
        {"PRIMARY_NAME_FULL": "full_name", "PRIMARY_NAME_LAST": "family_name",
         "PRIMARY_NAME_FIRST": "given_name",
         "PRIMARY_NAME_MIDDLE": "middle_name", "GENDER": "gender", "DATE_OF_BIRTH": "birth_date",
         "PASSPORT_NUMBER": "id:passport", "DRIVERS_LICENSE_NUMBER": "id:licence", "SSN_NUMBER": "id:ssn",
         "NATIONAL_ID_NUMBER": "id:national", "TAX_ID_NUMBER": "id:tax", "LEI_NUMBER": "id:lei",
         "EMAIL_ADDRESS": "email", "ADDR_FULL": "line1", "ADDR_CITY": "city",
         "ADDR_POSTAL_CODE": "postal_code", "PHONE_NUMBER": "phone"},
        organisation="PRIMARY_NAME_ORG", dates="mdy",
    ),
    "dedupe_early_childhood": Roles(
        {"Address": "line1", "Zip": "postal_code", "Phone": "phone"}, organisation="Site name"
    ),
    "fodors_zagats": Roles({"addr": "line1", "city": "city", "phone": "phone"}, organisation="name"),
}  # fmt: skip
"""The sets and the plain roles of their columns."""

_PLACE = {
    "phone": "phone", "email": "email", "address": "line1", "unit": "unit", "city": "city", "state": "region",
    "zip": "postal_code",
}  # fmt: skip
_PERSON = Roles(
    {"full_name": "full_name", "first_name": "given_name", "middle_name": "middle_name",
     "last_name": "family_name", "suffix": "suffix", "gender": "gender",
     "birth_date": "birth_date", **_PLACE},
)  # fmt: skip
_ORGANISATION = Roles(
    {"contact": "contact", "website": "website", "tax_id": "id:tax", **_PLACE}, organisation="org_name"
)


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A set of which the truth is known."""

    table: pa.Table
    """The rows as text, with record_id and source_system, without the truth."""
    truth: pa.Table
    """record_id and true_customer, as text."""
    roles: Roles
    """What a person says the columns are."""

    def claims(self) -> tuple[pa.Table, dict[str, pa.Table]]:
        """Records and claims by the hand-given roles."""
        return records_and_claims(self.table, self.roles)

    def row(self, record: str) -> dict[str, str]:
        """The values of one row, empty where missing."""
        found = self.table.slice(pc.index(self.table["record_id"], record).as_py(), 1).to_pylist()[0]
        return {name: value or "" for name, value in found.items()}


def folder() -> Path | None:
    """The folder of labelled sets, None where CRM_UNIFY_DATA does not name one."""
    data = os.environ.get("CRM_UNIFY_DATA")
    return Path(data) / "truth" if data else None


def read(path: Path) -> pa.Table:
    """A labelled set, all columns as text."""
    names = pacsv.open_csv(path).schema.names
    types = pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    return pacsv.read_csv(
        path, convert_options=types, parse_options=pacsv.ParseOptions(newlines_in_values=True)
    )


def load(name: str, *, truth: str | None = None, rows: int = ROWS) -> Labelled:
    """A labelled or generated set by its name, or generated rows by their file and the file of their truth.

    Raises FileNotFoundError where it is not there.
    """
    if name in KINDS:
        made = generated(name, rows)
        return _with_roles(*synthetic(*made))
    if truth is not None:
        return _with_roles(*synthetic(Path(name), Path(truth)))
    home = folder()
    if home is None:
        raise FileNotFoundError("CRM_UNIFY_DATA does not name the folder with truth/")
    table = read(home / f"{name}.csv.gz")
    known = table.select(["record_id", "true_customer"])
    return _with_roles(table.drop_columns(["true_customer"]), known, roles=SETS[name])


def _with_roles(table: pa.Table, truth: pa.Table, *, roles: Roles | None = None) -> Labelled:
    given = roles or (_ORGANISATION if "org_name" in table.column_names else _PERSON)
    return Labelled(table, truth, given)


def synthetic(rows: Path, truth: Path) -> tuple[pa.Table, pa.Table]:
    """The rows with record ids and sources as text, and the truth; columns renamed to those of the sets.

    The truth keeps household, true_birth and true_suffix where the generator wrote them.
    """
    table, known = pq.read_table(rows), pq.read_table(truth)
    names = {"rid": "record_id", "source": "source_system", "cluster": "true_customer"}
    table, known = (
        t.rename_columns([names.get(name, name) for name in t.column_names]) for t in (table, known)
    )
    made = _text(table), known.set_column(1, "true_customer", known["true_customer"].cast(pa.string()))
    ids = pc.utf8_lpad(table["record_id"].cast(pa.string()), 9, "0")
    one, two = (t.set_column(t.column_names.index("record_id"), "record_id", ids) for t in made)
    return one, two


def _text(table: pa.Table) -> pa.Table:
    return table.cast(pa.schema([pa.field(name, pa.string()) for name in table.column_names]))


def write_rows(data: Labelled, path: Path) -> None:
    """The rows of a set without their truth, as CSV in which a missing value is empty."""
    columns = [pc.if_else(pc.equal(column, ""), None, column) for column in data.table.columns]
    pacsv.write_csv(pa.table(columns, data.table.column_names), path)
