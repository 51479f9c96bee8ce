"""Nobody gets in without a session, and nobody further than their role."""

import pytest
from fastapi.routing import APIRoute

from crm_unify.schema.stewards import ROLES
from crm_unify.steward.web.access import least_role
from tests.crm_unify.steward.web.people import Served

OPEN = {"/sign-in"}
"""Paths for those who are not signed in."""


def routes(served: Served) -> list[tuple[str, str, str | None]]:
    """Path, method and least role of every route."""
    found = []
    for route in served.app.routes:
        if isinstance(route, APIRoute):
            needs = least_role(route)
            assert needs is not None, route.path
            found += [(route.path, method, needs.role) for method in sorted(route.methods)]
    return found


def test_every_route_says_who_may_call_it(looked_at: Served) -> None:
    """The route table names a role for each route; only the sign-in is open."""
    assert {path for path, _, role in routes(looked_at) if role is None} == OPEN


def test_nobody_gets_in_without_a_session(looked_at: Served) -> None:
    """Every other route answers a stranger with the sign-in or a refusal."""
    browser = looked_at.browser("")
    for path, method, role in routes(looked_at):
        answer = browser.request(method, path.replace("{", "").replace("}", ""))
        assert role is None or answer.status_code in (303, 401), path


@pytest.mark.parametrize("role", ROLES)
def test_no_role_gets_beyond_its_own(looked_at: Served, role: str) -> None:
    """A route of a greater role refuses a lesser one."""
    browser = looked_at.browser(role)
    headers = {"X-CSRF-Token": browser.token()}
    for path, method, least in routes(looked_at):
        if least is not None and ROLES.index(least) > ROLES.index(role):
            answer = browser.request(method, path.replace("{", "").replace("}", ""), headers=headers)
            assert answer.status_code == 403, path
