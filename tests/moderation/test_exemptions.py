"""What the law exempts beside what it forbids, in sentences that differ little: one pair or more a mechanism."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moderation.suggest import suggest
from moderation.types import Action, Author, Content, Part, Role, Scene

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
EXEMPT = [
    # the speaker does not say so
    ("live_script", "", "我可不敢讲咱家这口铁锅是最好的，我就说它耐造"),
    ("live_speech", "", "我不跟你们吹什么全网最低，隔壁有比我便宜的你就上隔壁买去"),
    ("live_script", "", "我从来不夸自己手艺天下第一，活儿摆这儿，您自己瞅"),
    ("live_script", "", "没人敢打包票说永不掉色，深色的头两水分开洗"),
    ("live_script", "", "我要说这是最好的那是骗你，它就是耐穿"),
    ("live_script", "", "咱不演那套啊，什么最后三单什么库存告急，没有的事"),
    # how much of a stuff is in it, and how a service is done
    ("ad", "", "餐桌桌面100%白蜡木，桌腿橡胶木，木材检测单随货"),
    ("ad", "food", "红糖，100%甘蔗汁熬的，配料就一样"),
    ("ad", "", "售后100%人工接听，工作日九点到五点"),
    ("ad", "", "绝对不会半路加价，合同写清楚"),
    ("ad", "", "最快当天到，偏远地区三到五天"),
    ("ad", "", "洗车店首席技师老周，十五年工龄"),
    # a tip with its measure, a comparison within the shop
    ("live_script", "food", "水和米一比一点二最合适，焖好了别急着揭盖"),
    ("live_script", "", "这种螺丝用六毫米的批头最合适"),
    ("ad", "", "本店四种封面里牛皮纸的最薄，120克"),
    # an effect that the seller denies
    ("live_script", "", "枕头它不治颈椎，高度合适睡着舒坦罢了"),
    # what somebody lost
    ("ugc", "", "跟着群里做任务返佣，头两单给了，第三单三千块没要回来"),
    ("ugc", "", "接到电话说我征信有问题要注销校园贷，一听就是骗子"),
    # sales permits as cities number them
    ("ad", "real_estate", "开发企业：成都某某置业有限公司，蓉预售字第510107202512345号，毛坯交付"),
    ("ad", "real_estate", "开发商：深圳某某地产有限公司，深房许字(2025)龙华012号，建面89平方米三房"),
    # what is due back of lessons not taken
    ("live_script", "education", "没学满意七天内退费，扣已上的课时"),
]
FORBIDDEN = [
    ("live_script", "", "不敢讲别的，便宜这块咱家全网最低"),
    ("live_script", "", "不得不讲咱家木梳就是天下第一"),
    ("live_script", "", "平台不让说最字，我就说咱家东西全网第一"),
    ("live_script", "", "咱不演那套，咱是真的最后三单，抢完永不返场"),
    ("live_script", "", "东西排第一，第二都找不着"),
    ("live_script", "", "这胶啥都能粘，无所不能"),
    ("ad", "", "永不卷边的地垫，永不打滑"),
    ("ad", "food", "芝麻酱百分百补钙，喝了腿不抽筋"),
    ("ad", "", "绝对全市最低价，贵了退你十倍"),
    ("ad", "", "最快的快递，快到全国没有对手"),
    ("live_script", "food", "这面粉包饺子最合适，全国哪家都没它筋道"),
    ("live_script", "", "这枕头治颈椎，睡一晚手麻头晕全没了"),
    ("ugc", "", "跟着群里做任务返佣，头两单当场给，想来的扣个1"),
    ("live_chat", "", "需要驾驶证健康证的滴我，两天到手"),
    ("live_chat", "", "要证书的找我，啥证都能办，三天出"),
    ("ad", "real_estate", "洋房在售，证齐得很，随便查，开发企业：武汉某某置业有限公司"),
    # said in the words of a trade that is only declared
    ("ad", "education", "外头说保过的都是骗人，只有我们真保过"),
    ("live_script", "education", "我跟你打包票，俩月提一百分，上不了岸双倍退你"),
]


def judged(shipped, scene: str, industry: str, text: str) -> Action:
    author = Author(role=Role.SELLER if scene in {"ad", "live_script", "live_speech"} else Role.USER)
    parts = (Part("text", text),)
    content = Content(scene=Scene(scene), parts=parts, author=author, industry=industry or None, at=NOON)
    return shipped.examine(content).conclude().action


@pytest.mark.parametrize(("scene", "industry", "text"), EXEMPT)
def test_what_the_law_exempts_passes(scene, industry, text, shipped) -> None:
    assert judged(shipped, scene, industry, text) is Action.PASS


@pytest.mark.parametrize(("scene", "industry", "text"), FORBIDDEN)
def test_what_it_forbids_is_found(scene, industry, text, shipped) -> None:
    assert judged(shipped, scene, industry, text) is not Action.PASS


@pytest.mark.parametrize("text", ["冰箱，双变频，300升，一级能效。", "普洱生茶，一级茶青", "特级初榨橄榄油，500毫升"])
def test_a_grade_of_a_standard_asks_for_its_proof_and_is_not_written_anew(shipped, content, text) -> None:
    asked = content(text)
    verdict = shipped.examine(asked).conclude()
    assert (verdict.action, [item.note for item in verdict.evidence]) == (Action.REVIEW, ["ex_std_grade_bare"])
    assert verdict.proof == ("ex_std_grade_bare",)
    assert suggest(shipped, asked).reason == "proof_needed"


def test_a_grade_with_its_standard_passes_and_one_above_all_rivals_is_none(shipped, judge) -> None:
    assert judge(shipped, "冰箱，一级能效，能效标识备案号：202412345678").action is Action.PASS
    (grade,) = [item for item in judge(shipped, "全网一级品，秒杀同行").evidence if ".grade." in item.rule]
    assert grade.note != "ex_std_grade_bare"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("西湖龙井 特级，等级依据GB/T 18650", "ex_std_grade"),
        ("国家级非物质文化遗产代表性传承人制作", "ex_award"),
        ("中国专利银奖产品", "ex_award"),
        ("最佳食用期7天", "ex_usage_tip"),
        ("绝对伏特加，700毫升", "ex_name"),
        ("中餐馆，顾客第一", "ex_attitude"),
        ("我们追求最好的服务体验，欢迎提意见。", "ex_attitude"),
        ("我们竭力追求最优的质量", "ex_attitude"),
    ],
)
def test_what_the_guide_exempts_is_told_by_its_article(shipped, judge, text, code) -> None:
    verdict = judge(shipped, text)
    assert (verdict.action, {item.code for item in verdict.exemptions}) == (Action.PASS, {code})


def test_goods_of_the_firm_are_no_wish(shipped, judge) -> None:
    assert judge(shipped, "本店面膜追求最好的品质").action is Action.BLOCK
