"""Names in Chinese, Japanese and Korean script: family name first, often with no space behind it."""

from __future__ import annotations

import re
from typing import Final

_SIGN: Final = r"[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}\x{30fc}]"
SCRIPT: Final = rf"^{_SIGN}+(?: {_SIGN}+)?$"
"""A name of one or two words in these scripts"""
KATAKANA: Final = r"^[\p{Katakana}\x{30fc} ]+$"
"""A reading, or a foreigner's name in the order of his own language: the script says nothing of the order"""

_SAID_BEHIND: Final = "先生|女士|小姐|太太|様|さま|さん|氏"
COURTESY: Final = rf"^(?P<rest>(?:{_SIGN}+ )?{_SIGN}+)(?P<prefix>(?: ?(?:{_SAID_BEHIND}))| (?:씨|님))$"
"""What is said behind a name, as Mr and Mrs are in front of it"""
COURTESY_JOINED: Final = r"^(?P<rest>\p{Hangul}(?:\p{Hangul}{2,3})?)(?P<prefix>씨|님)$"
"""The Korean ones without a space; behind two syllables they may be the third one of a name (하님)"""

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
_CHINESE_ONES: Final = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦"
    "申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包"
    "司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计"
    "喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺張劉陳楊趙黃吳孫"
    "馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈葉閻鐘鍾範譚鄒陸顧龍萬錢湯喬賀賴龔龐蘭顏嚴蘆韋畢聶齊莊時關費紀歐項陽衛單寧華車邊饒遲藍鞏應銀習朴"
)
"""Family names of one sign, in short and in long signs; Koreans write theirs in the long ones"""
_BEGINS_BOTH: Final = frozenset("高石田金安江白古方平武池井米花成向毛梅柏柳柴林宮東馬福明和木谷原倉")
"""Chinese family names that Japanese ones of two signs begin with, too"""
_ENDS_FAMILIES: Final = frozenset(
    "田川野村山本井原藤島崎嶋沢澤木橋口谷岡部森林池内上下中塚辺邊越尾瀬津沼城倉子場浜渡坂垣戸宮屋間松杉畑園"
)
"""Signs that Japanese family names end in: behind one of the above nobody can tell where the name ends"""
_JAPANESE: Final = frozenset(
    """
    佐藤 鈴木 高橋 田中 渡辺 渡邊 渡部 伊藤 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 斎藤
    斉藤 齋藤 清水 山崎 池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤
    青木 坂本 福田 太田 西村 藤井 岡本 藤原 三浦 中野 中川 原田 松田 竹内 小野 田村 中山 和田 石田 森田 上田
    原口 柴田 酒井 工藤 横山 宮崎 宮本 内田 高木 安藤 谷口 大野 丸山 今井 高田 藤本 武田 村田 上野 杉山 増田
    平野 大塚 千葉 久保 松井 小島 岩崎 桜井 野口 松尾 野村 木下 菊地 菊池 佐野 大西 杉本 新井 古川 浜田 市川
    小松 島田 水野 山内 西田 西川 北村 安田 五十嵐 川口 平田 関口 本田 久保田 川崎 飯田 吉川 中田 沢田
    服部 岩田 土屋 福島 吉村 秋山 大久保 馬場 渡邉 中西 浅野 矢野 松岡 川村 大橋 田口 福岡 黒田 荒井 岡崎
    永井 星野 大石 川上 松村 樋口 望月 川島 内藤 小山 菅原 大島 小池 荒木 永田 石原 川田 三宅 熊谷 尾崎 松下
    片山 須藤 早川 西山 栗原 河野 本間 根本 白石 小沢 吉岡 大川 田辺 奥村 広瀬 石橋 森本 高島 長田 竹田 小西
    江口 富田 宮田 篠原 中井 片岡 西尾 北川 桑原 大谷 福井 川端 大山 松永 河合 岩本 成田 浅井 古田 金井 飯塚
    梅田 吉野 高野 宇野 向井 柳田 江藤 平井 白井 安部 塚本 大森 坂口 津田 今村 土井 黒川 堀内 田代 児玉 奥田
    小泉 徳永 神田 榎本 安達 長尾 岸本 鎌田 萩原 稲垣 佐久間 宇佐美 長谷部 日比野 小笠原 波多野 一ノ瀬
    井ノ上 木ノ下 東海林 勅使河原 武者小路
    """.split()  # noqa: SIM905 - a list of quoted words is four times as long
)
"""Frequent family names of two signs and more; 金子 is none of them, which may be 金 before 子轩"""
_LONGEST_FAMILY: Final = max(map(len, _JAPANESE))

