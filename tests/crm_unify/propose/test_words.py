"""What headers say of balances, orders, consents and other people, in many programs and languages."""

from __future__ import annotations

import pytest

from crm_unify.propose.words import about_others, field_guesses, label_of


@pytest.mark.parametrize(
    ("header", "target"),
    [
        pytest.param("CREDLIM", "account.credit_limit", id="short words without a break"),
        pytest.param("ORD_DT", "sales_order.order_date", id="short words with breaks"),
        pytest.param("HasOptedOutOfEmail", "objection.email", id="Salesforce, an objection"),
        pytest.param("Unsubscribed from all email", "objection.email", id="HubSpot"),
        pytest.param("hs_lastmodifieddate", "source.updated", id="HubSpot, when a row was changed"),
        pytest.param("CREATEON", "source.created", id="GoldMine"),
        pytest.param("Edit Date", "source.updated", id="ACT!"),
        pytest.param("KLIMK", "account.credit_limit", id="SAP"),
        pytest.param("Zahlungsziel", "account.terms", id="German"),
        pytest.param("N° commande", "sales_order.order_no", id="French"),
        pytest.param("Precio unitario", "order_line.unit_price", id="Spanish"),
        pytest.param("Condizioni di pagamento", "account.terms", id="Italian"),
        pytest.param("Totaalbedrag", "sales_order.total", id="Dutch"),
        pytest.param("Zgoda marketingowa", "consent.email", id="Polish"),
        pytest.param("Data do pedido", "sales_order.order_date", id="Portuguese"),
        pytest.param("SYSTEMMODSTAMP", "technical", id="of the old system's own"),
    ],
)
def test_headers_name_fields(header: str, target: str) -> None:
    """The likeliest target of a header is the one that people mean by it."""
    assert field_guesses(header)[0].target == target


@pytest.mark.parametrize(
    "header", ["SPOUSE_NAM", "Assistant's Phone", "Ehepartner Vorname", "HOME_TOWN", "Referred By"]
)
def test_a_column_may_be_about_somebody_else(header: str) -> None:
    """A name or number of a spouse or assistant is not the customer's, and a home town no address."""
    assert about_others(header) is not None


def test_a_customer_s_own_columns_are_not_about_others() -> None:
    """Home addresses, contacts and customers are the party itself."""
    own = ("Home City", "Contact Name", "Customer No", "Kunde")
    assert [about_others(header) for header in own] == [None] * 4


@pytest.mark.parametrize(
    ("header", "label"),
    [("MOBILE_PHO", "mobile"), ("Telefon privat", "home"), ("BILLINGCITY", "billing"), ("Phone", None)],
)
def test_numbers_are_told_apart(header: str, label: str | None) -> None:
    """Which of several a column is."""
    assert label_of(header) == label
