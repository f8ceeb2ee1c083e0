"""``qingliu lexicon import``, ``lint``, ``test`` and ``diff`` from the outside, over files as people have them."""

from __future__ import annotations

import shutil
import zipfile
from time import process_time

import orjson
import pytest

from bench.lists import public_list
from moderation.load import LEXICONS, load_ruleset
from tests.cli.conftest import ORIGIN, write_terms, written

SHEET = """<?xml version="1.0" encoding="UTF-8"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"""
BOOK = """<?xml version="1.0" encoding="UTF-8"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="词" sheetId="1" r:id="rId1"/></sheets></workbook>"""
RELATIONS = """<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>
</Relationships>"""


def write_sheet(path, *rows) -> None:
    """A spreadsheet as small as they come."""
    cells = ("".join(cell(value) for value in row) for row in rows)
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("_rels/.rels", RELATIONS.format(kind="officeDocument", target="xl/workbook.xml"))
        book.writestr("xl/workbook.xml", BOOK)
        book.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format(kind="worksheet", target="worksheets/sheet1.xml"))
        book.writestr("xl/worksheets/sheet1.xml", SHEET.format(rows="".join(f"<row>{row}</row>" for row in cells)))


def cell(value) -> str:
    return f"<c><v>{value}</v></c>" if isinstance(value, int) else f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def test_a_list_becomes_a_term_file_with_its_origin(bring, tmp_path, inside, rules) -> None:
    done, told = bring("a.txt", "百家乐\r\n日\r\n老虎机\r\n".encode("gbk"), "--category", "gambling")
    assert done.returncode == 0, done.stderr.decode()
    assert (told["read"], told["taken"], told["encoding"], told["reasons"]) == (3, 2, "gb18030", {"one_character": 1})
    assert told["rejected"][0]["line"] == 2 and "--force" in told["rejected"][0]["why"]
    file = (tmp_path / "out.txt").read_text(encoding="utf-8")
    for header in ("@category gambling", "@source 某公开词表", "@licence MIT", "@owner 内容安全组", "@reviewed 20"):
        assert header in file
    assert written(tmp_path / "out.txt") == ["百家乐", "老虎机"]
    folder = tmp_path / "lexicons"
    shutil.copytree(rules, folder)
    shutil.copy(tmp_path / "out.txt", folder / "safety" / "out.txt")
    assert len(load_ruleset(folder).terms) == len(load_ruleset(rules).terms) + 2


def test_a_term_that_flags_clean_texts_is_left_out_unless_forced(bring, tmp_path) -> None:
    _, told = bring("a.txt", "手机\n百家乐\n日\n".encode(), "--category", "gambling")
    assert told["reasons"] == {"frequent": 1, "one_character": 1}
    assert "手机在桌上" in told["rejected"][0]["why"]
    assert written(tmp_path / "out.txt") == ["百家乐"]
    done, told = bring("a.txt", "手机\n百家乐\n日\n".encode(), "--category", "gambling", "--force", "--replace")
    assert done.returncode == 0 and not told["rejected"]
    assert written(tmp_path / "out.txt") == ["手机", "百家乐", "日 | prev: ^ | next: $"]
    (finding,) = (one for one in told["lint"]["findings"] if one["kind"] == "frequent")
    assert (finding["file"], finding["line"], finding["term"]) == ("a.txt", 1, "手机")


def test_a_spreadsheet_is_read_by_its_header(bring, tmp_path) -> None:
    write_sheet(tmp_path / "b.xlsx", ("编号", "词", "类别"), (1, "百家乐", "赌"), (2, "约炮", "黄"), (3, 8888, "赌"))
    data = (tmp_path / "b.xlsx").read_bytes()
    done, told = bring("b.xlsx", data, "--map", "赌=gambling", "--map", "黄=porn_vulgar", output="tenant")
    assert done.returncode == 0, done.stderr.decode()
    assert written(tmp_path / "tenant" / "b.gambling.txt") == ["百家乐", "8888"]
    assert written(tmp_path / "tenant" / "b.porn_vulgar.txt") == ["约炮"]
    assert sum(told["files"].values()) == told["taken"] == 3


