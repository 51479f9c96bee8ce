"""Organisations: tidy case, core name, legal form and branch."""

from __future__ import annotations

import pytest

from crm_unify.normalise import organisations
from crm_unify.normalise.legal_forms import ALIASES, ANYWHERE, LEADING
from crm_unify.normalise.text import folded
from tests.crm_unify.normalise.cases import one, problem


@pytest.mark.parametrize(
    ("raw", "name", "core", "form"),
    [
        pytest.param("MUELLER  GMBH", "Mueller GmbH", "MUELLER", "GmbH", id="capitals"),
        pytest.param("Müller G.m.b.H.", "Müller G.m.b.H.", "MUELLER", "GmbH", id="dotted"),
        pytest.param(
            "Müller & Söhne GmbH & Co. KG",
            "Müller & Söhne GmbH & Co. KG",
            "MUELLER SOEHNE",
            "GmbH & Co. KG",
            id="and",
        ),
        pytest.param(
            "Müller GmbH Berlin", "Müller GmbH Berlin", "MUELLER BERLIN", "GmbH", id="form in the middle"
        ),
        pytest.param("IBM DEUTSCHLAND GMBH", "IBM Deutschland GmbH", "IBM DEUTSCHLAND", "GmbH", id="acronym"),
        pytest.param("BASF SE", "BASF SE", "BASF", "SE", id="acronym with vowel"),
        pytest.param("SIEMENS AG", "Siemens AG", "SIEMENS", "AG", id="form stays large"),
        pytest.param("smith & jones ltd", "Smith & Jones Ltd", "SMITH JONES", "Ltd", id="small letters"),
        pytest.param(
            "Smith and Jones Limited", "Smith and Jones Limited", "SMITH JONES", "Ltd", id="written out"
        ),
        pytest.param("THE OLD PUB L.L.C.", "The Old Pub L.L.C.", "OLD PUB", "LLC", id="article"),
        pytest.param("KOWALSKI SP. Z O.O.", "Kowalski Sp. z o.o.", "KOWALSKI", "Sp. z o.o.", id="Polish"),
        pytest.param("DUPONT S.A.R.L.", "Dupont S.A.R.L.", "DUPONT", "SARL", id="French"),
        pytest.param("DE VRIES B.V.", "De Vries B.V.", "DE VRIES", "BV", id="Dutch"),
        pytest.param("AB VOLVO", "AB Volvo", "VOLVO", "AB", id="form in front"),
        pytest.param("MCDONALD'S CORPORATION", "McDonald's Corporation", "MCDONALDS", "Corp", id="genitive"),
        pytest.param("Limited", "Limited", "LIMITED", None, id="a form alone is a name"),
    ],
)
def test_organisations(raw: str, name: str, core: str, form: str | None) -> None:
    """The legal form is told apart from the name."""
    told = {"name": name, "core": core, "legal_form": form, "branch": None}
    assert one(organisations.organisations, raw) == told


@pytest.mark.parametrize(
    ("raw", "tail", "form"),
    [
        pytest.param("GESELLSCHAFT MBH", "Gesellschaft mbH", "GmbH", id="company written out"),
        pytest.param("GESELLSCHAFT M. B. H.", "Gesellschaft m.b.H.", "GmbH", id="company and dots"),
        pytest.param("G. M. B. H.", "G.m.b.H.", "GmbH", id="dots and spaces"),
        pytest.param("GES.M.B.H.", "Ges.m.b.H.", "GmbH", id="Austrian"),
        pytest.param("GES.M.B.H. & CO. KG", "Ges.m.b.H. & Co. KG", "GmbH & Co. KG", id="partnership"),
        pytest.param("E. K.", "e.K.", "e.K.", id="merchant"),
        pytest.param("E.KFM.", "e.Kfm.", "e.K.", id="he"),
        pytest.param("E. KFR.", "e.Kfr.", "e.K.", id="she"),
        pytest.param("E. V.", "e.V.", "e.V.", id="club"),
        pytest.param("L. L. C.", "L.L.C.", "LLC", id="LLC"),
        pytest.param("S. A.", "S.A.", "SA", id="French"),
        pytest.param("S. P. A.", "S.p.A.", "S.p.A.", id="Italian"),
        pytest.param("SP. Z O.O.", "Sp. z o.o.", "Sp. z o.o.", id="Polish"),
        pytest.param("B. V.", "B.V.", "BV", id="Dutch"),
        pytest.param("CO., LTD.", "Co., Ltd.", "Ltd", id="company limited"),
        pytest.param("PTY LTD", "Pty Ltd", "Pty Ltd", id="Australian"),
    ],
)
def test_forms_with_dots_and_spaces(raw: str, tail: str, form: str) -> None:
    """However a form is spaced and dotted, it leaves the core and stands tidily at the end of the name."""
    told = one(organisations.organisations, f"ALTMANN {raw}")
    assert told == {"name": f"Altmann {tail}", "core": "ALTMANN", "legal_form": form, "branch": None}


