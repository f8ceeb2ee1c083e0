"""Foreign word lists in the shapes that lie about in public, as bytes: what is read of them, and how they fail."""

from __future__ import annotations

import pytest

from moderation.encoding import ListUnreadable, decode
from moderation.text.words import frequent
from moderation.wordlist import Form, Shape, read_rows, read_text


def read(data: bytes, suffix: str = ".txt", **shape):
    text, _ = decode(data)
    return read_text(text, Shape(**shape), suffix=suffix)


def words(data: bytes, suffix: str = ".txt", **shape) -> list[str]:
    return [item.text for item in read(data, suffix, **shape).items]


LINES = "百家乐\r\n# 注释\r\n\r\n老虎机\r\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (LINES.encode(), "utf-8"),
        (LINES.encode("utf-8-sig"), "utf-8"),
        (LINES.encode("gb18030"), "gb18030"),
        (LINES.encode("gbk"), "gb18030"),
        (LINES.encode("utf-16"), "utf-16-le"),
        (b"\xfe\xff" + LINES.encode("utf-16-be"), "utf-16-be"),
        (LINES.encode("utf-16-le"), "utf-16-le"),
        (LINES.encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_every_encoding_reads_the_same(data, encoding) -> None:
    assert decode(data)[1] == encoding
    assert [(item.text, item.line) for item in read(data).items] == [("百家乐", 1), ("老虎机", 4)]


TRADITIONAL = "賭球網站、新葡京真人\r\n百家樂,老虎機\r\n"


@pytest.mark.parametrize("encoding", ["cp950", "big5", "gb18030", "utf-8"])
def test_big5_is_told_from_gb18030(encoding) -> None:
    found = {"big5": "cp950"}.get(encoding, encoding)
    assert decode(TRADITIONAL.encode(encoding)) == (TRADITIONAL, found)


def test_no_common_list_in_gb18030_passes_for_big5() -> None:
    words = sorted(frequent(5000))
    for some in ("\n".join(words[place : place + 3]) for place in range(0, 5000, 3)):
        assert decode(some.encode("gb18030")) == (some, "gb18030")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("百家乐、老虎机、炸金花", ["百家乐", "老虎机", "炸金花"]),
        ("百家乐|老虎机|炸金花\n", ["百家乐", "老虎机", "炸金花"]),
        ("百家乐,老虎机, 炸金花,", ["百家乐", "老虎机", "炸金花"]),
        ("百家乐\t老虎机", ["百家乐", "老虎机"]),
        ("百家乐；老虎机", ["百家乐", "老虎机"]),
        ("百家乐,\r\n老虎机,\r\n", ["百家乐", "老虎机"]),
        ("百家乐，老虎机\n炸金花;德州\n", ["百家乐", "老虎机", "炸金花", "德州"]),
        ("a|b|c|d|e\nf\n", ["a", "b", "c", "d", "e", "f"]),
        ("稳赢|加我\n老虎机\n", ["稳赢|加我", "老虎机"]),
        ("百家乐+稳赢\n", ["百家乐+稳赢"]),
        ("regex:加(微|v).{1,3}稳赢\n老虎机,百家乐", ["regex:加(微|v).{1,3}稳赢", "老虎机", "百家乐"]),
        ("regex:加{1,3}微", ["regex:加{1,3}微"]),
        ("regex：加[微,V]信博彩\n老虎机", ["regex：加[微,V]信博彩", "老虎机"]),
        ("", []),
        ("# 只有注释\n", []),
    ],
)
def test_lines_are_split_as_people_write_them(text, found) -> None:
    assert words(text.encode()) == found


def test_words_with_tags_are_told_by_the_whole_file() -> None:
    listing = read("赌博 0,3\n老虎机 1\n约炮 2\n".encode())
    assert listing.form == Form.TAGS
    assert [(item.text, item.tags) for item in listing.items] == [
        ("赌博", ("0", "3")),
        ("老虎机", ("1",)),
        ("约炮", ("2",)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "百家乐|1\n老虎机|2\n",
        "百家乐=1\n老虎机 = 2\n",
        "百家乐,1\n老虎机，2\n",
        "百家乐 1 n\n老虎机 2 nz\n",
        "百家乐 1\n老虎机 2\n",
    ],
)
def test_numbers_behind_nearly_all_words_are_tags(text) -> None:
    more = text + "".join(f"{word}{text[3]}{number}\n" for number, word in enumerate(("炸金花", "德州扑克"), start=30))
    listing = read(f"{more}约炮\n".encode())
    assert listing.form == Form.TAGS
    assert [(item.text, item.tags) for item in listing.items] == [
        ("百家乐", ("1",)),
        ("老虎机", ("2",)),
        ("炸金花", ("30",)),
        ("德州扑克", ("31",)),
        ("约炮", ()),
    ]


