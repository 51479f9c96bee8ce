"""Matching, end to end, on invented people."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from matching.engine import Matched, match
from matching.evaluation import evaluate
from matching.features import features
from matching.model import Model
from matching.settings import Settings
from tests.matching.people import FAMILY, GIVEN, base, clusters, firm, person, records_and_claims, town

ANN = {"given": "Ann", "family": "Weatherby", "city": "Leeds", "street": "4 Mill Lane", "postcode": "LS1 4DY"}


@pytest.fixture(scope="module")
def matched() -> Matched:
    """A town of 400 people, matched."""
    return match(base(*town(400)))


def same(one: dict[str, object], two: dict[str, object]) -> bool:
    """Whether two records become one customer, in a project of these two and a few strangers."""
    strangers = [
        person(f"x:{i}", given=g, family=f) for i, (g, f) in enumerate([("Otto", "Pohl"), ("Eva", "Lang")])
    ]
    found = clusters(match(base(person("a:1", **one), person("b:1", **two), *strangers)))
    return found["a:1"] == found["b:1"]


def test_every_record_is_in_exactly_one_cluster(matched: Matched) -> None:
    """The membership lists each record once, ascending."""
    ids = matched.membership["record_id"].to_pylist()
    assert ids == sorted(row["record_id"] for row in town(400))


def test_a_cluster_is_named_by_its_least_record(matched: Matched) -> None:
    """The name of a cluster is the least of its record ids."""
    least = matched.membership.group_by("cluster").aggregate([("record_id", "min")])
    assert least["cluster"].to_pylist() == least["record_id_min"].to_pylist()


def test_a_town_is_matched_without_merging_its_families(matched: Matched) -> None:
    """Duplicates are found, and the two people of a home stay two."""
    ids = matched.membership["record_id"]
    truth = pa.table(
        {"record_id": ids, "true_customer": pc.utf8_slice_codeunits(pc.utf8_ltrim(ids, "crmshop:"), 0, 5)}
    )
    found = evaluate(matched.membership, truth)
    assert found.pairwise.precision == 1.0
    assert found.pairwise.recall > 0.97


def test_pairs_of_a_home_are_of_the_class_household(matched: Matched) -> None:
    """Two people of one home are listed as a household and kept apart."""
    homes = matched.pairs.filter(pc.equal(matched.pairs["class"], "household"))
    assert homes.num_rows > 100
    assert "merge" not in homes["band"].to_pylist()


def test_weights_are_whole_millibits(matched: Matched) -> None:
    """Match weights are integers, levels one byte, ids in order."""
    assert matched.pairs.schema.field("millibits").type == pa.int64()
    assert matched.pairs.schema.field("level_given").type == pa.int8()
    assert all(pc.less(matched.pairs["left"], matched.pairs["right"]).to_pylist())


def test_shuffled_rows_change_nothing(matched: Matched) -> None:
    """The order of records and claims has no influence on pairs, membership or model."""
    records, claims = records_and_claims(*town(400))
    chance = np.random.default_rng(1)

    def shuffled(table: pa.Table) -> pa.Table:
        return table.take(chance.permutation(table.num_rows))

    again = match(features(shuffled(records), {kind: shuffled(table) for kind, table in claims.items()}))
    assert again.membership == matched.membership
    assert again.pairs == matched.pairs
    assert again.model == matched.model


def test_the_number_of_threads_changes_nothing(matched: Matched, monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread or two, small batches or large: the same pairs and clusters."""
    monkeypatch.setattr("matching.pairs.BATCH", 97)
    for threads in (1, 2):
        again = match(base(*town(400)), settings=Settings(threads=threads))
        assert again.pairs == matched.pairs
        assert again.membership == matched.membership


def test_the_order_of_columns_changes_nothing(matched: Matched) -> None:
    """Claim tables with their columns the other way round give the same pairs and clusters."""
    records, claims = records_and_claims(*town(400))
    turned = {kind: table.select(table.column_names[::-1]) for kind, table in claims.items()}
    again = match(features(records.select(records.column_names[::-1]), turned))
    assert (again.pairs, again.membership) == (matched.pairs, matched.membership)


def test_strangers_change_nobody_s_cluster_under_one_model(matched: Matched) -> None:
    """Ten records that have nothing to do with anybody: all others stay where the same model put them."""
    new = [person(f"z:{i}", given=f"Qx{i}", family=f"Zw{i}ubn", phone=f"+9990000{i}0{i}") for i in range(10)]
    again = clusters(match(base(*town(400), *new), model=matched.model))
    assert {record: again[record] for record in clusters(matched)} == clusters(matched)


