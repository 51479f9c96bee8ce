"""In which order the maps of a project are interpreted: parents before the rows that hang on them."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

from crm_unify.errors import ConfigurationError
from crm_unify.rules.loaded import LoadedRules
from crm_unify.rules.lookups import deferred, parents_of


def parents_first(files: Sequence[LoadedRules], unread: Sequence[str] = ()) -> list[LoadedRules]:
    """Maps after the maps their rows hang on, else by name; those that are not read give nobody a parent.

    What is set later asks for no order. A circle of which nothing can be set later is refused.
    """
    by_name = {loaded.rules.map: loaded for loaded in sorted(files, key=lambda loaded: loaded.rules.map)}
    later = deferred([loaded.rules for loaded in files])
    graph = {
        name: [
            other
            for other in looks_up(one)
            if other not in unread and other not in later.get(name, frozenset())
        ]
        for name, one in by_name.items()
    }
    sorter = TopologicalSorter(graph)
    try:
        order = list(sorter.static_order())
    except CycleError as error:
        names = ", ".join(error.args[1])
        what = f"the maps {names} look each other up"
        raise ConfigurationError(
            what, by_name[error.args[1][0]].tree.file, why="a circle has no start"
        ) from error
    missing = [name for name in order if name not in by_name]
    if missing:
        asking = next(loaded for name, loaded in by_name.items() if missing[0] in graph[name])
        raise ConfigurationError.unknown("map", missing[0], known=by_name, file=asking.tree.file)
    return [by_name[name] for name in order]


def looks_up(loaded: LoadedRules) -> list[str]:
    """The maps that the rows of a map hang on."""
    return sorted({one.map for one in parents_of(loaded.rules)})
