"""Terms and the line grammar they are written in (docs/lexicons.md). No file is opened here: text comes in as lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2s
from itertools import product
from math import prod
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from moderation.errors import GrammarError, LoadError, TermError
from moderation.text.variants import DISGUISES
from moderation.types import FULL_WEIGHT, Scene
from moderation.values import day, whole, yes
from moderation.wrongs import wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

ALLOW = "allow"
"""The category name under which allow terms are kept: it never appears in evidence."""

ALL, NONE = "all", "none"
"""What a file, section or line can say of disguises instead of a list."""
OWN = "own"
"""What rule ids of a tenant's own terms begin with, so that a record tells whose word it was."""
MANDATORY_HEADERS = ("owner", "source", "licence", "reviewed")
MAX_SEVERITY = 4
_MARKS = frozenset("|{}\\/#｜｛｝")
"""A line without them, that is no header and no section, is a word and nothing else."""
_SLIP = re.compile(r"(?<!\\)[｜｛｝]|\s#|^[＠［＃]")
"""Marks as a Chinese input method types them, and a comment behind a term: as parts of a word they are never met."""
MAX_ALTERNATIVES = 4000
"""A line that expands to more is a slip of the hand."""
MOST_ERRORS = 1000
_new = tuple.__new__
"""Makes a named tuple in half the time of its own constructor."""

WordLists = Mapping[str, tuple[str, ...]]
"""The named word lists of ``lexicons/words``, which conditions and terms refer to as ``@name``."""


def spelt_out(listed: Iterable[str], lists: WordLists) -> tuple[str, ...]:
    """``@name`` becomes the words of that list. Raises ``KeyError`` with a name that is no list."""
    found: dict[str, None] = {}
    for word in listed:
        if word.startswith("@"):
            found.update(dict.fromkeys(lists[word[1:]]))
        else:
            found[word] = None
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What must, or must not, stand around a hit. Words are as written here, folded by the compiler."""

    near: tuple[str, ...] = ()
    sentence: tuple[str, ...] = ()
    with_: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    prev: tuple[str, ...] = ()
    not_next: tuple[str, ...] = ()
    not_prev: tuple[str, ...] = ()

    @property
    def guards(self) -> bool:
        """Whether it asks for company: a one-character term needs that."""
        return bool(self.near or self.sentence or self.with_ or self.next or self.prev)


class Term(NamedTuple):
    """One line of a lexicon, expanded. ``category`` is ``ALLOW`` for allow terms, whose ``protects`` says from what.

    ``id`` is a stable rule id that does not spell the term: records must not quote what a person wrote. ``own`` tells
    that a tenant wrote it, on top of the rules that all share. A named tuple: 50 000 of them are made at a start.
    """

    text: str
    id: str
    line: int
    category: str
    file: str
    family: str = ""
    pattern: bool = False
    anchors: tuple[str, ...] = ()
    severity: int | None = None
    weight: int = FULL_WEIGHT
    scenes: frozenset[Scene] | None = None
    laws: tuple[str, ...] | None = None
    condition: Condition = Condition()
    disguises: frozenset[str] = frozenset()
    protects: frozenset[str] | None = None
    effective_from: date | None = None
    effective_until: date | None = None
    loose: bool = False
    verified: bool = False
    note: str = ""
    hits: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()
    own: bool = False
    grounds: str = ""
    """Of an allow term: the exemption of the claims table that it stands for."""


of_line: Callable[[Term], tuple[Any, ...]] = itemgetter(slice(3, None))
"""What a term has from its line: all but its word, the id that is made of it, and the line's number."""


def conditions(terms: Iterable[Term]) -> Iterable[Condition]:
    """The conditions of some terms; one that terms share counts once."""
    return {id(term.condition): term.condition for term in terms}.values()


class _Mould:
    """What terms have in common whose lines say the same but for the word."""

    __slots__ = ("_before", "_behind", "_rest")

    def __init__(self, base: Term) -> None:
        _, _, _, *self._rest = base
        self._before = "".join([f"{name}." for name in (OWN if base.own else "", base.category, base.family) if name])
        self._behind = "".join([f"|{scene}" for scene in sorted(base.scenes or ())])

    def term(self, text: str, line: int) -> Term:
        """The term of one word."""
        digest = blake2s(f"{text}{self._behind}".encode(), digest_size=4).hexdigest()
        return _new(Term, (text, self._before + digest, line, *self._rest))


