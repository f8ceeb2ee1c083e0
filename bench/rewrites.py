"""How many violations get a suggestion that passes: by group, with the reasons of the others.

``python -m bench.rewrites tests/cases/law/work [--show]``: counted are lines to be flagged that are, with evidence
of an advertising category that counts. ``number_needed`` is not counted as a suggestion: a person must add the number.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import TYPE_CHECKING

from bench.accuracy import content_of, lines
from moderation.load import load_engine
from moderation.suggest import decisive, suggest
from moderation.types import Action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moderation.engine import Engine
    from moderation.suggest import Suggestion
    from moderation.types import Content


def advertising(engine: Engine, folder: Path) -> Iterator[tuple[str, Content]]:
    """The flagged violations of a folder that advertising categories are part of, with their groups."""
    categories = engine.ruleset.categories
    for group, told in lines(folder):
        content = content_of(told)
        found = decisive(engine, content, engine.examine(content).conclude())
        if told["side"] == "flag" and any(categories[item.category].group == "advertising" for item in found):
            yield group, content


def outcome(engine: Engine, content: Content, suggestion: Suggestion) -> str:
    """``passes``, ``template`` (it passes, but is to be filled in), ``FAILS``, or the reason why there is no text."""
    if suggestion.reason:
        return suggestion.reason
    verdict = engine.examine(replace(content, parts=suggestion.parts)).conclude()
    if verdict.action is not Action.PASS:
        return "FAILS"
    return "template" if any(edit.template for edit in suggestion.edits) else "passes"


def main(arguments: list[str]) -> None:
    """Print the table; with ``--show`` every line and what was suggested."""
    engine = load_engine()
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    took: list[float] = []
    for group, content in advertising(engine, Path(arguments[0])):
        began = perf_counter()
        suggestion = suggest(engine, content)
        took.append(perf_counter() - began)
        came = outcome(engine, content, suggestion)
        outcomes[group][came] += 1
        outcomes[""][came] += 1
        if "--show" in arguments:
            new = " / ".join(part.text for part in suggestion.parts)
            print(f"{came:18} {content.parts[0].text}\n{'':18} {new}")
    for group, counts in sorted(outcomes.items()):
        given, total = counts["passes"] + counts["template"], counts.total()
        others = ", ".join(f"{count} {came}" for came, count in counts.most_common() if came != "passes")
        print(f"{group or 'all':26} {given}/{total} {given / total:6.1%}   {others}")
    if took:
        print(f"mean {mean(took) * 1000:.1f} ms, longest {max(took) * 1000:.1f} ms")


if __name__ == "__main__":
    main(sys.argv[1:])
