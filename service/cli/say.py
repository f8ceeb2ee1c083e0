"""What commands share in speaking to a person: options given as settings, errors on one line, exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import orjson
import typer
from pydantic import ValidationError
from rich.console import Console

from service.settings import Settings

if TYPE_CHECKING:
    from moderation.errors import LoadErrors
    from moderation.reasons import Language

FAILED = 1
"""Exit code of a command that could not do its work (2 is a wrong command line)."""

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Data = Annotated[Path | None, typer.Option("--data", help="数据目录（默认 ./data）", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="以 JSON 输出")]


def settings(**given: Any) -> Settings:
    """The settings with what the command line gave on top; ends the command when they are wrong."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        for wrong in error.errors(include_url=False, include_input=False):
            err.print(f"设置有误：{'.'.join(map(str, wrong['loc']))}：{wrong['msg']}", markup=False)
        raise typer.Exit(FAILED) from None


def print_json(told: Any) -> None:
    """Prints plain data as one line of JSON."""
    typer.echo(orjson.dumps(told).decode())


def fail(message: str) -> NoReturn:
    """Says why and ends the command."""
    err.print(message, markup=False)
    raise typer.Exit(FAILED)


def list_errors(errors: LoadErrors, lang: Language) -> None:
    """Lists what is wrong with rules or labels, one ``file:line: reason`` a line."""
    for error in errors.errors:
        err.print(error.in_(lang), markup=False)


def fail_loading(errors: LoadErrors) -> NoReturn:
    """Lists what is wrong with the rules and ends the command."""
    list_errors(errors, "zh")
    fail(f"规则未通过检查：共 {len(errors.errors)} 处错误")
