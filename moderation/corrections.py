"""Hears a host put a claim right on air (口误, 更正) within a minute, and says which words were put right by which.

《直播电商监督管理办法》 31(1) asks that slips are corrected on the spot and recorded, whether rules found them or not.
A pure fold over host speech: the state is a value, ``content.at`` the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from moderation.room import COMPLAINTS, ROOM
from moderation.types import Scene, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from moderation.liverules import LiveRules
    from moderation.types import Content, Evidence, Exemption, Verdict

CLAIMS = 32
"""So many claims are remembered at most, newest first to stay."""
LAG = 5.0
"""A correction may bear a time so many seconds before its claim's: two recognisers write, or two clocks."""
WORDS = 60
"""So many characters of a correction are its words."""
RECALLED = "ng_correction"
"""The row of the claims table that excuses a claim which its own sentence takes back."""


class Claim(NamedTuple):
    """Something that the host said: in which content and where, when (seconds since 1970), and what it was found to be.

    ``category`` is empty where no rule had found anything, ``author`` where nobody is named.
    """

    content_id: str
    at: float
    span: Span
    words: str
    author: str
    category: str = ""


class Correction(NamedTuple):
    """One claim put right: the claim with its original words, and the words that correct it with their place."""

    claim: Claim
    content_id: str
    at: float
    span: Span
    words: str
    cue: str

    @property
    def seconds(self) -> int:
        """So long after the claim."""
        return max(0, int(self.at - self.claim.at))


@dataclass(frozen=True, slots=True)
class Speech:
    """What is remembered of the hosts' speech: claims of the last minute, and each host's last sentence without."""

    claims: tuple[Claim, ...] = ()
    last: tuple[Claim, ...] = ()


def listen(
    speech: Speech, content: Content, verdict: Verdict, rules: LiveRules
) -> tuple[Speech, tuple[Correction, ...]]:
    """Fold one message of a room: the speech after it, and what it corrects. Only host speech says anything."""
    if content.scene is not Scene.LIVE_SPEECH:
        return speech, ()
    at, author, window = content.at.timestamp(), content.author.id or "", rules.limits.correction_seconds
    claims, last = ([one for one in said if abs(at - one.at) <= window] for said in (speech.claims, speech.last))
    part = content.parts[0]
    cue = find_cue(part.text, rules)
    own = tuple(_claims(content, verdict.evidence, at))
    if cue is None:
        whole = Claim(content.id, at, Span(part.name, 0, len(part.text)), part.text, author)
        stays = own or any(one.author == author and one.at > at for one in last)
        others = [one for one in last if one.author != author]
        return Speech(_newest([*claims, *own]), _newest(last if stays else [*others, whole])), ()
    word, start = cue
    recalled = _claims(content, [item for item in verdict.exemptions if item.code == RECALLED], at)
    before = [claim for claim in (*own, *recalled) if claim.span.part == part.name and claim.span.end <= start]
    sayable, sentences = ([one for one in said if one.at <= at + LAG] for said in (claims, last))
    corrected = _meant(part.text, sayable, before, sentences, author)
    span = Span(part.name, start, min(len(part.text), start + WORDS))
    words = part.text[start : span.end]
    made = tuple([Correction(claim, content.id, at, span, words, word) for claim in corrected])
    said = {claim.words for claim in corrected}
    left = [claim for claim in (*claims, *own) if claim.words not in said]
    return Speech(_newest(left), _newest([one for one in last if not _same(one.author, author)])), made


def find_cue(text: str, rules: LiveRules) -> tuple[str, int] | None:
    """The first phrase that takes something back, and where; phrases that only look like one are passed over."""
    for phrase in rules.cues.no_corrections:
        if phrase in text:
            text = text.replace(phrase, "\n" * len(phrase))
    found = [(start, word) for word in rules.cues.corrections if (start := text.find(word)) >= 0]
    if not found:
        return None
    start, word = min(found, key=lambda place: (place[0], -len(place[1])))
    return word, start


def _meant(
    text: str, claims: Sequence[Claim], before: Sequence[Claim], last: Sequence[Claim], author: str
) -> Sequence[Claim]:
    """What is corrected: what the correction names, or what the same person said just before it."""
    if named := [claim for claim in claims if claim.words and claim.words in text]:
        return named
    if before:
        return before
    if theirs := [claim for claim in claims if _same(claim.author, author)]:
        return [claim for claim in theirs if claim.content_id == theirs[-1].content_id]
    return [one for one in last if _same(one.author, author)][-1:]


def _same(author: str, other: str) -> bool:
    """Whether both may be one person: somebody without a name may be anybody."""
    return author == other or not (author and other)


def _newest(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    return tuple(sorted(claims, key=_at)[-CLAIMS:])


def _at(claim: Claim) -> float:
    return claim.at


def _claims(content: Content, found: Iterable[Evidence | Exemption], at: float) -> Iterator[Claim]:
    """What was found in a message, each place once. Complaints and what a room found are no claims."""
    texts = {part.name: part.text for part in content.parts}
    seen: set[Span] = set()
    for item in found:
        if item.span in seen or item.category == COMPLAINTS or item.rule.startswith(f"{ROOM}."):
            continue
        seen.add(item.span)
        words = texts.get(item.span.part, "")[item.span.start : item.span.end]
        yield Claim(content.id, at, item.span, words, content.author.id or "", item.category)
