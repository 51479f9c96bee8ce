"""Explanations add up, and say what was seen."""

from dataclasses import replace

import networkx as nx
import pytest

from matching.engine import match
from matching.explain import Explainer, explain
from matching.explain_cluster import held_together, ties_between
from matching.explanation import CLASS_WORDS
from matching.features import Features
from matching.rules import RULES
from tests.matching.people import base, firm, person, town


@pytest.fixture(scope="module")
def records() -> Features:
    """A town, and a firm in it."""
    return base(*town(200), firm("crm:firm", name="Nordlicht GmbH"))


def test_the_parts_of_an_explanation_add_up_to_the_weight(records: Features) -> None:
    """Prior, fields and correction of every pair listed sum to its millibits."""
    matched = match(records)
    for pair in matched.pairs.slice(0, 6).to_pylist():
        found = explain(records, matched.model, pair["right"], pair["left"])
        assert found.millibits == pair["millibits"]
        assert found.prior + sum(f.millibits for f in found.fields) + found.correction == found.millibits


def test_an_explanation_has_a_sentence_for_each_field() -> None:
    """The sentence shows what was compared; a missing field says that there is nothing to compare."""
    held = base(
        person("a:1", given="Ann", family="Dorn"),
        person("b:1", given="Ann", family="Lang", born="1960-04-17"),
    )
    found = explain(held, match(held).model, "b:1", "a:1")
    said = {field.comparison: field.sentence for field in found.fields}
    assert said["given"] == "the same given name: ANN"
    assert said["family"] == "different family names: DORN / LANG"
    assert said["birth_date"] == "nothing to compare"
    assert str(found).startswith("a:1 and b:1: ")


def test_an_explanation_names_the_rules_that_propose_the_pair() -> None:
    """Two records with a phone number in common are proposed by it; strangers by no rule."""
    number = "+12025550143"
    held = base(
        person("a:1", given="Ann", phone=number),
        person("b:1", given="Bob", phone=number),
        person("c:1", given="Otto"),
    )
    model = match(held).model
    assert "same phone number" in explain(held, model, "a:1", "b:1").rules
    assert explain(held, model, "a:1", "c:1").rules == ()


def test_a_record_that_is_not_there_is_named(records: Features) -> None:
    """An unknown record id is refused with its name."""
    model = match(records).model
    with pytest.raises(KeyError, match="nobody"):
        explain(records, model, "nobody", "crm:00001-0")


def test_a_person_and_an_organisation_are_never_one(records: Features) -> None:
    """Asking for a pair across kinds says why there is no answer."""
    model = match(records).model
    with pytest.raises(ValueError, match="never one customer"):
        explain(records, model, "crm:firm", "crm:00001-0")


def twins() -> Features:
    """Two who share everything but their given name and birth date, among other people."""
    shared = {"family": "Brandt", "street": "Lindenweg 9", "postcode": "10115", "city": "Berlin"}
    shared |= {"phone": "+493023111222", "email": "brandt@post.example"}
    twin = [
        person("crm:a", given="Clara", born="1990-05-17", **shared),
        person("crm:b", given="Edith", born="1990-05-17", **shared),
    ]
    return base(*town(60), *twin)


def test_a_contradiction_is_named_and_lowers_the_band_alone() -> None:
    """Twins keep the weight that their fields add up to, but for their given names a person is asked."""
    held = twins()
    found = explain(held, match(held).model, "crm:a", "crm:b")
    assert found.contradiction is not None
    assert found.contradiction.fields == ("given",)
    assert "different given names: CLARA / EDITH" in found.contradiction.sentence
    assert found.band != "merge"
    assert sum(step.millibits for step in found.steps) == found.millibits


def test_the_waterfall_adds_up_for_every_pair_of_a_town(records: Features) -> None:
    """Whatever the pair, its steps sum to its weight and its classes are told in words."""
    explainer = Explainer(records, match(records).model)
    ids = explainer.held("person").record_ids.to_pylist()[:8]
    for found in (explainer.pair(a, b) for a in ids for b in ids if a < b):
        assert sum(step.millibits for step in found.steps) == found.millibits
        assert found.likeliest_words in CLASS_WORDS["person"].values()


def test_a_rule_proposes_only_pairs_that_share_its_keys(records: Features) -> None:
    """Each rule proposes a pair, or names a key that is missing or different, or a block too large."""
    explainer = Explainer(records, match(records).model)
    ids = explainer.held("person").record_ids.to_pylist()[:12]
    for found in (explainer.pair(a, b) for a in ids for b in ids if a < b):
        assert len(found.rules) + len(found.silent) == len(RULES["person"])
        for rule in found.silent:
            assert rule.missing or rule.differing or "records share it" in rule.sentence


def test_silent_rules_can_be_left_out(records: Features) -> None:
    """Nothing else of the explanation changes."""
    matched = match(records)
    explainer, pair = Explainer(records, matched.model), matched.pairs.slice(0, 1).to_pylist()[0]
    whole = explainer.pair(pair["left"], pair["right"])
    assert explainer.pair(pair["left"], pair["right"], silent_rules=False) == replace(whole, silent=())


def test_the_weakest_link_is_the_one_a_maximum_spanning_tree_has_least_of(records: Features) -> None:
    """As networkx finds it; cutting it leaves two parts that make up the whole."""
    explainer = Explainer(records, match(records).model)
    ids = explainer.held("person").record_ids.to_pylist()[:9]
    held = held_together(explainer, ids)
    graph = nx.Graph()
    graph.add_weighted_edges_from((t.left, t.right, t.millibits) for t in ties_between(explainer, ids, ids))
    tree = nx.maximum_spanning_tree(graph).edges(data="weight")
    assert sorted(t.millibits for t in held.ties) == sorted(weight for _, _, weight in tree)
    assert sorted([*held.parts[0], *held.parts[1]]) == ids
    assert held.weakest == held.ties[0]
