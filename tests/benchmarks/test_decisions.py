"""How the verdicts of the comparison are counted."""

from benchmarks.decisions import CHANGES, HEADER, VERDICTS, counts, town


def test_verdicts_that_hold_are_counted() -> None:
    """Everybody alone: every DIFFERENT holds, no SAME does, and nobody was merged unasked."""
    alone = {record: record for record, *_ in town()}
    assert counts(alone) == ((0, 24), (24, 24), (0, 12))


def test_records_that_are_gone_are_not_counted() -> None:
    """Everybody in one customer, and the rows that a verdict is about have gone but for one pair."""
    one, other, _ = VERDICTS[0]
    assert counts({one: "C", other: "C"}) == ((1, 1), (0, 0), (0, 0))


def test_a_change_keeps_the_shape_of_the_file() -> None:
    """Whatever becomes of the rows, each has a cell for every column and an id of its own."""
    for changes in CHANGES.values():
        for change in changes:
            rows = change(town())
            assert {len(row) for row in rows} == {len(HEADER)}
            assert len({row[0] for row in rows}) == len(rows)
