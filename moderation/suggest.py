"""What could be written instead: the smallest edit whose result the same engine lets pass in the same scene.

A suggestion changes every stretch that was found, never only the company that a cue word stands in: breaking the
company would be a disguise. Words are replaced by the wordings of ``rewrites.toml`` where the word is the claim;
otherwise the clause goes, and the sentence where that is not enough. Nothing is suggested that was not examined.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from moderation.policy import binds_later
from moderation.rewrites import BY_CATEGORY, Wording
from moderation.surgery import Cut, clause_around, clause_beside, joined, loose, sentence_around
from moderation.types import Action, Part
from moderation.wording import Option, goods_options, told_options, word_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from moderation.engine import Engine
    from moderation.rewrites import Hit, Rewrites
    from moderation.types import Content, Evidence, Verdict

MOST_EXAMINATIONS = 24
MOST_CHARACTERS = 500
FEWEST_HAN, LEAST_SHARE = 2, 5
"""So much Han of the writer's own must stand in every part that was edited, and one in so many of what stood there."""
REASONS = {
    "not_needed": ("内容已通过，无须修改", "it passes as it is"),
    "no_lawful_wording": ("该内容没有合规的写法，请勿发布", "there is no lawful wording for this: do not publish it"),
    "nothing_left": ("删去违规部分后没有剩下内容，请重写", "nothing is left without the violation: write it anew"),
    "too_long": (
        f"超过 {MOST_CHARACTERS} 字，不自动给出改写",
        f"no suggestions for more than {MOST_CHARACTERS} characters",
    ),
    "none_found": ("没有找到能通过审核的改法，请人工改写", "no edit was found that passes: a person must rewrite it"),
    "proof_needed": (
        "这样写须有证明：请附上证明，由人工核对",
        "this may be said with proof: add it, and a person checks it",
    ),
    "for_people": (
        "规则已无须改之处，但文本模型仍有疑点，须人工复核",
        "the rules ask for no further change, but the text model has doubts: a person decides",
    ),
    "number_needed": (
        "须由您补上真实的批准文号或证书编号后再送审",
        "add the real approval or certificate number first",
    ),
}
"""Why there is no text that passes, in Chinese and English."""


class Edit(NamedTuple):
    """One change: the code points ``[start, end)`` of a part give way to ``replacement``, because of ``rule``."""

    part: str
    start: int
    end: int
    replacement: str
    template: bool
    rule: str


class Suggestion(NamedTuple):
    """What to change and what comes of it. A ``reason`` says why nothing here passes yet; without one, it all does.

    ``needed`` are notes of duties that only a person can meet, for ``Industries.tell``.
    """

    edits: tuple[Edit, ...] = ()
    parts: tuple[Part, ...] = ()
    reason: str = ""
    needed: tuple[str, ...] = ()


def reached(content: Content, suggestion: Suggestion) -> Content | None:
    """The content as the suggestion would have it pass; ``None`` where it has no such text."""
    if suggestion.reason == "not_needed":
        return content
    return None if suggestion.reason else replace(content, parts=suggestion.parts)


def heard(suggestion: Suggestion, verdict: Verdict) -> Suggestion:
    """A suggestion once its text was judged with the text expert: where that would not pass, a person decides.

    Its edits stand. An expert who was missing has no doubts.
    """
    doubted = verdict.action is not Action.PASS and not verdict.degraded
    return suggestion._replace(reason="for_people") if doubted else suggestion


class _Find(NamedTuple):
    """A piece of evidence and the stretch of the original that it is about, or that only goes ``along`` with it."""

    start: int
    end: int
    rule: str
    folded: str
    along: bool = False


@dataclass(slots=True)
class _Target:
    """Finds that overlap, the ways to change what they cover from the smallest on, and the one that is being tried."""

    part: int
    finds: list[_Find]
    options: list[Option]
    at: int = 0

    @property
    def option(self) -> Option:
        return self.options[self.at]

    @property
    def start(self) -> int:
        return min(find.start for find in self.finds)

    @property
    def end(self) -> int:
        return max(find.end for find in self.finds)


class _Draft(NamedTuple):
    """One attempt: the parts and how they came about."""

    parts: tuple[Part, ...]
    cuts: list[list[Cut]]
    edits: tuple[Edit, ...]


