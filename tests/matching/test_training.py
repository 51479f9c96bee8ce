"""Training recovers what made the pairs, and says so where it cannot."""

from dataclasses import replace

import numpy as np
import pytest

from matching.columns import Ints
from matching.engine import match
from matching.guards import guarded
from matching.maximising import maximise
from matching.model import KindModel, LevelWeight, Model
from matching.patterns import Patterns
from matching.policy import CLASSES, COMPARISONS, KERNEL_VERSION, Comparison, Costs
from matching.settings import Settings
from matching.training import documented, hashed_pairs, train
from tests.matching.people import base, person, town

SIZES = (30_000, 20_000, 10_000, 5_000, 400_000)
"""Simulated pairs of each class."""

FIELDS = ("given", "family", "birth_date", "email", "phone", "address")
TOTAL = float(sum(SIZES))
"""All pairs of the simulated project."""


def start() -> KindModel:
    """Documented weights, with a chance that does not depend on any records."""
    weights = {
        c.name: tuple(LevelWeight(*shares) for shares in documented_shares(c).T)
        for c in COMPARISONS["person"]
    }
    plain = documented(base(person("a:1"), person("a:2")).kinds["person"])
    priors = {"prior_same": 0.02, "prior_household": 0.02, "prior_site": 0.02, "prior_namesake": 0.01}
    return replace(plain, weights=weights, **priors)


def documented_shares(c: Comparison) -> np.ndarray:
    """The documented shares of a comparison, class by level; each class adds up to one."""
    named = c.namesakes or [v.unrelated for v in c.levels]
    rows = [(v.same, v.household, v.site, n, v.unrelated) for v, n in zip(c.levels, named, strict=True)]
    return np.array(rows).T / np.array(rows).sum(axis=0)[:, None]


def truth(seed: int) -> dict[str, np.ndarray]:
    """Known shares, class by level: the documented ones, moved by chance as far as they may be learnt."""
    chance, shares = np.random.default_rng(seed), {}
    for c in COMPARISONS["person"]:
        table = documented_shares(c)
        plain = table.copy()
        for klass in (0, *(CLASSES.index(name) for name in c.shared)):
            moved = table[klass] * chance.uniform(0.5, 2.0, len(c.levels))
            table[klass] = moved / moved.sum()
        shares[c.name] = guarded(c, table, documented=plain)
    return shares


def simulated(shares: dict[str, np.ndarray], seed: int) -> Patterns:
    """Patterns of pairs drawn from known shares; fields that are not simulated are missing."""
    chance = np.random.default_rng(seed)
    drawn = []
    for klass, size in enumerate(SIZES):
        rows = np.full((len(COMPARISONS["person"]), size), -1)
        for row, c in enumerate(COMPARISONS["person"]):
            if c.name in FIELDS:
                rows[row] = chance.choice(len(c.levels), size, p=shares[c.name][klass])
        drawn.append(rows)
    level, count = np.unique(np.concatenate(drawn, axis=1), axis=1, return_counts=True)
    shape = level.shape
    return Patterns(level, np.zeros((3, shape[1])), np.ones(shape, np.bool_), count.astype(np.int64))


@pytest.mark.parametrize("seed", [pytest.param(n, id=f"seed {n}") for n in (1, 2, 3)])
def test_training_recovers_the_shares_that_made_the_pairs(seed: int) -> None:
    """From simulated pairs, m and the shares of households and sites are found to within a few hundredths."""
    known = truth(seed)
    found = maximise("person", simulated(known, seed), start(), total=TOTAL)
    for name in FIELDS:
        learnt = np.array([[w.same, w.household, w.site] for w in found.weights[name]]).T
        assert np.abs(learnt - known[name][:3]).max() < 0.03, name


def test_training_recovers_how_many_pairs_are_of_one_customer() -> None:
    """The prior is the share of simulated pairs of one customer among all pairs."""
    found = maximise("person", simulated(truth(4), 4), start(), total=TOTAL)
    assert found.prior_same * TOTAL == pytest.approx(SIZES[0], rel=0.05)
    assert found.prior_household * TOTAL == pytest.approx(SIZES[1], rel=0.1)
    assert found.prior_site * TOTAL == pytest.approx(SIZES[2], rel=0.1)
    assert found.prior_namesake * TOTAL == pytest.approx(SIZES[3], rel=0.1)


def test_chance_agreement_is_measured_on_the_values() -> None:
    """Two of 16 equally common given names agree by chance once in 16 pairs."""
    names = [f"{letter}{end}a" for letter in "BDFGKLMN" for end in ("ert", "olf")]
    rows = [person(f"a:{i:04d}", given=names[i % 16], family=f"Fam{i:04d}x") for i in range(1600)]
    weights = documented(base(*rows).kinds["person"]).weights["given"]
    assert weights[-1].unrelated == pytest.approx(1 / 16, rel=0.15)


