"""Names in Chinese, Japanese and Korean script: family name first, often with no space behind it."""

from __future__ import annotations

import re
from typing import Final

_SIGN: Final = r"[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}\x{30fc}]"
SCRIPT: Final = rf"^{_SIGN}+(?: {_SIGN}+)?$"
"""A name of one or two words in these scripts"""

_LONGEST: Final = 6
"""Signs that a name without a space has at most; what is longer is a firm or a sentence"""

_KOREAN: Final = frozenset(
    """
    남궁 황보 제갈 선우 독고 사공 서문 동방
    """.split()  # noqa: SIM905 - a list of quoted words is four times as long
)
_CHINESE: Final = frozenset(
    """
    欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 慕容 司徒 令狐 夏侯 端木 百里
    南宫 南宮 宇文
    """.split()  # noqa: SIM905 - a list of quoted words is four times as long
)
"""Family names of two syllables, which are few"""
_JAPANESE: Final = frozenset(
    """
    佐藤 鈴木 高橋 田中 渡辺 渡邊 伊藤 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 斎藤
    斉藤 清水 山崎 池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤
    青木 坂本 福田 太田 西村 藤井 金子 岡本 藤原 三浦 中野 中川 原田 松田 竹内 小野 田村 中山 和田 石田
    森田 上田 原口 柴田 酒井 工藤 横山 宮崎 宮本 内田 高木 安藤 谷口 大野 丸山 今井 高田 藤本 武田 村田
    上野 杉山 増田 平野 大塚 千葉 久保 松井 小島 岩崎 桜井 野口 松尾 野村 木下 菊地
    """.split()  # noqa: SIM905 - a list of quoted words is four times as long
)
"""The commonest family names of two signs and more, by which a Japanese name of three signs is known"""

_IN_LETTERS: Final = """
    김 Kim 이 Lee 박 Park 최 Choi 정 Jung 강 Kang 조 Cho 윤 Yoon 장 Jang 임 Lim 한 Han 오 Oh 서 Seo 신 Shin
    권 Kwon 황 Hwang 안 Ahn 송 Song 류 Ryu 유 Yoo 홍 Hong 전 Jeon 고 Ko 문 Moon 양 Yang 손 Son 배 Bae 백 Baek
    허 Heo 남 Nam 심 Shim 노 Noh 하 Ha 곽 Kwak 성 Sung 차 Cha 주 Joo 우 Woo 구 Koo 민 Min 진 Jin 지 Ji 엄 Um
    원 Won 천 Cheon 방 Bang 공 Kong 현 Hyun 함 Ham 변 Byun 염 Yeom 여 Yeo 추 Choo 도 Do 석 Seok 선 Sun 설 Seol
    마 Ma 길 Gil 연 Yeon 위 Wi 표 Pyo 명 Myung 기 Ki 반 Ban 라 Ra 왕 Wang 금 Keum 옥 Ok 맹 Maeng 제 Je 모 Mo
    """.split()  # noqa: SIM905 - a list of quoted words is four times as long
KOREAN_FAMILIES: Final = dict(zip(_IN_LETTERS[::2], _IN_LETTERS[1::2], strict=True))
"""Korean family names as their bearers write them in Latin letters, by no system of romanisation"""

_KANA: Final = re.compile("[\u3041-\u30ff]")
_HANGUL: Final = re.compile("^[\uac00-\ud7a3]+$")


def family_marked(name: str) -> str:
    """A name that fits SCRIPT with a comma behind the family name; as it is where it cannot be told.

    Without a space the family name is one sign in Chinese and Korean, but for a few of two; most
    Japanese ones have two.
    """
    family, space, given = name.partition(" ")
    if space:
        return f"{family}, {given}"
    signs = _family_signs(name) if 1 < len(name) <= _LONGEST else 0
    return f"{name[:signs]}, {name[signs:]}" if 0 < signs < len(name) else name


def _family_signs(name: str) -> int:
    if _HANGUL.match(name):
        return (2 if name[:2] in _KOREAN and len(name) > 2 else 1) if len(name) < 5 else 0
    if len(name) > 2 and name[:2] in _CHINESE:
        return 2
    for signs in (3, 2):
        if len(name) > signs and name[:signs] in _JAPANESE:
            return signs
    kana = _KANA.search(name)
    if kana is not None:
        return min(kana.start(), 2)
    return 2 if len(name) > 3 else 1
