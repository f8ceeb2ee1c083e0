"""Markup: what a page or an app does not show as it is written: tags, character references, faces by name ([捂脸]).

What a stretch shows stands at its end, behind characters that cannot be seen: so every place stays what it was, and a
character written by its number is quoted from the number's beginning.
Judges nothing.
"""

from __future__ import annotations

import re
from functools import cached_property
from html.entities import html5

from moderation.text.fold import TABLE_SIZE

UNSEEN, REFERRED = "\u2064", "\u206f"
"""What fills the place of what is not shown, and that of a character's reference ahead of it (&#26368;)."""
MOST_DIGITS = 7
"""No number of a character has more digits than these, zeros ahead aside."""
COLONS, SLASHES = 4, 2
"""So many of them make two names of faces: :joy:, /微笑."""
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3"})
_TAGS = (
    "a|abbr|acronym|address|applet|area|article|aside|audio|b|base|basefont|bdi|bdo|bgsound|big|blink|blockquote|body|"
    "br|button|canvas|caption|center|cite|code|col|colgroup|data|datalist|dd|del|details|dfn|dialog|dir|div|dl|dt|em|"
    "embed|fieldset|figcaption|figure|font|footer|form|frame|frameset|h1|h2|h3|h4|h5|h6|head|header|hgroup|hr|html|i|"
    "iframe|img|input|ins|isindex|kbd|keygen|label|legend|li|link|listing|main|map|mark|marquee|math|menu|menuitem|"
    "meta|meter|multicol|nav|nobr|noembed|noframes|noscript|object|ol|optgroup|option|output|p|param|picture|"
    "plaintext|portal|pre|progress|q|rb|rp|rt|rtc|ruby|s|samp|script|search|section|select|slot|small|source|spacer|"
    "span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|time|title|tr|track|"
    "tt|u|ul|var|video|wbr|xmp"
)
"""The elements of HTML. What else is in angle brackets is shown where nobody renders it."""
_ELEMENTS = frozenset(_TAGS.split("|"))
_CODES = (
    "b|i|u|s|color|backcolor|size|font|url|img|quote|center|align|hide|em[_0-9]*|list|code|email|table|tr|td|li|p|"
    r"left|right|indent|float|sub|sup|del|media|audio|video|flash|fly|glow|attach|spoiler|\*"
)
_FACES = (
    "doge|ok|二哈|互粉|亲亲|偷乐|偷笑|傲慢|允悲|兔子|再见|凋谢|加油|发呆|发怒|发抖|可怜|可爱|右哼哼|叹气|吃瓜|合十|"
    "呲牙|哇|哈哈|喵喵|嘴唇|嘻嘻|嘿哈|围观|坏笑|大哭|大笑|天啊|太开心|失望|奋斗|奸笑|委屈|威武|害羞|尴尬|左哼哼|庆祝|"
    "得意|微笑|心碎|快哭了|思考|恐惧|悠闲|惊呆|惊恐|惊讶|愉快|憨笑|打脸|抓狂|抠鼻|抱抱|抱拳|拜拜|拥抱|挤眼|捂脸|握手|"
    "撇嘴|擦汗|敲打|无语|旺柴|星星|晕|机智|比心|泪奔|流泪|灵机一动|熊猫|爱心|爱慕|猪头|玫瑰|生病|疑问|白眼|皱眉|"
    "破涕为笑|社会社会|笑cry|笑哭|笑脸|给力|翻白眼|耶|胜利|脸红|舔屏|苦涩|蜡烛|衰|裂开|话筒|调皮|费解|赞|转圈|送心|"
    "送花|鄙视|酷拽|闭嘴|阴险|难过|馋嘴|鲜花|黑线|鼓掌|开心|龇牙|哭惹|酷|汗|鬼魂|合掌|吐舌|悲伤|生气|震惊|冷汗|流汗|"
    "困|累|饥饿|哼|嘘|骷髅|咖啡|蛋糕|太阳|月亮|跳跳|便便|西瓜|啤酒|拳头|吃惊|打call|让我看看|666|我想静静|皱眉头|"
    "捂嘴笑|感冒|怒骂|伤心|挖鼻|挖鼻屎|呵呵|哈欠|并不简单|狗头|黑脸|爱你|感谢|羞羞|飞吻|石化|紫薇别走|吐血|偷看|皱脸|"
    "暗中观察|派对|萌萌哒|扯脸|smile|grimace|drool|scowl|coolguy|chill|sob|shy|silent|sleep|cry|awkward|angry|tongue|"
    "grin|surprise|frown|tormented|puke|chuckle|joyful|slight|smug|drowsy|panic|laugh|commando|determined|scold|"
    "shocked|shhh|dizzy|toasted|skull|hammer|wave|bye|speechless|nosepick|clap|trick|bah!l|bah!r|yawn|pooh-pooh|"
    "shrunken|tearingup|sly|kiss|whimper|happy|sick|flushed|lol|let down|duh|hey|facepalm|smirk|smart|concerned|yeah!|"
    "onlooker|goforit|sweats|omg|emm|noprob|mybad|wow|boring|awesome|lips|heart|brokenheart|hug|thumbsup|thumbsdown|"
    "shake|peace|salute|beckon|fist|rose|wilt|cake|beer|coffee|poop|moon|sun|gift|party|worship"
)
"""Faces by the names that apps give them; none that is itself a word for something forbidden."""
_FACE = "\u263a"
_HAN = "\u3400-\u9fff"
_ESCAPE = r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\u[0-9a-f]{4}"
_BYTE = "%[89ab][0-9a-f]"
_ENCODED = f"%[cd][0-9a-f]{_BYTE}|%e[0-9a-f](?:{_BYTE}){{2}}|%f[0-4](?:{_BYTE}){{3}}"
_REFERENCE = "&(?:#[0-9]++;?|#x[0-9a-f]++;?|nbsp;?|shy(?![a-z=]);?|[a-z][a-z0-9]{1,30}+(?:;|(?![a-z0-9=])))"
"""A name without its semicolon is none before a letter, a digit or =, which stand in addresses (?a=1&copy=2)."""
_QUOTED = rf"""=\s*+(?:"[^"{_HAN}]*+"|'[^'{_HAN}]*+')"""
_OTHER = rf"(?:[^<>=]++|(?!{_QUOTED})=)*+"
_ATTRIBUTES = rf"{_OTHER}(?:{_QUOTED}{_OTHER}){{0,40}}+"
"""Quoted values may hold < and >; so many of them that a search is over soon."""
_NAME = "[a-z][a-z0-9]*+(?:[:-][a-z0-9]++)*+"
_TAG = rf"<(/?)({_NAME})(?:[\s/]{_ATTRIBUTES})?>"
_UNREAD = (
    r"<!--(?:[^>]{0,2000}+>){1,40}?(?<=-->)|<[!?][^<>]{0,200}+>"
    rf"|<(script|style|template)(?:[\s/]{_ATTRIBUTES})?>(?:[^<]{{0,2000}}+<){{1,40}}?/\1\s*+>"
)
"""What nobody sees with all that it holds."""
_CODE = rf"\[em\]e?[0-9]{{1,8}}\[/em\]|\[/?(?:{_CODES})(?:=[^\[\]]*+)?\]"
_WORN = rf"\[[a-z]{{1,12}}\]\[/[a-z]{{1,12}}\]|\[[^\[\]\s]{{1,12}}\]|:[a-z0-9_+-]{{2,30}}:|/(?:{_FACES})|<{_NAME}>"
_WEARING = re.compile(rf"(?i)(?<=[{_HAN}])({_WORN})(?=[{_HAN}]{{1,2}}\1[{_HAN}])")
"""The same again behind a character or two is an ornament, whatever its name: 办[x]假[x]证."""
_MARKUP = re.compile(
    rf"(?i){_UNREAD}|{_TAG}|({_CODE})|\[({_FACES})R?\]|{_REFERENCE}|{_ESCAPE}|(?<![a-z0-9=/?&])(?:{_ENCODED})+|{_WORN}"
)
"""Bytes in percent signs are none behind what they stand behind in an address."""
_NAMED = re.compile(f"(?i)<(/?)({_NAME})")
_ONE = re.compile(f"(?i){_ENCODED}")
_ADDRESS = re.compile(r"(?i)//|(?:href|url)[^<>]{0,80}[a-z0-9-]\.[a-z]{2}")
"""What makes of a tag a link, which is looked for as it is written."""
_TOLD = re.compile(f"[{_HAN}]")
_READABLE = re.compile(f"[{_HAN}]|[0-9]{{3}}")
"""What of that which is not shown may be read where nobody renders it: in the elements of HTML, and elsewhere."""


