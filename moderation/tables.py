"""Reads the TOML tables (categories, laws, cue words, policies) into values, and checks them against each other."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from moderation.errors import GrammarError, LawError, LoadError, PolicyError
from moderation.policy import Advertising, ScenePolicy, SecondStage, WhileWaiting
from moderation.ruleset import Article, Category, CodeRules, Option
from moderation.told import Told
from moderation.types import FULL_WEIGHT, TEXT, Action, Effect, Scene
from moderation.wrongs import kind_of, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

GROUPS = ("advertising", "trade", "safety", "signal")
MAX_SEVERITY = 4
E = TypeVar("E", bound=Enum)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed TOML file that still knows its text, so that errors can name a line."""

    name: str
    text: str
    tree: dict[str, Any]
    lines: list[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", self.text.splitlines())

    def line(self, needle: str, after: int = 1) -> int:
        """The first line from ``after`` on that holds ``needle``; ``after`` itself where none does."""
        return next((place + 1 for place in range(after - 1, len(self.lines)) if needle in self.lines[place]), after)

    def headings(self, key: str) -> list[int]:
        """The lines of all ``[[key]]``, so that the n-th table of a list can say where it stands."""
        heading = re.compile(rf"\s*\[\[\s*{re.escape(key)}\s*\]\]")
        return [number for number, line in enumerate(self.lines, start=1) if heading.match(line)]


def not_toml(name: str, error: ValueError) -> GrammarError:
    """What a file is whose text no TOML parser reads, at the place that the parser names."""
    place = re.search(r"line (\d+), column (\d+)", str(error))
    where = f"第 {place[2]} 列起" if place else "到末尾仍"
    return GrammarError(name, int(place[1]) if place else 1, wrong("not_toml", where=where, why=error))


class Row:
    """One table of a document, read key by key; what is wrong names the row's line."""

    def __init__(self, document: Document, row: Any, error: type[LoadError], needle: str, after: int = 1) -> None:
        self._error, self._file, self.line = error, document.name, document.line(needle, after)
        if not isinstance(row, dict):
            raise self.wrong("not_table")
        self._row = row
        self._known: set[str] = set()

    @classmethod
    def named(cls, document: Document, row: Any, key: str, after: int = 1) -> Row:
        """A row of the rules that stands where its ``key`` does."""
        name = row.get(key, "") if isinstance(row, dict) else ""
        return cls(document, row, LawError, f'{key} = "{name}"', after)

    def wrong(self, code: str, /, **facts: Any) -> LoadError:
        """The error that names this row."""
        return self._error(self._file, self.line, wrong(code, **facts))

    def take(self, key: str, kind: type, default: Any = ...) -> Any:
        """The value of a key, of its kind; without a default the key must be there."""
        self._known.add(key)
        value = self._row.get(key, default)
        if value is ...:
            raise self.wrong("missing", key=key)
        kin = {int: bool, date: datetime}.get(kind)  # true is no number, a time of day no date
        if value is not default and (not isinstance(value, kind) or (kin and isinstance(value, kin))):
            raise self.wrong("kind", key=key, value=value, kind=kind_of(kind))
        return value

    def words(self, key: str, default: Any = ...) -> tuple[str, ...]:
        """A list of non-empty texts."""
        values = self.take(key, list, default)
        if not all(isinstance(value, str) and value for value in values):
            raise self.wrong("texts", key=key)
        return tuple(values)

    def one_of(self, key: str, names: Mapping[str, E] | Callable[[str], E], default: Any = ...) -> E:
        """The thing that a text names."""
        return self._named(key, self.take(key, str, default), names)

    def some_of(self, key: str, names: Mapping[str, E] | Callable[[str], E], default: Any = ...) -> list[E]:
        """The things that a list of texts names."""
        return [self._named(key, value, names) for value in self.words(key, default)]

    def number(self, key: str, low: int, high: int, default: Any = ...) -> int:
        """A whole number within bounds, both included."""
        value: int = self.take(key, int, default)
        if not low <= value <= high:
            raise self.wrong("range", key=key, value=value, low=low, high=high)
        return value

    def end(self) -> None:
        """Refuse keys that nobody asked for: a misspelt key would be lost silently."""
        for key in self._row.keys() - self._known:
            raise self.wrong("unknown_key", key=key)

    def _named(self, key: str, value: str, names: Mapping[str, E] | Callable[[str], E]) -> E:
        try:
            return names(value) if callable(names) else names[value]
        except (KeyError, ValueError):
            raise self.wrong("unknown_value", key=key, value=value) from None


_ACTIONS = {action.code: action for action in Action}
REPORTED = ("contact_diversion", "privacy_leak", "spam_flood")
"""Categories under which code, not words, reports what it finds."""


def tables(document: Document, key: str) -> list[Any]:
    """The tables written ``[[key]]``."""
    found = document.tree.get(key, [])
    if not isinstance(found, list):
        raise LawError(document.name, document.line(key), wrong("brackets", key=key))
    return found


def placed(document: Document, key: str) -> list[tuple[Any, int]]:
    """The tables written ``[[key]]``, each with the line of its heading."""
    found = tables(document, key)
    lines = document.headings(key)
    return list(zip(found, lines if len(lines) == len(found) else [1] * len(found), strict=True))


def categories(document: Document) -> dict[str, Category]:
    """``categories.toml``."""
    found: dict[str, Category] = {}
    for table in tables(document, "category"):
        row = Row.named(document, table, "code")
        advice = row.take("advice", dict)
        group = row.take("group", str)
        if group not in GROUPS:
            raise row.wrong("one_of", key="group", value=group, known=", ".join(GROUPS))
        category = Category(
            code=row.take("code", str),
            group=group,
            zh=row.take("zh", str),
            en=row.take("en", str),
            laws=row.words("laws"),
            severity=row.number("severity", 0, MAX_SEVERITY),
            action=row.one_of("action", _ACTIONS),
            effects=tuple(row.some_of("effects", Effect)),
            scenes=frozenset(row.some_of("scenes", Scene)),
            if_commercial=frozenset(row.some_of("if_commercial", Scene)),
            advice_zh=str(advice.get("zh", "")),
            advice_en=str(advice.get("en", "")),
            doubted_by=row.words("doubted_by", []),
        )
        row.end()
        if category.code in found:
            raise row.wrong("twice", what=Told(f"类别 {category.code}", f"category {category.code}"))
        found[category.code] = category
    return found


def laws(document: Document) -> dict[str, Article]:
    """``laws.toml``: every citable reference, the law as a whole among them."""
    found: dict[str, Article] = {}
    for table in tables(document, "law"):
        row = Row.named(document, table, "id")
        name = row.take("id", str)
        whole = _article(row, ref=name, law=name, version=row.take("version", str, ""))
        articles = row.take("article", list, [])
        row.end()
        for article in [whole, *(_sub_article(document, whole, item) for item in articles)]:
            if article.ref in found:
                raise row.wrong("twice", what=article.ref)
            found[article.ref] = article
    return found


def _sub_article(document: Document, law: Article, table: Any) -> Article:
    row = Row.named(document, table, "ref")
    article = _article(row, ref=f"{law.law} {row.take('ref', str)}", law=law.law, version=law.version, whole=law)
    row.end()
    return article


def _article(row: Row, *, ref: str, law: str, version: str, whole: Article | None = None) -> Article:
    begin = row.take("effective_from", date, whole.effective_from if whole else None)
    end = row.take("effective_until", date, whole.effective_until if whole else None)
    if begin and end and end < begin:
        raise row.wrong("ends_early", what=ref)
    return Article(
        ref=ref,
        law=law,
        zh=row.take("zh", str),
        en=row.take("en", str),
        version=row.take("version", str, version),
        source=row.take("source", str, whole.source if whole else ""),
        verified=row.take("verified", bool),
        advertising=row.take("advertising", bool, whole.advertising if whole else False),
        effective_from=begin,
        effective_until=end,
    )


def codes(document: Document) -> CodeRules:
    """``codes.toml``."""
    row = Row(document, document.tree, LawError, "")
    rules = CodeRules(**{kind.name: row.words(kind.name) for kind in fields(CodeRules)})
    row.end()
    return rules


def words(document: Document) -> dict[str, tuple[str, ...]]:
    """One file of ``words``: each key a list of words."""
    found: dict[str, tuple[str, ...]] = {}
    for key in document.tree:
        row = Row(document, document.tree, LawError, f"{key} =")
        if not (listed := row.words(key)):
            raise row.wrong("empty", key=key)
        found[key] = tuple(dict.fromkeys(listed))
    return found


def options(document: Document) -> dict[str, Option]:
    """``options.toml``: what the law leaves open, and which of the answers is chosen."""
    found: dict[str, Option] = {}
    for table, line in placed(document, "option"):
        row = Row(document, table, LawError, "name =", line)
        option = Option(
            name=row.take("name", str),
            zh=row.take("zh", str),
            en=row.take("en", str),
            choices=row.words("choices"),
            value=row.take("value", str),
        )
        row.end()
        if option.value not in option.choices:
            raise row.wrong("one_of", key=option.name, value=option.value, known=", ".join(option.choices))
        if option.name in found:
            raise row.wrong("twice", what=Told(f"选项 {option.name}", f"the option {option.name}"))
        found[option.name] = option
    return found


def policy(document: Document) -> ScenePolicy:
    """One file of ``moderation/scenes``."""
    row = Row(document, document.tree, PolicyError, "scene =")
    actions = row.take("actions", dict, {})
    for code, action in actions.items():
        if action not in _ACTIONS:
            raise PolicyError(document.name, document.line(code), wrong("no_action", code=code, action=action))
    experts = row.take("experts", dict, {})
    for name, heads in experts.items():
        if name != TEXT or not isinstance(heads, dict) or not all(isinstance(code, str) for code in heads.values()):
            line = document.line(f"experts.{name}")
            raise PolicyError(document.name, line, wrong("experts", name=name, text=TEXT))
    read = ScenePolicy(
        scene=row.one_of("scene", Scene),
        zh=row.take("zh", str),
        en=row.take("en", str),
        advertising=row.one_of("advertising", Advertising),
        while_waiting=row.one_of("while_waiting", WhileWaiting),
        on_timeout=row.one_of("on_timeout", _ACTIONS),
        when_missing=row.one_of("when_missing", _ACTIONS),
        block_at=row.number("block_at", 1, FULL_WEIGHT),
        review_at=row.number("review_at", 1, FULL_WEIGHT),
        actions={code: _ACTIONS[action] for code, action in actions.items()},
        experts=experts,
        second_stage=row.one_of("second_stage", SecondStage, SecondStage.NEVER),
        doubt_below=row.number("doubt_below", 0, 1000, 0),
        deny_below=row.number("deny_below", 0, 1000, 0),
        insist_above=row.number("insist_above", 0, 1000, 1000),
    )
    row.end()
    if read.deny_below > read.doubt_below:
        raise row.wrong("above", low="deny_below", high="doubt_below")
    if read.review_at > read.block_at:
        raise row.wrong("above", low="review_at", high="block_at")
    if document.name != f"scenes/{read.scene}.toml":
        raise row.wrong("wrong_scene", scene=read.scene)
    return read


def cross_check(
    categories: Mapping[str, Category],
    laws: Mapping[str, Article],
    policies: Mapping[Scene, ScenePolicy],
    text: Callable[[str], str],
) -> Iterator[LoadError]:
    """What no file can know by itself: references that lead nowhere and scenes without a policy."""
    source = Document("categories.toml", text("categories.toml"), {})
    for category in categories.values():
        for ref in category.laws:
            if ref not in laws:
                line = source.line(f'code = "{category.code}"')
                yield LawError(source.name, line, wrong("of_rule", what=category.code, why=wrong("no_law", ref=ref)))
    for code in REPORTED:
        if categories and code not in categories:
            yield LawError(source.name, 1, wrong("category_missing", code=code))
    yield from _policies_check(categories, policies)


def _policies_check(categories: Mapping[str, Category], policies: Mapping[Scene, ScenePolicy]) -> Iterator[LoadError]:
    for scene in Scene:
        if scene not in policies:
            yield PolicyError(f"scenes/{scene}.toml", 1, wrong("no_policy", scene=scene))
    for scene, found in policies.items():
        for code in found.actions.keys() - categories.keys():
            yield PolicyError(f"scenes/{scene}.toml", 1, wrong("names_category", what="[actions]", code=code))
        for expert, heads in found.experts.items():
            for head in (head for head, code in heads.items() if code not in categories):
                told = wrong("names_category", what=f"[experts.{expert}] {head}", code=heads[head])
                yield PolicyError(f"scenes/{scene}.toml", 1, told)
