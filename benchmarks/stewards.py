"""Accuracy from the answers of stewards: how often the interval holds the truth, and how wide it is.

`python -m benchmarks.stewards [SET ...] [--rows N]` matches labelled and generated sets without settings,
draws 100 samples of 200 merged and 200 other proposed pairs, lets a steward who knows the truth answer them,
and counts the samples whose 95 % interval holds the true precision, and the true recall over proposed pairs.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from statistics import mean

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.labelled import Labelled, load
from benchmarks.scored import run
from crm_unify.steward.review.population import pairs_of
from crm_unify.steward.review.sample import Accuracy, Design, draw, estimated
from matching.sampling import Share

SEEDS = range(100)
ANSWERS = 200
SETS = ("febrl3", "dqbench_t2", "dedupe_early_childhood", "people-3")


@dataclass(frozen=True, slots=True)
class Truth:
    """What the samples estimate."""

    precision: float
    recall: float


def population(data: Labelled) -> pa.Table:
    """PAIRS of a matched set whose truth is known, with ``same``."""
    done = run(data)
    of = {"customer_id": done.membership["cluster"], "record_id": done.membership["record_id"]}
    at = pc.index_in(of["record_id"], value_set=data.table["record_id"].combine_chunks())
    records = pa.table(of | {"system": data.table["source_system"].take(at)})
    pairs = pairs_of(done.features.kinds, done.matched.model, records)
    ids = data.truth["record_id"].combine_chunks()
    sides = [data.truth["true_customer"].take(pc.index_in(pairs[side], ids)) for side in ("left", "right")]
    known = pairs.append_column("same", pc.equal(*sides))
    return known.filter(known["same"].is_valid())


def truth(pairs: pa.Table) -> Truth:
    """Precision, and recall over the proposed pairs."""
    merged, same = (pairs[name].to_numpy(zero_copy_only=False) for name in ("merged", "same"))
    right = float((merged & same).sum())
    return Truth(right / max(merged.sum(), 1), right / max(same.sum(), 1))


def answered(pairs: pa.Table, seed: int) -> Accuracy:
    """The estimate of one sample."""
    drawn = draw(pairs.drop_columns(["same"]), precision=ANSWERS, recall=ANSWERS, seed=seed)
    names = drawn.pairs["question"].to_pylist()
    keys = pc.binary_join_element_wise(pairs["left"], pairs["right"], "|").combine_chunks()
    asked = pc.binary_join_element_wise(drawn.pairs["left"], drawn.pairs["right"], "|")
    same = pairs["same"].take(pc.index_in(asked, keys)).to_pylist()
    verdicts = {name: "same" if yes else "different" for name, yes in zip(names, same, strict=True)}
    items = dict(zip(names, drawn.pairs["part"].to_pylist(), strict=True))
    return estimated(Design("", seed, drawn.parts, items), verdicts)


def told(name: str, shares: list[Share | None], true: float) -> str:
    """Coverage and width of the intervals of one figure."""
    known = [one for one in shares if one is not None]
    held = sum(one.low <= true <= one.high for one in known)
    widths = [one.width for one in known]
    return (
        f"{name} {true:.4f}: held by {held} of {len(shares)}, width {mean(widths):.3f} in the mean, "
        f"{max(widths):.3f} at most, bias {np.mean([one.value for one in known]) - true:+.4f}"
    )


def main() -> int:
    """The sets of the table, or those that are named."""
    options = argparse.ArgumentParser(prog="benchmarks.stewards", description=(__doc__ or "").splitlines()[0])
    options.add_argument("sets", nargs="*", metavar="SET")
    options.add_argument("--rows", type=int, default=20_000, help="rows of the generated sets")
    given = options.parse_args()
    for name in given.sets or SETS:
        pairs = population(load(name, rows=given.rows))
        true, found = truth(pairs), [answered(pairs, seed) for seed in SEEDS]
        merged = int(pc.sum(pairs["merged"]).as_py())
        print(f"{name}: {merged:,} merged pairs, {len(pairs) - merged:,} proposed ones apart")
        print("   ", told("precision", [one.precision for one in found], true.precision))
        print("   ", told("recall", [one.recall for one in found], true.recall), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
