"""``qingliu lexicon import`` of lists with lines that do not work: what is left out, and what is said of it."""

from __future__ import annotations

from io import BytesIO

import orjson
import pytest
from xlsxwriter import Workbook

from tests.cli.conftest import ORIGIN, written


def workbook(hidden: str = "", **sheets: list[list[str]]) -> bytes:
    data = BytesIO()
    with Workbook(data, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if name == hidden:
                sheet.hide()
    return data.getvalue()


def test_one_refused_line_stops_neither_the_rest_nor_its_false_alarms(bring, tmp_path) -> None:
    data = "国家级湿地公园+博彩\n百家乐+@me\n老虎机+<foo>\n手机\n炸金花\n".encode()
    done, told = bring("a.txt", data, "--category", "absolute_claim")
    assert done.returncode == 0
    assert [(one["line"], one["code"]) for one in told["rejected"]] == [
        (1, "allowed"),
        (2, "loader"),
        (3, "loader"),
        (4, "frequent"),
    ]
    assert told["lint"]["corpus"]["texts"] == 120
    assert written(tmp_path / "out.txt") == ["炸金花"]


def test_what_the_loader_refuses_is_told_with_its_line_and_word(bring, inside, tmp_path, texts) -> None:
    data = "手机\n百家乐+@me\n老虎机\n".encode()
    _, told = bring("a.txt", data, "--category", "gambling")
    assert [(one["text"], one["why"]) for one in told["rejected"]] == [
        ("手机", "在干净语料中误报 40/120，例：手机在桌上"),
        ("百家乐 | sentence: \\@me", "加载器拒绝：words/ 中没有列表 @me"),
    ]
    asked = ("lexicon", "import", tmp_path / "a.txt", *ORIGIN, "--category", "gambling", "--corpus", texts)
    zh = inside(*asked, "--output", tmp_path / "zh.txt").stdout.decode()
    en = inside(*asked, "--output", tmp_path / "en.txt", "--lang", "en").stdout.decode()
    assert "加载器拒绝 │" in zh and "误报 40/120" in zh and "Told(" not in zh
    en = " ".join(en.replace("│", " ").split())  # as wide as the terminal is
    assert "flags 40/120 clean texts" in en and "the loader refuses it: @me is no list" in en and "Told(" not in en


def test_a_workbook_of_several_filled_sheets_is_not_read_by_half(bring, tmp_path) -> None:
    data = workbook(说明=[["本表由法务部维护"]], 词表=[["序号", "敏感词"], ["1", "百家乐"]], 空表=[])
    done, _ = bring("b.xlsx", data, "--category", "gambling")
    assert (
        done.returncode == 2
        and "b.xlsx:1: 工作表（说明、词表、空表）中不止一个有内容；请用 --sheet" in done.stderr.decode()
    )
    done, _ = bring("b.xlsx", data, "--category", "gambling", "--sheet", "词表")
    assert done.returncode == 0 and written(tmp_path / "out.txt") == ["百家乐"]
    done, _ = bring("b.xlsx", data, "--category", "gambling", "--sheet", "词", "--lang", "en")
    assert done.returncode == 2 and "there is no sheet 词" in done.stderr.decode()


@pytest.mark.parametrize("hidden", ["", "选项"])
def test_sheets_that_nobody_sees_or_that_are_empty_ask_nothing(bring, tmp_path, hidden) -> None:
    sheets = {"词表": [["百家乐"]], "选项": [["黄"]] if hidden else []}
    done, _ = bring("b.xlsx", workbook(hidden, **sheets), "--category", "gambling")
    assert done.returncode == 0 and written(tmp_path / "out.txt") == ["百家乐"]
    done, _ = bring("b.xlsx", workbook(空=[]), "--category", "gambling")
    assert done.returncode == 1


def test_a_title_above_the_headings_is_told_in_the_words_of_the_sheet(bring) -> None:
    data = workbook(词表=[["违禁词一览"], ["序号", "敏感词"], ["1", "百家乐"]])
    done, _ = bring("b.xlsx", data, "--category", "gambling")
    assert done.returncode == 2 and "其中须有 词、敏感词或 word；现为 违禁词一览" in done.stderr.decode()


@pytest.mark.parametrize(
    ("first", "zh", "en"),
    [("关键词列表", "首行作为列名", "names the columns"), ("老虎机", "首行也作为词", "is a word")],
)
def test_how_the_first_row_was_taken_is_told(inside, tmp_path, first, zh, en) -> None:
    (tmp_path / "a.csv").write_text(f"{first}\n百家乐\n", encoding="utf-8")
    asked = (
        "lexicon",
        "import",
        tmp_path / "a.csv",
        *ORIGIN,
        "--category",
        "gambling",
        "-o",
        tmp_path / "o.txt",
        "--replace",
    )
    assert zh in inside(*asked).stdout.decode()
    assert en in inside(*asked, "--lang", "en").stdout.decode()
    assert orjson.loads(inside(*asked, "--json").stdout)["headed"] is ("列表" in first)
