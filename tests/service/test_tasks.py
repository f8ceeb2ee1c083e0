"""Work that is done for ever outlives its failures, and tasks end with the block that they stand beside."""

from __future__ import annotations

import asyncio
import threading

import pytest
from structlog.testing import capture_logs

from service.tasks import beside, forever, to_end


async def test_what_fails_is_told_and_done_again():
    done, thrice = [], asyncio.Event()

    async def work():
        done.append(1)
        if len(done) == 1:
            raise OSError("secret words")
        if len(done) == 3:
            thrice.set()

    with capture_logs() as logs:
        async with beside(work=forever(work, rest=0, failing="work not done", at_once=True)):
            await asyncio.wait_for(thrice.wait(), 5)
    (told,) = logs
    assert (told["event"], told["error"]) == ("work not done", "OSError")
    assert "secret words" not in str(told)


async def test_it_rests_first_unless_it_is_wanted_at_once():
    done = []

    async def work():
        done.append(1)

    async with beside(later=forever(work, rest=60, failing="")):
        await asyncio.sleep(0.01)
        assert done == []
    async with beside(now=forever(work, rest=60, failing="", at_once=True)):
        await asyncio.sleep(0.01)
        assert done == [1]


async def test_a_rest_ends_early_once_it_is_called():
    done, called = [], asyncio.Event()

    async def work():
        done.append(1)

    async with beside(work=forever(work, rest=60, failing="", at_once=True, called=called)):
        await asyncio.sleep(0.01)
        called.set()
        await asyncio.sleep(0.01)
        assert done == [1, 1]
        assert not called.is_set()


async def test_tasks_end_with_their_block_also_when_it_fails():
    ended = []

    async def lasting():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(asyncio.current_task().get_name())

    with pytest.raises(OSError, match="gone"):
        async with beside(one=lasting(), other=lasting()):
            await asyncio.sleep(0)
            raise OSError("gone")
    assert sorted(ended) == ["one", "other"]


async def test_who_is_cancelled_waits_for_the_thread():
    began, called_off, done = threading.Event(), threading.Event(), []

    def work():
        began.set()
        called_off.wait(5)
        done.append(1)
        raise OSError("nobody hears of it")

    doing = asyncio.create_task(to_end(work, called_off=called_off.set))
    await asyncio.to_thread(began.wait, 5)
    doing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await doing
    assert done == [1]


async def test_a_task_that_fails_is_told_at_once_and_the_others_go_on():
    async def failing():
        raise OSError("secret words")

    async def lasting():
        await asyncio.sleep(60)

    with capture_logs() as logs:
        async with beside(one=failing(), other=lasting()):
            await asyncio.sleep(0.01)
            (told,) = logs
    assert (told["event"], told["task"], told["error"]) == ("task failed", "one", "OSError")
    assert "secret words" not in str(told)
    assert len(logs) == 1
