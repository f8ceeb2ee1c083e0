"""``qingliu evaluate``: what the text expert is worth on folders of labelled text, and how fast it is."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from models import evaluate, ngram, second
from models.card import HOME
from models.data import DataRefused, files_of, known_sources, rows_of
from models.robust import filled, robustness
from models.tensors import WeightsRefused
from service.cli.say import Json, err, fail, out, print_json, why
from service.cli.words import Lang, Tongue, refuse, say, table

if TYPE_CHECKING:
    from moderation.reasons import Language


SLOW_TEXTS: Final = 600
"""Texts that the speed of the second stage is measured with."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("evaluate", help="评估文本模型：各标签的指标（含区间）、普通文本误报与速度。")(run)


def run(  # noqa: PLR0913, PLR0917 - the options of a command
    data: Annotated[
        list[Path] | None, typer.Option("--data", help="数据目录或文件，可多次给出", exists=True, show_default=False)
    ] = None,
    templates: Annotated[
        Path | None,
        typer.Option(
            help="评估句式（TOML），用来量各种伪装下的稳健性", exists=True, dir_okay=False, show_default=False
        ),
    ] = None,
    model: Annotated[Path, typer.Option("--model", help="模型目录", exists=True, file_okay=False)] = HOME,
    bert: Annotated[bool, typer.Option("--bert", help="同时测随机权重 BERT-base 的速度（需 ml）")] = False,  # noqa: FBT002
    first_only: Annotated[bool, typer.Option("--first-only", help="不评估第二级")] = False,  # noqa: FBT002
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    lang: Lang = Tongue.ZH,
) -> None:
    """Measures and tells; progress goes to standard error."""
    if bert and find_spec("torch") is None:
        fail(
            say(
                lang.lang,
                "缺少 torch；请先安装：pip install 'qingliu[ml]'",
                "torch is missing: pip install 'qingliu[ml]'",
            )
        )
    if not data and templates is None:
        refuse(say(lang.lang, "请给出 --data 或 --templates", "give --data or --templates"))
    try:
        loaded = ngram.load(model)
        sets = evaluate.read(data or (), lambda line: err.print(line, markup=False))
        report = evaluate.evaluate(loaded, sets)
        frames = filled(templates) if templates else []
        if frames:
            report["robustness"] = robustness(loaded, frames)
        texts = _some(data) if data else [row.text for row in frames]
        report["speed"] = evaluate.speed(loaded, texts)
        if data and not first_only and second.fits(loaded, model):
            report |= _second(loaded, model, sets, texts)
    except (DataRefused, WeightsRefused, OSError) as error:
        refuse(say(lang.lang, f"无法评估：{why(error, 'zh')}", f"cannot evaluate: {error}"))
    if bert:
        report["bert_base"] = evaluate.bert_speed(texts)
    if json:
        print_json(report)
    else:
        _tell(report, lang.lang)


def _second(first: ngram.Ngram, folder: Path, sets: evaluate.Sets, texts: list[str]) -> dict[str, Any]:
    """The same of the second stage alone and of both, what both gain, how fast each runtime is, and sizes in bytes."""
    both = second.load(first, folder)
    runtimes = [name for name in second.RUNTIMES if second.fits(first, folder, wish=name)]
    loaded = {name: evaluate.Alone(second.load(first, folder, wish=name)) for name in runtimes}
    return {
        "gain": evaluate.compare(first, both, sets),
        "second": evaluate.evaluate(evaluate.Alone(both), sets),
        "both": evaluate.evaluate(both, sets) | {"speed": evaluate.speed(both, texts, SLOW_TEXTS)},
        "runtimes": {name: evaluate.speed(model, texts, SLOW_TEXTS) for name, model in loaded.items()},
        "sizes": {
            name: (folder / "weights" / card.weights).stat().st_size
            for name, card in (("first", first.card), ("second", both.card))
        },
    }


def _some(data: list[Path]) -> list[str]:
    path, source = files_of(data, evaluate.USES, known_sources())[0]
    return [row.text for row in rows_of(path, source)]


def _tell(report: dict[str, Any], lang: Language) -> None:
    names = ("recall", "macro_f1", "precision", "pr_auc", "ece")
    listed = table(say(lang, "数据", "set"), say(lang, "标签", "head"), "n", *names, numbers=("n", *names))
    for name, told in report["sets"].items():
        listed.add_row(name, say(lang, "任一", "any"), str(told["rows"]), f"{told['flagged']:.2%}", *[""] * 4)
        for head, figures in told["heads"].items():
            listed.add_row("", head, str(figures["rows"]), *(rounded(figures.get(name)) for name in names))
    if report["sets"]:
        out.print(listed, soft_wrap=False)
    if "robustness" in report:
        _tell_robustness(report["robustness"], lang)
    if "ordinary" in report:
        ordinary = report["ordinary"]
        text = say(lang, "普通文本误报", "ordinary text flagged")
        out.print(f"{text} {ordinary['flagged']:.2%} (n={ordinary['rows']})", markup=False)
    if "gain" in report:
        _tell_stages(report, lang)
    speeds = {"speed": report["speed"], "bert_base": report.get("bert_base")}
    speeds |= {f"second, {name}": told for name, told in report.get("runtimes", {}).items()}
    if "both" in report:
        speeds["both"] = report["both"]["speed"]
    for name, told in speeds.items():
        if told:
            unit = say(lang, "条/秒（逐条 / 批量）", "texts/s (single / batch)")
            out.print(f"{name}: {told['single']} / {told['batch']} {unit}", markup=False)


def _tell_robustness(report: dict[str, dict[str, float]], lang: Language) -> None:
    figures = ("macro_f1", "drop", "recall", "pr_auc", "changed")
    listed = table(say(lang, "伪装", "disguise"), *figures, numbers=figures)
    for kind, told in report.items():
        listed.add_row(kind, *(rounded(told[name]) for name in figures))
    out.print(listed, soft_wrap=False)


def _tell_stages(report: dict[str, Any], lang: Language) -> None:
    """Macro-F1 of each stage and of both, side by side."""
    listed = table(say(lang, "数据", "set"), say(lang, "标签", "head"), "linear", "second", "both", "p", numbers=("p",))
    for name, heads in report["gain"].items():
        for head, gain in heads.items():
            found = (told["sets"][name]["heads"][head] for told in (report, report["second"], report["both"]))
            listed.add_row(name, head, *(rounded(figures["macro_f1"]) for figures in found), rounded(gain["p"]))
    out.print(listed, soft_wrap=False)
    for name, size in report["sizes"].items():
        out.print(f"{name}: {size / 1e6:.1f} MB", markup=False)


def rounded(value: Any) -> str:
    """A figure as a person reads it, with its interval where it has one."""
    if isinstance(value, list):
        return f"{value[0]:.3f} [{value[1]:.3f}, {value[2]:.3f}]"
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
