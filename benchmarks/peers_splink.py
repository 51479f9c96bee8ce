"""Splink 5 on one file, inside its own environment: `python peers_splink.py SET ROWS.csv MEMBERSHIP.csv`.

It runs on the settings its own documentation publishes for the set (docs/demos: blocking rules, comparisons,
training and threshold; a threshold that the page does not name is 0.95, the one it uses most). For invented
people there are none: theirs are put together from the comparisons and the advice of that documentation.
This file is not imported by the rest of the benchmark: it uses only what Splink's environment has.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as pacsv

# Splink is not installed where types are checked, only in the environment made for it
import splink.comparison_library as cl  # type: ignore[import-not-found]
from splink import DuckDBAPI, Linker, SettingsCreator, block_on


@dataclass(frozen=True)
class Recipe:
    """How Splink is run on one set."""

    comparisons: Callable[[], list[Any]]
    """The comparisons."""
    blocking: list[Any]
    """Blocking rules for predictions."""
    deterministic: list[Any]
    """Rules that find most matches nearly without error, from which the prior is estimated."""
    recall: float
    """The share of matches they are taken to find, 0 to 1."""
    training: list[Any]
    """Blocking rule of each training session."""
    pairs: float = 1e6
    """Random pairs from which u is estimated."""
    threshold: float = 0.95
    """Match probability from which on two records are clustered."""
    prepare: str = "*"
    """Columns as SQL, over the rows of the file."""
    options: dict[str, Any] = field(default_factory=dict)
    """Further settings; link_only links the source systems."""
    tf_while_training: bool = False
    """False: training leaves term frequencies aside."""


def _historical() -> list[Any]:
    names = cl.ForenameSurnameComparison(
        "first_name", "surname", forename_surname_concat_col_name="first_name_surname_concat"
    )
    return [
        names,
        cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.PostcodeComparison("postcode_fake"),
        cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
        cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
    ]


def _fake() -> list[Any]:
    return [
        cl.ForenameSurnameComparison("first_name", "surname"),
        cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.ExactMatch("city").configure(term_frequency_adjustments=True),
        cl.EmailComparison("email"),
    ]


def _febrl3() -> list[Any]:
    return [
        cl.NameComparison("given_name"),
        cl.NameComparison("surname"),
        cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
        cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
        cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
    ]


def _febrl4() -> list[Any]:
    postcode = cl.DamerauLevenshteinAtThresholds("postcode", [1, 2])
    return [
        cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
        cl.NameComparison("surname").configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
        cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
        cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        postcode.configure(term_frequency_adjustments=True),
    ]


def _census() -> list[Any]:
    names = [cl.NameComparison(name, jaro_winkler_thresholds=[0.9]) for name in ("first_name", "last_name")]
    address = cl.DamerauLevenshteinAtThresholds("address")
    return [
        *(name.configure(term_frequency_adjustments=True) for name in names),
        cl.ExactMatch("middle_initial").configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("date_of_birth", distance_threshold_or_thresholds=[1]),
        address.configure(term_frequency_adjustments=True),
        cl.ExactMatch("sex"),
    ]


def _people() -> list[Any]:
    """Compared as the documentation's examples compare such columns; frequent values weigh less."""
    names = cl.ForenameSurnameComparison(
        "first_name", "last_name", forename_surname_concat_col_name="first_name_last_name"
    )
    address = cl.JaroWinklerAtThresholds("address", [0.9])
    return [
        names,
        cl.DateOfBirthComparison("birth_date", input_is_string=True),
        cl.EmailComparison("email").configure(term_frequency_adjustments=True),
        cl.LevenshteinAtThresholds("phone", 1).configure(term_frequency_adjustments=True),
        address.configure(term_frequency_adjustments=True),
        cl.ExactMatch("zip").configure(term_frequency_adjustments=True),
    ]


