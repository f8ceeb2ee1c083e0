"""Sees through disguises: a text in which 蕞好, zui好, 王见金 and 信微加 stand as the words that they mean.

Nothing is judged here. What a writing is restored to only counts where it completes a term that allows the disguise;
a homophone that is likelier as it stands (威信县, 小嘴好甜) is left alone. Tables: ``moderation.text.variants``.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from moderation.matcher import Matcher
from moderation.text import fillers, signs
from moderation.text.adorned import telling
from moderation.text.clues import BACKWARDS, HAN, LIKELIER, LIKELIER_DRAWN, LIKELIER_FUZZY, clues_of
from moderation.text.fold import CLAUSE_MARKS, PLAIN_HAN, breaks
from moderation.text.holes import MASKED, MASKS, Holes, hangs_on
from moderation.text.line import Line, Replaced, apart, put
from moderation.text.spelling import LETTERS, SPELT, Speller, much_commoner
from moderation.text.words import PAIR, frequency, gain, stands_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from moderation.matcher import Hit
    from moderation.text.fold import Folding
    from moderation.text.sound import Table
    from moderation.text.variants import Variants

KATAKANA = frozenset(map(chr, range(0x30A1, 0x30FD)))
FILLING = LETTERS.union("0123456789")
LONGEST = 12
"""Longer words are rarely written in disguise as a whole; what is disguised in them is mostly a word by itself."""
LIKELIER_JOINTLY = 11.0
"""The same for a word that two disguises hide at once."""
MOST_KEPT = 65_536
"""So many writings are kept at most with what is known of them."""
OF_THE_SURE = frozenset({"homophone", "fuzzy", "shape", "reverse", "pinyin"})
OF_ALL = frozenset({"mixed", "split", "digit", "filler", "mask"})
"""Disguises that are undone for the words worth hearing, and for the whole vocabulary."""
DRAWN = frozenset({"split", "shape"})
"""Disguises of single characters: they count only where they complete a word."""
USED = 1000
"""A character that the dictionary counts more often by itself is one that people use."""
LAST_BASIC = "\uffff"


class Seen(NamedTuple):
    """A folded text, where it holds clues, and where it may sound like a word that it does not hold."""

    text: str
    clues: list[Hit]
    heard: list[Hit]


class Vocabulary(NamedTuple):
    """Folded words: those worth restoring, those of them that are worth hearing, and all that mean what they say."""

    words: Collection[str]
    sure: Collection[str]
    known: Collection[str]


class Restorer:
    """Keeps the tables of one ruleset, turned into automata, and restores lines with them.

    A sign is known by its letters, in all that the original may write for it: a text without these has no sign.
    ``_may_sign`` finds them faster, and takes whatever stands above the basic plane for one.
    """

    def __init__(self, folding: Folding, variants: Variants, vocabulary: Vocabulary) -> None:
        self._folding, self._variants = folding, variants
        self._known = variants.ordinary.union(vocabulary.known, vocabulary.words)
        words = sorted({word for word in vocabulary.words if HAN.fullmatch(word) and len(word) <= LONGEST})
        heard = [word for word in words if word in vocabulary.sure]
        self._words, self._sought, self._sure = words, frozenset(words), frozenset(heard)
        self._word_matcher = Matcher(words)
        self._clues = clues_of(variants, words, self._sure, self._known)
        """Writings that stand for a word or a character: what is meant, and the disguise."""
        self._clue_list = tuple(self._clues)
        self._casual = frozenset(parts for parts in variants.splits if all(frequency(part) > USED for part in parts))
        """Split characters of which every piece is one that stands in any text: 人五 is 伍 or two words."""
        self._signs = signs.pattern(variants.signs)
        strangest = [_strangest(folding, sign) for sign in variants.signs]
        self._sign_letters = folding.shown_as({*MASKS, *strangest, *"".join(variants.zhuyin), *signs.FACE_LETTERS})
        basic = "".join([re.escape(letter) for letter in sorted(self._sign_letters) if letter <= LAST_BASIC])
        self._may_sign = re.compile(f"[{basic}\U00010000-\U0010ffff]")
        sounds = variants.sounds
        self._exact, self._fuzzy, self._rivals, self.digits = sounds.exact, sounds.fuzzy, sounds.rivals, sounds.digits
        by_sound: dict[str, list[str]] = defaultdict(list)
        for word in heard:
            by_sound[word.translate(self._fuzzy)].append(word)
        self._heard = tuple(by_sound.items())
        self._sound_matcher = Matcher([sound for sound, _ in self._heard])
        self._promising: dict[str, bool] = {}
        """Whether a writing seen before that sounds like a word may stand for it: kept, as most are no news."""
        self._speller = Speller(sounds, words, self._sure, self._known)
        self._holes = Holes(sounds.usual, self._word_matcher)

    @property
    def clues(self) -> tuple[str, ...]:
        """The writings that the reader's automaton looks out for."""
        return self._clue_list

    def may_turn(self, text: str, clues: Iterable[Hit]) -> bool:
        """Whether one of these clues is a word backwards, and likelier so: the text may be so as a whole."""
        told = ((start, end, *self._clues[self._clue_list[number]]) for start, end, number in clues)
        return any(name == "reverse" and _likely_meant(text, start, end, word, name) for start, end, word, name in told)

    def can_tell(self, kind: str, word: str, written: str) -> bool:
        """Whether a word in disguise is meant to be seen through: not where the writing is a word of its own.

        Pairs are heard nearly and read backwards only where the text makes them likely: there nothing is promised.
        """
        if written in self._known or frequency(written) > 0 or not self._seeks(kind, word):
            return False
        if kind == "pinyin":
            return len(written) >= SPELT
        if kind == "filler":
            return len(word) > PAIR
        if kind == "mask":
            return len(word) >= MASKED
        if kind == "reverse":
            return PAIR < len(word) in BACKWARDS
        return kind != "fuzzy" or len(word) > PAIR

    def _seeks(self, kind: str, word: str) -> bool:
        """Whether a word is undone from a disguise. What folding undoes, it undoes for all."""
        if kind in OF_THE_SURE:
            return word in self._sure
        return kind not in OF_ALL or word in self._sought

    def heard(self, text: str) -> list[Hit]:
        """Where a folded text may sound like a word that it does not hold: a cheap look, mostly empty."""
        hits, known = self._sound_matcher.find(text.translate(self._fuzzy)), self._promising.get
        return [
            hit
            for hit in hits
            if (told := known(text[hit[0] : hit[1]]))
            or (told is None and self._promises(text[hit[0] : hit[1]], hit[2]))
        ]

    def _promises(self, written: str, number: int) -> bool:
        """Whether a writing by itself is unlikely enough to stand for one of the words that sound so."""
        if len(self._promising) >= MOST_KEPT:
            self._promising.clear()
        told = self._promising[written] = written not in self._known and any(
            self._heard_as(written, 0, written, word)[1] for word in self._heard[number][1]
        )
        return told

    def has_sign(self, source: str) -> bool:
        """Whether an original may hold a sign for a word."""
        return self._may_sign.search(source) is not None and not self._sign_letters.isdisjoint(source)

    def restore(self, seen: Seen, lay: Callable[[], Line], source: str) -> Line | None:
        """The line that ``lay`` gives of a text with what is disguised in it restored; ``None`` where nothing is.

        It is laid only where something was found: offsets cost more than a look.
        """
        text, lay = seen.text, cache(lay)
        whole, drawn = self._meant(seen, lay, source)
        whole = self._speller.unspelt(text, whole)
        if drawn:
            whole += self._drawn(text, drawn)
        whole += self._speller.untoned(text)
        whole += [one for one in self._strewn(text) if _unbroken(lay(), one, source)]
        filled = fillers.filled(text)
        whole += filled if self._completed(text, filled, inside=True) else self._holed(text, lay, source)
        if joint := list(self._jointly(text, [*drawn, *filled, *self._speller.syllables(text)])):
            alone = [*whole, *self._likely(text, seen.heard)]
            whole += _longer(joint, alone, len(text))
        if not whole:
            heard = self._likely(text, seen.heard)
            if not heard:
                return None
            line = lay()
        else:
            line = lay().with_(whole)
            heard = self._likely(line.text, self.heard(line.text))
        line = line.with_(one for one in heard if _unbroken(line, one, source))
        return line if line.marks else None

    def _likely(self, text: str, heard: list[Hit]) -> list[Replaced]:
        return [*self._homophones(text, heard), *self._spelt(text)]

    def signed(self, visible: str, places: list[int]) -> Line:
        """The raw view's text as a line: its signs become words, its other symbols go."""
        text: list[str] = []
        starts: list[int] = []
        lasts: list[int] = []
        marks: list[Replaced] = []
        place = 0
        for match in telling(self._signs, visible):
            self._plain(visible, places, range(place, match.start()), (text, starts, lasts))
            word, name = self._variants.signs.get(match[0].translate(signs.TABLED), ""), "sign"
            end = match.end()
            if word and match[0][-1] in MASKS and visible.startswith(word[-1], end):  # 傻*逼: nothing is left out
                end += 1
            if not word:
                word, name = self._variants.zhuyin.get(match[0].rstrip(signs.TONES), ""), "mixed"
            if not word and match[0][0] == "(":  # a face: what it stands between has nothing between
                marks.append(Replaced(max(0, len(starts) - 1), len(starts) + 1, "", ("sign",)))
            elif not word:
                word, name = self._holes.masked(visible, *match.span()), "mask"
            if word:
                marks.append(Replaced(len(starts), len(starts) + len(word), word, (name,)))
            text.append(word)
            starts += [places[match.start()]] * len(word)
            lasts += [places[end - 1]] * len(word)
            place = end
        self._plain(visible, places, range(place, len(visible)), (text, starts, lasts))
        inside = [mark for mark in marks if mark.end <= len(starts)]  # nothing stands behind a face at the end
        return Line("".join(text), starts, lasts, inside)

    def _plain(
        self, visible: str, places: list[int], within: range, into: tuple[list[str], list[int], list[int]]
    ) -> None:
        text, starts, lasts = into
        for index in within:
            if letter := visible[index].translate(self._folding.fold):
                text.append(letter)
                starts += [places[index]] * len(letter)
                lasts += [places[index]] * len(letter)

    def _meant(self, seen: Seen, lay: Callable[[], Line], source: str) -> tuple[list[Replaced], list[Replaced]]:
        """What stands for a word by itself, and what stands for a character of one."""
        whole: list[Replaced] = []
        drawn: list[Replaced] = []
        for start, end, number in seen.clues:
            word, name = self._clues[self._clue_list[number]]
            one = Replaced(start, end, word, (name,))
            if name in DRAWN:
                drawn.append(one)
            elif (
                not _cut(seen.text, start, end, lay)
                and _likely_meant(seen.text, start, end, word, name)
                and (name != "reverse" or _unbroken(lay(), one, source))
                and (name != "filler" or not fillers.trails(lay(), one, source))
            ):
                whole.append(one)
        return whole, drawn

    def _holed(self, text: str, lay: Callable[[], Line], source: str) -> list[Replaced]:
        """Words with an initial in them that no blank and no mark of a clause tears."""
        found = (one for one in self._holes.find(text) if text[one.start : one.end] not in self._known)
        return [one for one in found if _whole(lay(), one, source) and not hangs_on(lay(), one, text)]

    def is_filled(self, text: str) -> bool:
        """Whether a folded text may hold a word with something put between or for its characters: a cheap look."""
        return fillers.seen(text) or any(self._holes.find(text))

    def _strewn(self, text: str) -> Iterator[Replaced]:
        """Words between whose characters letters stand that nobody reads, where the text is likelier without these."""
        for start, end, number in fillers.strewn(text, self._word_matcher):
            word = self._words[number]
            if text[start:end] not in self._known and gain(text, start, end, word) >= LIKELIER:
                yield Replaced(start, end, word, ("filler",))

    def _jointly(self, text: str, clues: list[Replaced]) -> Iterator[Replaced]:
        """The words that stand in the text, sound like it or are spelt in it once the clues stand for what they mean.

        Of two disguises at least (行业冖元寸郡, 包氵台百bing): what a clue completes by itself is known already. Pairs
        of characters are too often something else.
        """
        if not clues:
            return
        clues = [clue._replace(word=clue.word[:1]) for clue in apart(clues, bytearray(len(text)))]
        meant, changed = put(text, clues)
        heard = [hit for hit in self.heard(meant) if hit[1] - hit[0] > PAIR and changed.find(1, hit[0], hit[1]) >= 0]
        likely, filled = [*self._likely(meant, heard), *self._holes.find(meant)], fillers.filled(meant)
        if not likely and not filled and len({clue.names for clue in clues}) == 1:
            return
        line = Line(text, (places := list(range(len(text)))), places, []).with_(clues).with_(filled)
        hits = self._word_matcher.find(line.text)
        written = [Replaced(start, end, self._words[number], ()) for start, end, number in hits]
        for low, high, word, names in (
            *written,
            *(self._likely(line.text, self.heard(line.text)) if filled else likely),
        ):
            seen = line.disguises(low, high)
            rest = self._heard_beside(line, low, word) if names and "mixed" in seen else names
            start, end = line.starts[low], line.lasts[high - 1] + 1
            if (
                not seen
                or rest is None
                or len({*seen, *rest}) == 1
                or len(word) <= PAIR
                or text[start:end] in self._known
            ):
                continue
            if gain(text, start, end, word) >= LIKELIER_JOINTLY:
                yield Replaced(start, end, word, (*seen, *rest))

    def _heard_beside(self, line: Line, start: int, word: str) -> tuple[str, ...] | None:
        """The disguise of what letters do not spell of a word, if any; ``None`` where it hardly means the word."""
        end = start + len(word)
        spelt = ["mixed" in line.disguises(at, at + 1) for at in range(start, end)]
        written = "".join(
            [char if by else was for char, was, by in zip(word, line.text[start:end], spelt, strict=True)]
        )
        if written in self._known:
            return () if written == word else None
        _, name, _ = self._heard_as(line.text[:start] + written + line.text[end:], start, written, word)
        return (name,) if name else None

    def _drawn(self, text: str, clues: list[Replaced]) -> Iterator[Replaced]:
        """The words that split and look-alike characters complete."""
        clues = apart(clues, bytearray(len(text)))
        yield from self._drawn_by(text, clues)
        sure = [clue for clue in clues if not self._is_casual(text, clue)]
        if len(sure) < len(clues):
            yield from self._drawn_by(text, sure)

    def _drawn_by(self, text: str, clues: list[Replaced]) -> Iterator[Replaced]:
        for rank in range(max((len(clue.word) for clue in clues), default=0)):
            yield from self._drawn_as(text, [clue._replace(word=clue.word[rank]) for clue in clues if clue.word[rank:]])

    def _drawn_as(self, text: str, clues: list[Replaced]) -> Iterator[Replaced]:
        found = self._completed(text, clues)
        if not found:
            return
        plain = Line(text, (places := list(range(len(text)))), places, []).with_(clues)
        for low, high, number in found:
            names = plain.disguises(low, high)
            start, end = plain.starts[low], plain.lasts[high - 1] + 1
            word = self._words[number]
            if names == ("shape",) and word not in self._sure:
                continue
            within = clues[bisect_left(clues, (start,)) : bisect_left(clues, (end,))]
            casual = any(self._is_casual(text, clue) for clue in within)
            enough = LIKELIER_FUZZY if casual else LIKELIER_DRAWN
            if names and text[start:end] not in self._known and gain(text, start, end, word) >= enough:
                yield Replaced(start, end, word, names)

    def _is_casual(self, text: str, clue: Replaced) -> bool:
        return text[clue.start : clue.end] in self._casual

    def _completed(self, text: str, clues: list[Replaced], *, inside: bool = False) -> list[Hit]:
        """The words that a text holds only with what the clues stand for; ``inside``: before their last character."""
        if not clues:
            return []
        meant, changed = put(text, clues)
        found = self._word_matcher.find(meant)
        return [hit for hit in found if changed.find(1, hit[0], hit[1] - inside) >= 0]

    def _spelt(self, text: str) -> Iterator[Replaced]:
        return (Replaced(start, end, word, (name,)) for start, end, word, name in self._speller.find(text))

    def _homophones(self, text: str, hits: Iterable[Hit]) -> Iterator[Replaced]:
        for start, end, number in hits:
            written = text[start:end]
            found = [self._heard_as(text, start, written, word) for word in self._heard[number][1]]
            _, name, word = max(found)
            if name:
                yield Replaced(start, end, word, (name,))

    def _heard_as(self, text: str, start: int, written: str, word: str) -> tuple[float, str, str]:
        """How likely a writing stands for a word, and by which disguise; no name where it does not."""
        changed = [(left, right) for left, right in zip(written, word, strict=True) if left != right]
        if len(word) == PAIR == len(changed):
            return 0.0, "", word
        exact = all(left.translate(self._exact) == right.translate(self._exact) for left, right in changed)
        gained = gain(text, start, start + len(word), word)
        enough = gained >= len(changed) * (LIKELIER if exact else LIKELIER_FUZZY)
        if not enough or (len(word) == PAIR and self._is_rather_another(written, word, self._exact if exact else None)):
            return gained, "", word
        return gained, "homophone" if exact else "fuzzy", word

    def _is_rather_another(self, written: str, word: str, sounds: Table | None) -> bool:
        """Whether the writing shares a character with an innocent pair that sounds so too and is the commoner."""
        enough = much_commoner(word, sure=True)
        return any(
            count > enough
            and other not in self._sought
            and (other[0] == written[0] or other[1] == written[1])
            and (sounds is None or other.translate(sounds) == written.translate(sounds))
            for other, count in self._rivals.get(word.translate(self._fuzzy), ())
        )


