"""Every database engine of the program keeps its progress to itself: standard output is for the answer."""

from pathlib import Path

import pyarrow as pa

from crm_unify.arrow_sql import engine
from crm_unify.rules.expressions import connection
from pipelines.profile.scratch import scratch
from pipelines.row_ids import sorter

ASKED = "SELECT current_setting('enable_progress_bar')"


def test_no_engine_draws_a_progress_bar(tmp_path: Path) -> None:
    """Neither that of Arrow tables, of rule expressions, of landing, nor of profiles."""
    with engine(t=pa.table({"a": [1]})) as tables, sorter(tmp_path / "spill") as rows, scratch() as place:
        found = [con.execute(ASKED).fetchone() for con in (tables, rows, connection(threads=1), place.con)]
    assert found == [(False,)] * 4
