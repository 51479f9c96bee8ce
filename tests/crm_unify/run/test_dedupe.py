"""`dedupe` from files to customers: every row once, the same whatever the order of rows and columns."""

from __future__ import annotations

import csv
import random
import re
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_unify.errors import GuardStopped, UsageError
from crm_unify.progress import Silent
from crm_unify.roles.interface import Role
from crm_unify.run.dedupe import DedupeJob, DedupeResult, dedupe
from crm_unify.run.dedupe_files import write
from matching.policy import KERNEL_VERSION
from matching.settings import Settings

HEADER = ["id", "first_name", "last_name", "email", "city", "truth"]
_GIVEN = "Anna Jan Maria Piotr Sofia Lucas Emma David Laura Peter"
_FAMILY = "Nowak Schmidt Rossi Garcia Dubois Jansen Silva Weber Moreau Lopez Bakker Costa Ferrari"
GIVEN, FAMILY = _GIVEN.split(), _FAMILY.split()


def people(customers: int = 60) -> list[list[str]]:
    """Rows of invented people; every third one stands twice, with a slip in the family name."""
    rows = []
    for i in range(customers):
        given, family = GIVEN[i % 10], FAMILY[(i * 7) % 13]
        row = [given, family, f"{given}.{family}{i}@example.com", f"Town {i % 9}", f"T{i}"]
        rows.append([str(len(rows)), *row])
        if i % 3 == 0:
            rows.append([str(len(rows)), given, family[:-1], *row[2:]])
    return rows


def written(folder: Path, rows: list[list[str]], header: list[str] = HEADER, name: str = "p.csv") -> Path:
    """A CSV of the rows."""
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def run(*files: Path, **said: Any) -> DedupeResult:
    """Deduplicate files."""
    return dedupe(DedupeJob(files, **{"id": "id", "ignore": ("truth",)} | said), progress=Silent())


def groups(result: DedupeResult) -> set[frozenset[str]]:
    """The customers as sets of record ids."""
    found: dict[str, set[str]] = {}
    for row in result.membership.to_pylist():
        found.setdefault(row["customer_id"], set()).add(row["record_id"])
    return {frozenset(members) for members in found.values()}


def test_every_row_is_in_the_membership_once(tmp_path: Path) -> None:
    """The record ids of the membership are those of the id column, each once, in their order."""
    rows = people()
    found = run(written(tmp_path, rows)).membership["record_id"].to_pylist()
    assert found == sorted(row[0] for row in rows)


def test_truth_is_compared_and_never_used(tmp_path: Path) -> None:
    """With the truth column the customers are the same as without it, and their accuracy is known."""
    path = written(tmp_path, people())
    with_truth = run(path, truth="truth", ignore=())
    assert with_truth.evaluation is not None
    assert with_truth.evaluation.pairwise.f1 > 0.9
    assert groups(with_truth) == groups(run(path))


def test_order_of_rows_and_columns_plays_no_part(tmp_path: Path) -> None:
    """Rows shuffled and columns turned round give the same membership, row by row."""
    rows = people()
    shuffled = random.Random(3).sample(rows, len(rows))
    turned = written(tmp_path, [row[::-1] for row in shuffled], HEADER[::-1], "q.csv")
    assert run(written(tmp_path, rows)).membership.equals(run(turned).membership)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DedupeResult]:
    """A file of 1,200 invented people, every third one twice, and its customers."""
    path = written(tmp_path_factory.mktemp("crowd"), people(1200))
    return path, run(path)


def test_who_is_who_is_the_same_where_nothing_else_is_asked(crowd: tuple[Path, DedupeResult]) -> None:
    """Only then are columns, claims and pairs let go on the way; the counts stay."""
    path, whole = crowd
    lean = run(path, only_membership=True)
    assert lean.membership.equals(whole.membership)
    assert lean.matched.report == whole.matched.report
    assert (lean.matched.pairs.num_rows, len(lean.parties.claims), len(lean.features.kinds)) == (0, 0, 0)


