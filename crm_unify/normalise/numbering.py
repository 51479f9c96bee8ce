"""Numbering plans of countries as column patterns, taken from the metadata of phonenumbers.

phonenumbers looks at one number at a time (6.4 s for 100,000).  Its patterns are written for RE2 too, so
the same tables can be asked for a whole column.  A plan gives an answer only where it is certain to be
the library's; the caller takes every other number to the library.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata

from crm_unify.normalise.columns import (
    Mask,
    Strings,
    any_true,
    both,
    either,
    lengths,
    matches,
    negate,
    nulls,
    piece,
    present,
    scatter,
    starts,
)

FIXED: Final = "fixed"
MOBILE: Final = "mobile"
FIXED_OR_MOBILE: Final = "fixed_or_mobile"
OTHER: Final = "other"

_OTHER_KINDS: Final = (
    "premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail",
)  # fmt: skip
_SHARED_REGION: Final = "001"

_CODES: Final = "|".join(map(str, sorted(COUNTRY_CODE_TO_REGION_CODE)))
CALLING_CODES: Final = rf"^(?P<code>{_CODES})(?P<rest>\d+)$"
"""Calling code and the rest of an international number; no code is the beginning of another."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Numbers of one kind: a pattern and the lengths it allows."""

    pattern: str
    """Anchored RE2 pattern of the national significant number"""
    sizes: tuple[int, ...]
    """Possible numbers of digits; empty = any"""

    def fits(self, numbers: Strings) -> Mask:
        """True for the numbers of this shape."""
        found = matches(numbers, self.pattern)
        return both(found, has_length(numbers, self.sizes)) if self.sizes else found


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbering plan of one region."""

    region: str
    """ISO 3166 alpha-2"""
    code: str
    """Calling code, without the plus sign"""
    international_prefix: str
    """RE2 pattern of what is dialled before a calling code"""
    national_prefix: str | None
    """Digits dialled before a national number, where the plan strips nothing else"""
    strips: str | None
    """RE2 pattern of all that the library would strip from the front of a national number"""
    general: Shape
    """All numbers of the plan, in use or not"""
    others: tuple[Shape, ...]
    """Numbers that are neither fixed nor mobile"""
    fixed: Shape | None
    """Fixed lines"""
    mobile: Shape | None
    """Mobile phones"""
    leading: str | None
    """RE2 pattern of numbers that belong to this region and no other of its calling code"""
    local_sizes: frozenset[int]
    """Numbers of digits that do within one area only"""

    def kind(self, numbers: Strings) -> Strings:
        """Kind of each national significant number, null where it is not valid in this region."""
        general = self.general.fits(numbers)
        fixed = both(general, _fits(self.fixed, numbers))
        mobile = both(general, _fits(self.mobile, numbers))
        kind = either(mobile, MOBILE, nulls(len(numbers)))
        kind = either(fixed, either(mobile, FIXED_OR_MOBILE, FIXED), kind)
        for shape in self.others:
            kind = either(both(general, shape.fits(numbers)), OTHER, kind)
        return kind

    def strip_prefix(self, numbers: Strings) -> Strings:
        """The numbers without national prefix; null where only the library can tell."""
        if self.strips is None:
            return numbers
        found = matches(numbers, self.strips)
        if self.national_prefix is None:
            return either(found, None, numbers)
        simple = starts(numbers, self.national_prefix)
        bare = either(simple, piece(numbers, len(self.national_prefix)), None)
        return either(found, bare, numbers)

    def strip_code(self, numbers: Strings) -> tuple[Strings, Mask]:
        """National numbers written with the calling code but no plus, without it; and which they are."""
        coded = both(starts(numbers, self.code), negate(self.general.fits(numbers)))
        return either(coded, piece(numbers, len(self.code)), numbers), coded


@dataclass(frozen=True, slots=True)
class Network:
    """All regions that share a calling code, the main one first."""

    code: str
    """Calling code, without the plus sign"""
    plans: tuple[Plan, ...]
    """In the order in which the library asks them"""

    def kind(self, numbers: Strings) -> Strings:
        """Kind of each national significant number in the region it belongs to, null where not valid."""
        kind, waiting = nulls(len(numbers)), present(numbers)
        for plan in self.plans:
            if not any_true(waiting):
                break
            asked = waiting if plan.leading is None else both(waiting, matches(numbers, plan.leading))
            kind = scatter(kind, asked, plan.kind(numbers.filter(asked)))
            done = present(kind) if plan.leading is None else asked
            waiting = both(waiting, negate(done))
        return kind


def has_length(numbers: Strings, sizes: Iterable[int]) -> Mask:
    """True where the number of characters is one of the sizes."""
    counts: Any = lengths(numbers)
    wanted = pa.array(sorted(sizes), pa.int32())
    found: Mask = pc.fill_null(pc.is_in(counts, value_set=wanted), False)
    return found


def _fits(shape: Shape | None, numbers: Strings) -> Mask:
    return matches(nulls(len(numbers)), "^$") if shape is None else shape.fits(numbers)


def plan_of(region: str | None) -> Plan | None:
    """The numbering plan of a region, None where there is no such region."""
    known = (region or "").upper()
    return _plan(known) if known in SUPPORTED_REGIONS else None


@cache
def network_of(code: str) -> Network | None:
    """The regions of a calling code, None for codes that belong to no region."""
    regions = COUNTRY_CODE_TO_REGION_CODE[int(code)]
    if regions[0] == _SHARED_REGION:
        return None
    return Network(code, tuple(map(_plan, regions)))


@cache
def _plan(region: str) -> Plan:
    meta = _metadata(region)
    strips = meta.national_prefix_for_parsing
    prefix = meta.national_prefix
    simple = prefix is not None and (strips == prefix or str(strips).startswith(f"{prefix}|"))
    return Plan(
        region=region,
        code=str(meta.country_code),
        international_prefix=meta.international_prefix or "00",
        national_prefix=prefix if simple and meta.national_prefix_transform_rule is None else None,
        strips=None if strips is None else f"^(?:{strips})",
        general=_shape(meta.general_desc) or Shape("^$", ()),
        others=tuple(filter(None, (_shape(getattr(meta, name)) for name in _OTHER_KINDS))),
        fixed=_shape(meta.fixed_line),
        mobile=_shape(meta.mobile),
        leading=None if meta.leading_digits is None else f"^(?:{meta.leading_digits})",
        local_sizes=frozenset(meta.general_desc.possible_length_local_only),
    )


def _metadata(region: str) -> Any:
    return PhoneMetadata.metadata_for_region(region)


def _shape(description: Any) -> Shape | None:
    if description is None or description.national_number_pattern is None:
        return None
    return Shape(f"^(?:{description.national_number_pattern})$", tuple(description.possible_length))
