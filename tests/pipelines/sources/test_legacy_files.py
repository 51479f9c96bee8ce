"""Real files of every format: as many rows as another program sees, values as it reads them."""

from __future__ import annotations

import pytest

from benchmarks.legacy_files import DECLARED, cobol_differences, files_of, legacy_folder, lines_of

FOLDER = legacy_folder()
COBOL = [name for name, options in DECLARED.items() if options["reader"] == "cobol"]

pytestmark = pytest.mark.skipif(FOLDER is None, reason="CRM_UNIFY_DATA names no folder with legacy files")

EXPLAINED = 3
"""Values unlike those of cobrix: it prints a soft hyphen as a hyphen (2) and a blank decimal as 0.00 (1)."""


@pytest.mark.parametrize("name", files_of(FOLDER) if FOLDER else ["no files"])
def test_every_file_is_read_or_has_its_reason(name: str) -> None:
    """Rows equal what is expected, or the reason why not is known; files that cannot be read are named."""
    assert FOLDER is not None
    lines = lines_of(FOLDER, name)
    assert lines
    assert [line for line in lines if not line.fine] == []


def test_cobol_values_equal_those_of_another_reader() -> None:
    """Thousands of values of every type, record by record."""
    assert FOLDER is not None
    results = [cobol_differences(FOLDER, name) for name in COBOL]
    assert sum(equal for equal, _ in results) > 7_000
    assert sum(len(different) for _, different in results) == EXPLAINED
