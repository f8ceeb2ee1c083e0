"""Ways to change a word in place: the wordings that fit it, with the grammar of 的 and of words that go with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from moderation.rewrites import REST
from moderation.text.fold import CLAUSE_MARKS
from moderation.text.words import stands_alone, straddled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from moderation.rewrites import Hit, Rewrite, Rewrites, Wording

_ENDS_IN_DE = re.compile(r"的(（[^）]*）)?$")
PHRASE, OF_DEGREE = 5, 3
"""From so many characters on a wording is no single word; where it says how something is, from fewer."""
NAME = range(2, 9)
"""So many characters a name of goods may have."""
PREDICATES = ("不错", "实惠", "新意")
"""What a wording ends with that is said of something: 价格实惠."""
DEGREES = ("很", "比较")
"""What a wording begins with that says how something is."""
ALSO = ("可是", "还是", "但是", "总是", "不是", "要是", "只是")
"""Words in which 是 is no verb of its own."""
LEANING = frozenset("了过着得地的吗呢吧啊是也都就")
"""What cannot begin what a deleted word stood before."""
ADVERBS = ("都", "在", "也")
"""What a verb follows: a word that ends so is no attribute (航天员都在 before 吃的压缩饼干)."""
LEAST_NAME = 2
"""A name of goods that is left of a longer one has so many characters: 茶杯 of 防癌茶杯, but no 膏 of 祛疤膏."""


class Option(NamedTuple):
    """One way to change a stretch: ``[start, end)`` becomes ``text``. ``whole``: a clause or more goes."""

    start: int
    end: int
    text: str
    template: bool
    whole: bool = False
    entry: int = 0
    """The line of the entry whose fixed wording it is; 0 for what depends on the word."""

    @property
    def size(self) -> int:
        """How much of the writer's text goes, in characters."""
        return self.end - self.start


def word_options(rewrites: Rewrites, hit: Hit, text: str, span: tuple[int, int], plain: str) -> Iterator[Option]:
    """The wordings that may stand for a hit: made for its word, or for its family where the word is the claim itself.

    ``plain`` is the hit as the engine read it.
    """
    start, end = span
    if text.startswith(rewrites.objects, end) or not CLAUSE_MARKS.isdisjoint(text[start:end]):
        return  # 秒杀 in 秒杀所有同类, 最好用 in 最好，用了五年
    begin = _scope(rewrites, text, start)
    for entry in rewrites.entries:
        if entry.whole or not entry.fits(hit) or (entry.rank and not hit.alone) or not _placed(entry, text, begin, end):
            continue
        for wording in entry.wordings:
            if not wording.text:
                if (stop := _attributive(text, end)) is not None:
                    yield Option(begin, stop, "", template=False)
                continue
            rest = plain.removeprefix(entry.strip)
            if REST in wording.text and (not entry.strip or rest == plain or not rest):
                continue
            new = wording.text.replace(REST, rest)
            new = new[begin > 0 and new[:1] == text[begin - 1] :]  # 含 is there already
            named = new.rpartition("的")[2]
            new = named if named and text.endswith("的", 0, begin) else new  # 选择 for 不错的选择 in 高端人士的首选
            said = next((size for size in range(len(new), 1, -1) if text.startswith(new[-size:], end)), 0)
            new = new[: len(new) - said]  # 高品质 before 品质
            stop = end + 1 if _ENDS_IN_DE.search(new) and text.startswith("的", end) else end
            first = begin - 1 if _predicate(new, text, begin, stop) else begin
            fixed = 0 if REST in wording.text else entry.line
            link = _link(new, text[stop : stop + 1], fixed=bool(fixed))
            yield Option(first, stop, new + link, wording.template, entry=fixed)


