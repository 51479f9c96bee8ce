"""What stops the program: errors that a person can act on, each with its exit code.

A program error says what happened, where, why, and what to do about it. It is raised where the cause is
known and caught in one place, the command line. Data problems (a value that is withheld, a row that is
quarantined) are never exceptions: they are values, listed in `crm_unify.normalise.problems`.

Exit codes: 0 done, 1 done but something needs a person (only with `--strict`), 2 bad usage or
configuration, 3 a guard or rule stopped the run, 4 a source or target could not be reached, 5 another run
holds the lock, 70 a defect in the program (any exception that is not one of these).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

EXIT_DONE = 0
"""The work is done and nothing waits for anybody."""

EXIT_NEEDS_PERSON = 1
"""The work is done, but something needs a person; given only with `--strict`."""

EXIT_DEFECT = 70
"""A defect in the program: an exception nobody foresaw (EX_SOFTWARE of sysexits.h)."""


class CrmUnifyError(Exception):
    """The base of every error a person can act on; raise one of its subclasses."""

    code: ClassVar[str]
    """Stable name of the kind of error, the heading of its entry in docs/errors.md."""

    exit_code: ClassVar[int]
    """What the process answers when this error ends it."""

    def __init__(self, what: str, where: str = "", *, why: str = "", remedy: str) -> None:
        """Keep the four parts of the message.

        `what` happened, as a sentence without a full stop; `where` in the user's own terms (a file and
        line, a source, a table, an option); `why` it is an error, or the reason the other side gave;
        `remedy` what to do now, as an instruction.
        """
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        """All four parts on one line, for logs and test reports."""
        parts = (self.what, self.where and f"at {self.where}", self.why, self.remedy)
        return "; ".join(part for part in parts if part)

    def as_json(self) -> dict[str, str | int | None]:
        """The error as an object of plain values, for `--json`."""
        return {
            "code": self.code,
            "exit_code": self.exit_code,
            "what": self.what,
            "where": self.where,
            "why": self.why,
            "remedy": self.remedy,
        }


class UsageError(CrmUnifyError):
    """The command line asks for what cannot be: an option, a project or a customer that is not there."""

    code = "USAGE"
    exit_code = 2


class ConfigurationError(CrmUnifyError):
    """A project file, rule file or code table says something that cannot be; no data row has been read."""

    code = "CONFIGURATION"
    exit_code = 2

    def __init__(
        self,
        what: str,
        file: Path | str,
        *,
        line: int | None = None,
        nearest: str | None = None,
        why: str = "",
        remedy: str = "",
    ) -> None:
        """Point at `line` of `file` (lines count from 1); `nearest` is the valid name closest to a wrong one.

        Without a `remedy`, the nearest name becomes one.
        """
        where = str(file) if line is None else f"{file}:{line}"
        super().__init__(what, where, why=why, remedy=remedy or _remedy_for(nearest))
        self.file = str(file)
        self.line = line
        self.nearest = nearest

    @classmethod
    def unknown(
        cls, kind: str, name: str, *, known: Iterable[str], file: Path | str, line: int | None = None
    ) -> Self:
        """An unknown `kind` of name ("key", "column", "transform"), with the nearest of the `known` ones."""
        names = sorted(known)
        why = f"known: {', '.join(names)}" if names else f"no {kind} is known here"
        return cls(f"unknown {kind} '{name}'", file, line=line, nearest=nearest_name(name, names), why=why)

    def as_json(self) -> dict[str, str | int | None]:
        """The error as an object of plain values, with file, line and nearest name apart."""
        return {**super().as_json(), "file": self.file, "line": self.line, "nearest": self.nearest}


class WorkbookRefused(CrmUnifyError):
    """A workbook that came back cannot be taken as it is; nothing of it is taken."""

    code = "WORKBOOK-REFUSED"
    exit_code = 2


class GuardStopped(CrmUnifyError):
    """A guard or a rule stopped the run before anything was written."""

    code = "GUARD-STOPPED"
    exit_code = 3


class SourceMissing(GuardStopped):
    """A file, sheet, table or column that the project reads is not there; never taken for a delete."""

    code = "SOURCE-MISSING"


class AccountUnbalanced(GuardStopped):
    """Extracted rows are not exactly the mapped, held, quarantined and discarded ones; nothing is written."""

    code = "ACCOUNT-UNBALANCED"


class EvidenceChanged(GuardStopped):
    """An evidence pack is not as it was when it was signed."""

    code = "EVIDENCE-CHANGED"


class Overtaken(GuardStopped):
    """Somebody else decided on the same records since a person looked at them; nothing was recorded."""

    code = "OVERTAKEN"


class Unreachable(CrmUnifyError):
    """A source or target exists in the project but does not answer, or refuses to be opened."""

    code = "UNREACHABLE"
    exit_code = 4


class LockHeld(CrmUnifyError):
    """Another run works on the same target at this moment."""

    code = "LOCK-HELD"
    exit_code = 5


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that reads most like `name`, or None when none is close enough to be meant."""
    from difflib import get_close_matches  # costs 3 ms, and only when something went wrong

    by_folded = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    found = get_close_matches(name.casefold(), sorted(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def _remedy_for(nearest: str | None) -> str:
    """What to do about a wrong name."""
    if nearest is None:
        return "correct the entry and run `crm-unify check` again"
    return f"did you mean '{nearest}'?"
