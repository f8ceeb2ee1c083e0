"""Words of a foreign list become lines of a term file, or are rejected with the reason. No file is opened here."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from moderation.check import MAX_NESTING
from moderation.detect.rule import ANYWHERE
from moderation.lexicon import ALLOW, Condition
from moderation.patterns import PatternRefused, tame
from moderation.told import Told
from moderation.wordlist import PATTERN, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from moderation.lexicon import Term
    from moderation.text.fold import Folding
    from moderation.wordlist import Item

LONGEST: Final = 64
"""Characters of a word: a longer one is a sentence, and no automaton should look for sentences."""
ALONE: Final = " | prev: ^ | next: $"
"""The guard of a single character that is taken over by force: it must be all of its clause."""
POLITICAL: Final = "political_placeholder"
"""The category of which no list belongs into the shipped folder: each user brings their own."""
NO_LICENCE: Final = frozenset({"none", "unknown", "no", "n/a", "?", "-", "无", "未知", "不明", "没有"})
_JOINED: Final = re.compile("[+&|＋＆｜]")
_MOST_JOINED: Final = 3
_SPECIAL: Final = re.compile(r"([|{}\\｜｛｝]|(?<=\s)#)")
_STARTS: Final = ("@", "[", "#", "/", "＠", "［", "＃")
_DOUBTFUL: Final = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a list comes from: the headers of its term file."""

    source: str
    licence: str
    owner: str
    reviewed: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an import is to do: the category of words, by tag where ``categories`` has it.

    ``allowed`` are folded words that are allowed unconditionally, each with the categories it protects from. ``force``
    takes single characters.
    """

    folding: Folding
    category: str = ""
    categories: Mapping[str, str] = field(default_factory=dict)
    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    force: bool = False


class TermLine(NamedTuple):
    """A line of a term file, and the line of the list that it comes from."""

    text: str
    origin: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a list: lines by category, and what was rejected, in the order of the list."""

    lines: dict[str, list[TermLine]]
    rejected: list[Rejected]

    @property
    def taken(self) -> int:
        """How many lines were taken over."""
        return sum(map(len, self.lines.values()))

    def reasons(self) -> Counter[str]:
        """How many words were rejected for each code."""
        return Counter(item.code for item in self.rejected)


class _Refused(Exception):
    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.told = code, Told(zh, en)


def sort_out(items: Iterable[Item], order: Order) -> Imported:
    """Every word as a line of its category, or rejected: unusable, a repetition, or of no category."""
    rejected: list[Rejected] = []
    taken: dict[tuple[str, str], TermLine] = {}
    for item in items:
        try:
            category = _category(item, order)
            text, key, sought = _line(item.text, order)
        except _Refused as refused:
            rejected.append(Rejected(item.line, item.text, refused.code, refused.told))
            continue
        protected = order.allowed.get(sought)
        if protected is not None and not protected.isdisjoint((category, ANYWHERE)):
            why = Told(f"“{sought}”是允许词，不能同时禁止", f"{sought} is an allowed word, and cannot be banned too")
            rejected.append(Rejected(item.line, item.text, "allowed", why))
            continue
        made = TermLine(text, item.line)
        if (first := taken.setdefault((category, key), made)) is not made:
            why = Told(f"折叠后与第 {first.origin} 行相同", f"folds to the same as line {first.origin}")
            rejected.append(Rejected(item.line, item.text, "repeated", why))
    for (category, key), line in _too_deep(taken):
        del taken[category, key]
        why = Told(f"以它结尾的词嵌套超过 {MAX_NESTING} 层", f"more than {MAX_NESTING} words end like it")
        rejected.append(Rejected(line.origin, line.text, "nested", why))
    lines: dict[str, list[TermLine]] = defaultdict(list)
    for (category, _), line in taken.items():
        lines[category].append(line)
    return Imported(dict(lines), sorted(rejected, key=lambda item: item.line))


def allowed_words(terms: Iterable[Term], folding: Folding) -> dict[str, frozenset[str]]:
    """The words that are allowed whatever stands around them, folded, with the categories they protect from."""
    found: dict[str, frozenset[str]] = {}
    for term in terms:
        if term.category == ALLOW and not term.pattern and term.condition == Condition():
            key = folding.visible(term.text)
            found[key] = found.get(key, frozenset()) | (term.protects or frozenset())
    return found


def term_file(category: str, lines: Iterable[TermLine], provenance: Provenance, *, comment: str = "") -> str:
    """A whole term file, headers first."""
    headers = {
        "category": category,
        "owner": provenance.owner,
        "source": provenance.source,
        "licence": provenance.licence,
        "reviewed": provenance.reviewed.isoformat(),
        "verified": "false",
    }
    head = [f"# {comment}"] if comment else []
    head += [f"@{name} {value}" for name, value in headers.items()]
    return "\n".join([*head, "", *(line.text for line in lines), ""])


