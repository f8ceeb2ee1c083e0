"""What is predicted of a change on a recorded day is exactly what its shadow counts when that day comes again."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from moderation.change import Change, Op
from moderation.types import Author, Content, Part, Scene
from service.ids import now
from service.keys import Caller
from service.rulebook import rehearsal, shadow, tally
from service.rulebook.proposals import Draft
from service.rulebook.rehearsal import Period
from service.settings import Settings
from service.wiring import open_service
from tests.service.test_proposals import House
from tests.small import ABUSE, CLAIMS, small_rules

pytestmark = pytest.mark.asyncio(loop_scope="module")
WORDS = (
    "国家级",
    "最高级",
    "全网第一",
    "全网第一名",
    "最牛",
    "霸王级",
    "傻瓜蛋",
    "傻瓜",
    "面霜",
    "很好用",
    "今天",
    "推荐",
    "全网",
    "第一名",
)
COMPARED = (
    "judged",
    "different",
    "moved",
    "new_flags",
    "released",
    "moves",
    "scenes",
    "found",
    "lost",
    "rules",
    "creators",
)
CHANGES = [
    Change(op=Op.ADD, category="absolute_claim", line="最牛 | severity: 3"),
    Change(op=Op.ADD, category="absolute_claim", line="霸王级 | weight: 60 | scenes: ad, title"),
    Change(op=Op.ALLOW, line="全网第一名"),
    Change(op=Op.THRESHOLD, scene=Scene.TITLE, review_at=90, block_at=100),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory):
    """With the first stage of the shipped text expert: what it said then must count the same now."""
    folder = tmp_path_factory.mktemp("house")
    files = {"ad_law/absolute_claim.txt": CLAIMS, "safety/abuse_insult.txt": ABUSE}
    rules = small_rules(folder / "lexicons", files)
    patient = {"expert_deadline": 20, "expert_deadline_live_chat": 20}
    settings = Settings(data=folder / "data", lexicons=rules, second_stage="off", **patient)
    async with open_service(settings) as opened:
        yield opened


def a_day(chance, count):
    """Contents as they come: of several creators and scenes, some with what the change is about."""
    began = datetime(2026, 11, 20, tzinfo=UTC)
    for number in range(count):
        text = "，".join(chance.choices(WORDS, k=chance.randint(2, 6)))
        yield Content(
            scene=chance.choice((Scene.AD, Scene.TITLE, Scene.UGC, Scene.LIVE_CHAT)),
            parts=(Part("text", f"{text} {number % 40}"),),
            at=began + timedelta(seconds=number),
            id=f"c{number}",
            author=Author(id=f"maker-{chance.randrange(25)}"),
        )


async def judged(house, contents):
    caller = Caller(house.tenant, "k")
    for start in range(0, len(contents), 200):
        await house.service.moderation.many(caller, contents[start : start + 200])


def with_severity(house):
    """The change, and a lighter weight for a shared term."""
    rule = next(term.id for term in house.service.rules.engine.ruleset.terms if term.text == "国家级")
    return Draft(changes=[*CHANGES, Change(op=Op.WEIGHT, rule=rule, number=60, scenes=(Scene.AD,))])


async def predicted(house, draft, last):
    candidate = await house.book.worked_out(house.tenant, draft)
    cast = await house.service.rulebook.cast(house.tenant, candidate.files)
    made = house.service.rulebook.rehearsals.start(house.tenant, cast, Period(last=last))
    await made.done.wait()
    assert not made.failed and made.seen == made.of
    return made.report


async def shadowed(house, draft, contents):
    version = (await house.row(await house.book.propose(house.ann, draft))).version
    await house.service.rulebook.shadows.start(house.ann, version)
    await judged(house, contents)
    await house.service.rulebook.shadows.stop(house.ann)
    return (await house.service.rulebook.shadows.listed(house.tenant))[0]


async def both(service, count):
    """The prediction on a day in one house, and what a shadow counts in another to which the same day comes."""
    recorded, replayed = await House(service).open(), await House(service).open()
    day = list(a_day(random.Random(count), count))
    await judged(recorded, day)
    told = await predicted(recorded, with_severity(recorded), count)
    counted = await shadowed(replayed, with_severity(replayed), day)
    return told, counted


async def test_the_prediction_on_a_day_is_what_the_shadow_counts(service):
    told, counted = await both(service, 600)
    assert {name: told[name] for name in COMPARED} == {name: counted[name] for name in COMPARED}
    assert told["judged"] == 600
    assert told["new_flags"] > 10 and told["released"] > 5 and told["creators"] > 10 and len(told["moves"]) > 3


async def test_on_the_same_day_again_in_the_same_house(service):
    """A replay to the very house: repeats are decisions of their own, and the shadow sees those alone."""
    house = await House(service).open()
    day = list(a_day(random.Random(5), 200))
    await judged(house, day)
    told = await predicted(house, with_severity(house), 200)
    counted = await shadowed(house, with_severity(house), day)
    assert {name: told[name] for name in COMPARED} == {name: counted[name] for name in COMPARED}


@pytest.mark.slow
async def test_the_prediction_on_a_long_day_is_what_the_shadow_counts(service):
    told, counted = await both(service, 20_000)
    print({name: told[name] for name in COMPARED if isinstance(told[name], int)}, told["moves"])  # noqa: T201 - a figure of docs/measurements-rules.md
    assert {name: told[name] for name in COMPARED} == {name: counted[name] for name in COMPARED}


async def test_without_what_the_expert_had_said_they_differ(service, monkeypatch):
    """The twin: predicted without the expert's word, counted with it."""
    recorded = await House(service).open()
    contents = [
        Content(
            scene=Scene.UGC,
            parts=(Part("text", "你这个人脑子有病吧，滚出去，去死吧" + str(n)),),
            at=datetime.now(UTC),
            id=f"x{n}",
        )
        for n in range(8)
    ]
    await judged(recorded, contents)
    draft = Draft(changes=[Change(op=Op.ADD, category="absolute_claim", line="最牛")])
    right = await predicted(recorded, draft, 8)
    monkeypatch.setattr(tally, "heard", lambda *_: ())
    assert right["moved"] == 0 != (await predicted(recorded, draft, 8))["moved"]


