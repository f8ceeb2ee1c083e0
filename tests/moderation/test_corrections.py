"""What a host puts right on air: which claim, by which words, and what only sounds like a correction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moderation.corrections import Speech, listen
from tests.moderation.live import chat, speech

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.corrections import Correction
    from moderation.engine import Engine
    from moderation.types import Content


def heard(engine: Engine, contents: Sequence[Content]) -> list[Correction]:
    state, found = Speech(), []
    assert engine.ruleset.live is not None
    for content in contents:
        state, made = listen(state, content, engine.examine(content).conclude(), engine.ruleset.live)
        found += made
    return found


CLAIM = "这款面霜是全国销量第一的品牌"


@pytest.mark.parametrize(
    "words", ["哎不好意思口误了我收回刚才那句", "更正一下是我们店里卖得比较好的", "刚才说错了啊没有这个排名"]
)
def test_a_correction_within_a_minute_names_claim_and_words(shipped: Engine, words: str) -> None:
    found = heard(shipped, [speech(CLAIM, 0), speech("来我们看质地", 10), speech(words, 30)])
    assert len(found) >= 1
    first = found[0]
    assert (first.claim.content_id, first.content_id, first.seconds) == ("speech-0", "speech-30", 30)
    assert first.claim.category == "absolute_claim"
    assert first.claim.words in CLAIM
    assert words[first.span.start :].startswith(first.cue)
    assert first.words == words[first.span.start : first.span.end]


def test_a_later_correction_is_of_what_was_said_just_before(shipped: Engine) -> None:
    found = heard(shipped, [speech(CLAIM, 0), speech("这个锅是五升的", 80), speech("口误是三升的", 85)])
    assert [(item.claim.content_id, item.claim.category) for item in found] == [("speech-80", "")]


def test_a_claim_taken_back_in_one_breath_is_recorded(shipped: Engine) -> None:
    found = heard(shipped, [speech("这个是全网最低价啊口误口误是今天的活动价", 0)])
    assert [item.claim.words for item in found] == ["全网最低价"]


def test_a_claim_is_corrected_once(shipped: Engine) -> None:
    assert len(heard(shipped, [speech(CLAIM, 0), speech("口误口误", 5), speech("口误口误", 15)])) == len(
        heard(shipped, [speech(CLAIM, 0), speech("口误口误", 5)])
    )


def test_the_claim_that_is_named_is_meant(shipped: Engine) -> None:
    contents = [speech("这是全网最低价", 0), speech("国家级的工艺", 5), speech("更正一下刚才说的全网最低价不对", 9)]
    assert [item.claim.words for item in heard(shipped, contents)] == ["全网最低价"]


def test_a_late_sentence_of_another_host_hides_no_claim(shipped: Engine) -> None:
    contents = [speech(CLAIM, 0, "a"), speech("大家晚上好", -0.5, "b"), speech("刚才口误，不是全国销量第一", 15, "a")]
    assert {item.claim.content_id for item in heard(shipped, contents)} == {"speech-0"}


def test_two_clocks_may_put_a_correction_before_its_claim(shipped: Engine) -> None:
    found = heard(shipped, [speech(CLAIM, 0), speech("哎不好意思口误了我收回刚才那句", -0.3)])
    assert [(item.claim.content_id, item.seconds) for item in found[:1]] == [("speech-0", 0)]
    assert heard(shipped, [speech(CLAIM, 0), speech("哎不好意思口误了我收回刚才那句", -30)]) == []


def test_each_host_takes_back_their_own_last_sentence(shipped: Engine) -> None:
    contents = [speech("这个锅是五升的", 0, "a"), speech("大家晚上好", 5, "b"), speech("口误是三升的", 9, "a")]
    assert [item.claim.content_id for item in heard(shipped, contents)] == ["speech-0"]
    assert heard(shipped, [*contents[1:], speech("口误是六升的", 12, "a")]) == []


def test_what_is_yet_to_be_said_is_not_taken_back(shipped: Engine) -> None:
    assert heard(shipped, [speech("这个锅是五升的", 0), speech("口误是三升的", -30)]) == []
    assert len(heard(shipped, [speech("这个锅是五升的", 0), speech("口误是三升的", -3)])) == 1


@pytest.mark.parametrize(
    ("words", "corrected"), [("这个价格我说错了，是九十九元", 0), ("她口误了，没有全国销量第一这回事", 1)]
)
def test_another_hosts_slip_is_no_correction_unless_it_names_the_claim(
    shipped: Engine, words: str, corrected: int
) -> None:
    found = heard(shipped, [speech(CLAIM, 0, "a"), speech(words, 15, "b")])
    assert min(len(found), 1) == corrected


@pytest.mark.parametrize("words", ["这个枕头可以纠正坐姿", "我没有说错就是这个价", "多少钱我再报一遍"])
def test_what_only_sounds_like_one_is_none(shipped: Engine, words: str) -> None:
    assert heard(shipped, [speech(CLAIM, 0), speech(words, 10)]) == []


def test_viewers_correct_nobody(shipped: Engine) -> None:
    assert heard(shipped, [speech(CLAIM, 0), chat("主播口误了吧", at=5)]) == []