def test_a_model_learnt_from_half_the_pairs_is_near_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs chosen by a hash of the record ids teach much the same of given names, under the same priors."""
    whole = match(base(*town(1200))).model.kinds["person"]
    monkeypatch.setattr("matching.training.LESSONS", whole.fitted.pairs - 1)
    part = match(base(*town(1200))).model.kinds["person"]
    assert whole.fitted.pairs * 0.4 < part.fitted.pairs < whole.fitted.pairs * 0.6
    assert part.prior_same == pytest.approx(whole.prior_same, rel=0.15)
    assert part.weights["given"][-1].same == pytest.approx(whole.weights["given"][-1].same, abs=0.05)


def test_a_stored_model_scores_as_it_did(matched: Matched) -> None:
    """Matching again with the model read back from its JSON gives the same pairs."""
    stored = Model.from_json(matched.model.to_json())
    again = match(base(*town(400)), model=stored)
    assert again.pairs == matched.pairs
    assert again.model.to_json() == matched.model.to_json()


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        pytest.param(ANN, ANN, True, id="same name at the same address"),
        pytest.param(ANN, {**ANN, "given": "Bob"}, False, id="brother and sister"),
        pytest.param(
            {**ANN, "email": "weatherby@post.example"},
            {**ANN, "given": "Bob", "email": "weatherby@post.example"},
            False,
            id="a couple with one mailbox",
        ),
        pytest.param(
            {"given": "Ann", "family": "Weatherby", "city": "Leeds"},
            {"given": "Ann", "family": "Weatherby", "city": "Bristol"},
            False,
            id="namesakes in two cities",
        ),
        pytest.param(
            {"given": "Ann", "family": "Weatherby", "born": "1960-04-17"},
            {"given": "Ann", "family": "Weatherby", "born": "1981-11-02"},
            False,
            id="namesakes of different age",
        ),
        pytest.param(
            {**ANN, "born": "1960-04-17"},
            {"given": "Ann", "family": "Weatherby", "born": "1960-04-17", "city": "York"},
            True,
            id="somebody who moved",
        ),
        pytest.param(
            {**ANN, "suffix": "Jr"},
            {**ANN, "suffix": "Sr"},
            False,
            id="father and son of one name",
        ),
        pytest.param(
            {"given": "William", "family": "Weatherby", "phone": "+12025550143"},
            {"given": "Bill", "family": "Weatherby", "phone": "+12025550143"},
            True,
            id="nickname and number",
        ),
        pytest.param(
            {"given": "Erna", "family": "Pohlmann", "birth_name": "Weatherby", "born": "1960-04-17"},
            {"given": "Erna", "family": "Weatherby", "born": "1960-04-17"},
            True,
            id="maiden name and birth date",
        ),
        pytest.param(
            {"given": "Erna", "family": "Pohlmann", "born": "1960-04-17", "email": "erna.p@post.example"},
            {"given": "Erna", "family": "Weatherby", "born": "1960-04-17", "email": "erna.p@post.example"},
            True,
            id="other surname, same birth date and mailbox",
        ),
        pytest.param(
            {**ANN, "given": "Christian"},
            {**ANN, "given": "Christiane"},
            False,
            id="man's and woman's form",
        ),
    ],
)
def test_few_records_are_judged_by_the_documented_weights(
    one: dict[str, object], two: dict[str, object], expected: bool
) -> None:
    """A handful of records teaches nothing; the documented weights decide what anybody would."""
    assert same(one, two) is expected


def test_few_records_say_that_nothing_was_learnt() -> None:
    """The model of a handful of records names the documented weights."""
    found = match(base(person("a:1", **ANN), person("b:1", **ANN)))
    fitted = found.model.kinds["person"].fitted
    assert not fitted.learnt
    assert "documented weights" in fitted.reason


def test_companies_that_share_a_phone_stay_apart() -> None:
    """Two firms at one address and switchboard are two customers."""
    site = {"phone": "+493023125100", "street": "Ring 1", "postcode": "10115", "city": "Berlin"}
    found = clusters(
        match(base(firm("a:1", name="Nordlicht GmbH", **site), firm("b:1", name="Kabelwerk AG", **site)))
    )
    assert found["a:1"] != found["b:1"]


def test_legal_form_and_spelling_do_not_split_a_company() -> None:
    """Nordlicht GmbH and NORDLICHT at one address are one customer."""
    site = {"street": "Ring 1", "postcode": "10115", "city": "Berlin"}
    rows = (firm("a:1", name="Nordlicht Handels GmbH", **site), firm("b:1", name="NORDLICHT HANDELS", **site))
    assert len(set(clusters(match(base(*rows))).values())) == 1


def test_a_person_never_merges_with_an_organisation() -> None:
    """Kinds are matched apart, whatever they share."""
    rows = (
        person("a:1", given="Ada", family="Falk", phone="+493023125100"),
        firm("b:1", name="Ada Falk", phone="+493023125100"),
    )
    assert len(set(clusters(match(base(*rows))).values())) == 2


@pytest.mark.parametrize(
    ("verdict", "together"),
    [
        pytest.param("same", True, id="same"),
        pytest.param("different", False, id="different"),
        pytest.param("unsure", False, id="unsure"),
    ],
)
def test_verdicts_hold_against_the_weights(verdict: str, together: bool) -> None:
    """SAME joins strangers, DIFFERENT and UNSURE part twins."""
    other = {"given": "Otto", "family": "Pohl"} if verdict == "same" else ANN
    decisions = pa.table({"left": ["b:1"], "right": ["a:1"], "verdict": [verdict]})
    found = clusters(match(base(person("a:1", **ANN), person("b:1", **other)), decisions=decisions))
    assert (found["a:1"] == found["b:1"]) is together


@pytest.mark.parametrize("count", [pytest.param(n, id=f"{n} records") for n in (0, 1, 2)])
def test_next_to_nothing_is_matched_too(count: int) -> None:
    """No record, one or two nameless ones: every record its own customer."""
    found = match(base(*(person(f"a:{i}") for i in range(count))))
    assert found.membership["cluster"].to_pylist() == [f"a:{i}" for i in range(count)]


def test_one_name_a_thousand_times_ends_in_bounded_time() -> None:
    """A block that no key can refine is paired with its neighbours only, and says so."""
    found = match(base(*(person(f"a:{i:05d}", given="Ann", family="Weatherby") for i in range(1000))))
    rules = found.report[0].rules
    assert sum(rule.windowed for rule in rules) > 0
    assert found.report[0].candidates < 20_000


def test_records_alike_in_everything_end_in_bounded_time() -> None:
    """All values equal: keys that do not divide a block are not tried in every combination."""
    alike = {"given": "Ann", "family": "Weatherby", "born": "1980-05-17", "email": "ann@weatherby.example"}
    found = match(base(*(person(f"a:{i:05}", **alike, city="Leeds", postcode="LS1") for i in range(3000))))
    assert len(found.membership) == 3000
    assert found.report[0].candidates < 3000 * 8 * 3


def test_duplicate_record_ids_are_refused() -> None:
    """A record id that stands twice is named."""
    with pytest.raises(ValueError, match="a:1"):
        base(person("a:1"), person("a:1"))


def test_a_verdict_holds_in_a_component_too_large_to_compare_all() -> None:
    """Two hundred and thirty rows of one person, and somebody a person says is the same: one cluster."""
    alike = {"given": "Ann", "family": "Dorn", "email": "ann@post.example", "born": "1960-04-17"}
    rows = [person(f"a:{i:04d}", **alike) for i in range(230)]
    other = person("z:1", given="Xaver", family="Quint", born="1999-01-01")
    said = pa.table({"left": ["a:0005"], "right": ["z:1"], "verdict": ["same"]})
    found = clusters(match(base(*rows, other, *town(40)), decisions=said))
    assert {found[row["record_id"]] for row in (*rows, other)} == {"a:0000"}


def namesakes(pairs: int) -> list[dict[str, Any]]:
    """Two people of each name, with the mailbox a form made of it and nothing else in common."""
    rows = []
    for number in range(pairs):
        given, family = GIVEN[number % len(GIVEN)], FAMILY[number // len(GIVEN) % len(FAMILY)]
        for side in "ab":
            own = f"{number:03d}{'12'[side == 'b']}"
            rows.append(
                person(
                    f"{side}:{number:03d}",
                    given=given,
                    family=family,
                    email=f"{given}.{family}@mail.example".lower(),
                    phone=f"+4930{own}77",
                    street=f"Feldweg {own}",
                    postcode=f"1{own}",
                )
            )
    return rows


def test_a_mailbox_made_of_the_name_does_not_make_namesakes_one() -> None:
    """Where a form makes e-mail addresses of names, people who share nothing else stay apart."""
    rows = [*town(60), *namesakes(60)]
    found = clusters(match(base(*rows)))
    merged = [number for number in range(60) if found[f"a:{number:03d}"] == found[f"b:{number:03d}"]]
    assert merged == []
