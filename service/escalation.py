"""Who is read by the second stage too, and what comes of both. A verdict waits for it as long as its deadline says.

Scenes that ask ``always`` have every content read by both. Those that ask ``uncertain`` have it read where the first
stage is as near to a threshold as the ``band`` of its card, which is narrower under load.
What the second stage did not read, though it should have, says so: ``Missing`` beside the first stage's opinion.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from moderation.policy import SecondStage
from moderation.types import SECOND, Missing, Opinion
from service.experts import MILLI, answers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from moderation.engine import Case
    from service.experts import Hearing
    from service.ports import Answer, Heard, TextModel


LOADING: Final = "loading"
ESCALATED: Final = ("escalated", 1)
"""The fact that stands in evidence of both stages, so that who repeats the judgment asks both."""


def edge(first: TextModel, load: float = 0.0) -> int:
    """The largest margin that is uncertain, in thousandths; -1 where none is. ``load`` from 0 to 1 narrows the band."""
    return round(MILLI * first.card.band * (1 - min(1.0, load))) or -1


class Escalation:
    """Two hearings as one. ``second`` may come later: until then what it should read says why it was not read.

    What is uncertain waits ``budget`` seconds for it; what is always read by both, and batches, as long as ``second``
    lets them wait.
    """

    def __init__(self, first: Hearing, *, queue_texts: int, budget: float) -> None:
        self.first = first
        self.second: Hearing | None = None
        self.absent = LOADING
        """Why there is no second hearing, in one word; empty once there is."""
        self._queue_texts, self._budget = queue_texts, budget
        self._on_heard: Heard | None = None
        self._beside = first.model.card.sha256

    @property
    def model(self) -> TextModel:
        """The first stage. While it is another than the one that the second was fitted beside, it speaks alone."""
        return self.first.model

    @model.setter
    def model(self, model: TextModel) -> None:
        self.first.model = model

    @property
    def waiting(self) -> int:
        """Contents that have not been answered by one or the other."""
        return self.first.waiting + (self.second.waiting if self.second is not None else 0)

    @property
    def on_heard(self) -> Heard | None:
        """What is told the answers of both stages, and how long they took."""
        return self._on_heard

    @on_heard.setter
    def on_heard(self, told: Heard | None) -> None:
        self._on_heard = self.first.on_heard = told
        if self.second is not None:
            self.second.on_heard = told

    def join(self, second: Hearing) -> None:
        """The second stage is there."""
        second.on_heard = self._on_heard
        second.start()
        self.second, self.absent = second, ""

    async def close(self) -> None:
        """Ends the second hearing; the first one's owner ends that."""
        self.absent = "absent"
        if self.second is not None:
            await self.second.close()

    def ask(self, cases: Sequence[Case], tenant: str = "", *, patient: bool = False) -> list[asyncio.Future[Answer]]:
        """One future a case, which has an answer in time and never an exception. ``patient``: they are of a batch."""
        firsts = self.first.ask(cases, tenant, patient=patient)
        if self.model.card.sha256 != self._beside:
            return firsts
        always = [case for case in cases if case.policy.second_stage is SecondStage.ALWAYS]
        seconds = iter(self._ask_second(always, tenant, patient=patient)) if always else iter(())
        found = []
        for case, first in zip(cases, firsts, strict=True):
            if case.policy.second_stage is SecondStage.NEVER:
                found.append(first)
                continue
            joint: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            if case.policy.second_stage is SecondStage.ALWAYS:
                _both_into(joint, first, next(seconds), (ESCALATED,))
            else:
                first.add_done_callback(partial(self._weigh, tenant, case, joint, patient))
            found.append(joint)
        return found

    def _ask_second(self, cases: Sequence[Case], tenant: str, *, patient: bool) -> list[asyncio.Future[Answer]]:
        if self.second is not None:
            return self.second.ask(cases, tenant, patient=patient)
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Answer]] = [loop.create_future() for _ in cases]
        missing = Missing(SECOND, self.absent)
        for future in futures:
            future.set_result(missing)
        if self._on_heard is not None:
            self._on_heard([missing] * len(cases), 0.0)
        return futures

    def _weigh(
        self,
        tenant: str,
        case: Case,
        joint: asyncio.Future[Answer],
        patient: bool,  # noqa: FBT001 - a callback has no keywords
        first: asyncio.Future[Answer],
    ) -> None:
        """The first stage has spoken: the second reads what is uncertain, as far as it has time. A batch has it."""
        answer = first.result()
        if joint.done():
            return
        if not isinstance(answer, Opinion):
            joint.set_result(answer)
            return
        band = edge(self.model)
        if answer.margin > band:
            joint.set_result(answer)
        elif not patient and answer.margin > edge(self.model, self._load(tenant)):
            joint.set_result(answer._replace(lacks=Missing(SECOND, "overloaded")))
        else:
            (second,) = self._ask_second([case], tenant, patient=patient)
            if not patient:
                late = joined(answer, Missing(SECOND, "deadline"), ())
                timer = asyncio.get_running_loop().call_later(self._budget, _settle, joint, late)
                joint.add_done_callback(lambda _: timer.cancel())
            _both_into(joint, first, second, _facts(answer.margin, band))

    def _load(self, tenant: str) -> float:
        """How much of what the second stage lets a tenant have waiting does wait."""
        return 0.0 if self.second is None else self.second.waiting_of[tenant] / self._queue_texts


