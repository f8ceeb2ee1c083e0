"""Patterns that people write: compiled by RE2 under limits, brought into folded form, their anchors derived.

A pattern is matched on folded text, so what folding changes is changed in the pattern (Ｖ is v), and what folding
deletes, such as blanks and marks, is taken out of it. No pattern is run here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

import re2

from moderation.told import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LONGEST = 512
"""Characters of a pattern."""
LARGEST = 4000
"""Instructions of its program: what bounds the time of one character."""
DEEPEST = 24
SHORTEST_ANCHOR = 2
MOST_ANCHORS = 64
KEPT = 1024

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_QUANTIFIER = re.compile(r"(?:[*+?]|\{(\d+)(,?)(\d*)\})\??")
_GROUP = re.compile(r"\((?:\?(?:P?<\w+>|[imsU]*(?:-[imsU]+)?:))?")
_FLAGS = re.compile(r"\(\?[imsU-]+\)")
_CODE = re.compile(r"\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))")
_CLASS = re.compile(r"\\[pP](?:\{\^?\w+\}|\w)|\\[dDwWsS]|\[:\^?\w+:\]")
_WORDS = re.compile(r"[^\\|()\[\]{}*+?.^$]+(?:\|[^\\|()\[\]{}*+?.^$]+)+(?=\)|\Z)")
"""A list of words, as most groups are."""
_WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
_GONE = {"\\s", "\\W"}
_CONTROLS = frozenset({"\\t", "\\n", "\\r", "\\f", "\\v", "\\a"})
_BORDERS = ("\\b", "\\B")


class PatternRefused(Wrong):
    """A pattern that must not go live, and why, as ``told``."""


@lru_cache(maxsize=KEPT)
def compiled(pattern: str) -> re2._Regexp:
    """The pattern as RE2 runs it: in time linear in the text. Raises ``PatternRefused`` where it is beyond a limit.

    It is kept for a while, because what is checked is mostly compiled next; ``cache_clear`` lets go of it.
    """
    if len(pattern) > LONGEST:
        raise PatternRefused(
            f"正则长 {len(pattern)} 字符，最多 {LONGEST}",
            f"the pattern has {len(pattern)} characters; at most {LONGEST} may be",
        )
    try:
        made = re2.compile(pattern, options=_OPTIONS)
    except re2.error as error:
        why = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise PatternRefused(f"RE2 不接受此正则：{why}", f"RE2 refuses the pattern: {why}") from None
    if made.programsize > LARGEST:
        raise PatternRefused(
            f"正则编译后有 {made.programsize} 条指令，最多 {LARGEST}；请缩小重复次数",
            f"the pattern compiles to {made.programsize} instructions; at most {LARGEST} may be: repeat less",
        )
    return made


def tame(pattern: str, plain: Callable[[str], str]) -> tuple[str, tuple[str, ...]]:
    """A pattern as folded text wants it, and its anchors: words one of which stands in every match.

    ``plain`` folds a text. Raises ``PatternRefused`` where no word of two characters stands in every match.
    """
    compiled(pattern)
    part = _Parser(pattern, plain).whole()
    anchors = part.must if part.exact is None else part.exact
    if not anchors or min(map(len, anchors)) < SHORTEST_ANCHOR:
        raise PatternRefused(
            "正则缺少锚词：没有至少两个字的固定文字必然出现在每个匹配中",
            "the pattern has no anchor: no fixed word of two characters or more stands in every match",
        )
    folded = f"(?i){part.source}" if re.search("[A-Z]", _CLASS.sub("", part.source)) else part.source
    compiled(folded)
    return folded, tuple(word for word in dict.fromkeys(anchors) if not any(_inside(word, anchors)))


def told_in(pattern: str, plain: Callable[[str], str]) -> tuple[tuple[str, ...], ...]:
    """Lists of words of each of which one stands in every match of a pattern; none where it cannot be read."""
    try:
        return tuple(dict.fromkeys(_Parser(pattern, plain).whole().rows))
    except PatternRefused:
        return ()


def _inside(word: str, words: Iterable[str]) -> Iterator[str]:
    """Those of the words that a word holds: where they are sought it need not be."""
    return (other for other in words if other != word and other in word)


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a pattern in folded form: all that it can match where that is little, and what it must hold."""

    source: str
    exact: tuple[str, ...] | None = None
    must: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    """Lists of words of each of which one stands in every match."""


