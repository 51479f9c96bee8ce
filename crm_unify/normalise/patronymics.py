"""Names with a patronymic (Ivanovich, Ivanovna), whose place tells which of the words is the family name."""

from __future__ import annotations

from typing import Final

from crm_unify.normalise.columns import Strings, both, matches, negate, replace_where_found, scatter, some

_LATIN: Final = r"\p{L}+(?i:(?:[oe]v|yov|iv)(?:ich|ych|na)|inichna)"
"""A patronymic in Latin letters, a son's or a daughter's"""
_SHE: Final = r"\p{L}+(?i:(?:ов|ев|ёв|йов)на|[\x{456}\x{457}]вна|ична)"
_HE: Final = r"\p{L}+(?i:(?:ов|ев|ёв|йов)ич|[ьктмв]ич)"
"""In Cyrillic letters a daughter's, which is no family name, and a son's, which may be one (Хацкевич)"""

_BETWEEN: Final = rf"^([^ ,]+) ({_LATIN}|{_SHE}|{_HE}) ([^ ,]+)$"
_HER_LAST: Final = rf"^(\p{{Cyrillic}}[^ ,]*) ([^ ,]+) ({_SHE})$"
_HIS_LAST: Final = rf"^(\p{{Cyrillic}}[^ ,]*) ([^ ,]+) ({_HE})$"

_MEN: Final = """
    Абрам Авраам Адам Азат Айрат Александр Алексей Альберт Анатолий Андрей Антон Аркадий Арсен Арсений
    Артем Артём Артур Аслан Афанасий Ахмед Богдан Борис Булат Вадим Валентин Валерий Валерій Василий
    Василь Вениамин Виктор Віктор Виталий Віталій Владимир Володимир Владислав Всеволод Вячеслав Гавриил
    Геннадий Геннадій Георгий Герман Глеб Григорий Григорій Давид Дамир Даниил Данил Данила Денис Дмитрий
    Дмитро Евгений Євген Егор Емельян Ефим Захар Иван Іван Игнат Игорь Ігор Илья Ильдар Илларион Иосиф
    Карен Кирилл Кирило Константин Костянтин Кузьма Лев Леонид Леонід Лука Макар Максим Марат Марк Мартин
    Матвей Михаил Михайло Мурат Назар Никита Николай Микола Олег Олександр Олексій Остап Павел Павло Петр
    Пётр Петро Прохор Равиль Рамиль Рашид Ренат Ринат Роберт Родион Роман Ростислав Руслан Рустам Савва
    Савелий Самуил Святослав Семен Семён Сергей Сергій Соломон Станислав Степан Тарас Тимофей Тимур Тихон
    Федор Фёдор Федір Филипп Фома Харитон Эдуард Эльдар Эмиль Юлиан Юрий Юрій Яков Яків Ян Ярослав
"""  # noqa: RUF001 - names in Cyrillic letters
"""Given names of men in wide use, in Russian and Ukrainian; the list need not be complete"""
_MAN: Final = f"(?i:{'|'.join(_MEN.split())})"
_FIRST_NAME: Final = rf"^{_MAN} "
_SECOND_NAME: Final = rf"^[^ ]+ {_MAN} "
_FAMILY: Final = r"^\p{L}{2,}(?i:ов|ев|ёв|енко|ский|цкий) "
"""A first word that is a family name, unless it is a given name (Яков)"""


def family_marked(bare: Strings, *, order: str) -> Strings:
    """Names with a patronymic with a comma behind the family name, where its place tells the order.

    It follows the given name, and nobody is called by it alone. A last word in -ovich may be a family name,
    too: in Latin letters (Rabinovich) the order of the column decides, in Cyrillic ones the words before it.
    """
    between = replace_where_found(bare, _BETWEEN, r"\3, \1 \2")
    if order == "given_first":
        return between
    marked = replace_where_found(between, _HER_LAST, r"\1, \2 \3")
    his = matches(marked, _HIS_LAST)
    sure = both(his, some(matches(marked, _SECOND_NAME), matches(marked, _FAMILY)))
    sure = both(sure, negate(matches(marked, _FIRST_NAME)))
    return scatter(marked, sure, replace_where_found(marked.filter(sure), _HIS_LAST, r"\1, \2 \3"))
