"""Live rooms over plain requests: every message gets its own verdict, once, under a number of its room."""

from __future__ import annotations

import asyncio
import functools
import json
import shutil
import sqlite3
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from types import MethodType, SimpleNamespace
from unittest.mock import AsyncMock
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.types import TEXT, Action, Author, Content, Missing, Opinion, Part, Scene, Score, Span
from service.http import room_wire
from service.keys import Caller
from service.ledger import Ledger, LedgerFull, LedgerRefused, LedgerUnwritable
from service.live import hindsight
from service.live.hindsight import Hindsight
from service.live.lane import MOST_TOGETHER, Lane
from service.live.talk import Answered, Event, Follows, Kind, Message
from service.plan import Happening
from service.review.intake import Said as Filed
from service.review.rulings import Ruling
from service.review.verdict import Reason
from service.rights import RIGHTS_OF, Role
from service.store import room_reads
from service.store.reads import stored
from service.store.room_reads import RoomReads
from tests.http.conftest import PASSWORD
from tests.http.streams import chat
from tests.small import LEXICONS, terms

BLOCKED = "这是国家级的产品"
_rooms = count()


@pytest.fixture
def room():
    return f"room-{next(_rooms)}"


def said(server, room, *messages, **more):
    return server.call("POST", f"/v1/rooms/{room}/messages", {"messages": list(messages)}, **more)


def test_every_message_gets_its_verdict_in_order_under_a_number(server, room):
    reply = said(
        server, room, chat("a"), chat("b", BLOCKED, kind="host_speech", offset_ms=1500), chat("c", kind="gift")
    )
    assert reply.status == 200
    results = reply.json["results"]
    assert [(one["id"], one["seq"], one["action"]) for one in results] == [
        ("a", 1, "pass"),
        ("b", 2, "block"),
        ("c", 3, "pass"),
    ]
    assert [one["show"] for one in results] == [True, False, True]
    assert results[1]["evidence"][0]["text"] == "国家级"
    assert "evidence" not in results[0]


def test_messages_are_ordinary_contents_of_their_scenes(server, room):
    results = said(
        server,
        room,
        chat("a", author_id="u1", account_age_days=3, reply_to="z"),
        chat("b", BLOCKED, kind="title"),
        chat("c", kind="host_speech", offset_ms=7),
    ).json["results"]
    told = [server.call("GET", f"/v1/moderations/{one['decision_id']}").json for one in results]
    assert [(one["scene"], one["content_id"]) for one in told] == [
        ("live_chat", f"{room}/a"),
        ("title", f"{room}/b"),
        ("live_speech", f"{room}/c"),
    ]
    found = server.within(server.service.moderation.history(_caller(server), f"{room}/a"))[0].content
    assert (found.author.id, found.author.age_days, found.room) == ("u1", 3, room)
    assert found.reply_to == f"{room}/z"


def test_the_same_message_again_gets_the_verdict_that_it_got(server, room):
    first = said(server, room, chat("a"), chat("b", BLOCKED, kind="title")).json["results"]
    again = said(server, room, chat("b", BLOCKED, kind="title"), chat("c"), chat("a")).json["results"]
    assert [(one["id"], one["seq"], one.get("again")) for one in again] == [
        ("b", 2, True),
        ("c", 3, None),
        ("a", 1, True),
    ]
    assert again[0]["decision_id"] == first[1]["decision_id"] and again[2]["decision_id"] == first[0]["decision_id"]


def test_another_message_under_a_known_id_is_refused(server, room):
    said(server, room, chat("a"))
    (result,) = said(server, room, chat("a", "别的话")).json["results"]
    assert (result["kind"], result["why"]) == ("refused", "id_reused")
    assert said(server, f"{room}x", chat("a", "别的话")).json["results"][0]["seq"] == 1


def test_a_message_that_cannot_be_read_does_not_spoil_the_others(server, room):
    results = said(server, room, chat("a"), {"id": "b"}, chat("c", "字" * 2001), "d", chat("e\x00"), chat("f")).json[
        "results"
    ]
    assert [one.get("why", one.get("seq")) for one in results] == [1, "invalid", "invalid", "invalid", "invalid", 2]
    assert [error["loc"] for error in results[1]["errors"]] == [["text"]]


