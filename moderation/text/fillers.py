"""What is put behind each character of a word: 包呀治呀百呀病, 刷a单b, 刷啊单啊, 冰ж毒, 贱丿人."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from moderation.text.fold import CLAUSE_MARKS
from moderation.text.line import Replaced, apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moderation.matcher import Hit, Matcher
    from moderation.text.line import Line

PARTICLES = "呀啊呢嘛哈嘿哦啦吧呐哇噢喔哎喵咩汪口请の"
"""What people put between characters, and may say besides."""
STROKES = "丿乀乁亅亠冖冫亻囗宀廴彳忄扌氵灬艹讠辶钅阝饣龘"
"""Pieces of characters, and another, that stand in no sentence."""
_HAN = "\u4e00-\u9fff"
_EDGES = pairwise((ord("一") - 1, *sorted(map(ord, STROKES)), ord("\ua000")))
_COMMON = "".join(f"{chr(low + 1)}-{chr(high - 1)}" for low, high in _EDGES if high - low > 1)
_ODD = f"[^0-9a-zづっつ\u3105-\u312f\u31a0-\u31bf{_COMMON}]"
"""What is neither Latin, a digit, Zhuyin, the arm of a face nor a character of sentences."""
_STREWN = re.compile(f"{_ODD}(?<=[{_HAN}]{_ODD}){_ODD}?(?=[{_HAN}])")
_MURMURED = re.compile(f"[{PARTICLES}](?<=[{_HAN}][{PARTICLES}])(?=[{_HAN}])")
_TWO_MURMURED = re.compile(f"[{PARTICLES}](?<=[{_HAN}][{PARTICLES}])[{_HAN}][{PARTICLES}](?=[{_HAN}])")
_FILLED = re.compile(
    r"([\u3400-\u9fff])(?:(?!\1)([^\W_])(?:(?!\2)[\u3400-\u9fff]\2){2,}|[a-z0-9]{1,2}(?:[\u3400-\u9fff][a-z0-9]{1,2})+(?=[\u3400-\u9fff]))"
)
"""Han with something put behind each: three times the same letter (包呀治呀百呀病), or Latin letters and digits."""
_TWICE = re.compile(f"([{PARTICLES}那这一])((?<![那这一])|[个啥])(?!\\1)[\u3400-\u9fff]\\1\\2")
"""A particle that stands behind two characters in a row (刷啊单啊, 微那个信那个): a cheap look."""
_FILLER = re.compile(r"([\u3400-\u9fff])([a-z0-9]{1,2}|[^\W_])")


def seen(text: str) -> bool:
    """Whether a folded text may hold characters with something put behind them: a cheap look."""
    return bool(_FILLED.search(text) or _TWICE.search(text) or _STREWN.search(text) or _TWO_MURMURED.search(text))


def strewn(text: str, matcher: Matcher) -> Iterator[Hit]:
    """The words between whose characters odd letters stand (冰ж毒, 贱丿人), or several particles (加呢微嘛信)."""
    odd = [*_STREWN.finditer(text)]
    murmured = [*_MURMURED.finditer(text)] if _TWO_MURMURED.search(text) else []
    if not odd and not murmured:
        return
    left_out = {place for match in (*odd, *murmured) for place in range(*match.span())}
    kept = [place for place in range(len(text)) if place not in left_out]
    for start, end, word in matcher.find("".join([text[place] for place in kept])):
        first, behind = kept[start], kept[end - 1] + 1
        more = behind - first - (end - start)
        if more > 1 or (more and text[first + 1] not in PARTICLES):
            yield first, behind, word


def filled(text: str) -> list[Replaced]:
    """Han with what was put behind them."""
    found = [
        Replaced(match.start() + pair.start(), match.start() + pair.end(), pair[1], ("filler",))
        for match in _FILLED.finditer(text)
        for pair in _FILLER.finditer(match[0])
    ]
    for particle in {match[1] + match[2] for match in _TWICE.finditer(text)}:
        pairs = re.finditer(f"([\u3400-\u9fff]){particle}", text)
        found += [Replaced(*pair.span(), pair[1], ("filler",)) for pair in pairs]
    return apart(found, bytearray(len(text))) if found else []


def trails(line: Line, one: Replaced, source: str) -> bool:
    """Whether what stands between the characters of a pair is a particle that ends a clause: 看呀，奶."""
    place = one.start + 1
    before, behind = (source[line.lasts[at - 1] + 1 : line.starts[at]] for at in (place, one.end - 1))
    ends, goes_on = not CLAUSE_MARKS.isdisjoint(behind), CLAUSE_MARKS.isdisjoint(before)
    return line.text[place] in PARTICLES and ends and goes_on
