"""The instructions of a pack, a paragraph each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from crm_unify.steward.review.pack import ANSWER, NOTE, SHEET, TAKE, Pack

ROWS: Final = (
    "Rows that could not be loaded stand on {listed}: each as it came, the reason, and yellow cells to fix; "
    "or choose 'waive' and say why. A line you leave alone or delete stays as it is."
)


def words(pack: Pack, sheets: Sequence[str] = ()) -> tuple[str, ...]:
    """The instructions of a pack; the first is its title. `sheets` are those of rows to repair."""
    rows = (ROWS.format(listed=", ".join(f"'{title}'" for title in sheets)),) if sheets else ()
    left = f" {pack.left_out:,} more are not in this workbook." if pack.left_out else ""
    return (
        f"{pack.project}: are these one customer?",
        f"{pack.questions:,} questions in {pack.clusters:,} clusters, as of run {pack.stamp.run}.{left}",
        f"On the sheet '{SHEET}' each cluster begins with the records of one customer (side A, blue). Below "
        "it stand records of others, side B, C and so on, that may be the same customer.",
        f"In the column '{ANSWER}' say of a record of side B, C ... whether it is the Same customer as side "
        "A, a Different one, or whether you are Unsure. One answer is enough for all records of a side. "
        "Where its records need different answers, answer each of them.",
        f"'{TAKE}' chooses what the CRM shall show: pick a field in the row whose value is right. Several "
        "are separated by a semicolon.",
        f"'{NOTE}' is kept with the answer: say why, for those who come later.",
        "Rows may be sorted, filtered and deleted, columns moved; a row left empty is asked again. Only the "
        "yellow columns are read back, by the keys in the hidden columns: leave those as they are.",
        *rows,
        "Give it back with `crm-unify review import FILE`. What others decided meanwhile stays, and is "
        "listed.",
    )