_NOTHING = _Part("", ("",))


class _Parser:
    """Reads a pattern that RE2 has accepted, once, from left to right."""

    def __init__(self, pattern: str, plain: Callable[[str], str]) -> None:
        self._text, self._plain, self._place, self._depth = pattern, plain, 0, 0
        self._read: dict[str, _Part] = {}

    def whole(self) -> _Part:
        """The whole pattern."""
        return self._choices()

    def _choices(self) -> _Part:
        if (words := _WORDS.match(self._text, self._place)) and self._plain(words[0]) == words[0].replace("|", ""):
            self._place = words.end()
            return _either([_Part(word, (word,)) for word in words[0].split("|")])
        branches = [self._sequence()]
        while self._text.startswith("|", self._place):
            self._place += 1
            branches.append(self._sequence())
        return branches[0] if len(branches) == 1 else _either(branches)

    def _sequence(self) -> _Part:
        parts = []
        while self._place < len(self._text) and self._text[self._place] not in "|)":
            parts.append(self._repeated())
        return _joined(parts)

    def _repeated(self) -> _Part:
        part = self._atom()
        while match := _QUANTIFIER.match(self._text, self._place):
            self._place = match.end()
            part = _times(part, match)
        return part

    def _atom(self) -> _Part:
        text, place = self._text, self._place
        char = text[place]
        if char == "(":
            return self._group()
        if char == "[":
            return self._set()
        if char == "\\":
            return self._escape()
        self._place += 1
        if char in "^$":
            self._refuse_edges()
        return _Part(".") if char == "." else self._letters(char)

    def _group(self) -> _Part:
        if flags := _FLAGS.match(self._text, self._place):
            self._place = flags.end()
            return _Part(flags[0], ("",))
        opening = _GROUP.match(self._text, self._place)
        assert opening is not None
        self._place = opening.end()
        self._depth += 1
        if self._depth > DEEPEST:
            raise PatternRefused(f"正则的括号嵌套超过 {DEEPEST} 层", f"the pattern nests deeper than {DEEPEST} groups")
        inner = self._choices()
        self._depth -= 1
        self._place += 1
        if not inner.source:
            return _NOTHING
        flags_kept = opening[0] if opening[0].endswith(":") else "(?:"
        return _Part(f"{flags_kept}{inner.source})", inner.exact, inner.must, inner.rows)

    def _escape(self) -> _Part:
        text, place = self._text, self._place
        if code := _CODE.match(text, place):
            self._place = code.end()
            return self._letters(chr(int(code[1] or code[2], 16)))
        if kind := _CLASS.match(text, place):
            self._place = kind.end()
            return _NOTHING if kind[0] in _GONE else _Part(kind[0])
        self._place += 2
        escaped = text[place : place + 2]
        if escaped in _BORDERS:
            return _NOTHING  # the engine looks at the edges of Latin words itself
        if escaped in {"\\A", "\\z"}:
            self._refuse_edges()
        if escaped[1].isalnum():
            if escaped in _CONTROLS:
                return _NOTHING
            raise PatternRefused(f"正则中的 {escaped} 不受支持", f"{escaped} is not supported in a pattern")
        return self._letters(escaped[1])

    def _set(self) -> _Part:
        self._place, listed, source = self._members()
        if listed is None:
            return _Part(_WIDE.sub(lambda char: chr(ord(char[0]) - 0xFEE0), source))
        chars = tuple(dict.fromkeys(char for char in map(self._plain, listed) if char))
        if not chars:
            return _NOTHING
        return _Part(chars[0] if len(chars) == 1 else f"(?:{'|'.join(chars)})", chars)

    def _members(self) -> tuple[int, list[str] | None, str]:
        """Where a set ends, its characters (``None`` where they are not listed one by one), and all of it, folded."""
        text, place = self._text, self._place + 1
        listed: list[str] | None = []
        source = "["
        if text.startswith("^", place):
            listed, source, place = None, "[^", place + 1
        first, bound = True, False
        while first or text[place] != "]":
            start, first = place, False
            kind = _CLASS.match(text, place) or _CODE.match(text, place)
            escaped = text[place] == "\\"
            char = text[place + escaped]
            place = kind.end() if kind else place + escaped + 1
            ranged = text.startswith("-", place) and text[place + 1 : place + 2] != "]"
            place += ranged
            if kind or ranged:
                listed = None
            elif listed is not None and text[start:place] not in _CONTROLS:
                listed.append(char)
            folded = "" if kind or escaped or ranged or bound else self._plain(char)
            source += folded if len(folded) == 1 else text[start:place]
            bound = ranged
        return place + 1, listed, f"{source}]"

    def _letters(self, char: str) -> _Part:
        if (part := self._read.get(char)) is None:
            folded = self._plain(char)
            part = _Part(folded if len(folded) == 1 else f"(?:{folded})", (folded,)) if folded else _NOTHING
            self._read[char] = part
        return part

    @staticmethod
    def _refuse_edges() -> NoReturn:
        raise PatternRefused(
            "正则不能用 ^ 或 $：它只看命中前后的一段文字", "a pattern has no ^ or $: it sees a window around its anchor"
        )


