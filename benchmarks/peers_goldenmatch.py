"""GoldenMatch on one file, inside its own environment.

`python peers_goldenmatch.py controller|probabilistic ROWS.csv MEMBERSHIP.csv`: its two automatic modes, the
iterating controller that `dedupe_df` uses by itself, and the probabilistic configuration it builds without
settings. The record id and the source are taken out of what it sees; a refusal ends with its own words.
This file is not imported by the rest of the benchmark: it uses only what GoldenMatch's environment has.
"""

from __future__ import annotations

import sys
from typing import Any

# GoldenMatch is not installed where types are checked, only in the environment made for it
import goldenmatch  # type: ignore[import-not-found]
import pyarrow as pa
import pyarrow.csv as pacsv
from goldenmatch.core.autoconfig import auto_configure_probabilistic_df  # type: ignore[import-not-found]

MODES = ("controller", "probabilistic")


def read(path: str) -> pa.Table:
    """The rows as text, empty cells as missing."""
    with pacsv.open_csv(path) as head:
        types = dict.fromkeys(head.schema.names, pa.string())
    convert = pacsv.ConvertOptions(column_types=types, strings_can_be_null=True)
    return pacsv.read_csv(
        path, convert_options=convert, parse_options=pacsv.ParseOptions(newlines_in_values=True)
    )


def membership(table: pa.Table, mode: str) -> pa.Table:
    """Run GoldenMatch; record_id and customer_id of every row, alone where it clusters it with none."""
    seen = table.drop_columns(["record_id", "source_system"])
    config: Any = auto_configure_probabilistic_df(seen) if mode == "probabilistic" else None
    result = goldenmatch.dedupe_df(seen, config=config)
    customer = [f"row {number}" for number in range(len(table))]
    for name, cluster in result.clusters.items():
        for member in cluster["members"]:
            customer[member] = f"cluster {name}"
    return pa.table({"record_id": table["record_id"], "customer_id": customer})


def main() -> None:
    """One mode, one file in, one file out."""
    mode, rows, out = sys.argv[1:]
    pacsv.write_csv(membership(read(rows), mode), out)


if __name__ == "__main__":
    main()