def suggest(engine: Engine, content: Content) -> Suggestion:
    """The smallest edit that passes, or the reason why there is none. Never raises.

    At most ``MOST_EXAMINATIONS`` texts are examined besides the content itself.
    """
    verdict = engine.examine(content).conclude()
    if verdict.action is Action.PASS:
        return Suggestion(reason="not_needed")
    rewrites = engine.ruleset.rewrites
    guilty = list(decisive(engine, content, verdict))
    if guilty and engine.ruleset.claims.provable.issuperset(item.note for item in guilty):
        return Suggestion(reason="proof_needed")
    if any(rewrites.lawless(item.rule) for item in guilty):
        return Suggestion(reason="no_lawful_wording")
    if sum(len(part.text) for part in content.parts) > MOST_CHARACTERS:
        return Suggestion(reason="too_long")
    return _Editing(engine, content).work(guilty)


def decisive(engine: Engine, content: Content, verdict: Verdict) -> Iterator[Evidence]:
    """The evidence that by itself keeps a content from passing, strictest first."""
    policy, categories = engine.ruleset.policies[content.scene], engine.ruleset.categories
    for item in verdict.evidence:
        weighty = item.weight >= policy.review_at and not binds_later(item)
        if weighty and policy.action_for(item, categories[item.category]) is not Action.PASS:
            yield item


