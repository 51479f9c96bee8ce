"""The score card of rehearsals as a person reads it: the trials side by side, and go or no-go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from crm_unify.run.rehearse import Trial

SHOWN: Final = 5
"""Trials side by side, the newest ones."""
MEASURES: Final = (
    ("rows extracted", "extracted", 0),
    ("mapped", "mapped", 1),
    ("held", "held", -1),
    ("in quarantine", "quarantined", -1),
    ("discarded by rules", "discarded", 0),
    ("values withheld", "withheld_values", -1),
    ("corrections that hold", "corrections", 0),
    ("customers", "customers", 0),
    ("pairs to review", "review_pairs", -1),
)
"""Line, count, and whether more is better (1), worse (-1) or neither."""


def card_lines(every: Sequence[Trial]) -> Iterator[str]:
    """The newest trials side by side, and the verdict on the last one."""
    shown = every[-SHOWN:]
    rows = [*_head(shown), *_measures(shown), *_rejects(shown)]
    width = max(len(row[0]) for row in rows)
    for name, *cells in rows:
        yield f"{name:<{width}}" + "".join(f"  {cell:>14}" for cell in cells)
    yield ""
    last = every[-1]
    for one in last.card["criteria"]:
        yield f"{'ok ' if one['ok'] else 'NO '}  {one['name']}: {one['said']}"
    yield from _open_rules(last)
    failed = sum(not one["ok"] for one in last.card["criteria"])
    yield ""
    yield (
        f"trial {last.id}: GO"
        if last.go
        else f"trial {last.id}: NO-GO, {failed} of {len(last.card['criteria'])} not met"
    )


def _head(shown: Sequence[Trial]) -> Iterator[list[str]]:
    yield ["trial", *(str(one.id) for one in shown)]
    yield ["on", *(f"{one.at:%Y-%m-%d %H:%M}" for one in shown)]
    yield ["verdict", *("go" if one.go else "no-go" for one in shown)]
    yield ["seconds", *_trend([round(one.seconds, 1) for one in shown], -1, lambda value: f"{value:,.1f}")]


def _measures(shown: Sequence[Trial]) -> Iterator[list[str]]:
    for line, name, better in MEASURES:
        yield [line, *_trend([one.card["counts"].get(name) for one in shown], better, lambda n: f"{n:,}")]
    yield ["rules not approved", *_trend([len(t.card["unapproved"]) for t in shown], -1, lambda n: f"{n:,}")]


def _rejects(shown: Sequence[Trial]) -> Iterator[list[str]]:
    names = sorted({name for one in shown for name in one.card["rejects"]})
    if names:
        yield ["rejects by rule", *("" for _ in shown)]
    for name in names:
        counts = [one.card["rejects"].get(name, 0) if one.card["counts"] else None for one in shown]
        yield [f"  {name}", *_trend(counts, -1, lambda n: f"{n:,}")]


def _trend(values: Sequence[Any], better: int, text: Callable[[Any], str]) -> Iterator[str]:
    """Each value with how it compares with the one before: + for better, - for worse, ~ for other."""
    before: Any = None
    for value in values:
        if value is None:
            yield "-"
            continue
        mark = " "
        if before is not None and value != before:
            mark = "~" if better == 0 else "+" if (value - before) * better > 0 else "-"
        yield f"{text(value)} {mark}"
        before = value


def _open_rules(last: Trial) -> Iterator[str]:
    names = last.card["unapproved"]
    if names:
        yield f"     not approved: {', '.join(names[:8])}" + (
            f" and {len(names) - 8} more" if len(names) > 8 else ""
        )
