"""Accuracy of matching on generated people or organisations with households, of which the truth is known.

`python -m benchmarks.synthetic ROWS.parquet TRUTH.parquet` takes what the generator of synthetic customers
wrote with `--out` and `--truth`. Besides the figures it counts how many pairs of different people who live
together were wrongly merged.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.accuracy import line
from benchmarks.claims import Roles, records_and_claims
from matching.engine import Matched, match
from matching.evaluation import evaluate
from matching.features import features

_PLACE = {
    "phone": "phone",
    "email": "email",
    "address": "line1",
    "unit": "unit",
    "city": "city",
    "state": "region",
    "zip": "postal_code",
}
_PERSON = Roles(
    {"full_name": "full_name", "first_name": "given_name", "middle_name": "middle_name",
     "last_name": "family_name", "suffix": "suffix", "gender": "gender",
     "birth_date": "birth_date", **_PLACE},
)  # fmt: skip
_ORGANISATION = Roles(
    {"contact": "contact", "website": "website", "tax_id": "id:tax", **_PLACE}, organisation="org_name"
)


def load(rows: str, truth: str) -> tuple[pa.Table, pa.Table]:
    """The rows with record ids and sources, and the truth; columns of the generator renamed to ours."""
    table, known = pq.read_table(rows), pq.read_table(truth)
    table = table.rename_columns(
        ["record_id" if n == "rid" else "source_system" if n == "source" else n for n in table.column_names]
    )
    ids = pc.utf8_lpad(table["record_id"].cast(pa.string()), 9, "0")
    return table.set_column(0, "record_id", ids), known.set_column(0, "rid", ids)


def households(membership: pa.Table, known: pa.Table) -> list[tuple[str, int, int]]:
    """Pairs of different people of one household: kind of pair, how many, how many of them merged."""
    table = pa.table({
        "person": known["cluster"], "home": known["household"], "birth": known["true_birth"],
        "suffix": known["true_suffix"],
        "cluster": membership["cluster"].take(pc.index_in(known["rid"], value_set=membership["record_id"])),
    }).to_pandas()  # fmt: skip
    table["row"] = np.arange(len(table))
    pairs = table.merge(table, on="home")
    pairs = pairs[(pairs.row_x < pairs.row_y) & (pairs.person_x != pairs.person_y)]
    merged = pairs.cluster_x == pairs.cluster_y
    twins = pairs.birth_x == pairs.birth_y
    juniors = (pairs.suffix_x > 0) & (pairs.suffix_y > 0) & ~twins
    kinds = {"families": ~twins & ~juniors, "twins": twins, "Jr and Sr": juniors}
    return [(name, int(mask.sum()), int((mask & merged).sum())) for name, mask in kinds.items()]


def run(rows: str, truth: str) -> Matched:
    """Match, evaluate, print."""
    table, known = load(rows, truth)
    roles = _ORGANISATION if "org_name" in table.column_names else _PERSON
    began = time.perf_counter()
    records, claims = records_and_claims(table, roles)
    made = features(records, claims)
    featured = time.perf_counter()
    matched = match(made)
    ended = time.perf_counter()
    renamed = pa.table({"record_id": known["rid"], "true_customer": known["cluster"]})
    print(line(f"{len(table):,} rows", evaluate(matched.membership, renamed), ended - began))
    print(f"features {featured - began:.1f} s, matching {ended - featured:.1f} s")
    if "household" in known.column_names:
        for name, count, merged in households(matched.membership, known):
            print(f"  {name}: {merged} of {count} pairs merged ({merged / max(count, 1):.2%})")
    return matched


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2])
