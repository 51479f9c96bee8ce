"""How a page is made: templates, the way round, and who is looking."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from crm_unify.steward.report.page import environment as report_environment
from crm_unify.steward.report.page import raw, visible
from crm_unify.steward.web.access import Visitor
from crm_unify.steward.web.site import Site

STATIC: Final = Path(__file__).parent / "static"


WAITING: Final = "waits-part"
"""The element of a page that asks for a part until that is there."""
WAITING_PAGE: Final = "waits-page"
"""The element of a page that stands for another one until that is there."""


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation."""

    title: str
    path: str
    order: int
    """Ascending from left to right."""
    least: str = "viewer"
    """The least role that sees it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page shows around its own content."""

    project: str
    environment: str | None
    places: Sequence[Place]
    path: str
    visitor: Visitor


def page(
    request: Request, site: Site, visitor: Visitor, template: str, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page, or a part of one, made of a template; templates see `frame` beside the values.

    A page that waited for this one is loaded anew, scripts and all.
    """
    if request.headers.get("HX-Trigger") == WAITING_PAGE and status == 200:
        return HTMLResponse("", headers={"HX-Refresh": "true"})
    places = [one for one in request.app.state.places if visitor.may(one.least)]
    frame = Frame(site.project.project.project, site.project.environment, places, request.url.path, visitor)
    text = templates().get_template(template).render(frame=frame, **values)
    return HTMLResponse(text, status_code=status)


@cache
def templates() -> Environment:
    """Templates of pages, all values escaped; the filters are those of the report."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("crm_unify.steward.web")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= report_environment().filters
    environment.filters |= {"plain": visible, "record": record_name}
    environment.globals["static"] = static
    return environment


RECORD: Final = re.compile(r"([^.]+)\.[^:]+:(.*)#[^#]*", re.DOTALL)
"""System and key in the id of a record."""
KEYLESS: Final = re.compile(r"([0-9a-f]{8})[0-9a-f]{16}-(\d+)")
"""The key of a row whose source has none: a hash of what it says, and which of equal ones."""


def record_name(record: str) -> Markup:
    """A record as people name it: its system and its key there; the whole id is for programs.

    >>> str(record_name("billing.customers:0017#org"))
    '<bdi>billing 0017</bdi>'
    """
    found = RECORD.fullmatch(record)
    if found is None:
        return raw(record)
    short = KEYLESS.fullmatch(found[2])
    return raw(f"{found[1]} {unquote(found[2]) if short is None else f'{short[1]}-{short[2]}'}")


@cache
def static(name: str) -> str:
    """The address of a static file; another content has another address, so that browsers may keep it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def is_part(request: Request) -> bool:
    """Whether a script asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def wants_json(request: Request) -> bool:
    """Whether a script of ours asks."""
    return "application/json" in request.headers.get("accept", "")