def test_a_message_whose_id_cannot_be_read_is_told_by_its_place(server, room):
    sent = {"id": 5, "text": "hi"}, chat("a"), {"text": "x"}, 7
    results = said(server, room, *sent).json["results"]
    assert [(one["id"], one.get("index")) for one in results] == [(None, 0), ("a", None), (None, 2), (None, 3)]


def test_a_message_from_times_to_come_is_refused_and_leaves_the_risk_alone(server, room):
    speech, now = {"kind": "host_speech"}, datetime.now(UTC)
    said(server, room, *(chat(f"s{n}", BLOCKED, **speech) for n in range(6)))
    before = server.call("GET", f"/v1/rooms/{room}").json
    at = [(now + timedelta(**ahead)).isoformat() for ahead in ({"days": 20_000}, {"seconds": 90}, {"seconds": 30})]
    at.append((now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    results = said(server, room, *(chat(f"m{n}", at=one) for n, one in enumerate(at))).json["results"]
    assert [one.get("why", one.get("action")) for one in results] == ["invalid", "invalid", "pass", "invalid"]
    assert [(one["loc"], one["type"]) for one in results[0]["errors"]] == [(["at"], "datetime_ahead")]
    assert server.call("GET", f"/v1/rooms/{room}").json["level"] == before["level"]


@pytest.mark.parametrize("body", [{}, {"messages": []}, {"messages": "x"}, [], {"messages": [{"id": "a"}] * 501}])
def test_what_holds_no_messages_is_refused_whole(server, room, body):
    assert server.call("POST", f"/v1/rooms/{room}/messages", body).problem == "invalid-body"


@pytest.mark.parametrize("name", ["a%2Fb", "%20", "x" * 65, "a%00b", "%E3%80%80x", "a%C2%A0b"])
def test_no_room_has_such_a_name(server, name):
    assert said(server, name, chat("a")).status == 404
    assert server.call("GET", f"/v1/rooms/{name}").status == 404


def test_what_happened_is_listed_after_any_number(server, room):
    said(server, room, *(chat(f"m{n}", BLOCKED if n == 2 else "好", kind="title") for n in range(4)))
    server.within(server.service.rooms.tell("shop", room, Happening("noted", {"by": "k"})))
    said(server, room, chat("last"))
    whole = server.call("GET", f"/v1/rooms/{room}/events").json
    assert [one["seq"] for one in whole["items"]] == [1, 2, 3, 4, 5, 6]
    assert whole["items"][4] == whole["items"][4] | {"kind": "noted", "by": "k"}
    assert whole["next"] == 6
    part = server.call("GET", f"/v1/rooms/{room}/events?after=2&limit=2").json
    assert [one["seq"] for one in part["items"]] == [3, 4] and part["next"] == 4
    assert server.call("GET", f"/v1/rooms/{room}/events?after=6").json["items"] == []


def test_a_page_holds_what_was_asked_for_however_many_messages_were_judged_together(server, room, monkeypatch):
    said(server, room, *(chat(f"m{n}", kind="title") for n in range(30)))
    server.within(server.service.rooms.tell("shop", room, Happening("noted", {"by": "k"})))
    said(server, room, *(chat(f"n{n}") for n in range(20)))
    read = []
    monkeypatch.setattr(room_reads, "stored", lambda *row: read.append(row) or stored(*row))
    pages, after = [], 0
    while page := server.within(server.service.rooms.after("shop", room, after, limit=7)):
        pages.append([one.number for one in page])
        after = page[-1].number
    assert [len(page) for page in pages] == [7, 7, 7, 7, 7, 7, 7, 2]
    assert [number for page in pages for number in page] == list(range(1, 52))
    assert len(read) == 50


def test_next_is_no_number_that_the_room_has_not_reached(server, room):
    said(server, room, chat("a"), chat("b"))
    path = f"/v1/rooms/{room}/events?after="
    assert [server.call("GET", f"{path}{after}").json["next"] for after in (0, 2, 100_000)] == [2, 2, 2]


def test_rooms_are_listed_while_they_are_open_and_remembered_after(server, room):
    said(server, room, chat("a"), chat("b", BLOCKED, kind="title"))
    (listed,) = [one for one in server.call("GET", "/v1/rooms").json["items"] if one["room"] == room]
    assert (listed["seq"], listed["judged"], listed["held"], listed["open"]) == (2, 2, 1, True)
    assert server.call("GET", f"/v1/rooms/{room}").json == listed
    forget(server, "shop", room)
    shown = server.call("GET", f"/v1/rooms/{room}").json
    assert (shown["seq"], shown["open"]) == (2, False) and shown["at"]
    assert [one["seq"] for one in said(server, room, chat("c"), chat("a")).json["results"]] == [3, 1]


def test_open_rooms_are_listed_page_by_page_the_last_used_first(server, room):
    names = [f"{room}-".ljust(64, letter) for letter in "a店😀"]
    for name in names:
        said(server, quote(name), chat("a"))
    whole = [one["room"] for one in server.call("GET", "/v1/rooms?limit=500").json["items"]]
    assert whole[:3] == names[::-1]
    seen, cursor = [], ""
    while cursor is not None:
        page = server.call("GET", f"/v1/rooms?limit=1&cursor={cursor}").json
        seen, cursor = seen + [one["room"] for one in page["items"]], page["next"]
    assert seen == whole
    reply = server.call("GET", "/v1/rooms?cursor=WyJ4Il0")
    assert (reply.problem, reply.faults) == ("invalid-query", {"cursor": "cursor"})


def test_numbers_go_on_when_somebody_else_took_the_next_one(server, room):
    """As another process could: the database refuses the number twice, and the room looks again."""
    said(server, room, chat("a"))
    lane = server.service.rooms.lane("shop", room)
    said(server, room, chat("b"))
    lane.last -= 1
    (result,) = said(server, room, chat("c")).json["results"]
    assert result["seq"] == 3


def test_who_follows_hears_every_message_in_the_transaction_of_its_decision(server, room):
    turns, heard = server.service.rooms.turns, []

    def follow(judged):
        if judged[0].room != room:
            return Follows()
        heard.extend((one.message.id, one.number, one.verdict.action.code) for one in judged)
        ids = [one.decision for one in judged]

        def work(visit):
            found = visit.rows(
                "SELECT count(*) FROM decisions WHERE id IN (SELECT value FROM json_each(?))", json.dumps(ids)
            )
            heard.append(found[0][0] == len(ids))

        return Follows([Happening("seen", {"count": len(judged)})], work)

    turns.follow.append(follow)
    try:
        said(server, room, chat("a"), chat("b", BLOCKED, kind="title"))
    finally:
        turns.follow.remove(follow)
    assert heard == [("a", 1, "pass"), ("b", 2, "block"), True]
    assert server.call("GET", f"/v1/rooms/{room}/events?after=2").json["items"][0]["kind"] == "seen"


def test_work_that_fails_takes_its_messages_with_it_and_nothing_else(server, room):
    def follow(judged):
        def work(_):
            raise ValueError("no")

        return Follows([], work if judged[0].room == room else None)

    turns = server.service.rooms.turns
    turns.follow.append(follow)
    try:
        (result,) = said(server, room, chat("a")).json["results"]
        other = said(server, f"{room}-other", chat("a")).json["results"]
    finally:
        turns.follow.remove(follow)
    assert result["why"] == "internal" and other[0]["seq"] == 1
    assert said(server, room, chat("a")).json["results"][0]["seq"] == 1


_odd = st.sampled_from(["", "a", "字", "x" * 201, 0, -1, 7, 40001, True, None, 1.5, [], {}, "chat", "title", "other"])
_times = st.sampled_from(
    [
        "2026-11-26T12:00:00Z",
        "2026-11-26T12:00:00.123456Z",
        "2026-11-26T12:01:01Z",
        "2026-13-26T12:00:00Z",
        "12:00",
        "2026-11-26T25:00:00Z",
    ]
)
_ids = st.sampled_from(["a", "x" * 128, "x" * 129, "", 1, "a\x00"])
_messages = st.fixed_dictionaries(
    {"id": _ids, "text": st.sampled_from(["好", "字" * 2001, "", None])},
    optional={
        "author_id": _odd,
        "account_age_days": _odd,
        "kind": _odd,
        "at": st.one_of(_odd, _times),
        "offset_ms": _odd,
        "reply_to": _odd,
        "more": _odd,
    },
)


@settings(max_examples=300, deadline=None)
@given(sent=_messages)
def test_the_quick_reader_reads_what_the_model_reads(sent):
    def read(message):
        return room_wire.read_message(message, tenant="shop", room="r", now=datetime(2026, 11, 26, 12, tzinfo=UTC))

    quick, plain = read(sent), room_wire._plain
    room_wire._plain = lambda _: None
    try:
        assert read(sent) == quick
    finally:
        room_wire._plain = plain


# Order and idempotency, whatever is delivered how often


def _message(room, id_, text=""):
    content = Content(
        scene=Scene.LIVE_CHAT,
        parts=(Part("text", text or f"话{id_}"),),
        at=datetime.now(UTC),
        id=f"{room}/{id_}",
        room=room,
        author=Author(id=f"u{id_}"),
    )
    return Message(str(id_), Kind.CHAT, content)


_deliveries = st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=8), min_size=1, max_size=8)


