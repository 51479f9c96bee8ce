"""The folded name parts of person claims: claimed apart, or split off a full name and heard."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise import names as normal_names
from crm_unify.normalise import text
from matching.claimed import ClaimTable
from matching.columns import Ints
from matching.lists import NO_NAMES, TITLES
from matching.names import gender_of_title


def _titled(folded: pa.Array) -> pa.Array:
    """The gender that folded courtesy titles tell."""
    coded = folded.dictionary_encode()
    told = pa.array([gender_of_title(title) for title in coded.dictionary.to_pylist()], pa.string())
    return told.take(coded.indices)


_SUFFIX = r" (?P<suffix>JR|SR|JUN|SEN|JNR|SNR|JUNIOR|SENIOR|II|III|IV)$"
"""A name suffix at the end of a folded given or family name."""


def name_parts(table: ClaimTable) -> tuple[dict[str, pa.Array], Ints]:
    """Folded name parts of each person claim; a full name is split, and heard where no part is claimed."""
    wanted = ("given_name", "middle_name", "family_name", "birth_name", "nickname")
    found, owner = table.texts("person", "full_name", "suffix", "prefix", *wanted)
    full, suffix, prefix, parts = *found[:3], dict(zip(wanted, found[3:], strict=True))
    split = normal_names.split_names(full, order="auto").value
    whole = {name: text.fold(pc.struct_field(split, name)).value for name in wanted}
    folded = {name: text.fold(parts[name]).value for name in wanted}
    folded["given_name"] = _without_titles(folded["given_name"])
    heard = _heard(folded, whole)
    folded = {
        name: pc.coalesce(folded[name], pc.if_else(heard, whole[name], pa.scalar(None, pa.string())))
        for name in wanted
    }
    claimed = text.fold(pc.coalesce(suffix, pc.struct_field(split, "suffix"))).value
    title = text.fold(pc.coalesce(prefix, pc.struct_field(split, "prefix"))).value
    tails = {
        name: pc.struct_field(pc.extract_regex(folded[name], _SUFFIX), "suffix")
        for name in ("given_name", "family_name")
    }
    for name, tail in tails.items():
        folded[name] = pc.if_else(
            tail.is_valid(), pc.replace_substring_regex(folded[name], _SUFFIX, ""), folded[name]
        )
    given = pc.fill_null(folded["given_name"], "")
    head = pc.replace_substring_regex(given, r" .*", "")
    rest = pc.replace_substring_regex(given, r"^\S+ ?", "")
    rest = pc.if_else(pc.equal(rest, ""), pa.scalar(None, pa.string()), rest)
    middle = pc.coalesce(folded["middle_name"], rest)
    return {
        "given": head,
        "middle": middle,
        "family": folded["family_name"],
        "birth_name": folded["birth_name"],
        "called": folded["nickname"],
        "suffix": _canonical_suffix(pc.coalesce(claimed, tails["family_name"], tails["given_name"])),
        "titled": _titled(title),
    }, owner


def _heard(claimed: dict[str, pa.Array], whole: dict[str, pa.Array]) -> pa.Array:
    """True where the parts of the full name fill what is not claimed: they agree with all that is."""
    agrees = [
        pc.or_(pc.is_null(claimed[name]), pc.fill_null(pc.equal(claimed[name], whole[name]), False))
        for name in ("given_name", "family_name")
    ]
    return pc.and_(*agrees)


_TITLES = rf"^(?:(?:{'|'.join(sorted(TITLES))}) +)+"
_NO_NAME = rf"^(?:{'|'.join(sorted(TITLES | NO_NAMES))})$"


def _without_titles(given: pa.Array) -> pa.Array:
    """Folded given names without titles; null where the field names a title or a relation instead."""
    bare = pc.replace_substring_regex(given, _TITLES, "")
    nameless = pc.fill_null(pc.match_substring_regex(bare, _NO_NAME), False)
    return pc.if_else(nameless, pa.scalar(None, pa.string()), bare)


def _canonical_suffix(folded: pa.Array) -> pa.Array:
    """JR and SR however they were written; other suffixes as they are."""
    short = pc.replace_substring_regex(folded, r"^(JUN|JUNIOR|JNR)$", "JR")
    return pc.replace_substring_regex(short, r"^(SEN|SENIOR|SNR)$", "SR")
