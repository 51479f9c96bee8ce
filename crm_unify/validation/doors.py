"""The two doors: pandera schemas that claims pass on the way in and golden rows on the way out.

A value that fails on the way in is withheld with its reason and the record goes on without it. A golden row
that fails on the way out is a defect of the program, and the run stops before anything is written. Validation
is eager and lazy-collecting; rows are never dropped by pandera itself (its ``drop_invalid_rows`` is known to
pass bad rows).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.errors import GuardStopped
from crm_unify.normalise.countries import known_codes
from crm_unify.records import CHILDREN, FieldType, field_types
from crm_unify.wording import counted

if TYPE_CHECKING:
    import pandera.pandas as pandera

EARLIEST_BIRTH: Final = "1850-01-01"
"""Nobody alive was born before; an earlier date is a mistake or a default."""
OWNER: Final = "owner_id"
"""Column that names the user who looks after a row; nobody need."""
NAMED: Final = 5
"""Failures named in a message."""
NOBODYS_BIRTH: Final = "is no birth date of a living person"
CURRENCY: Final = "^[A-Z]{3}$"

SHAPES: Final = {
    FieldType.DATE: (r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$", "is not an ISO date"),
    FieldType.TIME: (r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$", "is not an ISO time in UTC"),
    FieldType.COUNTRY: (r"^[A-Z]{2}$", "is not an ISO 3166 country code"),
    FieldType.DECIMAL: (r"^-?\d+(\.\d+)?$", "is not a plain decimal number"),
}
"""What the text of a typed value looks like."""
CHOICES: Final = {
    "person.gender": ("F", "M", "X"),
    "contact_point.kind": ("email", "phone", "fax", "web"),
    "consent.channel": ("email", "phone", "post", "any"),
    "consent.status": ("opted_in", "opted_out", "unknown"),
    "customer.kind": ("person", "organisation"),
    "customer.status": ("active", "inactive", "merged"),
}
"""Fields with a closed list of values."""
Failure = tuple[str, int, str]
"""Column, row in the table, and what is wrong with the value."""
Mask = npt.NDArray[np.bool_]
Columns = Mapping[str, pa.Array | pa.ChunkedArray]


@dataclass(frozen=True, slots=True)
class Implausible:
    """What one column of claims has that cannot be true."""

    column: str
    reason: str
    """A half sentence that follows the name of the field."""
    rows: Mask
    """True on the rows whose value fails for this reason; as long as the column."""


def implausible(kind: str, columns: Columns, *, as_of: date) -> tuple[Implausible, ...]:
    """The values of claims of one kind that must not come in: each with the first of its reasons.

    `columns` are some or all columns of the kind; null is never wrong here, what a claim needs is known to
    whoever made it. Each distinct value is tested once, and pandera (a second to import) is asked about
    those alone that look wrong.
    """
    found: list[Implausible] = []
    for name, ftype in field_types(kind).items():
        tests = _claim_tests(kind, name, ftype, as_of=as_of)
        if tests and name in columns:
            found += _refused(name, columns[name], tests)
    return tuple(found)


def _refused(name: str, column: pa.Array | pa.ChunkedArray, tests: Sequence[Test]) -> Iterator[Implausible]:
    values = pc.unique(column).drop_null()
    fine = [pc.fill_null(test.holds(values), False) for test in tests]
    suspects = values.filter(pc.invert(reduce(pc.and_, fine)))
    if len(suspects) == 0:
        return
    table = pa.table({name: suspects})
    reasons: dict[str, list[Any]] = {}
    for _, row, reason in _failures(_schema({name: tests}), table):
        reasons.setdefault(reason, []).append(suspects[row].as_py())
    for reason, wrong in sorted(reasons.items()):
        rows = pc.is_in(column, value_set=pa.array(sorted(wrong), values.type))
        yield Implausible(name, reason, np.asarray(rows.to_numpy(zero_copy_only=False), np.bool_))


def _claim_tests(kind: str, name: str, ftype: FieldType, *, as_of: date) -> list[Test]:
    """What a value of a claim must pass: the shape of its type, its closed list, what can be true."""
    tests = _shape_tests(f"{kind}.{name}", ftype)
    if ftype is FieldType.COUNTRY:
        tests.append(Test(_among(pa.array(sorted(known_codes()))), SHAPES[ftype][1]))
    if name == "birth_date":
        tests.append(Test(_born_by(as_of), NOBODYS_BIRTH))
    if name == "currency":
        tests.append(Test(_like(CURRENCY), "is not an ISO 4217 currency code"))
    return tests


def check_golden(tables: Mapping[str, pa.Table]) -> None:
    """Refuse golden rows that are not what the CRM promises: keys unique, references real, values in shape.

    Raises GuardStopped; nothing has been written yet.
    """
    customers = tables["customer"]["id"].combine_chunks()
    orders = tables["sales_order"]["id"].combine_chunks() if "sales_order" in tables else None
    references = {
        "customer_id": customers,
        "organisation_id": customers,
        "person_id": customers,
        "order_id": orders,
        OWNER: tables["app_user"]["id"].combine_chunks() if "app_user" in tables else None,
    }
    for name, table in tables.items():
        promised = _golden_columns(name, table, references)
        # pandera (a second to import, 20 ms a table) is asked to name what is wrong, not whether
        if not all(one.kept(table[column]) for column, one in promised.items()):
            _refuse(name, table, _failures(_golden_schema(name, promised), table))


def _refuse(name: str, table: pa.Table, failures: list[Failure]) -> None:
    key = "id" if "id" in table.column_names else "customer_id"
    named = [f"{table[key][row].as_py()} {column}: {reason}" for column, row, reason in failures[:NAMED]]
    raise GuardStopped(
        f"{counted(len(failures), 'golden value')} against the promise of the schema",
        f"table {name}",
        why="; ".join(named),
        remedy="this is a defect of the program, not of your data: please report it with this message",
    )


# --- schemas
# ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Test:
    """One thing a value must be."""

    holds: Callable[[pa.Array], pa.Array]
    """A column in, true where the value is plausible out."""
    reason: str
    """What is wrong where it is not: a half sentence that follows the name of the field."""


def _schema(tests: Mapping[str, Sequence[Test]]) -> pandera.DataFrameSchema:
    """Columns that all may be null."""
    import pandera.pandas as pandera

    columns = {name: pandera.Column(checks=_checks(some), nullable=True) for name, some in tests.items()}
    return pandera.DataFrameSchema(columns, strict=True)


@dataclass(frozen=True, slots=True)
class _Promise:
    """What the schema promises of a golden column."""

    tests: Sequence[Test]
    """What every value passes."""
    nullable: bool
    unique: bool

    def kept(self, column: pa.ChunkedArray) -> bool:
        """Whether the column is as promised."""
        if (column.null_count and not self.nullable) or (self.unique and len(column.unique()) < len(column)):
            return False
        values = column.drop_null() if self.tests else column
        return all(pc.all(test.holds(values), min_count=0).as_py() for test in self.tests)


def _golden_columns(
    name: str, table: pa.Table, references: Mapping[str, pa.Array | None]
) -> dict[str, _Promise]:
    kinds = field_types(name) if name != "customer" else {}
    key = "id" if "id" in table.column_names else "customer_id"
    columns = {}
    for column in table.column_names:
        tests = _shape_tests(f"{name}.{column}", kinds.get(column, FieldType.TEXT))
        known = references.get(column)
        if known is not None:
            tests.append(Test(_among(known), "names a row that does not exist"))
        columns[column] = _Promise(tests, _may_lack(name, column, references), column == key)
    return columns


def _golden_schema(name: str, promised: Mapping[str, _Promise]) -> pandera.DataFrameSchema:
    import pandera.pandas as pandera

    columns = {
        column: pandera.Column(checks=_checks(one.tests), nullable=one.nullable, unique=one.unique)
        for column, one in promised.items()
    }
    return pandera.DataFrameSchema(columns, strict=True, name=name)


def _may_lack(name: str, column: str, references: Mapping[str, pa.Array | None]) -> bool:
    """Whether a golden column may be null: no key, and no reference but to an owner or a child's parent."""
    return column != "id" and (name in CHILDREN or column == OWNER or column not in references)


