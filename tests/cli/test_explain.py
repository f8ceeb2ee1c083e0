"""``qingliu explain`` from the outside."""

from __future__ import annotations

import shutil

import orjson

TEXT = "国\u200b家級配方\x1b[31m，全网最❤低价，国家级湿地公园旁"


def test_it_shows_the_text_the_law_and_what_was_seen_through(inside):
    done = inside("explain", TEXT, "--scene", "ad")
    shown = done.stdout.decode()
    assert done.returncode == 0
    for expected in (
        "国◦家級配方␛[31m，全网最❤低价",  # what shows nothing is made visible, and cannot steer the terminal
        "国家级配方31m全网最低价",  # what the engine read
        "拦截",
        "绝对化用语",
        "absolute_claim",
        "广告法 9(3)",
        "中华人民共和国广告法",
        "繁体或异体、零宽字符",
        "表情",
        "属于允许词“国家级湿地公园”",
    ):
        assert expected in shown, expected
    assert "\x1b" not in shown


def test_colours_mark_the_spans_where_a_terminal_shows_them(qingliu):
    shown = qingliu("explain", "送国家级配方", FORCE_COLOR="1", TERM="xterm-256color").stdout.decode()
    before, _, after = shown.partition("国家级")
    assert before.endswith("m") and "\x1b[" in before.rpartition("送")[2]
    assert after.startswith("\x1b[0m")


def test_a_price_keeps_its_point(inside):
    assert "引擎读到：全网最低价19.9元" in inside("explain", "全网最❤低价19.9元").stdout.decode()


def test_json_carries_the_verdict_the_reading_and_the_laws(inside):
    told = orjson.loads(inside("explain", TEXT, "--scene", "ad", "--lang", "en", "--json").stdout)
    assert (told["action"], told["scene"]) == ("block", "ad")
    assert told["read"].startswith("国家级配方31m全网最低价")
    assert told["laws"]["广告法 9(3)"]["law"] == "Advertising Law of the PRC"
    assert "Absolute claim" in told["evidence"][0]["reason"]
    for finding in (*told["evidence"], *told["exemptions"]):
        assert TEXT[finding["start"] : finding["end"]] == finding["text"]


def test_the_day_and_the_speaker_count(inside):
    def told(*words):
        return orjson.loads(inside("explain", "国家级配方", *words, "--json").stdout)

    assert told("--scene", "ugc")["action"] == "pass"
    assert told("--scene", "ugc", "--commercial")["action"] == "block"
    assert told("--scene", "ugc", "--role", "seller")["action"] == "block"
    early = told("--scene", "ad", "--published-at", "1991-01-01T00:00:00+08:00")
    assert "绝对化用语执法指南 2" not in early["evidence"][0]["laws"]


def test_what_cannot_be_explained_says_why_and_ends_with_two(inside):
    for words, expected in ((("",), "text"), (("茶", "--published-at", "昨天"), "published_at: 应为 RFC 3339")):
        done = inside("explain", *words)
        assert (done.returncode, done.stdout) == (2, b"")
        assert expected in done.stderr.decode()


def test_the_day_asked_for_wins_over_the_time_of_publishing(inside):
    def told(*words):
        return orjson.loads(inside("explain", "国家级配方", "--scene", "ad", *words, "--json").stdout)

    published = ("--published-at", "1991-01-01T00:00:00+08:00")
    assert "绝对化用语执法指南 2" not in told("--as-of", "2023-02-24")["evidence"][0]["laws"]
    late = told("--as-of", "2023-02-25", *published)
    assert late["as_of"] == "2023-02-25"
    assert "绝对化用语执法指南 2" in late["evidence"][0]["laws"]
    wrong = inside("explain", "茶", "--as-of", "昨天")
    assert (wrong.returncode, wrong.stdout) == (2, b"")
    assert "--as-of" in wrong.stderr.decode()


def test_each_finding_is_told_step_by_step(inside):
    shown = inside("explain", TEXT, "--scene", "ad").stdout.decode()
    steps = ("场景", "允许词", "护栏", "比较与从重", "豁免", "结论")
    places = [shown.index(f"\n  {step}") for step in steps]
    assert places == sorted(places)
    told = orjson.loads(inside("explain", TEXT, "--scene", "ad", "--json").stdout)
    assert [step["step"] for step in told["evidence"][0]["trace"]] == [
        "gate", "allow", "guard", "against", "exemption", "verdict",
    ]  # fmt: skip
    assert [step["step"] for step in told["exemptions"][0]["trace"]] == ["gate", "allow", "verdict"]


def test_what_is_no_advertising_says_so(inside):
    shown = inside("explain", "大傻瓜，国家级", "--scene", "ugc").stdout.decode()
    assert "非商业内容：广告类别不启用" in shown and "该类别不限于广告" in shown and "国家级" in shown
    english = inside("explain", "大傻瓜", "--scene", "ugc", "--lang", "en").stdout.decode()
    assert "not commercial" in english and "not only for advertising" in english


def test_proof_and_tried_exemptions_are_told(inside, tmp_path, rules):
    folder = tmp_path / "lexicons"
    shutil.copytree(rules, folder)
    (folder / "claims.toml").write_text(
        '[[rule]]\ncode = "self"\nkind = "exemption"\nzh = "自我比较"\nen = "oneself"\n'
        'laws = ["绝对化用语执法指南 6(1)"]\n'
        'outcome = "proof"\nproof_zh = "比较的数据"\nproof_en = "the figures"\n'
        '[[rule.when]]\nclause = ["自家"]\nsentence = ["数据"]\nindustry = ["tea"]\n',
        encoding="utf-8",
    )
    asked = ("--scene", "ad", "--lexicons", folder)
    shown = inside("explain", "自家数据，国家级", *asked, "--industry", "tea").stdout.decode()
    for expected in ("通过", "须留存 比较的数据  self", "依法豁免：自我比较（绝对化用语执法指南 6(1)）", "同一品牌"):
        assert expected in shown, expected
    shown = inside("explain", "自家国家级", *asked).stdout.decode()
    assert "自我比较（绝对化用语执法指南 6(1)）：条件不全" in shown and "可补证明" in shown


def test_it_tells_what_could_be_written_instead(inside):
    shown = inside("explain", "国家级配方，山里采的茶", "--scene", "ad").stdout.decode()
    assert shown.rstrip().endswith("建议改写\n山里采的茶\n  国家级配方， → （删除）")
    told = orjson.loads(inside("explain", "国家级配方，山里采的茶", "--scene", "ad", "--json").stdout)
    assert told["suggestions"]["parts"] == [{"name": "text", "text": "山里采的茶"}]
    assert "nothing is left" in inside("explain", "国家级配方", "--scene", "ad", "--lang", "en").stdout.decode()
    assert "建议改写" not in inside("explain", "山里采的茶", "--scene", "ad").stdout.decode()
