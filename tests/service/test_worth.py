"""What people decide at the desk, term by term: passed, blocked, blocked for something else, taken back, appealed."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest
import pytest_asyncio

from moderation.types import Action, Content, Part, Scene
from service.keys import Caller
from service.review.appeals import Appealed
from service.review.desk import Sorts
from service.review.rulings import Ruling
from service.review.verdict import Reason
from service.rights import RIGHTS_OF, Role
from service.settings import Settings
from service.wiring import open_service
from tests.small import ABUSE, CLAIMS, DOUBTFUL, hire, small_rules

pytestmark = pytest.mark.asyncio(loop_scope="module")
FALSE, TRUE = Ruling(Action.PASS), Ruling(Action.BLOCK, (Reason("abuse_insult"),))
OTHER = Ruling(Action.BLOCK, (Reason("spam_flood"),))


class Desk:
    """A house with two seniors, who decide contents by their ids."""

    def __init__(self, service, ids):
        self.service = service
        self.ann, self.sue = (Caller("shop", id_, RIGHTS_OF[Role.SENIOR]) for id_ in ids)

    async def judged(self, text, *ids):
        scene = Scene.UGC if text == DOUBTFUL else Scene.AD
        contents = [Content(scene=scene, parts=(Part("text", f"{text}，{id_}号"),), at=NOW, id=id_) for id_ in ids]
        return [one.id for one in await self.service.moderation.many(Caller("shop", "k"), contents)]

    async def decide(self, who, content_id, ruling):
        (listed,) = await self.service.desk_reads.items_of("shop", content_id)
        row = await self.service.desk.claim_one(who, listed.row[0])
        return await self.service.desk.decide(who, row.id, row.token, ruling)

    async def appealed(self, who, outcome):
        (row,) = await self.service.desk.claim(who, sorts=Sorts(kinds=("appeal",)))
        await self.service.desk.decide(who, row.id, row.token, Ruling(None, outcome=outcome))

    async def terms(self):
        economics = await self.service.rulebook.worth.of("shop")
        index = await self.service.rulebook.catalogue.of(self.service.rules.engine.ruleset)
        return {(index.text(rule), scene): term for (rule, scene), term in economics.terms.items()}


NOW = datetime(2026, 11, 26, 6, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[False, True], ids=["plain", "sealed"])
async def desk(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    files = {"ad_law/absolute_claim.txt": CLAIMS, "safety/abuse_insult.txt": ABUSE}
    rules = small_rules(folder / "lexicons", files)
    settings = Settings(data=folder / "data", lexicons=rules, expert="off")
    async with open_service(settings.model_copy(update={"seal_contents": request.param})) as service:
        await service.keys.create("shop")

        for id_ in ("ann", "sue"):
            await service.ledger.visit(partial(hire, id_=id_, role="senior"))
        yield Desk(service, ("ann", "sue"))


async def test_each_last_word_counts_once_and_what_was_taken_back_not_at_all(desk):
    await desk.judged(DOUBTFUL, *"abcde")
    await desk.decide(desk.ann, "a", FALSE)
    await desk.decide(desk.ann, "b", TRUE)
    await desk.decide(desk.ann, "c", OTHER)
    row = await desk.decide(desk.ann, "d", TRUE)
    assert (await desk.terms())["傻瓜蛋", "ugc"].decided == 4
    await desk.service.desk.undo(desk.ann, row.id)
    term = (await desk.terms())["傻瓜蛋", "ugc"]
    assert (term.decided, term.upheld) == (3, 1)
    assert {hit.text for hit in term.false_contexts} == {"傻瓜蛋"}
    assert {hit.left for hit in term.false_contexts} == {"就是个"}


async def test_appeals_correct_people_and_tell_of_the_engine(desk):
    decisions = await desk.judged("国家级面霜", "x", "y")
    for decision in decisions:
        await desk.service.desk.appeal("shop", Appealed(decision, "", "maker", "有证书"))
    await desk.appealed(desk.ann, "overturned")
    assert (await desk.terms())["国家级", "ad"].confirmed == 0
    await desk.appealed(desk.ann, "upheld")
    term = (await desk.terms())["国家级", "ad"]
    assert (term.decided, term.overturned, term.confirmed) == (0, 1, 1)


async def test_it_is_added_up_once_until_somebody_decides(desk):
    worth = desk.service.rulebook.worth
    assert await worth.of("shop") is await worth.of("shop")
    assert (await worth.of("nobody")).terms == {}