async def _deliver(rooms, room, deliveries):
    """All deliveries under way at the same time, in their order; what each heard."""
    return await asyncio.gather(
        *(rooms.say("shop", room, [_message(room, id_) for id_ in batch]) for batch in deliveries)
    )


def _is_kept(server, deliveries):
    """Whether each message was decided once, in the order in which it first came."""
    room = f"shuffled-{next(_rooms)}"
    heard = server.within(_deliver(server.service.rooms, room, deliveries))
    first = list(dict.fromkeys(str(id_) for batch in deliveries for id_ in batch))
    numbers = {id_: number for number, id_ in enumerate(first, 1)}
    if any(not isinstance(one, Answered) for outcomes in heard for one in outcomes):
        return False
    told = [[(one.id, one.number) for one in outcomes] for outcomes in heard]
    kept = server.within(server.service.rooms.after("shop", room, 0, limit=100))
    return (
        told == [[(str(id_), numbers[str(id_)]) for id_ in batch] for batch in deliveries]
        and [(one.id, one.number) for one in kept] == [(id_, numbers[id_]) for id_ in first]
        and len({one.decided.id for outcomes in heard for one in outcomes}) == len(first)
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=_deliveries)
def test_whatever_is_delivered_again_is_decided_once_and_in_order(server, deliveries):
    assert _is_kept(server, deliveries)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=_deliveries)