def _times(part: _Part, match: re.Match[str]) -> _Part:
    """A part under a quantifier."""
    if not part.source:
        return _NOTHING
    sign = match[0]
    source = part.source + sign
    if sign[0] in "*?" or (match[1] is not None and int(match[1]) == 0):
        optional = part.exact is not None and sign[0] == "?" and len(part.exact) < MOST_ANCHORS
        return _Part(source, (*(part.exact or ()), "")) if optional else _Part(source)
    return _Part(source, None, part.must if part.exact is None else part.exact, part.rows)


def _either(branches: list[_Part]) -> _Part:
    source = "|".join(part.source for part in branches)
    if all(part.exact is not None for part in branches):
        exact = tuple(dict.fromkeys(word for part in branches for word in part.exact or ()))
        if len(exact) <= MOST_ANCHORS:
            return _Part(source, exact)
    musts = [part.must if part.exact is None else part.exact for part in branches]
    must = tuple(dict.fromkeys(word for words in musts for word in words)) if all(musts) else ()
    return _Part(source, None, must if len(must) <= MOST_ANCHORS and all(must) else ())


def _joined(parts: list[_Part]) -> _Part:
    """Parts in a row: neighbours of which all is known grow together, and the best word of the row is kept."""
    run: tuple[str, ...] = ("",)
    whole = True
    best: tuple[str, ...] = ()
    rows = tuple(row for part in parts for row in (part.exact or part.must, *part.rows) if row and all(row))
    for part in parts:
        if part.exact is not None and len(run) * len(part.exact) <= MOST_ANCHORS:
            run = tuple(dict.fromkeys([before + behind for before in run for behind in part.exact]))
            continue
        whole = False
        best = _better(best, run)
        rows += (run,) if all(run) else ()
        run = ("",) if part.exact is None else part.exact
        best = _better(best, part.must)
    source = "".join(part.source for part in parts)
    rows += (run,) if all(run) else ()
    return _Part(source, run, (), rows) if whole else _Part(source, None, _better(best, run), rows)


def _better(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return max(one, other, key=_worth)


def _worth(words: Iterable[str]) -> tuple[int, int]:
    listed = tuple(words)
    return (min(map(len, listed), default=0), -len(listed))
