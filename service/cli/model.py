"""``qingliu model``: weights trained from labels (list, promote, roll back), and the second stage as an ONNX file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from service.cli import portable
from service.cli.labels import with_learning
from service.cli.say import Data, Json, fail, out, print_json, why
from service.cli.words import Lang, Tongue, say, table
from service.experts import DEFAULT
from service.keys import CLI
from service.weights import SHORT, NotProposed, UnknownModel

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from moderation.reasons import Language
    from service.weights import Trainings
    from service.wiring import Learning

T = TypeVar("T")

SHIPPED = "default"
"""What a person types for the weights that the settings name."""


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="文本模型的权重：列出、启用重训所得、回退、导出 ONNX。", no_args_is_help=True)
    group.command("list")(list_)
    group.command("promote")(promote)
    group.command("rollback")(rollback)
    group.command("export")(portable.export)
    app.add_typer(group, name="model")


def list_(*, data: Data = None, json: Json = False, lang: Lang = Tongue.ZH) -> None:
    """列出历次重训及其结果，并标出现行权重。"""  # noqa: D415
    trainings: Trainings = with_learning(data, lang.lang, lambda learning: learning.weights.trainings())
    if json:
        models = [model._asdict() for model in trainings.models]
        print_json({"active": trainings.active or SHIPPED, "models": models})
        return
    heads = [
        say(lang.lang, *head)
        for head in (
            ("权重", "weights"),
            ("相比", "compared with"),
            ("宏 F1", "macro-F1"),
            ("p", "p"),
            ("结果", "result"),
            ("时间", "time"),
            ("现行", "active"),
        )
    ]
    listed = table(*heads)
    listed.add_row(SHIPPED, "", "", "", say(lang.lang, "随设置", "as set"), "", _mark(DEFAULT, trainings))
    for model in trainings.models:
        report: dict[str, Any] = model.report
        result = say(lang.lang, "建议启用", "proposed") if model.proposed else say(lang.lang, "不建议", "not proposed")
        gain = f"{report['active']:.3f} → {report['candidate']:.3f}"
        row = (model.sha256[:SHORT], model.base[:SHORT], gain, f"{report['p']:.4f}", result, model.created_at[:19])
        listed.add_row(*row, _mark(model.sha256, trainings))
    out.print(listed, soft_wrap=False)


def promote(
    weights: Annotated[
        str, typer.Argument(metavar="SHA", help="权重的 SHA-256 或其开头（见 model list）", show_default=False)
    ],
    *,
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """启用重训所得且确有改进的权重；运行中的服务一秒内生效。"""  # noqa: D415
    _tell(_changed(data, lang.lang, lambda learning: learning.weights.promote(weights, by=CLI)), lang.lang, json=json)


def rollback(
    *,
    to: Annotated[
        str | None,
        typer.Option(help=f"要恢复的权重（默认：此前启用的那一份；{SHIPPED} 为随设置者）", show_default=False),
    ] = None,
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """恢复此前启用过的权重；运行中的服务一秒内生效。"""  # noqa: D415
    wanted = DEFAULT if to == SHIPPED else to
    _tell(
        _changed(data, lang.lang, lambda learning: learning.weights.roll_back(by=CLI, to=wanted)), lang.lang, json=json
    )


def _mark(digest: str, trainings: Trainings) -> str:
    return "✓" if digest == trainings.active else ""


def _changed(data: Path | None, lang: Language, act: Callable[[Learning], Awaitable[T]]) -> T:
    try:
        return with_learning(data, lang, act)
    except UnknownModel as error:
        if not error.args[0]:
            fail(say(lang, "没有可恢复的权重", "nothing to go back to"))
        fail(
            say(lang, f"没有（或不止一份）权重 {error.args[0]}", f"no weights, or several, begin with {error.args[0]}")
        )
    except NotProposed as error:
        fail(say(lang, f"不能启用：{why(error, 'zh')}", f"cannot promote: {error}"))


def _tell(digest: str, lang: Language, *, json: bool) -> None:
    if json:
        print_json({"active": digest or SHIPPED})
        return
    name = digest[:SHORT] or SHIPPED
    out.print(say(lang, f"现行权重：{name}", f"active weights: {name}"), markup=False)
