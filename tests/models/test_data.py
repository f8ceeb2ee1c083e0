"""What training may see: known files, labels by head, and nothing that is kept for measuring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models.card import HEADS, REVIEWED
from models.data import (
    LENGTHS,
    DataRefused,
    Row,
    Source,
    among,
    files_of,
    known_sources,
    labelled,
    rows_of,
    source_of,
    without,
)
from models.train import Order, train

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("place", ["public_test/cold_test.jsonl", "dev_eval_only/anything.jsonl"])
def test_text_for_measuring_is_never_trained_on(tmp_path: Path, place: str) -> None:
    write(tmp_path / place, '{"text": "一句话", "label": 1, "labels": {"abuse": 1}}')
    with pytest.raises(DataRefused, match="for measuring only") as refused:
        train(Order([tmp_path]), tmp_path / "out", lambda _line: None)
    assert "只用于评测" in refused.value.told.zh


def test_a_missing_label_is_no_negative(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", '{"text": "一句话", "labels": {"abuse": 1, "spam": 0}}')
    known = labelled(rows_of(*files_of([path], ("train",), known_sources())[0]))
    assert known.truth[0].tolist() == [head == "abuse" for head in HEADS]
    assert known.weight[0].tolist() == [head in {"abuse", "spam"} for head in HEADS]


def test_a_line_of_an_examination_without_a_category_is_innocent_of_all(tmp_path: Path) -> None:
    lines = (
        '{"text": "红薯三块一斤"}',
        '{"text": "地瓜两块一斤", "category": null}',
        '{"text": "买数据的来", "category": "privacy_leak"}',
        '{"text": "稳赚", "category": "odd"}',
    )
    path = write(tmp_path / "cases" / "exam" / "a.jsonl", *lines[:3])
    (_, source) = files_of([path], ("train",), known_sources())[0]
    clean = rows_of(path, source)
    assert [set(row.labels.values()) for row in clean] == [{0}, {0}, {1}]
    with pytest.raises(DataRefused, match=r"a\.jsonl:1"):
        rows_of(write(path, lines[3]), source)


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        '{"labels": {}}',
        '{"text": "一句话", "labels": {"rudeness": 1}}',
        '{"text": "一句话", "labels": {"abuse": 2}}',
    ],
)
def test_a_row_without_text_or_known_labels_is_refused_by_place(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "rows.jsonl", '{"text": "另一句", "labels": {"abuse": 0}}', line)
    with pytest.raises(DataRefused, match=r"rows\.jsonl:2: expected") as refused:
        rows_of(path, files_of([path], ("train",), known_sources())[0][1])
    assert "rows.jsonl:2：应为含文字与 labels 的一行" in refused.value.told.zh


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="no data file"):
        files_of([tmp_path], ("train",), known_sources())


def test_excluded_texts_leave_and_copies_count_once(tmp_path: Path) -> None:
    excluded = write(
        tmp_path / "test.jsonl", '{"text": "不要，这一句！"}', "", '{"parts": [{"name": "text", "text": "也不要这句"}]}'
    )
    source = Source("x", "x", "train")
    rows = [Row(text, {"abuse": 0}, source) for text in ("不要这一句", "也不要这句", "留下这一句", "留下，这一句。")]
    assert [row.text for row in without(rows, [excluded])] == ["留下这一句"]


def test_what_belongs_together_is_held_out_together() -> None:
    source = Source("x", "x", "train")
    assert len({Row(str(number), {}, source, "same").held_out for number in range(50)}) == 1
    assert len({Row(str(number), {}, source).held_out for number in range(200)}) == 2


def test_a_plain_text_file_that_nobody_knows_is_no_data(tmp_path: Path) -> None:
    assert source_of(tmp_path / "notes.txt", known_sources()) is None


def test_a_breach_stands_among_innocent_texts_and_keeps_its_labels() -> None:
    source = Source("own", "*.jsonl", "train", label="labels")
    breach = Row("加我领内部价", {"diversion": 1, "abuse": 0, "negative": 0}, source)
    ordinary = Row("今天的红薯三块一斤", dict.fromkeys(REVIEWED, 0), source)
    copies = among([breach, ordinary], 1.0, 7)
    assert [breach.text in copies[0].text, ordinary.text in copies[0].text] == [True, True]
    assert copies[0].labels == {"diversion": 1, "abuse": 0}, "of the other text nobody knows whether its mood is bad"
    assert set(copies[1].labels.values()) == {0}
    assert all(LENGTHS[0] <= len(copy.text) for copy in copies)


def test_nothing_is_put_among_texts_of_which_too_little_is_known() -> None:
    assert among([Row("一句话", {"abuse": 0}, Source("own", "*.jsonl", "train"))], 1.0, 7) == []
