"""What to write instead, as data: the values that ``lexicons/rewrites.toml`` becomes, and their reader.

No text is changed here (``suggest.py`` does that) and none is judged: that wordings pass is checked by the loader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from moderation.errors import LawError
from moderation.lexicon import ALLOW
from moderation.tables import Row, placed
from moderation.wrongs import wrong

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from moderation.industry import Industries
    from moderation.lexicon import Term
    from moderation.tables import Document
    from moderation.text.fold import Folding

REST = "~"
"""Stands in a wording for the hit without its ``strip``: with 最, ``比较~`` makes 比较安静 of 最安静."""
BY_CATEGORY = 2
"""The rank of entries made for a whole category: the last resort."""
_PLACEHOLDER = re.compile(r"X|…|（[^）]*(?:写|注明|附|编号|可查|可举证|来源|截图|为准|同品牌|报告)[^）]*）")
_KIND = "品"
_APART = re.compile("[^\u4e00-\u9fffA-Za-z]")
DISGUISES = frozenset({"compat", "traditional", "lookalike", "invisible", "bidi", "marks", "emoji", "repeat"})
"""Folds that a wording must not need: it is written the way everybody writes."""


class Wording(NamedTuple):
    """What may stand instead; the empty text deletes.

    A ``template`` holds something that a person must fill in, or a fact that only the shop knows to be true.
    """

    text: str
    template: bool = False
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """One entry: the hits that it is for, and its wordings in the order of preference.

    A hit must fit all that is named. ``whole``: what is replaced is the clause, not the word; then ``says`` are words
    of which the clause has one. ``next`` is what may follow the hit, ``$`` the end of its clause, ``prev`` what may
    stand before it and its scope; ``strip`` is what a ``~`` leaves away.
    """

    name: str
    terms: frozenset[str]
    families: frozenset[str]
    categories: frozenset[str]
    next: tuple[str, ...]
    not_next: tuple[str, ...]
    prev: tuple[str, ...]
    not_prev: tuple[str, ...]
    says: tuple[str, ...]
    strip: str
    whole: bool
    wordings: tuple[Wording, ...]
    line: int = 1

    @property
    def rank(self) -> int:
        """How closely it is made for a hit: 0 for its word, 1 for its family, 2 for its category."""
        return 0 if self.terms else 1 if self.families else BY_CATEGORY

    def fits(self, hit: Hit) -> bool:
        """Whether it is for this hit."""
        return bool(
            (not self.terms or hit.text in self.terms)
            and (not self.families or hit.family in self.families)
            and (not self.categories or hit.category in self.categories)
        )


class Along(NamedTuple):
    """Clauses that say nothing but for the clause beside them, and go when it does: 据调查 before 九成用户满意.

    A clause must begin with one of ``begins``, end with one of ``ends`` and hold one of ``holds``, where any are named.
    ``both``: it may stand behind the other as well. For hits of ``named`` families or categories, or of any.
    """

    begins: tuple[str, ...]
    ends: tuple[str, ...]
    holds: tuple[str, ...]
    both: bool
    named: frozenset[str]

    def goes(self, clause: str, hit: Hit, *, before: bool) -> bool:
        """Whether this clause goes along with the one that holds a hit, which it stands before or behind."""
        return bool(
            (before or self.both)
            and (not self.named or not self.named.isdisjoint((hit.family, hit.category)))
            and (not self.begins or clause.startswith(self.begins))
            and (not self.ends or clause.endswith(self.ends))
            and (not self.holds or any(word in clause for word in self.holds))
        )


class Hit(NamedTuple):
    """The term behind a rule id. ``alone``: it is the claim by itself, and no cue that needs company."""

    text: str
    family: str
    category: str
    alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrites:
    """All entries, closest first, with the words that the surgery on texts needs.

    ``none``: categories, families and rules for which no lawful wording exists. ``additions``: what meets a duty of
    ``industries.toml``. ``sentences``: categories whose claims run through the whole sentence. ``scopes`` go with a
    replaced word, ``openers`` and ``along`` with a deleted clause. ``goods`` stay when what is said of them goes,
    unless a person follows (``persons``) or the clause begins with a verb (``acts``). A hit before one of the
    ``objects`` governs it and is not replaced alone. ``subjects``: categories whose words say what goods are for:
    without them nobody sees what the rest claims; of families, even where the word is a claim by itself.
    """

    entries: tuple[Rewrite, ...] = ()
    none: frozenset[str] = frozenset()
    additions: Mapping[str, Wording] = field(default_factory=dict)
    sentences: frozenset[str] = frozenset()
    scopes: tuple[str, ...] = ()
    openers: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    subjects: frozenset[str] = frozenset()
    along: tuple[Along, ...] = ()
    hits: Mapping[str, Hit] = field(default_factory=dict)

    def lawless(self, rule: str) -> bool:
        """Whether no wording could make this lawful."""
        category, _, rest = rule.partition(".")
        return not self.none.isdisjoint((category, f"{category}.{rest.partition('.')[0]}", rule))

    def named(self, text: str) -> bool:
        """Whether a name of goods ends a stretch of words: 药店 in 药店有售 does not."""
        return any(piece.endswith(self.goods) for piece in _APART.split(text))

    def nameable(self, text: str) -> bool:
        """Whether a text may still name goods: also within a clause, where the name says more than 本品 or 产品."""
        return self.named(text) or any(
            len(word) > 1 and not word.endswith(_KIND) and word in text for word in self.goods
        )

    def hit(self, rule: str) -> Hit:
        """The term behind a rule id; detectors that know no terms report hits without a text."""
        category, _, rest = rule.partition(".")
        return self.hits.get(rule) or Hit("", f"{category}.{rest.partition('.')[0]}", category, alone=False)


class RewriteNames(NamedTuple):
    """What the table may refer to."""

    terms: Sequence[Term]
    categories: Iterable[str]
    industries: Industries
    folding: Folding


def rewrites(document: Document, known: RewriteNames) -> Rewrites:
    """``rewrites.toml``. Raises ``LawError`` for entries that name what is not there or that disguise."""
    top = Row(document, document.tree, LawError, "")
    for key in ("rewrite", "addition", "along"):
        top.take(key, list, [])
    none = top.words("none", [])
    scopes, openers = top.words("scopes", []), top.words("openers", [])
    sentences, goods, objects = top.words("sentences", []), top.words("goods", []), top.words("objects", [])
    acts, persons, subjects = top.words("acts", []), top.words("persons", []), top.words("subjects", [])
    top.end()
    names = _Names(known)
    for name in none:
        if name not in names.families and name not in names.categories and name not in names.duties:
            line = document.line(f'"{name}"')
            raise LawError(document.name, line, wrong("none_unknown", name=name))
    for key, listed, known_names in (
        ("sentences", sentences, names.categories),
        ("subjects", subjects, names.categories | names.families),
    ):
        for name in listed:
            if name not in known_names:
                line = document.line(f'"{name}"')
                raise LawError(document.name, line, wrong("no_category_of", key=key, name=name))
    entries = [_rewrite(document, table, line, names) for table, line in placed(document, "rewrite")]
    return Rewrites(
        entries=tuple(sorted(entries, key=lambda entry: entry.rank)),
        none=frozenset(none),
        additions=dict(_additions(document, names)),
        sentences=frozenset(sentences),
        scopes=tuple(sorted(scopes, key=len, reverse=True)),
        openers=tuple(sorted(openers, key=len, reverse=True)),
        goods=goods,
        objects=objects,
        acts=acts,
        persons=persons,
        subjects=frozenset(subjects),
        along=tuple(_along(document, table, line, names) for table, line in placed(document, "along")),
        hits=names.hits,
    )


class _Names:
    """Everything that may be named, looked up once."""

    def __init__(self, known: RewriteNames) -> None:
        self.folding = known.folding
        self.categories = frozenset(known.categories)
        self.hits: dict[str, Hit] = {}
        for term in known.terms:
            if term.category != ALLOW:
                alone = not (term.pattern or term.condition.near or term.condition.sentence or term.condition.with_)
                before = self.hits.get(name := term.id)
                family = f"{term.category}.{term.family}"
                text = "" if term.pattern else term.text
                self.hits[name] = Hit(text, family, term.category, alone and (before is None or before.alone))
        self.families = frozenset(hit.family for hit in self.hits.values())
        self.terms = frozenset(hit.text for hit in self.hits.values())
        self.duties = {
            f"missing_disclosure.{item.code}.{duty.code}"
            for item in known.industries.industries.values()
            for duty in item.duties
        }


def _rewrite(document: Document, table: Any, line: int, names: _Names) -> Rewrite:
    row = Row(document, table, LawError, "[[rewrite]]", line)
    entry = Rewrite(
        name=row.take("name", str, ""),
        terms=_known(row, "terms", names.terms),
        families=_known(row, "families", names.families),
        categories=_known(row, "categories", names.categories),
        next=row.words("next", []),
        not_next=row.words("not_next", []),
        prev=row.words("prev", []),
        not_prev=row.words("not_prev", []),
        says=row.words("says", []),
        strip=row.take("strip", str, ""),
        whole=row.take("whole", bool, default=False),
        wordings=tuple(sorted(_wordings(document, row, names.folding), key=lambda wording: wording.template)),
        line=line,
    )
    row.end()
    if not (entry.terms or entry.families or entry.categories):
        raise row.wrong("rewrite_empty")
    if not entry.wordings:
        raise row.wrong("no_wording")
    if entry.whole and any(REST in wording.text for wording in entry.wordings):
        raise row.wrong("whole_rest", rest=REST)
    return entry


def _along(document: Document, table: Any, line: int, names: _Names) -> Along:
    row = Row(document, table, LawError, "[[along]]", line)
    along = Along(
        row.words("begins", []),
        row.words("ends", []),
        row.words("holds", []),
        row.take("both", bool, default=False),
        _known(row, "families", names.families) | _known(row, "categories", names.categories),
    )
    row.end()
    if not (along.begins or along.ends or along.holds):
        raise row.wrong("along_empty")
    return along


def _known(row: Row, key: str, names: frozenset[str]) -> frozenset[str]:
    listed = row.words(key, [])
    for name in listed:
        if name not in names:
            raise row.wrong("not_in_lexicons", key=key, name=name)
    return frozenset(listed)


def _wordings(document: Document, row: Row, folding: Folding) -> Iterator[Wording]:
    for item in row.take("wordings", list):
        read = Row(document, item, LawError, "", row.line) if isinstance(item, dict) else None
        text = read.take("text", str) if read else item
        template = read.take("template", bool, default=False) if read else False
        fact = read.take("fact", bool, default=False) if read else False
        if read:
            read.end()
        if not isinstance(text, str):
            raise row.wrong("wording_kind", text=text)
        wording = _sound(row, Wording(text, template, row.line), folding)
        yield wording._replace(template=template or fact)


def _sound(row: Row, wording: Wording, folding: Folding) -> Wording:
    """The wording, if it is written plainly and says whether it must be filled in."""
    if bool(_PLACEHOLDER.search(wording.text)) is not wording.template:
        raise row.wrong("nothing_to_fill" if wording.template else "placeholder", text=wording.text)
    if disguised := DISGUISES.intersection(folding.trail(wording.text, folding.fold)):
        raise row.wrong("disguised", text=wording.text, how=", ".join(sorted(disguised)))
    return wording


def _additions(document: Document, names: _Names) -> Iterator[tuple[str, Wording]]:
    for table, line in placed(document, "addition"):
        row = Row(document, table, LawError, "[[addition]]", line)
        duties = row.words("duties")
        wording = Wording(row.take("text", str), row.take("template", bool, default=False), line)
        row.end()
        _sound(row, wording, names.folding)
        for duty in duties:
            if duty not in names.duties:
                raise row.wrong("no_duty", duty=duty)
            yield duty, wording
