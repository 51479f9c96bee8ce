"""How far long work is, on a terminal and in a log."""

import io

import pytest

from crm_unify.cli._output import Output
from crm_unify.cli._progress import Bars, lines
from crm_unify.progress import Stage
from crm_unify.run.telling import Lines


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_a_log_gets_a_line_a_tenth() -> None:
    """A stage of known length tells its beginning, every tenth it passes, and its end."""
    log = io.StringIO()
    with lines(log).stage("billing", total=2_000) as stage:
        for _ in range(4):
            stage.advance(500)
    assert log.getvalue().splitlines() == [
        "billing: 0 of 2,000",
        "billing: 500 of 2,000",
        "billing: 1,000 of 2,000",
        "billing: 1,500 of 2,000",
        "billing: 2,000 done",
    ]


def test_a_log_is_not_flooded() -> None:
    """However small the steps are, there are nine lines between the first and the last."""
    log = io.StringIO()
    with lines(log).stage("pairs", total=10_000) as stage:
        for _ in range(10_000):
            stage.advance()
    assert len(log.getvalue().splitlines()) == 11


def test_a_stage_of_unknown_length_tells_its_ends() -> None:
    """Without a total there are no tenths."""
    log = io.StringIO()
    with lines(log).stage("newsletter") as stage:
        stage.advance(3_000)
    assert log.getvalue().splitlines() == ["newsletter: begun", "newsletter: 3,000 done"]


def test_a_stage_without_units_is_done_without_a_count() -> None:
    """Where nothing was counted there is no nought to be told."""
    log = io.StringIO()
    with lines(log).stage("match"):
        pass
    assert log.getvalue().splitlines() == ["match: begun", "match: done"]


def test_a_failed_stage_says_how_far_it_came() -> None:
    """The last line tells where the work broke off; the error goes on to the caller."""
    log = io.StringIO()
    with pytest.raises(OSError, match="disk"), lines(log).stage("load", total=10) as stage:
        _break_off(stage)
    assert log.getvalue().splitlines()[-1] == "load: failed after 4"


def _break_off(stage: Stage) -> None:
    """Fail in the middle of the work."""
    stage.advance(4)
    raise OSError("disk full")


def test_bars_show_counts_of_stages_within_stages() -> None:
    """Stages may be nested and follow each other; each leaves its full bar with its count."""
    screen = Terminal()
    bars = Bars(screen)
    with bars.stage("sources", total=2) as outer, bars.stage("billing") as inner:
        inner.advance(1_500)
        outer.advance(2)
    with bars.stage("load", total=7) as stage:
        stage.advance(7)
    shown = screen.getvalue()
    assert [text in shown for text in ("1500/1500", "2/2", "7/7")] == [True, True, True]


def test_a_terminal_gets_bars_and_a_log_gets_lines() -> None:
    """The choice depends on where standard error goes."""
    kinds = [type(Output(stdout=io.StringIO(), stderr=err).progress()) for err in (Terminal(), io.StringIO())]
    assert kinds == [Bars, Lines]
