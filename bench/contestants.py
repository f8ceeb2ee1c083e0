"""The contestants: three ways in which people usually search for many words, and this project's own, step by step."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import ahocorasick
from daachorse import CharwiseDoubleArrayAhoCorasick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from moderation.engine import Engine
    from moderation.ruleset import Ruleset
    from moderation.types import Content

BATCH: Final = 100
Hit = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One way to do the work. ``run`` judges all contents; what it returns is thrown away."""

    key: str
    zh: str
    en: str
    run: Callable[[Sequence[Content]], Any]


def contestants(ruleset: Ruleset, engine: Engine) -> list[Contestant]:
    """All of them over the same rules."""
    words = sorted({word for term in ruleset.terms for word in (term.anchors if term.pattern else (term.text,))})
    trie, pipeline = NaiveTrie(words), NaivePipeline(words)
    bare = CharwiseDoubleArrayAhoCorasick(words)
    reader = engine.reader
    fold = reader.folding.fold
    return [
        _single("trie", "朴素 Python 字典树（原文）", "naive Python trie, raw text", trie.find),
        _single("naive", "朴素流程：逐字 NFKC + pyahocorasick", "naive: NFKC a char + pyahocorasick", pipeline.find),
        _single("daachorse", "daachorse（原文）", "daachorse, raw text", bare.find_overlapping),
        _single("fold", "折叠 + 匹配", "fold + match", lambda text: reader.matcher.find(text.translate(fold))),
        Contestant(key="verdict", zh="完整审核", en="whole verdict", run=lambda contents: _verdicts(engine, contents)),
        Contestant(
            key="read_batch",
            zh=f"引擎的批量读取，每批 {BATCH} 条",
            en=f"the engine's reading, batches of {BATCH}",
            run=lambda contents: _each(engine.read_many, contents),
        ),
        Contestant(
            key="verdict_batch",
            zh=f"完整审核，每批 {BATCH} 条",
            en=f"whole verdict, batches of {BATCH}",
            run=lambda contents: _verdict_batches(engine, contents),
        ),
    ]


class NaiveTrie:
    """Nested dictionaries, walked from every character: what one writes first."""

    def __init__(self, words: Sequence[str]) -> None:
        self._root: dict[str, Any] = {}
        for index, word in enumerate(words):
            node = self._root
            for char in word:
                node = node.setdefault(char, {})
            node[""] = index

    def find(self, text: str) -> list[Hit]:
        """All hits."""
        hits: list[Hit] = []
        for start in range(len(text)):
            node = self._root
            for place in range(start, len(text)):
                below = node.get(text[place])
                if below is None:
                    break
                node = below
                if "" in node:
                    hits.append((start, place + 1, node[""]))
        return hits


class NaivePipeline:
    """Every character through NFKC and lower case, signs dropped, offsets kept; then the usual automaton."""

    def __init__(self, words: Sequence[str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for index, word in enumerate(words):
            if folded := self._fold(word)[0]:
                self._automaton.add_word(folded, (len(folded), index))
        self._automaton.make_automaton()

    def find(self, text: str) -> list[Hit]:
        """All hits, with offsets in the original."""
        folded, origins = self._fold(text)
        found = self._automaton.iter(folded)
        return [(origins[end - length + 1], origins[end] + 1, index) for end, (length, index) in found]

    @staticmethod
    def _fold(text: str) -> tuple[str, list[int]]:
        chars: list[str] = []
        origins: list[int] = []
        for place, char in enumerate(text):
            for normal in unicodedata.normalize("NFKC", char).lower():
                if normal.isalnum():
                    chars.append(normal)
                    origins.append(place)
        return "".join(chars), origins


def _single(key: str, zh: str, en: str, find: Callable[[str], Any]) -> Contestant:
    def run(contents: Sequence[Content]) -> None:
        for content in contents:
            for part in content.parts:
                find(part.text)

    return Contestant(key=key, zh=zh, en=en, run=run)


def _verdicts(engine: Engine, contents: Sequence[Content]) -> None:
    for content in contents:
        engine.examine(content).conclude()


def _each(work: Callable[[Sequence[Content]], object], contents: Sequence[Content]) -> None:
    for batch in _batches(contents):
        work(batch)


def _verdict_batches(engine: Engine, contents: Sequence[Content]) -> None:
    for batch in _batches(contents):
        for content, reading in zip(batch, engine.read_many(batch), strict=True):
            engine.examine(content, reading).conclude()


def _batches(contents: Sequence[Content]) -> Iterator[Sequence[Content]]:
    return (contents[start : start + BATCH] for start in range(0, len(contents), BATCH))
