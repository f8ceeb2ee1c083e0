"""Finds numbers and addresses: phone, messenger and link (contact diversion), mobile, ID and bank card (privacy).

Formats are code, checked to the last digit; the words around them are data (``lexicons/codes.toml``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest
from typing import TYPE_CHECKING

from moderation.text.reading import CODES, NUMERALS
from moderation.types import FULL_WEIGHT, NAMED, UNSURE, Evidence, Exemption, Role, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from moderation.ruleset import Ruleset
    from moderation.text.reading import PartReading, Reader
    from moderation.text.view import View
    from moderation.types import Author

NEAR = 14
"""So many folded characters on each side of a number are its surroundings."""
LABEL = 8
"""So many in front of it say what a number is, whatever else stands near (找我 138…，版本多)."""
ACROSS = 40
"""So much of two neighbouring parts is read on: a code, and the surroundings of a number."""
ENOUGH = 8
"""So many findings of one kind and weight a part: more of them can change nothing."""

_SPOKEN = str.maketrans("零〇洞一幺壹二两贰三叁四肆五伍六陆七柒拐八捌九玖勾", "0001112223344556677788999")
WRITTEN = 7
"""With more plain digits than these a number is not said in characters that sound like digits (1380013800就)."""
_LONG_RUN = re.compile("[0-9oil" + "".join(map(chr, _SPOKEN)) + "]{11}")
"""Shorter runs of digits are no number that is looked for."""
_MOBILE = re.compile(r"(?<![0-9])(?:(?:00)?86)?(1[3-9][0-9]{9})(?![0-9])")
_LETTERED = re.compile(r"(?<![0-9])(?=(?:[oil]{0,7}[0-9]){4})[1il](?=[0-9]{0,9}[oil])[3-9][0-9oil]{9}(?![0-9])")
"""A mobile number with o, i and l for 0 and 1. A letter at its head alone makes it a part (I30-1100-1100)."""
_LONG_NUMBER = re.compile(r"(?<![0-9a-z])[0-9]{15,18}[0-9x](?![0-9a-z])")
_DIGITS = f"0123456789{NUMERALS}"
_DIGIT = f"[{_DIGITS}]"
_WORD_EDGE = "(?:(?<![a-z])|(?<=jia)|(?<=add))"
_HALVES = re.compile(rf"前面?{_DIGIT}位[是为]?({_DIGIT}+)[^0-9]{{0,2}}?[后末]面?{_DIGIT}位[是为]?({_DIGIT}+)")
"""A number told in two pieces, by how many of its digits come first and last."""
_QQ = (
    r"(?=(?:[oil]{0,6}[0-9]){5})[1-9il][0-9oil]{6,10}(?![0-9a-z只])|[1-9][0-9]{4,10}(?![0-9只])|"
    rf"{_DIGIT}(?:[ -]{{0,2}}{_DIGIT}){{5,10}}(?![ -]{{0,2}}{_DIGIT}|只)"
)
_WECHAT_ID = r"[a-z][a-z0-9_-]{5,19}(?![a-z0-9_-])"
_TELEGRAM = r"(?:(?<=[@:])|(?<=: ))[a-z](?=[a-z_]*[0-9_])[a-z0-9_]{3,31}(?![a-z0-9_])"
_FRAME = "[“”‘’|·】」』》]"
"""What a lone v is framed in: 丨v丨, “v”“我”."""
_HANDLE = re.compile(
    r"(?:(?<=[^\x00-\x7f])(?:[:：] ?|(?<=号)|号[是:：] ?)|(?<![a-z0-9])[vw][:：] ?|^加 ?"
    rf"|(?<![a-z0-9])[vw]{_FRAME}(?:{_FRAME}|[ 我→:：]){{0,7}})"
    r"((?=[a-z0-9_-]{6,20}(?![a-z0-9_.\u3400-\u9fff-]))(?=[a-z_-]+[0-9_-]*[0-9]{2})[a-z][a-z0-9_-]+)"
)
"""Letters and then digits, as people make up names for themselves, behind a colon, 号, a lone v or a first 加."""
_MEMBER = r"(?<=[a-z]{2})\.[a-z]+(?![a-z0-9_-])"
"""A dot and letters right behind a cue of Latin letters belong to a program: a part of a module."""
_APART = "[ ·\u2190-\u2bff\U0001f000-\U0001faff-]?"
"""What stands between the letters of a cue that is pulled apart: a blank, a dash or an emoji."""
_BETWEEN = r"(?:[^\w]|号码|号|是|搜|找|加|我|的|账|帐){0,8}"
_NO_WORDS = "c[o0]m|cn|net|[o0]rg|xyz|icu|ltd|cc|tk"
"""Endings of host names that nobody taps on or spends an evening in (8点live)."""
_POINT = re.compile(" ?点 ?")
_SLASH = "(?:[/∕]|斜[杠线])"
_PASSED_ON = re.compile("[?@#&=,]")
"""Behind these an address may hold another one, which it leads to or only pretends to belong to."""
_EMAIL = re.compile(r"[a-z0-9._-]{2,64}@[a-z0-9-]{2,63}(?:\.[a-z0-9-]{2,63})*\.[a-z]{2,10}")
_PLATES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
"""What a number plate begins with."""
_NUMBER_MARKS = frozenset(".:/,，、%：")
"""Between digits these belong to prices, times, dates and lists, not to a number cut in pieces."""
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_CARD_PREFIX = re.compile(r"62|4|5[1-5]")


@dataclass(frozen=True, slots=True)
class _Found:
    """A code in a part: the rule's last name, where it is, and how sure the finding is."""

    category: str
    kind: str
    start: int
    end: int
    weight: int = FULL_WEIGHT
    torn: bool = False
    """Whether it runs on into the next part."""


