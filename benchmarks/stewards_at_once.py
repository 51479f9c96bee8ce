"""Many stewards at once in the review application while syncs run: no error, no lost decision, and how fast.

`python -m benchmarks.stewards_at_once [--stewards 50] [--seconds 60] [--pace 5] [--questions 10000] [--url
URL]` makes a project, serves it with `crm-unify serve`, signs everybody in and lets each go through the whole
cycle: next question, canvas, why, what follows, answer, now and then a note, an undo, the queue, a customer.
`--pace` is the mean of the seconds a person looks before answering. Meanwhile the source changes and
`crm-unify sync` runs, again and again. An answer that is told to wait is sent again under its key, as
browsers do. At the end every answer that was acknowledged must stand in the database, and nothing else.
`--url` is of an empty database; without it SQLite is used, where requests beside a load's transaction are
counted apart.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from threading import Event, Thread
from typing import Any, Final
from urllib.parse import urlencode

import sqlalchemy as sa

from benchmarks.served import PASSWORD, doubtful, line, run, with_stewards
from crm_unify.rules.load import load_project
from crm_unify.schema.bookkeeping import mig_decision
from crm_unify.schema.stewards import mig_answer
from crm_unify.schema.target import open_target

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
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}
        self._csrf = ""
        self._random = random.Random(name)
        self._next = ""

    def run(self) -> None:
        """Go on until the time is over; what fails is a fault of the server."""
        try:
            for at, question in enumerate(self._questions()):
                if time.monotonic() > self.until:
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

    def _questions(self) -> Iterator[str]:
        """Questions as this person comes to them: the next one, else another from the queue."""
        while time.monotonic() < self.until:
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


# --- what goes on beside them ---
@contextmanager
def serving(project: Path) -> Iterator[tuple[int, int]]:
    """`crm-unify serve` on a free port: the port, and the number of the process."""
    words = [sys.executable, "-m", "crm_unify", "serve", str(project), "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None, "it is a pipe"
        found = re.search(r":(\d+)/", server.stdout.readline())
        assert found is not None, "the server does not start"
        try:
            yield int(found.group(1)), server.pid
        finally:
            server.terminate()


def syncing(project: Path, heard: Heard, stop: Event) -> None:
    """Change some rows of the source and sync, until told to stop."""
    file = project / "people.csv"
    for number in range(1_000_000):
        if stop.is_set():
            return
        lines = file.read_text(encoding="utf-8").splitlines()
        for at in range(1 + number % 7, len(lines), max(len(lines) // 40, 1)):
            row = int(lines[at].partition(",")[0])
            lines[at] = line(row, row // 2, job=f"Clerk of round {number}")
        file.write_text("\n".join([*lines, ""]), encoding="utf-8")
        _sync(project, heard)


def _sync(project: Path, heard: Heard) -> None:
    """One sync; when it held the database is told by the lines of its stage."""
    words = [sys.executable, "-m", "crm_unify", "sync", str(project)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None, "it is a pipe"
        began, said = 0.0, ""
        for text in process.stderr:
            said = text if text.startswith("error") else said
            if text.startswith("load: 0 of"):
                began = time.monotonic()
            elif text.startswith("load:") and "done" in text:
                heard.loads.append((began, time.monotonic()))
    heard.syncs[f"exit {process.returncode} {said.strip()}".strip()] += 1


# --- what came of it ---
def lost(project: Path, heard: Heard) -> list[str]:
    """Answers that were acknowledged and are not in the database, and decisions nobody was told of."""
    loaded = load_project(project)
    engine = open_target(loaded.project.target, root=loaded.root)
    with engine.connect() as connection:
        keys = set(connection.scalars(sa.select(mig_answer.c.id)))
        by_people = mig_decision.c.decided_by.startswith("Steward ")
        decisions = sorted(connection.scalars(sa.select(mig_decision.c.id).where(by_people)))
    told = sorted(number for numbers in heard.answers.values() for number in numbers)
    faults = [f"answer {key} is not there" for key in heard.answers.keys() - keys]
    faults += [f"answer {key} was not told" for key in keys - heard.answers.keys()]
    if told != decisions:
        faults.append(f"{len(told)} decisions were told, {len(decisions)} are there")
    return faults


def at_work(
    project: Path, *, stewards: int, seconds: float, pace: float, questions: int, sync: bool = True
) -> Heard:
    """Everybody signs in, then works for so many seconds while syncs go on; what they were told."""
    heard, stop = Heard(), Event()
    names = with_stewards(project, stewards)
    with serving(project) as (port, pid):
        spread = max(min(questions, stewards * 50) // stewards, 1)
        people = [
            Steward(name, port, heard, pace=pace, place=at * spread) for at, name in enumerate(names)
        ]
        for person in people:
            person.sign_in()
        before = cpu_seconds(pid)
        beside = Thread(target=syncing, args=(project, heard, stop))
        if sync:
            beside.start()
        for person in people:
            person.until = time.monotonic() + seconds
            person.start()
        for person in people:
            person.join()
        stop.set()
        print(f"processor time of the server: {cpu_seconds(pid) - before:.1f} s", flush=True)
        if sync:
            beside.join()
    return heard


def cpu_seconds(pid: int) -> float:
    """Processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def told(heard: Heard, *, sqlite: bool) -> Iterator[str]:
    """The figures."""
    own = [look for look in heard.looks if look.what not in ("sign-in", "sign-in form")]
    beside = [look for look in own if sqlite and any(_meets(look, load) for load in heard.loads)]
    free = [look for look in own if look not in set(beside)]
    yield f"{'milliseconds':<24} {'number':>7} {'median':>8} {'p95':>8} {'worst':>8}"
    for what in ("queue", "canvas", "why", "effects", "answer", "customer"):
        yield figures(what, [look for look in free if look.what == what])
    yield figures("all", free)
    if beside:
        yield figures("beside a load", beside)
    statuses = Counter(look.status for look in own)
    yield f"answers acknowledged: {len(heard.answers)}; statuses: {dict(sorted(statuses.items()))}"
    yield f"syncs: {dict(heard.syncs)}, loads of {', '.join(f'{end - at:.2f}' for at, end in heard.loads)} s"
    yield f"load of the machine: {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores"


