"""Host scripts: their sentences, which product each is about, and what of an approved script is heard in speech.

Speech comes from a recogniser: without punctuation, cut anywhere, with words that sound alike in place of the right
ones. So both sides are compared as one stream of sounds, by pairs of neighbours that stand in the same order.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from moderation.proof import sounding
from moderation.types import Followed, Passage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from moderation.ruleset import Ruleset
    from moderation.types import Part

MOST_SENTENCES: Final = 2000
WINDOW: Final = 24
"""So many characters of speech without a mark are compared at a time."""
LEAST: Final = 4
"""A clause of fewer is compared together with its neighbour."""
ALIKE: Final = 500
"""From so many thousandths on a stretch of speech counts as said by the script."""
_DRIFT: Final = 3
"""So many characters a recogniser may add or lose within a window."""
_OFTEN: Final = 64
"""A pair that stands more often in the script tells nothing of the place."""
_ENDS: Final = re.compile(r"[。！？!?；;\n\r\u2028\u2029]+[”」』）)]*")
_CLAUSES: Final = re.compile(r"[。！？!?；;，,、：:…\s]+")
_LETTER: Final = re.compile(r"\w")


class Sentence(NamedTuple):
    """A sentence of a text: its number from 0, and where it stands."""

    number: int
    start: int
    end: int


class Named(NamedTuple):
    """A product by its id and by what hosts call it."""

    id: str
    name: str


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text in order, with their closing marks; lines are sentences too. Blank ones are none."""
    bounds = [0, *(match.end() for match in _ENDS.finditer(text)), len(text)]
    found: list[Sentence] = []
    for low, high in pairwise(bounds):
        piece = text[low:high]
        if _LETTER.search(piece):
            start = low + len(piece) - len(piece.lstrip())
            found.append(Sentence(len(found), start, start + len(piece.strip())))
    return found


def about(text: str, found: Sequence[Sentence], products: Sequence[Named]) -> list[str]:
    """For each sentence the id of the product that it is about: the one named last; empty before any was named.

    Where there is but one product, all is about it.
    """
    if len(products) == 1:
        return [products[0].id] * len(found)
    told: list[str] = []
    current = ""
    for _, start, end in found:
        named = [one for one in products if one.name and one.name in text[start:end]]
        if named:  # of two names that end together (面霜, 美白面霜) the longer one
            current = max(named, key=lambda one: (text.rfind(one.name, start, end) + len(one.name), len(one.name))).id
        told.append(current)
    return told


class ApprovedScript:
    """The approved text as it sounds. ``proofs`` are the ids that it names for a sentence, by the sentence's number."""

    def __init__(self, text: str, digest: str, ruleset: Ruleset, proofs: dict[int, tuple[str, ...]]) -> None:
        self.digest, self._ruleset, self._proofs = digest, ruleset, proofs
        self._texts = [text[start:end] for _, start, end in sentences(text)[:MOST_SENTENCES]]
        heard = [sounding(one, ruleset) for one in self._texts]
        self._ends = list(accumulate(map(len, heard)))
        stream = "".join(heard)
        places: dict[str, list[int]] = defaultdict(list)
        for place in range(len(stream) - 1):
            places[stream[place : place + 2]].append(place)
        self._places = {pair: found for pair, found in places.items() if len(found) <= _OFTEN}

    def followed(self, parts: Iterable[Part]) -> Followed:
        """What of the script is heard in these parts of a speech. Time grows with their length alone."""
        passages: list[Passage] = []
        said = covered = 0
        for part in parts:
            for start, end in _windows(part.text):
                heard = sounding(part.text[start:end], self._ruleset)
                alike, place = self._place_of(heard)
                said += len(heard)
                if alike >= ALIKE:
                    covered += len(heard) * alike // 1000
                    passages.append(self._passage(part.name, (start, end), alike, (place, len(heard))))
        share = 1000 * covered // said if said else 1000
        return Followed(digest=self.digest, covered=share, passages=tuple(passages))

    def _place_of(self, heard: str) -> tuple[int, int]:
        """How much of a stretch stands in the script, in thousandths, and from where on it does at best."""
        votes: Counter[int] = Counter()
        pairs = len(heard) - 1
        for place in range(pairs):
            for there in self._places.get(heard[place : place + 2], ()):
                votes[there - place] += 1
        if not votes:
            return 0, 0
        best, shift = 0, 0
        for start in votes:
            near = [(votes.get(start + drift, 0), -start - drift) for drift in range(_DRIFT + 1)]
            met, often = sum(count for count, _ in near), -max(near)[1]
            if met > best or (met == best and often < shift):
                best, shift = met, often
        return min(1000, 1000 * best // pairs), max(0, shift)

    def _passage(self, part: str, span: tuple[int, int], alike: int, heard: tuple[int, int]) -> Passage:
        place, length = heard
        first = bisect_right(self._ends, place)
        last = min(bisect_right(self._ends, place + length - 1), len(self._texts) - 1)
        numbers = [number for number in range(first, last + 1) if self._shared(number, place, place + length) >= LEAST]
        numbers = numbers or [min(first, last)]
        proofs = dict.fromkeys(proof for number in numbers for proof in self._proofs.get(number, ()))
        return Passage(part, *span, "".join(self._texts[number] for number in numbers), alike, tuple(proofs))

    def _shared(self, number: int, low: int, high: int) -> int:
        """How much of a sentence stands in a stretch of the stream; a short one that is all there counts for enough."""
        start, end = self._ends[number - 1] if number else 0, self._ends[number]
        shared = min(end, high) - max(start, low)
        return LEAST if shared == end - start else shared


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """The clauses of a speech: short ones together with what follows, long ones in pieces that overlap by half."""
    bounds = [0, *(match.end() for match in _CLAUSES.finditer(text)), len(text)]
    start = 0
    for end in bounds[1:]:
        if end - start < LEAST and end < len(text):
            continue
        yield from _pieces(start, end)
        start = end


def _pieces(start: int, end: int) -> Iterator[tuple[int, int]]:
    if end <= start:
        return
    while end - start > WINDOW + WINDOW // 2:
        yield start, start + WINDOW
        start += WINDOW // 2
    yield start, end
