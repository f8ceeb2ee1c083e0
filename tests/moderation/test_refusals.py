"""What a shop refuses, tells its staff not to do, or takes back as after-sales, and the offers that look like it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moderation.types import Action, Author, Content, Part, Role, Scene

FOUND = {Action.REVIEW, Action.BLOCK}
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
PASSED = [
    ("live_chat", "针孔摄像头我们不卖哦,卖的是门口可视门铃"),
    ("live_chat", "针孔摄像头给多少钱都不卖"),
    ("live_chat", "好评返现我们取消了,平台不让,也不合规矩"),
    ("live_speech", "拖拉机配件点购物车付 私下转账我不收 收了平台不给你兜底"),
    ("live_script", '遇到问"有没有渠道办健康证不体检"的,统一回"没有,请去疾控"'),
    ("live_chat", "能加微信吗?不行哈,公司规定只能平台聊"),
    ("ad", "签证代办：只做材料整理、翻译、预约，签不签得下由使领馆决定，我们没有内部渠道。"),
    ("live_script", "国庆场布景:国旗国徽不上商品、不上优惠图、不当背景板。"),
    ("live_script", "游戏账号不卖、不租、不代练未成年号。"),
    ("live_script", "证书可以拍,身份证号那行贴住,别拍他的家"),
    ("ad", "大漆果盘，对大漆过敏的人拆封请戴手套，气味散三周。"),
    ("live_speech", "只收一年的 开卡七天内没来过全退 练不练得瘦看你自己的嘴"),
    ("live_speech", "没拆塑封的七天都能退 刷错了找平台的未成年退款通道 我教的口琴不难"),
    ("ad", "棕垫门店三张床免费试，试到睡着不收钱，甲醛检测报告贴在床头。"),
    ("live_script", '开播前检查:提词器里"根治"都搜一遍,搜出来一个扣五十,写的人请喝奶茶'),
    ("profile", "论文加急不加价。不代写论文，不办假证，不刻公章，问一次拉黑一次。"),
    ("live_script", "有宝妈问这个奶瓶是不是医院推荐的。不是啊，我们没有跟任何医院合作。"),
    ("live_speech", "他爸买了一箱水，说喝了血糖就下来了，连胰岛素都不打了，结果上礼拜住院了。"),
    ("profile", "评论区有人说吃某种东西能抗癌、能降糖的，我看到会回，也会删。"),
    ("live_speech", "我们家从来没有微信号，你加了微信转了账，回头找谁去，让你私下转账的都是骗子。"),
    ("live_script", "世界上哪有百分百安全的座椅，撞得太狠什么都顶不住"),
    ("live_speech", "有人刷屏问是不是特供茶 真没有特供 这就是凤庆的滇红"),
    ("live_speech", "网上那个“官方招商”，三个月回本的，不是我们，律师函已经发了。"),
    ("live_speech", "推销的说戴这手环三个月风湿能好，姐，你申请退款，首饰不治病。"),
    ("live_script", "主播你敢不敢说这是全网最便宜。我不敢，我没比过。"),
    ("live_script", "以前我也喊，三二一上链接，最后两百单，后来平台把我停播了三天。"),
    ("live_script", "我爸去年在浴室滑了一跤，髋骨骨折，所以我选品的时候挑得特别狠。"),
    ("ugc", "一，“自来水里检出农药，水厂瞒着不报”，假的，水务局贴了检测单。"),
    ("ugc", "别拿孩子的真名、学校、身份证照片贴在上面晒出来。"),
    ("ad", "请不要向老人推销任何商品，本站招募助餐志愿者。"),
    ("ugc", "一个问我衣服掀起来看看，我把他禁言了，哥们儿我是来卖拖把的。"),
    ("live_speech", "主播加个微信呗，不给啊，真不给，聊天记录都在平台上。"),
    ("live_script", "观众说我要最便宜的那台，最便宜的是这台，1080元，原因是面板有划痕。"),
    ("live_speech", "别家说“用了期末都进前十”，大家听个乐。"),
    ("live_speech", "没有内部价，等平台发券，不用加我，不用进群，更不用先交钱占名额。"),
]
CAUGHT = [
    ("live_chat", "针孔摄像头我们不卖普通的,要的加我"),
    ("live_chat", "冰毒我们不接零售，整包走"),
    ("ugc", "刷单我们不收学生，宝妈优先，日结"),
    ("live_speech", "好评返现平台不让 咱偷偷返 截图发客服给五块"),
    ("live_speech", "现金不收 转我支付宝 便宜二十"),
    ("live_script", "观众问有没有内部名额,统一答有,让他加助理微信"),
    ("live_chat", "微信不加,加QQ 3342211,发你价目"),
    ("ugc", "代孕我们不接散客，只接中介，包成功，电话咨询"),
    ("ugc", "信用卡套现不收手续费,当天到账"),
    ("live_chat", "裸聊不收费,先看后付"),
    ("ad", "签证代办，不用面签，包过包签，材料我们做"),
    ("live_script", "背景挂国旗,主播穿仿制警服喊优惠"),
    ("ad", "鼻炎喷剂，过敏的人放心用，三天就好"),
    ("ad", "学不会全退，七天见效，没瘦全额退款"),
    ("ad", "躺着收钱的项目，睡着也在进账，名额不多"),
    ("profile", "要不办假证吧，证件齐全，找我"),
    ("live_script", "有人问是不是医院推荐的。是啊，三甲医院推荐的"),
    ("live_speech", "隔壁大爷说喝了血糖就下来了，连胰岛素都不打了"),
    ("live_speech", "让你私下转账的都是骗子，咱家的转我支付宝，发货快还便宜"),
    ("live_speech", "市场监管备过案的，全网底价我敢签字"),
    ("live_script", "谁家锅哪有它好用，这就是永远不粘的锅"),
    ("live_speech", "什么降血压、通血管，我不说你们也知道，喝它就对了"),
    ("live_speech", "不提全网最低 因为我们就是全网最低价"),
    ("live_speech", "网上说月入三万轻轻松松，跟着我做，三个月回本，不靠谱的我不推"),
    ("live_speech", "推销的说吃了能停药，他们是骗子，我们的才真能停药"),
    ("live_speech", "敢不敢说全网最便宜？我敢，就是全网最便宜"),
    ("ad", "配我家冲施肥，每亩铁定多卖六千，少一分我倒贴。发货以气象预报为准。"),
    ("ad", "高血压、糖尿病、颈椎病，不用去医院，贴它就好"),
    ("live_script", "我爸摔了一跤骨折，抹了这个药酒两个星期就下地了"),
    ("ugc", "“自来水有毒”是真的，说假的都是骗你们，快转给家人"),
    ("ugc", "别拿我当傻子，身份证照片我这有一整套，要的私聊"),
    ("live_speech", "我妈用了三天就睡着了，这个玉枕能治失眠，别信医院那套"),
    ("ugc", "出售冰毒，要的联系，老客户都没敢信这个价"),
    ("ugc", "代开发票，各行各业都能开，加微信，再也不怕被罚款"),
    ("live_chat", "淘宝刷单招人，佣金日结，绝不会被扣钱"),
    ("ugc", "黑户贷款包下款，先交手续费，没同意的不收"),
    ("ugc", "代孕包成功包男孩，咨询加微信，从没人被罚款"),
    ("ugc", "复刻版lv包包，一比一，专柜验货"),
]


def judged(shipped, scene: str, text: str) -> Action:
    author = Author(role=Role.SELLER if scene in {"ad", "live_script", "live_speech"} else Role.USER)
    content = Content(scene=Scene(scene), parts=(Part("text", text),), author=author, at=NOON)
    return shipped.examine(content).conclude().action


@pytest.mark.parametrize(("scene", "text"), PASSED)
def test_what_is_refused_forbidden_or_taken_back_passes(scene, text, shipped) -> None:
    assert judged(shipped, scene, text) is Action.PASS


@pytest.mark.parametrize(("scene", "text"), CAUGHT)
def test_an_offer_that_borrows_the_words_of_a_refusal_is_found(scene, text, shipped) -> None:
    assert judged(shipped, scene, text) in FOUND