def with_strangers(path: Path, folder: Path) -> Path:
    """The same file with ten rows of people who have nothing to do with anybody."""
    lines = [f"z{i},Qx{i}vor,Zw{i}ubn,q{i}@strangers.example,Faraway {i}," for i in range(10)]
    more = folder / "more.csv"
    more.write_text(path.read_text(encoding="utf-8") + "\n".join(lines) + "\n", encoding="utf-8")
    return more


def without_strangers(found: DedupeResult) -> set[frozenset[str]]:
    """The customers as sets of record ids, strangers taken out; each of them must be alone."""
    every = groups(found)
    assert {frozenset({f"z{i}"}) for i in range(10)} <= every
    return {group for group in every if not any(record.startswith("z") for record in group)}


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_plays_no_part(
    crowd: tuple[Path, DedupeResult], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, threads: int
) -> None:
    """Rows shuffled, columns turned round, one thread or two: the same membership, row by row."""
    monkeypatch.setattr("crm_unify.run.dedupe.Settings", partial(Settings, threads=threads))
    header, *rows = list(csv.reader(crowd[0].read_text(encoding="utf-8").splitlines()))
    shuffled = random.Random(threads).sample(rows, len(rows))
    turned = written(tmp_path, [row[::-1] for row in shuffled], header[::-1])
    assert run(turned).membership.equals(crowd[1].membership)


def test_strangers_change_nobody_s_customer_under_one_model(
    crowd: tuple[Path, DedupeResult], tmp_path: Path
) -> None:
    """With the model of the first run, ten unrelated rows more leave every other customer as it was."""
    path, before = crowd
    write(before, tmp_path, {"model"})
    after = run(with_strangers(path, tmp_path), model=tmp_path / "model.json")
    assert without_strangers(after) == groups(before)


def test_strangers_change_next_to_nobody_s_customer_when_learnt_anew(
    crowd: tuple[Path, DedupeResult], tmp_path: Path
) -> None:
    """A model learnt with ten unrelated rows more: less than one customer in a thousand is another."""
    path, before = crowd
    after = without_strangers(run(with_strangers(path, tmp_path)))
    assert len(groups(before) - after) < len(groups(before)) / 1000


def test_without_ids_rows_are_named_by_content(tmp_path: Path) -> None:
    """Rows without key column stand in the order of the file, under ids that do not depend on it."""
    rows = [row[1:] for row in people()]
    one = run(written(tmp_path, rows, HEADER[1:]), id=None)
    other = run(written(tmp_path, rows[::-1], HEADER[1:], "q.csv"), id=None)
    assert one.membership.to_pylist() == other.membership.to_pylist()[::-1]


def test_columns_of_several_files_are_united_by_role(tmp_path: Path) -> None:
    """A German file and an English one meet in the middle."""
    rows = people(30)
    english = written(tmp_path, rows, name="a.csv")
    german = written(
        tmp_path, [[f"x{row[0]}", *row[1:]] for row in rows],
        ["id", "Vorname", "Nachname", "E-Mail-Adresse", "Wohnort", "truth"], "b.csv",
    )  # fmt: skip
    found = groups(run(english, german))
    assert all({"0", "x0"} <= group or not {"0", "x0"} & group for group in found)


def test_files_with_one_header_are_looked_at_as_one(tmp_path: Path) -> None:
    """A file too small to tell what a column is gets the role that its like have."""
    rows = [["", *row[1:3], f"2{i:04d}", *row[4:]] for i, row in enumerate(people(40))]
    header = ["id", "first_name", "last_name", "x", "city", "truth"]
    many = written(tmp_path, rows, header, "many.csv")
    one = written(tmp_path, rows[:1], header, "one.csv")
    first, second = run(many, one, id=None, ignore=("id", "truth")).tables
    assert first.roles == second.roles


