"""What is doubtful about terms before they go live: too short, too common, repeated, a false alarm on clean texts.

The loader refuses what cannot work; this tells what works badly. No file is opened here: clean texts come in as texts.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from moderation.check import EXAMPLE_DAY, advertised
from moderation.detect.alone import alone
from moderation.detect.terms import Gate
from moderation.lexicon import ALLOW, Condition
from moderation.matcher import Matcher
from moderation.patterns import told_in
from moderation.text.words import frequent
from moderation.told import Told, same
from moderation.types import Action, Scene

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from moderation.engine import Engine
    from moderation.errors import LoadError
    from moderation.lexicon import Term
    from moderation.ruleset import Ruleset
    from moderation.text.fold import Folding

COMMON: Final = 5000
"""So many of the most frequent words count as common."""
SHORT: Final = 2
SHORT_ASCII: Final = 3
LIMIT: Final = 0.01
"""A term that flags so large a part of clean texts must not go live."""
LEAST: Final = 3
"""Texts that must be flagged before a rate says anything."""
QUOTED: Final = 3
_SCENES: Final = (Scene.AD, Scene.LIVE_CHAT)
NOTHING: Final = same("")
_NO_CONDITION: Final = Condition()
_REPEATS: Final = re.compile(r"(.)\1+")
_DIGITS: Final = re.compile(r"[0-9]+")


class Kind(StrEnum):
    """What may be the matter with a term."""

    REFUSED = "refused"
    FREQUENT = "frequent"
    ALARM = "alarm"
    COMMON = "common"
    SHORT = "short"
    ASCII = "ascii"
    REPEATED = "repeated"
    ANCHOR = "anchor"

    @property
    def refuses(self) -> bool:
        """Whether such a term must not go live."""
        return self in {Kind.REFUSED, Kind.FREQUENT}


EXPLAINED: Final = {
    Kind.REFUSED: Told(
        "加载器拒绝：单字无条件、与允许词冲突、重复、嵌套过深、例句不符等，词库不可启用",
        "the loader refuses it (one character, allowed, repeated, nested too deep, a wrong example): it cannot go live",
    ),
    Kind.FREQUENT: Told(
        f"在干净语料中的误报率达到上限（默认 {LIMIT:.0%}）：启用后会淹没人工审核，须加条件或删除",
        f"it flags clean text as often as the limit ({LIMIT:.0%} by default) or more: give it a condition or drop it",
    ),
    Kind.ALARM: Told(
        "在干净语料中有误报，但低于上限：请看所列句子是否可以接受",
        "it flags clean text, below the limit: look at the sentences and decide whether that is acceptable",
    ),
    Kind.COMMON: Told(
        f"是最常用的 {COMMON} 个词之一且没有条件：单看这个词说明不了什么",
        f"is one of the {COMMON} most frequent words and has no condition: the word alone says little",
    ),
    Kind.SHORT: Told(
        "只有两个字且没有条件：容易成为别的词的一部分，靠词界判断",
        "has two characters and no condition: it is easily part of other words, and rests on word boundaries",
    ),
    Kind.ASCII: Told(
        "纯数字，或三个字符以内的字母数字，且没有条件：型号、价格、缩写里都会出现",
        "is all digits, or up to three letters and digits, and has no condition: models, prices, abbreviations hold it",
    ),
    Kind.REPEATED: Told(
        "折叠后（大小写、全半角、繁简、形近）与同类另一词相同：多余，可删",
        "folds (case, width, traditional, look-alike) to the same as another of its category: it adds nothing",
    ),
    Kind.ANCHOR: Told(
        "正则的锚词与每个匹配必有的文字毫不相干：正则只在锚词周围寻找，多半永不命中",
        "the pattern's anchors share nothing with what stands in every match: sought around them, it is hardly found",
    ),
}
"""For every kind what it means and what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One doubt about one term. ``rate`` and ``texts`` tell how often it flagged clean texts, and some of them."""

    kind: Kind
    file: str
    line: int
    term: str
    detail: Told = NOTHING
    rate: float = 0.0
    texts: tuple[str, ...] = ()


@dataclass(slots=True)
class Alarms:
    """How many clean texts each rule flags, with a few of them, out of ``texts``; ``flagged`` were so by any rule."""

    texts: int = 0
    flagged: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    quoted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def false_alarms(engine: Engine, texts: Iterable[str]) -> Alarms:
    """Which rules flag texts that are known to be clean, each rule as if it were alone.

    A text is judged as a seller's advertisement and as a line in a live room: where a term can count, it is to be seen.
    Terms of categories that lead to nothing by themselves, such as complaints, raise no false alarm.
    """
    found = Alarms()
    day = EXAMPLE_DAY.date()
    quiet = tuple(f"{code}." for code, one in engine.ruleset.categories.items() if one.action is Action.PASS)
    for text in texts:
        listed = [advertised(text, scene) for scene in _SCENES]
        reading = engine.read(listed[0])
        rules: set[str] = set()
        for content in listed:
            found_here = alone(engine.shared.terms, content, reading, Gate(content.scene, advertising=True), day)
            rules.update(rule for rule in found_here if not rule.startswith(quiet))
        found.texts += 1
        found.flagged += bool(rules)
        found.counts.update(rules)
        for rule in rules:
            if len(found.quoted[rule]) < QUOTED:
                found.quoted[rule].append(text)
    return found


def standing(terms: Sequence[Term], folding: Folding, texts: Iterable[str]) -> list[Term]:
    """The terms that may stand in some of the texts, with those that surely cannot left out: most of a big list.

    Repeats do not count on either side, so that what only the view without repeats shows is kept.
    """
    words: dict[str, None] = {}
    asked: list[tuple[str, ...]] = []
    for term in terms:
        sought = tuple(_once(folding.plain(text)) for text in (term.anchors if term.pattern else (term.text,)))
        asked.append(sought)
        words.update(dict.fromkeys(sought))
    words.pop("", None)  # a term of symbols alone is always kept
    listed = list(words)
    text = "\n".join(_once(folding.plain(text)) for text in texts)
    there = {listed[index] for _, _, index in Matcher(listed).find(text)} | {""}
    return [term for term, sought in zip(terms, asked, strict=True) if not there.isdisjoint(sought)]


def _once(text: str) -> str:
    """A text without repeats of a character."""
    return _REPEATS.sub(r"\1", text)


def lint(
    terms: Sequence[Term], ruleset: Ruleset, alarms: Alarms, *, refused: Iterable[LoadError] = (), limit: float = LIMIT
) -> list[Finding]:
    """Everything doubtful about terms: what the loader ``refused``, what flags clean texts, what merely looks bad."""
    folding = ruleset.folding
    found = [
        Finding(kind=Kind.REFUSED, file=error.file, line=error.line, term="", detail=error.told) for error in refused
    ]
    banned = [term for term in terms if term.category != ALLOW]
    found.extend(_frequent(banned, alarms, limit))
    found.extend(_doubtful(banned, folding))
    found.extend(_repeated(banned, folding))
    found.extend(_adrift(terms, folding))
    return found


def _frequent(terms: Iterable[Term], alarms: Alarms, limit: float) -> Iterator[Finding]:
    if not alarms.counts:
        return
    wanted, told = alarms.counts, set()
    for term in terms:
        rule = term.id
        if rule in wanted and rule not in told:
            told.add(rule)
            count = alarms.counts[rule]
            rate = count / alarms.texts
            yield Finding(
                kind=Kind.FREQUENT if rate >= limit and count >= LEAST else Kind.ALARM,
                file=term.file,
                line=term.line,
                term=term.text,
                detail=same(f"{count}/{alarms.texts}"),
                rate=rate,
                texts=tuple(alarms.quoted[rule]),
            )


def _doubtful(terms: Iterable[Term], folding: Folding) -> Iterator[Finding]:
    common = frequent(COMMON)
    for term in terms:
        word = folding.plain(term.text)
        if term.pattern or not word or term.condition != _NO_CONDITION:
            continue
        if word in common:
            yield _finding(Kind.COMMON, term)
        elif word.isascii():
            if _DIGITS.fullmatch(word) or len(word) <= SHORT_ASCII:
                yield _finding(Kind.ASCII, term)
        elif len(word) == SHORT:
            yield _finding(Kind.SHORT, term)


def _repeated(terms: Iterable[Term], folding: Folding) -> Iterator[Finding]:
    seen: dict[tuple[str, str], list[Term]] = {}
    for term in terms:
        if term.pattern:
            continue
        alike = seen.setdefault((term.category, folding.visible(term.text)), [])
        first = next((one for one in alike if (one.condition, one.scenes) == (term.condition, term.scenes)), None)
        if first is None:
            alike.append(term)
        else:
            yield _finding(Kind.REPEATED, term, same(f"{first.text} {first.file}:{first.line}"))


def _adrift(terms: Iterable[Term], folding: Folding) -> Iterator[Finding]:
    """Patterns none of whose anchors holds, or lies in, a word that stands in every match."""
    for term in terms:
        if term.pattern and (rows := told_in(term.text, folding.plain)):
            words, anchors = {word for row in rows for word in row}, [*map(folding.plain, term.anchors)]
            if not any(anchor in word or word in anchor for anchor in anchors for word in words):
                fewest = min(rows, key=len)
                yield _finding(Kind.ANCHOR, term, same(" ".join(fewest)))


def _finding(kind: Kind, term: Term, detail: Told = NOTHING) -> Finding:
    return Finding(kind=kind, file=term.file, line=term.line, term=term.text, detail=detail)