def test_numbers_behind_some_words_are_part_of_them() -> None:
    assert words("iphone 15\n百家乐\nregex:1,2\n老虎机".encode()) == ["iphone 15", "百家乐", "regex:1,2", "老虎机"]
    assert words("regex:加,2\nregex:加微=3\n".encode()) == ["regex:加,2", "regex:加微=3"]


def test_long_lines_of_blanks_are_read_in_no_time() -> None:
    assert len(words(("a" + " " * 50_000 + "b\n" + "| 1" * 20_000 + "\n").encode())) > 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"百家乐"\n"老虎机"\n', ["百家乐", "老虎机"]),
        ('"百家乐","老虎机",\n“炸金花”,\n', ["百家乐", "老虎机", "炸金花"]),
        ("'百家乐'\n「老虎机」\n‘炸金花’\n'q'\n\"德州", ["百家乐", "老虎机", "炸金花", "q", '"德州']),
        ('"百家乐" 1\n"老虎机" 2\n', ["百家乐", "老虎机"]),
        ('"百家乐"\n老虎机\n', ['"百家乐"', "老虎机"]),
    ],
)
def test_quotes_around_nearly_all_words_are_no_part_of_them(text, found) -> None:
    assert words(text.encode()) == found


def test_words_with_blanks_in_them_are_no_tags() -> None:
    assert words(b"buy now\nfree viagra\nclick here\n") == ["buy now", "free viagra", "click here"]


def test_a_key_with_values_is_a_word_unless_it_is_a_known_tag() -> None:
    text = "赌博\t稳赢,必赚\n老虎机\t1\n".encode()
    assert [(item.text, item.tags) for item in read(text).items] == [("赌博", ("稳赢", "必赚")), ("老虎机", ("1",))]
    grouped = read(text, groups=frozenset({"赌博"})).items
    assert [(item.text, item.tags) for item in grouped] == [
        ("稳赢", ("赌博",)),
        ("必赚", ("赌博",)),
        ("老虎机", ("1",)),
    ]


def test_a_table_is_read_by_its_header() -> None:
    listing = read('ID,TYPE,TOPIC,WORD\n1,色情,x,约炮\n2,赌博,y,\n3,赌博,y,"百家乐"\n'.encode("gbk"), ".csv")
    assert [(item.text, item.line, item.tags) for item in listing.items] == [
        ("约炮", 2, ("色情",)),
        ("百家乐", 4, ("赌博",)),
    ]
    assert [(one.line, one.code) for one in listing.rejected] == [(3, "no_word")]


def test_a_table_without_its_ending_is_known_by_its_header() -> None:
    text = "ID\tTYPE\tTOPIC\tWORD\n1\t色情\tx\t约炮\n".encode()
    assert [(item.text, item.tags) for item in read(text).items] == [("约炮", ("色情",))]
    assert [item.tags for item in read(text, tag="TOPIC").items] == [("x",)]


def test_columns_may_be_given_by_name_or_number() -> None:
    text = "编号,内文,归属\n1,约炮,黄\n".encode()
    assert [(item.text, item.tags) for item in read(text, ".csv", word="内文", tag="归属").items] == [("约炮", ("黄",))]
    assert [item.text for item in read("1,约炮\n2,百家乐\n".encode(), ".csv", word="2").items] == ["约炮", "百家乐"]


def test_an_empty_table_holds_nothing() -> None:
    assert read(b"", ".csv").items == []


@pytest.mark.parametrize(
    ("first", "headed"),
    [("关键词列表", True), ("公司敏感词", True), ("Keywords (2026)", True), ("词", True), ("老虎机", False)],
)
def test_the_heading_of_an_only_column_is_no_word(first, headed) -> None:
    listing = read(f"{first}\n百家乐\n约炮\n".encode(), ".csv")
    assert listing.headed is headed
    assert [item.text for item in listing.items] == [*([] if headed else [first]), "百家乐", "约炮"]
    assert read(f"{first}\n百家乐\n约炮\n".encode(), ".csv", word=first).headed is True
    assert read("百家乐\n约炮\n".encode()).headed is None


