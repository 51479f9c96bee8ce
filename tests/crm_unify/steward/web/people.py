"""People who sign in, and browsers that keep cookies and know what a form of a page must say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from crm_unify.rules.load import load_project
from crm_unify.schema.stewards import ROLES
from crm_unify.steward.web.access import session_cookie
from crm_unify.steward.web.accounts import User, add_user
from crm_unify.steward.web.app import create_app
from crm_unify.steward.web.sessions import begin
from crm_unify.steward.web.site import Site, now, site_of

PASSWORD = "lantern meadow copper"
"""Of every user of the tests."""
NAMES = {"viewer": "Vera", "steward": "Stefan", "admin": "Ada"}
"""A user of each role."""
SECOND = "Stella"
"""Another steward."""


@dataclass(slots=True)
class Clock:
    """A clock that tests put forward."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        """The moment."""
        return now() + self.ahead


class Browser(TestClient):
    """A browser; `form` says what a form of the page would say."""

    def token(self) -> str:
        """What forms of this visitor say."""
        found = re.search(r'<meta name="csrf" content="(\w+)"', self.get("/sign-in").text)
        assert found is not None, "every page has it"
        return found.group(1)

    def ready(self, path: str) -> Any:
        """What is shown when the server has prepared it."""
        answer = self.get(path, headers={"HX-Request": "true"})
        if answer.status_code != 202:
            return answer
        prepared(self.app.state.site)  # type: ignore[attr-defined]  # the application is a FastAPI
        return self.get(path)

    def form(self, path: str, **values: Any) -> Any:
        """Post a form as the page would."""
        return self.post(path, data={"csrf": self.token(), **values}, headers={"Accept": "application/json"})


@dataclass(slots=True)
class Served:
    """A project as it is served."""

    project: Path
    app: FastAPI
    clock: Clock = field(default_factory=Clock)

    def browser(self, role: str = "steward", *, name: str | None = None) -> Browser:
        """A browser in which a user is signed in, without the cost of a password; role "": nobody is."""
        browser = Browser(self.app, base_url="http://127.0.0.1", follow_redirects=False)
        site = self.app.state.site
        if role:
            user = User(name or NAMES[role], role, active=True)
            with site.writing() as connection:
                token = begin(connection, user, site.clock(), former="")
            browser.cookies.set(session_cookie(site), token)
        return browser


def with_users(project: Path) -> None:
    """Add a user of each role, and a second steward."""
    site = site_of(load_project(project))
    with site.writing() as connection:
        for role in ROLES:
            add_user(connection, NAMES[role], role, PASSWORD, by="test")
        add_user(connection, SECOND, "steward", PASSWORD, by="test")


def served(project: Path) -> Iterator[Served]:
    """The application on a project."""
    clock = Clock()
    app = create_app(load_project(project), clock=clock)
    app.state.site.board.prepare()
    prepared(app.state.site)
    yield Served(project, app, clock)
    prepared(app.state.site)


def prepared(site: Site) -> None:
    """Wait until the threads of a site have prepared what was asked for."""
    for one in (site.bench.making, site.samples.making, site.board):
        one.wait()
