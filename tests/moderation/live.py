"""What tests of live rooms share: messages, hosts and verdicts under the shipped rules."""

from __future__ import annotations

from datetime import datetime, timedelta

from moderation.types import SHANGHAI, Author, Content, Part, Role, Scene

NOON = datetime(2026, 11, 26, 12, tzinfo=SHANGHAI)
START = NOON.timestamp()


def chat(text: str, who: str | None = "a", at: float = 0, age: int | None = None, name: str = "text") -> Content:
    """A viewer's message ``at`` seconds after noon."""
    return Content(
        scene=Scene.LIVE_CHAT,
        parts=(Part(name, text),),
        at=NOON + timedelta(seconds=at),
        id=f"{who}-{at}",
        author=Author(id=who, age_days=age),
    )


def speech(text: str, at: float = 0, author: str = "host") -> Content:
    """A stretch of a host's speech."""
    return Content(
        scene=Scene.LIVE_SPEECH,
        parts=(Part("text", text),),
        at=NOON + timedelta(seconds=at),
        id=f"speech-{at}",
        author=Author(id=author, role=Role.HOST),
    )
