"""A score in court: it sends to review, adds nothing to what rules say, and never overrides an exemption."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from moderation import expert
from moderation.engine import Engine
from moderation.errors import LoadErrors
from moderation.expert import AROUND, LISTED
from moderation.load import LEXICONS, SCENES, load_ruleset
from moderation.render import render
from moderation.trace import Tracer
from moderation.types import (
    DENIED,
    DOUBTED,
    NAMED,
    TEXT,
    UNSURE,
    Action,
    Content,
    Effect,
    Missing,
    Opinion,
    Part,
    Scene,
    Score,
    Span,
)

HEADS = ("abuse", "porn", "gambling", "fraud", "diversion", "spam", "ad_law", "negative")
REVIEWED = ("abuse", "porn", "gambling", "fraud", "diversion")
PLAIN = "今天去看了外婆"


def content(*texts: str, scene: str = "ad", **more) -> Content:
    parts = tuple(Part(f"part{number}" if number else "text", text) for number, text in enumerate(texts))
    return Content(scene=Scene(scene), parts=parts, at=datetime(2026, 11, 22, 4, tzinfo=UTC), **more)


def says(*heads: str, text: str = PLAIN, score: int = 870) -> Opinion:
    span = Span("text", 0, len(text))
    return Opinion(TEXT, "ngram@0123456789ab", tuple(Score(head, score, 440, span) for head in heads))


def judged(shipped: Engine, text: str, *heads: str, **more):
    return shipped.examine(content(text, **more)).conclude(says(*heads, text=text))


def scored(verdict):
    return [item for item in verdict.evidence if item.source == TEXT]


@pytest.mark.parametrize("scene", Scene)
def test_every_shipped_scene_hears_the_text_expert_of_clean_contents_too(shipped, scene):
    assert shipped.examine(content(PLAIN, scene=scene)).wants == (TEXT,)


@pytest.mark.parametrize("scene", Scene)
@pytest.mark.parametrize("head", REVIEWED)
def test_a_score_sends_to_review_and_never_blocks(shipped, scene, head):
    verdict = judged(shipped, PLAIN, head, scene=scene)
    (item,) = scored(verdict)
    assert verdict.action is Action.REVIEW
    assert not verdict.degraded
    assert (item.source, item.rule, item.weight) == (TEXT, f"text.{head}", UNSURE)
    assert item.severity == verdict.severity == shipped.ruleset.categories[item.category].severity
    assert item.facts == (("score_milli", 870), ("threshold_milli", 440))
    assert item.note == "ngram@0123456789ab"


def test_a_score_cannot_block_even_where_a_policy_blocks_at_its_weight(shipped):
    rules = shipped.ruleset
    policies = {scene: replace(policy, block_at=UNSURE, review_at=1) for scene, policy in rules.policies.items()}
    strict = Engine(replace(rules, policies=policies), base=shipped)
    assert judged(strict, PLAIN, *HEADS, scene="ad").action is Action.REVIEW


@pytest.mark.parametrize("scene", Scene)
def test_a_bad_mood_is_a_signal_only(shipped, scene):
    verdict = judged(shipped, PLAIN, "negative", scene=scene)
    assert verdict.action is Action.PASS
    assert verdict.severity == 0
    expected = ("negative_sentiment",) if scene in {Scene.UGC, Scene.LIVE_CHAT} else ()
    assert verdict.categories == expected
    assert verdict.effects == ((Effect.COUNT,) if expected else ())


def test_spam_is_slowed_down_where_it_is_a_category_and_nothing_elsewhere(shipped):
    assert judged(shipped, PLAIN, "spam", scene="live_chat").effects == (Effect.THROTTLE,)
    assert judged(shipped, PLAIN, "spam", scene="ad") == shipped.examine(content(PLAIN)).conclude()


def test_advertising_law_counts_only_where_the_content_is_judged_as_advertising(shipped):
    assert judged(shipped, PLAIN, "ad_law", scene="ugc").evidence == ()
    assert judged(shipped, PLAIN, "ad_law", scene="ad", commercial=False).categories == ("false_fact_claim",)
    sold = shipped.examine(replace(content(PLAIN, scene="ugc"), commercial=True)).conclude(says("ad_law"))
    assert (sold.action, sold.categories) == (Action.REVIEW, ("false_fact_claim",))


def test_a_head_that_the_scene_does_not_name_counts_for_nothing(shipped):
    clean = shipped.examine(content(PLAIN)).conclude()
    assert shipped.examine(content(PLAIN)).conclude(says("unheard_of")) == clean
    assert shipped.examine(content(PLAIN)).conclude(Opinion("picture", "x", says("porn").scores)) == clean


def test_an_opinion_without_scores_changes_nothing(shipped):
    for text in (PLAIN, "国家级面霜", "国家级湿地公园"):
        case = shipped.examine(content(text))
        assert case.conclude(says()) == case.conclude()


def test_a_score_adds_nothing_to_a_rule_of_the_same_category(shipped):
    text = "傻逼滚出去"
    alone = shipped.examine(content(text, scene="live_chat")).conclude()
    assert alone.categories[0] == "abuse_insult"
    both = judged(shipped, text, "abuse", scene="live_chat")
    assert (both.action, both.severity, both.categories) == (alone.action, alone.severity, alone.categories)
    assert [item.weight for item in scored(both)] == [LISTED]
    other = judged(shipped, text, "porn", scene="live_chat")
    assert other.action is alone.action
    assert "porn_vulgar" in other.categories


BET = "波菜老台子首存送八八"


PLAY = "主播唱歌走调了"


@pytest.mark.parametrize(
    ("text", "about", "told", "named"),
    [
        (BET, BET, ("diversion", 990), False),  # lighter than what the rules found
        (BET, BET, ("fraud", 990), False),  # as grave
        (f"{PLAY}，{BET}", PLAY, ("abuse", 990), False),
        ("想要的加我薇", "想要的加我薇", ("porn", 640), False),  # graver, and not insisted on
        ("想要的加我薇", "想要的加我薇", ("porn", 870), True),
        (f"{BET}。{PLAY}", PLAY, ("abuse", 870), True),  # in another sentence
        (f"{PLAY}，{'今天也去看了外婆' * 3}，{BET}", PLAY, ("abuse", 870), True),  # far off
    ],
)
def test_what_has_been_named_explains_a_score_of_its_sentence(shipped, text, about, told, named):
    case = shipped.examine(content(text, scene="live_chat"))
    assert case.conclude().action is Action.BLOCK
    span = Span("text", text.index(about), text.index(about) + len(about))
    both = case.conclude(Opinion(TEXT, "ngram@0123456789ab", (Score(*told, 440, span),)))
    (item,) = scored(both)
    assert item.weight == (UNSURE if named else LISTED)
    assert (both.action, item.category in both.categories) == (Action.BLOCK, named)


def test_words_that_the_expert_lets_go_explain_nothing(shipped):
    case = shipped.examine(content(LIGHT, scene="ugc"))
    span = Span("text", 0, len(LIGHT))
    opinion = Opinion(TEXT, "ngram@0123456789ab", (Score("diversion", 500, 440, span),), doubts=("abuse", "porn"))
    assert case.conclude(opinion._replace(doubts=())).categories == ("abuse_insult",)
    assert case.conclude(opinion).categories == ("contact_diversion",)


def test_a_severe_rule_stands_whatever_the_expert_says(shipped):
    case = shipped.examine(content("百家乐上分找我", scene="ugc"))
    alone = case.conclude()
    assert (alone.action, alone.severity) == (Action.BLOCK, 4)
    for opinion in (says(), says(*HEADS), says("gambling")):
        assert case.conclude(opinion)[:2] == alone[:2]


def test_an_explicit_exemption_is_not_overridden(shipped):
    text = "周末去了国家级湿地公园"
    case = shipped.examine(content(text))
    alone = case.conclude()
    assert alone.exemptions
    assert alone.action is Action.PASS
    verdict = case.conclude(says("ad_law", text=text))
    assert verdict.action is Action.PASS
    assert verdict.categories == ()
    assert [item.weight for item in scored(verdict)] == [LISTED]
    assert case.conclude(says("abuse", text=text)).action is Action.REVIEW


GUARDED = "三天祛斑，不当药"


@pytest.mark.parametrize(("score", "action"), [(700, Action.PASS), (701, Action.REVIEW)])
def test_a_guard_is_not_believed_where_the_expert_insists(shipped, score, action):
    case = shipped.examine(content(GUARDED))
    alone = case.conclude()
    assert alone.action is Action.PASS
    assert [item.code for item in alone.exemptions] == ["ng_denial"]
    verdict = case.conclude(says("ad_law", text=GUARDED, score=score))
    assert verdict.action is action
    assert verdict.exemptions == alone.exemptions


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("刚才说全网最低是口误", "ng_correction"),
        ("口误啊不是全网最低是我们店铺活动价", "ng_correction"),
        ("有人问是不是全网最低我不敢这么说", "ng_refused"),
    ],
)
def test_a_host_who_takes_back_or_will_not_say_is_believed_where_the_expert_insists_on_those_words(shipped, text, code):
    case = shipped.examine(content(text, Scene.LIVE_SPEECH))
    assert [item.code for item in case.conclude().exemptions] == [code]
    start = text.index("全网最低")
    for span, action in ((Span("text", start - 1, start + 2), Action.PASS), (Span("text", 0, 2), Action.REVIEW)):
        opinion = Opinion(TEXT, "ngram@0123456789ab", (Score("ad_law", 990, 440, span),))
        assert case.conclude(opinion).action is action


def test_what_is_surely_refused_is_excused_to_every_head_that_knows_its_category(shipped):
    text = "针孔摄像头我们不卖哦，门铃有三款"
    case = shipped.examine(content(text, scene="live_chat"))
    assert [(item.code, item.category) for item in case.conclude().exemptions] == [
        ("ng_declined_behind", "illicit_goods")
    ]
    spans = ((Span("text", 0, 8), Action.PASS), (Span("text", 13, 16), Action.REVIEW))
    for head in ("diversion", "fraud"):
        for span, action in spans:
            opinion = Opinion(TEXT, "ngram@0123456789ab", (Score(head, 990, 440, span),))
            assert case.conclude(opinion).action is action
    assert case.conclude(says("abuse", text=text)).action is Action.REVIEW


@pytest.mark.parametrize("text", ["快递单号7788 5566，放门口", "车牌沪A88991的车挡住了通道"])
def test_a_number_that_says_what_it_is_excuses_what_touches_it(shipped, text):
    case = shipped.examine(content(text, scene="ugc"))
    touching, beside = (Opinion(TEXT, "x", (Score("diversion", 990, 440, span),)) for span in _halves(text))
    assert case.conclude(touching).action is Action.PASS
    assert case.conclude(beside).action is Action.REVIEW
    assert any(item.code == NAMED for item in case.conclude().exemptions)


def _halves(text):
    return Span("text", 0, len(text) // 2), Span("text", len(text) - 2, len(text))


@pytest.mark.parametrize(("named", "code"), [("湿地公园", "allow_term"), ("重点学科", "ex_award")])
def test_an_allowed_word_excuses_what_touches_it_alone(shipped, named, code):
    text = f"周末去了国家级{named}，晚上回家"
    case = shipped.examine(content(text))
    assert [item.code for item in case.conclude().exemptions] == [code]
    for span, action in ((Span("text", 4, 9), Action.PASS), (Span("text", 12, 16), Action.REVIEW)):
        opinion = Opinion(TEXT, "ngram@0123456789ab", (Score("ad_law", 990, 440, span),))
        assert case.conclude(opinion).action is action


LIGHT = "我想问问大家近亲结婚的后果到底有哪些"


def doubts(*heads: str) -> Opinion:
    return Opinion(TEXT, "ngram@0123456789ab", doubts=heads)


def denies(*heads: str) -> Opinion:
    return Opinion(TEXT, "ngram@0123456789ab", doubts=heads, denies=heads)


def test_a_light_term_that_the_expert_doubts_is_let_go_and_named(shipped):
    asked = content(LIGHT, scene="ugc")
    case = shipped.examine(asked)
    alone = case.conclude()
    assert (alone.action, alone.categories) == (Action.REVIEW, ("abuse_insult",))
    (item,) = alone.evidence
    let_go = case.conclude(doubts("abuse", "porn"))
    assert (let_go.action, let_go.evidence, let_go.degraded) == (Action.PASS, (), False)
    (gone,) = let_go.exemptions
    assert gone == (item.category, item.rule, item.span, DOUBTED, "ngram@0123456789ab")
    (told,) = render(let_go, asked, shipped.ruleset)["exemptions"]
    assert "文本模型认为不构成违规" in told["reason"]
    steps = Tracer(shipped.ruleset, asked, "zh").of_exemption(gone)
    assert [step.code for step in steps] == ["gate", "exemption", "verdict"]


def test_only_who_knows_a_category_may_doubt_it(shipped):
    case = shipped.examine(content(LIGHT, scene="ugc"))
    for heads in ((), ("porn",), ("gambling", "fraud", "diversion", "spam", "ad_law", "negative")):
        assert case.conclude(doubts(*heads)) == case.conclude()


@pytest.mark.parametrize(
    ("text", "scene"),
    [
        ("百家乐上分找我", "ugc"),  # severe
        ("国家级面霜，国家级品质", "ad"),  # firm
        ("加我微信 qingliu2026 细聊", "live_chat"),  # a number is no matter of opinion
        ("本品为保健食品，增强免疫力", "ad"),  # nor is a statement that must be there
        ("刷新你的认知\n单身也能快乐\n日子过得红火\n结伴一起前行，看开头", "ugc"),  # what it does not read
    ],
)
def test_nobody_doubts_what_is_firm_severe_or_no_word(shipped, text, scene):
    case = shipped.examine(content(text, scene=scene))
    alone = case.conclude()
    assert alone.action is not Action.PASS
    doubted = case.conclude(doubts(*HEADS))
    assert (doubted.action, doubted.severity) == (alone.action, alone.severity)


@pytest.mark.parametrize(
    "text", ["《祛》《斑》《三》《天》《美》《白》，一洗就白", "> 刷\n> 单\n> 返\n> 利\n> ，\n> 日\n> 入"]
)
def test_nobody_denies_what_he_reads_in_pieces(shipped, text):
    case = shipped.examine(content(text))
    assert case.conclude().action is not Action.PASS
    assert case.conclude(denies(*HEADS)).action is not Action.PASS


@pytest.mark.parametrize("text", ["百家乐上分找我", "国家级面霜，国家级品质"])
def test_what_is_firm_or_severe_is_let_go_where_it_is_denied(shipped, text):
    asked = content(text)
    case = shipped.examine(asked)
    assert case.conclude().action is Action.BLOCK
    let_go = case.conclude(denies(*HEADS))
    assert (let_go.action, let_go.evidence) == (Action.PASS, ())
    assert {gone.code for gone in let_go.exemptions} == {DENIED}
    assert "绝无" in render(let_go, asked, shipped.ruleset)["exemptions"][0]["reason"]
    assert case.conclude(denies("negative")).action is Action.BLOCK


def test_nobody_denies_what_many_words_speak_of(shipped):
    case = shipped.examine(content("大师算八字改命 准的再给红包 符咒也有", scene="live_chat"))
    assert case.conclude(denies(*HEADS)) == case.conclude()
    few = shipped.examine(content("大师算八字", scene="live_chat"))
    assert few.conclude(denies(*HEADS)).action is Action.PASS is not few.conclude().action


@pytest.mark.parametrize("text", ["百·家·乐上分找我", "加我微信 qingliu2026 细聊"])
def test_nobody_denies_what_is_disguised_or_no_word(shipped, text):
    case = shipped.examine(content(text))
    assert case.conclude(denies(*HEADS)).severity == case.conclude().severity > 0


def test_what_stands_around_a_finding_is_read_by_itself(shipped, monkeypatch):
    long = "今天天气很好，我们去河边走走，看看水鸟和芦苇，"
    case = shipped.examine(content(f"{long}百家乐上分找我，{long}"))
    around = case.surroundings()
    assert all("百家乐" in one for one in around)
    assert {len(one) for one in around} == {2 * AROUND + item.span.end - item.span.start for item in case.evidence}
    assert set(shipped.examine(content(f"{long}真好。\n百家乐上分找我！{long}")).surroundings()) == {"百家乐上分找我"}
    assert shipped.examine(content("百家乐上分找我")).surroundings() == []
    assert shipped.examine(content(PLAIN)).surroundings() == []
    monkeypatch.setattr(expert, "MOST_AROUND", len(around) - 1)
    assert case.surroundings() is None


@pytest.mark.parametrize("scene", Scene)
def test_a_missing_expert_does_what_the_scene_says(shipped, scene):
    verdict = shipped.examine(content(PLAIN, scene=scene)).conclude(Missing(TEXT, "deadline"))
    assert verdict.degraded
    assert verdict.missing == (Missing(TEXT, "deadline"),)
    generous = scene in {Scene.LIVE_CHAT, Scene.UGC}
    assert verdict.action is (Action.PASS if generous else Action.REVIEW)


def test_a_content_is_read_part_by_part_and_once_more_where_it_is_disguised(shipped):
    asked = content(PLAIN, "", "  ", "加薇❤信聊聊再说吧", scene="live_chat")
    found = shipped.examine(asked).wordings()
    names = [part.name for part in asked.parts]
    assert [one.part for one in found] == [names[0], names[3], names[3]]
    restored = found[2]
    place = restored.text.index("微信")
    span = restored.span(place, place + 2)
    assert asked.parts[3].text[span.start : span.end].startswith("薇")
    assert restored.folds(place, place + 2)
    assert found[1].folds(0, 3) == ()
    assert found[1].span(1, 3) == Span(names[3], 1, 3)


def test_a_restored_text_keeps_the_marks_between_its_clauses(shipped):
    text = "家里的货，加薇❤聊聊；便宜，别错过"
    restored = shipped.examine(content(text, scene="live_chat")).wordings()[-1]
    assert restored.text == "家里的货，加微信聊聊；便宜，别错过"
    for word, there in (("微信", "薇❤"), ("便宜", "便宜"), ("货，加", "货，加"), ("，", "货")):
        place = restored.text.index(word)
        span = restored.span(place, place + len(word))
        assert text[span.start : span.end].startswith(there)
        assert ("sign" in restored.folds(place, place + len(word))) is (word == "微信")
    assert restored.folds(3, 3) == ()


def test_a_sign_of_two_letters_costs_no_mark(shipped):
    restored = shipped.examine(content("加我🐧聊聊天，今天有福利等你来", scene="live_chat")).wordings()[-1]
    assert restored.text == "加我qq聊聊天，今天有福利等你来"


@pytest.mark.parametrize(
    ("text", "bare", "word", "seen"),
    [
        ("这*些人·都该-滚出去~吧，真的", "这些人都该滚出去吧，真的", "都该滚", ("都该-滚", ("punctuation",))),
        ("这些🔥人都🔥该滚 🔥 出去，真的", "这些人都该滚出去，真的", "些人", ("些🔥人", ("emoji",))),
        ("你们这些人都滚滚滚滚滚出去吧", "你们这些人都滚出去吧", "滚出", ("滚滚滚滚滚出", ("repeat",))),
        ("这🔥些人🔥都该🔥滚滚滚滚出去", "这些人都该滚出去", "该滚出", ("该🔥滚滚滚滚出", ("emoji", "repeat"))),
    ],
)
def test_ornaments_and_held_letters_are_left_out_once_more(shipped, text, bare, word, seen):
    plain, second, *_ = shipped.examine(content(text, scene="live_chat")).wordings()
    assert (plain.text, second.text) == (text, bare)
    place = bare.index(word)
    span = second.span(place, place + len(word))
    assert (text[span.start : span.end], second.folds(place, place + len(word))) == seen


@pytest.mark.parametrize(
    "text",
    [
        "马克·吐温和凡尔纳·儒勒的书都好看，下次还来",
        "家里Ｌ码的买１件送２件，Ｍ码的原价",
        "真不错——下次还来，大家都说好！！！",
        "好吃，好看，好用，好评，下次再来买一个",
        "外卖小哥很热情。。。。送得也很快啊 啊 啊",
        "这\u200b款\u200b面\u200b霜\u200b用了三个月很满意",
    ],
)
def test_an_ordinary_text_is_read_once(shipped, text):
    assert [wording.text for wording in shipped.examine(content(text, scene="ugc")).wordings()] == [text]


def test_people_are_told_the_score_and_what_it_asks_for(shipped):
    asked = content(PLAIN, scene="ugc")
    verdict = shipped.examine(asked).conclude(says("abuse"))
    (told,) = render(verdict, asked, shipped.ruleset)["evidence"]
    assert told["why"] == "模型评分 0.87，超过阈值 0.44，请人工复核"
    assert told["reason"] == f"“{PLAIN}”疑似辱骂与人身攻击（模型判断）"
    assert (told["source"], told["facts"]) == ("text", {"score_milli": 870, "threshold_milli": 440})
    assert "0.87" in render(verdict, asked, shipped.ruleset, "en")["evidence"][0]["why"]
    steps = Tracer(shipped.ruleset, asked, "zh").of_evidence(verdict.evidence[0])
    assert [step.code for step in steps] == ["gate", "verdict"]
    mood = render(shipped.examine(asked).conclude(says("negative")), asked, shipped.ruleset)
    assert mood["evidence"][0]["why"].endswith("仅作信号")


def test_a_listed_score_says_so(shipped):
    text = "周末去了国家级湿地公园"
    asked = content(text)
    verdict = shipped.examine(asked).conclude(says("ad_law", text=text))
    assert "仅供参考" in render(verdict, asked, shipped.ruleset)["evidence"][0]["why"]


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ('[experts.text]\nabuse = "no_such"\n', "abuse names the unknown category 'no_such'"),
        ('[experts.picture]\nporn = "porn_vulgar"\n', "experts.picture: expected a table"),
        ("[experts.text]\nabuse = 1\n", "experts.text: expected a table"),
        ('[experts]\ntext = "abuse"\n', "experts.text: expected a table"),
    ],
)
def test_a_policy_that_names_what_is_not_there_is_refused(tmp_path, write_rules, table, complaint):
    lexicons = write_rules(tmp_path / "lexicons")
    shutil.copy(LEXICONS / "categories.toml", lexicons / "categories.toml")
    for path in SCENES.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        if path.stem == "ugc":
            text = text[: text.index("[experts.text]")] + table
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(LoadErrors) as caught:
        load_ruleset(lexicons, tmp_path, examples=False)
    assert complaint in "\n".join(error.reason for error in caught.value.errors if error.file == "scenes/ugc.toml")


@pytest.mark.parametrize("text", ["1984 1985 1986", "/", "666", "来了", "拍三件", "hello world"])
def test_what_is_no_word_to_anybody_is_not_read(shipped, text):
    assert shipped.examine(content(text, scene="live_chat")).wordings() == []


def test_what_markup_hides_is_read_by_itself(shipped):
    text = f"今天<b a='{'x' * 99}'></b>天气很好，出门走走<!--办假证，各类毕业证当天出-->"
    case = shipped.examine(content(text, scene="ugc"))
    written, hidden = case.wordings()
    assert (written.text, hidden.text) == ("今天天气很好，出门走走", "\n<!--办假证，各类毕业证当天出-->")
    assert [text[span.start : span.end] for span in (written.span(4, 6), hidden.span(5, 8))] == ["很好", "办假证"]
    (around,) = case.surroundings()
    assert "办假证" in around


@pytest.mark.parametrize(("text", "shouts"), [("主播真好", True), ("主播今天真好", True), ("主播今天真好看", False)])
def test_a_wording_says_whether_it_is_a_shout(shipped, text, shouts):
    assert [wording.shouts for wording in shipped.examine(content(text, scene="live_chat")).wordings()] == [shouts]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("今天天气很好，出门走走吧", "出门走走吧"),
        ("字" * 30 + "门走" + "字" * 30, "字" * 20 + "门走" + "字" * 20),
    ],
)
def test_a_score_is_told_by_the_clause_around_what_says_most(shipped, text, quoted):
    start = text.index("门走")
    opinion = says("abuse")
    (score,) = opinion.scores
    opinion = opinion._replace(scores=(score._replace(span=score.span._replace(start=start, end=start + 2)),))
    (item,) = scored(shipped.examine(content(text, scene="ugc")).conclude(opinion))
    assert text[item.span.start : item.span.end] == quoted


@pytest.mark.parametrize(("threat", "heard"), [(960, {"abuse_insult"}), (995, {"abuse_insult", "violence_terror"})])
def test_an_insult_is_a_threat_only_where_the_threat_is_about_as_sure(shipped, threat, heard):
    case = shipped.examine(content("像你这种货色，倒贴钱都没人愿意多看一眼", scene="ugc"))
    span = Span("text", 0, 6)
    opinion = Opinion(
        TEXT, "ngram@0123456789ab", (Score("abuse", 1000, 600, span), Score("violence", threat, 700, span))
    )
    assert {item.category for item in case.conclude(opinion).evidence} == heard
