"""What is hidden from a role, by each way a project can name it."""

from __future__ import annotations

import pytest

from crm_unify.rules.checking.project import maskable
from crm_unify.steward.book.masking import HIDDEN
from crm_unify.steward.web.veil import LABELS, Veil


@pytest.mark.parametrize(
    ("masked", "kind", "label"),
    [
        pytest.param("person", "person", "Name", id="a table"),
        pytest.param("organisation", "organisation", "Name", id="organisations"),
        pytest.param("organisation.name", "organisation", "Name", id="their name"),
        pytest.param("customer.display_name", "organisation", "Name", id="what customers are called"),
        pytest.param("person.family_name", "person", "Name", id="a part of a name"),
        pytest.param("contact_point.email", "person", "E-mail", id="a kind of contact point"),
        pytest.param("contact_point.value_norm", "person", "Phone", id="a column of contact points"),
        pytest.param("address.line1", "person", "Address", id="a column of a row"),
        pytest.param("party_identifier.value", "organisation", "Identifier", id="an identifier"),
        pytest.param("account.balance", "organisation", "Account", id="an account"),
        pytest.param("contact_point.email", "person", "Consent", id="consent quotes addresses"),
    ],
)
def test_what_is_named_is_hidden(masked: str, kind: str, label: str) -> None:
    """Under the label of the page nothing stands that somebody is known by."""
    assert masked in maskable()
    assert Veil((masked,)).labelled(kind, label, ["Quentin Zaragoza"]) != ("Quentin Zaragoza",)


def test_what_is_not_named_is_shown() -> None:
    """Another kind of customer, another kind of contact point, another field."""
    veil = Veil(("person.full_name", "contact_point.email"))
    assert veil.labelled("organisation", "Name", ["Acme"]) == ("Acme",)
    assert veil.labelled("person", "Phone", ["+4930123456"]) == ("+4930123456",)
    assert veil.labelled("person", "Job title", ["Clerk"]) == ("Clerk",)


def test_every_name_that_is_taken_hides_something() -> None:
    """No name is accepted under `masked` that leaves its own field clear."""
    assert [name for name in maskable() if not Veil((name,)).hides(name)] == []
    assert set(LABELS) == {"person", "organisation"}


def test_words_of_people_are_hidden_where_anything_is() -> None:
    """A reason may quote any value."""
    assert Veil(("person.gender",)).words("she is called Ada") == HIDDEN
    assert Veil(()).words("she is called Ada") == "she is called Ada"
