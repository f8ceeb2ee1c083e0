"""Flooding inside one text: held letters and pasted stretches; laughter is none."""

from __future__ import annotations

import pytest

from moderation.types import Action, Effect


@pytest.mark.parametrize(
    ("text", "kind", "times", "quote"),
    [
        ("啦" * 16, "held", 16, "啦" * 16),
        ("买" * 40, "held", 40, "买" * 40),
        ("来！" * 20, "held", 20, ("来！" * 20)[:-1]),
        ("哈" * 60, "held", 60, "哈" * 60),
        ("🔥" * 16, "signs", 16, "🔥" * 16),
        ("看这里" + "@" * 30, "signs", 30, "@" * 30),
        ("点点关注" * 6, "pasted", 6, "点点关注" * 6),
        ("加群领福利 " * 8, "pasted", 8, ("加群领福利 " * 8)[:-1]),
        ("看" * 3 + "主播好美" * 9, "pasted", 9, "主播好美" * 9),
        ("买" * 20 + "今天这条裙子是纯棉的，领口有一圈小碎花，洗了也不缩水", "held", 20, "买" * 20),
    ],
)
def test_flooding_is_found_with_its_stretch_and_count(text, kind, times, quote, court, judge) -> None:  # noqa: PLR0913, PLR0917
    (item,) = judge(court(), text, scene="live_chat").evidence
    assert (item.source, item.category, item.rule) == ("spam", "spam_flood", f"spam_flood.{kind}")
    assert item.facts == (("times", times),)
    assert text[item.span.start : item.span.end] == quote


@pytest.mark.parametrize(
    "text",
    [
        "哈" * 40, "呜" * 59, "6" * 30, "233" * 7, "啊" * 30,
        "啦" * 15,
        "🔥" * 15, "——————————————————————", "好吃！！！！！！！！！！！！！！！！！！", "……" * 20,
        "点点关注" * 4,
        "好看" * 11,
        "哈哈哈哈 " * 6,
        "这家店的面霜很好用，这家店的面霜很好用，这家店的面霜很好用，这家店的面霜很好用",
        "零一二三四五六七八九" * 3,
    ],
)  # fmt: skip
def test_laughter_and_a_little_repetition_pass(text, court, judge) -> None:
    verdict = judge(court(), text, scene="live_chat")
    assert (verdict.action, verdict.evidence) == (Action.PASS, ())


def test_flooding_passes_and_is_throttled(court, judge) -> None:
    verdict = judge(court(), "点点关注" * 6, scene="ugc")
    assert (verdict.action, verdict.effects, verdict.severity) == (Action.PASS, (Effect.THROTTLE,), 1)


def test_flooding_is_looked_for_in_the_scenes_of_its_category_only(court, judge) -> None:
    assert judge(court(), "点点关注" * 6, scene="ad").evidence == ()


def test_one_finding_of_a_kind_says_it_all(court, judge) -> None:
    verdict = judge(court(), "啦" * 20 + "点点关注" * 9 + "呀" * 20, scene="live_chat")
    assert sorted(item.rule for item in verdict.evidence) == ["spam_flood.held", "spam_flood.pasted"]


def test_each_part_is_looked_at_for_itself(court, judge) -> None:
    verdict = judge(court(), "点点关注" * 6, "面霜", "啦" * 20, scene="live_chat")
    assert {item.span.part for item in verdict.evidence} == {"part0", "part2"}
