"""What is said of one column: type, patterns, ways of writing, and what is suspicious."""

from pathlib import Path

import pytest

from crm_unify.normalise.columns import strings
from pipelines.profile.encodings import misread
from pipelines.profile.patterns import exact_patterns, word_patterns
from tests.pipelines.profile.profiling import column, suspicion


@pytest.mark.parametrize(
    ("values", "name"),
    [
        pytest.param(["1", "22", "-3"], "integer", id="whole numbers"),
        pytest.param(["01067", "10115", "99999"], "digits", id="leading zeros make a code of a number"),
        pytest.param(["1,50", "2", "1.234,00"], "decimal", id="decimal commas"),
        pytest.param(["EUR 5.00", "€ 7,50", "12 USD"], "money", id="amounts with currency"),
        pytest.param(["2001-02-03", "03.02.2001"], "date", id="dates in two forms"),
        pytest.param(["20010203", "19991231"], "date", id="dates of eight digits"),
        pytest.param(["10203040", "99887766"], "integer", id="eight digits that are no days"),
        pytest.param(["2001-02-03 10:00:01", "2001-02-04 11:30:00"], "date-time", id="with a time of day"),
        pytest.param(["2001-02-03 00:00:00", "2001-02-04 00:00:00"], "date", id="at midnight only"),
        pytest.param(["a@b.example", "C.D@e-f.example"], "email", id="e-mail addresses"),
        pytest.param(["+49 30 1234567", "(030) 765-4321"], "phone", id="phone numbers"),
        pytest.param(["Y", "N", "y"], "boolean", id="yes and no"),
        pytest.param(["A-17", "B-18", "19"], "code", id="letters and digits"),
        pytest.param(["ATU14058874", "ATU16997757"], "code", id="letters before digits are no currency"),
        pytest.param(["Jon", "12", "a@b.example"], "text", id="of everything something"),
    ],
)
def test_a_type_is_told_by_the_shape_of_the_values(tmp_path: Path, values: list[str], name: str) -> None:
    """Four values of five must be of it; they stay text whatever it is."""
    assert column(tmp_path, "x", values).type.name == name


def test_patterns_keep_what_is_no_letter_or_digit() -> None:
    """Capitals, small letters and digits of any script; a letter without case is an x."""
    found = exact_patterns(strings(["Aa-99", "", "Jürgen 7", "Иван", "李雷", "a\x00b"]))
    assert found.to_pylist() == ["Aa-99", "", "Aaaaaa 9", "Aaaa", "xx", "a\x00a"]


def test_patterns_by_words_shorten_runs() -> None:
    """Each run is one; a run never goes on into the next value; a slice of an array is its own values."""
    patterns = strings(["Aaaa", "aaaa 999", "", "9999", "99-aa"])
    assert word_patterns(patterns.slice(1)).to_pylist() == ["a 9", "", "9", "9-a"]


def test_exact_patterns_are_counted_by_rows(tmp_path: Path) -> None:
    """With the least value of each."""
    found = column(tmp_path, "x", ["AB-1", "AB-1", "CD-2", "x"]).patterns
    assert [(one.text, one.rows, one.example) for one in found.top] == [("AA-9", 3, "AB-1"), ("a", 1, "x")]


def test_columns_of_many_patterns_are_told_by_words(tmp_path: Path) -> None:
    """Forty-one exact patterns of which none is frequent say nothing."""
    found = column(tmp_path, "x", ["a" * n + "-9" for n in range(1, 60)]).patterns
    assert (found.exact, found.distinct, found.top[0].text) == (False, 1, "a-9")


def test_proven_order_decides_dates_that_are_open(tmp_path: Path) -> None:
    """31/12 proves the day first, and nothing speaks against it."""
    found = column(tmp_path, "x", ["31/12/1999", "03/04/2001", "05/06/2002"])
    assert [(way.name, way.rows, way.strptime) for way in found.ways] == [("dd/mm/yyyy", 3, "%d/%m/%Y")]


def test_dates_of_both_orders_leave_the_others_ambiguous(tmp_path: Path) -> None:
    """Where both are proven nobody can tell 03/04 from 04/03; 05/05 is the same day in both."""
    found = column(tmp_path, "x", ["31/12/1999", "12/31/1999", "03/04/2001", "05/05/2001"])
    assert {way.name: way.rows for way in found.ways} == {
        "dd/mm/yyyy": 1, "mm/dd/yyyy": 1, "dd/mm/yyyy or mm/dd/yyyy": 2,
    }  # fmt: skip
    ambiguous = suspicion(found, "DATE-AMBIGUOUS")
    assert ambiguous is not None
    assert ambiguous.rows == 2


