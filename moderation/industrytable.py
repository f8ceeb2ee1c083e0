"""Reads ``lexicons/industries.toml``: what each industry must hold, must say and must not. Values: ``industry.py``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from moderation.detect.formats import FORMATS
from moderation.errors import LawError
from moderation.industry import FINDINGS, TOKENS, Ban, Dated, Industries, Industry, Need, Number, Sign
from moderation.lexicon import spelt_out
from moderation.tables import MAX_SEVERITY, Row, tables
from moderation.types import Scene
from moderation.wrongs import wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moderation.lexicon import WordLists
    from moderation.ruleset import Article, Category
    from moderation.tables import Document
    from moderation.text.fold import Folding

SCENES = ("ad", "live_script")
"""Where a duty holds that names no scenes: texts that are whole advertisements. Titles and single remarks hold none."""


@dataclass(frozen=True, slots=True)
class IndustryNames:
    """What the table may refer to."""

    lists: WordLists
    categories: Mapping[str, Category]
    laws: Mapping[str, Article]
    folding: Folding


T = TypeVar("T", Industry, Number)


def industries(document: Document, known: IndustryNames) -> Industries:
    """``industries.toml``. Raises ``LawError`` for what contradicts itself, the laws, the categories or the formats."""
    top = Row(document, document.tree, LawError, "")
    tables_ = {key: tables(document, key) for key in ("finding", "number", "industry")}
    for key in tables_:
        top.take(key, list, [])
    decoys = _words(top, "decoys", known)
    top.end()
    numbers = _unique(document, [_number(document, table, known) for table in tables_["number"]])
    read = _unique(document, [_industry(document, table, known, numbers) for table in tables_["industry"]])
    told = {f"{item.code}.{duty.code}": (duty.zh, duty.en) for item in read.values() for duty in item.duties}
    for table in tables_["finding"]:
        told.update(_finding(document, table, numbers))
    for code in FINDINGS if numbers else ():
        if f"{code}.{next(iter(numbers))}" not in told:
            raise LawError(document.name, 1, wrong("finding_missing", code=code))
    return Industries(industries=read, numbers=numbers, decoys=decoys, told=told)


def _unique(document: Document, items: list[T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for item in items:
        if item.code in found:
            raise LawError(document.name, document.line(f'code = "{item.code}"'), wrong("twice", what=item.code))
        found[item.code] = item
    return found


def _finding(document: Document, table: Any, numbers: Mapping[str, Number]) -> dict[str, tuple[str, str]]:
    row = Row.named(document, table, "code")
    code = row.take("code", str)
    if code not in FINDINGS:
        raise row.wrong("no_finding", code=code, known=", ".join(FINDINGS))
    zh, en = row.take("zh", str), row.take("en", str)
    row.end()
    return {
        f"{code}.{number.code}": (
            zh.replace("{name}", number.zh).replace("{sample}", number.sample),
            en.replace("{name}", number.en).replace("{sample}", number.sample),
        )
        for number in numbers.values()
    }


def _number(document: Document, table: Any, known: IndustryNames) -> Number:
    row = Row.named(document, table, "code")
    number = Number(
        code=row.take("code", str),
        zh=row.take("zh", str),
        en=row.take("en", str),
        sample=row.take("sample", str),
        laws=_laws(row, known),
        kinds={kind: _folded(row, words, known) for kind, words in row.take("kinds", dict, {}).items()},
    )
    row.end()
    if number.code not in FORMATS:
        raise row.wrong("no_format", code=number.code, known=", ".join(FORMATS))
    if FORMATS[number.code].exact.search(known.folding.visible(number.sample)) is None:
        raise row.wrong("bad_sample", code=number.code, sample=number.sample)
    return number


def _industry(document: Document, table: Any, known: IndustryNames, numbers: Mapping[str, Number]) -> Industry:
    row = Row.named(document, table, "code")
    code = row.take("code", str)
    severity = row.number("severity", 0, MAX_SEVERITY)
    below = _Below(document, code, severity, _laws(row, known), known, numbers)
    industry = Industry(
        code=code,
        zh=row.take("zh", str),
        en=row.take("en", str),
        papers=row.words("papers", []),
        numbers=below.numbers_of(row),
        laws=below.laws,
        severity=severity,
        note=row.take("note", str, ""),
        signs=tuple(below.sign(item) for item in row.take("sign", list, [])),
        always=row.take("always", bool, default=False),
        needs=tuple(below.need(item) for item in row.take("need", list, [])),
        bans=tuple(below.ban(item) for item in row.take("ban", list, [])),
    )
    row.end()
    codes = [duty.code for duty in industry.duties]
    if twice := next((code for code in codes if codes.count(code) > 1), ""):
        raise row.wrong("twice", what=f"{industry.code}.{twice}")
    return industry


@dataclass(frozen=True, slots=True)
class _Below:
    """Reads what hangs below an industry: its line, laws and severity hold where a duty names none."""

    document: Document
    industry: str
    severity: int
    laws: tuple[str, ...]
    known: IndustryNames
    numbers: Mapping[str, Number]

    def row(self, table: Any) -> Row:
        return Row(self.document, table, LawError, f'code = "{self.industry}"')

    def numbers_of(self, row: Row) -> frozenset[str]:
        found = row.words("numbers", [])
        if unknown := next((name for name in found if name not in self.numbers), ""):
            raise row.wrong("no_number", what=self.industry, number=unknown)
        return frozenset(found)

    def sign(self, table: Any) -> Sign:
        row = self.row(table)
        sign = Sign(
            any=_words(row, "any", self.known),
            beside=_words(row, "beside", self.known),
            unless=_words(row, "unless", self.known),
        )
        row.end()
        if not sign.any:
            raise row.wrong("sign_empty", what=self.industry)
        return sign

    def need(self, table: Any) -> Need:
        row = self.row(table)
        need = Need(
            **self._duty(row),
            numbers=self.numbers_of(row),
            count=row.take("count", int, 1),
            words=_words(row, "words", self.known),
        )
        row.end()
        if not need.numbers and not need.words:
            raise row.wrong("need_empty", what=f"{self.industry}.{need.code}")
        return need

    def ban(self, table: Any) -> Ban:
        row = self.row(table)
        ban = Ban(**self._duty(row), category=row.take("category", str))
        row.end()
        if ban.category not in self.known.categories:
            raise row.wrong("under_category", what=f"{self.industry}.{ban.code}", code=ban.category)
        return ban

    def _duty(self, row: Row) -> dict[str, Any]:
        begin, end = row.take("effective_from", date, None), row.take("effective_until", date, None)
        if begin and end and end < begin:
            raise row.wrong("duty_ends_early", what=self.industry)
        scenes = row.take("scenes", list, list(SCENES))
        if unknown := next((scene for scene in scenes if scene not in set(Scene)), ""):
            raise row.wrong("of", what=self.industry, why=wrong("unknown_scene", scene=unknown, known=", ".join(Scene)))
        severity = row.take("severity", int, self.severity)
        if not 0 <= severity <= MAX_SEVERITY:
            low_high = wrong("range", key="severity", value=severity, low=0, high=MAX_SEVERITY)
            raise row.wrong("of", what=self.industry, why=low_high)
        return {
            "code": row.take("code", str),
            "zh": row.take("zh", str),
            "en": row.take("en", str),
            "declared": row.take("declared", bool, default=False),
            "when": tuple(self.sign(item) for item in row.take("when", list, [])),
            "scenes": frozenset(map(Scene, scenes)),
            "laws": _laws(row, self.known) or self.laws,
            "severity": severity,
            "dates": Dated(begin=begin, end=end, announced=row.take("announced", bool, default=False)),
        }


def _laws(row: Row, known: IndustryNames) -> tuple[str, ...]:
    refs = row.words("laws", [])
    if unknown := next((ref for ref in refs if ref not in known.laws), ""):
        raise row.wrong("no_law", ref=unknown)
    return refs


def _words(row: Row, key: str, known: IndustryNames) -> frozenset[str]:
    return _folded(row, row.words(key, []), known)


def _folded(row: Row, listed: Sequence[str], known: IndustryNames) -> frozenset[str]:
    """Words as the folded view shows them: what is compared, so that marks, blanks and old forms do not matter."""
    try:
        words = spelt_out(listed, known.lists)
    except KeyError as error:
        raise row.wrong("no_list", name=error.args[0]) from None
    folded = [word if word in TOKENS else known.folding.plain(word) for word in words]
    if "" in folded:
        raise row.wrong("word_lost", word=words[folded.index("")])
    return frozenset(folded)
