"""The folded name parts of person claims: claimed apart, or split off a full name and heard."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.normalise import columns, text
from crm_unify.normalise import names as normal_names
from crm_unify.normalise.east_asian import KOREAN_FAMILIES
from crm_unify.normalise.interface import Normalised, distinct, fine
from matching.claimed import ClaimTable, taken_for
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


PARTS = ("given", "middle", "family", "birth_name", "called", "suffix", "titled", "spelt")
"""What the name of a person claim is taken for."""


def name_parts(table: ClaimTable) -> tuple[dict[str, pa.Array], Ints]:
    """Folded name parts of each person claim; a full name is split, and heard where no part is claimed."""
    rows, owner = table.claimed("person")
    before = taken_for(rows, *PARTS)
    if before is not None:
        return before, owner
    wanted = ("given_name", "middle_name", "family_name", "birth_name", "nickname")
    found, owner = table.texts("person", "full_name", "suffix", "prefix", *wanted)
    full, suffix, prefix, parts = *found[:3], dict(zip(wanted, found[3:], strict=True))
    split = normal_names.split_names(full, order="auto").value
    whole = {name: text.fold(_in_letters(name, pc.struct_field(split, name))).value for name in wanted}
    folded = {name: text.fold(_in_letters(name, parts[name])).value for name in wanted}
    folded["given_name"] = distinct(folded["given_name"], _without_titles).value
    heard = _heard(folded, whole)
    folded = {
        name: pc.coalesce(folded[name], pc.if_else(heard, whole[name], pa.scalar(None, pa.string())))
        for name in wanted
    }
    signs = pc.coalesce(parts["family_name"], pc.if_else(heard, pc.struct_field(split, "family_name"), None))
    claimed = text.fold(pc.coalesce(suffix, pc.struct_field(split, "suffix"))).value
    title = text.fold(pc.coalesce(prefix, pc.struct_field(split, "prefix"))).value
    given = _fields(distinct(folded["given_name"], _given).value)
    family = _fields(distinct(folded["family_name"], _without_suffix).value)
    tail = pc.coalesce(claimed, family["suffix"], given["suffix"])
    first, middle = pc.fill_null(given["first"], ""), pc.coalesce(folded["middle_name"], given["rest"])
    return {
        "given": first,
        "middle": middle,
        "family": family["name"],
        "birth_name": folded["birth_name"],
        "called": pc.coalesce(folded["nickname"], _run_together(first, middle)),
        "suffix": distinct(tail, _canonical_suffix).value,
        "titled": _titled(title),
        "spelt": distinct(signs, _spelt_otherwise).value,
    }, owner


def each_spelling(spelt: pa.Array, owner: Ints) -> tuple[pa.Array, Ints]:
    """The other ways to spell each family name, one by one, and the record of each."""
    words = pc.split_pattern(spelt, " ")
    return pc.list_flatten(words), owner[pc.list_parent_indices(words).to_numpy()]


_USUAL = {sign: usual for sign, (usual, *_) in KOREAN_FAMILIES.items()}
_OTHERWISE = {sign: " ".join(others) for sign, (_, *others) in KOREAN_FAMILIES.items() if others}


def _in_letters(name: str, values: pa.Array) -> pa.Array:
    """Family names with Korean ones as most of their bearers write them; other names as they are."""
    if name != "family_name":
        return values

    def known(distinct_ones: pa.StringArray) -> Normalised:
        return fine(pc.coalesce(columns.lookup(distinct_ones, _USUAL), distinct_ones))

    return distinct(values, known).value


def _spelt_otherwise(families: pa.StringArray) -> Normalised:
    """The other ways to write Korean family names, folded, a space between; null for other names."""
    return text.fold(columns.lookup(families, _OTHERWISE))


def _run_together(first: pa.Array, middle: pa.Array) -> pa.Array:
    """A given name of two words as one: Ho Young is Hoyoung, Mary Ann Maryann; null where it has one word."""
    two = pc.match_substring_regex(pc.fill_null(middle, ""), "^[A-Z]{2,}$")
    joined = pc.binary_join_element_wise(first, pc.fill_null(middle, ""), "")
    return pc.if_else(two, joined, pa.scalar(None, pa.string()))


def _fields(parts: pa.StructArray) -> dict[str, pa.Array]:
    return {name: pc.struct_field(parts, name) for name in parts.type.names}


def _without_suffix(names: pa.Array) -> Normalised:
    """`name` and the `suffix` at its end, null where it has none."""
    suffix = pc.struct_field(pc.extract_regex(names, _SUFFIX), "suffix")
    bare = pc.replace_substring_regex(names, _SUFFIX, "")
    return fine(pa.StructArray.from_arrays([bare, suffix], names=["name", "suffix"]))


def _given(names: pa.Array) -> Normalised:
    """The `first` of given names, the `rest` of them and the `suffix` behind; null where there is none."""
    bare, suffix = _without_suffix(names).value.flatten()
    first = pc.replace_substring_regex(bare, r" .*", "")
    rest = pc.replace_substring_regex(bare, r"^\S+ ?", "")
    rest = pc.if_else(pc.equal(rest, ""), pa.scalar(None, pa.string()), rest)
    return fine(pa.StructArray.from_arrays([first, rest, suffix], names=["first", "rest", "suffix"]))


def _heard(claimed: dict[str, pa.Array], whole: dict[str, pa.Array]) -> pa.Array:
    """True where the parts of the full name fill what is not claimed: they agree with all that is."""
    agrees = [
        pc.or_(pc.is_null(claimed[name]), pc.fill_null(pc.equal(claimed[name], whole[name]), False))
        for name in ("given_name", "family_name")
    ]
    return pc.and_(*agrees)


_TITLES = rf"^(?:(?:{'|'.join(sorted(TITLES))}) +)+"
_NO_NAME = rf"^(?:{'|'.join(sorted(TITLES | NO_NAMES))})$"


def _without_titles(given: pa.Array) -> Normalised:
    """Folded given names without titles; null where the field names a title or a relation instead."""
    bare = pc.replace_substring_regex(given, _TITLES, "")
    nameless = pc.fill_null(pc.match_substring_regex(bare, _NO_NAME), False)
    return fine(pc.if_else(nameless, pa.scalar(None, pa.string()), bare))


def _canonical_suffix(folded: pa.Array) -> Normalised:
    """JR and SR however they were written; other suffixes as they are."""
    short = pc.replace_substring_regex(folded, r"^(JUN|JUNIOR|JNR)$", "JR")
    return fine(pc.replace_substring_regex(short, r"^(SEN|SENIOR|SNR)$", "SR"))
