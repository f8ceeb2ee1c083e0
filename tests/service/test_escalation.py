"""Two stages in the house: who is read by both, what is on record of it, and that a lost one is never silent."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models import ngram, second
from moderation.load import SCENES
from moderation.types import SECOND, TEXT, Action, Missing, Scene
from service import wiring, wiring_expert
from service.escalation import Panel, edge
from service.experts import answers
from service.wiring import open_service
from service.wiring_expert import ExpertRefused, Opens, find_second
from tests.service.test_experts import AMPLE, BAD, FAULTS, LABELS, Fake, FakeCard, hung

SEEN_THROUGH = "拐"
ASKING = (Scene.AD, Scene.LIVE_SCRIPT)


class Deep(Fake):
    """A second stage that also sees through one more character, and clears what is said twice."""

    def __init__(self, fault=None):
        super().__init__(fault)
        self.card = FakeCard("deep", "fedcba9876543210")

    def scores(self, texts):
        found = super().scores(texts)
        if not isinstance(found, np.ndarray) or found.shape != (len(texts), len(LABELS)):
            return found
        found[:, 0] = [
            0.1 if BAD * 2 in text else 0.8 if SEEN_THROUGH in text else s
            for text, s in zip(texts, found[:, 0], strict=True)
        ]
        return found

    def explain(self, text, head, *, most=10):
        return super().explain(text, head, most=most) if BAD in text else []


async def come(told):
    """Returns once this holds."""
    async with asyncio.timeout(10):
        while not told():  # noqa: ASYNC110 - another thread's doing
            await asyncio.sleep(0.005)


@pytest.fixture
def house(settings, monkeypatch):
    """A service with both stages: ``async with house(first, deep) as (service, caller)``."""

    @asynccontextmanager
    async def opened(first, deep, *, load=None, ready=True, **changed):
        monkeypatch.setattr(wiring_expert, "open_expert", lambda _: first)
        monkeypatch.setattr(wiring, "find_second", lambda *_: Opens("deep@1", load or (lambda: deep)))
        chosen = settings.model_copy(update={"expert": "ngram", **AMPLE, **changed})
        async with open_service(chosen) as service:
            _, secret = await service.keys.create("shop")
            if ready:
                await come(lambda: service.hearing.second)
            try:
                yield service, await service.keys.caller(secret)
            finally:
                for model in (first, deep):
                    model.release.set()

    return opened


@pytest.fixture
def uncertain(tmp_path):
    """Scenes in which live chat asks the second stage where the first is uncertain."""
    folder = tmp_path / "scenes"
    shutil.copytree(SCENES, folder)
    path = folder / "live_chat.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("review_at = 40", 'review_at = 40\nsecond_stage = "uncertain"')
    )
    return folder


async def test_scenes_that_wait_for_nobody_are_read_by_both(house, content):
    async with house(Fake(), Deep()) as (service, caller):
        for scene in Scene:
            decided = await service.moderation.one(caller, content("这一只拐杖而已", scene=scene))
            assert decided.verdict.action is (Action.REVIEW if scene in ASKING else Action.PASS), scene
            assert not decided.verdict.degraded
            for item in decided.verdict.evidence:
                assert item.note == "deep@fedcba987654"
                assert item.facts == (("score_milli", 800), ("threshold_milli", 500), ("escalated", 1))
            assert (await service.moderation.get(caller, decided.id)).verdict == decided.verdict


async def test_the_second_stage_speaks_for_both(house, content):
    async with house(Fake(), Deep()) as (service, caller):
        batch = [content("坏坏而已啊各位", scene=scene) for scene in (Scene.AD, Scene.UGC, Scene.LIVE_SCRIPT)]
        decided = await service.moderation.many(caller, batch)
        assert [one.verdict.action for one in decided] == [Action.PASS, Action.REVIEW, Action.PASS]


@pytest.mark.parametrize(("fault", "why"), FAULTS, ids=[fault.__name__ for fault, _ in FAULTS])
async def test_a_lost_second_stage_leaves_the_first_and_says_so_where_it_was_asked_for(house, content, fault, why):
    seconds = 0.1 if why == "deadline" else 5.0
    async with house(Fake(), Deep(fault), second_deadline=seconds, batch_deadline=seconds) as (service, caller):
        contents = [content(text, scene=scene) for scene in Scene for text in ("这一瓶面霜而已", "这个人真坏透了")]
        for decided in await service.moderation.many(caller, contents):
            verdict, asking = decided.verdict, decided.content.scene in ASKING
            assert verdict.degraded is asking
            assert verdict.missing == ((Missing(SECOND, why),) if asking else ())
            found = BAD in decided.content.parts[0].text
            assert verdict.action is (Action.REVIEW if found or asking else Action.PASS)
            assert {item.note for item in verdict.evidence} <= {"fake@0123456789ab"}
            assert (await service.moderation.get(caller, decided.id)).verdict == verdict


async def test_an_overloaded_second_stage_is_told(house, content):
    async with house(Fake(), Deep(hung), second_deadline=0.3, second_queue=16) as (service, caller):
        asked = [content(f"这一瓶面霜而已{n}", scene=Scene.AD) for n in range(80)]
        decided = await asyncio.gather(*(service.moderation.one(caller, one) for one in asked))
        assert {one.verdict.missing for one in decided} == {
            (Missing(SECOND, "deadline"),),
            (Missing(SECOND, "overloaded"),),
        }


async def test_while_it_loads_or_when_it_cannot_be_loaded_the_verdict_says_so(house, content):
    async def asked(service, caller):
        return (await service.moderation.one(caller, content("这一瓶面霜而已"))).verdict.missing

    async with house(Fake(), late := Deep(), load=lambda: late.release.wait(20) and late, ready=False) as parts:
        assert await asked(*parts) == (Missing(SECOND, "loading"),)
        assert parts[0].health().reasons == ("second_stage_loading",)
        late.release.set()
        await come(lambda: parts[0].hearing.second)
        assert parts[0].health().ready
        assert await asked(*parts) == ()

    def broken():
        raise ValueError("no model")

    async with house(Fake(), Deep(), load=broken, ready=False) as parts:
        await come(lambda: parts[0].hearing.absent == "refused")
        assert await asked(*parts) == (Missing(SECOND, "refused"),)


async def test_where_the_first_stage_is_lost_the_second_speaks_and_where_both_are_the_first_is_told(house, content):
    async with house(Fake(hung), Deep(), expert_deadline=0.05) as (service, caller):
        verdict = (await service.moderation.one(caller, content("这个人真坏透了"))).verdict
        assert (verdict.degraded, verdict.evidence[0].note) == (False, "deep@fedcba987654")
    async with house(Fake(hung), Deep(hung), expert_deadline=0.05, second_deadline=0.1) as (service, caller):
        verdict = (await service.moderation.one(caller, content("这个人真坏透了"))).verdict
        assert verdict.missing == (Missing(TEXT, "deadline"),)


def graded(model, texts, found):
    """The digit at the end of a text is how near it comes to the threshold, in hundredths."""
    found[:, 0] = [0.4 + int(text[-1]) / 100 for text in texts]
    return found


async def test_only_what_is_uncertain_is_escalated_and_the_band_is_on_record(house, content, uncertain):
    first, deep = Fake(graded), Deep()
    async with house(first, deep, scenes=uncertain, second_deadline=9.0) as (service, caller):

        async def chat(text):
            return (await service.moderation.one(caller, content(text, scene=Scene.LIVE_CHAT))).verdict

        assert (await chat("这一只拐杖而已7")).action is Action.PASS
        assert deep.calls == []
        (item,) = (await chat("这一只拐杖而已9")).evidence
        assert dict(item.facts) == {
            "score_milli": 800, "threshold_milli": 500, "escalated": 1, "margin_milli": 10, "band_milli": 20,
        }  # fmt: skip
        deep.fault = hung
        asked = [chat(f"这一只拐杖而已{n % 10}") for n in range(40)]  # eight of them are uncertain
        began = time.perf_counter()
        verdicts = await asyncio.gather(*asked)
        assert time.perf_counter() - began < 3  # its budget, not the deadline of those who have time
        assert {verdict.missing for verdict in verdicts} <= {
            (),
            (Missing(SECOND, "deadline"),),
            (Missing(SECOND, "overloaded"),),
        }
        assert [place for place, verdict in enumerate(verdicts) if verdict.degraded] == [
            place for place in range(40) if place % 10 in {8, 9}
        ]


def test_the_band_of_the_card_shrinks_under_load():
    first = Fake()
    assert [edge(first, load) for load in (0.0, 0.5, 1.0, 7.0)] == [20, 10, -1, -1]
    first.card = replace(first.card, band=0.0)
    assert edge(first) == -1


def test_a_mere_mood_is_no_doubt(shipped, content):
    first = Fake()
    mood, doubt = np.full((1, len(LABELS)), 0.1), np.full((1, len(LABELS)), 0.1)
    mood[0, LABELS.index("negative")] = doubt[0, LABELS.index("porn")] = 0.49
    case = shipped.examine(content("这一瓶面霜而已", scene=Scene.UGC))
    margins = []
    for row in (mood, doubt):
        first.scores = lambda texts, row=row: np.repeat(row, len(texts), axis=0)
        margins.append(answers(first, [case])[0].margin)
    assert margins == [400, 10]


def test_the_command_line_loads_the_second_stage_when_a_scene_asks_for_it(shipped, content):
    opened = []

    def load():
        opened.append(True)
        return Deep()

    panel = Panel(Fake(), load)
    chat, ad = (shipped.examine(content("这一只拐杖而已", scene=scene)) for scene in (Scene.UGC, Scene.AD))
    assert panel.answers([chat])[0].expert.startswith("fake")
    assert not opened
    for _ in range(2):
        assert [answer.expert[:4] for answer in panel.answers([chat, ad])] == ["fake", "deep"]
    assert opened == [True]
    missing = Panel(Fake(), lambda: None).answers([ad])
    assert missing[0].lacks is None  # there is none: nothing is missing


def test_without_a_second_stage_that_fits_none_is_looked_for(settings, tmp_path):
    first = ngram.load()
    assert find_second(settings.model_copy(update={"second_stage": "off"}), first) is None
    assert find_second(settings, None) is None
    other = ngram.Ngram(replace(first.card, sha256="0" * 64), first.arrays)
    assert find_second(settings.model_copy(update={"second_stage": "auto"}), other) is None
    for name in ("encoder", "/nowhere/my-bert"):
        with pytest.raises(ExpertRefused, match=name):
            find_second(settings.model_copy(update={"second_stage": name, "second_labels": {"x": "abuse"}}), other)


def test_judging_comments_never_imports_torch(lexicons):
    code = (
        "import sys\nfrom service.cli.app import app\nfrom typer.testing import CliRunner\n"
        "words = ['screen', '-', '--format', 'txt', '--scene', 'ugc']\n"
        "done = CliRunner().invoke(app, words, input='今天天气不错\\n')\n"
        "assert done.exit_code == 0, done.output\n"
        "print(sorted({'torch', 'transformers', 'onnxruntime'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, text=True, cwd=Path(__file__).parents[2],
        env={
            "QINGLIU_SECOND_STAGE": "auto", "QINGLIU_LEXICONS": str(lexicons),
            "PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "",
        },
    )  # fmt: skip
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr


def test_the_runtime_is_looked_for_without_an_import(monkeypatch):
    asked = []
    monkeypatch.setattr(second, "find_spec", lambda name: asked.append(name) or (name == "onnxruntime" or None))
    assert second.runtime("onnx") == "onnx"
    assert second.runtime() == "numpy"
    assert second.runtime("torch") is None
    assert "torch" in asked


async def test_other_weights_of_the_first_stage_speak_alone(house, content):
    first, other = Fake(), Fake()
    other.card = FakeCard("retrained", "0123456789abcdef0123")

    async def judged(service, caller, model):
        service.hearing.model = model
        verdict = (await service.moderation.one(caller, content("这个人真坏透了", scene=Scene.AD))).verdict
        assert not verdict.missing and not verdict.degraded
        return [item.note for item in verdict.evidence]

    async with house(first, Deep()) as parts:
        assert await judged(*parts, first) == ["deep@fedcba987654"]
        assert await judged(*parts, other) == ["retrained@0123456789ab"]
        assert await judged(*parts, first) == ["deep@fedcba987654"]
