"""What `dedupe` answers: what each column was taken for, how many customers there are, how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crm_unify.cli._profile import seen
from crm_unify.cli.evaluate import as_json as evaluation_json
from crm_unify.cli.evaluate import as_text as evaluation_text
from crm_unify.run.dedupe import DedupeResult
from crm_unify.run.taken_for import TakenFor


def as_json(result: DedupeResult, written: Sequence[Path]) -> dict[str, object]:
    """The answer as plain values."""
    answer: dict[str, object] = {
        "rows": result.membership.num_rows,
        "customers": result.customers,
        "review_pairs": _review(result),
        "columns": [_columns_json(taken) for taken in result.tables],
        "fitted": {kind: model.fitted.reason for kind, model in result.matched.model.kinds.items()},
        "seconds": {time.stage: round(time.seconds, 3) for time in result.times},
        "peak_mb": max((time.peak_mb for time in result.times), default=0),
        "written": [str(path) for path in written],
    }  # fmt: skip
    if result.evaluation is not None:
        answer["evaluation"] = evaluation_json(result.evaluation)
    return answer


def _columns_json(taken: TakenFor) -> dict[str, object]:
    columns = [
        {"column": c.column, "role": c.role.value, "scheme": c.scheme, "certainty": c.certainty,
         "reason": c.reason,
         "fill": round(held.fill, 4), "distinct": held.distinct}
        for c, held in zip(taken.roles.columns, taken.profiles, strict=True)
    ]  # fmt: skip
    return {"table": taken.table.label, "rows": taken.table.rows, "columns": columns,
            "phone_country": taken.roles.country, "notes": list(taken.table.notes)}  # fmt: skip


def as_text(result: DedupeResult, written: Sequence[Path]) -> str:
    """The answer for people."""
    lines = [line for taken in result.tables for line in _columns_text(taken)]
    rows, customers, review = result.membership.num_rows, result.customers, _review(result)
    lines += ["", f"{rows:,} rows are {customers:,} customers; {review:,} pairs are worth a look"]
    if result.evaluation is not None:
        lines += ["", evaluation_text(result.evaluation)]
    lines += ["", *(f"written: {path}" for path in written)]
    return "\n".join(lines)


def _columns_text(taken: TakenFor) -> list[str]:
    lines = [
        f"{taken.table.label}: {taken.table.rows:,} rows",
        *(f"  note: {note}" for note in taken.table.notes),
    ]
    width = max((len(seen(c.column)) for c in taken.roles.columns), default=0)
    for column in taken.roles.columns:
        role = column.role.value + (f":{column.scheme}" if column.scheme else "")
        lines.append(
            f"  {seen(column.column):<{min(width, 32)}}  {role:<22} {column.certainty:4.2f}  {column.reason}"
        )
    if taken.roles.country is not None:
        lines.append(
            f"  phone numbers without calling code are of {taken.roles.country}: {taken.roles.country_reason}"
        )
    return lines


def _review(result: DedupeResult) -> int:
    return sum(kind.asked for kind in result.matched.report)
