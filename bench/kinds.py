"""Of which kind bad text is: ``python -m bench.kinds [FOLDER] [--expert] [--misses]`` prints a table and the macro-F1.

A folder holds ``*.jsonl`` with ``text`` and ``kind``; all is judged as ``ugc``. What a verdict says a text is, is the
kind of its evidence that weighs most; contact details count only where nothing else does, a bad mood (severity 0)
nowhere. Who lets a text pass says that it is clean.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.accuracy import content_of, expert_asked, is_flagged, judged, lines
from moderation.load import load_engine
from moderation.types import UNSURE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.types import Verdict

CLEAN: Final = "clean"
KINDS: Final = {
    "gambling": ("gambling",),
    "porn": ("porn_vulgar", "minor_protection"),
    "abuse": ("abuse_insult", "hate_discrimination", "violence_terror"),
    "fraud": ("fraud_scam", "brush_order", "finance_guarantee"),
    "black_market": ("illicit_goods", "privacy_leak", "contact_diversion", "off_platform_trade", "spam_flood"),
}
"""Which categories speak of a kind. Other findings count as some other kind."""
OTHER: Final = "other"
_KIND_OF: Final = {category: kind for kind, categories in KINDS.items() for category in categories}
_CONTACT: Final = ("contact_diversion", "off_platform_trade", "spam_flood")


def kind_of(verdict: Verdict) -> str:
    """The kind that a verdict speaks of."""
    if not is_flagged(verdict):
        return CLEAN
    breaches = [one for one in verdict.evidence if one.severity]
    counted = [one for one in breaches if one.weight >= UNSURE] or breaches
    best = max(counted, key=lambda one: (one.category not in _CONTACT, one.weight, one.severity))
    return _KIND_OF.get(best.category, OTHER)


def f1(told: Mapping[tuple[str, str], int], kind: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of a kind, from counts of (expected, said)."""
    hit = told.get((kind, kind), 0)
    said = sum(number for (_, what), number in told.items() if what == kind)
    there = sum(number for (what, _), number in told.items() if what == kind)
    precision, recall = hit / said if said else 0.0, hit / there if there else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if hit else 0.0


def main(arguments: list[str]) -> None:
    """Print the table; with ``--misses`` every line that is taken for something else."""
    named = [argument for argument in arguments if not argument.startswith("--")]
    engine = load_engine()
    panel = expert_asked(arguments, engine)
    told: Counter[tuple[str, str]] = Counter()
    for _, line in lines(Path(named[0] if named else "tests/cases/kinds")):
        said = kind_of(judged(engine, content_of({**line, "scene": "ugc"}), panel))
        told[line["kind"], said] += 1
        if said != line["kind"] and "--misses" in arguments:
            print(f"{line['kind']:13}{said:13}{line['text']}")
    kinds, scores = [*KINDS, CLEAN], []
    for kind in kinds:
        scores.append(f1(told, kind))
        row = "".join(f"{told[kind, said]:>13}" for said in [*kinds, OTHER])
        print(f"{kind:13}{row}   precision {scores[-1][0]:.3f}, recall {scores[-1][1]:.3f}, F1 {scores[-1][2]:.3f}")
    print(f"macro-F1 {sum(score for _, _, score in scores) / len(scores):.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
