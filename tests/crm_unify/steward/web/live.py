"""The application on a port, and people at real browsers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from crm_unify.rules.load import load_project
from crm_unify.steward.web.app import create_app
from tests.crm_unify.steward.web.people import PASSWORD, Clock, prepared


@dataclass(slots=True)
class Live:
    """A project that real browsers reach."""

    project: Path
    app: FastAPI
    url: str
    clock: Clock = field(default_factory=Clock)


def listening(project: Path) -> Iterator[Live]:
    """Serve a project from a thread of this process until the test is done."""
    clock = Clock()
    app = create_app(load_project(project), clock=clock)
    app.state.site.board.prepare()
    prepared(app.state.site)
    config = uvicorn.Config(app, log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        yield Live(project, app, f"http://127.0.0.1:{place.getsockname()[1]}", clock)
        server.should_exit = True
        thread.join()
        prepared(app.state.site)


def sign_in(page: Page, name: str) -> None:
    """Fill in the form by keyboard."""
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def at_desk(chromium: Chromium, live: Live, name: str = "Stefan") -> Page:
    """A page of a browser in which somebody has signed in; scripts that fail end the test."""
    page = chromium.new_context(base_url=live.url, viewport={"width": 1366, "height": 800}).new_page()
    page.on("pageerror", _fail)
    page.goto("/")
    sign_in(page, name)
    page.wait_for_selector("#rows")
    page.wait_for_load_state()  # and its scripts take keys
    return page


def _fail(error: Any) -> None:
    raise AssertionError(str(error))


def press(page: Page, key: str) -> None:
    """Press a key on a canvas that is ready, and wait for the page it leads to."""
    ready(page)
    with page.expect_navigation():
        page.keyboard.press(key)
    ready(page)


def ready(page: Page) -> None:
    """Wait until the canvas takes keys."""
    page.locator("#standing", has_text="selected").wait_for()  # no text of ours is run: the policy forbids it
