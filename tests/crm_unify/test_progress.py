"""The progress nobody watches."""

import pytest

from crm_unify.progress import Progress, Silent


def test_silent_progress_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Stages can be called from a test or a notebook without a word on the screen."""
    progress: Progress = Silent()
    with progress.stage("pairs", total=3) as stage:
        stage.advance(3)
    assert capsys.readouterr() == ("", "")


def test_an_error_passes_through_a_stage() -> None:
    """A stage never swallows what went wrong in it."""
    with pytest.raises(KeyError, match="lost"), Silent().stage("pairs"):
        raise KeyError("lost")
