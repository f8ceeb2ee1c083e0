"""The only door to the disk: a folder of lexicons and a folder of scene policies become one ``Ruleset``, or errors.

Every error names file, line and reason; all of them are reported at once (``LoadErrors``).
"""

from __future__ import annotations

import gc
import re
import tomllib
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from moderation import tables
from moderation.check import (
    check_claims,
    check_codes,
    check_grounds,
    check_lines,
    check_rewrites,
    check_terms,
    check_words,
)
from moderation.claimtable import claims as read_claims
from moderation.engine import Engine
from moderation.errors import GrammarError, LoadError, LoadErrors
from moderation.industry import Industries
from moderation.industrytable import IndustryNames
from moderation.industrytable import industries as read_industries
from moderation.lexicon import Term, parse
from moderation.livetable import live_rules
from moderation.rewrites import RewriteNames, Rewrites
from moderation.rewrites import rewrites as read_rewrites
from moderation.ruleset import Ruleset
from moderation.text.fold import PLAIN_HAN
from moderation.text.fold import tables as fold_tables
from moderation.text.sound import Sounds
from moderation.text.variants import Variants, typed
from moderation.text.words import open_dictionary
from moderation.told import Told
from moderation.wares import WareNames, Wares
from moderation.wares import wares as read_wares
from moderation.wrongs import wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    from moderation.lexicon import WordLists
    from moderation.liverules import LiveRules
    from moderation.ruleset import Article, Option
    from moderation.text.fold import Folding

T = TypeVar("T")

SCENES = Path(__file__).parent / "scenes"
LEXICONS = Path(__file__).parent.parent / "lexicons"
_NAMES_A_LIST = re.compile("(?m)^[^#@\\n].*@")
TERM_FOLDERS = ("ad_law", "trade", "safety", "allow")
MANY = 100_000
"""Fewer new objects than these are not worth setting apart from those that the collector looks at."""


def load_ruleset(
    lexicons: Path = LEXICONS, scenes: Path = SCENES, *, folders: Sequence[str] = TERM_FOLDERS, examples: bool = True
) -> Ruleset:
    """Read, check and freeze a ruleset. ``folders`` are those of terms; ``examples`` of lines are judged if asked.

    Raises:
        LoadErrors: with every reason, file and line why the folder must not go live.
    """
    with _uncollected():
        ruleset = _read(lexicons, scenes, folders)
    if examples:
        _compiled(ruleset, examples=True)
    return ruleset


def _read(lexicons: Path, scenes: Path, folders: Sequence[str]) -> Ruleset:
    open_dictionary()
    if not (lexicons / "categories.toml").exists():
        raise LoadErrors([LoadError("categories.toml", 1, wrong("no_lexicons", folder=str(lexicons)))])
    disk = _Disk(lexicons, scenes)
    categories = disk.toml("categories.toml", tables.categories)
    if categories is None:  # everything names categories: what follows of that would hide the cause
        raise LoadErrors(disk.errors)
    laws = disk.toml("laws.toml", tables.laws) or _Unread()
    codes = disk.toml("codes.toml", tables.codes)
    options = disk.options()
    folding = fold_tables(disk.pairs("variants/traditional.tsv"), disk.pairs("variants/lookalikes.tsv"))
    variants = disk.variants(folding)
    lists = disk.word_lists(folding)
    claims = disk.toml("claims.toml", lambda document: read_claims(document, lists, options))
    read = (disk.toml(name, tables.policy) for name in disk.policies())
    policies = {policy.scene: policy for policy in read if policy}
    known = IndustryNames(lists, categories, laws, folding)
    industries = disk.toml("industries.toml", lambda document: read_industries(document, known))
    terms = disk.terms(lists, folders)
    live = disk.live(categories, folding)
    wares = disk.wares(WareNames(lists, categories, industries.industries if industries else {}, laws, folding))
    disk.errors.extend(tables.cross_check(categories, laws, policies, disk.text))
    if codes and claims:
        disk.errors.extend(check_terms(terms, categories, laws, folding))
        disk.errors.extend(check_grounds(terms, claims))
        disk.errors.extend(check_codes(codes, folding))
        families = {term.family for term in terms}
        if folders != TERM_FOLDERS:  # what was left out may have them
            families.update(hit for rule in claims.rules for setting in rule.settings for hit in setting.hits)
        names: dict[str, Container[str]] = {"categories": categories, "laws": laws, "families": families}
        disk.errors.extend(check_claims(claims, disk.document("claims.toml"), names, folding))
    nameable = RewriteNames(terms, categories, industries or Industries(), folding)
    rewrites = disk.rewrites(nameable) if folders == TERM_FOLDERS else Rewrites()  # they name what is left out
    if disk.errors or codes is None or claims is None or industries is None:
        raise LoadErrors(disk.errors)
    return Ruleset(
        fingerprint=disk.fingerprint(),
        files={name: sha256(data).hexdigest() for name, data in sorted(disk.data.items())},
        categories=categories,
        laws=laws,
        policies=policies,
        terms=tuple(terms),
        folding=folding,
        variants=variants,
        codes=codes,
        claims=claims,
        industries=industries,
        rewrites=rewrites,
        wares=wares,
        options=options,
        lists=lists,
        live=live,
    )


