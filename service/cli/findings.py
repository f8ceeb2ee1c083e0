"""What the lexicon commands share: a clean corpus, a pause of the collector, a bar, and how findings are told."""

from __future__ import annotations

import gc
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import orjson
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from moderation.encoding import ListUnreadable, decode
from moderation.lint import EXPLAINED, LIMIT, Kind
from service.cli.say import err, out, why
from service.cli.words import refuse, say, table
from service.rulebook.linting import CLEAN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from moderation.lint import Alarms, Finding
    from moderation.reasons import Language

T = TypeVar("T")

NAMES: Final = {
    Kind.REFUSED: "加载器拒绝",
    Kind.FREQUENT: "误报过多",
    Kind.ALARM: "有误报",
    Kind.COMMON: "常用词",
    Kind.SHORT: "两字短词",
    Kind.ASCII: "短数字字母",
    Kind.REPEATED: "重复",
    Kind.ANCHOR: "锚词不符",
}
"""What a Chinese reader calls a kind; an English one calls it by its code."""
SHOWN: Final = 8
QUOTE: Final = 40

Corpus = Annotated[
    Path | None,
    typer.Option(
        "--corpus",
        help="干净语料：每行一条的 txt，或含 text 的 jsonl（默认随附的 samples/clean.txt）",
        exists=True,
        dir_okay=False,
        show_default=False,
    ),
]
Limit = Annotated[float, typer.Option("--limit", help="误报率上限：达到即不可启用", min=0.0, max=1.0)]
DEFAULT_LIMIT: Final = LIMIT


@dataclass(slots=True)
class Clock:
    """Seconds that each step took, in order."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times what happens inside."""
        started = perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - started

    def told(self) -> dict[str, float]:
        """The seconds, rounded, with their sum as ``total``."""
        listed = {name: round(seconds, 3) for name, seconds in self.seconds.items()}
        return {**listed, "total": round(sum(self.seconds.values()), 3)}


@contextmanager
def no_collection() -> Iterator[None]:
    """No garbage collection while much is made that stays: it would look through all of it again and again."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def clean_texts(path: Path | None, lang: Language) -> list[str]:
    """The texts of a corpus; lines that start with # are comments. Ends the command where it cannot be read."""
    chosen = path or CLEAN
    try:
        text, _ = decode(chosen.read_bytes())
    except OSError as error:
        refuse(say(lang, "语料无法读取：", "cannot read the corpus: ") + why(error, lang))
    except ListUnreadable as error:
        refuse(f"{chosen}:{error.line}: {error.told.in_(lang)}")
    stripped = ((number, raw.strip()) for number, raw in enumerate(text.split("\n"), start=1))
    lines = [(number, line) for number, line in stripped if line and not line.startswith("#")]
    if chosen.suffix.lower() not in {".jsonl", ".ndjson"}:
        return [line for _, line in lines]
    return [_text(chosen, number, line, lang) for number, line in lines]


def _text(path: Path, number: int, line: str, lang: Language) -> str:
    try:
        found = orjson.loads(line)
        if isinstance(found, dict) and isinstance(found.get("text"), str):
            return str(found["text"])
    except orjson.JSONDecodeError:
        pass
    refuse(say(lang, f"{path}:{number}: 应为含 text 的对象", f"{path}:{number}: an object with text is expected"))
    return None


def watched(things: Sequence[T]) -> Iterator[T]:
    """Passes things through and draws a bar of them, where somebody watches."""
    if not err.is_terminal:
        yield from things
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn(""))
    with Progress(*columns, console=err, transient=True) as progress:
        yield from progress.track(things)


def told(findings: Sequence[Finding], alarms: Alarms, lang: Language) -> dict[str, Any]:
    """Findings as plain data."""
    counts = Counter(finding.kind for finding in findings)
    return {
        "corpus": {"texts": alarms.texts, "flagged": alarms.flagged},
        "kinds": {
            str(kind): {"count": counts[kind], "refused": kind.refuses, "explained": EXPLAINED[kind].in_(lang)}
            for kind in Kind
            if counts[kind]
        },
        "findings": [
            {
                "kind": one.kind,
                "file": one.file,
                "line": one.line,
                "term": one.term,
                "detail": one.detail.in_(lang),
                **({"rate": round(one.rate, 5), "texts": list(one.texts)} if one.texts else {}),
            }
            for one in findings
        ],
    }


def tell(findings: Sequence[Finding], alarms: Alarms, lang: Language, *, everything: bool) -> None:
    """Findings as tables: each kind with what it means, and its terms; the first few, unless all are asked for."""
    counts = Counter(finding.kind for finding in findings)
    heads = [say(lang, *head) for head in (("检查项", "kind"), ("词条", "terms"), ("结论", "so"), ("说明", "meaning"))]
    summary = table(*heads, numbers=heads[1:2], lines=True)
    for kind in Kind:
        if counts[kind]:
            so = say(lang, "拒绝", "refused") if kind.refuses else say(lang, "提醒", "warning")
            summary.add_row(say(lang, NAMES[kind], kind), str(counts[kind]), so, EXPLAINED[kind].in_(lang))
    if findings:
        out.print(summary, soft_wrap=False)
    for kind in Kind:
        listed = sorted((one for one in findings if one.kind is kind), key=lambda one: -one.rate)
        for one in listed if everything else listed[:SHOWN]:
            out.print(_line(one, lang), markup=False)
        if not everything and len(listed) > SHOWN:
            rest, name = len(listed) - SHOWN, NAMES[kind]
            out.print(
                say(lang, f"  {name} 另有 {rest} 条，--all 全部列出", f"  {rest} more of {kind}: --all lists them")
            )
    if any(finding.kind is Kind.REFUSED for finding in findings) and not alarms.texts:
        return  # refused rules were not run
    out.print(
        say(
            lang,
            f"干净语料 {alarms.texts} 条，其中 {alarms.flagged} 条会被这些词标记",
            f"{alarms.texts} clean texts, {alarms.flagged} of which these terms flag",
        )
    )


def _line(one: Finding, lang: Language) -> str:
    rate = f" {one.rate:.2%}" if one.rate else ""
    quoted = "  ".join(f"“{text[:QUOTE]}{'…' if len(text) > QUOTE else ''}”" for text in one.texts)
    name = say(lang, NAMES[one.kind], one.kind)
    pieces = (f"{one.file}:{one.line}: {name}{rate}", one.term, one.detail.in_(lang), quoted)
    return "  ".join(filter(None, pieces))
