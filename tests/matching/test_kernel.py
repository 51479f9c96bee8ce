"""The kernel of record batches tells what the local path tells, however an engine sends the pairs."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from matching.blocking import candidates
from matching.cells import levels
from matching.columns import Ints
from matching.comparisons import compare
from matching.engine import Matched, match
from matching.features import Features, KindFeatures
from matching.kernel import SIDES, fields, scored, vocabulary
from matching.policy import COMPARISONS
from matching.scoring import score
from matching.texts import positions
from tests.matching.people import base, firm, person, town

PAIRS = """
SELECT pair.left, pair.right, one.* RENAME ({lefts}), two.* RENAME ({rights})
FROM pair JOIN side one ON one.record_id = pair.left JOIN side two ON two.record_id = pair.right
ORDER BY hash(pair.left || pair.right)
"""


@pytest.fixture(scope="module")
def mixed() -> Features:
    """A town, firms of one site, and odd ones: no name, several mailboxes, a maiden name, a year."""
    site = {"phone": "+493023125100", "street": "Ring 1", "postcode": "10115", "city": "Berlin"}
    names = ("Nordlicht Handels GmbH", "NORDLICHT HANDELS", "Nordlicht Handels, Werk 2", "Kabelwerk AG", "")
    firms = [firm(f"a:{i}", name=name, vat=f"DE13669597{i % 2}", **site) for i, name in enumerate(names)]
    odd = [
        person("b:1", family="Abela", email=["x@mail1.example", "y@mail2.example"], employer="a:0", **site),
        person("b:2", given="Ada", family="Abela", birth_name="Brandta", email="x@mail1.example"),
        person("b:3"),
        person("b:4", given="Abela", family="Adax", phone=["+493023000000", "+493023000001"]),
        *(person(f"b:{n}", given="Ada", family="Abela", born="1970") for n in (5, 6)),
    ]
    return base(*town(150), *firms, *odd)


@pytest.fixture(scope="module")
def matched(mixed: Features) -> Matched:
    """The same, matched."""
    return match(mixed)


def sent(features: KindFeatures, left: Ints, right: Ints, *, rows: int) -> Iterator[pa.RecordBatch]:
    """The pairs with both sides' fields, put together and sent by DuckDB in an order of its own."""
    side, ids = fields(features), features.record_ids
    names = [name for name in side.column_names if name != "record_id"]
    pair = pa.table({"left": ids.take(pa.array(left)), "right": ids.take(pa.array(right))})
    query = PAIRS.format(
        lefts=", ".join(["record_id AS left_record_id", *(f'"{n}" AS left_{n}' for n in names)]),
        rights=", ".join(["record_id AS right_record_id", *(f'"{n}" AS right_{n}' for n in names)]),
    )
    with duckdb.connect() as con:
        con.register("pair", pair)
        con.register("side", side)
        yield from con.sql(query).to_arrow_reader(rows)


def local(features: KindFeatures, left: Ints, right: Ints, matched: Matched) -> pa.Table:
    """What the local path tells of the pairs."""
    cells = compare(features, left, right)
    found, level = score(features.kind, cells, matched.model.kinds[features.kind]), levels(cells)
    told = {f"level_{one.name}": level[row] for row, one in enumerate(COMPARISONS[features.kind])}
    ids = features.record_ids
    pairs = {"left": ids.take(pa.array(left)), "right": ids.take(pa.array(right)), **told}
    weights = {"millibits": found.millibits, "evidence": found.evidence, "probability": found.probability}
    return pa.table(pairs | weights)


def in_order(batches: Iterator[pa.RecordBatch]) -> pa.Table:
    """The batches as one table, in the order of the pairs."""
    return pa.Table.from_batches(list(batches)).sort_by([(side, "ascending") for side in SIDES])


@pytest.mark.parametrize("rows", [pytest.param(n, id=f"batches of {n}") for n in (7, 2048)])
@pytest.mark.parametrize("kind", ["person", "organisation"])
def test_batches_of_another_engine_are_scored_as_the_local_path_does(
    mixed: Features, matched: Matched, kind: str, rows: int
) -> None:
    """Candidate pairs and a thousand by chance: levels, millibits, evidence and probability to the bit."""
    features, chance = mixed.kinds[kind], np.random.default_rng(3)
    proposed = candidates(features)
    one, two = np.sort(chance.integers(0, len(features), (2, 1000)), axis=0)
    code = np.unique(np.concatenate([proposed.left, one[one < two]]) * len(features)
                     + np.concatenate([proposed.right, two[one < two]]))  # fmt: skip
    left, right = code // len(features), code % len(features)
    batches = scored(sent(features, left, right, rows=rows), vocabulary(features), matched.model.kinds[kind])
    found = in_order(batches)
    assert found.drop_columns(["class"]).equals(local(features, left, right, matched))


def test_the_weights_are_those_of_a_whole_match(mixed: Features, matched: Matched) -> None:
    """The pairs of a match, sent through the kernel, come back with the weights they were listed with."""
    features = mixed.kinds["person"]
    listed = matched.pairs.filter(pc.equal(matched.pairs["kind"], "person"))
    left, right = (positions(listed[side], features.record_ids) for side in SIDES)
    batches = sent(features, left, right, rows=100)
    found = in_order(scored(batches, vocabulary(features), matched.model.kinds["person"]))
    assert found["millibits"].to_pylist() == listed["millibits"].to_pylist()
    assert found["level_family"].to_pylist() == listed["level_family"].to_pylist()


def test_a_value_nobody_carries_is_refused(mixed: Features, matched: Matched) -> None:
    """A batch that speaks of values the vocabulary does not hold is no batch of these records."""
    stranger = base(person("z:1", given="Zoltan", family="Abela"), person("z:2")).kinds["person"]
    batches = sent(stranger, np.array([0]), np.array([1]), rows=10)
    with pytest.raises(ValueError, match="'ZOLTAN' is not in the vocabulary"):
        list(scored(batches, vocabulary(mixed.kinds["person"]), matched.model.kinds["person"]))
