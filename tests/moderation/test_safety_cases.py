"""Trade, safety and disguises in sentences (``tests/cases/trade_safety``, ``tests/cases/disguise``).

As with the law: ``work`` was worked on, ``held`` is measured and never read, ``later`` was measured before it was read.
What is judged otherwise than its writer expects is listed in ``gaps.toml``.
"""

from __future__ import annotations

import pytest

from bench.accuracy import content_of
from moderation.types import Action
from tests.moderation.tables import CASES, by_file, cases, gaps, wrong_ways

TABLES = ("trade_safety", "disguise")
KNOWN = frozenset(name for table in TABLES for listed in gaps(table).values() for name in listed)
PARTS = [(table, part.name) for table in TABLES for part in sorted((CASES / table).iterdir()) if part.is_dir()]


@pytest.mark.parametrize("listed", [group for table, part in PARTS for group in by_file(f"{table}/{part}")])
def test_cases_are_flagged_or_not_or_are_known_gaps(listed, shipped) -> None:
    assert wrong_ways(shipped, listed, KNOWN) == []


@pytest.mark.parametrize("table", TABLES)
def test_gaps_are_cases(table) -> None:
    for part, listed in gaps(table).items():
        assert set(listed) <= {case["id"] for case in cases(f"{table}/{part}")}


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("淘宝刷单招人，佣金日结，警方提醒大家别信", True),
        ("高价收银行卡四件套，一套一千五，民警提醒大家别上当", True),
        ("办假毕业证三天出货，联系QQ 66772233，去年有人被判刑", True),
        ("招刷手，一单六块佣金秒结，加微信 hb7788，反诈宣传人人有责", True),
        ("骗子说刷单佣金日结，警方提醒大家别信", False),
        ("民警提醒：高价收银行卡的都是洗钱团伙", False),
        ("所谓办假毕业证三天出货，收了钱就消失，全是骗局", False),
    ],
)
def test_a_warning_behind_an_offer_hides_nothing(text, flagged, shipped, content) -> None:
    assert (shipped.examine(content(text, scene="ugc")).conclude().action is not Action.PASS) is flagged


def test_ids_name_one_line() -> None:
    ids = [case["id"] for table, part in PARTS for case in cases(f"{table}/{part}")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "text",
    [
        "特别讨厌听见河南人偷井盖这个梗",  # who quotes it
        "澳门人来我们店，门口有个醉汉一身汗味",  # the group in one clause, the hard word in another
        "体检科的单子上写着口交这一栏",
    ],
)
def test_what_may_be_talk_is_for_a_person_to_judge(text, shipped) -> None:
    assert shipped.examine(content_of({"scene": "ugc", "text": text})).conclude().action is Action.REVIEW
