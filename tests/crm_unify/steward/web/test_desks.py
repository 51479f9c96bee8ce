"""What the server keeps of the rows that wait is no less than what the run has left by now."""

from __future__ import annotations

from crm_unify.steward.quarantine import QUARANTINED
from crm_unify.steward.waiting import Wanted
from crm_unify.steward.web.desks import listed
from tests.crm_unify.steward.web.people import Served


def test_what_a_run_has_not_left_yet_is_looked_for_again(site: Served) -> None:
    """A run leaves its results after its commit: whoever looked in between is shown all of it afterwards."""
    place, wanted = site.project / ".crm_unify", Wanted(QUARANTINED)
    place.rename(place.with_name("away"))
    (thin,) = listed(site.app.state.site, wanted, start=0, size=9).desk.rows
    place.with_name("away").rename(place)
    (whole,) = listed(site.app.state.site, wanted, start=0, size=9).desk.rows
    assert (thin.place, whole.place is None) == (None, False)
