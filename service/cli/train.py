"""``qingliu train``: folders of labelled text become the weights and the card of the text expert's first stage."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from models.data import DataRefused
from models.fit import Recipe
from models.train import Order, own_rows, train
from service.cli.evaluate import rounded
from service.cli.say import err, out
from service.cli.words import Lang, Tongue, refuse, say, table


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("train", help="训练文本专家（第一级）：读入带标签的目录，写出权重与模型卡。")(run)


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
    epochs: Annotated[int, typer.Option("--epochs", help="遍数", min=1)] = Recipe().epochs,
    seed: Annotated[int, typer.Option("--seed", help="随机种子")] = Recipe().seed,
    lang: Lang = Tongue.ZH,
) -> None:
    """Trains, writes and tells the figures of the held-out text."""
    recipe = Recipe(epochs=epochs, seed=seed)
    command = shlex.join(["qingliu", *(Path(word).name if Path(word).exists() else word for word in sys.argv[1:])])

    def tell(line: str) -> None:
        err.print(line, markup=False)

    try:
        order = Order(data or (), exclude or (), own_rows(own, seed), recipe, command)
        card = train(order, target, tell)
    except (DataRefused, OSError) as error:
        refuse(say(lang.lang, f"无法训练：{error}", f"cannot train: {error}"))
    heads = ("positive", "macro_f1", "pr_auc", "ece", "recall_at_threshold")
    listed = table(say(lang.lang, "标签", "head"), *heads, say(lang.lang, "阈值", "threshold"), numbers=heads)
    for head, figures in card.metrics["held_out"]["heads"].items():
        listed.add_row(head, *(rounded(figures.get(name)) for name in heads), rounded(card.thresholds[head]))
    out.print(listed, soft_wrap=False)
    flagged = card.metrics["held_out"]["ordinary"]["flagged"]
    told = say(lang.lang, f"普通文本误报：{flagged:.2%}", f"ordinary text flagged: {flagged:.2%}")
    out.print(told, markup=False)
