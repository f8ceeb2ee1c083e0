"""Make ``lexicons/variants/ordinary.tsv``: writings that sound or look like a term and are words of their own.

``python tools/ordinary.py TEXT… > ordinary.tsv``, from plain texts, one a line, that nobody wrote in disguise. A
writing counts as ordinary when it would be restored at least ``OFTEN`` times. Digits in a long one say what the word
says: 全国第1 is no other word than 全国第一.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from moderation.engine import Engine
from moderation.load import load_ruleset
from moderation.text.reading import DISGUISED, PartReading, Reader

OFTEN = 2
LONG = 4
"""From so many characters on, a word with digits for its numerals is nothing but that word."""
HEAD = """\
# Writings that sound or look like a banned word and are words of their own: never restored.
# owner: 平台安全组
# source: tools/ordinary.py over titles and questions (MIT), dialogues (CC0), messages (NUS SMS); some by hand
# licence: CC0-1.0
# reviewed: 2026-11-26
"""


def writings(reader: Reader, part: PartReading) -> set[str]:
    """What stands in the folded text where it was restored."""
    view = reader.restored(part) if part.look & DISGUISED else None
    if view is None or view.line is None:
        return set()
    marks = (mark for mark in view.line.marks if mark.names != ("digit",) or mark.end - mark.start < LONG)
    spans = (view.span(mark.start, mark.end) for mark in marks)
    return {reader.folding.plain(part.source[start:end]) for start, end in spans}


def main(paths: list[str]) -> None:
    """Print the table; what the shipped table already holds is kept."""
    reader = Engine(ruleset := load_ruleset()).reader
    restored: Counter[str] = Counter()
    for path in paths:
        with Path(path).open(encoding="utf-8") as lines:
            for line in lines:
                part = reader.read("text", line.strip())
                restored.update(writings(reader, part))
    found = {text for text, count in restored.items() if count >= OFTEN}
    print(HEAD, end="")
    print("\n".join(sorted(found | ruleset.variants.ordinary)))


if __name__ == "__main__":
    main(sys.argv[1:])
