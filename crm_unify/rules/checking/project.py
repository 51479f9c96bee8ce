"""Mistakes between files: systems nobody declared, maps with one name, lookups that lead nowhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Final

from crm_unify.errors import ConfigurationError
from crm_unify.records import PARTIES, field_types
from crm_unify.rules.loaded import Lent, LoadedProject, LoadedRules
from crm_unify.rules.lookups import Lookup, firm, lookups_of, values_of
from crm_unify.rules.model import ContentKey, RuleFile
from crm_unify.rules.yaml_tree import Path

PARENT_KINDS: Final = {"customer": PARTIES, "order": ("sales_order",)}
"""Kinds of record that a parent of a child may be."""

GOLDEN_KINDS: Final = ("person", "organisation")
"""Kinds whose fields are survived one by one."""


def project_mistakes(project: LoadedProject, *, whole: bool) -> Iterator[ConfigurationError]:
    """Everything wrong between the project file and its rule files.

    `whole` says that all rule files could be read; else a map that seems unknown may be in the other ones.
    """
    yield from _trust_mistakes(project)
    yield from _survivorship_mistakes(project)
    yield from _policy_mistakes(project)
    yield from _masked_mistakes(project)
    yield from _map_mistakes(project.files)
    yield from _rule_id_mistakes(project.files)
    yield from _circle_mistakes(project.files)
    asked = {one.map for loaded in project.files for one in values_of(loaded.rules)}
    for loaded in project.files:
        yield from _system_mistakes(project, loaded)
        yield from _beside_mistakes(loaded)
        if whole:
            yield from _lookup_mistakes(project, loaded)
            yield from _lent_mistakes(loaded, asked)


def _wrong(project: LoadedProject, path: Path, what: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(what, project.tree.file, line=project.where(path), remedy=remedy)


def _trust_mistakes(project: LoadedProject) -> Iterator[ConfigurationError]:
    trust, known = project.project.trust, project.project.sources
    for i, system in enumerate(trust):
        line = project.where(("trust", i))
        if system not in known:
            yield ConfigurationError.unknown("system", system, known=known, file=project.tree.file, line=line)
        if system in trust[:i]:
            yield _wrong(project, ("trust", i), f"'{system}' stands twice in trust", "name it once")


def _survivorship_mistakes(project: LoadedProject) -> Iterator[ConfigurationError]:
    known = [
        f"{kind}.{field}" for kind in GOLDEN_KINDS for field in field_types(kind) if field != "record_id"
    ]
    for field in project.project.survivorship:
        if field not in known:
            line = project.where(("survivorship", field))
            yield ConfigurationError.unknown("field", field, known=known, file=project.tree.file, line=line)


POLICED: Final = {
    "person": (),
    "organisation": (),
    "organisation_person": ("role",),
    "contact_point": ("label",),
    "address": ("line1", "line2", "postal_code", "city", "region", "country_code", "label"),
    "account": ("balance", "credit_limit", "currency", "terms", "opened"),
}
"""Fields that a write policy may be said of, by kind; of persons and organisations all but the owner."""


def policed_fields() -> list[str]:
    """Every field a write policy may name."""
    left_out = ("record_id", "owner")
    own = {kind: [f for f in field_types(kind) if f not in left_out] for kind in GOLDEN_KINDS}
    return [f"{kind}.{name}" for kind, names in POLICED.items() for name in (names or own[kind])]


def _policy_mistakes(project: LoadedProject) -> Iterator[ConfigurationError]:
    """Write policies of fields that do not exist, and policies that a field cannot have."""
    known = [*policed_fields(), "consent"]
    said = project.project.write_policy
    for name, policy in said.fields.items():
        path: Path = ("write_policy", "fields", name)
        if name not in known:
            line = project.where(path)
            yield ConfigurationError.unknown("field", name, known=known, file=project.tree.file, line=line)
        elif (name == "consent") != (policy == "most_restrictive"):
            what = "consent is written by 'most_restrictive', and nothing else is"
            yield _wrong(project, path, what, "choose another policy for the field")
        elif policy == "if_newer" and name.partition(".")[0] not in GOLDEN_KINDS:
            what = f"'{name}: if_newer' has nothing to compare: all values of the kind are kept"
            yield _wrong(project, path, what, "use it for fields of person and organisation")
    if said.default == "most_restrictive":
        what = "consent alone is written by 'most_restrictive'"
        yield _wrong(project, ("write_policy", "default"), what, "choose another default")


CONTACTS: Final = ("email", "phone", "fax", "web")
"""Kinds of contact point, each of which can be masked by itself."""
UNMASKED: Final = ("record_id", "customer_record_id", "order_record_id", "owner")
"""Fields that pages show as ids of other rows, if at all."""


def maskable() -> list[str]:
    """Every name that may stand under `masked`: tables with people in them, their fields, contact kinds."""
    kinds = [*PARTIES, *HANGING]
    fields = [f"{kind}.{name}" for kind in kinds for name in field_types(kind) if name not in UNMASKED]
    contacts = [f"contact_point.{kind}" for kind in CONTACTS]
    return [*kinds, "customer", "customer.display_name", *fields, "consent.value_norm", *contacts]


HANGING: Final = (
    *("contact_point", "address", "party_identifier", "account", "consent"),
    *("sales_order", "support_case", "opportunity", "activity"),
)
"""Kinds of record that pages show on a customer."""


def _masked_mistakes(project: LoadedProject) -> Iterator[ConfigurationError]:
    """Names under `masked` that would hide nothing: a misspelled one shows what it should keep."""
    known = maskable()
    for role, names in project.project.web.masked.items():
        for at, name in enumerate(names):
            if name not in known:
                line = project.where(("web", "masked", role, at))
                yield ConfigurationError.unknown(
                    "field or table", name, known=known, file=project.tree.file, line=line
                )


def _map_mistakes(files: Sequence[LoadedRules]) -> Iterator[ConfigurationError]:
    first: dict[str, LoadedRules] = {}
    for loaded in files:
        name = loaded.rules.map
        if name in first:
            other = first[name]
            why = f"the first is {other.tree.file}:{other.where(('map',))}"
            yield loaded.wrong(
                f"two rule files call their map '{name}'", ("map",), why=why, remedy="rename one"
            )
        first.setdefault(name, loaded)


def _rule_id_mistakes(files: Sequence[LoadedRules]) -> Iterator[ConfigurationError]:
    """One id names one rule of the project: approvals, quarantine and reports speak of it alone."""
    first: dict[str, LoadedRules] = {}
    for loaded in files:
        for rule in loaded.rules.rules:
            path: Path = ("rules", rule)
            if rule in first and loaded.rules.rules[rule] != first[rule].rules.rules[rule]:
                why = f"the first is {first[rule].tree.file}:{first[rule].where(path)}"
                yield loaded.wrong(f"two rules have the id '{rule}'", path, why=why, remedy="rename one")
            first.setdefault(rule, loaded)


def _circle_mistakes(files: Sequence[LoadedRules]) -> Iterator[ConfigurationError]:
    """Maps whose rows wait for each other: none of them could be the first."""
    asked = {loaded.rules.map: firm(loaded.rules) for loaded in files}
    names = {name: [other for other in seen if other in asked] for name, seen in asked.items()}
    try:
        TopologicalSorter(names).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        name, other = min((circle[i + 1], circle[i]) for i in range(len(circle) - 1))
        loaded = next(one for one in files if one.rules.map == name)
        what = f"these maps look each other up: {' -> '.join(reversed(circle))}"
        why = "each needs the other first"
        remedy = "write missing: null where a row can load without its parent; it is set when both are there"
        yield loaded.wrong(what, (*asked[name][other].path, "lookup"), why=why, remedy=remedy)


def _system_mistakes(project: LoadedProject, loaded: LoadedRules) -> Iterator[ConfigurationError]:
    """The source system is declared, and its place fits the reader."""
    source, path = loaded.rules.source, ("source", "system")
    declared = project.project.sources.get(source.system)
    if declared is None:
        yield loaded.unknown("system", source.system, path, known=project.project.sources)
        return
    if (source.reader == "sql") != (declared.url is not None):
        needs = "a url" if source.reader == "sql" else "a path"
        what = f"the reader '{source.reader}' needs {needs} for the system '{source.system}'"
        line = project.where(("sources", source.system))
        yield loaded.wrong(
            what,
            ("source", "reader"),
            why=f"see {project.tree.file}:{line}",
            remedy=f"give the system {needs} in the project file",
        )
        return
    place = project.source_path(source.system)
    if place is not None and place.is_dir() and source.file is None:
        what = f"which file of the folder '{declared.path}'?"
        yield loaded.wrong(what, path, remedy="add file: with its name to the source")


# --- lookups ---
def _lookup_mistakes(project: LoadedProject, loaded: LoadedRules) -> Iterator[ConfigurationError]:
    for one in lookups_of(loaded.rules):
        if one.rule.take is not None or one.field in PARENT_KINDS:
            yield from _one_lookup(project, loaded, one)


def _one_lookup(project: LoadedProject, loaded: LoadedRules, one: Lookup) -> Iterator[ConfigurationError]:
    """The map exists in that system, has one key column, and makes parents of the right kind."""
    path: Path = (*one.path, "lookup")
    if one.system not in project.project.sources:
        yield loaded.unknown("system", one.system, (*path, 0), known=project.project.sources)
        return
    maps = {other.rules.map: other for other in project.files if other.rules.source.system == one.system}
    if one.map not in maps:
        yield loaded.unknown(f"map of {one.system}", one.map, (*path, 1), known=maps)
        return
    found = maps[one.map].rules
    if key_column(found) is None and one.rule.by is None:
        what = f"the map '{one.map}' cannot be looked up: its key is not one column"
        texts = "; or say with by: in which column the key stands" if one.rule.take is not None else ""
        yield loaded.wrong(what, (*path, 1), remedy=f"look up a map whose key is one column{texts}")
    if one.rule.take is not None and found.source.state == "retired":
        what = f"the map '{one.map}' is retired: it has no rows, and every such field would be empty"
        yield loaded.wrong(what, (*path, 1), remedy="say `state: frozen` there, or map the field otherwise")
    kinds = {entry.kind for branch in found.targets for entry in branch.entries}
    if one.rule.take is None and not kinds & set(PARENT_KINDS[one.field]):
        what = f"the map '{one.map}' makes no {' and no '.join(PARENT_KINDS[one.field])}"
        yield loaded.wrong(what, (*path, 1), remedy=f"look up a map that makes the {one.field}")


def _lent_mistakes(loaded: LoadedRules, asked: Collection[str]) -> Iterator[ConfigurationError]:
    """Rows that are there to be looked up, and nobody does."""
    for i, branch in enumerate(loaded.rules.targets):
        if branch.lookup_only and loaded.rules.map not in asked:
            what = f"no rule file looks texts up in '{loaded.rules.map}'"
            remedy = "discard such rows by a rule, or look texts up in them (lookup: with take:)"
            yield loaded.wrong(what, ("targets", i, "lookup_only"), remedy=remedy)


def _beside_mistakes(loaded: LoadedRules) -> Iterator[ConfigurationError]:
    """Examples with rows of maps that the file looks nothing up in."""
    known = sorted({one.map for one in lookups_of(loaded.rules)})
    for i, example in enumerate(loaded.rules.tests):
        for name in (n for n in example.beside if n not in known):
            path: Path = ("tests", i, "beside", name)
            yield loaded.unknown("map that is looked up", name, path, known=known)


def key_column(rules: RuleFile) -> str | None:
    """The key column of a map, where it is one."""
    key = rules.source.key
    return None if isinstance(key, ContentKey) or len(key) != 1 else key[0]


def with_lent(files: Sequence[LoadedRules]) -> tuple[LoadedRules, ...]:
    """The rule files of a project, each with the columns that lookups ask it for, and the keys of the others.

    Lookups that lead nowhere are left out; they are told as mistakes.
    """
    by_map = {loaded.rules.map: loaded for loaded in files}
    keys = {name: key for name, one in by_map.items() if (key := key_column(one.rules)) is not None}
    nothing = {name: tuple(one.rules.source.parse.null_tokens) for name, one in by_map.items()}
    lends: dict[str, list[Lent]] = {}
    for loaded in files:
        for one in values_of(loaded.rules):
            asked = [(one.rule.take, "take"), (one.rule.by, "by")]
            lends.setdefault(one.map, []).extend(
                Lent(column, loaded, (*one.path, said)) for column, said in asked if column is not None
            )
    return tuple(
        replace(loaded, lends=tuple(lends.get(loaded.rules.map, ())), keys=keys, null_tokens=nothing)
        for loaded in files
    )
