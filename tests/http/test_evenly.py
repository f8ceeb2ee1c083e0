"""Answers on the beat: when they come tells nothing of how long the work took. On a clock that jumps: nobody waits."""

from __future__ import annotations

import asyncio
from time import perf_counter

import pytest

from service.http import pages, records, reviews
from service.http.evenly import on_the_beat
from service.rights import Role
from tests.http.ways import WAYS, told

BEAT = 0.05
SHOWN_BEAT = 0.06
NOBODYS = "01a21557-f51d-7a24-8d3d-99c45f8526b6"
LISTS = {"/v1/reviews", "/v1/search"}
"""They tell of many items at once."""
ABOUT_ONE = [
    f"{one.method} {one.path}"
    for one in (*reviews.ROUTES, *records.ROUTES, *pages.ROUTES)
    if one.path not in LISTS and (one.path.startswith("/v1/") or "{id}" in one.path)
]


class Jumping(asyncio.SelectorEventLoop):
    """A loop whose clock stands still while work is done, and jumps to the next timer."""

    def __init__(self):
        super().__init__()
        self.at, self._really = 0.0, self._selector.select
        self._selector.select = self._jump

    def _jump(self, timeout=None):
        self.at += timeout or 0.0
        return self._really(0)

    def time(self):
        return self.at


def left_at(work, beat=BEAT):
    """When an answer leaves, and what it is; the error where it is one."""
    with asyncio.Runner(loop_factory=Jumping) as runner:

        async def asked():
            try:
                given = await on_the_beat(work, beat)
            except ValueError as error:
                given = error
            return round(asyncio.get_running_loop().time(), 6), given

        return runner.run(asked())


async def worked(seconds, error=None):
    await asyncio.sleep(seconds)
    if error:
        raise error
    return "done"


@pytest.mark.parametrize(("seconds", "beats"), [(0, 1), (0.0004, 1), (0.031, 1), (0.0499, 1), (0.0501, 2), (0.12, 3)])
def test_an_answer_leaves_on_a_beat_however_long_the_work_took(seconds, beats):
    assert left_at(worked(seconds)) == (round(beats * BEAT, 6), "done")


async def busy(until):
    """Work that keeps the loop busy: its clock goes on, and timers are late."""
    await asyncio.sleep(0.01)
    asyncio.get_running_loop().at = until
    return "done"


@pytest.mark.parametrize(("until", "beats"), [(0.04, 1), (0.06, 2), (0.12, 3)])
def test_work_that_delays_the_clock_waits_for_the_beat_after(until, beats):
    assert left_at(busy(until)) == (round(beats * BEAT, 6), "done")


def test_a_refusal_leaves_on_a_beat_too():
    error = ValueError("held by another")
    assert left_at(worked(0.02, error)) == (BEAT, error)


def test_work_ends_with_who_asked_for_it():
    ended = []

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def asked():
        waiting = asyncio.create_task(on_the_beat(work(), BEAT))
        await asyncio.sleep(0.12)
        waiting.cancel()
        await asyncio.wait([waiting])
        await asyncio.sleep(0)
        return waiting.cancelled()

    with asyncio.Runner(loop_factory=Jumping) as runner:
        assert runner.run(asked())
    assert ended == [True]


def took(server, who, way):
    """Seconds that an answer about an item of nobody's took."""
    method, _, path = way.partition(" ")
    gaps = {"id": NOBODYS, "token": 1}
    began = perf_counter()
    reply = who.call(method, told(path, gaps), told(WAYS[way].body, gaps))
    seconds = perf_counter() - began
    assert reply.status in {200, 404}, (way, reply.body)
    return seconds


def test_every_route_about_one_item_answers_reviewers_on_the_beat(serving):
    with serving(even_answers=SHOWN_BEAT) as server:
        ann = server.hire("ann")
        early = [way for way in ABOUT_ONE if took(server, ann, way) < SHOWN_BEAT]
    assert len(ABOUT_ONE) >= 15
    assert early == []


@pytest.mark.parametrize(("role", "beat"), [(Role.SENIOR, 0.5), (Role.REVIEWER, 0.0)])
def test_nobody_waits_whom_golden_items_do_not_test_or_where_beats_are_off(serving, role, beat):
    with serving(even_answers=beat) as server:
        who = server.hire("sue", role)
        assert min(took(server, who, "GET /v1/reviews/{id}") for _ in range(3)) < 0.5
