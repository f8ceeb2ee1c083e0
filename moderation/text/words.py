"""Word boundaries by jieba's dictionary, asked only around hits: is 保本 a word here, or part of 环保|本色?"""

from __future__ import annotations

import warnings
from functools import lru_cache
from math import inf, log

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # jieba imports pkg_resources and holds invalid escapes
    import jieba

WINDOW = 8
"""Characters read on each side of a hit: longer context does not change where its own words end."""
LONGEST_WORD = 4
"""Longer dictionary words are names and idioms, which belong on allow lists."""
_REACH = LONGEST_WORD - 1
RARE, RARER, UNKNOWN = 40, 12, 0.5
"""What a pair, a longer word and a character that the dictionary lacks are counted as: of sixty million words."""
PAIR = 2
_OFTEN = 100
"""Rarer words are not worth sorting: some 25 000 are as frequent."""

_TOKENIZER = jieba.Tokenizer()


def open_dictionary() -> None:
    """Load jieba's dictionary, once. Belongs to loading; a second call is free.

    Each line is a word, its count and its kind. jieba reads them one by one, which takes a second, or from a file that
    anybody could have put there; its own search wants to find the beginnings of words too.
    """
    if _TOKENIZER.initialized:
        return
    with _TOKENIZER.get_dict_file() as file:
        cells = file.read().decode().split()
    words, counts = cells[::3], list(map(int, cells[1::3]))
    known = dict(zip(words, counts, strict=True))
    for word in words:
        length = len(word) - 1
        while length and (beginning := word[:length]) not in known:
            known[beginning] = 0
            length -= 1
    _TOKENIZER.FREQ, _TOKENIZER.total, _TOKENIZER.initialized = known, sum(counts), True


@lru_cache(maxsize=4)
def frequent(count: int) -> frozenset[str]:
    """The ``count`` words of two characters or more that stand most often in ordinary text, by the dictionary."""
    open_dictionary()
    words = ((often, word) for word, often in _TOKENIZER.FREQ.items() if len(word) > 1 and often >= _OFTEN)
    return frozenset(word for _, word in sorted(words, reverse=True)[:count])


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` begins and ends at word boundaries. ``text`` is one clause or a window of it."""
    if not straddled(text, start, end):
        return True
    left, right = max(0, start - WINDOW), end + WINDOW
    edges = _edges(text[left:right])
    return start - left in edges and end - left in edges


def straddled(text: str, start: int, end: int) -> bool:
    """Whether a dictionary word reaches across either edge. If none does there is no need to segment."""
    before, behind = min(start, _REACH), min(end, _REACH)
    return _straddled(text[start - before : start + _REACH], before) or (
        _straddled(text[end - behind : end + _REACH], behind)
    )


@lru_cache(maxsize=65_536)
def _straddled(window: str, place: int) -> bool:
    """Whether some dictionary word of a window around ``place`` begins before it and ends after it."""
    known, length = _TOKENIZER.FREQ.get, len(window)
    for begin in range(place):
        for stop in range(place + 1, min(length, begin + LONGEST_WORD) + 1):
            if known(window[begin:stop]):
                return True
    return False


def frequency(word: str) -> int:
    """How often the dictionary counts a word in its sixty million words of text; 0 where it lacks it."""
    count: int = _TOKENIZER.FREQ.get(word, 0)
    return count


@lru_cache(maxsize=4)
def pairs(least: int) -> tuple[tuple[str, int], ...]:
    """The dictionary's words of two characters that it counts at least so often, with their counts."""
    return tuple([(word, count) for word, count in _TOKENIZER.FREQ.items() if count >= least and len(word) == PAIR])


def gain(text: str, start: int, end: int, word: str) -> float:
    """How much likelier a text is with ``word`` in place of ``text[start:end]``: a difference of logarithms.

    Likelihood is that of the best segmentation by the dictionary's word counts. Inside the word a pair that the
    dictionary lacks counts as a rare word: 微信 is younger than the dictionary.
    """
    left, right = text[max(0, start - LONGEST_WORD) : start], text[end : end + LONGEST_WORD]
    return _with_word(left, word, right) - _likelihood(left + text[start:end] + right)


def gain_backwards(text: str) -> float:
    """How much likelier a text is backwards: a difference of logarithms."""
    return _best(text[::-1])[-1] - _best(text)[-1]


@lru_cache(maxsize=65_536)
def _likelihood(text: str) -> float:
    return _best(text)[-1]


@lru_cache(maxsize=16_384)
def _with_word(left: str, word: str, right: str) -> float:
    fixed = max(_best(word, pair=RARE)[-1], _log(RARE if len(word) == PAIR else RARER))
    if not (left or right):
        return fixed
    free = _best(left + word + right)[-1]
    return max(free, _best(left)[-1] + fixed + _best(right)[-1])


def _best(text: str, *, pair: float = 0) -> list[float]:
    """For each prefix the logarithm of its best segmentation's likelihood. ``pair`` is the count of unknown pairs."""
    known, total, length = _TOKENIZER.FREQ.get, _TOKENIZER.total, len(text)
    best, unknown = [0.0] + [-inf] * length, (0, UNKNOWN, pair)
    for start in range(length):
        for size in range(1, min(LONGEST_WORD, length - start) + 1):
            written = known(text[start : start + size])
            count = written or (unknown[size] if size <= PAIR else 0)
            if count and (likely := best[start] + log(count / total)) > best[start + size]:
                best[start + size] = likely
            if written is None and size >= PAIR:  # no longer word begins like this
                break
    return best


def _log(count: float) -> float:
    return log(count / _TOKENIZER.total)


@lru_cache(maxsize=8192)
def _edges(text: str) -> frozenset[int]:
    """The offsets of all word boundaries, both ends included."""
    place, edges = 0, {0}
    for word in _TOKENIZER.cut(text, HMM=False):
        place += len(word)
        edges.add(place)
    return frozenset(edges)
