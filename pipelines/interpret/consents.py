"""What a flag says about consent: unknown is not consent, and an objection needs no evidence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.booleans import booleans
from pipelines.interpret.plan import Placed
from pipelines.interpret.rows import cleaned
from pipelines.interpret.work import Work

OPTED_IN: Final = "opted_in"
OPTED_OUT: Final = "opted_out"
UNKNOWN: Final = "unknown"
ANY_CHANNEL: Final = "any"


def consent_columns(work: Work, own: Placed) -> dict[str, pa.Array]:
    """The columns of a consent.

    A flag among the objections is an opt-out, also where it is a null token or its code table lacks it, and
    on every channel where the channel is unknown. A flag among the consents is an opt-in only with date and
    evidence. Any other flag is unknown; a blank one says nothing.
    """
    field = own.entry.fields["flag"]
    mapped = work.values[own.place, "flag"]
    found = mapped if field.from_ is None else cleaned(work.rows.raw(field.from_), ())
    objects = pc.or_(_among(found, field.objection), _among(mapped, field.objection))
    said = pc.if_else(objects, pc.coalesce(found, mapped), _said(work, own, found=found, mapped=mapped))
    given_at, evidence = _optional(work, own, name="given_at"), _optional(work, own, name="evidence")
    agrees = pc.or_(_among(found, field.consent), _among(mapped, field.consent))
    proven = pc.and_(agrees, pc.and_(given_at.is_valid(), evidence.is_valid()))
    status = pc.if_else(objects, OPTED_OUT, pc.if_else(proven, OPTED_IN, UNKNOWN))
    channel = _optional(work, own, name="channel")
    return {
        "channel": pc.if_else(objects, pc.fill_null(channel, ANY_CHANNEL), channel),
        "status": pc.if_else(said.is_valid(), status, pa.scalar(None, pa.string())),
        "raw_flag": said,
        "given_at": given_at,
        "evidence": evidence,
    }


def unlisted(work: Work, own: Placed) -> pa.Array:
    """True where the flag is a word that says something, and nobody said what.

    A plain yes in a source whose rule names no consent is understood: it is no proof. A plain no that the
    rule does not name may be an objection, so it is told like any other word.
    """
    field = own.entry.fields["flag"]
    mapped = work.values[own.place, "flag"]
    found = mapped if field.from_ is None else cleaned(work.rows.raw(field.from_), ())
    words = pc.utf8_lower(pc.utf8_trim_whitespace(found))
    known = pc.or_(
        _among(found, [*field.objection, *field.consent]), _among(mapped, [*field.objection, *field.consent])
    )
    agrees = pc.fill_null(pc.equal(booleans(words).value, "true"), False)
    return pc.invert(pc.or_(known, agrees))


def _said(work: Work, own: Placed, *, found: pa.Array, mapped: pa.Array) -> pa.Array:
    """The flag as the source has it, where it says anything."""
    column = own.entry.fields["flag"].from_
    if column is None:
        return mapped
    return pc.if_else(work.rows.clean(column).is_valid(), found, pa.scalar(None, pa.string()))


def _among(column: pa.Array, words: Iterable[str]) -> pa.Array:
    """True where the text is one of the words, small or capital letters alike; false for null."""
    wanted = pa.array(sorted({word.strip().lower() for word in words}), pa.string())
    return pc.fill_null(pc.is_in(pc.utf8_lower(column), value_set=wanted), False)


def _optional(work: Work, own: Placed, *, name: str) -> pa.Array:
    return work.values.get((own.place, name), pa.nulls(len(work.rows), pa.string()))
