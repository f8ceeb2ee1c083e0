"""Kinds of goods that have law of their own: the values that ``lexicons/wares.toml`` becomes, and their reader.

A name of goods counts where it stands by itself: the longest word wins, so that 奶瓶 is no 奶 and 牛奶沐浴露 no 牛奶.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from moderation.errors import LawError
from moderation.lexicon import spelt_out
from moderation.tables import Row, placed
from moderation.wrongs import wrong

if TYPE_CHECKING:
    from collections.abc import Container

    from moderation.lexicon import WordLists
    from moderation.tables import Document
    from moderation.text.fold import Folding


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of goods. ``category`` is that of the law made for it, of several kinds perhaps the same.

    Each of the lists in ``context`` says that a text is about it, where a term asks for the whole list ``with`` itself;
    ``names`` are names of such goods, ``uses`` what is done with them alone, which tells where nothing is named;
    ``industries`` are those that declare it. A claim that such goods heal rests on ``laws``; the articles in ``only``
    bind no goods but of the kinds that list them. The general law does not bind goods that are ``apart``,
    and no other law takes over what is found by one that is ``settled``.
    """

    code: str
    category: str
    industries: frozenset[str]
    laws: tuple[str, ...]
    only: frozenset[str]
    context: tuple[frozenset[str], ...]
    names: frozenset[str]
    uses: frozenset[str]
    apart: bool
    settled: bool

    @property
    def token(self) -> str:
        """The cue that a declaration gives."""
        return f"<{self.code}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wares:
    """All kinds, in the order in which they decide where a text names several.

    ``general`` is the category of the law for all others. ``none`` are words that hold the name of goods and name none.
    """

    general: str = ""
    none: frozenset[str] = frozenset()
    kinds: tuple[Kind, ...] = ()

    def declared(self, industry: str | None) -> Kind | None:
        """The kind that an industry deals in."""
        return next((kind for kind in self.kinds if industry in kind.industries), None)

    def asked(self, words: frozenset[str]) -> tuple[Kind, ...]:
        """The kinds that a condition asks for, as it holds one of their lists."""
        return tuple(kind for kind in self.kinds if any(listed <= words for listed in kind.context))

    def hiding(self, asked: tuple[Kind, ...]) -> frozenset[str]:
        """The words inside which no word says that the text is about one of these kinds."""
        own = frozenset[str]().union(*(kind.names for kind in asked))
        return self.none.union(*(kind.names for kind in self.kinds)) - own


class WareNames(NamedTuple):
    """What the table may refer to."""

    lists: WordLists
    categories: Container[str]
    industries: Container[str]
    laws: Container[str]
    folding: Folding


def wares(document: Document, known: WareNames) -> Wares:
    """``wares.toml``. Raises ``LawError`` for what names a list, category, industry or article that is not there."""
    top = Row(document, document.tree, LawError, "")
    top.take("kind", list, [])
    general, none = top.take("general", str), _spelt(top, "none", known)
    top.end()
    if general not in known.categories:
        raise LawError(document.name, document.line("general ="), wrong("for_category", code=general))
    kinds = tuple(_kind(document, table, line, known) for table, line in placed(document, "kind"))
    return Wares(general=general, none=none, kinds=kinds)


def _kind(document: Document, table: object, line: int, known: WareNames) -> Kind:
    row = Row(document, table, LawError, "[[kind]]", line)
    kind = Kind(
        code=row.take("code", str),
        category=row.take("category", str),
        industries=frozenset(row.words("industries", [])),
        laws=row.words("laws", []),
        only=frozenset(row.words("only", [])),
        context=tuple(_spelt_of(row, (f"@{name}",), known) for name in row.words("context", [])),
        names=_spelt(row, "names", known),
        uses=_spelt(row, "uses", known),
        apart=row.take("apart", bool, default=False),
        settled=row.take("settled", bool, default=False),
    )
    row.end()
    if kind.category not in known.categories:
        raise row.wrong("for_category", code=kind.category)
    if unknown := next((name for name in sorted(kind.industries) if name not in known.industries), ""):
        raise row.wrong("unknown_value", key="industries", value=unknown)
    if unknown := next((ref for ref in (*kind.laws, *sorted(kind.only)) if ref not in known.laws), ""):
        raise row.wrong("unknown_value", key="laws", value=unknown)
    return kind


def _spelt(row: Row, key: str, known: WareNames) -> frozenset[str]:
    return _spelt_of(row, row.words(key, []), known)


def _spelt_of(row: Row, listed: tuple[str, ...], known: WareNames) -> frozenset[str]:
    try:
        words = spelt_out(listed, known.lists)
    except KeyError as error:
        raise row.wrong("no_list", name=error.args[0]) from None
    folded = [known.folding.plain(word) for word in words]
    if "" in folded:
        raise row.wrong("word_lost", word=words[folded.index("")])
    return frozenset(folded)
