"""Command lines in Chinese, their help and what is wrong with them: the library that reads them speaks English."""

from __future__ import annotations

import os
import re
import tomllib
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer
from pydantic import ValidationError
from typer import rich_utils
from typer.core import TyperGroup

from service.http.language import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

LANG: Final = "QINGLIU_LANG"
"""The environment variable for the language of commands that take ``--lang``, and of all help."""
_CHINESE: Final = tuple(
    (re.compile(pattern, re.DOTALL), said)
    for pattern, said in (
        (r"Invalid value for (.+?)(?: \(env var: .+?\))?: (.+)", "{0}：{1}"),
        (r"(?:Value error, )?'(.*)' is not one of (.+)", "“{0}”应为其中之一：{1}"),
        (r"(?:path|file|dir|directory) '(.+)' does not exist", "“{0}”不存在"),
        (r"(?:path|file|dir|directory) '(.+)' is a file", "“{0}”是文件，应为目录"),
        (r"(?:path|file|dir|directory) '(.+)' is a directory", "“{0}”是目录，应为文件"),
        (r"(?:path|file|dir|directory) '(.+)' is not readable", "“{0}”无法读取"),
        (r"(?:path|file|dir|directory) '(.+)' is not writable", "“{0}”无法写入"),
        (r"Missing (?:option|argument) (.+?)\. Choose from:\s*(.+)", "缺少 {0}，应为其中之一：{1}"),
        (r"Missing (?:option|argument) (.+?)", "缺少 {0}"),
        (r"Missing command", "缺少子命令"),
        (r"No such command '(.*)'\.? Did you mean (.+)\?", "没有命令“{0}”，是否为 '{1}'"),
        (r"No such command '(.*)'", "没有命令“{0}”"),
        (r"No such option: (\S+) \(Possible options: (.+)\)", "没有选项 {0}，是否为 {1}"),
        (r"No such option: (\S+)(?: Did you mean (.+)\?)?", "没有选项 {0}"),
        (r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)", "多出的参数：{0}"),
        (r"Option '(.+)' requires .+", "选项 {0} 须有值"),
        (r"Option '(.+)' does not take a value", "选项 {0} 不带值"),
    )
)

_FRAME: Final = {
    "ARGUMENTS_PANEL_TITLE": ("参数", "Arguments"),
    "COMMANDS_PANEL_TITLE": ("命令", "Commands"),
    "OPTIONS_PANEL_TITLE": ("选项", "Options"),
    "DEFAULT_STRING": ("[默认：{}]", "[default: {}]"),
    "ENVVAR_STRING": ("[环境变量：{}]", "[env var: {}]"),
    "REQUIRED_LONG_STRING": ("[必填]", "[required]"),
}
_USAGE: Final = ("用法：", "Usage: ")
_HELP: Final = ("显示此说明", "Show this message and exit.")
_ENGLISH: Final = Path(__file__).with_name("help.en.toml")
_BASE: Final[Any] = next(kind for kind in TyperGroup.__mro__ if "get_help_option" in vars(kind))
_PAGE: Final[Any] = _BASE.context_class.formatter_class
_help_option, _write_usage = _BASE.get_help_option, _PAGE.write_usage
_TEXT: Final = "_make_rich_text"
_text: Final = vars(rich_utils)[_TEXT]
_WRONG: Final[Any] = typer.BadParameter.__base__
"""What the library raises for a wrong command line."""


def frame(*, english: bool) -> None:
    """Has the library frame its pages of help in a language from now on."""

    def write_usage(page: Any, prog: str, args: str = "", prefix: str | None = None) -> None:
        _write_usage(page, prog, args, _USAGE[english] if prefix is None else prefix)

    def help_option(command: Any, ctx: Any) -> Any:
        option = _help_option(command, ctx)
        if option is not None:
            option.help = _HELP[english]
        return option

    def text(**told: Any) -> Any:
        """A sentence that is broken where a line ends: the library cuts off one without blanks, as Chinese is."""
        made = _text(**told)
        made.overflow = "fold"
        return made

    setattr(rich_utils, _TEXT, text)
    for name, said in _FRAME.items():
        setattr(rich_utils, name, said[english])
    _BASE.get_help_option, _PAGE.write_usage = help_option, write_usage


def asks_english(words: list[str]) -> bool:
    """Whether a command line, or ``QINGLIU_LANG``, asks for English, be the rest of it right or wrong."""
    return os.environ.get(LANG) == "en" or "--lang=en" in words or ("--lang", "en") in pairwise(words)


def with_its_command(words: list[str], group: Any) -> list[str]:
    """A command line whose ``--lang`` stands with the command that takes it, wherever it was said before."""
    path: list[str] = []
    said: list[str] = []
    rest, command = list(words), group
    while rest and (commands := getattr(command, "commands", None)) is not None:
        word = rest[0]
        if word == "--lang" or word.startswith("--lang="):
            said, rest = (rest[:1], rest[1:]) if "=" in word else (rest[:2], rest[2:])
        elif word == "--help" or word in commands:
            path.append(rest.pop(0))
            command = commands.get(word, command)
        else:
            break
    return [*path, *(said if any(one.name == "lang" for one in command.params) else ()), *rest]


def in_english(command: Any) -> Any:
    """A command, those under it and what they take, with their help in English."""
    for one in (command, *command.params):
        if getattr(one, "help", None):
            one.help = "\n".join(english().get(line, line) for line in one.help.split("\n"))
    for one in getattr(command, "commands", {}).values():
        in_english(one)
    return command


@contextmanager
def telling(command: Any, *, english: bool) -> Iterator[None]:
    """Tells in Chinese what is wrong with the line of a command; English is the library's own."""
    try:
        yield
    except _WRONG as error:
        if english or (told := in_chinese(error)) is None:
            raise
        path = error.ctx.command_path if error.ctx else command.name
        typer.echo(f"命令有误：{told}\n用法见 {path} --help", err=True)
        raise typer.Exit(error.exit_code) from None


@cache
def english() -> dict[str, str]:
    """The English for each line of help."""
    return tomllib.loads(_ENGLISH.read_text(encoding="utf-8"))


def in_chinese(error: Exception) -> str | None:
    """A sentence of the library in Chinese; ``None`` where it is none that is known, as a whole page of help."""
    told = getattr(error, "format_message", error.__str__)()
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        [fault, *_] = cause.errors(include_url=False, include_input=False)
        if fault["type"] != "value_error":
            place, _, _ = told.partition(": ")
            return _translated(f"{place}: {explain(fault['type'], 'zh', fault.get('ctx'))}")
    return _translated(told)


def _translated(told: str) -> str | None:
    for pattern, said in _CHINESE:
        if found := pattern.fullmatch(told.removesuffix(".")):
            parts = (part.replace("', '", "、").replace("' / '", "、").strip("'") for part in found.groups(""))
            return said.format(*(_translated(part) or part for part in parts))
    return None
