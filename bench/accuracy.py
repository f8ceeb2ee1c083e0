"""How well verdicts agree with what the writers of a table expect: recall and false alarms, by group.

``python -m bench.accuracy tests/cases/law/work [--misses] [--expert]``: a line is flagged when its action is review or
block, or when flooding in it is throttled (which never blocks). The last column counts, of the lines found whose
writer names a category, the verdicts that name another; what advertising law forbids is one here. Rules judge alone
unless ``--expert`` lets the text expert be heard, both stages as the scenes ask for them.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from moderation.expert import is_one_matter
from moderation.load import load_engine
from moderation.types import SHANGHAI, Action, Author, Content, Effect, Part, Role, Scene
from service.cli.judging import concluded, open_expert
from service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moderation.engine import Engine
    from moderation.types import Verdict
    from service.escalation import Panel

DAY = datetime(2026, 11, 25, 12, tzinfo=SHANGHAI)


@dataclass(slots=True)
class Score:
    """Counts of one group. ``wrong`` holds the lines whose flag is not what their writer expects."""

    flags: int = 0
    found: int = 0
    clean: int = 0
    alarms: int = 0
    named: int = 0
    others: int = 0
    wrong: list[dict[str, Any]] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """The share of lines to be flagged that are."""
        return self.found / self.flags if self.flags else 1.0

    @property
    def false_alarms(self) -> float:
        """The share of innocent lines that are flagged."""
        return self.alarms / self.clean if self.clean else 0.0


def lines(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every line of every ``*.jsonl`` of a folder with its group, the name of its file."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            yield path.stem, orjson.loads(line)


def content_of(told: dict[str, Any]) -> Content:
    """The content that a line of a table describes, in the words of the API."""
    parts = told.get("parts") or [{"name": "text", "text": told["text"]}]
    at = told.get("published_at")
    return Content(
        scene=Scene(told["scene"]),
        parts=tuple(Part(part["name"], part["text"]) for part in parts),
        at=datetime.fromisoformat(at) if at else DAY,
        author=Author(role=Role(told.get("account_role", "user"))),
        commercial=told.get("commercial"),
        has_cart_link=told.get("has_cart_link", False),
        industry=told.get("industry"),
        product=told.get("product"),
        qualifications=tuple(told.get("qualifications", ())),
    )


def is_flagged(verdict: Verdict) -> bool:
    """Whether a verdict does anything about a content: reviews, blocks or throttles it."""
    return verdict.action is not Action.PASS or Effect.THROTTLE in verdict.effects


def judged(engine: Engine, content: Content, panel: Panel | None) -> Verdict:
    """The verdict on a content; the text expert is heard where there is one and the scene asks for it."""
    (verdict,) = concluded([engine.examine(content)], panel)
    return verdict


def expert_asked(arguments: list[str], engine: Engine) -> Panel | None:
    """The text expert of the settings, where the command line has ``--expert``."""
    return open_expert(Settings(), engine, "en") if "--expert" in arguments else None


def names_others(engine: Engine, verdict: Verdict, category: str) -> bool:
    """Whether a verdict names something else than a category, or than another of advertising law where it is one."""
    known = engine.ruleset.categories
    return not all(is_one_matter(known[code], known[category]) for code in verdict.categories)


def measure(engine: Engine, folder: Path, panel: Panel | None = None) -> dict[str, Score]:
    """The scores of every group, and of all together under ``""``."""
    scores: dict[str, Score] = defaultdict(Score)
    for group, told in lines(folder):
        verdict = judged(engine, content_of(told), panel)
        flagged, category = is_flagged(verdict), str(told.get("category"))
        named = flagged and category in engine.ruleset.categories
        for score in (scores[group], scores[""]):
            if told["side"] == "flag":
                score.flags += 1
                score.found += flagged
                score.named += named
                score.others += named and names_others(engine, verdict, category)
            else:
                score.clean += 1
                score.alarms += flagged
        if flagged is not (told["side"] == "flag"):
            scores[group].wrong.append(told)
    return scores


def _shown(told: dict[str, Any]) -> str:
    return told.get("text") or " / ".join(part["text"] for part in told["parts"])


def main(arguments: list[str]) -> None:
    """Print the table; with ``--misses`` every line that went wrong."""
    folder = Path(arguments[0])
    engine = load_engine()
    scores = measure(engine, folder, expert_asked(arguments, engine))
    for group, score in sorted(scores.items()):
        share = (
            f"{score.found}/{score.flags} {score.recall:6.1%}   {score.alarms}/{score.clean} {score.false_alarms:6.1%}"
        )
        others = f"   {score.others}/{score.named}" if score.named else ""
        print(f"{group or 'all':26} {share}{others}")
        if "--misses" in arguments:
            for told in score.wrong:
                print(f"    {'missed' if told['side'] == 'flag' else 'ALARM '} {told.get('id', '')} {_shown(told)}")


if __name__ == "__main__":
    main(sys.argv[1:])