@pytest.mark.parametrize(
    ("raw", "core", "form", "branch"),
    [
        pytest.param("Altmann Bau GmbH NL Köln", "ALTMANN BAU", "GmbH", "KOELN", id="NL"),
        pytest.param(
            "ALTMANN BAU GESELLSCHAFT MBH FILIALE KOELN", "ALTMANN BAU", "GmbH", "KOELN", id="Filiale"
        ),
        pytest.param("Altmann Bau Filiale", "ALTMANN BAU", None, "BRANCH", id="no place"),
        pytest.param("Altmann Bau NL Köln GmbH", "ALTMANN BAU", "GmbH", "KOELN", id="form at the end"),
        pytest.param("Altmann, Niederlassung Bad Tölz", "ALTMANN", None, "BAD TOELZ", id="comma"),
        pytest.param("Altmann GmbH (Standort Köln)", "ALTMANN", "GmbH", "KOELN", id="brackets"),
        pytest.param("Altmann GmbH - Werk 2", "ALTMANN", "GmbH", "2", id="works"),
        pytest.param(
            "Alder Sons Ltd Milton Keynes Branch", "ALDER SONS", "Ltd", "MILTON KEYNES", id="form before"
        ),
        pytest.param("Alder Sons Leeds Branch Office", "ALDER SONS", None, "LEEDS", id="no form"),
        pytest.param("Alder Ltd, Leeds Depot", "ALDER", "Ltd", "LEEDS", id="depot"),
        pytest.param("Alder & Sons Store no. 12", "ALDER SONS", None, "12", id="store"),
        pytest.param("Ruiz S.L. Sucursal Madrid", "RUIZ", "SL", "MADRID", id="Spanish"),
        pytest.param("Nowak Sp. z o.o. Oddział Kraków", "NOWAK", "Sp. z o.o.", "KRAKOW", id="Polish"),
        pytest.param("Alder Ltd - Head Office", "ALDER", "Ltd", None, id="head office"),
    ],
)
def test_branches(raw: str, core: str, form: str | None, branch: str | None) -> None:
    """The branch is told apart from the name, whatever marks it."""
    told = one(organisations.organisations, raw)
    assert (told["core"], told["legal_form"], told["branch"]) == (core, form, branch)


@pytest.mark.parametrize(
    "raw",
    [
        "Home Depot Inc",
        "The Olive Branch",
        "Post Office Ltd",
        "Altmann NL",
        "Altmann NL BV",
        "Branch & Co Ltd",
    ],
)
def test_names_that_only_sound_like_branches(raw: str) -> None:
    """Words that names are made of, and the country code NL, mark no branch by themselves."""
    assert one(organisations.organisations, raw)["branch"] is None


def test_no_name() -> None:
    """Punctuation alone is no name."""
    assert problem(organisations.organisations, "--") == "NAME-EMPTY"


def test_aliases_are_folded_text() -> None:
    """An alias that folding would change could never be found."""
    from crm_unify.normalise.columns import strings

    spellings = sorted({*ALIASES, *ANYWHERE, *LEADING})
    assert folded(strings(spellings)).to_pylist() == spellings
    assert set(ALIASES) >= ANYWHERE | LEADING
