"""One value of a file changed, and not a byte besides."""

import pytest

from crm_unify.rules.yaml_tree import parse_yaml
from crm_unify.steward.book.csv_edits import with_rows
from crm_unify.steward.book.yaml_edits import NoPlaceError, Setting, scalar, with_values

BEHIND = ("what", "why", "owner", "status")
BLOCK = """# the rules
rules:
  R-1:   # first
    what: "one: two"
    status: proposed   # ask Doris
    evidence: >
      some
      lines
  R-2: {what: x, status: draft}  # short
"""


def changed(text: str, path: str, value: str | None) -> str:
    """The text with one value set; keys of the path are joined with a blank."""
    return with_values(text, [Setting(tuple(path.split()), value, BEHIND)])


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        pytest.param("rules R-1 status", "approved", "status: proposed ", "status: approved ", id="plain"),
        pytest.param("rules R-1 what", '=1+1, "x" #', '"one: two"', '"=1+1, \\"x\\" #"', id="quoted"),
        pytest.param("rules R-1 evidence", "none", ">\n      some\n      lines\n", "none\n", id="folded"),
        pytest.param("rules R-2 status", "approved", "status: draft}", "status: approved}", id="in braces"),
        pytest.param(
            "rules R-2 owner", "a, b", "status: draft}", 'status: draft, owner: "a, b"}', id="new in braces"
        ),
        pytest.param(
            "rules R-1 owner", "sales", "# ask Doris\n", "# ask Doris\n    owner: sales\n", id="new"
        ),
        pytest.param("rules R-1 status", None, "status: proposed ", "status: null ", id="emptied"),
    ],
)
def test_only_the_value_changes(path: str, value: str | None, old: str, new: str) -> None:
    """Comments, quotes and order stay; the file says the new value and nothing else new."""
    made = changed(BLOCK, path, value)
    assert made == BLOCK.replace(old, new)
    rule = parse_yaml(made, shown="rules.yml").data["rules"][path.split()[1]]
    assert rule[path.split()[2]] == value


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("value", "new"),
    [
        pytest.param("none", "none  # agreed in May\n", id="by one line"),
        pytest.param("a\nb", "|-  # agreed in May\n    a\n    b\n", id="by several lines"),
        pytest.param(None, "null  # agreed in May\n", id="emptied"),
    ],
)
def test_the_comment_of_a_text_of_several_lines_stays(value: str | None, new: str, eol: str) -> None:
    """It stands behind the sign that begins the text, and is no part of the text."""
    old = ">-  # agreed in May\n    since # 3\n    we said so\n"
    text = f"rules:\n  why: {old}  # next\n  what: x\n".replace("\n", eol)
    assert changed(text, "rules why", value) == text.replace(old.replace("\n", eol), new.replace("\n", eol))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("rules:\n  why: &w because\n  what: *w\n", id="an anchor"),
        pytest.param("rules:\n  what: &w because\n  why: *w\n", id="what stands elsewhere"),
        pytest.param("rules:\n  why: {on: 1, # by Doris\n    where: x}\n", id="a comment in braces"),
        pytest.param("rules:\n  why: *w\n", id="an anchor that is not there"),
    ],
)
def test_what_stands_twice_or_holds_a_comment_is_not_replaced(text: str) -> None:
    """Another value would change, or words of somebody would go."""
    with pytest.raises(NoPlaceError):
        changed(text, "rules why", None)


def test_a_number_sign_in_a_value_is_no_comment() -> None:
    """Braces whose values hold one can go."""
    assert changed('r:\n  d: {on: 1, where: "x # y"}\n', "r d", None) == "r:\n  d: null\n"


def test_line_ends_of_the_file_stay() -> None:
    """A file with Windows line ends gets no other ones."""
    made = changed(BLOCK.replace("\n", "\r\n"), "rules R-1 owner", "sales")
    assert made.count("\n") == made.count("\r\n") == BLOCK.count("\n") + 1


def test_a_block_that_is_not_there_is_told() -> None:
    """A rule that the file lacks has no place for a value."""
    with pytest.raises(NoPlaceError):
        changed(BLOCK, "rules R-9 owner", "sales")


@pytest.mark.parametrize(
    "text", ["no", "null", "0017", "2026-13-40x", "a: b", "#x", "[x", "-", "ä ß (x)", "1e3", "~"]
)
def test_a_scalar_reads_as_the_text_it_was(text: str) -> None:
    """Whatever is written, in a block and between braces, is read as the same text."""
    data = parse_yaml(f"a: {scalar(text)}\nb: {{c: {scalar(text)}}}\n", shown="x").data
    assert (data["a"], data["b"]["c"]) == (text, text)


CODES = 'source_value,target_value,label,rows\r\n"01",net 30,"a, b",4\r\n02,"net 14",,2\r\n'


def test_a_cell_of_a_code_table_changes_alone() -> None:
    """Quotes of other cells, line ends and the other rows stay."""
    made = with_rows(CODES, {"02": {"label": 'say "x"'}}, {})
    assert made == CODES.replace('02,"net 14",,2', '02,"net 14","say ""x""",2')


def test_new_codes_are_appended_as_wide_as_the_header() -> None:
    """A file whose last line has no end gets one first."""
    made = with_rows(CODES.rstrip(), {}, {"07": {"target_value": "x,y", "label": None}})
    assert made == CODES + '07,"x,y",,\r\n'


def test_a_column_that_the_table_lacks_is_told() -> None:
    """A label for a table without labels."""
    with pytest.raises(KeyError, match="label"):
        with_rows("source_value,target_value\na,b\n", {"a": {"label": "x"}}, {})
