"""The text that the project writes to train on: reproducible, all different, and apart from the evaluation text."""

from __future__ import annotations

import json
import random
import re
import tomllib
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from bench.accuracy import lines
from models.synth import HEADS, TEMPLATES, Sentence, examples, expand, load

EXPERT = Path(__file__).parents[1] / "cases" / "expert"
GRAM = 8
PARTS = re.compile(r"[{}|\W_№]+")
SLOT = re.compile(r"\{[^{}|]*\}")


def evaluation() -> dict:
    return tomllib.loads((EXPERT / "eval_templates.toml").read_text(encoding="utf-8"))


def texts(name: str) -> list[str]:
    return [json.loads(line)["text"] for line in (EXPERT / name).read_text(encoding="utf-8").splitlines()]


def training_frames() -> list[str]:
    templates = load()
    return [
        *(text for frame in templates.frames for text in (frame.bad, frame.good)),
        *(line.text for line in templates.lines),
        *(sentence.text for sentences in templates.sentences.values() for sentence in sentences),
    ]


def evaluation_frames() -> list[str]:
    return [text for template in evaluation()["template"] for text in (template["bad"], template["good"])]


def skeleton(frame: str) -> str:
    """What is left of a frame when every choice is one mark and punctuation is gone."""
    while (emptied := re.sub(r"\{[^{}]*\}", "§", frame)) != frame:
        frame = emptied
    return re.sub(r"[^\w§]", "", frame)


def shapes(frames: list[str]) -> set[str]:
    """Skeletons of the frames; those of fewer than four written characters are common speech and left out."""
    return {shape for frame in frames if len((shape := skeleton(frame)).replace("§", "")) >= 4}


def grams(text: str) -> set[str]:
    return {text[start : start + GRAM] for start in range(len(text) - GRAM + 1)}


def stretches(text: str) -> set[str]:
    """Runs of ``GRAM`` characters that stand unbroken in a frame, its fillers or a sentence."""
    return set().union(*map(grams, PARTS.split(SLOT.sub("|", text))))


def shared_stretches(training: list[str], held: list[str]) -> set[str]:
    return set().union(*map(stretches, training)) & set().union(*map(stretches, held))


def test_the_same_seed_gives_the_same_examples_and_another_seed_others() -> None:
    first, again, other = (list(examples(seed=seed, count=300)) for seed in (7, 7, 8))
    assert first == again
    assert {example.text for example in first} != {example.text for example in other}


def test_no_text_comes_twice_and_as_many_come_as_were_asked_for() -> None:
    drawn = [example.text for example in examples(seed=1, count=20_000)]
    assert len(drawn) == len(set(drawn)) == 20_000
    assert all(text.strip() for text in drawn)


def test_labels_are_of_known_heads_and_every_head_has_both() -> None:
    seen = Counter(item for example in examples(seed=2, count=4_000) for item in example.labels.items())
    assert {head for head, _ in seen} == set(HEADS)
    assert all(seen[head, 0] > 500 and seen[head, 1] > 100 for head in HEADS)


def test_a_violation_knows_its_head_and_a_twin_clears_all() -> None:
    drawn = list(examples(seed=3, count=4_000))
    violations = [example for example in drawn if any(example.labels.values())]
    assert 0.4 < len(violations) / len(drawn) < 0.55
    assert sum(sum(example.labels.values()) == 1 for example in violations) > 0.8 * len(violations)
    assert sum(len(example.labels) == len(HEADS) for example in drawn if not any(example.labels.values())) > 1_500


def test_a_disguise_reaches_under_a_third_of_the_violations_and_nothing_else() -> None:
    drawn = list(examples(seed=4, count=4_000, disguise=lambda _, text: f"◈{text}"))
    disguised = [example for example in drawn if "◈" in example.text]
    violations = [example for example in drawn if any(example.labels.values())]
    assert all(any(example.labels.values()) for example in disguised)
    assert 0.25 < len(disguised) / len(violations) < 0.35


def test_there_are_as_many_frames_as_promised() -> None:
    templates = load()
    by_head = Counter(frame.head for frame in templates.frames)
    assert sum(by_head.values()) >= 300 and min(by_head[head] for head in HEADS) >= 30
    assert len({frame.bad for frame in templates.frames}) == len(templates.frames)
    assert len({line.text for line in templates.lines}) == len(templates.lines) >= 900
    held = Counter(template["head"] for template in evaluation()["template"])
    assert sum(held.values()) >= 120 and set(held) == set(HEADS)


def test_there_are_as_many_written_sentences_as_promised() -> None:
    sentences = load().sentences
    assert len({one.text for listed in sentences.values() for one in listed}) >= 20_000
    assert min(len(sentences[head]) for head in (*HEADS, "-")) >= 700


def test_a_written_sentence_knows_nothing_of_the_heads_that_its_own_shade_into() -> None:
    scam = Sentence("", ("fraud",)).labels
    others = ("abuse", "porn", "gambling", "violence", "self_harm", "minors", "negative")
    assert scam == {"fraud": 1, **dict.fromkeys(others, 0)}
    assert Sentence("", ()).labels == dict.fromkeys(HEADS, 0)
    assert Sentence("", ("fraud", "spam")).labels["spam"] == 1


