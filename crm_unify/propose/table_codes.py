"""Which texts of a row are codes that the code tables of the project explain: they stand there anyway.

A table serves several columns, and people write other things than codes into all of them. So each text is
held against the table: that its column goes through one says nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.model import FieldRule, PadLeft
from pipelines.interpret.lineage import source_columns


@dataclass(frozen=True, slots=True)
class TableCodes:
    """The explained codes of each column."""

    spelt: Mapping[str, frozenset[str]]
    """By column, trimmed and without letter case."""
    pads: Mapping[str, tuple[PadLeft, ...]]
    """By column, how its texts are filled up before they are looked up."""

    def are(self, column: str, text: str) -> bool:
        """Whether this text of the column is such a code, as it stands or filled up."""
        plain, known = text.strip(), self.spelt.get(column, frozenset())
        filled = (plain.rjust(pad.to, pad.with_) for pad in self.pads.get(column, ()))
        return any(one.casefold() in known for one in (plain, *filled))


def table_codes(loaded: LoadedRules) -> TableCodes:
    """The codes of a rule file by column; those that nobody has explained may be anything, and are none.

    The column that a lookup takes its key from holds no codes: the text that is found is one.
    """
    spelt: dict[str, set[str]] = {}
    pads: dict[str, tuple[PadLeft, ...]] = {}
    for field in _decoded_fields(loaded):
        codes = {code.casefold() for code in loaded.code_tables[field.code_table or ""].mapping}
        for column in source_columns(field):
            spelt.setdefault(column, set()).update(codes)
            pads[column] = (*pads.get(column, ()), *([] if field.pad_left is None else [field.pad_left]))
    return TableCodes({column: frozenset(codes) for column, codes in spelt.items()}, pads)


def _decoded_fields(loaded: LoadedRules) -> Iterator[FieldRule]:
    for branch in loaded.rules.targets:
        for entry in branch.entries:
            for field in entry.fields.values():
                if field.code_table is not None and field.lookup is None:
                    yield field
