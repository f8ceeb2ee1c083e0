"""Number formats: approvals, licences, patents and standards, by pattern, date and check character. No ruleset here.

Formats are code, as those of telephone and card numbers are: they come with checks that no table could hold. What
they are called, and who must have one, is data (``lexicons/industries.toml``). Patterns read the raw view: lower case,
narrow forms, simplified characters, invisible characters gone, punctuation kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROVINCE = "[京津沪渝冀晋蒙辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川贵黔云滇藏陕甘青宁新]"
_HAN = "[\u4e00-\u9fa5]"
_OPEN, _CLOSE = "[(\\[【〔]", "[)\\]】〕]"
_IS = r"(?:编号|文号|号)?(?:[:：]|为|是)?\s?"
"""What may stand between the name of a number and its characters."""
_REVIEWED = r"\((?:视|声|文)\)\s?第?\s?([0-9]{6})-[0-9]{5}(?![0-9])号?"
_MASKED = re.compile(r"[0-9()\[\]【】〔〕第视声文字年-]{0,32}?[x×*○]{2}")
"""The rest of a number whose characters are left out, as in a draft or a sample: 国食健注G2019XXXX."""
_MASKS = frozenset("x×*○")
_AD_LOOKS = r"广审\s?(?:\([^()\n]{0,4}\))?\s?(?:第\s?)?[0-9]"


class State(StrEnum):
    """What is to be said of a number that stands in a text."""

    VALID = "valid"
    MALFORMED = "malformed"
    EXPIRED = "expired"


class Found(NamedTuple):
    """A number in a text: its format, its place, its state on the day, and the kind of goods that it names, if any."""

    format: str
    start: int
    end: int
    state: State
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """``exact`` fits a number; ``looks`` fits what gives itself out as one; ``check`` returns its state on a day.

    ``gates`` are words of the folded view, one of which must stand before there is anything to look for. The group
    ``kind`` of a number, or ``kind``, says of what goods it is: the class of a device, the letter of a drug.
    """

    gates: tuple[str, ...]
    exact: re.Pattern[str]
    looks: re.Pattern[str] | None = None
    check: Callable[[re.Match[str], date], State] | None = None
    kind: str = ""

    def kind_of(self, match: re.Match[str]) -> str:
        """What a number that fits says of its goods."""
        return match["kind"] if "kind" in self.exact.groupindex else self.kind


def _until(match: re.Match[str], day: date) -> State:
    """The digits of an advertisement's approval are the last day on which it may run."""
    digits = match[1]
    try:
        last = date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return State.MALFORMED
    return State.EXPIRED if last < day else State.VALID


def _one_year(match: re.Match[str], day: date) -> State:
    """A medical advertisement's certificate holds one year (医疗广告管理办法 13); only its own year is known."""
    return State.EXPIRED if int(match[1]) + 1 < day.year else State.VALID


def _checked(match: re.Match[str], _day: date) -> State:
    return State.VALID if is_credit_code(match[0]) else State.MALFORMED


def _made(
    gates: str, exact: str, looks: str = "", check: Callable[[re.Match[str], date], State] | None = None, kind: str = ""
) -> Format:
    return Format(tuple(gates.split()), re.compile(exact), re.compile(looks) if looks else None, check, kind)


