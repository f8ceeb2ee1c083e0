"""``lexicons/live.toml``: what is wrong in it is refused, with its reason; what old rules found has words."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from moderation.errors import LawError
from moderation.livetable import live_rules
from moderation.load import LEXICONS
from moderation.roomwords import behaviour
from moderation.tables import Document
from moderation.types import Evidence, Span

if TYPE_CHECKING:
    from moderation.ruleset import Ruleset

TEXT = (LEXICONS / "live.toml").read_text(encoding="utf-8")
WRONG = [
    ("same = 4", "same = 0", "same is 0, expected 1 to"),
    ("same = 4", "", "same is missing"),
    ('echo = ["contact_diversion"', 'echo = ["no_such"', "echo names the unknown category 'no_such'"),
    ("chat = [0, 1, 2, 3, 4]", "chat = [0, 1]", "chat is [0, 1], expected 5 whole numbers"),
    ("amber = 24", "amber = 2400", "amber is above red"),
    ("horizons = [1, 5, 20, 60]", "horizons = [0]", "horizons are [0], expected numbers of windows below"),
    ('replies = ["怎么加"', 'replies = ["!"', "a phrase folds to nothing"),
    ("spell = [\n    [[", "spell = [\n    [[], [", "spell is a list of lists"),
    ("[risk]", "[risk]\nodd = 1", "unknown key 'odd'"),
]


@pytest.mark.parametrize(("told", "instead", "why"), WRONG, ids=[why for _, _, why in WRONG])
def test_what_is_wrong_is_refused(shipped_ruleset: Ruleset, told: str, instead: str, why: str) -> None:
    assert told in TEXT
    text = TEXT.replace(told, instead, 1)
    document = Document("live.toml", text, tomllib.loads(text))
    with pytest.raises(LawError) as refused:
        live_rules(document, shipped_ruleset.categories, shipped_ruleset.folding)
    assert why in str(refused.value)
    assert str(refused.value).startswith("live.toml:")


def test_a_rule_that_is_not_known_any_more_stands_for_itself() -> None:
    item = Evidence("room", "spam_flood", "room.stampede", 1, Span("text", 0, 1))
    assert behaviour(item, "zh") == "stampede"