def test_a_role_that_is_said_is_taken(tmp_path: Path) -> None:
    """A person knows better what a column is."""
    found = run(written(tmp_path, people()), roles={"city": (Role.CATEGORY, None)}).tables[0].roles
    assert [(c.role, c.certainty) for c in found.columns if c.column == "city"] == [(Role.CATEGORY, 1.0)]


def test_linking_joins_no_two_rows_of_a_source(tmp_path: Path) -> None:
    """Where no source holds anybody twice, a customer has one record of each."""
    rows = people(30)
    files = [written(tmp_path, [[f"{name}{row[0]}", *row[1:]] for row in rows], name=name) for name in "ab"]
    assert any(len({id_[0] for id_ in group}) < len(group) for group in groups(run(*files)))
    assert all(len({id_[0] for id_ in group}) == len(group) for group in groups(run(*files, link=True)))


def test_a_model_scores_again(tmp_path: Path) -> None:
    """The model of one run gives the same customers in the next."""
    path = written(tmp_path, people())
    first = run(path)
    write(first, tmp_path / "out", {"model"})
    assert groups(run(path, model=tmp_path / "out" / "model.json")) == groups(first)


def test_a_model_of_another_version_stops_the_run(tmp_path: Path) -> None:
    """What was made for other comparisons is refused."""
    path = written(tmp_path, people())
    write(run(path), tmp_path, {"model"})
    model = tmp_path / "model.json"
    text = model.read_text().replace(f'"kernel_version": {KERNEL_VERSION}', '"kernel_version": 0')
    model.write_text(text)
    with pytest.raises(GuardStopped, match="cannot be used"):
        run(path, model=model)


@pytest.mark.parametrize("damage", ['"x"', "null", "{}", "NaN", "-1e308", "0"])
def test_a_model_with_a_weight_that_is_no_share_stops_the_run(tmp_path: Path, damage: str) -> None:
    """A damaged weight is told as such before anything is scored by it."""
    path = written(tmp_path, people(6))
    write(run(path), tmp_path, {"model"})
    model = tmp_path / "model.json"
    weight = re.compile(r'"same": [0-9.e-]+,\s+"site": [0-9.e-]+,\s+"unrelated"')
    model.write_text(weight.sub(f'"same": {damage}, "site": 0.5, "unrelated"', model.read_text(), count=1))
    with pytest.raises(GuardStopped, match="no share from 0 to 1"):
        run(path, model=model)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("[]", "does not hold what a model", id="a list"),
        pytest.param("{}", "does not hold what a model", id="nothing in it"),
        pytest.param(
            f'{{"kernel_version": {KERNEL_VERSION}, "merge_bits": null}}', "no number", id="a line of null"
        ),
        pytest.param("", "no JSON", id="an empty file"),
    ],
)
def test_a_file_that_is_no_model_is_told_before_anything_is_read(
    tmp_path: Path, text: str, told: str
) -> None:
    """The reason is a sentence, and no customer file is read for it: there is none."""
    model = tmp_path / "model.json"
    model.write_text(text)
    with pytest.raises(GuardStopped) as stopped:
        run(tmp_path / "none.csv", model=model)
    assert told in str(stopped.value.why)


def test_a_model_of_persons_stops_at_organisations(tmp_path: Path) -> None:
    """Weights that were learnt from persons alone say nothing of organisations, which is told."""
    write(run(written(tmp_path, people(6))), tmp_path, {"model"})
    firms = written(tmp_path, [["1", "Nowak Ltd"], ["2", "Rossi GmbH"]], ["id", "company"], "f.csv")
    with pytest.raises(GuardStopped, match="does not know the kind organisation"):
        run(firms, ignore=(), model=tmp_path / "model.json")


def test_a_truth_without_values_is_bad_usage(tmp_path: Path) -> None:
    """Where no row has a true customer there is nothing to compare with."""
    path = written(tmp_path, [[*row[:-1], ""] for row in people(3)])
    with pytest.raises(UsageError, match="no row has a true customer"):
        run(path, truth="truth", ignore=())


