"""The sources of a project: one for each place that was named, and for each database that lies in one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from crm_unify.propose.interface import Looked, Place, System
from crm_unify.propose.names import free_name, plain_name, stem
from crm_unify.rules.environment import beside, holds_secret

_TARGET: Final = "crm"
"""CRM_URL is the address of the target"""
Where = tuple[str, str | None]
"""Text of a place, and URL of a database in it"""


def where(looked: Looked) -> Where:
    """What the tables of one source have in common."""
    return looked.place.text, looked.url


def systems(looked: Iterable[Looked], *, root: Path) -> Mapping[Where, System]:
    """A source for each; paths are relative to `root`, the folder of the project, where both are near."""
    found: dict[Where, System] = {}
    taken: set[str] = set()
    for one in looked:
        if where(one) not in found:
            made = _system(one.place, one.url, taken=taken, root=root)
            taken.add(made.name)
            found[where(one)] = made
    return found


def _system(place: Place, url: str | None, *, taken: set[str], root: Path) -> System:
    free = place.name is not None and place.name not in taken
    name = place.name if free and place.name else free_name(_name(place, url), taken)
    if url is None:
        return System(name, None, _path(Path(place.text), root))
    folder = Path(place.text)
    address = (
        url if "://" in place.text else beside(url, (folder.parent if folder.is_file() else folder).resolve())
    )
    if holds_secret(address):
        variable = f"{name.upper()}_URL" if name != _TARGET else f"{name.upper()}_SOURCE_URL"
        return System(name, f"${{{variable}}}", None, variable)
    return System(name, _sqlite(address, root), None)


def _name(place: Place, url: str | None) -> str:
    if url is not None:
        return plain_name(stem(url.partition("?")[0].rpartition("/")[2]), otherwise="database")
    return plain_name(stem(str(Path(place.text).resolve())), otherwise="source")


def _path(path: Path, root: Path) -> str:
    """Relative where it is in the project's folder or beside it, else from the root of the machine."""
    full, base = path.resolve(), root.resolve()
    near = full.is_relative_to(base.parent)
    return Path(os.path.relpath(full, base)).as_posix() if near else full.as_posix()


def _sqlite(url: str, root: Path) -> str:
    """The URL of a SQLite file, relative to the project as other paths are."""
    scheme, _, file = url.partition(":///")
    if not scheme.startswith("sqlite") or not file:
        return url
    return f"{scheme}:///{_path(Path(file), root)}"
