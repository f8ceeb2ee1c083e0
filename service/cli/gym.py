"""``qingliu gym``: disguises every term and ordinary text, and tells what is found, missed and wrongly flagged."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from random import Random
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.progress import track

from moderation.gym import Gym
from moderation.text.variants import DISGUISES
from moderation.types import Scene
from service.cli.findings import clean_texts
from service.cli.judging import Lexicons, open_engine
from service.cli.say import Json, err, out, print_json
from service.cli.words import Lang, Tongue, say, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moderation.gym import Score
    from moderation.reasons import Language

T = TypeVar("T")

FOLDED = {
    "fullwidth": ("全角", "full width"),
    "traditional": ("繁体", "traditional"),
    "invisible": ("零宽字符", "invisible characters"),
    "symbols": ("夹符号", "symbols between"),
    "emoji": ("夹表情", "emoji between"),
    "vertical": ("一字一行", "one character a line"),
    "repeat": ("叠字", "repeated letters"),
}
"""The disguises that folding undoes for every term."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("gym")(gym)


def gym(  # noqa: PLR0913, PLR0917 - the options of a command line
    ordinary: Annotated[
        Path | None,
        typer.Option(
            help="普通文本，每行一条（txt，或含 text 的 jsonl；# 起头的不算），用来量误报", show_default=False
        ),
    ] = None,
    scene: Annotated[Scene, typer.Option(help="普通文本的场景")] = Scene.UGC,
    every: Annotated[int, typer.Option(help="每几个词条取一个", min=1)] = 1,
    seed: Annotated[int, typer.Option(help="随机种子")] = 1,
    pairs: Annotated[bool, typer.Option("--pairs", help="每次用两种伪装")] = False,  # noqa: FBT002
    misses: Annotated[int, typer.Option(help="每种伪装列出几个未识别（或误报）的例子", min=0)] = 0,
    lexicons: Lexicons = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    lang: Lang = Tongue.ZH,
) -> None:
    """对抗演练：把每个词条伪装起来看能否识别，再把同样的伪装用在普通文本上看是否误报。"""  # noqa: D415
    texts = clean_texts(ordinary, lang.lang) if ordinary else []
    engine, _ = open_engine(lexicons, lang.lang)
    trainer = Gym(engine, Random(seed))  # noqa: S311 - a seed that anyone can repeat
    terms = trainer.terms()[::every]
    ways = trainer.pairs if pairs else trainer.kinds
    found = _last(trainer.recall(terms, ways), len(terms), say(lang.lang, "伪装词条", "disguising terms"))
    alarms = trainer.alarms(texts, scene, ways)
    newly = _last(alarms, len(texts), say(lang.lang, "伪装普通文本", "disguising ordinary text"))
    if json:
        told = {kind: _told(found.get(kind), newly.get(kind)) for kind in ways}
        print_json({"seed": seed, "terms": len(terms), "texts": len(texts), "disguises": told})
        return
    _tell(ways, found, newly, lang.lang)
    for scores in (found, newly):
        for kind in ways if misses else ():
            for before, after in scores[kind].missed[:misses] if kind in scores else ():
                out.print(f"{kind}: {before} → {after!r}", markup=False)


def _last(rounds: Iterable[dict[str, Score]], total: int, what: str) -> dict[str, Score]:
    """The scores after the last round, with a progress bar on a terminal."""
    scores: dict[str, Score] = {}
    for scores in track(rounds, what, total, console=err, transient=True, disable=not err.is_terminal):  # noqa: B007
        pass
    return scores


def _told(found: Score | None, alarms: Score | None) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, score in (("terms", found), ("ordinary", alarms)):
        if score is not None:
            told[name] = {"tried": score.tried, "flagged": score.found, "rate": round(score.rate, 5)}
    return told


def _tell(kinds: Sequence[str], found: dict[str, Score], alarms: dict[str, Score], lang: Language) -> None:
    numbers = [
        say(lang, *head)
        for head in (("词条", "terms"), ("识别率", "recall"), ("普通文本", "ordinary"), ("新增误报", "false alarms"))
    ]
    listed = table(say(lang, "伪装", "disguise"), *numbers, numbers=numbers)
    for kind in kinds:
        names = [say(lang, *(DISGUISES[one][1:] if one in DISGUISES else FOLDED[one])) for one in kind.split("+")]
        cells: list[str] = []
        for score, digits in ((found.get(kind), 1), (alarms.get(kind), 2)):
            tried = score.tried if score else 0
            cells += [f"{tried:,}", f"{score.rate:.{digits}%}" if score and tried else "–"]
        listed.add_row(f"{' + '.join(names)} {kind}", *cells)
    out.print(listed)
