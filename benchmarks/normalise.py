"""Normalise a million invented legacy rows and say what each kind of column costs.

    python benchmarks/normalise.py [--rows 1000000] [--library-rows 20000]

The second figure is the peer: the libraries asked value by value (phonenumbers, email-validator, nameparser)
for a sample of the same column, scaled to all its distinct values.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import phonenumbers
import pyarrow as pa
from email_validator import EmailNotValidError, validate_email

from crm_unify.normalise import addresses, dates, emails, interface, money, names, organisations, phones, text
from crm_unify.normalise.name_words import parser

_SOUNDS = "ba ber dor el fen gar hol in jan kel lin mar nor os per quin ros sten tor ul ver wal"
_LINES = "Oak Street|PARK AVE|Hauptstr.|MAIN ST|Bahnhofstrasse|Long Lane|Mill Rd|Lindenweg"
_HOSTS = "@post.example|@Mail.Example|@firm.example|@firm.invalid| at nowhere"


@dataclass(frozen=True, slots=True)
class Job:
    """One column and how to normalise it."""

    name: str
    """What the column holds"""
    column: pa.Array[Any]
    """The invented values"""
    kernel: Callable[[Any], interface.Normalised]
    """The normaliser"""
    library: Callable[[str], object] | None = None
    """The library's answer for one value"""


def main() -> None:
    """Print one line a column: seconds, distinct values, and how many times the library would take."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--library-rows", type=int, default=20_000)
    chosen = options.parse_args()
    total = sum(report(job, chosen.library_rows) for job in jobs(chosen.rows))
    print(f"{'all':16}{total:8.2f} s")


def report(job: Job, sample: int) -> float:
    """Measure one job and print its line; returns the seconds."""
    start = time.perf_counter()
    problems = len(job.column) - job.kernel(job.column).problem.null_count
    seconds = time.perf_counter() - start
    values = job.column.unique().drop_null()
    line = f"{job.name:16}{seconds:8.2f} s {len(values):>9,} distinct {problems:>8,} problems"
    if job.library is not None:
        print(f"{line}   library x{peer_seconds(job, values, sample) / seconds:.0f}")
    else:
        print(line)
    return seconds


def peer_seconds(job: Job, values: Any, sample: int) -> float:
    """Seconds the library would need for all distinct values, from a sample of them."""
    assert job.library is not None
    taken = values.slice(0, sample).to_pylist()
    start = time.perf_counter()
    for value in taken:
        job.library(value)
    return (time.perf_counter() - start) * len(values) / max(1, len(taken))


def jobs(rows: int) -> list[Job]:
    """The columns, a fixed seed."""
    rng = np.random.default_rng(20260301)
    given, family = _words(rng, rows, 4_000), _words(rng, rows, 40_000)
    number, street = rng.integers(1, 2_000, rows).astype("U4"), rng.choice(np.array(_LINES.split("|")), rows)
    return [
        Job("phones", _phones(rng, rows), lambda column: phones.phones(column, country="US"), _phone),
        Job("e-mails", _emails(rng, given, family), emails.emails, _email),
        Job("full names", _full_names(rng, given, family), _split, parser(family_first=False).parse),
        Job("name case", _column(np.char.upper(family)), names.person_case),
        Job("organisations", _column(_joined(np.char.upper(family), " GMBH")), organisations.organisations),
        Job("addresses", _column(_joined(number, " ", street)), addresses.addresses),
        Job("dates", _dates(rng, rows), _read_dates),
        Job("money", _money(rng, rows), lambda column: money.money(column, decimal=",", currency="EUR")),
        Job("mojibake", _column(family), text.mojibake),
    ]


def _split(column: Any) -> interface.Normalised:
    return names.split_names(column, order="auto")


def _read_dates(column: Any) -> interface.Normalised:
    return dates.dates(column, formats=["%Y%m%d", "%d/%m/%Y"])


def _phone(value: str) -> object:
    try:
        number = phonenumbers.parse(value, "US")
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.is_valid_number(number) and phonenumbers.number_type(number)


def _email(value: str) -> object:
    try:
        return validate_email(value, check_deliverability=False)
    except EmailNotValidError:
        return None


def _words(rng: np.random.Generator, rows: int, distinct: int) -> Any:
    parts = rng.choice(np.array(_SOUNDS.split()), (3, distinct))
    pool = np.char.capitalize(_joined(*parts))
    return pool[(distinct * rng.random(rows) ** 2).astype(np.int64)]


def _joined(*parts: Any) -> Any:
    result = parts[0]
    for part in parts[1:]:
        result = np.char.add(result, part)
    return result


def _column(values: Any) -> Any:
    return pa.array(values.astype(object), pa.string())


def _phones(rng: np.random.Generator, rows: int) -> Any:
    area = rng.choice(np.array(["202", "212", "303", "415", "617"]), rows)
    front = rng.integers(200, 999, rows).astype("U3")
    back = np.char.zfill(rng.integers(0, 9_999, rows).astype("U4"), 4)
    shapes = [
        _joined("(", area, ") ", front, "-", back),
        _joined(area, "-", front, "-", back),
        _joined("+1", area, front, back),
        _joined(front, "-", back),
        _joined(area, ".", front, ".", back),
    ]
    return _column(np.choose(rng.integers(0, len(shapes), rows), shapes))


def _emails(rng: np.random.Generator, given: Any, family: Any) -> Any:
    host = rng.choice(np.array(_HOSTS.split("|")), len(given), p=[0.5, 0.3, 0.17, 0.02, 0.01])
    return _column(_joined(given, ".", family, host))


def _full_names(rng: np.random.Generator, given: Any, family: Any) -> Any:
    listed = np.char.upper(_joined(family, ", ", given, " J"))
    shapes = [_joined(given, " ", family), listed, _joined("Dr. ", given, " ", family)]
    return _column(np.choose(rng.integers(0, len(shapes), len(given)), shapes))


def _dates(rng: np.random.Generator, rows: int) -> Any:
    days = np.datetime_as_string(rng.integers(-10_000, 20_000, rows).astype("datetime64[D]"))
    return _column(np.char.replace(days, "-", ""))


def _money(rng: np.random.Generator, rows: int) -> Any:
    cents = np.char.zfill(rng.integers(0, 99, rows).astype("U2"), 2)
    return _column(_joined(rng.integers(0, 999, rows).astype("U3"), ",", cents, " EUR"))


if __name__ == "__main__":
    main()
