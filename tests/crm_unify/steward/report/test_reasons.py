"""What a scored pair has in common and what tells it apart, in words."""

from collections.abc import Mapping

import pyarrow as pa
import pytest

from crm_unify.steward.report.reasons import reasons
from matching.features import features
from matching.model import Model
from matching.policy import COMPARISONS, Costs
from matching.training import documented
from tests.factory import all_claims

SOMEBODY = pa.table({
    "record_id": ["a:1", "a:2"], "system": ["a", "a"], "entity": ["m", "m"],
    "kind": ["organisation", "person"],
    "created": pa.nulls(2, pa.string()), "updated": pa.nulls(2, pa.string()),
})
MODEL = Model(
    {kind: documented(held) for kind, held in features(SOMEBODY, all_claims()).kinds.items()},
    Costs(), merge_bits=3.3, review_bits=-3.2,
)


def pair(**levels: int) -> dict[str, object]:
    """A pair of persons with these levels; the highest of a comparison is written -2."""
    top = {c.name: len(c.levels) - 1 for c in COMPARISONS["person"]}
    return {"kind": "person"} | {
        f"level_{name}": top[name] if level == -2 else level for name, level in levels.items()
    }


def test_agreement_is_in_common_and_difference_apart() -> None:
    """The strongest comes first; no placeholder is left in a sentence."""
    shared, apart = reasons(pair(given=-2, family=-2, birth_date=0), MODEL)
    assert shared == ("the same family name", "the same given name")
    assert apart == ("different birth dates",)


@pytest.mark.parametrize(
    "levels",
    [
        pytest.param({"given": -1}, id="a field that one record lacks"),
        pytest.param({"source": 1}, id="the source system"),
        pytest.param({"gender": 1}, id="less than one bit"),
    ],
)
def test_what_says_nothing_is_not_said(levels: Mapping[str, int]) -> None:
    """It would only stand in the way of what does."""
    assert reasons(pair(**levels), MODEL) == ((), ())


def test_no_comparison_stands_on_both_sides() -> None:
    """A phone of a few people speaks against strangers more than it speaks for a mere household."""
    shared, apart = reasons(pair(phone=3, given=0), MODEL)
    assert shared == ("the same phone number, used by a few people",)
    assert apart == ("different given names",)