_IN_LETTERS: Final = """
    김 Kim Gim;이 Lee Yi Rhee;박 Park Pak Bak;최 Choi Choe;정 Jung Chung Jeong;강 Kang Gang;조 Cho Jo
    윤 Yoon Yun;장 Jang Chang;임 Lim Im Yim;한 Han;오 Oh;서 Seo Suh;신 Shin Sin;권 Kwon Gwon;황 Hwang
    안 Ahn An;송 Song;류 Ryu Yoo;유 Yoo Yu You;홍 Hong;전 Jeon Chun Jun;고 Ko Go Koh;문 Moon Mun;양 Yang
    손 Son Sohn;배 Bae Pae;백 Baek Paik Back;허 Heo Huh Hur;남 Nam;심 Shim Sim;노 Noh No Roh;하 Ha
    곽 Kwak Gwak;성 Sung Seong;차 Cha;주 Joo Ju;우 Woo;구 Koo Gu Ku;민 Min;진 Jin Chin;지 Ji Chi
    엄 Um Eom;원 Won;천 Cheon Chun;방 Bang;공 Kong Gong;현 Hyun Hyeon;함 Ham;변 Byun Byeon;염 Yeom Yum
    여 Yeo;추 Choo Chu;도 Do;석 Seok Suk;선 Sun Seon;설 Seol Sul;마 Ma;길 Gil Kil;연 Yeon;위 Wi;표 Pyo
    명 Myung Myeong;기 Ki Gi;반 Ban;나 Na;라 Ra Na;왕 Wang;금 Keum Geum;옥 Ok;맹 Maeng;제 Je;모 Mo
    탁 Tak;국 Kook Guk;은 Eun;편 Pyun Pyeon;용 Yong;예 Ye;봉 Bong;사 Sa;부 Boo Bu
"""
KOREAN_FAMILIES: Final = {
    sign: spellings
    for sign, *spellings in (entry.split() for entry in _IN_LETTERS.strip().replace("\n", ";").split(";"))
}
"""Korean family names with the ways their bearers write them in Latin letters, the commonest first"""

_KANA: Final = re.compile("[\u3041-\u30ff]")
_HANGUL: Final = re.compile("^[\uac00-\ud7a3]+$")
_WITHIN: Final = frozenset("ノのヶケツッが")
"""Kana that stand within family names: 一ノ瀬"""
_EITHER: Final = frozenset({"선우", "서문"})
"""Korean family names of two syllables whose first one is a frequent family name by itself"""


def family_marked(name: str) -> str:
    """A name that fits SCRIPT with a comma behind the family name; as it is where it cannot be told.

    Without a space the family name is one sign in Chinese and Korean, but for a few of two; most
    Japanese ones have two, and are known by a list alone.
    """
    family, space, given = name.partition(" ")
    if space:
        return f"{family}, {given}"
    signs = _family_signs(name) if 1 < len(name) <= _LONGEST else 0
    return f"{name[:signs]}, {name[signs:]}" if 0 < signs < len(name) else name


def _family_signs(name: str) -> int:
    """The signs of the family name at the beginning; 0 where it cannot be told."""
    if _HANGUL.match(name):
        return _korean_signs(name)
    if name in _JAPANESE or name in _CHINESE:
        return 0
    if name[:2] in _CHINESE:
        return 2
    for signs in range(_LONGEST_FAMILY, 1, -1):
        if name[:signs] in _JAPANESE:
            return signs
    kana = _KANA.search(name)
    if kana is not None:
        return 0 if kana.group() in _WITHIN else kana.start()
    return 1 if len(name) < 4 and name[0] in _CHINESE_ONES and not _may_be_japanese(name) else 0


def _may_be_japanese(name: str) -> bool:
    """Whether a name that begins as Chinese ones do may have a Japanese family name of two signs."""
    return name[0] in _BEGINS_BOTH and name[1] in _ENDS_FAMILIES


def _korean_signs(name: str) -> int:
    if name[:2] in _KOREAN:
        told = len(name) > 3 or (len(name) == 3 and name[:2] not in _EITHER)
        return 2 if told else 0
    return 1 if len(name) < 5 and name[0] in KOREAN_FAMILIES else 0
