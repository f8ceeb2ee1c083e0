"""What an advertisement of an industry must say and may not: the values that ``lexicons/industries.toml`` becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from moderation.types import within

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from moderation.types import Scene

CART, SELLER = "<cart>", "<seller>"
"""Words that stand in no text but hold of a content: it carries a purchase link; its account is known to sell."""
TOKENS = frozenset({CART, SELLER})
FINDINGS = ("malformed", "expired", "kind")
"""What can be wrong with a number that stands in a text; the table says it in words for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What a text must hold, in any of its parts: one of ``any``, one of ``beside`` (where given), none of ``unless``.

    Words are folded, as all words of the table.
    """

    any: frozenset[str]
    beside: frozenset[str]
    unless: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """When a duty holds. Dates are inclusive; ``announced`` duties warn before they begin."""

    begin: date | None
    end: date | None
    announced: bool

    def holds(self, day: date) -> bool:
        """Whether it binds a content of ``day``."""
        return within(day, self.begin, self.end)

    def coming(self, day: date) -> bool:
        """Whether it is published, will bind later, and people are to be told now."""
        return bool(self.announced and self.begin and day < self.begin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What an industry owes in its texts. ``when`` are circumstances, one of which must hold; none means always.

    ``declared``: only where the request names the industry.
    """

    code: str
    zh: str
    en: str
    declared: bool
    when: tuple[Sign, ...]
    scenes: frozenset[Scene]
    laws: tuple[str, ...]
    severity: int
    dates: Dated


@dataclass(frozen=True, slots=True, kw_only=True)
class Need(Duty):
    """Something that must stand in the text: ``count`` of ``numbers`` (also on file), or one of ``words``, verbatim."""

    numbers: frozenset[str]
    count: int
    words: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban(Duty):
    """Something that must not be advertised or said, under ``category``. Without ``when`` it is the industry itself."""

    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Industry:
    """One industry: what it must hold (``papers``, on file), the formats of its numbers, and its duties in the text.

    ``signs`` say how a text shows the industry without a declaration; ``always``: its duties bind every industry.
    """

    code: str
    zh: str
    en: str
    papers: tuple[str, ...]
    numbers: frozenset[str]
    laws: tuple[str, ...]
    severity: int
    note: str
    signs: tuple[Sign, ...]
    always: bool
    needs: tuple[Need, ...]
    bans: tuple[Ban, ...]

    @property
    def duties(self) -> tuple[Duty, ...]:
        """All that its texts must say and must not."""
        return (*self.needs, *self.bans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """What people call a number format, and one that fits. The format itself is code (``detect/formats.py``).

    ``kinds`` are words that claim a kind of goods, by what such a number says of them: 二类医疗器械 by ``2``.
    """

    code: str
    zh: str
    en: str
    sample: str
    laws: tuple[str, ...]
    kinds: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Industries:
    """The table of industries. ``decoys`` are words that hide a cue inside them: 非处方药 is no 处方药.

    ``told`` maps the note of a piece of evidence to what people are told, in Chinese and English.
    """

    industries: Mapping[str, Industry] = field(default_factory=dict)
    numbers: Mapping[str, Number] = field(default_factory=dict)
    decoys: frozenset[str] = frozenset()
    told: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def tell(self, note: str, lang: str = "zh") -> str:
        """The sentence for a note of disclosure evidence; empty for notes of others, or of an older table."""
        zh, en = self.told.get(note, ("", ""))
        return en if lang == "en" else zh
