"""The court in session: ``examine`` a content into a case, ``conclude`` the case into a verdict. Neither ever raises.

Between the two moves the caller may wait for experts; a case keeps the ruleset that it was opened under, so a
reload cannot split it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from moderation.detect.codes import CodeDetector, runs_on
from moderation.detect.covert import Covert
from moderation.detect.crowd import heard
from moderation.detect.disclosure import DisclosureDetector
from moderation.detect.own import OwnTerms
from moderation.detect.regime import Regimes
from moderation.detect.spam import SpamDetector
from moderation.detect.tails import despite_tail
from moderation.detect.terms import Findings, Gate, TermDetector
from moderation.expert import Wording, doubted, surroundings, testimony, wordings
from moderation.policy import Weighed, decide
from moderation.proof import settle
from moderation.room import block, fold, forget, remember
from moderation.text.reading import ASIDE, CODES, FLOOD
from moderation.types import SHANGHAI, Action, Content, Evidence, Missing, Opinion, Scene, Verdict

if TYPE_CHECKING:
    from datetime import date

    from moderation.policy import ScenePolicy
    from moderation.roomstate import Company, Retraction, RoomState
    from moderation.ruleset import Ruleset
    from moderation.text.reading import PartReading

Reading = Sequence["PartReading"]
"""A content read: one ``PartReading`` a part, in the order of the parts."""


class _Detectors(NamedTuple):
    """What looks for evidence by the rules that all share."""

    terms: TermDetector
    codes: CodeDetector
    spam: SpamDetector
    disclosure: DisclosureDetector
    regimes: Regimes
    covert: Covert


def _detectors(ruleset: Ruleset) -> _Detectors:
    terms = TermDetector(ruleset)
    reader = terms.reader
    return _Detectors(
        terms,
        CodeDetector(ruleset, reader),
        SpamDetector(ruleset, reader),
        DisclosureDetector(ruleset, reader),
        Regimes(ruleset.wares),
        Covert(ruleset, terms.folded),
    )


class Engine:
    """One ruleset, compiled. Stateless besides: any number of contents in any order give the same verdicts.

    ``base`` is the engine of the same rules without the tenant's own terms: all but those is shared with it, readings
    included. So an engine of a tenant is made in milliseconds.
    """

    def __init__(self, ruleset: Ruleset, *, base: Engine | None = None) -> None:
        self.ruleset = ruleset
        self.shared: _Detectors = base.shared if base else _detectors(ruleset)
        terms, self._codes, self._spam, self._disclosure, self.regimes, self._covert = self.shared
        self._terms: TermDetector | OwnTerms = OwnTerms(ruleset, terms) if base else terms
        self._has_own = base is not None
        self._overlay = ruleset.overlay
        self.reader = terms.reader
        self._scenes = {
            scene: (policy, decide(policy, ruleset, Weighed())) for scene, policy in ruleset.policies.items()
        }
        """For each scene its policy, and the verdict where nothing was found."""

    def read(self, content: Content) -> Reading:
        """The parts of a content, folded and scanned."""
        return [self.reader.read(part.name, part.text) for part in content.parts]

    def read_many(self, contents: Sequence[Content]) -> list[Reading]:
        """The readings of a batch, one by one: to fold and scan its texts as one costs more (ADR 27)."""
        return [self.read(content) for content in contents]

    def hear(
        self, room: RoomState, contents: Sequence[Content], readings: Sequence[Reading] | None = None
    ) -> tuple[RoomState, list[Case]]:
        """Fold messages of one room in their order: the room after them, and the case of each in its company.

        Equal to folding them one by one. What the rules block is known to the room for the messages behind it.
        ``readings`` are those of ``read_many``, where the messages were read before.
        """
        after = room.copy()
        readings = self.read_many(contents) if readings is None else readings
        return after, [self._hear(after, *heard) for heard in zip(contents, readings, strict=True)]

    def _hear(self, room: RoomState, content: Content, reading: Reading) -> Case:
        rules = self.ruleset.live
        if rules is None:
            return self.examine(content, reading)
        text = _text_of(reading)
        case = self.examine(content, reading, fold(room, content, text, rules))
        if content.scene is Scene.LIVE_CHAT and case.evidence:
            verdict = case.conclude()
            if verdict.action is Action.BLOCK and not case.retracts:
                block(room, content, text, verdict.categories[0])
        return case

    def ruled(self, room: RoomState, content: Content, verdict: Verdict) -> RoomState:
        """The room after somebody decided on a message of it: a block is known from then on, what passes is not."""
        if content.scene is not Scene.LIVE_CHAT:
            return room
        text = _text_of(self.read(content))
        if verdict.action is not Action.BLOCK:
            return forget(room, text)
        return remember(room, content, text, verdict.categories[0]) if verdict.categories else room

    def examine(self, content: Content, reading: Reading | None = None, room: Company | None = None) -> Case:
        """Gather the evidence that the text itself gives, and what its ``room`` adds (``observe`` or ``recall``)."""
        if reading is None:
            reading = self.read(content)
        policy, clean = self._scenes[content.scene]
        look, hits = 0, False
        for part in reading:
            look |= part.look
            if part.hits:
                hits = True
        gate = Gate(content.scene, policy.is_advertising(content))
        alone = room is None or not (room.findings or room.joined)
        torn = len(reading) > 1  # a word may stand half in the one part and half in the other
        if alone and not (hits or look or torn or gate.advertising or self._has_own):
            return Case(content, self, reading, policy, None, clean)
        day = content.at.astimezone(SHANGHAI).date()
        findings = self._found(content, reading, gate, day)
        retracts: tuple[Retraction, ...] = ()
        if not alone and room is not None:
            live, court = partial(self._applies, gate), partial(self._court, content, gate, day)
            said = {item.category for item in findings.evidence} if findings else ()
            crowd = heard(room, said, content, self.ruleset, day, live, court)
            if crowd.evidence:
                findings = findings or Findings()
                findings.evidence.extend(crowd.evidence)
                retracts = crowd.retracts
        if findings is None:
            return Case(content, self, reading, policy, None, clean)
        return Case(content, self, reading, policy, findings, None, retracts)

    def owed(self, content: Content, reading: Reading) -> Sequence[Evidence]:
        """What a content as read fails to say or gives wrongly, as a verdict would hold it; nothing else is sought."""
        policy = self._scenes[content.scene][0]
        gate = Gate(content.scene, policy.is_advertising(content))
        if not gate.advertising:
            return ()
        findings = Findings(self._disclosure.detect(content, reading, gate, content.at.astimezone(SHANGHAI).date()))
        if self._overlay is not None:
            self._overlay.weigh(findings, content.scene)
        return Case(content, self, reading, policy, findings, None).conclude().evidence

    def _found(self, content: Content, reading: Reading, gate: Gate, day: date) -> Findings | None:
        """What the text says by itself; ``None``: nothing."""
        findings = self._terms.detect(content, reading, gate, day)
        lacking = self._disclosure.detect(content, reading, gate, day) if gate.advertising else ()
        look = 0
        for part in reading:
            look |= part.look
        is_open = self._scenes[content.scene][0].leaves_open(content)
        hidden = list(self._covert.detect(self._terms, content, reading, day)) if is_open else ()
        behind = list(despite_tail(self._terms, self.reader, content, reading, gate, day, findings))
        behind += self._aside(content, reading, gate, day) if look & ASIDE else ()
        codes = look & (CODES | FLOOD) or (len(reading) > 1 and runs_on(reading))
        if findings is None:
            if not (codes or lacking or hidden or behind):
                return None
            findings = Findings()
        findings.evidence.extend(lacking)
        findings.evidence.extend(hidden)
        findings.evidence.extend(behind)
        if codes:
            live = partial(self._applies, gate)
            findings.evidence.extend(self._codes.detect(reading, content.author, day, live))
            findings.exemptions.extend(self._codes.named(reading))
            findings.evidence.extend(self._spam.detect(reading, day, live))
        if content.proofs or content.script is not None:
            settle(findings, content, reading, self.reader, self.ruleset)
        if self._overlay is not None:
            self._overlay.weigh(findings, content.scene)
        return findings if findings.evidence or findings.exemptions else None

    def _aside(self, content: Content, reading: Reading, gate: Gate, day: date) -> list[Evidence]:
        """What stands in tags and comments, for readers of what nobody renders."""
        parts = [self.reader.read_plain(part.name, part.aside) for part in reading if part.aside]
        found = self._terms.detect(content, parts, gate, day)
        codes = self._codes.detect(parts, content.author, day, partial(self._applies, gate))
        return [*(found.evidence if found is not None else ()), *codes]

    def _court(self, content: Content, gate: Gate, day: date, text: str) -> Sequence[Evidence]:
        """What another text would have shown in the place of the content's own."""
        part = self.reader.read(content.parts[0].name, text)
        if not (part.hits or part.look or self._has_own):
            return ()
        findings = self._found(content, [part], gate, day)
        return () if findings is None else findings.evidence

    def _applies(self, gate: Gate, category: str) -> bool:
        return self.ruleset.categories[category].applies(gate.scene, advertising=gate.advertising)


