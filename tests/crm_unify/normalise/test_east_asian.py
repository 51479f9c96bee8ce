"""Names in Chinese, Japanese and Korean script, and where their family name ends."""

import pytest

from crm_unify.normalise.names import split_names
from tests.crm_unify.normalise.cases import one


@pytest.mark.parametrize("order", ["auto", "given_first", "family_first"])
@pytest.mark.parametrize(
    ("raw", "family", "given"),
    [
        pytest.param("吴娟丽", "吴", "娟丽", id="Chinese"),
        pytest.param("王伟", "王", "伟", id="two signs"),
        pytest.param("欧阳娜娜", "欧阳", "娜娜", id="Chinese, a family name of two signs"),
        pytest.param("伊藤\u3000裕太", "伊藤", "裕太", id="Japanese with a wide space"),
        pytest.param("伊藤裕太", "伊藤", "裕太", id="Japanese without a space"),
        pytest.param("田中健", "田中", "健", id="Japanese, three signs"),
        pytest.param("佐々木健", "佐々木", "健", id="a family name of three signs"),
        pytest.param("山田くみ子", "山田", "くみ子", id="kana in the given name"),
        pytest.param("신호영", "신", "호영", id="Korean"),
        pytest.param("남궁민수", "남궁", "민수", id="Korean, a family name of two"),
    ],
)
def test_the_family_name_comes_first_whatever_the_order_of_the_column(
    raw: str, family: str, given: str, order: str
) -> None:
    """A column of names in Latin letters says nothing of those in these scripts."""
    found = one(lambda values: split_names(values, order=order), raw)  # type: ignore[arg-type]  # a text
    assert (found["family_name"], found["given_name"]) == (family, given)


@pytest.mark.parametrize("raw", ["株式会社東京商事", "李"])
def test_what_is_no_name_of_two_parts_stays_whole(raw: str) -> None:
    """A firm's name is longer, a single sign is the family name."""
    assert one(lambda values: split_names(values, order="auto"), raw)["family_name"] == raw
