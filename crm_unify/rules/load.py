"""Project file and rule files in, checked models out; every mistake of every file is told at once.

Nothing of a source is read here: what needs a source's header is checked by `crm_unify.rules.columns`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from crm_unify.errors import ConfigurationError, UsageError
from crm_unify.rules import environment as env
from crm_unify.rules.checking.project import project_mistakes, with_lent
from crm_unify.rules.checking.source import source_mistakes
from crm_unify.rules.checking.sums_and_examples import rest_mistakes
from crm_unify.rules.checking.targets import target_mistakes
from crm_unify.rules.code_tables import LoadedCodeTable, read_code_table
from crm_unify.rules.loaded import LoadedProject, LoadedRules, yaml_path
from crm_unify.rules.mistakes import each, raise_all
from crm_unify.rules.model import Project, RuleFile
from crm_unify.rules.validate import validated
from crm_unify.rules.yaml_tree import Path as YamlPath
from crm_unify.rules.yaml_tree import Tree, parse_yaml, read_yaml

__all__ = ["LoadedProject", "LoadedRules", "load_project", "load_rules", "rules_from_text"]

PROJECT_FILE = "crm_unify.yml"

Made = TypeVar("Made")


def load_project(
    path: Path, *, environment: str | None = None, variables: Mapping[str, str] | None = None
) -> LoadedProject:
    """Read a project file (or the folder that holds it) and all its rule files.

    `environment` chooses one of the project's environments; `variables` stand for `${NAME}` in addresses,
    the process environment by default. Raises ConfigurationError, which lists all mistakes when there are
    several, and UsageError when there is no project file.
    """
    file = path / PROJECT_FILE if path.is_dir() else path
    if not file.is_file():
        remedy = f"name the project file, or the folder that holds {PROJECT_FILE}"
        raise UsageError("there is no project file", str(file), remedy=remedy)
    tree = read_yaml(file, shown=shown_name(file))
    root = file.resolve().parent
    project, mistakes = validated(Project, tree, lambda loc: yaml_path(tree.data, loc))
    paths = _rule_paths(tree, root, mistakes)
    read = (_attempt(mistakes, load_rules, rule_path) for rule_path in paths)
    files = tuple(sorted((found for found in read if found is not None), key=lambda f: f.rules.map))
    if project is None:
        raise_all(mistakes)
        raise AssertionError("a project file without a model has at least one mistake")
    values = os.environ if variables is None else variables
    addresses = _Addresses(tree, root, values, mistakes)
    loaded = LoadedProject(addresses.filled_in(project, environment), root, files, file, tree, environment)
    raise_all([*mistakes, *project_mistakes(loaded, whole=len(files) == len(paths))])
    return replace(loaded, files=with_lent(files))


def load_rules(path: Path) -> LoadedRules:
    """Read and check one rule file by itself (its lookups into other maps are checked with the project)."""
    return _checked(read_yaml(path, shown=shown_name(path)), path)


def rules_from_text(text: str, *, path: Path = Path("rules.yml")) -> LoadedRules:
    """The same for the text of a rule file; code tables are read beside `path`."""
    return _checked(parse_yaml(text, shown=str(path)), path)


def shown_name(path: Path) -> str:
    """A file as messages name it: relative to the current folder where it is inside."""
    here = Path.cwd()
    full = path.resolve()
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(path)


def _attempt(mistakes: list[ConfigurationError], read: Callable[[Path], Made], path: Path) -> Made | None:
    """What reading a file gives; its mistakes are kept for the list, and None stands for it."""
    try:
        return read(path)
    except ConfigurationError as error:
        mistakes.extend(each(error))
        return None


# --- rule files ---
def _checked(tree: Tree, path: Path) -> LoadedRules:
    found, mistakes = validated(RuleFile, tree, lambda loc: yaml_path(tree.data, loc))
    if found is None:
        raise_all(mistakes)
        raise AssertionError("a file without a model has at least one mistake")
    loaded = LoadedRules(found, path, tree)
    mistakes += [*source_mistakes(loaded), *target_mistakes(loaded), *rest_mistakes(loaded)]
    tables = dict(_code_tables(loaded, mistakes))
    raise_all(mistakes)
    return replace(loaded, code_tables=tables)


def _code_tables(
    loaded: LoadedRules, mistakes: list[ConfigurationError]
) -> Iterator[tuple[str, LoadedCodeTable]]:
    """The CSV behind each code table, beside the rule file."""
    for name, table in loaded.rules.code_tables.items():
        file = loaded.path.parent / table.file
        if not file.is_file():
            known = [str(f.relative_to(loaded.path.parent)) for f in _csv_files(loaded.path.parent)]
            path = ("code_tables", name, "file")
            mistakes.append(loaded.unknown("code table file", str(table.file), path, known=known))
            continue
        found = _attempt(mistakes, lambda f: read_code_table(f, shown=shown_name(f)), file)
        if found is not None:
            yield name, found


def _csv_files(folder: Path) -> Iterable[Path]:
    return [*folder.glob("*.csv"), *folder.glob("*/*.csv")]


# --- project file ---
def _rule_paths(tree: Tree, root: Path, mistakes: list[ConfigurationError]) -> tuple[Path, ...]:
    """Rule files that the globs of the project name, each once, sorted."""
    patterns = tree.data.get("rules")
    found: set[Path] = set()
    for i, pattern in enumerate(patterns if isinstance(patterns, list) else []):
        matching = set(_matching(root, str(pattern)))
        found |= matching
        if not matching:
            what, line = f"no rule file matches '{pattern}'", tree.line(("rules", i))
            remedy = "name rule files relative to the project file"
            mistakes.append(ConfigurationError(what, tree.file, line=line, remedy=remedy))
    return tuple(sorted(found))


def _matching(root: Path, pattern: str) -> Iterator[Path]:
    """Files of a glob; leading parts without wildcards (`../..`) are walked first."""
    parts = Path(pattern).parts
    fixed = next((i for i, part in enumerate(parts) if any(c in part for c in "*?[")), len(parts) - 1)
    folder = root.joinpath(*parts[:fixed]).resolve()
    return (file for file in folder.glob(str(Path(*parts[fixed:]))) if file.is_file()) if parts else iter(())


@dataclass(frozen=True, slots=True)
class _Addresses:
    """Fills in the addresses of one project file."""

    tree: Tree
    root: Path
    variables: Mapping[str, str]
    mistakes: list[ConfigurationError]

    def filled_in(self, project: Project, environment: str | None) -> Project:
        """The project with the chosen environment in force and every address ready for use."""
        target = self._filled(*self._target(project, environment))
        sources = {
            system: source
            if source.url is None
            else source.model_copy(update={"url": self._filled(source.url, ("sources", system, "url"))})
            for system, source in project.sources.items()
        }
        scratch = self._filled(project.rehearsal.target, ("rehearsal", "target"))
        rehearsal = project.rehearsal.model_copy(update={"target": scratch})
        return project.model_copy(update={"target": target, "sources": sources, "rehearsal": rehearsal})

    def _target(self, project: Project, environment: str | None) -> tuple[str, YamlPath]:
        """The address of the target that is in force, and where it stands."""
        if environment is None:
            return project.target, ("target",)
        if environment in project.environments:
            return project.environments[environment].target, ("environments", environment, "target")
        line, known = self.tree.line(("environments",)), project.environments
        file = self.tree.file
        self.mistakes.append(
            ConfigurationError.unknown("environment", environment, known=known, file=file, line=line)
        )
        return project.target, ("target",)

    def _filled(self, text: str, path: YamlPath) -> str:
        """One address; a secret in the file or a variable that is not set is a mistake."""
        if env.holds_secret(text):
            remedy = "put it into an environment variable and write ${NAME}"
            self._wrong(f"a password stands in the file: {env.mask(text)}", path, remedy)
            return text
        try:
            return env.beside(env.expand(text, self.variables), self.root)
        except env.UnsetVariableError as error:
            name = error.args[0]
            self._wrong(
                f"environment variable '{name}' is not set", path, f"set it, or write ${{{name}:-default}}"
            )
            return text

    def _wrong(self, what: str, path: YamlPath, remedy: str) -> None:
        line = self.tree.line(path)
        self.mistakes.append(ConfigurationError(what, self.tree.file, line=line, remedy=remedy))
