"""Head offices and branches of one firm, end to end."""

from matching.engine import match
from tests.matching.people import base, clusters, firm

HEAD = {
    "street": "Hafenstr. 1",
    "postcode": "20457",
    "city": "Hamburg",
    "phone": "+494023125100",
    "email": "info@nordlicht.example",
}
BRANCH = {
    "street": "Ringweg 8",
    "postcode": "50667",
    "city": "Köln",
    "phone": "+492212312520",
    "email": "info-koeln@nordlicht.example",
}


def test_head_office_and_branch_are_customers_of_their_own() -> None:
    """A branch is one customer however it is spelt, and not its head office at another place."""
    found = clusters(
        match(
            base(
                firm("a:1", name="Nordlicht Spedition GmbH", **HEAD),
                firm("a:2", name="Nordlicht Spedition GmbH NL Köln", **BRANCH),
                firm("b:1", name="Nordlicht Spedition", **HEAD),
                firm("b:2", name="NORDLICHT SPED. GESELLSCHAFT MBH FILIALE KOELN", **BRANCH),
            )
        )
    )
    assert found == {"a:1": "a:1", "b:1": "a:1", "a:2": "a:2", "b:2": "a:2"}


def test_a_branch_that_somebody_left_out_of_the_name_is_known_by_its_place() -> None:
    """The plain name at the branch's own address and number is the branch."""
    found = clusters(
        match(
            base(
                firm("a:2", name="Nordlicht Spedition GmbH NL Köln", **BRANCH),
                firm("b:2", name="Nordlicht Spedition", **BRANCH),
            )
        )
    )
    assert found == {"a:2": "a:2", "b:2": "a:2"}
