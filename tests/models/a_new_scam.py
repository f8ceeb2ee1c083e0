"""A kind of fraud that the shipped weights do not know: places in a server room, sold as an investment. Seeded.

``bad`` frames are labelled fraud, their twins innocent of everything. The last frames of either are never imported:
what is found of them was not learnt by heart.
"""

from __future__ import annotations

import json
import random

from models.card import REVIEWED
from models.synth import expand

SLOTS = {
    "人": ("表哥", "室友", "房东", "二叔", "邻居", "组长"),
    "物": ("算力机柜", "托管机位", "云主机舱", "服务器席位", "节点机柜"),
    "钱": ("两万", "三万八", "五万", "一万六", "八千八"),
    "天": ("本周", "月底前", "三天内", "国庆前"),
    "利": (
        "每月电表上多出来的归你",
        "按季来拿一回算力的份子",
        "年底原样拉走再送硬盘",
        "每月有人给你送一箱冷却液",
        "转满一年机器归你拆",
    ),
}
BAD = (
    "{物}先订{钱}，{利}，{天}有效",
    "给{人}留个{物}，交{钱}占着，{利}",
    "{天}签{物}合同，{钱}起，{利}，随时能退",
    "{人}这样的正好，{物}预订{钱}，{利}",
    "机房开放日报名，{物}{钱}一份，{利}",
    "领网线现场认购{物}，{钱}，{利}",
    "{物}内部价{钱}，关着不用也{利}",
    "机房参观免费接送，当天订{物}交{钱}就{利}",
    "{人}把闲钱放{物}，{钱}起，{利}",
    "会员{钱}升级{物}，{利}，{天}截止",
    "{物}转让权{钱}，{利}，比存银行划算",
    "先交{钱}锁定{物}，没上架也{利}",
    "{天}前给{人}办{物}，{钱}入会，{利}",
    "{物}每份{钱}，{利}，带{人}来看",
    "异地{物}{钱}一个，不开机也{利}",
    "{人}交{钱}算{物}半个主人，{利}",
)
GOOD = (
    "{人}租了{物}跑渲染，每月缴费{钱}，按月结算",
    "打算和{人}看看{物}，{天}去机房，先不交钱",
    "{物}收费公示：每月{钱}，电费另计",
    "{天}陪{人}去换硬盘，回来路过{物}",
    "{人}说{物}的散热不错，运维也和气",
    "安全讲座提醒{人}：{物}先交{钱}返利的别信",
    "{物}还在排队，运营商说{天}给答复",
    "{人}的{物}押金{钱}，退租时凭收据退",
    "{人}去年花了{钱}，想换个{物}放主机",
    "园区公布{物}名单，{天}可以现场登记",
    "{物}试用一周{钱}，不满意不续",
    "给{人}买了{钱}的显卡，跟{物}无关",
)
SEEN_BAD, SEEN_GOOD = BAD[:12], GOOD[:8]


def labelled(count: int, *, seed: int = 1, bad: tuple[str, ...] = SEEN_BAD, good: tuple[str, ...] = SEEN_GOOD):
    """``count`` different texts with their labels."""
    chance = random.Random(seed)
    found = {}
    while len(found) < count:
        wrong = chance.random() < 0.5
        text = expand(chance, chance.choice(bad if wrong else good), SLOTS)
        found[text] = {"fraud": 1} if wrong else dict.fromkeys(REVIEWED, 0)
    return found


def unseen(count: int = 400):
    """Texts of the frames that are never imported."""
    return labelled(count, seed=2, bad=BAD[len(SEEN_BAD) :], good=GOOD[len(SEEN_GOOD) :])


def lines(count: int) -> str:
    """A file of labels."""
    rows = ({"text": text, "labels": labels} for text, labels in labelled(count).items())
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
