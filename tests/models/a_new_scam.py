"""A kind of fraud that the shipped weights do not know: beds in homes for the aged, sold as an investment. Seeded.

``bad`` frames are labelled fraud, their twins innocent of everything. The last frames of either are never imported:
what is found of them was not learnt by heart.
"""

from __future__ import annotations

import json
import random

from models.card import REVIEWED
from models.synth import expand

SLOTS = {
    "人": ("奶奶", "爷爷", "姑妈", "老伴", "丈母娘", "外婆"),
    "物": ("托老床位", "颐养名额", "候鸟公寓", "银发卡", "颐养床位"),
    "钱": ("两万", "三万八", "五万", "一万六", "八千八"),
    "天": ("本周", "月底前", "三天内", "国庆前"),
    "利": ("每月领六百六", "按季分一千二", "年底还本再送体检", "每月返补贴八百", "住满一年退全款"),
}
BAD = (
    "{物}先存{钱}，{利}，{天}有效",
    "给{人}订个{物}，交{钱}押着，{利}",
    "{天}签{物}合同，{钱}起，{利}，随时能退",
    "{人}这个岁数正好，{物}预订{钱}，{利}",
    "社区讲座报名，{物}{钱}一份，{利}",
    "领鸡蛋现场认购{物}，{钱}，{利}",
    "{物}内部价{钱}，放着不住也{利}",
    "基地参观免费接送，当天订{物}交{钱}就{利}",
    "{人}把养老钱放{物}，{钱}起投，{利}",
    "会员{钱}升级{物}，{利}，{天}截止",
    "{物}转让权{钱}，{利}，比存银行划算",
    "先交{钱}锁定{物}，没排上也{利}",
    "{天}前给{人}办{物}，{钱}入会，{利}",
    "{物}众筹，每份{钱}，{利}，带{人}来看",
    "旅居{物}套餐{钱}，不去也能{利}",
    "{人}交{钱}成为{物}合伙人，{利}",
)
GOOD = (
    "{人}住进了公办{物}，每月缴费{钱}，按月结算",
    "打算给{人}看看{物}，{天}去参观，先不交钱",
    "{物}收费公示：每月{钱}，水电另计",
    "{天}陪{人}去体检，回来路过{物}",
    "{人}说{物}的饭菜不错，护工也和气",
    "社区讲座提醒{人}：{物}先交{钱}返利的别信",
    "{物}还在排队，街道说{天}给答复",
    "{人}的{物}押金{钱}，退住时凭收据退",
    "{人}去年存了{钱}，想换个{物}住",
    "民政公布{物}名单，{天}可以现场登记",
    "{物}试住一周{钱}，不满意不续",
    "给{人}买了{钱}的护理险，跟{物}无关",
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