@dataclass(slots=True)
class _File:
    """What the parser knows so far about the file it is in."""

    name: str
    lists: WordLists = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    family: str = ""
    defaults: dict[str, list[str]] = field(default_factory=dict)
    plain: _Mould | None = None
    """What the terms have in common that stand alone on their lines, until a header or section changes it."""
    own: bool = False
    values: dict[tuple[str, str], Any] = field(default_factory=dict)
    conditions: dict[Any, Condition] = field(default_factory=dict)
    """What options and conditions that were met before came to."""


def parse(
    name: str, text: str, lists: WordLists | None = None, *, own: bool = False, most: int | None = None
) -> tuple[list[Term], list[LoadError]]:
    """Read a term or allow file: its terms, and everything wrong with it as ``file:line: reason``.

    ``own`` says that a tenant wrote it. With ``most`` it stops behind the line that brings more terms than that, and
    where too much is wrong to go on.
    """
    file = _File(name, lists or {}, own=own)
    terms: list[Term] = []
    errors: list[LoadError] = []
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        try:
            if _MARKS.isdisjoint(line) and line[0] not in "@[＠［＃":
                terms.append(_plain(file, number, line))
            else:
                terms.extend(_line(file, number, line))
        except LoadError as error:
            errors.append(error)
        if most is not None and (len(terms) > most or len(errors) > MOST_ERRORS):
            break
    errors.extend(_header_errors(file))
    return terms, errors


def _plain(file: _File, number: int, line: str) -> Term:
    """A word and nothing else, as the lines of bulk lists are: the same as ``_terms`` gives, in a third of the time."""
    if file.plain is None:
        file.plain = _Mould(_from_options(file, number, file.defaults, pattern=False))
    return file.plain.term(line, number)


def _line(file: _File, number: int, line: str) -> Iterable[Term]:
    if line.startswith("@"):
        _header(file, number, line)
        return ()
    if line.startswith("["):
        _section(file, number, line)
        return ()
    return _terms(file, number, line)


def _header(file: _File, number: int, line: str) -> None:
    key, _, value = line[1:].partition(" ")
    if key not in {"category", "allow", "disguise", "verified", *MANDATORY_HEADERS}:
        raise GrammarError(file.name, number, wrong("unknown_header", key=key))
    if not value.strip():
        raise GrammarError(file.name, number, wrong("header_value", key=key))
    if key in file.headers:
        raise GrammarError(file.name, number, wrong("twice", what=f"@{key}"))
    if key == "reviewed":
        day(file.name, number, key, value.strip())
    if key == "verified":
        yes(file.name, number, key, value.strip())
    if key == "disguise":
        _disguises(file.name, number, key, value.strip())
    file.headers[key] = value.strip()
    file.plain = None


def _header_errors(file: _File) -> Iterator[LoadError]:
    for key in MANDATORY_HEADERS:
        if key not in file.headers:
            yield GrammarError(file.name, 1, wrong("header_missing", key=key))
    if ("category" in file.headers) == ("allow" in file.headers):
        yield GrammarError(file.name, 1, wrong("header_kind"))


def _section(file: _File, number: int, line: str) -> None:
    match = re.fullmatch(r"\[([a-z0-9_]+)(?:\s+[^\]]*)?\]\s*(.*)", line)
    if match is None:
        raise GrammarError(file.name, number, wrong("section"))
    file.plain = None
    file.family = match[1]
    file.defaults = _options(file.name, number, _split(match[2], "|") if match[2] else [])


def _terms(file: _File, number: int, line: str) -> Iterator[Term]:
    body, rest = (
        _pattern_body(file.name, number, line) if line.startswith("/") else _literal_body(file.name, number, line)
    )
    options = {**file.defaults, **_of_section(file, number, _options(file.name, number, rest))}
    base = _from_options(file, number, options, pattern=line.startswith("/"))
    mould = _Mould(base)
    for text in (body,) if base.pattern else tuple(_expand(file, number, body)):
        if not text.strip():
            raise GrammarError(file.name, number, wrong("term_empty"))
        yield mould.term(text, number)


