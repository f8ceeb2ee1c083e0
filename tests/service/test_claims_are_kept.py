"""What the claims table said is part of a stored decision: the proof to keep, and which exemptions were tried."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moderation.types import Action, Content, Evidence, Exemption, Part, Scene, Span, Verdict
from service.store.codec import verdict_blob, verdict_from

CONTENT = Content(scene=Scene.AD, parts=(Part("text", "自家最好"),), at=datetime(2026, 11, 22, tzinfo=UTC))
SPAN = Span("text", 2, 4)
VERDICT = Verdict(
    action=Action.BLOCK,
    severity=3,
    categories=("absolute_claim",),
    effects=(),
    evidence=(Evidence("lexicon", "absolute_claim", "a.1", 3, SPAN, note="niche", tried=("ex_self:incomplete",)),),
    ruleset="0123456789abcdef",
    exemptions=(Exemption("absolute_claim", "a.1", SPAN, "ex_attitude"),),
    proof=("ex_std_grade",),
)


@pytest.fixture
def kept() -> Verdict:
    blob = verdict_blob(VERDICT, CONTENT)
    return verdict_from(blob, CONTENT, action="block", severity=3, degraded=False, ruleset=VERDICT.ruleset)


def test_proof_notes_and_exemptions_are_kept(kept) -> None:
    assert kept.proof == VERDICT.proof
    assert kept.exemptions == VERDICT.exemptions
    assert kept.evidence[0].note == "niche"


def test_the_exemptions_that_were_tried_are_kept(kept) -> None:
    assert kept.evidence[0].tried == VERDICT.evidence[0].tried
