"""Rules applied to landed rows: records, claims, rejections and the fate of every row.

Works in columns: DuckDB for the SQL of rule files, Arrow kernels of `crm_unify.normalise` for what values
mean. Begin with `stage`, then `source_map` (one map) and `branch` (one target of it).
"""

from pipelines.interpret.interface import ControlSum, Interpreted, Note
from pipelines.interpret.stage import interpret, interpret_rows

__all__ = ["ControlSum", "Interpreted", "Note", "interpret", "interpret_rows"]
