"""The text expert under a deadline: cases in, opinions or ``Missing`` out. Nothing here raises or holds the event loop.

``answers`` asks a model at once, for whoever has time. ``Hearing`` has it asked in a thread of its own, in batches. An
absence says why: ``deadline``, ``overloaded``, ``failed``, ``not_a_number``, ``wrong_shape``, or ``absent`` when
nobody is there to be asked. A hung model holds its thread and nothing else: what waits runs out of time, and who comes
later than anybody waits is told so at once. Tenants take turns; one that asks for more than is read in time waits for
its own.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from threading import Condition, Thread
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from moderation.expert import OF_SHOUTS
from moderation.policy import SecondStage
from moderation.types import TEXT, Missing, Opinion, Score
from service.floor import FairQueue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from moderation.engine import Case
    from moderation.expert import Wording
    from moderation.types import Scene
    from service.ports import Answer, Heard, TextModel


DEFAULT: Final = ""
"""Stands for the weights that the settings name: those trained from labels are named by their digest."""
ENOUGH_TEXTS: Final = 16
SHORT_COUNTS: Final = (1.0, 0.5)
LONG_COUNTS: Final = (0.5, 0.33)
"""How much the largest score of whole wordings, and of what stands around findings, counts against a doubt (ADR 28).
What stands around lacks what the rest of the text explains. A long text has more in it that looks bad, of which the
worst counts, and words that rules want in company meet in it by chance."""
LONG: Final = 100
"""A text of more characters is long."""
LINGER_SECONDS: Final = 0.002
"""A batch waits until it is as large as the last one was, or has enough texts, or has waited this long. Who comes alone
does not wait."""
MILLI: Final = 1000
_CLOSING_SECONDS: Final = 1.0


class Unusable(ValueError):
    """A model answered something that is no table of probabilities; the text is the reason in one word."""


def name_of(model: TextModel) -> str:
    """The name by which opinions tell the model's exact weights."""
    return f"{model.card.name}@{model.card.sha256[:12]}"


def answers(model: TextModel, cases: Sequence[Case]) -> list[Answer]:
    """What the model says of each case. Where a batch fails each case is asked alone: it may be one text's fault."""
    try:
        return _opinions(model, cases)
    except Exception as error:  # noqa: BLE001 - whatever a model does, the court goes on without it
        if len(cases) == 1:
            return [Missing(TEXT, str(error) if isinstance(error, Unusable) else "failed")]
        return [answer for case in cases for answer in answers(model, [case])]


class CaseTexts(NamedTuple):
    """What is read of a case: the ``texts`` of its wordings, and behind them what stands around its findings.

    ``shouts`` are the texts on which few heads are heard.
    """

    case: Case
    wordings: list[Wording]
    texts: list[str]
    shouts: list[bool]
    may_doubt: bool


def _asked(case: Case) -> CaseTexts:
    wordings = case.wordings()
    surroundings = case.surroundings() if wordings else None
    around = surroundings or []
    texts = [one.text for one in wordings] + around
    shouts = [one.shouts for one in wordings] + [False] * len(around)
    return CaseTexts(case, wordings, texts, shouts, surroundings is not None and bool(case.evidence))


def _opinions(model: TextModel, cases: Sequence[Case]) -> list[Answer]:
    asked = [_asked(case) for case in cases]
    texts = [text for one in asked for text in one.texts]
    nothing = Opinion(TEXT, name_of(model))
    if not texts:
        return [nothing] * len(cases)
    card = model.card
    rows = _checked(model.scores(texts), len(texts), len(card.labels))
    usable = np.all((rows >= 0) & (rows <= 1), axis=1).tolist()  # false for what is no number
    shouts = np.array([shout for one in asked for shout in one.shouts])
    rows = np.where(np.outer(shouts, [label not in OF_SHOUTS for label in card.labels]), 0.0, rows)
    limits = np.array([card.thresholds[label] for label in card.labels])
    over = np.any(rows >= limits, axis=1).tolist()
    found: list[Answer] = []
    place = 0
    for one in asked:
        end = place + len(one.texts)
        told, case, spoken = nothing, one.case, rows[place : place + len(one.wordings)]
        if case.policy.second_stage is SecondStage.UNCERTAIN and one.wordings:
            columns = _grave(card.labels, case)
            told = nothing._replace(margin=_margin(spoken[:, columns], limits[columns]))
        if not all(usable[place:end]):
            found.append(Missing(TEXT, "not_a_number"))
        elif one.wordings and (any(over[place:end]) or case.evidence):
            told = told._replace(scores=_scores(model, one.wordings, spoken, case.policy.experts.get(TEXT, {})))
            found.append(_doubting(model, one, told, rows[place:end]))
        else:
            found.append(told)
        place = end
    return found


