"""The results as tables for people. Every number stands in the JSON file too."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any, Final

from service.cli.words import say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from bench.checks import Check
    from moderation.reasons import Language


_SHOWN: Final = ("requests_per_second", "p50_ms", "p99_ms")


def tell(result: dict[str, Any], found: Sequence[Check], console: Console, lang: Language) -> None:
    """All tables of what was measured, then the promises."""
    told = result["machine"]
    facts = (f"{told['cpu']} × {told['cores']}", told["system"], f"Python {told['python']}", told["date"])
    console.print(" · ".join(facts), markup=False)
    if "engine" in result:
        _engine(result, console, lang)
    if "http" in result:
        _http(result["http"], console, lang)
    if "linear" in result:
        _linear(result["linear"], console, lang)
    _checks(found, console, lang)


def _engine(result: dict[str, Any], console: Console, lang: Language) -> None:
    engine, lexicon = result["engine"], result["lexicon"]
    corpora = engine["corpora"]
    heads = [say(lang, "正常评论", "clean comments"), say(lang, "日常评论", "everyday comments"), "samples/"]
    ratio = say(lang, "对折叠+匹配", "to fold+match")
    listed = table(say(lang, "做法", "contestant"), heads[0], ratio, *heads[1:], numbers=(*heads, ratio))
    base = corpora["clean"]["texts_per_second"]["fold"]["median"]
    for key, names in engine["contestants"].items():
        clean, *others = (told["texts_per_second"][key]["median"] for told in corpora.values())
        shown = (f"{one:,}" for one in others)
        listed.add_row(say(lang, names["zh"], names["en"]), f"{clean:,}", f"{clean / base:.2f}", *shown)
    listed.title = say(
        lang,
        f"词库 {lexicon['terms']:,} 条，每 CPU 秒文本数（中位数）",
        f"{lexicon['terms']:,} terms, texts per CPU second (medians)",
    )
    console.print(listed)


def _http(http: dict[str, Any], console: Console, lang: Language) -> None:
    heads = [
        say(lang, *head)
        for head in (
            ("请求/CPU 秒", "requests/CPU s"),
            ("文本/CPU 秒", "texts/CPU s"),
            ("请求/秒", "requests/s"),
            ("p50 ms", "p50 ms"),
            ("p99 ms", "p99 ms"),
        )
    ]
    names = {
        "echo": ("空回显", "bare echo"),
        "single": ("逐条审核", "one content"),
        "batch": ("每批 100 条", "batch of 100"),
    }
    listed = table("HTTP", *heads, numbers=heads)
    listed.title = say(lang, f"{http['connections']} 个连接，各轮中位数", f"{http['connections']} connections, medians")
    for key, target in http["targets"].items():
        shown = {name: median(one[name] for one in target["rounds"]) for name in _SHOWN}
        listed.add_row(
            say(lang, *names[key]),
            f"{target['requests_per_cpu_second']:,.0f}",
            f"{target['texts_per_cpu_second']:,.0f}",
            f"{shown['requests_per_second']:,.0f}",
            f"{shown['p50_ms']:g}",
            f"{shown['p99_ms']:g}",
        )
    console.print(listed)


def _linear(families: dict[str, Any], console: Console, lang: Language) -> None:
    heads = ["n", "µs(n)", "µs(2n)", say(lang, "倍数", "ratio")]
    listed = table(say(lang, "攻击文本", "attack"), *heads, numbers=heads)
    for name, told in families.items():
        (single, double), length = told["microseconds"], told["characters"][0]
        listed.add_row(name, f"{length:,}", f"{single:,.0f}", f"{double:,.0f}", f"{told['ratio']:.2f}")
    console.print(listed)


def _checks(found: Sequence[Check], console: Console, lang: Language) -> None:
    heads = [say(lang, "测得", "measured"), say(lang, "要求", "bound")]
    listed = table(say(lang, "指标", "ratio"), *heads, say(lang, "结果", "result"), numbers=heads)
    for check in found:
        met = say(lang, "[green]达到", "[green]met") if check.met else say(lang, "[red]未达到", "[red]not met")
        listed.add_row(
            say(lang, check.zh, check.en), f"{check.value:.2f}", f"{'≤' if check.most else '≥'} {check.bound:g}", met
        )
    console.print(listed)
