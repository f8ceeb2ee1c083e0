"""The text expert in the house: whatever becomes of it, every verdict says so, and nobody waits beyond the deadline."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import numpy as np
import orjson
import pytest

from models import ngram
from models.card import HEADS
from moderation.types import DOUBTED, TEXT, Action, Missing, Opinion, Part, Scene
from service import wiring_expert
from service.experts import ENOUGH_TEXTS, LONG, Hearing, answers, name_of
from service.sitting import SLICE_CONTENTS
from service.wiring import open_service
from service.wiring_expert import ExpertRefused
from tests.small import terms

CASES = Path(__file__).parents[1] / "cases" / "expert"
LABELS = HEADS
GENEROUS = {Scene.LIVE_CHAT, Scene.UGC}
BAD = "坏"
WALK = "今天在河边走了很远的路，看见三只水鸟和一片芦苇，桥那头有人卖糖葫芦，风把帽子吹跑了两回，"
AMPLE = {"expert_deadline": 20.0, "expert_deadline_live_chat": 20.0}
"""Whoever answers has time to, on a busy machine too: late is only what a test makes so."""
LIGHT = terms("abuse_insult", "近亲结婚 | weight: 60")


@dataclass(frozen=True)
class FakeCard:
    name: str = "fake"
    sha256: str = "0123456789abcdef"
    labels: tuple = LABELS
    thresholds: dict = field(default_factory=lambda: dict.fromkeys(LABELS, 0.5))
    band: float = 0.02


class Fake:
    """A model that finds one character abusive, and otherwise does what a test wants of it."""

    def __init__(self, fault=None):
        self.card, self.fault = FakeCard(), fault
        self.calls = []
        self.release = threading.Event()

    def scores(self, texts):
        self.calls.append(list(texts))
        found = np.zeros((len(texts), len(LABELS)))
        found[:, 0] = [0.9 if BAD in text else 0.2 for text in texts]
        return self.fault(self, texts, found) if self.fault else found

    def explain(self, text, head, *, most=10):
        place = text.index(BAD)
        return [(place, place + 1, 2.5)][:most] if head == "abuse" else []


def failing(model, texts, found):
    raise RuntimeError("out of memory")


def killed(model, texts, found):
    raise SystemExit(1)


def hung(model, texts, found):
    model.release.wait(20)
    return found


def slow(model, texts, found):
    time.sleep(0.4)
    return found


def busy(model, texts, found):
    time.sleep(0.03)
    return found


def not_a_number(model, texts, found):
    found[:, 3] = np.nan
    return found


def beyond_one(model, texts, found):
    return found + 1


def too_few_rows(model, texts, found):
    return found[:-1]


def too_few_heads(model, texts, found):
    return found[:, :3]


def no_table(model, texts, found):
    return found.tolist()


def nothing(model, texts, found):
    return None


FAULTS = [
    (failing, "failed"),
    (killed, "failed"),
    (hung, "deadline"),
    (slow, "deadline"),
    (not_a_number, "not_a_number"),
    (beyond_one, "not_a_number"),
    (too_few_rows, "wrong_shape"),
    (too_few_heads, "wrong_shape"),
    (no_table, "wrong_shape"),
    (nothing, "wrong_shape"),
]


@pytest.fixture
def house(settings, monkeypatch):
    """A service that hears this model: ``async with house(model) as (service, caller)``."""

    @asynccontextmanager
    async def opened(model, **changed):
        monkeypatch.setattr(wiring_expert, "open_expert", lambda _: model)
        chosen = settings.model_copy(update={"expert": "ngram", **AMPLE, **changed})
        async with open_service(chosen) as service:
            _, secret = await service.keys.create("shop")
            try:
                yield service, await service.keys.caller(secret)
            finally:
                if isinstance(model, Fake):
                    model.release.set()

    return opened


async def test_a_score_reaches_the_verdict_and_is_on_record(house, content):
    model = Fake()
    async with house(model) as (service, caller):
        decided = await service.moderation.one(caller, content("这个人真坏透了", scene=Scene.UGC, id="p1"))
        (item,) = decided.verdict.evidence
        assert decided.verdict.action is Action.REVIEW
        assert not decided.verdict.degraded
        assert (item.source, item.category, item.span.start, item.span.end) == (TEXT, "abuse_insult", 0, 7)
        assert item.note == name_of(model) == "fake@0123456789ab"
        assert item.facts == (("score_milli", 900), ("threshold_milli", 500))
        assert (await service.moderation.get(caller, decided.id)).verdict == decided.verdict
        clean = await service.moderation.one(caller, content("这一瓶面霜而已", scene=Scene.UGC))
        assert (clean.verdict.action, clean.verdict.degraded) == (Action.PASS, False)


@pytest.mark.parametrize(("fault", "why"), FAULTS, ids=[fault.__name__ for fault, _ in FAULTS])
async def test_without_its_answer_every_verdict_is_degraded_as_its_scene_says(house, content, fault, why):
    late = (
        {"expert_deadline": 0.1, "expert_deadline_live_chat": 0.05, "batch_deadline": 0.1} if why == "deadline" else {}
    )
    async with house(Fake(fault), **late) as (service, caller):
        contents = [content("这一瓶面霜而已", scene=scene) for scene in Scene]
        single = await asyncio.gather(*(service.moderation.one(caller, one) for one in contents))
        batch = await service.moderation.many(caller, contents)
        long = await service.moderation.many(caller, [content("面霜很好" * 800, scene=Scene.AD)])
        for decided in (*single, *batch, *long):
            verdict, scene = decided.verdict, decided.content.scene
            assert verdict.degraded
            assert verdict.missing == (Missing(TEXT, why),)
            assert verdict.action is (Action.PASS if scene in GENEROUS else Action.REVIEW)
            assert (await service.moderation.get(caller, decided.id)).verdict == verdict


@pytest.mark.parametrize("fault", [failing, hung, not_a_number], ids=lambda fault: fault.__name__)
async def test_what_rules_found_stands_without_the_expert(house, content, fault):
    async with house(Fake(fault), expert_deadline=0.05) as (service, caller):
        decided = await service.moderation.one(caller, content("一瓶国家级面霜"))
        assert decided.verdict.action is Action.BLOCK
        assert decided.verdict.degraded


async def test_under_load_nothing_passes_silently(house, content):
    """The model hangs in the middle of a rush and comes back: each verdict is either scored or degraded."""
    model = Fake()
    async with house(model, expert_deadline_live_chat=0.5, expert_queue=64) as (service, caller):

        async def rush(count):
            asked = [content(f"这里真的又坏了{n}", scene=Scene.LIVE_CHAT) for n in range(count)]
            return await asyncio.gather(*(service.moderation.one(caller, one) for one in asked))

        before = await rush(50)
        assert {decided.verdict.action for decided in before} == {Action.REVIEW}
        model.fault = hung
        during = await rush(200)
        assert {one.why for decided in during for one in decided.verdict.missing} == {"deadline", "overloaded"}
        for decided in during:
            assert decided.verdict.degraded != bool(decided.verdict.evidence)
            assert decided.verdict.degraded
        model.fault = None
        model.release.set()
        while service.hearing.waiting:  # noqa: ASYNC110 - another thread's doing
            await asyncio.sleep(0.01)
        after = await rush(50)
        assert not any(decided.verdict.degraded for decided in after)
        assert {decided.verdict.action for decided in after} == {Action.REVIEW}
        assert service.hearing.waiting == 0


async def test_without_a_deadline_a_hung_expert_would_hold_the_verdict(house, content):
    """The sabotage twin of the tests above: it is the deadline that answers, and nothing else."""
    model = Fake(hung)
    async with house(model, expert_deadline=20.0) as (service, caller):
        asked = asyncio.ensure_future(service.moderation.one(caller, content("这一瓶面霜而已")))
        await asyncio.sleep(0.3)
        assert not asked.done()
        model.release.set()
        assert not (await asked).verdict.degraded


async def test_a_big_batch_does_not_wait_for_a_hung_expert_again_and_again(house, content):
    async with house(Fake(hung), batch_deadline=0.1) as (service, caller):
        took = []
        service.hearing.on_heard = lambda _, seconds: took.append(seconds)
        began = time.process_time()
        decided = await service.moderation.many(
            caller, [content("这瓶面霜很好用", scene=Scene.UGC) for _ in range(1000)]
        )
        assert all(one.verdict.degraded for one in decided)
        assert time.process_time() - began < 1.4
        pieces = SLICE_CONTENTS // ENOUGH_TEXTS
        assert len([seconds for seconds in took if seconds >= 0.1]) <= 2 * pieces  # of two slices, those asked at once


async def test_batches_side_by_side_are_heard_whole_while_single_contents_have_no_time(house, content):
    async with house(Fake(busy), expert_deadline=0.1) as (service, caller):
        contents = [content(f"这是后来的第{n}条", scene=Scene.UGC) for n in range(64)]
        batches = await asyncio.gather(*(service.moderation.many(caller, contents) for _ in range(4)))
        assert not any(one.verdict.degraded for batch in batches for one in batch)
        single = await asyncio.gather(*(service.moderation.one(caller, one) for one in contents * 2))
        assert any(one.verdict.degraded for one in single)


async def test_a_slow_expert_does_not_hold_the_event_loop(house, content):
    async with house(Fake(slow), expert_deadline=1.0) as (service, caller):
        asked = asyncio.ensure_future(service.moderation.one(caller, content("这一瓶面霜而已")))
        turns = 0
        while not asked.done():
            await asyncio.sleep(0.005)
            turns += 1
        assert turns > 20
        assert not asked.result().verdict.degraded


async def test_one_text_that_the_model_fails_on_degrades_no_neighbour(house, content):
    def picky(model, texts, found):
        if any("毒" in text for text in texts):
            raise ValueError("this one")
        return found

    async with house(Fake(picky)) as (service, caller):
        contents = [content("这里面真的有毒" if n == 7 else "这一瓶面霜而已", scene=Scene.UGC) for n in range(20)]
        decided = await service.moderation.many(caller, contents)
        assert [n for n, one in enumerate(decided) if one.verdict.degraded] == [7]


async def test_a_batch_is_asked_a_slice_at_once_and_singles_share_a_call(house, content):
    model = Fake()
    async with house(model) as (service, caller):
        await service.moderation.many(caller, [content(f"这是后来的第{n}条", scene=Scene.UGC) for n in range(40)])
        assert [len(texts) for texts in model.calls] == [16, 16, 8]
        model.calls.clear()
        model.fault = hung
        first = asyncio.ensure_future(service.moderation.one(caller, content("这一瓶面霜而已", scene=Scene.AD)))
        while not model.calls:  # noqa: ASYNC110 - another thread's doing
            await asyncio.sleep(0.001)
        asked = [service.moderation.one(caller, content(f"这是后来的第{n}条", scene=Scene.AD)) for n in range(12)]
        others = asyncio.gather(*asked)
        while service.hearing.waiting < 13:  # noqa: ASYNC110 - another thread's doing
            await asyncio.sleep(0.001)
        model.release.set()
        await asyncio.gather(first, others)
        assert [len(texts) for texts in model.calls] == [1, 12]


async def test_a_content_without_text_is_not_asked_about(house, content):
    model = Fake(failing)
    async with house(model) as (service, caller):
        decided = await service.moderation.one(caller, content("  "))
        assert not decided.verdict.degraded
        assert model.calls == []


async def test_whoever_asks_after_the_end_is_told_that_nobody_is_there(shipped, content):
    hearing = Hearing(Fake(), deadlines=dict.fromkeys(Scene, 1.0), patience=1.0, queue_texts=64)
    case = shipped.examine(content("这一瓶面霜而已"))
    assert await hearing.ask([case])[0] == Missing(TEXT, "absent")
    hearing.start()
    assert isinstance(await hearing.ask([case])[0], Opinion)
    await hearing.close()
    assert await hearing.ask([case])[0] == Missing(TEXT, "absent")


async def test_tenants_take_turns_with_the_expert(shipped, content):
    began, on = threading.Event(), threading.Event()

    def held(model, texts, found):
        began.set()
        on.wait(5)
        return found

    model = Fake(held)
    hearing = Hearing(model, deadlines=dict.fromkeys(Scene, 5.0), patience=5.0, queue_texts=64)
    hearing.start()
    case = shipped.examine(content("这一瓶面霜而已"))
    rush = hearing.ask([case], "rush")
    await asyncio.to_thread(began.wait, 5)
    for _ in range(3):
        rush += hearing.ask([case] * 16, "rush")
    crowded, other = hearing.ask([case] * 16, "rush"), hearing.ask([case], "shop")
    assert [await one for one in crowded] == [Missing(TEXT, "overloaded")] * 16
    on.set()
    assert all(isinstance(one, Opinion) for one in await asyncio.gather(*rush, *other))
    assert [len(texts) for texts in model.calls] == [1, 16, 17, 16]
    assert hearing.waiting == 0
    await hearing.close()


async def test_the_end_waits_for_what_was_asked(house, content):
    async with house(Fake(slow), expert_deadline=1.0) as (service, caller):
        asked = asyncio.ensure_future(service.moderation.one(caller, content("这一瓶面霜而已")))
        await asyncio.sleep(0.05)
    assert not (await asked).verdict.degraded


async def test_switched_off_it_is_not_missing(service, caller, content):
    assert service.hearing is None
    decided = await service.moderation.one(caller, content("这一瓶面霜而已"))
    assert (decided.verdict.degraded, decided.verdict.missing) == (False, ())


# The shipped model


@pytest.fixture(scope="module")
def model():
    return ngram.load()


def texts_of(count):
    names = ("antibias_dev.jsonl", "ordinary_dev.jsonl")
    lines = [line for name in names for line in (CASES / name).read_bytes().splitlines()]
    texts = [orjson.loads(line)["text"] for line in lines]
    texts += ["你这种人就是垃圾，滚远点", "棋牌上分，首充送百分之五十", "加薇❤信进群稳赚不赔", "同城约吗", "", "  "] * 5
    chance = Random(5)
    while len(texts) < count:
        left, right = chance.sample(texts, 2)
        texts.append(left[: chance.randrange(30)] + right[: chance.randrange(300)])
    chance.shuffle(texts)
    return texts[:count]


def same_in_any_batching(model, shipped, content, count):
    chance = Random(7)
    contents = [content(text, scene=chance.choice(list(Scene))) for text in texts_of(count)]
    cases = [shipped.examine(one) for one in contents]
    alone = [case.conclude(*answers(model, [case])) for case in cases]
    order = list(range(len(cases)))
    chance.shuffle(order)
    batched = {}
    while order:
        mine = [order.pop() for _ in range(min(len(order), chance.randrange(1, 90)))]
        for number, answer in zip(mine, answers(model, [cases[one] for one in mine]), strict=True):
            batched[number] = cases[number].conclude(answer)
    assert [batched[number] for number in range(len(cases))] == alone
    assert sum(item.source == TEXT for verdict in alone for item in verdict.evidence) > count // 50
    assert all(item.source != TEXT or item.weight < 80 for verdict in alone for item in verdict.evidence)


def test_a_verdict_is_the_same_in_any_batching(model, shipped, content):
    same_in_any_batching(model, shipped, content, 300)


@pytest.mark.slow
def test_a_verdict_is_the_same_in_any_batching_of_thousands(model, shipped, content):
    same_in_any_batching(model, shipped, content, 10_000)


async def test_the_service_says_what_the_model_says_alone(house, content, model):
    contents = [content(text, scene=Scene.UGC) for text in texts_of(200)]
    async with house(model, expert_deadline=20.0) as (service, caller):
        batch = await service.moderation.many(caller, contents)
        single = await asyncio.gather(*(service.moderation.one(caller, one) for one in contents))
        engine = service.rules.engine
        plain = [case.conclude(*answers(model, [case])) for case in map(engine.examine, contents)]
    assert [one.verdict for one in batch] == [one.verdict for one in single] == plain


def test_thresholds_come_from_the_card(model, shipped, content, monkeypatch):
    case = shipped.examine(content("你们这种人就该滚出去", scene=Scene.UGC))
    (answer,) = answers(model, [case])
    (score,) = [score for score in answer.scores if score.head == "abuse"]
    assert score.threshold == round(model.card.thresholds["abuse"] * 1000) <= score.score
    monkeypatch.setitem(model.card.thresholds, "abuse", 1.01)
    (answer,) = answers(model, [case])
    assert not [score for score in answer.scores if score.head == "abuse"]


def test_the_restored_wording_counts_where_it_scores_more_and_its_span_lies_in_the_original(shipped, content):
    model = Fake()
    model.scores = lambda texts: np.array([[0.9 if "微信" in text else 0.2] * len(LABELS) for text in texts])
    model.explain = lambda text, head, most: [(text.index("微信"), text.index("微信") + 2, 1.0)]
    text = "想要的加薇❤信聊"
    (answer,) = answers(model, [shipped.examine(content(text, scene=Scene.LIVE_CHAT))])
    assert {text[score.span.start : score.span.end] for score in answer.scores} == {"薇❤"}
    assert all(score.folds for score in answer.scores)


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("一群坏蛋", {"abuse"}),
        ("真是坏透了的", {"abuse"}),
        ("真是坏透了的人", set(LABELS) - {"negative"}),
        ("坏坏坏", set()),
    ],
)
def test_of_shouts_insults_alone_are_heard(shipped, content, text, heads):
    model = Fake(lambda _model, _texts, found: np.full_like(found, 0.9))
    model.explain = lambda text, head, most: [(0, 1, 1.0)]
    (answer,) = answers(model, [shipped.examine(content(text, scene=Scene.LIVE_CHAT))])
    assert heads <= {score.head for score in answer.scores} <= heads | {"negative"}


def test_what_a_shout_says_is_doubted_by_nobody(shipped, content):
    model = Fake(lambda _model, _texts, found: found * 0)
    for text, doubts in (("近亲结婚后果", ()), ("我想问问近亲结婚的后果到底有哪些", LABELS)):
        case = shipped.examine(content(text, scene=Scene.UGC))
        assert case.evidence
        (answer,) = answers(model, [case])
        assert answer.doubts == doubts


@pytest.mark.parametrize("broken", ["absent", "cut", "pickle"])
async def test_weights_that_are_not_what_they_should_be_refuse_the_start(settings, tmp_path, broken):
    home = Path(ngram.HOME)
    (tmp_path / "m" / "cards").mkdir(parents=True)
    (tmp_path / "m" / "weights").mkdir()
    (tmp_path / "m" / "cards" / "ngram.json").write_bytes((home / "cards" / "ngram.json").read_bytes())
    data = (home / "weights" / "ngram.safetensors").read_bytes()
    if broken != "absent":
        data = data[:-1] if broken == "cut" else b"\x80\x04" + data[2:]
        (tmp_path / "m" / "weights" / "ngram.safetensors").write_bytes(data)
    chosen = settings.model_copy(update={"expert": "ngram", "models": tmp_path / "m"})
    with pytest.raises(ExpertRefused, match=r"ngram\.safetensors"):
        async with open_service(chosen):
            pass
    async with open_service(settings.model_copy(update={"models": tmp_path / "m"})):  # off: nobody looks
        pass


async def test_who_gives_a_light_term_no_chance_lets_it_go_and_the_record_says_so(house, content, lexicons):
    (lexicons / "safety" / "abuse_insult.txt").write_text(LIGHT, encoding="utf-8")
    light = "我想问问大家近亲结婚的后果到底有哪些"
    model = Fake(lambda _model, _texts, found: found * 0.1)
    async with house(model) as (service, caller):
        let_go = await service.moderation.one(caller, content(light, scene=Scene.UGC, id="p1"))
        assert (let_go.verdict.action, let_go.verdict.evidence) == (Action.PASS, ())
        ((category, _, _, code, note),) = let_go.verdict.exemptions
        assert (category, code, note) == ("abuse_insult", DOUBTED, name_of(model))
        assert (await service.moderation.get(caller, let_go.id)).verdict == let_go.verdict
        parts = (Part("title", "近亲结婚"), Part("body", "今天在河边走了很远的路"))
        unread = replace(content(scene=Scene.UGC, id="p2"), parts=parts)
        assert (await service.moderation.one(caller, unread)).verdict.action is Action.REVIEW
        model.fault = None
        kept = await service.moderation.one(caller, content(light, scene=Scene.UGC, id="p3"))
        assert kept.verdict.action is Action.REVIEW


@pytest.mark.parametrize(("chance", "kept"), [(0.2, 0), (0.26, 1)])
def test_nobody_doubts_what_looks_bad_by_itself(shipped, content, chance, kept):
    """Ordinary sentences around a finding outweigh it in the whole; alone with its neighbours it is what it is."""
    padded = f"{WALK}我想问问近亲结婚的后果到底有哪些"

    def swayed(_model, texts, found):
        return found * 0 + np.array([[0.0 if len(text) > 50 else chance] for text in texts])

    model = Fake(swayed)
    case = shipped.examine(content(padded, scene=Scene.UGC))
    assert case.evidence
    (answer,) = answers(model, [case])
    assert model.calls == [[padded, *case.surroundings()]]
    assert answer.doubts == (() if kept else LABELS)
    assert answer.denies == ()
    assert bool(case.conclude(answer).evidence) is bool(kept)


@pytest.mark.parametrize(
    ("whole", "around", "kept"), [(0.2, 0.3, 0), (0.26, 0.0, 1), (0.0, 0.38, 1)], ids=["neither", "whole", "around"]
)
def test_a_long_text_may_look_worse_before_it_is_not_doubted(shipped, content, whole, around, kept):
    """In so much text something always looks bad, and words that a rule wants in company meet by chance."""
    long = f"{WALK * (LONG // len(WALK) + 1)}我想问问近亲结婚的后果到底有哪些"

    def swayed(_model, texts, found):
        return found * 0 + np.array([[whole if len(text) > LONG else around] for text in texts])

    (answer,) = answers(Fake(swayed), [shipped.examine(content(long, scene=Scene.UGC))])
    assert answer.doubts == (() if kept else LABELS)


def test_who_gives_it_no_chance_whatever_denies_it(shipped, content):
    case = shipped.examine(content("百家乐上分找我玩两把吧", scene=Scene.UGC))
    for chance, denied in ((0.06, ()), (0.04, LABELS)):
        (answer,) = answers(Fake(lambda _model, _texts, found, chance=chance: found * 0 + chance), [case])
        assert (answer.doubts, answer.denies) == (LABELS, denied)


def test_what_reaches_a_threshold_around_a_finding_is_no_score_but_ends_all_doubt(shipped, content):
    padded = f"{WALK}我想问问近亲结婚的后果到底有哪些"

    def swayed(_model, texts, found):
        found[:] = 0.0
        found[:, LABELS.index("porn")] = [0.0 if len(text) > 50 else 0.9 for text in texts]
        return found

    (answer,) = answers(Fake(swayed), [shipped.examine(content(padded, scene=Scene.UGC))])
    assert (answer.scores, answer.doubts) == ((), ())


async def test_who_suspects_something_else_doubts_nothing(house, content, lexicons):
    (lexicons / "safety" / "abuse_insult.txt").write_text(LIGHT, encoding="utf-8")

    def suspicious(_model, _texts, found):
        found[:] = 0.0
        found[:, LABELS.index("porn")] = 0.9
        return found

    model = Fake(suspicious)
    model.explain = lambda text, head, most=10: []
    async with house(model) as (service, caller):
        text = "我想问问大家近亲结婚的后果到底有哪些"
        decided = await service.moderation.one(caller, content(text, scene=Scene.UGC))
        assert set(decided.verdict.categories) == {"abuse_insult", "porn_vulgar"}


async def test_a_scene_that_counts_on_an_unknown_head_refuses_the_start(house):
    model = Fake()
    object.__setattr__(model.card, "labels", LABELS[1:])
    with pytest.raises(ExpertRefused, match=r"fake@0123456789ab has no head abuse"):
        async with house(model):
            pass