class CodeDetector:
    """Keeps the cue words of one ruleset, folded, and the patterns made from them."""

    def __init__(self, ruleset: Ruleset, reader: Reader) -> None:
        self._ruleset, self._reader = ruleset, reader
        self._sounds: dict[int, str | int] = {**ruleset.variants.sounds.digits, **_SPOKEN}
        plain, visible, cues = ruleset.folding.plain, ruleset.folding.visible, ruleset.codes
        self._invite = tuple(map(plain, cues.invite))
        self._innocent = tuple(map(plain, cues.innocent))
        self._card = tuple(map(plain, cues.card))
        self._messengers = tuple(map(visible, cues.messengers))
        numbers = tuple(map(plain, cues.numbers))
        self._labels = (*self._innocent, *map(plain, cues.labels), *numbers)
        self._contacts = (
            *(word for word in self._invite if len(word) > 1),
            *map(visible, (*cues.wechat, *cues.qq, *cues.telegram)),
        )
        self._named = re.compile(rf"(?:{'|'.join(map(re.escape, numbers))})[是为号{_PLATES}]?[0-9a-z]{{4,}}")
        apps, public = ("|".join(map(re.escape, names)) for names in (cues.apps, cues.public))
        self._wechat = _after(cues.wechat, visible, rf"(?!(?:{apps})(?![a-z0-9_-])){_WECHAT_ID}")
        self._qq = _after(cues.qq, visible, _QQ)
        self._telegram = _after(cues.telegram, visible, _TELEGRAM)
        self._public = re.compile(rf"(?:https?://)?(?:[a-z0-9-]+\.)*(?:{public})(?:[/?#]|$)")
        self._link = _links(cues.endings, apps)

    def detect(
        self, parts: Sequence[PartReading], author: Author, day: date, live: Callable[[str], bool]
    ) -> Iterator[Evidence]:
        """Codes of all parts in the categories that are ``live``; an official account may give its own contacts."""
        for part, found in self._all(parts):
            if live(found.category) and not (author.role is Role.OFFICIAL and found.category == "contact_diversion"):
                yield self._evidence(part, found, day)

    def _all(self, parts: Sequence[PartReading]) -> Iterator[tuple[PartReading, _Found]]:
        """Codes with their parts; of one that runs on into the next part what the first holds of it."""
        for part, behind in zip_longest(parts, parts[1:]):
            found = list(self._find(part)) if part.look & CODES else []
            length = len(part.source)
            if behind is not None and _goes_on(part, behind) and not any(one.end == length for one in found):
                near = part.source[-ACROSS:]
                both = self._reader.read(part.name, near + behind.source[:ACROSS])
                shift = length - len(near)
                for one in self._find(both):
                    if one.start < len(near) < one.end:
                        found.append(replace(one, start=one.start + shift, end=length, torn=True))
            for one in found:
                yield part, one

    def named(self, parts: Sequence[PartReading]) -> Iterator[Exemption]:
        """Numbers that say what they are: of an order, a parcel, a flight. They lead nobody anywhere."""
        for part in parts:
            if part.look & CODES and (found := list(self._named.finditer(part.text))):
                view = self._reader.folded_view(part)
                for match in found[:ENOUGH]:
                    span = Span(part.name, *view.span(*match.span()))
                    yield Exemption("contact_diversion", "contact_diversion.number", span, NAMED)

    def _find(self, part: PartReading) -> Iterator[_Found]:
        numbers: Iterable[_Found] = ()
        heard = self._reader.said.sub(self._said, part.text)
        if _LONG_RUN.search(heard) or _HALVES.search(part.text):
            folded = self._reader.folded_view(part)
            numbers = [  # as written first: what is counted behind a number (…，一共) is no digit of it
                found
                for digits in dict.fromkeys((folded.text, folded.text.translate(_SPOKEN), heard))
                for found in (*self._long_numbers(folded, digits), *self._mobiles(folded, digits))
            ]
        taken: list[tuple[int, int]] = []
        counts: dict[tuple[str, int], int] = defaultdict(int)
        for found in (*numbers, *self._addresses(part)):
            counts[found.kind, found.weight] += 1
            if counts[found.kind, found.weight] > ENOUGH:
                continue
            if not any(start < found.end and found.start < end for start, end in taken):
                taken.append((found.start, found.end))
                yield found

    def _said(self, run: re.Match[str]) -> str:
        """A run of characters that sound like digits, as digits."""
        said = run[0]
        plain = sum(char in "0123456789" for char in said)
        return said if plain > WRITTEN else said.translate(self._sounds)

    def _mobiles(self, view: View, digits: str) -> Iterator[_Found]:
        for start, end in _mobile_places(view, digits):
            invited = self._beside(view, start, end, self._invite)
            if self._is_innocent(view, start, end, asked=invited):
                continue
            span = view.span(start, end)
            if invited:
                yield _Found("contact_diversion", "mobile", *span)
            else:
                yield _Found("privacy_leak", "mobile", *span, weight=UNSURE)

    def _long_numbers(self, view: View, digits: str) -> Iterator[_Found]:
        for match in _LONG_NUMBER.finditer(digits):
            number = match[0]
            if _torn(view, *match.span()):
                continue
            span = view.span(*match.span())
            if is_id_number(number):
                yield _Found("privacy_leak", "id_card", *span)
                continue
            named = self._beside(view, *match.span(), self._card)
            if is_bank_card(number) and not self._is_innocent(view, *match.span(), asked=named):
                yield _Found("privacy_leak", "bank_card", *span, weight=FULL_WEIGHT if named else UNSURE)

    def _addresses(self, part: PartReading) -> Iterator[_Found]:
        raw = self._reader.raw_view(part)
        for kind, pattern, group, weight in (
            ("wechat", self._wechat, 1, FULL_WEIGHT),
            ("qq", self._qq, 1, FULL_WEIGHT),
            ("telegram", self._telegram, 1, UNSURE),
            ("handle", _HANDLE, 1, UNSURE),
            ("email", _EMAIL, 0, UNSURE),
            ("link", self._link, 0, UNSURE),
        ):
            if kind == "email" and "@" not in raw.text:
                continue
            for match in pattern.finditer(raw.text):
                if kind == "link" and self._leads_to_public(match[0]):
                    continue
                if kind == "wechat" and self._runs_on(raw, *match.span(1)):
                    continue
                if kind in {"telegram", "handle"} and self._names_a_thing(raw, match):
                    continue
                if not raw.placed:
                    self._reader.place(raw)
                start, end = raw.span(*match.span(group))
                name = raw.source[start:end]
                if kind == "handle" and name.isascii() and name.isupper() and not self._invited(raw, *match.span(1)):
                    continue
                yield _Found("contact_diversion", kind, start, end, weight=weight)

    def _is_innocent(self, view: View, start: int, end: int, *, asked: bool) -> bool:
        """Whether a number is said to be something else: right in front, where people are ``asked`` to use it."""
        if asked:
            return _is_labelled(view, start, self._innocent, LABEL)
        return self._beside(view, start, end, self._innocent)

    def _names_a_thing(self, raw: View, match: re.Match[str]) -> bool:
        """Whether what may be somebody's name is said to be a thing's; of one behind a lone v only in front of it."""
        if match[0].startswith(("v", "w", "加")):
            return _is_labelled(raw, match.start(1), self._labels, NEAR)
        return self._beside(raw, *match.span(1), self._labels)

    def _leads_to_public(self, address: str) -> bool:
        """Whether an address is that of a public body or a work, and no other is told or hidden in it."""
        told = _POINT.sub(".", address)
        public = self._public.match(told)
        return public is not None and not any(map(self._link.search, _PASSED_ON.split(told)[1:]))

    def _runs_on(self, view: View, start: int, end: int) -> bool:
        """Whether letters right behind the messenger's common name go on into a sentence that invites nobody."""
        text = view.text
        return (
            text[start:end].isalpha()
            and text[end : end + 1].isalpha()
            and text.endswith(self._messengers, 0, start)
            and not any(
                word in text[max(0, start - NEAR) : end + NEAR] for word in self._invite if word not in self._messengers
            )
        )

    def _invited(self, raw: View, start: int, end: int) -> bool:
        """Whether a name in capitals, as parts and materials have them, is one to get in touch with."""
        before = raw.text[max(0, start - 3) : start].rstrip()
        return before.endswith(("加", "v:", "w:")) or self._beside(raw, start, end, self._contacts)

    def _beside(self, view: View, start: int, end: int, cues: tuple[str, ...]) -> bool:
        around = view.text[max(0, start - NEAR) : start] + "\n" + view.text[end : end + NEAR]
        return any(cue in around for cue in cues)

    def _evidence(self, part: PartReading, found: _Found, day: date) -> Evidence:
        category = self._ruleset.categories[found.category]
        folding = self._ruleset.folding
        folds = folding.trail(part.source[found.start : found.end], folding.keep)
        return Evidence(
            source="codes",
            category=found.category,
            rule=f"{found.category}.{found.kind}",
            severity=category.severity,
            span=Span(part.name, found.start, found.end),
            folds=("parts", *folds) if found.torn else folds,
            laws=self._ruleset.citations(category.laws, day),
            weight=found.weight,
        )


