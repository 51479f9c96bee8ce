"""What a profile says: of a source its tables, of a table columns, keys and repeats, of a column figures.

Every figure is over all rows: nothing is sampled but the values a role is told by. Values stand as they were
found, cut to `SHOWN` characters; numbers stay text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from crm_unify.roles.interface import ColumnRole

SHOWN: Final = 300
"""Characters of a value that are looked at and shown; lengths and distinct values are exact."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A value and how often it stands."""

    value: str
    """As found, cut to SHOWN characters"""
    rows: int
    length: int
    """Characters of the whole value"""
    row: int | None = None
    """First row it stands in, as the spreadsheet shows it; None where rows have no number or nobody asked"""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What many values look like: letters as A and a, digits as 9, all else as it is."""

    text: str
    """x is a letter of a script without capitals"""
    rows: int
    example: str
    """The least value with it"""


@dataclass(frozen=True, slots=True)
class Patterns:
    """The patterns of a column, the most frequent first."""

    top: tuple[Pattern, ...]
    distinct: int
    """How many there are in all"""
    exact: bool
    """False: A, a, x and 9 stand for one or more, since there are too many exact ones to be of use"""


@dataclass(frozen=True, slots=True)
class Way:
    """One of the ways in which a column writes the same kind of thing."""

    kind: str
    """date, number, letters or phone"""
    name: str
    """dd.mm.yyyy, decimal comma, capitals, ..."""
    rows: int
    example: str
    strptime: str | None = None
    """Of dates whose order is known: the format for `parse.dates` in a rule file"""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something about values that a person should look at."""

    code: str
    """PLACEHOLDER, TEST, MOJIBAKE, DATE-FUTURE, ...: the keys of `KINDS` in suspicions"""
    sentence: str
    """What is said of the rows, its verb first: ``hold no e-mail address``"""
    rows: int
    distinct: int
    """Different values concerned"""
    examples: tuple[Counted, ...]
    """The most frequent ones"""
    likely: str | None = None
    """Of the first example: the text it probably was"""


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long the values are, in characters."""

    shortest: int
    longest: int
    mean: float
    bars: tuple[tuple[int, int, int], ...]
    """(from, to, rows) of at most 24 stretches of equal width"""


@dataclass(frozen=True, slots=True)
class TypeGuess:
    """What the values are by their shape; they stay text."""

    name: str
    """empty, integer, digits (leading zeros), decimal, money, date, date-time, time, boolean, email, url,
    phone, code or text"""
    share: float
    """Of the filled rows, 0 to 1"""
    mix: tuple[tuple[str, int], ...]
    """(kind of shape, rows) of all values, the most frequent first"""
    least: str | None
    """Of numbers and dates (ISO) the smallest; None for text"""
    greatest: str | None


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column."""

    name: str
    """The name rules use; see pipelines.sources.interface.Column"""
    letter: str | None
    """As the spreadsheet shows it"""
    rows: int
    filled: int
    """Rows with something other than blanks"""
    distinct: int
    """Different values, compared as found"""
    once: int
    """Values that stand in one row only"""
    top: tuple[Counted, ...]
    patterns: Patterns
    lengths: Lengths | None
    """None: no value"""
    type: TypeGuess
    role: ColumnRole
    ways: tuple[Way, ...]
    """Empty where all values are written alike"""
    years: tuple[tuple[int, int], ...]
    """Of date columns: (year, rows), ascending"""
    suspicions: tuple[Suspicion, ...]

    @property
    def fill(self) -> float:
        """Share of the rows with a value, 0 to 1."""
        return self.filled / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class CandidateKey:
    """One or two columns that tell the rows apart, or nearly do."""

    columns: tuple[str, ...]
    repeated: int
    """Rows whose value another row has too; 0 for a key"""
    blank: int
    """Rows without a value in one of the columns"""

    @property
    def holds(self) -> bool:
        """Whether every row has a value and no two the same."""
        return not self.repeated and not self.blank


@dataclass(frozen=True, slots=True)
class Repeats:
    """Rows that say the same as another row."""

    rows: int
    """Rows too many: all but one of each group"""
    groups: int
    without: tuple[str, ...]
    """Columns left out of the comparison: the first key, which always differs; empty: rows are equal"""
    examples: tuple[tuple[str, ...], ...]
    """Cells of one row of each of the largest groups, in the order of the columns; None shown as ''"""


@dataclass(frozen=True, slots=True)
class TableProfile:
    """One table, sheet or list."""

    name: str
    """Unique among the tables of the profile"""
    table: str
    """Its name in the source"""
    source: str
    """The place it was found in, passwords left out"""
    file: str
    """File in that place; empty in a database server"""
    reader: str
    options: Mapping[str, Any]
    """What opens it: keys of `source` in a rule file"""
    rows: int
    """Rows that could be read"""
    unreadable: Mapping[str, int]
    """Code of the problem -> rows that could not be read"""
    hidden: int
    """Rows hidden in the spreadsheet, counted in `rows`"""
    struck: int
    """Rows struck out, or marked as deleted"""
    columns: tuple[ColumnProfile, ...]
    keys: tuple[CandidateKey, ...]
    """Those that hold first"""
    repeats: tuple[Repeats, ...]
    """Of whole rows or, in a table with a key, of rows without it; empty where there are none"""
    test_rows: int
    """Rows with a value marked TEST in any column"""
    phone_country: str | None
    """Of phone numbers without calling code, ISO 3166-1 alpha-2"""
    notes: tuple[str, ...]
    """What the reader says"""

    def column(self, name: str) -> ColumnProfile:
        """The column of that name; raises KeyError."""
        found = next((column for column in self.columns if column.name == name), None)
        if found is None:
            raise KeyError(name)
        return found


@dataclass(frozen=True, slots=True)
class Reference:
    """A column whose values are those of a key of another table: probably a foreign key."""

    table: str
    column: str
    to_table: str
    to_column: str
    rows: int
    """Rows with a value"""
    orphans: int
    """Rows whose value the other table does not have"""
    orphan_values: int
    examples: tuple[Counted, ...]
    """Orphans, the most frequent first"""
    unpadded: bool
    """The values agree only without their leading zeros"""
    named: bool
    """The headers say so too"""


@dataclass(frozen=True, slots=True)
class NotRead:
    """A file or table that is not in the profile."""

    file: str
    why: str
    belongs: bool = False
    """It is part of a table that is in the profile (a memo file, an index)"""


@dataclass(frozen=True, slots=True)
class Profiled:
    """All tables of all places that were named."""

    as_of: date
    """Day by which dates count as future"""
    sources: tuple[str, ...]
    tables: tuple[TableProfile, ...]
    references: tuple[Reference, ...]
    not_read: tuple[NotRead, ...]
    views: tuple[str, ...]
    """Views of databases: they repeat their tables and are profiled only when named"""
