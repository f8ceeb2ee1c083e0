"""Foreign word lists as text become words with their lines and tags, or an error that names the line.

Read are lines (with the separators people use), ``word tag,tag``, ``key<TAB>values``, CSV, TSV, rows of a sheet, JSON
and JSONL. What the words mean is not decided here, and no file is opened.
"""

from __future__ import annotations

import csv
import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from moderation.encoding import ListUnreadable
from moderation.told import Told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PATTERN: Final = ("regex:", "regex：")
"""What stands before a pattern."""
COMMENT: Final = "#"
_WORD_NAMES: Final = frozenset(
    "word words term terms text keyword keywords key 词 词条 词语 敏感词 违禁词 关键词 关键字 名称 内容".split()  # noqa: SIM905
)
_TITLES: Final = ("敏感词", "违禁词", "关键词", "关键字", "词条", "词语", "词表", "词库", "keyword")
"""What the name of an only column holds: 关键词列表."""
_TAG_NAMES: Final = frozenset("tag tags type types category topic label 标签 类型 类别 分类 种类 主题".split())  # noqa: SIM905
_SEPARATORS: Final = "、|，,；;\t"
_ALWAYS: Final = re.compile("[、，,；;]")
"""These separate in any file; a tab and ``|`` only where the whole file shows it."""
_MANY_PIPES: Final = 4
"""A line with so many is a list; with fewer, ``a|b`` asks for both."""
_LOOKED_AT: Final = 2000
"""Lines that are looked at to see how a file is written."""
_MOST: Final = 0.8
_TAGGED: Final = re.compile(r"(\S+)[ \u3000]+(\S+)")
_GRADED: Final = re.compile(r"(.*[^\s|｜=,，])[\s|｜=,，]+([0-9]{1,8}(?:\.[0-9]+)?)(?:\s+[a-z]+)?")
"""A word with its level or count, and perhaps what kind of word a dictionary calls it."""
_QUOTES: Final = ('"', "'", "“", "‘", "「")
_QUOTED: Final = re.compile("\"(.+)\"|'(.+)'|“(.+)”|‘(.+)’|「(.+)」")
_CSV_FAULTS: Final = (
    ("unexpected end", "引号没有闭合"), ("expected after", "引号之后应为分隔符"), ("field larger", "有一格过长"),
)  # fmt: skip


class Form(StrEnum):
    """How a list is written."""

    LINES = "lines"
    TAGS = "tags"
    KEYS = "keys"
    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    JSONL = "jsonl"


class Item(NamedTuple):
    """One word as it stands in the list, the line it stands on, and what the list says of it."""

    text: str
    line: int
    tags: tuple[str, ...] = ()


class Rejected(NamedTuple):
    """What is not taken over, where it stands, and why: ``code`` for counting, ``why`` for people."""

    line: int
    text: str
    code: str
    why: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the reader of a list is told instead of finding it out: each may be left open.

    ``word`` and ``tag`` are names of columns or members, or numbers of columns from 1; ``groups`` are known tags.
    """

    form: Form | None = None
    word: str = ""
    tag: str = ""
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that was read: its words, what could not be read of it, and how it was written.

    ``headed``: whether the first row of a table names its columns; ``None`` where there is no table.
    """

    items: list[Item]
    rejected: list[Rejected] = field(default_factory=list)
    form: str = ""
    headed: bool | None = None


def read_text(text: str, shape: Shape, *, suffix: str = "") -> Listing:
    """The words of a text. ``suffix`` is the file's, with its dot.

    Raises:
        ListUnreadable: where the text is not what it seems to be.
    """
    form = shape.form or _form_of(text, suffix.lower(), shape)
    if form is Form.JSON:
        return _from_json(text, shape)
    if form is Form.JSONL:
        return _from_json_lines(text, shape)
    if form in {Form.CSV, Form.TSV}:
        return read_rows(_csv_rows(text, "\t" if form is Form.TSV else ","), shape, form=form)
    lines = [
        (number, line)
        for number, raw in enumerate(text.splitlines(), start=1)
        if (line := raw.strip()) and not line.startswith(COMMENT)
    ]
    if form is Form.TAGS:
        listing = _from_tagged(lines)
    else:
        listing = _from_keys(lines, shape) if form is Form.KEYS else _from_lines(lines)
    return replace(listing, items=_bare(listing.items))


