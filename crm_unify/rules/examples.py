"""Examples of rule files: what was expected of the given rows, held against what the rules made of them.

An expected row names some fields; a made row fits when it has these values. Of each kind that is named there
must be exactly as many rows as expected, and each expected row needs a made row of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from crm_unify.rules.model import Example

Row = Mapping[str, Any]

_MOST_SHOWN: Final = 3
"""Made rows that a message shows; examples have few."""


def differences(example: Example, made: Mapping[str, pa.Table]) -> tuple[str, ...]:
    """What is not as the example says, one sentence each; nothing when it passes.

    `made` holds the claims of every kind, `rejection` and `fate` by name.
    """
    return tuple(
        sentence for kind, rows in example.expect.items() for sentence in _of_kind(kind, rows, made[kind])
    )


def _of_kind(kind: str, expected: Sequence[Row], table: pa.Table) -> Iterator[str]:
    made: list[Row] = table.to_pylist()
    if len(made) != len(expected):
        yield f"{kind}: {_rows(len(expected))} expected, {_rows(len(made))} made{_shown(made, expected)}"
        return
    taken = _pairs(expected, made)
    for i, row in enumerate(expected):
        if i not in taken.values():
            yield f"{kind}: no row with {_words(row)}{_shown(made, expected)}"


def _pairs(expected: Sequence[Row], made: Sequence[Row]) -> dict[int, int]:
    """The largest one-to-one choice of fitting rows, made by expected (augmenting paths)."""
    fitting = [[j for j, row in enumerate(made) if _fits(wanted, row)] for wanted in expected]
    taken: dict[int, int] = {}

    def place(i: int, tried: set[int]) -> bool:
        for j in fitting[i]:
            if j in tried:
                continue
            tried.add(j)
            if j not in taken or place(taken[j], tried):
                taken[j] = i
                return True
        return False

    for i in range(len(expected)):
        place(i, set())
    return taken


def _fits(expected: Row, made: Row) -> bool:
    return all(_text(made[field]) == _text(value) for field, value in expected.items())


def _text(value: Any) -> str | None:
    """A value as YAML has it: null, true, false, or its characters."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


def _shown(made: Sequence[Row], expected: Sequence[Row]) -> str:
    """The made rows in the fields that the example names, else in those that are filled."""
    named = list(dict.fromkeys(field for row in expected for field in row))
    shown = [
        "{" + _words({f: row[f] for f in (named or [f for f in row if row[f] is not None])}) + "}"
        for row in made[:_MOST_SHOWN]
    ]
    more = f" and {len(made) - _MOST_SHOWN} more" if len(made) > _MOST_SHOWN else ""
    return f": {', '.join(shown)}{more}" if shown else ""


def _words(row: Row) -> str:
    words = {field: _text(value) for field, value in row.items()}
    return ", ".join(f"{field}: {'null' if text is None else repr(text)}" for field, text in words.items())
