"""The second stage: a score depends on its text alone, the loader believes nothing, and both stages are stacked."""

from __future__ import annotations

import importlib
import importlib.util
import json
import pickle
import random
import subprocess
import sys
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from typer.testing import CliRunner

from models import evaluate, metrics, ngram, portable, second
from models.card import HEADS, Golden, read_card, write_card
from models.checkpoint import CheckpointChoice, sound
from models.checkpoint import load as load_checkpoint
from models.data import Labelled
from models.lessons import Lesson, teach_second
from models.tensors import WeightsRefused, pack, unpack
from models.tokens import BEGIN, padded
from models.train import Order
from service.cli.app import app
from tests.models.conftest import OWN, SMALL

if not all(map(importlib.util.find_spec, second.RUNTIMES["torch"])):  # importing them takes seconds of every worker
    pytest.skip("needs torch and transformers", allow_module_level=True)
pytestmark = pytest.mark.filterwarnings("default")

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from models.card import Card

    Trained = tuple[Path, Card]

TINY = Lesson(lines=0, epochs=1, vocabulary=1500, threads=1, sizes={"width": 32, "layers": 1, "pairs": 997})
AD_LAW = HEADS.index("ad_law")
AGED = ("abuse", "illicit", "negative")
TEXTS = (
    "全网最低价，三天见效",
    "好",
    "",
    "今天的直播间人气不错，谢谢大家支持" * 12,
    "加薇信abc123领红包",
    "薇❤️x㊙️🔞 𝟏𝟎𝟎％",
    "\ud800 一个孤立的代理项",
)