def load_engine(lexicons: Path = LEXICONS, scenes: Path = SCENES, *, examples: bool = True) -> Engine:
    """A checked ruleset, compiled; it has judged its ``examples`` unless they are known to hold.

    Raises:
        LoadErrors: as ``load_ruleset`` does.
    """
    return _compiled(load_ruleset(lexicons, scenes, examples=False), examples=examples)


def _compiled(ruleset: Ruleset, *, examples: bool) -> Engine:
    with _uncollected():
        engine = Engine(ruleset)
    if examples and (errors := [*check_lines(engine, ruleset.terms), *check_rewrites(engine)]):
        raise LoadErrors(errors)
    return engine


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection while millions of objects are made that stay: it would look at all of them every time.

    Afterwards many of them count as old, unless somebody has set other things aside: to ask for that takes as long as
    a small ruleset does, because whatever is set aside is counted.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if gc.get_count()[0] > MANY and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def load_frame(lexicons: Path = LEXICONS, scenes: Path = SCENES) -> Ruleset:
    """The rules without their banned terms: what a list is put in to see what it would do by itself.

    Raises:
        LoadErrors: as ``load_ruleset`` does.
    """
    return load_ruleset(lexicons, scenes, folders=("allow",), examples=False)


def with_terms(frame: Ruleset, name: str, text: str, lexicons: Path = LEXICONS) -> tuple[Ruleset, list[LoadError]]:
    """A frame with the terms of one file added, and everything for which the loader would refuse the file."""
    named = _NAMES_A_LIST.search(text) is not None
    lists = _Disk(lexicons, lexicons).word_lists(frame.folding) if named else {}
    terms, errors = parse(name, text, lists)
    together = (*frame.terms, *terms)
    errors += [
        error for error in check_terms(together, frame.categories, frame.laws, frame.folding) if error.file == name
    ]
    return replace(frame, terms=together), errors


def _why(error: OSError) -> Told:
    return Told("不存在" if isinstance(error, FileNotFoundError) else str(error.strerror), str(error.strerror))


class _Unread(dict[str, "Article"]):
    """Laws that could not be read: whatever names one is not at fault."""

    def __contains__(self, ref: object) -> bool:
        return True