async def test_what_two_processes_see_is_counted_once(service, tmp_path):
    """Another service on the same database follows the same shadow."""
    house = await House(service).open()
    version = (await house.row((await house.filed(house.ann))[0])).version
    shadows = service.rulebook.shadows
    other = shadow.Shadows(service.ledger, service.lexicons, service.rules, service.rulebook.reads, shadows._chamber)
    await shadows.start(house.ann, version)
    await judged(
        house, [Content(scene=Scene.AD, parts=(Part("text", f"最牛{n}"),), at=datetime.now(UTC)) for n in range(40)]
    )
    await asyncio.gather(*(one.catch_up(tenant=house.tenant) for one in (shadows, other) * 3))
    await shadows.stop(house.ann)
    counted = (await shadows.listed(house.tenant))[0]
    assert (counted["judged"], counted["moves"]) == (40, {"pass>block": 40})
    assert len(await service.rulebook.reads.finds(counted["id"], limit=50)) == 40


async def test_a_rehearsal_leaves_the_event_loop_to_others(service):
    house = await House(service).open()
    await judged(house, list(a_day(random.Random(9), 1500)))
    cast = await service.rulebook.cast(
        house.tenant, (await house.book.worked_out(house.tenant, with_severity(house))).files
    )
    made = service.rulebook.rehearsals.start(house.tenant, cast, Period(last=1500))
    waits, seen = [], set()
    while not made.done.is_set():
        began = time.perf_counter()
        await asyncio.sleep(0)
        waits.append(time.perf_counter() - began)
        seen.add(made.seen)
        await asyncio.sleep(0.001)
    assert made.report["judged"] == 1500
    assert len(seen) > 10  # its progress was to be seen
    waits.sort()
    assert waits[len(waits) // 2] < 0.05


async def test_long_texts_are_rehearsed_where_contents_are_judged(service, monkeypatch):
    house, begun, threads = await House(service).open(), datetime.now(UTC), {}
    texts = {"long": "很好用" * 200, "short": "很好用"}
    await judged(house, [Content(scene=Scene.AD, parts=(Part("text", one),), at=begun) for one in texts.values()])
    count = rehearsal.count

    def noted(told, some, *engines):
        for one in some:
            threads[one.content.parts[0].text] = threading.current_thread().name
        count(told, some, *engines)

    monkeypatch.setattr(rehearsal, "count", noted)
    await predicted(house, Draft(changes=[Change(op=Op.ADD, category="absolute_claim", line="最牛")]), 2)
    assert threads[texts["long"]].startswith("chamber") and threads[texts["short"]] == threading.main_thread().name


async def test_a_period_bounds_what_is_tried(service):
    house = await House(service).open()
    await judged(house, list(a_day(random.Random(1), 30)))
    middle = now()
    await judged(house, list(a_day(random.Random(2), 12)))
    cast = await service.rulebook.cast(house.tenant, {})
    counts = []
    for period in (Period(until=middle), Period(since=middle), Period(last=5), Period()):
        made = service.rulebook.rehearsals.start(house.tenant, cast, period)
        await made.done.wait()
        counts.append(made.report["judged"])
    assert counts == [30, 12, 5, 42]