def test_whatever_is_delivered_again_is_decided_once_and_in_order_at_length(server, deliveries):
    assert _is_kept(server, deliveries)


def test_redelivery_that_is_not_looked_up_is_found_out(server, monkeypatch):
    """The sabotage twin: without the look-up the same property must fail."""

    async def nothing_known(_self, _contents):
        return {}

    monkeypatch.setattr(RoomReads, "known", nothing_known)
    assert not _is_kept(server, [[1, 2], [2, 3]])


def test_messages_that_overtake_each_other_are_found_out(server, monkeypatch):
    """The sabotage twin: where a room's turn takes the newest first the order must be seen to break."""
    take = Lane.take
    monkeypatch.setattr(Lane, "take", lambda self: take(self)[::-1])
    assert not _is_kept(server, [[1, 2, 3]])


def test_a_long_queue_is_judged_in_many_turns_and_in_order(server, room):
    many = [chat(f"m{n}", f"第{n}条") for n in range(MOST_TOGETHER + 50)]
    results = said(server, room, *many).json["results"]
    assert [one["seq"] for one in results] == list(range(1, len(many) + 1))


# What turns out later


class LateExpert:
    """Gives nothing for so many questions, then finds abuse in one word."""

    waiting = 0

    def __init__(self, late):
        self.late = late

    def ask(self, cases, tenant="", *, patient=False):
        return [self._answer(case) for case in cases]

    def _answer(self, case):
        heard = asyncio.get_running_loop().create_future()
        self.late -= 1
        found = (Score("abuse", 900, 500, Span("text", 0, 1)),) if "坏" in case.content.parts[0].text else ()
        heard.set_result(Missing(TEXT, "deadline") if self.late >= 0 else Opinion(TEXT, "fake", found))
        return heard


