"""The disguises the other way round: makes 蕞好 of 最好, for the gym and for training text. Judges nothing.

Every maker takes a word and a source of randomness and gives the word in disguise, or an empty text where the word
cannot be disguised so. Makers know the tables that restoring reads, and two things more: any homophone, and any gap.
A whole text is disguised stretch by stretch, as writers do who do not know which word a filter looks for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from moderation.text.holes import MASKS
from moderation.text.sound import fuzzy
from moderation.text.words import PAIR, frequency

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from random import Random

    from moderation.text.fold import Folding
    from moderation.text.variants import Variants

    Maker = Callable[[str, Random], str]

COMMON = 300
"""A character that the dictionary counts so often as a word of its own is one that people find on their keyboard."""
MARKS = ".*-_/|~·"
EMOJI = "🔥✨💯🌟👍"
FILLERS = "呀啦xz89"
SHARE = 0.5
"""Of a whole text's stretches about so many are disguised."""
WHOLE = frozenset({"vertical"})
"""Disguises that people put on a whole text rather than on a word: here one character a line."""
FIRST = ("slang", "sign", "digit", "mask", "reverse", "filler", "symbols", "emoji", "invisible", "repeat")
"""Of two disguises at once these come first, in this order: stretches of the word, then gaps, then its characters."""
AT_ONCE = WHOLE | {"fullwidth", "sign", "slang"}
"""Disguises that look for their places in a whole text by themselves; the others take whatever stretch there is."""
_STRETCH = re.compile("[\u3400-\u9fff]{2}")
_DIGITS = dict(zip("零一二三四五六七八九", "0123456789", strict=True))


class Disguiser:
    """Keeps the tables of one ruleset, inverted. ``kinds`` names the disguises in the order of the gym's table."""

    def __init__(self, folding: Folding, variants: Variants) -> None:
        self._sounds = variants.sounds.readings
        self._alike: dict[str, list[str]] = defaultdict(list)
        self._nearly: dict[str, list[str]] = defaultdict(list)
        for char, readings in self._sounds.items():
            if frequency(char) >= COMMON:
                self._alike[readings[0]].append(char)
                self._nearly[fuzzy(readings[0])].append(char)
        self._traditional = _inverse(folding.simplified.items())
        self._shapes = _inverse((drawn, meant) for drawn, all_ in variants.shapes.items() for meant in all_)
        self._splits, self._signs = _inverse(variants.splits.items()), _inverse(variants.signs.items())
        self._slang = _inverse(variants.slang.items())
        self.makers: Mapping[str, Maker] = {
            "fullwidth": lambda word, _: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word),
            "traditional": lambda word, random: _each(word, self._traditional, random),
            "invisible": lambda word, random: random.choice("\u200b\u2060\ufeff").join(word),
            "symbols": lambda word, random: random.choice(MARKS).join(word),
            "emoji": lambda word, random: random.choice(EMOJI).join(word),
            "vertical": lambda word, _: "\n".join(word),
            "repeat": lambda word, random: _one(word, {c: [c * random.randint(2, 4)] for c in word}, random),
            "pinyin": lambda word, _: "".join(self._sounds.get(c, (c,))[0] for c in word),
            "mixed": lambda word, random: _one(word, {c: list(self._sounds.get(c, ())[:1]) for c in word}, random),
            "homophone": self._homophone,
            "fuzzy": self._fuzzy,
            "shape": lambda word, random: _one(word, self._shapes, random),
            "split": lambda word, random: _one(word, self._splits, random),
            "sign": lambda word, random: _inner(word, self._signs, random),
            "slang": lambda word, random: _inner(word, self._slang, random),
            "filler": lambda word, random: _filled(word, random.choice(FILLERS)),
            "mask": _masked,
            "digit": lambda word, _: "".join(_DIGITS.get(char, char) for char in word),
            "reverse": lambda word, _: word[::-1],
        }
        self.kinds = tuple(self.makers)

    def make(self, kind: str, word: str, random: Random) -> str:
        """The word in that disguise; empty where it cannot wear it."""
        made = self.makers[kind](word, random)
        return "" if made == word else made

    def text(self, kinds: Sequence[str], text: str, random: Random, *, share: float = SHARE) -> str:
        """A whole text of which about ``share`` wears one of ``kinds``, drawn anew for each stretch of two Han."""
        loose = [kind for kind in kinds if kind not in AT_ONCE]
        for kind in kinds:
            if kind in AT_ONCE and (len(kinds) == 1 or random.random() < share / len(kinds)):
                text = self.make(kind, text, random) or text

        def disguised(found: re.Match[str]) -> str:
            if random.random() >= share:
                return found[0]
            return self.make(random.choice(loose), found[0], random) or found[0]

        return _STRETCH.sub(disguised, text) if loose else text

    def _homophone(self, word: str, random: Random) -> str:
        choices = {char: self._alike.get(self._sounds.get(char, ("",))[0], []) for char in word}
        return _one(word, choices, random)

    def _fuzzy(self, word: str, random: Random) -> str:
        choices: dict[str, list[str]] = {}
        for char in word:
            sound = self._sounds.get(char, ("",))[0]
            same = self._alike.get(sound, [])
            choices[char] = [other for other in self._nearly.get(fuzzy(sound), ()) if other not in same]
        return _one(word, choices, random)


def _inverse(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for written, meant in pairs:
        found[meant].append(written)
    return found


def _each(word: str, choices: Mapping[str, list[str]], random: Random) -> str:
    return "".join(random.choice(choices[char]) if choices.get(char) else char for char in word)


def _filled(word: str, filler: str) -> str:
    return "".join(char + filler for char in word)


def _masked(word: str, random: Random) -> str:
    place = random.randrange(1, max(PAIR, len(word) - 1))
    return word[:place] + random.choice(MASKS) + word[place + 1 :]


def _one(word: str, choices: Mapping[str, list[str]], random: Random) -> str:
    """The word with one of its characters replaced by another choice; the word itself where there is none."""
    places = [place for place, char in enumerate(word) if set(choices.get(char, ())) - {char}]
    if not places:
        return word
    place = random.choice(places)
    other = random.choice([choice for choice in choices[word[place]] if choice != word[place]])
    return word[:place] + other + word[place + 1 :]


def _inner(word: str, choices: Mapping[str, list[str]], random: Random) -> str:
    """The word with a stretch of it replaced by what stands for that stretch."""
    stretches = [(word.find(meant), meant) for meant in choices if meant in word]
    if not stretches:
        return word
    place, meant = random.choice(sorted(stretches))
    return word[:place] + random.choice(choices[meant]) + word[place + len(meant) :]