def runs_on(parts: Sequence[PartReading]) -> bool:
    """Whether a number may go on from one part into the next."""
    return any(map(_goes_on, parts, parts[1:]))


def _goes_on(left: PartReading, right: PartReading) -> bool:
    return left.text[-1:] in _DIGITS and right.text[:1] in _DIGITS and bool(left.text and right.text)


def _is_labelled(view: View, start: int, labels: Iterable[str], reach: int) -> bool:
    """Whether one of the labels stands so near in front of a place."""
    before = view.text[max(0, start - reach) : start]
    return any(label in before for label in labels)


def is_id_number(number: str) -> bool:
    """Whether 18 characters are a resident identity number: a date that exists and the ISO 7064 check character."""
    if len(number) != len(_ID_WEIGHTS) + 1 or not number[:17].isdigit():
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number, strict=False))
    return _ID_CHECK[total % 11] == number[17].upper()


def is_bank_card(number: str) -> bool:
    """Whether 16 to 19 digits could be a card: a known issuer's first digits and the Luhn sum."""
    if not number.isdigit() or _CARD_PREFIX.match(number) is None:
        return False
    doubled = ((int(digit) * 2 if place % 2 else int(digit)) for place, digit in enumerate(reversed(number)))
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0  # noqa: PLR2004


