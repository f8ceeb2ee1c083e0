"""What the contestants read: the samples of the repository as contents, and the innocent comments among them."""

from __future__ import annotations

from datetime import datetime
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

import orjson

from moderation.load import LEXICONS
from moderation.types import SHANGHAI, Action, Author, Content, Part, Role, Scene
from service.rulebook.linting import clean_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from moderation.engine import Engine

SAMPLES: Final = LEXICONS.parent / "samples"
DAY: Final = datetime(2026, 11, 22, 12, tzinfo=SHANGHAI)
SHORTEST, LONGEST = 40, 80
LEAST: Final = 1000
_CHATTING: Final = frozenset({Scene.UGC, Scene.LIVE_CHAT})


def samples() -> list[tuple[Content, str]]:
    """Every sample line with what its writer expects: ``pass``, ``review`` or ``block``."""
    return list(_samples())


def _samples() -> Iterator[tuple[Content, str]]:
    for path in sorted(SAMPLES.glob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            told = orjson.loads(line)
            parts = told.get("parts") or [{"name": "text", "text": told["text"]}]
            content = Content(
                scene=Scene(told["scene"]),
                parts=tuple(Part(part["name"], part["text"]) for part in parts),
                at=DAY,
                id=told["id"],
                author=Author(role=Role(told.get("account_role", "user"))),
                commercial=told.get("commercial"),
                has_cart_link=told.get("has_cart_link", False),
            )
            yield content, told["expect"]


def clean_comments(engine: Engine, *, least: int = LEAST) -> tuple[list[Content], int]:
    """Comments of 40 to 80 characters among the samples, innocent and without any finding, ``least`` of them.

    Comments with findings, a buyer's complaint that is merely counted among them, are measured with the samples.

    Also gives how many different ones there are.
    """
    different = [content for content, expected in samples() if expected == "pass" and _is_comment(content)]
    passed = [content for content in different if _finds_nothing(engine, content)]
    return list(islice(cycle(passed), max(least, len(passed)))), len(passed)


def everyday_comments(engine: Engine, *, least: int = LEAST) -> tuple[list[Content], int]:
    """Comments of the same length made of the neighbouring lines of ``samples/clean.txt``, innocent by the engine too.

    Most innocent samples were written to hold words that might count; these are what people mostly write. Also gives
    how many different ones there are.
    """
    made: list[str] = [""]
    for text in clean_texts():
        if len(made[-1]) >= SHORTEST:
            made.append("")
        made[-1] += text
    contents = [Content(scene=Scene.UGC, parts=(Part("text", text),), at=DAY) for text in made]
    passed = [content for content in contents if _is_comment(content) and _finds_nothing(engine, content)]
    return list(islice(cycle(passed), max(least, len(passed)))), len(passed)


def _finds_nothing(engine: Engine, content: Content) -> bool:
    verdict = engine.examine(content).conclude()
    return verdict.action is Action.PASS and not verdict.evidence and not verdict.exemptions


def _is_comment(content: Content) -> bool:
    return content.scene in _CHATTING and len(content.parts) == 1 and SHORTEST <= len(content.parts[0].text) <= LONGEST


def fresh(contents: Sequence[Content]) -> list[Content]:
    """The same contents with texts that Python has not seen: it keeps the UTF-8 form of a string once it was made."""
    return [
        Content(
            scene=content.scene,
            parts=tuple(Part(part.name, (part.text + "x")[:-1]) for part in content.parts),
            at=content.at,
            id=content.id,
            author=content.author,
            commercial=content.commercial,
            has_cart_link=content.has_cart_link,
        )
        for content in contents
    ]