def _of_section(file: _File, number: int, options: dict[str, list[str]]) -> dict[str, list[str]]:
    """What a line asks; ``@section`` in a list of it stands for what its section says under the same key."""
    for key, values in options.items():
        if key in _CONDITION_KEYS and _SECTION in (words := _split(values[0], ",")):
            if key not in file.defaults:
                raise GrammarError(file.name, number, wrong("no_section", key=key, token=_SECTION))
            options[key] = [",".join((*file.defaults[key], *(word for word in words if word != _SECTION)))]
    return options


def _literal_body(name: str, number: int, line: str) -> tuple[str, list[str]]:
    first, *rest = _split(line, "|")
    if slip := _SLIP.search(first):
        raise GrammarError(name, number, wrong("slip", mark=slip[0].strip()))
    return first, rest


def _pattern_body(name: str, number: int, line: str) -> tuple[str, list[str]]:
    end = re.search(r"(?<!\\)/\s*(\||$)", line[1:])
    if end is None:
        raise GrammarError(name, number, wrong("pattern_end"))
    body, rest = line[1 : end.start() + 1], line[end.end() + 1 :]
    return body.replace("\\/", "/"), _split(rest, "|") if rest.strip() else []


def _split(line: str, separator: str) -> list[str]:
    """Split at separators that no backslash precedes; blanks around the pieces do not count."""
    pieces = re.split(rf"(?<!\\){re.escape(separator)}", line) if "\\" in line else line.split(separator)
    return [piece.strip() for piece in pieces]


def _unescape(text: str) -> str:
    return text if "\\" not in text else re.sub(r"\\([|#{},\\/@\[｜｛｝＠［＃])", r"\1", text)


def _expand(file: _File, number: int, body: str) -> Iterator[str]:
    """``史上最{低,强}`` → 史上最低, 史上最强; ``{@heal}痘印`` takes its alternatives from the list ``heal``."""
    pieces = re.split(r"(?<!\\)\{((?:[^{}\\]|\\.)*)(?<!\\)\}", body)
    if any(re.search(r"(?<!\\)[{}]", literal) for literal in pieces[::2]):
        raise GrammarError(file.name, number, wrong("braces"))
    choices = [
        [piece] if index % 2 == 0 else _named(file, number, _split(piece, ",")) for index, piece in enumerate(pieces)
    ]
    if (count := prod(map(len, choices))) > MAX_ALTERNATIVES:
        raise GrammarError(file.name, number, wrong("expands", count=count, most=MAX_ALTERNATIVES))
    return (_unescape("".join(combination)) for combination in product(*choices))


def _named(file: _File, number: int, words: Iterable[str]) -> tuple[str, ...]:
    try:
        return spelt_out(words, file.lists)
    except KeyError as error:
        raise GrammarError(file.name, number, wrong("no_list", name=error.args[0])) from None


def _options(name: str, number: int, pieces: Iterable[str]) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    for piece in pieces:
        key, colon, value = piece.partition(":")
        key = key.strip()
        if not colon or key not in _READERS:
            known = ", ".join(sorted(_READERS))
            raise GrammarError(name, number, wrong("unknown_option", key=key, known=known))
        if not value.strip():
            raise GrammarError(name, number, wrong("option_value", key=key))
        if key in options and key not in {"hit", "miss"}:
            raise GrammarError(name, number, wrong("option_twice", key=key))
        options.setdefault(key, []).append(value.strip())
    return options


