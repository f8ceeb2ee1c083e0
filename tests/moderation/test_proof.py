"""Proofs: a claim is exempt word for word, only in its days, never where the law forgives nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.proof import PROVABLE, named_in
from moderation.script import ApprovedScript, Named, about, sentences
from moderation.types import SHANGHAI, Action, Author, Content, Followed, Part, Passage, Proof, Role, Scene
from service.store.codec import content_body, content_from

NOON = datetime(2026, 11, 1, 12, tzinfo=SHANGHAI)
CLAIM = "2025年双11期间全国电动牙刷行业销售额第一"
REPORT = Proof(id="p1", claims=(CLAIM,), begins=date(2026, 1, 1), expires=date(2026, 11, 1))
SCRIPT = (
    "大家好，欢迎来到直播间。今天给大家带来这款电动牙刷。它在2025年双11期间全国电动牙刷行业销售额第一！\n"
    "刷头柔软，续航三十天。这个价格很实在。"
)


def said(text, *, scene=Scene.LIVE_SPEECH, at=NOON, **more):
    return Content(scene=scene, parts=(Part("text", text),), at=at, author=Author(role=Role.HOST), **more)


def verdict(engine, content):
    return engine.examine(content).conclude()


def excused(found):
    return {(item.code, item.note) for item in found.exemptions}


@pytest.mark.parametrize("scene", [Scene.LIVE_SPEECH, Scene.LIVE_SCRIPT, Scene.AD])
def test_a_proven_claim_is_exempt_and_names_its_proof(shipped, scene):
    content = said(f"它在{CLAIM}，来看看", scene=scene)
    assert verdict(shipped, content).action is not Action.PASS
    proven = verdict(shipped, replace(content, proofs=(REPORT,)))
    assert proven.action is Action.PASS
    assert ("proof", "p1") in excused(proven)
    assert proven.proof == ()


@pytest.mark.parametrize("text", ["我们家销售额第一", "它是国家级的", "全国电动牙刷行业销售额第一"])
def test_a_part_of_the_claim_or_another_claim_is_not(shipped, text):
    content = said(text)
    assert verdict(shipped, replace(content, proofs=(REPORT,))) == verdict(shipped, content)


def test_only_the_proven_claim_of_a_text_is_exempt(shipped):
    found = verdict(shipped, said(f"它在{CLAIM}。它是国家级的。", proofs=(REPORT,)))
    assert found.action is Action.BLOCK
    assert ("proof", "p1") in excused(found)


def test_what_the_law_forgives_nobody_stays_a_violation(shipped):
    text = "这款面膜能根治湿疹"
    content = said(text, industry="cosmetic")
    assert verdict(shipped, content).action is Action.BLOCK
    proven = replace(content, proofs=(Proof(id="p", claims=(text,)),))
    assert verdict(shipped, proven).action is Action.BLOCK
    assert "medical_claim" not in PROVABLE


@settings(max_examples=60, deadline=None)
@given(
    begins=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    days=st.integers(0, 400),
    off=st.integers(-3, 3),
    at_end=st.booleans(),
    second=st.integers(0, 86_399),
)
def test_the_exemption_begins_and_ends_with_the_days_of_its_proof_in_china(  # noqa: PLR0913, PLR0917 - hypothesis
    shipped, begins, days, off, at_end, second
):
    expires = begins + timedelta(days)
    day = (expires if at_end else begins) + timedelta(off)
    at = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(seconds=second)
    proof = Proof(id="p1", claims=(CLAIM,), begins=begins, expires=expires)
    content = said(f"它在{CLAIM}", at=at.astimezone(SHANGHAI), proofs=(proof,))
    exempt = verdict(shipped, content).action is Action.PASS
    assert exempt is (begins <= day <= expires)


def test_the_midnight_of_shanghai_ends_it_wherever_the_clock_stands(shipped):
    last = datetime.fromisoformat("2026-11-01T15:59:59+00:00")
    content = said(f"它在{CLAIM}", at=last, proofs=(REPORT,))
    assert verdict(shipped, content).action is Action.PASS
    assert verdict(shipped, replace(content, at=last + timedelta(seconds=1))).action is not Action.PASS


def test_only_the_claims_that_stand_in_a_text_go_with_it(shipped_ruleset):
    other = Proof(id="p2", claims=("好评率百分之九十九",))
    both = replace(REPORT, claims=("某某第一名的证书", CLAIM))
    assert named_in(said(CLAIM), [other, both], shipped_ruleset) == (REPORT,)
    heard = said("二零二五年双11期间全国电动牙耍行业销售鹅第一")
    assert [proof.id for proof in named_in(heard, [REPORT], shipped_ruleset)] == ["p1"]
    written = replace(heard, scene=Scene.AD)
    assert named_in(written, [REPORT], shipped_ruleset) == ()


# Scripts


def test_sentences_cover_all_that_is_said():
    text = "第一句。第二句！第三句\n\n  第四句；（完）”"
    found = [text[start:end] for _, start, end in sentences(text)]
    assert found == ["第一句。", "第二句！", "第三句", "第四句；", "（完）”"]
    assert sentences(" \n。。") == []


@settings(max_examples=60, deadline=None)
@given(st.text("好的。！\n a；", max_size=60))
def test_sentences_stand_in_order_and_lose_no_letter(text):
    found = sentences(text)
    assert [one.number for one in found] == list(range(len(found)))
    covered = "".join(text[start:end] for _, start, end in found)
    assert [c for c in covered if c.isalnum()] == [c for c in text if c.isalnum()]


def test_a_sentence_is_about_the_product_named_last():
    text = "大家好。先看牙刷。它很软。再看面霜和牙刷。面霜很润。"
    names = (Named("a", "牙刷"), Named("b", "面霜"))
    assert about(text, sentences(text), names) == ["", "a", "a", "a", "b"]
    assert about(text, sentences(text), names[:1]) == ["a"] * 5


def test_a_name_that_ends_another_is_not_taken_for_it() -> None:
    text, names = "先看面霜。再看这款美白面霜，真好用。", [Named("a", "面霜"), Named("b", "美白面霜")]
    assert about(text, sentences(text), names) == ["a", "b"]


@pytest.fixture(scope="module")
def approved(shipped_ruleset):
    return ApprovedScript(SCRIPT, "d", shipped_ruleset, {2: ("p1",)})


def follow(approved, text):
    return approved.followed((Part("text", text),))


@pytest.mark.parametrize(
    "text",
    [
        "大家好欢迎来到直播间今天给大家带来这款电动牙刷",
        "它在二零二五年双十一期间全国电动牙刷行业销售额第一",
        "他载2025年双11期间全国电动牙刷航业销售鹅第一",
        "刷头柔软续航三十天这个价格很实在",
    ],
)
def test_the_script_is_heard_through_the_noise_of_a_recogniser(approved, text):
    assert follow(approved, text).covered >= 700


@pytest.mark.parametrize("text", ["今天天气不错我们聊聊别的", "这款面膜三天就能祛斑不信你试试", "嗯"])
def test_what_the_script_does_not_say_is_not_heard_in_it(approved, text):
    assert follow(approved, text).covered < 300


def test_only_the_sentence_that_is_said_is_heard(approved):
    (passage,) = follow(approved, "它在2025年双11期间全国电动牙刷行业销售额第一").passages
    assert passage.text == "它在2025年双11期间全国电动牙刷行业销售额第一！"
    assert passage.proofs == ("p1",)
    (other,) = follow(approved, "刷头柔软续航三十天").passages
    assert (other.text, other.proofs) == ("刷头柔软，续航三十天。", ())


def test_a_claim_off_the_script_weighs_more_and_says_so(shipped, approved):
    text = "全网销量遥遥领先"
    plain = verdict(shipped, said(text)).evidence[0]
    off = verdict(shipped, said(text, script=follow(approved, text))).evidence[0]
    assert off.weight == min(100, plain.weight * 3 // 2) > plain.weight
    assert ("off_script", 1000) in off.facts


def test_an_approved_sentence_keeps_its_exemption_when_it_is_misheard(shipped, approved):
    text = "他在2025年双11其间全国电动牙刷航业销售鹅第一"
    followed = follow(approved, text)
    without = verdict(shipped, said(text, script=followed))
    assert without.action is not Action.PASS
    assert not any(name == "off_script" for item in without.evidence for name, _ in item.facts)
    assert verdict(shipped, said(text, script=followed, proofs=(REPORT,))).action is Action.PASS
    late = said(text, script=followed, proofs=(REPORT,), at=NOON + timedelta(days=1))
    assert verdict(shipped, late).action is not Action.PASS


def test_a_claim_of_signs_alone_is_no_sentence_of_the_script(shipped):
    passage = Passage("text", 0, 9, "好", 1000, ("p1",))
    proof = replace(REPORT, claims=("好",))
    found = verdict(
        shipped,
        said(
            "全羊毛💯💯保暖",
            script=Followed(digest="d", covered=1000, passages=(passage,)),
            proofs=(proof,),
            commercial=True,
        ),
    )
    assert "proof" not in {code for code, _ in excused(found)}


def test_the_proof_of_a_sentence_covers_no_other_claim_that_is_slipped_in(shipped, approved):
    text = "他在2025年双11期间全国电动牙刷行业国家级销售额第一"
    found = verdict(shipped, said(text, script=follow(approved, text), proofs=(REPORT,)))
    assert found.action is Action.BLOCK


def test_following_a_long_speech_takes_time_by_its_length_alone(shipped_ruleset):
    script = ApprovedScript("买它买它。" * 2000, "d", shipped_ruleset, {})
    assert script.followed((Part("text", "买它" * 1000),)).covered >= 0


def test_a_content_is_stored_with_what_it_was_judged_by(approved):
    text = "它在2025年双11期间全国电动牙刷行业销售额第一"
    content = said(text, proofs=(REPORT, Proof(id="named")), script=follow(approved, text))
    body = content_body(content)
    assert content_from(body, tenant="", content_id="", version=1, published_at=NOON.isoformat()) == content
