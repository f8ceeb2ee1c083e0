"""A tenant's own terms: on top of the shared ones, in every view, allowing and banning, and in nobody else's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moderation.detect.cues import CueIndex
from moderation.detect.own import WiderIndex
from moderation.errors import LoadErrors
from moderation.own import MOST_PATTERNS, MOST_TERMS, check_own, engine_with, read_own, shared_part
from moderation.render import render
from moderation.trace import Tracer
from moderation.types import TEXT, Action, Opinion
from tests.moderation.conftest import term_file
from tests.small import steps_of

if TYPE_CHECKING:
    from moderation.engine import Engine

SHARED = "国家级\n最好 | near: 面霜\n全网第一"
ALLOWED = "国家级湿地公园\n环保本色"


@pytest.fixture(scope="module")
def base(court):
    return court(SHARED, allow=ALLOWED)


@pytest.fixture(scope="module")
def owning(base):
    """An engine with own lines on top: ``owning("某某", allow="…", absolute_claim="…")``."""

    def make(lines: str = "", **more: str) -> Engine:
        files = {f"{name}.txt": term_file(text, name) for name, text in {"gambling": lines, **more}.items() if text}
        engine = engine_with(read_own(files, base.ruleset), base)
        check_own(engine)
        return engine

    return make


def rules(verdict):
    return [item.rule.rpartition(".")[0] for item in verdict.evidence]


@pytest.mark.parametrize(
    "text", ["敏感某事", "敏 感 某 事", "敏感😀某事", "敏敏敏感某事", "看敏感某事嘛", "敏感\u200b某事"]
)
def test_an_own_ban_is_found_through_disguises(owning, base, judge, text):
    assert judge(owning("敏感某事"), text).action is Action.BLOCK
    assert judge(base, text).action is Action.PASS


def test_an_unrelated_word_of_an_own_list_hides_nothing(shipped, judge):
    lines = "某某敏感事 | with: @food_ctx\n别的什么话 | near: 从没见过的词汇"
    own = engine_with(read_own({"own.txt": term_file(lines, "abuse_insult")}, shipped.ruleset), shipped)
    plain = judge(own, "某某敏感事，新到茶具一套", scene="ugc")
    assert plain.action is judge(own, "某某敏感事，新到茶具一套，从没见过的词汇", scene="ugc").action


def test_an_own_ban_is_nobodys_to_doubt(shipped, content):
    files = {"own.txt": term_file("某某敏感事 | weight: 60", "abuse_insult")}
    own = engine_with(read_own(files, shipped.ruleset), shipped)
    doubt = Opinion(TEXT, "ngram@0123456789ab", doubts=("abuse",))
    for text, left in (("大家都在谈某某敏感事", Action.REVIEW), ("大家都在谈近亲结婚的后果", Action.PASS)):
        case = own.examine(content(text, scene="ugc"))
        assert case.conclude().action is Action.REVIEW
        assert case.conclude(doubt).action is left


def test_a_sign_between_disguised_characters_is_an_ornament_for_who_has_own_words_too(shipped, content):
    own = engine_with(read_own({"own.txt": term_file("某某敏感事", "abuse_insult")}, shipped.ruleset), shipped)
    for text in ("招床💯绊", "加💯薇💯信💯"):
        shared, owned = (engine.examine(content(text)).conclude().evidence for engine in (shipped, own))
        assert owned
        assert [(item.rule, item.span) for item in owned] == [(item.rule, item.span) for item in shared]


def test_own_terms_are_judged_in_what_a_seller_with_a_licence_says(shipped, content):
    own = engine_with(
        read_own({"own.txt": term_file("第一次 | severity: 2 | weight: 60", "absolute_claim")}, shipped.ruleset),
        shipped,
    )
    sold = content("第一次用这款面霜，七天祛斑，全网最低价", qualifications=("粤G妆网备字2022056789",))
    assert own.examine(sold).conclude().action is Action.BLOCK


def test_a_symbol_term_is_found_in_the_raw_view(owning, judge):
    engine = owning("薇🦄\n🦖")
    assert judge(engine, "加薇🦄").action is judge(engine, "看🦖吧").action is Action.BLOCK
    assert judge(engine, "加薇").action is Action.PASS


def test_shared_and_own_terms_are_found_side_by_side(owning, judge, quotes):
    engine = owning("某某敏感事")
    assert sorted(quotes(engine, "国家级的某某敏感事")) == ["国家级", "某某敏感事"]
    assert sorted(rules(judge(engine, "国家级的某某敏感事"))) == ["absolute_claim", "own.gambling"]


def test_an_own_allow_term_protects_from_shared_and_own_bans(owning, judge):
    engine = owning("玫瑰", allow="国家级玫瑰谷")
    verdict = judge(engine, "欢迎来国家级玫瑰谷")
    assert verdict.action is Action.PASS
    assert len(verdict.exemptions) == 2
    assert all(item.note.startswith("own.allow.") for item in verdict.exemptions)
    assert judge(engine, "国家级面霜").action is judge(engine, "玫瑰").action is Action.BLOCK


def test_a_ban_longer_than_the_allow_term_inside_it_stands(owning, judge):
    engine = owning("玫瑰谷假货", allow="玫瑰谷")
    assert judge(engine, "玫瑰谷假货").action is Action.BLOCK


def test_an_own_allow_term_may_forgive_the_very_word_that_all_ban(owning, judge):
    assert judge(owning(allow="全网第一"), "全网第一").action is Action.PASS


def test_an_own_ban_of_what_the_house_allows_counts(owning, judge):
    assert judge(owning("国家级湿地公园"), "国家级湿地公园").action is Action.BLOCK
    assert judge(owning("去国家级湿地公园玩"), "去国家级湿地公园玩").action is Action.BLOCK


def test_a_shared_allow_term_still_holds_shorter_own_bans(owning, judge):
    verdict = judge(owning("湿地 | loose: true\n国家级湿地"), "国家级湿地公园")
    assert verdict.action is Action.PASS
    assert {item.code for item in verdict.exemptions} == {"allow_term"}


def test_what_ends_and_begins_with_an_allowed_word_is_asked_on_both_sides(owning, judge):
    engine = owning("湿地公园 | loose: true")
    assert judge(engine, "国家级湿地公园").action is Action.PASS
    assert judge(engine, "湿地公园").action is Action.BLOCK


def test_conditions_of_own_terms_see_their_own_words(owning, judge):
    engine = owning(
        "蓝月亮 | near: 肥皂泡, <number>\n红太阳 | with: 天外\n黄星星 | unless: 童话书\n绿树叶 | without: 面霜"
    )
    hit = ["蓝月亮肥皂泡", "蓝月亮 3 个", "红太阳。好。天外。", "黄星星", "绿树叶"]
    miss = ["蓝月亮很圆", "红太阳", "黄星星童话书", "绿树叶。面霜"]
    assert [judge(engine, text).action for text in hit] == [Action.BLOCK] * len(hit)
    assert [judge(engine, text).action for text in miss] == [Action.PASS] * len(miss)


def test_own_cues_change_nothing_for_shared_terms(owning, base, judge):
    engine = owning("蓝月亮 | near: 肥皂泡, 面霜")
    for text in ("最好的面霜", "最好的肥皂泡", "蓝月亮最好", "蓝月亮最好的面霜肥皂泡", "国家级蓝月亮"):
        own = judge(engine, text)
        assert [it for it in own.evidence if not it.rule.startswith("own.")] == list(judge(base, text).evidence), text


def test_a_wider_index_finds_what_the_narrower_does_and_more(base):
    folding = base.ruleset.folding
    narrow = CueIndex({"面霜", "肥皂"}, ("米",), folding.plain)
    wide = WiderIndex(narrow, {"皂泡", "面霜", "<number>"}, base.ruleset)
    cues = wide.find("肥皂泡3米面霜")
    assert {number for *_, number in narrow.find("肥皂泡3米面霜").hits} < set(cues.numbers)
    ends = [end for _, end, _ in cues.within(0, 8)]
    assert ends == sorted(end for _, end, _ in cues.hits)
    assert wide.numbers(("面霜", "<number>")) == narrow.numbers(("面霜", "<number>"))
    assert wide.numbers(("皂泡",)) <= cues.numbers
    assert wide.find("面霜").numbers == narrow.find("面霜").numbers


def test_scenes_and_categories_of_own_terms_count(owning, judge):
    engine = owning("某某词 | scenes: live_chat", absolute_claim="绝世")
    assert judge(engine, "某某词", scene="live_chat").action is Action.BLOCK
    assert judge(engine, "某某词", scene="ugc").action is Action.PASS
    assert judge(engine, "绝世", scene="ad").action is Action.BLOCK
    assert judge(engine, "绝世", scene="live_chat").action is Action.PASS


def test_nothing_found_is_told_under_the_pair(owning, base, judge):
    engine = owning("某某词")
    shared, plus, own = engine.ruleset.fingerprint.partition("+")
    assert (shared, plus, len(own)) == (base.ruleset.fingerprint, "+", 16)
    for text, scene in (("好用", "ad"), ("好用", "live_chat"), ("某某词", "live_chat")):
        assert judge(engine, text, scene=scene).ruleset == engine.ruleset.fingerprint
        assert judge(base, text, scene=scene).ruleset == base.ruleset.fingerprint
    assert shared_part(engine.ruleset.fingerprint) == shared_part(base.ruleset.fingerprint) == base.ruleset.fingerprint


def test_a_batch_is_judged_as_its_contents_alone_by_whichever_engine(owning, base, content):
    engines = [base, owning("某某词"), owning("面霜", allow="国家级"), owning("🦖")]
    texts = ["某某词", "国家级面霜", "好用", "看🦖吧", "某某某某词"] * 4
    contents = [content(text, scene="ad") for text in texts]
    readings = base.read_many(contents)
    for place, (asked, reading) in enumerate(zip(contents, readings, strict=True)):
        engine = engines[place % len(engines)]
        assert engine.examine(asked, reading).conclude() == engine.examine(asked).conclude()


def test_reasons_name_the_tenants_lexicon_and_need_no_more_than_the_shared_rules(owning, base, content):
    engine = owning("某某词", allow="国家级玫瑰谷")
    asked = content("某某词和国家级玫瑰谷")
    verdict = engine.examine(asked).conclude()
    for ruleset in (engine.ruleset, base.ruleset):
        told = render(verdict, asked, ruleset)
        assert told["evidence"][0]["why"].startswith("租户自有词库：")
        assert told["exemptions"][0]["reason"].startswith("租户自有词库：")
        assert render(verdict, asked, ruleset, lang="en")["evidence"][0]["why"].startswith("the tenant's own lexicon: ")
    steps = Tracer(engine.ruleset, asked, "zh").of_exemption(verdict.exemptions[0])
    assert "租户自有词库：属于允许词“国家级玫瑰谷”" in [step.text for step in steps]


@pytest.mark.parametrize(
    ("files", "place", "reason"),
    [
        ({"a.txt": term_file("某某词", "nonsense")}, ("a.txt", 6), "unknown category"),
        ({"a.txt": term_file("某", "gambling")}, ("a.txt", 6), "one character"),
        ({"a.txt": term_file("某某\n某某", "gambling")}, ("a.txt", 7), "stands already"),
        ({"a.txt": term_file("某某 | near: @nothing", "gambling")}, ("a.txt", 6), "no list"),
        ({"a.txt": term_file("某某", "gambling"), "b.txt": term_file("某某", "allow")}, ("a.txt", 6), "allowed at"),
        ({"a.txt": "某某"}, ("a.txt", 1), "header @owner is missing"),
        (
            {"a.txt": term_file("\n".join(f"{n}号词" for n in range(MOST_TERMS + 1)), "gambling")},
            ("a.txt", MOST_TERMS + 6),
            "more than 20000 terms",
        ),
        (
            {"a.txt": term_file("\n".join(f"/词{n}/ | anchor: 词{n}" for n in range(MOST_PATTERNS + 1)), "gambling")},
            ("a.txt", MOST_PATTERNS + 6),
            "more than 500 patterns",
        ),
    ],
)
def test_what_must_not_go_live_is_named_by_file_and_line(base, files, place, reason):
    with pytest.raises(LoadErrors) as caught:
        read_own(files, base.ruleset)
    assert any((error.file, error.line) == place and reason in error.reason for error in caught.value.errors)


def test_a_file_of_nonsense_is_not_read_to_its_end(base):
    with pytest.raises(LoadErrors) as caught:
        read_own({"a.txt": "某 | x\n" * 5000}, base.ruleset)
    assert len(caught.value.errors) < 1100


def test_examples_of_own_lines_are_judged(owning):
    owning("某某词 | hit: 有某某词 | miss: 没有")
    with pytest.raises(LoadErrors, match="does not find its example"):
        owning("某某词 | hit: 没有")


def test_what_a_small_lexicon_costs_does_not_grow_with_the_shared_rules(base, shipped):
    files = {"a.txt": term_file("\n".join(f"第{n}号某词" for n in range(100)), "gambling")}
    few, many = (steps_of(lambda on=on: engine_with(read_own(files, on.ruleset), on)) for on in (base, shipped))
    assert many < 1.1 * few
