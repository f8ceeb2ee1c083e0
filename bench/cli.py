"""The command: measures, prints, writes ``bench.json`` and ``bench.png``."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer
from typer.core import TyperCommand

from bench import engine, linear, serving
from bench.chart import draw
from bench.checks import checks
from bench.corpus import clean_comments
from bench.machine import machine
from bench.options import FULL, QUICK
from bench.report import tell
from bench.rules import SEED, TERMS, nested, padded
from moderation.engine import Engine
from moderation.errors import LoadErrors
from service.cli.say import err, out
from service.cli.usage import asks_english, frame, in_english, telling
from service.cli.words import Lang, Tongue, refuse, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.options import Effort
    from moderation.ruleset import Ruleset

RESULTS: Final = Path(__file__).parent / "results"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Share(StrEnum):
    """The parts of a run."""

    ENGINE = "engine"
    HTTP = "http"
    LINEAR = "linear"


class _Command(TyperCommand):
    """The command, in the language that its line asks for: ``qingliu`` hands the line on unread."""

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **named: Any) -> Any:
        """Reads the line."""
        english = asks_english(args)
        frame(english=english)
        if english:
            in_english(self)
        with telling(self, english=english):
            return super().make_context(info_name, args, *more, **named)


@app.command(cls=_Command)
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="快速试跑；数字不可引用")] = False,  # noqa: FBT002
    only: Annotated[Share | None, typer.Option(help="只测一部分", show_default=False)] = None,
    output: Annotated[Path, typer.Option(help="结果目录", file_okay=False, show_default="bench/results")] = RESULTS,
    terms: Annotated[int, typer.Option(help="词库条数：在自带词库之外以生成的词补足", min=1)] = TERMS,
    lang: Lang = Tongue.ZH,
) -> None:
    """性能对比：同一次运行内并列测量，取各轮中位数，结果写入 bench.json 与 bench.png。

    只测一部分时写入 bench-<部分>.json，不画图。
    """  # noqa: D415 - a Chinese sentence
    effort = QUICK if quick else FULL
    shares = [only] if only else list(Share)
    result: dict[str, Any] = {"machine": machine(), "quick": quick}
    with TemporaryDirectory(prefix="qingliu-bench-") as folder, _rules_told():
        run = Run(Path(folder), effort, terms)
        for share in shares:
            err.print(say(lang.lang, f"正在测量 {share} ……", f"measuring {share} ..."), markup=False)
            result |= run.measured(share)
    found = checks(result)
    result["checks"] = [check.told() for check in found]
    output.mkdir(parents=True, exist_ok=True)
    written = output / (f"bench-{only}.json" if only else "bench.json")
    written.write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    tell(result, found, out, lang.lang)
    if not only:
        draw(result, output / "bench.png")
    out.print(say(lang.lang, f"结果：{output}", f"results: {output}"), markup=False)


@contextmanager
def _rules_told() -> Iterator[None]:
    """Broken rules end the run with their places, not with a traceback."""
    try:
        yield
    except LoadErrors as errors:
        refuse(str(errors))


@dataclass(frozen=True)
class Run:
    """One run: its folder, its effort, and the padded rules, which take seconds to make and are made once."""

    folder: Path
    effort: Effort
    terms: int

    @cached_property
    def ruleset(self) -> Ruleset:
        """The padded rules."""
        return padded(self.folder / "lexicons", terms=self.terms)

    def measured(self, share: Share) -> dict[str, Any]:
        """One part of the run."""
        if share is Share.LINEAR:
            return {"linear": linear.measure(nested(self.folder / "nested"), self.effort)}
        told = {"lexicon": {"terms": len(self.ruleset.terms), "seed": SEED, "fingerprint": self.ruleset.fingerprint}}
        if share is Share.ENGINE:
            return told | {"engine": engine.measure(self.ruleset, self.effort)}
        contents, _ = clean_comments(Engine(self.ruleset), least=self.effort.comments)
        return told | {"http": serving.measure(contents, self.folder, self.effort)}
