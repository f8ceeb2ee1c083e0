"""``qingliu model export``: the second stage of the text expert as an ONNX file, for machines without torch."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import Annotated

import typer

from models import portable
from models.card import HOME
from models.tensors import WeightsRefused
from service.cli.say import out, why
from service.cli.words import Lang, Tongue, refuse, say


def export(
    model: Annotated[Path, typer.Option("--model", help="模型目录", exists=True, file_okay=False)] = HOME,
    lang: Lang = Tongue.ZH,
) -> None:
    """把文本模型第二级导出为 ONNX 文件（写入模型目录，需 ml 与 onnx）。"""  # noqa: D415
    if lacking := [name for name in ("torch", "transformers", "onnx", "onnxruntime") if find_spec(name) is None]:
        names = ", ".join(lacking)
        how = "pip install 'qingliu[ml,onnx]'"
        refuse(say(lang.lang, f"缺少 {names}；请先安装：{how}", f"{names} is missing: {how}"))
    try:
        path = portable.export(model)
    except (WeightsRefused, OSError) as error:
        refuse(say(lang.lang, f"无法导出：{why(error, 'zh')}", f"cannot export: {error}"))
    size = path.stat().st_size / 1e6
    out.print(
        say(lang.lang, f"已写出并核对：{path}（{size:.1f} MB）", f"written and checked: {path} ({size:.1f} MB)"),
        markup=False,
    )
