"""What people write about live commerce, as contents of their own: texts stand nowhere else, so they can be erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.types import Author, Content, Part, Scene
from service.filing import kept
from service.ids import from_stamp
from service.store.codec import told_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.filing import Kept
    from service.keys import Caller


def written(caller: Caller, name: str, parts: Sequence[tuple[str, str]], at: str) -> Kept:
    """The words under a content id, by who calls. Raises ``ValueError`` for text that cannot be stored."""
    words = Content(
        scene=Scene.LIVE_SCRIPT,
        parts=tuple(Part(part, text) for part, text in parts),
        at=from_stamp(at),
        author=Author(id=caller.id),
    )
    return kept(caller.tenant, name, words, at)


def parts_of(body: bytes) -> list[tuple[str, str]]:
    """Names and texts of the parts of a stored content, in order; none where it was erased."""
    return [(name, text) for name, text in told_in(body)["parts"]] if body else []
