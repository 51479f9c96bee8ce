"""Transforms that are one or two steps of Arrow on the distinct values of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise.columns import glue
from crm_unify.normalise.interface import Normalised, distinct, fine
from crm_unify.normalise.name_words import PARTICLE
from crm_unify.normalise.names import split_names
from crm_unify.normalise.text import mojibake, squeezed

if TYPE_CHECKING:
    from crm_unify.normalise.columns import Column, Strings


def upper(column: Column) -> Normalised:
    """All letters in capitals.

    `upper`: `ärger 7a` becomes `ÄRGER 7A`
    """
    return distinct(column, lambda values: fine(pc.utf8_upper(values)))


def lower(column: Column) -> Normalised:
    """All letters small.

    `lower`: `ÄPFEL` becomes `äpfel`
    """
    return distinct(column, lambda values: fine(pc.utf8_lower(values)))


def digits(column: Column) -> Normalised:
    """Only the digits 0 to 9 stay; text without any is missing.

    `digits`: `DE 0815-4711` becomes `08154711`
    """
    return _replaced(column, "[^0-9]+", "")


def strip_leading_zeros(column: Column) -> Normalised:
    """Zeros at the beginning go; a value of zeros only becomes 0.

    `strip_leading_zeros`: `000170` becomes `170`
    """
    return _replaced(column, "^0+([^ ])", r"\1")


def first_line(column: Column) -> Normalised:
    r"""Text up to the first line break.

    `first_line`: `Hafenweg 3\nHinterhaus` becomes `Hafenweg 3`
    """
    return _replaced(column, r"(?s)^\s*([^\r\n]*).*$", r"\1")


def one_line(column: Column) -> Normalised:
    r"""Line breaks become commas.

    `one_line`: `Hafenweg 3\nHinterhaus` becomes `Hafenweg 3, Hinterhaus`
    """
    return _replaced(column, r",?[ \t]*(\r\n|\r|\n)+[ \t]*", ", ")


def strip_accents(column: Column) -> Normalised:
    """Letters lose their accents; letters that are no accented ones (ß, ø) stay.

    `strip_accents`: `Zoë Müßig` becomes `Zoe Mußig`
    """
    return distinct(column, lambda values: fine(_without_marks(values)))


def repair_encoding(column: Column) -> Normalised:
    """Text that was read in the wrong encoding is put right where that is certain, else left alone.

    `repair_encoding`: `MÃ¼ller` becomes `Müller`
    """
    return distinct(column, lambda values: fine(pc.coalesce(mojibake(values).value, values)))


def surname_first(column: Column) -> Normalised:
    """`MUELLER ANNA` as `MUELLER, ANNA`, which reads the same whatever name order the source declares.

    Text with a comma, and text in which no given name is found, stays. A title in front (DR. MUELLER ANNA)
    goes to the given names, particles (VON DER) stay with the family name.

    `surname_first`: `VON DER HEIDE KARL` becomes `VON DER HEIDE, KARL`
    """
    return distinct(column, lambda values: fine(_family_comma_rest(values)))


def _family_comma_rest(values: Strings) -> Strings:
    tidy = squeezed(values)
    parts = split_names(tidy, order="family_first").value
    prefix, family, suffix = (pc.struct_field(parts, name) for name in ("prefix", "family_name", "suffix"))
    given = glue(*(pc.struct_field(parts, name) for name in ("given_name", "middle_name")), separator=" ")
    plain = pc.equal(
        glue(prefix, family, given, suffix, separator=" "), tidy
    )  # nothing lost, nothing respelt
    rearranged = glue(glue(family, ","), prefix, given, suffix, separator=" ")
    with_comma = pc.if_else(pc.fill_null(plain, False), rearranged, _comma_inserted(tidy))
    stays = pc.or_(pc.match_substring(tidy, ","), pc.is_null(given))
    return cast("Any", pc.if_else(pc.fill_null(stays, True), tidy, with_comma))


def _comma_inserted(tidy: Strings) -> Any:
    """A comma after the first word and the particles before it."""
    return pc.replace_substring_regex(tidy, rf"(?i)^((?:{PARTICLE}\s+)*\S+)\s+(\S.*)$", r"\1, \2")


def _without_marks(values: Strings) -> Strings:
    apart = pc.utf8_normalize(values, form="NFD")
    return cast("Any", pc.utf8_normalize(pc.replace_substring_regex(apart, r"\p{Mn}+", ""), form="NFC"))


def _replaced(column: Column, pattern: str, replacement: str) -> Normalised:
    def kernel(values: Strings) -> Normalised:
        text: Any = pc.replace_substring_regex(values, pattern, replacement)
        return fine(pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text))

    return distinct(column, kernel)
