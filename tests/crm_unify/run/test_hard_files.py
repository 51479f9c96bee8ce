"""Small files made of one hard case each: who must not be merged, and who should be, as a steward sees it."""

from __future__ import annotations

import csv
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import pytest

from crm_unify.progress import Silent
from crm_unify.run.dedupe import DedupeJob, dedupe


class Case(NamedTuple):
    """A file of which the first column says who is who."""

    header: str
    rows: str
    """One row a line; the customer first, `?` before it where a person may have to be asked."""


CASES = {
    "twins of like names": Case(
        "first_name,last_name,birth_date,email,street,city",
        """1,Lena,Hofer,2009-03-04,familie.hofer@post.example,Lindenweg 4,Graz
        2,Lea,Hofer,2009-03-04,familie.hofer@post.example,Lindenweg 4,Graz
        3,Tim,Adler,2011-07-19,adler@post.example,Am Bach 2,Linz
        4,Tom,Adler,2011-07-19,adler@post.example,Am Bach 2,Linz
        5,Maria,Egger,1971-02-11,maria.egger@post.example,Ring 7,Wels
        5,Maria,Egger,1971-02-11,m.egger@firma.example,Ring 7,Wels""",
    ),
    "couples who share everything": Case(
        "name,email,phone,address,zip,city",
        """1,Mark Dean,dean@mail.example,614-555-0101,5 Lake Dr,43004,Columbus
        2,Mary Dean,dean@mail.example,614-555-0101,5 Lake Dr,43004,Columbus
        3,Paul Roy,roy@mail.example,614-555-0102,6 Lake Dr,43004,Columbus
        4,Paula Roy,roy@mail.example,614-555-0102,6 Lake Dr,43004,Columbus
        5,Lee Chan,lchan@mail.example,614-555-0103,7 Lake Dr,43004,Columbus""",
    ),
    "father and son": Case(
        "full_name,dob,address,city,state",
        """1,Robert Kline Jr,1979-04-02,12 Elm St,Dayton,OH
        2,Robert Kline Sr,1951-09-14,12 Elm St,Dayton,OH
        1,Robert Kline,1979-04-02,12 Elm St,Dayton,OH
        3,William Poe III,,9 Oak Ave,Akron,OH
        4,William Poe II,,9 Oak Ave,Akron,OH""",
    ),
    "name and year of birth": Case(
        "name,birth_year",
        """1,Ingrid Solberg,1951
        1,Ingrid Solberg,1951
        2,Ingrid Solberg,1983
        3,Uwe Lang,1947
        4,Uwe Lang,1974
        5,Nils Berg,1990
        6,Nina Berg,1990""",
    ),
    "colleagues and their companies": Case(
        "name,company,email,phone,city",
        """1,Eva Lang,Lang Bau GmbH,eva@langbau.example,089 5550101,München
        2,,Lang Bau GmbH,info@langbau.example,089 5550100,München
        3,Rolf Lang,Lang Bau GmbH,rolf@langbau.example,089 5550100,München
        1,Eva Lang,Lang Bau,eva@langbau.example,,München
        2,,Lang Bau,info@langbau.example,,München
        4,Ute Kern,Kern AG,ute@kern.example,089 5550200,München""",
    ),
    "flatmates": Case(
        "name,phone,address,city",
        """1,Ben Ford,555-0101,77 College Ave Apt 3,Ithaca
        2,Dan Ross,555-0101,77 College Ave Apt 3,Ithaca
        3,Ben Frost,555-0101,77 College Ave Apt 3,Ithaca
        4,Amy Wu,555-0102,77 College Ave Apt 4,Ithaca""",
    ),
    "branches of a bank": Case(
        "name,street,city,phone",
        """1,Volksbank Nord eG,Markt 1,Kiel,0431 5550
        2,Volksbank Nord eG Filiale Eutin,Am Rosengarten 2,Eutin,04521 5551
        3,Volksbank Nord eG Filiale Plön,Lange Str. 7,Plön,04522 5552
        1,Volksbank Nord,Markt 1,Kiel,0431 5550
        4,Volksbank Süd eG,Marktplatz 1,Kiel,0431 7770""",
    ),
    "franchises": Case(
        "company,address,city,phone",
        """1,Burger Point,Burger Point Brand0 Mall 1,Leeds,0113 496 0001
        2,Burger Point,Burger Point Brand1 Mall 7,York,01904 496 002
        3,Burger Point,Burger Point Brand2 Mall 9,Hull,01482 496 003
        5,Green Dental,Park Rd 3,Bath,01225 496 050
        5,Green Dental Ltd,3 Park Road,Bath,01225496050""",
    ),
    "Russian": Case(
        "фамилия,имя,дата рождения,город",
        """1,Иванов,Сергей,1975-05-06,Москва
        1,Ivanov,Sergey,06.05.1975,Moskva
        2,Иванова,Светлана,1977-08-09,Москва
        3,Петров,Алексей,1980-01-02,Казань
        4,Петров,Александр,1980-01-02,Казань
        5,Смирнова,Ольга,1990-10-11,Тула
        5,Смирнова,Ольга,1990-10-11,Тула""",
    ),
    "Turkish": Case(
        "ad,soyad,telefon",
        """1,Ayşe,Yılmaz,0532 555 01 01
        1,AYSE,YILMAZ,+905325550101
        2,Ali,Yılmaz,0532 555 01 01
        3,İbrahim,Çelik,0533 555 01 02
        3,Ibrahim,Celik,05335550102""",
    ),
    "Arabic": Case(
        "name,phone,city",
        """1,Mohammed Al-Fayed,+971 50 555 0101,Dubai
        1,Muhammad Alfayed,+971505550101,Dubai
        2,Fatima Hassan,+971 50 555 0102,Dubai
        3,Ahmed Hassan,+971 50 555 0102,Dubai""",
    ),
    "Chinese": Case(
        "姓名,电话,城市",
        """1,王小明,13800138001,北京
        1,王小明,13800138001,北京市
        3,李娜,13800138003,广州
        4,李娜,13800138004,深圳""",
    ),
    "Spanish": Case(
        "nombre,apellidos,fecha de nacimiento,telefono",
        """1,María José,García López,1980-02-03,600 123 001
        1,Maria Jose,Garcia,03/02/1980,600123001
        2,José María,García López,1982-07-09,600 123 001
        3,Lucía,Fernández de la Vega,1991-01-30,600 123 003
        3,Lucia,Fernandez Vega,30/01/1991,""",
    ),
    "married": Case(
        "first,last,dob,email",
        """1,Sandra,Koch,1985-06-07,sandra85@post.example
        1,Sandra,Koch-Meier,1985-06-07,sandra85@post.example
        2,Silke,Meier,1987-01-02,silke@post.example
        3,Bernd,Koch,1983-02-03,bernd@post.example""",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_small_hard_file_is_taken_as_a_steward_takes_it(tmp_path: Path, case: Case) -> None:
    """Nobody is merged with another customer, and rows of one customer come together."""
    rows = list(csv.reader(line.strip() for line in case.rows.splitlines()))
    with (tmp_path / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [["id", *case.header.split(",")], *([f"{i}", *row[1:]] for i, row in enumerate(rows))]
        )
    found = dedupe(DedupeJob((tmp_path / "rows.csv",), id="id"), progress=Silent()).membership
    customer = dict(zip(found["record_id"].to_pylist(), found["customer_id"].to_pylist(), strict=True))
    pairs = list(combinations(enumerate(row[0] for row in rows), 2))
    assert [(rows[i], rows[j]) for (i, one), (j, two) in pairs
            if (one == two) != (customer[f"{i}"] == customer[f"{j}"])] == []  # fmt: skip
