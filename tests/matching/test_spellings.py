"""Keys of how names sound, are spelt and begin."""

import pyarrow as pa
import pytest

from matching.spellings import begun_by, pet_forms, sounds, spellings, stem_starts, undoubled


def names(*values: str) -> pa.StringArray:
    """A column of folded names."""
    return pa.array(values, pa.string())


@pytest.mark.parametrize(
    ("one", "two", "alike"),
    [
        pytest.param("MEYER", "MAIER", True, id="vowels"),
        pytest.param("YVONNE", "IVONNE", True, id="y for i"),
        pytest.param("VAN DER BERG", "BERG", True, id="particles do not sound"),
        pytest.param("VAN", "VON", True, id="a particle alone does"),
        pytest.param("MEYER", "BERG", False, id="two names"),
        pytest.param("YI", "HI", False, id="without a sound it is the name itself"),
    ],
)
def test_names_that_sound_alike_have_one_key(one: str, two: str, alike: bool) -> None:
    """Word by word, run together."""
    first, second = sounds(names(one, two)).to_pylist()
    assert (first == second) is alike


@pytest.mark.parametrize(
    ("one", "two", "alike"),
    [
        pytest.param("PHILIP", "FILIP", True, id="ph and f"),
        pytest.param("KATHRIN", "KATRIN", True, id="an h"),
        pytest.param("SONJA", "SONIE", True, id="j and i, another vowel at the end"),
        pytest.param("OTTO", "OTO", True, id="doubled letters"),
        pytest.param("AE", "IE", False, id="vowels alone stay"),
        pytest.param("LENA", "LEA", False, id="two names"),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, two: str, alike: bool) -> None:
    """Letters that are written either way count as one."""
    first, second = spellings(names(one, two)).to_pylist()
    assert (first == second) is alike


def test_doubled_letters_are_made_single_in_any_script() -> None:
    """Within a name, never across two; slices and empty columns too."""
    column = names("ANNA", "AABBA", "", "ÅÅSE", "E", "EE")
    assert undoubled(column).to_pylist() == ["ANA", "ABA", "", "ÅSE", "E", "E"]
    assert undoubled(column.slice(1, 2)).to_pylist() == ["ABA", ""]
    assert undoubled(column.slice(0, 0)).to_pylist() == []


def test_a_name_may_begin_as_another_or_as_its_pet_form() -> None:
    """Three letters at least; a pet ending does not count."""
    short, long = names("MAX", "DORLE", "AL", "MAX"), names("MAXIMILIAN", "DOROTHEA", "ALEXANDER", "MORITZ")
    assert pet_forms(short, long).tolist() == [True, True, False, False]
    assert begun_by(long, short).tolist() == [True, False, True, False]


def test_pet_forms_share_how_their_stems_begin() -> None:
    """So that few pairs are asked."""
    code = stem_starts(names("MAX", "MAXIMILIAN", "MORITZ"))
    assert code[0] == code[1] != code[2]
