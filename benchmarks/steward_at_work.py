"""Somebody at work in the review application with a browser of their own, and what the server told them."""

from __future__ import annotations

import http.client
import json
import random
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Thread
from typing import Final
from urllib.parse import urlencode

from benchmarks.served import PASSWORD

BUSY: Final = (429, 502, 503, 504)
FASTER: Final = (409, 422)
"""Somebody else answered it, or it is settled: told in words, and gone on to another question."""
PREPARED: Final = 202
"""What takes long is made once for all: asked for again every second, as the pages do."""
VERDICTS: Final = ("same", "different", "unsure", "same", "different")


@dataclass(frozen=True, slots=True)
class Look:
    """One request."""

    what: str
    began: float
    """Monotonic seconds."""
    seconds: float
    status: int


@dataclass(slots=True)
class Heard:
    """What everybody was told."""

    looks: list[Look] = field(default_factory=list)
    answers: dict[str, list[int]] = field(default_factory=dict)
    """Decisions by the key of each answer that was acknowledged."""
    faults: list[str] = field(default_factory=list)
    loads: list[tuple[float, float]] = field(default_factory=list)
    """When syncs held the database."""
    syncs: Counter[str] = field(default_factory=Counter)
    """Syncs by how they ended."""


class Steward(Thread):
    """Somebody at work with a browser of their own."""

    def __init__(self, name: str, port: int, heard: Heard, *, pace: float, place: int) -> None:
        super().__init__(daemon=True)
        self._who, self._heard, self._pace, self._place = name, heard, pace, place
        self.until = 0.0
        """Monotonic seconds."""
        self.most: int | None = None
        """Answers after which they have done their day's work; None: as many as there is time for."""
        self._given = 0
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}
        self._csrf = ""
        self._random = random.Random(name)
        self._next = ""

    def run(self) -> None:
        """Go on until the day's work is done; what fails is a fault of the server."""
        try:
            for at, question in enumerate(self._questions()):
                if self._done():
                    return
                self._settle(question, at)
        except (OSError, http.client.HTTPException, AssertionError, ValueError) as error:
            self._heard.faults.append(f"{self._who}: {error!r}")
        finally:
            self._http.close()

    def sign_in(self) -> None:
        """Fill in the form."""
        self._page("sign-in form", "/sign-in")
        status, _ = self._post("sign-in", "/sign-in", name=self._who, password=PASSWORD)
        assert status == 303, f"the sign-in answers {status}"
        self._page("queue", "/")
        self._http.close()  # all the others sign in before work begins: opened anew then

    def _done(self) -> bool:
        over = time.monotonic() > self.until
        return over or (self.most is not None and self._given >= self.most)

    def _questions(self) -> Iterator[str]:
        """Questions as this person comes to them: the next one, else another from the queue."""
        while not self._done():
            found = re.findall(r'href="/questions/(Q-\w+)', self._page("queue", f"/?start={self._place}"))
            assert found, "the queue is empty"
            self._next = self._random.choice(found)
            while self._next:
                yield self._next

    def _settle(self, question: str, at: int) -> None:
        """The whole cycle about one question."""
        page = self._page("canvas", f"/questions/{question}", gone_is_told=True)
        seen, sides = re.search(r'data-seen="(\d+)"', page), re.search(r"data-preselected='([^']*)'", page)
        self._next = ""
        if seen is None or sides is None:
            return
        selection = json.dumps(json.loads(sides.group(1).replace("&#34;", '"')))
        self._page("why", f"/canvas/{question}/why", gone_is_told=True)
        status, text = self._post("effects", f"/canvas/{question}/effects", selection=selection)
        assert status == 200 or status in FASTER, f"what follows is told {status}: {text[:200]}"
        time.sleep(self._pace * (0.5 + self._random.random()))
        form = {"canvas": question, "seen": seen.group(1), "selection": selection}
        self._next = self._answer(action=self._random.choice(VERDICTS), **form)
        if at % 5 == 3:
            self._answer(action="undo")
        if at % 7 == 5:
            self._answer(action="note", words="asked her on the phone", **form)
        customer = re.search(r"/customers/(C-\w+)", page)
        if at % 4 == 1 and customer:
            self._page("customer", f"/customers/{customer.group(1)}")

    def _answer(self, **form: str) -> str:
        """Send an answer until it is acknowledged or refused; the question to go on with."""
        key, wait = secrets.token_hex(16), 1.5
        while True:
            status, text = self._post("answer", "/answers", key=key, **form)
            if status not in BUSY:
                break
            time.sleep(wait)
            wait = min(2 * wait, 15)
        if status in FASTER:
            return ""
        assert status == 200, f"an answer is told {status}: {text[:200]}"
        told = json.loads(text)
        self._given += 1
        self._heard.answers[key] = told["decisions"]
        following = str(told["next"])
        return following.rpartition("/")[2] if following.startswith("/questions/") else ""

    def _page(self, what: str, path: str, *, gone_is_told: bool = False) -> str:
        status, text = self._ask(what, "GET", path, None, {})
        while status == PREPARED:
            time.sleep(1)
            status, text = self._ask(what, "GET", path, None, {})
        assert status == 200 or (gone_is_told and status in FASTER), f"{path} answers {status}: {text[:200]}"
        token = re.search(r'<meta name="csrf" content="(\w+)"', text)
        self._csrf = token.group(1) if token else self._csrf
        return text

    def _post(self, what: str, path: str, **form: str) -> tuple[int, str]:
        body = urlencode({"csrf": self._csrf, **form})
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        return self._ask(what, "POST", path, body, kind)

    def _ask(
        self, what: str, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> tuple[int, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        began = time.monotonic()
        self._http.request(method, path, body, {**headers, "Cookie": cookies})
        answer = self._http.getresponse()
        text = answer.read().decode()
        self._heard.looks.append(Look(what, began, time.monotonic() - began, answer.status))
        for cookie in answer.headers.get_all("Set-Cookie", ()):
            name, _, rest = cookie.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        return answer.status, text