@dataclass
class Later:
    """A room in the shared server whose expert is late, and what looks after it."""

    server: object
    room: str
    found: Hindsight
    now: float = 0.0

    async def say(self, id_, text):
        return (await self.rooms.say("shop", self.room, [_message(self.room, id_, text)]))[0]

    async def rules_of(self, id_, text):
        return [item.rule for item in (await self.say(id_, text)).decided.verdict.evidence]

    async def happened(self, count):
        """What happened, once so much has."""
        async with asyncio.timeout(10):
            while len(told := await self.rooms.after("shop", self.room, 0, limit=100)) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return told

    async def idle(self):
        """Returns once nothing of the room is under way: what is on disk may be read before its lane hears of it."""
        lane = self.rooms.lane("shop", self.room)
        async with asyncio.timeout(10):
            while not lane.idle:  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    async def decide(self, id_, who, *ruling):
        """A person decides on a message of the room, somebody having reported it."""
        desk, target = self.server.service.desk, f"{self.room}/{id_}"
        await desk.file("shop", Filed("report", target, "u", "abuse"))
        database = sqlite3.connect(self.server.settings.database)
        (item,) = database.execute("SELECT id FROM reviews WHERE target = ? AND state = 'waiting' LIMIT 1", (target,))
        database.close()
        row = await desk.claim_one(who, item[0])
        await desk.decide(who, row.id, row.token, Ruling(*ruling))
        return row

    @property
    def rooms(self):
        return self.server.service.rooms


@pytest.fixture
def later(server, room):
    """``later(late)``: a room whose expert is late for so many questions."""
    turns = server.service.rooms.turns
    hearing, on_missed, on_unfiled = turns._hearing, turns.on_missed, turns.on_unfiled

    def make(late):
        expert = LateExpert(late)
        turns._hearing = expert
        made = Later(server, room, None)
        made.found = Hindsight(server.service.rooms, turns._reads, expert, turns._rules, clock=lambda: made.now)
        return made

    yield make
    turns._hearing, turns.on_missed, turns.on_unfiled = hearing, on_missed, on_unfiled


@pytest.fixture
def ann(server, room):
    return senior(server, f"ann-{room}")


def senior(server, name):
    user = server.within(server.service.accounts.create("shop", name, Role.SENIOR, PASSWORD, by="cli"))
    return Caller("shop", user.id, RIGHTS_OF[Role.SENIOR])


def within(test):
    """Runs a test where the service runs."""

    @functools.wraps(test)
    def run(server, **fixtures):
        server.within(test(server, **fixtures))

    return run


@within
async def test_a_message_that_passed_half_blind_is_retracted_when_the_expert_answers(server, room, later):
    one = later(3)
    passed = [(await one.say("a", "坏人")).decided.verdict, (await one.say("b", "好人")).decided.verdict]
    assert [(verdict.action, verdict.degraded) for verdict in passed] == [(Action.PASS, True)] * 2
    lane = one.rooms.lane("shop", room)
    assert lane.missed == 2 and not lane.idle
    await one.found.ask_again()
    assert lane.missed == 1, "one was heard and is clean; the other is asked for again"
    await one.found.ask_again()
    told = await one.happened(4)
    assert (told[2].id, told[2].decided.verdict.action) == ("a", Action.REVIEW)
    assert (told[3].kind, told[3].facts["message"]) == ("retraction", "a")
    await one.idle()


def unable(error, *, raised=False):
    """A ledger that does not take what happens in rooms: it says so at once, or when it comes to commit."""

    def submit(self, filings, *, entering=None, **more):
        if entering is None:
            return Ledger.submit(self, filings, **more)
        if raised:
            raise error
        heard = asyncio.get_running_loop().create_future()
        heard.set_exception(error)
        return heard

    return submit


TROUBLES = {
    "full": (1, unable(LedgerFull("x"), raised=True)),
    "full for long": (9, unable(LedgerFull("x"), raised=True)),
    "unwritable": (9, unable(LedgerUnwritable("x"))),
    "refused": (2, unable(LedgerRefused("x"))),
    "broken": (2, unable(ValueError("x"))),
}