def _from_options(file: _File, number: int, options: dict[str, list[str]], *, pattern: bool) -> Term:
    read = {key: _value(file, number, key, value) for key, values in options.items() for value in values}
    if pattern and "anchor" not in read:
        raise TermError(file.name, number, wrong("anchor_missing"))
    if not pattern and "anchor" in read:
        raise GrammarError(file.name, number, wrong("anchor_alone"))
    allow = "allow" in file.headers
    if "for" in read and not allow:
        raise GrammarError(file.name, number, wrong("for_allow"))
    if "as" in read and (file.own or not allow):
        raise GrammarError(file.name, number, wrong("as_allow"))
    if "from" in read and "until" in read and read["until"] < read["from"]:
        raise TermError(file.name, number, wrong("it_ends_early"))
    condition = _condition(file, number, {key: read[key] for key in _CONDITION_KEYS if key in read})
    scenes, laws = read.get("scenes"), read.get("laws")
    default = file.headers.get("disguise", NONE)
    return Term(
        text="",
        id="",
        category=ALLOW if allow else file.headers.get("category", ""),
        file=file.name,
        line=number,
        family=file.family,
        pattern=pattern,
        anchors=read.get("anchor", ()),
        severity=read.get("severity"),
        weight=read.get("weight", FULL_WEIGHT),
        scenes=None if scenes is None else _scenes(file.name, number, scenes),
        laws=laws,
        condition=condition,
        disguises=read["disguise"] if "disguise" in read else _disguises(file.name, number, "disguise", default),
        protects=_protects(read.get("for"), file.headers.get("allow")),
        effective_from=read.get("from"),
        effective_until=read.get("until"),
        loose=read.get("loose", False),
        verified=read.get("verified", file.headers.get("verified") == "true"),
        note=read.get("note", ""),
        hits=tuple(map(_unescape, options.get("hit", ()))),
        misses=tuple(map(_unescape, options.get("miss", ()))),
        own=file.own,
        grounds=read.get("as", ""),
    )


def _value(file: _File, number: int, key: str, value: str) -> Any:
    """What an option says. The lines of a section have most of them in common."""
    if (known := file.values.get((key, value))) is None:
        known = file.values[key, value] = _READERS[key](file.name, number, key, value)
    return known


def _condition(file: _File, number: int, asked: dict[str, tuple[str, ...]]) -> Condition:
    """One object for all lines of a file that ask the same: what is worked out of it is worked out once."""
    key = tuple(asked.items())
    if (known := file.conditions.get(key)) is None:
        named = {"with_" if name == "with" else name: _named(file, number, words) for name, words in asked.items()}
        known = file.conditions[key] = Condition(**named)
    return known


def _protects(for_: tuple[str, ...] | None, header: str | None) -> frozenset[str] | None:
    if header is None:
        return None
    return frozenset(for_ or tuple(_split(header, ",")))


def _scenes(name: str, number: int, names: tuple[str, ...]) -> frozenset[Scene]:
    unknown = sorted(set(names) - set(Scene))
    if unknown:
        raise GrammarError(name, number, wrong("unknown_scene", scene=unknown[0], known=", ".join(Scene)))
    return frozenset(map(Scene, names))


def _list(name: str, number: int, key: str, value: str) -> tuple[str, ...]:
    words = tuple(_unescape(word) for word in _split(value, ","))
    if not all(words):
        raise GrammarError(name, number, wrong("empty_word", key=key))
    return words


def _disguises(name: str, number: int, key: str, value: str) -> frozenset[str]:
    """``all``, ``none``, or a list; with ``-`` before it a disguise is taken from all."""
    listed = _split(value, ",")
    unknown = sorted({word.removeprefix("-") for word in listed} - {ALL, NONE, *DISGUISES})
    if unknown:
        known = ", ".join((ALL, NONE, *DISGUISES))
        raise GrammarError(name, number, wrong("unknown_disguise", key=key, name=unknown[0], known=known))
    taken = frozenset(word[1:] for word in listed if word.startswith("-"))
    if taken or ALL in listed:
        return frozenset(DISGUISES) - taken
    return frozenset(listed) - {NONE}


def _laws(_name: str, _number: int, _key: str, value: str) -> tuple[str, ...]:
    return tuple(filter(None, _split(value, ";")))


def _text(_name: str, _number: int, _key: str, value: str) -> str:
    return _unescape(value)


_SECTION = "@section"
_CONDITION_KEYS = ("near", "sentence", "with", "unless", "without", "next", "prev", "not_next", "not_prev")
_READERS: dict[str, Callable[[str, int, str, str], Any]] = {
    **dict.fromkeys((*_CONDITION_KEYS, "anchor", "scenes", "for"), _list),
    "severity": whole(0, MAX_SEVERITY),
    "weight": whole(1, FULL_WEIGHT),
    "disguise": _disguises,
    "laws": _laws,
    "from": day,
    "until": day,
    "loose": yes,
    "verified": yes,
    "note": _text,
    "as": _text,
    "hit": _text,
    "miss": _text,
}