def _whole(line: Line, one: Replaced, source: str) -> bool:
    """Whether neither a clause nor a word ends inside the stretch."""
    return not breaks(source[line.starts[one.start] : line.lasts[one.end - 1]])


def _unbroken(line: Line, one: Replaced, source: str) -> bool:
    """Whether no clause ends inside the stretch. Where every character stands apart, that means nothing."""
    low, high = line.starts[one.start], line.lasts[one.end - 1] + 1
    marks = sum(char in CLAUSE_MARKS for char in source[low:high])
    return not marks or (marks >= one.end - one.start - 1 and one.end - one.start > PAIR)


def _longer(joint: Iterable[Replaced], alone: Iterable[Replaced], length: int) -> list[Replaced]:
    """Those of which no other that lies over them means as long a word."""
    reach = bytearray(length)
    for other in alone:
        size = min(len(other.word), 255)
        for place in range(other.start, other.end):
            reach[place] = max(reach[place], size)
    return [one for one in joint if max(reach[one.start : one.end], default=0) < len(one.word)]


def _likely_meant(text: str, start: int, end: int, word: str, name: str) -> bool:
    """Whether a clue is one where it stands: 果聊 is none in 如果聊, and 家的 is not 的家 backwards."""
    if name == "filler":  # does a longer word go on (包1治2百3病)?
        beside, put_in = text[start - 1 : start] + text[end : end + 1], text[start + 1]
        if not FILLING.isdisjoint(beside) or (put_in in fillers.PARTICLES and put_in in beside):
            return False
    if name in {"reverse", "filler"}:
        return gain(text, start, end, word) >= LIKELIER
    return name != "slang" or text[start] in LETTERS or stands_alone(text, start, end)


def _strangest(folding: Folding, sign: str) -> str:
    """The character of a sign that ordinary text holds least: one that is no letter, else one that is no Han."""
    return min(sign, key=lambda char: (bool(folding.plain(char)), ord(char) in PLAIN_HAN))


def _cut(text: str, start: int, end: int, lay: Callable[[], Line]) -> bool:
    """Whether a Latin letter or digit at an edge of the stretch goes on right outside it: vx in vxyz, not in vx yz."""
    edges = [at for at in (start, end) if 0 < at < len(text) and _run_on(text[at - 1], text[at])]
    if not edges:
        return False
    line = lay()
    return any(line.lasts[at - 1] + 1 >= line.starts[at] for at in edges)  # less within one sign: ㄉㄞ is dai


def _run_on(left: str, right: str) -> bool:
    return (
        (left in LETTERS and right in LETTERS)
        or (left.isdigit() and right.isdigit())
        or (left in KATAKANA and right in KATAKANA)
    )
