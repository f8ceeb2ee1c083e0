"""The ``qingliu`` command. Every command has a line here; its module is imported when it is called, not before."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

import typer
from typer.core import TyperGroup
from typer.main import get_group

from service.cli.usage import asks_english, english, frame, in_english, telling, with_its_command

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES: Final = {
    "serve": "serve",
    "demo": "demo",
    "key": "key",
    "user": "user",
    "reload": "reload",
    "screen": "screen",
    "explain": "explain",
    "lexicon": "lexicon",
    "gym": "gym",
    "tenant": "tenant",
    "webhook": "webhook",
    "bench": "bench",
    "train": "train",
    "evaluate": "evaluate",
    "labels": "labels",
    "retrain": "retrain",
    "model": "model",
    "export": "packs",
    "audit": "audit",
    "witness": "witness",
    "replay": "replay",
    "backup": "backup",
    "restore": "backup",
    "simulate": "simulate",
}
"""The module of this folder that registers each command, in the order of the help."""
HELP: Final = "清流：可自行部署的中文内容与直播电商合规审核服务。English: --lang en"


class Commands(Mapping[str, Any]):
    """Typer's commands by their names. Importing all of them takes two seconds, and a call needs one."""

    english = False

    def __getitem__(self, name: str) -> Any:
        return _made(name, english=self.english)

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


@cache
def _made(name: str, *, english: bool) -> Any:
    registered = typer.Typer()
    import_module(f"service.cli.{MODULES[name]}").register(registered)
    command = get_group(registered).commands[name]
    return in_english(command) if english else command


class Group(TyperGroup):
    """The command itself, with commands that are imported when they are called."""

    def __init__(self, **told: Any) -> None:
        super().__init__(**told)
        self._registered = Commands()
        self.commands = cast("Any", self._registered)

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **named: Any) -> Any:
        """Reads the command line up to the command."""
        asked = self._registered.english = asks_english(args)
        frame(english=asked)
        self.help = english()[HELP] if asked else HELP
        with telling(self, english=asked):
            return super().make_context(info_name, with_its_command(args, self), *more, **named)

    def invoke(self, ctx: Any) -> Any:
        """Reads the rest of it, and does what it says."""
        with telling(self, english=self._registered.english):
            return super().invoke(ctx)


app = typer.Typer(
    name="qingliu",
    cls=Group,
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _nothing_before() -> None:
    pass
