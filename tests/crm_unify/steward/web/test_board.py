"""The queue in memory says what one made this moment would, whoever decided what, and holds nobody up."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa

from crm_unify.rules.load import load_project
from crm_unify.run import stages
from crm_unify.run.deciding import confirming, drafted, record, revoking, verdict
from crm_unify.run.publishing import published
from crm_unify.schema.target import open_target
from crm_unify.steward.newest import newest_run
from crm_unify.steward.review.answers import assign
from crm_unify.steward.review.evidence import NO_WORKSPACE, evidence_of
from crm_unify.steward.review.gather import queue_of
from crm_unify.steward.review.queue import Queue
from crm_unify.steward.web import board as boards
from crm_unify.steward.web.board import Board
from crm_unify.steward.web.making import NotMade, NotReady
from tests.crm_unify.run.decided import record_id, row
from tests.crm_unify.steward.review.towns import doubtful
from tests.projects import run

NAMES, RECORDS = ("Ada Abel", "Bruno Quast", "Clara Zeisig"), 5
"""People of the town, and doubtful records of each."""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """People of five records each, every two of them doubtful."""
    lines = [
        row(who * RECORDS + at, Name=name, Mail=f"{name[:3].lower()}@post.example", Note=f"{name[-4:]} Way 7")
        for who, name in enumerate(NAMES)
        for at in range(RECORDS)
    ]
    project = doubtful(tmp_path_factory.mktemp("crowd"), lines)
    assert run(project).code == 0
    return project


@pytest.fixture
def board(crowd: Path, tmp_path: Path) -> Iterator[Board]:
    """The board of a copy, with its queue made."""
    project = load_project(Path(shutil.copytree(crowd, tmp_path / "crowd")))
    made = Board(project, open_target(project.project.target, root=project.root))
    made.prepare()
    made.wait()
    yield made
    made.wait()


def said(queue: Queue) -> list[object]:
    """All that a queue says, but for the pace of people."""
    questions = [
        (one.id, one.reasons, one.sides, one.leading, one.pairs, one.assignee, one.decisions, one.worth)
        for one in queue.every()
    ]
    progress = queue.progress()
    numbers = (progress.pairs, progress.settled_questions, progress.settled_pairs, progress.answers)
    return [*questions, numbers, progress.likely_answers]


def told(board: Board) -> list[object]:
    """What the board says now."""
    with board.engine.connect() as connection, board.queue(connection) as queue:
        return said(queue)


def fresh(board: Board) -> list[object]:
    """What a queue says that is made now."""
    with board.engine.connect() as connection:
        return said(queue_of(newest_run(board.project), connection))


def about(board: Board, one: str, other: str) -> str:
    """The id of the question whose leading records these are."""
    with board.engine.connect() as connection, board.queue(connection) as queue:
        return next(found.id for found in queue.every() if set(found.leading) == {one, other})


def decided(board: Board, draft: Callable[[sa.Connection], object]) -> None:
    """Record a decision as another process would."""
    with board.engine.connect() as connection:
        decision = drafted(draft(connection), connection, why="", by="Ada")  # type: ignore[arg-type]  # a Draft
    record(board.engine, decision)


LIVE = """
    SELECT id FROM mig_decision WHERE id NOT IN (SELECT revokes FROM mig_decision WHERE revokes IS NOT NULL)
