"""What a standing may do to a verdict: ask for a person's look where it would have passed. Nothing else, ever.

No score lets pass what was stopped, and none stops what would have passed: a score may only add review.
"""

from __future__ import annotations

from typing import Final

from moderation.types import Action, Scene

WATCHED_SCENES: Final = frozenset({Scene.LIVE_SCRIPT})
"""Where every text of the lowest tier goes to people before it goes on air."""


def watched(action: Action, scene: Scene, *, lowest: bool) -> Action:
    """The action for a creator, of the ``lowest`` tier or not: there ``pass`` becomes ``review`` for scripts."""
    if lowest and action is Action.PASS and scene in WATCHED_SCENES:
        return Action.REVIEW
    return action
