"""Pages printed from a folder of rules: ``qingliu lexicon law``, with example sentences, and ``lexicon industries``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from moderation.industrypage import industry_page
from moderation.lawpage import law_page
from service.cli.judging import Lexicons, chosen_settings, open_engine
from service.cli.say import why
from service.cli.words import Lang, Tongue, refuse, say

EXAMPLES = "examples"
"""The folder of ``<category>.tsv`` files: term, hit or miss, sentence."""


Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="写入文件（默认标准输出）", dir_okay=False, show_default=False)
]


def law(lexicons: Lexicons = None, output: Output = None, lang: Lang = Tongue.ZH) -> None:
    """生成法务手册（Markdown）：每条规则、类别与法条，含版本、期间、是否核实、所需证明与例句。"""  # noqa: D415
    engine, _ = open_engine(lexicons, lang.lang)
    _print(law_page(engine.ruleset, examples(chosen_settings(lexicons).lexicons / EXAMPLES)), output, lang)


def industries(lexicons: Lexicons = None, output: Output = None, lang: Lang = Tongue.ZH) -> None:
    """生成行业代码表（Markdown）：请求可以申报的行业、应存档的证照与各类编号的样例。"""  # noqa: D415
    engine, _ = open_engine(lexicons, lang.lang)
    _print(industry_page(engine.ruleset), output, lang)


def _print(page: str, output: Path | None, lang: Tongue) -> None:
    """To a file, or to standard output."""
    if output is None:
        typer.echo(page, nl=False)
        return
    try:
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        refuse(say(lang.lang, "文件无法写入：", "cannot write: ") + why(error, lang.lang))


def examples(folder: Path) -> dict[str, list[tuple[bool, str]]]:
    """The sentences of every ``<category>.tsv``: whether the category's term is found in each."""
    found: dict[str, list[tuple[bool, str]]] = {}
    for path in sorted(folder.glob("*.tsv")):
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:] if line.strip()]
        found[path.stem] = [(verdict == "hit", sentence) for _, verdict, sentence in rows]
    return found
