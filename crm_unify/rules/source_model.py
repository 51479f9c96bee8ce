"""What the `source` block of a rule file may say: where rows are, what identifies one, how text is read."""

# ruff: noqa: RUF012 - pydantic copies the default for every model
from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from crm_unify.rules.blocks import Name, Strict


class ContentKey(Strict):
    """Key of a source without one: a hash of these columns and an ordinal."""

    content: Annotated[list[str], Field(min_length=1)]


def _key_form(value: Any) -> str:
    return "content" if isinstance(value, dict | ContentKey) else "columns"


Key = Annotated[
    Annotated[Annotated[list[str], Field(min_length=1)], Tag("columns")]
    | Annotated[ContentKey, Tag("content")],
    Discriminator(_key_form),
]
"""Key columns, or `{content: [COLUMNS]}`."""


class Expects(Strict):
    """What a healthy delivery looks like; otherwise the guard stops the run."""

    min_rows: int | None = None
    max_drop_pct: float | None = None
    """Rows may shrink by this share (percent) against the last run."""
    columns: Literal["report", "exact"] = "report"


class Parse(Strict):
    """How the text of this source is read."""

    dates: list[str] = ["%Y-%m-%d"]
    """``strptime`` formats, tried in this order."""
    decimal: Literal[".", ","] = "."
    null_tokens: list[str] = [""]
    """Texts that mean nothing, compared after trimming."""
    timezone: str = "UTC"
    phone_country: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2 country of addresses that name none, for postcodes and VAT numbers."""
    currency: str = "EUR"
    name_order: Literal["given_first", "family_first", "auto"] = "auto"
    excel_dates: Literal["1900", "1904"] | None = None
    """Numbers in a date column are serial numbers of this Excel calendar."""


class Header(Strict):
    """Where the header of a sheet or file stands."""

    row: Annotated[int, Field(ge=1)] = 1
    """First header row as the spreadsheet shows it."""
    rows: Annotated[int, Field(ge=1, le=5)] = 1
    """Header rows; merged cells are filled to the right, levels are joined with a space."""


class Source(Strict):
    """Where the rows of a map come from, what identifies one, and how its text is read."""

    system: Name
    reader: Literal["sql", "xlsx", "csv"]
    file: str | None = None
    """File inside the source's folder, when the project names a folder."""
    table: str | None = None
    query: str | None = None
    sheet: str | None = None
    header: Header = Header()
    encoding: str | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    key: Key
    created: str | None = None
    updated: str | None = None
    delivery: Literal["full", "delta"] = "full"
    state: Literal["live", "frozen", "retired"] = "live"
    expects: Expects = Expects()
    parse: Parse = Parse()
    ignore: dict[str, str] = {}
    """Columns nobody takes, each with its reason."""
