"""The bytes of a foreign word list become text, in UTF-8, UTF-16, GB18030 or Big5, or an error that names the line."""

from __future__ import annotations

import re
from typing import Final

from moderation.told import Told

_BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_PAIR: Final = re.compile(rb"[\x81-\xa0\xa4-\xfe][\x40-\xfe]")
"""The bytes of a Han in GBK or Big5, whose signs begin with A1 to A3."""
_COMMON: Final = re.compile(rb"[\xa4-\xc6]"), re.compile(rb"[\xb0-\xd7][\xa1-\xfe]")
"""The everyday ones, in Big5 and in GB18030."""
_SAMPLE, _EVERYDAY, _RARER = 1 << 14, 0.9, 0.7


class ListUnreadable(Exception):
    """A file that cannot be read as a list at all, the line where that shows, and why, as ``told``."""

    def __init__(self, line: int, zh: str, en: str) -> None:
        super().__init__(f"{line}: {en}")
        self.line, self.told = line, Told(zh, en)


def decode(data: bytes, encoding: str = "") -> tuple[str, str]:
    """The text of a file and the name of its encoding, found out where none is given.

    Raises:
        ListUnreadable: with the line of the first byte that is no character.
    """
    for mark, name in _BOMS:
        if data.startswith(mark) and encoding in {"", name, name.rpartition("-")[0]}:
            return _decoded(data.removeprefix(mark), name), name
    if encoding:
        return _decoded(data, encoding), encoding
    if b"\0" in data[:4096]:
        name = "utf-16-le" if data[1:4096:2].count(0) >= data[:4096:2].count(0) else "utf-16-be"
        return _decoded(data, name), name
    failed: dict[str, int] = {}
    for name in ("utf-8", "cp950", "gb18030") if _looks_big5(data) else ("utf-8", "gb18030"):
        try:
            return data.decode(name), name
        except UnicodeDecodeError as error:
            failed[name] = error.start
    return _decoded(data, max(failed, key=lambda name: failed[name])), ""  # what could be read furthest was meant


def _looks_big5(data: bytes) -> bool:
    """Whether nearly all Han are everyday ones in Big5 while many are rare ones in GB18030, which reads them too."""
    pairs = _PAIR.findall(data[:_SAMPLE])
    big5, gb = (sum(common.match(pair) is not None for pair in pairs) for common in _COMMON)
    return big5 > _EVERYDAY * len(pairs) and gb < _RARER * len(pairs)


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError:
        raise ListUnreadable(1, f"没有 {encoding} 这种编码", f"there is no encoding {encoding}") from None
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
        raise ListUnreadable(
            line,
            f"第 {line} 行有不属于 {encoding} 的字节；请用 --encoding 指明编码",
            f"line {line} holds bytes that are not {encoding}: give --encoding",
        ) from None
