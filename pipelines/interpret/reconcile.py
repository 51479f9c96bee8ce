"""Control sums: what the source adds up to must have arrived, or be in quarantine, discarded or held."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import numpy as np
import pyarrow as pa

from crm_unify.errors import ConfigurationError
from crm_unify.records import Fate, FieldType, arrow_schema, field_types
from crm_unify.rules.expressions import SQL_TYPES, Reference, parse_expression
from crm_unify.rules.functions import MONEY
from crm_unify.rules.model import Reconcile, RuleFile
from pipelines.interpret.branch import BranchResult
from pipelines.interpret.fates import Fates
from pipelines.interpret.interface import ControlSum
from pipelines.interpret.reading import read, reading
from pipelines.interpret.rows import Rows
from pipelines.interpret.sql import TEXT, Engine, Scope, SumFailedError, row_scope

_IN_MONEY: Final = re.compile(rf"\b{MONEY}\s*\(\s*(\"(?:[^\"]|\"\")+\"|[^\W\d]\w*)\s*\)", re.IGNORECASE)
_PARTS: Final = (Fate.QUARANTINED, Fate.DISCARDED, Fate.HELD)


def control_sums(
    rules: RuleFile, rows: Rows, *, fates: Fates, branches: Sequence[BranchResult], engine: Engine
) -> tuple[ControlSum, ...]:
    """Every control sum of a map, over all its rows and over the rows of each fate."""
    return tuple(
        _control_sum(rules, rows, one=one, fates=fates, branches=branches, engine=engine)
        for one in rules.reconcile
    )


def _control_sum(
    rules: RuleFile,
    rows: Rows,
    *,
    one: Reconcile,
    fates: Fates,
    branches: Sequence[BranchResult],
    engine: Engine,
) -> ControlSum:
    as_found = _source_scope(rules, rows.as_found(), one=one, engine=engine)
    scope = _source_scope(rules, rows, one=one, engine=engine)
    everything = ~fates.lines  # the first line of a row has what all of them say
    try:
        whole, *parts = (
            engine.aggregate(one.source, scope, rows=mask & everything)
            for mask in (everything, *map(fates.of, _PARTS))
        )
        source = whole if rows.as_found() is rows else engine.aggregate(one.source, as_found, rows=everything)
        quarantined, discarded, held = parts
        loaded = _loaded(one, branches, engine=engine)
    except SumFailedError as error:
        return ControlSum(rules.map, one.name, 0, 0, 0, 0, 0, one.tolerance, failed=str(error))
    more = whole - source
    return ControlSum(rules.map, one.name, source, loaded, quarantined, discarded, held, one.tolerance, more)


def _source_scope(rules: RuleFile, rows: Rows, *, one: Reconcile, engine: Engine) -> Scope:
    """Columns of the source, those inside `money()` as minor units of the source's currency."""
    of_row = row_scope(rows)
    amounts = {name.strip('"').replace('""', '"') for name in _IN_MONEY.findall(one.source)}
    bare = parse_expression(_IN_MONEY.sub("0", one.source), aggregates=True).columns
    if both := sorted(amounts & bare):
        raise ConfigurationError(
            f"'{both[0]}' stands inside and outside of money() in '{one.source}'", engine.file
        )

    def column(ref: Reference) -> tuple[pa.Array, str]:
        if ref[-1] not in amounts:
            return of_row(ref)
        return read(FieldType.MONEY, rows.clean(ref[-1]), how=reading(rules.source)).value, "BIGINT"

    return column


def _loaded(one: Reconcile, branches: Sequence[BranchResult], *, engine: Engine) -> int | Decimal:
    """The rule's target over the claims of its kind."""
    (kind,) = {ref[0] for ref in parse_expression(one.target, aggregates=True).mapped}
    types = field_types(kind)
    blocks = [block for result in branches for block in result.claims if block.kind == kind]
    length = sum(len(block.slots) for block in blocks)

    def column(ref: Reference) -> tuple[pa.Array, str]:
        wanted = arrow_schema(kind).field(ref[1]).type
        pieces = pa.chunked_array([block.columns[ref[1]] for block in blocks], type=wanted)
        return pieces.combine_chunks(), SQL_TYPES.get(types[ref[1]], TEXT)

    return engine.aggregate(one.target, column, rows=np.ones(length, np.bool_))
