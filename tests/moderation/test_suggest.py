"""Suggestions: every one passes the whole engine, is the smallest that does, and disguises nothing."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.accuracy import content_of, lines
from moderation.errors import LoadErrors
from moderation.load import load_engine
from moderation.render import render_suggestion
from moderation.suggest import MOST_CHARACTERS, MOST_EXAMINATIONS, REASONS, Edit, Suggestion, decisive, suggest
from moderation.text.sound import Sounds
from moderation.types import Action, Content, Part
from tests.moderation.conftest import term_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moderation.engine import Case, Engine

ROOT = Path(__file__).parents[2]
WORK = ROOT / "tests" / "cases" / "law" / "work"
PAIRS = tomllib.loads((ROOT / "tests" / "cases" / "rewrites.toml").read_text(encoding="utf-8"))["pair"]


def violations(engine: Engine) -> list[Content]:
    """All work cases and samples that do not pass."""
    told = [told for _, told in lines(WORK)]
    for path in sorted((ROOT / "samples").glob("*.jsonl")):
        told += map(json.loads, path.read_text(encoding="utf-8").splitlines())
    contents = map(content_of, told)
    return [content for content in contents if engine.examine(content).conclude().action is not Action.PASS]


@pytest.fixture(scope="module")
def asked(shipped) -> list[Content]:
    return violations(shipped)


class Counting:
    """An engine that counts how often it is asked."""

    def __init__(self, engine: Engine) -> None:
        self.ruleset, self.times, self._engine = engine.ruleset, 0, engine

    def examine(self, content: Content) -> Case:
        self.times += 1
        return self._engine.examine(content)


@pytest.fixture(scope="module")
def worked(shipped, asked) -> list[tuple[Content, Suggestion, int]]:
    """What is suggested for each content that was asked about, and how many examinations it took."""
    counting = [(content, Counting(shipped)) for content in asked]
    return [(content, suggest(engine, content), engine.times) for content, engine in counting]


@pytest.fixture(scope="module")
def answered(worked) -> list[tuple[Content, Suggestion]]:
    return [(content, suggestion) for content, suggestion, _ in worked]


def made(content: Content, edits: tuple[Edit, ...]) -> tuple[Part, ...]:
    """The parts with some edits made, as whoever gets them would make them."""
    parts = []
    for part in content.parts:
        text = part.text
        for edit in reversed([edit for edit in edits if edit.part == part.name]):
            text = text[: edit.start] + edit.replacement + text[edit.end :]
        parts.append(Part(part.name, text))
    return tuple(parts)


def complaints(engine: Engine, content: Content, suggestion: Suggestion) -> list[str]:
    """What is wrong with a suggestion that says that it passes."""
    wrong = []
    verdict = engine.examine(replace(content, parts=suggestion.parts)).conclude()
    if verdict.action is not Action.PASS:
        wrong.append(f"{verdict.action.code}: {suggestion.parts}")
    for item in decisive(engine, content, engine.examine(content).conclude()):
        span, duty = item.span, item.source == "disclosure"
        if not duty and not any(
            edit.part == span.part and edit.start <= span.start and span.end <= edit.end for edit in suggestion.edits
        ):
            wrong.append(f"{span} is as it was: {content.parts}")
    if any(not part.text.strip() for part in suggestion.parts):
        wrong.append("a part is empty")
    return wrong


def test_every_suggestion_passes_and_changes_all_that_was_found(shipped, answered) -> None:
    given = [(content, suggestion) for content, suggestion in answered if not suggestion.reason]
    assert len(given) > 400
    assert [wrong for content, suggestion in given for wrong in complaints(shipped, content, suggestion)] == []


def test_a_suggester_that_asks_no_engine_is_found_out(shipped, asked) -> None:
    """The sabotage twin: it replaces every hit by the first wording of its family and hopes."""
    entries = shipped.ruleset.rewrites.entries
    wrong = 0
    for content in asked:
        found = decisive(shipped, content, shipped.examine(content).conclude())
        edits = {}
        for item in found:
            hit = shipped.ruleset.rewrites.hit(item.rule)
            wording = next((entry.wordings[0].text for entry in entries if entry.fits(hit)), "")
            edits.setdefault(item.span.start, Edit(*item.span, wording, template=False, rule=item.rule))
        ordered = tuple(edits[start] for start in sorted(edits))
        wrong += bool(complaints(shipped, content, Suggestion(ordered, made(content, ordered))))
    assert wrong > len(asked) / 10


def test_the_edits_make_the_new_parts(answered) -> None:
    for content, suggestion in answered:
        if suggestion.parts:
            assert made(content, suggestion.edits) == suggestion.parts
        for edit, following in zip(suggestion.edits, suggestion.edits[1:], strict=False):
            assert edit.part != following.part or edit.end <= following.start


def test_an_answer_without_text_says_why(answered) -> None:
    for _, suggestion in answered:
        assert suggestion.reason == "" or suggestion.reason in REASONS
        assert bool(suggestion.parts) is (suggestion.reason in {"", "number_needed"})
        assert bool(suggestion.needed) is (suggestion.reason == "number_needed")


def test_what_needs_a_number_lacks_nothing_else(shipped, answered) -> None:
    waiting = [(content, suggestion) for content, suggestion in answered if suggestion.reason == "number_needed"]
    assert waiting
    for content, suggestion in waiting:
        after = replace(content, parts=suggestion.parts)
        left = {item.rule for item in decisive(shipped, after, shipped.examine(after).conclude())}
        assert left == {f"missing_disclosure.{note}" for note in suggestion.needed}


def test_most_advertising_violations_get_a_suggestion(shipped, answered) -> None:
    categories = shipped.ruleset.categories
    advertising = [
        content
        for content in map(content_of, (told for _, told in lines(WORK) if told["side"] == "flag"))
        if any(
            categories[item.category].group == "advertising"
            for item in decisive(shipped, content, shipped.examine(content).conclude())
        )
    ]
    suggested = dict(answered)
    given = [content for content in advertising if not suggested[content].reason]
    assert len(given) / len(advertising) >= 0.7


def test_the_work_is_bounded(worked) -> None:
    assert all(0 < times <= MOST_EXAMINATIONS + 1 for _, _, times in worked)


# --- never a disguise ---


def test_no_suggestion_reads_other_than_it_is_written(shipped, answered) -> None:
    """What was put in needs no seeing through, and what was taken out is not there in other characters."""
    folding = shipped.ruleset.folding
    for _, suggestion in answered:
        for edit in suggestion.edits:
            assert set(folding.trail(edit.replacement, folding.fold)) <= {
                "case",
                "width",
                "space",
                "punctuation",
                "symbol",
            }


@pytest.fixture(scope="module")
def sounds() -> Sounds:
    rows = (ROOT / "lexicons" / "variants" / "pinyin.tsv").read_text(encoding="utf-8").splitlines()
    return Sounds([*row.split("\t"), ""][:3] for row in rows if row and not row.startswith("#"))


def disguises(wording: str, terms: Iterable[str], sounds: Sounds) -> bool:
    """Whether a wording says a term in other characters."""
    said = wording.translate(sounds.fuzzy)
    return any(len(term) > 1 and term.translate(sounds.fuzzy) in said and term not in wording for term in terms)


def test_no_wording_sounds_like_what_it_stands_for(shipped, sounds) -> None:
    rewrites = shipped.ruleset.rewrites
    assert disguises("醉好的茶", ["最好"], sounds)
    by_family: dict[str, set[str]] = {}
    for hit in rewrites.hits.values():
        if hit.text:
            by_family.setdefault(hit.family, set()).add(hit.text)
    for entry in rewrites.entries:
        terms = entry.terms or {text for family in entry.families for text in by_family.get(family, ())}
        for wording in entry.wordings:
            assert not disguises(wording.text, terms, sounds), wording.text


# --- the table ---


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["name"])
def test_a_pair_of_the_domain_is_in_the_table(pair, shipped) -> None:
    entries = [entry for entry in shipped.ruleset.rewrites.entries if entry.name == pair["name"]]
    listed = {wording.text for entry in entries for wording in entry.wordings}
    assert set(pair["wordings"]) <= listed


def test_there_are_fifty_seven_pairs() -> None:
    assert len(PAIRS) == 57


# --- a court of its own ---

REWRITES = """\
scopes = ["全网"]
openers = ["但"]
none = ["gambling"]
sentences = ["negative_sentiment"]
goods = ["杯", "杯子", "水杯", "店"]
acts = ["送"]
persons = ["主"]
subjects = ["gambling"]
[[along]]
begins = ["据"]
ends = ["调查"]
[[along]]
families = ["absolute_claim.rival"]
holds = ["货"]
both = true
[[rewrite]]
terms = ["最好"]
wordings = ["很好", { text = "X年口碑", template = true }]
[[rewrite]]
families = ["absolute_claim.zui"]
strip = "最"
wordings = ["国家级", "比较~"]
[[rewrite]]
terms = ["国家级"]
wordings = [""]
[[rewrite]]
categories = ["absolute_claim"]
whole = true
wordings = ["各项参数见详情页"]
"""
LINES = (
    "[zui 最]\n最好\n最甜\n贼甜\n[level 级]\n国家级\n[rival 对手]\n很好无比\n吊打 | near: 同行\n稳赢 | sentence: 同行\n"
)


@pytest.fixture(scope="module")
def small(tmp_path_factory, write_rules) -> Engine:
    files = {
        "ad_law/absolute_claim.txt": term_file(LINES, "absolute_claim"),
        "safety/gambling.txt": term_file("百家乐\n", "gambling"),
        "rewrites.toml": REWRITES.replace('"国家级", "比较~"', '"比较~"'),
    }
    folder = write_rules(tmp_path_factory.mktemp("rules") / "lexicons", files)
    return load_engine(folder, folder / "scenes")


@pytest.fixture(scope="module")
def better(small, content):
    def suggested(*texts: str, **more) -> Suggestion:
        return suggest(small, content(*texts, **more))

    return suggested


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("这茶最好，山里采的", "这茶很好，山里采的"),  # the word
        ("全网最好的茶", "很好的茶"),  # with its scope
        ("这瓜最甜", "这瓜比较甜"),  # a family's wording with what the hit says
        ("这瓜贼甜，山里种的", "山里种的"),  # not where it says something else
        ("国家级的茶叶店", "茶叶店"),  # deleted, and its 的
        ("茶叶是国家级，山里采的", "山里采的"),  # not where 是 would be left alone: the clause
        ("山里采的茶，同行都被吊打", "山里采的茶，各项参数见详情页"),  # a cue is no word: the clause
        ("同行都被吊打，但山里采的茶便宜", "山里采的茶便宜"),  # and what leaned on it
        ("山里采的茶。同行都被吊打。便宜", "山里采的茶。便宜"),  # a sentence of one clause
        ("“山里采的茶，同行都被吊打”，便宜", "“山里采的茶”，便宜"),  # quotation marks stay in pairs
        ("“同行都被吊打”，山里采的茶便宜", "山里采的茶便宜"),  # and go in pairs
        ("最好的茶，最好的水", "很好的茶，X年口碑的水"),  # not the same words twice
        ("“同行都被吊打，同行也被吊打”，山里采的茶便宜", "山里采的茶便宜"),
        ("最甜最好无比的茶，山里采的", "比较甜X年口碑无比的茶，山里采的"),  # a neighbour that need not go stays
        ("同行都被吊打1 ，山里采的茶便宜", "山里采的茶便宜"),
        ("最＊好的茶叶", "很好的茶叶"),  # whatever it wore
        ("同行都被吊打的水杯，山里烧的", "水杯，山里烧的"),  # what describes the goods goes
        ("这家杯子店吊打同行，但山里烧的便宜", "这家杯子店，但山里烧的便宜"),  # or what is said of them
        ("便宜，这杯子吊打同行", "便宜，这杯子，各项参数见详情页"),
        ("店主吊打同行，山里烧的便宜", "山里烧的便宜"),  # 店 is no goods in 店主
        ("山里采的很最好的茶", "山里采的很好的茶"),  # 很 is there already
        ("据调查，山里采的茶最甜，同行都被吊打", "山里采的茶比较甜，各项参数见详情页"),  # what leads in goes along
        ("同行都被吊打，便宜的货，山里采的茶", "山里采的茶"),
        ("山里烧的，国家级水杯", "山里烧的，水杯"),
        ("山里烧的，贼甜大水杯", "山里烧的，水杯"),  # 大 is no name
        ("送杯子吊打同行，山里烧的便宜", "山里烧的便宜"),  # nor is what a verb takes
    ],
)
def test_the_smallest_edit_wins(text, new, better) -> None:
    suggestion = better(text)
    assert (suggestion.reason, [part.text for part in suggestion.parts]) == ("", [new])


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("年销售额全国排名第一的吸尘器", "年销售额排名靠前（注明来源、期间、范围）的吸尘器"),
        ("这款是本月销冠，买它", "这款是本月热卖款，买它"),
        ("本店烤鸭全北京第一，现烤现卖", "本店烤鸭很不错，现烤现卖"),
        ("世界级品质，中国价格", "高品质，中国价格"),  # not 高品质品质
        ("首选XX牌牛奶，营养健康", "值得考虑的XX牌牛奶，营养健康"),
        ("史无前例的优惠力度", "难得的优惠力度"),
        ("史上最强清洁力！油污一喷就没", "少见的清洁力！油污一喷就没"),
        ("这款行李箱的轮子，说它是地表最静音", "这款行李箱的轮子，说它很静音"),
        ("这枕头最好，用了都说香", "这枕头，各项参数见详情页"),
        ("这台风扇很轻，秒杀一切同类产品", "这台风扇很轻"),
        ("唯一授权经销商，假一赔十", "授权经销商，假一赔十"),
        ("清华状元推荐的学习机，提分看得见", "学习机，学习效果因人而异，不承诺通过考试"),
        ("鱼油软化血管，预防脑梗", "鱼油，均衡饮食，适量食用"),
        ("这款面膜含干细胞，促进细胞再生", "这款面膜含XX植物提取物，使用感受因人而异"),
        ("药妆级洗面奶，消炎祛痘三天见效", "温和护肤洗面奶，使用感受因人而异"),
        ("药妆级面霜，医学护肤，修复敏感肌", "温和护肤面霜，日常护肤，使用感受因人而异"),
        ("独一无二的设计，别家买不到", "很有特色的设计，别家买不到"),
        ("唯一性价比之王", "性价比不错"),
        ("面膜消炎杀菌，祛痘一次搞定", "面膜清洁，祛痘一次搞定"),  # one wording for both
        ("口服玻尿酸美白祛斑", "口服玻尿酸提亮肤色观感"),
        ("代餐奶昔减肥刮油，一个月瘦二十斤", "代餐奶昔，请搭配均衡饮食和适量运动"),
        ("近视手术零风险，包恢复视力", "近视手术，实际体验因人而异"),  # one clause says enough
        ("全国首家直营店，全省第一", "直营店，很不错"),
        ("领导品牌，高端人士的首选", "用心经营的品牌，高端人士的选择"),
        ("最好的原料，最好的工艺，最好的服务", "不错的原料，不错的工艺，不错的服务"),
        ("最便宜的价格买到最好的品质", "实惠的价格买到不错的品质"),
        ("价格全网最低，品质全国第一", "价格实惠，品质很不错"),
        ("最安全的儿童座椅，没有之一", "注重安全的儿童座椅"),  # and no fact that nobody knows
        ("最受欢迎的面霜，姐妹们闭眼入", "很受欢迎的面霜，姐妹们闭眼入"),
        ("减肥贴躺着就瘦，不用运动", "不用运动"),  # 减肥 is no name of goods
        ("保健食品褪黑素片，三天根治失眠，比安眠药强，本品不能代替药物", "保健食品褪黑素片，本品不能代替药物"),
        ("旺财手链，银925", "手链，银925"),  # the goods keep their name
        ("转运珠手链，本命年必戴", "手链，本命年必戴"),
        ("防癌茶杯，400毫升", "茶杯，400毫升"),
        ("人民大会堂指定用茶，明前采摘，一级绿茶", "明前采摘，绿茶"),
        ("中国最美民宿，推窗见湖", "民宿，推窗见湖"),
        ("纯天然无添加儿童面霜", "儿童面霜"),
        ("蓝牙耳机降噪之王，续航40小时", "蓝牙耳机，续航40小时"),
        ("本楼盘对口重点小学，买房送户口，精装交付", "本楼盘，精装交付"),  # 买房 is no name
        ("理财顾问王老师推荐，这款产品只涨不跌，门槛1万元", "这款产品，门槛1万元"),
        ("据权威机构调查，95%的用户表示满意，产品含玻色因", "产品含玻色因"),  # what leads in goes along
        ("有专家指出，这款枕头能治颈椎病，乳胶材质", "这款枕头，乳胶材质"),
        ("冰箱，2024年全网销量TOP1", "冰箱，2024年全网销量靠前（注明来源、期间、范围）"),
        ("面霜，口碑NO.1", "面霜，口碑不错"),
        ("这款酱油口感最佳", "这款酱油口感不错"),
        ("口感最好的苹果", "口感不错的苹果"),
        ("精度100%的卷尺，5米", "卷尺，5米"),
        ("全网最低价手机壳，防摔", "价格实惠的手机壳，防摔"),
        ("年销量第一奶茶店，现做", "年销量靠前（注明来源、期间、范围）奶茶店，现做"),
        ("羽绒服，保暖效果世界领先", "羽绒服，保暖效果不错"),
        ("网盘软件永久免费使用", "网盘软件免费使用"),
        ("全网独家首发，黑色款", "首发，黑色款"),
        ("独家配方辣酱，220克", "自有配方辣酱，220克"),
        ("院士工作站监制，全国首家，酸奶", "院士工作站监制，酸奶"),
        ("国家免检食品，净含量100克", "食品，净含量100克"),
        ("本品为国内领先的智能锁品牌", "本品为智能锁品牌"),
        ("远红外床垫，排毒养颜，尺寸1.8米", "远红外床垫，尺寸1.8米"),
        ("航天员都在吃的压缩饼干，军队特供，保质期18个月", "压缩饼干，保质期18个月"),
        ("家用血糖仪，测量精准度100%，25支试纸", "家用血糖仪，25支试纸"),  # and varies with nobody
        ("不锈钢锅，永不生锈，24厘米", "不锈钢锅，24厘米"),
        ("格力牌空调，全网最低价2599元", "格力牌空调，售价2599元"),
        ("本店所有商品均为全网最低", "本店所有商品均为实惠价"),
        ("原价8999元，内部员工价1999元，42寸电视", "日常价X元，活动价Y元（活动时间），42寸电视"),
        ("蓝牙音箱，秒杀一切大牌，续航20小时，防水IPX7", "蓝牙音箱，续航20小时，防水IPX7"),
        ("扫地机器人，吸力遥遥领先同行，自动集尘", "扫地机器人，自动集尘"),
        ("对比某宝同款便宜一半，别家都偷工减料，纯棉短袖，160克", "纯棉短袖，160克"),
        ("卫生巾，预防妇科炎症，杀菌率99%，240毫米，10片", "卫生巾，240毫米，10片"),  # no number of two
        ("空气净化器，除甲醛率100%，适用40平米", "空气净化器，适用40平米"),
        ("湖景三居，南北通透，距地铁站10分钟", "湖景三居，南北通透，位置见地图"),
    ],
)
def test_a_suggestion_reads_as_people_write(text, new, shipped, content) -> None:
    suggestion = suggest(shipped, content(text))
    assert (suggestion.reason, [part.text for part in suggestion.parts]) == ("", [new])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("近视防控笔，坐姿不正自动收芯，一个月降100度", "none_found"),  # a name that was all that gave the rest away
        ("鼻炎喷剂，十分钟通鼻，永不复发，20毫升", "none_found"),
        ("私募基金，稳赚不赔，年化20%，限量100席", "none_found"),
        ("特效生发液，100%有效，无效退款，60毫升", "none_found"),
        ("防脱洗发水，三天根治脱发，本品不能代替药物", "none_found"),
        ("印有国旗图案的T恤，纯棉", "no_lawful_wording"),
        ("人民币图案红包袋，毛主席头像，100个装，烫金工艺", "no_lawful_wording"),
    ],
)
def test_where_no_good_edit_exists_the_reason_is_told(text, reason, shipped, content) -> None:
    assert suggest(shipped, content(text)) == Suggestion(reason=reason)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("卫生巾，杀菌率99%，240毫米", "杀菌率99"),  # no number of two
        ("空气净化器，除甲醛率100%", "除甲醛率100"),
        ("湖景三居，南北通透，距地铁站10分钟", "距地铁站10分钟"),
    ],
)
def test_a_pattern_is_told_of_the_clause_that_it_fits_alone(text, span, shipped, content) -> None:
    asked = content(text)
    told = [text[item.span.start : item.span.end] for item in shipped.examine(asked).conclude().evidence]
    assert span in told
    assert not any("，" in quoted for quoted in told)


def test_a_fact_that_nobody_stated_is_to_be_checked(shipped, content) -> None:
    assert [edit.template for edit in suggest(shipped, content("耳机，全网销冠，续航20小时")).edits] == [True]


def test_a_ranking_with_its_source_is_not_rewritten_but_proven(shipped, content) -> None:
    asked = content("2024年全国电饭煲行业销量第一（数据来源：中怡康2024年1-12月）")
    assert suggest(shipped, asked) == Suggestion(reason="proof_needed")


def test_a_template_says_that_it_is_one(better) -> None:
    assert [edit.template for edit in better("最好的茶，最好的水").edits] == [False, True]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("山里采的茶", "not_needed"),
        ("百家乐，最好的茶", "no_lawful_wording"),
        ("同行都被吊打", "nothing_left"),
        ("最好的茶" + "。" * MOST_CHARACTERS, "too_long"),
    ],
)
def test_the_reason_is_told_in_two_languages(text, reason, better, small, content) -> None:
    suggestion = better(text)
    assert suggestion == Suggestion(reason=reason)
    for lang, why in zip(("zh", "en"), REASONS[reason], strict=True):
        told = render_suggestion(suggestion, content(text), small.ruleset, lang)
        assert told == {"edits": [], "parts": [], "reason": reason, "why": why, "needed": []}


def test_every_part_is_edited_where_it_needs_it(better) -> None:
    suggestion = better("最好的茶", "山里采的", "这瓜最甜")
    assert [part.text for part in suggestion.parts] == ["很好的茶", "山里采的", "这瓜比较甜"]
    assert [edit.part for edit in suggestion.edits] == ["part0", "part2"]


def test_it_is_judged_in_its_own_scene(better) -> None:
    assert better("最好的茶", scene="ugc").reason == "not_needed"
    assert better("最好的茶", scene="ugc", commercial=True).reason == ""


def test_an_engine_that_nothing_pleases_gets_an_end(small, content) -> None:
    class Stubborn:
        ruleset = small.ruleset

        def examine(self, _):
            return small.examine(content("国家级"))

    suggestion = suggest(Stubborn(), content("最好的茶，同行都被吊打。山里采的水也很好喝"))
    assert suggestion == Suggestion(reason="none_found")


def test_more_than_a_verdict_lists_is_not_taken_for_clean(small, content) -> None:
    asked = content("最好" * 200 + "山里采的茶")
    suggestion = suggest(small, asked)
    assert suggestion.reason in REASONS or complaints(small, asked, suggestion) == []


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ('subjects = ["tea"]\n', "subjects: 'tea' is no category"),
        ("[[along]]\nboth = true\n", "[[along]] needs begins, ends or holds"),
        ('[[along]]\nfamilies = ["tea.green"]\nends = ["茶"]\n', "families: 'tea.green' is not in the lexicons"),
    ],
)
def test_a_table_that_means_nothing_is_refused(table, reason, tmp_path, write_rules) -> None:
    files = {"ad_law/absolute_claim.txt": term_file("最好\n", "absolute_claim"), "rewrites.toml": table}
    folder = write_rules(tmp_path / "lexicons", files)
    with pytest.raises(LoadErrors) as caught:
        load_engine(folder, folder / "scenes")
    assert [reason in str(error) for error in caught.value.errors] == [True]


PIECES = st.sampled_from(
    [
        "最好",
        "最 好",
        "国家级",
        "同行",
        "吊打",
        "稳赢",
        "的",
        "是",
        "茶",
        "，",
        "。",
        " ",
        "“",
        "”",
        "百家乐",
        "𠮷",
        "1—2",
    ]
)


@settings(max_examples=300, deadline=None)
@given(text=st.lists(PIECES, max_size=20).map("".join))
def test_any_text_gets_an_answer_that_holds(text, small, content) -> None:
    asked = content(text or "茶")
    suggestion = suggest(small, asked)
    if not suggestion.reason:
        assert complaints(small, asked, suggestion) == []
        assert made(asked, suggestion.edits) == suggestion.parts


def test_a_fact_that_only_the_shop_knows_comes_last_and_is_to_be_checked(shipped_ruleset) -> None:
    told = [entry.wordings for entry in shipped_ruleset.rewrites.entries if entry.name == "最受欢迎"]
    assert [(wording.text, wording.template) for wording in told[0]] == [
        ("很受欢迎", False),
        ("本店销量靠前的一款（写明期间）", True),
        ("不少老顾客回购", True),
    ]
