"""Accuracy of matching on labelled sets: pairwise and B-cubed, per set, with no configuration.

`python -m benchmarks.accuracy [SET ...]` reads the folder named by CRM_UNIFY_DATA (the one that holds
truth/). The truth column is taken out before matching and joined afterwards. Sets whose file is absent are
skipped with a reason.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from benchmarks.claims import Roles, records_and_claims
from matching.engine import Matched, match
from matching.evaluation import Evaluation, evaluate
from matching.features import features

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


def read(path: Path) -> pa.Table:
    """A labelled set, all columns as text."""
    names = pacsv.open_csv(path).schema.names
    types = pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    return pacsv.read_csv(
        path, convert_options=types, parse_options=pacsv.ParseOptions(newlines_in_values=True)
    )


def run(name: str, folder: Path) -> tuple[Matched, Evaluation, float]:
    """Match one set and evaluate it; the last value is the seconds matching took."""
    table = read(folder / f"{name}.csv.gz")
    truth = table.select(["record_id", "true_customer"])
    records, claims = records_and_claims(table.drop_columns(["true_customer"]), SETS[name])
    began = time.perf_counter()
    matched = match(features(records, claims))
    return matched, evaluate(matched.membership, truth), time.perf_counter() - began


def line(name: str, found: Evaluation, seconds: float) -> str:
    """One line of the table of results."""
    pair, cubed = found.pairwise, found.bcubed
    return (
        f"{name:26s} pairwise P {pair.precision:.3f} R {pair.recall:.3f} F1 {pair.f1:.3f}   "
        f"B-cubed P {cubed.precision:.3f} R {cubed.recall:.3f} F1 {cubed.f1:.3f}   {seconds:6.1f} s"
    )


def main(names: list[str]) -> int:
    """Print a line per set; says why where a set is skipped."""
    data = os.environ.get("CRM_UNIFY_DATA")
    if data is None:
        print("skipped: CRM_UNIFY_DATA does not name the folder with truth/")
        return 0
    folder = Path(data) / "truth"
    for name in names or sorted(SETS):
        if not (folder / f"{name}.csv.gz").exists():
            print(f"{name:26s} skipped: no such file in the folder of labelled sets")
            continue
        matched, found, seconds = run(name, folder)
        print(line(name, found, seconds), flush=True)
        for report in matched.report:
            fitted = matched.model.kinds[report.kind].fitted
            expected = f"expected P {report.precision:.3f} R {report.recall:.3f}"
            print(f"{'':26s} {report.kind}: {fitted.reason}; {expected}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
