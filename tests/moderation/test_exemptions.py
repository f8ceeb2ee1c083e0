"""What the law exempts beside what it forbids, in sentences that differ little: one pair or more a mechanism."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moderation.types import Action, Author, Content, Part, Role, Scene

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
EXEMPT = [
    # sales permits as cities number them
    ("ad", "real_estate", "开发企业：成都某某置业有限公司，蓉预售字第510107202512345号，毛坯交付"),
    ("ad", "real_estate", "开发商：深圳某某地产有限公司，深房许字(2025)龙华012号，建面89平方米三房"),
]
FORBIDDEN = [
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
