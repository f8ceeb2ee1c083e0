"""Markup: what a page or an app does not show as it is written: tags, character references, faces by name ([捂脸]).

What a stretch shows stands at its end, behind characters that cannot be seen: so every place stays what it was, and a
character written by its number is quoted from the number's beginning.
Judges nothing.
"""

from __future__ import annotations

import re
from html.entities import html5

from moderation.text.fold import TABLE_SIZE

UNSEEN, REFERRED = "\u2064", "\u206f"
"""What fills the place of what is not shown, and that of a character's reference ahead of it (&#26368;)."""
MOST_DIGITS = 7
"""No number of a character has more digits than these, zeros ahead aside."""
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3"})
_TAGS = (
    "a|abbr|acronym|address|article|aside|audio|b|bdi|bdo|big|blockquote|br|button|caption|center|cite|code|data|dd|del|"
    "details|dfn|div|dl|dt|em|embed|fieldset|figcaption|figure|font|footer|form|h[1-6]|header|hr|i|iframe|img|input|ins|"
    "kbd|label|legend|li|main|mark|marquee|nav|nobr|object|ol|output|p|picture|pre|q|rp|rt|ruby|s|samp|section|select|"
    "small|source|span|strike|strong|sub|summary|sup|svg|table|tbody|td|tfoot|th|thead|time|tr|tt|u|ul|var|video|wbr"
)
"""The elements of HTML that stand in text. What else is in angle brackets is shown where nobody renders it."""
_CODES = "b|i|u|s|color|backcolor|size|font|url|img|quote|center|align|hide"
_FACES = (
    "doge|ok|二哈|互粉|亲亲|偷乐|偷笑|傲慢|允悲|兔子|再见|凋谢|加油|发呆|发怒|发抖|可怜|可爱|右哼哼|叹气|吃瓜|"
    "合十|呲牙|哇|哈哈|喵喵|嘴唇|嘻嘻|嘿哈|围观|坏笑|大哭|大笑|天啊|太开心|失望|奋斗|奸笑|委屈|威武|害羞|尴尬|"
    "左哼哼|庆祝|得意|微笑|心碎|快哭了|思考|恐惧|悠闲|惊呆|惊恐|惊讶|愉快|憨笑|打脸|抓狂|抠鼻|抱抱|抱拳|拜拜|"
    "拥抱|挤眼|捂脸|握手|撇嘴|擦汗|敲打|无语|旺柴|星星|晕|机智|比心|泪奔|流泪|灵机一动|熊猫|爱心|爱慕|猪头|"
    "玫瑰|生病|疑问|白眼|皱眉|破涕为笑|社会社会|笑cry|笑哭|笑脸|给力|翻白眼|耶|胜利|脸红|舔屏|苦涩|蜡烛|衰|"
    "裂开|话筒|调皮|费解|赞|转圈|送心|送花|鄙视|酷拽|闭嘴|阴险|难过|馋嘴|鲜花|黑线|鼓掌"
)
"""Faces by the names that apps give them; none that is itself a word for something forbidden."""
_FACE = "\u263a"
_ESCAPE = r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\u[0-9a-f]{4}"
_BYTE = "%[89ab][0-9a-f]"
_ENCODED = f"%[cd][0-9a-f]{_BYTE}|%e[0-9a-f](?:{_BYTE}){{2}}|%f[0-4](?:{_BYTE}){{3}}"
_REFERENCE = "&(?:#[0-9]++;?|#x[0-9a-f]++;?|nbsp;?|shy(?![a-z=]);?|[a-z][a-z0-9]{1,30}+(?:;|(?![a-z0-9=])))"
"""A name without its semicolon is none before a letter, a digit or =, which stand in addresses (?a=1&copy=2)."""
_MARKUP = re.compile(
    rf"(?i)</?({_TAGS})(?:[\s/][^<>]{{0,200}})?>|<!--[^<>]{{0,80}}-->|\[/?(?:{_CODES})(?:=[^\[\]]{{0,60}})?\]"
    rf"|\[({_FACES})R?\]|{_REFERENCE}|{_ESCAPE}|(?<![a-z0-9=/?&])(?:{_ENCODED})+"
)
"""Bytes in percent signs are none behind what they stand behind in an address."""
_ONE = re.compile(f"(?i){_ENCODED}")
_ADDRESS = re.compile(r"(?i)//|(?:href|url)[^<>]{0,80}[a-z0-9-]\.[a-z]{2}")
"""What makes of a tag a link, which is looked for as it is written."""


def shown(text: str) -> str:
    """The text as it is shown, character by character in the same places; mostly the text itself."""
    if "<" not in text and "&" not in text and "[" not in text and "%" not in text and "\\" not in text:
        return text
    return _MARKUP.sub(_as_shown, text)


def _as_shown(match: re.Match[str]) -> str:
    written, tag, face = match[0], match[1], match[2]
    if written[0] == "%":
        return _ONE.sub(_decoded, written)
    if written[0] == "&":
        return _at_end(_referred(written), written)
    if written[0] == "\\":
        units = bytes.fromhex(written.lower().replace("\\u", ""))
        return _at_end(units.decode("utf-16-be", "replace"), written)
    if _ADDRESS.search(written):
        return written
    return _at_end(_FACE if face else "\n" if tag and tag.lower() in _BREAKS else "", written)


def _decoded(match: re.Match[str]) -> str:
    written = match[0]
    return _at_end(bytes.fromhex(written.replace("%", "")).decode("utf-8", "replace"), written)


def _referred(written: str) -> str:
    """The character that a reference names, by its number or otherwise."""
    name = written[1:]
    if name[0] != "#":
        meant = html5.get(name) or html5.get(name.lower(), written)
        return " " if meant.isspace() else meant
    number = name[1:].lower().removesuffix(";")
    base, digits = (16, number[1:]) if number[0] == "x" else (10, number)
    digits = digits.lstrip("0")
    code = int(digits or "0", base) if len(digits) <= MOST_DIGITS else TABLE_SIZE
    return chr(code) if code < TABLE_SIZE else written


def _at_end(meant: str, written: str) -> str:
    """What is meant, as long as what is written; the latter where it means no one thing."""
    if "\ufffd" in meant:
        return written
    return (UNSEEN if written[0] in "<[" else REFERRED) * (len(written) - len(meant)) + meant
