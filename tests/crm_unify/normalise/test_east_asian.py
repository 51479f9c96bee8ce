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
        pytest.param("伊藤裕太", "伊藤", "裕太", id="Japanese without a space"),
        pytest.param("田中健", "田中", "健", id="Japanese, three signs"),
        pytest.param("佐々木健", "佐々木", "健", id="a family name of three signs"),
        pytest.param("五十嵐健", "五十嵐", "健", id="three signs that begin like a family name of two"),
        pytest.param("久保田健", "久保田", "健", id="久保 is a family name, too"),
        pytest.param("佐久間さくら", "佐久間", "さくら", id="three signs before kana"),
        pytest.param("綾小路みほ", "綾小路", "みほ", id="three unlisted signs before kana"),
        pytest.param("山田くみ子", "山田", "くみ子", id="kana in the given name"),
        pytest.param("신호영", "신", "호영", id="Korean"),
        pytest.param("남궁민수", "남궁", "민수", id="Korean, a family name of two"),
    ],
)
def test_the_family_name_comes_first_whatever_the_order_of_the_column(
    raw: str, family: str, given: str, order: str
) -> None:
    """Without a space, a column of names in Latin letters says nothing of those in these scripts."""
    found = one(lambda values: split_names(values, order=order), raw)  # type: ignore[arg-type]  # a text
    assert (found["family_name"], found["given_name"]) == (family, given)


@pytest.mark.parametrize(
    ("raw", "order", "family", "given"),
    [
        pytest.param("伊藤\u3000裕太", "auto", "伊藤", "裕太", id="Japanese with a wide space"),
        pytest.param("伊藤\u3000裕太", "family_first", "伊藤", "裕太", id="the same, said to be so"),
        pytest.param("娟丽 吴", "given_first", "吴", "娟丽", id="Chinese, turned round by an export"),
        pytest.param("호영 신", "given_first", "신", "호영", id="Korean, turned round"),
        pytest.param("ジョン スミス", "auto", "スミス", "ジョン", id="a foreigner in katakana"),
        pytest.param("タナカ ケン", "family_first", "タナカ", "ケン", id="a column of readings"),
    ],
)
def test_with_a_space_a_declared_order_holds(raw: str, order: str, family: str, given: str) -> None:
    """Where nothing is declared the family name comes first, but of names in katakana nobody knows."""
    found = one(lambda values: split_names(values, order=order), raw)  # type: ignore[arg-type]  # a text
    assert (found["family_name"], found["given_name"]) == (family, given)


@pytest.mark.parametrize(
    ("raw", "family", "given", "title"),
    [
        pytest.param("王伟 先生", "王", "伟", "先生", id="Chinese"),
        pytest.param("王先生", "王", None, "先生", id="without a given name"),
        pytest.param("田中様", "田中", None, "様", id="Japanese"),
        pytest.param("田中 健 様", "田中", "健", "様", id="three words"),
        pytest.param("신호영씨", "신", "호영", "씨", id="Korean"),
        pytest.param("신 호영 님", "신", "호영", "님", id="Korean with spaces"),
        pytest.param("김하님", "김", "하님", None, id="a given name that ends so"),
    ],
)
def test_what_is_said_behind_a_name_is_no_part_of_it(
    raw: str, family: str, given: str | None, title: str | None
) -> None:
    """Mr and Mrs stand behind names in these scripts."""
    found = one(lambda values: split_names(values, order="auto"), raw)
    assert (found["family_name"], found["given_name"], found["prefix"]) == (family, given, title)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("株式会社東京商事", id="a firm"),
        pytest.param("李", id="one sign"),
        pytest.param("田中", id="a family name alone"),
        pytest.param("남궁", id="a Korean one alone"),
        pytest.param("鶴岡健", id="Japanese, of a family that is in no list"),
        pytest.param("鶴岡健一", id="the same with two signs behind"),
        pytest.param("石塚健", id="石, Chinese, or 石塚, Japanese"),
        pytest.param("一ノ木健", id="kana within a family name"),
        pytest.param("선우진", id="선 or 선우"),
        pytest.param("뢰브그렌", id="no Korean family name"),
    ],
)
def test_what_is_no_name_of_two_parts_stays_whole(raw: str) -> None:
    """A firm's name is longer, a single sign is the family name; what nobody can tell is not cut."""
    assert one(lambda values: split_names(values, order="auto"), raw)["family_name"] == raw
