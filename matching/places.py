"""Addresses as matching sees them: each distinct address once, taken apart into codes of its parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise import addresses as normal
from crm_unify.normalise import text
from matching.claimed import taken_for
from matching.columns import (
    MISSING,
    Column,
    Flags,
    Ints,
    Part,
    column,
    dense,
    empty,
    part,
    recounted,
    recounted_part,
)

PARTS = ("number", "street", "unit", "postcode", "city")
"""The parts of an address, in the order in which they make up its key."""

OF_A_STREET = r"^.{2,}(?:\p{Nd}\p{L}{2}|\p{Nd}\p{L}\p{Nd}|\p{L}\p{Nd}{3})$"
"""Postcodes that end in letters and digits are of a street or less: SW1A 1AA, 1012 AB, K1A 0B1, D02 X285.
One of digits is a district's, as SW1A is, and has namesakes as a town has."""

_BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The addresses of all records of a kind."""

    address: Column
    """Code of an address; its value joins the parts."""
    number: Part
    street: Part
    unit: Part
    postcode: Part
    city: Part

    def column(self, *parts: str) -> Column:
        """A column, without texts, of one or several parts together, of addresses that have them all."""
        held = [getattr(self, part).codes for part in parts]
        complete = np.logical_and.reduce([codes != MISSING for codes in held])
        together = np.zeros(len(complete), np.int64)
        for codes in held:
            together = dense(together * (int(codes.max(initial=0)) + 1) + codes)
        return self.address.recoded(np.where(complete, together, MISSING).astype(np.int32))

    @property
    def homes(self) -> Column:
        """The addresses that tell a house or a street, without texts."""
        numbered = (self.number.codes != MISSING) | (self.unit.codes != MISSING)
        fine = pc.match_substring_regex(self.postcode.values.array, OF_A_STREET)
        of_street = np.append(fine.to_numpy(zero_copy_only=False).astype(np.bool_), False)
        coded = (self.postcode.codes != MISSING) & numbered
        return self._where((self.street.codes != MISSING) | coded | of_street[self.postcode.codes])

    @property
    def districts(self) -> Column:
        """The addresses that tell more than a town, without texts."""
        return self._where((self.street.codes != MISSING) | (self.postcode.codes != MISSING))

    def _where(self, told: Flags) -> Column:
        every = np.arange(len(told), dtype=np.int32)
        return self.address.recoded(np.where(told, every, MISSING).astype(np.int32))

    def recounted(self, customer: Ints) -> Places:
        """The places with carriers counted as rough customers."""
        address = recounted(self.address, customer)
        return Places(address, *(recounted_part(getattr(self, part), address, customer) for part in PARTS))


def no_places(records: int) -> Places:
    """Places of records without any address."""
    none = part(pa.array([], pa.string()))
    return Places(empty(records), none, none, none, none, none)


def places(table: pa.Table, carriers: Ints, records: int) -> Places:
    """The places of an address claim table whose rows belong to the records `carriers`."""
    taken = parsed(table)
    key = pc.binary_join_element_wise(*[taken[part] for part in PARTS], _BETWEEN)
    blank = _BETWEEN * (len(PARTS) - 1)
    key = pc.if_else(pc.equal(key, blank), pa.scalar(None, pa.string()), key)
    address = column(carriers, key, records)
    split = pc.split_pattern(address.values.array, _BETWEEN)
    parts = {name: part(pc.list_element(split, i)) for i, name in enumerate(PARTS)}
    return Places(address, **parts)


def parsed(table: pa.Table) -> dict[str, pa.Array]:
    """The parts of each row, folded, '' where missing."""
    before = taken_for(table, *PARTS)
    if before is not None:
        return before
    lines = _text(table, "line1")
    second = _text(table, "line2")
    found = normal.addresses(pc.coalesce(lines, second)).value
    taken = {part: pc.struct_field(found, part) for part in ("number", "street", "unit")}
    unit2 = pc.struct_field(normal.addresses(pc.if_else(pc.is_null(lines), lines, second)).value, "unit")
    taken["unit"] = pc.coalesce(taken["unit"], unit2)
    postcode = text.fold(_text(table, "postal_code")).value
    taken["postcode"] = pc.replace_substring(postcode, " ", "")
    taken["city"] = text.fold(_text(table, "city")).value
    return {part: pc.fill_null(value.cast(pa.string()), "") for part, value in taken.items()}


def _text(table: pa.Table, name: str) -> pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    return table[name].cast(pa.string()).combine_chunks()