@pytest.mark.parametrize(("times", "submit"), TROUBLES.values(), ids=TROUBLES)
@within
async def test_a_late_finding_outlives_the_troubles_of_the_ledger(server, room, later, times, submit):
    one = later(1)
    assert (await one.say("a", "坏人")).decided.verdict.degraded
    lane, ledger = one.rooms.lane("shop", room), one.rooms.turns._ledger
    ledger.submit = MethodType(submit, ledger)
    try:
        await one.found.ask_again()
        for _ in range(times):
            async with asyncio.timeout(10):
                while lane.busy or one.rooms.turns.busy:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
            assert lane.missed == 1 and not lane.idle
            if _ < times - 1:
                one.found.file_again()
    finally:
        del ledger.submit
    assert len(await one.happened(1)) == 1
    one.found.file_again()
    told = await one.happened(3)
    assert (told[1].id, told[1].decided.verdict.action) == ("a", Action.REVIEW)
    assert (told[2].kind, told[2].facts["message"]) == ("retraction", "a")
    await one.idle()


@within
async def test_a_late_finding_that_is_always_refused_is_let_go(server, room, later):
    one = later(1)
    await one.say("a", "坏人")
    lane, ledger = one.rooms.lane("shop", room), one.rooms.turns._ledger
    ledger.submit = MethodType(unable(LedgerRefused("x")), ledger)
    try:
        await one.found.ask_again()
        async with asyncio.timeout(10):
            while not lane.idle:
                await asyncio.sleep(0.001)
                one.found.file_again()
    finally:
        del ledger.submit
    assert len(await one.happened(1)) == 1


@within
async def test_a_message_is_not_asked_for_for_ever(server, room, later):
    one = later(10**6)
    await one.say("a", "坏人")
    await one.found.ask_again()
    assert one.rooms.lane("shop", room).missed == 1
    one.now = hindsight.PATIENCE_SECONDS
    await one.found.ask_again()
    assert one.rooms.lane("shop", room).missed == 0
    assert len(await one.happened(1)) == 1


@within
async def test_what_a_person_decides_is_told_in_the_room_and_what_they_take_back_too(server, room, later, ann):
    one = later(0)
    assert (await one.say("a", "坏人")).decided.verdict.action is Action.REVIEW
    row = await one.decide("a", ann, Action.PASS)
    told = await one.happened(2)
    assert (told[1].kind, told[1].facts["action"], told[1].facts["by"]) == ("ruling", "pass", "person")
    await server.service.desk.undo(ann, row.id)
    told = await one.happened(3)
    assert (told[2].kind, told[2].facts["action"]) == ("retraction", "review")
    await one.say("b", "坏人")
    await one.decide("b", ann, Action.PASS)
    told = await one.happened(5)
    assert [each.facts["message"] for each in told if isinstance(each, Event)] == ["a", "a", "b"], "each is told once"


@within
async def test_a_block_by_a_person_is_a_retraction_of_what_passed(server, room, later, ann):
    one = later(0)
    await one.say("a", "好人")
    await one.decide("a", ann, Action.BLOCK, (Reason("abuse_insult"),))
    told = await one.happened(2)
    assert (told[1].kind, told[1].facts["message"], told[1].facts["action"]) == ("retraction", "a", "block")


ASIDE = "主播的小号在隔壁开播了大家去看"
DIVERTS, ECHOES = "想要同款的来隔壁找我便宜一半", "想要同款的去隔壁找我便宜一半"


@pytest.fixture
def watched(serving, lexicons, tmp_path):
    """A room of a server that knows what rooms look for."""
    rules = shutil.copytree(lexicons, tmp_path / "rules")
    shutil.copy(LEXICONS / "live.toml", rules)
    (rules / "trade/aside.txt").write_text(terms("contact_diversion", "来隔壁找我"), encoding="utf-8")
    with serving(lexicons=rules) as server:
        yield Later(server, "room-watched", None)


