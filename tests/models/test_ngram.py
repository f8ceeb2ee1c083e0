"""The first stage: the same score in any company, explanations that lie in the text, a model that learns."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.card import HEADS
from models.data import files_of, known_sources, rows_of
from models.features import alphabet, bags
from models.fit import Recipe
from models.ngram import WINDOW, Ngram, load
from models.train import Order, train
from tests.models.conftest import OWN, SMALL

if TYPE_CHECKING:
    from pathlib import Path

    from models.card import Card

    Trained = tuple[Path, Card]

ODD = [
    "",
    " ",
    "a",
    "\ud800",
    "\x00\x03\x02",
    "哈" * 400,
    "薇❤️x㊙️🔞 𝟏𝟎𝟎％",
    "e" + "\u0301" * 50,
    "🏳️‍🌈",
    "\U000323b0\U0010ffff",
]
AD_LAW = HEADS.index("ad_law")


@pytest.fixture(scope="module")
def model(trained: Trained) -> Ngram:
    return load(trained[0])


def own_texts() -> list[str]:
    known = known_sources()
    return [row.text for path, source in files_of(OWN, ("train",), known) for row in rows_of(path, source)]


def test_a_score_is_the_same_in_any_batch_and_order(model: Ngram) -> None:
    texts = own_texts()[:600] + ODD + ["".join(own_texts()[:40])]
    expected = model.logits(texts)
    assert all((model.logits([text])[0] == row).all() for text, row in zip(texts, expected, strict=True))
    order = random.Random(1).sample(range(len(texts)), len(texts))
    assert (model.logits([texts[place] for place in order]) == expected[order]).all()
    assert (model.scores([texts[place] for place in order]) == model.scores(texts)[order]).all()
    assert all((model.scores([text])[0] == row).all() for text, row in zip(texts, model.scores(texts), strict=True))


def test_a_padded_score_would_be_noticed(model: Ngram) -> None:
    texts = own_texts()[:50]
    assert (model.logits([text + "。" * 20 for text in texts]) != model.logits(texts)).any()


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(st.text(max_size=300), max_size=5))
def test_any_text_gets_finite_scores_and_spans_inside_it(model: Ngram, texts: list[str]) -> None:
    scores = model.scores(texts)
    assert scores.shape == (len(texts), len(HEADS)) and np.isfinite(scores).all()
    assert ((scores > 0) & (scores < 1)).all()
    for text in texts:
        for start, end, added in model.explain(text, "ad_law"):
            assert 0 <= start < end <= len(text) and added > 0


def test_an_explanation_names_what_made_the_score(model: Ngram) -> None:
    text = "我们家的面霜全网第一，三天祛斑，无效退款"
    start, end, _ = model.explain(text, "ad_law")[0]
    without = text[:start] + text[end:]
    assert model.logits([without])[0, AD_LAW] < model.logits([text])[0, AD_LAW]


def test_a_bad_sentence_is_found_in_a_long_script(model: Ngram) -> None:
    texts = own_texts()
    bad = max(texts, key=lambda text: model.logits([text])[0, AD_LAW])
    harmless = "我们接着看下一个颜色，大家可以先点点关注。" * (3 * WINDOW // 20)
    alone, inside = model.logits([harmless, harmless + bad])[:, AD_LAW]
    assert inside > alone


def test_what_hides_nothing_changes_nothing(model: Ngram) -> None:
    plain = "全网最低价，三天见效"
    for written in ("全 网 最 低 价 ，三天见效", "全\u200b网最低价，三天见效", "全網最低價，三天見效"):
        assert (model.logits([written]) == model.logits([plain])).all()


def test_a_homophone_keeps_what_is_heard() -> None:
    letters = alphabet()
    first, second = (set(bags([text], letters, 20).rows.tolist()) for text in ("加微信领红包", "加薇芯领红包"))
    assert len(first & second) > len(first - second)


def test_it_learns_the_projects_own_sentences(trained: Trained) -> None:
    figures = trained[1].metrics["held_out"]["heads"]["ad_law"]
    assert figures["positive"] > 50
    assert figures["macro_f1"] > 0.65


def test_it_cannot_learn_what_is_shuffled(tmp_path: Path) -> None:
    chance = random.Random(1)
    rows = [{"text": text, "labels": {"ad_law": chance.randrange(2)}} for text in own_texts()]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    card = train(Order([tmp_path / "rows.jsonl"], recipe=SMALL), tmp_path / "out", lambda _line: None)
    assert card.metrics["held_out"]["heads"]["ad_law"]["macro_f1"] < 0.6


def test_the_same_seed_gives_the_same_weights(trained: Trained, tmp_path: Path) -> None:
    again = train(Order(OWN, recipe=SMALL), tmp_path, lambda _line: None)
    other = train(Order(OWN, recipe=Recipe(bits=16, epochs=3, seed=8)), tmp_path, lambda _line: None)
    assert again.sha256 == trained[1].sha256 != other.sha256