FORMATS: dict[str, Format] = {
    "drug_approval": _made(
        "国药准字",
        rf"国药准字{_IS}(?P<kind>[hzsjtbf])[cj]?\s?[0-9]{{8}}(?![0-9a-z])",
        rf"国药准字{_IS}[a-z]{{0,3}}\s?[0-9]",
    ),
    "drug_ad": _made("药广审", rf"(?:国|{PROVINCE})药广审{_REVIEWED}", rf"(?<![农兽])药{_AD_LOOKS}", _until),
    "device_reg": _made(
        "械注",
        rf"(?:国|{PROVINCE})械注[准进许]{_IS}(?:19|20)[0-9]{{2}}(?P<kind>[123])[0-9]{{2}}[0-9]{{4}}(?![0-9])",
        rf"械注[准进许]?字?{_IS}[0-9]",
    ),
    "device_filing": _made(
        "械备",
        rf"(?:国|{PROVINCE}{_HAN}{{0,2}})械备{_IS}(?:19|20)[0-9]{{2}}[0-9]{{4,5}}(?![0-9])号?",
        rf"械备字?{_IS}[0-9]",
        kind="1",
    ),
    "device_ad": _made("械广审", rf"{PROVINCE}械广审{_REVIEWED}", rf"械{_AD_LOOKS}", _until),
    "hf_reg": _made("国食健注", rf"国食健注{_IS}[gj]\s?[0-9]{{8}}(?![0-9])", rf"国食健注字?{_IS}[a-z]{{0,3}}\s?[0-9]"),
    "hf_filing": _made("食健备", rf"食健备{_IS}[gj]\s?[0-9]{{12}}(?![0-9])", rf"食健备字?{_IS}[a-z]{{0,3}}\s?[0-9]"),
    "hf_legacy": _made(
        "国食健字 卫食健",
        rf"国食健字{_IS}[gj]\s?[0-9]{{8}}(?![0-9])|卫食健(?:进)?字\s?{_OPEN}[0-9]{{4}}{_CLOSE}\s?第?\s?[0-9]{{3,4}}(?![0-9])号",
        rf"国食健字{_IS}[a-z]{{0,3}}\s?[0-9]|卫食健进?字\s?{_OPEN}?[0-9]",
    ),
    "hf_ad": _made("食健广审", rf"{PROVINCE}食健广审{_REVIEWED}", rf"食健{_AD_LOOKS}", _until),
    "fsmp_reg": _made("国食注字ty", r"国食注字\s?ty\s?[0-9]{8}(?![0-9])", r"国食注字\s?ty\s?[0-9]"),
    "fsmp_ad": _made("食特广审", rf"{PROVINCE}食特广审{_REVIEWED}", rf"食特{_AD_LOOKS}", _until),
    "infant_reg": _made("国食注字yp", r"国食注字\s?yp\s?[0-9]{8}(?![0-9])", r"国食注字\s?yp\s?[0-9]"),
    "cos_special": _made(
        "国妆特", rf"国妆特(?:进)?字{_IS}[gj]?\s?[0-9]{{8,10}}(?![0-9])", rf"国妆特进?字?{_IS}[a-z]{{0,2}}\s?[0-9]"
    ),
    "cos_filing": _made(
        "妆网备",
        rf"{PROVINCE}g?妆网备字\s?[0-9]{{10}}(?![0-9])|国妆网备进字\s?\({PROVINCE}\)\s?[0-9]{{10}}(?![0-9])",
        r"妆网备进?字?\s?(?:\([^()\n]{0,3}\))?\s?[0-9]",
    ),
    "cos_mfr": _made("妆1 妆2", rf"{PROVINCE}妆[0-9]{{8}}(?![0-9])", rf"{PROVINCE}妆[0-9]"),
    "sc": _made("sc1 sc2", r"(?<![a-z])sc\s?[12][0-9]{13}(?![0-9])", r"(?<![a-z])sc\s?[12][0-9]{8}"),
    "jy": _made("jy1 jy2 jy3", r"(?<![a-z])jy\s?[0-9]{14}(?![0-9])", r"(?<![a-z])jy\s?[0-9]{9}"),
    "yb": _made("yb", r"(?<![a-z])yb\s?[0-9]{14}(?![0-9])"),
    "med_ad": _made(
        "医广",
        rf"\({_HAN}{{1,4}}\)(?:\({_HAN}{{1,4}}\))?\s?(?:中)?医广\s?{_OPEN}([0-9]{{4}}){_CLOSE}\s?第\s?[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2,12}}号",
        rf"医广(?:字|审)?\s?(?:{_OPEN}|第|[0-9])",
        _one_year,
    ),
    "icp": _made("icp备 icp证", rf"{PROVINCE}icp(?:备|证)\s?[0-9]{{6,10}}(?![0-9])号?(?:-[0-9]{{1,3}})?"),
    "vats": _made("", rf"(?<![a-z0-9]){PROVINCE}?[ab][12](?:\.[ab][12])?-[0-9]{{8}}(?![0-9])"),
    "psb": _made("公网安备", rf"{PROVINCE}公网安备\s?[0-9]{{14}}(?![0-9])号?", r"公网安备\s?[0-9]"),
    "edu": _made("教民", r"教民\s?[0-9]{12,16}(?![0-9])号", r"教民\s?[0-9]"),
    "presale": _made(
        "预售 售许 预许 销许 房许 房预 房销 现售 售证 预字 售字",
        rf"{_OPEN}[0-9]{{4}}{_CLOSE}{_HAN}{{0,3}}[预售]{_HAN}{{0,4}}第?[0-9]{{1,7}}(?![0-9])号"
        rf"|(?:[预售]|房许){_HAN}{{0,4}}{_OPEN}[0-9]{{4}}{_CLOSE}{_HAN}{{0,3}}第?[0-9]{{1,7}}(?![0-9])号"
        rf"|(?:[预销]售|[预售销]许|房[预销]){_HAN}{{0,2}}(?:{_OPEN}{_HAN}{_CLOSE})?字?第?[0-9]{{6,20}}(?![0-9])号"
        r"|[预销现]售许可证(?:号|编号)?[:：]?\s?(?:第\s?)?[0-9][0-9-]{4,20}",
    ),
    "fin_license": _made("", r"(?<![a-z0-9])[a-z][0-9]{4}[a-z][0-9]{9}(?![a-z0-9])"),
    "pe_fund": _made("", r"(?<![a-z0-9])p1[0-9]{6}(?![0-9])"),
    "pesticide": _made(
        "pd wp ls", r"(?<![a-z])(?:pd|wp|ls)\s?[0-9]{5,8}(?![0-9])(?:-[0-9]{2,3})?(?:f[0-9]{2,6})?(?![0-9a-z])"
    ),
    "vet_drug": _made("兽药字", rf"兽药字{_IS}[0-9]{{9}}(?![0-9])", rf"兽药字{_IS}[0-9]"),
    "disinfect": _made(
        "卫消证字",
        rf"(?:\({PROVINCE}\)|{PROVINCE})\s?卫消证字\s?{_OPEN}[0-9]{{4}}{_CLOSE}\s?第?\s?[0-9]{{4}}(?![0-9])号",
        rf"卫消证字\s?{_OPEN}?[0-9]",
    ),
    "pub": _made(
        "新出发", rf"新出发{PROVINCE}{_HAN}?(?:零|批)字第[\w()—-]{{2,20}}号", rf"新出发{PROVINCE}{_HAN}?(?:零|批)字"
    ),
    "culture": _made(
        "网文",
        rf"{PROVINCE}网文\s?{_OPEN}?[0-9]{{4}}{_CLOSE}?\s?[0-9]{{4}}-[0-9]{{3}}(?![0-9])号",
        rf"{PROVINCE}网文\s?{_OPEN}?[0-9]{{4}}",
    ),
    "ccc": _made("", r"(?<![0-9])20[0-9]{14}(?![0-9])"),
    "uscc": _made(
        "信用代码",
        r"(?<![0-9a-z])[1-9any][1-9][0-9a-hj-npqrtuwxy]{6}[0-9a-hj-npqrtuwxy]{10}(?![0-9a-z])",
        r"信用代码[:：为是]?\s?[0-9a-z]{15,18}",
        _checked,
    ),
    "patent": _made(
        "zl",
        r"(?<![a-z])zl\s?(?:[0-9]{4}\s?[0-9]\s?[0-9]{7}|[0-9]{2}\s?[0-9]\s?[0-9]{5})\.\s?[0-9x](?![0-9a-z])",
        r"(?<![a-z])zl\s?[0-9]{4}\s?[0-9]\s?[0-9]{3}",
    ),
    "gb": _made(
        "",
        r"(?<![a-z])(?:gb/t|gb/z|gb|db[0-9]{2}(?:/t)?|qb/t|ny/t|hg/t|yy/t|t/[a-z]{2,8})\s?[0-9]{2,6}(?![0-9])(?:\.[0-9]{1,3})?(?:[—-][0-9]{4}(?![0-9]))?",
    ),
}
"""Every format of the qualification matrix, by the name that the table of industries uses."""

