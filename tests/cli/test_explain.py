"""``qingliu explain`` from the outside."""

from __future__ import annotations

import orjson

TEXT = "国\u200b家級配方\x1b[31m，全网最❤低价，国家级湿地公园旁"


def test_it_shows_the_text_the_law_and_what_was_seen_through(qingliu):
    done = qingliu("explain", TEXT, "--scene", "ad")
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