def test_a_room_looks_for_what_a_person_blocks_until_they_take_it_back(watched):
    who, one = senior(watched.server, "ann"), watched

    async def test():
        assert (await one.say("a", ASIDE)).decided.verdict.action is Action.PASS
        row = await one.decide("a", who, Action.BLOCK, (Reason("contact_diversion"),))
        await one.happened(2)
        assert await one.rules_of("b", ASIDE + "呀") == ["room.echo"]
        forget(one.server, "shop", one.room)
        assert await one.rules_of("c", ASIDE + "哦") == ["room.echo"], "a room that is opened again knows it too"
        await one.server.service.desk.undo(who, row.id)
        await one.happened(5)
        assert await one.rules_of("d", ASIDE + "哈") == []

    one.server.within(test())


def test_a_room_looks_no_longer_for_what_a_person_releases(watched):
    who, one = senior(watched.server, "ann"), watched

    async def test():
        assert (await one.say("a", DIVERTS)).decided.verdict.action is Action.BLOCK
        assert await one.rules_of("b", ECHOES) == ["room.echo"]
        await one.decide("a", who, Action.PASS)
        await one.happened(3)
        assert await one.rules_of("c", ECHOES) == []
        forget(one.server, "shop", one.room)
        assert await one.rules_of("d", ECHOES) == [], "a room that is opened again does not either"

    one.server.within(test())


@pytest.fixture
def listening(server, room, monkeypatch):
    """What looks after rooms, two rulings at a time, before one that fails the first time at some of our messages."""
    failing, heard = ["d", "e"], []

    async def tell(_tenant, name, happening, **_more):
        if name == room:
            if happening.facts["message"] in failing:
                failing.remove(happening.facts["message"])
                raise LedgerUnwritable("x")
            heard.append((happening.facts["message"], happening.facts["action"]))

    monkeypatch.setattr(room_reads, "_RULINGS", 2)
    rooms = SimpleNamespace(turns=SimpleNamespace(), tell=tell)
    turns = server.service.rooms.turns
    return Hindsight(rooms, turns._reads, None, turns._rules), heard


@within
async def test_what_was_told_before_something_failed_is_told_once(server, room, later, ann, listening):
    one, (found, heard) = later(0), listening
    await found.read_rulings()
    rows = {}

    async def decided(id_):
        await one.say(id_, "好人")
        rows[id_] = await one.decide(id_, ann, Action.BLOCK, (Reason("abuse_insult"),))

    async def look(fails):
        with pytest.raises(LedgerUnwritable) if fails else nullcontext():
            await found.read_rulings()

    for id_ in "abcd":
        await decided(id_)
    for fails in (False, True, False):
        await look(fails)
    assert heard == [(id_, "block") for id_ in "abcd"]
    await server.service.desk.undo(ann, rows["a"].id)
    await decided("e")
    for fails in (True, False, False):
        await look(fails)
    assert heard[4:] == [("a", "pass"), ("e", "block")]


@within
async def test_no_look_walks_again_what_was_decided_elsewhere(server, room, later, ann, listening):
    one, (found, heard) = later(0), listening
    reads = one.rooms.turns._reads
    await found.read_rulings()
    await one.say("a", "好人")
    await one.decide("a", ann, Action.BLOCK, (Reason("abuse_insult"),))
    said = Content(scene=Scene.UGC, parts=(Part("text", "好人"),), at=datetime.now(UTC), id=f"{room}/b")
    await server.service.moderation.one(Caller("shop", "k"), said)
    await one.decide("b", ann, Action.BLOCK, (Reason("abuse_insult"),))
    await found.read_rulings()
    assert heard == [("a", "block")]
    assert found._seen == await reads.last_ruling()


def test_what_a_person_decides_just_before_a_stop_is_told_at_the_next_start_once(serving, monkeypatch):
    async def blocked(one, who, id_):
        await one.say(id_, "好人")
        await one.decide(id_, who, Action.BLOCK, (Reason("abuse_insult"),))

    with serving() as server:
        one, who = Later(server, "room-stopped", None), senior(server, "ann")

        async def test():
            await blocked(one, who, "a")
            await one.happened(2)
            monkeypatch.setattr(Hindsight, "read_rulings", AsyncMock())
            await blocked(one, who, "b")

        server.within(test())
    monkeypatch.undo()
    for _ in range(2):
        with serving() as server:
            told = server.within(Later(server, "room-stopped", None).happened(4))
            server.within(asyncio.sleep(3 * hindsight.PAUSE_SECONDS))
            told = server.within(server.service.rooms.after("shop", "room-stopped", 0, limit=100))
            assert [each.facts["message"] for each in told if isinstance(each, Event)] == ["a", "b"]