_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def is_credit_code(code: str) -> bool:
    """Whether 18 characters are a unified social credit code: GB 32100-2015, check character modulo 31."""
    values = [_CREDIT.find(char) for char in code.upper()]
    if len(values) != 18 or min(values) < 0:  # noqa: PLR2004 - the length of every code
        return False
    total = sum(value * pow(3, place, 31) for place, value in enumerate(values[:17]))
    return (31 - total % 31) % 31 == values[17]


def numbers_in(text: str, names: frozenset[str], day: date) -> Iterator[Found]:
    """Every number of the formats ``names`` in a raw view, and what gives itself out as one and does not fit.

    One whose characters are left out cannot be checked: it is there, of no kind.
    """
    for name in sorted(names):
        form = FORMATS[name]
        fitting = list(form.exact.finditer(text))
        for match in fitting:
            state = form.check(match, day) if form.check else State.VALID
            yield Found(name, *match.span(), state, form.kind_of(match))
        for match in _misfits(form, text, fitting):
            masked = text[match.start() - 1 : match.start()] in _MASKS or _MASKED.match(text, match.end())
            yield Found(name, *match.span(), State.VALID if masked else State.MALFORMED)


def _misfits(form: Format, text: str, fitting: list[re.Match[str]]) -> Iterator[re.Match[str]]:
    """What looks like a number of the format and touches none that fits. Both come in the order of the text."""
    ahead = 0
    for match in form.looks.finditer(text) if form.looks else ():
        while ahead < len(fitting) and fitting[ahead].end() <= match.start():
            ahead += 1
        if ahead == len(fitting) or fitting[ahead].start() >= match.end():
            yield match
