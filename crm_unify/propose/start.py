"""From places to a proposal: profile them, look at some rows of each table, propose, find examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from crm_unify.progress import Progress
from crm_unify.propose.examples import with_examples
from crm_unify.propose.interface import Looked, Place, Proposal
from crm_unify.propose.names import plain_name
from crm_unify.propose.propose import propose
from pipelines.profile.interface import Profiled
from pipelines.profile.profile import profile
from pipelines.profile.rows import found_again, found_tables, some_rows


def start(places: Sequence[Place], *, root: Path, as_of: date, progress: Progress) -> Proposal:
    """The project that is proposed for these places; `root` is the folder it will lie in.

    Raises SourceMissing when there is no such place or no table in any, Unreachable for a database that does
    not answer.
    """
    profiled = profile([place.text for place in places], as_of=as_of, progress=progress)
    looked = dict(_looked(profiled, places))
    name = plain_name(root.resolve().name, otherwise="project")
    proposal = propose(profiled, looked, project=name, root=root)
    with progress.stage("find examples", len(proposal.maps)) as stage:
        return with_examples(proposal, looked, as_of=as_of, advance=stage.advance)


def _looked(profiled: Profiled, places: Sequence[Place]) -> Iterator[tuple[str, Looked]]:
    """Some rows of each table, from the place it was found in."""
    found = [(place, found_tables(place.text)) for place in places]
    for table in profiled.tables:
        again = next(
            (
                (place, one)
                for place, tables in found
                if (one := found_again(table, place.text, tables)) is not None
            ),
            None,
        )
        if again is not None:
            place, one = again
            yield table.name, Looked(place, one.url, some_rows(one, place.text))
