"""Word boundaries by jieba's dictionary, asked only around hits: is 保本 a word here, or part of 环保|本色?"""

from __future__ import annotations

import logging
import tempfile
import warnings
from functools import lru_cache
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # jieba imports pkg_resources and holds invalid escapes
    import jieba

WINDOW = 8
"""Characters read on each side of a hit: longer context does not change where its own words end."""
LONGEST_WORD = 4
"""Longer dictionary words are names and idioms, which belong on allow lists."""
_REACH = LONGEST_WORD - 1
_OFTEN = 100
"""Rarer words are not worth sorting: some 25 000 are as frequent."""

_TOKENIZER = jieba.Tokenizer()


def open_dictionary() -> None:
    """Load jieba's dictionary, once, into a cache folder of our own. Belongs to loading; a second call is free."""
    if not _TOKENIZER.initialized:
        logging.getLogger("jieba").setLevel(logging.WARNING)
        folder = Path(tempfile.mkdtemp(prefix="qingliu-jieba-"))
        _TOKENIZER.tmp_dir = str(folder)
        _TOKENIZER.initialize()
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


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


@lru_cache(maxsize=8192)
def _edges(text: str) -> frozenset[int]:
    """The offsets of all word boundaries, both ends included."""
    place, edges = 0, {0}
    for word in _TOKENIZER.cut(text, HMM=False):
        place += len(word)
        edges.add(place)
    return frozenset(edges)
