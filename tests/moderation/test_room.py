"""What a room adds to its messages: pieces put together, floods, raids, echoes, replies; innocent crowds add none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moderation.reasons import Reasons
from moderation.room import NOTHING, RoomState, observe, recall
from moderation.types import Action
from tests.moderation.live import chat, speech

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.engine import Case, Engine
    from moderation.types import Content

Said = tuple[str, str]
"""A text and who says it."""


def hear(engine: Engine, contents: Sequence[Content]) -> list[Case]:
    return engine.hear(RoomState(), contents)[1]


def rules_of(case: Case) -> list[str]:
    return [item.rule for item in case.evidence if item.source == "room"]


SPLITS: list[tuple[str, list[Said]]] = [
    ("one character a line", [("加", "a"), ("微", "a"), ("信", "a")]),
    ("backwards", [("信", "a"), ("微", "a"), ("加", "a")]),
    ("two accounts take turns", [("加", "a"), ("666", "x"), ("微", "b"), ("好", "y"), ("信", "a")]),
    ("three accounts", [("加", "a"), ("微", "b"), ("1", "x"), ("信", "c")]),
    ("a pasted account", [("加v", "a"), ("多少钱", "x"), ("qingliu88", "a")]),
    ("a messenger and an account", [("扣扣", "a"), ("666", "x"), ("zyt48154", "a")]),
    ("a number in pieces", [("加q", "a"), ("7909", "a"), ("748", "a")]),
    ("a mobile number of one person", [("138", "a"), ("多少钱", "x"), ("0013", "a"), ("8000", "a")]),
    ("a mobile number of several", [("169", "x"), ("138", "a"), ("0013", "b"), ("8000", "c")]),
    ("a mobile number of two among prices", [("138", "a"), ("1699", "x"), ("00138000", "b")]),
    ("behind signs", [("加", "a"), ("。" * 20 + "微", "a"), ("😀" * 12 + "信", "a")]),
    ("a disguised letter", [("➕", "a"), ("薇", "a")]),
    ("a word that was said before", [("转账吗", "a"), ("转", "a"), ("账", "a")]),
]


@pytest.mark.parametrize("said", [said for _, said in SPLITS], ids=[name for name, _ in SPLITS])
def test_pieces_are_read_together(shipped: Engine, said: list[Said]) -> None:
    cases = hear(shipped, [chat(text, who, at * 2) for at, (text, who) in enumerate(said)])
    assert rules_of(cases[-1]) == ["room.split"]
    assert cases[-1].conclude().action >= Action.REVIEW


def test_a_completed_violation_retracts_the_pieces_that_passed(shipped: Engine) -> None:
    contents = [chat(text, "a", at) for at, text in enumerate("加微信")]
    last = hear(shipped, contents)[-1]
    assert [item.content_id for item in last.retracts] == [contents[0].id, contents[1].id]


FLOODS: list[tuple[str, list[Content], str]] = [
    ("one text again and again", [chat("主播骗人的大家不要买", at=at * 3) for at in range(4)], "room.same"),
    (
        "one text with edits",
        [chat(f"主播骗人的大家千万不要买{end}", at=at * 3) for at, end in enumerate(("呀", "哈", "了啊", "xk1"))],
        "room.same",
    ),
    ("a short text again and again", [chat("不好用", at=at * 3) for at in range(5)], "room.same"),
    ("many messages in a breath", [chat(f"第{at}条内容都不同", at=at * 0.5) for at in range(5)], "room.burst"),
    ("new accounts", [chat("这家店退钱退钱", f"n{at}", at, age=1) for at in range(4)], "room.raid"),
    (
        "accounts of unknown age that say one thing first",
        [chat(f"这家店的东西全是假的别买{end}", f"n{at}", at) for at, end in enumerate("呀哈啊吧嘛")],
        "room.raid",
    ),
    (
        "old accounts with one long text",
        [chat("今晚八点隔壁直播间有免费的锅大家快去领", f"o{at}", at, age=900) for at in range(5)],
        "room.crowd",
    ),
]


@pytest.mark.parametrize(("contents", "rule"), [row[1:] for row in FLOODS], ids=[row[0] for row in FLOODS])
def test_a_flood_is_found_by_its_fifth_message(shipped: Engine, contents: list[Content], rule: str) -> None:
    assert rule in rules_of(hear(shipped, contents)[-1])


INNOCENT: list[tuple[str, list[Content]]] = [
    ("chants", [chat("666", f"n{at}", at * 0.3, age=1) for at in range(60)]),
    ("a viewer who chants", [chat("哈哈哈", "a", at * 2.0) for at in range(12)]),
    ("gifts", [chat("小心心", "a", at * 0.1, name="gift") for at in range(60)]),
    (
        "what the host asks for",
        [speech("想要的宝宝公屏打清流好物四个字"), *[chat("清流好物", f"n{at}", at, age=1) for at in range(30)]],
    ),
    (
        "what the host asks for in other words",
        [
            speech("喜欢的把小满今天生日快乐打在公屏上好不好"),
            *[chat("小满今天生日快乐" * 2, f"n{at}", at) for at in range(20)],
        ],
    ),
    (
        "words of the host that were cut in two",
        [
            speech("来我们公屏走一波"),
            speech("清流好物加一", 4),
            *[chat("清流好物加一", f"n{at}", 5 + at) for at in range(20)],
        ],
    ),
    (
        "a chant of this room",
        [chat("妥妥的", f"n{at}", at, age=300) for at in range(4)]
        + [chat("妥妥的", "a", 5 + at * 3) for at in range(9)],
    ),
    ("one question of many", [chat("什么时候发货呀", f"n{at}", at, age=400) for at in range(12)]),
    (
        "single characters of different people that begin something else",
        [chat("加", "a"), chat("微", "b", 1), chat("点", "a", 2), chat("辣还是", "b", 3), chat("油", "a", 4)],
    ),
    ("the number of an order", [chat(text, "a", at) for at, text in enumerate(("订单号", "6921", "5583", "2210"))]),
    (
        "prices that the host has people guess",
        [speech("猜价格打在公屏上"), *[chat(text, text, 1 + at) for at, text in enumerate(("169", "1688", "1999"))]],
    ),
    ("sizes of one person", [chat(text, "a", at) for at, text in enumerate(("165", "110", "1999"))]),
    ("short talk", [chat(text, "a", at * 3) for at, text in enumerate(("好", "想要", "1", "上车", "有吗"))]),
]


@pytest.mark.parametrize("contents", [row[1] for row in INNOCENT], ids=[row[0] for row in INNOCENT])
def test_ordinary_repetition_is_no_finding(shipped: Engine, contents: list[Content]) -> None:
    assert [rules_of(case) for case in hear(shipped, contents)] == [[]] * len(contents)


def test_a_blocked_text_is_known_by_its_echo_and_its_replies(shipped: Engine) -> None:
    said = [("想要同款的加我微信，便宜一半", "a"), ("想要同款的加偶威新，便宜一半哦", "b"), ("怎么加", "c")]
    cases = hear(shipped, [chat(text, who, at) for at, (text, who) in enumerate(said)])
    assert [rules_of(case) for case in cases] == [[], ["room.echo"], ["room.reply"]]


def test_a_text_blocked_again_is_the_last_block(shipped: Engine) -> None:
    first, second = "想要同款的加我微信，便宜一半", "加微信领同款裙子"
    said = [(first, "a", 0), (second, "b", 10), (first, "a", 100), ("怎么加", "c", 105)]
    cases = hear(shipped, [chat(text, who, at) for text, who, at in said])
    assert rules_of(cases[-1]) == ["room.reply"]


def test_asking_viewers_to_spell_is_found(shipped: Engine) -> None:
    assert rules_of(hear(shipped, [chat("懂的把那个字打在公屏上")])[0]) == ["room.spell"]


def test_a_decision_tells_what_a_replay_needs(shipped: Engine) -> None:
    contents = [chat(text, "a", at) for at, text in enumerate("加微信")]
    for case in hear(shipped, contents):
        verdict = case.conclude()
        assert shipped.examine(case.content, room=recall(verdict.evidence)).conclude() == verdict


def test_a_room_is_a_value(shipped: Engine) -> None:
    rules = shipped.ruleset.live
    assert rules is not None
    before = RoomState()
    after, company = observe(before, chat("你好呀主播"), "你好呀主播", rules)
    assert company is NOTHING
    assert before == RoomState()
    assert after != before


@pytest.mark.parametrize(
    ("contents", "zh", "en"),
    [
        (
            [chat(text, "a", at) for at, text in enumerate("加微信")],
            "“信”：与2秒内的消息连读（1人，共3条），属于站外导流，依据平台规则",
            "“信”: read together with messages of 2 s (3 by 1 person(s)): Contact diversion",
        ),
        (
            [chat("这家店退钱退钱", f"n{at}", at, age=1) for at in range(4)],
            "“这家店退钱退钱”：3秒内4人发同一内容，其中4人是新账号或首次发言，属于刷屏与灌水",
            "“这家店退钱退钱”: 4 people said this within 3 s, 4 of them new or speaking first: Spam and flooding",
        ),
    ],
    ids=["split", "raid"],
)
def test_what_a_crowd_does_is_said_in_numbers(shipped: Engine, contents: list[Content], zh: str, en: str) -> None:
    case = hear(shipped, contents)[-1]
    item = next(item for item in case.evidence if item.source == "room")
    quote = case.content.parts[0].text
    assert Reasons(shipped.ruleset, case.content, "zh").found(item, quote).startswith(zh)
    assert Reasons(shipped.ruleset, case.content, "en").found(item, quote).startswith(en)
