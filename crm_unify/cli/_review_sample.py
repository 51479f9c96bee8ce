"""A blind sample of pairs, to measure how right the customers are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from crm_unify.cli._options import environment_option, output_options, project_argument
from crm_unify.cli._output import Output
from crm_unify.errors import UsageError

ANSWERS = 200
"""Pairs of each kind by default: with these precision is known to 0.08 where it is 0.92 or more."""


@click.command("sample")
@click.option("--out", type=click.Path(path_type=Path),
              help="Workbook (.xlsx) or CSV file; sample.xlsx beside the project.")  # fmt: skip
@click.option("--merged", type=click.IntRange(min=0), default=ANSWERS, show_default=True,
              help="How many merged pairs: they give precision.")  # fmt: skip
@click.option("--apart", type=click.IntRange(min=0), default=ANSWERS, show_default=True,
              help="How many proposed pairs that are apart: with the others they give recall.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Another number, another sample.")
@environment_option
@project_argument
@output_options
def command(
    output: Output,
    project: Path,
    environment: str | None,
    out: Path | None,
    merged: int,
    apart: int,
    seed: int,
) -> None:
    """Write a stratified sample of pairs into a workbook, without a word of what the machine thinks.

    What each pair stands for is kept in a file beside it (.design.json) that people who answer should not
    see. `crm-unify review estimate` reads the answers; `crm-unify review import` makes decisions of them.
    """
    from crm_unify.rules.load import load_project
    from crm_unify.run.model import settings
    from crm_unify.schema.target import reachable
    from crm_unify.steward.newest import newest_run
    from crm_unify.steward.review.pack_sample import sample_pack
    from crm_unify.steward.review.pack_write import write_csv, write_pack
    from crm_unify.steward.review.population import population
    from crm_unify.steward.review.sample import Design, design_file, draw

    write = {".xlsx": write_pack, ".csv": write_csv}.get(".xlsx" if out is None else out.suffix.lower())
    if write is None:
        remedy = "let its name end in .xlsx or .csv"
        raise UsageError("this is neither a workbook nor CSV", str(out), remedy=remedy)
    loaded = load_project(project, environment=environment)
    out = loaded.root / "sample.xlsx" if out is None else out
    newest = newest_run(loaded)
    chosen = replace(settings(loaded.project), estimate=False)
    with reachable(newest.engine), newest.engine.connect() as connection:
        pairs = population(connection, chosen, progress=output.progress())
        drawn = draw(pairs, precision=merged, recall=apart, seed=seed)
        made = sample_pack(connection, drawn, project=loaded.project.project)
    items = dict(zip(drawn.pairs["question"].to_pylist(), drawn.pairs["part"].to_pylist(), strict=True))
    write(made, out)
    Design(str(made.stamp), seed, drawn.parts, items).write(design_file(out))
    data = {
        "file": str(out),
        "design": str(design_file(out)),
        "pairs": len(items),
        "merged_pairs": sum(part.pairs for part in drawn.parts if part.group == "merged"),
        "apart_pairs": sum(part.pairs for part in drawn.parts if part.group == "apart"),
    }
    of = data["merged_pairs"], data["apart_pairs"]
    text = f"{out}: {len(items):,} pairs of {of[0]:,} merged and {of[1]:,} proposed ones that are apart"
    output.answer(data, f"{text}\n{design_file(out)}: what each stands for; keep it from those who answer")