def _bare(items: list[Item]) -> list[Item]:
    """Words without their quotes, where nearly all have them."""
    if sum([item.text.startswith(_QUOTES) for item in items]) < _MOST * len(items):
        return items
    inner = [_QUOTED.fullmatch(item.text) for item in items]
    return [
        item._replace(text=match[match.lastindex or 0].strip()) if match else item
        for item, match in zip(items, inner, strict=True)
    ]


def _form_of(text: str, suffix: str, shape: Shape) -> Form:
    known = {".json": Form.JSON, ".jsonl": Form.JSONL, ".ndjson": Form.JSONL, ".csv": Form.CSV, ".tsv": Form.TSV}
    if suffix in known:
        return known[suffix]
    start = text.lstrip()[:1]
    if start in {"[", "{"}:
        first = text.strip().partition("\n")[0].rstrip()
        return Form.JSONL if start == "{" and first.endswith("}") and "\n" in text.strip() else Form.JSON
    stripped = (line.strip() for line in text.splitlines())
    head = list(islice((line for line in stripped if line and not line.startswith(COMMENT)), _LOOKED_AT))
    if not head:
        return Form.LINES
    for form, separator in ((Form.TSV, "\t"), (Form.CSV, ",")):
        cells = [cell.strip().casefold() for cell in head[0].split(separator)]
        if (
            len(cells) > 1
            and len(head) > 1
            and (not _WORD_NAMES.isdisjoint(cells) or (shape.word and shape.word.casefold() in cells))
        ):
            return form
    if sum("\t" in line for line in head) >= _MOST * len(head) and len(head) > 1:
        return Form.KEYS
    return Form.TAGS if _looks_tagged(head) else Form.LINES


def _looks_tagged(head: Sequence[str]) -> bool:
    """Whether nearly every line is a word, a blank and tags, and tags come again or are several."""
    pairs = [match[2] for line in head if (match := _TAGGED.fullmatch(line))]
    if len(head) < 2 or len(pairs) < _MOST * len(head):  # noqa: PLR2004
        return False
    return any("," in tags for tags in pairs) or 2 * len(set(pairs)) <= len(pairs)


def _from_lines(lines: list[tuple[int, str]]) -> Listing:
    """One word a line, or several with separators between them; a file of one line is split at its commonest one.

    Where nearly every line ends in a number, that is a tag: beside their levels the words would never be met.
    """
    items: list[Item] = []
    if len(lines) == 1:
        number, line = lines[0]
        best = max(_SEPARATORS, key=line.count)
        if line.count(best) and not line.startswith(PATTERN):
            items = [Item(piece, number) for piece in _pieces(line, re.compile(f"[{re.escape(best)}]"))]
            return Listing(items, form=f"one line, {best!r}")
    graded = {
        number: match
        for number, line in lines
        if (line[-1].isdigit() or " " in line) and not line.startswith(PATTERN) and (match := _GRADED.fullmatch(line))
    }
    if len(graded) < _MOST * len(lines):
        graded = {}
    piped = any(line.count("|") >= _MANY_PIPES for _, line in lines if not line.startswith(PATTERN))
    splits = re.compile("[、，,；;\t|]" if piped else "[、，,；;\t]")
    search = splits.search
    for number, line in lines:
        if match := graded.get(number):
            items.append(Item(match[1], number, (match[2],)))
        elif search(line) is None or line.startswith(PATTERN):
            items.append(Item(line, number))
        else:
            items.extend(Item(piece, number) for piece in _pieces(line, splits))
    return Listing(items, form=Form.TAGS if graded else Form.LINES)


