"""Puts values into the console's templates, in the reader's language. All is escaped; no value is ever trusted."""

from __future__ import annotations

import tomllib
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from moderation.detect.terms import REPEATED
from moderation.reasons import fold_name
from service.http import figures
from service.http.answer import Answer
from service.http.assets import address
from service.http.language import LANGUAGES
from service.names import NAMES
from service.review.marks import Mark, pieces, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moderation.reasons import Language
    from service.review.marks import Piece

REPORTS_TO: Final = "/csp"
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    f"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; report-uri {REPORTS_TO}"
)
HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_COLOURS: Final = 8
"""Colours that marks have; a content with more categories uses them again."""


_FIRST_OF_ITSELF: Final = 0xA0
"""References to lower characters may mean others."""


def _words() -> dict[str, dict[str, str]]:
    """Sentences by language and by ``group.name``."""
    told = {**NAMES, **tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))}
    return {
        lang: {f"{group}.{name}": pair[place] for group, names in told.items() for name, pair in names.items()}
        for place, lang in enumerate(LANGUAGES)
    }


WORDS: Final = _words()
_SCRIPTS: Final = ("js.", "time.", "conflict.")
_FOR_SCRIPTS: Final = {
    lang: orjson.dumps({name: text for name, text in words.items() if name.startswith(_SCRIPTS)}).decode()
    for lang, words in WORDS.items()
}


def say(lang: Language, name: str, /, **gaps: Any) -> str:
    """A sentence of ``words.toml``. Raises ``KeyError`` for one that is not there."""
    text = WORDS[lang][name]
    return text.format_map(gaps) if gaps else text


def named(lang: Language, group: str, code: str | None) -> str:
    """What a code of a closed list is called; a code that nobody named is its own name."""
    return WORDS[lang].get(f"{group}.{code}", code or "")


def codes(group: str) -> list[str]:
    """The codes of a closed list."""
    return [name.partition(".")[2] for name in WORDS["en"] if name.partition(".")[0] == group]


def page(template: str, *, lang: Language, status: int = 200, **values: Any) -> Answer:
    """A page or a part of one."""
    chosen = _TEMPLATES.get_template(template)
    told = chosen.render(
        lang=lang,
        t=partial(say, lang),
        named=partial(named, lang),
        fold=partial(fold_name, lang=lang),
        words=_FOR_SCRIPTS[lang],
        **values,
    )
    return Answer(told.encode("utf-8", "replace"), status=status, headers={**HEADERS, "Content-Language": lang})


def marked(text: str, part: str, findings: Sequence[Mapping[str, Any]]) -> list[Piece]:
    """A part of a content in pieces; the key of a mark is the place of its finding."""
    spans = [
        Mark(finding["start"], finding["end"], place)
        for place, finding in enumerate(findings)
        if finding["part"] == part
    ]
    return pieces(text, spans)


def innermost(places: Sequence[int], findings: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Of the findings that cover a piece the shortest, so that one within another shows, and of those the gravest."""
    return min((findings[place] for place in sorted(places)), key=lambda one: one["end"] - one["start"])


def found_in(stretch: Mapping[str, Any]) -> list[Piece]:
    """An excerpt in pieces, with what a search found marked."""
    return pieces(stretch["text"], [Mark(start, end, 0) for start, end in stretch["marks"]])


def colours(findings: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """A colour for each category, in the order in which they come."""
    return {code: place % _COLOURS for place, code in enumerate(dict.fromkeys(one["category"] for one in findings))}


def whole_until(findings: Sequence[Mapping[str, Any]], part: str) -> int:
    """Where a part has the last mark of the first rule whose further hits were only counted; 0 where it has none."""
    terms = [one for one in findings if one["source"] != "text"]
    times = Counter(one["rule"] for one in terms)
    ends: dict[str, int] = {}
    for one in terms:
        if one["part"] == part and times[one["rule"]] >= REPEATED:
            ends[one["rule"]] = max(one["end"], ends.get(one["rule"], 0))
    return min(ends.values(), default=0)


def grouped(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Findings that rest on the same, as one: ``quotes`` are what was found, ``places`` where the findings stood."""
    groups: dict[bytes, dict[str, Any]] = {}
    for place, one in enumerate(findings):
        same = [one[name] for name in ("category", "severity", "why", "laws", "tried", "proof")]
        group = groups.setdefault(
            orjson.dumps([*same, one["why"] or one["reason"]]), {**one, "quotes": [], "places": []}
        )
        group["places"].append(place)
        group["quotes"].append({"text": one["text"], "folds": one["folds"]})
    return list(groups.values())


def as_typed(text: str) -> Markup:
    """The text for a field that is sent again: nothing is changed, and nothing hides in the source of the page."""
    hidden = (sign for sign in set(text) if ord(sign) >= _FIRST_OF_ITSELF and not sign.isprintable())
    references = {ord(sign): f"&#{ord(sign)};" for sign in hidden}
    return Markup(escape(text).translate(references))  # noqa: S704 - escaped, and numbers


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(asset=address, marked=marked, innermost=innermost, found_in=found_in)
    environment.globals.update(colours=colours, grouped=grouped, whole_until=whole_until)
    environment.filters.update(pieces=pieces, visible=visible, as_typed=as_typed, segment=partial(quote, safe=""))
    environment.filters.update(clock=figures.clock, day=figures.day, last_day=figures.last_day)
    environment.filters.update(number=figures.number, percent=figures.percent, signed=figures.signed)
    return environment


_TEMPLATES: Final = _environment()
