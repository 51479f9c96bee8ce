"""Program errors: what a person is told, and what a script can rely on."""

import pytest

from crm_unify.errors import (
    AccountUnbalanced,
    ConfigurationError,
    CrmUnifyError,
    GuardStopped,
    LockHeld,
    SourceMissing,
    Unreachable,
    UsageError,
    nearest_name,
)


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [
        pytest.param(UsageError, 2, id="bad usage"),
        pytest.param(ConfigurationError, 2, id="bad configuration"),
        pytest.param(GuardStopped, 3, id="a guard stopped the run"),
        pytest.param(SourceMissing, 3, id="a missing source is a guard"),
        pytest.param(AccountUnbalanced, 3, id="an account that does not balance is a guard"),
        pytest.param(Unreachable, 4, id="a database is down"),
        pytest.param(LockHeld, 5, id="another run holds the lock"),
    ],
)
def test_each_kind_of_error_has_its_exit_code(kind: type[CrmUnifyError], exit_code: int) -> None:
    """Schedulers act on the exit code, so it never changes."""
    assert kind.exit_code == exit_code


def test_an_error_reads_as_one_line() -> None:
    """What, where, why and remedy stand in this order; what is empty is left out."""
    error = Unreachable("billing does not answer", "127.0.0.1:5432", remedy="start the server")
    assert str(error) == "billing does not answer; at 127.0.0.1:5432; start the server"


def test_a_configuration_error_points_at_the_line() -> None:
    """File and line stand together, as editors and terminals understand them."""
    error = ConfigurationError("empty key", "billing.yml", line=7, remedy="name a column")
    assert (error.where, error.file, error.line) == ("billing.yml:7", "billing.yml", 7)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    """A typo is told with the valid names, and the one that was probably meant."""
    error = ConfigurationError.unknown("column", "CUSTN0", known=["NAME1", "CUSTNO"], file="b.yml", line=3)
    assert str(error) == "unknown column 'CUSTN0'; at b.yml:3; known: CUSTNO, NAME1; did you mean 'CUSTNO'?"


def test_an_unknown_name_like_no_other_gets_no_suggestion() -> None:
    """Nothing is suggested that was surely not meant."""
    error = ConfigurationError.unknown("transform", "qqq", known=["squeeze"], file="b.yml")
    assert error.nearest is None
    assert error.remedy == "correct the entry and run `crm-unify check` again"


def test_an_unknown_name_says_so_when_there_is_nothing_to_choose_from() -> None:
    """An empty list of valid names is told in words."""
    error = ConfigurationError.unknown("business rule", "BR-001", known=[], file="b.yml")
    assert error.why == "no business rule is known here"


@pytest.mark.parametrize(
    ("name", "known", "nearest"),
    [
        pytest.param("nmae", ["name", "kind"], "name", id="letters swapped"),
        pytest.param("CUSTNO", ["custno", "custname"], "custno", id="another case"),
        pytest.param("zip", ["street", "phone"], None, id="nothing like it"),
        pytest.param("a", [], None, id="nothing known"),
    ],
)
def test_the_nearest_name(name: str, known: list[str], nearest: str | None) -> None:
    """Names are compared without regard to case, and only a close one counts."""
    assert nearest_name(name, known) == nearest


def test_an_error_as_json_holds_plain_values() -> None:
    """Scripts read the same parts a person reads, with file and line apart."""
    error = ConfigurationError("empty key", "billing.yml", line=7, remedy="name a column")
    assert error.as_json() == {
        "code": "CONFIGURATION",
        "exit_code": 2,
        "what": "empty key",
        "where": "billing.yml:7",
        "why": "",
        "remedy": "name a column",
        "file": "billing.yml",
        "line": 7,
        "nearest": None,
    }