"""
"""Decisions that can be taken back."""


def act(board: Board, chance: random.Random) -> None:
    """Decide, confirm, take back or give away something, by chance."""
    who = chance.randrange(len(NAMES)) * RECORDS
    one, other = (record_id(who + at) for at in chance.sample(range(RECORDS), 2))
    far = record_id(chance.randrange(len(NAMES) * RECORDS))
    with board.engine.connect() as connection, board.queue(connection) as queue:
        every = list(queue.every())
        live = connection.scalars(sa.text(LIVE)).all()
    word = chance.choice(["same", "same", "different", "unsure", "confirm", "revoke", "give", "far"])
    if word == "confirm":
        decided(board, lambda connection: confirming(connection, one))
    elif word == "revoke" and live:
        decided(board, lambda connection: revoking(connection, chance.choice(live)))
    elif word == "give" and every:
        assign(board.engine, chance.choice(every), chance.choice(["Ada", "Bo", None]), by="Ada")
    elif word == "far" and far != one:
        decided(board, lambda connection: verdict(connection, one, far, "same"))
    elif word in ("same", "different", "unsure"):
        decided(board, lambda connection: verdict(connection, one, other, word))


@pytest.mark.parametrize("seed", range(4))
def test_what_others_decide_is_taken_in_exactly(board: Board, seed: int) -> None:
    """After every act the queue is that which would be made then; it was gathered whole only once."""
    chance, held = random.Random(seed), board._held
    assert held is not None
    for number in range(25):
        act(board, chance)
        assert told(board) == fresh(board), number
    assert (board._held is held, board._maker) == (True, None)


def test_an_old_look_changes_nothing(board: Board) -> None:
    """A request that began before a decision is shown what holds now, and puts nothing back."""
    with board.engine.connect() as old:
        old.execute(sa.text("SELECT count(*) FROM mig_decision")).all()
        decided(board, lambda connection: verdict(connection, record_id(0), record_id(1), "same"))
        now = told(board)
        with board.queue(old) as queue:
            assert said(queue) == now
        assert told(board) == now == fresh(board)


def test_a_new_run_holds_nobody_up(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    """The former queue is shown, with a note, while one thread makes the new one."""
    before, go, made = told(board), Event(), list[int]()

    def slowly(*words: Any) -> Any:
        made.append(1)
        assert go.wait(60), "the test lets it go"
        return evidence_of(*words)

    monkeypatch.setattr(boards, "evidence_of", slowly)
    assert run(board.project.root).code == 0
    assert [told(board) == before for _ in range(3)] == [True] * 3
    assert board.notes == (boards.OLD,)
    go.set()
    board.wait()
    assert (told(board) == fresh(board), board.notes, len(made)) == (True, (), 1)


def test_the_first_look_waits_for_nobody(crowd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told to come back, as many looks as there are, while one thread gathers what is asked."""
    project, go, made = load_project(crowd), Event(), list[int]()
    board = Board(project, open_target(project.project.target, root=project.root))

    def slowly(*words: Any) -> Any:
        made.append(1)
        assert go.wait(60), "the test lets it go"
        return evidence_of(*words)

    monkeypatch.setattr(boards, "evidence_of", slowly)
    for _ in range(3):
        with pytest.raises(NotReady):
            told(board)
    go.set()
    board.wait()
    assert (told(board) == fresh(board), len(made)) == (True, 1)


def test_what_stands_against_a_first_queue_is_told_and_it_is_tried_again(
    crowd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever for what cannot be gathered: the reason is told once, then it begins anew."""
    project = load_project(crowd)
    board = Board(project, open_target(project.project.target, root=project.root))
    monkeypatch.setattr(boards, "evidence_of", lambda *_: 1 // 0)
    board.prepare()
    board.wait()
    monkeypatch.undo()
    for told_so in (NotMade, NotReady):
        with pytest.raises(told_so):
            told(board)
        board.wait()
    assert told(board) == fresh(board)


def test_a_run_that_has_left_nothing_yet_empties_no_queue(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run commits before it leaves its results: who looks in between sees the former queue each time."""
    before, looks = told(board), list[object]()

    def looked_at(*words: Any, **named: Any) -> Any:
        for _ in range(2):
            looks.append(told(board))
            board.wait()
        return published(*words, **named)

    monkeypatch.setattr(stages, "published", looked_at)
    assert run(board.project.root).code == 0
    assert (looks == [before] * 2, told(board) == before) == (True, True)
    board.wait()
    assert (told(board) == fresh(board), board.notes) == (True, ())


def test_questions_are_remembered_for_one_more_run(board: Board) -> None:
    """Who goes back finds one that was settled and is asked no more; the server does not keep all."""
    asked_for = about(board, record_id(0), record_id(1))
    decided(board, lambda connection: verdict(connection, record_id(0), record_id(1), "same"))
    kept = []
    for _ in range(3):
        kept.append(board.remembered(asked_for) is not None)
        assert run(board.project.root).code == 0
        told(board)
        board.wait()
    assert kept == [True, True, False]


def test_a_workspace_that_is_gone_is_told_and_not_looked_for_in_a_loop(board: Board) -> None:
    """What the database knows is shown, gathered once; and all of it as soon as the workspace is back."""
    whole, place = told(board), board.project.root / ".crm_unify"
    assert run(board.project.root).code == 0
    place.rename(place.with_name("away"))
    told(board)
    board.wait()
    assert (told(board) == fresh(board) != whole, board._maker) == (True, None)
    with board.engine.connect() as connection, board.queue(connection) as queue:
        assert NO_WORKSPACE in queue.notes
    place.with_name("away").rename(place)
    told(board)
    board.wait()
    assert told(board) == fresh(board) == whole


def test_a_queue_that_cannot_be_made_is_told_and_tried_again(
    board: Board, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The former one is shown with a note; the defect is in the log."""
    with monkeypatch.context() as patch:
        patch.setattr(boards, "evidence_of", lambda *_: 1 // 0)
        board.anew()
        told(board)
        board.wait()
        assert (board.notes, "ZeroDivisionError" in caplog.text) == ((boards.TROUBLE,), True)
    told(board)
    board.wait()
    assert board.notes == ()


def test_a_part_too_large_is_left_to_a_thread(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all hangs together nothing is won by gathering a part."""
    monkeypatch.setattr("crm_unify.steward.review.evidence.LARGEST", 2)
    decided(board, lambda connection: verdict(connection, record_id(0), record_id(1), "different"))
    told(board)
    board.wait()
    assert told(board) == fresh(board)
