"""Masks personal data in text: phone and identity numbers, mail addresses, the end of an IP address. Pure.

Digits count in any writing that means a decimal digit (full width too), and may have blanks and hyphens between.
"""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from typing import Final

STAR: Final = "*"
_GAP: Final = r"[\s\-‐-―·.]?"
_DIGIT: Final = r"\d"
_NO_DIGIT_BEFORE, _NO_DIGIT_AFTER = r"(?<!\d)", r"(?!\d)"
_PHONE: Final = re.compile(rf"{_NO_DIGIT_BEFORE}(?:\d{_GAP}){{10}}\d{_NO_DIGIT_AFTER}")
_IDENTITY: Final = re.compile(rf"{_NO_DIGIT_BEFORE}(?:\d{_GAP}){{17}}[\dxXｘＸ]{_NO_DIGIT_AFTER}")
_OLD_IDENTITY: Final = re.compile(rf"{_NO_DIGIT_BEFORE}(?:\d{_GAP}){{14}}\d{_NO_DIGIT_AFTER}")
_CARD: Final = re.compile(rf"{_NO_DIGIT_BEFORE}(?:\d{_GAP}){{15,18}}\d{_NO_DIGIT_AFTER}")
_LANDLINE: Final = re.compile(rf"{_NO_DIGIT_BEFORE}0\d{{2,3}}[-－]\d{{7,8}}{_NO_DIGIT_AFTER}")
_IPV4: Final = re.compile(r"(?<![\d.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![\d.])")
_IPV6: Final = re.compile(r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{1,4}:){3,7}(?::?[0-9A-Fa-f]{1,4})+(?![0-9A-Fa-f:])")
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def masked(text: str) -> str:
    """The text with personal data masked; everything else, and the length in code points, stays."""
    text = _MAIL.sub(lambda found: _middle(found.group(), 1, len(found.group()) - found.group().index("@")), text)
    text = _IPV6.sub(lambda found: _tail(found.group(), ":"), text)
    text = _IPV4.sub(lambda found: _tail(found.group(), "."), text)
    if not re.search(_DIGIT, text):
        return text
    for pattern, before, after in (
        (_IDENTITY, 3, 2),
        (_CARD, 4, 3),
        (_OLD_IDENTITY, 3, 2),
        (_PHONE, 3, 4),
        (_LANDLINE, 4, 2),
    ):
        text = pattern.sub(partial(_digits, before=before, after=after), text)
    return text


def _middle(text: str, before: int, after: int) -> str:
    return text[:before] + STAR * (len(text) - before - after) + text[len(text) - after :]


def _tail(address: str, mark: str) -> str:
    head, _, tail = address.rpartition(mark)
    return f"{head}{mark}{STAR * len(tail)}"


def _digits(found: re.Match[str], before: int, after: int) -> str:
    """Keeps the first and last digits; what stands between them is kept too."""
    text = found.group()
    places = [place for place, sign in enumerate(text) if unicodedata.category(sign) == "Nd" or sign in "xXｘＸ"]
    hidden = set(places[before : len(places) - after])
    return "".join(STAR if place in hidden else sign for place, sign in enumerate(text))
