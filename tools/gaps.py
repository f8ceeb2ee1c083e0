"""Write ``gaps.toml`` of a folder of tables anew: the lines that are judged otherwise than their writer expects.

``python -m tools.gaps tests/cases/trade_safety``. Only ids are written, so that a held part stays unread.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.accuracy import content_of, is_flagged, lines
from moderation.load import load_engine

HEAD = """\
# Lines judged otherwise than their writer expects, by id: strict xfail. A gap that closes must leave this list.
# Written by tools/gaps.py. held is measured and never read.
"""


def main(table: Path) -> None:
    """Judge every line of every part."""
    engine = load_engine()
    text = HEAD
    for part in sorted(folder for folder in table.iterdir() if folder.is_dir()):
        wrong = [
            told["id"]
            for _, told in lines(part)
            if is_flagged(engine.examine(content_of(told)).conclude()) != (told["side"] == "flag")
        ]
        text += f"{part.name} = [\n" + "".join(f'    "{one}",\n' for one in sorted(wrong)) + "]\n"
    (table / "gaps.toml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