def _mobile_places(view: View, digits: str) -> Iterator[tuple[int, int]]:
    """Where mobile numbers stand: as digits, with letters for some, or told in pieces."""
    for match in _MOBILE.finditer(digits):
        if not _torn(view, *match.span(1)) or _in_groups(view, *match.span(1)):
            yield match.span(1)
    for match in _LETTERED.finditer(digits):
        start, end = view.span(*match.span())
        beside = view.source[max(0, start - 1) : start] + view.source[end : end + 1]
        if not _torn(view, *match.span()) and not any(char.isascii() and char.isalnum() for char in beside):
            yield match.span()
    for match in _HALVES.finditer(view.text):
        if _MOBILE.fullmatch((match[1] + match[2]).translate(_SPOKEN)):
            yield match.span()


def _torn(view: View, start: int, end: int) -> bool:
    """Whether the digits belong to several numbers: prices, times and lists, unless every digit is cut off alike."""
    gaps = [gap for _, gap in view.gaps(start, end)]
    alike = len(gaps) == end - start - 1 and len(set(gaps)) == 1
    return bool(gaps) and not alike and any(not _NUMBER_MARKS.isdisjoint(gap) for gap in gaps)


def _in_groups(view: View, start: int, end: int) -> bool:
    """Whether a mobile number is said as people say one: three digits, four and four (139，0024，8851)."""
    return [place - start for place, _ in view.gaps(start, end)] == [3, 7]


