"""``qingliu train``: folders of labelled text become the weights and the card of the text expert, stage by stage."""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from models.data import DataRefused
from models.fit import Recipe
from models.lessons import Lesson, teach_second
from models.second import runtime
from models.tensors import WeightsRefused
from models.train import Order, own_rows, train
from service.cli.evaluate import rounded
from service.cli.say import err, out, why
from service.cli.words import Lang, Tongue, refuse, say, table

if TYPE_CHECKING:
    from models.card import Card
    from moderation.reasons import Language

FIGURES: Final = ("positive", "macro_f1", "pr_auc", "ece", "recall_at_threshold")


class Stage(StrEnum):
    """What to train. The second stage is stacked on the first one that lies in the model folder."""

    FIRST = "first"
    SECOND = "second"
    BOTH = "both"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("train", help="训练文本模型：读入带标签的目录，写出权重与模型卡。")(run)


def run(  # noqa: PLR0913, PLR0917 - the options of a command
    target: Annotated[Path, typer.Option("--output", "-o", help="模型目录（含 cards/ 与 weights/）", file_okay=False)],
    data: Annotated[
        list[Path] | None, typer.Option("--data", help="数据目录或文件，可多次给出", exists=True, show_default=False)
    ] = None,
    exclude: Annotated[
        list[Path] | None,
        typer.Option(
            "--exclude", help="其中的文本一律不用于训练（JSONL）", exists=True, dir_okay=False, show_default=False
        ),
    ] = None,
    own: Annotated[int, typer.Option("--own", help="项目自写文本的条数", min=0)] = 60_000,
    stage: Annotated[
        Stage, typer.Option("--stage", help="第一级、第二级（需 ml，叠加在该目录的第一级之上）或两级")
    ] = Stage.FIRST,
    lines: Annotated[int, typer.Option("--lines", help="第二级预训练用的无标签文本行数", min=0)] = Lesson().lines,
    second_epochs: Annotated[int, typer.Option("--second-epochs", help="第二级的遍数", min=1)] = Lesson().epochs,
    passes: Annotated[int, typer.Option("--passes", help="第二级预训练的遍数", min=1)] = Lesson().passes,
    teachers: Annotated[
        list[Path] | None,
        typer.Option(
            "--teacher",
            help="已训练好的第二级（模型目录），可多次给出：新的一级兼学它们的共识",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            "--start",
            help="第二级不从头预训练，而从已训练好的一个（模型目录）继续",
            exists=True,
            file_okay=False,
            show_default=False,
        ),
    ] = None,
    epochs: Annotated[int, typer.Option("--epochs", help="遍数", min=1)] = Recipe().epochs,
    seed: Annotated[int, typer.Option("--seed", help="随机种子")] = Recipe().seed,
    lang: Lang = Tongue.ZH,
) -> None:
    """Trains, writes and tells the figures of the held-out text."""
    recipe = Recipe(epochs=epochs, seed=seed)
    command = shlex.join(["qingliu", *(Path(word).name if Path(word).exists() else word for word in sys.argv[1:])])

    def tell(line: str) -> None:
        err.print(line, markup=False)

    if stage is not Stage.FIRST and runtime("torch") is None:
        refuse(say(lang.lang, "第二级需要 torch：pip install 'qingliu[ml]'", "torch: pip install 'qingliu[ml]'"))
    try:
        order = Order(data or (), exclude or (), own_rows(own, seed), recipe, command)
        if stage is not Stage.SECOND:
            _tell_first(train(order, target, tell), lang.lang)
        if stage is not Stage.FIRST:
            lesson = Lesson(lines, passes, epochs=second_epochs, seed=seed, teachers=teachers or (), start=start)
            _tell_second(teach_second(order, lesson, target, tell), lang.lang)
    except (DataRefused, WeightsRefused, OSError) as error:
        refuse(say(lang.lang, f"无法训练：{why(error, 'zh')}", f"cannot train: {error}"))


def _tell_first(card: Card, lang: Language) -> None:
    listed = table(say(lang, "标签", "head"), *FIGURES, say(lang, "阈值", "threshold"), numbers=FIGURES)
    for head, figures in card.metrics["held_out"]["heads"].items():
        listed.add_row(head, *(rounded(figures.get(name)) for name in FIGURES), rounded(card.thresholds[head]))
    out.print(listed, soft_wrap=False)
    flagged = card.metrics["held_out"]["ordinary"]["flagged"]
    out.print(say(lang, f"普通文本误报：{flagged:.2%}", f"ordinary text flagged: {flagged:.2%}"), markup=False)


def _tell_second(card: Card, lang: Language) -> None:
    """Each head by the first stage, by the second, and by both; whether both are better is told with its p."""
    listed = table(say(lang, "标签", "head"), say(lang, "级", "stage"), *FIGURES, "p", numbers=(*FIGURES, "p"))
    for head, gain in card.metrics["gain"].items():
        for name, told in card.metrics["held_out"].items():
            chance = rounded(gain["p"]) if name == "both" else ""
            listed.add_row(head, name, *(rounded(told[head].get(figure)) for figure in FIGURES), chance)
    out.print(listed, soft_wrap=False)