@pytest.mark.parametrize("line", ["hate\t甲", "-\t", "甲", "-\t{甲}"])
def test_a_malformed_written_line_is_refused_with_its_place(tmp_path, line) -> None:
    (tmp_path / "x.tsv").write_text(f"-\t乙\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"x\.tsv:2: expected heads of"):
        load(written=tmp_path)


def test_hard_negatives_give_two_thousand_different_lines() -> None:
    templates, rng = load(), random.Random(5)
    lines = {expand(rng, line.text, templates.slots) for line in templates.lines for _ in range(6)}
    assert len(lines) >= 2_000


def test_every_frame_and_every_evaluation_frame_expands() -> None:
    templates, rng = load(), random.Random(6)
    slots = {name: tuple(fillers) for name, fillers in evaluation()["slots"].items()}
    sentences = [
        *(expand(rng, text, frame.slots) for frame in templates.frames for text in (frame.bad, frame.good)),
        *(expand(rng, text, slots) for text in evaluation_frames()),
    ]
    assert not [sentence for sentence in sentences if re.search(r"[{}|№]", sentence) or len(sentence) < 2]


def test_a_twin_is_another_sentence_than_its_violation() -> None:
    assert all(frame.bad != frame.good for frame in load().frames)
    assert all(template["bad"] != template["good"] for template in evaluation()["template"])


def test_training_shares_no_frame_with_the_evaluation_templates() -> None:
    assert not shapes(training_frames()) & shapes(evaluation_frames())


def test_the_comparison_sees_a_frame_with_other_fillers() -> None:
    assert shapes(["{城}的{货}怎么卖？"]) == shapes(["{群}的{a|b}怎么卖"])


def test_training_shares_no_eight_characters_with_the_evaluation_text() -> None:
    held = [*evaluation_frames(), *texts("antibias_dev.jsonl"), *texts("ordinary_dev.jsonl")]
    held += [told["text"] for _, told in lines(EXPERT.parent / "kinds")]
    fillers = [filler for frame in load().frames for fillers in frame.slots.values() for filler in fillers]
    assert shared_stretches([*training_frames(), *fillers], held) == set()


def test_filled_evaluation_sentences_hardly_meet_filled_training_text() -> None:
    slots, rng = {name: tuple(fillers) for name, fillers in evaluation()["slots"].items()}, random.Random(10)
    training = set().union(*(grams(example.text) for example in examples(seed=10, count=20_000)))
    held = [expand(rng, frame, slots) for frame in evaluation_frames() for _ in range(5)]
    assert sum(not training.isdisjoint(grams(text)) for text in held) / len(held) < 0.01


def test_the_comparison_sees_a_copied_sentence() -> None:
    copied = texts("antibias_dev.jsonl")[0]
    assert shared_stretches([*training_frames(), copied], [copied])


def test_expanded_training_text_holds_no_evaluation_line() -> None:
    held = {*texts("antibias_dev.jsonl"), *texts("ordinary_dev.jsonl")}
    assert not held & {example.text for example in examples(seed=9, count=5_000)}


def test_the_dev_sets_hold_what_their_readme_says() -> None:
    rows = [json.loads(line) for line in (EXPERT / "antibias_dev.jsonl").read_text(encoding="utf-8").splitlines()]
    assert Counter(row["abuse"] for row in rows) == {0: 500, 1: 120}
    assert len(set(texts("antibias_dev.jsonl"))) == 620 and len(set(texts("ordinary_dev.jsonl"))) == 400


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("{无此槽}", "no slot is named"), ("{a|{b|{c", "do not close"), ("{环}", "nest deeper")],
)
def test_a_malformed_frame_is_refused_with_its_text(text, complaint) -> None:
    with pytest.raises(ValueError, match=complaint):
        expand(random.Random(0), text, {"环": ("{环}",)})


def test_exhausted_templates_say_how_many_texts_they_gave(tmp_path, monkeypatch) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "slots.toml").write_text("", encoding="utf-8")
    for head in HEADS:
        (folder / f"{head}.toml").write_text('clear = []\n[frames]\npairs = [["甲", "乙"]]\n', encoding="utf-8")
    (folder / "hard_negatives.txt").write_text("[plain]\n丙\n", encoding="utf-8")
    written = tmp_path / "written"
    written.mkdir()
    (written / "all.tsv").write_text("-\t丁\n" + "".join(f"{head}\t戊\n" for head in HEADS), encoding="utf-8")
    tiny = load(folder, written)
    monkeypatch.setattr("models.synth.load", lambda: tiny)
    monkeypatch.setattr("models.synth._dressed", lambda _rng, text, _templates: text)
    with pytest.raises(ValueError, match=r"give [0-9]+ different texts, 1000 were asked for"):
        list(examples(seed=0, count=1_000))


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("spam.toml", "pairs = [", "expected a TOML file"),
        ("spam.toml", 'clear = ["spam"]', "clear must list other heads"),
        ("spam.toml", "clear = []", "expected the tables"),
        ("spam.toml", 'clear = []\n[frames]\npairs = [["甲"]]', "expected \\[violation, twin\\]"),
        ("slots.toml", '"甲" = []', "must be a list of strings"),
        ("hard_negatives.txt", "没有标题", "expected a \\[kind\\]"),
        ("hard_negatives.txt", "[a] unknown: b", "unknown must list heads"),
    ],
)
def test_a_malformed_file_is_refused_by_name(name, content, complaint, tmp_path) -> None:
    for path in TEMPLATES.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=complaint) as refused:
        load(tmp_path)
    assert name in str(refused.value)


def test_examples_come_one_by_one() -> None:
    assert len(list(islice(examples(seed=0, count=10**9), 5))) == 5