def _meets(look: Look, load: tuple[float, float]) -> bool:
    return look.began < load[1] and load[0] < look.began + look.seconds


def figures(what: str, looks: Sequence[Look]) -> str:
    """Median, 95th percentile and worst."""
    taken = [look.seconds * 1000 for look in looks]
    if len(taken) < 2:
        return f"{what:<24} {len(taken):>7}"
    high = quantiles(taken, n=20)[-1]
    return f"{what:<24} {len(taken):>7} {median(taken):8.1f} {high:8.1f} {max(taken):8.1f}"


def main() -> int:
    """Make the project, let everybody work, and tell what came of it."""
    what = (__doc__ or "").splitlines()[0]
    options = argparse.ArgumentParser(prog="benchmarks.stewards_at_once", description=what)
    options.add_argument("--stewards", type=int, default=50)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--pace", type=float, default=5)
    options.add_argument("--questions", type=int, default=10_000)
    options.add_argument("--url", default="")
    options.add_argument("--no-sync", action="store_true")
    given: Any = options.parse_args()
    if given.url:
        os.environ["CRM_URL"] = given.url
    with tempfile.TemporaryDirectory() as folder:
        project = doubtful(Path(folder, "town"), given.questions)
        run(project)
        heard = at_work(
            project,
            stewards=given.stewards,
            seconds=given.seconds,
            pace=given.pace,
            questions=given.questions,
            sync=not given.no_sync,
        )
        print("\n".join(told(heard, sqlite=not given.url)))
        faults = [*heard.faults, *lost(project, heard)]
    print("\n".join(faults[:20]) or "no error, no lost decision")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
