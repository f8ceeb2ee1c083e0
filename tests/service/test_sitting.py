"""Single contents that come together: judged together, answered and failed apart."""

from __future__ import annotations

import asyncio
from collections import Counter
from threading import get_ident
from time import process_time, thread_time

import pytest

from moderation.types import Action, Author
from service.chamber import HEAVY_SECONDS, Chamber
from service.keys import Caller
from service.moderate import BATCHES_HELD, BATCHES_IN_WORK
from service.sitting import SLICE_CONTENTS

RIVAL = Caller("rival", "k2")


@pytest.fixture
def companies(service, monkeypatch):
    """How many contents were read at once, each time."""
    sizes = []
    read_many = service.rules.engine.read_many

    def noted(contents):
        sizes.append(len(contents))
        return read_many(contents)

    monkeypatch.setattr(service.rules.engine, "read_many", noted)
    return sizes


async def test_what_comes_together_is_judged_together_and_answered_apart(service, caller, content, companies):
    texts = ["好用的面霜", "国家级面霜"] * 20
    asked = [service.moderation.one(caller, content(text, id=f"p{n}")) for n, text in enumerate(texts)]
    decided = await asyncio.gather(*asked)
    assert companies == [40]
    assert [one.content.id for one in decided] == [f"p{n}" for n in range(40)]
    assert [one.verdict.action for one in decided] == [Action.PASS, Action.BLOCK] * 20
    assert [await service.moderation.get(caller, one.id) for one in decided[:2]] == decided[:2]


async def test_a_rush_is_judged_in_slices(service, caller, content, companies):
    await asyncio.gather(*(service.moderation.one(caller, content("好用")) for _ in range(3 * SLICE_CONTENTS)))
    assert sum(companies) == 3 * SLICE_CONTENTS
    assert max(companies) <= SLICE_CONTENTS


async def test_tenants_take_turns_so_that_ones_rush_is_nobody_elses_wait(service, caller, content, monkeypatch):
    await service.keys.create("rival")
    slices, read_many = [], service.rules.engine.read_many

    def noted(contents):
        slices.append([one.id for one in contents])
        return read_many(contents)

    monkeypatch.setattr(service.rules.engine, "read_many", noted)
    asked = [service.moderation.one(caller, content("好用", id=f"p{n}")) for n in range(3 * SLICE_CONTENTS)]
    await asyncio.gather(*asked, service.moderation.one(RIVAL, content("好用", id="rival's")))
    assert slices[0][:3] == ["p0", "rival's", "p1"]


async def test_who_holds_the_event_loop_more_than_once_is_judged_in_a_thread(service, caller, content, monkeypatch):
    await service.keys.create("rival")
    threads, examine = [], service.rules.engine.examine

    def costly(asked, *reading):
        threads.append(get_ident())
        until = process_time() + 4 * HEAVY_SECONDS * (asked.author.id == "costly")
        while process_time() < until:
            pass
        return examine(asked, *reading)

    monkeypatch.setattr(service.rules.engine, "examine", costly)
    for who, name in ((caller, "costly"), (caller, "costly"), (caller, "u1"), (RIVAL, "u2"), *[(caller, "u1")] * 5):
        await service.moderation.one(who, content("好用", author=Author(id=name)))
    here = [one == get_ident() for one in threads]
    assert here[:4] == [True, True, False, True]  # once is a pause of the interpreter
    assert here[-1]


@pytest.mark.parametrize("batch", [True, False])
async def test_no_more_is_judged_at_a_turn_of_the_event_loop_than_a_slice_of_time_holds(
    service, caller, content, monkeypatch, batch
):
    """Both tenants' contents take 3 ms each; of 40 that came at once, no turn may judge more than 8 ms hold."""
    await service.keys.create("rival")
    turns, turn, examine = [], [0], service.rules.engine.examine

    def costly(asked, *reading):
        turns.append((turn[0], asked.id.split()[0]))
        until = thread_time() + 0.003
        while thread_time() < until:
            pass
        return examine(asked, *reading)

    async def count():
        while True:
            turn[0] += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(service.rules.engine, "examine", costly)
    counting = asyncio.ensure_future(count())
    theirs = {who: [content("好用", id=f"{who.tenant} {n}") for n in range(20)] for who in (caller, RIVAL)}
    if batch:
        asked = [service.moderation.many(*one) for one in theirs.items()]
    else:
        asked = [service.moderation.one(who, one) for who, contents in theirs.items() for one in contents]
    await asyncio.gather(*asked)
    counting.cancel()
    assert len(turns) == 40
    assert max(Counter(when for when, _ in turns).values()) <= 3
    assert {who for _, who in turns[:8]} == {"shop", "rival"}


async def test_a_tenants_batches_are_worked_on_a_few_at_a_time_and_another_tenants_do_not_wait(service):
    work, open_ = service.moderation, asyncio.Event()

    async def batch(tenant):
        async with work.batch(tenant):
            begun.append(tenant)
            await open_.wait()

    begun = []
    asked = [asyncio.ensure_future(batch("shop")) for _ in range(BATCHES_HELD)]
    asked += [asyncio.ensure_future(batch("rival"))]
    await asyncio.sleep(0.01)
    assert begun == ["shop"] * BATCHES_IN_WORK + ["rival"]
    assert work.full_of("shop") and not work.full_of("rival")
    assert work.batches.total() == BATCHES_HELD + 1
    open_.set()
    await asyncio.gather(*asked)
    assert not work.batches and not work.full_of("shop")


async def test_tenants_take_turns_in_the_thread_and_what_nobody_waits_for_is_not_done():
    chamber, done = Chamber(), []
    asked = [asyncio.ensure_future(chamber.does(*one)) for one in [("a", done.append, n) for n in range(4)]]
    other = asyncio.ensure_future(chamber.does("b", done.append, "b"))
    await asyncio.sleep(0)
    asked[2].cancel()
    await asyncio.gather(*asked, other, return_exceptions=True)
    assert done == [0, "b", 1, 3]


async def test_what_cannot_be_stored_fails_alone(service, caller, content):
    asked = [service.moderation.one(caller, content(text)) for text in ("好用", "\ud800", "好用")]
    first, bad, last = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(bad, ValueError)
    assert first.verdict.action is last.verdict.action is Action.PASS


async def test_a_fault_in_the_engine_reaches_everybody_and_passes(service, caller, content, monkeypatch):
    def broken(_):
        raise RuntimeError("fault")

    with monkeypatch.context() as patch:
        patch.setattr(service.rules.engine, "read_many", broken)
        asked = [service.moderation.one(caller, content("好用")) for _ in range(3)]
        heard = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 5)
    assert [type(one) for one in heard] == [RuntimeError] * 3
    assert (await service.moderation.one(caller, content("好用"))).verdict.action is Action.PASS


async def test_who_left_before_the_sitting_leaves_no_decision(service, caller, content):
    gone = asyncio.create_task(service.moderation.one(caller, content("好用", id="gone")))
    await asyncio.sleep(0)
    gone.cancel()
    await service.moderation.one(caller, content("好用", id="here"))
    assert gone.cancelled()
    assert await service.moderation.history(caller, "gone") == []
    assert len(await service.moderation.history(caller, "here")) == 1