def goods_options(
    rewrites: Rewrites, hits: Sequence[Hit], text: str, span: tuple[int, int], clause: tuple[int, int]
) -> Iterator[Option]:
    """Ways to take from the name of goods at the end of a clause what is said of them.

    What describes them goes: the claim of 专家推荐的水稻肥, of 旺财手链 and of 治脱发梳子. Not so the word that alone
    says what they are for: 近视防控笔.
    """
    start, end = span
    described = text.rfind("的", end, clause[1]) + 1
    own = not text.startswith("那", described)  # 隔壁家卖的那个毛巾
    if described and own and clause[1] - described in NAME and text.endswith(rewrites.goods, described, clause[1]):
        yield Option(clause[0], described, "", template=False)
    names = [clause[1] - len(word) for word in rewrites.goods if text.endswith(word, end, clause[1])]
    about = [hit for hit in hits if hit.category in rewrites.subjects]
    if described or not names or not all(hit.alone for hit in about):
        return
    governed = any(word in text[start : clause[1]] for word in rewrites.objects)  # 秒杀一切同类产品
    if governed or not rewrites.subjects.isdisjoint(hit.family for hit in hits):
        return
    first = min(names)
    begin = _scope(rewrites, text, start)
    whole = clause[1] - end in NAME and first - end != 1 and not straddled(text, end, end)  # 珠 in 转运珠手链
    if whole and (first == end or not about):
        yield Option(begin, end, "", template=False)
    if clause[1] - first >= LEAST_NAME:
        yield Option(clause[0], first, "", template=False)


def told_options(
    rewrites: Rewrites, text: str, start: int, clause: tuple[int, int], wordings: Iterable[Wording]
) -> Iterator[Option]:
    """Ways to change what is said of goods that stay, and a wording comes instead: the claim of 鱼油软化血管."""
    if text.startswith(rewrites.acts, clause[0]):
        return  # 买房送户口
    found = [(at, at + len(word)) for word in rewrites.goods if clause[0] <= (at := text.find(word, *clause)) < start]
    stop = min((stop for _, stop in found), default=len(text))
    for begin, further in sorted(found):  # 奶茶 in 奶茶店
        stop = further if begin <= stop < further else stop
    apart = stop <= start and stands_alone(text[slice(*clause)], stop - clause[0], stop - clause[0])
    if apart and not text.startswith(rewrites.persons, stop):
        for wording in wordings:
            yield Option(stop, clause[1], wording.text and f"，{wording.text}", wording.template, whole=True)


def _link(new: str, following: str, *, fixed: bool) -> str:
    """The 的 that a longer wording needs before what it describes, and one of degree: 很不错的品质."""
    describes = "\u4e00" <= following <= "\u9fff" and following not in LEANING and following != "的"
    praises = fixed and new.startswith(DEGREES) and len(new) >= OF_DEGREE
    longer = len(new) >= PHRASE or praises or new.endswith(PREDICATES)
    return "的" if describes and longer and new[-1] not in "的）" else ""


def _predicate(new: str, text: str, begin: int, stop: int) -> bool:
    """Whether the 是 before a wording goes, as it describes by itself: 它很安静 for 它是最安静."""
    plain = new.startswith(DEGREES) and not text.startswith("的", stop)
    return plain and text.endswith("是", 0, begin) and not text.endswith(ALSO, 0, begin)


def _scope(rewrites: Rewrites, text: str, start: int) -> int:
    """Where a word begins together with the scope before it: 全网 in 全网最好."""
    while scope := next((word for word in rewrites.scopes if text.endswith(word, 0, start)), ""):
        start -= len(scope)
    return start


def _placed(entry: Rewrite, text: str, begin: int, end: int) -> bool:
    """Whether what stands before ``begin`` and behind ``end`` is what an entry asks for."""
    closed = end == len(text) or text[end] in CLAUSE_MARKS
    if any(text.startswith(word, end) or (word == "$" and closed) for word in entry.not_next):
        return False
    if text.endswith(entry.not_prev, 0, begin) or (entry.prev and not text.endswith(entry.prev, 0, begin)):
        return False
    return not entry.next or any(text.startswith(word, end) or (word == "$" and closed) for word in entry.next)


def _attributive(text: str, end: int) -> int | None:
    """Where a deleted word ends with its 的; ``None`` where it did not stand before what it describes."""
    stop = end + 1 if text.startswith("的", end) else end
    following = text[stop : stop + 1]
    if text.endswith(ADVERBS, 0, end):
        return None
    return stop if "\u4e00" <= following <= "\u9fff" and following not in LEANING else None
