"""What commands say, in both languages, and how they end where they cannot go on."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer
from rich.table import Table

from moderation.types import Action
from service.cli.say import err, fail, list_errors
from service.cli.usage import LANG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.errors import LoadErrors
    from moderation.reasons import Language
    from service.wiring import Store

REFUSED: Final = 2
"""Exit code for a wrong command line, wrong settings, rules that do not load, or a file that cannot be read."""
STYLES: Final = {Action.PASS: "green", Action.REVIEW: "yellow", Action.BLOCK: "bold red"}


class Tongue(StrEnum):
    """The two languages, as an option takes them."""

    ZH = "zh"
    EN = "en"

    @property
    def lang(self) -> Language:
        """As the rest of the program knows it."""
        return "en" if self is Tongue.EN else "zh"


Lang = Annotated[Tongue, typer.Option("--lang", help="说明文字的语言", envvar=LANG)]


def say(lang: Language, zh: str, en: str) -> str:
    """The sentence in the reader's language."""
    return en if lang == "en" else zh


def table(*heads: str, numbers: Sequence[str] = (), lines: bool = False) -> Table:
    """A table that cuts nothing off: Chinese has no blanks to break at. ``numbers`` are the heads of number columns."""
    made = Table(show_lines=lines)
    for head in heads:
        made.add_column(head, overflow="fold", justify="right" if head in numbers else "left")
    return made


def action_name(action: Action, lang: Language) -> str:
    """What a reader calls an action."""
    return {Action.PASS: say(lang, "通过", "pass"), Action.REVIEW: say(lang, "待审", "review")}.get(
        action, say(lang, "拦截", "block")
    )


def refuse(message: str) -> NoReturn:
    """Says why and ends the command."""
    err.print(message, markup=False)
    raise typer.Exit(REFUSED)


async def require_tenant(store: Store, tenant: str, lang: Language) -> None:
    """Ends the command where there is no such tenant."""
    if not await store.reads.has_tenant(tenant):
        fail_tenant(tenant, lang)


def fail_tenant(tenant: str, lang: Language) -> NoReturn:
    """Ends the command, because there is no such tenant."""
    fail(say(lang, f"没有租户 {tenant}（见 qingliu key create）", f"no tenant {tenant}: qingliu key create"))


def fail_unchanged(errors: LoadErrors, lang: Language) -> NoReturn:
    """Lists what is wrong with what was handed in and ends the command: nothing was changed."""
    list_errors(errors, lang)
    count = len(errors.errors)
    fail(say(lang, f"共 {count} 处错误，没有任何改变", f"{count} errors: nothing was changed"))