@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param("2031-01-01", "BIRTH-FUTURE", id="in the future"),
        pytest.param("1850-05-06", "BIRTH-OLD", id="older than anybody"),
        pytest.param("1900-01-01", "DATE-SENTINEL", id="the first day of a spreadsheet"),
        pytest.param("1999-02-31", "DATE-IMPOSSIBLE", id="no day of the calendar"),
        pytest.param("0000-00-00", "DATE-ZERO", id="zeros"),
        pytest.param("23051", "DATE-SERIAL", id="a day number of a spreadsheet"),
        pytest.param("unknown", "PLACEHOLDER", id="a word for nothing"),
        pytest.param("in spring", "OUTSIDE", id="no date"),
    ],
)
def test_birth_dates_that_are_none_are_told(tmp_path: Path, value: str, code: str) -> None:
    """Each under one code only, with the row it stands in as the file shows it."""
    days = [f"19{50 + i}-0{i % 9 + 1}-1{i % 8 + 1}" for i in range(40)]
    found = column(tmp_path, "date of birth", [value, *days])
    assert [(one.code, one.rows, one.examples[0].row) for one in found.suspicions] == [(code, 1, 2)]


def test_spans_leave_out_days_that_stand_for_no_date(tmp_path: Path) -> None:
    """9999-12-31 is not the last day of anything."""
    found = column(tmp_path, "until", ["2001-02-03", "2002-03-04", "9999-12-31"]).type
    assert (found.least, found.greatest) == ("2001-02-03", "2002-03-04")


def test_the_smallest_number_is_told_as_it_is_written(tmp_path: Path) -> None:
    """By value, not by text, and with its comma."""
    found = column(tmp_path, "x", ["10,50", "9,75", "-3,00", "1.000,00"]).type
    assert (found.least, found.greatest) == ("-3,00", "1.000,00")


def test_a_value_of_many_rows_among_single_ones_is_a_filler(tmp_path: Path) -> None:
    """A reception's number, or one somebody made up to get past the field."""
    numbers = [f"030 {1234567 + 13 * i}" for i in range(60)]
    found = suspicion(column(tmp_path, "phone", [*numbers, *["030 5550000"] * 25]), "FREQUENT")
    assert found is not None
    assert [(one.value, one.rows) for one in found.examples] == [("030 5550000", 25)]


def test_a_frequent_name_is_no_filler(tmp_path: Path) -> None:
    """Where values repeat anyway one may be the most frequent."""
    names = [name for i in range(30) for name in [f"Name {chr(65 + i % 26)}"] * 3]
    assert suspicion(column(tmp_path, "name", [*names, *["Name Q"] * 60]), "FREQUENT") is None


def test_texts_that_end_at_one_length_were_cut(tmp_path: Path) -> None:
    """Many different ones of exactly thirty characters, few of twenty-nine."""
    short = ["Sample Street " + "x" * (i % 14) + str(i) for i in range(60)]
    cut = [f"{i:02d} very long name of a street of a town"[:30] for i in range(12)]
    found = suspicion(column(tmp_path, "street", short + cut), "CUT-OFF")
    assert found is not None
    assert (found.rows, found.examples[0].length) == (12, 30)


@pytest.mark.parametrize(
    ("right", "was", "read_as"),
    [
        pytest.param("Müller", "utf-8", "cp1252", id="UTF-8 read as Windows"),
        pytest.param("Grüße", "utf-8", "latin-1", id="UTF-8 read as Latin-1"),
        pytest.param("Kölner Straße", "utf-8", "cp850", id="UTF-8 read as DOS"),
        pytest.param("Jörgen", "cp850", "cp1252", id="DOS read as Windows"),
        pytest.param("Béla Kün", "cp850", "latin-1", id="DOS read as Latin-1"),
    ],
)
def test_the_likely_right_text_and_encoding_are_told(right: str, was: str, read_as: str) -> None:
    """For text that went through one wrong encoding."""
    found = misread(right.encode(was).decode(read_as))
    assert found is not None
    assert (found.right, found.was.lower()) == (right, was)


def test_right_text_is_left_alone() -> None:
    """Umlauts, quotation marks around words and other scripts are no mistake."""
    for text in ("Müller", "„Zum Löwen“", "Иван", "O’Neil", "Ångström"):
        assert misread(text) is None


def test_mojibake_of_a_column_names_the_right_text(tmp_path: Path) -> None:
    """With what it was and what it was read as."""
    found = suspicion(column(tmp_path, "city", ["Köln", "KÃ¶ln", "Bonn"]), "MOJIBAKE")
    assert found is not None
    assert (found.rows, found.likely, found.sentence) == (1, "Köln", "hold UTF-8 that was read as cp1252")


def test_ways_of_writing_phone_numbers_add_up(tmp_path: Path) -> None:
    """With calling code, without, and digits alone."""
    values = ["+49 30 1234567", "0049 30 1234567", "030 / 1234567", "0301234567", "(030) 123-4567"]
    ways = column(tmp_path, "phone", values).ways
    assert {way.name: way.rows for way in ways} == {
        "+ and calling code": 1, "00 and calling code": 1, "digits alone": 1, "without calling code": 2,
    }  # fmt: skip


def test_letters_of_two_alphabets_in_one_word_are_told(tmp_path: Path) -> None:
    """A Cyrillic capital before Latin letters; two words in two scripts are nothing to tell."""
    found = suspicion(column(tmp_path, "name", ["Иvan", "Ivan Иван", "李 Lei"]), "SCRIPTS")
    assert found is not None
    assert [one.value for one in found.examples] == ["Иvan"]
