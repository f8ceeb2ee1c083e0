"""Turns of live rooms: what waits in many rooms is judged together, in each room in order, and filed.

What arrives while a room's last messages are being saved waits for the room's next turn; its state moves on only with
what is on disk. Before a message is folded its content is looked up: one that was decided gets its verdict again.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from datetime import UTC, datetime
from functools import partial
from time import monotonic, time
from typing import TYPE_CHECKING, Any, Final, cast

import structlog

from moderation.room import rest
from moderation.roomstate import Company, RoomState
from moderation.types import Action
from service.filing import ENGINE, prepared
from service.ids import from_stamp
from service.ledger import LedgerClosed, LedgerFull, LedgerRefused, LedgerUnwritable, told
from service.live.lane import Lane, Late, Part, Said
from service.live.risk import faded, is_calm, kept, moved, renewed, restored
from service.live.talk import RETRACTION, Answered, Event, Judged, Kind, Message, News, NotJudged, message_id
from service.logs import where
from service.moderate import Decided, retold
from service.plan import Entering, Happening, Placed
from service.sitting import SLICE_CHARS, SLICE_CONTENTS, is_long, length_of, slices, to_hear

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence

    from moderation.engine import Case, Engine
    from moderation.risk import Mark, Risk
    from moderation.types import Missing, Opinion
    from service.chamber import Chamber
    from service.filing import Filing
    from service.ledger import Ledger
    from service.live.risk import PutRight
    from service.live.talk import Begin, Ear, Follow, Introduce, Outcome
    from service.plan import Outcome as Filed
    from service.ports import Expert, Visit
    from service.review.urgency import Deadlines
    from service.rules import Rules
    from service.store.reads import Stored
    from service.store.room_reads import RoomReads

    Answer = asyncio.Future[Opinion | Missing]

RECALLED: Final = 64
"""So many of its last messages a room that is opened again remembers."""
RESTED_SECONDS: Final = 300.0
"""A room in which nothing was said for so long need not remember who spoke."""
TRIES: Final = 2
"""So often a batch is tried anew that the database refuses."""


class Turns:
    """Keeps the rooms whose turn it is, and what is under way."""

    def __init__(  # noqa: PLR0913 - the parts that it is made of
        self,
        rules: Rules,
        ledger: Ledger,
        reads: RoomReads,
        *,
        hearing: Expert | None,
        deadlines: Deadlines,
        chamber: Chamber,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._rules, self._ledger, self._reads, self._hearing = rules, ledger, reads, hearing
        self._deadlines, self._clock, self._chamber = deadlines, clock, chamber
        self.introduce: list[Introduce] = []
        self.follow: list[Follow] = []
        self.begin: Begin | None = None
        self.waiting = 0
        """Messages that are not judged yet, in all rooms."""
        self.waiting_of = Counter[str]()
        """The same by tenant."""
        self.on_verdict: Callable[[Sequence[float]], None] | None = None
        """Hears how many seconds each verdict of a batch took."""
        self.on_missed: Callable[[Lane, Message, Case], None] | None = None
        """Hears of messages that passed although an expert was missing."""
        self.on_unfiled: Callable[[Lane, Sequence[Late]], None] | None = None
        """Hears of late findings that could not be filed now."""
        self._ready: deque[Lane] = deque()
        self._called = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """Whether anything waits for its turn or for the expert."""
        return self._called or bool(self._tasks) or bool(self._ready)

    @property
    def full(self) -> bool:
        """Whether the ledger takes no more for the moment."""
        return self._ledger.full

    def wait(self, tenant: str, number: int) -> None:
        """So many more of a tenant's messages wait, or fewer."""
        self.waiting += number
        self.waiting_of[tenant] += number
        if not self.waiting_of[tenant]:
            del self.waiting_of[tenant]

    def call(self, lane: Lane) -> None:
        """Gives a room its turn, unless one is under way: it gets the next one then."""
        if lane.busy or not lane.pending:
            return
        lane.busy = True
        self._ready.append(lane)
        if not self._called:
            self._called = True
            asyncio.get_running_loop().call_soon(self._turn)

    def look(self, lane: Lane) -> None:
        """Sees what of a quiet room's risk has faded, and has it told; lets go what it need not remember any more."""
        live = self._rules.engine.ruleset.live
        if lane.busy or live is None:
            return
        if self._clock() - lane.used > RESTED_SECONDS:
            lane.state = rest(lane.state, time(), live)
        told = self.fade(lane)
        for happening in told:
            heard = asyncio.get_running_loop().create_future()
            heard.add_done_callback(_unheard)
            lane.said.append(Said(happening, heard))
        if told:
            self.call(lane)

    def fade(self, lane: Lane) -> list[Happening]:
        """Sees what of a room's risk has faded by now; gives what is to be told of it."""
        live = self._rules.engine.ruleset.live
        if live is None or is_calm(lane.risk):
            return []
        lane.risk, told = faded(lane.risk, time(), live.risk)
        return told

    def _turn(self) -> None:
        """Takes what waits, of as many rooms as are read together; the others get another turn of the event loop."""
        self._called = False
        parts: list[Part] = []
        contents = chars = 0
        while self._ready and contents < SLICE_CONTENTS and chars < SLICE_CHARS:
            lane = self._ready.popleft()
            said, lane.said = lane.said, []
            late, lane.late = lane.late, []
            brought = lane.take()
            parts.append(Part(lane, brought, said, late))
            contents += len(brought)
            chars += sum([length_of(one.message.content) for one in brought])
        if self._ready:
            self._called = True
            asyncio.get_running_loop().call_soon(self._turn)
        if any(is_long(one.message.content) for one in parts[-1].brought):  # the others need not wait for it
            self._do(self._judge([parts.pop()]))
        if parts:
            self._do(self._judge(parts))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _judge(self, parts: Sequence[Part]) -> None:
        try:
            for part in parts:
                if not part.lane.opened:
                    await self.open(part.lane)
            await self._look_up(parts)
            cases = await self._examine(parts)
            owners = [part.lane.tenant for part in parts for _ in part.cases]
            answers = to_hear(cases, self._hearing, owners)
        except Exception as error:  # noqa: BLE001 - a fault in the engine or the store: nobody may wait for ever
            for part in parts:
                self._fail(part, error)
            return
        start = 0
        for part in parts:
            mine = answers[start : start + len(part.cases)]
            start += len(part.cases)
            if any(answer is not None for answer in mine):
                self._do(self._heard(part, mine))
            else:
                self._conclude(part, mine)

    async def open(self, lane: Lane) -> None:
        """Finds the room's last number, and remembers what was said last and how its risk stood, unless it is known."""
        last, _ = await self._reads.last(lane.tenant, lane.name)
        recent = await self._reads.recent(lane.tenant, lane.name, batches=RECALLED) if last else []
        said = [one.decision.content for one in recent if one.decision is not None][-RECALLED:]
        stands = await self._reads.known([(lane.tenant, content.id) for content in said]) if said else {}
        risk = await self._stood(lane)
        engine = self._rules.engines.of(lane.tenant)
        heard = RoomState()
        if said:
            heard, _ = await self._chamber.does(lane.tenant, engine.hear, heard, said)
        if not lane.opened:
            ruled = [stored for _, stored in stands.values() if stored.by != ENGINE]
            lane.state = _told_of(heard, ruled, engine)
            lane.risk, lane.last, lane.opened = risk, last, True

    async def _stood(self, lane: Lane) -> Risk:
        """A room's risk by its record: as it was after the last messages, less what was told to be over since."""
        facts, told_at = await self._reads.stood(lane.tenant, lane.name)
        risk, live = restored(facts), self._rules.engine.ruleset.live
        return risk if live is None or told_at is None else faded(risk, told_at.timestamp(), live.risk)[0]

    async def _look_up(self, parts: Sequence[Part]) -> None:
        """Answers messages that were decided before; the others are to be judged."""
        pairs = [(part.lane.tenant, brought.message.content.id) for part in parts for brought in part.brought]
        known = await self._reads.known(pairs) if pairs else {}
        for part in parts:
            lane, fresh = part.lane, []
            again: list[tuple[Ear, Outcome]] = []
            for brought in part.brought:
                found = known.get((lane.tenant, brought.message.content.id))
                if found is None:
                    fresh.append(brought)
                else:
                    again.append((brought.ear, self._again(brought.message, *found)))
            if again:
                part.brought = fresh
                self.wait(lane.tenant, -len(again))
                lane.tell(again, None)

    def _again(self, message: Message, number: int, stored: Stored) -> Outcome:
        """What became of a message that came before, unless it says something else now."""
        was, now = stored.content, message.content
        if not number or (was.scene, was.parts, was.author.id) != (now.scene, now.parts, now.author.id):
            return NotJudged(message.id, "id_reused")
        return Answered(message.id, number, self.retold(stored), again=True)

    async def _examine(self, parts: Sequence[Part]) -> list[Case]:
        """The cases of all new messages, folded by room in slices, so that the event loop gets its turns."""
        for part in parts:
            tenant, room = part.lane.tenant, part.lane.name
            part.messages = [brought.message for brought in part.brought]
            for introduce in self.introduce:
                part.messages = [introduce(tenant, room, message) for message in part.messages]
            engine = self._rules.engines.of(tenant)
            ruled = [said.ruled for said in part.said if said.ruled is not None]
            part.state, part.cases, part.pieces = _told_of(part.lane.state, ruled, engine), [], []
            for company in slices([message.content for message in part.messages]):
                part.state, cases = await self._chamber.judged(tenant, partial(engine.hear, part.state), company)
                part.cases += cases
                await asyncio.sleep(0)
            if any(case.retracts for case in part.cases):
                await self._retract(part, engine)
        return [case for part in parts for case in part.cases]

    async def _retract(self, part: Part, engine: Engine) -> None:
        """Judges earlier messages anew that turned out to be pieces of a violation; those that nobody heard of at once.

        What was told already gets another decision, of which the room is told.
        """
        findings = {one.content_id: one.finding for case in part.cases for one in case.retracts}
        for place, case in enumerate(part.cases):
            finding = findings.pop(case.content.id, None)
            if finding is not None:
                again = engine.examine(case.content, room=Company((finding,)))
                part.cases[place] = again if again.conclude().action > case.conclude().action else case
        known = await self._reads.known([(part.lane.tenant, name) for name in findings]) if findings else {}
        for (_, name), (_, stored) in known.items():
            verdict = engine.examine(stored.content, room=Company((findings[name],))).conclude()
            if stored.by == ENGINE and verdict.action > stored.verdict.action:
                message = Message(message_id(part.lane.name, name), Kind.CHAT, stored.content)
                part.pieces.append(Late(message, verdict))

    async def _heard(self, part: Part, answers: Sequence[Answer | None]) -> None:
        """Waits for the expert, which answers within its deadline and never raises."""
        await asyncio.wait([answer for answer in answers if answer is not None])
        self._conclude(part, answers)

    def _conclude(self, part: Part, answers: Sequence[Answer | None]) -> None:
        """Verdicts, what follows of them, and all of it to the ledger."""
        lane = part.lane
        try:
            judged, filings = self._judged(part, answers)
            events, work = self._followed(part, judged)
            if not filings and not events:
                self._done(part)
                return
            entering = Entering(lane.tenant, lane.name, lane.last + 1, events, work, kept(part.risk))
            heard = self._ledger.submit(filings, entering=entering)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next messages of the room must not wait for it
            self._fail(part, error)
            return
        heard.add_done_callback(partial(self._committed, part, judged, events))

    def _judged(self, part: Part, answers: Sequence[Answer | None]) -> tuple[list[Judged], list[Filing]]:
        """Every message with its verdict, and the filing of each, under the next numbers."""
        tenant, room, deadlines = part.lane.tenant, part.lane.name, self._deadlines
        judged: list[Judged] = []
        filings: list[Filing] = []
        number = part.lane.last + 1
        for message, case, answer in zip(part.messages, part.cases, answers, strict=True):
            verdict = case.conclude() if answer is None else case.conclude(answer.result())
            filing = prepared(message.content, verdict, tenant=tenant, deadlines=deadlines, number=number)
            filings.append(filing)
            judged.append(Judged(tenant, room, number, message, filing.id, verdict))
            number += 1
        for message, verdict, _ in (*part.late, *part.pieces):
            filing = prepared(message.content, verdict, tenant=tenant, deadlines=deadlines, number=number, known=True)
            filings.append(filing)
            judged.append(Judged(tenant, room, number, message, filing.id, verdict))
            number += 1
        return judged, filings

    def _followed(
        self, part: Part, judged: Sequence[Judged]
    ) -> tuple[list[Happening], Callable[[Visit], object] | None]:
        """The events that come with messages, and the work of all who follow."""
        events: list[Happening] = []
        works = [said.work for said in part.said if said.work is not None]
        for late in judged[len(part.messages) :]:
            facts = {"message": late.message.id, "decision": late.decision, "action": late.verdict.action.code}
            events.append(Happening(RETRACTION, facts))
        changes: list[Mark | PutRight] = []
        if judged:
            for follow in self.follow:
                follows = follow(judged)
                events.extend(follows.events)
                changes.extend(follows.risk)
                if follows.work is not None:
                    works.append(follows.work)
        part.risk = part.lane.risk
        if (live := self._rules.engine.ruleset.live) is not None:
            part.risk, told = moved(part.risk, judged, changes, live.risk)
            events.extend(told)
            if part.begins:
                part.risk, told = renewed(part.risk, time(), live.risk)
                events.extend(told)
        events.extend(said.happening for said in part.said)

        def work(visit: Visit) -> None:
            for one in works:
                one(visit)

        return events, work if works else None

    def _committed(
        self,
        part: Part,
        judged: Sequence[Judged],
        events: Sequence[Happening],
        heard: asyncio.Future[Filed],
    ) -> None:
        """It is on disk, or not: the room moves on, or stays where it was."""
        lane = part.lane
        error = heard.exception()
        if isinstance(error, LedgerRefused) and part.tried < TRIES:
            # Somebody else had the next number, or had decided what is judged anew here.
            part.tried += 1
            self._keep(part, refused=1)
            part.late.clear()
            lane.opened = False
            self._do(self._judge([part]))
            return
        if error is not None:
            self._fail(part, error)
            return
        filed = cast(list[Placed], told(heard.result()))
        ruleset, now = self._rules.engine.ruleset, self._clock()
        at = from_stamp(filed[0].at) if filed else datetime.now(UTC)
        answers = [
            Answered(
                one.message.id,
                one.number,
                Decided(place.id, one.message.content, one.verdict, at, ruleset, place.supersedes),
            )
            for one, place in zip(judged, filed, strict=True)
        ]
        number = lane.last + len(answers)
        happened = [Event(number + place, *event, at) for place, event in enumerate(events, 1)]
        lane.last = number + len(happened)
        lane.state, lane.risk = part.state, part.risk
        lane.judged += len(part.messages)
        lane.held += sum([one.verdict.action is not Action.PASS for one in judged])
        for said, event in zip(part.said, happened[len(happened) - len(part.said) :], strict=True):
            if not said.heard.done():
                said.heard.set_result(event.number)
        if self.on_verdict is not None and part.brought:
            self.on_verdict([now - brought.at for brought in part.brought])
        if self.on_missed is not None:
            for one, case in zip(judged, part.cases, strict=False):
                if one.verdict.degraded and one.verdict.action is Action.PASS:
                    self.on_missed(lane, one.message, case)
        news = News(answers, happened)
        lane.tell([(brought.ear, answer) for brought, answer in zip(part.brought, answers, strict=False)], news)
        if part.begins:
            self._do(self._begun(part))
        else:
            self._done(part)

    async def _begun(self, part: Part) -> None:
        """Has all who need to know hear of a new show, before the room's next turn."""
        try:
            if self.begin is not None:
                await self.begin(part.lane.tenant, part.lane.name)
        except Exception as error:  # noqa: BLE001 - the room goes on: what is on file is read again with what is said next
            structlog.get_logger().error("show not read", **where(error))
        self._done(part)

    def _fail(self, part: Part, error: BaseException) -> None:
        """Nothing of a part stands; who brought its messages may bring them again, and late findings are kept."""
        why = next((code for kind, code in _WHY.items() if isinstance(error, kind)), "internal")
        if why == "internal":
            structlog.get_logger().error("room failed", **where(error))
        for said in part.said:
            if not said.heard.done():
                said.heard.set_exception(error)
        part.lane.tell([(brought.ear, NotJudged(brought.message.id, why)) for brought in part.brought], None)
        self._keep(part, refused=why == "internal")
        self._done(part)

    def _keep(self, part: Part, *, refused: int) -> None:
        """Hands back late findings of a part that does not stand, but for those that were refused too often."""
        late = [one._replace(refused=one.refused + refused) for one in part.late if one.refused + refused <= TRIES]
        if late and self.on_unfiled is not None:
            self.on_unfiled(part.lane, late)

    def _done(self, part: Part) -> None:
        lane = part.lane
        self.wait(lane.tenant, -len(part.brought))
        lane.busy, lane.used = False, self._clock()
        self.call(lane)

    def retold(self, stored: Stored) -> Decided:
        """A decision of the store, as answers hold it."""
        return retold(stored, self._rules)


def _told_of(state: RoomState, ruled: Iterable[Stored], engine: Engine) -> RoomState:
    """The room once it knows how somebody decided on messages of it."""
    for stored in ruled:
        state = engine.ruled(state, stored.content, stored.verdict)
    return state


def _unheard(heard: asyncio.Future[int]) -> None:
    """Nobody waits for this number; that it could not be written was logged where it happened."""
    heard.exception()


_WHY: Final = {LedgerFull: "busy", LedgerUnwritable: "unavailable", LedgerClosed: "unavailable"}
