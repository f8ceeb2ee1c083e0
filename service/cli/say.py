"""What commands share in speaking to a person: options given as settings, errors on one line, exit codes."""

from __future__ import annotations

import errno
from pathlib import Path
from socket import gaierror
from tomllib import TOMLDecodeError
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import orjson
import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console

from moderation.told import Wrong
from service.http.language import explain
from service.settings import Settings

if TYPE_CHECKING:
    from moderation.errors import LoadErrors
    from moderation.reasons import Language

FAILED = 1
"""Exit code of a command that could not do its work (2 is a wrong command line)."""

_REFUSED: Final = {
    errno.ENOENT: "不存在",
    errno.ENOTDIR: "的上级不是目录",
    errno.EISDIR: "是目录，应为文件",
    errno.EEXIST: "已存在",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "在只读磁盘上",
    errno.ENOSPC: "磁盘已满",
    errno.EADDRINUSE: "端口已被占用",
    errno.ECONNREFUSED: "连接被拒绝",
}
"""Why the system refuses a file, a port or a connection, as a reader of Chinese is told."""

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Data = Annotated[Path | None, typer.Option("--data", help="数据目录（默认 ./data）", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="以 JSON 输出")]
Tenant = Annotated[str, typer.Option("--tenant", help="租户")]


def settings(**given: Any) -> Settings:
    """The settings with what the command line gave on top; ends the command when they are wrong."""
    try:
        chosen = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        for wrong in error.errors(include_url=False, include_input=False):
            told = explain(wrong["type"], "zh", wrong.get("ctx"))
            err.print(f"设置有误：{'.'.join(map(str, wrong['loc']))}：{told}", markup=False)
        raise typer.Exit(FAILED) from None
    except SettingsError as error:
        fail(f"设置有误：应为 JSON：{error}")
    except TOMLDecodeError as error:
        fail(f"设置文件不是合法的 TOML：{error}")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"设置文件无法读取：{why(error, 'zh')}")
    if chosen.data.exists() and not chosen.data.is_dir():
        fail(f"数据目录 {chosen.data} 不是目录")
    return chosen


def why(error: Exception, lang: Language) -> str:
    """Why something is refused; of a file or port, English is the system's own."""
    if isinstance(error, Wrong):
        return error.told.in_(lang)
    if lang == "en":
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return "不是 UTF-8 编码"
    if isinstance(error, gaierror):
        return "主机名无法解析"
    if isinstance(error, OSError) and error.errno in _REFUSED:
        return f"{error.filename} {_REFUSED[error.errno]}" if error.filename else _REFUSED[error.errno]
    return str(error)


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


def fail_loading(errors: LoadErrors, lang: Language = "zh") -> NoReturn:
    """Lists what is wrong with the rules and ends the command."""
    fail(unloadable(errors, lang))


def unloadable(errors: LoadErrors, lang: Language) -> str:
    """Lists what is wrong with the rules, and says how much that is."""
    list_errors(errors, lang)
    count = len(errors.errors)
    return f"the rules do not load: {count} errors" if lang == "en" else f"规则未通过检查：共 {count} 处错误"