def _pieces(line: str, separators: re.Pattern[str]) -> Iterator[str]:
    return filter(None, map(str.strip, separators.split(line)))


def _from_tagged(lines: list[tuple[int, str]]) -> Listing:
    listing = Listing([], form=Form.TAGS)
    for number, line in lines:
        word, _, tags = line.partition(" ") if " " in line else line.partition("\u3000")
        listing.items.append(Item(word, number, tuple(_pieces(tags, _ALWAYS))))
    return listing


def _from_keys(lines: list[tuple[int, str]], shape: Shape) -> Listing:
    """``key<TAB>values``: a key that is a known tag has words, any other key is a word that has tags."""
    listing = Listing([], form=Form.KEYS)
    for number, line in lines:
        key, _, rest = line.partition("\t")
        values = tuple(_pieces(rest.replace("\t", ","), _ALWAYS))
        if key.strip() in shape.groups:
            listing.items.extend(Item(value, number, (key.strip(),)) for value in values)
        else:
            listing.items.append(Item(key.strip(), number, values))
    return listing


def _csv_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    rows = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    before = 0
    try:
        for row in rows:
            yield before + 1, row
            before = rows.line_num
    except csv.Error as error:
        line, zh = before + 1, next((told for said, told in _CSV_FAULTS if said in str(error)), "格式有误")
        raise ListUnreadable(
            line, f"第 {line} 行不是合法的 CSV：{zh}", f"line {line} is no valid CSV: {error}"
        ) from None


def read_rows(rows: Iterable[tuple[int, Sequence[str]]], shape: Shape, *, form: str = "rows") -> Listing:
    """The words of a table: ``rows`` are numbered from 1. Its first row names the columns.

    An only column may have no name: then its first row is a word, unless it sounds like a name.

    Raises:
        ListUnreadable: where no column is known to hold the words.
    """
    filled = ((number, [cell.strip() for cell in row]) for number, row in rows)
    table = [(number, row) for number, row in filled if any(row) and not row[0].startswith(COMMENT)]
    if not table:
        return Listing([], form=form)
    word, tag, headed = _columns(*table[0], shape, width=max(len(row) for _, row in table))
    listing = Listing([], form=form, headed=headed)
    for number, row in table[headed:]:
        text = row[word] if word < len(row) else ""
        if not text:
            why = Told(f"第 {word + 1} 列没有词", f"column {word + 1} holds no word")
            listing.rejected.append(Rejected(number, " ".join(row), "no_word", why))
            continue
        tags = tuple(_pieces(row[tag], _ALWAYS)) if tag is not None and tag < len(row) else ()
        listing.items.append(Item(text, number, tags))
    return listing


def _columns(number: int, first: list[str], shape: Shape, *, width: int) -> tuple[int, int | None, bool]:
    """Which column holds words and which holds tags, from 0, and whether the first row names them."""
    names = [cell.casefold() for cell in first]
    word, tag = _column(shape.word, _WORD_NAMES, names), _column(shape.tag, _TAG_NAMES, names)
    headed = any(cell in names for cell in (shape.word.casefold(), shape.tag.casefold()) if cell) or (
        word is not None and not shape.word.isdigit()
    )
    if word is None and width == 1:
        word, headed = 0, any(title in names[0] for title in _TITLES)
    if word is None or (shape.tag and tag is None):
        wanted = shape.tag if shape.tag and tag is None else shape.word
        raise ListUnreadable(
            number,
            f"第 {number} 行应为列名，其中须有 {wanted or '词、敏感词或 word'}；现为 {', '.join(first)}。"
            "可用 --word-column、--tag-column 指定列名或列号",
            f"line {number} should name the columns, {wanted or 'word'} among them, but is {', '.join(first)}: "
            "give --word-column and --tag-column, by name or number",
        )
    return word, tag, headed


