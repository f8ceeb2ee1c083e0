"""Suggestions that the text expert reads too: where it would not let a text pass, they say that people decide."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from moderation.types import SHANGHAI, TEXT, Content, Missing, Opinion, Part, Scene, Score, Span
from service.suggesting import suggestions

AT = datetime(2026, 11, 28, 12, tzinfo=SHANGHAI)
DOUBT = Opinion(TEXT, "ngram@0123456789ab", (Score("ad_law", 870, 440, Span("text", 0, 4)),))
FINE = Opinion(TEXT, "ngram@0123456789ab")


class Listener:
    """An expert that answers every content alike, and keeps what it was asked."""

    def __init__(self, answer: Opinion | Missing) -> None:
        self.answer, self.asked = answer, []

    def ask(self, cases, tenant, *, patient=False):
        self.asked += [case.content.parts[0].text for case in cases]
        answers = [asyncio.get_running_loop().create_future() for _ in cases]
        for future in answers:
            future.set_result(self.answer)
        return answers


def ad(text: str) -> Content:
    return Content(scene=Scene.AD, parts=(Part("text", text),), at=AT)


@pytest.mark.parametrize(
    ("text", "answer", "reason"),
    [
        ("这款锅最好用，容量五升", FINE, ""),
        ("这款锅最好用，容量五升", DOUBT, "for_people"),
        ("这款锅最好用，容量五升", Missing(TEXT, "deadline"), ""),
        ("这款锅容量五升", FINE, "not_needed"),
        ("这款锅容量五升", DOUBT, "for_people"),
    ],
)
async def test_what_the_expert_would_not_let_pass_is_for_people(text, answer, reason, shipped):
    listener = Listener(answer)
    (found,) = await suggestions(shipped, [ad(text)], listener)
    assert found.reason == reason
    assert bool(found.parts) is ("最好用" in text)
    assert listener.asked == [text.replace("最好用", "很好用")]


async def test_what_has_no_wording_is_not_read(shipped):
    listener = Listener(DOUBT)
    found = await suggestions(shipped, [ad("高价收银行卡，四件套也要"), ad("这款锅容量五升")], listener)
    assert [one.reason for one in found] == ["no_lawful_wording", "for_people"]
    assert listener.asked == ["这款锅容量五升"]


async def test_without_an_expert_the_rules_decide(shipped):
    (found,) = await suggestions(shipped, [ad("这款锅最好用，容量五升")], None)
    assert found.parts[0].text == "这款锅很好用，容量五升"
