"""The application: every page with its routes, safe headers around them, and errors in words."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import import_module
from typing import Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware

from crm_unify.rules.loaded import LoadedProject
from crm_unify.steward.web import pages
from crm_unify.steward.web.access import least_role
from crm_unify.steward.web.failures import tell_failures
from crm_unify.steward.web.shape import STATIC, Place
from crm_unify.steward.web.shield import Shield
from crm_unify.steward.web.site import now, site_of

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
"""Names of this machine for itself."""


def create_app(
    project: LoadedProject,
    *,
    secure: bool = False,
    hosts: Sequence[str] = LOOPBACK,
    clock: Callable[[], datetime] = now,
) -> FastAPI:
    """The application for a project; `secure` where browsers reach it over TLS.

    Requests for another name than one of `hosts` are refused: a page elsewhere could point a name of its own
    at this machine. Every module in `pages/` is taken: its `router`, and its `PLACE` if it has one.
    """
    app = FastAPI(title="crm-unify", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = site_of(project, secure=secure, clock=clock)
    found = [import_module(f"{pages.__name__}.{one.name}") for one in pkgutil.iter_modules(pages.__path__)]
    for module in found:
        app.router.routes.extend(module.router.routes)  # flat: every route is seen when roles are checked
    places = [module.PLACE for module in found if isinstance(getattr(module, "PLACE", None), Place)]
    app.state.places = sorted(places, key=lambda one: one.order)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    _refuse_open_routes(app)
    tell_failures(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    app.add_middleware(Shield, secure=secure)
    return app


def _refuse_open_routes(app: FastAPI) -> None:
    """A route that does not say who may call it is a defect, found before anybody can call it."""
    for route in app.routes:
        if isinstance(route, APIRoute):
            assert least_role(route) is not None, f"{route.path} does not say who may call it"
