"""An expression that is allowed and costly ends: by the length of what it makes, or by the clock."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from crm_unify.errors import ConfigurationError
from crm_unify.rules.expressions import Reference, connection
from crm_unify.rules.lengths import LONGEST
from pipelines.interpret.sql import TEXT, Engine


def engine(seconds: float = 60.0) -> Engine:
    """What runs expressions, with a bound of its own."""
    return Engine(connection(), date(2026, 3, 2), "people.yml", seconds)


def test_a_text_that_is_too_long_counts_as_failed() -> None:
    """It is withheld like any value that cannot be worked out; the others of its column are not."""
    texts = pa.array(["a", "b" * LONGEST])
    (found,) = engine().evaluate(["NOTE || '!'"], lambda _: (texts, TEXT), length=2)
    assert (found.value.to_pylist(), found.failed.to_pylist()) == (["a!", None], [False, True])


def test_a_query_that_takes_too_long_is_stopped() -> None:
    """The message names the file, the rows and the time; it does not run for minutes."""

    def scope(ref: Reference) -> tuple[pa.Array, str]:
        return pa.array([f"{ref[0]}{i}" * 30 for i in range(100_000)]), TEXT

    with pytest.raises(ConfigurationError, match="take too long") as stopped:
        engine(0.2).evaluate(["damerau_levenshtein(A, B)"], scope, length=100_000)
    assert (stopped.value.file, "100,000 rows" in stopped.value.why) == ("people.yml", True)
