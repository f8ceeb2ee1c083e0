"""``qingliu tenant lexicon`` and ``explain --own``, without a running service."""

from __future__ import annotations

import orjson
import pytest

from service.rights import Scope
from tests.cli.conftest import TERMS, write_terms
from tests.small import migrated


@pytest.fixture
def house(inside, tmp_path):
    """Runs a command on a data directory that has one tenant: ``house("list")``."""
    data = migrated(tmp_path / "data" / "qingliu.db").parent
    assert inside("key", "create", "--tenant", "shop", "--scope", "admin", "--data", data).returncode == 0

    def run(*words):
        return inside("tenant", "lexicon", *words, "--tenant", "shop", "--data", data)

    return run


@pytest.fixture
def own(tmp_path):
    """Two files of a tenant."""
    write_terms(tmp_path / "brand.txt", "abuse_insult", "某某词")
    allow = TERMS.format(category="*", terms="国家级玫瑰谷").replace("@category", "@allow")
    (tmp_path / "allow.txt").write_text(allow, encoding="utf-8")
    return tmp_path / "brand.txt", tmp_path / "allow.txt"


def test_a_version_is_put_listed_shown_activated_and_taken_back(house, own):
    assert "已存为版本 1，2 条，尚未启用" in house("put", *own, "--note", "新品").stdout.decode()
    assert "现行：无自有词条" in house("list").stdout.decode()
    assert "租户 shop 现用版本 1" in house("activate", "1").stdout.decode()
    listed = house("list", "--lang", "en").stdout.decode()
    assert "新品" in listed and "✓" in listed and "no own words" not in listed
    shown = house("show", "1").stdout.decode()
    assert "# brand.txt" in shown and "国家级玫瑰谷" in shown
    told = orjson.loads(house("show", "1", "--json").stdout)
    assert told["files"] == {path.name: path.read_text(encoding="utf-8") for path in own}
    assert orjson.loads(house("rollback", "--json").stdout) == {"tenant": "shop", "active": 0}
    assert "shop is at version 1 now" in house("rollback", "--version", "1", "--lang", "en").stdout.decode()
    assert "shop 现无自有词条" in house("activate", "0").stdout.decode()
    assert ", active" in house("put", own[0], "--activate", "--lang", "en").stdout.decode()
    assert orjson.loads(house("list", "--json").stdout)["active"] == 2


def test_a_version_that_drops_active_terms_says_so(house, own, tmp_path):
    assert "相比" not in house("put", *own, "--activate").stdout.decode()
    write_terms(tmp_path / "brand.txt", "abuse_insult", "另一词")
    told = house("put", own[0], "--activate").stdout.decode()
    assert "与现行的版本 1 相比：新增 1 行，去掉 2 行" in told
    assert "- 某某词" in told and "- 国家级玫瑰谷" in told
    told = orjson.loads(house("put", *own, "--json").stdout)
    assert (told["replaces"], len(told["added"]), len(told["dropped"])) == (2, 1, 0)


def test_a_note_that_is_too_long_is_said(house, own):
    done = house("put", *own, "--note", "长" * 201)
    assert (done.returncode, "200 printable" in done.stderr.decode()) == (1, True)


def test_nothing_to_go_back_to_is_said(house):
    assert house("rollback").returncode == 1


def test_two_files_of_one_name_are_refused(house, own, tmp_path):
    (tmp_path / "more").mkdir()
    twin = tmp_path / "more" / "brand.txt"
    write_terms(twin, "abuse_insult", "别的词")
    done = house("put", own[0], twin)
    assert (done.returncode, "文件名重复" in done.stderr.decode()) == (2, True)


def test_a_key_tells_its_scope(inside, tmp_path):
    inside("key", "create", "--scope", "admin", "--data", tmp_path)
    inside("key", "create", "--data", tmp_path)
    told = orjson.loads(inside("key", "list", "--json", "--data", tmp_path).stdout)
    assert [key["scope"] for key in told] == ["admin", "moderate"]


def test_the_help_says_what_each_scope_may_do(inside):
    told = inside("key", "create", "--help").stdout.decode()
    assert [scope for scope in Scope if f"{scope}：" not in told] == []


def test_own_words_can_be_tried_before_they_are_put(inside, own):
    words = [word for path in own for word in ("--own", path)]
    told = orjson.loads(inside("explain", "欢迎来国家级玫瑰谷，某某词", *words, "--json").stdout)
    assert [item["text"] for item in told["evidence"]] == ["某某词"]
    assert told["evidence"][0]["why"].startswith("租户自有词库：")
    steps = [step["text"] for step in told["exemptions"][0]["trace"]]
    assert "租户自有词库：属于允许词“国家级玫瑰谷”" in steps


def test_own_words_that_are_wrong_are_named(inside, own):
    write_terms(own[0], "nonsense", "某某词")
    done = inside("explain", "好用", "--own", own[0])
    assert (done.returncode, done.stderr.decode()) == (2, "brand.txt:8: 未知的类别“nonsense”\n")


def test_own_examples_that_fail_are_named_before_the_files_are_put(inside, own):
    write_terms(own[0], "gambling", "某某彩 | hit: 不含它")
    done = inside("explain", "某某彩", "--own", own[0])
    assert (done.returncode, done.stderr.decode()) == (2, "brand.txt:8: “某某彩”没有命中它的例句“不含它”\n")


def test_own_files_whose_names_cannot_be_put_are_named(inside, house, own):
    path = own[0].rename(own[0].with_name("品牌词.txt"))
    tried, put = inside("explain", "好用", "--own", path), house("put", path)
    assert (tried.returncode, put.returncode) == (2, 1)
    assert tried.stderr.decode().splitlines()[0] == put.stderr.decode().splitlines()[0]
    assert tried.stderr.decode().startswith("品牌词.txt:1: 文件名")