def _column(asked: str, known: frozenset[str], names: list[str]) -> int | None:
    if asked:
        if asked.casefold() in names:
            return names.index(asked.casefold())
        return int(asked) - 1 if asked.isdigit() and int(asked) else None
    return next((place for place, name in enumerate(names) if name in known), None)


def _from_json(text: str, shape: Shape) -> Listing:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise _bad_json(error, error.lineno) from None
    except RecursionError:
        raise ListUnreadable(1, "JSON 嵌套过深", "the JSON nests too deep") from None
    reader = _Members(shape, text)
    if isinstance(found, list):
        reader.take_all(found, ())
    elif isinstance(found, dict):
        lists = {key: value for key, value in found.items() if isinstance(value, list)}
        if not lists:
            raise ListUnreadable(
                1,
                '第 1 行起的 JSON 对象中没有数组；应为 […]、{"words":[…]} 或 {"类别":[…]}',
                'the JSON object that starts on line 1 holds no array: […], {"words":[…]}, {"category":[…]}',
            )
        for key, value in lists.items():
            reader.take_all(value, () if key.casefold() in _WORD_NAMES or key == shape.word else (key,))
    else:
        raise ListUnreadable(1, "JSON 应为数组或对象", "the JSON should be an array or an object")
    return Listing(reader.items, reader.rejected, Form.JSON)


def _bad_json(error: json.JSONDecodeError, line: int) -> ListUnreadable:
    return ListUnreadable(
        line,
        f"第 {line} 行第 {error.colno} 列起不是合法的 JSON",
        f"line {line} is no valid JSON from column {error.colno} on: {error.msg}",
    )


def _from_json_lines(text: str, shape: Shape) -> Listing:
    reader = _Members(shape, "")
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith(COMMENT):
            continue
        try:
            reader.take(json.loads(line), (), number)
        except json.JSONDecodeError as error:
            raise _bad_json(error, number) from None
    return Listing(reader.items, reader.rejected, Form.JSONL)


class _Members:
    """Takes words from JSON values, and finds the lines that they stand on."""

    def __init__(self, shape: Shape, text: str) -> None:
        self._shape, self._text, self._place = shape, text, 0
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self.items: list[Item] = []
        self.rejected: list[Rejected] = []

    def take_all(self, values: list[Any], tags: tuple[str, ...]) -> None:
        """Every member of an array."""
        for value in values:
            self.take(value, tags, self._line(value))

    def take(self, value: Any, tags: tuple[str, ...], line: int) -> None:
        """A text is a word; an object has the word and perhaps its tags as members."""
        word = value
        if isinstance(value, dict):
            word = _member(value, self._shape.word, _WORD_NAMES)
            listed = _member(value, self._shape.tag, _TAG_NAMES)
            listed = listed if isinstance(listed, list) else [] if listed is None else [listed]
            tags = (*tags, *map(str, listed))
        words = word if isinstance(word, list) and isinstance(value, dict) else [word]
        for one in words:
            if isinstance(one, str) and one.strip():
                self.items.append(Item(one.strip(), line, tags))
            else:
                shown = json.dumps(value, ensure_ascii=False)[:80]
                why = Told("应为文字，或含词的对象", "should be a text, or an object that holds the word")
                self.rejected.append(Rejected(line, shown, "no_word", why))

    def _line(self, value: Any) -> int:
        if isinstance(value, dict):
            value = _member(value, self._shape.word, _WORD_NAMES)
        if isinstance(value, str):
            found = self._text.find(json.dumps(value, ensure_ascii=False), self._place)
            self._place = max(found, self._place)
        return bisect_right(self._ends, self._place) + 1


def _member(value: dict[str, Any], asked: str, known: frozenset[str]) -> Any:
    if asked:
        return value.get(asked)
    return next((held for key, held in value.items() if key.casefold() in known), None)
