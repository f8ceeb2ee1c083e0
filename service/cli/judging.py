"""How commands judge without a service: by which rules, of which day, with whose own files, and with which expert."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from models.tensors import WeightsRefused
from moderation.errors import LoadErrors
from moderation.load import load_engine
from moderation.own import check_own, check_shape, engine_with, read_own
from moderation.types import SHANGHAI
from service.cli.say import list_errors, settings, unloadable, why
from service.cli.words import REFUSED, refuse, say
from service.escalation import Panel
from service.wiring_expert import ExpertRefused, check_heads, find_second
from service.wiring_expert import open_expert as open_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.engine import Case, Engine
    from moderation.reasons import Language
    from moderation.told import Wrong
    from moderation.types import Verdict
    from service.ports import TextModel
    from service.settings import Settings

Lexicons = Annotated[
    Path | None,
    typer.Option(
        "--lexicons", help="词库目录（默认使用设置中的词库）", exists=True, file_okay=False, show_default=False
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="DATE", help="按这一天（如 2026-02-01）的法律判断；优先于发布时间", show_default=False
    ),
]
NoExpert = Annotated[bool, typer.Option("--no-expert", help="只按规则判断，不听取文本模型")]


def day_asked(as_of: str | None, lang: Language) -> datetime | None:
    """Noon of the day whose law is asked for. It wins over a content's own time, so that one file serves any day."""
    if as_of is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(as_of), time(12), SHANGHAI)
    except ValueError:
        refuse(say(lang, f"--as-of 应为 2026-02-01 这样的日期：{as_of}", f"--as-of is a date like 2026-02-01: {as_of}"))


def open_engine(lexicons: Path | None, lang: Language) -> tuple[Engine, Settings]:
    """The engine over the chosen rules, whose examples ``lexicon check`` and a service at its start judge.

    Lists what is wrong with them and ends the command where they do not load.
    """
    chosen = chosen_settings(lexicons)
    try:
        return load_engine(chosen.lexicons, chosen.scenes, examples=False), chosen
    except LoadErrors as errors:
        refuse(unloadable(errors, lang))


def open_expert(settings: Settings, engine: Engine, lang: Language) -> Panel | None:
    """The text expert that the settings ask for; says why and ends the command where it is not what it has to be.

    Its second stage is loaded when the first content comes that is to be read by it: that takes seconds.
    """

    def second() -> TextModel | None:
        try:
            return opens.load() if opens is not None else None
        except WeightsRefused as error:
            _refuse_expert(error, lang)

    try:
        model = open_first(settings)
        if model is None:
            return None
        check_heads(model, engine.ruleset)
        opens = find_second(settings, model)
    except ExpertRefused as error:
        _refuse_expert(error, lang)
    return Panel(model, second)


def _refuse_expert(error: Wrong, lang: Language) -> NoReturn:
    refuse(
        say(lang, f"文本模型未通过检查：{error.told.zh}（可用 --no-expert）", f"the text expert is refused: {error}")
    )


def concluded(cases: Sequence[Case], panel: Panel | None) -> list[Verdict]:
    """The verdicts on some cases: the expert is heard where there is one and the scene wants it."""
    asking = [case for case in cases if panel is not None and case.wants]
    heard = iter(panel.answers(asking)) if panel is not None and asking else iter(())
    return [case.conclude(next(heard)) if panel is not None and case.wants else case.conclude() for case in cases]


def with_own(files: Sequence[Path], engine: Engine, lang: Language) -> Engine:
    """The engine with a tenant's own files on top. Lists what is wrong with them and ends the command."""
    texts = texts_of(files, lang)
    try:
        check_shape(texts)
        own = engine_with(read_own(texts, engine.ruleset), engine)
        check_own(own)
    except LoadErrors as errors:
        list_errors(errors, lang)
        raise typer.Exit(REFUSED) from None
    return own


def texts_of(files: Sequence[Path], lang: Language) -> dict[str, str]:
    """The texts of some files by name; ends the command where one cannot be read or two have one name."""
    texts: dict[str, str] = {}
    for path in files:
        if path.name in texts:
            refuse(say(lang, f"文件名重复：{path.name}", f"two files are named {path.name}"))
        try:
            texts[path.name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            refuse(say(lang, f"无法读取 {path}：", f"cannot read {path}: ") + why(error, lang))
    return texts


def chosen_settings(lexicons: Path | None) -> Settings:
    """The settings; wrong ones end the command as a wrong command line does."""
    try:
        return settings(lexicons=lexicons)
    except typer.Exit:
        raise typer.Exit(REFUSED) from None
