"""The fold of a room: bounded and linear whatever is said, and equal in any batches. Each with its saboteur."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation import room as rooms
from moderation import roomstate
from moderation.room import NOTHING, RoomState, fold, forget, observe, remember, rest
from tests.moderation.live import START, chat, speech
from tests.small import steps_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.engine import Engine
    from moderation.liverules import LiveRules
    from moderation.types import Content

MOST_BYTES = 600_000
"""What a room may weigh when it is full."""


@pytest.fixture
def rules(shipped: Engine) -> LiveRules:
    assert shipped.ruleset.live is not None
    return shipped.ruleset.live


def weight(value: object, seen: set[int] | None = None) -> int:
    """The bytes of a value and of all that it holds."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return 0
    seen.add(id(value))
    total = sys.getsizeof(value)
    if isinstance(value, dict):
        return total + sum(weight(key, seen) + weight(item, seen) for key, item in value.items())
    if isinstance(value, (tuple, list, set, frozenset)):
        return total + sum(weight(item, seen) for item in value)
    slots: Sequence[str] = getattr(type(value), "__slots__", ())
    return total + sum(weight(getattr(value, name), seen) for name in slots)


def hostile(count: int) -> list[Content]:
    """Messages that fill every store: new people with long names, new texts, pieces, all at one moment."""
    long = "甲" * 200
    made = []
    for number in range(count):
        text = (
            f"{chr(0x4E00 + number)}{chr(0x5E00 + number % 977)}戊己庚辛壬癸{number}"
            if number % 2
            else f"加{number % 100}"
        )
        made.append(chat(text, f"{number}{long}", number / 1000))
    return made


def folded(contents: Sequence[Content], rules: LiveRules, after: RoomState | None = None) -> RoomState:
    state = RoomState() if after is None else after
    for content in contents:
        text = content.parts[0].text
        company = fold(state, content, text, rules)
        if company is not NOTHING or "庚" in text:
            rooms.block(state, content, text, "spam_flood")
    return state


def test_a_room_is_bounded_whatever_is_said(rules: LiveRules) -> None:
    assert weight(folded(hostile(1000), rules)) < MOST_BYTES


def test_the_bound_is_that_of_the_stores(rules: LiveRules, monkeypatch: pytest.MonkeyPatch) -> None:
    def put(self: roomstate.Recent[Any], key: str, value: Any, limit: int) -> None:
        assert limit
        self.fresh[key] = value

    monkeypatch.setattr(roomstate.Recent, "put", put)
    assert weight(folded(hostile(1000), rules)) > MOST_BYTES


def steps(contents: Sequence[Content], rules: LiveRules, after: RoomState) -> int:
    """How many operations the fold of some messages takes."""
    return steps_of(lambda: folded(contents, rules, after))


def crowded(count: int) -> list[Content]:
    """One text of many people: what a detector would have to look at again and again."""
    return [chat("今晚八点隔壁直播间免费领锅大家快去", f"n{number}", number * 0.01) for number in range(count)]


@pytest.mark.parametrize("messages", [hostile, crowded])
def test_the_fold_of_twice_as_many_messages_takes_twice_as_long(rules: LiveRules, messages: Any) -> None:
    few, many = (steps(messages(count), rules, RoomState()) for count in (150, 300))
    assert many <= 2.3 * few


def test_a_fold_that_looks_at_all_it_has_seen_is_noticed(rules: LiveRules, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "POSTS", 10_000)
    few, many = (steps(crowded(count), rules, RoomState()) for count in (60, 120))
    assert many > 2.3 * few


texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "加",
            "微",
            "信",
            "666",
            "",
            "骗子主播退钱退钱",
            "想要同款的加我微信",
            "懂的把那个字打在公屏",
            "v",
            "qingliu88",
        ]
    ),
)
said = st.lists(
    st.tuples(texts, st.sampled_from(["a", "b", "c", None]), st.floats(-100, 4e9), st.sampled_from([None, 0, 400])),
    max_size=12,
)


@given(said, st.integers(0, 12))
@settings(max_examples=12, deadline=None)
def test_any_messages_fold_alike_in_any_batches(shipped: Engine, messages: list[Any], cut: int) -> None:
    contents = [chat(text, who, at, age) for text, who, at, age in messages]
    whole, cases = shipped.hear(RoomState(), contents)
    half, first = shipped.hear(RoomState(), contents[:cut])
    single, second = half, []
    for content in contents[cut:]:
        single, heard = shipped.hear(single, [content])
        second += heard
    assert single == whole
    told = [case.conclude() for case in cases]
    assert [case.conclude() for case in (*first, *second)] == told
    for case, verdict in zip(cases, told, strict=True):
        for item in verdict.evidence:
            assert 0 <= item.span.start <= item.span.end <= len(case.content.parts[0].text)


def test_a_message_from_the_future_does_not_stop_the_room(shipped: Engine) -> None:
    contents = [chat("你好", "x", 9e8), *[chat(text, "a", at) for at, text in enumerate("加微信")]]
    assert shipped.hear(RoomState(), contents)[1][-1].evidence


def test_what_is_remembered_can_be_forgotten(shipped: Engine, rules: LiveRules) -> None:
    text = "主播的小号在隔壁开播了大家去看"
    state = remember(RoomState(), chat(text), text, "contact_diversion")
    assert observe(state, chat(text, "b", 5), text, rules)[1].findings[0].rule == "echo"
    assert observe(forget(state, text), chat(text, "b", 5), text, rules)[1] is NOTHING
    assert shipped.ruleset.live is rules


def test_a_room_at_rest_adds_what_it_would_have_added(rules: LiveRules) -> None:
    text = "主播的小号在隔壁开播了大家去看"
    busy = folded([*crowded(30), speech("公屏打好运来", 1)], rules)
    busy = remember(busy, chat(text), text, "contact_diversion")
    rested = rest(busy, START + 500, rules)
    assert weight(rested) < weight(busy) / 4
    for later in (chat(text, "b", 600), chat("好运来", "c", 600), *crowded(2)):
        at = later.at.timestamp() - START + 600
        moved = chat(later.parts[0].text, later.author.id, at)
        assert (
            observe(rested, moved, moved.parts[0].text, rules)[1] == observe(busy, moved, moved.parts[0].text, rules)[1]
        )


def test_a_room_soon_after_is_left_as_it_is(rules: LiveRules) -> None:
    busy = folded(crowded(5), rules)
    assert rest(busy, START + 30, rules) is busy


def test_nothing_is_not_blocked(rules: LiveRules) -> None:
    assert remember(RoomState(), chat("!!"), "", "contact_diversion") == RoomState()
    assert rules.limits.piece == 4


def test_who_sends_many_messages_of_chants_is_found_by_their_rate(rules: LiveRules) -> None:
    state, found = RoomState(), []
    for number in range(30):
        state, company = observe(state, chat("6" * (1 + number % 3), "a", number * 0.3), "6", rules)
        found += [item.rule for item in company.findings]
    assert "rate" in found


def test_texts_of_signs_alone_are_compared_too(rules: LiveRules) -> None:
    state = RoomState()
    for number in range(3):
        state, company = observe(state, chat("abc123xyz", "a", number), "abc123xyz", rules)
        assert company.findings == ()
