"""What is wrong with a command line, in Chinese: the library that reads it speaks English alone."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from pydantic import ValidationError

from service.http.language import explain

_CHINESE: Final = tuple(
    (re.compile(pattern, re.DOTALL), said)
    for pattern, said in (
        (r"Invalid value for (.+?): (.+)", "{0}：{1}"),
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


def asks_english(words: list[str]) -> bool:
    """Whether a command line asks for English, be the rest of it right or wrong."""
    return "--lang=en" in words or ("--lang", "en") in pairwise(words)


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
