"""What commands share in speaking to a person: options given as settings, errors on one line, exit codes."""

from __future__ import annotations

from pathlib import Path
from tomllib import TOMLDecodeError
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import orjson
import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console

from service.http.language import explain
from service.settings import Settings

if TYPE_CHECKING:
    from moderation.errors import LoadErrors

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
            why = explain(wrong["type"], "zh", wrong.get("ctx"))
            err.print(f"设置有误：{'.'.join(map(str, wrong['loc']))}：{why}", markup=False)
        raise typer.Exit(FAILED) from None
    except SettingsError as error:
        fail(f"设置有误：应为 JSON：{error}")
    except (TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        fail(f"设置有误：无法读取 qingliu.toml：{error}")


def print_json(told: Any) -> None:
    """Prints plain data as one line of JSON."""
    typer.echo(orjson.dumps(told).decode())


def fail(message: str) -> NoReturn:
    """Says why and ends the command."""
    err.print(message, markup=False)
    raise typer.Exit(FAILED)


def fail_loading(errors: LoadErrors) -> NoReturn:
    """Lists what is wrong with the rules, one ``file:line: reason`` a line, and ends the command."""
    for error in errors.errors:
        err.print(str(error), markup=False)
    fail(f"规则未通过检查：共 {len(errors.errors)} 处错误")
