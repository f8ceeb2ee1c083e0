"""Writes lexicons/variants/traditional.tsv from OpenCC's character tables. Run by hand when OpenCC changes.

One-to-one pairs only, so that folding keeps offsets: traditional and Japanese forms to the simplified one.
"""

from __future__ import annotations

from pathlib import Path

from opencc import OpenCC

TARGET = Path(__file__).parent.parent / "lexicons" / "variants" / "traditional.tsv"
HEADER = """\
# Traditional and Japanese character forms and the simplified character they fold to, one pair a line.
# owner: 平台工程组
# source: OpenCC 1.4 character tables (t2s, jp2t), by tools/build_variants.py
# licence: Apache-2.0
# reviewed: 2026-11-22
"""
HAN = (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0xF900, 0xFB00))


def in_gb2312(char: str) -> bool:
    """Whether a character is in everyday simplified use: such a one is never taken for a Japanese form."""
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def main() -> None:
    """Write the table."""
    to_simplified, from_japanese = OpenCC("t2s").convert, OpenCC("jp2t").convert
    pairs = {}
    for char in map(chr, HAN):
        simplified = to_simplified(char)
        if simplified == char and not in_gb2312(char):
            simplified = to_simplified(from_japanese(char))
        if simplified != char and len(simplified) == 1:
            pairs[char] = simplified
    lines = (f"{source}\t{target}\n" for source, target in sorted(pairs.items()))
    TARGET.write_text(HEADER + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
