"""Syncs: free where nothing is new, told of where people should look, patient, and clean at the end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from crm_unify.errors import Unreachable, UsageError
from crm_unify.run.schedule import every, seconds_of
from crm_unify.run.sync import PAUSES, patiently
from tests.crm_unify.run.decided import record_id, say
from tests.crm_unify.run.people import GOOD, HEADER, fill, rules
from tests.projects import Answer, crm, differing, dump, interpreter, run

LATER = "2026-03-01"


def sync(project: Path, *words: str, as_of: str = LATER) -> Answer:
    """``crm-unify sync`` on a day after the first run."""
    return crm("sync", project, "--as-of", as_of, *words)


def test_a_quiet_sync_writes_one_row_of_bookkeeping_and_leaves_what_tracing_needs(office: Path) -> None:
    """Nothing is worked out: a row in mig_run, on a later day, too; cells can still be followed."""
    before = dump(office / "crm.db")
    for _ in range(2):
        answer = sync(office)
        assert (answer.code, answer.data["quiet"], answer.data["written_rows"]) == (0, True, 0)
        assert answer.data["customers"] == len(GOOD)
    assert differing(before, dump(office / "crm.db")) == {"mig_run"}
    assert crm("trace", "people.csv!2!Job", "-p", office).code == 0
    assert run(office).data["written_rows"] == 0


IMPORTED = """
import sys
from crm_unify.cli import main
assert main(["sync", sys.argv[1]]) == 0
print(",".join(sorted({"dlt", "pandas", "pandera", "scipy"} & set(sys.modules))))
"""


def test_a_quiet_sync_imports_nothing_that_reads_or_matches(office: Path, root: Path) -> None:
    """Neither dlt nor pandas is loaded where the bytes of the files are those of the last run."""
    assert sync(office).data["quiet"]
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, office], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == ""


def changed_row(project: Path) -> None:
    """A source says something else."""
    fill(project, [GOOD[0].replace("Clerk", "Cook"), GOOD[1]])


def changed_byte(project: Path) -> None:
    """A change that keeps size and time of the file."""
    file = project / "people.csv"
    before = file.stat()
    file.write_bytes(file.read_bytes().replace(b"Clerk", b"Cleri"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def changed_rule(project: Path) -> None:
    """A rule file says something else."""
    rules(project, "city: Leeds", "city: York")


def decision(project: Path) -> None:
    """Somebody decided."""
    say(project, "decide", record_id(1), record_id(2), "same")


def lost_workspace(project: Path) -> None:
    """The cache is gone."""
    shutil.rmtree(project / ".crm_unify")


def asks_for_today(project: Path) -> None:
    """A rule that looks at the date of the run."""
    rules(project, "job_title: {from: Job}", "job_title: {expr: \"Job || ' ' || year(current_date)\"}")
    assert sync(project, as_of="2026-02-27").code == 0


NEWS = (changed_row, changed_byte, changed_rule, decision, lost_workspace, asks_for_today)


@pytest.mark.parametrize("news", NEWS, ids=lambda news: news.__name__.replace("_", " "))
def test_no_news_is_overlooked(office: Path, news: Any) -> None:
    """Whatever a result depends on makes the sync work, and what a run would say then is already there."""
    news(office)
    answer = sync(office)
    assert (answer.code, answer.data["quiet"]) == (0, False), answer.stderr
    assert crm("run", office, "--as-of", LATER, "--yes").data["written_rows"] == 0


@contextmanager
def service() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A service that takes messages, and what it was told."""
    told: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"json://127.0.0.1:{server.server_port}", told
        server.shutdown()


def test_people_are_told_of_guards_new_columns_and_growing_queues(office: Path) -> None:
    """A file that is gone; a column nobody takes and a row in quarantine; nothing of a sync without news."""
    with service() as (url, told):
        file = office / "crm_unify.yml"
        file.write_text(f"{file.read_text(encoding='utf-8')}notify: ['{url}']\n", encoding="utf-8")
        people = (office / "people.csv").rename(office / "aside.csv")
        assert sync(office).code == 3
        people.rename(office / "people.csv")
        fill(office, [f"{line},x" for line in (*GOOD, ",Cy Cole,,,")], header=f"{HEADER},Colour")
        assert [sync(office).code, sync(office).code] == [0, 0]
    titles = [word["title"] for word in told]
    assert titles == ["crm-unify people: a guard stopped the sync", "crm-unify people: run 2 needs a look"]
    assert "people: column Colour is new; it holds text" in told[1]["message"]
    assert "quarantined: 1, 1 more than after the last run" in told[1]["message"]
    assert "Cole" not in told[1]["message"]


def test_an_address_that_no_service_has_is_a_mistake_of_the_project(office: Path) -> None:
    """It is found before anything is read, and not repeated: it may hold a password."""
    file = office / "crm_unify.yml"
    file.write_text(f"{file.read_text(encoding='utf-8')}notify: ['nowhere secret']\n", encoding="utf-8")
    answer = sync(office)
    assert (answer.code, "entry 1 of notify" in answer.stderr, "secret" in answer.stderr) == (2, True, False)


def hung_up() -> Unreachable:
    """A database that hung up."""
    error = Unreachable("the CRM database does not answer", "crm", remedy="wait")
    error.__cause__ = sa.exc.OperationalError("SELECT 1", {}, Exception("gone"))
    return error


@pytest.mark.parametrize(
    ("failures", "gives_up", "waits"),
    [
        pytest.param(0, False, 0, id="at once"),
        pytest.param(2, False, 2, id="the third time"),
        pytest.param(9, False, len(PAUSES), id="never"),
        pytest.param(9, True, 1, id="stopped while it waits"),
    ],
)
def test_a_database_that_hangs_up_is_tried_again(failures: int, gives_up: bool, waits: int) -> None:
    """With longer and longer pauses, and not for ever."""
    left, pauses, told = [hung_up()] * failures, list[float](), list[str]()

    def attempt() -> str:
        if left:
            raise left.pop()
        return "done"

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        return gives_up

    if failures > waits or gives_up:
        with pytest.raises(Unreachable):
            patiently(attempt, pause=pause, tell=told.append)
    else:
        assert patiently(attempt, pause=pause, tell=told.append) == "done"
    assert (pauses, len(told)) == (list(PAUSES[:waits]), waits)


def test_work_is_repeated_until_somebody_says_stop() -> None:
    """What is under way is finished; nothing is waited for after that."""
    stop, done = Event(), list[int]()

    def work() -> None:
        done.append(len(done))
        if len(done) == 3:
            stop.set()

    assert (every(0, work, stop=stop), done) == (3, [0, 1, 2])


@pytest.mark.parametrize("said", ["", "15", "0m", "-5m", "1 week", "1.5h"])
def test_a_length_of_time_is_a_number_and_a_unit(said: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(UsageError):
        seconds_of(said)
    assert [seconds_of(one) for one in ("90s", "15m", "6h", "1d")] == [90, 900, 21_600, 86_400]


def test_a_service_ends_between_two_syncs_with_exit_code_0(office: Path, root: Path) -> None:
    """SIGTERM after the first line: the program says how often it ran, and goes."""
    words = interpreter("sync", str(office), "--every", "1h")
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(words, cwd=root, text=True, **quiet) as one:
        assert one.stdout is not None
        assert one.stdout.readline().startswith("run 2: 2 customers")
        one.send_signal(signal.SIGTERM)
        assert one.stdout.readline() == "stopped after 1 round\n"
    assert one.returncode == 0