def test_a_table_of_one_column_needs_no_header() -> None:
    assert [item.text for item in read_rows([(1, ["约炮"]), (2, [""]), (3, ["百家乐"])], Shape()).items] == [
        "约炮",
        "百家乐",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('["百家乐",\n"老虎机"]', [("百家乐", 1, ()), ("老虎机", 2, ())]),
        ('{"lastUpdateDate": "2024",\n "words": ["百家乐"]}', [("百家乐", 2, ())]),
        ('{"赌博": ["百家乐"],\n "色情": ["约炮"]}', [("百家乐", 1, ("赌博",)), ("约炮", 2, ("色情",))]),
        ('[{"word": "百家乐", "tags": ["赌博", 3]}]', [("百家乐", 1, ("赌博", "3"))]),
        ('[{"words": ["百家乐", "老虎机"], "category": "赌博"}]', [("百家乐", 1, ("赌博",)), ("老虎机", 1, ("赌博",))]),
    ],
)
def test_json_is_read_in_every_shape(text, found) -> None:
    assert [tuple(item) for item in read(text.encode(), ".json").items] == found
    assert [item.text for item in read(text.encode(), ".dat").items] == [word for word, _, _ in found]


def test_json_lines_keep_their_numbers() -> None:
    listing = read('{"word": "百家乐", "type": "赌博"}\n\n"老虎机"\n{"weight": 3}\n'.encode(), ".jsonl")
    assert [tuple(item) for item in listing.items] == [("百家乐", 1, ("赌博",)), ("老虎机", 3, ())]
    assert [(one.line, one.code) for one in listing.rejected] == [(4, "no_word")]
    assert words('{"word": "百家乐"}\n{"word": "老虎机"}\n'.encode(), "") == ["百家乐", "老虎机"]
    assert words('{"文": "百家乐"}\n'.encode(), ".jsonl", word="文") == ["百家乐"]


def test_objects_of_an_array_keep_their_lines() -> None:
    listing = read('[\n{"word": "百家乐"},\n{"word": "老虎机"},\n{"weight": 3}\n]'.encode(), ".json")
    assert [(item.text, item.line) for item in listing.items] == [("百家乐", 2), ("老虎机", 3)]


def test_what_is_no_text_in_json_is_left_out_by_line() -> None:
    listing = read('["百家乐",\n3,\n"老虎机",\nnull, ""]'.encode(), ".json")
    assert [item.text for item in listing.items] == ["百家乐", "老虎机"]
    assert len(listing.rejected) == 3


@pytest.mark.parametrize(
    ("data", "suffix", "line"),
    [
        (b'["a",\n"b"', ".json", 2),
        (b"3", ".json", 1),
        (b'{"a": 3}', ".json", 1),
        (b"[" * 100_000, ".json", 1),
        (b'{"word": "a"}\n{"word":\n', ".jsonl", 2),
        (b'word,tag\na,b\n"c,d\n', ".csv", 3),
        (b"x,y\n1,2\n", ".csv", 1),
        ("赌博\n".encode() + b"\xff\xff\xff\n", ".txt", 2),
        ("赌博\n".encode("gbk") + b"\xff\xff\xff\n", ".txt", 2),
    ],
)
def test_a_malformed_file_names_its_line(data, suffix, line) -> None:
    with pytest.raises(ListUnreadable) as raised:
        read(data, suffix)
    assert raised.value.told.in_("en") != raised.value.told.in_("zh")
    assert raised.value.line == line
    assert str(line) in raised.value.told.zh or line == 1


def test_a_given_encoding_is_kept_to() -> None:
    assert decode("赌博".encode("gbk"), "gbk")[0] == "赌博"
    with pytest.raises(ListUnreadable, match="not utf-8"):
        decode("赌博".encode("gbk"), "utf-8")
    with pytest.raises(ListUnreadable, match="no encoding"):
        decode(b"a", "klingon")
    assert decode("赌".encode("utf-16"), "utf-16")[0] == "赌"
