"""Unknown is not consent, and an objection needs no evidence."""

from __future__ import annotations

import pytest

from tests.pipelines.interpret.maps import PERSON, claimed, entries, out, rule_text

CONSENT = "consent: {of: person, channel: {from: CH}, flag: {from: OPT, objection: [N, '-'], consent: [Y]}"
TEXT = rule_text(
    entries(PERSON, CONSENT + ", given_at: {from: ON}, evidence: {from: HOW}}"),
    source="parse: {null_tokens: ['', '-', none]}",
)
PROVEN = {"ON": "2024-05-01", "HOW": "web form"}


@pytest.mark.parametrize(
    ("row", "status"),
    [
        pytest.param({"OPT": "N"}, "opted_out", id="an objection without evidence"),
        pytest.param({"OPT": " n "}, "opted_out", id="an objection in small letters"),
        pytest.param({"OPT": "-"}, "opted_out", id="an objection that is a null token elsewhere"),
        pytest.param({"OPT": "Y", **PROVEN}, "opted_in", id="a consent with date and evidence"),
        pytest.param({"OPT": "Y", "ON": "2024-05-01"}, "unknown", id="a consent without evidence"),
        pytest.param({"OPT": "Y", "HOW": "web form"}, "unknown", id="a consent without date"),
        pytest.param(
            {"OPT": "Y", "HOW": "web form", "ON": "soon"}, "unknown", id="a consent with an unreadable date"
        ),
        pytest.param({"OPT": "maybe", **PROVEN}, "unknown", id="any other flag"),
    ],
)
def test_what_a_flag_says(row: dict[str, str], status: str) -> None:
    """The status, with the flag as found for evidence."""
    found = out(TEXT, {"ID": "1", "NAME": "Ada Park", "CH": "email", **row})
    (claim,) = claimed(found, "consent")
    assert (claim["status"], claim["raw_flag"]) == (status, row["OPT"].strip())


@pytest.mark.parametrize(
    "flag",
    [pytest.param(None, id="NULL"), pytest.param(" ", id="blank"), pytest.param("none", id="null token")],
)
def test_a_blank_flag_says_nothing(flag: str | None) -> None:
    """No claim, also where date and evidence stand there."""
    assert (
        claimed(out(TEXT, {"ID": "1", "NAME": "Ada Park", "CH": "email", "OPT": flag, **PROVEN}), "consent")
        == []
    )


def test_an_objection_on_an_unknown_channel_is_one_on_every_channel() -> None:
    """It is not lost for want of a channel."""
    found = out(TEXT, {"ID": "1", "NAME": "Ada Park", "OPT": "N", "CH": "pigeon"})
    assert claimed(found, "consent") == [{"channel": "any", "status": "opted_out", "raw_flag": "N"}]


@pytest.mark.parametrize(
    ("flag", "codes"),
    [
        pytest.param("maybe", ["FLAG-UNLISTED"], id="a word of no list"),
        pytest.param("NO", ["FLAG-UNLISTED"], id="a plain no that is not named as objection"),
        pytest.param("yes", [], id="a plain yes is understood: it is no proof"),
        pytest.param("Y", [], id="a word named as consent"),
        pytest.param("n", [], id="a word named as objection"),
        pytest.param("none", [], id="a null token"),
    ],
)
def test_a_flag_that_no_list_names_is_told(flag: str, codes: list[str]) -> None:
    """It lands as unknown, and the entry shows the word, column and field."""
    found = out(TEXT, {"ID": "1", "NAME": "Ada Park", "CH": "email", "OPT": flag})
    told = found.rejections.to_pylist()
    assert [row["code"] for row in told] == codes
    assert all((r["raw"], r["column"], r["severity"]) == (flag, "OPT", "withhold") for r in told)


def test_a_consent_on_an_unknown_channel_is_withheld() -> None:
    """Nobody is written to on a channel nobody named; the entry says so."""
    found = out(TEXT, {"ID": "1", "NAME": "Ada Park", "OPT": "Y", "CH": None, **PROVEN})
    assert claimed(found, "consent") == []
    assert found.rejections["code"].to_pylist() == ["PART-MISSING"]