class Panel:
    """Both stages for who has time: the second one is loaded when a scene first asks for it."""

    def __init__(self, first: TextModel, second: Callable[[], TextModel | None]) -> None:
        self._first, self._open = first, second
        self._second: TextModel | None = None
        self._opened = False

    def answers(self, cases: Sequence[Case]) -> list[Answer]:
        """What both say of each case."""
        found = answers(self._first, cases)
        asked = [(place, facts) for place, case in enumerate(cases) if (facts := self._escalated(case, found[place]))]
        if asked and not self._opened:
            self._second, self._opened = self._open(), True
        if not asked or self._second is None:
            return found
        heard = answers(self._second, [cases[place] for place, _ in asked])
        for (place, facts), second in zip(asked, heard, strict=True):
            found[place] = joined(found[place], second, facts)
        return found

    def _escalated(self, case: Case, answer: Answer) -> tuple[tuple[str, int], ...]:
        stage = case.policy.second_stage
        if stage is SecondStage.ALWAYS:
            return (ESCALATED,)
        if stage is SecondStage.NEVER or not isinstance(answer, Opinion):
            return ()
        band = edge(self._first)
        return _facts(answer.margin, band) if answer.margin <= band else ()


def joined(first: Answer, second: Answer, facts: tuple[tuple[str, int], ...]) -> Answer:
    """What both come to: the second stage speaks for both; where it is missing the first one says so."""
    if isinstance(second, Opinion):
        return second._replace(facts=facts)
    if isinstance(first, Opinion):
        return first._replace(lacks=Missing(SECOND, second.why))
    return first


def _facts(margin: int, band: int) -> tuple[tuple[str, int], ...]:
    return ESCALATED, ("margin_milli", margin), ("band_milli", band)


def _settle(joint: asyncio.Future[Answer], answer: Answer) -> None:
    if not joint.done():
        joint.set_result(answer)


def _both_into(
    joint: asyncio.Future[Answer],
    first: asyncio.Future[Answer],
    second: asyncio.Future[Answer],
    facts: tuple[tuple[str, int], ...],
) -> None:
    """Answers ``joint`` once both have answered."""

    def come(_: asyncio.Future[Answer]) -> None:
        if first.done() and second.done():
            _settle(joint, joined(first.result(), second.result(), facts))

    first.add_done_callback(come)
    second.add_done_callback(come)