RECIPES = {
    "historical_50k": Recipe(
        _historical,
        blocking=[
            block_on("substr(first_name,1,3)", "substr(surname,1,4)"),
            block_on("surname", "dob"),
            block_on("first_name", "dob"),
            block_on("postcode_fake", "first_name"),
            block_on("postcode_fake", "surname"),
            block_on("dob", "birth_place"),
            block_on("substr(postcode_fake,1,3)", "dob"),
            block_on("substr(postcode_fake,1,3)", "first_name"),
            block_on("substr(postcode_fake,1,3)", "surname"),
            block_on("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)"),
        ],
        deterministic=[
            block_on("first_name", "surname", "dob"),
            block_on("substr(first_name,1,2)", "surname", "substr(postcode_fake,1,2)"),
            block_on("dob", "postcode_fake"),
        ],
        recall=0.6,
        training=[block_on("first_name", "surname"), block_on("dob")],
        pairs=1e7,
        prepare="*, first_name || ' ' || surname AS first_name_surname_concat",
    ),
    "fake_1000": Recipe(
        _fake,
        blocking=[block_on(name) for name in ("first_name", "surname", "dob", "email")],
        deterministic=[
            "l.first_name = r.first_name and levenshtein(r.dob, l.dob) <= 1",
            "l.surname = r.surname and levenshtein(r.dob, l.dob) <= 1",
            "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
            "l.email = r.email",
        ],
        recall=0.7,
        training=[block_on("dob"), block_on("email"), block_on("first_name", "surname")],
        threshold=0.5,
    ),
    "febrl3": Recipe(
        _febrl3,
        blocking=[
            block_on(name) for name in ("soc_sec_id", "given_name", "surname", "date_of_birth", "postcode")
        ],
        deterministic=[
            block_on("soc_sec_id"),
            block_on("given_name", "surname", "date_of_birth"),
            "l.given_name = r.surname and l.surname = r.given_name and l.date_of_birth = r.date_of_birth",
        ],
        recall=0.9,
        training=[block_on("date_of_birth"), block_on("postcode")],
        tf_while_training=True,
    ),
    "clkhash_dirty": Recipe(
        _febrl4,
        blocking=[
            block_on("given_name", "surname"),
            "l.given_name = r.surname and l.surname = r.given_name",
            block_on("date_of_birth"),
            block_on("soc_sec_id"),
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
            block_on("postcode"),
        ],
        deterministic=[block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")],
        recall=0.8,
        training=[block_on("date_of_birth"), block_on("postcode")],
    ),
    "pseudopeople_census20_30": Recipe(
        _census,
        blocking=[
            block_on("first_name"),
            block_on("last_name"),
            block_on("date_of_birth"),
            block_on("street_name"),
            block_on("age_in_2020", "sex"),
            block_on("age_in_2020", "race_ethnicity"),
            block_on("age_in_2020", "middle_initial"),
            block_on("street_number"),
            block_on("middle_initial", "sex", "race_ethnicity"),
        ],
        deterministic=[],
        recall=0.0,
        training=[block_on("date_of_birth"), block_on("last_name")],
        threshold=0.99,
        prepare="""*,
            try_cast(age AS integer) - if(source_system = 'census2030', 10, 0) AS age_in_2020,
            trim(street_number || ' ' || street_name || ' ' || city || ' ' || state || ' ' || zipcode || ' '
                 || coalesce(unit_number, '')) AS address""",
        options={"link_type": "link_only"},
    ),
    "people": Recipe(
        _people,
        blocking=[
            block_on("email"),
            block_on("phone"),
            block_on("first_name", "last_name", "zip"),
            block_on("last_name", "birth_date"),
            block_on("first_name", "birth_date"),
            block_on("birth_date", "zip"),
            block_on("last_name", "address"),
            block_on("first_name", "address"),
            block_on("substr(first_name,1,3)", "substr(last_name,1,4)", "substr(birth_date,1,4)"),
        ],
        deterministic=[
            block_on("first_name", "last_name", "birth_date"),
            block_on("email", "last_name"),
            block_on("phone", "first_name", "last_name"),
        ],
        recall=0.7,
        training=[block_on("first_name", "last_name"), block_on("birth_date"), block_on("email")],
        pairs=1e7,
        prepare="""* REPLACE (lower(first_name) AS first_name, lower(last_name) AS last_name,
                           lower(address) AS address, lower(email) AS email),
            lower(first_name || ' ' || last_name) AS first_name_last_name""",
    ),
}
"""The published recipes by set; `people` serves the invented people that are written in one format."""


def recipe(name: str) -> Recipe | None:
    """The recipe of a set, None where there is none."""
    return RECIPES.get("people" if name in ("people-1", "people-3", "people-6") else name)


def membership(name: str, rows: str) -> pa.Table:
    """Run Splink on the rows of a set; record_id and cluster of every row."""
    found = recipe(name)
    if found is None:
        raise SystemExit(f"Splink publishes no settings for {name}")
    con = duckdb.connect()
    con.execute(f"CREATE TABLE given AS SELECT {found.prepare} FROM read_csv('{rows}', all_varchar=true)")
    api = DuckDBAPI(connection=con)
    linked = found.options.get("link_type") == "link_only"
    tables = _tables(con, api, linked=linked)
    settings: dict[str, Any] = {"link_type": "dedupe_only", **found.options}
    if linked:
        sizes = con.sql("SELECT count(*) FROM given GROUP BY source_system").fetchall()
        settings["probability_two_random_records_match"] = 1 / max(size for (size,) in sizes)
    creator = SettingsCreator(
        unique_id_column_name="record_id",
        comparisons=found.comparisons(),
        blocking_rules_to_generate_predictions=found.blocking,
        **settings,
    )
    linker = Linker(tables if linked else tables[0], creator)
    return _clusters(linker, found)


def _tables(con: duckdb.DuckDBPyConnection, api: Any, *, linked: bool) -> list[Any]:
    if not linked:
        return [api.register(con.table("given"))]
    sources = [s for (s,) in con.sql("SELECT DISTINCT source_system FROM given ORDER BY 1").fetchall()]
    parts = [con.sql(f"SELECT * FROM given WHERE source_system = '{source}'") for source in sources]
    return [api.register(part, dataset_display_name=s) for part, s in zip(parts, sources, strict=True)]


def _clusters(linker: Any, found: Recipe) -> pa.Table:
    """Train as the recipe says, predict, cluster at its threshold."""
    training = linker.training
    if found.deterministic:
        training.estimate_probability_two_random_records_match(found.deterministic, recall=found.recall)
    training.estimate_u_using_random_sampling(max_pairs=found.pairs)
    for rule in found.training:
        training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=not found.tf_while_training
        )
    predictions = linker.inference.predict(threshold_match_probability=min(found.threshold, 0.2))
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predictions, threshold_match_probability=found.threshold
    )
    table = clusters.as_duckdbpyrelation().to_arrow_table()
    return pa.table({"record_id": table["record_id"], "customer_id": table["cluster_id"]})


def main() -> None:
    """One set, one file in, one file out."""
    name, rows, out = sys.argv[1:]
    pacsv.write_csv(membership(name, rows), out)


if __name__ == "__main__":
    main()