def _after(cues: Iterable[str], visible: Callable[[str], str], what: str) -> re.Pattern[str]:
    """``what`` behind a cue. A cue of Latin letters may be pulled apart (wei-xin, t g): then a digit is asked for.

    Inside a longer word (lvxing2024) letters are no cue, but behind a call to add somebody (jiavx).
    """
    seen = sorted(map(visible, cues), key=len, reverse=True)
    words = "|".join(rf"{_WORD_EDGE if word[0].isascii() else ''}{re.escape(word)}" for word in seen)
    apart = "|".join(_APART.join(word) for word in seen if word.isascii() and word.isalpha()) or "(?!)"
    digit = rf"(?=[^a-z0-9]{{0,8}}[a-z_-]{{0,19}}{_DIGIT})"
    cue = rf"(?:{words})(?!{_MEMBER})|(?<![a-z0-9])(?:{apart})(?![a-z0-9]){digit}"
    return re.compile(rf"(?:{cue}){_BETWEEN}({what})")


def _links(endings: Iterable[str], apps: str) -> re.Pattern[str]:
    """Addresses with their dots as they are, disguised, or told: ``yyds888点top斜杠a``; 0 and 1 stand for o and i too.

    An hour before 点 makes no address (12点net). Before an ending that is a word 点 is a tap too (iPhone点app): then
    the name is that of no known program, and has four letters and nothing right behind, or holds a number that is
    no hour (vivo12点live).
    """
    any_of = "|".join(
        ending if len(ending) == len("io") else ending.replace("o", "[o0]").replace("i", "[i1]")  # .10 ends a price
        for ending in map(re.escape, endings)
    )
    begin, point = r"(?<![a-z0-9@.-])", _POINT.pattern
    hour = rf"(?:[01]?[0-9]|2[0-4]){point}"
    dot = rf"(?:\.|。|{point}(?=(?:{_NO_WORDS})(?![a-z]))|\(dot\)|\[\.\]| dot )"
    host = rf"(?:[a-z0-9]\.|www{point})?[a-z0-9-]{{2,63}}(?:\.[a-z0-9-]{{1,63}}){{0,3}}{dot}(?:{any_of})(?![a-z])"
    lettered = rf"[a-z][a-z-]{{3,}}{point}(?:{any_of})(?![\u3400-\u9fff])"
    numbered = rf"(?![a-z-]+{hour})(?=[a-z-]*[0-9])(?=[0-9-]*[a-z])[a-z0-9-]{{4,63}}{point}(?:{any_of})"
    return re.compile(
        r"https?://[^\s\u3400-\u9fff]+|www\.[a-z0-9.-]+|"
        rf"{begin}(?!{hour})(?:{host}|(?!(?:{apps})[0-9]{{0,2}}{point})(?:{lettered}|{numbered})(?![a-z0-9]))"
        rf"(?:{_SLASH}[^\s\u3400-\u9fff]*)?|"
        rf"{begin}[a-z0-9-]{{1,20}}(?:\.|(?<=[a-z]){point})[a-z]{{2}}{_SLASH}[a-z0-9]{{4,}}"
    )
