"""Which of the two languages a client reads, and the sentences in it. No sentence is written in code."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from moderation.told import Told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.reasons import Language


@dataclass(frozen=True, slots=True)
class Sentence:
    """What to say about one kind of problem: a status, and title and detail by language.

    A detail that says ``{reason}`` gets the sentence of ``whys`` for the code at hand.
    """

    status: int
    title: Mapping[str, str]
    detail: Mapping[str, str]
    whys: Mapping[str, Mapping[str, str]]

    def reason(self, context: Mapping[str, Any], lang: Language) -> dict[str, str]:
        """The sentence for the code ``why`` of a context, as its ``reason``; the code itself where none is known."""
        why = context.get("why")
        return {} if why is None else {"reason": self.whys[why][lang] if why in self.whys else str(why)}


class Named(Protocol):
    """What the rules name in both languages: a category, an industry, an article, a rung."""

    @property
    def zh(self) -> str:
        """In Chinese."""

    @property
    def en(self) -> str:
        """In English."""


def called(one: Named | None, lang: Language, unknown: str = "") -> str:
    """What something is called; ``unknown`` where the rules do not know it."""
    if one is None:
        return unknown
    return one.en if lang == "en" else one.zh


def language(accept: str | None) -> Language:
    """The better liked of Chinese and English in an ``Accept-Language`` header (RFC 9110 12.5.4); Chinese on a tie."""
    if not accept:
        return "zh"
    liked = {"zh": -1.0, "en": -1.0}
    anything = -1.0
    for choice in accept[:_LONGEST].lower().split(","):
        tag, _, weight = choice.partition(";")
        tag, quality = tag.strip(), _quality(weight)
        primary = tag.partition("-")[0]
        if primary in liked:
            liked[primary] = max(liked[primary], quality)
        elif tag == "*":
            anything = quality
    zh, en = (anything if liked[name] < 0 else liked[name] for name in ("zh", "en"))
    return "en" if en > max(zh, 0.0) else "zh"


def _quality(weight: str) -> float:
    name, _, value = weight.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def explain(kind: str, lang: Language, context: Mapping[str, Any] | None = None) -> str:
    """What is wrong with one field, for its error type. An unknown type explains itself by its name."""
    known = {name: value.in_(lang) if isinstance(value, Told) else value for name, value in (context or {}).items()}
    if lang == "zh" and "expected" in known:  # pydantic joins values in English
        known["expected"] = str(known["expected"]).replace("' or '", "'、'").replace("', '", "'、'")
    said = PATTERNS.get(str(known.get("pattern")), ERRORS.get(kind))
    if said is None:
        return kind
    return said[lang].format_map(_Gaps(known))


class _Gaps(dict[str, Any]):
    """Leaves a gap that nobody filled visible instead of failing while answering an error."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def _read(path: Path) -> tuple[dict[str, Sentence], dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    problems = {
        kind: Sentence(
            status=entry["status"],
            title={lang: entry[lang][0] for lang in LANGUAGES},
            detail={lang: entry[lang][1] for lang in LANGUAGES},
            whys={why: dict(zip(LANGUAGES, said, strict=True)) for why, said in entry.get("whys", {}).items()},
        )
        for kind, entry in table["problems"].items()
    }
    return problems, table["errors"], {entry["pattern"]: entry for entry in table["patterns"]}


LANGUAGES: Final = ("zh", "en")
_LONGEST: Final = 200
PROBLEMS, ERRORS, PATTERNS = _read(Path(__file__).with_name("messages.toml"))