class _Editing:
    """The edits of one content while they are being worked out."""

    def __init__(self, engine: Engine, content: Content) -> None:
        self._engine, self._content = engine, content
        self._rewrites: Rewrites = engine.ruleset.rewrites
        self._plain = engine.ruleset.folding.plain
        self._targets: list[_Target] = []
        self._added: dict[str, tuple[int, Wording]] = {}
        self._needs: dict[str, str] = {}
        self._left = MOST_EXAMINATIONS - 1
        self._names = {part.name: number for number, part in reversed(list(enumerate(content.parts)))}
        industries = engine.ruleset.industries.industries.values()
        self._duties = {f"missing_disclosure.{item.code}.{need.code}" for item in industries for need in item.needs}

    def work(self, guilty: Sequence[Evidence]) -> Suggestion:
        """Escalate what is still found until nothing is; then try whether less would do."""
        if not all(self._take(item, self._span(item)) for item in guilty):
            return Suggestion(reason="none_found")
        self._vary()
        while (draft := self._draft()) and self._left:
            found = self._examine(draft)
            if not found:
                self._shrink()
                return self._told()
            if not self._escalate(found, draft):
                break
        return Suggestion(reason="none_found" if draft else "nothing_left")

    def _span(self, item: Evidence) -> tuple[int, int, int]:
        return self._names[item.span.part], item.span.start, item.span.end

    def _examine(self, draft: _Draft) -> list[Evidence]:
        """What still keeps a draft from passing, apart from the numbers that only people can add."""
        self._left -= 1
        content = replace(self._content, parts=draft.parts)
        verdict = self._engine.examine(content).conclude()
        if verdict.matches_truncated:  # there is more than the verdict lists
            return list(verdict.evidence)
        return [item for item in decisive(self._engine, content, verdict) if item.rule not in self._needs]

    def _take(self, item: Evidence, span: tuple[int, int, int]) -> bool:
        """Make a piece of evidence something to be changed; whether anything can be."""
        if item.rule in self._duties:
            self._owe(item.rule, part=span[0])
            return True
        part, start, end = span
        text = self._content.parts[part].text
        if not self._change(part, _Find(start, end, item.rule, self._plain(text[start:end]))):
            return False
        hit = self._rewrites.hit(item.rule)
        for beside in self._beside(text, clause_around(text, start, end), hit):
            self._change(part, _Find(*beside, item.rule, "", along=True))
        return True

    def _change(self, part: int, find: _Find) -> bool:
        """Make a target of a find and of those that it overlaps; whether anything can be changed."""
        text = self._content.parts[part].text
        together = [one for one in self._targets if one.part == part and one.start < find.end and find.start < one.end]
        finds = [known for one in together for known in one.finds]
        if find in finds:
            return True
        finds.append(find)
        options = list(dict.fromkeys(self._options(text, finds)))
        if not options:
            return False
        self._targets = [one for one in self._targets if one not in together]
        self._targets.append(_Target(part, finds, options))
        return True

    def _owe(self, rule: str, *, part: int) -> None:
        """Add what a duty asks for, or note that only people can."""
        if wording := self._rewrites.additions.get(rule):
            self._added.setdefault(rule, (part, wording))
        else:
            self._needs[rule] = rule.partition(".")[2]

    def _options(self, text: str, finds: Sequence[_Find]) -> Iterator[Option]:
        """The ways to change what some finds cover, smallest first: the word, the clause, the sentence."""
        start, end = min(find.start for find in finds), max(find.end for find in finds)
        hits = [self._rewrites.hit(find.rule) for find in finds]
        if all(find.along for find in finds):
            yield Option(start, end, "", template=False, whole=True)
        words = [
            [] if find.along else [*word_options(self._rewrites, hit, text, (find.start, find.end), find.folded)]
            for find, hit in zip(finds, hits, strict=True)
        ]
        if all(words):
            for find, listed in zip(finds, words, strict=True):
                if (find.start, find.end) == (start, end):
                    yield from listed
        sentence = sentence_around(text, start, end)
        yield from self._of_clause(text, (start, end), hits, sentence)
        if loose(text[slice(*sentence)]):
            for wording in [Wording(""), *self._wordings(hits, text[slice(*sentence)], close=False)]:
                yield Option(*sentence, wording.text, wording.template, whole=True)

    def _of_clause(
        self, text: str, span: tuple[int, int], hits: Sequence[Hit], sentence: tuple[int, int]
    ) -> Iterator[Option]:
        """The ways to change the clause of some hits: its goods stay, a wording comes instead, or it goes."""
        clause = clause_around(text, *span)
        said = text[slice(*clause)]
        if not loose(said):
            return
        close, wide = self._wordings(hits, said, close=True), self._wordings(hits, said, close=False)
        if not self._rewrites.sentences.isdisjoint(hit.category for hit in hits):
            close, wide = [], []
        gone, worded = [Wording("")], [wording for wording in wide if wording.text]
        last = clause[1] == sentence[1]
        yield from goods_options(self._rewrites, hits, text, span, clause)
        instead = (*close, *(worded + gone if last else gone + worded))
        yield from told_options(self._rewrites, text, span[0], clause, instead)
        closing = text[: clause[0]].endswith(("，", ",")) and last
        for wording in (*close, *(wide + gone if closing else gone + wide)):
            yield Option(*clause, wording.text, wording.template, whole=True)

    def _beside(self, text: str, clause: tuple[int, int], hit: Hit) -> Iterator[tuple[int, int]]:
        """The clauses beside one that say nothing without it."""
        for before in (True, False):
            beside = clause
            while found := clause_beside(text, beside, before=before):
                beside = found
                quoted = text[slice(*beside)]
                if not any(along.goes(quoted, hit, before=before) for along in self._rewrites.along):
                    break
                yield beside

    def _wordings(self, hits: Sequence[Hit], clause: str, *, close: bool) -> list[Wording]:
        """What may stand for a clause: made for the words or families of its hits, or for their categories."""
        entries = [
            one
            for hit in hits
            for one in self._rewrites.entries
            if one.whole and one.fits(hit) and (not one.says or any(word in clause for word in one.says))
        ]
        return [wording for one in entries if (one.rank < BY_CATEGORY) is close for wording in one.wordings]

    def _escalate(self, found: Iterable[Evidence], draft: _Draft) -> bool:
        """Go one step further wherever something is still found; whether any step was left."""
        moved: set[int] = set()
        more = False
        for item in found:
            part, start, end = self._span(item)
            touched = [cut for cut in draft.cuts[part] if cut.at <= end and start <= cut.at + len(cut.text)]
            if item.rule in self._duties or not touched:
                known = self._known
                self._take(item, (part, *_before(draft.cuts[part], start, end)))
                more |= self._known > known
                continue
            for cut in touched:
                for target in self._within(part, cut):
                    if id(target) not in moved and target.at + 1 < len(target.options):
                        moved.add(id(target))
                        target.at += 1
        return more or bool(moved)

    @property
    def _known(self) -> int:
        """How much was found so far: it only grows."""
        return sum(len(target.finds) for target in self._targets) + len(self._added) + len(self._needs)

    def _within(self, part: int, cut: Cut) -> list[_Target]:
        return [one for one in self._targets if one.part == part and cut.start <= one.start and one.end <= cut.end]

    def _vary(self) -> None:
        """Not to say the same thing twice where another wording is as good."""
        said: set[str] = set()
        for target in self._targets:
            if not target.options[0].text:
                continue
            words = [at for at, option in enumerate(target.options) if not option.whole and option.text]
            target.at = next((at for at in words if target.options[at].text.rstrip("的") not in said), target.at)
            said.add(target.option.text.rstrip("的"))

    def _shrink(self) -> None:
        """Take back every step that was not needed, with what is left of the examinations."""
        for target in self._targets:
            reached = target.at
            less = [at for at in range(reached) if target.options[at].size < target.option.size]
            target.at = next((at for at in less if self._passes(target, at)), reached)

        for rule in [*self._added]:
            without = {name: added for name, added in self._added.items() if name != rule}
            self._added, kept = without, self._added
            if not self._would_do():
                self._added = kept

    def _passes(self, target: _Target, at: int) -> bool:
        """Whether this step of a target would do."""
        target.at = at
        return self._would_do()

    def _would_do(self) -> bool:
        """Whether the edits as they are now pass, as far as there are examinations left to know it."""
        draft = self._draft()
        return draft is not None and self._left > 0 and not self._examine(draft)

    def _draft(self) -> _Draft | None:
        """The parts with every target changed as it is tried now; ``None`` where too little is left."""
        parts, cuts, edits = [], [], []
        for number, part in enumerate(self._content.parts):
            targets = [one for one in self._targets if one.part == number]
            done = joined(part.text, [one.option for one in targets], self._rewrites.openers)
            text, own = part.text, part.text
            for cut in reversed(done):
                text = text[: cut.start] + cut.text + text[cut.end :]
                own = own[: cut.start] + ("" if cut.whole else cut.text) + own[cut.end :]
            if targets and _han(own) < max(FEWEST_HAN, _han(part.text) / LEAST_SHARE):
                return None
            edits += [self._edit(part, number, cut) for cut in done]
            for rule, (where, wording) in self._added.items():
                if where == number:
                    added = ("。" if text and text[-1].isalnum() else "") + wording.text
                    edits.append(Edit(part.name, len(part.text), len(part.text), added, wording.template, rule))
                    text += added
            parts.append(Part(part.name, text))
            cuts.append(done)
        return _Draft(tuple(parts), cuts, tuple(edits))

    def _edit(self, part: Part, number: int, cut: Cut) -> Edit:
        rule = next(one.finds[0].rule for one in self._within(number, cut))
        return Edit(part.name, cut.start, cut.end, cut.text, cut.template, rule)

    def _told(self) -> Suggestion:
        draft = self._draft()
        assert draft is not None  # it was examined
        if self._nameless(draft):
            return Suggestion(reason="none_found")
        asked, self._needs = self._needs, {}
        missing = {item.rule for item in self._examine(draft)} if asked else ()
        needed = tuple(note for rule, note in asked.items() if rule in missing)
        return Suggestion(draft.edits, draft.parts, "number_needed" if needed else "", needed)

    def _nameless(self, draft: _Draft) -> bool:
        """Whether the goods lost their name: nobody would see what the rest says of them, neither buyers nor rules."""
        before, after = (" ".join(part.text for part in parts) for parts in (self._content.parts, draft.parts))
        return self._rewrites.named(before) and not self._rewrites.nameable(after)


def _han(text: str) -> int:
    return sum("\u4e00" <= char <= "\u9fff" for char in text)


def _before(cuts: Sequence[Cut], start: int, end: int) -> tuple[int, int]:
    """Where a stretch of the new text that no cut touches stood in the old one."""
    shift = sum((cut.end - cut.start) - len(cut.text) for cut in cuts if cut.at + len(cut.text) <= start)
    return start + shift, end + shift
