"""The documentation is true: every command and script in it runs, and every error has its entry."""

import importlib
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from crm_unify import errors
from crm_unify.errors import CrmUnifyError
from crm_unify.normalise.problems import Problem
from pipelines.sources import interface
from tests.repository.markdown import Step, blocks, fits, pages, run_python, run_session, steps, words_alone

ROOT = Path(__file__).parent.parent.parent
LANGUAGES = {"console", "python", "sh", "text", "yaml", "csv", "json", "sql"}
GENERATED = re.compile(r"(?<=make golden: begin -->\n).*?(?=<!-- generated: end -->)", re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the fixtures and mappings of the checkout, free to write in."""
    left = shutil.ignore_patterns(".crm_unify", "crm.db*", "report.html", "export", "__pycache__")
    for name in ("fixtures", "mappings"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=left)
    return tmp_path


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages(ROOT)])
def test_what_a_page_shows_is_what_happens(page: Path, folder: Path) -> None:
    """Every console and python block of the page runs in order and prints what stands there."""
    for block in blocks(page):
        match block.language:
            case "console":
                run_session(block, folder)
            case "python":
                run_python(block, folder)


def test_no_block_escapes_by_its_language() -> None:
    """Each fenced block names one of the known languages, so none goes unchecked by a slip."""
    found = {(b.page.name, b.line, b.language) for page in pages(ROOT) for b in blocks(page)}
    assert {entry for entry in found if entry[2] not in LANGUAGES} == set()


def test_shell_blocks_hold_only_what_the_build_runs() -> None:
    """A command in a sh block is not run here, so it must be a line of the build script or a make target."""
    build = (ROOT / ".ci/run").read_text() + (ROOT / "Makefile").read_text()
    known = {line.strip() for line in build.splitlines()}
    known |= {f"make {target}" for target in re.findall(r"^([a-z]+):", build, re.MULTILINE)}
    shown = [block.text for page in pages(ROOT) for block in blocks(page) if block.language == "sh"]
    assert set("".join(shown).splitlines()) - known == set()


def test_a_session_is_read_as_commands_and_answers() -> None:
    """A command may go on after a backslash; what follows up to the next prompt is its answer."""
    session = "$ one \\\n  more\n1\n2\n$ two\n"
    assert steps(session) == [Step("one \\\n  more", "1\n2\n"), Step("two", "")]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        pytest.param("crm-unify run tour \\\n  --yes", ["run", "tour", "--yes"], id="the program alone"),
        pytest.param("crm-unify trace 'a b.xlsx!C & D!H6'", ["trace", "a b.xlsx!C & D!H6"], id="quoted"),
        pytest.param("crm-unify run tour > out", None, id="into a file"),
        pytest.param("echo word | crm-unify user add Ada", None, id="a pipe"),
        pytest.param("crm-unify dedupe *.csv", None, id="a pattern"),
        pytest.param("ls book", None, id="another program"),
    ],
)
def test_only_what_needs_a_shell_gets_one(command: str, words: list[str] | None) -> None:
    """A command that is `crm-unify` and its words is called without bash."""
    assert words_alone(command) == words


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        pytest.param("3 rows", "3 rows\n", True, id="the same text"),
        pytest.param("3 rows", "4 rows\n", False, id="another text"),
        pytest.param("run ...done", "run 17\n18\ndone\n", True, id="dots stand for any text"),
        pytest.param("", "surprise\n", False, id="nothing expected, something printed"),
    ],
)
def test_an_answer_must_fit(expected: str, printed: str, same: bool) -> None:
    """Text is compared exactly, but for the dots."""
    assert fits(expected, printed) is same


def program_errors(base: type[CrmUnifyError] = CrmUnifyError) -> list[type[CrmUnifyError]]:
    """Every error a person can act on, at any depth."""
    return [found for kind in base.__subclasses__() for found in (kind, *program_errors(kind))]


def entries() -> dict[str, str]:
    """The entries of docs/errors.md: heading and text."""
    text = (ROOT / "docs/errors.md").read_text().split("## Data problems")[0]
    return {part.split("\n", 1)[0]: part for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]}


def test_every_program_error_has_an_entry_with_its_exit_code() -> None:
    """Each code that can be printed is explained, under its exit code, and nothing else is."""
    codes = {kind.code: kind.exit_code for kind in program_errors()} | {"DEFECT": errors.EXIT_DEFECT}
    assert codes.keys() == entries().keys()
    assert [code for code in codes if f"Exit code {codes[code]}." not in entries()[code]] == []


def data_problems() -> list[Problem]:
    """Every data problem, out of the tables in the modules named `problems`, by code."""
    paths = [path for package in ("crm_unify", "pipelines") for path in (ROOT / package).rglob("problems.py")]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    values = [value for name in names for value in vars(importlib.import_module(name)).values()]
    tables = [value for value in values if isinstance(value, Mapping)]
    found = {code: entry for table in tables for code, entry in table.items() if isinstance(entry, Problem)}
    return [found[code] for code in sorted(found)]


def test_every_data_problem_has_an_entry(golden: Callable[[Path, str], None]) -> None:
    """The second half of docs/errors.md is the tables of problems, in words."""
    page = ROOT / "docs/errors.md"
    entry = "### {0.code}\n\n{0.title}. *{1}* {0.suggestion}\n\n"
    rows = [entry.format(found, found.sentence(column="COLUMN", raw="TEXT")) for found in data_problems()]
    golden(page, GENERATED.sub(lambda _: "\n" + "".join(rows), page.read_text(encoding="utf-8")))


def test_every_problem_of_a_reader_has_an_entry() -> None:
    """A row that could not be read has a code, and the code is explained."""
    codes = {text for text in vars(interface).values() if re.fullmatch(r"[A-Z]+(-[A-Z]+)+", str(text))}
    headings = set(re.findall(r"^### (.+)$", (ROOT / "docs/errors.md").read_text(), flags=re.MULTILINE))
    assert codes
    assert codes - headings == set()


def test_each_term_of_the_glossary_is_defined_once() -> None:
    """One word has one meaning; a target of a rule file and of a project say which they are."""
    text = (ROOT / "docs/glossary.md").read_text()
    terms = re.findall(r"^(\*\*.+?): ", text, flags=re.MULTILINE)
    assert len(terms) > 50
    assert len(terms) == len(set(terms))