def _doubting(model: TextModel, asked: CaseTexts, told: Opinion, rows: npt.NDArray[np.float64]) -> Opinion:
    """The opinion with the heads that nothing read gives a chance worth a look, where nothing reaches a threshold.

    What stands in a part that was not read is not doubted.
    """
    card, case, policy = model.card, asked.case, asked.case.policy
    read = {one.part for one in asked.wordings if not one.shouts}
    if not asked.may_doubt or not read.issuperset(item.span.part for item in case.evidence):
        return told
    highest = rows.max(axis=0)
    if any(highest[column] >= card.thresholds[card.labels[column]] for column in _grave(card.labels, case)):
        return told
    spoken, around = rows[: len(asked.wordings)], rows[len(asked.wordings) :]
    long = any(len(one.text) > LONG for one in asked.wordings)
    whole_counts, around_counts = LONG_COUNTS if long else SHORT_COUNTS
    chances = np.maximum(spoken.max(axis=0) * whole_counts, around.max(axis=0, initial=0.0) * around_counts)
    thousandths = dict(zip(card.labels, (chances * MILLI).tolist(), strict=True))
    return told._replace(
        doubts=tuple(label for label, chance in thousandths.items() if chance < policy.doubt_below),
        denies=tuple(label for label, chance in thousandths.items() if chance < policy.deny_below),
    )


def _grave(labels: Sequence[str], case: Case) -> list[int]:
    """The columns of the heads that the scene hears of breaches: that somebody is displeased is none."""
    heads, categories = case.policy.experts.get(TEXT, {}), case.ruleset.categories
    return [place for place, label in enumerate(labels) if label in heads and categories[heads[label]].severity]


def _margin(rows: npt.NDArray[np.float64], limits: npt.NDArray[np.float64]) -> int:
    """How near the nearest score is to its threshold, in thousandths; none is nearer than what is no number."""
    return round(float(np.nan_to_num(np.abs(rows - limits)).min(initial=1.0)) * MILLI)


def _checked(rows: npt.NDArray[np.float64], texts: int, labels: int) -> npt.NDArray[np.float64]:
    if not isinstance(rows, np.ndarray) or rows.shape != (texts, labels) or rows.dtype.kind != "f":
        raise Unusable("wrong_shape")
    return rows


def _scores(
    model: TextModel, wordings: Sequence[Wording], rows: npt.NDArray[np.float64], heads: Mapping[str, str]
) -> tuple[Score, ...]:
    """The heads that count in the scene and reached their threshold, each by the wording that scores highest."""
    found = []
    for column, label in enumerate(model.card.labels):
        threshold = model.card.thresholds[label]
        best = int(rows[:, column].argmax())
        if label in heads and rows[best, column] >= threshold:
            wording, score = wordings[best], float(rows[best, column])
            strongest = model.explain(wording.text, label, most=1)
            start, end = strongest[0][:2] if strongest else (0, len(wording.text))
            span, folds = wording.span(start, end), wording.folds(start, end)
            found.append(Score(label, round(score * MILLI), round(threshold * MILLI), span, folds))
    return tuple(found)


@dataclass(slots=True, eq=False)
class _Asked:
    """Cases with one deadline, in the queue, and who waits for each. ``late``: nobody does any more."""

    tenant: str
    patient: bool
    cases: Sequence[Case]
    heard: Sequence[asyncio.Future[Answer]]
    loop: asyncio.AbstractEventLoop
    began: float
    timer: asyncio.TimerHandle = field(init=False)
    late: bool = False


class _Queue:
    """What waits for the model. The event loop puts, the thread takes."""

    def __init__(self) -> None:
        self._asked = FairQueue[_Asked]()
        self._comes = Condition()
        self._over = False

    def put(self, asked: _Asked) -> None:
        """Adds what a tenant asks behind what it asked before; its batches and its single contents take turns."""
        with self._comes:
            self._asked.put((asked.tenant, asked.patient), asked)
            self._comes.notify()

    def end(self) -> None:
        """Nothing comes any more."""
        with self._comes:
            self._over = True
            self._comes.notify()

    def take(self, timeout: float | None = None) -> _Asked | None:
        """What comes next; nothing when nothing comes in time, or any more."""
        with self._comes:
            self._comes.wait_for(lambda: bool(self._asked) or self._over, timeout)
            return self._asked.take() if self._asked else None


