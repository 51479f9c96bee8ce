"""Matching again after some records have changed: the outcome is that of matching all of them."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import Matched, match, match_again
from matching.evidence import Standing
from matching.features import KindFeatures, features
from matching.model import Model
from matching.prepared import prepared
from matching.rejoined import NotAloneError
from matching.rematch import Changed
from matching.settings import Settings
from tests.matching.people import FAMILY, GIVEN, clusters, firm, person, records_and_claims, town

Row = dict[str, Any]
KEPT = Settings(remember=True)
POOL: dict[str, tuple[Any, ...]] = {
    "given": (*GIVEN, "Bob", "Robert", "Klarra", "Tim", "Al"),
    "family": (*FAMILY, "Abel Dorn", "Jungk", "Falk-Ihle", "Gross"),
    "born": ("1970-01-01", "1980-02-03", "1980-03-02", "1981-02-03", None),
    "email": ("info@firma.example", "p1@mail1.example", ["a@b.example", "p2@mail2.example"], "ada@gmail.com"),
    "phone": ("+49302310000", "+49302310001", ["+49302310002", "+49302310003"], "+4930231"),
    "street": ("Lindenweg 1", "Lindenweg 2", "Hauptstr. 5", "Lindenweg 11a"),
    "postcode": ("10001", "10002", "10003"),
    "city": ("Berlin", "Potsdam", "Bernau"),
    "vat": ("DE129273398", "DE129273399"),
}
"""What a person may come to say."""
DEEDS = ("edit", "edit", "edit", "drop", "go", "come", "copy")


@pytest.fixture(scope="module")
def model() -> Model:
    """A model of a town, which all matching here scores with."""
    return match(features(*records_and_claims(*town(200)))).model


def matched(rows: dict[str, Row], model: Model, decisions: pa.Table | None, standing: Standing) -> Matched:
    """All records, matched."""
    records, claims = records_and_claims(*rows.values())
    made = features(records, prepared(claims))
    return match(made, model=model, decisions=decisions, standing=standing, settings=KEPT)


def changes(was: dict[str, Row], now: dict[str, Row]) -> Changed:
    """What is different about these rows."""
    ids = sorted(one for one in {*was, *now} if was.get(one) != now.get(one))
    every = prepared(records_and_claims(*now.values())[1])
    records, claims = records_and_claims(*(now[one] for one in ids if one in now))
    return Changed(
        pa.array(ids, pa.string()), records, prepared(claims), every["person"], every["organisation_person"]
    )


def assert_alike(one: Matched, other: Matched) -> None:
    """Two outcomes are the same, the estimates of accuracy aside."""
    for name in ("pairs", "membership", "conflicts", "lost"):
        assert getattr(one, name).equals(getattr(other, name)), name
    for mine, theirs in zip(one.report, other.report, strict=True):
        assert (mine.rules, mine.candidates) == (theirs.rules, theirs.candidates)
    for kind, memory in (one.memory or {}).items():
        theirs_too = (other.memory or {})[kind]
        assert said(memory.features) == said(theirs_too.features)
        assert np.array_equal(memory.found.proposed_by, theirs_too.found.proposed_by)


def said(made: KindFeatures) -> dict[str, list[tuple[Any, ...]]]:
    """The values of all columns by record, with what is counted of them."""
    return {
        name: list(
            zip(
                np.asarray(col.carriers).tolist(),
                col.values[col.codes].tolist(),
                col.counts[col.codes].tolist(),
                col.degree[col.codes].tolist(),
                strict=True,
            )
        )
        for name, col in made.columns.items()
    }


def edited(rows: dict[str, Row], random: Random) -> dict[str, Row]:
    """The rows after a night: some say something else, some are gone, some are new."""
    now, names = dict(rows), sorted(rows)
    for _ in range(random.randint(1, 6)):
        one, deed = (
            random.choice(names),
            random.choice(("edit", "edit", "edit", "drop", "go", "come", "copy")),
        )
        if deed == "go":
            now.pop(one, None)
        elif deed in ("come", "copy"):
            new = f"{random.choice(('crm', 'shop'))}:{random.randrange(10**6):06d}-9"
            source = rows[one] if deed == "copy" else {key: random.choice(POOL[key]) for key in POOL}
            now[new] = person(new, **{k: v for k, v in source.items() if k not in ("record_id", "kind")})
        elif one in now:
            field = random.choice(sorted(POOL))
            left = {key: value for key, value in now[one].items() if key != field}
            now[one] = left if deed == "drop" else left | {field: random.choice(POOL[field])}
    return now


def thin(size: int) -> list[Row]:
    """Rows that hold little: a mailbox alone, two of them of five and six rows; a name and a town."""
    boxes = [person(f"list:{i:03}-{j}", email=f"box{i}@mail.example")
             for i in range(size // 8) for j in (0, 1)]  # fmt: skip
    often = [person(f"list:{box}-{j}", email=f"{box}@shop.example")
             for box, rows in (("vacuum", 5), ("nihil", 6)) for j in range(rows)]  # fmt: skip
    called = [person(f"card:{i:03}", given=GIVEN[i % 5], family=FAMILY[i % 3], city="Berlin")
              for i in range(size // 8)]  # fmt: skip
    called += [person(f"card:{i}-zip", given=GIVEN[0], family=FAMILY[0], postcode="10001") for i in range(3)]
    return [*boxes, *often, *called, *(person(f"tel:{i}", phone="+49302310000") for i in range(3))]


def spoken(names: list[str], random: Random) -> pa.Table:
    """What people say of some pairs."""
    pairs = [sorted(random.sample(names, 2)) for _ in range(random.randint(0, 4))]
    verdicts = [random.choice(("same", "different", "unsure")) for _ in pairs]
    table = {"left": [p[0] for p in pairs], "right": [p[1] for p in pairs], "verdict": verdicts}
    return pa.table({name: pa.array(values, pa.string()) for name, values in table.items()})


def lived(model: Model, *, seed: int, size: int, nights: int) -> list[str | None]:
    """Why all records were looked at in each of so many nights; every outcome is that of a full one."""
    random, reasons = Random(seed), list[str | None]()
    rows = {row["record_id"]: row for row in [*town(size, seed=seed), *thin(size)]}
    last = matched(rows, model, None, Standing())
    for _ in range(nights):
        now, names = edited(rows, random), sorted(rows)
        decisions = spoken(names, random)
        former = last.membership.rename_columns(["record_id", "customer_id"])
        standing = Standing(former=former, split=random.random() < 0.3)
        whole = matched(now, model, decisions, standing)
        assert last.memory is not None
        try:
            again = match_again(
                last.memory, changes(rows, now), model=model, decisions=decisions, standing=standing,
                settings=KEPT,
            )  # fmt: skip
        except NotAloneError as error:
            reasons.append(str(error))
            again = whole
        else:
            reasons.append(None)
            assert_alike(again, whole)
        rows, last = now, again
    return reasons


@given(st.integers(0, 10**6))
@settings(max_examples=4, deadline=None)
def test_matching_what_has_changed_gives_what_matching_everything_gives(model: Model, seed: int) -> None:
    """Edits, rows that come and go, verdicts of people, customers that stand: pairs, clusters and counts."""
    lived(model, seed=seed, size=60, nights=2)


def test_an_organisation_that_changes_is_matched_with_all_others(model: Model) -> None:
    """Words of names weigh by how many carry them, and people of a firm know it by its name."""
    firms = [firm("crm:f1", name="Falk GmbH"), firm("crm:f2", name="Gross AG")]
    rows = {row["record_id"]: row for row in [*town(20), *firms]}
    records, claims = records_and_claims(*rows.values())
    first = match(features(records, prepared(claims)), settings=KEPT)
    now = rows | {"crm:f2": firm("crm:f2", name="Gross und Falk AG")}
    assert first.memory is not None
    with pytest.raises(NotAloneError, match="an organisation has changed"):
        match_again(first.memory, changes(rows, now), model=first.model, settings=KEPT)


@pytest.mark.parametrize(
    ("box", "come", "called"),
    [
        pytest.param("vacuum", True, False, id="the sixth row of a mailbox comes"),
        pytest.param("nihil", False, True, id="of six one goes"),
    ],
)
def test_a_mailbox_that_begins_or_ceases_to_be_of_many(
    model: Model, box: str, come: bool, called: bool
) -> None:
    """All of its rows are matched otherwise, those that have not changed too."""
    rows = {row["record_id"]: row for row in [*town(60), *thin(60)]}
    last = matched(rows, model, None, Standing())
    name = box if come else "other"
    now = rows | {f"list:{name}-9": person(f"list:{name}-9", email=f"{name}@shop.example")}
    if not come:
        del now[f"list:{box}-0"]
    assert last.memory is not None
    again = match_again(last.memory, changes(rows, now), model=model, settings=KEPT)
    assert_alike(again, matched(now, model, None, Standing()))
    mine = {cluster for record, cluster in clusters(again).items() if box in record}
    assert (len(mine) == 1) == called


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(40))
def test_many_nights_give_what_matching_everything_gives(model: Model, seed: int) -> None:
    """The same, of a larger town and for longer."""
    lived(model, seed=1000 + seed, size=60 + 15 * seed, nights=4)


def test_most_nights_are_told_from_what_has_changed(model: Model) -> None:
    """Looking at everything is the exception."""
    reasons = [reason for seed in range(2) for reason in lived(model, seed=seed, size=80, nights=2)]
    assert reasons.count(None) > len(reasons) / 2
