"""``qingliu bench``: runs ``python -m bench`` as a process of its own, so that nothing else needs its libraries."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import Final

import typer

from service.cli.say import fail
from service.cli.words import Lang, Tongue, say

_NEEDED: Final = {"ahocorasick": "pyahocorasick", "matplotlib": "matplotlib", "bench": "bench"}


def register(app: typer.Typer) -> None:
    """Adds the command. Its options are those of ``python -m bench``, ``--help`` included."""
    context = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("bench", context_settings=context, add_help_option=False)(bench)


def bench(context: typer.Context, lang: Lang = Tongue.ZH) -> None:
    """性能对比：词库匹配、完整审核与 HTTP 服务，输出表格、JSON 与图表（需安装 bench 附加依赖）。"""  # noqa: D415
    missing = [package for module, package in _NEEDED.items() if find_spec(module) is None]
    if missing:
        zh = f"缺少 {'、'.join(missing)}；请先安装：pip install 'qingliu[bench]'"
        fail(say(lang.lang, zh, f"missing: {', '.join(missing)}; pip install 'qingliu[bench]'"))
    words = [sys.executable, "-m", "bench", *context.args, "--lang", lang]
    raise typer.Exit(subprocess.run(words, check=False).returncode)  # noqa: S603
