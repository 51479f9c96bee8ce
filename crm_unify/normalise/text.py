"""Text as such: squeezed, folded for comparison, and checked for the wrong encoding.

Folding follows the transliteration of machine readable travel documents (ICAO Doc 9303 part 3,
section 6): Ä is AE, Ö and Ø are OE, Ü is UE, ß is SS, Å is AA, Ł is L, other accents are dropped.  So
Müller, Mueller and MUELLER are one text, and Muller is one letter away.  Other scripts are
romanised with anyascii.
"""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii
from ftfy import fix_encoding
from ftfy.badness import is_bad

from crm_unify.normalise.columns import (
    Column,
    Strings,
    any_true,
    ascii_only,
    each,
    each_where,
    either,
    matches,
    negate,
    none_if_blank,
    nulls,
    present,
    replace,
    scatter,
    some,
    upper,
)
from crm_unify.normalise.interface import Normalised, distinct, fine
from crm_unify.normalise.problems import TEXT_MOJIBAKE

_SPACE = r"[\s\p{Z}\x{85}\x{feff}]+"
_INVISIBLE = r"[\p{Cc}\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}]+"
_UNTIDY = r"^\s|\s$|\s\s|[\t\n\v\f\r]|[\x00-\x1f\x7f]"
# Latin-1 and cp1252 turn each UTF-8 sequence into two or more characters beyond ASCII; the last byte
# of à becomes a no-break space that clean-up tools turn into a plain one.
_SUSPECT = r"[^\x00-\x7f]{2}|Ã |Â |\x{fffd}"
_LOST = "\ufffd"

_ICAO = str.maketrans(
    {
        **dict.fromkeys("Ää", "AE"),
        **dict.fromkeys("Ææ", "AE"),
        **dict.fromkeys("ÖöØø", "OE"),
        **dict.fromkeys("Œœ", "OE"),
        **dict.fromkeys("Üü", "UE"),
        **dict.fromkeys("Åå", "AA"),
        **dict.fromkeys("ßẞ", "SS"),
        **dict.fromkeys("Łł", "L"),
        **dict.fromkeys("ĐđÐð", "D"),
        **dict.fromkeys("Þþ", "TH"),
        **dict.fromkeys("Ĳĳ", "IJ"),
        "\N{LATIN SMALL LETTER DOTLESS I}": "I",
    }
)
# Spanish writes güe and güi for a spoken u: Argüelles is no umlaut.
_SPANISH_U = re.compile("([Gg])[üÜ](?=[eéiíEÉIÍ])")


def squeeze(column: Column) -> Normalised:
    """One space between words, none around, no invisible characters, composed accents; blank is null.

    `squeeze`: `  MUELLER   GMBH ` becomes `MUELLER GMBH`
    """
    return distinct(column, lambda values: fine(squeezed(values)))


def fold(column: Column) -> Normalised:
    """Upper-case ASCII words for comparison: letters and digits, one space between words.

    `fold`: `Müller & Söhne` becomes `MUELLER SOEHNE`
    """
    return distinct(column, lambda values: fine(folded(values)))


def mojibake(column: Column) -> Normalised:
    """The likely right text where a value was read with the wrong encoding, else null.

    A value with U+FFFD has lost characters: it is a problem without a likely right text.
    """
    return distinct(column, _mojibake)


def squeezed(values: Strings) -> Strings:
    """`squeeze` for a column that needs no reduction to distinct values."""
    foreign = negate(ascii_only(values))
    composed = each_where(values, foreign, _composed)
    untidy = some(foreign, matches(composed, _UNTIDY))
    if any_true(untidy):
        tidy = replace(replace(composed.filter(untidy), _SPACE, " "), _INVISIBLE, "")
        composed = scatter(composed, untidy, replace(replace(tidy, "  +", " "), "^ +| +$", ""))
    return none_if_blank(composed)


def ascii_upper(values: Strings) -> Strings:
    """Upper-case ASCII with punctuation left in place."""
    return upper(each_where(values, negate(ascii_only(values)), _romanised))


def folded(values: Strings) -> Strings:
    """`fold` for a column that needs no reduction to distinct values."""
    plain = ascii_upper(values)
    untidy = matches(plain, "[^A-Z0-9 ]|  |^ | $")
    return none_if_blank(scatter(plain, untidy, _words(plain.filter(untidy))))


def _words(plain: Strings) -> Strings:
    """Letters and digits of upper-case ASCII, one space for all else; an apostrophe parts no name."""
    quoted = matches(plain, "['`]")
    whole = replace(plain.filter(quoted), r"\b(O|D|L|DELL|DALL|T|M)['`] ?([A-Z])", r"\1\2")
    plain = scatter(plain, quoted, replace(whole, r"([A-Z])['`]([A-Z])", r"\1\2"))
    return replace(replace(plain, "[^A-Z0-9]+", " "), "^ | $", "")


def _composed(text: str) -> str:
    # U+0149 is deprecated in favour of two characters; as one it has no capital of its own
    return unicodedata.normalize("NFC", text).replace("\u0149", "\u02bcn")


def _romanised(text: str) -> str:
    composed = _SPANISH_U.sub(r"\1u", unicodedata.normalize("NFKC", text)).translate(_ICAO)
    return composed if composed.isascii() else anyascii(composed)


def _mojibake(values: Strings) -> Normalised:
    suspect = matches(values, _SUSPECT)
    found = values.filter(suspect)
    right = scatter(nulls(len(values)), suspect, each(found, _likely))
    lost = matches(values, _LOST)
    return Normalised(right, either(some(present(right), lost), TEXT_MOJIBAKE, None))


def _likely(text: str) -> str | None:
    if _LOST in text or not is_bad(text):
        return None
    right = fix_encoding(text)
    return right if right != text and _LOST not in right else None