def provenance_faults(provenance: Provenance) -> Iterator[Told]:
    """What is wrong with where a list is said to come from."""
    for name, value in (("source", provenance.source), ("licence", provenance.licence), ("owner", provenance.owner)):
        if not value.strip() or _DOUBTFUL.search(value):
            yield Told(f"--{name} 应为一行非空文字", f"--{name} is one line of text and not empty")
    if provenance.licence.strip().casefold() in NO_LICENCE:
        yield Told(
            f"--licence {provenance.licence} 不是许可：没有许可的词库不能导入；自有词库请写 proprietary 或 自有",
            f"--licence {provenance.licence} is no licence, and a list needs one; of your own say proprietary",
        )


def _category(item: Item, order: Order) -> str:
    for tag in item.tags:
        if code := order.categories.get(tag):
            return code
    if order.category:
        return order.category
    tags = ", ".join(item.tags)
    raise _Refused(
        "no_category",
        f"标签 {tags} 没有对应的类别；请用 --map 标签=类别 或 --category" if tags else "没有类别；请用 --category",
        f"the tags {tags} lead to no category: give --map TAG=CATEGORY or --category" if tags else "give --category",
    )


def _line(text: str, order: Order) -> tuple[str, str, str]:
    """The line that a word becomes, the key under which it may stand once, the word sought. Raises ``_Refused``."""
    if _DOUBTFUL.search(text):
        raise _Refused("control", "含控制字符或换行", "holds a control character or a line break")
    if text.startswith(PATTERN):
        return _pattern(text[len(PATTERN[0]) :].strip(), order.folding)
    text = text.strip("|｜ ")
    if len(text) > LONGEST:
        raise _Refused(
            "too_long", f"长 {len(text)} 字，最多 {LONGEST}", f"has {len(text)} characters; at most {LONGEST} may be"
        )
    if _JOINED.search(text):
        return _company(text, order)
    key = order.folding.visible(text)
    if not key.strip():
        raise _Refused("empty", "折叠后没有内容", "folds to nothing")
    if not _one_character(key):
        return escaped(text), key, key
    if not order.force:
        raise _Refused(
            "one_character",
            "只有一个字，会到处误报；--force 可强制导入，仅在独立成句时命中",
            "is one character, which stands everywhere; --force takes it, to count only as a clause of its own",
        )
    return escaped(text) + ALONE, key, key


def _one_character(key: str) -> bool:
    """Whether a word is a letter, digit or mark alone; emoji say enough by themselves."""
    return len(key) == 1 and unicodedata.category(key) != "So"


def escaped(text: str) -> str:
    """A word as the line grammar wants it."""
    line = _SPECIAL.sub(r"\\\1", text) if _SPECIAL.search(text) else text
    return f"\\{line}" if line.startswith(_STARTS) else line


def _company(text: str, order: Order) -> tuple[str, str, str]:
    """``a+b``: the longest is sought, and counts beside the other in its sentence; a third may stand anywhere."""
    pieces = [piece.strip() for piece in _JOINED.split(text)]
    folded = [order.folding.plain(piece) for piece in pieces]
    if not all(folded):
        raise _Refused(
            "joined",
            "“+”“&”“|”的一侧没有内容；应为 a+b",
            "has nothing on one side of +, & or |; a+b is expected",
        )
    if any(len(piece) == 1 and piece.isdigit() for piece in folded):
        raise _Refused(
            "joined",
            "一侧只是一个数字；若是等级，请另列一列",
            "has a single digit on one side; if that is a level, give it a column of its own",
        )
    if len(set(folded)) < len(folded) or len(folded) > _MOST_JOINED:
        raise _Refused(
            "joined",
            f"组合词应为 2 至 {_MOST_JOINED} 个不同的词",
            f"a combination has 2 to {_MOST_JOINED} different words",
        )
    first, second, *third = sorted(pieces, key=lambda piece: -len(order.folding.plain(piece)))
    line = f"{escaped(first)} | sentence: {_listed(second)}" + (f" | with: {_listed(third[0])}" if third else "")
    return line, "+".join(sorted(folded)), order.folding.visible(first)


def _listed(text: str) -> str:
    """A word inside a list of an option."""
    return escaped(text).replace(",", r"\,")


def _pattern(pattern: str, folding: Folding) -> tuple[str, str, str]:
    try:
        folded, anchors = tame(pattern, folding.plain)
    except PatternRefused as refused:
        raise _Refused("pattern", *refused.told) from None
    body = re.sub(r"(?<!\\)((?:\\\\)*)/", r"\1\\/", folded)
    return f"/{body}/ | anchor: {', '.join(anchors)}", f"{PATTERN[0]}{folded}", ""


def _too_deep(taken: Mapping[tuple[str, str], TermLine]) -> list[tuple[tuple[str, str], TermLine]]:
    """The words in which more words end than one place may have."""
    known = {key for _, key in taken}
    depth: dict[str, int] = {}
    for key in sorted(known, key=len):
        inner = next((key[cut:] for cut in range(1, len(key)) if key[cut:] in known), "")
        depth[key] = depth.get(inner, 0) + 1
    return [(place, line) for place, line in taken.items() if depth[place[1]] > MAX_NESTING]
