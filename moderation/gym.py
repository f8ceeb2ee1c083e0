"""The gym: how many disguised terms are found, and what the same disguises do to ordinary text. Opens no file."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, repeat
from typing import TYPE_CHECKING

from moderation.check import EXAMPLE_DAY
from moderation.detect.hits import is_sought
from moderation.detect.rule import HINT
from moderation.lexicon import ALLOW
from moderation.text.disguise import FIRST, WHOLE, Disguiser
from moderation.text.variants import DISGUISES
from moderation.types import Action, Author, Content, Part, Role, Scene

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from random import Random

    from moderation.engine import Engine
    from moderation.lexicon import Condition, Term
    from moderation.types import Verdict

SCENES = (Scene.AD, Scene.LIVE_CHAT)
STRETCH = 2
"""So many characters of an ordinary text are disguised."""


@dataclass(slots=True)
class Score:
    """What one disguise came to: how many were tried, and how many were found (or, for ordinary text, newly flagged).

    ``missed`` holds some that were not found, as (term, in disguise).
    """

    tried: int = 0
    found: int = 0
    missed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The share found; 0 where none was tried."""
        return self.found / self.tried if self.tried else 0.0


class Gym:
    """Keeps an engine and the makers of its ruleset. Every draw comes from ``random``."""

    def __init__(self, engine: Engine, random: Random) -> None:
        self._engine, self._random = engine, random
        self._makers = Disguiser(engine.ruleset.folding, engine.ruleset.variants)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The disguises, in the order of the tables."""
        return self._makers.kinds

    @property
    def pairs(self) -> list[str]:
        """Two disguises at once, each as ``a+b``: those that are put on a word, in the order in which they are."""
        rest = [kind for kind in self.kinds if kind not in WHOLE and kind not in FIRST]
        return ["+".join(both) for both in combinations([*FIRST, *rest], 2)]

    def terms(self) -> list[Term]:
        """The terms that can be disguised: banned ones of two characters or more that count by themselves."""
        return [
            term
            for term in self._engine.ruleset.terms
            if term.category != ALLOW and not term.pattern and len(term.text) > 1 and term.weight >= HINT
        ]

    def recall(self, terms: Iterable[Term], ways: Sequence[str] = ()) -> Iterator[dict[str, Score]]:
        """One more term disguised in every way that it allows, after each: the scores so far, by way.

        ``ways`` are ``kinds``, unless ``pairs`` are asked for.
        """
        scores = {way: Score() for way in ways or self.kinds}
        for term in terms:
            setting = self._setting(term)
            if setting is not None:
                for way, score in scores.items():
                    kinds = way.split("+")
                    if all(kind not in DISGUISES or _allows(term, kind) for kind in kinds):
                        self._try(term, kinds, setting, score)
            yield scores

    def alarms(self, texts: Sequence[str], scene: Scene, ways: Sequence[str] = ()) -> Iterator[dict[str, Score]]:
        """One more ordinary text with a stretch of it disguised, after each: how many are flagged that were not."""
        scores = {way: Score() for way in ways or self.kinds}
        for text in texts:
            if len(text) > STRETCH and self._judged(text, scene).action is Action.PASS:
                for way, score in scores.items():
                    place = self._random.randrange(len(text) - STRETCH)
                    *_, word = self._steps(text[place : place + STRETCH], way.split("+"))
                    if word:
                        score.tried += 1
                        changed = text[:place] + word + text[place + STRETCH :]
                        if self._judged(changed, scene).action is not Action.PASS:
                            score.found += 1
                            score.missed.append((text, changed))
            yield scores

    def _try(self, term: Term, kinds: Sequence[str], setting: tuple[str, str, Scene], score: Score) -> None:
        before, after, scene = setting
        word = self._disguised(term.text, kinds)
        if WHOLE.issuperset(kinds):
            before, after = "".join(char + "\n" for char in before), "".join("\n" + char for char in after)
        if word:
            score.tried += 1
            if self._finds(term, before, word, after, scene):
                score.found += 1
            else:
                score.missed.append((term.text, before + word + after))

    def _disguised(self, text: str, kinds: Sequence[str]) -> str:
        """The word in all of these disguises; empty where it cannot wear them, or nobody promises to see through."""
        can_tell = self._engine.reader.restorer.can_tell
        steps = list(self._steps(text, kinds))
        return steps[-1] if all(map(can_tell, kinds, repeat(text), steps)) else ""

    def _steps(self, word: str, kinds: Sequence[str]) -> Iterator[str]:
        """The word in the first of these disguises, in the first two, and so on; empty where it cannot wear them."""
        for kind in kinds:
            word = word and self._makers.make(kind, word, self._random)
            yield word

    def _setting(self, term: Term) -> tuple[str, str, Scene] | None:
        """What a term asks for around it, and a scene where it lives; ``None`` where it is not found even so."""
        for scene in sorted(term.scenes or SCENES):
            for before, after in _company(term.condition):
                if self._finds(term, before, term.text, after, scene):
                    return before, after, scene
        return None

    def _finds(self, term: Term, before: str, word: str, after: str, scene: Scene) -> bool:
        evidence = self._judged(before + word + after, scene).evidence
        low, high = len(before), len(before) + len(word)
        return any(
            item.category == term.category and item.weight >= HINT and item.span.start < high and low < item.span.end
            for item in evidence
        )

    def _judged(self, text: str, scene: Scene) -> Verdict:
        role = Role.SELLER if scene is Scene.AD else Role.USER
        content = Content(scene=scene, parts=(Part("text", text),), at=EXAMPLE_DAY, author=Author(role=role))
        return self._engine.examine(content).conclude()


def _allows(term: Term, kind: str) -> bool:
    return kind in term.disguises and is_sought(len(term.text), term.weight, (kind,))


def _company(asked: Condition) -> Iterator[tuple[str, str]]:
    """The words that a term wants right before, behind and near it, in a few arrangements."""
    prev = next((word for word in asked.prev if word != "^"), "")
    follows = next((word for word in asked.next if word != "$"), "")
    wanted = [group[0] for group in (asked.near, asked.sentence, asked.with_) if group]
    numbers = {"<number>": "3", "<quantity>": "3天", "<period>": "2025年", "<standard>": "GB/T 18650"}
    others = "".join(numbers.get(word, word) for word in wanted)
    yield others + prev, follows
    yield prev, follows + others
    yield prev, ("" if "$" in asked.next else follows) + "，" + others
