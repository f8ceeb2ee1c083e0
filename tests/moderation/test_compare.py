"""Two verdicts on one content: what is new, what is gone, and whether it decides anything."""

from __future__ import annotations

from moderation.compare import compare
from moderation.types import TEXT


def test_the_same_verdict_is_no_difference(court, judge) -> None:
    old, new = court("国家级"), court("国家级\n顶级配方")
    assert compare(judge(old, "国家级配方"), judge(new, "国家级配方")) is None


def test_new_and_gone_evidence_is_told_with_its_place(court, judge) -> None:
    old, new = court("国家级"), court("顶级配方")
    difference = compare(judge(old, "国家级和顶级配方"), judge(new, "国家级和顶级配方"))
    assert [item.span.start for item in difference.found] == [4]
    assert [item.span.start for item in difference.lost] == [0]
    assert not difference.decided, "both are blocked"


def test_a_longer_quote_of_the_expert_is_no_difference(court, judge) -> None:
    verdict = judge(court("国家级"), "国家级配方，谁用谁知道")
    (found,) = verdict.evidence
    said = found._replace(source=TEXT, rule="text.ad_law", weight=40)

    def heard(*evidence):
        return verdict._replace(evidence=(found, *evidence))

    longer = said._replace(span=found.span._replace(end=11))
    assert compare(heard(said), heard(longer)) is None
    assert compare(heard(), heard(longer)).found == (longer,)
    assert compare(heard(said), heard(longer._replace(rule="text.fraud"))).lost == (said,)


def test_another_action_on_the_same_evidence_is_a_difference(court, judge) -> None:
    old, new = court("国家级"), court("国家级 | weight: 50")
    difference = compare(judge(old, "国家级配方"), judge(new, "国家级配方"))
    assert difference.decided and not difference.found and not difference.lost