def test_chance_agreement_of_several_fields_is_recovered() -> None:
    """Values drawn evenly, each field by itself: u is one in their number, of names, days and places."""
    chance, rows = np.random.default_rng(11), []
    for number in range(2000):
        given, family, born, place = (int(chance.integers(size)) for size in (20, 80, 200, 25))
        rows.append(
            person(
                f"a:{number:04d}",
                given="BDFGKLMNPR"[given % 10] + ("erta", "olfo")[given // 10],
                family="BDFGKLMNPR"[family % 10] + "aeiouyäö"[family // 10] + "mer",
                born=f"{1950 + born // 4}-{3 * (born % 4) + 1:02d}-{7 + born % 20:02d}",
                postcode=f"{10_000 + 2_111 * place}",
            )
        )
    weights = documented(base(*rows).kinds["person"]).weights
    found = {name: weights[name][-1].unrelated for name in ("given", "family", "birth_date")}
    assert found == pytest.approx({"given": 1 / 20, "family": 1 / 80, "birth_date": 1 / 200}, rel=0.15)
    place = sum(level.unrelated for level in weights["address"][1:3])
    assert place == pytest.approx(1 / 25, rel=0.15)


def test_a_rare_name_is_worth_more_than_a_common_one() -> None:
    """The weight of agreeing on a value falls with the number of its carriers."""
    rows = [
        person(f"a:{i:04d}", given="Anna" if i % 4 else f"Rara{i:04d}", family=f"F{i:04d}")
        for i in range(400)
    ]
    rows += [person("b:1", given="Anna", family="F0001"), person("b:2", given="Rara0000", family="F0000")]
    pairs = match(base(*rows), settings=Settings(review_bits=-40.0)).pairs.to_pylist()
    weight = {(p["left"], p["right"]): p["millibits"] for p in pairs}
    assert weight["a:0000", "b:2"] > weight["a:0001", "b:1"]


def test_pairs_for_chance_are_chosen_by_id_alone() -> None:
    """The pairs that measure chance agreement do not depend on the order of the rows."""
    rows = town(60)

    def chosen(features_of: list[dict[str, object]]) -> tuple[Ints, Ints]:
        return hashed_pairs(base(*features_of).kinds["person"])

    one, two = chosen(rows), chosen(rows[::-1])
    assert np.array_equal(one[0], two[0])
    assert np.array_equal(one[1], two[1])


def test_a_trained_model_says_what_it_learnt_from() -> None:
    """The model names the pairs and classes it was learnt from, and reads back from its JSON."""
    model = train(base(*town(300)))
    fitted = model.kinds["person"].fitted
    assert fitted.learnt
    assert fitted.same > 100
    assert fitted.household > 100
    assert Model.from_json(model.to_json()) == model


def test_a_model_for_other_comparisons_is_refused() -> None:
    """A model of another kernel version is not read."""
    text = train(base(person("a:1"), person("a:2"))).to_json()
    with pytest.raises(ValueError, match="train a new one"):
        Model.from_json(text.replace(f'"kernel_version": {KERNEL_VERSION}', '"kernel_version": 0'))


def test_lines_follow_from_the_costs() -> None:
    """Merge where the odds exceed the cost of a wrong merge, ask where a look is worth it."""
    merge, review = Settings(costs=Costs(wrong_merge=8.0, missed_merge=1.0, review=0.2)).lines()
    assert merge == pytest.approx(3.0)
    assert review == pytest.approx(-2.0)


def test_a_project_overrides_the_lines() -> None:
    """A line of the project stands in place of the costs."""
    assert Settings(merge_bits=5.0, review_bits=1.0).lines() == (5.0, 1.0)


def test_a_disagreement_on_who_it_is_keeps_its_worth() -> None:
    """However often pairs of one customer seem to differ in birth date, the difference speaks against."""
    birth = next(c for c in COMPARISONS["person"] if c.name == "birth_date")
    plain = documented_shares(birth)
    drifted = plain.copy()
    drifted[0] = [0.5, 0.1, 0.1, 0.1, 0.2]
    kept = guarded(birth, drifted, documented=plain)
    assert kept[0, 0] == pytest.approx(2 * birth.levels[0].same)
    assert kept[0].sum() == pytest.approx(1.0)


def test_what_homes_share_tells_one_customer_no_better_than_documented() -> None:
    """Where few homes are seen to share a mailbox, its agreement still counts as one that homes may share."""
    email = next(c for c in COMPARISONS["person"] if c.name == "email")
    plain = documented_shares(email)
    drifted = plain.copy()
    drifted[1] = [0.994, 0.001, 0.001, 0.001, 0.001, 0.001, 0.001]
    kept = guarded(email, drifted, documented=plain)
    assert kept[1, 5] / kept[0, 5] == pytest.approx(plain[1, 5] / plain[0, 5], rel=0.02)


ODD_FILES = [
    pytest.param([{"given": "Ann", "family": "Dorn"}] * 60, id="all values equal"),
    pytest.param([{"family": f"Test {i}", "born": f"1970-01-{1 + i % 28:02}"} for i in range(90)], id="days"),
    pytest.param([{"given": "Ann", "born": f"19{i % 90 + 10}-05-17"} for i in range(90)], id="years"),
    pytest.param([{"given": chr(65 + i % 26), "family": "Dorn"} for i in range(90)], id="initials"),
    pytest.param([{"family": f"Dorn {i}", "vat": f"DE12345{i:02}"} for i in range(90)], id="running numbers"),
]


@pytest.mark.parametrize("rows", ODD_FILES)
def test_the_model_of_an_odd_file_can_be_stored_and_read(rows: list[dict[str, str]]) -> None:
    """However often values agree by chance, no share of a level is more than all."""
    held = base(*(person(f"a:{i:03}", **row) for i, row in enumerate(rows)))
    model = train(held)
    assert Model.from_json(model.to_json()) == model