def test_a_truth_over_no_rows_is_compared(tmp_path: Path) -> None:
    """A file that is a header alone has no records to be wrong about."""
    found = run(written(tmp_path, []), truth="truth", ignore=()).evaluation
    assert found is not None
    assert found.records == 0


def test_a_column_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    """A slip in an option is answered with the column that was meant."""
    with pytest.raises(UsageError, match="did you mean 'city'"):
        run(written(tmp_path, people(3)), ignore=("citty",))


def test_duplicate_ids_are_refused_with_a_list(tmp_path: Path) -> None:
    """An id column whose values repeat is none."""
    rows = people(5)
    with pytest.raises(UsageError) as stop:
        run(written(tmp_path, [["7", *row[1:]] for row in rows]))
    assert "7 (7 times)" in stop.value.why


def test_all_outputs_are_written(tmp_path: Path) -> None:
    """Membership, one golden record a customer, scored pairs, and the model."""
    result = run(written(tmp_path, people()))
    paths = write(result, tmp_path / "out", {"membership", "customers", "pairs", "model"})
    assert [path.name for path in paths] == ["membership.csv", "customers.csv", "pairs.parquet", "model.json"]
    with paths[1].open(encoding="utf-8") as file:
        golden = list(csv.DictReader(file))
    assert len(golden) == result.customers
    assert sum(int(row["members"]) for row in golden) == result.membership.num_rows
    assert {"left", "right", "bits", "band"} <= set(pq.read_schema(paths[2]).names)


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        pytest.param(["name", "city"], [["Anna Nowak", "Leeds"]] * 60, id="all values equal"),
        pytest.param(["name"], [[f"Person {i}"] for i in range(60)], id="one column"),
        pytest.param(["first_name", "email"], [["", ""]] * 30, id="nulls everywhere"),
        pytest.param(["name", "email"], [["Ann Lee", "a@example.com"]] * 2, id="two rows"),
        pytest.param(["name", "email"], [["Ann Lee", "a@example.com"]], id="one row"),
        pytest.param(["name", "email"], [], id="no row"),
        pytest.param(["name", "town"], [["Анна Новак", "Москва"], ["王伟", "北京"]] * 9, id="scripts"),
        pytest.param(
            [f"c{i}" for i in range(60)], [["x" if i == j else "" for i in range(60)] for j in range(60)],
            id="many columns, mostly empty",
        ),
    ],
)  # fmt: skip
def test_nasty_files_finish(tmp_path: Path, header: list[str], rows: list[list[str]]) -> None:
    """A file that says little ends in customers all the same, every row in one of them."""
    result = run(written(tmp_path, rows, header), id=None, ignore=())
    write(result, tmp_path / "out", {"membership", "customers", "pairs", "model"})
    assert result.membership.num_rows == len(rows)


def test_tables_of_every_kind_are_read_alike(tmp_path: Path) -> None:
    """The same rows as CSV and as Parquet give the same membership."""
    rows = people(12)
    columns = {name: [row[i] for row in rows] for i, name in enumerate(HEADER)}
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table(columns), path)
    assert run(path).membership.equals(run(written(tmp_path, rows)).membership)


def test_golden_records_hold_no_formula(tmp_path: Path) -> None:
    """What a spreadsheet would compute begins with an apostrophe; phone numbers stay as they are."""
    rows = [["1", "Anna", "=cmd|A0", "+49 30 123456", "@Kiel"], ["2", "Jan", "Nowak", "030 555", "-2+3+cmd"]]
    result = run(written(tmp_path, rows, ["id", "first_name", "last_name", "phone", "city"]),
                 ignore=())  # fmt: skip
    paths = write(result, tmp_path / "out", {"customers"})
    with paths[0].open(encoding="utf-8") as file:
        values = {value for row in csv.DictReader(file) for value in row.values()}
    assert {"+4930123456", "'@Kiel", "'-2+3+cmd"} <= values
    assert not [value for value in values if value.startswith(("=", "@", "\t", "\r"))]
