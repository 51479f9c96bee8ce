"""Code tables are checked before a row is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_unify.errors import ConfigurationError
from crm_unify.rules.code_tables import read_code_table
from crm_unify.rules.mistakes import each
from tests.pipelines.interpret.maps import out, rule_text

HEADER = "source_value,target_value,label,rows\n"


def table(folder: Path, data: str | bytes) -> Path:
    """A code table with this content."""
    file = folder / "codes.csv"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


def test_codes_are_trimmed_and_an_empty_target_means_nothing(tmp_path: Path) -> None:
    """Label and rows may be left out; blank lines are passed over; a byte order mark does no harm."""
    found = read_code_table(table(tmp_path, "\ufeffsource_value,target_value\n D , DE\n\n-,\n"), shown="x")
    assert found.mapping == {"D": "DE", "-": None}
    assert [code.line for code in found.codes] == [2, 4]


def test_a_code_that_is_not_explained_counts_as_missing(tmp_path: Path) -> None:
    """A question mark as target stands in the list for people, and means nothing to the program."""
    found = read_code_table(table(tmp_path, f"{HEADER}D,DE,Germany,3\nX9,?,,1\n"), shown="x")
    assert (found.mapping, len(found.codes)) == ({"D": "DE"}, 2)


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        pytest.param("", 1, "no column source_value, target_value", id="empty file"),
        pytest.param(
            "sorce_value,target_value\nD,DE\n", 1, "did you mean 'source_value'", id="misspelt column"
        ),
        pytest.param("source_value;target_value\nD;DE\n", 1, "unknown code table column", id="semicolons"),
        pytest.param(
            f"{HEADER}D,DE\nA,AT\nD,DK\n", 4, r"'D' stands twice \(first in line 2\)", id="code twice"
        ),
        pytest.param(
            f"{HEADER}D,DE,Germany,12,x\n", 2, "5 cells where the header has 4", id="unquoted comma"
        ),
        pytest.param(f"{HEADER}D\n", 2, "1 cells", id="short row"),
        pytest.param(f'{HEADER}"D,DE\n', 2, "broken CSV", id="quote left open"),
        pytest.param(f"{HEADER}D,".encode() + b"D\xc4N\n", 2, "not UTF-8", id="other encoding"),
        pytest.param(
            "source_value,source_value,target_value\n", 1, "stands twice in the header", id="column twice"
        ),
    ],
)
def test_a_mistake_in_a_code_table_is_told_with_its_line(
    tmp_path: Path, data: str | bytes, line: int, message: str
) -> None:
    """The first of them names the place."""
    with pytest.raises(ConfigurationError, match=message) as caught:
        read_code_table(table(tmp_path, data), shown="codes.csv")
    assert each(caught.value)[0].line == line


@pytest.mark.parametrize(
    ("case", "made"),
    [
        pytest.param("", ["DE", None, None], id="exact where nothing is said"),
        pytest.param(", case: ignore", ["DE", "DE", None], id="in any letter case"),
    ],
)
def test_letter_case_of_codes_counts_unless_the_table_says_otherwise(
    tmp_path: Path, case: str, made: list[str | None]
) -> None:
    """`d` is not `D`, but where the rule file says so."""
    (tmp_path / "c.csv").write_text("source_value,target_value\nD,DE\n")
    text = rule_text(
        "- {person: {full_name: {from: NAME}, language: {from: LAND, code_table: c}}}",
        rest=f"code_tables: {{c: {{file: c.csv{case}}}}}",
    )
    rows = [{"ID": str(i), "NAME": "Ada Park", "LAND": code} for i, code in enumerate(("D", "d", "x"))]
    found = out(text, *rows, folder=tmp_path)
    assert found.claims["person"]["language"].to_pylist() == made