class Hearing:
    """Keeps the queue, and the thread in which the model works. ``on_heard`` is told answers and how long they took.

    ``deadlines`` hold for single contents, by scene; ``patience`` is the deadline of a batch. Both are in seconds.
    """

    def __init__(
        self,
        model: TextModel,
        *,
        deadlines: Mapping[Scene, float],
        patience: float,
        queue_texts: int,
        on_heard: Heard | None = None,
    ) -> None:
        self.model, self.on_heard = model, on_heard
        self.waiting_of = Counter[str]()
        """Contents that the model has not answered, by tenant."""
        self._deadlines, self._queue_texts = deadlines, queue_texts
        self._queue = _Queue()
        self._thread = Thread(target=self._work, name="text expert", daemon=True)
        self._patience = {False: max(deadlines.values()), True: patience}
        self._busy_since = 0.0
        """When the model was asked what it has not answered; 0 while it is asked nothing."""
        self._open = False

    @property
    def waiting(self) -> int:
        """Contents that the model has not answered."""
        return self.waiting_of.total()

    def start(self) -> None:
        """Begins to listen."""
        self._open = True
        self._thread.start()

    async def close(self) -> None:
        """Takes no more; waits for the model, though not for ever."""
        self._open = False
        self._queue.end()
        await asyncio.to_thread(self._thread.join, _CLOSING_SECONDS)

    def ask(self, cases: Sequence[Case], tenant: str = "", *, patient: bool = False) -> list[asyncio.Future[Answer]]:
        """One future a case, which has an answer within the deadline of the case's scene and never an exception.

        ``patient``: they are of a batch. No tenant is the house itself.
        """
        loop, began = asyncio.get_running_loop(), perf_counter()
        futures: list[asyncio.Future[Answer]] = [loop.create_future() for _ in cases]
        if not self._open or not self._thread.is_alive():
            self._excuse(futures, "absent", began)
        elif (waiting := self.waiting_of[tenant]) and waiting + len(cases) > self._queue_texts:
            self._excuse(futures, "overloaded", began)
        elif (busy := self._busy_since) and began - busy > self._patience[patient]:
            self._excuse(futures, "deadline", began)  # hung, or slower than anybody waits
        else:
            deadlines = [self._patience[True] if patient else self._deadlines[case.content.scene] for case in cases]
            for deadline in set(deadlines):
                alike = [number for number, one in enumerate(deadlines) if one == deadline]
                for start in range(0, len(alike), ENOUGH_TEXTS):
                    mine = alike[start : start + ENOUGH_TEXTS]
                    theirs, heard = [cases[one] for one in mine], [futures[one] for one in mine]
                    asked = _Asked(tenant, patient, theirs, heard, loop, began)
                    asked.timer = loop.call_later(deadline, self._expire, asked)
                    self.waiting_of[tenant] += len(mine)
                    self._queue.put(asked)
        return futures

    def _expire(self, asked: _Asked) -> None:
        asked.late = True
        self._excuse(asked.heard, "deadline", asked.began)

    def _excuse(self, futures: Sequence[asyncio.Future[Answer]], why: str, began: float) -> None:
        missing = Missing(TEXT, why)
        for future in futures:
            if not future.done():
                future.set_result(missing)
        if self.on_heard is not None:
            self.on_heard([missing] * len(futures), perf_counter() - began)

    def _deliver(self, asked: _Asked, found: Sequence[Answer]) -> None:
        self.waiting_of[asked.tenant] -= len(asked.cases)
        if not self.waiting_of[asked.tenant]:
            del self.waiting_of[asked.tenant]
        if asked.late:
            return
        asked.timer.cancel()
        for future, answer in zip(asked.heard, found, strict=True):
            if not future.done():
                future.set_result(answer)
        if self.on_heard is not None:
            self.on_heard(found, perf_counter() - asked.began)

    def _work(self) -> None:
        expected = 1
        while group := self._take(expected):
            live = [asked for asked in group if not asked.late]
            cases = [case for asked in live for case in asked.cases]
            expected = min(max(len(cases), expected // 2), ENOUGH_TEXTS)
            self._busy_since = perf_counter()
            try:
                found = answers(self.model, cases) if cases else []
            except BaseException:  # noqa: BLE001 - a model that wants to end its thread: the next case must be heard
                found = [Missing(TEXT, "failed")] * len(cases)
            self._busy_since = 0.0
            place = 0
            for asked in group:
                end = place if asked not in live else place + len(asked.cases)
                try:
                    asked.loop.call_soon_threadsafe(self._deliver, asked, found[place:end])
                except RuntimeError:  # the event loop is closed: nobody listens
                    return
                place = end

    def _take(self, expected: int) -> list[_Asked]:
        """What is asked next: at least one group, then as many as come soon; nothing when the hearing is over."""
        first = self._queue.take()
        if first is None:
            return []
        group, texts, end = [first], len(first.cases), perf_counter() + LINGER_SECONDS
        while texts < ENOUGH_TEXTS:
            left = end - perf_counter() if texts < expected else 0.0
            asked = self._queue.take(max(left, 0.0))
            if asked is None:
                break
            group.append(asked)
            texts += len(asked.cases)
        return group