def rendered(text: str) -> tuple[str, str]:
    """The text as it is shown, every character in its place, and what it holds besides: mostly the text, and nothing.

    What it holds besides is for readers of what nobody renders.
    """
    marked = "<" in text or "&" in text or "[" in text or "%" in text or "\\" in text
    if not marked and text.count(":") < COLONS and text.count("/") < SLASHES:
        return text, ""
    if not marked and _WEARING.search(text) is None:
        return text, ""
    page = _Page(text)
    return _MARKUP.sub(page.as_shown, text), page.aside()


class _Page:
    """A text while it is rendered, and what of it is left aside."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._aside: list[tuple[int, int]] = []

    @cached_property
    def _worn(self) -> frozenset[str]:
        """The ornaments that the text itself makes."""
        return frozenset(_WEARING.findall(self._text))

    @cached_property
    def _paired(self) -> frozenset[str]:
        """The names of elements that are opened as well as closed."""
        named: tuple[set[str], set[str]] = (set(), set())
        for close, name in _NAMED.findall(self._text):
            named[bool(close)].add(name.lower())
        return frozenset(named[0] & named[1])

    def as_shown(self, match: re.Match[str]) -> str:
        """What is shown of a piece of markup, as long as that is."""
        written = match[0]
        first = written[0]
        if first == "%":
            return _ONE.sub(_decoded, written)
        if first == "&":
            return _at_end(_referred(written), written)
        if first == "\\":
            units = bytes.fromhex(written.lower().replace("\\u", ""))
            return _at_end(units.decode("utf-16-be", "replace"), written)
        if match[5]:
            return _at_end(_FACE, written)
        tag = (match[3] or "").lower()
        if not (match[4] or (first == "<" and self._is_element(written, tag)) or written in self._worn):
            return written
        if _ADDRESS.search(written) or (_TOLD if tag in _ELEMENTS else _READABLE).search(written):
            self._aside.append(match.span())
        return _at_end("\n" if tag in _BREAKS else "", written)

    def _is_element(self, written: str, tag: str) -> bool:
        """Whether a page would render what stands in angle brackets; a comment has no name."""
        return not tag or tag in _ELEMENTS or written.endswith("/>") or tag in self._paired

    def aside(self) -> str:
        """What was left aside, in its places, as it is written."""
        if not self._aside:
            return ""
        pieces, place = [], 0
        for start, end in self._aside:
            if start > place:
                pieces.append(UNSEEN * (start - place - 1) + "\n")
            pieces.append(self._text[start:end])
            place = end
        return "".join(pieces)


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
    return (UNSEEN if written[0] in "<[:/" else REFERRED) * (len(written) - len(meant)) + meant
