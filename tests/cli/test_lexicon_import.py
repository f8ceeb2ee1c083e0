"""``qingliu lexicon import`` of lists with lines that do not work: what is left out, and what is said of it."""

from __future__ import annotations

from tests.cli.conftest import ORIGIN, written


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
    assert "flags 40/120 clean texts" in en and "the loader refuses it: @me is no list" in en and "Told(" not in en
