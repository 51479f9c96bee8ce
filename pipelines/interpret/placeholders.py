"""Placeholders: customers that no source has, and that must be somewhere, because rows hang on them.

A placeholder is a record of its own. Its id is the one that the missing row would make, so that the row, when
it arrives, takes over the customer; its name and an identifier of the scheme `placeholder` say what it is.
A parent that an earlier run has loaded is no reason for one: rows hang on what is remembered of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.records import (
    NO_ROW,
    ORGANISATION,
    PARTIES,
    PERSON,
    PLACEHOLDER,
    RECORDS,
    FieldLineage,
    Lineage,
    arrow_schema,
)
from crm_unify.rules.loaded import LoadedRules
from pipelines.interpret.branch import BranchResult, ClaimBlock
from pipelines.interpret.jsontext import arrays, members, objects
from pipelines.interpret.lineage import lineage
from pipelines.interpret.parents import CUSTOMER, STANDING, StandIn

NAME: Final = {PERSON: "full_name", ORGANISATION: "name"}
"""The field that shows what a placeholder is."""


def stand_ins(files: Sequence[LoadedRules]) -> dict[str, StandIn]:
    """By map, the part and kind of the record that a row of it makes first: those of its placeholders."""
    found = {}
    for loaded in files:
        entries = (entry for branch in loaded.rules.targets for entry in branch.entries)
        first = next((entry for entry in entries if entry.kind in PARTIES), None)
        if first is not None:
            found[loaded.rules.map] = StandIn(first.part, first.kind)
    return found


def placeholders(named: Sequence[pa.Table], standing: Mapping[str, StandIn]) -> tuple[BranchResult, ...]:
    """The records of the parents that are not there (STANDING), each once, as branches of their maps."""
    whole = pa.concat_tables([STANDING.empty_table(), *named]).sort_by(
        [(name, "ascending") for name in STANDING.names]
    )
    if len(whole) == 0:
        return ()
    ids = whole["record_id"].to_pylist()
    firsts = whole.filter(pa.array([i == 0 or one != ids[i - 1] for i, one in enumerate(ids)]))
    maps = sorted(set(firsts["map"].to_pylist()))
    return tuple(
        _branch(firsts.filter(pc.equal(firsts["map"], name)).combine_chunks(), standing.get(name))
        for name in maps
    )


def _branch(rows: pa.Table, standing: StandIn | None) -> BranchResult:
    part, kind = (CUSTOMER, ORGANISATION) if standing is None else (standing.part, standing.kind)
    name = rows["map"][0].as_py()
    fields = (f"{kind}.{NAME[kind]}", "party_identifier.scheme", "party_identifier.value")
    how = "stands for a row that no source has, and that other rows name"
    line = lineage(name, 0, part, tuple(FieldLineage(field, (), how, None) for field in fields))
    own, marks = _claims(rows, kind)
    return BranchResult(
        quarantined=np.zeros(0, np.bool_),
        waits=pa.array([], pa.string()),
        records=[_records(rows, (part, kind, line), members(_texts(kind, own, marks, len(rows)), len(rows)))],
        claims=[
            ClaimBlock(kind, np.arange(len(rows)), own),
            ClaimBlock("party_identifier", np.arange(len(rows)), marks),
        ],
        findings=(),
        lineages=(line,),
        roles={},
    )


def _texts(
    kind: str, own: Mapping[str, pa.Array], marks: Mapping[str, pa.Array], length: int
) -> dict[str, pa.Array]:
    return {kind: objects(own, length), "party_identifier": arrays([objects(marks, length)], length)}


def _claims(rows: pa.Table, kind: str) -> tuple[dict[str, pa.Array], dict[str, pa.Array]]:
    """What a placeholder says of itself: its name and its mark."""
    length, own = len(rows), arrow_schema(kind)
    said = pc.binary_join_element_wise("Placeholder for", rows["map"], rows["key"], " ").combine_chunks()
    claims = {field.name: pa.nulls(length, field.type) for field in own if field.name != "record_id"}
    claims[NAME[kind]] = said
    value = pc.binary_join_element_wise(rows["system"], ".", rows["map"], ":", rows["key"], "")
    scheme = pa.repeat(pa.scalar(PLACEHOLDER), length)
    return claims, {"scheme": scheme, "value": value.combine_chunks()}


def _records(rows: pa.Table, made: tuple[str, str, Lineage], claims: pa.Array) -> pa.Table:
    part, kind, line = made
    same = {"part": part, "kind": kind, "row_hash": NO_ROW, "lineage": line.id}
    columns = {name: pa.repeat(pa.scalar(text, pa.string()), len(rows)) for name, text in same.items()}
    columns |= {name: rows[name].combine_chunks() for name in ("record_id", "map", "system", "key", "raw")}
    columns |= {"entity": columns["map"], "claims": claims}
    nothing = pa.nulls(len(rows), pa.string())
    return pa.table([columns.get(name, nothing) for name in RECORDS.names], schema=RECORDS)
