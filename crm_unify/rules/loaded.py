"""A project as read from its files: the models, and where each of their parts stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

from crm_unify.errors import ConfigurationError
from crm_unify.records import KINDS
from crm_unify.rules.code_tables import LoadedCodeTable
from crm_unify.rules.expressions import ExpressionRefusedError
from crm_unify.rules.model import Expects, Project, RuleFile
from crm_unify.rules.yaml_tree import Path, Tree


@dataclass(frozen=True, slots=True)
class Lent:
    """A column of a map that another map, or itself, looks texts up by or takes."""

    column: str
    asked_by: LoadedRules
    """The rule file that says so."""
    path: Path
    """Where it says so."""


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """One rule file, checked."""

    rules: RuleFile
    """What it says."""
    path: FilePath
    """The file."""
    tree: Tree
    """Its YAML with lines."""
    code_tables: Mapping[str, LoadedCodeTable] = field(default_factory=dict)
    """Code tables by the name the rule file gives them."""
    lends: tuple[Lent, ...] = ()
    """Columns that lookups of the project ask this map for."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Key column of each map of the project that texts are looked up in, where it is one."""
    null_tokens: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Texts that mean nothing in each map of the project."""

    def where(self, path: Path) -> int:
        """Line of a part: `("targets", 0, "entries", 1, "fields", "value")` or the keys as YAML has them."""
        return self.tree.line(yaml_path(self.tree.data, path))

    def wrong(self, what: str, path: Path, *, why: str = "", remedy: str = "") -> ConfigurationError:
        """A mistake in this file, at a part."""
        return ConfigurationError(what, self.tree.file, line=self.where(path), why=why, remedy=remedy)

    def unknown(self, kind: str, name: str, path: Path, *, known: Any) -> ConfigurationError:
        """A name that does not exist, at a part, with the nearest of the `known` ones."""
        line = self.where(path)
        return ConfigurationError.unknown(kind, name, known=known, file=self.tree.file, line=line)

    def refused(self, error: ExpressionRefusedError, path: Path) -> ConfigurationError:
        """An expression that was refused, at the part that holds it."""
        key = next((part for part in reversed(path) if isinstance(part, str)), "expression")
        what = f"'{key}': {error.reason}"
        return ConfigurationError(what, self.tree.file, line=self.where(path), nearest=error.nearest)

    def for_examples(self) -> LoadedRules:
        """The rules without what concerns a whole delivery, its size and sums: an example has few rows."""
        source = self.rules.source.model_copy(update={"expects": Expects()})
        return replace(self, rules=self.rules.model_copy(update={"source": source, "reconcile": []}))


@dataclass(frozen=True, slots=True)
class LoadedProject:
    """A project file and all its rule files, checked; nothing of a source has been read."""

    project: Project
    """What it says: addresses filled in, the chosen environment's target in force, SQLite files absolute."""
    root: FilePath
    """Folder of the project file; relative paths begin here."""
    files: tuple[LoadedRules, ...]
    """Rule files, sorted by map name."""
    path: FilePath
    """The project file."""
    tree: Tree
    """Its YAML with lines."""
    environment: str | None = None
    """Chosen environment."""

    def where(self, path: Path) -> int:
        """Line of a part of the project file."""
        return self.tree.line(path)

    def source_path(self, system: str) -> FilePath | None:
        """Absolute file or folder of a source system; None for a database."""
        path = self.project.sources[system].path
        return None if path is None else (self.root / path).resolve()

    def rules_of(self, map_name: str) -> LoadedRules | None:
        """The rule file of that map."""
        return next((loaded for loaded in self.files if loaded.rules.map == map_name), None)


def entry_paths(branch: Any) -> list[Path]:
    """Path in the YAML, from the branch down, of each entry of a branch, in the order of the model."""
    paths: list[Path] = []
    for kind in (k for k in branch if k in KINDS):
        block = branch[kind]
        paths += [(kind, i) for i in range(len(block))] if isinstance(block, list) else [(kind,)]
    return paths


def yaml_path(data: Any, path: Path) -> Path:
    """A path in the model (pydantic's too, with its union tags) as a path in the YAML it was made from."""
    if len(path) > 3 and path[0] == "targets" and path[2] == "entries":
        path = (*path[:2], *_in_branch(data["targets"][path[1]], path[3], path[4:]))
    found: list[str | int] = []
    for part in path:
        known, inside = _step(data, part)
        if known or part == path[-1]:
            found.append(part)
        data = inside if known else data
    return tuple(found)


def _step(data: Any, part: str | int) -> tuple[bool, Any]:
    """Whether a block has this key or item, and what is in it."""
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return True, data[part]
    known = isinstance(data, Mapping) and part in data
    return known, data[part] if known else None


def _in_branch(branch: Any, entry: str | int, rest: Path) -> Path:
    paths = entry_paths(branch)
    if not isinstance(entry, int) or entry >= len(paths):
        return ()
    return (*paths[entry], *(rest[1:] if rest[:1] in (("fields",), ("links",)) else rest))