class Case:
    """An examined content, waiting for its verdict."""

    __slots__ = ("_clean", "_findings", "_reader", "_reading", "_regimes", "content", "policy", "retracts", "ruleset")

    def __init__(  # noqa: PLR0913, PLR0917 - made once a content; a value object would be made once more
        self,
        content: Content,
        engine: Engine,
        reading: Reading,
        policy: ScenePolicy,
        findings: Findings | None,
        clean: Verdict | None,
        retracts: tuple[Retraction, ...] = (),
    ) -> None:
        self.content, self.ruleset, self.policy = content, engine.ruleset, policy
        self._reading, self._reader, self._regimes = reading, engine.reader, engine.regimes
        self._findings, self._clean = findings, clean
        self.retracts = retracts
        """Earlier messages of the room that turned out to be pieces of a violation which this one completes."""

    @property
    def wants(self) -> tuple[str, ...]:
        """The experts that the scene's policy would hear, of clean contents too."""
        return self.policy.wants

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What the examination found."""
        return tuple(self._findings.evidence) if self._findings else ()

    def wordings(self) -> list[Wording]:
        """What an expert is to read. Takes as long as restoring disguises does, so it is asked where it is needed."""
        return wordings(self._reading, self._reader)

    def surroundings(self) -> list[str] | None:
        """What an expert is to read beside the wordings before it doubts anything; ``None``: it is not to doubt."""
        return surroundings(self._reading, self.evidence, self.policy)

    def conclude(self, *answers: Evidence | Opinion | Missing) -> Verdict:
        """Weigh the evidence, and what experts answered, into a verdict."""
        if self._clean is not None and not any(map(_says_something, answers)):
            return self._clean
        findings = self._findings or Findings()
        evidence: Sequence[Evidence] = findings.evidence
        exemptions = findings.exemptions
        missing: tuple[Missing, ...] = ()
        for opinion in answers:
            if isinstance(opinion, Opinion) and opinion.doubts:
                evidence, gone = doubted(opinion, evidence, self.content, self.policy, self.ruleset)
                exemptions = [*exemptions, *gone]
        evidence, taken = self._regimes.settle(self.content, self._reading, evidence)
        exemptions = [*exemptions, *taken] if taken else exemptions
        if answers:
            stands = replace(findings, evidence=list(evidence))
            evidence = [*evidence, *(item for answer in answers for item in self._heard(answer, stands))]
            missing = tuple(filter(None, map(_absence, answers)))
        evidence, moved = self._regimes.cite(self.content, self._reading, evidence, self.ruleset)
        exemptions = [*exemptions, *moved] if moved else exemptions
        if evidence and not self.policy.is_advertising(self.content):
            beyond = self.ruleset.beyond_advertising
            evidence = [item._replace(laws=beyond(item.laws)) for item in evidence]
        weighed = Weighed(evidence, exemptions, findings.proof, missing, findings.truncated)
        return decide(self.policy, self.ruleset, weighed)

    def _heard(self, answer: Evidence | Opinion | Missing, findings: Findings) -> Iterable[Evidence]:
        if isinstance(answer, Opinion):
            return testimony(answer, self.content, self.policy, self.ruleset, findings)
        return (answer,) if isinstance(answer, Evidence) else ()


def _text_of(reading: Reading) -> str:
    return reading[0].text if len(reading) == 1 else "".join([part.text for part in reading])


def _says_something(answer: Evidence | Opinion | Missing) -> bool:
    return not isinstance(answer, Opinion) or bool(answer.scores) or answer.lacks is not None


def _absence(answer: Evidence | Opinion | Missing) -> Missing | None:
    if isinstance(answer, Opinion):
        return answer.lacks
    return answer if isinstance(answer, Missing) else None
