"""The life of an item: the table itself, and two machines that try it at random, the pure one and the desk on a disk.

Whatever people, the pipeline and the clock do, in any order: no item is lost or doubled, a round has at most one
decision that holds, and every change is told by an act.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter, defaultdict
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from moderation.types import Action, Content, Part, Scene
from service.ids import later
from service.keys import Caller
from service.review import desk as desk_module
from service.review.desk import Sorts
from service.review.intake import Said
from service.review.rows import Conflict
from service.review.rulings import Ruling
from service.review.states import (
    FIRST,
    HOUSE,
    SENIOR,
    TABLE,
    UNDO_SECONDS,
    Item,
    Move,
    NotAllowed,
    Person,
    State,
    Step,
    Who,
    after,
    offered,
    refused,
)
from service.review.verdict import Reason
from service.rights import RIGHTS_OF, Role
from service.store import journal
from service.wiring import open_service
from tests.small import ABUSE, DOUBTFUL, hire

START = "2026-11-26T08:00:00.000000Z"
ANN, BOB = (Person(name, RIGHTS_OF[Role.REVIEWER]) for name in ("ann", "bob"))
SUE = Person("sue", RIGHTS_OF[Role.SENIOR])
READER = Person("reader", RIGHTS_OF[Role.AUDITOR])
WAITING = Item(id="i", due_at=later(START, 60))
HELD = after(WAITING, Move(Step.CLAIM, ANN, START, lease=30))
CLOSED = after(HELD, Move(Step.DECIDE, ANN, START, HELD.token))
BY_STATE = {State.WAITING: WAITING, State.HELD: HELD, State.CLOSED: CLOSED}


def test_every_step_has_its_row():
    assert TABLE.keys() == set(Step)


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("state", State)
def test_a_step_outside_the_table_is_refused(step, state):
    who = HOUSE if TABLE[step].who is Who.HOUSE else ANN
    why = refused(BY_STATE[state], Move(step, who, later(START, 5)))
    assert (why == "state") == (state not in TABLE[step].of or step in {Step.LAPSE, Step.BREACH})


@pytest.mark.parametrize("step", [step for step in Step if TABLE[step].who is Who.HOUSE])
def test_nobody_takes_the_steps_of_the_house(step):
    assert all(refused(item, Move(step, SUE, later(START, 99))) in {"rights", "state"} for item in BY_STATE.values())
    assert step not in {one for item in BY_STATE.values() for one in offered(item, SUE, later(START, 99))}


@pytest.mark.parametrize(
    ("item", "who", "at", "steps"),
    [
        (WAITING, ANN, START, {Step.CLAIM}),
        (WAITING, READER, START, set()),
        (HELD, ANN, START, {Step.HEARTBEAT, Step.RELEASE, Step.SKIP, Step.ESCALATE, Step.DECIDE}),
        (HELD, BOB, START, set()),
        (HELD, SUE, START, {Step.RELEASE}),
        (HELD, ANN, later(START, 30), set()),
        (CLOSED, ANN, later(START, UNDO_SECONDS), {Step.UNDO}),
        (CLOSED, ANN, later(START, UNDO_SECONDS + 1), set()),
        (CLOSED, BOB, START, set()),
        (WAITING._replace(level=SENIOR), ANN, START, set()),
        (WAITING._replace(level=SENIOR), SUE, START, {Step.CLAIM}),
        (HELD._replace(level=SENIOR, holder="sue"), SUE, START, {Step.HEARTBEAT, Step.RELEASE, Step.SKIP, Step.DECIDE}),
    ],
)
def test_everybody_is_offered_what_they_may_do(item, who, at, steps):
    assert set(offered(item, who, at)) == steps


def test_who_decided_before_is_offered_neither_the_claim_nor_the_decision_of_an_appeal():
    for item in BY_STATE.values():
        for at in (START, later(START, 1), later(START, 99)):
            free = set(offered(item, SUE, at))
            assert set(offered(item, SUE, at, own=True)) == free - {Step.CLAIM, Step.DECIDE}
    waiting = BY_STATE[State.WAITING]
    with pytest.raises(NotAllowed, match="own"):
        after(waiting, Move(Step.CLAIM, SUE, START, own=True))


def test_a_breach_comes_once_and_ends_whatever_somebody_was_doing():
    late = later(START, 60)
    breached = after(HELD, Move(Step.BREACH, HOUSE, late))
    assert (breached.state, breached.level, breached.holder, breached.due_at) == (State.WAITING, SENIOR, None, None)
    assert refused(breached, Move(Step.BREACH, HOUSE, later(late, 99))) == "state"
    assert refused(WAITING, Move(Step.BREACH, HOUSE, START)) == "state"


def test_an_old_token_is_no_token():
    stolen = after(after(HELD, Move(Step.RELEASE, SUE, START)), Move(Step.CLAIM, ANN, START, lease=30))
    assert refused(stolen, Move(Step.DECIDE, ANN, START, HELD.token)) == "token"
    assert refused(stolen, Move(Step.DECIDE, ANN, START, stolen.token)) == ""


class Rounds:
    """What acts tell of decisions: how many hold, by item and round."""

    def __init__(self):
        self.holding = Counter()

    def told(self, item, number, step):
        self.holding[item, number] += {Step.DECIDE: 1, Step.UNDO: -1}.get(step, 0)
        assert self.holding[item, number] in {0, 1}, (item, number)


class Lives(RuleBasedStateMachine):
    """Items without a database."""

    @initialize(count=st.integers(1, 4))
    def open(self, count):
        self.items = {f"i{n}": WAITING._replace(id=f"i{n}") for n in range(count)}
        self.count, self.at, self.acts, self.rounds = count, START, [], Rounds()

    @rule(
        number=st.integers(0, 3),
        step=st.sampled_from(Step),
        who=st.sampled_from((ANN, BOB, SUE, READER, HOUSE)),
        behind=st.sampled_from((0, 0, 0, 1, 2, None)),
    )
    def move(self, number, step, who, behind):
        item = list(self.items.values())[number % self.count]
        token = None if behind is None else item.token - behind
        move = Move(step, who, self.at, token, lease=30, due_at=later(self.at, 60))
        try:
            new = after(item, move)
        except NotAllowed as error:
            assert error.why in {"state", "token", "rights", "holder", "late"}
            return
        assert new.token > item.token or step is Step.HEARTBEAT
        assert new.round >= item.round and (new.round > item.round) == (step is Step.REOPEN)
        self.acts.append((item.id, step, item, new))
        self.rounds.told(item.id, new.round, step)
        self.items[item.id] = new

    @rule(seconds=st.sampled_from((1, 11, 31, 61)))
    def wait(self, seconds):
        self.at = later(self.at, seconds)

    @invariant()
    def every_change_is_told_and_nothing_is_lost(self):
        lives = {f"i{n}": WAITING._replace(id=f"i{n}") for n in range(self.count)}
        for id_, _, before, new in self.acts:
            assert lives[id_] == before
            lives[id_] = new
        assert lives == self.items

    @invariant()
    def states_mean_what_they_say(self):
        for item in self.items.values():
            assert (item.state is State.HELD) == (item.holder is not None) == (item.lease_until is not None)
            assert (item.state is State.CLOSED) == (item.closed_at is not None)
            assert item.level in {FIRST, SENIOR}


# The desk


RULINGS = {
    "pass": Ruling(Action.PASS),
    "block": Ruling(Action.BLOCK, (Reason("abuse_insult"),), "为什么"),
    "complaint": Ruling(None, outcome="upheld"),
}
CLOCK = [START]


class House:
    """One service for all runs; each run has a tenant of its own."""

    def __init__(self, service, loop):
        self.service, self.loop, self.runs = service, loop, 0
        self.reader = sqlite3.connect(service.settings.database)

    def do(self, work):
        return self.loop.run_until_complete(work)


HOUSE_OF_RUNS: list[House] = []


class Desk(RuleBasedStateMachine):
    """The same with the real desk: people, the pipeline and the clock, in any order."""

    @initialize()
    def open(self):
        house = self.house = HOUSE_OF_RUNS[0]
        house.runs += 1
        self.tenant, CLOCK[0] = f"t{house.runs}", START
        _, secret = house.do(house.service.keys.create(self.tenant))
        self.key = house.do(house.service.keys.caller(secret))
        self.people = [
            Caller(self.tenant, f"{self.tenant}-{name}", RIGHTS_OF[role])
            for name, role in (("ann", Role.REVIEWER), ("bob", Role.REVIEWER), ("sue", Role.SENIOR))
        ]
        (self.first,) = house.reader.execute("SELECT max(seq) FROM acts").fetchone()
        house.do(house.service.ledger.visit(self._hire))
        self.seen, self.targets = {}, set()
        for which in range(2):
            self.judge(which, DOUBTFUL)
        self.claim(0, 2, sorted_=False)

    def _hire(self, visit):
        for person in self.people:
            hire(visit, person.id, Role.REVIEWER, tenant=self.tenant)

    @rule(which=st.integers(0, 2), text=st.sampled_from((DOUBTFUL, DOUBTFUL, DOUBTFUL + "啊", "好用")))
    def judge(self, which, text):
        content = Content(scene=Scene.UGC, parts=(Part("text", text),), at=datetime.now(UTC), id=f"c{which}")
        self.house.do(self.house.service.moderation.one(self.key, content))
        self.targets.add(content.id)

    @rule(person=st.integers(0, 2), limit=st.integers(1, 3), sorted_=st.booleans())
    def claim(self, person, limit, sorted_):
        sorts = Sorts(kinds=("content", "report")) if sorted_ else Sorts()
        rows = self.house.do(self.house.service.desk.claim(self.people[person], limit=limit, sorts=sorts, lease=30))
        for row in rows:
            assert row.holder == self.people[person].id
            self.seen.setdefault(row.id, []).append(row)

    @rule(
        data=st.data(),
        step=st.sampled_from(
            ("claim", "heartbeat", "release", "skip", "escalate", "decide", "decide", "decide", "undo", "undo")
        ),
        ruling=st.sampled_from(("pass", "block")),
        old=st.booleans(),
    )
    def step(self, data, step, ruling, old):
        rows = self.seen[data.draw(st.sampled_from(sorted(self.seen)))]
        row = rows[0] if old else rows[-1]
        person = data.draw(st.sampled_from(self.people))
        if not old:  # mostly the one who holds it, or closed it
            person = next((one for one in self.people if one.id in {row.holder, row.closed_by}), person)
        said = RULINGS["complaint" if row.kind == "complaint" else ruling]
        more = {"claim": (), "undo": (), "decide": (row.token, said)}.get(step, (row.token,))
        method = getattr(self.house.service.desk, "claim_one" if step == "claim" else step)
        try:
            rows.append(self.house.do(method(person, row.id, *more)))
        except Conflict as conflict:
            rows.append(conflict.row)

    @rule(data=st.data(), ruling=st.sampled_from(("pass", "block")))
    def decide(self, data, ruling):
        """What the desk is for, by who holds an item: by chance alone it may come up in no run at all."""
        self.step(data, "decide", ruling, old=False)

    @rule(which=st.integers(0, 2), kind=st.sampled_from(("report", "complaint")), by=st.integers(0, 3))
    def say(self, which, kind, by):
        if f"c{which}" in self.targets:
            self.house.do(self.house.service.desk.file(self.tenant, Said(kind, f"c{which}", f"u{by}", "spam")))

    @rule(seconds=st.sampled_from((1, 1, 11, 31, 90_000)))
    def wait(self, seconds):
        CLOCK[0] = later(CLOCK[0], seconds)
        self.house.do(self.house.service.desk.sweep())

    def teardown(self):
        if not hasattr(self, "tenant"):
            return
        lives, rounds = {}, Rounds()
        acts = self.house.reader.execute(
            "SELECT kind, subject, body FROM acts WHERE seq > ? AND tenant = ? ORDER BY seq", (self.first, self.tenant)
        )
        effective = defaultdict(int)
        for kind, subject, body in acts:
            facts = orjson.loads(body)["facts"]
            if kind == "review.opened":
                assert subject not in lives
                lives[subject] = 1
            elif kind.startswith("review."):
                step = Step(kind.removeprefix("review."))
                lives[subject] += step is not Step.HEARTBEAT
                assert facts.get("token", lives[subject]) == lives[subject]
                rounds.told(subject, facts["round"], step)
                effective[subject, facts["round"]] += step is Step.BREACH
        rows = dict(self.house.reader.execute("SELECT id, token FROM reviews WHERE tenant = ?", (self.tenant,)))
        assert rows == lives
        assert max(effective.values(), default=0) <= 1
        heads = self.house.reader.execute(
            """
            SELECT count(*) FROM decisions AS d WHERE d.tenant = ? AND NOT EXISTS
                (SELECT 1 FROM decisions AS l WHERE l.supersedes = d.id) GROUP BY d.content
            """,
            (self.tenant,),
        ).fetchall()
        assert {number for (number,) in heads} <= {1}


@pytest.fixture
def house(settings, lexicons, monkeypatch):
    """A service whose clock stands still until a test moves it, and whose deadlines are swept by the test alone."""
    (lexicons / "safety" / "abuse.txt").write_text(ABUSE, encoding="utf-8")
    monkeypatch.setattr(journal, "now", lambda: CLOCK[0])
    monkeypatch.setattr("service.ledger.now", lambda: CLOCK[0])
    monkeypatch.setattr(desk_module, "SWEEP_SECONDS", 10**6)
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        opened = open_service(settings)
        HOUSE_OF_RUNS[:] = [House(runner.run(opened.__aenter__()), loop)]
        try:
            yield HOUSE_OF_RUNS[0]
        finally:
            HOUSE_OF_RUNS[0].reader.close()
            runner.run(opened.__aexit__(None, None, None))


def tried(machine, *, runs, steps):
    calm = settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=calm)


def kinds_told(house):
    return Counter(kind for (kind,) in house.reader.execute("SELECT kind FROM acts"))


def test_lives_hold_together():
    tried(Lives, runs=60, steps=30)


@pytest.mark.slow
def test_lives_hold_together_thousands_of_times():
    tried(Lives, runs=2500, steps=40)


def test_the_desk_holds_together(house):
    tried(Desk, runs=40, steps=25)
    assert house.runs >= 40
    assert {"review.decided", "review.claimed"} <= kinds_told(house).keys()


@pytest.mark.slow
def test_the_desk_holds_together_thousands_of_times(house):
    tried(Desk, runs=2100, steps=20)
    assert house.runs >= 2000
    assert {step.act for step in Step} <= kinds_told(house).keys()


@pytest.mark.slow
def test_a_desk_that_forgets_an_act_is_found_out(house, monkeypatch):
    """The sabotage twin: a release that is not recorded."""
    take = desk_module.take

    def forgetful(visit, row, move, **more):
        if move.step is not Step.RELEASE:
            return take(visit, row, move, **more)
        before = visit.rows("SELECT token FROM reviews WHERE id = ?", row.id)
        visit._connection.execute("UPDATE reviews SET token = token + 1 WHERE id = ?", (row.id,))
        assert before
        return row

    monkeypatch.setattr(desk_module, "take", forgetful)
    with pytest.raises((AssertionError, ExceptionGroup)):  # a group where two runs fail in two ways
        tried(Desk, runs=80, steps=20)
