"""How much of the work is checked, and what is drawn by the house's own secret, which nobody can foretell. Pure."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from moderation.ruleset import Category
    from moderation.types import Action
    from service.review.rulings import Ruling
    from service.settings import Settings

HOUR: Final = 3600.0
SEVERE: Final = 3
SAFETY: Final = "safety"
SAMPLED: Final = frozenset({"content", "report"})
"""Kinds of items of which a share is decided twice."""
ALWAYS_SAMPLED: Final = frozenset({"appeal"})
"""Kinds of items that are decided twice whatever is drawn."""
_TELL: Final = frozenset({Right.MODERATE, Right.REPORT, Right.NOTICES})
"""Rights of the pipeline, which has to hear what was decided."""


def _unkeyed(purpose: str, *said: bytes) -> bytes:
    return hmac.digest(purpose.encode(), b"".join(said), "sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Shares of items that are decided twice, and golden for those that come; and so many severe items an hour at most.

    ``mark`` is an HMAC under the house's secret. The defaults check nothing.
    """

    sample_share: float = 0.0
    sample_severity: int = 5
    """From this severity on, as the engine found it, everything is decided twice: what people said must not show."""
    golden_share: float = 0.0
    golden_wait: float = 20.0
    """A golden item comes so many seconds at most after the item for which it was drawn."""
    severe_per_hour: int = 1_000_000
    mark: Callable[..., bytes] = field(default=_unkeyed)

    def draws(self, purpose: str, share: float, *said: str) -> bool:
        """Whether what is said falls into a share."""
        return self.drawn(purpose, *said) < share

    def drawn(self, purpose: str, *said: str) -> float:
        """A number in [0, 1) for what is said: always the same, and even."""
        return int.from_bytes(self.mark(purpose, *(one.encode() for one in said))[:8]) / 2**64

    def sampled(self, kind: str, severity: int, review: str, round_: int) -> bool:
        """Whether a round of an item is decided twice. It depends on nothing that people said."""
        if kind in ALWAYS_SAMPLED:
            return True
        share = 1.0 if severity >= self.sample_severity else self.sample_share
        return kind in SAMPLED and self.draws("sample", share, review, str(round_))


def checks_of(settings: Settings, mark: Callable[..., bytes]) -> Checks:
    """How much of the work is checked, as the settings say; ``mark`` as ``Checks`` has it."""
    return Checks(
        sample_share=settings.second_review_share,
        sample_severity=settings.second_review_severity,
        golden_share=settings.golden_share,
        severe_per_hour=settings.severe_per_hour,
        mark=mark,
    )


def grim(categories: Mapping[str, Category]) -> frozenset[str]:
    """The categories whose contents harm whoever reads many of them: severe ones, of safety and not of trade."""
    return frozenset(
        code for code, category in categories.items() if category.group == SAFETY and category.severity >= SEVERE
    )


def is_blind(rights: frozenset[Right]) -> bool:
    """Whether somebody may decide a second time: nothing that they may do tells them of the pipeline's answers."""
    return not rights & _TELL


def is_tested(rights: frozenset[Right]) -> bool:
    """Whether golden items test somebody: who may see which they are is not."""
    return Right.QUALITY not in rights


def said(action: Action, categories: tuple[str, ...]) -> tuple[str, ...]:
    """A verdict as it is compared: the action, and for a block what it rests on."""
    return (action.code, *categories) if action.code == "block" else (action.code,)


def said_by(ruling: Ruling) -> tuple[str, ...]:
    """What a ruling says; of an appeal that the block stands, for whatever it was, or that it does not."""
    if ruling.action is None:
        return ("block",) if ruling.outcome == "upheld" else ("pass",)
    return said(ruling.action, tuple(dict.fromkeys(reason.category for reason in ruling.reasons)))


def agree(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two verdicts are the same: one action, and a block for at least one reason in common."""
    if one[0] != other[0]:
        return False
    return len(one) == 1 or len(other) == 1 or bool(set(one[1:]) & set(other[1:]))
