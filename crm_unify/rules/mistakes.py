"""Every mistake of a configuration, told together: one error that lists them all, in file and line order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from crm_unify.errors import ConfigurationError

_GENERAL_REMEDY: Final = ConfigurationError("", "").remedy
"""Said once below the list, not in every line of it."""


class ConfigurationErrors(ConfigurationError):
    """Several mistakes in the configuration; each names its file, line and remedy."""

    def __init__(self, mistakes: tuple[ConfigurationError, ...]) -> None:
        """Tell all `mistakes` (two or more); file and line are those of the first one."""
        first = mistakes[0]
        super().__init__(
            f"{len(mistakes)} mistakes in the configuration",
            first.file,
            line=first.line,
            why="\n" + "\n".join(f"  {one_line(mistake)}" for mistake in mistakes),
            remedy="correct them and run `crm-unify check` again",
        )
        self.mistakes = mistakes

    def as_json(self) -> dict[str, str | int | None]:
        """The first mistake's place and the whole list as text, as every error tells itself."""
        return {**super().as_json(), "mistakes": len(self.mistakes)}


def one_line(mistake: ConfigurationError) -> str:
    """A mistake as editors understand it: `file:line: what; why; remedy`."""
    remedy = "" if mistake.remedy == _GENERAL_REMEDY else mistake.remedy
    rest = "; ".join(part for part in (mistake.what, mistake.why, remedy) if part)
    return f"{mistake.where}: {rest}"


def each(error: ConfigurationError) -> tuple[ConfigurationError, ...]:
    """The single mistakes that an error tells."""
    return error.mistakes if isinstance(error, ConfigurationErrors) else (error,)


def raise_all(mistakes: Iterable[ConfigurationError]) -> None:
    """Raise the mistakes, sorted by file, line and text and each once; do nothing when there is none."""
    distinct = {(m.file, m.line or 0, one_line(m)): m for m in mistakes}
    found = tuple(distinct[key] for key in sorted(distinct))
    if len(found) == 1:
        raise found[0]
    if found:
        raise ConfigurationErrors(found)
