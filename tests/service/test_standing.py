"""What a person decided stands for the text it was about: sent again as it was, and sent again after it was edited."""

from __future__ import annotations

import json

import pytest

from moderation.types import Action, Author, Scene
from service.review.intake import Said
from service.rights import Role
from service.store.journal import LOOKS_BACK
from tests.service.test_desk import BLOCK, DOUBTFUL, PASS, house, lexicons  # noqa: F401 - fixtures


@pytest.fixture
async def ann(house):  # noqa: F811 - the fixture
    return await house.person("ann")


@pytest.fixture
async def sue(house):  # noqa: F811 - the fixture
    return await house.person("sue", Role.SENIOR)


async def test_a_persons_decision_stands_again_when_an_edit_is_taken_back(house, ann, content):  # noqa: F811 - the fixture
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    closed = await house.desk.decide(ann, row.id, row.token, PASS)
    await house.judge(content, ("a", DOUBTFUL + "，滚"))
    (back,) = await house.judge(content, ("a", DOUBTFUL))
    assert (back.by, back.verdict.action, back.content.version) == (ann.id, Action.PASS, 3)
    assert house.acts(back.id) == ["decision.followed"]
    ((body,),) = house.rows("SELECT body FROM acts WHERE subject = ?", back.id)
    told = json.loads(body)["facts"]
    assert (told["follows"], told["by"], told["version"]) == (closed.outcome, ann.id, 3)
    engines = await house.service.moderation.get(house.key, back.supersedes)
    assert (engines.by, engines.verdict.action, engines.content.version) == ("engine", Action.REVIEW, 3)
    assert house.rows("SELECT state, outcome FROM reviews WHERE id = ?", row.id) == [("closed", back.id)]
    (again,) = await house.judge(content, ("a", DOUBTFUL))
    assert (again.id, again.by) == (back.id, ann.id)


async def test_a_block_stands_again_too_and_counts_once(house, ann, content):  # noqa: F811 - the fixture
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    await house.desk.decide(ann, row.id, row.token, BLOCK)
    fine, back, other = await house.judge(content, ("a", "很好用"), ("a", DOUBTFUL), ("b", DOUBTFUL))
    assert [one.verdict.action for one in (fine, back, other)] == [Action.PASS, Action.BLOCK, Action.REVIEW]
    assert (back.by, back.verdict.categories, other.by) == (ann.id, ("abuse_insult",), "engine")
    assert house.rows("SELECT count(*) FROM blocks") == [(1,)]


async def test_the_last_decision_on_a_text_is_followed_and_none_that_was_taken_back(house, ann, sue, content):  # noqa: F811 - the fixture
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    await house.desk.decide(ann, row.id, row.token, BLOCK)
    await house.desk.undo(ann, row.id)
    _, back = await house.judge(content, ("a", "很好用"), ("a", DOUBTFUL))
    assert (back.by, back.verdict.action) == ("engine", Action.REVIEW)
    for ruling in (PASS, BLOCK):
        await house.desk.file("shop", Said("report", "a", f"r{ruling.action}", "spam"))
        (row,) = await house.desk.claim(sue)
        await house.desk.decide(sue, row.id, row.token, ruling)
    _, back = await house.judge(content, ("a", "很好用"), ("a", DOUBTFUL))
    assert (back.by, back.verdict.action) == (sue.id, Action.BLOCK)


@pytest.mark.parametrize(
    "change",
    [
        {"scene": Scene.TITLE},
        {"commercial": True},
        {"industry": "cosmetics"},
        {"author": Author(id="another")},
        {"room": "another"},
    ],
)
async def test_what_a_verdict_may_depend_on_is_part_of_the_text(house, ann, content, change):  # noqa: F811 - the fixture
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    await house.desk.decide(ann, row.id, row.token, PASS)
    asked = content(DOUBTFUL, id="a", **{"scene": Scene.UGC} | change)
    changed = await house.service.moderation.one(house.key, asked)
    assert (changed.by, changed.content.version) == ("engine", 2)


async def test_a_text_is_known_again_after_a_bounded_number_of_edits(house, ann, content):  # noqa: F811 - the fixture
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    await house.desk.decide(ann, row.id, row.token, PASS)
    edits = [("a", f"很好用{'啊' * number}") for number in range(1, LOOKS_BACK + 1)]
    await house.judge(content, *edits[:-1])
    (back,) = await house.judge(content, ("a", DOUBTFUL))
    assert back.by == ann.id
    await house.judge(content, *edits)
    (late,) = await house.judge(content, ("a", DOUBTFUL))
    assert late.by == "engine", "what follows a decision is not followed, the decision is"