def _shape_tests(target: str, ftype: FieldType) -> list[Test]:
    tests = []
    if ftype in SHAPES:
        pattern, reason = SHAPES[ftype]
        tests.append(Test(_like(pattern), reason))
    if target in CHOICES:
        tests.append(Test(_among(pa.array(CHOICES[target])), f"is none of {', '.join(CHOICES[target])}"))
    return tests


def _like(pattern: str) -> Callable[[pa.Array], pa.Array]:
    return lambda values: pc.match_substring_regex(values, pattern)


def _born_by(day: date) -> Callable[[pa.Array], pa.Array]:
    """Dates on which somebody who lives can be born; what is no date is refused for that alone."""

    def holds(values: pa.Array) -> pa.Array:
        between = pc.and_(pc.greater_equal(values, EARLIEST_BIRTH), pc.less_equal(values, day.isoformat()))
        return pc.or_(between, pc.invert(_like(SHAPES[FieldType.DATE][0])(values)))

    return holds


def _among(known: pa.Array) -> Callable[[pa.Array], pa.Array]:
    return lambda values: pc.is_in(values, known)


def _checks(tests: Sequence[Test]) -> list[Any]:
    """Pandera checks over whole columns, done by Arrow; nulls pass, the column says if they may."""
    import pandera.pandas as pandera

    def check(test: Test) -> Any:
        def passes(series: Any) -> Any:
            values = pa.array(series, from_pandas=True).cast(pa.string())
            plausible = pc.or_(pc.fill_null(test.holds(values), True), pc.is_null(values))
            return plausible.to_pandas().set_axis(series.index)

        return pandera.Check(passes, error=test.reason, ignore_na=False)

    return [check(test) for test in tests]


def _failures(schema: pandera.DataFrameSchema, table: pa.Table) -> list[Failure]:
    """Every value that fails, with the first of its reasons, in order of column and row."""
    from pandera.errors import SchemaErrors

    try:
        schema.validate(_frame(table), lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        rows = cases[cases["index"].notna()]
        if len(rows) < len(cases):  # a column is missing or superfluous: no row to blame
            raise
        found = zip(rows["column"], rows["index"].astype(int), rows["check"].map(_reason), strict=True)
        first = {(column, row): reason for column, row, reason in sorted(found, reverse=True)}
        return sorted((column, row, reason) for (column, row), reason in first.items())
    return []


def _frame(table: pa.Table) -> Any:
    """The table for pandera: text stays in Arrow memory, whole numbers keep their nulls."""
    import pandas as pd

    return table.to_pandas(types_mapper=pd.ArrowDtype)


def _reason(check: object) -> str:
    return {"not_nullable": "is missing", "field_uniqueness": "stands there twice"}.get(
        str(check), str(check)
    )