@pytest.fixture(scope="module")
def taught(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both stages; the second is small and learnt once."""
    folder = tmp_path_factory.mktemp("both")
    copy(trained[0], folder)
    order = Order(OWN, recipe=SMALL, reproduce="a test")
    teach_second(order, TINY, folder, lambda _line: None)
    return folder


@pytest.fixture
def folder(taught: Path, tmp_path: Path) -> Path:
    copy(taught, tmp_path)
    return tmp_path


def copy(source: Path, target: Path) -> None:
    for kind in ("cards", "weights"):
        (target / kind).mkdir(exist_ok=True)
        for path in (source / kind).iterdir():
            (target / kind / path.name).write_bytes(path.read_bytes())


def both(folder: Path, **wish: Any) -> second.Both:
    return second.load(ngram.load(folder), folder, **wish)


def test_a_score_is_the_same_in_any_company(taught: Path) -> None:
    model = both(taught)
    alone = np.concatenate([model.scores([text]) for text in TEXTS])
    order = random.Random(5).sample(range(len(TEXTS) * 9), len(TEXTS) * 9)
    company = model.scores([TEXTS[place % len(TEXTS)] for place in order])
    assert np.abs(company - alone[[place % len(TEXTS) for place in order]]).max() < 1e-4
    assert model.scores([]).shape == (0, len(HEADS))


def test_padding_does_not_change_a_score(taught: Path) -> None:
    card = read_card(taught / "cards" / "encoder.json")
    stage = second.opened(card, taught, "torch")
    pieces, _ = stage._known.windows(["全网最低价", "三天见效，无效退款"])
    tight = stage._run(padded(pieces[:1]))
    wide = stage._run(np.pad(padded(pieces), ((0, 0), (0, 90))))
    assert np.abs(wide[0] - tight[0]).max() < 1e-4


def test_a_long_text_is_read_to_its_end(taught: Path) -> None:
    stage = both(taught).second
    text = "今天天气不错，" * 60 + "全网最低价，三天见效，无效退款"
    pieces, starts = stage._known.windows([text, "好"])
    assert starts.tolist() == [0, len(pieces) - 1]
    assert pieces[-2][-1] == stage._known.ids("款")[0]
    each = np.concatenate([stage._run(padded([piece])) for piece in pieces[:-1]])
    assert np.abs(stage.logits([text])[0] - each.max(axis=0)).max() < 1e-4


LONG_TEXT = "今天天气不错，" * 12 + TEXTS[0]


@pytest.mark.parametrize(("text", "long"), [(TEXTS[0], 0.0), (LONG_TEXT[-40:], 0.5), (LONG_TEXT, 1.0)])
def test_both_are_stacked_as_the_card_says_for_a_text_of_this_length(taught: Path, text: str, long: float) -> None:
    model = both(taught)
    first, other = model.first.logits([text])[0, AD_LAW], model.second.logits([text])[0, AD_LAW]
    odds = [
        told.first * first / 1000 + told.second * other + told.offset
        for told in (model.card.stacking["ad_law"], model.card.stacking_long["ad_law"])
    ]
    expected = (1 - long) * odds[0] + long * odds[1]
    assert odds[0] != odds[1]
    assert model.scores([text])[0, AD_LAW] == pytest.approx(1 / (1 + np.exp(-expected)))


def test_no_stage_counts_against_itself(taught: Path) -> None:
    card = both(taught).card
    stacked = [*card.stacking.values(), *card.stacking_long.values()]
    assert len(stacked) == 2 * len(HEADS)
    assert all(row.first >= 0 and row.second >= 0 for row in stacked)
    assert {"first", "second", "both"} == card.metrics["held_out"].keys()


def test_a_card_of_one_stacking_takes_every_text_for_a_short_one(folder: Path) -> None:
    both(folder)
    edit(folder, stacking_long={})
    model = both(folder)
    long = np.array([1.0])
    one, two = model.first.logits([LONG_TEXT]), model.second.logits([LONG_TEXT])
    assert (model.stacked(one, two, long) == model.stacked(one, two, 1 - long)).all()


def test_two_judges_together_are_stacked_better_than_one() -> None:
    chance = np.random.default_rng(1)
    truth = chance.random(4000) < 0.4
    pair = truth[:, None] * 1.5 + chance.normal(size=(4000, 2))
    slopes = metrics.stacked(pair, truth.astype(float), np.ones(4000), (0.5, 0.5))
    together = pair @ slopes[:2] + slopes[2]
    assert min(slopes[:2]) > 0.5
    gain, none = metrics.better(metrics.macro_f1, together > 0, pair[:, 0] > 0.75, truth)
    assert gain > 0.02 and none < 0.05


def test_teaching_twice_gives_the_same_weights(taught: Path, trained: Trained, tmp_path: Path) -> None:
    copy(trained[0], tmp_path)
    card = teach_second(Order(OWN, recipe=SMALL, reproduce="a test"), TINY, tmp_path, lambda _line: None)
    assert card.sha256 == read_card(taught / "cards" / "encoder.json").sha256


def test_half_a_label_and_all_that_is_unknown_come_from_the_teachers(taught: Path) -> None:
    teach = importlib.import_module("models.teach")
    truth, weight = np.zeros((7, len(HEADS)), np.float32), np.full((7, len(HEADS)), TINY.taught, np.float32)
    truth[:, 0] = weight[:, 0] = 1
    told: list[str] = []
    way = replace(TINY, teachers=(taught, taught))
    agreed = teach._agreed(
        Labelled([text[: teach.READ] for text in TEXTS], truth, weight), ["一行没有标签的话"], way, told.append
    )
    assert len(told) == 2 and "8 texts" in told[0]
    thought = evaluate.Alone(both(taught)).scores(agreed.texts)
    assert np.abs(agreed.truth[:7, 0] - (1 + thought[:7, 0]) / 2).max() < 1e-4
    assert np.abs(agreed.truth[:7, 1:] - thought[:7, 1:]).max() < 1e-4
    assert np.abs(agreed.truth[7] - thought[7]).max() < 1e-4
    assert (agreed.weight[:7, 0] == 1).all() and (agreed.weight[:, 1:] == teach.AGREED).all()


def test_a_pupil_learns_from_teachers(taught: Path, trained: Trained, tmp_path: Path) -> None:
    copy(trained[0], tmp_path)
    order, told = Order(OWN, recipe=SMALL, reproduce="a test"), []
    card = teach_second(order, replace(TINY, teachers=(taught,)), tmp_path, told.append)
    assert any(str(taught) in line for line in told)
    assert card.sha256 != read_card(taught / "cards" / "encoder.json").sha256
    assert both(tmp_path).scores(TEXTS).shape == (7, len(HEADS))


@pytest.fixture
def aged(taught: Path, tmp_path: Path) -> Path:
    """The same stage as a program made it that knew fewer heads."""
    folder = tmp_path / "aged"
    folder.mkdir()
    copy(taught, folder)
    card, kept = read_card(folder / "cards" / "encoder.json"), [HEADS.index(head) for head in AGED]
    arrays = unpack((folder / "weights" / card.weights).read_bytes())
    data = pack({name: array[kept] if name.startswith("classifier.") else array for name, array in arrays.items()})
    (folder / "weights" / card.weights).write_bytes(data)
    fewer = {
        name: {head: getattr(card, name)[head] for head in AGED}
        for name in ("calibration", "thresholds", "stacking", "stacking_long")
    }
    golden = tuple(Golden(row.text, tuple(row.logits[column] for column in kept)) for row in card.golden)
    aged = replace(card, labels=AGED, golden=golden, sha256=sha256(data).hexdigest(), **fewer)
    write_card(aged, folder / "cards" / "encoder.json")
    return folder


def test_what_knows_fewer_heads_answers_nobody(aged: Path) -> None:
    with pytest.raises(WeightsRefused, match="labels abuse, illicit, negative; expected"):
        both(aged)


def test_what_knows_fewer_heads_teaches_those(aged: Path, taught: Path) -> None:
    teach = importlib.import_module("models.teach")
    nothing, texts = np.zeros((len(TEXTS), len(HEADS)), np.float32), [text[: teach.READ] for text in TEXTS]
    way = replace(TINY, teachers=(aged, taught))
    agreed = teach._agreed(Labelled(texts, nothing, nothing), (), way, lambda _line: None)
    fewer = replace(way, teachers=(aged,))
    alone = teach._agreed(Labelled(texts, nothing, nothing), (), fewer, lambda _line: None)
    known = np.isin(HEADS, AGED)
    assert np.abs(agreed.truth - evaluate.Alone(both(taught)).scores(texts))[:, known].max() < 1e-2
    assert (agreed.weight == teach.AGREED).all()
    assert (alone.weight[:, known] == teach.AGREED).all() and not alone.weight[:, ~known].any()


def test_one_goes_on_from_what_is_finished(aged: Path, taught: Path, trained: Trained, tmp_path: Path) -> None:
    teach = importlib.import_module("models.teach")
    known, model, sizes = teach._resumed(aged)
    assert sizes == TINY.sizes and known.size == model.chars.num_embeddings
    ids = importlib.import_module("torch").from_numpy(padded(known.windows(TEXTS)[0]))
    model.train(mode=False)
    found, before = model.logits(ids).detach().numpy(), both(taught).second._run(padded(known.windows(TEXTS)[0]))
    assert np.abs(found - before)[:, np.isin(HEADS, AGED)].max() < 1e-4
    copy(trained[0], tmp_path)
    told: list[str] = []
    order = Order(OWN, recipe=SMALL, reproduce="a test")
    teach_second(order, replace(TINY, lines=1_000, start=aged), tmp_path, told.append)
    assert not any("guessing" in line for line in told)
    assert both(tmp_path).scores(TEXTS).shape == (len(TEXTS), len(HEADS))


def test_it_is_a_transformers_model_with_its_own_tokenizer(taught: Path, tmp_path: Path) -> None:
    encoder = importlib.import_module("models.encoder")
    card = read_card(taught / "cards" / "encoder.json")
    known, parameters = second.unpacked((taught / "weights" / card.weights).read_bytes(), card.sizes)
    model = encoder.filled(known, card.sizes, parameters)
    encoder.EncoderTokenizer(known=known).save_pretrained(tmp_path)
    model.save_pretrained(tmp_path)
    loaded = encoder.Encoder.from_pretrained(tmp_path)
    tokenizer = encoder.EncoderTokenizer.from_pretrained(tmp_path)
    loaded.train(mode=False)
    asked = tokenizer(["全网最低价", "三天见效，无效退款"], padding=True, return_tensors="pt")
    assert asked["input_ids"][0, 0] == BEGIN
    with importlib.import_module("torch").inference_mode():
        found = loaded(**asked).logits.numpy()
    expected = both(taught).second.logits(["全网最低价", "三天见效，无效退款"])
    assert np.abs(found - expected).max() < 1e-4


# What is refused.


def rewrite(folder: Path, data: bytes) -> None:
    (folder / "weights" / "encoder.safetensors").write_bytes(data)
    edit(folder, sha256=sha256(data).hexdigest())


def edit(folder: Path, **changes: Any) -> None:
    path = folder / "cards" / "encoder.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def changed(folder: Path, name: str, change: Callable[[Any], Any]) -> bytes:
    held = dict(unpack((folder / "weights" / "encoder.safetensors").read_bytes()))
    held[name] = change(held[name])
    return pack({key: array for key, array in held.items() if array is not None})


HOSTILE: list[tuple[Callable[[Path], bytes], str]] = [
    (lambda _folder: pickle.dumps({"a": 1}), "pickle"),
    (lambda folder: (folder / "weights" / "encoder.safetensors").read_bytes()[:-7], "cut short"),
    (lambda folder: changed(folder, "classifier.bias", lambda one: one * np.float16("nan")), "no number"),
    (lambda folder: changed(folder, "classifier.bias", lambda one: one[:3]), "expected"),
    (lambda folder: changed(folder, "classifier.bias", lambda _one: None), "expected"),
    (lambda folder: changed(folder, "classifier.bias", lambda one: one + np.float16(1)), "answers"),
    (lambda folder: changed(folder, "chars.weight", lambda one: one[:50]), "no such table"),
    (lambda folder: changed(folder, "vocabulary.sounds", lambda _one: None), "holds no"),
    (lambda folder: changed(folder, "vocabulary.codes", lambda one: one + np.uint16(9000)), "contradicts itself"),
]


@pytest.mark.parametrize("wish", ["torch", "numpy"])
@pytest.mark.parametrize(("data", "reason"), HOSTILE)
def test_hostile_weights_are_refused_though_the_card_vouches_for_them(
    folder: Path, data: Callable[[Path], bytes], reason: str, wish: str
) -> None:
    rewrite(folder, data(folder))
    with pytest.raises(WeightsRefused, match=reason) as refused:
        both(folder, wish=wish)
    assert refused.value.told.zh.startswith("encoder.safetensors：") and refused.value.told.zh != refused.value.told.en


def test_weights_are_refused_that_are_not_the_cards(folder: Path) -> None:
    path = folder / "weights" / "encoder.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(WeightsRefused, match="sha256"):
        both(folder)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"labels": ["abuse"]}, "labels"),
        ({"stacking": {}}, "stacking"),
        ({"stacking_long": {"abuse": {"first": 1, "second": 1, "offset": 0}}}, "stacking"),
        ({"stacking": {head: {"first": 1, "second": float("nan"), "offset": 0} for head in HEADS}}, "no number"),
        ({"weights": "../encoder.safetensors"}, "plain file name"),
        ({"beside": "0" * 64}, "train it again"),
        ({"sizes": {"width": 32, "layers": 1}}, "expected layers, pairs, width"),
        ({"sizes": {"width": 30, "layers": 1, "pairs": 997}}, "multiple of 4"),
        ({"sizes": {"width": 32, "layers": 10**12, "pairs": 997}}, "expected"),
        ({"sizes": {"width": 64, "layers": 1, "pairs": 997}}, "expected"),
    ],
)
def test_a_card_is_refused_that_is_not_whole(folder: Path, changes: dict[str, Any], reason: str) -> None:
    edit(folder, **changes)
    with pytest.raises(WeightsRefused, match=reason):
        both(folder)


def test_it_fits_beside_its_own_first_stage_only(folder: Path) -> None:
    first = ngram.load(folder)
    assert second.fits(first, folder)
    assert not second.fits(ngram.Ngram(replace(first.card, sha256="0" * 64), first.arrays), folder)
    (folder / "cards" / "encoder.json").unlink()
    assert not second.fits(first, folder)


def test_nothing_installed_is_told_apart_from_nothing_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second, "find_spec", lambda _name: None)
    assert not second.fits(ngram.load(folder), folder, wish="torch")
    with pytest.raises(WeightsRefused, match=r"torch is not installed.*qingliu\[onnx\]"):
        both(folder, wish="torch")
    assert second.fits(ngram.load(folder), folder)
    both(folder)


# Without torch.


def test_numpy_answers_as_torch_does(taught: Path) -> None:
    one, other = both(taught, wish="torch").second, both(taught, wish="numpy").second
    assert np.abs(one.logits(TEXTS) - other.logits(TEXTS)).max() < 1e-4
    shipped, bare = (second.load(ngram.load(), wish=wish).second for wish in ("torch", "numpy"))
    assert np.abs(shipped.logits(TEXTS) - bare.logits(TEXTS)).max() < 1e-4


def test_a_score_by_numpy_is_the_same_in_any_batch_to_the_bit(taught: Path) -> None:
    bare = both(taught, wish="numpy").second
    alone = np.concatenate([bare.logits([text]) for text in TEXTS])
    assert (bare.logits(TEXTS) == alone).all()
    assert (bare.logits(TEXTS[::-1])[::-1] == alone).all()


def test_numpy_needs_neither_torch_nor_onnx_runtime(taught: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from models import ngram, second; folder = Path(sys.argv[1])\n"
        "second.find_spec = lambda name: None\n"
        "print(second.load(ngram.load(folder), folder).scores(['全网最低价']).shape)\n"
        "print(sorted({'torch', 'transformers', 'onnxruntime'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(taught)], capture_output=True, check=False, text=True)
    assert done.stdout.split("\n") == [f"(1, {len(HEADS)})", "[]", ""], done.stderr


def test_onnx_runtime_is_chosen_only_with_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second, "find_spec", lambda name: True if name == "onnxruntime" else None)
    assert second.runtime(folder=tmp_path) == "numpy"
    path = second.file_in(tmp_path)
    path.parent.mkdir()
    path.touch()
    assert second.runtime(folder=tmp_path) == "onnx"


@pytest.fixture(scope="module")
def exported(taught: Path) -> Path:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    portable.export(taught)
    return taught


def test_onnx_runtime_answers_as_torch_does(exported: Path) -> None:
    one, other = both(exported, wish="torch"), both(exported, wish="onnx")
    assert np.abs(one.scores(TEXTS) - other.scores(TEXTS)).max() < 1e-4


def test_onnx_runtime_needs_no_torch(exported: Path) -> None:
    code = (
        "import sys; from pathlib import Path; sys.modules['torch'] = sys.modules['transformers'] = None\n"
        "from models import ngram, second; folder = Path(sys.argv[1])\n"
        "print(second.load(ngram.load(folder), folder, wish='onnx').scores(['全网最低价']).shape)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(exported)], capture_output=True, check=False, text=True)
    assert done.stdout.strip() == f"(1, {len(HEADS)})", done.stderr


def test_an_onnx_file_is_refused_that_is_stale_missing_or_broken(exported: Path, folder: Path) -> None:
    path = folder / "weights" / "encoder.onnx"
    path.write_bytes((exported / "weights" / "encoder.onnx").read_bytes())
    edit(folder, golden=[{"text": "一", "logits": [1] * len(HEADS)}])
    with pytest.raises(WeightsRefused, match="answers"):
        both(folder, wish="onnx")
    rewrite(folder, changed(folder, "classifier.bias", lambda one: one + np.float16(1)))
    with pytest.raises(WeightsRefused, match="was made from weights"):
        both(folder, wish="onnx")
    path.write_bytes(b"\x80\x04no model")
    with pytest.raises(WeightsRefused, match="no ONNX file"):
        both(folder, wish="onnx")
    path.unlink()
    assert not second.fits(ngram.load(folder), folder, wish="onnx")
    with pytest.raises(WeightsRefused, match="missing"):
        both(folder, wish="onnx")


# Somebody else's classifier.


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of random weights, as anybody may have one in a folder."""
    folder, transformers = tmp_path_factory.mktemp("bert"), importlib.import_module("transformers")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"今天气不错你这种人就是垃圾滚远点"]
    (folder / "vocab.txt").write_text("\n".join(dict.fromkeys(words)), encoding="utf-8")
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    importlib.import_module("torch").manual_seed(3)
    config = transformers.BertConfig(
        vocab_size=64,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        id2label={0: "fine", 1: "toxic"},
        label2id={"fine": 0, "toxic": 1},
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_any_sequence_classifier_takes_its_place_by_a_label_map(trained: Trained, checkpoint: Path) -> None:
    first = ngram.load(trained[0])
    model = load_checkpoint(first, CheckpointChoice(str(checkpoint), {"toxic": "abuse"}))
    texts = ["你这种人就是垃圾", "今天天气不错" * 9, "滚"]
    alone = np.concatenate([model.scores([text]) for text in texts])
    assert np.abs(model.scores(texts) - alone).max() < 1e-4
    assert not np.allclose(model.second.logits(texts)[:, 0], 0)
    assert np.abs(alone[:, 1:] - first.scores(texts)[:, 1:]).max() < 1e-2  # no label speaks for them
    assert model.card.thresholds == first.card.thresholds


@pytest.mark.parametrize("labels", [{}, {"rude": "abuse"}, {"toxic": "rudeness"}])
def test_a_label_map_must_name_its_labels_and_our_heads(
    trained: Trained, checkpoint: Path, labels: dict[str, str]
) -> None:
    with pytest.raises(WeightsRefused, match="second_labels"):
        load_checkpoint(ngram.load(trained[0]), CheckpointChoice(str(checkpoint), labels))


def test_nothing_is_downloaded_and_no_pickle_is_read(trained: Trained, checkpoint: Path, tmp_path: Path) -> None:
    first = ngram.load(trained[0])
    with pytest.raises(WeightsRefused, match="cannot be loaded"):
        load_checkpoint(first, CheckpointChoice("nobody/has-this-classifier", {"toxic": "abuse"}))
    for name in (str(tmp_path / "none"), str(tmp_path)):
        with pytest.raises(WeightsRefused, match="is no folder"):
            sound(CheckpointChoice(name, {"toxic": "abuse"}))
    for path in checkpoint.iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    importlib.import_module("torch").save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(WeightsRefused, match="cannot be loaded"):
        load_checkpoint(first, CheckpointChoice(str(tmp_path), {"toxic": "abuse"}))


@pytest.mark.slow
def test_the_commands_train_both_stages_compare_them_and_export(tmp_path: Path) -> None:
    run = partial(CliRunner().invoke, app)
    data = ["--data", str(OWN[0])]
    short = ["--own", "0", "--epochs", "1", "--lines", "0", "--second-epochs", "1"]
    told = run(["train", *data, "--stage", "both", *short, "-o", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert "second" in told.stdout and "both" in told.stdout
    told = run(["evaluate", *data, "--model", str(tmp_path), "--json"])
    assert told.exit_code == 0, told.output
    report = json.loads(told.stdout)
    assert report["gain"].keys() == {"examples of the lexicons"}
    assert report["both"]["sets"].keys() == report["sets"].keys() == report["second"]["sets"].keys()
    assert all(size > 1e6 for size in report["sizes"].values())
    assert "linear" in run(["evaluate", *data, "--model", str(tmp_path)]).stdout
    alone = run(["evaluate", *data, "--model", str(tmp_path), "--first-only", "--json"])
    assert "second" not in json.loads(alone.stdout)
    pytest.importorskip("onnx")
    assert run(["model", "export", "--model", str(tmp_path)]).exit_code == 0
    assert (tmp_path / "weights" / "encoder.onnx").stat().st_size > 1e6
