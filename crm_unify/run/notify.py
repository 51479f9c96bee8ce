"""Word to the people who look after the syncs, by way of Apprise (https://github.com/caronc/apprise).

What is sent holds counts, names of columns and errors, never a value of a customer.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from crm_unify.errors import ConfigurationError, CrmUnifyError, GuardStopped
from crm_unify.run.sync import Synced

FAILED = "the sync failed"
STOPPED = "a guard stopped the sync"


@dataclass(frozen=True, slots=True)
class Word:
    """What is said to people."""

    title: str
    body: str


def of_error(project: str, error: BaseException) -> Word:
    """That a sync has ended with an error."""
    what = STOPPED if isinstance(error, GuardStopped) else FAILED
    # what a library says of a defect may quote a customer's row: it stays in the log
    said = str(error) if isinstance(error, CrmUnifyError) else f"{type(error).__name__}: see the log"
    return Word(f"crm-unify {project}: {what}", said)


def of_sync(project: str, done: Synced) -> Word | None:
    """What people should look at after a sync that went well; None where there is nothing."""
    said = "\n".join(_said(done))
    return Word(f"crm-unify {project}: run {done.run} needs a look", said) if said else None


def _said(done: Synced) -> Iterator[str]:
    yield from (f"{one['map']}: {one['sentence']}" for one in done.drift)
    for queue, more in sorted(done.grown.items()):
        yield f"{queue.replace('_', ' ')}: {done.queues[queue]:,}, {more:,} more than after the last run"
    yield from done.notes


class Notifier:
    """The services a project names under ``notify``."""

    def __init__(self, urls: Sequence[str], *, file: str) -> None:
        """Get ready to send. Raises ConfigurationError for an address that no service has."""
        self._services = _services(urls, file) if urls else None

    def send(self, word: Word) -> bool:
        """Tell all services; whether all of them took it. Without any there is nothing to fail."""
        if self._services is None:
            return True
        return bool(self._services.notify(title=word.title, body=word.body))


def _services(urls: Sequence[str], file: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Apprise, not of this program
        try:
            import apprise
        except ModuleNotFoundError as error:
            what, remedy = "notify needs the package apprise", "pip install 'crm-unify[notify]'"
            raise ConfigurationError(what, file, why=str(error), remedy=remedy) from error
        services = apprise.Apprise()
        for place, url in enumerate(urls, 1):
            if not services.add(url):  # the address may hold a password: it is not repeated
                what = f"entry {place} of notify is no address that Apprise knows"
                remedy = "see https://github.com/caronc/apprise for addresses"
                raise ConfigurationError(what, file, remedy=remedy)
    return services