def test_json_with_categories_goes_to_a_file_each(bring, tmp_path) -> None:
    data = '{"gambling": ["百家乐"], "黄": ["约炮"], "政": ["某"]}'.encode()
    _, told = bring("c.json", data, "--map", "黄=porn_vulgar", output="t")
    assert {path.name for path in (tmp_path / "t").iterdir()} == {"c.gambling.txt", "c.porn_vulgar.txt"}
    assert told["reasons"] == {"no_category": 1}


@pytest.mark.parametrize("second", [b'<c r="XFD1048576"><v>1</v></c>', b" " * 200_000_000], ids=["far", "packed"])
def test_a_workbook_that_no_memory_holds_is_refused(bring, tmp_path, second) -> None:
    path = tmp_path / "b.xlsx"
    write_sheet(path, ("词",), ("百家乐",))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet2.xml", second)
    done, _ = bring("b.xlsx", path.read_bytes(), "--category", "gambling")
    assert done.returncode == 2 and "b.xlsx:1: 工作簿过大" in done.stderr.decode()


@pytest.mark.parametrize(
    ("name", "data", "place"),
    [
        ("a.json", b'["a",\n"b"', "a.json:2"),
        ("a.csv", b'word,tag\n"a,b\n', "a.csv:2"),
        ("a.csv", b"x,y\n1,2\n", "a.csv:1"),
        ("a.jsonl", b'{"word": "a"}\n{\n', "a.jsonl:2"),
        ("a.xlsx", b"PK\x03\x04broken", "a.xlsx:1"),
        ("a.txt", "赌\n".encode() + b"\xff\xff\xff", "a.txt:2"),
    ],
)
def test_a_malformed_file_is_told_with_its_line(bring, name, data, place) -> None:
    done, _ = bring(name, data, "--category", "gambling")
    assert done.returncode == 2
    assert place in done.stderr.decode()