@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
@pytest.mark.parametrize("first", [True, False], ids=["taken back before", "taken back after"])
def test_what_is_taken_back_around_a_stop_is_told_as_taken_back_once(serving, monkeypatch, told, first):
    """The service stops after a decision, ``told`` or not; it is taken back ``first``, or after the start."""
    room = "room-undone"

    async def decided(one, who):
        await one.say("a", "好人")
        if not told:
            monkeypatch.setattr(Hindsight, "read_rulings", AsyncMock())
        row = await one.decide("a", who, Action.BLOCK, (Reason("abuse_insult"),))
        if told:
            await one.happened(2)
            monkeypatch.setattr(Hindsight, "read_rulings", AsyncMock())
        if first:
            await one.server.service.desk.undo(who, row.id)
        return row

    with serving() as server:
        one, who = Later(server, room, None), senior(server, "ann")
        row = server.within(decided(one, who))
    monkeypatch.undo()
    for start in range(2):
        with serving() as server:
            one = Later(server, room, None)
            if not start and not first:
                server.within(one.happened(2))
                server.within(server.service.desk.undo(who, row.id))
            server.within(one.happened(3))
            server.within(asyncio.sleep(3 * hindsight.PAUSE_SECONDS))
            told_of = server.within(server.service.rooms.after("shop", room, 0, limit=100))
            assert [(each.kind, each.facts["action"]) for each in told_of if isinstance(each, Event)] == [
                ("retraction", "block"),
                ("ruling", "pass"),
            ]


@within
async def test_a_ruling_tells_whether_the_message_may_be_seen(server, room, later, ann):
    one, more = later(0), ()
    for kind, scene in (("speech", Scene.LIVE_SPEECH), ("chat", Scene.LIVE_CHAT)):
        content = replace(_message(room, kind, "坏人").content, scene=scene)
        await one.rooms.say("shop", room, [Message(kind, Kind.CHAT, content)])
        row = await one.decide(kind, ann, Action.BLOCK, (Reason("abuse_insult"),))
        told = await one.happened(len(more) + 2)
        await server.service.desk.undo(ann, row.id)
        more = await one.happened(len(told) + 1)
    facts = [
        (each.facts["message"], each.facts["action"], each.facts["show"]) for each in more if isinstance(each, Event)
    ]
    assert facts == [
        ("speech", "block", False),
        ("speech", "review", True),
        ("chat", "block", False),
        ("chat", "review", False),
    ]


@within
async def test_a_person_who_decides_in_between_is_not_overruled_by_the_expert(server, room, later, ann):
    one = later(1)
    await one.say("a", "坏人")
    await one.decide("a", ann, Action.PASS)
    await one.happened(2)
    await one.found.ask_again()
    assert isinstance(await one.say("b", "好"), Answered)
    decided = await server.service.moderation.history(Caller("shop", "k"), f"{room}/a")
    assert [(each.by, each.verdict.action) for each in decided] == [(ann.id, Action.PASS), ("engine", Action.PASS)]


def test_metrics_tell_of_rooms(server, room):
    said(server, room, chat("a"))
    page = server.call("GET", "/metrics", key=None).body.decode()
    for name in (
        "qingliu_rooms_open",
        "qingliu_rooms_waiting",
        "qingliu_streams",
        "qingliu_room_verdict_seconds_count",
    ):
        assert f"\n{name} " in page, name


def forget(server, tenant, room):
    """As if the room had been idle for long."""
    server.service.rooms._lanes.pop((tenant, room))


def _caller(server):
    return server.within(server.service.keys.caller(server.key))


def test_a_database_error_refuses_messages_and_hurts_nobody_later(server, room, monkeypatch):
    async def broken(_self, _contents):
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(RoomReads, "known", broken)
        assert said(server, room, chat("a")).json["results"][0]["why"] == "internal"
    assert said(server, room, chat("a")).json["results"][0]["seq"] == 1
