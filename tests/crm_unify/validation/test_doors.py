"""What may come in as a claim and go out as a golden row."""

from datetime import date

import pyarrow as pa
import pytest

from crm_unify.errors import GuardStopped
from crm_unify.validation.doors import check_golden, implausible
from tests.factory import claims

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("target", "value"),
    [
        pytest.param("person.birth_date", "1751-01-01", id="born in another century"),
        pytest.param("person.birth_date", "1849-12-31", id="born a day too early"),
        pytest.param("person.birth_date", "2026-03-02", id="born tomorrow"),
        pytest.param("person.birth_date", "01.02.1980", id="not ISO"),
        pytest.param("person.gender", "unknown", id="not a gender"),
        pytest.param("address.country_code", "Germany", id="not a country code"),
        pytest.param("address.country_code", "XX", id="the code of no country"),
        pytest.param("account.currency", "EURO", id="not a currency code"),
        pytest.param("order_line.quantity", "1,5", id="not a plain number"),
        pytest.param("contact_point.kind", "pigeon", id="not a kind of contact"),
        pytest.param("support_case.opened_at", "yesterday", id="no time"),
    ],
)
def test_an_implausible_value_is_found_on_its_rows(target: str, value: str) -> None:
    """Once, with a reason; null is never wrong."""
    kind, column = target.split(".")
    table = claims(kind, *({"record_id": "a", column: text} for text in (value, None, value)))
    (found,) = implausible(kind, dict(zip(table.column_names, table.columns, strict=True)), as_of=TODAY)
    assert (found.column, found.rows.tolist()) == (column, [True, False, True])


def test_each_reason_has_its_rows() -> None:
    """A column can be wrong in several ways."""
    born = pa.array(["1751-01-01", "1980-02-29", "soon", "2031-01-01"])
    found = implausible("person", {"birth_date": born}, as_of=TODAY)
    assert [(one.reason, one.rows.tolist()) for one in found] == [
        ("is no birth date of a living person", [True, False, False, True]),
        ("is not an ISO date", [False, False, True, False]),
    ]


def test_plausible_values_pass() -> None:
    """The first and the last day somebody can be born, today's date is the run's."""
    columns = {"birth_date": pa.array(["1850-01-01", "2026-03-01"]), "gender": pa.array(["F", "X"])}
    assert implausible("person", columns, as_of=TODAY) == ()
    assert implausible("address", {"country_code": pa.array(["DE", "XK"])}, as_of=TODAY) == ()


def customer(*ids: str) -> pa.Table:
    """Customers of these ids."""
    return pa.table({"id": list(ids), "kind": ["person"] * len(ids), "status": ["active"] * len(ids)})


def test_only_children_may_point_at_nobody() -> None:
    """An order may be without its customer, an address may not."""
    orders = pa.table({"id": ["SO-1"], "customer_id": pa.array([None], pa.string())})
    check_golden({"customer": customer("C-1"), "sales_order": orders})
    with pytest.raises(GuardStopped, match=r"address.*is missing"):
        check_golden({"customer": customer("C-1"), "address": orders})


@pytest.mark.parametrize(
    ("tables", "complaint"),
    [
        pytest.param({"customer": customer("C-1", "C-1")}, "twice", id="a key twice"),
        pytest.param(
            {"customer": customer("C-1"), "address": pa.table({"id": ["A"], "customer_id": ["C-2"]})},
            "does not exist",
            id="a customer that is not there",
        ),
        pytest.param(
            {"customer": customer("C-1"), "person": pa.table({"customer_id": ["C-1"], "gender": ["?"]})},
            "none of F, M, X",
            id="a value outside its list",
        ),
    ],
)
def test_a_golden_row_that_breaks_the_schema_stops_the_run(
    tables: dict[str, pa.Table], complaint: str
) -> None:
    """It names table, row, column and reason."""
    with pytest.raises(GuardStopped, match=complaint):
        check_golden(tables)