def test_rules_that_do_not_load_are_told_in_the_readers_language(inside, rules, tmp_path) -> None:
    folder = tmp_path / "lexicons"
    shutil.copytree(rules, folder)
    (folder / "words").mkdir()
    (folder / "words" / "common.toml").write_text('mates = ["朋友"]\nnone = =\n', encoding="utf-8")
    (tmp_path / "a.txt").write_text("百家乐", encoding="utf-8")
    asked = ("lexicon", "import", tmp_path / "a.txt", *ORIGIN, "--category", "gambling", "--lexicons", folder)
    place = "words/common.toml:2: "
    for lang, said in (("zh", f"{place}第 8 列起不是合法的 TOML"), ("en", f"{place}is not TOML")):
        done = inside(*asked, "--output", tmp_path / "out.txt", "--lang", lang)
        assert done.returncode == 2 and said in done.stderr.decode()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", 'word,tag\n"甲乙,丙\n', "第 2 行不是合法的 CSV：引号没有闭合\n"),
        ("a.tsv", 'word\ttag\n"甲"乙\t丙\n', "第 2 行不是合法的 CSV：引号之后应为分隔符\n"),
        ("a.csv", f'word,tag\n"{"甲" * 140_000}",丙\n', "第 2 行不是合法的 CSV：有一格过长\n"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_in_chinese(bring, name, data, said) -> None:
    done, _ = bring(name, data.encode(), "--category", "gambling")
    assert done.returncode == 2 and done.stderr.decode().endswith(said)


def test_source_licence_and_owner_must_be_given(inside, tmp_path) -> None:
    (tmp_path / "a.txt").write_text("百家乐", encoding="utf-8")
    for leave_out in range(0, len(ORIGIN), 2):
        given = ORIGIN[:leave_out] + ORIGIN[leave_out + 2 :]
        done = inside("lexicon", "import", tmp_path / "a.txt", *given, "--category", "gambling")
        assert done.returncode == 2 and ORIGIN[leave_out] in done.stderr.decode()
    without = ("--source", "某公开词表", "--licence", "无", "--owner", "内容安全组")
    done = inside("lexicon", "import", tmp_path / "a.txt", *without, "--category", "gambling")
    assert done.returncode == 2 and "许可" in done.stderr.decode()


def test_shipped_lexicons_are_not_written_to(inside, tmp_path) -> None:
    (tmp_path / "a.txt").write_text("百家乐", encoding="utf-8")
    done = inside("lexicon", "import", tmp_path / "a.txt", *ORIGIN, "--category", "gambling", "--lexicons", LEXICONS)
    assert done.returncode == 2 and "--output" in done.stderr.decode()
    assert not [*LEXICONS.rglob("a.gambling.txt")]


def test_political_lists_never_enter_the_shared_folder(bring, rules, tmp_path) -> None:
    for place in (None, rules / "safety" / "p.txt", LEXICONS / "safety" / "p.txt"):
        done, _ = bring("p.txt", "某词条".encode(), "--category", "political_placeholder", output=place)
        assert done.returncode == 2 and "--output" in done.stderr.decode()
        assert not (LEXICONS / "safety" / "p.txt").exists()
    done, _ = bring("p.txt", "某词条".encode(), "--category", "political_placeholder")
    assert done.returncode == 0 and written(tmp_path / "out.txt") == ["某词条"]


def test_without_an_output_the_list_goes_into_the_folder_of_its_group(bring, rules, tmp_path) -> None:
    folder = tmp_path / "lexicons"
    shutil.copytree(rules, folder)
    for category, place in (("gambling", "safety"), ("brush_order", "trade"), ("absolute_claim", "ad_law")):
        done, _ = bring("my list.txt", "全新词条".encode(), "--category", category, "--lexicons", folder, output=None)
        assert done.returncode == 0, done.stderr.decode()
        assert (folder / place / f"my_list.{category}.txt").exists()
    again, _ = bring("my list.txt", "全新词条".encode(), "--category", "gambling", "--lexicons", folder, output=None)
    assert again.returncode == 2 and "--replace" in again.stderr.decode()


def test_a_list_of_nothing_usable_writes_nothing(bring, tmp_path) -> None:
    done, told = bring("a.txt", "日\n赌\n".encode(), "--category", "gambling")
    assert done.returncode == 1 and told["files"] == {}
    assert not (tmp_path / "out.txt").exists()


@pytest.mark.parametrize("words", [("--category", "no_such"), ("--map", "赌"), ("--map", "赌=no_such")])
def test_an_unknown_category_is_a_wrong_command_line(bring, words) -> None:
    done, _ = bring("a.txt", "百家乐".encode(), *words)
    assert done.returncode == 2


def test_people_read_a_report_in_either_language(inside, tmp_path, texts) -> None:
    (tmp_path / "a.txt").write_text("手机\n日\n百家乐\nqq\n", encoding="utf-8")
    asked = ("lexicon", "import", tmp_path / "a.txt", *ORIGIN, "--category", "gambling", "--corpus", texts)
    zh = inside(*asked, "--output", tmp_path / "zh.txt").stdout.decode()
    en = inside(*asked, "--output", tmp_path / "en.txt", "--lang", "en").stdout.decode()
    assert "读到 4 个词" in zh and "单字" not in en and "写入 2 条" in zh
    assert "单字" in zh and "one_character" not in zh
    assert "4 words read" in en and "one_character" in en and "2 lines written" in en


def test_a_public_list_is_imported_in_seconds_and_looks_as_bad_as_it_is(bring, inside, tmp_path) -> None:
    started = process_time()
    clean = LEXICONS.parent / "samples" / "clean.txt"
    done, told = bring("public.txt", public_list(), "--category", "gambling", "--corpus", clean)
    assert done.returncode == 0, done.stderr.decode()
    assert process_time() - started < 30
    assert told["read"] == 60_000 and told["taken"] > 40_000
    assert told["reasons"]["one_character"] > 1000 and told["reasons"]["repeated"] > 8000
    assert told["reasons"]["frequent"] >= 3
    kinds = told["lint"]["kinds"]
    assert kinds["ascii"]["count"] > 500 and kinds["common"]["count"] >= 5
    linted = inside("lexicon", "lint", tmp_path / "out.txt", "--json")
    assert linted.returncode == 0, linted.stdout.decode()[:500]
    assert orjson.loads(linted.stdout)["kinds"]["ascii"] == kinds["ascii"]


def test_lint_is_clean_on_what_is_shipped(inside) -> None:
    done = inside("lexicon", "lint", LEXICONS, "--json")
    told = orjson.loads(done.stdout)
    assert done.returncode == 0
    assert not any(kind["refused"] for kind in told["kinds"].values())
    assert all(kind["explained"] for kind in told["kinds"].values())
    assert told["corpus"]["texts"] >= 600 and told["seconds"]["total"] > 0


def test_lint_refuses_a_file_that_floods_and_says_where(inside, tmp_path, texts) -> None:
    write_terms(tmp_path / "list.txt", "gambling", "手机", "百家乐")
    done = inside("lexicon", "lint", tmp_path / "list.txt", "--corpus", texts, "--all", "--lang", "en")
    shown = done.stdout.decode()
    assert done.returncode == 1
    assert "list.txt:8: frequent 33.33%" in shown and "手机在桌上" in shown and "1 must not go live" in shown


def test_lint_takes_json_lines_as_a_corpus(inside, tmp_path) -> None:
    write_terms(tmp_path / "list.txt", "gambling", "手机")
    (tmp_path / "c.jsonl").write_text('{"text": "手机在桌上"}\n' * 3, encoding="utf-8")
    done = inside("lexicon", "lint", tmp_path / "list.txt", "--corpus", tmp_path / "c.jsonl", "--json")
    assert done.returncode == 1 and orjson.loads(done.stdout)["corpus"] == {"texts": 3, "flagged": 3}
    for text, line in (('{"text": "手机"}\n3\n', 2), ('# 昨天\n\n{"text": "手机"}\n3\n', 4)):
        (tmp_path / "c.jsonl").write_text(text, encoding="utf-8")
        done = inside("lexicon", "lint", tmp_path / "list.txt", "--corpus", tmp_path / "c.jsonl")
        assert done.returncode == 2 and f"c.jsonl:{line}: " in done.stderr.decode()


@pytest.mark.parametrize("line", ["最", "国家级", "最好 | nearr: x"])
def test_lint_refuses_a_folder_that_does_not_load(inside, rules, tmp_path, line) -> None:
    folder = tmp_path / "lexicons"
    shutil.copytree(rules, folder)
    write_terms(folder / "ad_law" / "absolute_claim.txt", "absolute_claim", "国家级", line)
    done = inside("lexicon", "lint", folder, "--json")
    told = orjson.loads(done.stdout)
    assert done.returncode == 1
    assert [(one["kind"], one["file"], one["line"]) for one in told["findings"]] == [
        ("refused", "ad_law/absolute_claim.txt", 9)
    ]


def test_lint_refuses_examples_that_contradict_their_lines_as_the_loader_does(inside, rules, tmp_path) -> None:
    lines = ("庚辛站点 | hit: 不含它", "壬癸站点 | miss: 壬癸站点在这", "甲乙站点 | hit: 去甲乙站点")
    write_terms(tmp_path / "list.txt", "gambling", *lines)
    folder = tmp_path / "lexicons"
    shutil.copytree(rules, folder)
    shutil.copy(tmp_path / "list.txt", folder / "safety" / "list.txt")
    for target, name in ((tmp_path / "list.txt", "list.txt"), (folder, "safety/list.txt")):
        done = inside("lexicon", "lint", target, "--json")
        found = [(one["kind"], one["file"], one["line"]) for one in orjson.loads(done.stdout)["findings"]]
        assert done.returncode == 1 and found == [("refused", name, 8), ("refused", name, 9)]
    allowed = (tmp_path / "list.txt").read_text(encoding="utf-8").replace("@category gambling", "@allow gambling")
    (tmp_path / "list.txt").write_text(allowed, encoding="utf-8")
    assert inside("lexicon", "lint", tmp_path / "list.txt").returncode == 0, "what it protects from is elsewhere"


@pytest.fixture
def exemplary(rules, tmp_path):
    """Rules with examples on a line and beside the terms, all of which hold."""
    folder = tmp_path / "exemplary"
    shutil.copytree(rules, folder)
    line = "全网最低价 | hit: 全网最低价来了 | miss: 价格公道"
    write_terms(folder / "ad_law" / "absolute_claim.txt", "absolute_claim", "国家级", line)
    (folder / "examples").mkdir()
    text = "# examples\n国家级\thit\t国家级配方\n国家级\tmiss\t国家级湿地公园\n"
    (folder / "examples" / "absolute_claim.tsv").write_text(text, encoding="utf-8")
    return folder


def test_examples_that_hold_are_counted(inside, exemplary) -> None:
    done = inside("lexicon", "test", exemplary, "--json")
    told = orjson.loads(done.stdout)
    assert done.returncode == 0
    assert (told["ok"], told["examples"], told["hits"], told["misses"], told["failed"]) == (True, 4, 2, 2, [])
    assert "4 个例句，0 个不符" in inside("lexicon", "test", exemplary).stdout.decode()


def test_examples_that_do_not_hold_are_named(inside, exemplary) -> None:
    line = "全网最低价 | hit: 价格公道 | miss: 全网最低价来了"
    write_terms(exemplary / "ad_law" / "absolute_claim.txt", "absolute_claim", "国家级", line)
    text = "# examples\n国家级\thit\t省级配方\n国家级\tmiss\t国家级配方\n国家级 hit\n"
    (exemplary / "examples" / "absolute_claim.tsv").write_text(text, encoding="utf-8")
    (exemplary / "examples" / "no_such.tsv").write_text(text, encoding="utf-8")
    done = inside("lexicon", "test", exemplary, "--json")
    told = orjson.loads(done.stdout)
    assert done.returncode == 1
    assert [(one["file"], one["line"], one["wanted"]) for one in told["failed"]] == [
        ("ad_law/absolute_claim.txt", 9, True),
        ("ad_law/absolute_claim.txt", 9, False),
        ("examples/absolute_claim.tsv", 2, True),
        ("examples/absolute_claim.tsv", 3, False),
    ]
    assert [(one["file"], one["line"]) for one in told["unreadable"]] == [
        ("examples/absolute_claim.tsv", 4),
        ("examples/no_such.tsv", 1),
    ]
    shown = inside("lexicon", "test", exemplary).stdout.decode()
    assert "examples/absolute_claim.tsv:2" in shown and "6 个例句" not in shown


@pytest.mark.slow
def test_the_shipped_examples_hold(inside) -> None:
    """The command over all of them; that each holds is a test of ``tests/moderation/test_examples.py``."""
    done = inside("lexicon", "test", LEXICONS, "--json")
    told = orjson.loads(done.stdout)
    assert done.returncode == 0 and told["examples"] > 1000


@pytest.fixture
def changed(rules, tmp_path):
    folder = tmp_path / "changed"
    shutil.copytree(rules, folder)
    write_terms(folder / "ad_law" / "absolute_claim.txt", "absolute_claim", "国家级 | weight: 50", "史上最强")
    return folder


def test_a_diff_tells_new_hits_gone_hits_and_changed_verdicts(inside, rules, changed, tmp_path) -> None:
    lines = ["国家级配方", "全网最低价", "史上最强", "天气真好", "大傻瓜"]
    (tmp_path / "texts.txt").write_text("\n".join(lines), encoding="utf-8")
    done = inside("lexicon", "diff", rules, changed, tmp_path / "texts.txt", "--scene", "ad", "--json")
    told = orjson.loads(done.stdout)
    assert done.returncode == 0
    assert (told["texts"], told["different"], told["decided"]) == (5, 3, 3)
    assert told["actions"] == {"block→review": 1, "block→pass": 1, "pass→block": 1}
    assert (told["new_hits"], told["gone_hits"]) == ({"absolute_claim": 1}, {"absolute_claim": 1})
    first, second, third = told["differences"]
    assert (first["line"], first["old"]["action"], first["new"]["action"]) == (1, "block", "review")
    assert not first["new_hits"] and not first["gone_hits"]
    assert second["gone_hits"][0]["text"] == "全网最低价" and third["new_hits"][0]["text"] == "史上最强"
    shown = inside("lexicon", "diff", rules, changed, tmp_path / "texts.txt", "--scene", "ad").stdout.decode()
    assert "拦截→待审" in shown and "5 条文本，3 条有差别" in shown and "结论变化 拦截→待审 1，" in shown


def test_a_diff_of_the_same_rules_is_empty(inside, rules, tmp_path) -> None:
    (tmp_path / "texts.jsonl").write_text('{"scene": "ad", "text": "国家级配方"}\n{"scene": "ad"}\n', encoding="utf-8")
    done = inside("lexicon", "diff", rules, rules, tmp_path / "texts.jsonl", "--json")
    told = orjson.loads(done.stdout)
    assert done.returncode == 1, "the second line cannot be judged"
    assert (told["texts"], told["failed"], told["different"], told["differences"]) == (1, 1, 0, [])


def test_a_diff_tells_which_lines_are_not_judged_and_why(inside, rules, tmp_path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(
        '{"scene": "ad", "text": "国家级"}\n{"id": "b", "scene": "nowhere", "text": "x"}\n{\n', encoding="utf-8"
    )
    asked = ("lexicon", "diff", rules, rules, path)
    errors = orjson.loads(inside(*asked, "--json").stdout)["errors"]
    assert [(one["line"], one["id"]) for one in errors] == [(2, "b"), (3, None)]
    assert errors[0]["error"]["errors"][0]["loc"] == ["scene"]
    second, third, count = inside(*asked).stderr.decode().splitlines()
    assert second.startswith(f"{path}:2: scene: 应为") and third.startswith(f"{path}:3: ")
    assert count == "2 行无法审核" and "JSON" in third


def test_a_diff_of_texts_in_gbk_names_the_encoding(inside, rules, tmp_path) -> None:
    (tmp_path / "texts.txt").write_bytes("国家级\n".encode("gbk"))
    done = inside("lexicon", "diff", rules, rules, tmp_path / "texts.txt", "--scene", "ad")
    assert done.returncode == 2 and "--encoding gb18030" in done.stderr.decode()


def test_a_diff_of_plain_texts_asks_for_the_scene(inside, rules, tmp_path) -> None:
    (tmp_path / "texts.txt").write_text("x", encoding="utf-8")
    assert inside("lexicon", "diff", rules, rules, tmp_path / "texts.txt").returncode == 2


def test_lint_names_its_kinds_and_says_nothing_of_texts_that_it_did_not_run(inside, tmp_path, texts) -> None:
    write_terms(tmp_path / "bad.txt", "gambling", "日\n")
    shown = inside("lexicon", "lint", tmp_path / "bad.txt", "--corpus", texts).stdout.decode()
    assert "加载器拒绝" in shown and "refused" not in shown and "干净语料" not in shown


def test_a_list_that_is_no_json_is_refused_in_one_language(inside, tmp_path) -> None:
    (tmp_path / "a.json").write_text('["手机", 机]', encoding="utf-8")
    done = inside("lexicon", "import", tmp_path / "a.json", *ORIGIN, "--category", "gambling")
    assert "第 1 行第 8 列起不是合法的 JSON" in done.stderr.decode() and "Expecting" not in done.stderr.decode()


def test_a_folder_without_rules_is_told_in_one_line(inside, tmp_path) -> None:
    (tmp_path / "none").mkdir()
    for command in ("check", "test"):
        done = inside("lexicon", command, tmp_path / "none")
        said = (done.stdout + done.stderr).decode()
        assert done.returncode != 0 and said.count("toml") == 1 and "不是词库目录" in said


def test_a_corpus_that_cannot_be_read_ends_the_gym_before_it_starts(inside, tmp_path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"word":"a"}\n', encoding="utf-8")
    for corpus in (tmp_path / "bad.jsonl", tmp_path):
        done = inside("gym", "--ordinary", corpus, "--every", "100000")
        assert done.returncode == 2 and "Traceback" not in done.stderr.decode()
    (tmp_path / "gbk.txt").write_bytes("今天天气好\n".encode("gbk"))
    assert inside("gym", "--ordinary", tmp_path / "gbk.txt", "--every", "100000", "--json").returncode == 0
