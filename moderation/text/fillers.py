"""What is put behind each character of a word: 包呀治呀百呀病, 刷a单b, 刷啊单啊."""

from __future__ import annotations

import re

from moderation.text.line import Replaced, apart

PARTICLES = "呀啊呢嘛哈嘿哦啦吧呐哇噢喔哎喵咩汪口请の"
"""What people put between characters, and may say besides."""
_FILLED = re.compile(
    r"([\u3400-\u9fff])(?:(?!\1)([^\W_])(?:(?!\2)[\u3400-\u9fff]\2){2,}|[a-z0-9]{1,2}(?:[\u3400-\u9fff][a-z0-9]{1,2})+(?=[\u3400-\u9fff]))"
)
"""Han with something put behind each: three times the same letter (包呀治呀百呀病), or Latin letters and digits."""
_TWICE = re.compile(f"([{PARTICLES}那这一])((?<![那这一])|[个啥])(?!\\1)[\u3400-\u9fff]\\1\\2")
"""A particle that stands behind two characters in a row (刷啊单啊, 微那个信那个): a cheap look."""
_FILLER = re.compile(r"([\u3400-\u9fff])([a-z0-9]{1,2}|[^\W_])")


def seen(text: str) -> bool:
    """Whether a folded text may hold characters with something put behind them: a cheap look."""
    return _FILLED.search(text) is not None or _TWICE.search(text) is not None


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
