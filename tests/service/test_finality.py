"""Finality under every order of notice, appeal, ruling, taking back, repetition and time: a machine with a plain model.

The model knows runs of blocks and copies itself before each ruling, so that taking one back is to put the copy back.
The service has rows, sequence numbers and a sweep. After each step both must name the same violations.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from moderation.types import Action, Author, Content, Evidence, Part, Scene, Span, Verdict
from service.acts import Act
from service.creators.entries import Entry, Kind, standing
from service.filing import prepared
from service.ids import from_stamp, later, stamp
from service.keys import Caller
from service.ports import Write
from service.review.appeals import Appealed, NotAppealable
from service.review.desk import Desk, Sorts
from service.review.finality import Block, due
from service.review.intake import Said
from service.review.rows import Conflict
from service.review.rulings import Ruling
from service.review.states import UNDO_SECONDS
from service.review.urgency import Deadlines
from service.review.verdict import Reason
from service.rights import RIGHTS_OF, Role
from service.settings import Settings
from service.store.appeal_statements import STANDS
from service.store.creator_statements import ENTRY
from service.wiring import open_store
from tests.small import hire

ADD_TENANT = "INSERT INTO tenants (name, created_at) VALUES (?, ?)"
ENTRIES = f"SELECT {ENTRY} FROM score_entries AS e"
VIOLATIONS = f"""
SELECT d.severity, d.verdict FROM blocks AS b
JOIN decisions AS d ON d.seq = (SELECT max(n.seq) FROM decisions AS n WHERE n.content = b.content)
WHERE b.final_at IS NOT NULL AND {STANDS} GROUP BY b.content
"""
"""What the decisions themselves say: versions whose blocks are final and stand, by the newest decision."""
PEOPLE = ("ann", "bob", "cid")
TERM = timedelta(days=15)
UNDO = timedelta(seconds=UNDO_SECONDS)
BLOCK = Ruling(Action.BLOCK, (Reason("abuse_insult"),))
SORTS = {kind: Sorts(kinds=(kind,)) for kind in ("report", "appeal")}


def over(at: datetime) -> datetime:
    """The end of the fifteenth day after one in Beijing, which is eight hours ahead."""
    ahead = timedelta(hours=8)
    return (at + ahead).replace(hour=0, minute=0, second=0, microsecond=0) + TERM + timedelta(days=1) - ahead


class Kept(NamedTuple):
    """What the model knows of one decision to block."""

    term: datetime | None = None
    confirmed: datetime | None = None
    final: bool = False


class Run(NamedTuple):
    """A run of blocks: what is known of its decisions, and whether it was appealed."""

    kept: dict[str, Kept]
    appealed: bool = False

    def put(self, decision: str, **more) -> Run:
        return self._replace(kept={**self.kept, decision: self.kept.get(decision, Kept())._replace(**more)})

    def swept(self, at: datetime) -> Run:
        kept = {}
        for decision, one in self.kept.items():
            times = [one.confirmed + UNDO] if one.confirmed else []
            times += [one.term] if one.term and not self.appealed else []
            kept[decision] = one._replace(final=one.final or any(time < at for time in times))
        return self._replace(kept=kept)

    @property
    def final(self) -> bool:
        return any(one.final for one in self.kept.values())


class Life(RuleBasedStateMachine):
    """One content of one creator."""

    template: Path
    ruleset: object

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        data = Path(self.folder.name)
        for name in ("qingliu.db", "secret"):
            shutil.copy(self.template / name, data)
        self.loop = asyncio.new_event_loop()
        self.offset = timedelta()
        self.traveller = None
        self.opened = open_store(Settings(data=data))
        self.store = self.run(self.opened.__aenter__())
        rules = SimpleNamespace(engines=SimpleNamespace(of=lambda _: SimpleNamespace(ruleset=self.ruleset)))
        self.desk = Desk(self.store.ledger, rules, Deadlines())
        self.runs: dict[int, Run] = {}
        self.cur: int | None = None
        self.newest = ("", datetime.min.replace(tzinfo=UTC), "engine")
        self.pending: dict[str, tuple[int, str]] = {}  # item -> the run appealed, and the decision
        self.deciders: set[str] = set()
        self.exempt: dict[str, str] = {}  # item -> who took their ruling on it back
        self.undoable = None
        self.count = 0

    def run(self, work):
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.run(self.opened.__aexit__(None, None, None))
        self.loop.close()
        if self.traveller:
            self.traveller.stop()
        self.folder.cleanup()

    def go(self, delta: timedelta) -> None:
        if self.traveller:
            self.traveller.stop()
        self.offset += delta
        self.traveller = time_machine.travel(datetime.now(UTC) + self.offset, tick=True)
        self.traveller.start()

    def begin(self) -> int:
        """A new run of blocks, which stands."""
        self.cur = len(self.runs)
        self.runs[self.cur] = Run({})
        return self.cur

    def saved(self):
        return self.cur, dict(self.runs), self.newest, dict(self.pending)

    def decided(self, who: str) -> None:
        """Somebody decided the content anew, which keeps them from its appeals."""
        self.deciders.add(who)
        self.exempt = {item: one for item, one in self.exempt.items() if one != who}

    # What happens

    @rule(action=st.sampled_from([Action.BLOCK, Action.BLOCK, Action.PASS]))
    def engine(self, action):
        self.undoable = None
        content = Content(
            scene=Scene.UGC,
            parts=(Part("text", "一样的话"),),
            at=datetime.now(UTC),
            id="c",
            author=Author(id="creator"),
        )
        found = (Evidence("terms", "abuse_insult", "r", 2, Span("text", 0, 2)),) if action is Action.BLOCK else ()
        categories = ("abuse_insult",) if found else ()
        verdict = Verdict(action, 2 if found else 0, categories, (), found, "0" * 16)
        filing = prepared(content, verdict, tenant="shop", deadlines=Deadlines())
        (placed,) = self.run(self.store.ledger.file([filing]))
        assert placed.stands == (self.newest[2] != "engine")
        if placed.stands:
            return
        self.newest = (placed.id, datetime.now(UTC), "engine")
        if action is Action.PASS:
            self.cur = None
        elif self.cur is None:
            self.begin()

    @precondition(lambda self: self.newest[0])
    @rule()
    def notify(self):
        self.undoable = None
        decision = self.newest[0]
        if self.cur is None:
            with pytest.raises(NotAppealable):
                self.run(self.desk.notified("shop", decision))
            return
        run = self.runs[self.cur]
        self.run(self.desk.notified("shop", decision))
        # The decision that takes a ruling back stands for one before it, and has a term of its own.
        if decision not in run.kept or run.kept[decision].term is None:
            self.runs[self.cur] = run.put(decision, term=over(datetime.now(UTC)))

    @precondition(lambda self: self.newest[0])
    @rule()
    def appeal(self):
        self.undoable = None
        decision, at, _ = self.newest
        run = self.runs[self.cur] if self.cur is not None else None
        kept = run.kept.get(decision) if run else None
        until = kept.term if kept and kept.term else over(at)
        why = "superseded|action" if run is None else "twice" if run.appealed else ""
        if not why and datetime.now(UTC) > until:
            why = "late"
        said = Appealed(decision, "", "creator", "没有")
        if why:
            with pytest.raises(NotAppealable, match=why):
                self.run(self.desk.appeal("shop", said))
            return
        filed = self.run(self.desk.appeal("shop", said))
        self.runs[self.cur] = run.put(decision)._replace(appealed=True)
        self.pending[self.run(self.store.appeals.appeal("shop", filed)).review] = (self.cur, decision)

    @precondition(lambda self: self.newest[0])
    @rule(who=st.sampled_from(PEOPLE), blocks=st.booleans())
    def report(self, who, blocks):
        """Somebody reports the content, and a person decides it."""
        before = self.saved()
        self.count += 1
        self.run(self.desk.file("shop", Said("report", "c", f"u{self.count}", "spam")))
        (row,) = self.run(self.desk.claim(person(who), sorts=SORTS["report"]))
        row = self.run(self.desk.decide(person(who), row.id, row.token, BLOCK if blocks else Ruling(Action.PASS)))
        self.newest = (row.outcome, datetime.now(UTC), who)
        self.decided(who)
        if not blocks:
            self.cur = None
        else:
            run = self.cur if self.cur is not None else self.begin()
            self.runs[run] = self.runs[run].put(row.outcome, confirmed=datetime.now(UTC))
        self.undoable = (who, row.id, before, row.outcome, datetime.now(UTC))

    @precondition(lambda self: self.pending)
    @rule(who=st.sampled_from(PEOPLE), upholds=st.booleans(), data=st.data())
    def decide(self, who, upholds, data):
        item = data.draw(st.sampled_from(sorted(self.pending)))
        if who in self.deciders and self.exempt.get(item) != who:
            with pytest.raises(Conflict, match="own"):
                self.run(self.desk.claim_one(person(who), item))
            assert item not in [row.id for row in self.run(self.desk.claim(person(who), limit=50, lease=0))]
            self.run(self.desk.sweep())
            return
        before = self.saved()
        row = self.run(self.desk.claim_one(person(who), item))
        ruling = Ruling(None, outcome="upheld" if upholds else "overturned")
        outcome = self.run(self.desk.decide(person(who), item, row.token, ruling)).outcome
        run, decision = self.pending.pop(item)
        if not upholds:
            self.cur = None
        elif self.cur == run or (self.cur is not None and decision in self.runs[self.cur].kept):
            first = self.runs[self.cur].kept[decision].confirmed
            self.runs[self.cur] = self.runs[self.cur].put(decision, confirmed=first or datetime.now(UTC))
        elif self.cur is None:
            kept = self.runs[run].kept[decision]
            self.begin()
            confirmed = kept.confirmed or datetime.now(UTC)
            self.runs[self.cur] = Run({decision: kept._replace(confirmed=confirmed)}, appealed=True)
        else:  # another run stands by now: the block that was appealed is not what stands
            kept = self.runs[run].kept[decision]
            self.runs[run] = self.runs[run].put(decision, confirmed=kept.confirmed or datetime.now(UTC))
        if outcome is not None:
            self.newest = (outcome, datetime.now(UTC), who)
            self.decided(who)
        self.undoable = (who, item, before, outcome, datetime.now(UTC))

    @precondition(lambda self: self.undoable)
    @rule()
    def undo(self):
        who, item, before, outcome, at = self.undoable
        self.undoable = None
        if datetime.now(UTC) > at + UNDO:
            with pytest.raises(Conflict, match="late"):
                self.run(self.desk.undo(person(who), item))
            return
        row = self.run(self.desk.undo(person(who), item))
        self.run(self.desk.release(person(who), item, row.token))
        self.cur, self.runs, _, self.pending = before
        if outcome is None:
            return
        restored = self.run(self.newest_id())
        self.newest = (restored, datetime.now(UTC), who)
        if item in self.pending:
            self.exempt[item] = who

    async def newest_id(self):
        return await self.store.ledger.visit(
            lambda visit: visit.rows("SELECT id FROM decisions ORDER BY seq DESC LIMIT 1")[0][0]
        )

    @rule(seconds=st.sampled_from([1, 4, 11, 86_400, 7 * 86_400, 16 * 86_400]))
    def wait(self, seconds):
        self.go(timedelta(seconds=seconds))

    # What must be true

    @invariant()
    def both_name_the_same_violations(self):
        self.run(self.desk.sweep())
        if self.cur is not None:
            self.runs[self.cur] = self.runs[self.cur].swept(datetime.now(UTC))
        found = self.run(self.store.ledger.visit(lambda visit: visit.rows(VIOLATIONS)))
        assert len(found) == int(self.cur is not None and self.runs[self.cur].final)
        rows = self.run(self.store.ledger.visit(lambda visit: visit.rows(ENTRIES)))
        counted = [one for one in standing([Entry(*row) for row in rows], 1 << 40) if one.kind == Kind.VIOLATION]
        due = [(severity, ",".join(json.loads(verdict).get("categories", ()))) for severity, verdict in found]
        assert [(one.value, one.name) for one in counted] == due

    @invariant()
    def nothing_becomes_final_twice(self):
        sql = "SELECT subject FROM acts WHERE kind = 'decision.final' GROUP BY subject HAVING count(*) > 1"
        assert self.run(self.store.ledger.visit(lambda visit: visit.rows(sql))) == []


def person(name: str) -> Caller:
    return Caller("shop", name, RIGHTS_OF[Role.SENIOR])


@pytest.fixture(scope="module")
def life(tmp_path_factory, shipped_ruleset):
    """The machine over a database in which three seniors work and nothing has happened."""
    data = tmp_path_factory.mktemp("template")

    async def made():
        async with open_store(Settings(data=data)) as store:

            def begin(visit):
                visit.record(Act("tenant.created", "shop", "shop"), Write(ADD_TENANT, ("shop", visit.at)))
                for name in PEOPLE:
                    hire(visit, name, Role.SENIOR)

            await store.ledger.visit(begin)

    asyncio.run(made())
    connection = sqlite3.connect(data / "qingliu.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return type("Life", (Life,), {"template": data, "ruleset": shipped_ruleset})


def lived(machine, *, lives: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=lives, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_what_is_final_follows_from_what_happened(life):
    lived(life, lives=12, steps=25)


@pytest.mark.slow
def test_what_is_final_follows_from_what_happened_at_length(life):
    lived(life, lives=400, steps=60)


# The pure function

AT = "2026-11-26T06:00:00.000000Z"
blank = Block("d", "shop", 1, "creator", 1)
events = st.lists(
    st.tuples(st.sampled_from(["told", "appealed", "confirmed"]), st.integers(0, 40 * 86_400)), max_size=6
)


@given(events)
def test_a_block_is_due_when_its_term_passes_unused_or_a_person_confirmed_it(happened):
    block, told, appealed, confirmed = blank, None, False, None
    for what, seconds in sorted(happened, key=lambda one: one[1]):
        at = later(AT, seconds)
        if what == "told":
            block, told = block.notified(at, 15), told or at
        elif what == "appealed":
            block, appealed = block.appealed(at), True
        else:
            block, confirmed = block.confirmed(at), at
    times = [later(confirmed, UNDO_SECONDS)] if confirmed else []
    times += [stamp(over(from_stamp(told)))] if told and not appealed else []
    assert block.due_at == due(block) == min(times, default=None)
    assert (block.notified_at, block.appeal_until is None) == (told, told is None)
