"""Any request at all, made up from what the routes say they take: none brings the server to fall."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
import schemathesis
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode

from tests.crm_unify.steward.web.hostile import ways
from tests.crm_unify.steward.web.people import Browser, Served

APART: Final = {("post", "/runs"), ("post", "/sign-out"), ("post", "/sign-in")}
"""Begins a process; ends the session; takes a password's time: each has tests of its own."""
BUSY: Final = 503
"""It is being prepared, and asked for again."""
BOUNDED: Final = settings(
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def operations(served: Served) -> list[APIOperation[Any, Any, Any, Any]]:
    """Every route as OpenAPI describes it; the server itself shows no such thing."""
    schema = schemathesis.openapi.from_dict(get_openapi(title="", version="1", routes=served.app.routes))
    found = [one.ok() for one in schema.get_all_operations()]
    return [one for one in found if (one.method, one.path) not in APART]


def modes(operation: APIOperation[Any, Any, Any, Any]) -> list[GenerationMode]:
    """Right and wrong requests; of a route that takes any text none is wrong."""
    raw = operation.definition.raw
    said = json.dumps([raw.get("parameters"), raw.get("requestBody")])
    wrong = any(f'"{word}"' in said for word in ("integer", "enum", "pattern", "maxLength", "$ref"))
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if wrong else [])]


def answered(browser: Browser, case: Case, path: str, token: str) -> Any:
    """What the server answers to a case; `path` in the place of the made-up one, where it names one."""
    said = case.as_transport_kwargs(base_url="http://127.0.0.1")
    body = {name: said[name] for name in ("params", "data", "files", "json") if said.get(name)}
    headers = {"X-CSRF-Token": token, "Accept": "application/json"}
    return browser.request(case.method, path or said["url"], headers=headers, **body)


def tried(served: Served, role: str, examples: int) -> None:
    """So many requests of right and of wrong form to every route."""
    browser, real = served.browser(role), ways(served)
    token = browser.token()
    for operation in operations(served):
        there = st.sampled_from(["", *real.get(operation.path, ())] if "{" in operation.path else [""])
        for mode in modes(operation):

            @settings(BOUNDED, max_examples=examples)
            @given(case=operation.as_strategy(generation_mode=mode), path=there)
            def sound(case: Case, path: str) -> None:
                answer = answered(browser, case, path, token)
                assert answer.status_code < 500 or answer.status_code == BUSY, answer.text
                assert "content-security-policy" in answer.headers

            sound()


@pytest.mark.parametrize(
    ("role", "examples"),
    [
        pytest.param("admin", 4, id="a few"),
        pytest.param("steward", 150, id="many as steward", marks=pytest.mark.soak),
        pytest.param("admin", 150, id="many as admin", marks=pytest.mark.soak),
    ],
)
def test_no_request_is_a_defect(haunted: Served, role: str, examples: int) -> None:
    """An answer in words, whatever is sent, and the headers that protect it."""
    tried(haunted, role, examples)