class _Disk:
    """Reads files once, remembers their bytes for the fingerprint and their errors for the report."""

    def __init__(self, lexicons: Path, scenes: Path) -> None:
        self._roots = {"": lexicons, "scenes/": scenes}
        self.data: dict[str, bytes] = {}
        self.errors: list[LoadError] = []

    def fingerprint(self) -> str:
        """16 hex digits over every path and byte that was read."""
        digest = sha256()
        for name, data in sorted(self.data.items()):
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
        return digest.hexdigest()[:16]

    def text(self, name: str) -> str:
        """A file's text; an unreadable one is an error and reads as empty."""
        root = self._roots["scenes/" if name.startswith("scenes/") else ""]
        if name not in self.data:
            try:
                self.data[name] = (root / name.removeprefix("scenes/")).read_bytes()
            except OSError as error:
                self.data[name] = b""
                self.errors.append(LoadError(name, 1, wrong("unreadable", why=_why(error))))
        try:
            return self.data[name].decode("utf-8")
        except UnicodeDecodeError as error:
            line = self.data[name].count(b"\n", 0, error.start) + 1
            self.errors.append(GrammarError(name, line, wrong("not_utf8")))
            self.data[name] = b""  # it is told once
            return ""

    def legible(self, name: str) -> str | None:
        """The same, or ``None`` where it is unreadable: what follows of that would hide the cause."""
        before, text = len(self.errors), self.text(name)
        return text if len(self.errors) == before else None

    def toml(self, name: str, read: Callable[[tables.Document], T]) -> T | None:
        """A TOML file, read by one of the readers in ``moderation.tables``; ``None`` and an error where it fails."""
        text = self.legible(name)
        try:
            return None if text is None else read(tables.Document(name, text, tomllib.loads(text)))
        except tomllib.TOMLDecodeError as error:
            self.errors.append(tables.not_toml(name, error))
        except LoadError as error:
            self.errors.append(error)
        return None

    def policies(self) -> list[str]:
        return sorted(f"scenes/{path.name}" for path in self._roots["scenes/"].glob("*.toml"))

    def pairs(self, name: str) -> dict[str, str]:
        """A two-column table of single characters."""
        pairs: dict[str, str] = {}
        for number, line in enumerate(self.text(name).splitlines(), start=1):
            if not line or line.startswith("#"):
                continue
            source, tab, target = line.partition("\t")
            if not tab or len(source) != 1 or len(target) != 1:
                self.errors.append(GrammarError(name, number, wrong("pair")))
            elif source in pairs:
                self.errors.append(GrammarError(name, number, wrong("twice", what=source)))
            else:
                pairs[source] = target
        return pairs

    def rows(self, name: str, columns: int) -> list[tuple[int, tuple[str, ...]]]:
        """The lines of a table with their numbers; a table that a folder does not have is empty."""
        if not (self._roots[""] / name).exists():
            return []
        rows: list[tuple[int, tuple[str, ...]]] = []
        for number, line in enumerate(self.text(name).splitlines(), start=1):
            if line and not line.startswith("#"):
                row = tuple(line.split("\t"))
                if len(row) == columns:
                    rows.append((number, row))
                else:
                    self.errors.append(GrammarError(name, number, wrong("columns", count=len(row), columns=columns)))
        return rows

    def variants(self, folding: Folding) -> Variants:
        """What disguises are made of. Left sides must be folded: an unfolded one would never be met."""
        meant: dict[str, dict[str, str]] = {}
        for kind in ("splits", "radicals", "shapes", "slang", "signs", "zhuyin"):
            shape = folding.visible if kind == "signs" else folding.plain
            rows = self.rows(name := f"variants/{kind}.tsv", 2)
            left, right = ("".join([row[place] for _, row in rows]) for place in (0, 1))
            folded = shape(left) == left and folding.plain(right) == right  # if all are, each is
            meant[kind] = {}
            for number, (written, word) in rows:
                if (
                    not written
                    or not word
                    or not (folded or (shape(written) == written and folding.plain(word) == word))
                ):
                    self.errors.append(GrammarError(name, number, wrong("not_folded", written=written, word=word)))
                elif written in meant[kind]:
                    self.errors.append(GrammarError(name, number, wrong("twice", what=written)))
                elif kind == "signs" and all(ord(char) in PLAIN_HAN for char in written):
                    self.errors.append(GrammarError(name, number, wrong("plain_han", written=written)))
                else:
                    meant[kind][written] = word
        ordinary = frozenset(row[0] for _, row in self.rows("variants/ordinary.tsv", 1))
        sounds = Sounds((row[0], row[1], row[2]) for _, row in self.rows("variants/pinyin.tsv", 3))
        splits = typed(meant["splits"], meant.pop("radicals"))
        return Variants(sounds=sounds, ordinary=ordinary, **{**meant, "splits": splits})

    def document(self, name: str) -> tables.Document:
        """A file's text alone, to find lines in."""
        return tables.Document(name, self.text(name), {})

    def options(self) -> Mapping[str, Option]:
        """What ``options.toml`` sets; a folder without it leaves nothing open."""
        if not (self._roots[""] / "options.toml").exists():
            return {}
        return self.toml("options.toml", tables.options) or {}

    def live(self, categories: Container[str], folding: Folding) -> LiveRules | None:
        """What ``live.toml`` says of rooms; a folder without it says nothing."""
        if not (self._roots[""] / "live.toml").exists():
            return None
        return self.toml("live.toml", lambda document: live_rules(document, categories, folding))

    def rewrites(self, known: RewriteNames) -> Rewrites:
        """What ``rewrites.toml`` suggests; a folder without it suggests deletions alone."""
        if not (self._roots[""] / "rewrites.toml").exists():
            return read_rewrites(tables.Document("rewrites.toml", "", {}), known)
        return self.toml("rewrites.toml", lambda document: read_rewrites(document, known)) or Rewrites()

    def wares(self, known: WareNames) -> Wares:
        """The kinds of goods of ``wares.toml``; a folder without it knows none."""
        if not (self._roots[""] / "wares.toml").exists():
            return Wares()
        return self.toml("wares.toml", lambda document: read_wares(document, known)) or Wares()

    def word_lists(self, folding: Folding) -> WordLists:
        """The lists of every ``words/*.toml``; a name may stand once."""
        lists: dict[str, tuple[str, ...]] = {}
        for path in sorted((self._roots[""] / "words").glob("*.toml")):
            read = self.toml(name := f"words/{path.name}", tables.words) or {}
            for key in sorted(lists.keys() & read.keys()):
                line = self.document(name).line(f"{key} =")
                self.errors.append(GrammarError(name, line, wrong("list_elsewhere", key=key)))
            self.errors.extend(check_words(read, self.document(name), folding))
            lists.update(read)
        return lists

    def terms(self, lists: WordLists, folders: Sequence[str]) -> list[Term]:
        """All terms of some folders."""
        terms: list[Term] = []
        for folder in folders:
            for path in sorted((self._roots[""] / folder).glob("*.txt")):
                if (text := self.legible(name := f"{folder}/{path.name}")) is not None:
                    found, errors = parse(name, text, lists)
                    terms.extend(found)
                    self.errors.extend(errors)
        return terms
